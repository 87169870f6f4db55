"""Word (.docx) through python-docx: paragraphs, headings, lists and tables in their order. Pictures and comments are not read."""

import re
import zipfile
from pathlib import Path

from docx import Document
from docx.opc.exceptions import OpcError
from docx.table import Table
from docx.text.paragraph import Paragraph
from lxml.etree import LxmlError  # type: ignore[import-untyped]

from knowledge.loading import refusals
from knowledge.loading.document import LoadedDocument, Writer
from knowledge.loading.tables import write_table

_KIND = ("a Word file", " Word 文件")
_HEADING = re.compile(r"(?:heading|标题)\s*(\d)", re.IGNORECASE)
_LIST = re.compile(r"list|列表|列出", re.IGNORECASE)


def read_docx(path: Path, name: str) -> LoadedDocument:
    """The text with its headings. Raises `UnreadableFile` for damaged and empty files."""
    try:
        document = Document(str(path))
        writer, title = Writer(), ""
        for block in document.iter_inner_content():
            if isinstance(block, Table):
                write_table(writer, _table(block))
            elif isinstance(block, Paragraph):
                written = _write(block, writer)
                title = title or written
    except (OpcError, LxmlError, zipfile.BadZipFile, KeyError, ValueError, AttributeError, OSError) as error:
        raise refusals.damaged(name, _KIND) from error
    return writer.document(title)


def _write(paragraph: Paragraph, writer: Writer) -> str:
    """Write one paragraph; returns its text where it is the title of the document, else ""."""
    text = str(paragraph.text).strip()
    if not text:
        return ""
    style = (paragraph.style.name or "") if paragraph.style is not None else ""
    heading = _HEADING.match(style)
    if heading:
        writer.heading(int(heading[1]), text)
    elif style.lower() in ("title", "标题"):
        writer.heading(1, text)
        return text
    elif _LIST.search(style):
        writer.block("- " + text)
    else:
        writer.block(text)
    return ""


def _table(table: Table) -> list[list[str]]:
    """The words of the cells; a merged cell, which python-docx repeats, is written once."""
    rows = []
    for row in table.rows:
        seen: list[object] = []
        cells = []
        for cell in row.cells:
            repeated = any(cell._tc is element for element in seen)
            seen.append(cell._tc)
            cells.append("" if repeated else cell.text)
        rows.append(cells)
    return rows
