"""The double of a chat model: it writes what a script says and remembers what it was asked.

It ships beside the real models for tests, ours and other people's. It understands nothing; asked more often than its script has
steps it fails, and `assert_used_up` fails when steps are left.
"""

import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from assistant.messages import Message, ToolCall, Usage
from assistant.models.base import Cancel, GenerationOptions, ModelChunk, ModelInfo, PromptChunk, TextChunk, UsageChunk
from tools.base import ToolSpec

Writing = str | BaseException | Iterable[ModelChunk | BaseException]
"""What a step writes: a text (streamed word by word), chunks as they are, or an error; an error may also break off chunks."""

Step = Writing | Callable[[Sequence[Message], Sequence[ToolSpec]], Writing]
"""One model call; a function is asked with the messages and the tools on offer."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the model was asked in one call."""

    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...]
    options: GenerationOptions


class ScriptedModel:
    """A `ChatModel` that plays `script`, a step a call, `delay_s` before each chunk of it; safe to use from several threads."""

    def __init__(self, script: Sequence[Step] = (), info: ModelInfo | None = None, *, delay_s: float = 0.0) -> None:
        self.info = info or ModelInfo("scripted", "Scripted", frozenset({"en", "zh"}), True, True, 8192)
        self.requests: list[Request] = []
        self._script = list(script)
        self._delay_s = delay_s
        self._lock = threading.Lock()

    def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: GenerationOptions, cancel: Cancel
    ) -> Iterator[ModelChunk]:
        """Write the next step; raises `AssertionError` at once when the script has no more."""
        request = Request(tuple(messages), tuple(tools), options)
        with self._lock:
            if len(self.requests) >= len(self._script):
                raise AssertionError(f"the script has {len(self._script)} steps and was asked once more: {request!r}")
            step = self._script[len(self.requests)]
            self.requests.append(request)
        return self._play(step, request, cancel)

    def _play(self, step: Step, request: Request, cancel: Cancel) -> Iterator[ModelChunk]:
        yield PromptChunk(_rendered(request))
        writing = step(request.messages, request.tools) if callable(step) else step
        written, reported = 0, False
        for chunk in _chunks(writing):
            if cancel.wait(self._delay_s) if self._delay_s else cancel.is_set():
                return
            if isinstance(chunk, BaseException):
                raise chunk
            written += self.count_tokens(chunk.text) if isinstance(chunk, TextChunk) else 1
            reported = reported or isinstance(chunk, UsageChunk)
            yield chunk
        if not reported and not cancel.is_set():
            read = sum(self.count_tokens(message.text) for message in request.messages)
            yield UsageChunk(Usage(read, 0, written))

    def count_tokens(self, text: str) -> int:
        """A word, a Chinese character or a sign is a token."""
        return len(re.findall(r"[一-鿿]|[^\W一-鿿]+|[^\w\s]", text))

    def assert_used_up(self) -> None:
        """Raises `AssertionError` when the model was asked less often than its script has steps."""
        with self._lock:
            left = len(self._script) - len(self.requests)
        if left:
            raise AssertionError(f"{left} of the {len(self._script)} steps of the script were never asked for")


def _rendered(request: Request) -> str:
    """The request as text: the tools on offer, then who said what."""
    tools = [f"tool: {json.dumps(tool.to_dict(), ensure_ascii=False)}\n" for tool in request.tools]
    said = [f"{message.role}: {message.text}\n{''.join(map(_written, message.calls))}" for message in request.messages]
    return "".join([*tools, *said])


def _written(call: ToolCall) -> str:
    return f"call: {json.dumps(call.to_dict(), ensure_ascii=False, default=str)}\n"


def _chunks(writing: Writing) -> Iterable[ModelChunk | BaseException]:
    if isinstance(writing, str):
        return [TextChunk(word) for word in re.findall(r"\s*[一-鿿]|\s*[^\s一-鿿]+|\s+", writing)]
    return [writing] if isinstance(writing, BaseException) else writing
