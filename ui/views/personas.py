"""The personas page as HTML: cards of everyone you can talk to, and what stands above them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ui.panels import Guest
from ui.render import Manner, avatar, plain, tint
from ui.views import parts

_STARTERS = 3


@dataclass(frozen=True, slots=True)
class Card:
    """A persona in the list: `mark` says whether it is as shipped, changed or somebody's own, "" for a visitor."""

    guest: Guest
    starters: tuple[str, ...]
    published: bool = False
    mark: str = ""


def cards_html(cards: Sequence[Card], manner: Manner, note: Markup = parts.EMPTY) -> Markup:
    """Everyone you can talk to; a maker's page has the ways to make more."""
    listed = Markup('<div class="cards">{}</div>').format(parts.EMPTY.join(_card(card, manner) for card in cards))
    body = listed if cards else parts.empty(manner.say("personas_none"))
    tools = _makers_tools(manner) if manner.maker else parts.EMPTY
    lead = manner.say("personas_lead_maker" if manner.maker else "personas_lead")
    return parts.page(manner.say("personas"), lead, body, tools=tools, note=note)


def here_html(thing: str | None) -> Markup:
    """Tells the page's script which persona an act opened, "" for none; None where that did not change."""
    return parts.EMPTY if thing is None else Markup('<i data-here="{}" hidden></i>').format(thing)


def broken_html(broken: Mapping[str, str], manner: Manner) -> Markup:
    """Those that cannot be read: id -> why."""
    return parts.EMPTY.join(
        parts.note(manner.say("personas_broken", id=id, reason=reason), "bad") for id, reason in broken.items()
    )


def _makers_tools(manner: Manner) -> Markup:
    choose = Markup(
        '<button type="button" data-do="choose-files" data-place="persona-import" data-accept=".yaml,.yml" title="{}">{}</button>'
    ).format(manner.say("personas_import_hint"), manner.say("personas_import"))
    return choose + parts.button(manner.say("personas_new"), "new", main=True)


def _card(card: Card, manner: Manner) -> Markup:
    face = card.guest.face
    starters = parts.EMPTY.join(Markup("<dd>{}</dd>").format(plain(line)) for line in card.starters[:_STARTERS])
    listed = Markup("<dl><dt>{}</dt>{}</dl>").format(manner.say("starters"), starters) if starters else parts.EMPTY
    badges = parts.EMPTY
    if card.mark:
        badges += parts.badge(manner.say(card.mark)) if card.mark != "personas_as_shipped" else parts.EMPTY
        badges += parts.badge(manner.say("personas_published"), "good") if card.published else parts.EMPTY
    return Markup(
        '<article class="sheet persona" data-key="card-{}" {}><header>{}<div><h2>{}</h2><small>{}</small></div>'
        '<div class="badges">{}</div></header><p>{}</p>{}<div class="row">{}</div></article>'
    ).format(
        face.id,
        tint(face.tint),
        avatar(face),
        plain(face.name),
        " · ".join(manner.say(ability) for ability in card.guest.abilities),
        badges,
        plain(card.guest.line),
        listed,
        _card_acts(card, manner),
    )


def _card_acts(card: Card, manner: Manner) -> Markup:
    face = card.guest.face
    words = manner.say("start_with", name=plain(face.name))
    talk = Markup('<button type="button" class="main" data-do="persona" data-persona="{}" aria-label="{}">{}</button>').format(
        face.id, words, manner.say("personas_talk") if manner.maker else words
    )
    if not manner.maker:
        return talk
    edit = Markup(
        '<a class="button" href="?at=personas&amp;id={0}" data-do="thing" data-page="personas" data-thing="{0}">{1}</a>'
    ).format(face.id, manner.say("personas_edit"))
    return talk + edit + parts.button(manner.say("personas_duplicate"), "duplicate", quiet=True, id=face.id)
