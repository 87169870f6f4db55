"""α-UMi's static test: at each step of a trajectory, with the right history, what is decided, called or answered.

How a reply maps to the planner's three decisions: with a call, or with one that cannot be read, it decides to *call*; words that
say "I give up" or hold the marker "Next: give up" *give up*; any other words *finish*; nothing at all decides nothing. `plan` is
the share of steps decided as wanted, `action` the exact tool and `argument F1` the arguments where a call is wanted (0 under
another tool), `hallucination` the share of all steps that call a tool which is not on offer (less is better), `ROUGE-L` the
answer where one is wanted (the word "none" stands for a reply that does not finish). The first call of several counts.
"""

import re
from collections.abc import Mapping, Sequence

from evaluation.overlap import ROUGE, rouge_l
from evaluation.readers.umi import Step, read_trajectories
from evaluation.steps import call_failure, call_figures, means
from evaluation.task import Case, Exam, Judged, Mark, Options, Reply, empty_call, never_call, right_tool

_FIGURES = ("plan", "action", "argument F1", "hallucination", "ROUGE-L")
_GIVES_UP = re.compile(r"\bI(?: must| will| have to)? give up\b|Next: give up", re.IGNORECASE)


def prepare(options: Options) -> Exam:
    """`--split` names files of the folder without their ending. Raises `HearthError` for data that cannot be read."""
    trajectories = read_trajectories(options.data, options.split)
    cases = [
        Case(f"{one.id}/{number}", one.messages[: step.place], one.tools, step, step.plan)
        for one in trajectories
        for number, step in enumerate(one.steps)
    ]
    return Exam(
        task="umi-static",
        cases=cases,
        judge=judge,
        metrics=metrics,
        primary_metric="action",
        floors={
            "always call, no arguments": empty_call,
            "right tool, no arguments": right_tool(lambda case: [case.gold.name] if case.gold.plan == "call" else []),
            "never call": never_call,
            "give up": give_up,
        },
        settings={"trajectories": len(trajectories), "rouge": ROUGE},
    )


def give_up(_: Case) -> Reply:
    """The floor of a model that always gives up."""
    return Reply(text="I give up.")


def plan(reply: Reply) -> str:
    """What a reply decides: "call", "finish", "give up", or "" where there is none."""
    if reply.calls or reply.unreadable:
        return "call"
    if _GIVES_UP.search(reply.text):
        return "give up"
    return "finish" if reply.text.strip() else ""


def judge(case: Case, reply: Reply) -> Mark:
    step: Step = case.gold
    decided = "" if reply.error else plan(reply)
    names = {tool.name for tool in case.tools}
    figures = {
        "plan": float(decided == step.plan),
        "hallucination": float(bool(reply.calls) and reply.calls[0][0] not in names),
    }
    if step.plan == "call":
        figures |= call_figures(reply, step.name, step.arguments)
        wrong = call_failure(case, reply, step.name, step.arguments)
        return Mark(not wrong, wrong, figures)
    if step.plan == "finish":
        figures["ROUGE-L"] = rouge_l(reply.text if decided == "finish" else "none", step.answer)
    missed = {"call": "needless call", "finish": "did not give up", "give up": "gave up", "": "no reply"}
    wrong = reply.missing or ("" if decided == step.plan else missed[decided])
    return Mark(not wrong, wrong, figures)


def metrics(judged: Sequence[Judged]) -> Mapping[str, float]:
    return means(judged, _FIGURES)
