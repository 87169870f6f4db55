"""Functions of our own with what plain schemas lack: enumerations, booleans, lists, objects, codes, and names in any style.

A `Function` has its parameters and the ways to ask for it; `ask_function` fills one with values. The functions themselves are
data in the `functions_*.py` files. An optional argument that is not stated is left out, whatever its default.
"""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tools.base import ToolSpec
from training.generate import values
from training.generate.ask import OPTIONAL, Ask, capital, framed, ordered
from training.generate.clauses import joined
from training.generate.values import Maker, Value
from training.generate.variants import NOTE


@dataclass(frozen=True, slots=True)
class Part:
    """A parameter: its JSON Schema, what makes its values, and the clauses that state it where it may be left out."""

    schema: Mapping[str, Any]
    make: Maker
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Function:
    """A tool of our own. `asks` are orders in small letters and questions that end in "?", with {name} where a value stands.

    `many` names the parameter that several calls differ in ("the weather in Oslo and Lima"), "" where none does. `origin` is the
    name that it was given first.
    """

    name: str
    about: str
    parts: Mapping[str, Part]
    asks: tuple[str, ...]
    many: str = ""
    origin: str = ""

    @property
    def spec(self) -> ToolSpec:
        required = [name for name, part in self.parts.items() if not part.clauses]
        properties = {name: dict(part.schema) for name, part in self.parts.items()}
        return ToolSpec(self.name, self.about, {"type": "object", "properties": properties, "required": required})


def function(name: str, about: str, parts: Mapping[str, Part], *asks: str, many: str = "") -> Function:
    return Function(name, about, parts, asks, many, origin=name)


def text(about: str, make: Maker, *clauses: str) -> Part:
    return Part({"type": "string", "description": about}, make, clauses)


def words(about: str, said: Sequence[str], *clauses: str) -> Part:
    """One of several words that the description may name, but that is no enumeration."""
    return text(about, lambda rng: (lambda word: Value(word, word, "thing"))(rng.choice(said)), *clauses)


def whole(about: str, low: int, high: int, *clauses: str) -> Part:
    return Part({"type": "integer", "description": about}, lambda rng: values.integer(rng, low, high), clauses)


def number(about: str, low: float, high: float, *clauses: str) -> Part:
    return Part({"type": "number", "description": about}, lambda rng: values.decimal(rng, low, high), clauses)


def choice(about: str, said: Mapping[str, Any] | Sequence[str], *clauses: str) -> Part:
    """An enumeration: how people say each, and the value that it is."""
    ways = dict(said) if isinstance(said, Mapping) else {word.replace("_", " "): word for word in said}
    allowed = list(dict.fromkeys(ways.values()))

    def make(rng: random.Random) -> Value:
        way = rng.choice(list(ways))
        return Value(way, ways[way], "choice")

    kind = "string" if isinstance(allowed[0], str) else "integer"
    return Part({"type": kind, "enum": allowed, "description": about}, make, clauses)


def flag(about: str, on: Sequence[str], off: Sequence[str]) -> Part:
    """A boolean that is stated by a phrase of its own; the phrases bring their space."""

    def make(rng: random.Random) -> Value:
        value = rng.random() < 0.5
        return Value(rng.choice(on if value else off), value, "flag")

    return Part({"type": "boolean", "description": about}, make, ("{v}",))


def several(about: str, make: Maker, low: int, high: int, *clauses: str) -> Part:
    """A list of `low` to `high` values of one kind."""

    def listed(rng: random.Random) -> Value:
        members = {member.value: member for member in (make(rng) for _ in range(rng.randint(low, high)))}
        numbers = all(isinstance(member.value, int | float) for member in members.values())
        said = [str(member.value) if numbers else member.said for member in members.values()]
        form = f"[{', '.join(said)}]" if numbers and rng.random() < 0.3 else joined(said)
        return Value(form, list(members), "list")

    kind = {str: "string", int: "integer", float: "number"}[type(make(random.Random(0)).value)]
    kind = "number" if kind == "integer" and any(isinstance(make(random.Random(i)).value, float) for i in range(20)) else kind
    return Part({"type": "array", "items": {"type": kind}, "description": about}, listed, clauses)


def made(schema: Mapping[str, Any], make: Maker, *clauses: str) -> Part:
    """A parameter of any schema, such as an object or a list of objects."""
    return Part(schema, make, clauses)


def ask_function(chosen: Function, rng: random.Random) -> Ask:
    """A request that wants the function called once."""
    return fill(chosen, _stated(chosen, rng), rng)


def fill(chosen: Function, stated: Mapping[str, Value], rng: random.Random) -> Ask:
    """A request that wants the function called with just these values."""
    ask = rng.choice(chosen.asks)
    sentence = _filled(ask, chosen, stated, rng)
    orders = [ask for ask in chosen.asks if not ask.endswith("?")]
    clause = _filled(rng.choice(orders), chosen, stated, rng) if orders else ""
    said = f"{capital(sentence)}?" if ask.endswith("?") else ordered(sentence, rng)
    return _asked(chosen, said, clause, stated, rng)


def ask_many(chosen: Function, rng: random.Random) -> tuple[str, list[Ask]] | None:
    """One request that wants the function called two to four times with different values; None where it is not made for that."""
    if not chosen.many:
        return None
    stated = _stated(chosen, rng)
    found = {value.value: value for value in (chosen.parts[chosen.many].make(rng) for _ in range(rng.randint(2, 4)))}
    if len(found) < 2:
        return None
    said = joined([value.said for value in found.values()])
    ask = rng.choice(chosen.asks)
    sentence = _filled(ask, chosen, stated | {chosen.many: Value(said, said, "list")}, rng)
    whole_text = f"{capital(sentence)}?" if ask.endswith("?") else ordered(sentence, rng)
    asks = [_asked(chosen, whole_text, "", stated | {chosen.many: value}, rng) for value in found.values()]
    return framed(whole_text, rng), asks


def _asked(chosen: Function, said: str, clause: str, stated: Mapping[str, Value], rng: random.Random) -> Ask:
    arguments = {name: stated[name].value for name in chosen.parts if name in stated}
    copied = tuple(value.value for value in stated.values() if value.copied and value.kind not in ("list", "choice"))
    return Ask(framed(said, rng), chosen.spec, arguments, clause, copied)


def _stated(chosen: Function, rng: random.Random) -> dict[str, Value]:
    likely = rng.choice(OPTIONAL)
    names = [name for name, part in chosen.parts.items() if not part.clauses or rng.random() < likely]
    for _ in range(5):
        found = {name: chosen.parts[name].make(rng) for name in names}
        texts = [value.value for value in found.values() if isinstance(value.value, str)]
        if len(set(texts)) == len(texts):  # nobody flies from Oslo to Oslo
            break
    return found


def _filled(ask: str, chosen: Function, stated: Mapping[str, Value], rng: random.Random) -> str:
    """The ask with the values in it; clauses of stated arguments that it does not place are hung on at its end."""
    placed = set(re.findall(r"{(\w+)}", ask))
    fields: dict[str, str] = {}
    rest = ""
    for name, part in chosen.parts.items():
        said = ""
        if name in stated:
            value = stated[name]
            quoted = (
                f'"{value.said}"'
                if value.kind == "text" or (value.kind in ("title", "name") and rng.random() < 0.7)
                else value.said
            )
            said = rng.choice(part.clauses).format(v=quoted) if part.clauses else quoted
        if name in placed:
            fields[name] = said
        else:
            rest += said
    return _mended(ask.removesuffix("?").format(**fields) + rest)


_SPELT = {word: str(number) for number, word in enumerate(values.SMALL)} | {"a dozen": "12", "two dozen": "24"}
_UNSUITED = re.compile(rf"(?<== )(?:{'|'.join(_SPELT)})\b|\b(?:{'|'.join(_SPELT)})(?=%| percent)")


def _mended(text: str) -> str:
    """Digits where nobody spells a number, and the article that the next word asks for; what is quoted stays as it is."""
    parts = text.split('"')
    for place in range(0, len(parts), 2):
        spelt = _UNSUITED.sub(lambda found: _SPELT[found[0]], parts[place])
        parts[place] = re.sub(r"\ba (?!is |eu)(?=[aei]\w|o[^n]|8|11\b|18\b)", "an ", spelt)
    return '"'.join(parts)


_STYLES = ("snake", "snake", "camel", "dotted", "pascal")


def restyled(chosen: Function, rng: random.Random) -> Function:
    """The same function as another author would have named it: camelCase, dotted, snake_case; now and then with a note."""
    style = rng.choice(_STYLES)
    about = chosen.about
    if rng.random() < 0.15:
        about += NOTE
    renamed = {name: _styled(name, "camel" if style in ("camel", "pascal") else "snake") for name in chosen.parts}
    asks = tuple(re.sub(r"{(\w+)}", lambda found: "{" + renamed[found[1]] + "}", ask) for ask in chosen.asks)
    parts = {renamed[name]: part for name, part in chosen.parts.items()}
    return replace(
        chosen, name=_styled(chosen.name, style), about=about, parts=parts, asks=asks, many=renamed.get(chosen.many, "")
    )


def _styled(name: str, style: str) -> str:
    room, _, own = name.rpartition(".")
    parts = own.split("_")
    if style == "dotted" and room:
        return f"{room}.{own}"
    if room and len(parts) == 1:  # what is only "find" within its room says too little outside of it
        parts = [*parts, *room.split("_")]
    if style in ("camel", "pascal"):
        joined_up = parts[0] + "".join(part.capitalize() for part in parts[1:])
        return capital(joined_up) if style == "pascal" else joined_up
    return "_".join(parts)
