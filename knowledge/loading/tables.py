"""Tables that are longer than a passage, as text of which each stretch makes sense by itself.

A table that fits into one passage stays one Markdown table. A longer one becomes several, each with the row of names on top;
where rows are so wide that only a few would fit, each row becomes lines of "name: value" instead. So a passage that is cut from
the middle of a table says what its numbers are. No cell is left out, and none is told twice but the names.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice

from knowledge.chunking import token_estimate
from knowledge.loading.document import Writer, table_rows

_FULL = 160  # tokens of a stretch, so that it fits a passage beside its heading
_FEW = 4  # rows: where fewer than these fit beside the names, the names are better told in each row
_SAMPLE = 100  # rows that are looked at to tell how wide a row is

Row = Sequence[str]


def write_table(writer: Writer, rows: Iterable[Row], page: int = 0) -> None:
    """Add a table whose first row names its columns."""
    for block in blocks(rows):
        writer.block(block, page)


def write_grid(writer: Writer, rows: Iterable[Row], page: int = 0) -> None:
    """Add what a sheet holds: tables apart by empty rows or beside each other, and single lines, which are no tables."""
    for filled, group in groupby(rows, key=lambda row: any(cell.strip() for cell in row)):
        if not filled:
            continue
        for part in _beside(list(group)):
            titles = _titles(part)
            for row in part[:titles]:
                writer.block(" ".join(cell.strip() for cell in row if cell.strip()), page)
            rest = part[titles:]
            if len(rest) == 1 and sum(1 for cell in rest[0] if cell.strip()) == 1:
                writer.block("".join(rest[0]), page)
            else:
                write_table(writer, rest, page)


def blocks(rows: Iterable[Row]) -> Iterator[str]:
    """The stretches of a table, in order."""
    cleaned = [[" ".join(cell.split()) for cell in row] for row in rows]
    cells = _without_empty_columns([row for row in cleaned if any(row)])
    if not cells:
        return
    names, body = cells[0], cells[1:]
    if len(cells) <= _FULL and (not body or token_estimate(table_rows(cells)) <= _FULL):
        yield table_rows(cells)
        return
    top = _size(names) + 4 * len(names) + 1
    sample = [_size(row) for row in islice(body, _SAMPLE)]
    if top + _FEW * sum(sample) / len(sample) > _FULL:
        yield from filter(None, ("\n".join(_told(names, row)) for row in body))
        return
    taken: list[list[str]] = []
    size = top
    for row in body:
        more = _size(row)
        if taken and size + more > _FULL:
            yield table_rows([names, *taken])
            taken, size = [], top
        taken.append(row)
        size += more
    yield table_rows([names, *taken])


def _size(row: Row) -> int:
    return sum(map(token_estimate, row)) + len(row) + 1


def _told(names: Row, row: Row) -> Iterator[str]:
    for name, cell in zip([*names, *[""] * len(row)], row, strict=False):
        if cell:
            yield f"{name}: {cell}" if name else cell


def _without_empty_columns(rows: list[list[str]]) -> list[list[str]]:
    width = max((len(row) for row in rows), default=0)
    filled = [any(place < len(row) and row[place] for row in rows) for place in range(width)]
    return [[row[place] if place < len(row) else "" for place in range(width) if filled[place]] for row in rows]


def _titles(rows: Sequence[Row]) -> int:
    """How many rows at the top hold one cell alone, over a table that is wider: those are titles, not names of columns."""
    width = max(sum(1 for cell in row if cell.strip()) for row in rows)
    count = 0
    while count < len(rows) and sum(1 for cell in rows[count] if cell.strip()) == 1 < width:
        count += 1
    return count


def _beside(rows: list[Row]) -> list[list[Row]]:
    """The tables that lie beside each other, which shows in an empty column between them and in rows where only one begins.

    Tables that begin in the same row are left together: as often as not it is one table with a gap.
    """
    width = max(len(row) for row in rows)
    first = [next((n for n, row in enumerate(rows) if place < len(row) and row[place].strip()), None) for place in range(width)]
    runs = [[place for place, _ in run] for filled, run in groupby(enumerate(first), lambda each: each[1] is not None) if filled]
    begins = [min(start for place in run if (start := first[place]) is not None) for run in runs]
    if len(set(begins)) < 2:
        return [rows]
    return [[row[run[0] : run[-1] + 1] for row in rows[begin:]] for run, begin in zip(runs, begins, strict=True)]
