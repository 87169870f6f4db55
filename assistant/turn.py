"""What a turn gathers on its way: text, thoughts and calls of the message being written, new messages, usage and times.

Plain bookkeeping of the agent, one object a turn; each method that tells something returns its event. It asks no model, runs no
tool and decides nothing.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from assistant.events import MessageCompleted, Reason, StepFinished, TextDelta, ThinkingDelta, TurnFinished
from assistant.messages import Message, ToolCall, Usage
from assistant.models.base import Cancel, ModelInfo
from knowledge.types import Hit


@dataclass(slots=True)
class Step:
    """A call of the model under way; `unread` is the text of calls in it that could not be read."""

    started: float = field(default_factory=time.monotonic)
    usage: Usage = field(default_factory=Usage)
    prompt: str = ""
    unread: str = ""


@dataclass(slots=True)
class Turn:
    """One user's message on its way to an answer; `info` is what the model was when the turn asked for it."""

    language: str
    cancel: Cancel
    info: ModelInfo = field(init=False)
    started: float = field(default_factory=time.monotonic)
    first_text: float | None = None
    usage: Usage = field(default_factory=Usage)
    hits: tuple[Hit, ...] = ()
    text: str = ""
    thinking: str = ""
    calls: list[ToolCall] = field(default_factory=list)
    steps: int = 0
    step: Step | None = None
    prompt: str = ""
    new: list[Message] = field(default_factory=list)
    tainted: bool = False  # never taken back: text that is not trusted was read, and all that is written after it may follow it

    def begin_step(self) -> Step:
        """What a step before left without a message, a call that could not be read, belongs to the next one."""
        self.calls = []
        self.steps += 1
        self.step = Step()
        return self.step

    def end_step(self, step: Step) -> StepFinished:
        self.step = None
        self.usage += step.usage
        seconds = round(time.monotonic() - step.started, 3)
        shared = _shared(self.prompt, step.prompt)
        self.prompt = step.prompt
        return StepFinished(self.steps, seconds, step.usage, step.prompt[shared:], shared)

    def add_text(self, text: str) -> TextDelta:
        self.first_text = self.first_text or time.monotonic() - self.started
        self.text += text
        return TextDelta(text)

    def add_thinking(self, text: str) -> ThinkingDelta:
        self.thinking += text
        return ThinkingDelta(text)

    def complete(self, message: Message) -> MessageCompleted:
        message = replace(message, tainted=self.tainted)
        self.new.append(message)
        self.text, self.thinking, self.calls = "", "", []
        return MessageCompleted(message)

    def finish(self, reason: Reason, error: Mapping[str, str] | None = None) -> TurnFinished:
        timings = {"total": round(time.monotonic() - self.started, 3)}
        if self.first_text is not None:
            timings["first_text"] = round(self.first_text, 3)
        return TurnFinished(reason, tuple(self.new), self.usage, timings, error or {})


def _shared(before: str, after: str) -> int:
    """How many characters both begin with."""
    if after.startswith(before):
        return len(before)
    return next(index for index, pair in enumerate(zip_longest(before, after)) if pair[0] != pair[1])
