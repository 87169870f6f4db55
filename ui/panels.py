"""Everything around the conversation as HTML: header, list of conversations, gallery, message box, sources and steps.

Pure functions like those of `ui.render`, with the same rule: text from outside goes through `Markup.format` and nothing else.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from markupsafe import Markup

from assistant.messages import MediaRef
from knowledge.loading.loader import MAX_MEGABYTES
from knowledge.types import DocumentRecord
from personas.care import Helpline
from ui.media import kept
from ui.render import Face, Manner, avatar, plain, tint

PAGES = ("chat", "personas", "knowledge", "tools", "models", "evaluate", "train")
VISITORS_PAGES = ("chat", "personas")

_SCRIPT_WORDS = (
    "copied",
    "lost",
    "speech_failed",
    "uploading",
    "knowledge_retry",
    "upload_failed",
    "settings_restored_elsewhere",
    "saving",
    "nothing_fits",
    "edit_send",
    "cancel",
    "message",
)


@dataclass(frozen=True, slots=True)
class ModelLine:
    """The state of the model in words; `state` colours its dot, `hint` is shown when asked for."""

    state: Literal["loading", "ready", "failed"]
    words: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A conversation in the list."""

    id: str
    title: str
    face: Face
    updated: datetime


def header_html(page: str, line: ModelLine, manner: Manner) -> Markup:
    links = Markup("").join(
        Markup('<a href="?at={0}" data-do="page" data-page="{0}" {2}><span class="icon i-{0}"></span>{1}</a>').format(
            name, manner.say(name), Markup('aria-current="page"') if name == page else Markup("")
        )
        for name in (PAGES if manner.maker else VISITORS_PAGES)
    )
    return Markup(
        '<button type="button" class="icon i-list only-narrow" data-do="drawer" title="{list}" aria-label="{list}"></button>'
        '<a class="brand" href="?at=chat" data-do="page" data-page="chat"><span class="ember"></span>Hearth</a>'
        '<nav aria-label="{nav}">{links}</nav>{model}'
        '<button type="button" class="quiet" data-do="language">{other}</button>'
        '<button type="button" class="icon i-theme" data-do="theme" title="{theme}" aria-label="{theme}"></button>'
        '<a class="icon i-settings" href="?at=settings" data-do="page" data-page="settings" title="{settings}" '
        'aria-label="{settings}"{here}></a>'
        '<span hidden data-words="{words}"></span>'
    ).format(
        words=json.dumps(
            {**{key: manner.say(key) for key in _SCRIPT_WORDS}, "max_bytes": MAX_MEGABYTES * 1_000_000}, ensure_ascii=False
        ),
        list=manner.say("conversations"),
        nav=manner.say("nav"),
        links=links,
        model=model_html(line),
        other=manner.say("other_language"),
        theme=manner.say("theme"),
        settings=manner.say("settings"),
        here=Markup(' aria-current="page"') if page == "settings" else Markup(""),
    )


def model_html(line: ModelLine) -> Markup:
    return Markup('<details class="model {}"><summary><span role="status">{}</span></summary>{}</details>').format(
        line.state, plain(line.words), Markup("<p>{}</p>").format(line.hint) if line.hint else Markup("")
    )


def sidebar_html(entries: Sequence[Entry], current: str, query: str, today: date, manner: Manner) -> Markup:
    """The conversations by day; `today` is the reader's."""
    head = Markup(
        '<div class="side-head"><button type="button" class="main" data-do="new">{}</button>'
        '<input type="search" data-do="search-chats" data-key="search-chats" placeholder="{}" aria-label="{}" value="{}"></div>'
    ).format(manner.say("new_chat"), manner.say("search_chats"), manner.say("search_chats"), query)
    if not entries:
        empty = manner.say("no_chats_found", query=query) if query else manner.say("no_chats")
        return Markup('{}<p class="empty">{}</p>{}').format(head, empty, _side_foot(manner))
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(_day(entry.updated.astimezone().date(), today), []).append(entry)
    listed = Markup("").join(
        Markup("<h3>{}</h3><ul>{}</ul>").format(
            manner.say(day), Markup("").join(_entry_html(entry, current, manner) for entry in group)
        )
        for day, group in groups.items()
    )
    return Markup('{}<div class="chats">{}</div>{}').format(head, listed, _side_foot(manner))


def _day(day: date, today: date) -> str:
    if day >= today:
        return "today"
    if day == today - timedelta(days=1):
        return "yesterday"
    return "this_week" if day > today - timedelta(days=7) else "earlier"


def _entry_html(entry: Entry, current: str, manner: Manner) -> Markup:
    title = plain(entry.title) or manner.say("untitled")
    menu = Markup("").join(
        Markup('<button type="button" data-do="{}" data-id="{}" data-title="{}">{}</button>').format(
            action, entry.id, title, manner.say(key)
        )
        for action, key in (
            ("rename", "rename"),
            ("export-markdown", "export_markdown"),
            ("export-json", "export_json"),
            ("delete", "delete"),
        )
    )
    return Markup(
        '<li class="{}" data-key="{}" {}><a href="?c={}" data-do="open" data-id="{}" title="{}"><span class="dot"></span>{}</a>'
        '<details class="menu"><summary aria-label="{}">⋯</summary><div>{}</div></details></li>'
    ).format(
        "here" if entry.id == current else "",
        entry.id,
        tint(entry.face.tint),
        entry.id,
        entry.id,
        title,
        title,
        manner.say("more"),
        menu,
    )


def _side_foot(manner: Manner) -> Markup:
    bring = Markup('<button type="button" class="quiet" data-do="import">{}</button>').format(manner.say("import"))
    if manner.maker:
        return Markup('<div class="side-foot">{}</div>').format(bring)
    forget = Markup('<button type="button" class="quiet" data-do="delete-all" data-sure="{}">{}</button>').format(
        manner.say("delete_all_sure"), manner.say("delete_all")
    )
    return Markup('<div class="side-foot">{}{}</div>').format(bring, forget)


@dataclass(frozen=True, slots=True)
class Guest:
    """A persona as the gallery shows it: its face, one line, and what it can do (keys of `ui.texts`)."""

    face: Face
    line: str
    abilities: tuple[str, ...] = ()


def gallery_html(guests: Iterable[Guest], lead: str, manner: Manner) -> Markup:
    """Everyone to talk to; `lead` says where what is written stays."""
    cards = Markup("").join(
        Markup(
            '<button type="button" class="guest" data-do="persona" data-persona="{}" {}>{}<strong>{}</strong><span>{}</span>'
            "<small>{}</small></button>"
        ).format(
            guest.face.id,
            tint(guest.face.tint),
            avatar(guest.face),
            plain(guest.face.name),
            plain(guest.line),
            " · ".join(manner.say(ability) for ability in guest.abilities),
        )
        for guest in guests
    )
    return Markup('<section class="gallery"><h1>{}</h1><p>{}</p><div class="guests">{}</div></section>').format(
        manner.say("welcome"), lead, cards
    )


def opening_html(face: Face, greeting: str, starters: Sequence[str], note: str, manner: Manner) -> Markup:
    """An empty conversation: the greeting, once what this is, and starters to press."""
    chips = Markup("").join(
        Markup('<button type="button" class="chip" data-do="starter">{}</button>').format(plain(starter)) for starter in starters
    )
    return Markup(
        '<section class="opening" {}>{}<h1>{}</h1><p class="pre-line">{}</p>{}<div class="chips">{}</div></section>'
    ).format(
        tint(face.tint),
        avatar(face),
        plain(face.name),
        greeting,
        Markup('<p class="note">{}</p>').format(note) if note else Markup(""),
        chips,
    )


def title_html(face: Face, title: str, manner: Manner, *, test: bool = False) -> Markup:
    """The bar above a conversation; a `test` of a persona can be started over."""
    over = Markup("")
    if test:
        over = Markup('<button type="button" class="quiet" data-do="clear">{}</button>').format(manner.say("start_over"))
    return Markup(
        '<div class="bar" {}>{}<div><strong>{}</strong><span>{}</span></div>{}'
        '<button type="button" class="icon i-note" data-do="always-speak" aria-pressed="false" title="{}" '
        'aria-label="{}"></button>'
        '<button type="button" class="icon i-panel" data-do="panel" title="{}" aria-label="{}"></button></div>'
    ).format(
        tint(face.tint),
        avatar(face),
        plain(face.name),
        manner.say("test_chat") if test else plain(title),
        over,
        manner.say("always_speak"),
        manner.say("always_speak"),
        manner.say("sources"),
        manner.say("sources"),
    )


def care_html(lines: Iterable[Helpline], manner: Manner) -> Markup:
    """The help that stays in view."""
    listed = Markup("").join(
        Markup('<li>{} <a href="{}">{}</a> <small>{}</small></li>').format(line.name, line.link, line.number, line.when)
        for line in lines
    )
    return Markup('<aside class="care" role="note"><p>{}</p><ul>{}</ul></aside>').format(manner.say("care"), listed)


def composer_html(name: str, attached: Sequence[DocumentRecord], manner: Manner, waiting: Sequence[MediaRef] = ()) -> Markup:
    """The message box, under what is attached to the conversation and the pictures and sounds that wait to be sent."""
    listed = _chips("attached", (_chip(each.id, each.name or each.title, manner) for each in attached), manner)
    listed += _chips(
        "goes_along",
        (
            _chip(ref.id, ref.name, manner, shown.address if shown.kind == "picture" else "")
            for ref, shown in zip(waiting, kept(waiting, manner.conversation), strict=True)
        ),
        manner,
    )
    attach = Markup("")
    if manner.maker:
        attach = Markup(
            '<button type="button" class="icon i-attach" data-do="attach" title="{0}" aria-label="{0}"></button>'
        ).format(manner.say("attach"))
    return Markup(
        '{}<form class="box" data-key="box"><textarea rows="1" data-key="message" aria-label="{}" data-long="{}" data-short="{}" '
        'maxlength="400000" enterkeyhint="send"></textarea>{}'
        '<button type="button" class="icon i-stop" data-do="stop" title="{}" aria-label="{}"></button>'
        '<button type="submit" class="icon i-send" title="{}" aria-label="{}"></button></form>'
    ).format(
        listed,
        manner.say("message"),
        manner.say("write", name=plain(name)),
        manner.say("write_short", name=plain(name)),
        attach,
        manner.say("stop"),
        manner.say("stop"),
        manner.say("send"),
        manner.say("send"),
    )


def _chips(label: str, chips: Iterable[Markup], manner: Manner) -> Markup:
    inside = Markup("").join(chips)
    return Markup('<ul class="attached" aria-label="{}">{}</ul>').format(manner.say(label), inside) if inside else inside


def _chip(id: str, name: str, manner: Manner, picture: str = "") -> Markup:
    image = Markup('<img src="{}" alt="">').format(picture) if picture else Markup("")
    return Markup(
        '<li data-key="{0}">{3}<bdi>{1}</bdi><button type="button" class="icon i-close" data-do="detach" data-document="{0}" '
        'data-name="{1}" title="{2}" aria-label="{2}"></button></li>'
    ).format(id, plain(name), manner.say("detach", name=plain(name)), image)


def refusal_html(sentence: str) -> Markup:
    """What was asked could not be done; the page puts what was typed back into its box."""
    return Markup('<p class="note bad" role="alert" data-refused>{}</p>').format(sentence)


def told_html(sentence: str) -> Markup:
    return Markup('<p class="note" role="status">{}</p>').format(sentence)


def undo_html(sentence: str, action: str, key: str, manner: Manner) -> Markup:
    return Markup(
        '<p class="note" role="status" data-passing>{} <button type="button" data-do="{}" data-id="{}">{}</button></p>'
    ).format(sentence, action, key, manner.say("undo"))


def outcomes_html(outcomes: Iterable[tuple[str, str, str]]) -> Markup:
    """A line a file: (name, state, sentence); state is waiting, working, done, unchanged or failed.

    A sentence that begins with the name goes on from the one the line shows.
    """
    return Markup('<ul class="outcomes" role="status">{}</ul>').format(
        Markup("").join(
            Markup('<li class="{}"><bdi>{}</bdi> <span>{}</span></li>').format(
                state, plain(name), sentence.removeprefix(f"{name!r} ")
            )
            for name, state, sentence in outcomes
        )
    )


def named(titles: Mapping[str, Mapping[str, str]], language: str) -> dict[str, str]:
    """Tool names to their titles in a language."""
    short = "zh" if language.startswith("zh") else "en"
    return {name: by.get(short) or by.get("en") or name for name, by in titles.items()}


def nothing() -> Markup:
    """An empty part."""
    return Markup("")
