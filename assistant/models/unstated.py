"""Optional arguments that nobody stated: what a small model puts into a call because the schema has a place for it.

Asked for a film, a small model also sends an author, a year, or amenities that nobody spoke of. Such an argument is left out
when not one word or number of it was said. Kept are required arguments, true and false, values from a list of choices, 0 and 1,
codes ("en", "USD"), everything where what was said is not in Latin letters, and the only argument of a call.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from assistant.messages import Message, ToolCall
from assistant.models.base import CallChunk, ModelChunk
from tools.base import ToolSpec

SMALL = 1_000_000_000
"""Weights under which a model is not trusted with what nobody said."""

_WORD = re.compile(r"[^\W\d_]+|(?<![\w.])\d[\d,]*(?:\.\d+)?(?![^\W\d_]*\d)")  # the digits within an id are no numbers
_OTHER_SCRIPTS = re.compile(r"[^\W\d_\u0000-\u024f]")
_NUMBERS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
    "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
    "dozen": 12, "half": 0.5, "couple": 2, "twice": 2, "double": 2,
}  # fmt: skip
_REWRITTEN = re.compile(
    r"(?<![\w.])\d[\d,.]*\s?(?:%|(?:per ?cent|k|m|bn)\b)|\b(?:hundred|thousand|million|billion)s?\b", re.IGNORECASE
)
"""Numbers that are written in another way in a call."""

_TIMES = re.compile(  # "today" is not among them: the app itself says which day it is
    r"\b(?:tonight|tomorrow|yesterday|(?:day|week|weekend|fortnight|month|quarter|year|decade|hour|minute|second|morning|noon|"
    r"afternoon|evening|night|birthday)s?|midnight|am|pm|ago|christmas|xmas|easter|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|"
    r"january|february|march|april|may|june|july|august|september|october|november|december|"
    r"jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b",
    re.IGNORECASE,
)
_DATE = re.compile(r"[\d\s:/.TZ+-]*\d")
_LITTLE = frozenset({"a", "an", "and", "at", "by", "for", "from", "in", "my", "of", "on", "or", "the", "to", "with"})
_STEM = 4  # letters that two forms of one word have in common


def leave_out_unstated(
    chunks: Iterator[ModelChunk], messages: Sequence[Message], tools: Sequence[ToolSpec]
) -> Iterator[ModelChunk]:
    """The chunks with those optional arguments left out of their calls that the messages do not state."""
    said: _Said | None = None
    schemas = {tool.name: tool.parameters for tool in tools}
    for chunk in chunks:
        if isinstance(chunk, CallChunk) and chunk.call.name in schemas:
            said = said or _Said(messages)
            yield CallChunk(_stated(chunk.call, schemas[chunk.call.name], said))
        else:
            yield chunk


def _stated(call: ToolCall, schema: Mapping[str, Any], said: "_Said") -> ToolCall:
    properties, required = schema.get("properties", {}), schema.get("required", ())
    kept = {
        name: value
        for name, value in call.arguments.items()
        if name in required or _is_choice(properties.get(name)) or said.bears_out(value)
    }
    return replace(call, arguments=kept) if kept and len(kept) < len(call.arguments) else call


def _is_choice(schema: Any) -> bool:
    """Whether a value of the schema is picked from a list; what a reference or a combination says is not looked into."""
    return not isinstance(schema, Mapping) or not {"enum", "const", "$ref", "anyOf", "oneOf", "allOf"}.isdisjoint(schema)


class _Said:
    """The words and numbers of a conversation: what the person, the tools, the persona and the model have said."""

    def __init__(self, messages: Sequence[Message]) -> None:
        texts = [(each.role, each.result.text if each.result else each.text) for each in messages]
        asked = next((each.text for each in reversed(messages) if each.role == "user"), "")
        self._foreign = bool(_OTHER_SCRIPTS.search(asked))
        parts = _parts("\n".join(text for _, text in texts))
        self._words = {part for part in parts if not part[0].isdigit()}
        self._numbers = {_number(part) for part in parts if part[0].isdigit()}
        self._numbers |= {_NUMBERS[word] for word in self._words if word in _NUMBERS}
        told = "\n".join(text for role, text in texts if role != "system")
        self._times = bool(_TIMES.search(told))
        self._rewritten = self._times or bool(_REWRITTEN.search(told))

    def bears_out(self, value: Any) -> bool:
        """Whether any word or number of the value was said, in a like form."""
        if self._foreign or isinstance(value, bool | None | Mapping):
            return True
        if isinstance(value, int | float):
            return value in (0, 1) or self._rewritten or abs(value) in self._numbers
        if isinstance(value, Sequence) and not isinstance(value, str):
            return not value or any(self.bears_out(part) for part in value)
        if self._times and _DATE.fullmatch(value.strip()):
            return True
        parts = [part for part in _parts(value) if part not in _LITTLE]
        initials = "".join(part[0] for part in parts)
        return (
            not parts
            or len(value) <= 2
            or (len(value) == 3 and value.isupper())
            or any(self._has(part) for part in parts)
            or (len(initials) > 1 and any(word.startswith(initials) and len(word) < _STEM for word in self._words))
        )

    def _has(self, part: str) -> bool:
        if part[0].isdigit():
            return _number(part) in self._numbers
        stem = part[: max(_STEM, len(part) - 3)]
        return part in self._words or (len(part) >= _STEM and any(word.startswith(stem) for word in self._words))


def _parts(text: str) -> list[str]:
    """Lower-case words without accents, and numbers."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return _WORD.findall(plain.casefold())


def _number(digits: str) -> float:
    return float(digits.replace(",", "")) if len(digits) < 30 else -1.0
