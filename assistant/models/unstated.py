"""Optional arguments that nobody stated: what a small model puts into a call because the schema has a place for it.

Asked for a film, a small model also sends an author, a year, or amenities that nobody spoke of. Such an argument is left out
when nothing that was said bears it out. In doubt it stays: numbers and times beside any word about numbers or times, 0 and 1,
true and false, choices from a list, codes ("en-GB", "USD"), everything where people write in other than Latin letters. A call
is never emptied, never made invalid, and never made equal to the one beside it.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from assistant.messages import Message, ToolCall
from assistant.models.base import CallChunk, ModelChunk
from tools.base import ToolSpec
from tools.validation import problems

SMALL = 1_000_000_000
"""Weights under which a model is not trusted with what nobody said."""

_WORD = re.compile(r"[^\W\d_]+|(?<![\w.])\d[\d,]*(?:\.\d+)?(?![^\W\d_]*\d)")  # the digits within an id are no numbers
_OTHER_SCRIPTS = re.compile(r"[^\W\d_\u0000-\u024f]")
_REWRITTEN = re.compile(
    r"(?<![\w.])\d[\d,.]*\s?(?:%|(?:per ?cent|k|m|bn)\b)|[\u00bc-\u00be\u2150-\u215f]|\b(?:two|three|four|five|six|seven|eight|"
    r"nine|ten|eleven|twelve|\w+teen|twent\w+|thirt\w+|fort(?:y|ieth)|fift\w+|sixt\w+|sevent\w+|eight\w+|ninet\w+|third|fourth|"
    r"fifth|sixth|seventh|ninth|tenth|twice|thrice|double|triple|half|halves|couple|pair|both|"
    r"(?:dozen|hundred|thousand|lakh|crore|million|billion|per ?cent)s?)\b",
    re.IGNORECASE,
)
"""Numbers that stand in another form in a call."""

_TIMES = re.compile(  # "today" is not among them: the app itself says which day it is
    r"\d\s?(?:[ap]\.?m\b|o.?clock\b|:\d\d)|\b(?:tonight|tomorrow|yesterday|(?:day|week|weekend|fortnight|month|quarter|year|"
    r"decade|hour|minute|second|morning|noon|afternoon|evening|night|birthday)s?|midnight|ago|christmas|xmas|easter|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|"
    r"january|february|march|april|may|june|july|august|september|october|november|december|"
    r"jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b",
    re.IGNORECASE,
)
_DATE = re.compile(r"[\d\s:/.,TZ+-]*\d\s?(?:[AaPp]\.?[Mm]\.?|Z)?")
_CODE = re.compile(r"[A-Za-z]{2}(?:[-_][A-Za-z]{2,4})?|[A-Z]{3,5}")
_SIGNS = {
    "$": "dollars", "€": "euros", "£": "pounds", "¥": "yen yuan", "₹": "rupees", "°": "celsius fahrenheit degrees",
    "%": "percent", "#": "number hash",
}  # fmt: skip
_SHORT = re.compile(r"[^\Waeiouy\d_]{2,4}")  # "km", "kg", "mph": the letters of a longer word, in their order
_LITTLE = frozenset({"a", "an", "and", "at", "by", "for", "from", "in", "my", "of", "on", "or", "the", "to", "with"})
_STEM = 4  # letters that two forms of one word have in common


def leave_out_unstated(
    chunks: Iterator[ModelChunk], messages: Sequence[Message], tools: Sequence[ToolSpec]
) -> Iterator[ModelChunk]:
    """The chunks with those optional arguments left out of their calls that the messages do not state."""
    said: Said | None = None
    schemas = {tool.name: tool.parameters for tool in tools}
    made: list[ToolCall] = []
    for chunk in chunks:
        if isinstance(chunk, CallChunk) and chunk.call.name in schemas:
            said = said or Said(messages)
            call = _stated(chunk.call, schemas[chunk.call.name], said)
            alike = any(other.name == call.name and other.arguments == call.arguments for other in made)
            made.append(chunk.call if alike else call)
            yield CallChunk(made[-1])
        else:
            yield chunk


def _stated(call: ToolCall, schema: Mapping[str, Any], said: "Said") -> ToolCall:
    required, properties = schema.get("required", ()), schema.get("properties")
    if not isinstance(properties, Mapping) or not isinstance(required, Sequence):
        return call
    kept = {
        name: value
        for name, value in call.arguments.items()
        if name in required or _is_choice(properties.get(name)) or said.bears_out(value)
    }
    if not kept or len(kept) == len(call.arguments) or not _fits(schema, kept):
        return call
    return replace(call, arguments=kept)


def _fits(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> bool:
    try:
        return not problems(schema, arguments)
    except (TypeError, ValueError, AttributeError):  # what is no schema allows nothing that the model did not write
        return False


def _is_choice(schema: Any) -> bool:
    """Whether a value of the schema is picked from a list; what a reference or a combination says is not looked into."""
    if not isinstance(schema, Mapping) or not {"enum", "const", "$ref", "anyOf", "oneOf", "allOf"}.isdisjoint(schema):
        return True
    return "items" in schema and _is_choice(schema["items"])


class Said:
    """The words and numbers of a conversation: what the person, the tools, the persona and the model have said."""

    def __init__(self, messages: Sequence[Message]) -> None:
        texts = [(each.role, each.result.text if each.result else each.text) for each in messages]
        asked = next((each.text for each in reversed(messages) if each.role == "user"), "")
        self._foreign = bool(_OTHER_SCRIPTS.search(asked))
        text = "\n".join(text for _, text in texts)
        parts = _parts(text + " " + " ".join(words for sign, words in _SIGNS.items() if sign in text))
        self._words = {part for part in parts if not part[0].isdecimal()}
        self._numbers = {_number(part) for part in parts if part[0].isdecimal()}
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
        return not parts or _CODE.fullmatch(value) is not None or any(map(self._has, parts)) or self._has_initials(parts)

    def _has(self, part: str) -> bool:
        if part[0].isdecimal():
            return _number(part) in self._numbers
        if part in self._words:
            return True
        stem = part[: max(_STEM, len(part) - 3)]
        return len(part) >= _STEM and any(word.startswith(stem) or _shortens(word, part) for word in self._words)

    def _has_initials(self, parts: Sequence[str]) -> bool:
        initials = "".join(part[0] for part in parts)
        return len(initials) > 1 and any(word.startswith(initials) and len(word) < _STEM for word in self._words)


def _shortens(word: str, long: str) -> bool:
    letters = iter(long)
    return bool(_SHORT.fullmatch(word)) and word[0] == long[0] and all(letter in letters for letter in word)


def _parts(text: str) -> list[str]:
    """Lower-case words without accents, and numbers."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return _WORD.findall(plain.casefold())


def _number(digits: str) -> float:
    return float(digits.replace(",", ""))
