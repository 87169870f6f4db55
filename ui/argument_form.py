"""A form for the arguments of a tool, from its JSON Schema, and back: arguments of what was typed, or sentences at its fields.

Simple values get a field of their own kind, lists of them a line each, and everything else is written as JSON.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from common.problems import Sentences
from tools.validation import problems

Kind = Literal["text", "number", "choice", "lines", "json"]

_PREFIX = "arg."
_SIMPLE = ("string", "integer", "number", "boolean")
_LIMIT = 20_000  # characters of one field that are read


@dataclass(frozen=True, slots=True)
class Asked:
    """One argument: `options` are the values of a choice, as JSON; `of` is the type of what is typed, or of each line.

    A name of a picture or a sound is of the type "media".
    """

    name: str
    kind: Kind
    of: str
    required: bool
    description: str
    options: tuple[str, ...] = ()

    @property
    def field(self) -> str:
        return _PREFIX + self.name


_WHOLE = Asked("", "json", "object", required=True, description="")


def asked(schema: Mapping[str, Any]) -> list[Asked]:
    """The arguments that a schema asks for, in its order."""
    properties, required = schema.get("properties"), schema.get("required")
    if not isinstance(properties, Mapping):
        return []
    names = required if isinstance(required, Sequence) else ()
    return [_asked(name, value if isinstance(value, Mapping) else {}, name in names) for name, value in properties.items()]


def typed(arguments: Sequence[Asked], fields: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """What was typed for each argument, "" for nothing."""
    return {each.name: (fields.get(each.field) or [""])[0][:_LIMIT] for each in arguments}


def read(
    schema: Mapping[str, Any],
    arguments: Sequence[Asked],
    written: Mapping[str, str],
    kept: Mapping[str, Any] = MappingProxyType({}),
) -> tuple[dict[str, Any], dict[str, Sentences]]:
    """The arguments, and what is wrong by name ("" for what concerns no single one); an optional one left empty is left out.

    `kept` are values that are taken as they are, whatever was typed.
    """
    found: dict[str, Any] = {}
    wrong: dict[str, Sentences] = {}
    for each in arguments:
        words = written.get(each.name, "")
        if each.name in kept:
            found[each.name] = kept[each.name]
            continue
        if not words.strip():
            continue
        try:
            found[each.name] = _value(each, words)
        except ValueError as error:
            wrong[each.name] = error.args[0]
    told = problems(schema, found)
    return found, {**{name: sentences for name, sentences in told.items() if name not in wrong}, **wrong}


def fitting(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> list[Asked]:
    """The fields for arguments that are there already: one of JSON for all, where some have no field of their own."""
    form = asked(schema)
    return form if arguments.keys() <= {each.name for each in form} else [_WHOLE]


def written(form: Sequence[Asked], arguments: Mapping[str, Any]) -> dict[str, str]:
    """What the fields say when they hold these arguments."""
    if form == [_WHOLE]:
        return {_WHOLE.name: json.dumps(dict(arguments), ensure_ascii=False, indent=2)}
    return {each.name: _written(each, arguments[each.name]) for each in form if each.name in arguments}


def changed(
    schema: Mapping[str, Any], form: Sequence[Asked], arguments: Mapping[str, Any], words: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, Sentences]]:
    """The arguments after a person went over the fields, and what is wrong as in `read`.

    A field that still says what it said keeps its value to the letter: not every value can be typed.
    """
    before = written(form, arguments)
    same = {name for name, said in before.items() if _as_typed(said) == _as_typed(words.get(name, ""))}
    if form != [_WHOLE]:
        return read(schema, form, words, {name: arguments[name] for name in same})
    if same:
        return dict(arguments), {}
    try:
        found = _json(words.get(_WHOLE.name, ""))
    except ValueError as error:
        return {}, {_WHOLE.name: error.args[0]}
    if not isinstance(found, dict):
        return {}, {_WHOLE.name: _NO_OBJECT}
    wrong = problems(schema, found)
    told = (" ".join(english for english, _ in wrong.values()), "".join(chinese for _, chinese in wrong.values()))
    return found, {_WHOLE.name: told} if wrong else {}


def _as_typed(words: str) -> str:
    """The words as a browser sends them back."""
    return words.replace("\r\n", "\n").replace("\r", "\n")[:_LIMIT]


def _written(each: Asked, value: Any) -> str:
    if each.kind == "choice":
        same = (option for option in each.options if _equal(json.loads(option), value))
        return next(same, json.dumps(value, ensure_ascii=False))
    if each.kind == "lines" and isinstance(value, list):
        return "\n".join(item if isinstance(item, str) else json.dumps(item, ensure_ascii=False) for item in value)
    if each.kind != "json" and (isinstance(value, str) or value is None):
        return value or ""
    return json.dumps(value, ensure_ascii=False, indent=2)


def _equal(one: Any, other: Any) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _asked(name: str, schema: Mapping[str, Any], required: bool) -> Asked:
    description = schema.get("description")
    told = description if isinstance(description, str) else ""
    kind = _type(schema)
    values = schema.get("enum")
    if isinstance(values, list):
        return Asked(name, "choice", "", required, told, tuple(json.dumps(value, ensure_ascii=False) for value in values))
    if kind == "boolean":
        return Asked(name, "choice", "", required, told, ("true", "false"))
    if kind in ("integer", "number"):
        return Asked(name, "number", kind, required, told)
    if kind == "string":
        return Asked(name, "text", "media" if schema.get("format") == "media" else kind, required, told)
    items = schema.get("items")
    if kind == "array" and isinstance(items, Mapping) and _type(items) in _SIMPLE:
        return Asked(name, "lines", _type(items), required, told)
    return Asked(name, "json", kind, required, told)


def _type(schema: Mapping[str, Any]) -> str:
    """The one type besides null, "" where there are several or none."""
    named = schema.get("type")
    kinds = [kind for kind in ([named] if isinstance(named, str) else named or ()) if kind != "null"]
    return str(kinds[0]) if len(kinds) == 1 else ""


def _value(each: Asked, words: str) -> Any:
    """Raises `ValueError` with both sentences."""
    match each.kind:
        case "lines":
            return [_plain(each.of, line.strip()) for line in words.splitlines() if line.strip()]
        case "json" | "choice":
            return _json(words)
        case _:
            return _plain(each.of, words)


def _plain(kind: str, words: str) -> Any:
    if kind in ("string", "media"):
        return words
    if kind == "boolean":
        return _json(words.strip().lower())
    try:
        value = int(words.strip()) if kind == "integer" else float(words.strip())
    except ValueError:
        raise ValueError(_NOT_WHOLE if kind == "integer" else _NO_NUMBER) from None
    if isinstance(value, float) and not math.isfinite(value):  # JSON has no such numbers
        raise ValueError(_NO_NUMBER)
    return value


def _json(words: str) -> Any:
    try:
        return json.loads(words, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise ValueError(
            (
                f'Write this as JSON, such as {{"name": "value"}}. The mistake is in line {line}.',
                f'这里要写成 JSON，例如 {{"name": "value"}}。第 {line} 行有错。',
            )
        ) from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_NOT_WHOLE = ("Write a whole number, such as 12.", "请写整数，例如 12。")
_NO_OBJECT = (
    'Write the arguments as a JSON object, such as {"name": "value"}.',
    '这里要写成 JSON 对象，例如 {"name": "value"}。',
)
_NO_NUMBER = ("Write a number, such as 12 or 0.5.", "请写数字，例如 12 或 0.5。")
