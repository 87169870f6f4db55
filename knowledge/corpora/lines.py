"""The values of a corpus file, one after the other: JSON lines, a JSON list or the rows of a table, plain or gzip.

A file may be far larger than memory: what is held is one value, and no value is longer than `LONGEST`. What is no value is a
`LeftOut` with its line (in a list, with its place), and the rest goes on. What the values mean, `knowledge.corpora.forms` says.
"""

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal, TextIO, cast

from knowledge.loading.document import LeftOut
from knowledge.loading.encoding import encoding_of

LONGEST = 4_000_000
"""Characters of one value."""

_SAMPLE = 100_000  # bytes from which the encoding and the layout are told
_CHUNK = 1 << 16  # characters of a list that are read at a time
_BETWEEN = re.compile(r"[\s,]*")
_SEPARATORS = ",\t;|"
_DAMAGE = (EOFError, gzip.BadGzipFile, zlib.error)
_BROKEN = re.compile(r"[\udc80-\udcff]")  # bytes that are no UTF-8

Layout = Literal["lines", "list", "table"]

Value = dict[str, Any] | list[Any] | str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Source:
    """A file of values; `separator` and `names` are those of a table's first row."""

    path: Path
    layout: Layout
    encoding: str
    separator: str = ","
    names: tuple[str, ...] = ()


class Unfit(Exception):
    """A value that is no record, and why."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(english)
        self.english = english
        self.chinese = chinese


def sources(path: Path, table: bool) -> list[Source]:
    """How the values of the file can be read, none where it is no text: with `table`, as one too, by each separator that its
    first row may have.

    Raises `OSError`, and those of gzip and zlib where not even its beginning can be unpacked.
    """
    with _unpacked(path) as file:
        sample = _beginning(file)
    encoding = encoding_of(sample)
    if encoding is None:
        return []
    start = sample.decode(encoding, "replace").lstrip("\ufeff").lstrip()
    if start[:1] == "[":
        found = [Source(path, "list", encoding)]
        # One list or, as some dialogues are written, one a line.
        line, end, _ = start.partition("\n")
        return [*found, Source(path, "lines", encoding)] if end and isinstance(_loaded(1, line), list) else found
    if start[:1] == "{":
        return [Source(path, "lines", encoding)]
    if not table or not start:
        return []
    tables = [(mark, _names(start, mark)) for mark in _SEPARATORS]
    return [Source(path, "table", encoding, mark, names) for mark, names in tables if len(names) > 1]


def values(source: Source) -> Iterator[tuple[int, Value | LeftOut]]:
    """Each value with its line, or its place in a list. After a damaged stretch of gzip there is nothing more to read."""
    for number, value, _ in written(source):
        yield number, value


def written(source: Source) -> Iterator[tuple[int, Value | LeftOut, str]]:
    """The same, with each value as it is written in the file: on lines of its own, a line end at its end."""
    number = 0
    try:
        with _unpacked(source.path) as file:
            # A line with broken bytes is left out and, in a part that is written, stays as it is.
            exact = source.layout == "lines" and source.encoding.startswith("utf-8")
            errors = "surrogateescape" if exact else "replace"
            text = io.TextIOWrapper(file, source.encoding, errors, newline="" if source.layout == "table" else "\n")
            for number, value, raw in _READERS[source.layout](source, text):
                yield number, value, raw
    except _DAMAGE as error:
        yield (
            number + 1,
            LeftOut(number + 1, f"the compressed file is damaged here: {error}", f"压缩文件从这里开始损坏：{error}"),
            "",
        )


def _lines(source: Source, text: TextIO) -> Iterator[tuple[int, Value | LeftOut, str]]:
    number = 0
    while line := text.readline(LONGEST):
        number += 1
        if len(line) == LONGEST and not line.endswith("\n"):
            while (rest := text.readline(LONGEST)) and not rest.endswith("\n"):
                pass
            yield number, _too_long(number), "\n"
        elif line.strip("\ufeff \t\r\n"):
            yield number, _loaded(number, line), line if line.endswith("\n") else f"{line}\n"


def _loaded(number: int, line: str) -> Value | LeftOut:
    if not line.isascii() and _BROKEN.search(line):
        return LeftOut(number, "it is not UTF-8 text", "不是 UTF-8 文本")
    try:
        value: Value = json.loads(line.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return LeftOut(number, "it is not a JSON object", "不是 JSON 对象")
    return value


def _list(source: Source, text: TextIO) -> Iterator[tuple[int, Value | LeftOut, str]]:
    decoder, number = json.JSONDecoder(), 0
    held = text.read(_CHUNK).lstrip("\ufeff \t\r\n")
    at = 1  # behind the bracket
    while True:
        match = _BETWEEN.match(held, at)
        at = match.end() if match else at
        if held[at : at + 1] == "]":
            return
        try:
            value, end = decoder.raw_decode(held, at)
        except (ValueError, RecursionError) as error:
            left = len(held) - at
            more = text.read(max(_CHUNK, left)) if left < LONGEST and isinstance(error, ValueError) else ""
            if not more:
                yield number + 1, LeftOut(number + 1, "from here on it is no JSON list", "从这里起不是 JSON 列表"), ""
                return
            held, at = held[at:] + more, 0
            continue
        number, at = number + 1, end
        yield number, value, json.dumps(value) + "\n"


def _table(source: Source, text: TextIO) -> Iterator[tuple[int, Value | LeftOut, str]]:
    csv.field_size_limit(LONGEST)
    rows = csv.reader((line.replace("\0", "") for line in text), delimiter=source.separator)
    first, headed = 1, False
    while True:
        try:
            row = next(rows, None)
        except csv.Error:
            yield first, _too_long(first), "\n"
            first = rows.line_num + 1
            continue
        if row is None:
            return
        number, first = first, rows.line_num + 1
        cells = [cell.strip() for cell in row]
        if not headed:
            headed = _tidy_names(row) == source.names
        elif any(cells):
            value = _too_wide(number, cells, source.names) or dict(zip(source.names, cells, strict=False))
            yield number, value, row_text(row, source.separator)


def row_text(row: list[str] | tuple[str, ...], separator: str) -> str:
    """A row as it is written in a table."""
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\n").writerow(row)
    return out.getvalue()


_READERS = {"lines": _lines, "list": _list, "table": _table}


def _names(start: str, separator: str) -> tuple[str, ...]:
    """The names of a table's columns: its first row, behind the line in which Excel writes down the separator."""
    csv.field_size_limit(LONGEST)
    for line in csv.reader(io.StringIO(start, newline=""), delimiter=separator):
        if any(cell.strip() for cell in line) and not (len(line) <= 2 and line[0].startswith("sep=")):
            return _tidy_names(line)
    return ()


def _tidy_names(row: list[str]) -> tuple[str, ...]:
    return tuple(" ".join(cell.lstrip("\ufeff").split()) for cell in row)


def _too_long(number: int) -> LeftOut:
    millions = LONGEST // 1_000_000
    return LeftOut(number, f"it is longer than {millions} million characters", f"长度超过 {millions * 100} 万字")


def _too_wide(number: int, cells: list[str], names: tuple[str, ...]) -> LeftOut | None:
    wide, known = len(cells), len(names)
    if not any(cells[known:]):
        return None
    return LeftOut(
        number,
        f"it has {wide} cells under {known} names: a text that holds the separator needs quotation marks",
        f"有 {wide} 格，而表头只有 {known} 格：文字里有分隔符时要加引号",
    )


def _unpacked(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    return cast(IO[bytes], gzip.open(path, "rb")) if compressed else path.open("rb")


def _beginning(file: IO[bytes]) -> bytes:
    """The first bytes, as many as can be unpacked."""
    sample = b""
    try:
        while len(sample) < _SAMPLE and (part := file.read(min(4096, _SAMPLE - len(sample)))):
            sample += part
    except _DAMAGE:
        if not sample:
            raise
    return sample
