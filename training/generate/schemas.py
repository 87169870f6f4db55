"""A request for any tool, made of its schema alone: the description's verb phrase with the arguments said in it.

Required arguments are always stated, optional ones less often than not, and the call holds exactly what is stated. Where the
description names what an argument is ("for a bird"), the value takes its place; the others follow as clauses or sentences.
"""

import random
import re
from collections.abc import Sequence

from tools.base import ToolSpec
from training.generate import pools
from training.generate.ask import OPTIONAL, Ask, capital, framed, ordered
from training.generate.clauses import Stated, article, joined, label_of, sentence, shown, standing, verb_of
from training.generate.kinds import maker_for, words_of

PLAIN_TYPES = ("string", "integer", "number", "boolean")

_FETCH = {"retrieve", "get", "fetch", "obtain", "show", "find", "provide", "return", "access", "list", "view", "lookup", "gather"}
_GIVEN = r"(?:(?:specific|given|particular|certain|specified|existing|desired|provided|chosen|user-specified) )"
_ASKED_FOR = pools.words(
    "status level rate value result results data information details score type category index report amount list count"
)
_WHERE = pools.words(
    "location country city region area place state destination town address venue continent county district field"
)
_VAGUE_BASIS = re.compile(
    r",? (?:based on|according to|using) (?:the |a |some |various |certain |specified |given |provided |specific )*"
    r"(?:criteria|inputs?|parameters|conditions|settings|information|preferences|details|filters)$"
)
_PROPERTY = r"(?:ID|name|title|identifier|species|type|URL|text|content|number)"
_BEFORE_NOUN = (
    r"(?:^|(?<=\bof )|(?<=\bfor )|(?<=\bin )|(?<=\bon )|(?<=\bfrom )|(?<=\bto )|(?<=\bat )|\b(?=(?:an?|the|any|each) ))"
    r"((?:an? |the |any |each )?)"
)
_AFTER = (
    r"(?=$|[.,)]| (?:in|for|of|on|at|from|to|with|based|by|using|near|within|between|during|into|over|as|through|that|who)\b|'s)"
)


def can_ask(tool: ToolSpec) -> bool:
    """Whether every parameter of the tool has a plain type, or is a list of one, so that `ask_of` can say it."""
    kinds = [part["items"] if part.get("type") == "array" else part for part in tool.parameters.get("properties", {}).values()]
    return all(kind.get("type") in PLAIN_TYPES for kind in kinds)


def ask_of(tool: ToolSpec, rng: random.Random) -> Ask:
    """A request that wants `tool` called once."""
    stated = choose(tool, rng)
    verb, thing = verb_phrase(tool)
    thing, rest = _with_substitutes(thing, stated, rng)
    thing = _plain_thing(thing, tool)
    short, long = _divided(rest, rng)
    ending = _ending(short, rng)
    text = _worded(verb, thing, ending, rng)
    clause = f"{_order(verb, thing, rng)}{_ending(rest, rng)}"
    if long:
        text = f"{text if text[-1] in '.?' else f'{text}.'} {_sentences(long, rng)}"
    copied = tuple(part.value.value for part in stated if part.value.copied)
    arguments = {part.name: part.value.value for part in stated}
    return Ask(framed(text, rng), tool, arguments, clause, copied)


def choose(tool: ToolSpec, rng: random.Random) -> list[Stated]:
    """The arguments to state, in the order of the schema."""
    properties = tool.parameters.get("properties", {})
    required = tool.parameters.get("required", ())
    likely = rng.choice(OPTIONAL)
    names = [name for name in properties if name in required or rng.random() < likely]
    stated = [Stated(name, properties[name], maker_for(name, properties[name])(rng)) for name in names]
    return _in_order(stated)


def _in_order(stated: list[Stated]) -> list[Stated]:
    """Starts before ends, and no range that ends before it begins."""
    dates = [part for part in stated if part.value.kind == "date" and isinstance(part.value.value, str)]
    if len(dates) == 2 and re.match(r"\d{4}-", dates[0].value.value) and dates[0].value.value > dates[1].value.value:
        first, last = dates
        turned = {first.name: last.value, last.name: first.value}
        return [Stated(part.name, part.schema, turned.get(part.name, part.value)) for part in stated]
    return stated


def verb_phrase(tool: ToolSpec) -> tuple[str, str]:
    """The verb of the description in small letters, and what follows it: ("retrieve", "the diet of a bird")."""
    text = re.sub(r"\s*\([^)]*\)", "", tool.description.split(". ")[0]).strip().rstrip(".")
    text = re.sub(r"^(?:This (?:function|tool|API) )?(?:Allows?|Enables?|Lets?) (?:the |a )?(?:\w+ )?to ", "", text)
    text = re.sub(r"^(?:A |The )?(?:function|tool|API) (?:that|to|which) ", "", text)
    text = _VAGUE_BASIS.sub("", text)
    text = re.sub(r" (?:given|based on|using|from) (?:the |its |their |a )?[\w ]+, .*$", "", text)
    text = re.sub(rf" (?:for|in|of|at|on) (?:an? |the )?{_GIVEN}+[\w ]+ (?:and|or) [\w ]+$", "", text)
    verb, _, thing = text.partition(" ")
    return _base_form(verb.lower()), thing


def _base_form(verb: str) -> str:
    if verb.endswith(("ches", "shes", "sses", "xes")):
        return verb[:-2]
    if verb.endswith("ies"):
        return verb[:-3] + "y"
    return (
        verb[:-1]
        if verb.endswith("s") and not verb.endswith("ss") and verb not in ("focus", "process", "access", "bias")
        else verb
    )


def _entities(stated: Stated) -> list[str]:
    """What the parameter is, or is a property of, as the tool's description may call it."""
    words = [word for word in words_of(stated.name) if not word.isdigit()]
    if not words:
        return []
    found = [" ".join(words)]
    if len(words) > 1 and words[-1] in ("id", "name", "title", "code", "number", "type", "location", "url", "species", "symbol"):
        found = [" ".join(words[:-1]), *found]
        if len(words) > 2:
            found.append(words[-2])
    if of := re.match(
        rf"(?:The |Specify the )?(?:unique )?(?:[\w/]+ )?{_PROPERTY}(?: or \w+)? of "
        rf"(?:the |a |an )?{_GIVEN}*([a-z-]+(?: [a-z-]+)?)",
        stated.about,
    ):
        phrase = re.split(r" (?:for|to|you|that|in|whose|which|being|of|on|is|where)\b", of[1])[0]
        found += [phrase, phrase.split()[-1]]
    elif name := re.match(rf"The {_GIVEN}?([a-z-]+(?: [a-z-]+)?) (?:for|in|where|to|from|of) ", stated.about):
        found += [name[1].split(" to")[0]]
    return [entity for entity in dict.fromkeys(found) if len(entity) > 2]


def _with_substitutes(thing: str, stated: Sequence[Stated], rng: random.Random) -> tuple[str, list[Stated]]:
    """The verb's object with values in the place of what they are; the arguments that are still to be said."""
    rest: list[Stated] = []
    for part in stated:
        replaced = None if part.value.kind == "flag" or rng.random() < 0.06 else _substituted(thing, part, rng)
        if replaced is None:
            rest.append(part)
        else:
            thing = replaced
    return thing, rest


def _substituted(thing: str, part: Stated, rng: random.Random) -> str | None:
    for entity in _entities(part):
        if entity not in thing:  # most are not, and a pattern of its own for each costs time
            continue
        found = re.search(
            rf"{_BEFORE_NOUN}{_GIVEN}*((?:(?!of |for |in |on |to |from |with |and )[\w-]+ ){{0,2}}?{re.escape(entity)}){_AFTER}",
            thing,
        )
        if found is None or part.value.kind in ("number", "amount", "year"):
            continue
        loose = found[1].strip() in ("the", "") or len(words_of(entity)) < len(words_of(found[2]))
        if loose and part.name.endswith(("type", "category")):
            continue
        start = found.start()
        if start == 0 and (entity.split()[-1] in _ASKED_FOR or thing[found.end() :].startswith(" of ")):
            continue
        named = _named(found[2], part, rng)
        if re.match(r"(?:an? )?new ", found[0]) and part.value.kind in ("name", "company", "person", "title"):
            named = f"{found[0]} {rng.choice(('called', 'named'))} {shown(part.value, rng)}"
        return thing[:start] + named + thing[found.end() :]
    return None


def _named(noun: str, part: Stated, rng: random.Random) -> str:
    """The value in the place of its noun: the film "Alien", the patient with ID 12, Oslo."""
    value, said = part.value, shown(part.value, rng)
    if value.kind == "id" and words_of(part.name)[-1] in ("name", "title"):
        return rng.choice((f"the {noun} named {said}", f"the {noun} {said}", f"the {noun} called {said}"))
    if value.kind == "id":
        tail = label_of(part.name).split()[-1]
        tail = tail if tail in ("ID", "code", "number") else "ID"
        return rng.choice(
            (f"the {noun} with {tail} {said}", f"the {noun} with the {tail} {said}", f"the {noun} {said}", f"{noun} {said}")
        )
    if value.kind in ("title", "text", "path", "username", "url"):
        return rng.choice((f"the {noun} {said}", f"the {noun} {said}", said))
    if value.kind == "name":
        return rng.choice((f"the {noun} {said}", f"the {noun} called {said}", f"the {noun} named {said}", said))
    if value.kind == "person":
        return rng.choice((said, said, said, f"{noun} {said}", f"the {noun} {said}"))
    if value.kind == "date" or (value.kind == "place" and noun.split()[-1] in _WHERE):
        return said
    if value.kind == "place":
        return rng.choice((f"the {noun} in {said}", f"the {said} {noun}", f"the {noun} in {said}"))
    if (
        noun.split()[-1] in ("animal", "pet", "species", "bird", "dog", "cat", "insect")
        and " " not in said
        and rng.random() < 0.6
    ):
        return article(said)
    return rng.choice((said, said, said, f"the {noun} {said}"))


def _plain_thing(thing: str, tool: ToolSpec) -> str:
    """What is left of the description, without "a specific", with articles that fit."""
    thing = re.sub(rf"\ban? {_GIVEN}+(\w)", lambda found: article(found[1])[: -len(found[1])] + found[1], thing)
    thing = re.sub(rf"\b{_GIVEN}+", "", thing)
    return (
        re.sub(r"\b[Aa] (?=[aeio]\w)", "an ", re.sub(r"\ban (?=[bcdfgjklmnpqrstvwxyz]\w)", "a ", thing))
        if thing
        else _from_name(tool)
    )


def _from_name(tool: ToolSpec) -> str:
    return " ".join(words_of(tool.name)[1:]) or "it"


def _divided(rest: Sequence[Stated], rng: random.Random) -> tuple[list[Stated], list[Stated]]:
    """What is said within the first sentence, and what in sentences of its own."""
    if rng.random() < (0.75 if len(rest) <= 2 else 0.45):
        return list(rest), []
    cut = rng.randint(0, max(0, len(rest) - 1))
    return list(rest[:cut]), list(rest[cut:])


def _ending(rest: Sequence[Stated], rng: random.Random) -> str:
    """The clauses behind the verb phrase, with a space before them; "" for none."""
    if not rest:
        return ""
    rest, between = _span_of_dates(rest, rng)
    said = [(between, False)] * bool(between) + [standing(part, rng) for part in rest]
    alone = [text for text, noun in said if not noun]
    nouns = [text for text, noun in said if noun]
    nouns += [text[5:] for text in alone if text.startswith("with ") and " as the " not in text]
    alone = [text for text in alone if not text.startswith("with ") or " as the " in text]
    if nouns:
        alone.append(f"with {joined(nouns)}")
    # What begins a clause of its own comes last, and so does what hangs on by "and".
    alone.sort(key=lambda text: text.startswith(("where", "using")) + 2 * text.startswith("and"))
    wheres = [text for text in alone if text.startswith("where ")]
    alone = [f"and {text[6:]}" if text in wheres[1:] else text for text in alone]
    return "".join(f" {clause}" for clause in alone)


def _span_of_dates(rest: Sequence[Stated], rng: random.Random) -> tuple[list[Stated], str]:
    """A start and an end as one clause, where both are there; the others stay."""
    ends = {part.name: part for part in rest if re.match(r"(start|end|from|to)_?(date|time|year)?$", part.name)}
    for start, end in (
        ("start_date", "end_date"),
        ("start_time", "end_time"),
        ("start_year", "end_year"),
        ("from_date", "to_date"),
    ):
        if start in ends and end in ends and rng.random() < 0.8:
            form = rng.choice(("from {} to {}", "from {} to {}", "between {} and {}", "from {} until {}"))
            kept = [part for part in rest if part.name not in (start, end)]
            return kept, form.format(shown(ends[start].value, rng), shown(ends[end].value, rng))
    return list(rest), ""


def _sentences(long: Sequence[Stated], rng: random.Random) -> str:
    if len(long) > 1 and rng.random() < 0.35 and all(part.value.kind not in ("flag", "text") for part in long):
        said = [f"the {label_of(part.name)} {verb_of(label_of(part.name))} {shown(part.value, rng)}" for part in long]
        return f"{capital(joined(said))}."
    if rng.random() < 0.15 and all(part.value.kind != "flag" for part in long):
        return f"{', '.join(f'{label_of(part.name)}: {shown(part.value, rng)}' for part in long)}."
    return " ".join(sentence(part, rng) for part in long)


def _order(verb: str, thing: str, rng: random.Random) -> str:
    """The verb phrase as an order in small letters."""
    if verb in _FETCH and not thing.startswith(("a list", "if ", "whether ")):
        start = rng.choice(
            ("retrieve", "get", "find", "look up", "show me", "tell me", "give me", "provide me with", "get me", verb)
        )
        wanted = _definite(thing)
        if start == "tell me" and wanted.startswith("information"):
            return (
                f"{start} {wanted.removeprefix('information ')}"
                if wanted.startswith("information about")
                else f"give me {wanted}"
            )
        return f"{start if start != 'tell me' or wanted.startswith('the') else 'show me'} {wanted}"
    return f"{verb} {thing}"


def _definite(thing: str) -> str:
    """The object of fetching with the article it needs: "status of order 7" is "the status of order 7"."""
    if re.match(
        r"(?:an?|the|all|any|some|my|your|this|recommended|available|details|information|data|statistics|\"|\d|[A-Z])\b", thing
    ):
        if re.match(r"(?:details|information|data|statistics|recommended|available)\b", thing) and " of " in thing:
            return f"the {thing}"
        return thing
    return (
        f"the {thing}"
        if re.search(r"\b(?:of|for|in|on|between|from)\b", thing) and not thing.startswith(("information", "data"))
        else thing
    )


def _worded(verb: str, thing: str, ending: str, rng: random.Random) -> str:
    """The request's first sentence."""
    order = f"{_order(verb, thing, rng)}{ending}"
    fetched = verb in _FETCH
    wanted = f"{_definite(thing)}{ending}"
    chance = rng.random()
    if fetched and chance < 0.3:
        forms = [
            f"I need {wanted}.",
            f"I'd like {wanted}.",
            f"I'm looking for {wanted}.",
            f"I would like to see {wanted}.",
            f"{capital(wanted)}, please.",
        ]
        if not wanted.startswith(("a ", "an ", "any ")):
            head = re.split(r" (?:of|for|in|on|about|between|from|to|with|at|related|by|during|based|using)\b", wanted)[
                0
            ].split()[-1]
            be = "are" if (re.search(r"[^siu']s$", head) and head not in ("news", "series")) or head == "criteria" else "is"
            forms += [f"What {be} {wanted}?"] * (3 if not wanted.startswith(("information", "data")) else 0)
            forms += [f"Do you have {wanted}?", f"Could I have {wanted}?"]
        return rng.choice(forms)
    return ordered(order, rng)
