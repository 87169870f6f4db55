"""The models page as HTML: memory by part on top, every model in a list, the open one beside it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from assistant.models.base import ModelInfo
from assistant.models.devices import Room
from assistant.models.downloads import DownloadStatus
from assistant.models.entries import ServerEntry
from assistant.models.host import ModelStatus
from assistant.models.memory import Memory, Part
from assistant.models.shelf import BITS, Bits, OpenModel, best_fit, fits, need
from common.problems import Sentences
from ui import notify
from ui.render import Manner, plain
from ui.views import parts
from ui.views.parts import EMPTY

_LANGUAGES = {
    "en": "models_lang_en",
    "zh": "models_lang_zh",
    "fr": "models_lang_fr",
    "es": "models_lang_es",
    "de": "models_lang_de",
    "it": "models_lang_it",
    "pt": "models_lang_pt",
    "ja": "models_lang_ja",
}
_PARTS = {
    "language": "models_part_language",
    "embedder": "models_part_embedder",
    "speech": "models_part_speech",
    "tools": "models_part_tools",
    "rest": "models_part_rest",
}
_DEVICES = {"gpu": "models_device_gpu", "cpu": "models_device_cpu", "server": "models_device_server"}


@dataclass(frozen=True, slots=True)
class Here:
    """What this machine can hold: `room` without the model in use; `quantised` says by its key why fewer bits cannot be."""

    room: Room
    quantised: str = ""

    def fit(self, model: OpenModel) -> Bits | None:
        return best_fit(model, self.room, not self.quantised)


def page_html(manner: Manner, top: Markup, items: Markup, opened: Markup, note: Markup, *, at: str, moving: bool) -> Markup:
    """The page; `at` is the open thing, `moving` has the page look again every second."""
    body = parts.split(
        manner, manner.say("models"), items, opened, search=manner.say("models_search"), back="models" if at else ""
    )
    beat = Markup('<span data-poll hidden data-here="{}"></span>' if moving else '<span hidden data-here="{}"></span>').format(at)
    return parts.page(manner.say("models"), manner.say("models_lead"), top + body + beat, note=note)


def memory_html(memory: Memory, manner: Manner) -> Markup:
    """A bar of parts for each memory that there is."""
    bars = [_bar(memory.gpu, memory.of("gpu"), "models_memory_gpu", manner)] if memory.gpu else []
    bars.append(_bar(memory.machine, memory.of("cpu"), "models_memory_cpu", manner))
    there = {part.key for part in memory.parts}
    away = [manner.say("models_part_none", part=manner.say(words)) for key, words in _PARTS.items() if key not in there]
    elsewhere = [manner.say("models_part_server", part=manner.say(_PARTS[part.key])) for part in memory.of("server")]
    told = Markup("<p>{}</p>").format((" · ").join([*elsewhere, *away])) if away or elsewhere else EMPTY
    return Markup('<section class="memory">{}{}</section>').format(EMPTY.join(bars), told)


def status_html(status: ModelStatus, previous: str, manner: Manner) -> Markup:
    """How the model in use does: nothing when all is well; `previous` is the title of the one that worked before."""
    match status.state:
        case "ready":
            return EMPTY
        case "loading":
            return Markup('<div class="loading">{}</div>').format(parts.bar(status.fraction, _loading(status, manner)))
        case "failed":
            assert status.error is not None
            told = Markup('<p class="note bad" role="alert"><strong>{}</strong> {} {}</p>').format(
                manner.say("models_failed", title=plain(status.title)),
                notify.sentence(status.error, manner.language),
                manner.say("models_choose_another"),
            )
            buttons = parts.button(manner.say("models_retry"), "retry")
            if previous:
                buttons = parts.button(manner.say("models_back", title=plain(previous)), "back", main=True) + buttons
            return Markup('<div class="loading">{}<div class="row">{}</div></div>').format(told, buttons)


def now_item(status: ModelStatus, manner: Manner, *, current: bool) -> Markup:
    """The model in use, in the list."""
    mark, sub = "now", ""
    if status.state == "loading":
        mark, sub = "half", manner.say("models_on_its_way", percent=round(100 * status.fraction))
    if status.state == "failed":
        mark, sub = "bad", manner.say("models_not_loaded")
    return parts.item("models", "now", status.title, sub, current=current, mark=parts.dot(mark))


def open_item(model: OpenModel, here: Here, manner: Manner, *, current: bool, download: DownloadStatus | None) -> Markup:
    if download is not None and download.state != "done":
        return parts.item(
            "models", model.id, model.title, download_words(download, manner), current=current, mark=parts.dot("half")
        )
    fit = here.fit(model)
    sub = f"{model.weights_gb:.1f} GB · {_fit_words(fit, manner)}"
    return parts.item("models", model.id, model.title, sub, current=current, mark=parts.dot("good" if fit else "bad"))


def download_words(download: DownloadStatus, manner: Manner) -> str:
    """How far a download is, in words."""
    done, total = _size(download.done), _size(download.total)
    match download.state:
        case "queued":
            return manner.say("models_queued")
        case "running" if not download.total:
            return manner.say("models_asking")
        case "running":
            speed = f"{download.speed / 1e6:.1f}"
            if download.seconds_left is None:
                return manner.say("models_running", done=done, total=total, speed=speed)
            left = parts.duration(download.seconds_left, manner)
            return manner.say("models_running_left", done=done, total=total, speed=speed, left=left)
        case "paused":
            return manner.say("models_paused", done=done, total=total)
        case "failed":
            return manner.say("models_stopped", done=done, total=total)
        case "done":
            return manner.say("models_downloaded")


def download_html(download: DownloadStatus | None, manner: Manner) -> Markup:
    """A download with its buttons; nothing where there is none."""
    if download is None:
        return EMPTY
    words = download_words(download, manner)
    if download.state == "done":
        return parts.note(words, "good")
    shown = parts.bar(download.done / download.total if download.total else 0.0, words)
    if download.error is not None:
        shown += parts.note(notify.sentence(download.error, manner.language), "bad")
    first = (
        parts.button(manner.say("models_pause"), "pause", download=download.id)
        if download.moving
        else parts.button(manner.say("models_resume"), "resume", main=True, download=download.id)
    )
    give_up = parts.button(manner.say("models_cancel"), "cancel", quiet=True, download=download.id)
    return Markup('<div class="fetching">{}<div class="row">{}{}</div></div>').format(shown, first, give_up)


def open_html(
    model: OpenModel, here: Here, manner: Manner, *, names: Sequence[str], in_use: bool, downloads: Sequence[DownloadStatus]
) -> Markup:
    """A model of the catalogue; `names` are those under which it is on this machine."""
    fit = here.fit(model)
    badges = parts.badge(_fit_words(fit, manner), "good" if fit else "bad") + parts.badge(model.licence)
    acts = EMPTY
    if names:
        acts = _use_html(names[0], manner, in_use=in_use, bits=_loadable(model, here))
    elif not any(download.state != "done" for download in downloads):
        acts = _sources(model, manner)
    return EMPTY.join(
        [
            Markup("<header><h2>{}</h2><div class='badges'>{}</div></header><p>{}</p>").format(
                model.title, badges, model.note.get(manner.language)
            ),
            *(download_html(download, manner) for download in downloads),
            acts,
            _needs(model, here, manner),
            parts.facts(_facts(model, names, manner)),
        ]
    )


def local_html(info: ModelInfo, size: int, manner: Manner, *, in_use: bool, removable: bool) -> Markup:
    """A model on this disk that the catalogue does not know, or the built-in one."""
    rows = [*_info_rows(info, manner)]
    if size:
        rows.insert(1, (manner.say("models_files"), f"{_gb(size)} GB"))
    return (
        Markup("<h2>{}</h2>").format(plain(info.title))
        + _use_html(info.name, manner, in_use=in_use, bits=(), removable=removable)
        + parts.facts(rows)
    )


def now_html(info: ModelInfo | None, status: ModelStatus, part: Part | None, manner: Manner) -> Markup:
    """The model in use."""
    title = Markup("<h2>{}</h2>").format(plain(status.title))
    if info is None:
        return title
    rows = list(_info_rows(info, manner))
    if part is not None and status.state == "ready":
        rows.insert(1, (manner.say("models_device"), manner.say(_DEVICES[part.place])))
        if part.weights:
            rows[2:2] = [
                (manner.say("models_weights"), f"{_gb(part.weights)} GB"),
                (manner.say("models_cache"), f"{_gb(part.cache)} GB"),
            ]
    return title + parts.facts(rows)


def by_name_html(name: str, manner: Manner, downloads: Sequence[DownloadStatus]) -> Markup:
    """A field for the name of any model of the hubs."""
    body = parts.field(
        manner.say("models_download_name"),
        parts.line("name", name, limit=200),
        hint=manner.say("models_download_hint"),
    ) + Markup('<div class="row">{}</div>').format(parts.submit(manner.say("models_download")))
    listed = EMPTY.join(
        Markup("<h3>{}</h3>{}").format(plain(download.title), download_html(download, manner)) for download in downloads
    )
    return Markup("<h2>{}</h2>").format(manner.say("models_by_name")) + parts.form("download", body, key="by-name") + listed


def server_html(
    entry: ServerEntry | None,
    typed: Mapping[str, str | bool],
    problems: Mapping[str, Sentences],
    manner: Manner,
    *,
    revision: int,
    has_key: bool,
    in_use: bool,
) -> Markup:
    """The form of a server; `entry` None for a new one, `typed` is what its fields hold."""

    def problem(field: str) -> str:
        return problems[field][1 if manner.language == "zh" else 0] if field in problems else ""

    def line(field: str, label: str, hint: str = "", limit: int = 200) -> Markup:
        return parts.field(label, parts.line(field, str(typed.get(field, "")), limit=limit), hint=hint, problem=problem(field))

    body = EMPTY.join(
        [
            line("title", manner.say("models_server_title"), limit=80),
            line("address", manner.say("models_server_address"), manner.say("models_server_address_hint"), 400),
            line("model", manner.say("models_server_model")),
            parts.field(
                manner.say("models_server_key"),
                parts.line("key", "", kind="password", limit=4000),
                hint=manner.say("models_server_key_kept" if has_key else "models_server_key_none"),
                problem=problem("key"),
            ),
            parts.switch(
                "private",
                bool(typed.get("private")),
                manner.say("models_server_private"),
                hint=manner.say("models_server_private_hint"),
            ),
            Markup('<div class="row">{}</div>').format(parts.submit(manner.say("models_save"), main=entry is None)),
        ]
    )
    head = Markup("<h2>{}</h2><p>{}</p>").format(
        plain(entry.title) if entry else manner.say("models_add_server"), manner.say("models_server_lead")
    )
    if entry is None:
        return head + parts.form("server-add", body, key="server-new")
    buttons = [
        EMPTY if in_use else parts.button(manner.say("models_use"), "use", main=True, name=entry.name),
        parts.button(manner.say("models_test"), "server-test", server=entry.id),
        parts.button(manner.say("models_server_drop_key"), "server-drop-key", quiet=True, server=entry.id) if has_key else EMPTY,
        parts.button(manner.say("models_server_remove"), "server-remove", quiet=True, server=entry.id),
    ]
    used = parts.note(manner.say("models_used"), "good") if in_use else EMPTY
    acts = Markup('{}<div class="row">{}</div>').format(used, EMPTY.join(buttons))
    # The key has the revision, so that the field of the key is empty again once it was saved.
    form = parts.form("server-save", body, key=f"server-{entry.id}-{revision}", server=entry.id, revision=str(revision))
    return head + acts + form


def _use_html(name: str, manner: Manner, *, in_use: bool, bits: Iterable[Bits], removable: bool = True) -> Markup:
    if in_use:
        return parts.note(manner.say("models_used"), "good")
    buttons = [parts.button(manner.say("models_use"), "use", main=True, name=name)]
    buttons += [
        parts.button(manner.say("models_use_bits", bits=each), "use", name=f"{name}?bits={each}") for each in bits if each != 16
    ]
    if removable:
        buttons.append(parts.button(manner.say("models_remove"), "remove", quiet=True, name=name))
    return Markup('<div class="row">{}</div>').format(EMPTY.join(buttons))


def _sources(model: OpenModel, manner: Manner) -> Markup:
    """Buttons to download it: in Chinese from ModelScope first."""
    hubs = [("models_from_hf", f"hf:{model.hf}")]
    if model.ms:
        hubs.append(("models_from_ms", f"ms:{model.ms}"))
    if manner.language == "zh":
        hubs.reverse()
    buttons = EMPTY.join(
        parts.button(manner.say(words), "download", main=place == 0, name=name) for place, (words, name) in enumerate(hubs)
    )
    row = Markup('<div class="row">{}</div>').format(buttons)
    return row + parts.note(manner.say("models_gated")) if model.gated else row


def _needs(model: OpenModel, here: Here, manner: Manner) -> Markup:
    def verdict(bits: Bits) -> str | Markup:
        if bits != 16 and model.mixture:
            return manner.say("models_mixture")
        if bits != 16 and here.quantised:
            return manner.say(here.quantised)
        fit = fits(model, bits, here.room)
        return parts.badge(manner.say("models_fits" if fit else "models_fits_not"), "good" if fit else "bad")

    rows = [
        (
            manner.say("models_bits_n", bits=bits),
            manner.say("models_needs_gb", size=_gb(need(model, bits, here.room))),
            verdict(bits),
        )
        for bits in BITS
    ]
    head = [manner.say(key) for key in ("models_bits", "models_needs", "models_verdict")]
    return parts.table(head, rows) + parts.note(manner.say("models_need_note"))


def _loadable(model: OpenModel, here: Here) -> Iterable[Bits]:
    return () if here.quantised or model.mixture else (bits for bits in BITS if bits != 16)


def _facts(model: OpenModel, names: Sequence[str], manner: Manner) -> Iterable[tuple[str, str | Markup]]:
    yield manner.say("models_parameters"), manner.say("models_billions", count=_billions(model, manner))
    yield manner.say("models_files"), f"{model.weights_gb:.1f} GB"
    yield manner.say("models_context"), manner.say("models_tokens", count=f"{model.context:,}")
    yield manner.say("models_languages"), _spoken(model.languages, manner)
    yield manner.say("models_tools"), _yes(model.tools, manner)
    yield manner.say("models_thinking"), _yes(model.thinking, manner)
    yield manner.say("models_licence"), model.licence
    yield manner.say("models_name"), Markup("<br>").join(Markup("<code>{}</code>").format(name) for name in names or model.names)


def _info_rows(info: ModelInfo, manner: Manner) -> Iterable[tuple[str, str | Markup]]:
    yield manner.say("models_name"), Markup("<code>{}</code>").format(plain(info.name))
    yield manner.say("models_context"), manner.say("models_tokens", count=f"{info.context_tokens:,}")
    yield manner.say("models_languages"), _spoken(sorted(info.languages), manner)
    yield manner.say("models_tools"), _yes(info.tools, manner)
    yield manner.say("models_grounding"), _yes(info.grounding, manner)


def _bar(room: Room, held: Sequence[Part], words: str, manner: Manner) -> Markup:
    named: list[tuple[str, str, int]] = [
        (part.key, f"{manner.say(_PARTS[part.key])} {_gb(part.bytes)} GB", part.bytes) for part in held if part.bytes
    ]
    others = max(0, room.used - sum(size for _, _, size in named))
    for kind, key, size in (("others", "models_part_others", others), ("free", "models_part_free", room.free)):
        named.append((kind, f"{manner.say(key)} {_gb(size)} GB", size))
    said = manner.say(words, name=room.name, used=_gb(room.used), total=_gb(room.total))
    shares = EMPTY.join(
        Markup('<span class="share {}" style="--share:{:.2f}"></span>').format(kind, 100 * size / room.total)
        for kind, _, size in named
    )
    legend = EMPTY.join(Markup('<li class="{}">{}</li>').format(kind, told) for kind, told, _ in named)
    return Markup('<div><p>{}</p><div class="shares" aria-hidden="true">{}</div><ul>{}</ul></div>').format(said, shares, legend)


def _loading(status: ModelStatus, manner: Manner) -> str:
    title, percent = plain(status.title), round(100 * status.fraction)
    if status.finishing:
        return manner.say("models_finishing", count=status.finishing, title=title)
    if status.seconds_left is None:
        return manner.say("models_loading", title=title, percent=percent)
    return manner.say("models_loading_left", title=title, percent=percent, seconds=round(status.seconds_left))


def _fit_words(fit: Bits | None, manner: Manner) -> str:
    if fit is None:
        return manner.say("models_fits_not")
    return manner.say("models_fits") if fit == 16 else manner.say("models_fits_bits", bits=fit)


def _spoken(languages: Iterable[str], manner: Manner) -> str:
    names = [manner.say(_LANGUAGES[code]) if code in _LANGUAGES else code for code in languages]
    return ("、" if manner.language == "zh" else ", ").join(names)


def _yes(value: bool, manner: Manner) -> str:
    return manner.say("models_yes" if value else "models_no")


def _billions(model: OpenModel, manner: Manner) -> str:
    """Chinese counts in hundreds of millions."""
    return f"{model.parameters * 10:g}" if manner.language == "zh" else f"{model.parameters:g}"


def _size(size: int) -> str:
    return f"{_gb(size)} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f}" if size < 1e11 else f"{size / 1e9:.0f}"
