"""The calls of one turn: which of them are run, what each gave, and when calling on would bring nothing new.

A call that cannot run gets the reasons as its failed result, so that the model may mend it; what fails twice in the same way, and
a step that only asks what was asked before, spend the turn's calls. A call beside its own twin is made once. What this does not
allow: asking a tool the same twice in the hope of another answer, unless a call that changes something lies between.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from assistant.events import Event, ToolFinished, ToolStarted
from assistant.keeping import Keeper, keep_all
from assistant.messages import Message, ToolCall, ToolResult
from common.errors import ArgumentsInvalid, HearthError, ToolDenied, ToolError
from tools.base import ToolContext
from tools.registry import ToolSnapshot
from tools.runner import run_all
from tools.validation import check

_SHOWN = 400  # characters of an earlier result that a repeated call is answered with

Failure = tuple[str, str]
"""A tool and how it failed: two that are equal are the same failure."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A call and what it gave; `failure` for one that gave nothing."""

    call: ToolCall
    result: ToolResult
    failure: Failure | None = None


@dataclass(slots=True)
class Calling:
    """What a turn calls; `spent` is set when it should call no more, `tried` is every call and its result, without repeats."""

    tools: ToolSnapshot
    context: ToolContext
    keeper: Keeper
    spent: bool = False
    tried: list[Tried] = field(default_factory=list)
    _made: dict[str, Tried] = field(default_factory=dict)

    @property
    def fruitless(self) -> bool:
        """Whether no call was made, or none of them worked."""
        return all(tried.result.failed for tried in self.tried)

    def remember(self, messages: Sequence[Message]) -> None:
        """Take the calls that a turn had made before it waited for a person."""
        calls = {call.id: call for message in messages for call in message.calls}
        for message in messages:
            call = calls.get(message.result.call_id) if message.result else None
            if call and message.result and _identity(call) not in self._made:
                self._note(call, message.result, self._problem(call))

    def distinct(self, calls: Sequence[ToolCall], earlier: Sequence[Message]) -> tuple[ToolCall, ...]:
        """Each call once, with an id that no call of this turn had: some servers count from one in every answer."""
        taken = {call.id for message in earlier for call in message.calls}
        kept: dict[str, ToolCall] = {}
        for call in calls:
            id, count = call.id, 1
            while id in taken:
                count += 1
                id = f"{call.id}-{count}"
            if kept.setdefault(_identity(call), replace(call, id=id)).id == id:
                taken.add(id)
        return tuple(kept.values())

    def waiting(self, calls: Sequence[ToolCall]) -> tuple[ToolCall, ...]:
        """Those that a person must allow first; a call that cannot run, or was made before, is nobody's decision."""
        return tuple(
            call for call in calls if _identity(call) not in self._made and not self._problem(call) and not self._only_reads(call)
        )

    def make(self, calls: Sequence[ToolCall], decisions: Mapping[str, bool]) -> Iterator[Event]:
        """Run calls made together, together; one that may not or cannot be run gets its result too, at once."""
        before = {tried.failure for tried in self.tried if tried.failure}
        noted, failures = len(self.tried), list[Failure]()
        runnable: dict[str, ToolCall] = {}
        for call in calls:
            yield ToolStarted(call)
            if earlier := self._made.get(_identity(call)):
                failures += [earlier.failure] if earlier.failure else []
                yield ToolFinished(self._repeated(call, earlier.result), 0.0)
            elif problem := self._problem(call) or self._refusal(call, decisions):
                result = ToolResult(call.id, call.name, problem.sentence(self.context.language), failed=True)
                self._note(call, result, problem)
                yield ToolFinished(result, 0.0)
            else:
                runnable[call.id] = call
        ready = [(call.id, self.tools[call.name], call.arguments) for call in runnable.values()]
        for call_id, output, seconds in run_all(ready, self.context):
            call = runnable[call_id]
            media, notes = keep_all(output.media, self.keeper, self.context)
            result = ToolResult(call_id, call.name, "\n".join([output.text, *notes]), output.failed, media)
            self._note(call, result)
            yield ToolFinished(result, seconds)
        new = self.tried[noted:]
        failures += [tried.failure for tried in new if tried.failure]
        self.spent = not new or any(failure in before for failure in failures)

    def _problem(self, call: ToolCall) -> HearthError | None:
        """Why a call cannot run, worded for the model and for whoever reads along."""
        if call.name not in self.tools:
            names = ", ".join(self.tools) or "-"
            return ToolDenied(
                f"There is no tool {call.name!r}. The tools are: {names}.", f"没有工具 {call.name!r}。可用的工具：{names}。"
            )
        try:
            check(call.name, self.tools[call.name].spec.parameters, call.arguments)
        except ToolError as error:
            return error
        return None

    def _refusal(self, call: ToolCall, decisions: Mapping[str, bool]) -> HearthError | None:
        if self._only_reads(call) or decisions.get(call.id, False):
            return None
        return ToolDenied(
            "The user refused this call: it was not made, and is not to be made again. Say so.",
            "用户拒绝了这次调用：没有执行，也不要再次调用。请说明这一点。",
        )

    def _repeated(self, call: ToolCall, earlier: ToolResult) -> ToolResult:
        gave = earlier.text if len(earlier.text) <= _SHOWN else earlier.text[:_SHOWN] + "…"
        text = self.context.say(
            f"This very call was made before and is not made again. It gave: {gave}",
            f"同样的调用已经做过，不再重复。它的结果是：{gave}",
        )
        return ToolResult(call.id, call.name, text, earlier.failed)

    def _note(self, call: ToolCall, result: ToolResult, problem: HearthError | None = None) -> None:
        if not result.failed and not self._only_reads(call):
            # What may have changed may be read again.
            self._made = {key: tried for key, tried in self._made.items() if not self._only_reads(tried.call)}
        tried = Tried(call, result, self._failure(call, result, problem) if result.failed else None)
        self._made[_identity(call)] = tried
        self.tried.append(tried)

    def _failure(self, call: ToolCall, result: ToolResult, problem: HearthError | None) -> Failure:
        if call.name not in self.tools:
            return "", "unknown"
        return call.name, "invalid" if isinstance(problem, ArgumentsInvalid) else result.text

    def _only_reads(self, call: ToolCall) -> bool:
        return call.name not in self.tools or self.tools[call.name].risk == "reads"


def _identity(call: ToolCall) -> str:
    return f"{call.name} {json.dumps(dict(call.arguments), sort_keys=True, ensure_ascii=False, default=str)}"
