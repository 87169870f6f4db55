"""Seal-Tools: whether the calls that a request needs are made, by its own figures (arXiv 2405.08355, section 5.1).

A request comes with the tools that its gold calls use and some others, drawn and mixed by the seed. Counted over all requests
together: the tools called (P, R, F1), and the parameters given as (tool, parameter, value as text). Each gold call is matched
once; the paper's script counts a tool again when it is called again, and compares a repeated tool with its first gold call only.
Requests whose later calls take the result of an earlier one are left out: nothing is run here that could give it.
"""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from assistant.messages import Message
from evaluation.metrics import percent
from evaluation.readers.sealtools import Request, read_requests, read_tools
from evaluation.task import Call, Case, Exam, Judged, Mark, Options, Reply, empty_call, never_call, right_tool
from tools.base import ToolSpec

_SPLIT = "test_out_domain"
_DISTRACTORS = 3


def prepare(options: Options) -> Exam:
    """Raises `HearthError` for a folder without tools or without the split."""
    tools = read_tools(options.data)
    requests = read_requests(options.data, options.split or _SPLIT)
    asked = [request for request in requests if not request.nested]
    return Exam(
        task="sealtools",
        cases=[case(request, tools, options.seed) for request in asked],
        judge=judge,
        metrics=metrics,
        primary_metric="parameter F1",
        floors={
            "never call": never_call,
            "call the first tool, no arguments": empty_call,
            "right tool, no arguments": right_tool(lambda case: [name for name, _ in case.gold]),
            "call every tool, no arguments": lambda case: Reply(calls=tuple((tool.name, {}) for tool in case.tools)),
        },
        settings={
            "split": options.split or _SPLIT,
            "distractors": _DISTRACTORS,
            "left_out": {"calls that take an earlier result": len(requests) - len(asked)},
        },
    )


def case(request: Request, tools: Mapping[str, ToolSpec], seed: int) -> Case:
    """A request with its tools among others; which ones depends on the seed and the request alone."""
    chance = random.Random(f"{seed} {request.id}")
    needed = {name for name, _ in request.calls}
    others = chance.sample([name for name in tools if name not in needed], min(_DISTRACTORS, len(tools) - len(needed)))
    offered = sorted(needed) + others
    chance.shuffle(offered)
    return Case(request.id, (Message("user", request.text),), tuple(tools[name] for name in offered), request.calls)


def judge(case: Case, reply: Reply) -> Mark:
    """The mark with the counts that the figures add up: given, wanted and right tools, and the same of parameters."""
    gold: Sequence[Call] = case.gold
    given, wanted = Counter(name for name, _ in reply.calls), Counter(name for name, _ in gold)
    parameters, needed = Counter(_parameters(reply.calls)), Counter(_parameters(gold))
    figures = {
        "tools given": given.total(),
        "tools wanted": wanted.total(),
        "tools right": (given & wanted).total(),
        "parameters given": parameters.total(),
        "parameters wanted": needed.total(),
        "parameters right": (parameters & needed).total(),
    }
    if reply.missing:
        return Mark(False, reply.missing, figures)
    if not reply.calls:
        return Mark(False, "unreadable call" if reply.unreadable else "no call", figures)
    if given != wanted:
        return Mark(False, "wrong tools", figures)
    return Mark(parameters == needed, "" if parameters == needed else "wrong parameters", figures)


def metrics(judged: Sequence[Judged]) -> Mapping[str, float]:
    """`format`: replies with calls that can be read; P, R and F1 of tools and parameters; `exact`: all calls right."""
    figures = {"format": percent(bool(one.reply.calls) for one in judged), "exact": percent(one.mark.right for one in judged)}
    for kind, short in (("tools", "tool"), ("parameters", "parameter")):
        right, given, wanted = (
            sum(one.mark.figures[f"{kind} {part}"] for one in judged) for part in ("right", "given", "wanted")
        )
        figures[f"{short} P"] = round(100 * right / given, 2) if given else 0.0
        figures[f"{short} R"] = round(100 * right / wanted, 2) if wanted else 0.0
        figures[f"{short} F1"] = round(200 * right / (given + wanted), 2) if given + wanted else 0.0
    return figures


def _parameters(calls: Iterable[Call]) -> Iterable[tuple[str, str, str]]:
    return ((name, key, _text(value)) for name, arguments in calls for key, value in arguments.items())


def _text(value: Any) -> str:
    """The value as the data set's script compares it: Python's own way to write it."""
    return str(value)
