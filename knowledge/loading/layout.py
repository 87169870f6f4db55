"""The order in which a page is read: pieces of text with their places go in, blocks of lines come out, column after column.

The method is the recursive XY-cut (Nagy and Seth 1984; over boxes as in Ha, Haralick and Phillips 1995): a page falls apart
along empty strips, upright ones between columns and level ones between what spans them. Nothing here knows of PDF.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

MARKER = re.compile(r"(?:[-•·▪◦*‣]|\(?\d{1,3}[.)、]|[（(]?[一二三四五六七八九十]+[、）)]|\(?[A-Za-z][.)])")
"""What a point of a list begins with."""

_GUTTER = 0.9  # of the size of the type: the narrowest empty strip between two columns
_ALIGNED = 0.6  # share of rows with a piece on both sides of a strip, above which it may be one of a table
_CELL = 22  # characters that a cell of a table has at most, on average
_FULL = 0.62  # of a column's width, which running text fills on average and the cells of a table do not
_APART = 1.8  # times the distance of its rows: what stands so far below a table is none of it
_MAX_DEPTH = 12  # of cuts within cuts


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text on one line: its box in points, y growing downwards, and the size of its type."""

    x0: float
    y0: float
    x1: float
    y1: float
    text: str
    size: float


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of one column from top to bottom, or the rows of a table, whose cells are pieces in place of lines."""

    lines: tuple[Piece, ...]
    rows: tuple[tuple[str, ...], ...] = ()


def blocks(pieces: Sequence[Piece]) -> list[Block]:
    """The blocks of a page in reading order."""
    if not pieces:
        return []
    # From right to left, the right column comes first; which it is shows the text.
    leftward = sum(map(is_leftward, pieces)) * 2 > len(pieces)
    return list(_cut(list(pieces), leftward, 0))


def is_leftward(piece: Piece) -> bool:
    """Whether most letters are Arabic or Hebrew, which run from right to left."""
    letters = [character for character in piece.text[:40] if character.isalpha()]
    return bool(letters) and sum("\u0590" <= each <= "\u08ff" for each in letters) * 2 > len(letters)


def _cut(pieces: list[Piece], leftward: bool, depth: int) -> Iterable[Block]:
    if depth == _MAX_DEPTH:
        yield _leaf(pieces, leftward)
        return
    gap = _GUTTER * median(piece.size for piece in pieces)
    for group, bands in _groups(pieces, gap):
        columns: list[list[Piece]] = [[] for _ in bands]
        for piece in group:
            columns[_place(piece, bands)].append(piece)
        if len(columns) == 1:
            yield _leaf(group, leftward)
        elif _is_table(group, bands):
            table, after = _parted(group)
            yield _table(table, bands, leftward)
            if after:
                yield from _cut(after, leftward, depth + 1)
        else:
            for column in reversed(columns) if leftward else columns:
                yield from _cut(column, leftward, depth + 1)


def _strips(pieces: list[Piece]) -> list[list[Piece]]:
    """What no level line crosses stands together; from top to bottom. Lines touch each other by a fifth at most."""
    strips: list[list[Piece]] = []
    bottom = float("-inf")
    for piece in sorted(pieces, key=lambda each: each.y0):
        if piece.y0 + 0.2 * (piece.y1 - piece.y0) >= bottom:
            strips.append([])
        strips[-1].append(piece)
        bottom = max(bottom, piece.y1 - 0.2 * (piece.y1 - piece.y0))
    return strips


def _bands(spans: Iterable[tuple[float, float]], gap: float) -> list[tuple[float, float]]:
    """The spans (left, right), those less than `gap` apart made one."""
    bands: list[tuple[float, float]] = []
    for left, right in sorted(spans):
        if bands and left - bands[-1][1] < gap:
            bands[-1] = bands[-1][0], max(bands[-1][1], right)
        else:
            bands.append((left, right))
    return bands


def _groups(pieces: list[Piece], gap: float) -> list[tuple[list[Piece], list[tuple[float, float]]]]:
    """Strips one below the other that have upright gaps in common, and those that have none, with the bands between the gaps."""
    groups: list[tuple[list[Piece], list[tuple[float, float]]]] = []
    for strip in _strips(pieces):
        own = _bands(((each.x0, each.x1) for each in strip), gap)
        if groups:
            above, held = groups[-1]
            both = _bands(held + own, gap)
            spanning = len(strip) == 1 and len(both) < len(held)
            if (len(both) > 1 and not spanning) if len(held) > 1 else len(own) == 1:
                groups[-1] = above + strip, both
                continue
        if groups and len(own) > 1 and len(groups[-1][1]) == 1:
            tops = _tops(groups[-1][0], own)
            strip = tops + strip
            own = _bands([*own, *((each.x0, each.x1) for each in tops)], gap)
        groups.append((strip, own))
    return _without_single_rows(groups, gap)


def _tops(above: list[Piece], bands: list[tuple[float, float]]) -> list[Piece]:
    """Take from the lines above columns the last ones that stand over a column after the first: they are its top."""
    found: list[Piece] = []
    while len(above) > 1 and above[-1].x0 >= bands[0][1]:
        found.append(above.pop())
    return found


def _without_single_rows(
    groups: list[tuple[list[Piece], list[tuple[float, float]]]], gap: float
) -> list[tuple[list[Piece], list[tuple[float, float]]]]:
    """One row with gaps in it makes no columns: it belongs to the lines around it."""
    merged: list[tuple[list[Piece], list[tuple[float, float]]]] = []
    for group, bands in groups:
        if len(group) == len(bands):
            bands = [(bands[0][0], bands[-1][1])]
        if merged and len(bands) == len(merged[-1][1]) == 1:
            both = (min(bands[0][0], merged[-1][1][0][0]), max(bands[0][1], merged[-1][1][0][1]))
            merged[-1] = merged[-1][0] + group, [both]
        else:
            merged.append((group, bands))
    return merged


def _rows(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces on one line, from left to right; lines from top to bottom."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda each: (each.y0 + each.y1) / 2):
        last = rows[-1][0] if rows else None
        if last and abs(piece.y0 + piece.y1 - last.y0 - last.y1) < 0.8 * min(piece.y1 - piece.y0, last.y1 - last.y0):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    for row in rows:
        row.sort(key=lambda each: each.x0)
    return rows


def _is_table(pieces: list[Piece], bands: list[tuple[float, float]]) -> bool:
    """Whether columns stand in common rows and hold cells rather than running text."""
    rows = _rows(pieces)
    shared = sum(len({_place(piece, bands) for piece in row}) > 1 for row in rows)
    if shared < _ALIGNED * len(rows):
        return False
    if sum(len(piece.text) for piece in pieces) / len(pieces) <= _CELL:
        return True
    widths: list[list[float]] = [[] for _ in bands]
    for piece in pieces:
        widths[_place(piece, bands)].append(piece.x1 - piece.x0)
    filled = [sum(own) / len(own) / max(right - left, 1) for own, (left, right) in zip(widths, bands, strict=True)]
    return median(filled) < _FULL


def _parted(pieces: list[Piece]) -> tuple[list[Piece], list[Piece]]:
    """A table, and the lines below it from the first one that stands alone, further from its rows than they from each other."""
    rows = _rows(pieces)
    steps = [below[0].y1 - above[0].y1 for above, below in pairwise(rows)]
    for place in range(2, len(rows)):
        if len(rows[place]) == 1 and steps[place - 1] > _APART * median(steps[: place - 1]):
            return [piece for row in rows[:place] for piece in row], [piece for row in rows[place:] for piece in row]
    return pieces, []


def _place(piece: Piece, bands: list[tuple[float, float]]) -> int:
    return max(bisect_right(bands, piece.x0, key=lambda band: band[0]) - 1, 0)


def _table(pieces: list[Piece], bands: list[tuple[float, float]], leftward: bool) -> Block:
    """Every row with a cell a column. A row is one line of the page: a cell of several lines becomes several rows."""
    rows, lines = [], []
    for row in _rows(pieces):
        cells = [""] * len(bands)
        for piece in row:
            place = _place(piece, bands)
            cells[place] = f"{cells[place]} {piece.text}".strip()
        rows.append(tuple(reversed(cells) if leftward else cells))
        lines.append(_line(row, leftward))
    return Block(tuple(lines), tuple(rows))


def _leaf(pieces: list[Piece], leftward: bool) -> Block:
    return Block(tuple(_line(row, leftward) for row in _rows(pieces)))


def _line(row: list[Piece], leftward: bool) -> Piece:
    if len(row) == 1:
        return row[0]
    text = " ".join(each.text for each in (reversed(row) if leftward else row))
    main = max(row, key=lambda each: len(each.text))
    return Piece(row[0].x0, min(p.y0 for p in row), max(p.x1 for p in row), max(p.y1 for p in row), text, main.size)
