"""Calls that wait for the maker: which they are, how long they can be allowed, and the turn that goes on once they are decided.

Everything is read from the conversation, so that it is the same after a reload and after a restart. Nothing is run here, and no
decision is kept: what a call gave is in the messages of the turn.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.access import Identity
from assistant.agent import Agent
from assistant.branches import Placed
from assistant.consent import Decision, may_stand
from assistant.conversations import no_longer_waits
from assistant.events import Event
from assistant.history import pending_calls, split
from assistant.messages import ToolCall
from assistant.models.base import Cancel
from common.errors import ConversationError, ToolDenied
from tools.base import Tool
from tools.permissions import Permissions, digest
from tools.validation import check

WAITS_S = 86_400.0
"""How long a call that waits can be allowed, in seconds: what was right to do may be wrong the day after."""

Started = Callable[[str], float | None]
"""When a run began, in seconds since 1970; None for one that is not there."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The calls that wait at the end of a branch.

    `tainted` says whether text that is not trusted was read in their turn, `stale` that they have waited too long to be allowed.
    """

    calls: tuple[ToolCall, ...]
    tainted: bool
    stale: bool


def waiting(path: Sequence[Placed], started: Started) -> Waiting:
    """What waits at the end of a branch; no calls where nothing does."""
    messages = [placed.message for placed in path]
    calls = pending_calls(messages)
    if not calls:
        return Waiting((), tainted=False, stale=False)
    asked = next(placed for placed in reversed(path) if placed.message.calls)
    # A call that no run of ours wrote came with a file: nobody ever asked for it here.
    began = started(asked.run) if asked.run else None
    tainted = any(message.tainted for message in split(messages)[1])
    return Waiting(calls, tainted, stale=began is None or time.time() - began > WAITS_S)


def resumed(
    identity: Identity,
    agent: Agent,
    path: Sequence[Placed],
    decisions: Mapping[str, Decision],
    started: Started,
    permissions: Permissions,
) -> Callable[..., Iterator[Event]]:
    """The turn at the end of `path`, to go on with the decisions; a permission for good is given when it does.

    Raises `ToolDenied` for whoever is no maker, `ConversationError` where a call does not wait, cannot be allowed any more or is
    of a tool that is another since, and `ArgumentsInvalid` for changed arguments that the tool does not take.
    """
    if not identity.maker:
        raise ToolDenied("Only the owner of this page may decide on calls.", "只有本页面的主人可以决定是否执行调用。")
    found = waiting(path, started)
    calls = {call.id: call for call in found.calls}
    if not decisions or decisions.keys() - calls.keys():
        raise no_longer_waits()
    if found.stale and any(decision.allowed for decision in decisions.values()):
        raise ConversationError(
            "This call has waited for too long and can no longer be allowed. Ask for it again if you still want it.",
            "这个调用等待太久，已不能再许可。如果仍然需要，请重新提出。",
        )
    lasting = list[Tool]()
    for id, decision in decisions.items():
        tool = agent.tools.get(calls[id].name)
        if tool is None:
            continue  # it is gone since, or off: that is what the call will be answered with
        if decision.allowed and decision.tool not in (None, digest(tool)):
            raise _another(tool)
        if decision.allowed and decision.arguments is not None:
            check(tool.spec.name, tool.spec.parameters, decision.arguments)
        if decision.allowed and decision.always:
            if not may_stand(tool, tainted=found.tainted):
                raise _only_once(tool)
            lasting.append(tool)

    def turn(*, language: str, cancel: Cancel) -> Iterator[Event]:
        for tool in lasting:
            permissions.give(agent.persona.id, tool)
        history = [placed.message for placed in path]
        yield from agent.run("", history, language=language, cancel=cancel, decisions=decisions)

    return turn


def _another(tool: Tool) -> ConversationError:
    name = tool.spec.name
    return ConversationError(
        f"The tool {name!r} was changed since you were asked, so this call was not made. Look at it and decide again.",
        f"在询问你之后，工具 {name!r} 被改过，所以没有执行这次调用。请重新查看后再决定。",
    )


def _only_once(tool: Tool) -> ConversationError:
    if tool.risk == "spends":
        return ConversationError(
            "A call that costs money is allowed once at a time. Press “Allow once”.",
            "会花钱的调用每次都要单独许可。请按“只允许这次”。",
        )
    return ConversationError(
        "This call can be allowed once, and not for good: text that you have not marked as trusted was read before it.",
        "这个调用只能许可一次，不能设为总是允许：在它之前读到了你没有标为可信的内容。",
    )
