"""The loop: find passages and tools, build the prompt, let the model write, run its calls, and again, until it answers.

An agent is a persona with the means to act and keeps nothing between turns: history comes in, `TurnFinished.new_messages` goes
out, so that one agent serves every user. What may happen in a turn is in `assistant.events`.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import zip_longest

from assistant import prompt, quoting
from assistant.access import told
from assistant.events import (
    CareNotice,
    Event,
    MessageCompleted,
    PassagesFound,
    Reason,
    StepFinished,
    TextDelta,
    ThinkingDelta,
    ToolFinished,
    ToolsFound,
    ToolStarted,
    TurnFinished,
)
from assistant.history import language_of, last_asked, needs_gentleness, pending_calls, split
from assistant.messages import Message, ToolCall, ToolResult, Usage
from assistant.models.base import (
    CallChunk,
    Cancel,
    ChatModel,
    GenerationOptions,
    ModelInfo,
    PromptChunk,
    TextChunk,
    ThinkingChunk,
    UsageChunk,
)
from assistant.repetition import Unrepeated, is_looping
from common.errors import HearthError, ToolDenied
from knowledge.types import Hit
from personas.care import assess, prepared_answer
from personas.schema import Persona
from tools.base import ToolContext, ToolSpec
from tools.finding import find
from tools.registry import ToolSnapshot
from tools.runner import run_all


@dataclass(frozen=True, slots=True)
class Limits:
    """The budget of one turn; an identical call is refused from the `repeats`-th time on."""

    steps: int = 8
    seconds: float = 300.0
    tokens: int = 16_000
    repeats: int = 3
    offered_tools: int = 5
    passages: int = 6


@dataclass(slots=True)
class _Step:
    """A call of the model under way."""

    started: float = field(default_factory=time.monotonic)
    usage: Usage = field(default_factory=Usage)
    prompt: str = ""


@dataclass(slots=True)
class _Turn:
    """What a turn gathers on its way."""

    language: str
    cancel: Cancel
    started: float = field(default_factory=time.monotonic)
    first_text: float | None = None
    usage: Usage = field(default_factory=Usage)
    hits: tuple[Hit, ...] = ()
    text: str = ""
    thinking: str = ""
    calls: list[ToolCall] = field(default_factory=list)
    steps: int = 0
    step: _Step | None = None
    prompt: str = ""
    new: list[Message] = field(default_factory=list)
    repeats: Counter[str] = field(default_factory=Counter)

    def begin_message(self) -> None:
        self.text, self.thinking, self.calls = "", "", []

    def begin_step(self) -> _Step:
        self.begin_message()
        self.steps += 1
        self.step = _Step()
        return self.step

    def end_step(self, step: _Step) -> StepFinished:
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

    def complete(self, message: Message) -> MessageCompleted:
        self.new.append(message)
        self.begin_message()
        return MessageCompleted(message)

    def finish(self, reason: Reason, error: Mapping[str, str] | None = None) -> TurnFinished:
        timings = {"total": round(time.monotonic() - self.started, 3)}
        if self.first_text is not None:
            timings["first_text"] = round(self.first_text, 3)
        return TurnFinished(reason, tuple(self.new), self.usage, timings, error or {})


@dataclass(frozen=True, slots=True)
class Agent:
    """A persona that can be asked.

    `search` finds passages in the persona's collections; `tools` is the snapshot this agent may call from; `region` says whose
    help lines a care notice names.
    """

    persona: Persona
    model: ChatModel
    tools: ToolSnapshot
    search: Callable[[str, int], Sequence[Hit]]
    owner: str = "maker"
    region: str = "CN"
    limits: Limits = field(default_factory=Limits)

    def run(
        self,
        message: str,
        history: Sequence[Message] = (),
        *,
        language: str | None = None,
        cancel: Cancel | None = None,
        decisions: Mapping[str, bool] | None = None,
    ) -> Iterator[Event]:
        """Answer `message` after `history`; the last event is exactly one `TurnFinished`.

        `language` is the reader's ("en", "zh"); the answer is in the language of the message where that is clear. With
        `decisions` (call id -> allowed) the history ends with calls that wait for a person, and `message` is empty: the turn
        goes on where it stopped.
        """
        turn = _Turn(language_of(message or last_asked(history), language), cancel or Cancel())
        try:
            yield from self._answer(turn, message, history, decisions or {})
        except HearthError as error:
            yield from self._break_off(turn)
            yield turn.finish("failed", told(error, self.owner))

    def _answer(self, turn: _Turn, message: str, history: Sequence[Message], decisions: Mapping[str, bool]) -> Iterator[Event]:
        pending = pending_calls(history) if decisions else ()
        asked = message or last_asked(history)
        danger = assess(message)
        if danger.kind != "none":
            yield from self._care(turn, danger.kind)
            return
        turn.hits = tuple(self.search(asked, self.limits.passages)) if self.persona.collections else ()
        yield PassagesFound(turn.hits)
        if not quoting.can_write(self.model.info, self.persona, turn.language, turn.hits):
            yield from self._quote(turn, history)
            return
        yield from self._write(turn, asked, history, pending, decisions)

    def _care(self, turn: _Turn, kind: str) -> Iterator[Event]:
        """A prepared answer, and no model, where the message speaks of danger."""
        yield CareNotice(kind)
        yield turn.add_text(prepared_answer(kind, turn.language, self.region))
        yield turn.complete(Message("assistant", turn.text, care=kind))
        yield turn.finish("answered")

    def _quote(self, turn: _Turn, history: Sequence[Message]) -> Iterator[Event]:
        yield turn.add_text(quoting.quote(self.persona, self.model.info, turn.language, turn.hits, history))
        yield turn.complete(Message("assistant", turn.text, sources=quoting.cited(turn.text, turn.hits)))
        yield turn.finish("answered")

    def _write(
        self,
        turn: _Turn,
        message: str,
        history: Sequence[Message],
        pending: Sequence[ToolCall],
        decisions: Mapping[str, bool],
    ) -> Iterator[Event]:
        options = _options(self.persona, self.model.info)
        offered = find(self.tools, message, self.limits.offered_tools) if self.model.info.tools else []
        yield ToolsFound(tuple((tool.spec.name, score) for tool, score in offered))
        specs = [tool.spec for tool, _ in offered]
        earlier, current = split(history) if pending else (history, [])
        material = prompt.Material(turn.hits, datetime.now(UTC).astimezone())
        opening = prompt.build(
            self.persona,
            turn.language,
            earlier,
            message,
            material,
            self.model.info,
            options,
            self.model.count_tokens,
            gentle=needs_gentleness(history),
        )
        if pending:
            yield from self._call(turn, pending, decisions)
        for _ in range(self.limits.steps):
            yield from self._step(turn, [*opening, *current, *turn.new], specs, options)
            if turn.cancel.is_set():
                yield from self._break_off(turn)
                yield turn.finish("cancelled")
                return
            calls = tuple(turn.calls)
            if not calls and not turn.text.strip():
                yield turn.add_text(_EMPTY[turn.language])
            sources = quoting.cited(turn.text, turn.hits)
            yield turn.complete(Message("assistant", turn.text, turn.thinking, calls, sources=sources))
            if not calls:
                yield turn.finish("answered")
                return
            if any(self._needs_approval(call) for call in calls):
                yield turn.finish("approval")
                return
            yield from self._call(turn, calls, {})
            if self._over_budget(turn):
                break
        yield turn.add_text(_GAVE_UP[turn.language])
        yield turn.complete(Message("assistant", turn.text))
        yield turn.finish("step_limit")

    def _step(
        self, turn: _Turn, messages: Sequence[Message], specs: Sequence[ToolSpec], options: GenerationOptions
    ) -> Iterator[Event]:
        """One model call; what it wrote is left in `turn`."""
        step = turn.begin_step()
        yield from self._stream(turn, step, messages, specs, options)
        yield turn.end_step(step)

    def _stream(
        self,
        turn: _Turn,
        step: _Step,
        messages: Sequence[Message],
        specs: Sequence[ToolSpec],
        options: GenerationOptions,
    ) -> Iterator[Event]:
        guard = None if self.model.info.grounding else Unrepeated()
        for chunk in self.model.stream(messages, specs, options, turn.cancel):
            match chunk:
                case PromptChunk(text):
                    step.prompt = text
                case TextChunk(text):
                    if shown := guard.feed(text) if guard else text:
                        yield turn.add_text(shown)
                    if is_looping(turn.text) or (guard and guard.looping):
                        # A model that is left before its end does not say what it took.
                        step.usage += Usage(completion_tokens=self.model.count_tokens(turn.text))
                        return
                case ThinkingChunk(text):
                    turn.thinking += text
                    yield ThinkingDelta(text)
                case CallChunk(call):
                    turn.calls.append(call)
                case UsageChunk(usage):
                    step.usage += usage
            if turn.cancel.is_set():
                return

    def _call(self, turn: _Turn, calls: Sequence[ToolCall], decisions: Mapping[str, bool]) -> Iterator[Event]:
        """Run calls made together, together; a refused or repeated one gets its result without being run."""
        context = ToolContext(self.owner, turn.language, datetime.now(UTC).astimezone(), turn.cancel)
        allowed, results = [], {}
        for call in calls:
            yield ToolStarted(call)
            try:
                self._check(turn, call, decisions)
                allowed.append(call)
            except ToolDenied as error:
                results[call.id] = ToolResult(call.id, call.name, error.sentence(turn.language), failed=True)
                yield ToolFinished(results[call.id], 0.0)
        runnable = [(call.id, self.tools[call.name], call.arguments) for call in allowed]
        for call_id, output, seconds in run_all(runnable, context):
            name = next(call.name for call in allowed if call.id == call_id)
            results[call_id] = ToolResult(call_id, name, output.text, output.failed)
            yield ToolFinished(results[call_id], seconds)
        for call in calls:
            yield turn.complete(Message("tool", results[call.id].text, result=results[call.id]))

    def _check(self, turn: _Turn, call: ToolCall, decisions: Mapping[str, bool]) -> None:
        """Raises `ToolDenied` for a call that is not run, worded for the model and for whoever reads along."""
        if call.name not in self.tools:
            names = ", ".join(self.tools) or "-"
            raise ToolDenied(
                f"There is no tool {call.name!r}. The tools are: {names}.", f"没有工具 {call.name!r}。可用的工具：{names}。"
            )
        if self._needs_approval(call) and not decisions.get(call.id, False):
            raise ToolDenied(
                "The user refused this call. Do not repeat it; say that it was not done.",
                "用户拒绝了这次调用。不要再次调用，请说明没有执行。",
            )
        key = f"{call.name} {json.dumps(dict(call.arguments), sort_keys=True, ensure_ascii=False, default=str)}"
        turn.repeats[key] += 1
        if turn.repeats[key] >= self.limits.repeats:
            raise ToolDenied(
                "This very call was made before and its result is above. Answer from it.",
                "同样的调用已经做过，结果在上面。请根据它回答。",
            )

    def _needs_approval(self, call: ToolCall) -> bool:
        return call.name in self.tools and self.tools[call.name].risk != "reads"

    def _over_budget(self, turn: _Turn) -> bool:
        return (
            time.monotonic() - turn.started > self.limits.seconds
            or turn.usage.completion_tokens > self.limits.tokens
            or any(count > self.limits.repeats for count in turn.repeats.values())
        )

    def _break_off(self, turn: _Turn) -> Iterator[Event]:
        """Keep what was written when a turn ends before its answer does."""
        if turn.step:
            yield turn.end_step(turn.step)
        if turn.text.strip():
            sources = quoting.cited(turn.text, turn.hits)
            yield turn.complete(Message("assistant", turn.text, turn.thinking, sources=sources, interrupted=True))


_SMALL_TOKENS = 200
_SMALL_TEMPERATURE = 0.4  # cooler it loops, warmer it rambles

_EMPTY = {
    "en": "I could not put an answer together. Ask me once more, perhaps in other words.",
    "zh": "这次我没能组织好回答。你可以换个说法再问我一次。",
}
_GAVE_UP = {
    "en": "I have tried several times and could not get to an answer, so I stop here. "
    "What the tools gave is above; you could ask in another way.",
    "zh": "我试了好几次，还是没能得出答案，先停在这里。工具给出的结果在上面，你可以换个问法再试。",
}


def _options(persona: Persona, info: ModelInfo) -> GenerationOptions:
    generation = persona.generation
    if info.grounding:
        return GenerationOptions(generation.max_tokens, generation.temperature, generation.top_p)
    # A small model that is given room and warmth loses its thread.
    return GenerationOptions(
        min(generation.max_tokens, _SMALL_TOKENS), min(generation.temperature, _SMALL_TEMPERATURE), generation.top_p
    )


def _shared(before: str, after: str) -> int:
    """How many characters both begin with."""
    if after.startswith(before):
        return len(before)
    return next(index for index, pair in enumerate(zip_longest(before, after)) if pair[0] != pair[1])
