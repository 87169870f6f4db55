"""The parts of a file that is a zip archive of XML (.epub, .odt): each read with its size known before, entities never followed.

The formats whose libraries open their archives themselves are checked by `detect`, which adds up what they hold.
"""

import zipfile
from typing import Any

from lxml import etree  # type: ignore[import-untyped]


def parsed(archive: zipfile.ZipFile, part: str) -> Any:
    """The root element of a part. Raises `KeyError` where there is none, and `etree.LxmlError` where it is no XML."""
    # A document that defines entities in terms of each other stays as small as it is written.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, remove_comments=True)
    return etree.fromstring(archive.read(part), parser)
