"""Agent-FLAN's negative samples (Chen et al. 2024, arXiv 2403.12881, section 3.4), added to any conversations.

A model that is only shown calls learns to call. So a part of what it is shown is a request with no tool in view
("negative/no-tools"), a request with tools in view that do something else ("negative/unrelated-tools"), and talk with tools in
view that nothing in it needs ("negative/talk"). The requests, the tools and the talk are those of the conversations themselves.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice

from assistant.messages import Message
from retrieval.language import languages_of
from tools.base import ToolSpec
from training.conversation import Conversation
from training.generate import refusals
from training.generate.builtin import Questions
from training.generate.mixture import surely_unfit

NO_TOOLS, UNRELATED, TALK = "negative/no-tools", "negative/unrelated-tools", "negative/talk"

_IN_VIEW = (1, 4)
_TRIES = 20
_REFUSING = ("negative/", "sealtools/negative", "generated/refusals", "generated/absent")
"""Sources of conversations in which something is refused: with other tools in view that might be wrong."""


def with_negatives(conversations: Sequence[Conversation], share: float, seed: int) -> list[Conversation]:
    """The conversations and negative samples, shuffled; of all of them the share (from 0, below 1) is negative.

    The three kinds come in equal numbers. Where no unrelated tool is found for a request it is shown without any; where there is
    no request there is talk alone, and where none of the conversations has tools they stay as they are. What is drawn follows
    from `seed`.
    """
    chance = random.Random(seed)
    maker = _Maker.of(conversations, chance)
    count = round(len(conversations) * share / (1 - share)) if maker.tools else 0
    together = [*conversations, *islice(maker.make(), count)]
    chance.shuffle(together)
    return together


@dataclass(frozen=True, slots=True)
class _Request:
    """What somebody wants, the messages of the system before it, and the tools that do it."""

    opening: tuple[Message, ...]
    needed: tuple[ToolSpec, ...]


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes negative samples out of requests, talk and tools, each in an order drawn by chance."""

    requests: Sequence[_Request]
    talk: Sequence[Conversation]
    tools: Sequence[ToolSpec]
    own: frozenset[str]
    chance: random.Random

    @classmethod
    def of(cls, conversations: Sequence[Conversation], chance: random.Random) -> "_Maker":
        requests = [found for one in conversations if (found := _request(one))]
        talk = [one for one in conversations if _is_talk(one)]
        tools = list({tool.name: tool for one in conversations for tool in one.tools}.values())
        for each in (requests, talk):
            chance.shuffle(each)
        return cls(requests, talk, tools, frozenset(tool.name for tool in Questions().specs), chance)

    def make(self) -> Iterator[Conversation]:
        """One after the other, without end."""
        requests, talk = cycle(self.requests), cycle(self.talk)
        for kind in cycle((NO_TOOLS, UNRELATED, TALK) if self.requests else (TALK,)):
            if kind == TALK:
                yield self._talk(next(talk, None))
            else:
                request = next(requests)
                yield self._refused(request, self._unrelated(request) if kind == UNRELATED else ())

    def _refused(self, request: _Request, view: Sequence[ToolSpec]) -> Conversation:
        chinese = "zh" in languages_of(request.opening[-1].text)
        reply = refusals.reply_to_unfit(self.chance, tools=bool(view), chinese=chinese)
        return Conversation.of(UNRELATED if view else NO_TOOLS, [*request.opening, Message("assistant", reply)], view)

    def _unrelated(self, request: _Request) -> list[ToolSpec]:
        """Tools that surely do nothing of what is wanted, as far as a few draws find some."""
        wanted = self.chance.randint(*_IN_VIEW)
        drawn = self.chance.sample(self.tools, min(_TRIES, len(self.tools)))
        return [tool for tool in drawn if all(surely_unfit(each, [tool], self.own) for each in request.needed)][:wanted]

    def _talk(self, said: Conversation | None) -> Conversation:
        view = tuple(self.chance.sample(self.tools, min(self.chance.randint(*_IN_VIEW), len(self.tools))))
        if said is None:
            return Conversation.of(TALK, refusals.talk(self.chance), view)
        return replace(said, source=TALK, tools=view)


def _request(conversation: Conversation) -> _Request | None:
    """What a conversation begins with, where that is answered with calls; None where it is not."""
    messages = conversation.messages
    first = next((place for place, message in enumerate(messages) if message.role == "assistant"), 0)
    opening = messages[:first]
    if not first or not messages[first].calls or [each.role for each in opening if each.role != "system"] != ["user"]:
        return None
    again = next((place for place in range(first, len(messages)) if messages[place].role == "user"), len(messages))
    called = {call.name for message in messages[first:again] for call in message.calls}
    needed = tuple(tool for tool in conversation.tools if tool.name in called)
    return _Request(opening, needed) if len(needed) == len(called) else None


def _is_talk(conversation: Conversation) -> bool:
    """Whether nothing in it is called, could be called or is refused."""
    called = any(message.calls for message in conversation.messages)
    return not called and not conversation.tools and not conversation.source.startswith(_REFUSING)
