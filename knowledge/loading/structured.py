"""JSON and JSON lines of any shape: names of objects become headings, lists of like objects tables, all else "name: value" lines.

Records in the forms of a corpus (questions with answers, dialogues) have readers of their own; this one takes what is left.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from knowledge.loading.document import LeftOut, LoadedDocument, Writer
from knowledge.loading.tables import write_table

_HEADINGS = 4  # levels of objects that become headings; what lies deeper is told by its path of names
_SHORT = 400  # characters of an object that is told in one stretch


def read_json(text: str) -> LoadedDocument | None:
    """The whole value as text; None where it is no JSON."""
    writer = Writer()
    try:
        _write(json.loads(text), writer, 1)
    except (ValueError, RecursionError):
        return None
    return writer.document()


def read_json_lines(text: str) -> LoadedDocument | None:
    """Each line as a value; lines that are no JSON are left out with their number. None where most are none."""
    values: list[Any] = []
    left_out: list[LeftOut] = []
    # Not `splitlines`: a value may hold signs that count as line ends elsewhere.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            values.append(json.loads(line))
        except (ValueError, RecursionError) as error:
            place = getattr(error, "colno", 1)
            left_out.append(
                LeftOut(
                    number, f"Line {number} is no JSON (from column {place}).", f"第 {number} 行不是 JSON（从第 {place} 列起）。"
                )
            )
    if len(left_out) > len(values):
        return None
    writer = Writer()
    _write(values, writer, 1)
    return writer.document(left_out=tuple(left_out))


def _write(value: Any, writer: Writer, level: int) -> None:
    if isinstance(value, list):
        _write_list(value, writer, level)
        return
    if not isinstance(value, dict):
        writer.block(_scalar(value))
        return
    if level > _HEADINGS or (level > 1 and len(json.dumps(value, ensure_ascii=False)) <= _SHORT):
        writer.block("\n".join(_lines(value)))
        return
    plain = [(name, each) for name, each in value.items() if not isinstance(each, dict | list)]
    writer.block("\n".join(f"{name}: {_scalar(each)}" for name, each in plain if each is not None))
    for name, each in value.items():
        if isinstance(each, dict | list) and each:
            writer.heading(level, str(name))
            _write(each, writer, level + 1)


def _write_list(values: Sequence[Any], writer: Writer, level: int) -> None:
    """A table where the objects are flat and alike, else an object a paragraph; a list of bare values is a list."""
    if all(not isinstance(each, dict | list) for each in values):
        writer.block("\n".join(f"- {_scalar(each)}" for each in values))
        return
    names = list(dict.fromkeys(name for each in values if isinstance(each, dict) for name in each))
    if all(_is_flat(each) for each in values) and sum(map(len, values)) * 2 > len(names) * len(values):
        write_table(writer, [names, *([_scalar(each.get(name)) for name in names] for each in values)])
        return
    for each in values:
        writer.block("\n".join(_lines(each)))


def _is_flat(value: Any) -> bool:
    return isinstance(value, dict) and not any(isinstance(each, dict | list) for each in value.values())


def _lines(value: Any, path: str = "") -> Iterator[str]:
    """Each value of an object with the names that lead to it."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _lines(each, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
        for place, each in enumerate(value, 1):
            yield from _lines(each, f"{path} {place}".strip())
    elif isinstance(value, list):
        yield f"{path}: {', '.join(map(_scalar, value))}"
    elif value is not None:
        yield f"{path}: {_scalar(value)}" if path else _scalar(value)


def _scalar(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
