"""One MCP server as HTML: how it is, the permission it needs, its tools with ticks, its settings, its keys, what else it offers.

What a server says of itself and of its tools is a stranger's text, like everything here. Each word of a command stands in a frame
of its own, and what one would not see in it is written out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tools.access import SecretNeeded
from tools.mcpservers import HttpTransport, McpListing, ProgramTransport, Transport
from ui.render import Manner, plain
from ui.views import parts
from ui.views.parts import EMPTY
from ui.views.servers import ALL, Stand, badge

_RISKS = ("reads", "writes", "spends")


@dataclass(frozen=True, slots=True)
class Taken:
    """A tool that the server offers, `used` or not, with its owner's word about its `risk`, "" for none, and what is `assumed`.

    `id` is that of the tool in the page, "" while it is not used; `problem` says why it cannot be taken.
    """

    name: str
    title: str
    about: str
    used: bool
    risk: str
    assumed: str
    id: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """The form of a server's settings; `mark` is what the stored ones are known by."""

    values: Mapping[str, str]
    key: str
    mark: str
    saved: str
    problems: Mapping[str, str]
    conflict: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """A server in its page. `reach` is the "host:port" that a permission is for, "" where none is needed for an address."""

    id: str
    title: str
    transport: Transport
    stand: Stand
    granted: bool
    startable: bool
    reach: str
    tools: Sequence[Taken]
    all_used: bool
    listing: McpListing
    secrets: Sequence[SecretNeeded]
    settings: Settings


def server_html(server: Opened, manner: Manner, note: Markup = EMPTY) -> Markup:
    """The open thing."""
    home = Markup('<a class="home" href="?at=tools&amp;id=%2Bservers" data-do="thing" data-page="tools" data-thing="{}">← {}</a>')
    head = Markup('<header class="thing-head tool">{}<h2><bdi>{}</bdi></h2></header>').format(
        home.format(ALL, manner.say("servers_all")), plain(server.title)
    )
    missing = sum(not secret.is_there for secret in server.secrets)
    keys = f"{manner.say('server_keys')} ({missing})" if missing else manner.say("server_keys")
    tabs = parts.tabs(
        "server",
        [
            ("tools", manner.say("server_tools"), _tools(server, manner)),
            ("settings", manner.say("server_settings"), _settings(server, manner)),
            ("keys", keys, _keys(server, manner)),
            ("offers", manner.say("server_offers"), _offers(server.listing, manner)),
        ],
    )
    delete = parts.button(manner.say("server_delete"), "server-delete", quiet=True, server=server.id, with_form="")
    return Markup(
        '<div class="tool-open server-open" data-key="server-{}"{}>{}<div class="outcome-place" aria-live="polite">{}</div>'
        '{}{}{}<div class="tool-acts">{}</div></div>'
    ).format(
        server.id,
        Markup(" data-poll") if server.stand.moving else EMPTY,
        head,
        note,
        _stand(server, manner),
        _grant(server, manner),
        tabs,
        delete,
    )


def _stand(server: Opened, manner: Manner) -> Markup:
    """How it is, why, and what can be done about it."""
    stand = server.stand
    acts = EMPTY
    if stand.how not in ("needs_grant", "hosted", "connecting"):
        words = manner.say("server_reread" if stand.how == "connected" else "server_connect")
        acts = parts.button(words, "server-connect", main=stand.how != "connected", server=server.id, with_form="")
    if stand.how in ("connected", "connecting"):
        acts += parts.button(manner.say("server_disconnect"), "server-disconnect", quiet=True, server=server.id)
    told = parts.note(stand.problem, "bad") if stand.problem else EMPTY
    again = EMPTY
    if stand.again is not None:
        again = parts.note(manner.say("server_again", time=parts.duration(stand.again, manner)))
        again = Markup('<div aria-live="off">{}</div>').format(again)
    if stand.how == "connecting":
        told += parts.note(manner.say("server_patience"))
    said = (
        Markup("<small>{}: {}</small>").format(manner.say("server_says"), server.listing.server)
        if server.listing.server
        else EMPTY
    )
    return Markup('<section class="stand"><div class="row"><span role="status">{}</span>{}{}</div>{}{}</section>').format(
        badge(stand, manner), said, acts, told, again
    )


# -- the permission --------------------------------------------------------------------------------------------------


def _grant(server: Opened, manner: Manner) -> Markup:
    """Exactly what is allowed, and the click that allows it, or takes that back."""
    transport = server.transport
    if isinstance(transport, HttpTransport):
        told = Markup('<p>{}</p><p class="word"><code dir="ltr">{}</code></p>').format(
            manner.say("server_address"), _visible(transport.url)
        )
        if not server.reach and not server.granted:
            return Markup('<section class="grant">{}{}</section>').format(told, parts.note(manner.say("server_public")))
        hint = manner.say("server_private", place=transport.place)
    else:
        told = Markup("<p>{}</p>{}").format(manner.say("server_command"), _command(transport, manner))
        hint = manner.say("server_command_hint")
    if not server.startable:
        acts = parts.note(manner.say("servers_hosted"))
    elif server.granted:
        acts = parts.badge(manner.say("server_allowed"), "good")
        acts += parts.button(manner.say("server_take_back"), "server-revoke", server=server.id)
    else:
        shown = transport.model_dump_json()
        acts = parts.button(manner.say("server_allow"), "server-grant", main=True, server=server.id, transport=shown)
    return Markup('<section class="grant{}">{}{}<div class="row">{}</div></section>').format(
        "" if server.granted or not server.startable else " sure", told, parts.note(hint), acts
    )


def _command(transport: ProgramTransport, manner: Manner) -> Markup:
    words = [(manner.say("server_program"), transport.command)]
    words += [(manner.say("server_argument", n=n), word) for n, word in enumerate(transport.args, 1)]
    rows: list[tuple[str, str | Markup]] = [
        (name, Markup('<code class="word" dir="ltr">{}</code>').format(_visible(word))) for name, word in words
    ]
    if not transport.args:
        rows.append((manner.say("server_args"), manner.say("server_no_arguments")))
    for variable, secret in transport.env.items():
        rows.append((manner.say("server_variable", name=variable), manner.say("server_gets", name=secret)))
    return parts.facts(rows)


def _visible(word: str) -> str:
    """The text with every letter that one cannot see, or that is drawn as a space, written as its number."""
    return "".join(letter if letter.isprintable() else f"⟨U+{ord(letter):04X}⟩" for letter in word)


# -- its tools -------------------------------------------------------------------------------------------------------


def _tools(server: Opened, manner: Manner) -> Markup:
    if not server.tools:
        return parts.empty(manner.say("server_tools_no" if server.listing.server else "server_tools_none"))
    told = parts.note(manner.say("server_uses_all" if server.all_used else "server_uses_some"))
    if not server.all_used:
        told += Markup('<div class="row">{}</div>').format(
            parts.button(manner.say("server_use_all"), "server-use-all", server=server.id)
        )
    rows = EMPTY.join(_tool(tool, server.id, manner) for tool in server.tools)
    return Markup('<div class="stack">{}<ul class="offered">{}</ul></div>').format(told, rows)


def _tool(tool: Taken, server: str, manner: Manner) -> Markup:
    code = Markup('<code translate="no">{}</code>').format(tool.name) if tool.title != tool.name else EMPTY
    name = Markup("<span><bdi>{}</bdi>{}</span>").format(plain(tool.title), code)
    about = Markup('<p class="about" dir="auto" translate="no">{}</p>').format(tool.about) if tool.about else EMPTY
    if tool.problem:
        return Markup('<li data-key="offer-{}"><div class="switch off">{}</div>{}{}</li>').format(
            tool.name, name, about, parts.note(tool.problem)
        )
    tick = Markup(
        '<label class="switch"><input type="checkbox" name="use-{0}" data-do="workshop" data-action="server-use" '
        'data-server="{1}" data-tool="{0}" data-key="use-{0}"{2}>{3}</label>'
    ).format(tool.name, server, Markup(" checked") if tool.used else EMPTY, name)
    risks = [("", manner.say("server_assumed", risk=manner.say(f"risk_{tool.assumed}")))]
    risks += [(risk, manner.say(f"risk_{risk}")) for risk in _RISKS]
    options = EMPTY.join(
        Markup('<option value="{}"{}>{}</option>').format(value, Markup(" selected") if value == tool.risk else EMPTY, words)
        for value, words in risks
    )
    risk = Markup(
        '<select data-do="workshop" data-action="server-risk" data-server="{}" data-tool="{}" data-key="risk-{}-{}" '
        'aria-label="{}">{}</select>'
    ).format(server, tool.name, tool.name, tool.risk, manner.say("server_risk", tool=plain(tool.title)), options)
    way = EMPTY
    if tool.id:
        way = Markup('<a href="?at=tools&amp;id={0}" data-do="thing" data-page="tools" data-thing="{0}">{1}</a>').format(
            tool.id, manner.say("server_to_tool")
        )
    return Markup('<li data-key="offer-{}">{}{}<div class="row">{}{}</div></li>').format(tool.name, tick, about, risk, way)


# -- its settings ----------------------------------------------------------------------------------------------------


def _settings(server: Opened, manner: Manner) -> Markup:
    settings, values, problems = server.settings, server.settings.values, server.settings.problems
    note = parts.conflict(manner, "server_conflict", "tools_mine", "tools_theirs", "server-") if settings.conflict else EMPTY
    if problems:
        note = parts.note(manner.say("server_wrong", n=len(problems)), "bad")
    title = parts.both(manner, "title", values["title.en"], values["title.zh"], limit=200)
    titled = problems.get("title.en") or problems.get("title.zh") or problems.get("title", "")
    fields = [parts.fields(manner.say("servers_title"), title, problem=titled)]
    if isinstance(server.transport, ProgramTransport):
        fields += [
            parts.field(
                manner.say("server_command_field"),
                parts.line("command", values["command"], limit=2000),
                hint=manner.say("server_command_field_hint"),
                problem=problems.get("command", ""),
            ),
            parts.field(
                manner.say("server_args"),
                parts.area("args", values["args"], rows=3, limit=100_000),
                hint=manner.say("server_args_hint"),
                problem=problems.get("args", ""),
            ),
            parts.field(
                manner.say("server_variables"),
                parts.area("env", values["env"], rows=2, limit=8000),
                hint=manner.say("server_variables_hint"),
                problem=problems.get("env", ""),
            ),
        ]
    else:
        fields += [
            parts.field(manner.say("server_url"), parts.line("url", values["url"], limit=2000), problem=problems.get("url", "")),
            parts.switch("token", bool(values["token"]), manner.say("server_token"), hint=manner.say("server_token_hint")),
        ]
    fields += [
        parts.field(
            manner.say("server_deadline"),
            parts.line("time_limit_s", values["time_limit_s"], limit=8),
            problem=problems.get("time_limit_s", ""),
        ),
        parts.switch(
            "believes_hints",
            bool(values["believes_hints"]),
            manner.say("server_believes"),
            hint=manner.say("server_believes_hint"),
        ),
    ]
    if left := [told for name, told in problems.items() if name in ("document", "tools", "risks", "id", "version")]:
        fields.append(parts.note(" ".join(left), "bad"))
    head = Markup('<div class="row spread"><span class="saved" role="status">{}</span></div>').format(settings.saved)
    body = head + Markup('<div class="stack">{}</div>').format(EMPTY.join(fields))
    form = parts.form(
        "server-save", body, autosave=True, key=settings.key, revision=settings.mark, id=f"server-{server.id}", server=server.id
    )
    return Markup('<div class="editor tool-editor"><div class="outcome-place" aria-live="polite">{}</div>{}</div>').format(
        note, form
    )


# -- keys and the rest -----------------------------------------------------------------------------------------------


def _keys(server: Opened, manner: Manner) -> Markup:
    if not server.secrets:
        return Markup('<p class="note">{}</p>').format(manner.say("server_no_keys"))
    return Markup('<div class="stack access">{}</div>').format(EMPTY.join(_key(key, server.id, manner) for key in server.secrets))


def _key(key: SecretNeeded, server: str, manner: Manner) -> Markup:
    """One key: whether it was entered, and the field to enter it."""
    there = key.is_there
    state = parts.badge(manner.say("tools_key_there" if there else "tools_key_missing"), "good" if there else "bad")
    forget = parts.button(manner.say("tools_key_forget"), "server-forget-key", quiet=True, server=server, name=key.name)
    control = Markup('<div class="row">{}{}{}</div>').format(
        parts.line("value", "", label=manner.say("tools_key_value", name=key.name), limit=4000, kind="password"),
        parts.submit(manner.say("tools_key_keep"), main=not there),
        forget if there else EMPTY,
    )
    hint = manner.say("tools_key_hint", host=key.origin) if key.origin else manner.say("server_key_hint")
    field = parts.fields(key.name, state + control, hint=hint)
    return parts.form("server-key", field, key=f"key-{server}-{key.name}-{there}", reset="", server=server, name=key.name)


def _offers(listing: McpListing, manner: Manner) -> Markup:
    """Resources and prompts, by name."""
    if not (listing.resources or listing.prompts):
        return parts.empty(manner.say("server_offers_none" if listing.server else "server_tools_none"))
    resources = [(each.name, each.uri, each.description) for each in listing.resources]
    prompts = [(each.name, ", ".join(each.arguments), each.description) for each in listing.prompts]
    groups = (("server_resources", resources), ("server_prompts", prompts))
    listed = EMPTY.join(
        Markup('<section><h3>{}</h3><ul class="offered">{}</ul></section>').format(
            manner.say(title), EMPTY.join(_offer(*each) for each in offers)
        )
        for title, offers in groups
        if offers
    )
    return Markup('<div class="stack">{}{}</div>').format(parts.note(manner.say("server_offers_hint")), listed)


def _offer(name: str, how: str, about: str) -> Markup:
    told = Markup('<p class="about" dir="auto">{}</p>').format(about) if about else EMPTY
    code = Markup("<code>{}</code>").format(how) if how else EMPTY
    return Markup("<li><bdi>{}</bdi> {}{}</li>").format(plain(name), code, told)
