"""The models page's acts: use another model, fetch one from a hub, keep servers. A maker's alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from assistant.models import builtin, catalogue, devices
from assistant.models.catalogue import ModelName
from assistant.models.downloads import DownloadStatus
from assistant.models.entries import ServerEntry
from assistant.models.memory import Memory
from assistant.models.shelf import find, open_models
from assistant.studio import Studio
from common.documents import Stored
from common.errors import DocumentInvalid, HearthError, ModelMissing
from common.problems import Sentences
from ui import notify
from ui.ask import Ask, Screen, whole_number
from ui.chat import Desk
from ui.render import Manner, plain
from ui.texts import text
from ui.views import models as views
from ui.views import parts

_NOW, _BY_NAME, _NEW_SERVER, _SERVER = "now", "by-name", "server-new", "server-"


@dataclass(frozen=True, slots=True)
class _Answer:
    """What an act shows besides the page: a note, what is open from now on, a form as it was typed with what is wrong in it."""

    note: Markup = parts.EMPTY
    thing: str | None = None
    problems: Mapping[str, Sentences] | None = None


class ModelsPage:
    """Every model there is, could be, or is served elsewhere."""

    def __init__(self, studio: Studio, desk: Desk) -> None:
        self._studio = studio
        self._desk = desk

    def show(self, ask: Ask, answer: _Answer | None = None) -> Markup:
        if not ask.identity.maker:
            return parts.note(text("models_maker_only", ask.language), "bad")
        answer = answer or _Answer()
        manner, at = self._desk.manner(ask), ask.thing if answer.thing is None else answer.thing
        # What tells whether something moves comes first: what ends after it is still shown as moving, and looked at again.
        status, downloads = self._studio.models.status(), self._studio.downloads.list()
        memory, disk = self._studio.memory(), catalogue.on_disk()
        here = self._here(memory)
        opened = self._opened(ask, at, answer, manner, here, memory, disk, downloads)
        items = self._items(at, manner, here, disk, downloads)
        previous = self._title(status.previous) if status.previous else ""
        top = views.memory_html(memory, manner) + views.status_html(status, previous, manner)
        moving = status.state == "loading" or any(download.working for download in downloads)
        return views.page_html(manner, top, items, opened, answer.note, at=at, moving=moving)

    def act(self, ask: Ask) -> Iterator[Screen]:
        """Whatever was pressed; a visitor is refused."""
        if not ask.identity.maker:
            yield {"workshop": self.show(ask)}
            return
        try:
            if ask.word("action") == "server-test":
                waiting = parts.note(text("models_testing", ask.language))
                yield {"workshop": self.show(ask, _Answer(waiting))}
            answer = self._done(ask)
        except DocumentInvalid as error:
            answer = _Answer(parts.note(notify.told(error, ask), "bad"), problems=error.problems)
        except HearthError as error:
            answer = _Answer(parts.note(notify.told(error, ask), "bad"))
        yield {"header": self._desk.header(ask), "workshop": self.show(ask, answer)}

    def _done(self, ask: Ask) -> _Answer:
        """Do it. Raises what the act raises."""
        studio, name, download, server = self._studio, ask.word("name"), ask.word("download"), ask.word("server")
        match ask.word("action"):
            case "use":
                self._check_usable(name)
                studio.models.switch(name)
            case "retry":
                studio.models.retry()
            case "back":
                if previous := studio.models.status().previous:
                    studio.models.switch(previous)
            case "download":
                studio.downloads.start(name.strip())
            case "pause":
                studio.downloads.pause(download)
            case "resume":
                studio.downloads.resume(download)
            case "cancel":
                studio.downloads.cancel(download)
            case "remove":
                studio.remove_model(name)
                said = text("models_removed", ask.language, title=plain(self._title(name)))
                return _Answer(parts.undo(self._desk.manner(ask), said, "restore"))
            case "restore":
                studio.downloads.restore()
            case "server-add" | "server-save" | "server-test" | "server-drop-key" | "server-remove" | "server-restore":
                return self._server_done(ask, server)
        return _Answer()

    def _server_done(self, ask: Ask, id: str) -> _Answer:
        servers, fields = self._studio.servers, ask.fields()
        match ask.word("action"):
            case "server-add":
                typed = _typed(fields)
                key = (fields.get("key") or [""])[0]
                stored = servers.add(typed["title"], typed["address"], typed["model"], "private" in _checked(fields), key)
                return _Answer(parts.note(text("models_server_saved", ask.language), "good"), _SERVER + stored.document.id)
            case "server-save":
                data: dict[str, object] = {**_typed(fields), "id": id, "private": "private" in _checked(fields)}
                servers.save(servers.parse(data), whole_number(ask.word("revision")) or 0, (fields.get("key") or [""])[0] or None)
                return _Answer(parts.note(text("models_server_saved", ask.language), "good"))
            case "server-drop-key":
                stored = servers.get(id)
                servers.save(stored.document, stored.revision, "")
            case "server-test":
                trial = servers.test(servers.get(id).document)
                return _Answer(parts.note(trial.sentence(ask.language), "good" if trial.worked else "bad"))
            case "server-remove":
                said = text("models_server_removed", ask.language, title=plain(servers.remove(id).title))
                return _Answer(parts.undo(self._desk.manner(ask), said, "server-restore", server=id), _NOW)
            case "server-restore":
                return _Answer(thing=_SERVER + servers.restore(id).document.id)
        return _Answer()

    def _check_usable(self, name: str) -> None:
        """Raises `ModelMissing` for what is neither on this machine nor a server that was entered."""
        parsed = catalogue.parse(name)
        if parsed.kind != "openai":
            catalogue.resolve(name, offline=True)
        elif all(stored.document.name != name for stored in self._studio.servers.list()):
            raise ModelMissing(f"There is no server for {name!r}. Add it first.", f"没有 {name!r} 对应的服务器。请先添加。")

    def _here(self, memory: Memory) -> views.Here:
        """What a model may take: what is free, and what the one in use gives back."""
        room = memory.gpu or memory.machine
        mine = sum(part.bytes for part in memory.parts if part.key == "language" and part.place == room.kind)
        lacking = "" if devices.has_bitsandbytes() else "models_needs_package"
        return views.Here(replace(room, free=room.free + mine), lacking if memory.gpu else "models_needs_card")

    def _items(
        self, at: str, manner: Manner, here: views.Here, disk: Sequence[ModelName], downloads: Sequence[DownloadStatus]
    ) -> Markup:
        status, moving = self._studio.models.status(), {download.name: download for download in downloads}
        present = {str(name) for name in disk}
        now = views.now_item(status, manner, current=at in ("", _NOW))
        local: list[Markup] = []
        away: list[Markup] = []
        if builtin.find_gguf() is not None:
            local.append(parts.item("models", "builtin", builtin.INFO.title, current=at == "builtin", mark=parts.dot("good")))
        for model in open_models():
            found = next((moving[name] for name in model.names if name in moving), None)
            item = views.open_item(model, here, manner, current=at == model.id, download=found)
            (local if present & set(model.names) else away).append(item)
        for name in disk:
            if find(str(name)) is None:
                title = catalogue.describe(name).title
                local.append(parts.item("models", str(name), title, current=at == str(name), mark=parts.dot("good")))
        strange = next((download for download in downloads if find(download.name) is None and download.state != "done"), None)
        sub = f"{plain(strange.title)} · {views.download_words(strange, manner)}" if strange else ""
        mark = parts.dot("half" if strange else "add")
        away.append(parts.item("models", _BY_NAME, manner.say("models_by_name"), sub, current=at == _BY_NAME, mark=mark))
        servers = [
            parts.item("models", _SERVER + stored.document.id, stored.document.title, stored.document.model,
                       current=at == _SERVER + stored.document.id, mark=parts.dot("good"))
            for stored in self._studio.servers.list()
        ]  # fmt: skip
        adding = manner.say("models_add_server")
        servers.append(parts.item("models", _NEW_SERVER, adding, current=at == _NEW_SERVER, mark=parts.dot("add")))
        groups = (
            ("models_in_use", [now]), ("models_here", local), ("models_servers", servers), ("models_to_download", away),
        )  # fmt: skip
        return parts.EMPTY.join(parts.group(manner.say(key), parts.EMPTY.join(items)) for key, items in groups if items)

    def _opened(
        self,
        ask: Ask,
        at: str,
        answer: _Answer,
        manner: Manner,
        here: views.Here,
        memory: Memory,
        disk: Sequence[ModelName],
        downloads: Sequence[DownloadStatus],
    ) -> Markup:
        if at == _NEW_SERVER or at.startswith(_SERVER):
            return self._server(ask, at, answer, manner)
        if at == _BY_NAME:
            others = [download for download in downloads if find(download.name) is None]
            return views.by_name_html(ask.word("name") if answer.note else "", manner, others)
        if at == "builtin":
            return views.local_html(builtin.INFO, 0, manner, in_use=self._studio.models.has("builtin"), removable=False)
        has = self._studio.models.has
        if model := next((model for model in open_models() if model.id == at), None):
            names = [str(name) for name in disk if str(name) in model.names]
            mine = [download for download in downloads if download.name in model.names]
            in_use = any(has(name) for name in model.names)
            return views.open_html(model, here, manner, names=names, in_use=in_use, downloads=mine)
        if name := next((name for name in disk if str(name) == at), None):
            source = catalogue.resolve(at, offline=True)
            size = catalogue.weight_bytes(source.path) if source.path else 0
            return views.local_html(source.info, size, manner, in_use=has(str(name)), removable=True)
        part = next((part for part in memory.parts if part.key == "language"), None)
        return views.now_html(self._studio.models.info, self._studio.models.status(), part, manner)

    def _server(self, ask: Ask, at: str, answer: _Answer, manner: Manner) -> Markup:
        servers, id = self._studio.servers, at.removeprefix(_SERVER)
        stored: Stored[ServerEntry] | None = None
        if at != _NEW_SERVER:
            stored = next((each for each in servers.list() if each.document.id == id), None)
            if stored is None:
                return parts.EMPTY
        fields = ask.fields() if answer.problems else {}
        entry = stored.document if stored else None
        typed: dict[str, str | bool] = {"private": False} if entry is None else {**entry.model_dump(exclude={"id", "version"})}
        if fields:
            typed = {**_typed(fields), "private": "private" in _checked(fields)}
        return views.server_html(
            entry,
            typed,
            answer.problems or {},
            manner,
            revision=stored.revision if stored else 0,
            has_key=entry is not None and servers.has_key(entry.id),
            in_use=entry is not None and self._studio.models.has(entry.name),
        )

    def _title(self, name: str) -> str:
        """What people call the model of a name."""
        found = find(name)
        try:
            return found.title if found else catalogue.describe(catalogue.parse(name)).title
        except HearthError:
            return name


def _typed(fields: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: (fields.get(name) or [""])[0] for name in ("title", "address", "model")}


def _checked(fields: Mapping[str, list[str]]) -> set[str]:
    return {name for name, values in fields.items() if values == ["on"]}
