"""A persona as the fields of its form, and back: pure.

What stands in the fields is kept apart from what is saved: a row that is only half written, or a name that was just emptied, is
still shown as it was typed. Rows (starters, examples) have keys of their own, which stay while others come and go.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from common.problems import Sentences
from personas.schema import Persona

Fields = Mapping[str, Sequence[str]]
"""What a page reported: the values of each field."""

Kind = Literal["starters", "few_shot"]
KINDS: tuple[Kind, ...] = ("starters", "few_shot")

TEXTS = tuple(f"{name}.{language}" for name in ("title", "description", "greeting", "instruction") for language in ("en", "zh"))
LINES = ("avatar", "tint", "model", "voice.en", "voice.zh", "generation.max_tokens", "generation.temperature", "generation.top_p")
SWITCHES = ("published", "playful", "answers_only_from_documents", "all_tools")
PICKS = ("tools", "collections")
PARTS: Mapping[Kind, tuple[str, ...]] = {"starters": ("en", "zh"), "few_shot": ("language", "user", "assistant")}
MOST: Mapping[Kind, int] = {"starters": 12, "few_shot": 20}
"""Rows of each kind."""


@dataclass(frozen=True, slots=True)
class Row:
    """One starter or example; `key` names it in the form."""

    key: str
    values: Mapping[str, str]

    @property
    def blank(self) -> bool:
        return not any(value.strip() for name, value in self.values.items() if name != "language")


@dataclass(frozen=True, slots=True)
class Form:
    """What stands in the fields."""

    values: Mapping[str, str]
    on: frozenset[str]
    picked: Mapping[str, tuple[str, ...]]
    rows: Mapping[Kind, tuple[Row, ...]]

    def with_row(self, kind: Kind, language: str) -> "Form":
        """With one more empty row, unless there are as many as there may be."""
        rows = self.rows[kind]
        if len(rows) >= MOST[kind]:
            return self
        key = str(max((int(row.key) for row in rows), default=-1) + 1)
        new = Row(key, {name: language if name == "language" else "" for name in PARTS[kind]})
        return replace(self, rows={**self.rows, kind: (*rows, new)})

    def without_row(self, kind: Kind, key: str) -> "Form":
        return replace(self, rows={**self.rows, kind: tuple(row for row in self.rows[kind] if row.key != key)})


def form_of(persona: Persona) -> Form:
    """The fields of a persona."""
    body = persona.model_dump(mode="json")
    starters = [Row(str(index), dict(starter)) for index, starter in enumerate(body["starters"])]
    examples = [Row(str(index), dict(example)) for index, example in enumerate(body["few_shot"])]
    return Form(
        values={name: _plain(_at(body, name)) for name in (*TEXTS, *LINES)},
        on=frozenset(name for name in SWITCHES if body[name]),
        picked={name: tuple(body[name]) for name in PICKS},
        rows={"starters": tuple(starters), "few_shot": tuple(examples)},
    )


def read_form(fields: Fields, before: Persona) -> Form:
    """The form that a page reported; what it did not report is as in `before`."""
    known = form_of(before)
    return Form(
        values={name: _typed(name, fields[name][-1]) if fields.get(name) else value for name, value in known.values.items()},
        on=frozenset(name for name in SWITCHES if (bool(fields[name]) if name in fields else name in known.on)),
        picked={name: _in_order(fields[name], known.picked[name]) if name in fields else known.picked[name] for name in PICKS},
        rows={kind: _rows(kind, fields) if kind in fields else known.rows[kind] for kind in KINDS},
    )


def document_of(form: Form, before: Persona) -> dict[str, Any]:
    """The document that the form describes, to be parsed; what has no field is as in `before`, rows not whole are left out."""
    body = before.model_dump(mode="json")
    for name in (*TEXTS, *LINES):
        group, _, part = name.rpartition(".")
        (body[group] if group else body)[part] = form.values[name]
    body["model"] = form.values["model"] or None
    if form.values["tint"].lower() == before.tint.lower():  # a browser gives colours in small letters
        body["tint"] = before.tint
    body |= {name: name in form.on for name in SWITCHES} | {name: list(form.picked[name]) for name in PICKS}
    return body | {kind: [dict(row.values) for row in rows_kept(kind, form)] for kind in KINDS}


def rows_kept(kind: Kind, form: Form) -> list[Row]:
    """The rows that are saved: starters that say something, examples of which both halves are written."""
    if kind == "starters":
        return [row for row in form.rows[kind] if not row.blank]
    return [row for row in form.rows[kind] if row.values["user"].strip() and row.values["assistant"].strip()]


def problems_of(problems: Mapping[str, Sentences], form: Form) -> dict[str, Sentences]:
    """The problems of a document by the names of the form's fields: rows by their keys instead of their places."""
    found: dict[str, Sentences] = {}
    for name, told in problems.items():
        kind, _, rest = name.partition(".")
        place, _, part = rest.partition(".")
        if kind in KINDS and place.isdecimal():
            name = ".".join(filter(None, (kind, rows_kept(kind, form)[int(place)].key, part)))
        elif kind in PICKS:
            name = kind
        found.setdefault(name, told)
    return found


def _rows(kind: Kind, fields: Fields) -> tuple[Row, ...]:
    """The rows that the field of this name lists by their keys."""
    keys = list(dict.fromkeys(key for key in fields[kind] if key.isdecimal() and len(key) < 5))[: MOST[kind]]
    return tuple(Row(key, {part: _typed(kind, _first(fields, f"{kind}.{key}.{part}")) for part in PARTS[kind]}) for key in keys)


def _typed(name: str, value: str) -> str:
    """What was typed; texts of one line stand in boxes that wrap, where a line break is an accident."""
    return " ".join(value.split("\n")) if name.startswith(("description", "starters")) else value


def _first(fields: Fields, name: str) -> str:
    return fields[name][0] if fields.get(name) else ""


def _in_order(chosen: Sequence[str], before: Sequence[str]) -> tuple[str, ...]:
    """What was chosen before keeps its place, since the order means something; what is new follows."""
    there = [name for name in before if name in chosen]
    return tuple(dict.fromkeys([*there, *chosen]))


def _at(body: Mapping[str, Any], name: str) -> Any:
    group, _, part = name.rpartition(".")
    return (body[group] if group else body)[part]


def _plain(value: Any) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
