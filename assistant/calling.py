"""The calls of one turn: which of them are run, what each gave, and when calling on would bring nothing new.

A call that cannot run gets the reasons as its failed result, so that the model may mend it; what fails twice in the same way, and
a step that only asks what was asked before, spend the turn's calls. A call beside its own twin is made once, and of very many in
one message only the first. Which calls wait for the maker is said in `assistant.consent`. What this does not allow: asking a tool
the same twice in the hope of another answer, unless a call that changes something lies between.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from assistant.access import MAKER
from assistant.consent import Consent, Decision, consent
from assistant.events import Event, ToolFinished, ToolStarted
from assistant.history import as_made
from assistant.keeping import Keeper, keep_all
from assistant.messages import Message, ToolCall, ToolResult
from common.errors import ArgumentsInvalid, HearthError, ToolDenied, ToolError
from tools.base import Tool, ToolContext, ToolOutput
from tools.registry import ToolSnapshot
from tools.runner import run_all
from tools.validation import check

_SHOWN = 400  # characters of an earlier result that a repeated call is answered with
_TOGETHER = 16  # calls of one message that are made

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
    """What a turn calls; `spent` is set when it should call no more, `tried` is every call and its result, without repeats.

    `standing` says which tools the maker has allowed to this persona for good. `tainted` is that of the turn, which a reply from
    outside this machine sets as well: nothing ever takes it back.
    """

    tools: ToolSnapshot
    context: ToolContext
    keeper: Keeper
    standing: Callable[[Tool], bool]
    tainted: bool = False
    spent: bool = False
    tried: list[Tried] = field(default_factory=list)
    _made: dict[str, Tried] = field(default_factory=dict)

    @property
    def fruitless(self) -> bool:
        """Whether no call was made, or none of them worked."""
        return all(tried.result.failed for tried in self.tried)

    def remember(self, messages: Sequence[Message]) -> None:
        """Take the calls that a turn had made before it waited for a person."""
        asked = {call.id: call for message in messages for call in message.calls}
        calls = {call.id: call for message in as_made(messages) for call in message.calls}
        for message in messages:
            call = calls.get(message.result.call_id) if message.result else None
            if call and message.result and _identity(call) not in self._made:
                self._note(call, asked[call.id], message.result, self._problem(call))

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
        return tuple(kept.values())[:_TOGETHER]

    def waiting(self, calls: Sequence[ToolCall]) -> tuple[ToolCall, ...]:
        """Those that the maker must allow first; a call that cannot run, or was made before, is nobody's decision."""
        return tuple(
            call
            for call in calls
            if _identity(call) not in self._made and not self._problem(call) and self._consent(call) == "ask"
        )

    def make(self, calls: Sequence[ToolCall], decisions: Mapping[str, Decision]) -> Iterator[Event]:
        """Run calls made together, together; one that may not or cannot be run gets its result too, at once.

        A call that was decided on is made with the arguments of the decision.
        """
        before = {tried.failure for tried in self.tried if tried.failure}
        noted, failures = len(self.tried), list[Failure]()
        runnable: dict[str, ToolCall] = {}
        asked = {call.id: call for call in calls}
        for call in (_as_decided(call, decisions.get(call.id)) for call in calls):
            yield ToolStarted(call)
            if earlier := self._made.get(_identity(call)):
                failures += [earlier.failure] if earlier.failure else []
                yield ToolFinished(self._repeated(call, earlier.result), 0.0)
            elif problem := self._problem(call) or self._refusal(call, decisions):
                result = ToolResult(call.id, call.name, problem.sentence(self.context.language), failed=True)
                self._note(call, asked[call.id], result, problem)
                yield ToolFinished(result, 0.0)
            else:
                runnable[call.id] = call
        ready = [(call.id, self.tools[call.name], call.arguments) for call in runnable.values()]
        for call_id, output, seconds in run_all(ready, self.context):
            call = runnable[call_id]
            self.tainted = self.tainted or self.tools[call.name].sends or self.tools[call.name].untrusted
            media, notes = keep_all(output.media, self.keeper, self.context)
            output = replace(output, text="\n".join([output.text, *notes]))
            result = replace(self._result(call, asked[call_id], output), media=media)
            self._note(call, asked[call_id], result)
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

    def _consent(self, call: ToolCall) -> Consent:
        maker = self.context.owner == MAKER.owner
        return consent(self.tools[call.name], tainted=self.tainted, maker=maker, standing=self.standing)

    def _refusal(self, call: ToolCall, decisions: Mapping[str, Decision]) -> HearthError | None:
        needed, decision = self._consent(call), decisions.get(call.id)
        if needed == "never":
            return ToolDenied(
                "Only the owner of this page may have this call made: it was not made, and is not to be made again. Say so.",
                "只有本页面的主人可以执行这次调用：没有执行，也不要再次调用。请说明这一点。",
            )
        if decision.allowed if decision else needed == "free":
            return None
        return ToolDenied(
            "The user refused this call: it was not made, and is not to be made again. Say so.",
            "用户拒绝了这次调用：没有执行，也不要再次调用。请说明这一点。",
        )

    def _result(self, call: ToolCall, asked: ToolCall, output: ToolOutput) -> ToolResult:
        """What the call gave, and, where a person changed what was asked for, that they did."""
        if call is asked:
            return ToolResult(call.id, call.name, output.text, output.failed)
        given = json.dumps(dict(call.arguments), ensure_ascii=False)
        told = self.context.say(
            f"[The user changed the arguments of this call before allowing it: {given}]",
            f"[用户在许可前改过这次调用的参数：{given}]",
        )
        return ToolResult(call.id, call.name, f"{told}\n{output.text}", output.failed, arguments=call.arguments)

    def _repeated(self, call: ToolCall, earlier: ToolResult) -> ToolResult:
        gave = earlier.text if len(earlier.text) <= _SHOWN else earlier.text[:_SHOWN] + "…"
        text = self.context.say(
            f"This very call was made before and is not made again. It gave: {gave}",
            f"同样的调用已经做过，不再重复。它的结果是：{gave}",
        )
        return ToolResult(call.id, call.name, text, earlier.failed)

    def _note(self, call: ToolCall, asked: ToolCall, result: ToolResult, problem: HearthError | None = None) -> None:
        if not result.failed and not self._only_reads(call):
            # What may have changed may be read again.
            self._made = {key: tried for key, tried in self._made.items() if not self._only_reads(tried.call)}
        tried = Tried(call, result, self._failure(call, result, problem) if result.failed else None)
        # Nor is what the maker changed asked for again as it was.
        self._made[_identity(call)] = self._made[_identity(asked)] = tried
        self.tried.append(tried)

    def _failure(self, call: ToolCall, result: ToolResult, problem: HearthError | None) -> Failure:
        if call.name not in self.tools:
            return "", "unknown"
        return call.name, "invalid" if isinstance(problem, ArgumentsInvalid) else result.text

    def _only_reads(self, call: ToolCall) -> bool:
        return call.name not in self.tools or self.tools[call.name].risk == "reads"


def _as_decided(call: ToolCall, decision: Decision | None) -> ToolCall:
    if decision is None or not decision.allowed or decision.arguments is None:
        return call
    return replace(call, arguments=decision.arguments)


def _identity(call: ToolCall) -> str:
    return f"{call.name} {json.dumps(dict(call.arguments), sort_keys=True, ensure_ascii=False, default=str)}"
