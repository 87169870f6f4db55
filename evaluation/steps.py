"""What the tasks over dialogues share: what came of a wanted call, and figures that only some of the cases have."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evaluation.metrics import percent
from evaluation.overlap import call_f1, same
from evaluation.task import Call, Case, Judged, Reply


def first(reply: Reply) -> Call | None:
    """The call that counts where one is wanted."""
    return reply.calls[0] if reply.calls else None


def call_failure(case: Case, reply: Reply, name: str, arguments: Mapping[str, Any] | None) -> str:
    """What is wrong with the first call, "" where nothing is; `arguments` None takes any."""
    if reply.missing:
        return reply.missing
    if reply.unreadable:
        return "unreadable call"
    call = first(reply)
    if not call:
        return "no call"
    if call[0] not in (tool.name for tool in case.tools):
        return "unknown tool"
    if call[0] != name:
        return "wrong tool"
    return "" if arguments is None or same(call[1], arguments) else "wrong arguments"


def call_figures(reply: Reply, name: str, arguments: Mapping[str, Any] | None) -> dict[str, float]:
    """Whether anything was called, whether the right tool, and the overlap of the arguments where these are known."""
    call = first(reply)
    figures = {"called": float(call is not None), "action": float(call is not None and call[0] == name)}
    if arguments is not None:
        figures["argument F1"] = call_f1(call, (name, arguments))
    return figures


def means(judged: Iterable[Judged], names: Sequence[str], prefix: str = "") -> dict[str, float]:
    """The mean of each figure over the cases that have it, in percent; a figure that none has is left out."""
    found: dict[str, list[float]] = {name: [] for name in names}
    for one in judged:
        for name in names:
            if name in one.mark.figures:
                found[name].append(one.mark.figures[name])
    return {prefix + name: percent(values) for name, values in found.items() if values}
