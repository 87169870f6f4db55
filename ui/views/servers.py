"""The MCP servers as HTML: all of them with how each is, and the form that adds one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from ui.render import Manner, plain
from ui.views import parts
from ui.views.parts import EMPTY

PREFIX = "+server-"
"""What stands before a server's id where the address names it; no tool can have such an id."""

ALL = "+servers"
"""What the address names while all servers are shown."""

How = Literal["never", "resting", "connecting", "connected", "failed", "needs_grant", "hosted"]

_KINDS: dict[How, Literal["", "good", "bad"]] = {"connected": "good", "failed": "bad", "needs_grant": "bad"}


@dataclass(frozen=True, slots=True)
class Stand:
    """How a server is: `problem` why it failed, `again` in how many seconds it is tried anew, `moving` whether that changes."""

    how: How
    problem: str = ""
    again: float | None = None
    moving: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A server among the others; `about` is its command or address."""

    id: str
    title: str
    about: str
    tools: int
    stand: Stand


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form that adds a server, but for pasted settings: those may hold keys, and are not sent back."""

    line: str = ""
    title: str = ""
    keep: bool = True


def servers_html(servers: Sequence[Listed], typed: Typed, manner: Manner, *, programs: bool, note: Markup = EMPTY) -> Markup:
    """All of them, and the form below."""
    head = Markup('<header class="thing-head"><h2>{}</h2><p>{}</p></header>').format(
        manner.say("servers"), manner.say("servers_lead")
    )
    rows = EMPTY.join(_row(server, manner) for server in servers)
    listed = Markup('<ul class="servers">{}</ul>').format(rows) if rows else parts.note(manner.say("servers_none"))
    hosted = EMPTY if programs else parts.note(manner.say("servers_hosted"))
    return Markup(
        '<div class="import" data-key="servers"{}>{}<div class="outcome-place" aria-live="polite">{}</div>{}{}<h3>{}</h3>{}</div>'
    ).format(moving(servers), head, note, hosted, listed, manner.say("servers_add"), _add(typed, manner))


def moving(servers: Sequence[Listed]) -> Markup:
    """The page looks again while one of them is on its way."""
    return Markup(" data-poll") if any(server.stand.moving for server in servers) else EMPTY


def link(id: str, title: str) -> Markup:
    """The way to a server's page."""
    return Markup(
        '<a href="?at=tools&amp;id=%2Bserver-{0}" data-do="thing" data-page="tools" data-thing="+server-{0}">{1}</a>'
    ).format(id, plain(title))


def badge(stand: Stand, manner: Manner) -> Markup:
    return parts.badge(manner.say(f"server_{stand.how}"), _KINDS.get(stand.how, ""))


def notes_html(told: Sequence[str], kind: Literal["", "good", "bad"]) -> Markup:
    """One sentence a line about what was just done."""
    return EMPTY.join(parts.note(sentence, kind if not place else "") for place, sentence in enumerate(told))


def _row(server: Listed, manner: Manner) -> Markup:
    count = manner.say("server_tools_count", count=server.tools) if server.tools else ""
    return Markup(
        '<li data-key="server-{}"><div class="row"><bdi>{}</bdi>{}<small>{}</small></div><code dir="ltr">{}</code></li>'
    ).format(server.id, link(server.id, server.title), badge(server.stand, manner), count, server.about)


def _add(typed: Typed, manner: Manner) -> Markup:
    body = EMPTY.join(
        [
            parts.field(
                manner.say("servers_line"), parts.line("line", typed.line, limit=4000), hint=manner.say("servers_line_hint")
            ),
            parts.field(
                f"{manner.say('servers_title')} · {manner.say('tools_optional')}", parts.line("title", typed.title, limit=200)
            ),
            parts.field(
                manner.say("servers_paste"),
                parts.area("text", "", rows=5, limit=200_000),
                hint=manner.say("servers_paste_hint"),
            ),
            parts.switch("keep", typed.keep, manner.say("servers_keep"), hint=manner.say("servers_keep_hint")),
            Markup('<div class="row">{}</div>').format(parts.submit(manner.say("servers_add"))),
        ]
    )
    return parts.form("server-add", body, key="server-add", reset="")
