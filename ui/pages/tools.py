"""The tools page's acts: finding a tool, trying it, switching it, giving it to personas; making, changing and importing one.

A tool that may change things or cost money asks first with its exact arguments, here as in a conversation.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from markupsafe import Markup

from assistant.studio import Studio
from common.errors import DocumentInvalid, DocumentMissing, HearthError
from common.problems import Sentences
from tools.base import Tool
from tools.documents import ToolDocument
from ui import notify, panels, uploads
from ui.ask import Ask, Screen
from ui.chat import Desk
from ui.mcp_servers import ServerPages
from ui.render import Manner, plain
from ui.texts import text
from ui.tool_editing import SAVES, ToolEditing, ToolKept
from ui.tool_imports import ToolImports
from ui.tool_models import make, making_html
from ui.tool_shown import ACTS, ToolsShown, told
from ui.tool_trials import ToolTrials
from ui.uses import give_back, use, uses, withdraw
from ui.views import parts
from ui.views import tools as views

IMPORT = "+import"
"""What the address names while tools are imported; no tool can have this id."""

MODEL = "+model"
"""What it names while a tool is made of a model."""

_LISTED = 300  # tools in the list at a time


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is open besides the tool itself."""

    trial: views.Trial | None = None
    kept: ToolKept | None = None
    fresh: bool = False  # the form shows what is stored, whatever was typed in it
    note: Markup = parts.EMPTY
    here: str | None = None
    wrong: Mapping[str, Sentences] = field(default_factory=dict)  # with a tool that is made of a model
    opened: Markup = parts.EMPTY  # an open thing that is no tool


class ToolsPage:
    """What personas can do besides talking."""

    def __init__(self, studio: Studio, desk: Desk, uploads: Path) -> None:
        self._studio = studio
        self._desk = desk
        self._uploads = uploads
        self._editing = ToolEditing(studio)
        self._imports = ToolImports(studio)
        self._trials = ToolTrials(studio)
        self._servers = ServerPages(studio)
        self._list = ToolsShown(studio)

    def show(self, ask: Ask) -> Markup:
        self._trials.leave(ask.session, ask.thing)
        return self._page(ask, ask.thing, _Shown(fresh=True))

    def leave(self, session: str) -> None:
        """The page was closed."""
        self._trials.leave(session)
        self._imports.leave(session)

    def act(self, ask: Ask) -> Iterator[Screen]:
        if not ask.identity.maker:
            yield {"workshop": panels.refusal_html(text("makers_only", ask.language))}
            return
        id = ask.word("of") or ask.thing
        try:
            if ask.word("action") in ("try", "run"):
                for shown in self._tried(ask, self._studio.tools.get(id)):
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
        """A file to import from, or a picture or a sound to try a tool with."""
        sent = uploads.arrived(ask, self._uploads)
        id = (ask.word("of") or ask.thing) if ask.word("place") == "tool-medium" else IMPORT
        here = IMPORT if id == IMPORT else None
        try:
            if not ask.identity.maker:
                page = panels.refusal_html(text("makers_only", ask.language))
            elif id == IMPORT:
                self._imports.read(ask, sent)
                page = self._page(ask, id, _Shown(here=here))
            else:
                page = self._page(ask, id, _Shown(self._trials.give(ask, self._studio.tools.get(id), sent)))
        except HearthError as error:
            page = self._page(ask, id, _Shown(note=parts.note(notify.told(error, ask), "bad"), here=here))
        finally:
            uploads.discard((file.path for file in sent if file.path is not None), self._uploads)
        yield {"workshop": page}

    def _done(self, ask: Ask, id: str) -> Markup:
        """What was pressed, done, and the page after it. Raises `HearthError`."""
        action = ask.word("action")
        match action:
            case "switch":
                self._studio.toolbox.switches.turn(id, ask.data.get("on") is True)
            case "always":
                self._studio.toolbox.switches.offer_always(id, ask.data.get("on") is True)
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
            case "new-model":
                try:
                    return self._told(ask, make(ask, self._studio.toolbox), "tools_made_model")
                except DocumentInvalid as error:
                    return self._page(ask, MODEL, _Shown(wrong=error.problems))
            case "find" | "kind":
                self._list.narrow(ask)
            case "look" | "serve":
                self._imports.look(ask) if action == "look" else self._imports.serve(ask)
                return self._page(ask, IMPORT, _Shown())
            case "take":
                said, one = self._imports.take(ask)
                return self._page(ask, one, _Shown(note=parts.note(said, "good"), here=one, fresh=True))
            case "take-away":
                self._trials.take_away(ask, self._studio.tools.get(id))
            case "key" | "forget-key" | "grant" | "revoke":
                said = self._editing.done(ask, id)
                return self._page(ask, id, _Shown(note=parts.note(said, "good") if said else parts.EMPTY))
            case "theirs":
                return self._told(ask, id, "tools_took_theirs")
            case _ if action in ACTS:
                return self._page(ask, ask.thing, _Shown(note=self._list.act(ask, self._manner(ask))))
            case _ if action in SAVES:
                return self._edited(ask, id)
            case _ if action.startswith("server-"):
                here, opened = self._servers.done(ask, self._manner(ask))
                return self._page(ask, here, _Shown(here=here, opened=opened))
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

    def _tried(self, ask: Ask, tool: Tool) -> Iterator[Markup]:
        for trial in self._trials.tried(ask, tool, self._title(tool, ask), self._manner(ask)):
            yield self._page(ask, tool.id, _Shown(trial))

    # -- rendering -------------------------------------------------------------------------------------------------------

    def _page(self, ask: Ask, id: str, shown: _Shown) -> Markup:
        manner, note = self._manner(ask), shown.note
        opened = shown.opened
        if opened:
            pass
        elif self._servers.has(id):
            id, opened = self._servers.opened(ask, id, manner, note, shown.fresh)
            note = parts.EMPTY
        elif id == IMPORT:
            opened, note = self._imports.html(ask, manner, note), parts.EMPTY
        elif id == MODEL:
            opened, note = making_html(ask, shown.wrong, manner, note), parts.EMPTY
        elif id:
            try:
                opened = self._opened(ask, self._studio.tools.get(id), shown, manner)
            except DocumentMissing:
                missing = DocumentMissing(f"There is no tool {id!r}.", f"没有工具 {id!r}。")
                note = note or parts.note(notify.sentence(missing, ask.language), "bad")
        return views.tools_html(self._listing(ask), id if opened else "", opened, manner, note=note, here=shown.here)

    def _opened(self, ask: Ask, tool: Tool, shown: _Shown, manner: Manner) -> Markup:
        using = uses(self._studio, "tools", tool.id, ask.language)
        trial = shown.trial or self._trials.form(ask, tool)
        registered = self._document(tool.id) is not None
        own: list[tuple[str, str, Markup]] = []
        if registered:
            kept = shown.kept or self._editing.fresh(tool.id)
            own.append(("edit", manner.say("tools_edit"), self._editing.form_html(ask, kept, manner, fresh=shown.fresh)))
        if registered or tool.secrets():
            own.append(("access", manner.say("tools_access"), self._editing.access_html(tool.id, manner)))
        if registered:
            own.append(("versions", manner.say("tools_versions"), self._editing.versions_html(ask, tool.id, manner)))
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
            *told(tool, ask.language),
            tool.spec.name,
            tool.spec.description,
            tool.spec.parameters,
            tool.risk,
            tool.time_limit_s,
            on=tool.id not in self._studio.tools.off,
            always=tool.id in self._studio.tools.always,
            registered=document is not None,
            kind=tool.kind,
            address=address,
            unavailable=why[ask.language == "zh"] if why else "",
            server=self._servers.of_tool(tool, ask.language),
        )

    def _document(self, id: str) -> ToolDocument | None:
        return self._studio.toolbox.document(id)

    def _title(self, tool: Tool, ask: Ask) -> str:
        return told(tool, ask.language)[0]

    def _manner(self, ask: Ask) -> Manner:
        return self._desk.manner(ask)
