"""OpenDocument texts (.odt) and presentations (.odp): headings, paragraphs, lists, tables, footnotes and slides.

Tracked deletions, comments, pictures and indexes are left out.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from knowledge.loading import refusals
from knowledge.loading.document import LoadedDocument, Writer, worded
from knowledge.loading.numerals import numeral
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
    "ruby-text",
    "title",
)
_REPEATED = 200  # times that a cell is repeated, and characters of one that stands in each row that it reaches into
_DEPTH = 60  # elements within elements of one text


def read_opendocument(path: Path, name: str) -> LoadedDocument:
    """The text with its headings; a slide is a page. Raises `UnreadableFile` for damaged and protected files."""
    try:
        with zipfile.ZipFile(path) as archive:
            if parsed(archive, "META-INF/manifest.xml").xpath("//*[local-name()='encryption-data']"):
                raise refusals.protected(name)
            content = parsed(archive, "content.xml")
            body = content.xpath("//*[local-name()='body']")[0]
            styles = [content]
            if "styles.xml" in archive.NameToInfo:
                styles.append(parsed(archive, "styles.xml"))
            title = ""
            if "meta.xml" in archive.NameToInfo:
                title = parsed(archive, "meta.xml").xpath("string(//*[local-name()='meta']/*[local-name()='title'])")
    except BROKEN as error:
        raise refusals.damaged(name, _KIND) from error
    reading = _Reading(styles)
    reading.walk(body)
    return reading.writer.document(title or reading.title)


class _Reading:
    """A document while it is read; `roots` hold its styles."""

    def __init__(self, roots: list[Any]) -> None:
        self.writer = Writer()
        self.title = ""
        self._parents: dict[str, str] = {}
        self._lists: dict[str, dict[int, Any]] = {}
        self._counts: dict[tuple[str, int], int] = {}
        for node in (node for root in roots for node in root.iter()):
            if kind_of(node) == "style":
                self._parents.setdefault(attribute(node, "name"), attribute(node, "parent-style-name"))
            elif kind_of(node) == "list-style":
                self._lists.setdefault(attribute(node, "name"), {_number(each, "level", 1): each for each in node})

    def walk(self, body: Any) -> None:
        """Write the blocks in order. The stack is our own: files nest deeper than Python's."""
        writer, stack, page = self.writer, [iter(body)], 0
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
                writer.heading(_number(node, "outline-level", 1), _text(node))
            elif kind == "p":
                if self._is_title(node):
                    self.title = self.title or _text(node)
                    writer.heading(1, _text(node))
                else:
                    writer.block(_text(node), page)
                stack.append(_boxes(node))
            elif kind == "list" and any(kind_of(each) == "h" for each in node.iter()):
                stack.append(iter(node))  # numbered headings are points of a list
            elif kind == "list":
                writer.block("\n".join(self._points(node, attribute(node, "style-name"))), page)
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

    def _is_title(self, paragraph: Any) -> bool:
        name = attribute(paragraph, "style-name")
        return "Title" in (name, self._parents.get(name))

    def _points(self, listing: Any, style: str, level: int = 1) -> Iterator[str]:
        """The points of a list with their marks, which its style tells level by level."""
        if level > _DEPTH:
            return
        form = self._lists.get(style, {}).get(level)
        if attribute(listing, "continue-numbering") != "true" and not attribute(listing, "continue-list"):
            self._counts[style, level] = _number(form, "start-value", 1) - 1 if form is not None else 0
        for item in listing:
            written = kind_of(item) == "list-header"
            for part in item:
                if kind_of(part) == "list":
                    yield from self._points(part, attribute(part, "style-name") or style, level + 1)
                elif kind_of(part) == "p" and (text := " ".join(_text(part).split())):
                    mark = "" if written else f"{self._mark(style, level, form, item)} "
                    written = True
                    yield "  " * min(level - 1, 6) + mark + text

    def _mark(self, style: str, level: int, form: Any, item: Any) -> str:
        if form is None or kind_of(form) != "list-level-style-number" or not attribute(form, "num-format"):
            return "-"
        number = _number(item, "start-value", self._counts.get((style, level), 0) + 1)
        self._counts[style, level] = number
        return attribute(form, "num-prefix") + numeral(attribute(form, "num-format"), number) + attribute(form, "num-suffix")


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


def _rows(table: Any) -> Iterator[list[str]]:
    """Rows of cells; what is merged downwards stands in each row, and a table within a cell is told as its words."""
    standing: dict[int, tuple[int, str]] = {}  # column -> rows that a cell above still reaches into, its words
    for row in table.iter():
        if kind_of(row) != "table-row" or _table_of(row) is not table:
            continue
        cells: list[str] = []
        for cell in row:
            if kind_of(cell) not in ("table-cell", "covered-table-cell"):
                continue
            text = " ".join(_text(each) for each in cell.iter() if kind_of(each) in ("p", "h"))
            left, above = standing.pop(len(cells), (0, ""))
            if kind_of(cell) == "covered-table-cell" and left:
                text = above
                if left > 1:
                    standing[len(cells)] = left - 1, above
            elif (down := _number(cell, "number-rows-spanned", 1)) > 1 and len(text) <= _REPEATED:
                standing[len(cells)] = down - 1, text
            cells += [text] * min(_number(cell, "number-columns-repeated", 1), _REPEATED)
        yield cells


def _table_of(row: Any) -> Any:
    return next((node for node in row.iterancestors() if kind_of(node) == "table"), None)


def _number(node: Any, name: str, otherwise: int) -> int:
    value = attribute(node, name)
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 9 else otherwise
