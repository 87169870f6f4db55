"""The mixture of all made-up conversations: how many of each kind, and which tools are in view.

`generate` is what the training command calls. Half of the conversations hold one request; the others hold two to four over the
same tools, so that a long list of tools is read once for all of them.
"""

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import replace

from assistant.messages import Message, ToolCall, ToolResult
from tools.base import ToolSpec
from training.conversation import Conversation
from training.generate import refusals, several, values
from training.generate.ask import Ask
from training.generate.builtin import Answered, Questions, moment
from training.generate.families import FUNCTIONS, relatives
from training.generate.functions import ask_function, ask_many, restyled
from training.generate.kinds import words_of
from training.generate.pools import words
from training.generate.results import outcome_of
from training.generate.schemas import ask_of, can_ask
from training.generate.variants import NOTE, varied

SHARES: Mapping[str, float] = {"schemas": 0.35, "functions": 0.22, "several": 0.21, "builtin": 0.14, "refusals": 0.08}
"""Which part of the conversations is of which kind; "functions" takes the share of "schemas" where no tools are given."""

_SYSTEMS = (
    "You are a helpful assistant.", "You are a helpful assistant. Answer in English.",
    "You are a friendly assistant. Call a tool when one fits, and never make up its result. "
    "What no tool of yours can do, you say you cannot do.",
    "You help people with their questions. Use two or three short sentences.",
    "Answer briefly and honestly. Use the tools where they help.",
    "You are the assistant of a small office. Use two or three short sentences.",
    "Call a tool when one fits, and never make up its result. What no tool of yours can do, you say you cannot do.\n\n"
    "Answer in English.",
    "You are a careful helper who answers in plain words.", "You are a calm and precise assistant who likes short answers.",
)  # fmt: skip


def generate(count: int, seed: int, tools: Sequence[ToolSpec] = (), *, negatives: bool = True) -> list[Conversation]:
    """`count` conversations in a random order, the same for the same arguments.

    `tools` are tools whose schemas requests are made of, beside our own functions; those with other than plain parameters are
    left out. Without `negatives` every request is one that a tool in view can do: nothing is refused, and nobody merely talks.
    """
    rng = random.Random(seed)
    maker = _Maker([tool for tool in tools if can_ask(tool)], negatives=negatives)
    shares = {kind: share for kind, share in SHARES.items() if negatives or kind != "refusals"}
    kinds = rng.choices(list(shares), list(shares.values()), k=count)
    return [_with_system(maker.make(kind, rng), rng) for kind in kinds]


class _Shelf:
    """The given tools, with those that are alike found by the words of their names."""

    def __init__(self, tools: Sequence[ToolSpec]) -> None:
        self.tools = tools
        self._by_word: dict[str, list[ToolSpec]] = {}
        for tool in tools:
            for word in set(words_of(tool.name)[1:]):
                self._by_word.setdefault(word, []).append(tool)

    def alike(self, tool: ToolSpec) -> list[ToolSpec]:
        found = [other for word in sorted(set(words_of(tool.name)[1:])) for other in self._by_word.get(word, ())]
        return [other for other in found if other.name != tool.name]


class _Maker:
    """Makes conversations of every kind; holds the tools that they are about."""

    def __init__(self, tools: Sequence[ToolSpec], *, negatives: bool) -> None:
        self._shelf = _Shelf(tools)
        self._questions = Questions()
        self._own = frozenset(tool.name for tool in self._questions.specs)
        self._negatives = negatives

    def make(self, kind: str, rng: random.Random) -> Conversation:
        makers: Mapping[str, Callable[[random.Random], Conversation]] = {
            "schemas": self._of_schemas, "functions": self._of_functions, "several": self._of_several,
            "builtin": self._of_builtin, "refusals": self._of_refusals,
        }  # fmt: skip
        return makers[kind](rng)

    def _pick(self, rng: random.Random) -> ToolSpec:
        """One of the given tools, as it is or in another style."""
        tool = rng.choice(self._shelf.tools)
        return varied(tool, rng) if rng.random() < 0.35 else tool

    def _others(self, tool: ToolSpec, count: int, rng: random.Random) -> list[ToolSpec]:
        """`count` other tools: some alike, most of the same making, some of another."""
        alike = self._shelf.alike(tool)
        found = {tool.name: tool}
        for _ in range(count * 4):
            if len(found) > count:
                break
            chance = rng.random()
            if alike and chance < 0.4:
                other = rng.choice(alike)
            elif self._shelf.tools and chance < 0.75:
                other = self._pick(rng)
            else:
                other = restyled(rng.choice(FUNCTIONS), rng).spec
            if not any(much_alike(other, known) for known in found.values()):
                found[other.name] = other
        return list(found.values())[1:]

    def _any_ask(self, rng: random.Random) -> Ask:
        """A request to a given tool, or to a function of our own."""
        if self._shelf.tools and rng.random() < 0.6:
            return ask_of(self._pick(rng), rng)
        return ask_function(restyled(rng.choice(FUNCTIONS), rng), rng)

    def _of_schemas(self, rng: random.Random) -> Conversation:
        if not self._shelf.tools:
            return replace(self._of_functions(rng), source="generated/schemas")
        first = self._pick(rng)
        count = rng.choice((0, 1, 2, 2, 3, 4))
        offered = [first, *self._others(first, count, rng)]
        asked = [ask_of(first, rng)]
        if rng.random() < 0.5:
            own = {function.about for function in FUNCTIONS}  # these are asked for in words of their own elsewhere
            plain = [tool for tool in offered if tool.description.removesuffix(NOTE) not in own]
            asked += [ask_of(rng.choice(plain), rng) for _ in range(rng.randint(1, 3))]
        return self._requests("generated/schemas", asked, offered, rng)

    def _of_functions(self, rng: random.Random) -> Conversation:
        chosen = restyled(rng.choice(FUNCTIONS), rng)
        named = {chosen.name: chosen}
        near = relatives(chosen) if rng.random() < 0.4 else []
        for _ in range(rng.choice((0, 1, 2, 3))):
            other = restyled(rng.choice(near or FUNCTIONS), rng)
            if not any(much_alike(other.spec, known.spec) for known in named.values()):
                named[other.name] = other
        asked = [ask_function(chosen, rng)]
        if rng.random() < 0.5:
            asked += [ask_function(rng.choice(list(named.values())), rng) for _ in range(rng.randint(1, 3))]
        offered = [function.spec for function in named.values()]
        if rng.random() < 0.4:
            offered += [tool for tool in self._others(chosen.spec, 1, rng) if tool.name not in named]
        return self._requests("generated/functions", asked, offered, rng)

    def _requests(self, source: str, asked: Sequence[Ask], offered: list[ToolSpec], rng: random.Random) -> Conversation:
        """One request after the other over the same tools; now and then one among them that no tool can do, or mere talk."""
        rng.shuffle(offered)
        messages: list[Message] = []
        for number, ask in enumerate(asked):
            messages += _exchange(ask, f"call_{number}", rng, told=number + 1 < len(asked) or rng.random() < 0.15)
            if self._negatives and number + 1 < len(asked) and rng.random() < 0.15:
                messages += refusals.talk(rng) if rng.random() < 0.3 else self._unfit_turn(offered, rng)
        return Conversation.of(source, messages, offered)

    def _unfit_turn(self, offered: Sequence[ToolSpec], rng: random.Random) -> list[Message]:
        ask = self._any_ask(rng)
        if not self._is_unfit(ask, offered):
            return refusals.talk(rng)
        return [Message("user", ask.text), Message("assistant", refusals.reply_to_unfit(rng, tools=True))]

    def _is_unfit(self, ask: Ask, offered: Sequence[ToolSpec]) -> bool:
        return surely_unfit(ask.tool, offered, self._own)

    def _of_several(self, rng: random.Random) -> Conversation:
        """Several calls at once for the most part; chains, follow-ups and corrected calls beside them."""
        chance = rng.random()
        if chance < 0.5:
            return self._joined(rng)
        chosen = restyled(rng.choice(FUNCTIONS), rng)
        others = self._others(chosen.spec, rng.choice((0, 1, 2, 3)), rng)
        found: Conversation | None
        if chance < 0.68:
            many = ask_many(chosen, rng)
            text, asks = many if many else ("", [])
            offered = [chosen.spec, *others]
            rng.shuffle(offered)
            found = several.joined_request(asks, offered, rng, text) if asks else None
        elif chance < 0.8:
            found = several.chain(others[:2], rng)
        elif chance < 0.93:
            found = several.follow_up(chosen, others, rng)
        else:
            found = several.corrected(chosen, others, rng)
        return found or self._joined(rng)

    def _joined(self, rng: random.Random) -> Conversation:
        asks: dict[str, Ask] = {}
        while len(asks) < 2 or (len(asks) < 5 and rng.random() < 0.6):
            ask = self._any_ask(rng)
            if not any(much_alike(ask.tool, other.tool) for other in asks.values()):
                asks[ask.tool.name] = ask
        first = next(iter(asks.values()))
        spare = rng.choice((0, 0, 1, 2)) if len(asks) < 4 else 0
        extra = [tool for tool in self._others(first.tool, spare, rng) if tool.name not in asks]
        offered = [ask.tool for ask in asks.values()] + extra
        rng.shuffle(offered)
        return several.joined_request(list(asks.values()), offered, rng)

    def _of_builtin(self, rng: random.Random) -> Conversation:
        """Questions for the app's own tools, one to four of which are in view, often with others."""
        now = moment(rng)
        asked = [self._questions.make(rng, now) for _ in range(1 if rng.random() < 0.3 else rng.randint(2, 5))]
        needed = {answered.tool.name: answered.tool for answered in asked}
        own = [tool for tool in self._questions.specs if tool.name in needed or rng.random() < 0.5]
        others = self._others(own[0], rng.choice((0, 0, 1, 2)), rng)
        offered = [*own, *others]
        rng.shuffle(offered)
        messages: list[Message] = []
        for number, answered in enumerate(asked):
            messages += _told(answered, f"call_{number}")
            if self._negatives and rng.random() < 0.12:
                messages += refusals.talk(rng) if rng.random() < 0.5 else self._unfit_turn(offered, rng)
        if rng.random() < 0.15:
            _dated(messages, f"{now:%Y-%m-%d}")
        return Conversation.of("generated/builtin", messages, offered)

    def _near_miss(self, rng: random.Random) -> Conversation:
        """A request that the tools in view nearly fit: they are about the same things and do something else."""
        chosen = rng.choice(FUNCTIONS)
        near = relatives(chosen)
        tools = {
            tool.name: tool
            for tool in (restyled(other, rng).spec for other in rng.sample(near, min(len(near), rng.randint(1, 3))))
        }
        return refusals.unfit(ask_function(chosen, rng), list(tools.values()), rng)

    def _of_refusals(self, rng: random.Random) -> Conversation:
        chance = rng.random()
        ask = self._any_ask(rng)
        if chance < 0.12:
            return refusals.unfit(ask, (), rng)
        tools = self._others(ask.tool, rng.randint(1, 4), rng)
        if chance < 0.25:
            return refusals.talk_beside([*tools[:2], *rng.sample(self._questions.specs, rng.randint(0, 4))], rng)
        if chance < 0.35:
            tools = [*tools[:2], *rng.sample(self._questions.specs, rng.randint(1, 4))]
        elif chance < 0.6:
            return self._near_miss(rng)
        elif chance < 0.67:
            found = refusals.lacking(restyled(rng.choice(FUNCTIONS), rng), tools[:3], rng)
            if found:
                return found
        while not self._is_unfit(ask, tools):
            ask = self._any_ask(rng)
        return refusals.unfit(ask, tools, rng)


_COUNTS = re.compile(
    r"calculat|comput|convert|estimat|time|dat(?:e|es)\b|day|number|mean|math|finance|geometry|physics|measure", re.I
)
_LITTLE_WORDS = words(
    "a an the of for in on at to from with by and or is are its be this that specific given based about information retrieve get"
)


def much_alike(tool: ToolSpec, other: ToolSpec, share: float = 0.6) -> bool:
    """Whether two tools may do the same, judged by the share of words that their names and descriptions have in common."""
    told, others = (
        set(re.findall(r"[a-z]+", f"{' '.join(words_of(spec.name)[1:])} {spec.description.removesuffix(NOTE).lower()}"))
        - _LITTLE_WORDS
        for spec in (tool, other)
    )
    return tool.name.lower() == other.name.lower() or len(told & others) >= share * min(len(told), len(others))


def surely_unfit(wanted: ToolSpec, offered: Sequence[ToolSpec], own: Set[str]) -> bool:
    """Whether surely none of the tools on offer does what the wanted one does.

    `own` are the names of the app's own tools: the calculator and its like do many things.
    """
    if any(tool.name in own for tool in offered) and _COUNTS.search(f"{wanted.name} {wanted.description}"):
        return False
    return not any(much_alike(wanted, tool, 0.34) for tool in offered)


def _exchange(ask: Ask, id: str, rng: random.Random, *, told: bool) -> list[Message]:
    """The request and its call, and with `told` also the result and the answer."""
    call = ToolCall(id, ask.tool.name, ask.arguments)
    messages = [Message("user", ask.text), Message("assistant", calls=(call,))]
    if told:
        outcome = outcome_of(ask.tool, ask.arguments, rng)
        result = ToolResult(id, ask.tool.name, outcome.text, outcome.failed)
        messages += [Message("tool", result=result), Message("assistant", outcome.answer)]
    return messages


def _told(answered: Answered, id: str) -> Iterator[Message]:
    name = answered.tool.name
    yield Message("user", answered.question)
    yield Message("assistant", calls=(ToolCall(id, name, answered.arguments),))
    yield Message("tool", result=ToolResult(id, name, answered.output.text, answered.output.failed))
    yield Message("assistant", answered.answer)


def _with_system(conversation: Conversation, rng: random.Random) -> Conversation:
    """Often with a system message before it, and now and then with the day in front of the question, as the app puts it."""
    messages = list(conversation.messages)
    if rng.random() < 0.15 and conversation.source != "generated/builtin":
        _dated(messages, values.any_date(rng).isoformat())
    if rng.random() < 0.35:
        messages.insert(0, Message("system", rng.choice(_SYSTEMS)))
    return Conversation.of(conversation.source, messages, conversation.tools)


def _dated(messages: list[Message], day: str) -> None:
    """Put the day in front of the last question."""
    last = max(place for place, message in enumerate(messages) if message.role == "user")
    messages[last] = replace(messages[last], text=f"Today is {day}.\n\n{messages[last].text}")
