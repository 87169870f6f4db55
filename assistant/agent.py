"""The loop: find passages and tools, build the prompt, let the model write, run its calls, and again, until it answers.

An agent is a persona with the means to act and keeps nothing between turns: history comes in, `TurnFinished.new_messages` goes
out, so that one agent serves every user. What may happen in a turn is in `assistant.events`.
"""

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from assistant import followups, prepared, prompt, quoting
from assistant.access import told
from assistant.calling import Calling
from assistant.citations import Citations
from assistant.consent import Decision
from assistant.events import CareNotice, Event, PassagesFound, Reason, ToolFinished, ToolsFound
from assistant.history import as_made, language_of, last_asked, last_said, last_used, needs_gentleness, pending_calls, split
from assistant.keeping import Keeper, Unkept
from assistant.mentions import as_asked, meant, media_of, mentioned
from assistant.messages import MediaRef, Message, ToolCall, Usage
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
from assistant.turn import Step, Turn
from common.errors import HearthError
from knowledge.types import Hit
from personas.care import assess, prepared_answer
from personas.schema import Persona
from tools.base import Media, Tool, ToolContext, ToolSpec
from tools.registry import ToolSnapshot


@dataclass(frozen=True, slots=True)
class Limits:
    """The budget of one turn; past it the model has one step more, for an answer without calls."""

    steps: int = 8
    seconds: float = 300.0
    tokens: int = 16_000
    offered_tools: int = 5
    passages: int = 6


@dataclass(frozen=True, slots=True)
class Agent:
    """A persona that can be asked.

    `search` finds passages in the persona's collections, once `ready` came back: it waits until there is something to find, or
    for the cancel that it is given; `trusted` gives the ids of those whose text the maker trusts. `tools` is the snapshot this
    agent may call from, `standing` says which of them the maker has allowed for good; `region` says whose help lines a care
    notice names; `keeper` keeps the pictures and sounds that tools give.
    """

    persona: Persona
    model: ChatModel
    tools: ToolSnapshot
    search: Callable[[str, int], Sequence[Hit]]
    owner: str = "maker"
    region: str = "CN"
    limits: Limits = field(default_factory=Limits)
    ready: Callable[[Cancel], object] = lambda cancel: None
    keeper: Keeper = field(default_factory=Unkept)
    trusted: Callable[[], Set[str]] = lambda: frozenset()
    standing: Callable[[Tool], bool] = lambda tool: False

    def run(
        self,
        message: str,
        history: Sequence[Message] = (),
        *,
        media: Sequence[MediaRef] = (),
        language: str | None = None,
        cancel: Cancel | None = None,
        decisions: Mapping[str, Decision] | None = None,
        tainted: bool = False,
    ) -> Iterator[Event]:
        """Answer `message` after `history`; the last event is exactly one `TurnFinished`.

        `media` are attached to the message. `language` is the reader's ("en", "zh"); the answer is in the language of the
        message where that is clear. With `decisions` (by call id) the history ends with calls that wait for a person, and
        `message` is empty: the turn goes on where it stopped, as soon as all of them are decided. `tainted` says that the
        message is not the owner's own.
        """
        turn = Turn(language_of(message or last_asked(history), language), cancel or Cancel(), tainted=tainted)
        try:
            yield from self._answer(turn, Message("user", message, media=tuple(media)), history, decisions or {})
        except HearthError as error:
            yield from self._break_off(turn)
            yield turn.finish("failed", told(error, self.owner))

    def _answer(
        self, turn: Turn, said: Message, history: Sequence[Message], decisions: Mapping[str, Decision]
    ) -> Iterator[Event]:
        pending = pending_calls(history) if decisions else ()
        asked = said if said.text else last_said(history)
        danger = assess(said.text)
        if danger.kind != "none":
            yield from self._care(turn, danger.kind)
            return
        info = turn.info = self._info()
        if self.persona.collections:
            self.ready(turn.cancel)
        if turn.cancel.is_set():
            yield from self._cancelled(turn)
            return
        hits, query = self._find(turn, asked.text, history if said.text else split(history)[0])
        writes = quoting.can_write(info, self.persona, turn.language, hits)
        turn.hits = hits[:_SMALL_PASSAGES] if writes and info.reads_excerpts else hits
        read = {hit.passage.collection for hit in turn.hits}
        turn.tainted = turn.tainted or bool(read and read - self.trusted())
        yield PassagesFound(turn.hits, query)
        if not writes and not self._may_call(turn):
            yield from self._quote(turn, history)
            return
        yield from self._write(turn, asked, history, pending, decisions, quotes=not writes)

    def _find(self, turn: Turn, message: str, history: Sequence[Message]) -> tuple[tuple[Hit, ...], str]:
        """The passages for a message, and what was searched for where that is not the message."""
        if not self.persona.collections:
            return (), ""

        def rewrite() -> str:
            if _is_small(turn.info) or turn.language not in turn.info.languages:
                return ""
            text, usage = followups.rewritten(self.model, message, history, turn.language, turn.cancel)
            turn.usage += usage
            return text

        hits, query = followups.find(lambda query: self.search(query, self.limits.passages), message, history, rewrite)
        return tuple(hits), query

    def _info(self) -> ModelInfo:
        """What the model is good for with this persona: one that is given excerpts quotes documents, and no more.

        It is asked once in a turn: while another model takes its place, asking waits until that one has loaded.
        """
        info = self.model.info
        return replace(info, grounding=info.grounding and (self.persona.answers_only_from_documents or not info.excerpt_tokens))

    def _may_call(self, turn: Turn) -> bool:
        """Whether a model that cannot answer from passages may yet know that a tool is to be called."""
        info, persona = turn.info, self.persona
        calls = info.tools and len(self._fit(info)) > 0 and turn.language in info.languages
        return calls and not persona.answers_only_from_documents

    def _fit(self, info: ModelInfo) -> ToolSnapshot:
        """The tools that the model may be given."""
        return self.tools.only(lambda tool: tool.for_small_models) if _is_small(info) else self.tools

    def _care(self, turn: Turn, kind: str) -> Iterator[Event]:
        """A prepared answer, and no model, where the message speaks of danger."""
        yield CareNotice(kind)
        yield turn.add_text(prepared_answer(kind, turn.language, self.region))
        yield turn.complete(Message("assistant", turn.text, care=kind))
        yield turn.finish("answered")

    def _quote(self, turn: Turn, history: Sequence[Message]) -> Iterator[Event]:
        yield turn.add_text(quoting.quote(self.persona, turn.info, turn.language, turn.hits, history))
        yield turn.complete(Message("assistant", turn.text, sources=quoting.cited(turn.text, turn.hits)))
        yield turn.finish("answered")

    def _write(
        self,
        turn: Turn,
        asked: Message,
        history: Sequence[Message],
        pending: Sequence[ToolCall],
        decisions: Mapping[str, Decision],
        *,
        quotes: bool = False,
    ) -> Iterator[Event]:
        """Let the model write, and run what it calls; with `quotes` the passages are quoted unless a call brings something."""
        options = _options(self.persona, turn.info)
        specs = yield from self._offer(turn, asked.text, history)
        earlier, current = split(history) if pending else (history, [])
        material = prompt.Material(turn.hits, datetime.now(UTC).astimezone())
        before = len(media_of(earlier))
        opening = prompt.build(
            self.persona,
            turn.language,
            mentioned(as_made(earlier)),
            as_asked(asked, before, turn.language),
            material,
            turn.info,
            options,
            self.model.count_tokens,
            gentle=needs_gentleness(history),
        )
        turn.tainted = turn.tainted or any(each.tainted for each in [*opening, *history[len(earlier) :]])

        def medium(words: str) -> Media | None:
            ref = meant(media_of([*earlier, asked, *current, *turn.new]), words)
            return self.keeper.fetch(ref.id) if ref else None

        def so_far() -> Sequence[Message]:
            return [*opening, *mentioned(as_made([*current, *turn.new]), before + len(asked.media))]

        context = ToolContext(self.owner, turn.language, material.now, turn.cancel, medium)
        calling = Calling(self.tools, context, self.keeper, self.standing, turn.tainted)
        calling.remember(current)
        if pending:
            decided = [call for call in pending if call.id in decisions]
            yield from self._call(turn, calling, decided, decisions)
            if len(decided) < len(pending):
                yield turn.finish("cancelled" if turn.cancel.is_set() else "approval")
                return
        note: Sequence[Message] = ()
        asked_again = False
        earlier_steps = sum(bool(each.calls) for each in current)
        while earlier_steps + turn.steps < self.limits.steps and not calling.spent and not self._over_budget(turn):
            mixed_up = self._mixes_up(turn, calling)
            silent = mixed_up or (not pending and self._distrusts(turn, calling, quotes))
            step = yield from self._step(turn, [*so_far(), *note], specs, options, silent=silent)
            if turn.cancel.is_set():
                yield from self._cancelled(turn)
                return
            if silent and quotes and not mixed_up and not turn.calls:
                yield from self._quote(turn, history)
                return
            calls = calling.distinct(turn.calls, [*current, *turn.new])
            note = (yield from self._ask_again(turn, step, specs, calls)) if step.unread and not asked_again else ()
            asked_again = asked_again or bool(note)
            if note and not calls:
                continue
            if not calls:
                yield from self._close(turn, calling, "answered", unread=bool(step.unread))
                return
            yield turn.complete(self._message(turn, calls))
            waiting = calling.waiting(calls)
            yield from self._call(turn, calling, [call for call in calls if call not in waiting], {})
            if waiting:
                yield turn.finish("approval")
                return
        if not pending and self._distrusts(turn, calling, quotes):
            yield from self._quote(turn, history) if quotes else self._close(turn, calling, "answered", unread=bool(step.unread))
            return
        if self._mixes_up(turn, calling):
            yield from self._close(turn, calling, "answered")
            return
        # More calls would bring nothing new: what is there is what the answer is made of.
        step = yield from self._step(turn, so_far(), specs, replace(options, tool_choice="none"))
        if turn.cancel.is_set():
            yield from self._cancelled(turn)
            return
        yield from self._close(turn, calling, "answered" if turn.text.strip() else "step_limit", unread=bool(step.unread))

    def _offer(self, turn: Turn, message: str, history: Sequence[Message]) -> Generator[Event, None, Sequence[ToolSpec]]:
        """The few tools that the model is shown: those always offered, and those used last, for "and tomorrow?" names none."""
        if not turn.info.tools:
            yield ToolsFound(())
            return []
        limit = self.limits.offered_tools
        tools = self._fit(turn.info)
        found = tools.find(message, limit + _ALSO_SHOWN, last_used(history))
        scores = [(tool.spec.name, score) for tool, score in found]
        always = tuple(name for name, _ in scores[:limit] if name in tools.always)
        yield ToolsFound(tuple(scores[:limit]), tuple(scores[limit:]), always)
        turn.tainted = turn.tainted or any(tool.unread for tool, _ in found[:limit])
        return [tool.spec for tool, _ in found[:limit]]

    def _distrusts(self, turn: Turn, calling: Calling, quotes: bool) -> bool:
        """Whether the model's words are left out: with `quotes` passages are better, and what no call gave it makes up."""
        return calling.fruitless and (quotes or (bool(calling.tried) and not turn.info.grounding))

    def _mixes_up(self, turn: Turn, calling: Calling) -> bool:
        """Whether what the tools gave is better shown than retold: of several values a small model takes the wrong one."""
        return _is_small(turn.info) and prepared.gave_data(calling.tried)

    def _step(
        self,
        turn: Turn,
        messages: Sequence[Message],
        specs: Sequence[ToolSpec],
        options: GenerationOptions,
        *,
        silent: bool = False,
    ) -> Generator[Event, None, Step]:
        """One model call; what it wrote is left in `turn`. A `silent` one is left at the first word that is no call."""
        step = turn.begin_step()
        yield from self._stream(turn, step, messages, specs, options, silent)
        yield turn.end_step(step)
        return step

    def _stream(
        self,
        turn: Turn,
        step: Step,
        messages: Sequence[Message],
        specs: Sequence[ToolSpec],
        options: GenerationOptions,
        silent: bool,
    ) -> Iterator[Event]:
        guard = Unrepeated() if _is_small(turn.info) else None
        citing = Citations(turn.hits) if self.persona.collections else None
        for chunk in self.model.stream(messages, specs, options, turn.cancel):
            match chunk:
                case PromptChunk(text):
                    step.prompt = text
                case TextChunk(text):
                    if silent:
                        return
                    shown = guard.feed(text) if guard else text
                    if shown := citing.feed(shown) if citing else shown:
                        yield turn.add_text(shown)
                    if is_looping(turn.text) or (guard and guard.looping):
                        # A model that is left before its end does not say what it took.
                        step.usage += Usage(completion_tokens=self.model.count_tokens(turn.text))
                        break
                case ThinkingChunk(text, unread):
                    step.unread += text if unread else ""
                    yield turn.add_thinking(text)
                case CallChunk(call):
                    turn.calls.append(call)
                case UsageChunk(usage):
                    step.usage += usage
            if turn.cancel.is_set():
                break
        if citing and (rest := citing.finish()):
            yield turn.add_text(rest)

    def _ask_again(
        self, turn: Turn, step: Step, specs: Sequence[ToolSpec], calls: Sequence[ToolCall]
    ) -> Generator[Event, None, Sequence[Message]]:
        """What the model is told, in the next step alone, when it wrote a call that cannot be read."""
        told_so = Message("user", prepared.about_unread(turn.language, step.unread, specs))
        if not calls and not turn.text.strip():
            return Message("assistant", step.unread[:_UNREAD_SHOWN]), told_so
        if not calls:
            yield turn.complete(self._message(turn))
        return (told_so,)

    def _call(
        self, turn: Turn, calling: Calling, calls: Sequence[ToolCall], decisions: Mapping[str, Decision]
    ) -> Iterator[Event]:
        """Make calls and keep their results as messages, in the order of the calls."""
        results = {}
        for event in calling.make(calls, decisions):
            if isinstance(event, ToolFinished):
                results[event.result.call_id] = event.result
            yield event
        turn.tainted = calling.tainted
        for call in calls:
            yield turn.complete(Message("tool", results[call.id].text, result=results[call.id]))

    def _message(self, turn: Turn, calls: Sequence[ToolCall] = ()) -> Message:
        return Message("assistant", turn.text, turn.thinking, tuple(calls), sources=quoting.cited(turn.text, turn.hits))

    def _close(self, turn: Turn, calling: Calling, reason: Reason, *, unread: bool = False) -> Iterator[Event]:
        """End with what the model wrote, or, where that is nothing, with what the tools gave; `unread` is for `without_words`."""
        if not turn.text.strip() and self._mixes_up(turn, calling):
            yield turn.add_text(prepared.as_given(turn.language, calling.tried, self.tools))
        elif not turn.text.strip():
            yield turn.add_text(prepared.without_words(turn.language, calling.tried, self.tools, unread=unread))
        elif turn.info.reads_excerpts and turn.hits and (not calling.tried or quoting.cited(turn.text, turn.hits)):
            yield turn.add_text("\n\n" + quoting.evidence(self.persona, turn.language, turn.text, turn.hits[0]))
        yield turn.complete(self._message(turn))
        yield turn.finish(reason)

    def _cancelled(self, turn: Turn) -> Iterator[Event]:
        yield from self._break_off(turn)
        yield turn.finish("cancelled")

    def _over_budget(self, turn: Turn) -> bool:
        return time.monotonic() - turn.started > self.limits.seconds or turn.usage.completion_tokens > self.limits.tokens

    def _break_off(self, turn: Turn) -> Iterator[Event]:
        """Keep what was written when a turn ends before its answer does."""
        if turn.step:
            yield turn.end_step(turn.step)
        if turn.text.strip():
            sources = quoting.cited(turn.text, turn.hits)
            yield turn.complete(Message("assistant", turn.text, turn.thinking, sources=sources, interrupted=True))


_ALSO_SHOWN = 5  # tools that were considered and are not put before the model; whoever follows the turn sees them
_UNREAD_SHOWN = 400  # characters that a model sees of its own broken call; more of one that went round in circles misleads
_SMALL_TOKENS = 200
_SMALL_PASSAGES = 1  # of three it mixes up the sentences, and search puts the right one first in 96 of 100 questions
_SMALL_TEMPERATURE = 0.4  # cooler it loops, warmer it rambles


def _is_small(info: ModelInfo) -> bool:
    return not info.grounding or info.excerpt_tokens > 0


def _options(persona: Persona, info: ModelInfo) -> GenerationOptions:
    generation = persona.generation
    if not _is_small(info):
        return GenerationOptions(generation.max_tokens, generation.temperature, generation.top_p)
    # A small model that is given room and warmth loses its thread.
    return GenerationOptions(
        min(generation.max_tokens, _SMALL_TOKENS), min(generation.temperature, _SMALL_TEMPERATURE), generation.top_p
    )
