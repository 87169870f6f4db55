"""A conversation as HTML: views and turns become markup.

Everything here is pure: no storage, no clock, no Gradio. Text from people, models, tools and documents enters markup only through
`Markup.format`, which escapes it, or through `ui.markdown`, which tames it; the other pages do the same in `ui.panels`.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal, assert_never

from markupsafe import Markup

from assistant.branches import Placed
from assistant.events import TurnFinished
from assistant.feedback import Opinion
from assistant.messages import MediaRef
from knowledge.types import Hit
from ui.markdown import citations, markdown
from ui.media import kept, media_html
from ui.texts import text
from ui.view import Card, Piece, Said, Turn, View, turns

EMPTY = Markup("")

_THUMBS = {"good": 1, "bad": -1}
_SHOWN = 20_000  # characters of a tool's result or of a thought that the page shows
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_OVERRIDES = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


Stage = Literal["live", "ask", "past"]
"""What a call without a result means: it is running, it waits for a person, or it was never run."""


@dataclass(frozen=True, slots=True)
class Face:
    """Who answers: what the page shows of a persona."""

    id: str
    name: str
    avatar: str
    tint: str = ""
    picture: str = ""  # the address of its picture, shown instead of the letters


@dataclass(frozen=True, slots=True)
class Manner:
    """How to show: the reader's language, whether they are a maker, the titles of tools by the name a model calls them.

    `conversation` is the one with which pictures and sounds lie.
    """

    language: str
    maker: bool = True
    tools: Mapping[str, str] = field(default_factory=dict)
    conversation: str = ""

    def say(self, key: str, **values: object) -> str:
        return text(key, self.language, **values)

    def tool(self, name: str) -> str:
        return self.tools.get(name, name)


def plain(value: str) -> str:
    """`value` without the characters that reverse the direction of writing, which can disguise a name."""
    return value.translate(_OVERRIDES)


def avatar(face: Face) -> Markup:
    """The picture of a persona, or its letters, in a ring of its tint."""
    inside = Markup('<img src="{}" alt="" loading="lazy">').format(face.picture) if face.picture else plain(face.avatar)[:32]
    return Markup('<span class="avatar" {} aria-hidden="true">{}</span>').format(tint(face.tint), inside)


def tint(colour: str) -> Markup:
    """The persona's colour as a style attribute; nothing where it is not a colour."""
    return Markup('style="--tint:{}"').format(colour) if _COLOUR.fullmatch(colour) else Markup("")


def history_html(
    path: Sequence[Placed],
    face: Face,
    manner: Manner,
    *,
    last: View | None = None,
    answering: bool = False,
    opinions: Mapping[str, Opinion] = MappingProxyType({}),
    cards: Mapping[str, Markup] = MappingProxyType({}),
) -> Markup:
    """The finished part of a conversation.

    `last` is the view of its last run; while one is `answering` its words follow elsewhere, so the last turn offers nothing to
    press. `opinions` are what the reader thinks of answers, by run; `cards` those of calls that the reader may decide on, by id.
    """
    listed = turns(path)
    shown = []
    for index, turn in enumerate(listed):
        newest = index == len(listed) - 1
        finished = last.finished if newest and last and not answering else None
        shown.append(_question(turn, manner, answering))
        note = _note(turn, finished, manner)
        if not turn.pieces and not note:
            continue
        pieces = _pieces_html(turn.pieces, manner, "ask" if newest and not answering else "past", cards)
        acts = EMPTY if newest and answering else answer_acts(turn, manner, opinions.get(turn.run), answering=answering)
        shown.append(_answer_frame(face, EMPTY.join([*pieces, note, acts]), newest=newest))
    return EMPTY.join(shown)


def _question(turn: Turn, manner: Manner, answering: bool) -> Markup:
    if turn.asked is None:
        return EMPTY
    edit = Markup("")
    if not answering and turn.asked.versions:
        edit = _act("edit", manner.say("edit"), Markup('data-position="{}"').format(turn.asked.position))
    acts = _versions(turn.asked, manner, answering) + edit
    return Markup(
        '<div class="said you" data-key="q{}"><h3 class="unseen">{}</h3>{}<div class="bubble" dir="auto">{}</div>'
        '<div class="acts">{}</div></div>'
    ).format(turn.asked.position, manner.say("you"), _media(turn.asked.message.media, manner), turn.asked.message.text, acts)


def _answer_frame(face: Face, body: Markup, attributes: Markup = EMPTY, *, newest: bool = True) -> Markup:
    return Markup('<div class="said them{}" {} {}><div class="who">{}<h3>{}</h3></div><div class="body">{}</div></div>').format(
        "" if newest else " older", tint(face.tint), attributes, avatar(face), plain(face.name), body
    )


def live_html(view: View, face: Face, manner: Manner, *, conversation: str, run: str, waiting: str = "") -> Markup:
    """The answer under way; `waiting` says what it waits for: a model that is not ready, a place in the queue."""
    parts = _pieces_html(view.pieces, replace(manner, conversation=conversation), "live")
    if view.thinking:
        parts.append(_thought(view.thinking, manner, growing=not view.text))
    if view.text:
        parts.append(_words(view.text, view.hits, manner))
    if not view.text:
        parts.append(Markup('<p class="status" role="status">{}</p>').format(status(view, manner, waiting)))
    attributes = Markup('data-live data-conversation="{}" data-run="{}" aria-busy="true"').format(conversation, run)
    return _answer_frame(face, Markup("").join(parts), attributes)


def status(view: View, manner: Manner, waiting: str = "") -> str:
    """What the turn is doing, in words."""
    running = [piece for piece in view.pieces if isinstance(piece, Card) and piece.result is None]
    if running:
        return manner.say("using_now", name=manner.tool(running[-1].call.name))
    if waiting:
        return waiting
    if view.hits and not view.pieces and not view.thinking:
        return manner.say("reading_now", title=plain(view.hits[0].passage.title))
    return manner.say("thinking_now")


def _pieces_html(
    pieces: Iterable[Piece], manner: Manner, stage: Stage, cards: Mapping[str, Markup] = MappingProxyType({})
) -> list[Markup]:
    shown = []
    for piece in pieces:
        match piece:
            case Said():
                if piece.thinking:
                    shown.append(_thought(piece.thinking, manner))
                if piece.text:
                    shown.append(_words(piece.text, piece.sources, manner))
                    shown.append(_sources_line(piece, manner))
                if piece.interrupted:
                    shown.append(Markup('<p class="note">{}</p>').format(manner.say("interrupted")))
            case Card():
                asked = cards.get(piece.call.id) if stage == "ask" and piece.result is None else None
                shown.append(asked or _card_html(piece, manner, stage))
                shown.append(_media(piece.result.media if piece.result else (), manner))
            case _:
                assert_never(piece)
    return shown


def _words(source: str, hits: Sequence[Hit], manner: Manner) -> Markup:
    passages = ",".join(str(hit.passage.id) for hit in hits)
    return Markup('<div class="text" dir="auto" data-passages="{}">{}</div>').format(
        passages, markdown(source, manner.language, len(hits))
    )


def _sources_line(said: Said, manner: Manner) -> Markup:
    """The documents that the answer cites, a chip each."""
    if not said.sources:
        return Markup("")
    cited = citations(said.text, len(said.sources))
    numbered = [(n, hit) for n, hit in enumerate(said.sources, 1) if n in cited or not cited]
    chips = Markup("").join(
        Markup('<button type="button" data-do="cite" data-passage="{}"><b>{}</b> <bdi>{}</bdi></button>').format(
            hit.passage.id, n, plain(hit.passage.title)
        )
        for n, hit in numbered
    )
    return Markup('<div class="cited" aria-label="{}">{}</div>').format(manner.say("sources"), chips)


def _thought(thinking: str, manner: Manner, growing: bool = False) -> Markup:
    return Markup('<details class="thought"><summary>{}</summary><div class="pre">{}</div></details>').format(
        manner.say("thinking_now" if growing else "thought"), thinking[-_SHOWN:]
    )


def _card_html(card: Card, manner: Manner, stage: Stage) -> Markup:
    name = plain(manner.tool(card.call.name))
    changed = card.result.arguments if card.result else None
    arguments = _arguments(card.call.arguments if changed is None else changed)
    if card.result is None and stage == "ask":
        return Markup('<div class="card ask"><p>{}</p></div>').format(manner.say("wants_of_visitor", name=name))
    if card.result is None:
        title = manner.say("using_now" if stage == "live" else "not_run", name=name)
    elif card.result.failed:
        title = manner.say("used_failed", name=name)
    elif card.seconds is None:
        title = manner.say("used", name=name)
    else:
        title = manner.say("used_in", name=name, seconds=f"{card.seconds:.1f}")
    heading = "arguments" if changed is None or changed == card.call.arguments else "arguments_changed"
    given = Markup("<h4>{}</h4>{}").format(manner.say(heading), arguments) if arguments else Markup("")
    result = Markup("")
    if card.result is not None:
        result = Markup('<h4>{}</h4><div class="pre">{}</div>').format(manner.say("result"), card.result.text[:_SHOWN])
    return Markup('<details class="card{}"><summary>{}</summary>{}{}</details>').format(
        Markup(" failed") if card.result and card.result.failed else "", title, given, result
    )


def _media(refs: Iterable[MediaRef], manner: Manner) -> Markup:
    return media_html(kept(refs, manner.conversation), manner.language)


def _arguments(arguments: Mapping[str, Any]) -> Markup:
    """The arguments, a line each: texts as they are, everything else as JSON."""
    lines = Markup("").join(
        Markup("<dt>{}</dt><dd>{}</dd>").format(
            name, value[:_SHOWN] if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)[:_SHOWN]
        )
        for name, value in arguments.items()
    )
    return Markup('<dl class="arguments">{}</dl>').format(lines) if lines else lines


def _note(turn: Turn, finished: TurnFinished | None, manner: Manner) -> Markup:
    """What stands under a turn that did not end well."""
    if finished is None:
        return Markup("")
    if finished.reason == "failed":
        language = "zh" if manner.language.startswith("zh") else "en"
        sentence = finished.error.get(language) or manner.say("bug")
        return Markup('<p class="note bad" role="alert">{} <button type="button" data-do="regenerate">{}</button></p>').format(
            sentence, manner.say("try_again")
        )
    if finished.reason == "cancelled" and not turn.pieces:
        return Markup('<p class="note">{}</p>').format(manner.say("cancelled"))
    return Markup("")


def answer_acts(turn: Turn, manner: Manner, opinion: Opinion | None, *, answering: bool = False) -> Markup:
    """What can be done with an answer."""
    acts = []
    if turn.spoke:
        acts.append(_act("copy", manner.say("copy")))
    if turn.spoke and turn.run:
        words = Markup('data-run="{}" data-stop="{}"').format(turn.run, manner.say("stop_speaking"))
        acts.append(_act("speak", manner.say("speak"), words))
        acts += [_thumb(kind, turn.run, opinion, manner) for kind in ("good", "bad")]
    if turn.asked and turn.asked.versions and not answering:
        acts.append(_act("regenerate", manner.say("regenerate"), Markup('data-position="{}"').format(turn.asked.position)))
    if turn.run and manner.maker:
        acts.append(_act("steps", manner.say("steps"), Markup('data-run="{}"').format(turn.run)))
    switch = _versions(turn.answer, manner, answering) if turn.answer else EMPTY
    why = _why(turn.run, opinion, manner) if opinion else EMPTY
    return Markup('<div class="acts">{}{}</div>{}').format(switch, EMPTY.join(acts), why) if acts or switch else EMPTY


def _thumb(kind: Literal["good", "bad"], run: str, opinion: Opinion | None, manner: Manner) -> Markup:
    pressed = opinion is not None and opinion.verdict == _THUMBS[kind]
    attributes = Markup('data-run="{}" data-verdict="{}" aria-pressed="{}"').format(run, kind, "true" if pressed else "false")
    return _act(kind, manner.say(f"answer_{kind}"), attributes, does="feedback")


def _why(run: str, opinion: Opinion, manner: Manner) -> Markup:
    """Where the reader may say why; what is written there is kept with the verdict."""
    asked = opinion.verdict == 1 and not manner.maker
    consent = Markup('<label><input type="checkbox" name="consent" {}><span>{}</span></label>').format(
        Markup("checked") if opinion.consent else EMPTY, manner.say("may_train")
    )
    return Markup(
        '<form class="why" data-do="why" data-run="{}" data-verdict="{}" data-key="why-{}"><input name="reason" maxlength="1000" '
        'value="{}" placeholder="{}" aria-label="{}"><button type="submit">{}</button>{}</form>'
    ).format(
        run,
        "good" if opinion.verdict == 1 else "bad",
        run,
        opinion.reason,
        manner.say("why_good" if opinion.verdict == 1 else "why_bad"),
        manner.say("why"),
        manner.say("keep"),
        consent if asked else EMPTY,
    )


def _versions(placed: Placed, manner: Manner, answering: bool) -> Markup:
    """Which of several versions is in view, and the way to the others."""
    if len(placed.versions) < 2:
        return EMPTY
    at = placed.versions.index(placed.position)

    def turn_to(kind: str, index: int) -> Markup:
        there = 0 <= index < len(placed.versions) and not answering
        attributes = Markup("disabled") if not there else Markup('data-position="{}"').format(placed.versions[index])
        return _act(kind, manner.say(f"{kind}_version"), attributes, does="version")

    return Markup('<span class="versions">{}<span>{}/{}</span>{}</span>').format(
        turn_to("previous", at - 1), at + 1, len(placed.versions), turn_to("next", at + 1)
    )


def _act(icon: str, title: str, attributes: Markup = EMPTY, *, does: str = "") -> Markup:
    return Markup('<button type="button" class="icon i-{}" data-do="{}" {} title="{}" aria-label="{}"></button>').format(
        icon, does or icon, attributes, title, title
    )
