"""Seal-Tools as conversations: a request, the tools it needs among others, and one message with its calls.

What is measured later must not be seen here: beside the tools that the chosen splits' own requests call, a distractor comes
from a field that no tool of `test_out_domain` belongs to. Calls that take another call's result ("API_call_0") have none to take
in this data and are left out, as are the few calls that their own tool's schema refuses.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle, islice
from pathlib import Path

from assistant.messages import Message
from assistant.models.unstated import Said
from common.errors import HearthError
from evaluation.readers.arguments import typed
from evaluation.readers.sealtools import Request, read_fields, read_requests, read_tools
from evaluation.task import Call
from tools.base import ToolSpec
from training.conversation import Conversation
from training.readers.values import calls_message, drawn, offered, refusal, valid

KEPT = "test_out_domain"
"""The split that models are measured on."""

_UNRELATED = (1, 3)


def sealtools(
    folder: Path,
    splits: Sequence[str],
    *,
    seed: int,
    distractors: tuple[int, int] = (0, 4),
    negatives: float = 0.15,
    stated_only: bool = False,
) -> list[Conversation]:
    """Each request of the splits as a conversation ("sealtools"), and further ones in which the right tools are missing.

    `distractors` is the least and the most that stand beside the right tools; of all conversations, the share `negatives`
    (from 0, below 1) are requests again, with one to three tools of other fields in view and a refusal in words
    ("sealtools/negative"). `stated_only` takes optional arguments that the request does not bear out from its calls, and leaves
    out requests whose calls need one: they teach to make values up. The order and every choice follow from `seed`. Raises
    `HearthError` where the folder has no such split, or where the split is the one to measure on.
    """
    if KEPT in splits:
        raise HearthError(
            f"{KEPT!r} is what models are measured on, so it is not trained on. Name other splits, such as 'dev'.",
            f"{KEPT!r} 是用来评测的，不能用于训练。请改用其他部分，例如 'dev'。",
        )
    tools, fields = read_tools(folder), read_fields(folder)
    requests = [request for split in splits for request in read_requests(folder, split)]
    library = _library(requests, read_requests(folder, KEPT), tools, fields)
    chance = random.Random(seed)
    usable = [(request, calls) for request in requests if (calls := _calls(request, tools))]
    if stated_only:
        usable = [(request, kept) for request, calls in usable if (kept := _stated(calls, request.text, tools))]
    said = [_answered(request, calls, tools, library, distractors, chance) for request, calls in usable]
    again = [request for request, _ in usable]
    chance.shuffle(again)
    count = round(len(usable) * negatives / (1 - negatives))
    said += [_refused(request, library, fields, chance) for request in islice(cycle(again), count)]
    chance.shuffle(said)
    return said


def _library(
    requests: Iterable[Request], kept: Iterable[Request], tools: Mapping[str, ToolSpec], fields: Mapping[str, str]
) -> list[ToolSpec]:
    """The tools that may stand beside others."""
    known = {name for request in requests for name, _ in request.calls}
    closed = _measured_fields(kept, fields)
    return [tool for name, tool in tools.items() if name in known or fields[name] not in closed]


def unseen_tools(folder: Path) -> list[ToolSpec]:
    """The tools of all fields that no tool of the measured requests belongs to. Raises `HearthError`."""
    fields = read_fields(folder)
    closed = _measured_fields(read_requests(folder, KEPT), fields)
    return [tool for name, tool in read_tools(folder).items() if fields[name] not in closed]


def _measured_fields(kept: Iterable[Request], fields: Mapping[str, str]) -> set[str]:
    return {fields[name] for request in kept for name, _ in request.calls if name in fields}


def _calls(request: Request, tools: Mapping[str, ToolSpec]) -> list[Call]:
    """The request's calls with typed arguments; none where a call is nested, names no tool, or does not fit its schema."""
    if request.nested or any(name not in tools for name, _ in request.calls):
        return []
    calls: list[Call] = [(name, typed(arguments, tools[name].parameters)) for name, arguments in request.calls]
    return calls if all(valid(tools[name], arguments) for name, arguments in calls) else []


def _stated(calls: Sequence[Call], text: str, tools: Mapping[str, ToolSpec]) -> list[Call]:
    """The calls with what the request bears out; none where that is not enough for one of them."""
    said = Said([Message("user", text)])
    kept: list[Call] = [
        (name, {key: value for key, value in arguments.items() if said.bears_out(value)}) for name, arguments in calls
    ]
    return kept if all(valid(tools[name], arguments) for name, arguments in kept) else []


def _answered(
    request: Request,
    calls: Sequence[Call],
    tools: Mapping[str, ToolSpec],
    library: Sequence[ToolSpec],
    distractors: tuple[int, int],
    chance: random.Random,
) -> Conversation:
    needed = [tools[name] for name in dict.fromkeys(name for name, _ in calls)]
    view = offered(needed, library, distractors, chance)
    return Conversation.of("sealtools", (Message("user", request.text), calls_message(calls)), view)


def _refused(request: Request, library: Sequence[ToolSpec], fields: Mapping[str, str], chance: random.Random) -> Conversation:
    near = {_area(fields[name]) for name, _ in request.calls}
    others = [tool for tool in library if _area(fields[tool.name]) not in near]
    view = tuple(drawn(others, chance.randint(*_UNRELATED), chance))
    return Conversation.of(
        "sealtools/negative", (Message("user", request.text), Message("assistant", refusal(view, chance))), view
    )


def _area(field: str) -> str:
    """The wide half of a field such as "Chemical Engineering/Forensic engineering"."""
    return field.split("/")[0]
