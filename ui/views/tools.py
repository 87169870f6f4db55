"""The tools page as HTML: the list, and one tool with its facts, a form to try it, and who uses it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from assistant.mediacheck import MEGABYTES
from tools.requests import HttpRequest
from tools.switches import ALWAYS_LIMIT
from ui.argument_form import Asked
from ui.media import Shown, media_html
from ui.render import Manner, plain
from ui.uses import Use, switches_html
from ui.views import parts, servers

_LINE = 80  # characters; what is longer gets more than a line
_BODY = 20_000  # characters of what is sent that are shown
_MEDIA = "image/png,image/jpeg,image/webp,image/gif,audio/wav,audio/mpeg,audio/ogg"


@dataclass(frozen=True, slots=True)
class Instrument:
    """A tool as the page shows it: `about` is for people, `description` what the model reads.

    `address` is what a call sends where, "" for a tool that is no HTTP request; `unavailable` why it cannot be called now.
    `standing` are the personas, id and title, that may call it without asking.
    """

    id: str
    title: str
    about: str
    name: str
    description: str
    parameters: Mapping[str, Any]
    risk: str
    seconds: float
    on: bool = True
    always: bool = False
    registered: bool = False
    kind: str = "python"
    address: str = ""
    unavailable: str = ""
    standing: tuple[tuple[str, str], ...] = ()
    server: tuple[str, str] | None = None  # the MCP server it belongs to, id and title


@dataclass(frozen=True, slots=True)
class Trial:
    """The form to try a tool: what is typed in it, what is wrong with that, and what came of it (`outcome`).

    `given` are the pictures and sounds that were sent for arguments, to try with.
    """

    asked: Sequence[Asked] = ()
    typed: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    outcome: Markup = parts.EMPTY
    given: Mapping[str, Shown] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listing:
    """The list on the left: `items` are those shown of `count` that fit, `kinds` how many there are of each kind."""

    items: Sequence[tuple[str, str, str]]  # id, title, what stands under it
    count: int
    kinds: Mapping[str, int]
    kind: str = ""
    words: str = ""
    own: bool = False  # the maker has registered some
    personas: Sequence[tuple[str, str]] = ()  # id, title


def tools_html(
    listing: Listing,
    current: str,
    opened: Markup,
    manner: Manner,
    *,
    note: Markup = parts.EMPTY,
    here: str | None = None,
) -> Markup:
    """The tools on the left, the open one on the right; `here` is what the address is to name from now on, None as it does."""
    listed = parts.EMPTY.join(parts.item("tools", id, title, under, current=id == current) for id, title, under in listing.items)
    if len(listing.items) < listing.count:
        told = manner.say("tools_some", shown=len(listing.items), count=f"{listing.count:,}")
        listed += Markup('<p class="note">{}</p>').format(told)
    if listing.words and not listing.items:
        listed = Markup('<p class="none">{}</p>').format(manner.say("nothing_fits"))
    bring = Markup(
        '<a class="button" href="?at=tools&amp;id=%2Bimport" data-do="thing" data-page="tools" data-thing="+import">{}</a>'
    ).format(manner.say("tools_import"))
    bring += Markup(
        '<a class="button" href="?at=tools&amp;id=%2Bservers" data-do="thing" data-page="tools" data-thing="{}">{}</a>'
    ).format(servers.ALL, manner.say("servers"))
    export = parts.button(manner.say("tools_export_all"), "export-all", quiet=True) if listing.own else parts.EMPTY
    model = Markup(
        '<a class="button" href="?at=tools&amp;id=%2Bmodel" data-do="thing" data-page="tools" data-thing="+model">{}</a>'
    ).format(manner.say("tools_new_model"))
    new = parts.button(manner.say("tools_new"), "new")
    acts = Markup('<div class="tool-acts">{}{}{}{}</div>').format(new, model, bring, export)
    if not opened:
        opened = parts.empty(manner.say("tools_choose" if listing.kinds else "tools_none"))
    body = parts.split(
        manner,
        manner.say("tools"),
        listed,
        opened,
        search=manner.say("tools_find"),
        back="tools" if current else "",
        above=acts + _kinds(listing, manner),
        below=_for_all(listing, manner),
        searched=listing.words,
    )
    if here is not None:
        body += Markup('<i data-here="{}" hidden></i>').format(here)
    return parts.page(manner.say("tools"), manner.say("tools_lead"), body, note=note)


def _kinds(listing: Listing, manner: Manner) -> Markup:
    """One kind at a time, where there are several."""
    if len(listing.kinds) < 2:
        return parts.EMPTY
    chips = parts.EMPTY.join(
        Markup(
            '<button type="button" data-do="workshop" data-action="kind" data-kind="{}" aria-pressed="{}">{} '
            "<small>{}</small></button>"
        ).format(kind, "true" if kind == listing.kind else "false", manner.say(f"tools_kind_{kind or 'all'}"), f"{count:,}")
        for kind, count in [("", sum(listing.kinds.values())), *listing.kinds.items()]
    )
    return Markup('<div class="kinds" role="group" aria-label="{}">{}</div>').format(manner.say("tools_kinds"), chips)


def _for_all(listing: Listing, manner: Manner) -> Markup:
    """What can be done with all that the list was narrowed to."""
    if not listing.items or not (listing.words or listing.kind):
        return parts.EMPTY
    giving = Markup(
        '<select data-do="workshop" data-action="give-all" data-sought="{}" data-kind="{}" aria-label="{}">'
        "<option hidden>{}</option>{}</select>"
    ).format(
        listing.words,
        listing.kind,
        manner.say("tools_give_all"),
        manner.say("tools_give_all"),
        parts.EMPTY.join(Markup('<option value="{}">{}</option>').format(id, plain(title)) for id, title in listing.personas),
    )
    return Markup('<div class="tool-acts for-all" role="group" aria-label="{0}"><span>{0}</span>{1}{2}{3}</div>').format(
        manner.say("tools_all_shown", count=f"{listing.count:,}"),
        *(
            parts.button(
                manner.say(f"tools_switch_{to}_all"), "switch-all", quiet=True, to=to, sought=listing.words, kind=listing.kind
            )
            for to in ("on", "off")
        ),
        giving,
    )


def tool_html(
    tool: Instrument,
    trial: Trial,
    using: Sequence[Use],
    manner: Manner,
    own: Sequence[tuple[str, str, Markup]] = (),
) -> Markup:
    """One tool; `own` are the tabs that not every tool has: its editor, its access, its versions."""
    ships = not tool.registered and tool.server is None
    badges = [parts.badge(manner.say("tools_ships" if ships else f"tools_kind_{tool.kind}"))]
    if not tool.on:
        badges.append(parts.badge(manner.say("tools_off"), "bad"))
    elif tool.always:
        badges.append(parts.badge(manner.say("tools_seen_always"), "good"))
    head = Markup('<header class="thing-head tool"><h2><bdi>{}</bdi> {}</h2><p dir="auto">{}</p></header>').format(
        plain(tool.title), Markup(" ").join(badges), tool.about
    )
    users = ("、" if manner.language == "zh" else ", ").join(use.title for use in using if use.on)
    rows: list[tuple[str, str | Markup]] = [
        (manner.say("tools_name"), Markup("<code>{}</code>").format(tool.name)),
        (manner.say("tools_risk"), manner.say(f"risk_{tool.risk}")),
        (manner.say("tools_deadline"), manner.say("deadline", seconds=f"{tool.seconds:g}")),
        (manner.say("tools_used_by"), users or manner.say("tools_used_by_none")),
    ]
    if tool.address:
        rows.insert(1, (manner.say("tools_address"), Markup("<code>{}</code>").format(tool.address)))
    if tool.server:
        rows.insert(1, (manner.say("server_of_tool"), servers.link(*tool.server)))
    on = parts.switch(
        "on",
        tool.on,
        manner.say("tools_on"),
        hint=manner.say("tools_on_hint"),
        attributes=Markup('data-do="workshop" data-action="switch" data-of="{0}" data-key="on-{0}"').format(tool.id),
    )
    always = parts.switch(
        "always",
        tool.always,
        manner.say("tools_always"),
        hint=manner.say("tools_always_hint", most=ALWAYS_LIMIT),
        attributes=Markup('data-do="workshop" data-action="always" data-of="{0}" data-key="always-{0}"').format(tool.id),
    )
    shown = parts.tabs(
        "tool",
        [
            ("try", manner.say("tools_try"), _try(tool, trial, manner)),
            *own,
            (
                "users",
                manner.say("tools_users"),
                parts.fields(
                    manner.say("tools_users"), switches_html(using, "user", tool.id, manner), hint=manner.say("tools_users_hint")
                )
                + _standing(tool, manner),
            ),
            ("model", manner.say("model_reads"), _read_by_model(tool, manner)),
        ],
    )
    acts = parts.EMPTY
    if tool.registered:
        acts = Markup('<div class="tool-acts">{}{}{}</div>').format(
            parts.button(manner.say("tools_duplicate"), "duplicate", quiet=True, of=tool.id, with_form=""),
            parts.button(manner.say("tools_export"), "export", quiet=True, of=tool.id, with_form=""),
            parts.button(manner.say("tools_delete"), "delete", quiet=True, of=tool.id),
        )
    why = parts.note(tool.unavailable) if tool.unavailable else parts.EMPTY
    return Markup('<div class="tool-open" data-key="tool-{}">{}{}{}{}{}{}{}</div>').format(
        tool.id, head, why, parts.facts(rows), on, always, shown, acts
    )


def _standing(tool: Instrument, manner: Manner) -> Markup:
    """Who may call a tool that changes things without asking, and taking that back."""
    if tool.risk == "reads":
        return parts.EMPTY
    if tool.risk == "spends":
        return parts.note(manner.say("tools_never_standing"))
    rows = parts.EMPTY.join(
        Markup('<div class="row" data-key="standing-{}"><bdi>{}</bdi>{}</div>').format(
            persona, plain(title), parts.button(manner.say("tools_ask_again"), "ask-again", of=tool.id, by=persona)
        )
        for persona, title in tool.standing
    )
    hint = manner.say("tools_standing_hint" if rows else "tools_standing_none")
    return parts.fields(manner.say("tools_standing"), rows, hint=hint)


def _read_by_model(tool: Instrument, manner: Manner) -> Markup:
    properties, required = tool.parameters.get("properties") or {}, tool.parameters.get("required") or []
    rows = [
        (
            Markup("<code>{}</code>{}").format(name, " · " + manner.say("required") if name in required else ""),
            str(detail.get("description", "")) if isinstance(detail, Mapping) else "",
        )
        for name, detail in properties.items()
    ]
    listed = parts.EMPTY.join(Markup('<dt>{}</dt><dd translate="no">{}</dd>').format(name, told) for name, told in rows)
    parameters = Markup('<h3>{}</h3><dl class="facts">{}</dl>').format(manner.say("parameters"), listed) if rows else parts.EMPTY
    return Markup('<div class="model-reads"><p><code>{}</code></p><p class="pre">{}</p>{}</div>').format(
        tool.name, tool.description, parameters
    )


def _try(tool: Instrument, trial: Trial, manner: Manner) -> Markup:
    fields = parts.EMPTY.join(
        _medium(each, trial, tool.id, manner) if each.of == "media" else field_html(each, trial, manner) for each in trial.asked
    )
    if not trial.asked:
        fields = Markup('<p class="note">{}</p>').format(manner.say("tools_nothing_asked"))
    general = parts.note(trial.problems[""], "bad") if trial.problems.get("") else parts.EMPTY
    body = fields + general + Markup('<div class="row">{}</div>').format(parts.submit(manner.say("tools_run")))
    form = parts.form("try", body, key=f"try-{tool.id}", of=tool.id)
    return Markup('{}<div class="trial" aria-live="polite">{}</div>').format(form, trial.outcome)


def _medium(each: Asked, trial: Trial, tool: str, manner: Manner) -> Markup:
    """The field of a picture or a sound: what was sent, or where to send one, and the name of one that is here already."""
    label = " · ".join([each.name, *([] if each.required else [manner.say("tools_optional")])])
    if (given := trial.given.get(each.name)) is not None:
        away = parts.button(manner.say("tools_medium_away"), "take-away", quiet=True, of=tool, argument=each.name)
        control = media_html([given], manner.language) + Markup('<div class="row">{}</div>').format(away)
    else:
        kinds = manner.say("tools_medium_kinds", megabytes=MEGABYTES)
        drop = parts.drop(manner, "tool-medium", manner.say("tools_medium_drop"), kinds, _MEDIA, of=tool, argument=each.name)
        named = manner.say("tools_medium_named")
        control = drop + parts.line(each.field, trial.typed.get(each.name, ""), label=named, hint=named, limit=4000)
    return parts.fields(label, control, hint=for_reader(each.description, manner), problem=trial.problems.get(each.name, ""))


def field_html(each: Asked, trial: Trial, manner: Manner) -> Markup:
    """The field of one argument, with what is typed in it and what is wrong with that."""
    value = trial.typed.get(each.name, "")
    told = [for_reader(each.description, manner)] if each.description else []
    kinds = {"lines": "tools_a_line_each", "json": "tools_as_json", "integer": "tools_whole_number", "number": "tools_a_number"}
    kinds |= {"media": "tools_a_medium"}
    how = kinds.get(each.kind if each.kind in ("lines", "json") else each.of)
    label = " · ".join(
        [
            each.name or manner.say("arguments"),
            *([manner.say(how)] if how else []),
            *([] if each.required else [manner.say("tools_optional")]),
        ]
    )
    if each.kind == "choice":
        options = [(option, _word(option)) for option in each.options]
        # Without an empty choice the browser would choose the first by itself.
        control = parts.choice(each.field, [("", manner.say("tools_left_empty") if not each.required else "—"), *options], value)
    elif each.kind in ("lines", "json"):
        control = parts.area(each.field, value, rows=3)
    elif len(value) > _LINE or "\n" in value or "\r" in value:  # a line would drop where one ends
        control = parts.area(each.field, value)
    else:
        control = parts.line(each.field, value, limit=4000)
    return parts.field(label, control, hint=" ".join(told), problem=trial.problems.get(each.name, ""))


def for_reader(description: str, manner: Manner) -> str:
    """The reader's half of a description that says the same to the model in English and then in Chinese."""
    english, dot, chinese = description.rpartition(". ")
    if not dot or not chinese.endswith("。"):
        return description
    return chinese if manner.language == "zh" else english + "."


def _word(option: str) -> str:
    """A value as people read it: a text without its quotation marks."""
    value = json.loads(option)
    return value if isinstance(value, str) else option


def running_html(title: str, manner: Manner) -> Markup:
    return parts.note(manner.say("tools_running", title=plain(title)))


def result_html(text: str, failed: bool, seconds: float, manner: Manner, media: Markup = parts.EMPTY) -> Markup:
    """What a call gave: the exact text the model would read, and the pictures and sounds that people are shown."""
    kind = parts.badge(manner.say("tools_refused"), "bad") if failed else parts.EMPTY
    return Markup(
        '<section class="result-of" data-look><h3>{} <small>{}</small> {}</h3><pre dir="auto" tabindex="0">{}</pre>{}</section>'
    ).format(manner.say("tools_result"), manner.say("tools_took", seconds=f"{seconds:.2f}"), kind, "\n" + text, media)


def sure_html(
    tool: str, risk: str, made_of: str, arguments: Mapping[str, Any], request: HttpRequest | None, manner: Manner
) -> Markup:
    """The exact arguments of a call that writes or spends, what they are sent as, and the click that makes it.

    `made_of` is the digest of the tool as it is now, by which a click that comes after a change of it is known.
    """
    shown = parts.EMPTY if request is None else _section(manner.say("tools_request"), _written(request))
    return Markup(
        '<section class="sure" role="alert" data-look><p>{}</p><pre>{}</pre>{}<div class="row">{}{}</div></section>'
    ).format(
        manner.say("tools_sure", risk=manner.say(f"tools_{risk}")),
        "\n" + json.dumps(arguments, ensure_ascii=False, indent=2),
        shown,
        parts.button(
            manner.say("tools_sure_run"),
            "run",
            main=True,
            of=tool,
            arguments=json.dumps(arguments, ensure_ascii=False),
            tool=made_of,
        ),
        parts.button(manner.say("tools_sure_not"), "open", of=tool),
    )


def request_html(name: str, arguments: Mapping[str, Any], request: HttpRequest | None, manner: Manner) -> Markup:
    """What is sent, with a mark in the place of each key; of a tool that is no HTTP request, what it is called with."""
    if request is not None:
        return Markup('<section class="sent">{}</section>').format(_section(manner.say("tools_request"), _written(request)))
    told = json.dumps(arguments, ensure_ascii=False, indent=2)
    return Markup('<details class="sent"><summary>{}</summary><pre>{}</pre></details>').format(
        manner.say("tools_called_with"), f"\n{name} {told}"
    )


def _section(title: str, text: str) -> Markup:
    return Markup('<h3>{}</h3><pre tabindex="0">{}</pre>').format(title, "\n" + text)


def _written(request: HttpRequest) -> str:
    """A request as it goes over the wire."""
    head = [f"{request.method} {request.url}", *(f"{name}: {value}" for name, value in request.headers.items())]
    body = "" if request.body is None else request.body.decode("utf-8", "replace")
    return "\n".join([*head, *(["", body[:_BODY] + ("…" if len(body) > _BODY else "")] if body else [])])
