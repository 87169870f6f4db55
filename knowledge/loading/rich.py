"""Rich text (.rtf) through striprtf: paragraphs and tables. It knows no headings, and pictures are left out."""

import re
from itertools import groupby

from striprtf.striprtf import rtf_to_text

from knowledge.loading.document import LoadedDocument, Writer
from knowledge.loading.tables import write_table

_PICTURE = re.compile(r"[0-9a-fA-F\r\n]{400,}")  # the bytes of a picture or of an object, which would be read one by one


def read_rtf(data: bytes) -> LoadedDocument:
    """The words; what is not ASCII is written in escapes, in the encoding that the file itself names."""
    raw = _PICTURE.sub(" ", data.decode("latin-1"))
    writer = Writer()
    lines = rtf_to_text(raw, errors="replace").split("\n")
    for is_row, group in groupby(lines, key=lambda line: line.endswith("|")):
        if is_row:
            write_table(writer, (line[:-1].split("|") for line in group))
            continue
        for line in group:
            writer.block(line)
    return writer.document()
