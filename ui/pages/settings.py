"""The settings page's acts: what a maker chooses for everybody, where the data lies, and what anybody may delete of their own."""

import platform
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

from markupsafe import Markup

from assistant.access import MAKER
from assistant.deletion import delete_made, delete_talk, held
from assistant.models.builtin import find_gguf
from assistant.models.catalogue import cache_folders, is_chat, on_disk
from assistant.settings import VERSION
from assistant.studio import Studio
from common.errors import DocumentInvalid, HearthError
from personas.helplines import REGIONS, helplines
from ui import notify
from ui.ask import Ask, Screen
from ui.chat import Desk
from ui.render import Manner
from ui.views import parts
from ui.views import settings as views

_LIBRARIES = ("torch", "transformers", "gradio", "chromadb")
_MAKERS_ACTS = {"defaults", "region", "search", "backup", "go-back", "forget"}


class SettingsPage:
    """The page of settings; visitors see their own part of it."""

    def __init__(self, studio: Studio, desk: Desk) -> None:
        self._studio = studio
        self._desk = desk

    def show(self, ask: Ask) -> Markup:
        return self._page(ask)

    def act(self, ask: Ask) -> Iterator[Screen]:
        action = ask.word("action")
        if action in _MAKERS_ACTS and not ask.identity.maker:
            action = ""
        try:
            yield from self._done(ask, action)
        except HearthError as error:
            yield {"workshop": self._page(ask, parts.note(notify.told(error, ask), "bad"))}

    def _done(self, ask: Ask, action: str) -> Iterator[Screen]:
        manner = self._desk.manner(ask)
        match action:
            case "defaults" | "region":
                fields = {name: (values or [""])[0] for name, values in ask.fields().items()}
                wanted = ("persona", "model") if action == "defaults" else ("region",)
                self._studio.preferences.change(**{name: fields[name] for name in wanted if name in fields})
                saved = manner.say("saved_at", time=f"{datetime.now():%H:%M}")
                yield {"workshop": self._page(ask, saved=saved)}
            case "search":
                yield {"workshop": self._search_kept(ask, (ask.fields().get("search") or [""])[0], manner)}
            case "ask":
                yield {"workshop": self._page(ask, asked=ask.word("what"))}
            case "delete":
                (delete_made if ask.word("what") == "made" and ask.identity.maker else delete_talk)(
                    self._studio, ask.identity.owner
                )
                yield {"workshop": self._page(ask, parts.note(manner.say("settings_deleted"), "good"))}
            case "backup":
                self._studio.backups.check()
                yield {
                    "download": Markup('<a data-name="" href="backup"></a>'),
                    "workshop": self._page(ask, parts.note(manner.say("settings_backup_begun"))),
                }
            case "go-back":
                self._studio.backups.undo(ask.word("before"))
                self._studio.storage.outdated()
                yield {"workshop": self._page(ask, parts.note(manner.say("settings_went_back"), "good"))}
            case "forget":
                self._studio.backups.forget(ask.word("before"))
                self._studio.storage.outdated()
                yield {"workshop": self._page(ask, parts.note(manner.say("settings_forgotten")))}
            case _:
                yield {"workshop": self._page(ask)}

    def _search_kept(self, ask: Ask, address: str, manner: Manner) -> Markup:
        """The page after an address was entered; what is wrong with one stands beside it, and it stays as it was typed."""
        try:
            self._studio.toolbox.addresses.change(MAKER.owner, address)
        except DocumentInvalid as error:
            if "search" not in error.problems:
                raise
            problem = error.problems["search"][ask.language == "zh"]
            return self._page(ask, opened=views.search_html(manner, address, problem, ""))
        return self._page(ask, saved=manner.say("saved_at", time=f"{datetime.now():%H:%M}"))

    def _page(
        self, ask: Ask, note: Markup = parts.EMPTY, *, saved: str = "", asked: str = "", opened: Markup = parts.EMPTY
    ) -> Markup:
        manner = self._desk.manner(ask)
        sections = self._sections(ask)
        current = ask.thing if ask.thing in sections else sections[0]
        opened = opened or self._section(current, ask, manner, saved, asked)
        return views.settings_html(sections, current, ask.thing in sections, opened, manner, note)

    def _sections(self, ask: Ask) -> tuple[str, ...]:
        settings = self._studio.settings
        signs = not settings.loopback or settings.hosted is not None
        if ask.identity.maker:
            return ("look", "start", "care", "search", "data", "delete", *(("sign_out",) if signs else ()), "about")
        return ("look", "delete", *(("sign_in",) if signs else ()), "about")

    def _section(self, section: str, ask: Ask, manner: Manner, saved: str, asked: str) -> Markup:
        match section:
            case "start":
                return self._start(ask, manner, saved)
            case "care":
                return self._care(ask, manner, saved)
            case "search":
                return views.search_html(manner, self._studio.toolbox.addresses.current(MAKER.owner).search, "", saved)
            case "data":
                return self._data(manner)
            case "delete":
                kept = ask.identity.maker and bool(self._studio.backups.kept())
                return views.delete_html(manner, held(self._studio, ask.identity.owner), asked, kept)
            case "sign_in":
                return views.sign_in_html(manner)
            case "sign_out":
                return views.sign_out_html(manner)
            case "about":
                return views.about_html(manner, VERSION, self._running() if ask.identity.maker else {})
            case _:
                return views.look_html(manner)

    def _start(self, ask: Ask, manner: Manner, saved: str) -> Markup:
        chosen = self._studio.preferences.current()
        there = self._studio.personas_for(ask.identity)
        titles = [(persona.id, persona.title.get(ask.language)) for persona in there]
        first = (
            manner.say("settings_persona_first", title=titles[0][1]) if titles else manner.say("settings_persona_first", title="")
        )
        models = [("", manner.say("settings_model_auto")), *((name, name) for name in self._models(chosen.model))]
        settings = self._studio.settings
        given = settings.model if "model" in settings.given else ""
        return views.start_html(manner, [("", first), *titles], chosen.persona, models, chosen.model, given, saved)

    def _models(self, chosen: str) -> list[str]:
        """The models that could be started with: those on this machine and on servers, and the one that is chosen already."""
        servers = [stored.document.name for stored in self._studio.servers.list()]
        here = [str(name) for name in on_disk() if any(map(is_chat, cache_folders(name)))]
        built_in = ["builtin"] if find_gguf() else []
        named = [chosen, self._studio.models.status().name, *built_in, *here, *servers]
        return list(dict.fromkeys(name for name in named if name))

    def _care(self, ask: Ask, manner: Manner, saved: str) -> Markup:
        spoken = 1 if ask.language == "zh" else 0
        names = {region: both[spoken] for region, both in REGIONS.items()}
        settings = self._studio.settings
        default = names.get(settings.region, names["international"])
        options = [("", manner.say("settings_region_default", name=default)), *names.items()]
        given = default if "region" in settings.given else ""
        lines = helplines(self._studio.region, ask.language)
        return views.care_html(manner, options, self._studio.preferences.current().region, given, lines, saved)

    def _data(self, manner: Manner) -> Markup:
        kept = [
            views.Before(kept.id, f"{kept.time.astimezone():%Y-%m-%d %H:%M}", kept.bytes) for kept in self._studio.backups.kept()
        ]
        folder = str(self._studio.folder.path)
        return views.data_html(manner, folder, self._studio.settings.lasting, self._studio.storage.sizes(), kept)

    def _running(self) -> dict[str, str]:
        """What is running here, for whoever reports a fault."""
        system = (
            f"{platform.system()} {platform.release()} · Python {platform.python_version()} · SQLite {sqlite3.sqlite_version}"
        )
        libraries = " · ".join(f"{name} {found}" for name in _LIBRARIES if (found := _version(name)))
        return {
            "settings_model_now": self._studio.models.status().name,
            "settings_system": system,
            "settings_libraries": libraries,
        }


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return ""
