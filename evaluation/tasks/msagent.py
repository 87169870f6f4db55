"""MSAgent-Eval: each step of a dialogue, with all that was really said before it, in Chinese and in English.

Where the dialogue goes on with a call, `action` is how often its plug-in is called and `argument F1` how far the arguments
overlap (half matches; 0 under another plug-in); where it goes on with words, `ROUGE-L` compares them, and a reply that only calls
has none. Each figure is given for all and by the language of the user's last message. The first call of several counts.
"""

import re
from collections.abc import Mapping, Sequence

from assistant.messages import Message
from evaluation.overlap import ROUGE, rouge_l
from evaluation.readers.msagent import read_dialogues
from evaluation.steps import call_failure, call_figures, means
from evaluation.task import Case, Exam, Judged, Mark, Options, Reply, empty_call, never_call, right_tool

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_FIGURES = ("action", "argument F1", "called", "ROUGE-L")
_CLOSE = 0.5  # ROUGE-L from which an answer counts as right where replies are sorted by kind; the metrics know no threshold


def prepare(options: Options) -> Exam:
    """`--split` names files of the folder without their ending. Raises `HearthError` for data that cannot be read."""
    dialogues = read_dialogues(options.data, options.split)
    cases = [
        Case(f"{dialogue.id}/{number}", history, dialogue.tools, said, _language(history))
        for dialogue in dialogues
        for number, (history, said) in enumerate(dialogue.turns())
    ]
    return Exam(
        task="msagent",
        cases=cases,
        judge=judge,
        metrics=metrics,
        primary_metric="action",
        floors={
            "never call": never_call,
            "always call, no arguments": empty_call,
            "right tool, no arguments": right_tool(lambda case: [call.name for call in case.gold.calls]),
        },
        settings={"dialogues": len(dialogues), "rouge": ROUGE},
    )


def judge(case: Case, reply: Reply) -> Mark:
    said: Message = case.gold
    if said.calls:
        wanted = said.calls[0]
        wrong = call_failure(case, reply, wanted.name, wanted.arguments)
        return Mark(not wrong, wrong, call_figures(reply, wanted.name, wanted.arguments))
    overlap = rouge_l(reply.text, said.text)
    wrong = reply.missing or ("needless call" if reply.calls else "" if overlap >= _CLOSE else "other words")
    return Mark(not wrong, wrong, {"ROUGE-L": overlap})


def metrics(judged: Sequence[Judged]) -> Mapping[str, float]:
    figures = means(judged, _FIGURES)
    languages = sorted({one.case.group for one in judged})
    for language in languages if len(languages) > 1 else ():
        figures |= means([one for one in judged if one.case.group == language], _FIGURES, f"{language} ")
    return figures


def _language(history: Sequence[Message]) -> str:
    asked = [message.text for message in history if message.role == "user"]
    return "Chinese" if asked and _CHINESE.search(asked[-1]) else "English"
