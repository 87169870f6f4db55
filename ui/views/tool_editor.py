"""The editor of one registered tool as HTML: what it is, how it is called, its parameters as a table beside their JSON.

One form holds it all and saves itself, so that each save says everything. What the tool may reach and the keys themselves stand
in forms of their own: they are no part of the document.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from tools.access import Access
from tools.calls import METHODS
from ui.render import Manner
from ui.tool_form import MOST_SECRETS, PLACES, Secret, ToolForm
from ui.views import parts
from ui.views.parts import EMPTY
from ui.views.tool_model import model_fields, own_html, taken_html

_TYPES = ("string", "integer", "number", "boolean", "texts", "integers", "numbers", "object", "other")
_CELLS = ("name", "type", "required", "description", "default", "enum")
_BODIES = ("json", "form", "multipart", "text")


@dataclass(frozen=True, slots=True)
class Edited:
    """A tool in its editor: what stands in the form, and what is wrong with it."""

    id: str
    kind: Literal["http", "model"]
    form: ToolForm
    key: str
    revision: str
    saved: str
    problems: Mapping[str, str]
    note: Markup = EMPTY


def edit_html(edited: Edited, manner: Manner) -> Markup:
    """The form."""
    form = edited.form
    head = Markup('<div class="row spread"><span class="saved" role="status">{}</span></div>').format(edited.saved)
    told = [
        _both(edited, manner, "title", limit=200),
        _both(edited, manner, "description", rows=3, limit=4000, hint=True),
        Markup('<div class="pair">{}{}</div>').format(
            _field(edited, manner, "name", parts.line("name", form.values["name"], limit=64), hint=True),
            _field(
                edited,
                manner,
                "risk",
                parts.choice(
                    "risk", [(risk, manner.say(f"risk_{risk}")) for risk in ("reads", "writes", "spends")], form.values["risk"]
                ),
            ),
        ),
    ]
    called = _called(edited, manner) if edited.kind == "http" else _model(edited, manner)
    body = head + Markup('<div class="stack">{}</div>').format(EMPTY.join([*told, *called]))
    saved = parts.form("save", body, autosave=True, key=edited.key, revision=edited.revision, id=edited.id, of=edited.id)
    return Markup('<div class="editor tool-editor"><div class="outcome-place" aria-live="polite">{}</div>{}</div>').format(
        edited.note, saved
    )


def access_html(access: Access, tool: str, manner: Manner) -> Markup:
    """The keys of a tool and what it may reach."""
    pieces: list[Markup] = []
    if len(access.secrets) > 1 and not access.host:
        pieces.append(parts.note(manner.say("tools_keys_any")))
    for key in access.secrets:
        kind: Literal["", "good", "bad"] = "good" if key.is_there else "bad" if key.required else ""
        state = parts.badge(manner.say("tools_key_there" if key.is_there else "tools_key_missing"), kind)
        forget = parts.button(manner.say("tools_key_forget"), "forget-key", quiet=True, of=tool, name=key.name)
        control = Markup('<div class="row">{}{}{}</div>').format(
            parts.line("value", "", label=manner.say("tools_key_value", name=key.name), limit=4000, kind="password"),
            parts.submit(manner.say("tools_key_keep"), main=not key.is_there),
            forget if key.is_there else EMPTY,
        )
        hint = manner.say("tools_key_hint", host=key.origin)
        field = parts.fields(key.name, Markup("<div>{}</div>{}").format(state, control), hint=hint)
        pieces.append(parts.form("key", field, key=f"key-{tool}-{key.name}-{key.is_there}", of=tool, name=key.name))
    if access.private:
        on = access.granted
        act = parts.button(
            manner.say("tools_revoke" if on else "tools_grant", host=access.host),
            "revoke" if on else "grant",
            main=not on,
            of=tool,
            host=access.host,
        )
        hint = manner.say("tools_granted_hint" if on else "tools_grant_hint", host=access.host)
        pieces.append(parts.fields(manner.say("tools_reach"), Markup('<div class="row">{}</div>').format(act), hint=hint))
    if not pieces:
        return Markup('<p class="note">{}</p>').format(manner.say("tools_no_access" if access.host else "tools_no_key"))
    return Markup('<div class="stack access">{}</div>').format(EMPTY.join(pieces))


@dataclass(frozen=True, slots=True)
class Version:
    """A version that is kept, and when it was saved, in words."""

    revision: int
    when: str
    current: bool


def versions_html(versions: Sequence[Version], tool: str, manner: Manner) -> Markup:
    """What is kept, newest first."""
    if len(versions) < 2:
        return parts.empty(manner.say("tools_versions_none"))

    def line(version: Version) -> Markup:
        if version.current:
            back = parts.badge(manner.say("tools_version_now"), "good")
        else:
            number = str(version.revision)
            back = parts.button(manner.say("tools_version_use"), "version", of=tool, version=number, with_form="")
        return Markup('<li data-key="version-{}"><div class="row"><strong>{}</strong>{}</div></li>').format(
            version.revision, version.when, back
        )

    return Markup('<ol class="versions">{}</ol>').format(EMPTY.join(map(line, versions)))


# -- how it is called ------------------------------------------------------------------------------------------------


def _called(edited: Edited, manner: Manner) -> Sequence[Markup]:
    form = edited.form
    address = Markup('<div class="address">{}{}</div>').format(
        parts.choice("method", [(name, name) for name in METHODS], form.values["method"], label=manner.say("tools_field_method")),
        parts.line("url", form.values["url"], label=manner.say("tools_field_url"), limit=2000, kind="text"),
    )
    problem = edited.problems.get("method", "") or edited.problems.get("url", "")
    return [
        parts.fields(manner.say("tools_field_url"), address, hint=manner.say("tools_hint_url"), problem=problem),
        _parameters(edited, manner, places=True),
        _secrets(edited, manner),
        _more(edited, manner),
    ]


def _model(edited: Edited, manner: Manner) -> Sequence[Markup]:
    values = edited.form.values
    task, own = values["task"], own_html(values["task"], manner)
    return [*model_fields(task, values["model"], edited.problems, manner, own), taken_html(task, manner)]


def _more(edited: Edited, manner: Manner) -> Markup:
    """What most tools do without."""
    values = edited.form.values
    rows = [
        _field(edited, manner, "result_path", parts.line("result_path", values["result_path"], limit=200), hint=True),
        _field(edited, manner, "headers", parts.area("headers", values["headers"], rows=2, limit=4000), hint=True),
        _field(edited, manner, "query", parts.area("query", values["query"], rows=2, limit=4000), hint=True),
        _field(
            edited,
            manner,
            "body_type",
            parts.choice("body_type", [(kind, manner.say(f"tools_body_{kind}")) for kind in _BODIES], values["body_type"]),
        ),
        _field(edited, manner, "body", parts.area("body", values["body"], rows=4, limit=20_000), hint=True),
        _field(edited, manner, "media_types", parts.area("media_types", values["media_types"], rows=1, limit=2000), hint=True),
    ]
    used = any(values[name] for name in ("result_path", "headers", "query", "body", "media_types"))
    wrong = any(name in edited.problems for name in ("result_path", "headers", "query", "body", "body_type", "media_types"))
    return Markup('<details class="more" data-key="more"{}><summary>{}</summary><div class="stack">{}</div></details>').format(
        Markup(" open") if used or wrong else EMPTY, manner.say("tools_more"), EMPTY.join(rows)
    )


def _secrets(edited: Edited, manner: Manner) -> Markup:
    rows = EMPTY.join(_secret(edited, manner, number, row) for number, row in enumerate(edited.form.secrets, 1))
    add = EMPTY
    if len(edited.form.secrets) < MOST_SECRETS:
        add = parts.button(manner.say("tools_add_key"), "add-key", with_form="")
    return parts.fields(
        manner.say("tools_field_secrets"),
        Markup('<div class="rows">{}<input type="checkbox" name="secrets" value="" hidden disabled></div>{}').format(rows, add),
        hint=manner.say("tools_hint_secrets"),
        problem=edited.problems.get("secrets", ""),
    )


def _secret(edited: Edited, manner: Manner, number: int, row: Secret) -> Markup:
    at = f"secret.{row.key}"
    values = row.values
    places = [(place, manner.say(f"tools_key_in_{place}")) for place in ("header", "query", "cookie")]
    cells = [
        ("name", parts.line(f"{at}.name", values["name"], label=manner.say("tools_key_name"), limit=64)),
        ("place", parts.choice(f"{at}.place", places, values["place"], label=manner.say("tools_key_place"))),
        ("field", parts.line(f"{at}.field", values["field"], label=manner.say("tools_key_field"), limit=100)),
        ("prefix", parts.line(f"{at}.prefix", values["prefix"], label=manner.say("tools_key_prefix"), limit=40)),
    ]
    shown = EMPTY.join(
        Markup("<label><small>{}</small>{}</label>").format(manner.say(f"tools_key_{part}"), control) for part, control in cells
    )
    problem = next((told for name, told in edited.problems.items() if name == at or name.startswith(f"{at}.")), "")
    told = Markup('<em role="alert">{}</em>').format(problem) if problem else EMPTY
    away = manner.say("tools_remove_key", n=number)
    return Markup(
        '<div class="one-row secret" role="group" aria-label="{0}" data-key="secret-{1}">'
        '<input type="hidden" name="secrets" value="{1}"><div>{2}{3}</div>{4}</div>'
    ).format(
        manner.say("tools_key_n", n=number),
        row.key,
        Markup('<div class="cells">{}</div>').format(shown),
        told,
        parts.button(away, "remove-key", icon="remove", row=row.key, with_form=""),
    )


# -- parameters ------------------------------------------------------------------------------------------------------


def _parameters(edited: Edited, manner: Manner, *, places: bool) -> Markup:
    """The table, which the page's script draws from the JSON beside it."""
    table = Markup(
        '<div class="grid"><div class="head" aria-hidden="true">{}</div>'
        '<div data-parameters data-keep data-key="rows-{}"></div><p class="note none">{}</p><p class="note unreadable">{}</p>'
        '<button type="button" data-do="add-parameter">{}</button></div>'
    ).format(
        _heads(manner, places=places),
        edited.key,
        manner.say("tools_no_parameters"),
        manner.say("tools_schema_unread"),
        manner.say("tools_add_parameter"),
    )
    pattern = Markup("<div data-row hidden>{}</div>").format(_pattern(manner, places=places))
    written = Markup('<label class="json"><small>{}</small>{}</label>').format(
        manner.say("tools_as_schema"),
        Markup('<textarea name="schema" rows="8" spellcheck="false" data-schema>{}</textarea>').format(
            edited.form.values["schema"]
        ),
    )
    body = Markup('<div class="schema-editor{}" data-schema-editor data-places="{}">{}{}{}</div>').format(
        "" if places else " no-places", _json_of(edited.form.sent), pattern, table, written
    )
    return parts.fields(
        manner.say("parameters"), body, hint=manner.say("tools_hint_parameters"), problem=edited.problems.get("schema", "")
    )


def _heads(manner: Manner, *, places: bool) -> Markup:
    names = [*_CELLS, *(["place"] if places else [])]
    return EMPTY.join(Markup("<span>{}</span>").format(manner.say(f"tools_cell_{name}")) for name in names)


def _pattern(manner: Manner, *, places: bool) -> Markup:
    """A row of the table, without values."""
    types = [(name, manner.say(f"tools_type_{name}")) for name in _TYPES]
    controls = [
        _cell(manner, "name", Markup('<input type="text" maxlength="64" autocomplete="off" spellcheck="false" {}>')),
        _cell(manner, "type", Markup("<select {{}}>{}</select>").format(_options(types))),
        _cell(manner, "required", Markup('<input type="checkbox" {}>')),
        _cell(manner, "description", Markup('<input type="text" maxlength="1000" autocomplete="off" {}>')),
        _cell(manner, "default", Markup('<input type="text" maxlength="400" autocomplete="off" {}>')),
        _cell(manner, "enum", Markup('<input type="text" maxlength="4000" autocomplete="off" {}>')),
    ]
    if places:
        listed = [(place, manner.say(f"tools_place_{place}")) for place in PLACES]
        controls.append(_cell(manner, "place", Markup("<select {{}}>{}</select>").format(_options(listed))))
    away = Markup('<button type="button" class="icon i-remove" data-do="remove-parameter" title="{0}" aria-label="{0}"></button>')
    return Markup('<div class="parameter" role="group">{}{}</div>').format(
        EMPTY.join(controls), away.format(manner.say("tools_remove_parameter"))
    )


def _cell(manner: Manner, name: str, control: Markup) -> Markup:
    words = manner.say(f"tools_cell_{name}")
    attributes = Markup('data-part="{}" aria-label="{}"').format(name, words)
    return Markup('<label class="cell {}"><small>{}</small>{}</label>').format(name, words, control.format(attributes))


def _options(listed: Sequence[tuple[str, str]]) -> Markup:
    return EMPTY.join(Markup('<option value="{}">{}</option>').format(value, words) for value, words in listed)


def _json_of(value: Mapping[str, str]) -> str:
    return json.dumps(dict(value), ensure_ascii=False)


# -- fields of the form ----------------------------------------------------------------------------------------------


def _field(edited: Edited, manner: Manner, name: str, control: Markup, *, hint: bool = False) -> Markup:
    said = manner.say(f"tools_hint_{name}") if hint else ""
    return parts.field(manner.say(f"tools_field_{name}"), control, hint=said, problem=edited.problems.get(name, ""))


def _both(edited: Edited, manner: Manner, name: str, *, rows: int = 0, limit: int, hint: bool = False) -> Markup:
    values, problems = edited.form.values, edited.problems
    control = parts.both(manner, name, values[f"{name}.en"], values[f"{name}.zh"], rows=rows, limit=limit)
    problem = next((problems[each] for each in (name, f"{name}.en", f"{name}.zh") if each in problems), "")
    said = manner.say(f"tools_hint_{name}") if hint else ""
    return parts.fields(manner.say(f"tools_field_{name}"), control, hint=said, problem=problem)
