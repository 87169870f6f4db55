"""Which lines of a PDF are headings: those that its bookmarks point to, or else those set clearly larger than the rest.

Type alone is believed only where headings are few and short beside the text; a poster or a slide has none.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from knowledge.loading.layout import Block, Piece

_LARGER = 1.15  # than the text around it: the type of a heading
_NUMBERED = re.compile(r"(?:\d{1,2}(?:\.\d{1,2}){0,3}\.?|第[一二三四五六七八九十百\d]+[章节部分]|[一二三四五六七八九十]+、)\s*\S")
_NUMBERED_LARGER = 1.05  # that of one with a number
_LONGEST = 120  # characters
_SHARE = 0.12  # of the text that headings may make up
_LEVELS = 3
_SENTENCE_END = re.compile(r"[.!?。！？；;,，]$")
_LETTERS = re.compile(r"[^\W\d_].*[^\W\d_]")
_IGNORED = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of a file's outline: `page` from 1, `top` in points from the page's top, 0 where it points to the page alone."""

    level: int
    title: str
    page: int
    top: float


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading before the line `first` (None: before the page), in place of so many `lines` from there on."""

    level: int
    title: str
    first: Piece | None
    lines: int


def by_bookmarks(pages: Mapping[int, Sequence[Block]], bookmarks: Sequence[Bookmark]) -> dict[int, list[Heading]]:
    """The headings of each page. One whose words stand on the page takes their place; else it goes where it points to."""
    found: dict[int, list[Heading]] = {}
    taken: set[int] = set()
    for bookmark in bookmarks:
        lines = [line for block in pages.get(bookmark.page, ()) if not block.rows for line in block.lines]
        first, count = _printed(lines, bookmark.title, taken)
        if first is None and bookmark.top > 0:
            below = (line for line in lines if line.y0 >= bookmark.top - line.size and id(line) not in taken)
            first = next(below, None)
        if first is not None:
            taken.add(id(first))
        found.setdefault(bookmark.page, []).append(Heading(bookmark.level, bookmark.title, first, count))
    return found


def _printed(lines: Sequence[Piece], title: str, taken: set[int]) -> tuple[Piece | None, int]:
    """Where the words of a title stand, on up to three lines, numbers before them aside."""
    wanted = _IGNORED.sub("", title).casefold()
    if not wanted:
        return None, 0
    for place, line in enumerate(lines):
        if id(line) in taken:
            continue
        words = ""
        for count in range(1, min(4, len(lines) - place + 1)):
            words += _IGNORED.sub("", lines[place + count - 1].text).casefold()
            if words == wanted or words.lstrip("0123456789") == wanted.lstrip("0123456789") != "":
                return line, count
            if len(words) > len(wanted) + 8:
                break
    return None, 0


def by_size(pages: Mapping[int, Sequence[Block]]) -> dict[int, list[Heading]]:
    """The headings of each page by the size of their type; none where that is not reliable."""
    sizes: Counter[float] = Counter()
    for blocks in pages.values():
        for block in blocks:
            for line in block.lines:
                sizes[_rounded(line.size)] += len(line.text)
    if not sizes:
        return {}
    body = sizes.most_common(1)[0][0]
    candidates = [
        (number, run)
        for number, blocks in pages.items()
        for block in blocks
        if not block.rows
        for run in _runs(block.lines, body)
    ]
    length = sum(len(line.text) for _, run in candidates for line in run)
    if length > _SHARE * sizes.total():
        return {}
    levels = sorted({_rounded(run[0].size) for _, run in candidates}, reverse=True)
    found: dict[int, list[Heading]] = {}
    for number, run in candidates:
        level = min(levels.index(_rounded(run[0].size)) + 1, _LEVELS)
        title = " ".join(line.text for line in run)
        found.setdefault(number, []).append(Heading(level, title, run[0], len(run)))
    return found


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def _runs(lines: Sequence[Piece], body: float) -> list[list[Piece]]:
    """The headings among lines; one that goes on in the same type on the next line is one heading."""
    runs: list[list[Piece]] = []
    for place, line in enumerate(lines):
        if not _is_heading(line, body):
            continue
        before = lines[place - 1] if place else None
        together = runs and before is runs[-1][-1] and abs(before.size - line.size) < 0.5
        if together and line.y0 - runs[-1][-1].y1 < line.size and not _NUMBERED.match(line.text):
            runs[-1].append(line)
        else:
            runs.append([line])
    return [run for run in runs if sum(len(line.text) for line in run) <= _LONGEST]


def _is_heading(line: Piece, body: float) -> bool:
    needed = _NUMBERED_LARGER if _NUMBERED.match(line.text) else _LARGER
    if line.y1 - line.y0 > 3 * line.size:  # it runs along the margin
        return False
    return line.size >= needed * body and bool(_LETTERS.search(line.text)) and not _SENTENCE_END.search(line.text)
