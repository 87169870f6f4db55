"""Word (.docx): paragraphs, headings, lists, tables, text boxes, notes and formulas in their order.

The text is as it reads once all tracked changes are accepted. Headers and footers, pictures, comments, hidden text and the table
of contents are left out. The file is read as XML, whatever its namespaces (there are two sets), so that parts that are missing or
broken beside the text do no harm.
"""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from knowledge.loading import refusals
from knowledge.loading.document import LoadedDocument, Writer
from knowledge.loading.packed import BROKEN, attribute, inner, kind_of, parsed, related
from knowledge.loading.tables import write_table
from knowledge.loading.wordstyles import Lists, Styles

_KIND = ("a Word file", " Word 文件")
_LEFT_OUT = frozenset(
    {
        "del",
        "moveFrom",
        "pPr",
        "rPr",
        "sdtPr",
        "tcPr",
        "instrText",
        "delText",
        "delInstrText",
        "rt",
        "Fallback",
        "drawing",
        "pict",
    }
)
_WRAPPERS = frozenset(
    {"sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo", "AlternateContent", "Choice", "txbxContent"}
)
_SIGNS = {"br": "\n", "cr": "\n", "tab": "\t", "ptab": "\t", "noBreakHyphen": "-"}
_MATHS = {"den": "/", "sup": "^", "sub": "_"}
_CONTENTS = re.compile(r"toc(?: heading| ?\d)|table of figures|目录|目錄", re.IGNORECASE)
_DEPTH = 60  # elements within elements of one text
_WIDE = 200  # columns that a cell is believed to span


def read_docx(path: Path, name: str) -> LoadedDocument:
    """The text with its headings. Raises `UnreadableFile` for damaged files."""
    try:
        with zipfile.ZipFile(path) as archive:
            part = next(iter(related(archive, "", "officeDocument").values()), "word/document.xml")
            body = next(inner(parsed(archive, part), "body"))
            reading = _Reading({kind: _beside(archive, part, kind) for kind in ("styles", "numbering", "footnotes", "endnotes")})
        reading.walk(body)
    except BROKEN as error:
        raise refusals.damaged(name, _KIND) from error
    return reading.writer.document(reading.title)


def _beside(archive: zipfile.ZipFile, part: str, kind: str) -> Any:
    """The root of a part that helps to read the text; None where there is none that can be read."""
    for each in related(archive, part, kind).values():
        try:
            return parsed(archive, each)
        except BROKEN:
            continue
    return None


class _Reading:
    """A document while it is read; `parts` are the roots of the parts beside its text."""

    def __init__(self, parts: dict[str, Any]) -> None:
        self.writer = Writer()
        self.title = ""
        self._styles = Styles(parts["styles"])
        self._lists = Lists(parts["numbering"])
        self._notes: dict[tuple[str, str], Any] = {}
        for kind in ("footnote", "endnote"):
            root = parts[f"{kind}s"]
            for note in inner(root, kind) if root is not None else ():
                self._notes[kind, attribute(note, "id")] = note
        self._points: list[str] = []

    def walk(self, body: Any) -> None:
        """Write the blocks in order. The stack is our own: what holds blocks may nest deeper than Python's."""
        stack = [iter(body)]
        while stack:
            node = next(stack[-1], None)
            if node is None:
                stack.pop()
                continue
            kind = kind_of(node)
            if kind == "p":
                self._paragraph(node)
                stack.append(_boxes(node))
            elif kind == "tbl":
                self._flush()
                write_table(self.writer, self._rows(node))
            elif kind in _WRAPPERS:
                stack.append(iter(node))
        self._flush()

    def _paragraph(self, node: Any) -> None:
        text = self._text(node).strip()
        style = self._styles.of(node)
        if not text or _CONTENTS.match(style.name):
            return
        mark = self._lists.mark(style.numbering)
        if style.is_title or style.level:
            self._flush()
            self.writer.heading(style.level or 1, f"{mark[1]} {text}" if mark and mark[1] != "-" else text)
            if style.is_title:
                self.title = self.title or text
        elif mark or style.is_list:
            depth, sign = mark or (0, "-")
            self._points.append(f"{'  ' * depth}{sign} {' '.join(text.split())}")
        else:
            self._flush()
            self.writer.block(text)

    def _flush(self) -> None:
        """Write the list whose points were gathered."""
        self.writer.block("\n".join(self._points))
        self._points = []

    def _text(self, node: Any, depth: int = 0) -> str:
        """The words of a paragraph; a note stands in brackets where its sign is, and a text box is a block of its own."""
        if depth > _DEPTH:
            return ""
        parts = []
        for child in node:
            kind = kind_of(child)
            if kind == "t":
                parts.append(child.text or "")
            elif kind in _SIGNS:
                parts.append(_SIGNS[kind])
            elif kind in ("footnoteReference", "endnoteReference"):
                note = self._notes.get((kind.removesuffix("Reference"), attribute(child, "id")))
                words = [self._text(each, depth + 1) for each in _children(note, "p")] if note is not None else []
                text = " ".join(" ".join(words).split())
                parts.append(f" [{text}]" if text else "")
            elif kind in _MATHS:
                text = self._text(child, depth + 1)
                parts.append(_MATHS[kind] + (f"({text})" if len(text) > 1 else text) if text else "")
            elif kind not in _LEFT_OUT and not (kind == "r" and _is_hidden(child)):
                parts.append(self._text(child, depth + 1))
        return "".join(parts)

    def _rows(self, table: Any, depth: int = 0) -> Iterator[list[str]]:
        """The words of the cells; what is merged downwards stands in each row, and a table within a cell is told as its words."""
        above: list[str] = []
        for row in _children(table, "tr"):
            if depth > _DEPTH or next(inner(row, "trPr", "del"), None) is not None:
                continue
            cells = [""] * _columns(row, "trPr", "gridBefore", 0)
            for cell in _children(row, "tc"):
                merged = next(inner(cell, "tcPr", "vMerge"), None)
                continued = merged is not None and attribute(merged, "val") != "restart"
                cells.append("".join(above[len(cells) : len(cells) + 1]) if continued else self._cell(cell, depth))
                cells += [""] * (_columns(cell, "tcPr", "gridSpan", 1) - 1)
            above = cells
            yield cells

    def _cell(self, cell: Any, depth: int) -> str:
        words = []
        for node in _children(cell, "p", "tbl"):
            if kind_of(node) == "tbl":
                words += [" ".join(filter(None, row)) for row in self._rows(node, depth + 1)]
                continue
            text = self._text(node)
            mark = self._lists.mark(self._styles.of(node).numbering) if text.strip() else None
            words.append(f"{mark[1]} {text}" if mark and mark[1] != "-" else text)
            words += [self._text(each) for box in _boxes(node) for each in _children(box, "p")]
        return "\n".join(words)


def _children(node: Any, *kinds: str, depth: int = 0) -> Iterator[Any]:
    """The elements of these kinds, within what only wraps them, too."""
    for child in node:
        kind = kind_of(child)
        if kind in kinds:
            yield child
        elif kind in _WRAPPERS and depth < _DEPTH:
            yield from _children(child, *kinds, depth=depth + 1)


def _boxes(paragraph: Any) -> Iterator[Any]:
    """The text boxes that hang on a paragraph, without those within them, and each once where it is written in two forms."""
    stack = [iter(paragraph)]
    while stack:
        node = next(stack[-1], None)
        if node is None:
            stack.pop()
        elif kind_of(node) == "txbxContent":
            yield node
        elif kind_of(node) not in ("Fallback", "del", "moveFrom"):
            stack.append(iter(node))


def _is_hidden(run: Any) -> bool:
    return any(attribute(each, "val") not in ("0", "false", "off") for each in inner(run, "rPr", "vanish"))


def _columns(node: Any, properties: str, name: str, least: int) -> int:
    found = next(inner(node, properties, name), None)
    value = attribute(found, "val") if found is not None else ""
    return min(max(int(value), least), _WIDE) if value.isdecimal() else least
