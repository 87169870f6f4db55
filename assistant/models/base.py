"""The seam between the agent and whatever writes text: one method that streams chunks.

A chat model is given messages and the tools on offer and yields what it writes as it writes it. It keeps no conversation
and knows no persona; what it is good for is said in its `ModelInfo`, and the agent acts on that.
"""

import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.messages import Message, ToolCall, Usage
from tools.base import ToolSpec

Cancel = threading.Event
"""Set to stop: looked at between chunks, before each tool, and by the engine at every step."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What a model is and is good for.

    `languages` are codes ("en", "zh") that it can write; `tools` says that it calls tools, `grounding` that it can answer
    from passages without inventing; `context_tokens` is the length of prompt and answer together. Of each passage it is given an
    excerpt of about `excerpt_tokens`, or all of it where that is 0.
    """

    name: str
    title: str
    languages: frozenset[str]
    tools: bool
    grounding: bool
    context_tokens: int
    excerpt_tokens: int = 0

    @property
    def reads_excerpts(self) -> bool:
        """Whether it answers from passages, but is shown no more than excerpts of them."""
        return self.grounding and self.excerpt_tokens > 0


@dataclass(frozen=True, slots=True)
class GenerationOptions:
    """How to write: `temperature` 0 is greedy; `top_p` in (0, 1]; `max_tokens` bounds one step.

    `tool_choice` is OpenAI's: "auto" leaves it to the model whether to call, "none" forbids calls, "required" asks for one at
    least, and the name of an offered tool asks for calls of that tool.
    """

    max_tokens: int = 512
    temperature: float = 0.0
    top_p: float = 1.0
    tool_choice: str = "auto"


@dataclass(frozen=True, slots=True)
class PromptChunk:
    """Exactly what the model is given, as text; the first chunk of every stream."""

    text: str


@dataclass(frozen=True, slots=True)
class TextChunk:
    """Text of the answer, exactly as it is to be appended."""

    text: str


@dataclass(frozen=True, slots=True)
class ThinkingChunk:
    """Text that the model thinks and does not say; `unread` says that it is a call which could not be read."""

    text: str
    unread: bool = False


@dataclass(frozen=True, slots=True)
class CallChunk:
    """One whole tool call."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class UsageChunk:
    """The tokens of this step; the last chunk of a stream that was not cancelled."""

    usage: Usage


ModelChunk = PromptChunk | TextChunk | ThinkingChunk | CallChunk | UsageChunk


class ChatModel(Protocol):
    """Anything that writes the next message."""

    @property
    def info(self) -> ModelInfo:
        """What the model is good for."""
        ...

    def stream(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        options: GenerationOptions,
        cancel: Cancel,
    ) -> Iterator[ModelChunk]:
        """Write the next assistant message for `messages`; what the model is given comes first.

        Returns soon after `cancel` is set, without an error. Raises `PromptTooLong` when the prompt leaves no room for an
        answer, and another `ModelError` when the model cannot write.
        """
        ...

    def count_tokens(self, text: str) -> int:
        """How many tokens `text` takes; an upper estimate where the tokenizer is not at hand."""
        ...


def estimate_tokens(text: str) -> int:
    """An upper estimate: common tokenizers take less than a token for three ASCII characters and five for four others."""
    ascii_count = sum(character.isascii() for character in text)
    return math.ceil(ascii_count / 3 + 1.25 * (len(text) - ascii_count))
