"""Data that is given as text: JSON, JSON lines, or rows as CSV, TSV and their relatives.

Numbers of a row become numbers and empty cells nothing; what only looks like a number, such as 007, stays as it is written. What
is asked of the data is the tools' own matter.
"""

import csv
import json
import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NoReturn

from common.errors import ToolFailed

LONGEST = 200_000
"""Characters of data that are read."""

Cell = str | int | float | None

_DELIMITERS = ",\t;|，；"
_FENCED = re.compile(r"\s*```[a-z]*\s*\n(.*?)\n?\s*```\s*", re.DOTALL)
_NUMBER = re.compile(
    r"[+-]?(?:(?:0|[1-9]\d{0,15})|[1-9]\d{0,2}(?:,\d{3}){1,5})(?:\.\d{1,15})?(?:e[+-]?\d{1,2})?", re.IGNORECASE | re.ASCII
)


def is_json(text: str) -> bool:
    """Whether the text means to be JSON: no table begins with a bracket."""
    return _bare(text).startswith(("{", "["))


def read_json(text: str) -> Any:
    """What JSON, or JSON lines, say. Raises `ToolFailed` for what is neither, and for numbers that JSON does not have."""
    bare = _bare(text)
    try:
        return _loads(bare)
    except json.JSONDecodeError as error:
        lines = [line for line in bare.splitlines() if line.strip()]
        if error.msg == "Extra data" and len(lines) > 1:
            return [_line(line, number) for number, line in enumerate(lines, 1)]
        _no_json(error)
    except (ValueError, RecursionError) as error:
        _unusable(error)


def read_rows(text: str) -> list[list[Cell]]:
    """The rows of a table, the first one included, without empty ones. Raises `ToolFailed` where there are none."""
    bare = _bare(text)
    if "\n" not in bare and "\\n" in bare:  # small models write the two signs
        bare = bare.replace("\\n", "\n").replace("\\t", "\t")
    bare = _without_frame(bare)
    first = bare.split("\n", 1)[0]
    found = Counter(sign for sign in first if sign in _DELIMITERS)
    delimiter = max(_DELIMITERS, key=lambda sign: found[sign])
    reader = csv.reader(bare.splitlines(keepends=True), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        rows = [[_cell(cell) for cell in row] for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise ToolFailed(
            f"Line {reader.line_num} of the data is not CSV ({error}). Write one row a line and quote cells with commas.",
            f"数据的第 {reader.line_num} 行不符合 CSV 格式（{error}）。请一行写一条，含逗号的单元格加引号。",
        ) from None
    if not rows:
        raise ToolFailed("The data is empty. Give JSON, or CSV with a header row.", "数据是空的。请给出 JSON，或带表头的 CSV。")
    return rows


def _without_frame(text: str) -> str:
    """A table of Markdown without the strokes at its ends and the line of dashes under its header."""
    lines = text.split("\n")
    if len(lines) < 2 or not {"|", "-"} <= set(lines[1]) <= set(" \t|:-"):
        return text
    return "\n".join(line.strip().removeprefix("|").removesuffix("|") for place, line in enumerate(lines) if place != 1)


def as_records(rows: Sequence[Sequence[Cell]]) -> list[dict[str, Cell]]:
    """Each row under the names of the first one; raises `ToolFailed` for a row with more cells than there are names."""
    names = column_names(rows[0])
    for number, row in enumerate(rows, 1):
        if len(row) > len(names):
            raise ToolFailed(
                f"Row {number} of the data has {len(row)} cells, but the header names {len(names)}. Quote cells with commas.",
                f"数据的第 {number} 行有 {len(row)} 格，表头只有 {len(names)} 列。含逗号的单元格请加引号。",
            )
    return [dict(zip(names, [*row, *[None] * (len(names) - len(row))], strict=True)) for row in rows[1:]]


def column_names(header: Sequence[Cell]) -> list[str]:
    """The names in a header row; one that is empty or there already is named by its place."""
    names: list[str] = []
    for place, cell in enumerate(header, 1):
        name = "" if cell is None else str(cell)
        names.append(name if name and name not in names else f"column_{place}")
    return names


def as_cell(value: Any) -> Cell:
    """A value of JSON as a cell: numbers that are written as text are numbers, and what is neither is its JSON."""
    if isinstance(value, str):
        return _cell(value)
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    return json.dumps(value, ensure_ascii=False)


def _bare(text: str) -> str:
    """Without a byte order mark, the fence of a code block, and empty lines around."""
    fenced = _FENCED.fullmatch(text)
    return (fenced[1] if fenced else text).strip("\ufeff \r\n").replace("\r\n", "\n").replace("\r", "\n")


def _loads(text: str) -> Any:
    return json.loads(text, parse_float=_finite, parse_constant=_finite)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text:.20} is no number of JSON")
    return number


def _line(line: str, number: int) -> Any:
    try:
        return _loads(line)
    except (ValueError, RecursionError):
        raise ToolFailed(
            f"Line {number} of the data is not JSON: {line[:60]!r}. Write one JSON value a line, or one in all.",
            f"数据的第 {number} 行不是 JSON：{line[:60]!r}。请每行写一个 JSON，或者整体只写一个。",
        ) from None


def _no_json(error: json.JSONDecodeError) -> NoReturn:
    near = error.doc[max(0, error.pos - 15) : error.pos + 15]
    raise ToolFailed(
        f"The data is not JSON: {error.msg} in line {error.lineno}, column {error.colno}, near {near!r}. Correct it there.",
        f"数据不是有效的 JSON：第 {error.lineno} 行第 {error.colno} 个字符附近（{near!r}）有误。请改正。",
    ) from None


def _unusable(error: Exception) -> NoReturn:
    deep = isinstance(error, RecursionError)
    raise ToolFailed(
        "The data is nested too deeply. Give the part that matters."
        if deep
        else "The data holds a number that is too large, or none at all, such as NaN. Put it in quotes.",
        "数据嵌套得太深。请只给出需要的部分。" if deep else "数据里有过大的数，或 NaN 这样的非数。请给它加上引号。",
    ) from None


def _cell(text: str) -> Cell:
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return text or None
    plain = text.replace(",", "").lower()
    return float(plain) if "." in plain or "e" in plain else int(plain)
