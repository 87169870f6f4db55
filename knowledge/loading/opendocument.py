"""OpenDocument texts (.odt) and presentations (.odp): headings, paragraphs, lists, tables, footnotes and slides.

Tracked deletions, comments, pictures and indexes are left out.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from knowledge.loading import refusals
from knowledge.loading.document import LoadedDocument, Writer, worded
from knowledge.loading.packed import BROKEN, attribute, kind_of, parsed
from knowledge.loading.tables import write_table

_KIND = ("an OpenDocument file", " OpenDocument 文件")
_LEFT_OUT = (
    "tracked-changes",
    "annotation",
    "annotation-end",
    "note-citation",
    "table-of-content",
    "alphabetical-index",
    "forms",
    "desc",
    "title",
)
_REPEATED = 200  # times that an empty cell or row is believed; programs fill sheets with a million of them
_DEPTH = 60  # elements within elements of one text


def read_opendocument(path: Path, name: str) -> LoadedDocument:
    """The text with its headings; a slide is a page. Raises `UnreadableFile` for damaged and protected files."""
    try:
        with zipfile.ZipFile(path) as archive:
            if parsed(archive, "META-INF/manifest.xml").xpath("//*[local-name()='encryption-data']"):
                raise refusals.protected(name)
            body = parsed(archive, "content.xml").xpath("//*[local-name()='body']")[0]
            title = ""
            if "meta.xml" in archive.NameToInfo:
                title = parsed(archive, "meta.xml").xpath("string(//*[local-name()='meta']/*[local-name()='title'])")
    except BROKEN as error:
        raise refusals.damaged(name, _KIND) from error
    writer = Writer()
    _walk(body, writer)
    return writer.document(title)


def _walk(body: Any, writer: Writer) -> None:
    """Write the blocks in order. The stack is our own: files nest deeper than Python's."""
    stack, page = [iter(body)], 0
    while stack:
        node = next(stack[-1], None)
        if node is None:
            stack.pop()
            continue
        kind = kind_of(node)
        if kind in _LEFT_OUT:
            continue
        if kind == "page":
            page += 1
            writer.leave()
            # A slide without a title stands under none: the name of a slide is given by the program.
            writer.heading(1, _slide_title(node))
        if kind == "h":
            writer.heading(int(attribute(node, "outline-level") or 1), _text(node))
        elif kind == "p":
            writer.block(_text(node), page)
            stack.append(_boxes(node))
        elif kind == "list":
            writer.block("\n".join(_items(node)), page)
        elif kind == "table":
            write_table(writer, _rows(node), page)
        elif kind == "notes":
            text = "\n\n".join(filter(None, (_text(each) for each in node.iter() if kind_of(each) == "p")))
            if text:
                writer.heading(2, worded(text, "Notes", "备注"))
                writer.block(text, page)
        elif kind == "frame" and attribute(node, "class") == "title":
            continue
        else:
            stack.append(iter(node))


def _slide_title(page: Any) -> str:
    titles = (node for node in page if kind_of(node) == "frame" and attribute(node, "class") == "title")
    return " ".join(_text(each) for node in titles for each in node.iter() if kind_of(each) == "p")


def _text(node: Any, depth: int = 0) -> str:
    """The words of a paragraph; a footnote stands in brackets where its sign is, and a text box is a block of its own."""
    if depth > _DEPTH:
        return ""
    parts = [node.text or ""]
    for child in node:
        kind = kind_of(child)
        if kind in ("s", "tab", "line-break"):
            parts.append(" ")
        elif kind == "note":
            parts.append(f" [{_text(child, depth + 1).strip()}]")
        elif kind not in _LEFT_OUT and kind != "text-box":
            parts.append(_text(child, depth + 1))
        parts.append(child.tail or "")
    return "".join(parts)


def _boxes(paragraph: Any) -> Iterator[Any]:
    """The text boxes that hang on a paragraph, without those within them."""
    stack = [iter(paragraph)]
    while stack:
        node = next(stack[-1], None)
        if node is None:
            stack.pop()
        elif kind_of(node) == "text-box":
            yield node
        else:
            stack.append(iter(node))


def _items(listing: Any, depth: int = 0) -> Iterator[str]:
    if depth > _DEPTH:
        return
    for item in listing:
        for part in item:
            if kind_of(part) == "list":
                yield from _items(part, depth + 1)
            elif kind_of(part) in ("p", "h") and (text := " ".join(_text(part).split())):
                yield "  " * min(depth, 6) + "- " + text


def _rows(table: Any) -> Iterator[list[str]]:
    """Rows of cells; a table within a cell is told as its words."""
    for row in table.iter():
        if kind_of(row) != "table-row" or _table_of(row) is not table:
            continue
        cells: list[str] = []
        for cell in row:
            if kind_of(cell) in ("table-cell", "covered-table-cell"):
                text = " ".join(_text(each) for each in cell.iter() if kind_of(each) in ("p", "h"))
                cells += [text] * min(int(attribute(cell, "number-columns-repeated") or 1), _REPEATED)
        yield cells


def _table_of(row: Any) -> Any:
    return next((node for node in row.iterancestors() if kind_of(node) == "table"), None)
