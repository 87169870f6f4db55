"""The tools page's acts: switching tools on and off, trying one by a form, and which personas use it.

All of it is a maker's alone. A call that writes or spends is made only after a click that shows its exact arguments.
"""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from assistant.access import MAKER
from assistant.studio import Studio
from common.errors import DocumentMissing, HearthError
from tools.base import Tool, ToolContext
from tools.runner import run
from ui import notify, panels
from ui.ask import Ask, Screen
from ui.chat import Desk
from ui.render import Manner, plain
from ui.texts import text
from ui.toolform import asked, read, typed
from ui.uses import give_back, use, uses, withdraw
from ui.views import parts
from ui.views import tools as views


class ToolsPage:
    """What personas can do besides talking."""

    def __init__(self, studio: Studio, desk: Desk) -> None:
        self._studio = studio
        self._desk = desk

    def show(self, ask: Ask) -> Markup:
        return self._page(ask, ask.thing)

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
            shown = self._done(ask, id)
        except HearthError as error:
            shown = self._page(ask, id, parts.note(notify.told(error, ask), "bad"))
        yield {"workshop": shown}

    def _done(self, ask: Ask, id: str) -> Markup:
        """What was pressed, done, and the page after it. Raises `HearthError`."""
        on = ask.data.get("on") is True
        match ask.word("action"):
            case "switch":
                self._studio.toolbox.switch(id, on)
            case "user":
                self._studio.tools.get(id)
                use(self._studio, ask.word("by"), "tools", id, on)
            case "delete":
                title = self._title(self._studio.tools.get(id), ask)
                self._studio.toolbox.delete(id)
                # A persona that names what is not there cannot be talked to.
                users = withdraw(self._studio, "tools", id)
                said = text("tools_deleted", ask.language, title=plain(title))
                note = parts.undo(self._manner(ask), said, "restore", of=id, personas=" ".join(users))
                return self._page(ask, "", note, here="")
            case "restore":
                self._studio.toolbox.restore(id)
                give_back(self._studio, "tools", id, ask.word("personas").split())
                title = self._title(self._studio.tools.get(id), ask)
                return self._page(ask, id, parts.note(text("tools_restored", ask.language, title=plain(title)), "good"), here=id)
        return self._page(ask, id)

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
                yield self._page(ask, tool.id, trial=trial)
                return
            if tool.risk != "reads":
                sure = views.sure_html(self._instrument(tool, ask), arguments, manner)
                yield self._page(ask, tool.id, trial=replace(trial, outcome=sure))
                return
        yield self._page(ask, tool.id, trial=replace(trial, outcome=views.running_html(self._title(tool, ask), manner)))
        context = ToolContext(MAKER.owner, ask.language, datetime.now(UTC).astimezone())
        started = time.monotonic()
        output = run(tool, arguments, context)
        result = views.result_html(output.text, output.failed, time.monotonic() - started, manner)
        yield self._page(ask, tool.id, trial=replace(trial, outcome=result))

    def _page(
        self, ask: Ask, id: str, note: Markup = parts.EMPTY, *, trial: views.Trial | None = None, here: str | None = None
    ) -> Markup:
        manner, tools = self._manner(ask), self._studio.tools.list()
        instruments = [self._instrument(tool, ask) for tool in tools]
        opened = next((tool for tool in tools if tool.id == id), None)
        shown = parts.EMPTY
        if opened is not None:
            instrument = next(each for each in instruments if each.id == id)
            using = uses(self._studio, "tools", id, ask.language)
            shown = views.tool_html(instrument, trial or views.Trial(asked(opened.spec.parameters)), using, manner)
        elif id and not note:
            missing = DocumentMissing(f"There is no tool {id!r}.", f"没有工具 {id!r}。")
            note = parts.note(notify.sentence(missing, ask.language), "bad")
        return views.tools_html(instruments, id if opened else "", shown, manner, note=note, here=here)

    def _instrument(self, tool: Tool, ask: Ask) -> views.Instrument:
        document, why = self._studio.toolbox.document(tool.id), tool.unavailable()
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
            address=f"{document.call.method} {document.call.url}" if document else "",
            unavailable=why[ask.language == "zh"] if why else "",
        )

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
