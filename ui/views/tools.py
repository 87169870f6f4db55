"""The tools page as HTML: the list, and one tool with its facts, a form to try it, and who uses it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from ui.render import Manner, plain
from ui.toolform import Asked
from ui.uses import Use, switches_html
from ui.views import parts


@dataclass(frozen=True, slots=True)
class Instrument:
    """A tool as the page shows it: `about` is for people, `description` what the model reads.

    `address` is what a call sends where, "" for a tool that is no HTTP request; `unavailable` why it cannot be called now.
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
    registered: bool = False
    address: str = ""
    unavailable: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """The form to try a tool: what is typed in it, what is wrong with that, and what came of it (`outcome`)."""

    asked: Sequence[Asked] = ()
    typed: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    outcome: Markup = parts.EMPTY


def tools_html(
    instruments: Sequence[Instrument],
    current: str,
    opened: Markup,
    manner: Manner,
    *,
    note: Markup = parts.EMPTY,
    here: str | None = None,
) -> Markup:
    """The tools on the left, the open one on the right; `here` is what the address is to name from now on, None as it does."""
    listed = parts.EMPTY.join(
        parts.item(
            "tools",
            tool.id,
            tool.title,
            manner.say("tools_off") if not tool.on or tool.unavailable else tool.name,
            current=tool.id == current,
        )
        for tool in instruments
    )
    if not opened:
        opened = parts.empty(manner.say("tools_choose" if instruments else "tools_none"))
    body = parts.split(
        manner,
        manner.say("tools"),
        listed,
        opened,
        search=manner.say("tools_find"),
        back="tools" if current else "",
    )
    if here is not None:
        body += Markup('<i data-here="{}" hidden></i>').format(here)
    return parts.page(manner.say("tools"), manner.say("tools_lead"), body, note=note)


def tool_html(tool: Instrument, trial: Trial, using: Sequence[Use], manner: Manner) -> Markup:
    """One tool."""
    badges = [parts.badge(manner.say("tools_registered" if tool.registered else "tools_ships"))]
    if not tool.on:
        badges.append(parts.badge(manner.say("tools_off"), "bad"))
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
    on = parts.switch(
        "on",
        tool.on,
        manner.say("tools_on"),
        hint=manner.say("tools_on_hint"),
        attributes=Markup('data-do="workshop" data-action="switch" data-of="{0}" data-key="on-{0}"').format(tool.id),
    )
    shown = parts.tabs(
        "tool",
        [
            ("try", manner.say("tools_try"), _try(tool, trial, manner)),
            (
                "users",
                manner.say("tools_users"),
                parts.fields(
                    manner.say("tools_users"), switches_html(using, "user", tool.id), hint=manner.say("tools_users_hint")
                ),
            ),
            ("model", manner.say("model_reads"), _read_by_model(tool, manner)),
        ],
    )
    delete = parts.button(manner.say("tools_delete"), "delete", quiet=True, of=tool.id) if tool.registered else parts.EMPTY
    why = parts.note(tool.unavailable) if tool.unavailable else parts.EMPTY
    return Markup('<div class="tool-open" data-key="tool-{}">{}{}{}{}{}{}</div>').format(
        tool.id, head, why, parts.facts(rows), on, shown, delete
    )


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
    fields = parts.EMPTY.join(_field(each, trial, manner) for each in trial.asked)
    if not trial.asked:
        fields = Markup('<p class="note">{}</p>').format(manner.say("tools_nothing_asked"))
    general = parts.note(trial.problems[""], "bad") if trial.problems.get("") else parts.EMPTY
    body = fields + general + Markup('<div class="row">{}</div>').format(parts.submit(manner.say("tools_run")))
    form = parts.form("try", body, key=f"try-{tool.id}", of=tool.id)
    return Markup('{}<div class="trial" aria-live="polite">{}</div>').format(form, trial.outcome)


def _field(each: Asked, trial: Trial, manner: Manner) -> Markup:
    value = trial.typed.get(each.name, "")
    told = [_for_reader(each.description, manner)] if each.description else []
    kinds = {"lines": "tools_a_line_each", "json": "tools_as_json", "integer": "tools_whole_number", "number": "tools_a_number"}
    how = kinds.get(each.kind if each.kind in ("lines", "json") else each.of)
    label = " · ".join(
        [each.name, *([manner.say(how)] if how else []), *([] if each.required else [manner.say("tools_optional")])]
    )
    if each.kind == "choice":
        options = [(option, _word(option)) for option in each.options]
        # Without an empty choice the browser would choose the first by itself.
        control = parts.choice(each.field, [("", manner.say("tools_left_empty") if not each.required else "—"), *options], value)
    elif each.kind in ("lines", "json"):
        control = parts.area(each.field, value, rows=3)
    else:
        control = parts.line(each.field, value, limit=4000)
    return parts.field(label, control, hint=" ".join(told), problem=trial.problems.get(each.name, ""))


def _for_reader(description: str, manner: Manner) -> str:
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


def result_html(text: str, failed: bool, seconds: float, manner: Manner) -> Markup:
    """What a call gave: the exact text the model would read."""
    kind = parts.badge(manner.say("tools_refused"), "bad") if failed else parts.EMPTY
    return Markup(
        '<section class="result-of" data-look><h3>{} <small>{}</small> {}</h3><pre dir="auto" tabindex="0">{}</pre></section>'
    ).format(manner.say("tools_result"), manner.say("tools_took", seconds=f"{seconds:.2f}"), kind, "\n" + text)


def sure_html(tool: Instrument, arguments: Mapping[str, Any], manner: Manner) -> Markup:
    """The exact arguments of a call that writes or spends, and the click that makes it."""
    told = json.dumps(arguments, ensure_ascii=False, indent=2)
    risk = manner.say(f"tools_{tool.risk}")
    address = Markup("<p><code>{}</code></p>").format(tool.address) if tool.address else parts.EMPTY
    data = json.dumps(arguments, ensure_ascii=False)
    return Markup(
        '<section class="sure" role="alert" data-look><p>{}</p>{}<pre>{}</pre><div class="row">{}{}</div></section>'
    ).format(
        manner.say("tools_sure", risk=risk),
        address,
        "\n" + told,
        parts.button(manner.say("tools_sure_run"), "run", main=True, of=tool.id, arguments=data),
        parts.button(manner.say("tools_sure_not"), "open", of=tool.id),
    )
