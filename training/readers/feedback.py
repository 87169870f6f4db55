"""Conversations of the app whose answer somebody liked, as `python -m assistant feedback` writes them.

The rule of consent: what the maker said and rated may be learnt; what a visitor said only where they ticked that it may, which
the line holds as `"consent": true`. A thumb up is an opinion on an answer, and no leave to train on it.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from assistant import prompt
from assistant.excerpts import excerpted
from assistant.messages import Message
from assistant.models.builtin import INFO
from assistant.quoting import in_own_words, own_words
from evaluation.readers.dialogue import objects, unreadable
from retrieval.language import languages_of
from tools.base import ToolSpec
from training.conversation import Conversation
from training.readers.values import offered, valid

FORM = "the app's feedback"


def feedback(
    path: Path, tools: Sequence[ToolSpec] = (), *, seed: int = 0, distractors: tuple[int, int] = (0, 4)
) -> list[Conversation]:
    """The liked answers ("feedback"), what was said before them only read. Raises `HearthError`.

    `tools` are those of the app, which the file does not hold: an answer that called another is left out. So are answers that
    broke off, and those that are a care notice or a quotation, which were prepared and not the model's. An answer from passages
    gets before its question what the model read of them.
    """
    chance = random.Random(seed)
    made = []
    for line in objects(path, FORM):
        try:
            if may_be_learnt(line) and (conversation := _conversation(line, tools, distractors, chance)):
                made.append(conversation)
        except (ValueError, KeyError, TypeError) as error:
            raise unreadable(path, FORM, error) from error
    return made


def may_be_learnt(line: Mapping[str, Any]) -> bool:
    """Whether an answer was liked, and whoever was part of it agrees."""
    return line["verdict"] == 1 and (line["by"] == "maker" or line.get("consent") is True)


def _conversation(
    line: Mapping[str, Any], tools: Sequence[ToolSpec], distractors: tuple[int, int], chance: random.Random
) -> Conversation | None:
    before = in_own_words([replace(Message.from_dict(each), thinking="", sources=()) for each in line["messages"]])
    shown = [replace(Message.from_dict(each), thinking="") for each in line["answer"]]
    answer = [own_words(each) for each in shown]
    if not answer or any(each.interrupted or each.care for each in answer) or not answer[-1].text:
        return None
    known = {tool.name: tool for tool in tools}
    called = dict.fromkeys(call.name for each in [*before, *answer] for call in each.calls)
    if not set(called) <= set(known) or not all(
        valid(known[call.name], call.arguments) for each in answer for call in each.calls
    ):
        return None
    hits = next((each.sources for each in answer if each.sources), ())
    if hits and before and before[-1].role == "user":
        asked = before[-1].text
        if answer[-1].text != shown[-1].text:  # quoted below it is what a small model read an excerpt of
            hits = excerpted(hits, asked, INFO.excerpt_tokens)
        material = prompt.Material(hits, datetime.fromisoformat(line["time"]))
        language = "zh" if "zh" in languages_of(asked) else "en"
        before[-1] = Message("user", prompt.with_material(asked, material, language))
    messages = (*before, *(replace(each, sources=()) for each in answer))
    weights = (*(0.0 for _ in before), *(float(each.role == "assistant") for each in answer))
    view = offered([known[name] for name in called], tools, distractors, chance) if tools else ()
    return Conversation("feedback", messages, weights, view)
