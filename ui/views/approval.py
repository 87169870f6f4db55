"""The card of a call that waits for the maker: why it asks, its exact arguments, fields to change them, and the answers to press.

What is shown is what would be run: letters that nobody sees, or that turn the direction of writing, stand there by their number.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ui.render import Manner, plain
from ui.views import parts
from ui.views.tools import Trial, field_html

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)


@dataclass(frozen=True, slots=True)
class Question:
    """A call that waits: `risk` and `sends` are those of its tool (`there` says whether that can still be called).

    `lasting` says whether it may be allowed for good, `tainted` and `stale` what `assistant.approval` says of it; `made_of`
    is the digest of the tool as it is now, by which an answer that comes after a change of it is known.
    """

    call: str
    tool: str
    persona: str
    arguments: Mapping[str, Any]
    risk: str
    sends: bool
    there: bool
    lasting: bool
    tainted: bool
    stale: bool
    made_of: str = ""


def question_html(asked: Question, trial: Trial, manner: Manner) -> Markup:
    """The card; `trial` holds the fields to change the arguments, with what was typed in them and what is wrong with that."""
    why = [manner.say(f"ask_{asked.risk}")] if asked.risk != "reads" else []
    why += [manner.say("ask_sends")] if asked.sends else []
    why += [manner.say("ask_tainted")] if asked.tainted else []
    told = Markup('<p>{}</p><p class="reason">{}</p>').format(
        manner.say("wants", name=plain(asked.tool)), ("" if manner.language == "zh" else " ").join(why)
    )
    given = exact_html(asked.arguments) or Markup('<p class="reason">{}</p>').format(manner.say("tools_nothing_asked"))
    if asked.stale or not asked.there:
        gone = Markup('<p class="note bad">{}</p>').format(manner.say("ask_stale" if asked.stale else "ask_gone"))
        return _card(asked, told + given + gone, _answer("deny", manner.say("go_on_without")))
    answers = _answer("allow", manner.say("allow"), main=True)
    if asked.lasting:
        answers += _answer("always", manner.say("always", persona=plain(asked.persona)))
    return _card(asked, told + given + _change(asked, trial, manner), answers + _answer("deny", manner.say("deny")))


def exact_html(arguments: Mapping[str, Any]) -> Markup:
    """All of the arguments, a line each; nothing where there are none."""
    lines = parts.EMPTY.join(
        Markup("<dt>{}</dt><dd>{}</dd>").format(
            _seen(name), _seen(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))
        )
        for name, value in arguments.items()
    )
    return Markup('<dl class="arguments" tabindex="0">{}</dl>').format(lines) if lines else lines


def _card(asked: Question, body: Markup, answers: Markup) -> Markup:
    return Markup(
        '<div class="card ask" data-call="{0}" data-tool="{3}" data-key="ask-{0}">{1}<div class="row">{2}</div></div>'
    ).format(asked.call, body, answers, asked.made_of)


def _change(asked: Question, trial: Trial, manner: Manner) -> Markup:
    if not trial.asked:
        return parts.EMPTY
    fields = parts.EMPTY.join(field_html(each, trial, manner) for each in trial.asked)
    general = parts.note(trial.problems[""], "bad") if trial.problems.get("") else parts.EMPTY
    return Markup(
        '<details class="change" data-key="change-{}"{}><summary>{}</summary><form><p class="reason">{}</p>{}{}</form></details>'
    ).format(
        asked.call,
        Markup(" open") if trial.problems else parts.EMPTY,
        manner.say("ask_change"),
        manner.say("ask_change_hint"),
        fields,
        general,
    )


def _answer(does: str, words: str, *, main: bool = False) -> Markup:
    return Markup('<button type="button" class="{}" data-do="{}">{}</button>').format("main" if main else "", does, words)


def _seen(text: str) -> str:
    return _UNSEEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)
