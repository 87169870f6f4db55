"""One request and the call that answers it, before they are made into a conversation."""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tools.base import ToolSpec

OPTIONAL = (0.0, 0.2, 0.3, 0.5, 0.8)
"""How likely an optional argument is to be stated, one of these in each request: in all a third are, as in Seal-Tools. Where more
are, a model learns to fill what nobody stated."""


@dataclass(frozen=True, slots=True)
class Ask:
    """`text` is a whole message that wants `tool` called with `arguments`.

    `clause` is the same as an order within a sentence, without capital or full stop ("find a table for two in Oslo"), for
    messages that want several things; "" where there is none. `copied` are the arguments' texts that must stand in the request.
    """

    text: str
    tool: ToolSpec
    arguments: Mapping[str, Any]
    clause: str = ""
    copied: tuple[str, ...] = field(default=())


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def lowered(text: str) -> str:
    """With a small first letter, unless the first word is a name or an abbreviation."""
    return text[:1].lower() + text[1:] if re.match(r"[A-Z][a-z']* |[A-Z][a-z]+$", text) and not text.startswith("I ") else text


_FRAMES = (
    "{}.", "{}.", "{}.", "{}.", "{}.", "{}.", "{}.", "{}", "Please {}.", "Please {}.", "Can you {}?", "Could you {}?",
    "Could you please {}?", "I need to {}.", "I want to {}.", "I'd like to {}.", "I would like you to {}.", "Would you {}?",
    "Help me {}.", "{}, please.", "I need you to {}.",
)  # fmt: skip
_BEFORE = (
    "Hi there!", "Hello.", "Hi, quick question.", "Hey,", "Good morning.", "I'm preparing a report.",
    "My boss asked me for this.",
    "I'm working on a project.", "Sorry to bother you again.", "We are planning ahead.", "I have a request.",
    "Thanks for your help so far.", "I'm a bit short on time.", "There is one more thing.",
    "I was just wondering about something.",
    "This is for my class.",
)  # fmt: skip
_AFTERWARDS = (
    "Thanks!", "Thank you.", "Thanks in advance.", "I need it soon.", "It's for a presentation.", "No hurry.",
    "That would help me a lot.", "I appreciate it.", "Cheers!", "It's rather urgent.",
)  # fmt: skip
_TO_ME = r"(?:tell me|show me|give me|get me|make me|provide me with)"


def ordered(order: str, rng: random.Random) -> str:
    """An order in small letters as a sentence: an order still, a question or a wish."""
    text = capital(rng.choice(_FRAMES).format(order))
    text = re.sub(rf"^(I need|I want|I'd like) to {_TO_ME}", r"\1 to get", text)
    return re.sub(rf"^Help me {_TO_ME}", "Help me find", text)


def framed(text: str, rng: random.Random) -> str:
    """The request with the chatter that people put around it, or without."""
    chance = rng.random()
    if chance < 0.07:
        start = rng.choice(_BEFORE)
        return f"{start} {lowered(text)}" if start.endswith(",") else f"{start} {text}"
    return f"{text} {rng.choice(_AFTERWARDS)}" if chance < 0.12 and text[-1] in ".?!" else text
