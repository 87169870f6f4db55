"""The tools page's acts: finding a tool, trying it, switching it, giving it to personas; making, changing and importing one.

A tool that may change things or cost money asks first with its exact arguments, here as in a conversation.
"""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from markupsafe import Markup

from assistant.access import MAKER
from assistant.keeping import keep_all
from assistant.studio import Studio
from common.errors import DocumentMissing, HearthError
from tools.base import Tool, ToolContext
from tools.documents import ToolDocument
from tools.runner import run
from ui import notify, panels, uploads
from ui.ask import Ask, Screen
from ui.chat import Desk
from ui.media import InMemory, media_html
from ui.render import Manner, plain
from ui.texts import text
from ui.tool_editing import SAVES, Kept, ToolEditing
from ui.tool_imports import ToolImports
from ui.tool_shown import ACTS, ToolsShown
from ui.toolform import asked, read, typed
from ui.uses import give_back, use, uses, withdraw
from ui.views import parts
from ui.views import tools as views

IMPORT = "+import"
"""What the address names while tools are imported; no tool can have this id."""

_LISTED = 300  # tools in the list at a time


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is open besides the tool itself."""

    trial: views.Trial | None = None
    kept: Kept | None = None
    fresh: bool = False  # the form shows what is stored, whatever was typed in it
    note: Markup = parts.EMPTY
    here: str | None = None


class ToolsPage:
    """What personas can do besides talking."""

    def __init__(self, studio: Studio, desk: Desk, uploads: Path) -> None:
        self._studio = studio
        self._desk = desk
        self._uploads = uploads
        self._editing = ToolEditing(studio)
        self._imports = ToolImports(studio)
        self._list = ToolsShown(studio)

    def show(self, ask: Ask) -> Markup:
        return self._page(ask, ask.thing, _Shown(fresh=True))

    def act(self, ask: Ask) -> Iterator[Screen]:
        if not ask.identity.maker:
            yield {"workshop": panels.refusal_html(text("makers_only", ask.language))}
            return
        id = ask.word("of") or ask.thing
        try:
            if ask.word("action") in ("try", "run"):
                for shown in self._try(ask, self._studio.tools.get(id)):
                    yield {"workshop": shown}
                return
            if ask.word("action") in ("export", "export-all"):
                yield self._exported(ask, id)
                return
            page = self._done(ask, id)
        except HearthError as error:
            page = self._page(ask, id, _Shown(note=parts.note(notify.told(error, ask), "bad")))
        yield {"workshop": page}

    def files(self, ask: Ask) -> Iterator[Screen]:
        """A file to import from."""
        sent = uploads.arrived(ask, self._uploads)
        note = parts.EMPTY
        try:
            if not ask.identity.maker:
                raise HearthError(text("makers_only", "en"), text("makers_only", "zh"))
            paths = [file.path for file in sent if file.path is not None]
            if not paths:
                name = plain(sent[0].name) if sent else "?"
                raise HearthError(*(text("personas_upload_failed", each, name=name) for each in ("en", "zh")))
            self._imports.read(ask, paths[0])
        except HearthError as error:
            note = parts.note(notify.told(error, ask), "bad")
        finally:
            uploads.discard((file.path for file in sent if file.path is not None), self._uploads)
        yield {"workshop": self._page(ask, IMPORT, _Shown(note=note, here=IMPORT))}

    def _done(self, ask: Ask, id: str) -> Markup:
        """What was pressed, done, and the page after it. Raises `HearthError`."""
        action = ask.word("action")
        match action:
            case "switch":
                self._studio.toolbox.switch(id, ask.data.get("on") is True)
            case "user":
                self._studio.tools.get(id)
                use(self._studio, ask.word("by"), "tools", id, ask.data.get("on") is True)
            case "ask-again":
                self._studio.toolbox.permissions.withdraw(ask.word("by"), id)
            case "delete":
                return self._deleted(ask, id)
            case "restore":
                self._studio.toolbox.restore(id)
                give_back(self._studio, "tools", id, ask.word("personas").split())
                return self._told(ask, id, "tools_restored")
            case "new":
                return self._told(ask, self._studio.toolbox.create().document.id, "tools_made")
            case "find" | "kind":
                self._list.narrow(ask)
            case "look" | "serve":
                self._imports.look(ask) if action == "look" else self._imports.serve(ask)
                return self._page(ask, IMPORT, _Shown())
            case "take":
                note = parts.note(text("tools_import_done", ask.language, count=self._imports.take(ask)), "good")
                return self._page(ask, "", _Shown(note=note, here=""))
            case "key" | "forget-key" | "grant" | "revoke":
                said = self._editing.done(ask, id)
                return self._page(ask, id, _Shown(note=parts.note(said, "good") if said else parts.EMPTY))
            case "theirs":
                return self._told(ask, id, "tools_took_theirs")
            case _ if action in ACTS:
                return self._page(ask, ask.thing, _Shown(note=self._list.act(ask, self._manner(ask))))
            case _ if action in SAVES:
                return self._edited(ask, id)
        return self._page(ask, id, _Shown())

    def _edited(self, ask: Ask, id: str) -> Markup:
        """An act of the editor, after its form is saved. Raises `HearthError`."""
        action = ask.word("action")
        kept = self._editing.keep(ask, over=action == "mine")
        if action in ("add-key", "remove-key"):
            kept = self._editing.rows(ask, kept)
        elif kept.whole and action == "duplicate":
            return self._told(ask, self._studio.toolbox.duplicate(id).document.id, "tools_copied")
        elif kept.whole and action == "version":
            number = ask.word("version")
            self._studio.toolbox.go_back(id, int(number) if number.isdecimal() else -1, kept.stored.revision)
            return self._told(ask, id, "tools_restored_version")
        elif kept.whole and action == "mine":
            return self._page(ask, id, _Shown(kept=kept, note=parts.note(text("tools_kept_mine", ask.language), "good")))
        return self._page(ask, id, _Shown(kept=kept))

    def _deleted(self, ask: Ask, id: str) -> Markup:
        title = self._title(self._studio.tools.get(id), ask)
        self._studio.toolbox.delete(id)
        # A persona that names what is not there cannot be talked to.
        users = withdraw(self._studio, "tools", id)
        said = text("tools_deleted", ask.language, title=plain(title))
        note = parts.undo(self._manner(ask), said, "restore", of=id, personas=" ".join(users))
        return self._page(ask, "", _Shown(note=note, here=""))

    def _told(self, ask: Ask, id: str, words: str) -> Markup:
        """The page with another tool open, or the same one anew, and a sentence about it."""
        said = text(words, ask.language, title=plain(self._title(self._studio.tools.get(id), ask)))
        return self._page(ask, id, _Shown(note=parts.note(said, "good"), here=id, fresh=True))

    def _exported(self, ask: Ask, id: str) -> Screen:
        toolbox, kept = self._studio.toolbox, None
        if ask.word("action") == "export":
            kept = self._editing.keep(ask)
        whole = ask.word("action") == "export-all"
        file = parts.file("tools.yaml" if whole else f"{id}.yaml", toolbox.export(None if whole else [id]))
        return {"workshop": self._page(ask, ask.thing, _Shown(kept=kept)), "download": file}

    def _try(self, ask: Ask, tool: Tool) -> Iterator[Markup]:
        """Run a tool with what the form holds, or with the arguments that were just agreed to."""
        manner, schema = self._manner(ask), tool.spec.parameters
        form = asked(schema)
        if ask.word("action") == "run":
            arguments, trial = _agreed(ask.word("arguments")), views.Trial(form)
        else:
            written = typed(form, ask.fields())
            arguments, wrong = read(schema, form, written)
            said = {name: chinese if ask.language == "zh" else english for name, (english, chinese) in wrong.items()}
            trial = views.Trial(form, written, said)
            if wrong:
                yield self._page(ask, tool.id, _Shown(trial))
                return
            if tool.risk != "reads":
                sure = views.sure_html(self._instrument(tool, ask), arguments, manner)
                yield self._page(ask, tool.id, _Shown(replace(trial, outcome=sure)))
                return
        running = views.running_html(self._title(tool, ask), manner)
        yield self._page(ask, tool.id, _Shown(replace(trial, outcome=running)))
        named = partial(self._studio.attachments.media.named, MAKER.owner)
        context = ToolContext(MAKER.owner, ask.language, datetime.now(UTC).astimezone(), media=named)
        started = time.monotonic()
        output = run(tool, arguments, context)
        seconds, memory = time.monotonic() - started, InMemory()
        notes = keep_all(output.media, memory, context)[1]
        media = media_html(memory.shown, ask.language)
        sent = views.request_html(tool.spec.name, arguments, self._instrument(tool, ask), manner)
        result = views.result_html("\n".join([output.text, *notes]), output.failed, seconds, manner, media)
        yield self._page(ask, tool.id, _Shown(replace(trial, outcome=sent + result)))

    # -- rendering -------------------------------------------------------------------------------------------------------

    def _page(self, ask: Ask, id: str, shown: _Shown) -> Markup:
        manner, note = self._manner(ask), shown.note
        opened = parts.EMPTY
        if id == IMPORT:
            opened, note = self._imports.html(ask, manner, note), parts.EMPTY
        elif id:
            try:
                opened = self._opened(ask, self._studio.tools.get(id), shown, manner)
            except DocumentMissing:
                missing = DocumentMissing(f"There is no tool {id!r}.", f"没有工具 {id!r}。")
                note = note or parts.note(notify.sentence(missing, ask.language), "bad")
        return views.tools_html(self._listing(ask), id if opened else "", opened, manner, note=note, here=shown.here)

    def _opened(self, ask: Ask, tool: Tool, shown: _Shown, manner: Manner) -> Markup:
        using = uses(self._studio, "tools", tool.id, ask.language)
        trial = shown.trial or views.Trial(asked(tool.spec.parameters))
        own: list[tuple[str, str, Markup]] = []
        if self._document(tool.id) is not None:
            kept = shown.kept or self._editing.fresh(tool.id)
            own = [
                ("edit", manner.say("tools_edit"), self._editing.form_html(ask, kept, manner, fresh=shown.fresh)),
                ("access", manner.say("tools_access"), self._editing.access_html(tool.id, manner)),
                ("versions", manner.say("tools_versions"), self._editing.versions_html(ask, tool.id, manner)),
            ]
        titles = {each.persona: each.title for each in using}
        allowed = self._studio.toolbox.permissions.of(tool)
        standing = tuple((persona, titles[persona]) for persona in allowed if persona in titles)
        return views.tool_html(replace(self._instrument(tool, ask), standing=standing), trial, using, manner, own)

    def _listing(self, ask: Ask) -> views.Listing:
        narrowed, fitting, kinds = self._list.of(ask.session)
        off = self._studio.tools.off
        items = [
            (
                tool.id,
                self._title(tool, ask),
                text("tools_off", ask.language) if tool.id in off or tool.unavailable() else tool.spec.name,
            )
            for tool in fitting[:_LISTED]
        ]
        personas = [(each.id, each.title.get(ask.language)) for each in self._studio.personas_for(ask.identity)]
        own = bool(kinds.keys() & {"http", "openapi"})
        return views.Listing(items, len(fitting), kinds, narrowed.kind, narrowed.words, own, personas)

    def _instrument(self, tool: Tool, ask: Ask) -> views.Instrument:
        document, why = self._document(tool.id), tool.unavailable()
        address = f"{document.call.method} {document.call.url}" if document and document.call.kind == "http" else ""
        return views.Instrument(
            tool.id,
            self._title(tool, ask),
            tool.about.get(ask.language) or tool.spec.description,
            tool.spec.name,
            tool.spec.description,
            tool.spec.parameters,
            tool.risk,
            tool.time_limit_s,
            on=tool.id not in self._studio.tools.off,
            registered=document is not None,
            kind=tool.kind,
            address=address,
            unavailable=why[ask.language == "zh"] if why else "",
        )

    def _document(self, id: str) -> ToolDocument | None:
        return self._studio.toolbox.document(id)

    def _title(self, tool: Tool, ask: Ask) -> str:
        return tool.titles.get(ask.language) or tool.titles.get("en") or tool.id

    def _manner(self, ask: Ask) -> Manner:
        return self._desk.manner(ask)


def _agreed(words: str) -> Mapping[str, Any]:
    """The arguments of a call that was agreed to, as the page showed them; the runner checks them again."""
    try:
        found = json.loads(words)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
