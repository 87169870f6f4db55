"""The Berkeley Function Calling Leaderboard: whether the right tool is called with the right arguments, and none in vain.

Every category that the folder holds and `readers/bfcl.py` reads is asked, or those of `--split` ("simple,multiple"). `AST` is the
plain mean over the categories with right calls; "simple_python" is called `simple` here. The model is shown the request and the
functions as tools, nothing else. As in the leaderboard's own code a call that can be read is a call, whatever tool it names; what
cannot be read is none, and so it is right where none is wanted.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from common.errors import HearthError
from evaluation.accepted import failure
from evaluation.metrics import percent
from evaluation.readers.bfcl import Sample, categories, has_answers, read_category
from evaluation.task import Case, Exam, Judged, Mark, Options, Reply, empty_call, never_call, right_tool
from tools import validation


def prepare(options: Options) -> Exam:
    """Raises `HearthError` for a folder without a category that can be read, or without one that `--split` names."""
    found, left_out = categories(options.data)
    wanted = [name.strip() for name in options.split.split(",") if name.strip()] or found
    chosen = [name for name in found if name in wanted or shown(name) in wanted]
    if len(chosen) < len(wanted) or not chosen:
        names = ", ".join(map(shown, found)) or "-"
        raise HearthError(
            f"{str(options.data)!r} has no BFCL_v4 files of {options.split or 'any category'!r}. Categories there: {names}.",
            f"{str(options.data)!r} 里没有 {options.split or '任何类别'!r} 的 BFCL_v4 文件。现有类别：{names}。",
        )
    samples = [sample for name in chosen for sample in read_category(options.data, name)]
    judged_by_calls = any(has_answers(name) for name in chosen)
    forbidden = Counter(shown(sample.category) for sample in samples if not allowed(sample))
    return Exam(
        task="bfcl",
        cases=[case(sample) for sample in samples],
        judge=judge,
        metrics=metrics,
        primary_metric="AST" if judged_by_calls else shown(chosen[0]),
        floors={
            "never call": never_call,
            "always call, no arguments": empty_call,
            "right tool, no arguments": right_tool(lambda case: [name for name, _ in case.gold.answers]),
        },
        settings=({"left_out": left_out} if left_out else {})
        | ({"right_calls_that_schemas_forbid": dict(forbidden)} if forbidden else {}),
    )


def shown(category: str) -> str:
    """What a category is called among the metrics."""
    return category.removesuffix("_python")


def case(sample: Sample) -> Case:
    name = shown(sample.category)
    return Case(f"{name}/{sample.id}", sample.messages, sample.tools, sample, name)


def allowed(sample: Sample) -> bool:
    """Whether the tools' schemas allow the right calls: a model that is held to the schemas cannot make the others."""
    schemas = {tool.name: tool.parameters for tool in sample.tools}
    return all(
        "" in values
        or any(not validation.problems({"properties": schemas[name].get("properties", {})}, {key: value}) for value in values)
        for name, accepted in sample.answers
        for key, values in accepted.items()
    )


def judge(case: Case, reply: Reply) -> Mark:
    """The mark by the category's rule, with how many calls there are, an unread one among them, and how many are valid."""
    sample: Sample = case.gold
    wrong = _failure(sample, reply)
    calls = len(reply.calls) + reply.unread
    return Mark(not wrong, wrong, {"calls": calls, "valid": count_valid(case, reply)})


def _failure(sample: Sample, reply: Reply) -> str:
    if reply.missing:
        return reply.missing
    if has_answers(sample.category):
        if reply.unreadable:
            return "unreadable call"
        return failure(sample.category, sample.functions, sample.answers, reply.calls)
    if "irrelevance" in sample.category:
        return "needless call" if reply.calls else ""
    return "" if reply.calls else "no call"


def count_valid(case: Case, reply: Reply) -> int:
    """How many of the calls are of tools on offer and have arguments that the tools' schemas allow."""
    schemas = {tool.name: tool.parameters for tool in case.tools}
    return sum(name in schemas and not validation.problems(schemas[name], arguments) for name, arguments in reply.calls)


def metrics(judged: Sequence[Judged]) -> Mapping[str, float]:
    """A figure for each category; `AST` their mean; `called`, `simple called` and `valid` as the guide says."""
    groups: dict[str, list[Judged]] = {}
    for one in judged:
        groups.setdefault(one.case.group, []).append(one)
    figures = {name: percent(one.mark.right for one in group) for name, group in groups.items()}
    by_calls = [name for name, group in groups.items() if has_answers(group[0].case.gold.category)]
    if by_calls:
        figures["AST"] = round(sum(figures[name] for name in by_calls) / len(by_calls), 2)
        figures["called"] = percent(bool(one.reply.calls) for name in by_calls for one in groups[name])
    if "simple" in groups:
        figures["simple called"] = percent(bool(one.reply.calls) for one in groups["simple"])
    if calls := sum(one.mark.figures["calls"] for one in judged):
        figures["valid"] = round(100 * sum(one.mark.figures["valid"] for one in judged) / calls, 2)
    return figures
