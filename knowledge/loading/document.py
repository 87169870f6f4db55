"""What a file becomes when it is read: plain text, and the sections that say which heading and page each stretch stands under.

Readers use `Writer` to put text and sections together. Nothing here opens files.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

MAX_TEXT = 20_000_000
"""The longest text of one document, in characters."""

_UNWANTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe\uffff\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n?|[\u2028\u2029\x85]")
_BLANKS = re.compile(r"\n[ \t\u3000]*(?:\n[ \t\u3000]*)+(?=\S|$)")


@dataclass(frozen=True, slots=True)
class Section:
    """The stretch of the text from `start` to `end` (characters) under one heading path, on one page (0 without pages)."""

    start: int
    end: int
    heading: str = ""
    page: int = 0


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """The text of a file; `title` is the one it gives itself, "" where it gives none."""

    title: str
    text: str
    sections: tuple[Section, ...]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "LoadedDocument":
        return cls(data["title"], data["text"], tuple(Section(**section) for section in data["sections"]))


def cleaned(text: str) -> str:
    """The text with one kind of line end and without control characters and lone surrogates, which no page can show."""
    return _UNWANTED.sub("", _LINE_END.sub("\n", text))


class HeadingPath:
    """The headings above the place that is being read."""

    def __init__(self) -> None:
        self._levels: list[tuple[int, str]] = []

    def enter(self, level: int, title: str) -> None:
        self._levels = [entry for entry in self._levels if entry[0] < level]
        self._levels.append((level, " ".join(title.split())[:200]))

    def __str__(self) -> str:
        return " > ".join(title for _, title in self._levels if title)


class Writer:
    """Puts a document together, block after block, as Markdown that people can read."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._sections: list[Section] = []
        self._path = HeadingPath()
        self._heading = ""

    def heading(self, level: int, title: str) -> None:
        title = " ".join(cleaned(title).split())
        if title:
            self._path.enter(level, title)
            self._heading = str(self._path)
            self._append(f"{'#' * min(max(level, 1), 6)} {title}")

    def block(self, text: str, page: int = 0) -> None:
        """Add a paragraph, list or table under the present heading."""
        text = _BLANKS.sub("\n\n", cleaned(text)).strip()
        if not text:
            return
        start = self._append(text)
        last = self._sections[-1] if self._sections else None
        if last and last.heading == self._heading and last.page == page:
            self._sections[-1] = Section(last.start, self._length, last.heading, page)
        else:
            self._sections.append(Section(start, self._length, self._heading, page))

    def document(self, title: str = "") -> LoadedDocument:
        return LoadedDocument(" ".join(cleaned(title).split())[:200], "".join(self._parts), tuple(self._sections))

    def _append(self, text: str) -> int:
        if self._parts:
            self._parts.append("\n\n")
            self._length += 2
        start = self._length
        self._parts.append(text)
        self._length += len(text)
        return start


def table_rows(rows: list[list[str]]) -> str:
    """A Markdown table; cells lose line breaks, and empty rows go."""
    cells = [[" ".join(cell.split()).replace("|", "\\|") for cell in row] for row in rows]
    cells = [row for row in cells if any(row)]
    if not cells:
        return ""
    width = max(len(row) for row in cells)
    lines = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in cells]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])
