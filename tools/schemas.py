"""Parameter schemas from strangers: what a tool document may hold, and how the schemas of an API description become that.

A short list of JSON Schema's keywords is kept, those that a small model can follow and that cost nothing to check: no patterns
(one can hold a processor for minutes), no references. What is dropped makes a schema looser, never stricter; the service itself
has the last word on its arguments.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from common.problems import Sentences

DEPTH_LIMIT = 16
SIZE_LIMIT = 40_000
"""Characters of a schema written as JSON."""

_TYPES = frozenset(["string", "integer", "number", "boolean", "array", "object", "null"])
_DESCRIPTION_LIMIT = 1000
_LOOSE_LIMIT = 200  # characters of the description of what is not followed
_REACHES = (10, 4, 2)  # levels down to which references are followed, tried in turn
_ENUM_LIMIT = 500
_BRANCHES = 20
_HOPS = 16
_UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


class Unusable(Exception):
    """Something in an API description cannot be taken; carries why, in both languages."""

    def __init__(self, english: str, chinese: str) -> None:
        # What a description holds is quoted in them, and they are shown in terminals.
        self.sentences: Sentences = (_one_line(english), _one_line(chinese))
        super().__init__(self.sentences[0])


def as_text(value: Any) -> str:
    """A value that should be text: numbers as they are written, "" for what is none."""
    return value if isinstance(value, str) else str(value) if _is_number(value) else ""


def _shown(value: Any) -> str:
    """A value for a sentence; of what may be deep or huge only its kind."""
    return repr(value[:60]) if isinstance(value, str) else as_text(value) or type(value).__name__


def _one_line(text: str) -> str:
    return " ".join(_UNSEEN.sub(" ", text).split())


def clean_text(value: Any, limit: int) -> str:
    """Text without invisible characters and at most `limit` characters long; "" for what is not text."""
    text = _UNSEEN.sub(" ", value[: 2 * limit]).strip() if isinstance(value, str) else ""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _is_plain(value: Any, depth: int = 0) -> bool:
    """Whether a value is JSON of a few levels."""
    if value is None or isinstance(value, bool | str) or _is_number(value):
        return True
    if depth >= 4:
        return False
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _is_plain(inner, depth + 1) for key, inner in value.items())
    return isinstance(value, list) and all(_is_plain(inner, depth + 1) for inner in value)


def _is_number(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**64


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10_000


def _is_type(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(kind, str) and kind in _TYPES for kind in value) and 0 < len(set(value)) == len(value)
    return isinstance(value, str) and value in _TYPES


# Everything but what holds further schemas; in the order that a model reads best.
_SIMPLE: Mapping[str, Callable[[Any], bool]] = {
    "type": _is_type,
    "description": lambda value: isinstance(value, str) and len(value) <= _DESCRIPTION_LIMIT,
    "format": lambda value: isinstance(value, str) and len(value) <= 40,
    "enum": lambda value: isinstance(value, list) and 0 < len(value) <= _ENUM_LIMIT and _is_plain(value),
    "const": _is_plain,
    "default": _is_plain,
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _is_number),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _is_count),
}


def refusal(schema: Mapping[str, Any]) -> Sentences | None:
    """Why a tool's parameters may not have this schema, or None when they may."""
    try:
        if schema.get("type") != "object":
            raise Unusable("The schema must be of the type object.", "参数的 JSON Schema 必须是 object 类型。")
        _check(schema, 0)
        if (size := len(json.dumps(schema, ensure_ascii=False))) > SIZE_LIMIT:
            raise _too_large(size)
    except Unusable as error:
        return error.sentences
    return None


def _check(node: Any, depth: int) -> None:
    if depth > DEPTH_LIMIT:
        raise _too_deep()
    if not isinstance(node, Mapping):
        raise Unusable(f"{_shown(node)} is not a schema.", f"{_shown(node)} 不是 JSON Schema。")
    for key, value in node.items():
        if key == "properties" and isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
            for inner in value.values():
                _check(inner, depth + 1)
        elif key == "anyOf" and isinstance(value, list) and 0 < len(value) <= _BRANCHES:
            for inner in value:
                _check(inner, depth + 1)
        elif key == "items" or (key == "additionalProperties" and not isinstance(value, bool)):
            _check(value, depth + 1)
        elif key == "additionalProperties":
            continue
        elif key == "required":
            if not isinstance(value, list) or not all(isinstance(name, str) for name in value) or len({*value}) < len(value):
                raise Unusable("required must list the names of arguments, each once.", "required 必须列出参数名，每个一次。")
        elif key not in _SIMPLE or not _SIMPLE[key](value):
            shown = f"{_shown(key)}: {_shown(value)}"
            raise Unusable(f"A tool's schema may not hold {shown}.", f"工具的 JSON Schema 里不能有 {shown}。")


class SchemaReader:
    """The schemas of one API description, each whole in itself: references followed inside the description alone."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        self._description = description
        self._reach = _REACHES[0]
        # Each by how far references were followed.
        self._read_before: dict[tuple[str, int], _Schema] = {}
        self._failed_before: dict[tuple[str, int, int], Sentences] = {}  # a depth fails that another would not
        self._open: set[str] = set()

    def resolve(self, value: Any) -> Mapping[str, Any]:
        """What `value` is once its own `$ref` is followed; raises `Unusable`."""
        for _ in range(_HOPS):
            if not isinstance(value, Mapping):
                raise Unusable(f"{_shown(value)} is not a group of fields.", f"{_shown(value)} 不是一组字段。")
            reference = value.get("$ref")
            if not isinstance(reference, str):
                return value
            value = self._look_up(reference)
        raise _circular(as_text(reference))

    def read(self, value: Any) -> dict[str, Any]:
        """The schema `value` within our keywords, circles opened.

        References are followed less far where it would be too large otherwise; raises `Unusable` where it is all the same.
        """
        failure: Unusable | None = None
        for reach in _REACHES:
            self._reach = reach
            try:
                return dict(self._read(value, 0).fields)
            except Unusable as error:
                failure = failure or error
        assert failure is not None
        raise failure

    def _look_up(self, reference: str) -> Any:
        place: Any = self._description
        if not reference.startswith("#/"):
            raise Unusable(
                f"It refers to {reference[:120]!r}, which is outside this description. Put everything into one file.",
                f"它引用了 {reference[:120]!r}，不在这份文档里。请把内容合并成一个文件。",
            )
        for step in unquote(reference[2:]).split("/"):
            step = step.replace("~1", "/").replace("~0", "~")
            if isinstance(place, list) and step.isdecimal() and len(step) < 8 and int(step) < len(place):
                place = place[int(step)]
            elif isinstance(place, Mapping) and step in place:
                place = place[step]
            else:
                raise Unusable(
                    f"It refers to {reference[:120]!r}, which is not there.", f"它引用了 {reference[:120]!r}，但文档里没有。"
                )
        return place

    def _read(self, node: Any, depth: int) -> "_Schema":
        if depth > DEPTH_LIMIT:
            raise _too_deep()
        if isinstance(node, bool):
            return _Schema({})
        if not isinstance(node, Mapping):
            raise Unusable(f"{_shown(node)} is not a schema.", f"{_shown(node)} 不是 JSON Schema。")
        if isinstance(reference := node.get("$ref"), str):
            schema = self._referred(reference, depth)
            beside = clean_text(node.get("description"), _DESCRIPTION_LIMIT)
            return schema.with_fields({"description": beside}) if beside else schema
        schema = _Schema(_simple(node))
        schema = self._with_members(schema, node, depth)
        for part in _branches(node, "allOf"):
            schema = self._read(part, depth + 1).merged(schema)
        # Members told apart only by what we drop would all match, and `oneOf` allows one.
        for key in ("anyOf", "oneOf"):
            if branches := [self._read(part, depth + 1) for part in _branches(node, key)]:
                schema = _with_branches(schema, branches)
        return _nullable(schema) if node.get("nullable") is True or node.get("x-nullable") is True else schema

    def _with_members(self, schema: "_Schema", node: Mapping[str, Any], depth: int) -> "_Schema":
        found: dict[str, Any] = {}
        if isinstance(properties := node.get("properties"), Mapping):
            for name, inner in properties.items():
                # What only the service writes is not sent.
                if isinstance(name, str) and not (isinstance(inner, Mapping) and inner.get("readOnly") is True):
                    read = self._read(inner, depth + 1)
                    found[name] = read.fields
                    schema = schema.grown(read, len(name) + 6)
            schema = schema.with_fields({"properties": found})
        if isinstance(required := node.get("required"), list):
            unsent = properties.keys() - found.keys() if isinstance(properties, Mapping) else set()
            names = list(dict.fromkeys(name for name in required if isinstance(name, str) and name not in unsent))
            schema = schema.with_fields({"required": names} if names else {})
        for key in ("items", "additionalProperties"):
            if isinstance(inner := node.get(key), Mapping):
                read = self._read(inner, depth + 1)
                schema = schema.grown(read, len(key) + 6).with_fields({key: read.fields})
        if node.get("additionalProperties") is False:
            schema = schema.with_fields({"additionalProperties": False})
        return schema

    def _referred(self, reference: str, depth: int) -> "_Schema":
        """A schema that is referred to, read once: a few lines of references may unfold into gigabytes."""
        if reference in self._open or depth >= self._reach:
            return self._loose(reference)
        if (known := self._read_before.get((reference, self._reach))) is not None:
            return known if depth + known.height <= DEPTH_LIMIT else self._loose(reference)
        if (failure := self._failed_before.get((reference, depth, self._reach))) is not None:
            raise Unusable(*failure)
        self._open.add(reference)
        try:
            schema = self._read(self._look_up(reference), depth + 1)
        except Unusable as error:
            self._failed_before[reference, depth, self._reach] = error.sentences
            raise
        finally:
            self._open.discard(reference)
        self._read_before[reference, self._reach] = schema
        return schema

    def _loose(self, reference: str) -> "_Schema":
        """Where a circle closes, and where references are followed no further: what is there may be anything of its type."""
        target = self._look_up(reference)
        kind = target.get("type") if isinstance(target, Mapping) else None
        told = clean_text(target.get("description"), _LOOSE_LIMIT) if isinstance(target, Mapping) else ""
        return _Schema(
            ({"type": kind} if isinstance(kind, str) and kind in _TYPES else {}) | ({"description": told} if told else {})
        )


class _Schema:
    """A schema that has been read, how many levels it has below it and how many characters; raises `Unusable` when too large."""

    __slots__ = ("fields", "height", "size")

    def __init__(self, fields: Mapping[str, Any], height: int = 1, size: int | None = None) -> None:
        self.fields = fields
        self.height = height
        self.size = len(json.dumps(fields, ensure_ascii=False)) if size is None else size
        if self.size > SIZE_LIMIT:
            raise _too_large(self.size)

    def grown(self, member: "_Schema", more: int) -> "_Schema":
        return _Schema(self.fields, max(self.height, member.height + 1), self.size + member.size + more)

    def with_fields(self, fields: Mapping[str, Any]) -> "_Schema":
        return _Schema({**self.fields, **fields}, self.height, self.size)

    def merged(self, own: "_Schema") -> "_Schema":
        """Both at once, as `allOf` means it; where they differ, `own` counts."""
        fields = {**self.fields, **own.fields}
        if "properties" in self.fields and "properties" in own.fields:
            fields["properties"] = {**self.fields["properties"], **own.fields["properties"]}
        if required := [*self.fields.get("required", ()), *own.fields.get("required", ())]:
            fields["required"] = list(dict.fromkeys(required))
        return _Schema(fields, max(self.height, own.height), self.size + own.size)


def _simple(node: Mapping[str, Any]) -> dict[str, Any]:
    told = {**node, "description": clean_text(node.get("description"), _DESCRIPTION_LIMIT)}
    kind = as_text(node.get("contentMediaType"))
    if kind and "contentEncoding" not in node and not kind.startswith("text/") and not kind.endswith("json"):
        told["format"] = "binary"  # so said OpenAPI 3.0 what 3.1 says
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if told.get(exclusive) is True and bound in told:  # OpenAPI 3.0
            told[exclusive] = told.pop(bound)
    kept = {key: told[key] for key, fits in _SIMPLE.items() if key in told and fits(told[key])}
    if not kept["description"]:
        del kept["description"]
    if len(json.dumps(kept.get("default"), ensure_ascii=False)) > _DESCRIPTION_LIMIT:
        del kept["default"]
    return kept


def _branches(node: Mapping[str, Any], key: str) -> Sequence[Any]:
    found = node.get(key)
    if not isinstance(found, list):
        return ()
    if len(found) > _BRANCHES:
        raise Unusable(
            f"A schema in it has {len(found)} alternatives; {_BRANCHES} fit.", f"其中一处有 {len(found)} 种写法，太多。"
        )
    return found


def _with_branches(schema: _Schema, branches: Sequence[_Schema]) -> _Schema:
    """`schema` with alternatives; one of them alone, as many write what may be null, needs no `anyOf`."""
    real = [branch for branch in branches if branch.fields.get("type") != "null"]
    if len(real) == 1:
        schema = real[0].merged(schema)
        return _nullable(schema) if len(real) < len(branches) else schema
    for branch in branches:
        schema = schema.grown(branch, 4)
    return schema.with_fields({"anyOf": [branch.fields for branch in branches]})


def _nullable(schema: _Schema) -> _Schema:
    kind = schema.fields.get("type")
    return schema.with_fields({"type": [kind, "null"]}) if isinstance(kind, str) and kind != "null" else schema


def _too_deep() -> Unusable:
    return Unusable(
        f"A schema in it is nested more than {DEPTH_LIMIT} levels deep.", f"其中的数据结构嵌套超过 {DEPTH_LIMIT} 层。"
    )


def _circular(reference: str) -> Unusable:
    return Unusable(
        f"{reference[:120]!r} refers back to itself, or on and on.", f"{reference[:120]!r} 循环引用了自己，或引用层数太多。"
    )


def _too_large(size: int) -> Unusable:
    return Unusable(
        f"Its arguments take more than {SIZE_LIMIT:,} characters to describe, too many for a model.",
        f"它的参数说明超过 {SIZE_LIMIT:,} 个字符，模型读不下。",
    )
