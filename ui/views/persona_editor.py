"""The editor of one persona as HTML: its head and the tabs of its form.

One form holds every tab, so that each save says everything. A problem stands at its field, whichever tab that is in, and marks
the tab.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from personas.checkup import Finding
from ui.persona_form import MOST, Form, Kind, Row
from ui.render import Face, Manner, avatar, plain, tint
from ui.views import parts
from ui.views.parts import EMPTY, Option
from ui.views.persona_review import Version, findings_html, versions_html

_TABS: Mapping[str, tuple[str, ...]] = {
    "who": ("title", "description", "picture", "avatar", "tint", "published"),
    "speech": ("instruction", "greeting", "starters", "few_shot"),
    "uses": ("model", "tools", "all_tools", "collections", "answers_only_from_documents"),
    "voice": ("playful", "voice", "generation"),
}


@dataclass(frozen=True, slots=True)
class Offered:
    """What can be chosen: (value, words), and for picks (value, title, what it is); `more_tools` are there and not among them."""

    models: Sequence[Option]
    tools: Sequence[tuple[str, str, str]]
    more_tools: int
    collections: Sequence[tuple[str, str, str]]
    voices: Mapping[str, Sequence[Option]]


@dataclass(frozen=True, slots=True)
class Opened:
    """A persona in its editor: what stands in the form, and what is known about it."""

    face: Face
    form: Form
    key: str
    revision: str
    saved: str
    shipped: bool
    changed: bool
    problems: Mapping[str, str]
    offered: Offered
    versions: Sequence[Version]
    findings: Sequence[Finding]


def editor_html(opened: Opened, manner: Manner, note: Markup = EMPTY) -> Markup:
    """The whole page with one persona open."""
    wrong = {name.partition(".")[0] for name in opened.problems}
    tabs = [
        ("who", _who(opened, manner)),
        ("speech", _speech(opened, manner)),
        ("uses", _uses(opened, manner)),
        ("voice", _voice(opened, manner)),
        ("versions", versions_html(opened.versions, manner)),
        ("check", findings_html(opened.findings, manner)),
    ]
    shown = [(key, _tab_words(key, opened, wrong, manner), body) for key, body in tabs]
    form = parts.form(
        "save",
        parts.tabs("persona", shown),
        autosave=True,
        key=opened.key,
        revision=opened.revision,
        id=opened.face.id,
    )
    return Markup(
        '<div class="shop editor"><div class="open-thing">{}<div class="outcome-place" aria-live="polite">{}</div>{}</div></div>'
    ).format(_head(opened, manner), note, form)


def _tab_words(key: str, opened: Opened, wrong: set[str], manner: Manner) -> str:
    words = manner.say(f"personas_tab_{key}")
    if key == "check" and opened.findings:
        return f"{words} · {len(opened.findings)}"
    return f"{words} ●" if wrong & set(_TABS.get(key, ())) else words


def _head(opened: Opened, manner: Manner) -> Markup:
    id = opened.face.id
    acts = [
        parts.button(manner.say("personas_duplicate"), "duplicate", quiet=True, id=id, with_form=""),
        parts.button(manner.say("personas_export"), "export", quiet=True, id=id, with_form=""),
    ]
    if not opened.shipped:
        acts.append(parts.button(manner.say("personas_delete"), "delete", quiet=True, id=id, with_form=""))
    elif opened.changed:
        acts.append(parts.button(manner.say("personas_reset"), "reset", quiet=True, id=id, with_form=""))
    talk = Markup('<button type="button" data-do="persona" data-persona="{}">{}</button>').format(id, manner.say("personas_talk"))
    attempt = Markup('<button type="button" class="try" data-do="try"><span>{}</span><span>← {}</span></button>').format(
        manner.say("personas_try"), manner.say("personas_back_to_editor")
    )
    return Markup(
        '<header class="editor-head" {}>'
        '<a class="home" href="?at=personas" data-do="thing" data-page="personas" data-thing="">← {}</a>'
        '<span class="saved" role="status">{}</span><div class="row name">{}<h1><bdi>{}</bdi></h1>{}</div>'
        '<div class="row editor-acts">{}{}{}</div></header>'
    ).format(
        tint(opened.face.tint),
        manner.say("personas_all"),
        opened.saved,
        avatar(opened.face),
        plain(opened.face.name),
        parts.badge(manner.say("personas_published"), "good") if "published" in opened.form.on else EMPTY,
        attempt,
        talk,
        EMPTY.join(acts),
    )


# -- the tabs --------------------------------------------------------------------------------------------------------


def _who(opened: Opened, manner: Manner) -> Markup:
    form = opened.form
    published = parts.switch(
        "published", "published" in form.on, manner.say("personas_field_published"), hint=manner.say("personas_hint_published")
    )
    return _stack(
        _text(opened, manner, "title", limit=200),
        Markup('<div class="one-line">{}</div>').format(
            _text(opened, manner, "description", rows=1, limit=200, hint=True),
        ),
        _picture(opened, manner),
        Markup('<div class="pair">{}{}</div>').format(
            _field(opened, manner, "avatar", parts.line("avatar", form.values["avatar"], limit=32), hint=True),
            _field(
                opened, manner, "tint", Markup('<input type="color" name="tint" value="{}">').format(form.values["tint"].lower())
            ),
        ),
        published + _link(opened, manner),
    )


def _picture(opened: Opened, manner: Manner) -> Markup:
    choose = Markup(
        '<button type="button" data-do="choose-files" data-place="persona-picture" data-accept="image/png,image/jpeg,image/webp" '
        'data-id="{}" data-with-form>{}</button>'
    ).format(opened.face.id, manner.say("personas_picture_choose"))
    remove = EMPTY
    if opened.face.picture:
        remove = parts.button(manner.say("personas_picture_remove"), "remove-picture", quiet=True, with_form="")
    control = Markup(
        '<div class="row picture" data-drop data-place="persona-picture" data-id="{}" data-with-form {}>{}'
        '<div class="row">{}{}</div></div>'
    ).format(opened.face.id, tint(opened.face.tint), avatar(opened.face), choose, remove)
    return parts.fields(
        manner.say("personas_field_picture"),
        control,
        hint=manner.say("personas_hint_picture"),
        problem=opened.problems.get("picture", ""),
    )


def _link(opened: Opened, manner: Manner) -> Markup:
    if "published" not in opened.form.on:
        return EMPTY
    return Markup(
        '<div class="row link"><code>?p={0}</code><button type="button" data-do="copy-link" data-link="?p={0}">{1}</button></div>'
    ).format(opened.face.id, manner.say("personas_copy_link"))


def _speech(opened: Opened, manner: Manner) -> Markup:
    return _stack(
        _text(opened, manner, "instruction", rows=9, limit=20_000, hint=True),
        _text(opened, manner, "greeting", rows=4, limit=2000, hint=True),
        _rows(opened, manner, "starters", "starter"),
        _rows(opened, manner, "few_shot", "example"),
    )


def _rows(opened: Opened, manner: Manner, kind: Kind, word: str) -> Markup:
    rows = opened.form.rows[kind]
    draw = _starter if kind == "starters" else _example
    listed = EMPTY.join(draw(opened, manner, number, row) for number, row in enumerate(rows, 1))
    add = EMPTY
    if len(rows) < MOST[kind]:
        add = parts.button(manner.say(f"personas_add_{word}"), "add-row", kind=kind, with_form="")
    return parts.fields(
        manner.say(f"personas_field_{kind}"),
        # The field of this name lists the rows, and is there without any: then all were taken away.
        Markup('<div class="rows">{}<input type="checkbox" name="{}" value="" hidden disabled></div>{}').format(
            listed, kind, add
        ),
        hint=manner.say(f"personas_hint_{kind}"),
        problem=opened.problems.get(kind, ""),
    )


def _starter(opened: Opened, manner: Manner, number: int, row: Row) -> Markup:
    name = manner.say("personas_starter_n", n=number)
    at = f"starters.{row.key}"
    wrong = _problem(opened, at, f"{at}.en", f"{at}.zh")
    control = parts.both(manner, at, row.values["en"], row.values["zh"], rows=1, limit=200, problem=wrong)
    return _row("starters", row, name, control, manner)


def _example(opened: Opened, manner: Manner, number: int, row: Row) -> Markup:
    name = manner.say("personas_example_n", n=number)
    at = f"few_shot.{row.key}"
    languages = [(language, manner.say(f"in_{language}")) for language in ("en", "zh")]
    half = not row.blank and not (row.values["user"].strip() and row.values["assistant"].strip())
    control = Markup("{}{}{}{}").format(
        parts.choice(f"{at}.language", languages, row.values["language"], label=manner.say("personas_example_language")),
        parts.area(f"{at}.user", row.values["user"], rows=1, limit=2000, **_named(manner, "personas_example_user")),
        parts.area(
            f"{at}.assistant", row.values["assistant"], rows=2, limit=4000, **_named(manner, "personas_example_assistant")
        ),
        Markup("<small>{}</small>").format(manner.say("personas_example_half")) if half else EMPTY,
    )
    problem = _problem(opened, at, *(f"{at}.{part}" for part in row.values))
    if problem:
        control += Markup('<em role="alert">{}</em>').format(problem)
    return _row("few_shot", row, name, control, manner)


def _named(manner: Manner, word: str) -> dict[str, str]:
    return {"label": manner.say(word), "hint": manner.say(word)}


def _row(kind: Kind, row: Row, name: str, control: Markup, manner: Manner) -> Markup:
    """A row that can be taken away; its hidden field keeps its place and its key."""
    away = manner.say("personas_remove_row", name=name)
    return Markup(
        '<div class="one-row {0}" role="group" aria-label="{1}" data-key="{0}-{2}"><input type="hidden" name="{0}" value="{2}">'
        "<div>{3}</div>{4}</div>"
    ).format(
        kind,
        name,
        row.key,
        control,
        parts.button(away, "remove-row", icon="remove", kind=kind, row=row.key, name=name, with_form=""),
    )


def _uses(opened: Opened, manner: Manner) -> Markup:
    form, offered = opened.form, opened.offered
    tools = parts.picks("tools", offered.tools, form.picked["tools"]) if offered.tools else _none(manner, "personas_no_tools")
    if offered.more_tools:
        tools += parts.note(manner.say("personas_more_tools", count=f"{offered.more_tools:,}"))
    shelves = EMPTY
    if offered.collections:
        shelves = parts.picks("collections", offered.collections, form.picked["collections"])
    return _stack(
        _field(opened, manner, "model", parts.choice("model", offered.models, form.values["model"]), hint=True),
        _fields(opened, manner, "tools", tools),
        _switch(opened, manner, "all_tools"),
        _fields(opened, manner, "collections", shelves or _none(manner, "personas_no_collections")),
        _switch(opened, manner, "answers_only_from_documents"),
    )


def _voice(opened: Opened, manner: Manner) -> Markup:
    return _stack(
        *(_one_voice(opened, manner, language) for language in ("en", "zh")),
        _number(opened, manner, "generation.max_tokens", 16, 8192, 1),
        _number(opened, manner, "generation.temperature", 0, 2, 0.01),
        _number(opened, manner, "generation.top_p", 0.01, 1, 0.01),
        _switch(opened, manner, "playful"),
    )


def _one_voice(opened: Opened, manner: Manner, language: str) -> Markup:
    name = f"voice.{language}"
    choose = parts.choice(name, opened.offered.voices[language], opened.form.values[name])
    hear = Markup('<button type="button" data-do="hear" data-language="{}">{}</button>').format(
        language, manner.say("personas_hear")
    )
    return Markup('<div class="voice">{}{}</div>').format(_field(opened, manner, name, choose), hear)


# -- fields of the form ----------------------------------------------------------------------------------------------


def _stack(*rows: Markup) -> Markup:
    return Markup('<div class="stack">{}</div>').format(EMPTY.join(rows))


def _problem(opened: Opened, *names: str) -> str:
    return next((opened.problems[name] for name in names if name in opened.problems), "")


def _field(opened: Opened, manner: Manner, name: str, control: Markup, *, hint: bool = False) -> Markup:
    said = manner.say(f"personas_hint_{name}") if hint else ""
    return parts.field(manner.say(f"personas_field_{name}"), control, hint=said, problem=_problem(opened, name))


def _fields(opened: Opened, manner: Manner, name: str, control: Markup) -> Markup:
    return parts.fields(
        manner.say(f"personas_field_{name}"), control, hint=manner.say(f"personas_hint_{name}"), problem=_problem(opened, name)
    )


def _text(opened: Opened, manner: Manner, name: str, *, rows: int = 0, limit: int, hint: bool = False) -> Markup:
    values = opened.form.values
    control = parts.both(manner, name, values[f"{name}.en"], values[f"{name}.zh"], rows=rows, limit=limit)
    return parts.fields(
        manner.say(f"personas_field_{name}"),
        control,
        hint=manner.say(f"personas_hint_{name}") if hint else "",
        problem=_problem(opened, name, f"{name}.en", f"{name}.zh"),
    )


def _switch(opened: Opened, manner: Manner, name: str) -> Markup:
    return parts.switch(
        name, name in opened.form.on, manner.say(f"personas_field_{name}"), hint=manner.say(f"personas_hint_{name}")
    )


def _number(opened: Opened, manner: Manner, name: str, low: float, high: float, step: float) -> Markup:
    value = opened.form.values[name]
    control = parts.number(name, float(value) if _is_number(value) else low, low, high, step)
    return parts.field(
        manner.say(f"personas_field_{name}"),
        control,
        hint=manner.say(f"personas_hint_{name.rpartition('.')[2]}"),
        problem=_problem(opened, name),
    )


def _is_number(value: str) -> bool:
    try:
        return float(value) == float(value)  # not a NaN
    except ValueError:
        return False


def _none(manner: Manner, key: str) -> Markup:
    return Markup('<p class="note">{}</p>').format(manner.say(key))
