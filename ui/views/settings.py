"""The settings page as HTML: sections on the left, the open one on the right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from assistant.deletion import Held
from assistant.storage import Sizes
from personas.helplines import Helpline
from ui.render import Manner, plain
from ui.views import parts
from ui.views.parts import EMPTY, Option

_SECTIONS = {
    "look": ("settings_look", "settings_look_sub"),
    "start": ("settings_start", "settings_start_sub"),
    "care": ("settings_care", "settings_care_sub"),
    "search": ("settings_search", "settings_search_sub"),
    "data": ("settings_data", "settings_data_sub"),
    "delete": ("settings_delete", "settings_delete_sub"),
    "sign_in": ("settings_sign_in", "settings_sign_in_sub"),
    "sign_out": ("settings_sign_out", "settings_sign_out_sub"),
    "about": ("settings_about", "settings_about_sub"),
}
_PARTS = {
    "conversations": "settings_conversations",
    "knowledge": "settings_knowledge",
    "index": "settings_index",
    "models": "settings_models",
    "kept": "settings_kept",
    "other": "settings_other",
}


@dataclass(frozen=True, slots=True)
class Before:
    """A state before a restore, as the page shows it."""

    id: str
    time: str
    bytes: int


def settings_html(sections: Sequence[str], current: str, chosen: bool, opened: Markup, manner: Manner, note: Markup) -> Markup:
    """The page; `chosen` says that the address names the section, which is then alone in view on a narrow screen."""
    listed = EMPTY.join(
        parts.item(
            "settings",
            section,
            *(manner.say(words) for words in _SECTIONS[section]),
            current=section == current,
        )
        for section in sections
    )
    body = parts.split(manner, manner.say("settings_sections"), listed, opened, back="settings" if chosen else "")
    lead = manner.say("settings_lead" if manner.maker else "settings_lead_visitor")
    return parts.page(manner.say("settings"), lead, body, note=note)


def look_html(manner: Manner) -> Markup:
    """Language and theme, which the page's script keeps and marks."""
    languages = (("en", "settings_english"), ("zh", "settings_chinese"))
    themes = (("", "settings_theme_device"), ("light", "settings_theme_light"), ("dark", "settings_theme_dark"))
    return _section(
        manner.say("settings_look"),
        _segments(manner.say("settings_language"), "language-is", [(key, manner.say(words)) for key, words in languages])
        + _segments(manner.say("settings_theme"), "theme-is", [(key, manner.say(words)) for key, words in themes])
        + _hint(manner.say("settings_look_hint")),
    )


def start_html(
    manner: Manner, personas: Sequence[Option], persona: str, models: Sequence[Option], model: str, given: str, saved: str
) -> Markup:
    """What a conversation and the app begin with; `given` names the model that the start was told, "" for none."""
    fields = parts.field(
        manner.say("settings_persona"), parts.choice("persona", personas, persona), hint=manner.say("settings_persona_hint")
    ) + parts.field(manner.say("settings_model"), parts.choice("model", models, model), hint=manner.say("settings_model_hint"))
    told = parts.note(manner.say("settings_model_given", name=given)) if given else EMPTY
    return _section(
        manner.say("settings_start"), parts.form("defaults", fields, autosave=True, key="defaults") + told, saved=saved
    )


def care_html(
    manner: Manner, regions: Sequence[Option], region: str, given: str, lines: Sequence[Helpline], saved: str
) -> Markup:
    """The region, and the help lines that count now; `given` names the region that the start was told, "" for none."""
    choice = parts.field(manner.say("settings_region"), parts.choice("region", regions, region))
    told = parts.note(manner.say("settings_region_given", name=given)) if given else EMPTY
    rows = [(plain(line.name), Markup('<a href="{}">{}</a>').format(line.link, line.number), line.when) for line in lines]
    head = [manner.say(key) for key in ("settings_line", "settings_number", "settings_hours")]
    return _section(
        manner.say("settings_care"),
        _hint(manner.say("settings_care_lead"))
        + parts.form("region", choice, autosave=True, key="region")
        + told
        + parts.table(head, rows)
        + parts.note(manner.say("settings_care_check")),
        saved=saved,
    )


def search_html(manner: Manner, address: str, problem: str, saved: str) -> Markup:
    """The address of the SearXNG that web search asks; `problem` says what is wrong with the one that was typed."""
    control = parts.line("search", address, hint="https://searx.example.org", limit=500, kind="url")
    field = parts.field(manner.say("settings_search_address"), control, hint=manner.say("settings_search_hint"), problem=problem)
    form = parts.form("search", field + _row(parts.submit(manner.say("settings_search_save"))), key="search")
    return _section(manner.say("settings_search"), _hint(manner.say("settings_search_lead")) + form, saved=saved)


def data_html(manner: Manner, folder: str, lasting: bool, sizes: Sizes | None, kept: Sequence[Before]) -> Markup:
    """The data folder with its sizes (None while they are counted), backup and restore."""
    return _section(
        manner.say("settings_data"),
        (EMPTY if lasting else parts.note(manner.say("settings_not_lasting"), "bad")) + _sizes(manner, folder, sizes),
        _sub(
            manner.say("settings_backup"),
            _hint(manner.say("settings_backup_what")) + _row(parts.button(manner.say("settings_backup_do"), "backup", main=True)),
        ),
        _sub(
            manner.say("settings_restore"),
            _hint(manner.say("settings_restore_what"))
            + Markup(
                '<div class="row restore" data-keep="" data-sending="{}" data-restoring="{}" data-failed="{}" data-restored="{}">'
                '<button type="button" data-do="restore-backup">{}</button>'
                '<input type="file" accept=".zip,application/zip" hidden><span role="status"></span></div>'
            ).format(
                manner.say("settings_sending", percent="{percent}"),
                manner.say("settings_restoring"),
                manner.say("settings_send_failed"),
                manner.say("settings_restored", time="{time}"),
                manner.say("settings_restore_do"),
            )
            + EMPTY.join(_before(manner, before) for before in kept),
        ),
    )


def delete_html(manner: Manner, held: Held, asked: str, kept: bool) -> Markup:
    """What may be deleted; `asked` is what was pressed once ("talk" or "made"), `kept` says that a state before a restore is."""
    choices = EMPTY
    if held.talk:
        numbers = {"conversations": held.conversations, "attachments": held.attachments}
        choices += _deletion(manner, "talk", "settings_delete_talk", manner.say("settings_delete_talk_what", **numbers), asked)
    if manner.maker and held.made:
        numbers = {name: getattr(held, name) for name in ("personas", "collections", "documents", "tools")}
        choices += _deletion(manner, "made", "settings_delete_made", manner.say("settings_delete_made_what", **numbers), asked)
    if not choices:
        return _section(manner.say("settings_delete"), parts.empty(manner.say("settings_nothing_held")))
    more = _hint(manner.say("settings_delete_kept")) if kept else EMPTY
    return _section(manner.say("settings_delete"), _hint(manner.say("settings_delete_lead")) + choices + more)


def sign_in_html(manner: Manner) -> Markup:
    """The token's form, which the page's script sends by itself, so that the token is in no event."""
    token = Markup('<input type="password" name="token" required autocomplete="current-password" maxlength="400">')
    form = Markup(
        '<form class="form" data-do="sign-in" data-keep data-failed="{}">{}<p class="note bad" role="alert" hidden></p>'
        '<div class="row">{}</div></form>'
    ).format(
        manner.say("settings_unreachable"),
        parts.field(manner.say("settings_token"), token),
        parts.submit(manner.say("settings_sign_in_do")),
    )
    return _section(manner.say("settings_sign_in"), _hint(manner.say("settings_sign_in_what")) + form)


def sign_out_html(manner: Manner) -> Markup:
    button = Markup('<button type="button" data-do="sign-out">{}</button>').format(manner.say("settings_sign_out_do"))
    return _section(manner.say("settings_sign_out"), _hint(manner.say("settings_sign_out_what")) + _row(button))


def about_html(manner: Manner, version: str, running: Mapping[str, str]) -> Markup:
    """What Hearth is; `running` is what a maker may want to name when something fails: what it is -> its version."""
    rows = [(manner.say("settings_version"), version), (manner.say("settings_licence"), "Apache-2.0")]
    rows += [(manner.say(key) if key.startswith("settings_") else key, value) for key, value in running.items()]
    return _section(
        manner.say("settings_about"),
        _hint(manner.say("settings_about_what")) + _hint(manner.say("settings_about_care")) + parts.facts(rows),
    )


def room(size: int) -> str:
    """Bytes as a person reads them: 12 kB, 3.4 MB, 1.2 GB."""
    for unit, words in ((1e9, "GB"), (1e6, "MB")):
        if size >= unit:
            return f"{size / unit:,.1f} {words}"
    return f"{size / 1e3:,.0f} kB"


def _sizes(manner: Manner, folder: str, sizes: Sizes | None) -> Markup:
    where = (manner.say("settings_folder"), Markup("<code>{}</code>").format(folder))
    if sizes is None:
        waiting = Markup('<p class="note" role="status" data-poll>{}</p>').format(manner.say("settings_counting"))
        return parts.facts([where]) + waiting
    shown = [(words, getattr(sizes, name)) for name, words in _PARTS.items()]
    bars = EMPTY.join(
        parts.bar(size / max(sizes.folder, 1), f"{manner.say(words)} · {room(size)}") for words, size in shown if size
    )
    facts = [where, (manner.say("settings_whole"), room(sizes.folder)), (manner.say("settings_free"), room(sizes.free))]
    if sizes.hubs:
        facts.append((manner.say("settings_hubs"), room(sizes.hubs)))
    return parts.facts(facts) + Markup('<div class="sizes">{}</div>').format(bars)


def _before(manner: Manner, before: Before) -> Markup:
    return Markup('<p class="before"><span>{} · {}</span>{}{}</p>').format(
        manner.say("settings_before", time=before.time),
        room(before.bytes),
        parts.button(manner.say("settings_go_back"), "go-back", before=before.id),
        parts.button(manner.say("settings_forget"), "forget", quiet=True, before=before.id),
    )


def _deletion(manner: Manner, what: str, title: str, goes: str, asked: str) -> Markup:
    if asked == what:
        sure = Markup('<button type="button" class="main" data-do="delete-mine" data-action="delete" data-what="{}">{}</button>')
        row = sure.format(what, manner.say("settings_delete_sure")) + parts.button(
            manner.say("settings_delete_not"), "ask", quiet=True, what=""
        )
    else:
        row = parts.button(manner.say("settings_delete_do"), "ask", what=what)
    return _sub(manner.say(title), _hint(goes) + _row(row))


def _section(title: str, *bodies: Markup, saved: str = "") -> Markup:
    head = Markup('<div class="row section-head"><h2>{}</h2><span class="saved" role="status">{}</span></div>').format(
        title, saved
    )
    return Markup('<div class="setting">{}{}</div>').format(head, EMPTY.join(bodies))


def _sub(title: str, body: Markup) -> Markup:
    return Markup('<section class="sheet"><h3>{}</h3>{}</section>').format(title, body)


def _segments(label: str, act: str, options: Sequence[Option]) -> Markup:
    """Buttons of which one is on, which the page's script knows."""
    listed = EMPTY.join(
        Markup('<button type="button" data-do="{}" data-value="{}" aria-pressed="false">{}</button>').format(act, value, words)
        for value, words in options
    )
    return Markup('<div class="segments" role="group" aria-label="{0}"><span>{0}</span><div>{1}</div></div>').format(
        label, listed
    )


def _row(body: Markup) -> Markup:
    return Markup('<div class="row">{}</div>').format(body)


def _hint(sentence: str) -> Markup:
    return Markup('<p class="hint">{}</p>').format(sentence)
