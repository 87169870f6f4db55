"""What a file becomes when it is read: plain text, and the sections that say which heading and page each stretch stands under.

Readers use `Writer` to put text and sections together. Nothing here opens files.
"""

import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

MAX_TEXT = 20_000_000
"""The longest text of one document, in characters."""

PackedSections = bytes
"""Sections as they are stored: compressed JSON."""

_HAN = re.compile(r"[\u3400-\u9fff]")
_UNWANTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe\uffff\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n?|[\u2028\u2029\x85]")
_BLANKS = re.compile(r"\n[ \t\u3000]*(?:\n[ \t\u3000]*)+(?=\S|$)")


@dataclass(frozen=True, slots=True)
class Section:
    """The stretch of the text from `start` to `end` (characters) under one heading path, on one page (0 without pages).

    `labels` are (name, value) pairs that a search can be narrowed to.
    """

    start: int
    end: int
    heading: str = ""
    page: int = 0
    labels: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Section":
        labels = tuple((name, value) for name, value in data.get("labels", ()))
        return cls(data["start"], data["end"], data["heading"], data["page"], labels)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A part of a file that could not be taken, while the rest was: its line or row (from 1), and why, in both languages."""

    line: int
    english: str
    chinese: str


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """The text of a file; `title` is the one it gives itself, "" where it gives none.

    `form` is "document", whose sections are cut into passages, or "records" or "passages", whose sections each are one passage
    already (in "records" the heading, a question, weighs most).
    """

    title: str
    text: str
    sections: tuple[Section, ...]
    form: str = "document"
    left_out: tuple[LeftOut, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "LoadedDocument":
        sections = tuple(map(Section.from_dict, data["sections"]))
        left_out = tuple(LeftOut(**each) for each in data["left_out"])
        return cls(data["title"], data["text"], sections, data["form"], left_out)


def packed_sections(sections: Sequence[Section]) -> PackedSections:
    rows = [[each.start, each.end, each.heading, each.page, each.labels] for each in sections]
    return zlib.compress(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode())


def unpacked_sections(packed: PackedSections) -> tuple[Section, ...]:
    rows = json.loads(zlib.decompress(packed))
    return tuple(
        Section(start, end, heading, page, tuple((name, value) for name, value in labels))
        for start, end, heading, page, labels in rows
    )


class Told(Protocol):
    """Is told how far the reading of a file is, in pages, and how many seconds the next one may need if that is unusual."""

    def __call__(self, done: int, total: int, needed_s: float = 0.0) -> None: ...


def cleaned(text: str) -> str:
    """The text with one kind of line end and without control characters and lone surrogates, which no page can show."""
    return _UNWANTED.sub("", _LINE_END.sub("\n", text))


def worded(sample: str, english: str, chinese: str) -> str:
    """A word that a reader adds ("Notes"), in the language of the text that it stands beside: Chinese beside Han characters."""
    return chinese if _HAN.search(sample) else english


class TooLong(Exception):
    """The text passes `MAX_TEXT`; raised while it is put together, so that no more of it is held."""


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

    def leave(self) -> None:
        """What follows stands under no heading."""
        self._path, self._heading = HeadingPath(), ""

    def block(self, text: str, page: int = 0) -> None:
        """Add a paragraph, list or table under the present heading. Raises `TooLong`."""
        text = _BLANKS.sub("\n\n", cleaned(text)).strip()
        if not text:
            return
        start = self._append(text)
        self._mark(Section(start, self._length, self._heading, page))

    def include(self, document: LoadedDocument) -> None:
        """Add a document that lies within this one under the present heading. Raises `TooLong`."""
        start = self._append(document.text)
        for each in document.sections:
            heading = " > ".join(part for part in (self._heading, each.heading) if part)
            self._mark(replace(each, start=start + each.start, end=start + each.end, heading=heading))

    def document(self, title: str = "", left_out: tuple[LeftOut, ...] = ()) -> LoadedDocument:
        title = " ".join(cleaned(title).split())[:200]
        return LoadedDocument(title, "".join(self._parts), tuple(self._sections), left_out=left_out)

    def _mark(self, section: Section) -> None:
        """Add a section; what stands in the same place as the last one lengthens that."""
        last = self._sections[-1] if self._sections else None
        if last and replace(last, start=section.start, end=section.end) == section:
            self._sections[-1] = replace(last, end=section.end)
        else:
            self._sections.append(section)

    def _append(self, text: str) -> int:
        if self._parts:
            self._parts.append("\n\n")
            self._length += 2
        start = self._length
        self._parts.append(text)
        self._length += len(text)
        if self._length > MAX_TEXT:
            raise TooLong
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
