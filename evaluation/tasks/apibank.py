"""API-Bank, levels 1 and 2: every call of a dialogue, with all that was really said and returned before it.

`level 1` and `level 2` are the shares of calls that are right in name and in every argument, compared by value and not, as the
authors do, by running them; `name`, `argument F1` and `called` are given beside them. On level 1 the APIs of the dialogue are in
view, often only one, so that the name alone says little: see the floor "always call, no arguments". On level 2 what
`ToolSearcher` is to be asked has many right wordings, of which one counts; and a few calls are of APIs that it has not found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from assistant.messages import ToolCall
from common.errors import HearthError
from evaluation.readers.apibank import LEVELS, from_calls, in_view, read_levels
from evaluation.readers.arguments import typed
from evaluation.readers.dialogue import Dialogue
from evaluation.steps import call_failure, call_figures, first, means
from evaluation.task import Case, Exam, Judged, Mark, Options, Reply, empty_call, never_call, right_tool
from tools import validation

_FIGURES = {"right": "", "action": " name", "argument F1": " argument F1", "called": " called"}


def prepare(options: Options) -> Exam:
    """`--split` is "1" or "2", both without it. Raises `HearthError` for data that cannot be read."""
    levels = read_levels(options.data)
    wanted = [f"level {name.strip()}" for name in options.split.split(",") if name.strip()] or list(levels)
    if any(name not in levels for name in wanted):
        raise HearthError(
            f"{str(options.data)!r} has no level {options.split!r}. Levels there: {', '.join(levels)}.",
            f"{str(options.data)!r} 里没有级别 {options.split!r}。现有级别：{', '.join(levels)}。",
        )
    leaked = from_calls(options.data)
    cases = [case for level in LEVELS if level in wanted for dialogue in levels[level] for case in _cases(dialogue, level)]
    return Exam(
        task="apibank",
        cases=cases,
        judge=judge,
        metrics=metrics,
        primary_metric=wanted[0],
        floors={
            "never call": never_call,
            "always call, no arguments": empty_call,
            "right tool, no arguments": right_tool(lambda case: [case.gold.name]),
        },
        settings={
            "not_found": sum(case.gold.name not in {tool.name for tool in case.tools} for case in cases),
            "parameter_names_taken_from_right_calls": {
                "APIs": len(leaked & {case.gold.name for case in cases}),
                "cases": sum(case.gold.name in leaked for case in cases),
            },
            "right_calls_that_schemas_forbid": sum(not _allowed(case) for case in cases),
        },
    )


def judge(case: Case, reply: Reply) -> Mark:
    wanted: ToolCall = case.gold
    schemas = {tool.name: tool.parameters for tool in case.tools}
    call = first(reply)
    if call and call[0] in schemas:
        # "5" and 5 are one argument here: the files hold nothing but text.
        reply = replace(reply, calls=((call[0], typed(call[1], schemas[call[0]])),))
    wrong = call_failure(case, reply, wanted.name, wanted.arguments)
    return Mark(not wrong, wrong, {"right": float(not wrong)} | call_figures(reply, wanted.name, wanted.arguments))


def metrics(judged: Sequence[Judged]) -> Mapping[str, float]:
    figures: dict[str, float] = {}
    for level in LEVELS:
        mine = [one for one in judged if one.case.group == level]
        figures |= {f"{level}{name}": value for key, name in _FIGURES.items() for value in means(mine, (key,)).values()}
    return figures


def _allowed(case: Case) -> bool:
    """Whether the schema of the right tool allows the right call: a model that is held to it cannot make the others."""
    schema = next((tool.parameters for tool in case.tools if tool.name == case.gold.name), None)
    return schema is None or not validation.problems(schema, case.gold.arguments)


def _cases(dialogue: Dialogue, level: str) -> list[Case]:
    return [
        Case(f"{dialogue.id}/{place}", dialogue.messages[:place], in_view(dialogue, place), message.calls[0], level)
        for place, message in enumerate(dialogue.messages)
        if message.calls
    ]
