"""Agent-H of Agent-FLAN (arXiv 2403.12881, section 4.2): how often a model acts, or says it acts, where a plain answer is right.

`H_ReAct` is the share of plain-answer cases in which the reply is a call in some form (a call that can be read, its markup, or
ReAct's keywords), `H_General` the share in which it announces one in words; H_Score = ((100 - H_ReAct) + (100 - H_General)) / 2.
Of thoughts only the keywords "Action" and "Action Input" count, which the app's parser leaves there when no such tool is on
offer; a reply of "Thought:" and "Final Answer:" alone has lost its keywords by then and counts as plain.
The paper gives examples of the words that it searches for and not the list, so this list is our own. A model that never calls has
an H_Score of 100: read it beside `must call`, the share of cases that need a call and get one.

The folder holds the Berkeley leaderboard's files, of which irrelevance wants plain answers and simple wants calls, or `*.jsonl`
in the form of `readers/rows.py`, or both; `--data` may name one such file.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from common.errors import HearthError
from evaluation.metrics import percent
from evaluation.readers.bfcl import categories, read_category
from evaluation.readers.rows import read_rows
from evaluation.task import Case, Exam, Judged, Mark, Options, Reply, empty_call, never_call

PLAIN, CALL = "plain answer", "must call"

_REACT = re.compile(r"^\W*(thought|action|action input|observation)\s*:|<tool_call>|\[TOOL_CALLS\]|<functioncall>", re.I | re.M)
_REACT_ACTION = re.compile(r"^\W*action(?: input)?\s*:", re.I | re.M)
_GENERAL = re.compile(
    r"\b(?:I(?:['’]ll| will| need to| have to| must| am going to|['’]m going to)|let me|let['’]s|we(?:['’]ll| will| need to))"
    r"\s+(?:(?:now|first|then|also|just)\s+)?(?:use|call|invoke|utili[sz]e)\b"
    r"|我(?:将|会|需要|要|先|来){1,2}(?:使用|调用)|让我(?:来|先)?(?:使用|调用)",
    re.I,
)


def prepare(options: Options) -> Exam:
    """Raises `HearthError` where there are not both: cases that want a plain answer, and cases that want a call."""
    cases = list(_cases(options.data))
    for group in (PLAIN, CALL):
        if not any(case.group == group for case in cases):
            raise HearthError(
                f"{str(options.data)!r} has no cases of the kind {group!r}. It needs BFCL_v4 files of irrelevance and simple, "
                "or rows with call: true and call: false.",
                f"{str(options.data)!r} 里没有 {group!r} 类的样本。需要 BFCL_v4 的 irrelevance 和 simple 文件，"
                "或含有 call: true 和 call: false 的行。",
            )
    return Exam(
        task="hallucination",
        cases=cases,
        judge=judge,
        metrics=metrics,
        primary_metric="H_Score",
        floors={"never call": never_call, "always call, no arguments": empty_call},
    )


def judge(case: Case, reply: Reply) -> Mark:
    """Only the kind of the reply counts, never what is in it."""
    acts = bool(reply.calls) or reply.unread
    if case.group == CALL:
        wrong = "" if reply.calls else "unreadable call" if acts else "no call"
        return Mark(not wrong, reply.missing or wrong)
    react = acts or bool(_REACT.search(reply.text)) or bool(_REACT_ACTION.search(reply.thinking))
    general = bool(_GENERAL.search(reply.text))
    # A reply that never came is no plain answer, and counts neither way among the forms.
    wrong = "call" if acts else "call in words of ReAct" if react else "call announced" if general else ""
    wrong = reply.missing or wrong
    return Mark(not wrong, wrong, {"react": react, "general": general})


def metrics(judged: Sequence[Judged]) -> Mapping[str, float]:
    """H_ReAct and H_General are better when small, H_Score and `must call` when large; a reply that never came has no form."""
    plain = [one.mark.figures for one in judged if one.case.group == PLAIN and not one.reply.error]
    called = [bool(one.reply.calls) for one in judged if one.case.group == CALL]
    figures = {}
    if plain:
        react, general = percent(marks["react"] for marks in plain), percent(marks["general"] for marks in plain)
        figures = {"H_ReAct": react, "H_General": general, "H_Score": round(((100 - react) + (100 - general)) / 2, 2)}
    return figures | ({"must call": percent(called)} if called else {})


def _cases(data: Path) -> Iterator[Case]:
    for category in categories(data)[0]:
        irrelevant, simple = "irrelevance" in category, "simple" in category
        if irrelevant or simple:
            for sample in read_category(data, category):
                yield Case(f"{category}/{sample.id}", sample.messages, sample.tools, group=PLAIN if irrelevant else CALL)
    for file in [data] if data.is_file() else sorted(data.glob("*.jsonl")):
        for row in read_rows(file):
            yield Case(f"{file.stem}/{row.id}", row.messages, row.tools, group=CALL if row.call else PLAIN)
