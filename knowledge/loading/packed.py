"""The parts of a file that is a zip archive of XML (.docx, .epub, .odt): each read with its size known before.

Entities are not followed. The formats whose libraries open their archives themselves are checked by `detect`, which adds up what
they hold.
"""

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from lxml import etree  # type: ignore[import-untyped]

BROKEN: tuple[type[Exception], ...] = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    etree.LxmlError,
    StopIteration,
    EOFError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    NotImplementedError,
    RuntimeError,
    OSError,
)
"""What readers of archives and of XML raise on a file that is damaged or not what it claims to be."""


def parsed(archive: zipfile.ZipFile, part: str) -> Any:
    """The root element of a part. Raises `KeyError` where there is none, and `etree.LxmlError` where it is no XML."""
    return tree(archive.read(part))


def tree(data: bytes) -> Any:
    """The root element of XML. Raises `etree.LxmlError` where it is none."""
    # A document that defines entities in terms of each other stays as small as it is written.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, remove_comments=True)
    return etree.fromstring(data, parser)


def related(archive: zipfile.ZipFile, part: str, kind: str) -> dict[str, str]:
    """The parts of an Office file that the one called `part` ("" for the file itself) refers to as this kind: id -> part."""
    folder, name = posixpath.split(part)
    try:
        relations = parsed(archive, posixpath.join(folder, "_rels", f"{name}.rels"))
    except (KeyError, etree.LxmlError):
        return {}
    found = {}
    for each in relations:
        if attribute(each, "Type").endswith(f"/{kind}") and attribute(each, "TargetMode") != "External":
            # One that begins with a slash is counted from the file itself, as `join` does.
            target = posixpath.normpath(posixpath.join("/", folder, unquote(attribute(each, "Target"))))
            found[attribute(each, "Id")] = target.lstrip("/")
    return found


def kind_of(node: Any) -> str:
    """The name of an element, whatever its namespace; "" for what is none (comments, instructions)."""
    return str(node.tag).rpartition("}")[2] if isinstance(node.tag, str) else ""


def attribute(node: Any, name: str) -> str:
    """An attribute, whatever its namespace; "" where there is none."""
    return next((value for key, value in node.attrib.items() if key.rpartition("}")[2] == name), "")


def inner(node: Any, *path: str) -> Iterator[Any]:
    """The elements that a path of names leads to from `node`, one level a name."""
    for child in node:
        if kind_of(child) == path[0]:
            if len(path) == 1:
                yield child
            else:
                yield from inner(child, *path[1:])
