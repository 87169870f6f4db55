"""What two versions of a persona differ in, field by field, for people to read: pure.

A long text is compared line by line, a list by what came and what went, everything else by its value before and after. The page
words the names of fields; here they are paths ("instruction.zh").
"""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from personas.schema import Persona

Mark = Literal[" ", "-", "+"]

_CONTEXT = 1  # unchanged lines shown around a change


@dataclass(frozen=True, slots=True)
class Change:
    """One field: `lines` are (mark, text), "-" what was, "+" what is, " " what stayed beside it.

    `picture` has no lines: that it is another is all there is to say.
    """

    field: str
    lines: tuple[tuple[Mark, str], ...] = ()


def changes(before: Persona, after: Persona) -> list[Change]:
    """The fields that differ, in the order of the form; ids and the form's own version are left out."""
    return [*_texts(before, after), *_lists(before, after), *_values(before, after)]


def _texts(before: Persona, after: Persona) -> Iterator[Change]:
    for name in ("title", "description", "instruction", "greeting"):
        for language in ("en", "zh"):
            old, new = getattr(getattr(before, name), language), getattr(getattr(after, name), language)
            if old != new:
                yield Change(f"{name}.{language}", _compared(old.splitlines(), new.splitlines()))


def _lists(before: Persona, after: Persona) -> Iterator[Change]:
    for name in ("starters", "few_shot", "tools", "collections"):
        old, new = _entries(before, name), _entries(after, name)
        if old != new:
            # What only moved is shown as it moved: gone from one place, come to another.
            yield Change(name, tuple(line for line in _compared(old, new) if line[0] != " "))


def _entries(persona: Persona, name: str) -> list[str]:
    if name == "starters":
        return [" · ".join(filter(None, (starter.en, starter.zh))) for starter in persona.starters]
    if name == "few_shot":
        return [f"{example.user} → {example.assistant}" for example in persona.few_shot]
    return list(getattr(persona, name))


def _values(before: Persona, after: Persona) -> Iterator[Change]:
    if before.picture != after.picture:
        yield Change("picture")
    for name in ("avatar", "tint", "model", "all_tools", "answers_only_from_documents", "playful", "published"):
        yield from _value(name, getattr(before, name), getattr(after, name))
    for group in ("voice", "generation"):
        old, new = getattr(before, group), getattr(after, group)
        for name in type(old).model_fields:
            yield from _value(f"{group}.{name}", getattr(old, name), getattr(new, name))


def _value(name: str, old: object, new: object) -> Iterator[Change]:
    if old != new:
        yield Change(name, (("-", _shown(old)), ("+", _shown(new))))


def _shown(value: object) -> str:
    return "" if value is None else "✓" if value is True else "✗" if value is False else str(value)


def _compared(old: Sequence[str], new: Sequence[str]) -> tuple[tuple[Mark, str], ...]:
    """The lines of both, those far from any change left out."""
    found: list[tuple[Mark, str]] = []
    for group in difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_CONTEXT):
        for kind, old_from, old_to, new_from, new_to in group:
            if kind == "equal":
                found += [(" ", line) for line in old[old_from:old_to]]
            else:
                found += [("-", line) for line in old[old_from:old_to]]
                found += [("+", line) for line in new[new_from:new_to]]
    return tuple(found)
