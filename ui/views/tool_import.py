"""The import of tools as HTML: where they come from, what is in there with ticks, and what cannot be taken with why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from tools.access import KeyOffer
from ui.render import Manner, plain
from ui.views import parts
from ui.views.parts import EMPTY

TEXT_LIMIT = 2_000_000
"""Characters of a text that is pasted; what is longer is cut by the field."""


@dataclass(frozen=True, slots=True)
class Found:
    """A tool that can be taken: `state` says how it compares with what is here."""

    id: str
    title: str
    operation: str
    state: Literal["new", "changed", "same"]


@dataclass(frozen=True, slots=True)
class Look:
    """What was found in a text: its title, what can be taken, and what cannot with why."""

    title: str
    found: Sequence[Found]
    left: Sequence[tuple[str, str]]
    servers: Sequence[str] = ()
    server: str = ""
    keys: Sequence[KeyOffer] = ()
    private: Sequence[str] = ()


def import_html(look: Look | None, manner: Manner, note: Markup = EMPTY) -> Markup:
    """The open thing: the sources, and below them what was found.

    What was typed as a source stays where it was typed and is not sent back: there may be keys in it.
    """
    head = Markup('<header class="thing-head"><h2>{}</h2><p>{}</p></header>').format(
        manner.say("tools_import"), manner.say("tools_import_lead")
    )
    drop = parts.drop(
        manner, "tool-import", manner.say("tools_import_drop"), manner.say("tools_import_kinds"), ".json,.yaml,.yml,.txt"
    )
    body = EMPTY.join(
        [
            parts.field(manner.say("tools_import_url"), parts.line("url", "", limit=2000, kind="url")),
            parts.field(manner.say("tools_import_text"), parts.area("text", "", rows=4, limit=TEXT_LIMIT)),
            Markup('<div class="row">{}</div>').format(parts.submit(manner.say("tools_import_look"), main=look is None)),
        ]
    )
    shown = EMPTY if look is None else _look(look, manner)
    return Markup('<div class="import" data-key="import">{}{}{}{}{}</div>').format(
        head, drop, parts.form("look", body, key="import-source"), note, shown
    )


def _look(look: Look, manner: Manner) -> Markup:
    pieces: list[Markup] = [
        Markup("<h3>{}</h3>").format(manner.say("tools_import_found", title=plain(look.title), count=f"{len(look.found):,}"))
    ]
    if look.found:
        marks = {state: manner.say(f"tools_import_{state}") for state in ("new", "changed", "same")}
        rows = [(each.id, each.title, f"{each.operation} · {marks[each.state]}") for each in look.found]
        chosen = [each.id for each in look.found if each.state != "same"]
        take = Markup('<div class="row">{}<button type="button" class="quiet" data-do="tick-all">{}</button></div>').format(
            parts.submit(manner.say("tools_import_take")), manner.say("tools_import_all")
        )
        pieces.append(parts.picks("take", rows, chosen) + _keys(look, manner) + _reach(look, manner) + take)
    if look.left:
        listed = EMPTY.join(Markup("<dt><code>{}</code></dt><dd>{}</dd>").format(name, why) for name, why in look.left)
        pieces.append(
            Markup('<details class="left" data-key="left"><summary>{}</summary><dl>{}</dl></details>').format(
                manner.say("tools_import_left", count=f"{len(look.left):,}"), listed
            )
        )
    found = parts.form("take", Markup('<div class="found">{}</div>').format(EMPTY.join(pieces)), key="import-found")
    return Markup("<section data-look>{}{}</section>").format(_servers(look, manner), found)


def _keys(look: Look, manner: Manner) -> Markup:
    """A tick for each key that was found, by its place among them; one that replaces another is ticked by hand."""
    if not look.keys:
        return EMPTY
    rows: list[tuple[str, str, str]] = []
    for place, key in enumerate(look.keys):
        about = ""
        if key.replaces:
            about = manner.say("tools_import_key_replaces", hosts=", ".join(key.replaces))
        elif key.replaces is not None:
            about = manner.say("tools_import_key_replaces_any")
        rows.append((str(place), manner.say("tools_import_key", name=key.name, hosts=", ".join(key.origins)), about))
    chosen = [str(place) for place, key in enumerate(look.keys) if key.replaces is None]
    return parts.fields(
        manner.say("tools_import_keys"), parts.picks("keep-key", rows, chosen), hint=manner.say("tools_import_keys_hint")
    )


def _reach(look: Look, manner: Manner) -> Markup:
    """A tick for each address that is not public, by hand: whoever wrote the file chose it."""
    if not look.private:
        return EMPTY
    rows = [(host, manner.say("tools_import_reach_host", host=host), "") for host in look.private]
    hint = manner.say("tools_import_reach_hint")
    return parts.fields(manner.say("tools_reach"), parts.picks("reach", rows, []), hint=hint)


def _servers(look: Look, manner: Manner) -> Markup:
    """Which of several servers is called; choosing one looks into the text once more."""
    if len(look.servers) < 2:
        return EMPTY
    listed = EMPTY.join(
        Markup('<option value="{0}"{1}>{0}</option>').format(server, Markup(" selected") if server == look.server else EMPTY)
        for server in look.servers
    )
    control = Markup('<select data-do="workshop" data-action="serve">{}</select>').format(listed)
    return parts.field(manner.say("tools_import_server"), control)
