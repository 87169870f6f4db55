"""What the readers share: calls that fit their tools, tools around a request, and refusals in words.

All of it is pure; whatever is drawn by chance takes its generator.
"""

import random
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from assistant.messages import Message, ToolCall
from common.errors import ArgumentsInvalid
from tools.base import ToolSpec
from tools.validation import check

REFUSALS = (
    "None of my tools can do that.",
    "I have no tool for that.",
    "I cannot do that with the tools I have here.",
    "Sorry, none of the tools I was given fits that request.",
    "That is beyond the tools I have at the moment.",
    "I don't have a tool that can do this, so I would rather not guess.",
    "My tools do not cover that, and I will not make up an answer.",
    "I looked through my tools, and none of them does that.",
    "No tool here can help with that.",
    "I am not able to do that: the right tool is not available to me.",
    "There is no tool for this among mine. If you can add one, I will gladly use it.",
    "I can't look that up or carry it out with what I have here.",
    "Unfortunately I can't do that. It would need a tool that I was not given.",
    "I have no way to do that right now, because no tool of mine does it.",
    "None of my tools can do that. What I can do here: {able}.",
    "I have no tool for that. With the tools I have, I could {able}.",
    "That is not something my tools can do. They can {able}.",
    "Sorry, I can't help with that here. I can only {able}.",
    "My tools do something else: {able}. For your request I have none.",
    "I cannot do that with my tools. If it helps, I can {able}.",
)
"""Honest answers where no tool fits; `{able}` says what one of the tools in view does."""

_VERB = re.compile(
    r"(add|adjust|analy[sz]e|apply|book|calculate|check|compare|compute|control|convert|create|delete|design|detect|determine|"
    r"download|encrypt|estimate|evaluate|extract|fetch|find|generate|get|give|identify|list|look|make|manage|measure|monitor|"
    r"optimi[sz]e|order|perform|place|plan|play|predict|provide|recommend|record|register|remove|reserve|retrieve|schedule|"
    r"search|select|send|set|show|simulate|start|stop|submit|track|translate|turn|update|upload|validate|verify|view) ",
    re.IGNORECASE,
)


def valid(tool: ToolSpec, arguments: Mapping[str, Any]) -> bool:
    """Whether a call with these arguments is one that the tool takes; an argument that its schema does not name is none."""
    try:
        check(tool.name, tool.parameters, arguments)
    except ArgumentsInvalid:
        return False
    return set(arguments) <= set(tool.parameters.get("properties", {}))


def calls_message(calls: Sequence[tuple[str, Mapping[str, Any]]], text: str = "", first: int = 1) -> Message:
    """One message of the assistant with these calls, their ids counted from `first` as the app counts them."""
    made = tuple(ToolCall(f"call_{number}", name, arguments) for number, (name, arguments) in enumerate(calls, start=first))
    return Message("assistant", text, calls=made)


def offered(
    needed: Sequence[ToolSpec], library: Sequence[ToolSpec], distractors: tuple[int, int], chance: random.Random
) -> tuple[ToolSpec, ...]:
    """The tools needed and, from `library`, between so many and so many others, shuffled; no name comes twice."""
    names = {tool.name for tool in needed}
    others = drawn([tool for tool in library if tool.name not in names], chance.randint(*distractors), chance)
    together = [*needed, *others]
    chance.shuffle(together)
    return tuple(together)


def drawn(tools: Sequence[ToolSpec], count: int, chance: random.Random) -> list[ToolSpec]:
    """So many tools of different names, or as many as there are."""
    return chance.sample(tools, min(count, len(tools)))


def refusal(tools: Collection[ToolSpec], chance: random.Random) -> str:
    """A short answer in words that says no tool fits, sometimes with what one of the tools does."""
    wording = chance.choice(REFUSALS)
    able = [phrase for tool in tools if (phrase := _able(tool.description))]
    if "{able}" in wording and not able:
        return REFUSALS[0]
    return wording.format(able=chance.choice(able)) if "{able}" in wording else wording


def _able(description: str) -> str:
    """The description as what "I can" goes on with, "" where it does not begin with a verb: its first sentence, cut short."""
    sentence = re.split(r"[.;\n(]", description.strip(), maxsplit=1)[0].strip()
    return sentence[0].lower() + sentence[1:] if _VERB.match(sentence) and len(sentence) <= 120 else ""
