"""API-Bank (Li et al. 2023, arXiv 2304.08244): dialogues with calls and their results, on two levels.

A folder holds `lv1-lv2-samples/level-1-given-desc` and `level-2-toolsearcher`, a file of turns per dialogue, and
`data/all_apis.csv`. On level 1 the APIs of the dialogue are in view; on level 2 only `ToolSearcher`, and from then on what it has
found. The parameters of an API are those that the search returns or, without it, those of the table; all of them are required,
for no signature there has an optional one. Where that is of another version of the API than the dialogues, which then pass what
it does not know, the names of the parameters are taken from the dialogues and none is required: `from_calls` says of which APIs.
Values, all of them text in the files, get the types of the schema.
"""

import ast
import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.messages import Message, ToolCall, ToolResult
from common.errors import HearthError
from evaluation.readers.arguments import typed
from evaluation.readers.dialogue import TYPES, Dialogue, objects, schema, unreadable
from tools.base import ToolSpec

FORM = "API-Bank"
SEARCHER = ToolSpec(
    "ToolSearcher",
    "Searches for relevant tools in library based on the keywords.",
    schema({"keywords": {"type": "string", "description": "The keyword to search for."}}, ["keywords"]),
)
LEVELS = {"level 1": "level-1-given-desc", "level 2": "level-2-toolsearcher"}

_Turns = Sequence[Mapping[str, Any]]


def read_levels(folder: Path) -> dict[str, list[Dialogue]]:
    """The dialogues of each level that the folder holds. Raises `HearthError` where it holds none.

    `tools` of a dialogue are all that come up in it; `in_view` says which of them a place has.
    """
    turns = _turns(folder)
    if not any(turns.values()):
        raise HearthError(
            f"{str(folder)!r} holds no API-Bank dialogues. Name the folder with lv1-lv2-samples in it.",
            f"{str(folder)!r} 里没有 API-Bank 对话。请指定含有 lv1-lv2-samples 的文件夹。",
        )
    try:
        tools = _tools(folder, [each for level in turns.values() for each in level.values()])
        return {
            level: [_dialogue(f"{level}/{name}", each, tools) for name, each in named.items() if each]
            for level, named in turns.items()
            if named
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise unreadable(folder, FORM, error) from error


def from_calls(folder: Path) -> frozenset[str]:
    """The APIs whose parameters nothing but the calls shows, right ones among them: what is measured then is known in part.

    Raises `HearthError` as `read_levels` does.
    """
    dialogues = [each for level in _turns(folder).values() for each in level.values()]
    try:
        described, passed = _apis(folder, dialogues)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise unreadable(folder, FORM, error) from error
    return frozenset(name for name, calls in passed.items() if not _known(described[name], calls))


def in_view(dialogue: Dialogue, place: int) -> tuple[ToolSpec, ...]:
    """The tools on offer before the message at `place`: all of them, or what the search has found up to there."""
    if SEARCHER not in dialogue.tools:
        return dialogue.tools
    results = [message.result for message in dialogue.messages[:place] if message.result]
    found = {SEARCHER.name}.union(*(_names(result.text) for result in results if result.name == SEARCHER.name))
    return tuple(tool for tool in dialogue.tools if tool.name in found)


def _turns(folder: Path) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """The turns of each dialogue by level and name."""
    base = folder / "lv1-lv2-samples" if (folder / "lv1-lv2-samples").is_dir() else folder
    return {
        level: {path.stem: objects(path, FORM) for path in sorted((base / name).glob("*.jsonl"))}
        for level, name in LEVELS.items()
    }


def _dialogue(id: str, turns: _Turns, tools: Mapping[str, ToolSpec]) -> Dialogue:
    messages: list[Message] = []
    calls = 0
    for turn in turns:
        if turn["role"] == "User":
            messages.append(Message("user", turn["text"]))
        elif turn["role"] == "AI":
            messages.append(Message("assistant", turn["text"]))
        else:
            calls += 1
            name = turn["api_name"]
            call = ToolCall(f"call_{calls}", name, typed(turn["param_dict"], tools[name].parameters))
            # What is said just before a call belongs to it: the assistant announces it and calls.
            said = messages.pop().text if messages and messages[-1].role == "assistant" else ""
            messages.append(Message("assistant", said, calls=(call,)))
            messages.append(Message("tool", result=_result(call, turn["result"])))
    met = dict.fromkeys(turn["api_name"] for turn in turns if turn["role"] == "API")
    for turn in turns:
        if turn["role"] == "API" and turn["api_name"] == SEARCHER.name:
            met |= dict.fromkeys(each["name"] for each in _outputs(turn))
    return Dialogue(id, tuple(tools[name] for name in met), tuple(messages))


def _result(call: ToolCall, given: Mapping[str, Any]) -> ToolResult:
    output, exception = given.get("output"), given.get("exception")
    text = exception or (output if isinstance(output, str) else json.dumps(output, ensure_ascii=False))
    return ToolResult(call.id, call.name, str(text), failed=bool(exception))


def _names(found: str) -> set[str]:
    try:
        outputs = json.loads(found)
    except ValueError:
        return set()
    return {each["name"] for each in (outputs if isinstance(outputs, list) else [outputs])}


def _outputs(turn: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a search returned: one API, or a list of them."""
    output = turn["result"].get("output") or []
    return output if isinstance(output, list) else [output]


def _tools(folder: Path, dialogues: Iterable[_Turns]) -> dict[str, ToolSpec]:
    """Every API of the dialogues as a tool, by name."""
    described, passed = _apis(folder, dialogues)
    return {name: _tool(name, described[name], calls) for name, calls in passed.items()} | {SEARCHER.name: SEARCHER}


def _apis(folder: Path, dialogues: Iterable[_Turns]) -> tuple[dict[str, Mapping[str, Any]], dict[str, list[Mapping[str, Any]]]]:
    """Every API but the search itself: how it is described, empty where it is not, and what was passed to it, call by call."""
    turns = [turn for each in dialogues for turn in each if turn["role"] == "API"]
    found = {each["name"]: each for turn in turns if turn["api_name"] == SEARCHER.name for each in _outputs(turn)}
    listed = dict(_listed(folder / "data" / "all_apis.csv"))
    passed: dict[str, list[Mapping[str, Any]]] = {name: [] for name in found}
    for turn in turns:
        if turn["api_name"] != SEARCHER.name:
            passed.setdefault(turn["api_name"], []).append(turn["param_dict"])
    return {name: found.get(name) or listed.get(name) or {} for name in passed}, passed


def _tool(name: str, described: Mapping[str, Any], calls: Sequence[Mapping[str, Any]]) -> ToolSpec:
    parameters: Mapping[str, Any] = described.get("input_parameters") or {}
    known = _known(described, calls)
    properties = {
        key: {
            "type": TYPES.get(str(parameters[key]["type"]).lower(), "string") if key in parameters else "string",
            "description": parameters[key]["description"] if key in parameters else "",
        }
        for key in (parameters if known else dict.fromkeys(key for call in calls for key in call))
    }
    return ToolSpec(name, described.get("description", ""), schema(properties, list(parameters) if known else []))


def _known(described: Mapping[str, Any], calls: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the description is of the version that the calls are of."""
    return {key for call in calls for key in call} <= set(described.get("input_parameters") or {})


def _listed(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The APIs of the table, each described by a few assignments in Python; what cannot be read is left out."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError:
        return  # the search and the calls say enough to go on
    for row in rows:
        try:
            assigned = [node for node in ast.parse(row["api_info"]).body if isinstance(node, ast.Assign)]
            described = {ast.unparse(node.targets[0]): ast.literal_eval(node.value) for node in assigned}
        except (SyntaxError, ValueError):
            continue
        if isinstance(described.get("input_parameters"), dict):
            yield row["类名"], described
