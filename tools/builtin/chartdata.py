"""What a chart is drawn from: columns with names, out of whatever people and models give as data.

JSON and rows both come here: a list of numbers, labels with numbers, rows with or without a header, lists by name. What is drawn
of the columns, and how, is the chart's matter.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.errors import ToolFailed
from tools.builtin.tables import Cell, as_cell, column_names, is_json, read_json, read_rows

_BETWEEN = re.compile("[,，;；\n]+")
_PAIR = re.compile(r"([^:：=]{1,80})[:：=]\s*([^:：=]*\d[^:：=]{0,3})")
_SPACED = re.compile(r"([^\t,;|]*[^\d\s,;|][^\t,;|]*)[ \t]+(\S*\d\S*)")

LARGEST = 1e15
"""Numbers beyond it, either way, are not drawn."""


@dataclass(frozen=True, slots=True)
class Column:
    """The cells of one column, as long as every other; `name` is "" where the data names none."""

    name: str
    cells: Sequence[Cell]

    @property
    def is_numeric(self) -> bool:
        """Whether it holds numbers, and nothing but them and gaps."""
        return any(cell is not None for cell in self.cells) and not any(isinstance(cell, str) for cell in self.cells)

    def numbers(self) -> list[float]:
        """NaN for a gap. Raises `ToolFailed` for a cell that is no number, and for one that is too large to draw."""
        return [self._number(cell, row) for row, cell in enumerate(self.cells, 1)]

    def _number(self, cell: Cell, row: int) -> float:
        if cell is None:
            return float("nan")
        if isinstance(cell, str):
            raise ToolFailed(
                f"Row {row} of {self.name or 'the data'} is {cell[:40]!r}, not a number. Give numbers without units.",
                f"{self.name or '数据'}的第 {row} 行是 {cell[:40]!r}，不是数字。请只写数字，不带单位。",
            )
        if abs(cell) > LARGEST:
            raise ToolFailed(
                f"Row {row} of {self.name or 'the data'} is larger than 10^15. Give it in a larger unit, such as millions.",
                f"{self.name or '数据'}的第 {row} 行超过 10 的 15 次方。请换成更大的单位，例如亿。",
            )
        return float(cell)


def read_columns(text: str) -> list[Column]:
    """The columns of data given as text. Raises `ToolFailed` for what is no table and no list of numbers."""
    if not is_json(text):
        return _of_pairs(text) or _of_rows([[_number(cell) for cell in row] for row in read_rows(text)])
    data = read_json(text)
    if isinstance(data, dict):
        inner = next(iter(data.values()), None)
        if len(data) == 1 and isinstance(inner, dict):  # {"data": {"Mon": 3}}
            data = inner
        return _of_names(data)
    data = [row for row in data if row not in ([], {})] or [None]
    if all(isinstance(row, dict) for row in data):
        names = list(dict.fromkeys(name for row in data for name in row))
        return [Column(name, [_number(as_cell(row.get(name))) for row in data]) for name in names]
    if all(isinstance(row, list) for row in data):
        return _of_rows([[_number(as_cell(cell)) for cell in row] for row in data])
    return [Column("", [_number(as_cell(value)) for value in data])]


def _of_pairs(text: str) -> list[Column]:
    """Mon: 3, Tue: 5 and its relatives: each label with its number, or one name and its numbers; nothing where it is neither."""
    parts = [part.strip() for part in _BETWEEN.split(text.strip()) if part.strip()]
    pairs = [found for part in parts if (found := _PAIR.fullmatch(part))]
    if pairs and len(pairs) == len(parts):
        return [Column("", [pair[1].strip() for pair in pairs]), Column("", [_number(pair[2]) for pair in pairs])]
    numbers = [_number(part) for part in parts[1:]]
    if len(pairs) == 1 and pairs[0].string == parts[0] and not any(cell is None or isinstance(cell, str) for cell in numbers):
        return [Column(pairs[0][1].strip(), [_number(pairs[0][2]), *numbers])]  # Sales: 10, 20, 30
    lines = [found for line in text.strip().split("\n") if (found := _SPACED.fullmatch(line.strip()))]
    if len(lines) > 1 and len(lines) == len(parts):
        return [Column("", [line[1] for line in lines]), Column("", [_number(line[2]) for line in lines])]
    return []


def _number(cell: Cell) -> Cell:
    """A cell as a number where a sign of money, a percent or 元 is all that keeps it from being one: $3, 12%, 8元."""
    if not isinstance(cell, str):
        return cell
    bare = as_cell(cell.strip().lstrip("$￥¥€£").rstrip("%％元").strip())
    return cell if isinstance(bare, str) or bare is None else bare


def _of_rows(rows: Sequence[Sequence[Cell]]) -> list[Column]:
    """The first row names the columns where it holds no number."""
    width = max(map(len, rows))
    named = len(rows) > 1 and not any(isinstance(cell, int | float) for cell in rows[0])
    names = [*(column_names(rows[0]) if named else []), *[""] * width][:width]
    body = rows[1:] if named else rows
    if len(body) == 1 and all(isinstance(cell, int | float) for cell in body[0]):  # written across
        values = Column("", [*body[0], *[None] * (width - len(body[0]))])
        return [Column("", names), values] if named else [values]
    return [Column(name, [row[place] if place < len(row) else None for row in body]) for place, name in enumerate(names)]


def _of_names(data: Mapping[str, Any]) -> list[Column]:
    """{"Mon": 3, "Tue": 5}, or lists of one length by name."""
    if isinstance(data.get("labels"), list) and isinstance(data.get("datasets"), list):  # as many libraries of charts take it
        sets = [each for each in data["datasets"] if isinstance(each, dict) and isinstance(each.get("data"), list)]
        data = {"labels": data["labels"]} | {
            str(each.get("label", f"series_{n}")): each["data"] for n, each in enumerate(sets, 1)
        }
    lists = [value for value in data.values() if isinstance(value, list)]
    if not lists:
        return [Column("", list(data)), Column("", [_number(as_cell(value)) for value in data.values()])]
    if len(lists) != len(data) or len({len(value) for value in lists}) != 1:
        raise ToolFailed(
            "The lists of the data differ in length. Give every name a list of as many values as the others have.",
            "数据里各个列表的长度不一样。请让每个名称对应同样多的值。",
        )
    return [Column(name, [_number(as_cell(cell)) for cell in value]) for name, value in data.items()]
