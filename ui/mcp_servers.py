"""The acts of the MCP servers' pages: adding, permitting, connecting, choosing their tools, changing, deleting.

Connecting takes up to minutes and happens beside the page, which looks again until it is over. A form of settings saves itself as
a tool's does; ticks and risks are written into whatever the document is by then, so that two people's both count.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup
from pydantic import TypeAdapter, ValidationError

from assistant.studio import Studio
from common.documents import invalid
from common.errors import DocumentInvalid, DocumentMissing, EditConflict, HearthError, NameInvalid
from common.problems import sentences
from tools.base import Tool
from tools.grants import grant_needed
from tools.mcpconfig import Refused, Written, read_config, read_line
from tools.mcphub import McpTool, risk_of
from tools.mcpservers import HttpTransport, McpServer, OfferedTool, ProgramTransport, Transport
from ui import notify
from ui.ask import Ask
from ui.clock import clock
from ui.connecting import Connecting
from ui.kept import FormKeys, Kept
from ui.render import Manner, plain
from ui.server_form import mark_of, problems_of, read_values, settings_of, values_of
from ui.texts import text
from ui.uses import give_back, uses, withdraw
from ui.views import parts, server, servers

_TRANSPORT: TypeAdapter[Any] = TypeAdapter(Transport)
_SAVES = ("server-save", "server-mine", "server-connect", "server-delete")
_ABOUT = 120  # letters of a command in the list


_Kept = Kept[McpServer, Mapping[str, str]]


class ServerPages:
    """All servers, or one of them, as the open thing of the tools page."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._toolbox = studio.toolbox
        self._mcp = studio.toolbox.mcp
        self._connecting = Connecting(self._mcp.connect)
        self._keys = FormKeys(_SAVES)

    @staticmethod
    def has(thing: str) -> bool:
        """Whether an address names one of these pages."""
        return thing == servers.ALL or thing.startswith(servers.PREFIX)

    def done(self, ask: Ask, manner: Manner) -> tuple[str, Markup]:
        """What was pressed, done; then what the address names, and the open thing. Raises nothing that is expected."""
        at = f"{servers.PREFIX}{ask.word('server')}" if ask.word("server") else ask.thing
        try:
            if ask.word("action") in _SAVES:
                return self._saved(ask, manner)
            return self._pressed(ask, manner, at)
        except HearthError as error:
            return self.opened(ask, at, manner, parts.note(notify.told(error, ask), "bad"))

    def opened(self, ask: Ask, at: str, manner: Manner, note: Markup = parts.EMPTY, fresh: bool = False) -> tuple[str, Markup]:
        """What the address names from now on, and the open thing; all servers where one is not there any more."""
        if at != servers.ALL:
            try:
                stored = self._mcp.get(at.removeprefix(servers.PREFIX))
                kept = Kept(stored, values_of(stored.document), mark_of(stored.document))
                return at, self._server_html(ask, kept, manner, note, fresh)
            except (DocumentMissing, NameInvalid):
                note = note or parts.note(text("servers_gone", ask.language), "bad")
            except DocumentInvalid as error:
                note = note or parts.note(notify.told(error, ask), "bad")
        return servers.ALL, self._all_html(ask, manner, note)

    def of_tool(self, tool: Tool, language: str) -> tuple[str, str] | None:
        """The server that a tool belongs to, its id and title; None for a tool of no server."""
        if not isinstance(tool, McpTool):
            return None
        return tool.server, self._mcp.get(tool.server).document.name(language)

    # -- acts --------------------------------------------------------------------------------------------------------

    def _pressed(self, ask: Ask, manner: Manner, at: str) -> tuple[str, Markup]:
        """Raises `HearthError`."""
        id, said = at.removeprefix(servers.PREFIX), ""
        match ask.word("action"):
            case "server-add":
                return self._added(ask, manner)
            case "server-grant":
                self._mcp.grant(id, _shown(ask.word("transport")))
                said = text("server_was_allowed", ask.language)
            case "server-revoke":
                self._mcp.revoke(id)
                said = text("server_taken_back", ask.language)
            case "server-disconnect":
                self._mcp.disconnect(id)
            case "server-use" | "server-use-all":
                said = self._use(ask, id)
            case "server-risk":
                self._change(id, lambda before: {"risks": _risks(before, ask)})
            case "server-key" | "server-forget-key":
                said = self._key(ask, id)
            case "server-restore":
                title = self._mcp.restore(id).document.name(ask.language)
                for tool, personas in _lost(ask.word("personas")).items():
                    give_back(self._studio, "tools", tool, personas)
                said = text("server_restored", ask.language, title=plain(title))
            case "server-theirs":
                return self.opened(ask, at, manner, parts.note(text("tools_took_theirs", ask.language), "good"), fresh=True)
        return self.opened(ask, at, manner, parts.note(said, "good") if said else parts.EMPTY)

    def _added(self, ask: Ask, manner: Manner) -> tuple[str, Markup]:
        """New servers from what was typed or pasted. Raises `HearthError`."""
        fields = ask.fields()
        line, title, pasted = ((fields.get(name) or [""])[-1].strip() for name in ("line", "title", "text"))
        if not line and not pasted:
            raise HearthError(*(text("servers_empty", each) for each in ("en", "zh")))
        told: list[str] = []
        made: list[str] = []
        for found in read_config(pasted) if pasted else [read_line(title, line)]:
            made += self._add(ask, found, told, keep=bool(fields.get("keep")))
        note = servers.notes_html(told, "good" if made else "bad")
        if len(made) == 1:
            return self.opened(ask, f"{servers.PREFIX}{made[0]}", manner, note, fresh=True)
        return self.opened(ask, servers.ALL, manner, note)

    def _add(self, ask: Ask, found: Written | Refused, told: list[str], *, keep: bool) -> list[str]:
        """Keep one server of a text, if it can be; what there is to say of it is added to `told`."""
        spoken = 1 if ask.language == "zh" else 0
        name = plain(found.name[:80]) or text("servers_this", ask.language)
        if isinstance(found, Refused):
            told.append(text("servers_refused", ask.language, title=name, why=found.why[spoken]))
            return []
        try:
            fields = found.fields(self._mcp.free_id(found.wish))
            if fields["transport"]["kind"] == "stdio" and not self._mcp.programs:
                raise HearthError(*(text("servers_hosted", each) for each in ("en", "zh")))
            stored = self._mcp.save(_parsed(fields), 0)
        except DocumentInvalid as error:
            why = " ".join(each[spoken] for each in error.problems.values()) or notify.told(error, ask)
            told.append(text("servers_refused", ask.language, title=name, why=why))
            return []
        except HearthError as error:
            told.append(text("servers_refused", ask.language, title=name, why=notify.told(error, ask)))
            return []
        id = stored.document.id
        name = plain(stored.document.name(ask.language))
        told.append(text("servers_added", ask.language, title=name))
        said = [note[spoken] for note in found.notes]
        kept = [key for key in found.values if keep]
        for key in kept:
            self._toolbox.keep_server_secret(id, f"{id}.{key}", found.values[key])
        left = [key for key in found.values if not keep]
        wanted = [key for key in found.wanted if key not in found.values]
        for key, names in (("servers_keys_kept", kept), ("servers_keys_left", left), ("servers_keys_wanted", wanted)):
            if names:
                said.append(text(key, ask.language, names=", ".join(names)))
        told += [text("servers_said_of", ask.language, title=name, said=sentence) for sentence in said]
        return [id]

    def _use(self, ask: Ask, id: str) -> str:
        """Take a tool of a server, or leave it; or take all. A persona that used one that is left is told of."""
        name, on = ask.word("tool"), ask.data.get("on") is True

        def change(before: McpServer) -> Mapping[str, Any]:
            if ask.word("action") == "server-use-all":
                return {"tools": None}
            taken = before.tools
            if taken is None:
                taken = tuple(tool.name for tool in self._mcp.listing(id).tools if not tool.problem.en)
            return {"tools": tuple(each for each in taken if each != name) + ((name,) if on else ())}

        before = self._mcp.tools(id)
        self._change(id, change)
        titles = [title for titles in self._withdrawn(before, id, ask.language) for title in titles]
        joint = "、" if ask.language == "zh" else ", "
        return text("server_withdrawn", ask.language, personas=joint.join(dict.fromkeys(titles))) if titles else ""

    def _withdrawn(self, before: Any, id: str, language: str) -> list[list[str]]:
        """Take the tools that are no more out of every persona: one that names what is not there cannot be talked to."""
        now = {tool.id for tool in self._mcp.tools(id)}
        found = []
        for tool in before:
            if tool.id not in now:
                found.append([each.title for each in uses(self._studio, "tools", tool.id, language) if each.named])
                withdraw(self._studio, "tools", tool.id)
        return found

    def _change(self, id: str, changes: Callable[[McpServer], Mapping[str, Any]]) -> None:
        """Write changes into what the document is by now. Raises `DocumentMissing` and `DocumentInvalid`."""
        while True:
            stored = self._mcp.get(id)
            before = stored.document.model_dump(mode="json")
            try:
                self._mcp.save(_parsed(before | dict(changes(stored.document))), stored.revision)
            except EditConflict:  # saved elsewhere meanwhile; the change is made to what is there now
                continue
            return

    def _key(self, ask: Ask, id: str) -> str:
        name = ask.word("name")
        if ask.word("action") == "server-forget-key":
            self._toolbox.keep_server_secret(id, name, "")
            return text("tools_key_forgotten", ask.language, name=plain(name))
        value = (ask.fields().get("value") or [""])[0].strip()
        self._toolbox.keep_server_secret(id, name, value)
        return text("tools_key_kept" if value else "tools_key_forgotten", ask.language, name=plain(name))

    # -- the settings ------------------------------------------------------------------------------------------------

    def _saved(self, ask: Ask, manner: Manner) -> tuple[str, Markup]:
        """An act that brings the form along, which is saved first. Raises `HearthError`."""
        action = ask.word("action")
        kept = self._keep(ask, over=action == "server-mine")
        id, note = kept.stored.document.id, parts.EMPTY
        if kept.whole and action == "server-delete":
            return self._deleted(ask, manner, id)
        if kept.whole and action == "server-connect":
            self._connecting.start(id)
        if kept.whole and action == "server-mine":
            note = parts.note(text("server_kept_mine", ask.language), "good")
        return f"{servers.PREFIX}{id}", self._server_html(ask, kept, manner, note, False)

    def _keep(self, ask: Ask, *, over: bool) -> _Kept:
        """Save what the form holds; with `over`, in place of what was saved elsewhere. Raises `DocumentMissing`."""
        while True:
            stored = self._mcp.get(ask.word("server"))
            document = stored.document
            values = read_values(ask.fields(), document)
            mark, brought = mark_of(document), ask.word("revision")
            if not over and brought not in ("", mark):
                # What was saved already, and comes once more after a reload, is no second opinion.
                conflict = values != values_of(document)
                return Kept(stored, values, brought if conflict else mark, conflict=conflict)
            try:
                wanted = _parsed(document.model_dump(mode="json") | settings_of(values, document))
                if wanted == document:
                    return Kept(stored, values, mark)
                return Kept(self._mcp.save(wanted, stored.revision), values, mark_of(wanted))
            except DocumentInvalid as error:
                return Kept(stored, values, mark, problems_of(error.problems))
            except EditConflict:  # something else of it was saved in this moment
                continue

    def _deleted(self, ask: Ask, manner: Manner, id: str) -> tuple[str, Markup]:
        title = self._mcp.get(id).document.name(ask.language)
        tools = [tool.id for tool in self._mcp.tools(id)]
        self._mcp.delete(id)
        lost = {tool: personas for tool in tools if (personas := withdraw(self._studio, "tools", tool))}
        said = text("server_deleted", ask.language, title=plain(title))
        note = parts.undo(manner, said, "server-restore", server=id, personas=json.dumps(lost))
        return self.opened(ask, servers.ALL, manner, note)

    # -- rendering ---------------------------------------------------------------------------------------------------

    def _all_html(self, ask: Ask, manner: Manner, note: Markup) -> Markup:
        listed = [
            servers.Listed(
                document.id,
                document.name(ask.language),
                _about(document),
                len(self._mcp.tools(document.id)),
                self._stand(document, ask),
            )
            for document in (stored.document for stored in self._mcp.list())
        ]
        fields = ask.fields() if ask.word("action") == "server-add" else {}
        line, title = ((fields.get(name) or [""])[-1] for name in ("line", "title"))
        typed = servers.Typed(line, title, not fields or bool(fields.get("keep")))
        return servers.servers_html(listed, typed, manner, programs=self._mcp.programs, note=note)

    def _server_html(self, ask: Ask, kept: _Kept, manner: Manner, note: Markup, fresh: bool) -> Markup:
        document, stored = kept.stored.document, kept.stored
        id, listing = document.id, self._mcp.listing(document.id)
        spoken = 1 if ask.language == "zh" else 0
        saved = text("tools_unsaved", ask.language)
        if kept.whole:
            saved = text("tools_saved", ask.language, time=clock(ask, stored.changed)) if stored.changed else ""
        key = self._keys.of(ask, f"server-{id}", kept.revision, fresh=fresh)
        stand = self._stand(document, ask)
        granted = self._mcp.status(id).granted
        there = {tool.id for tool in self._mcp.tools(id)}
        return server.server_html(
            server.Opened(
                id=id,
                title=document.name(ask.language),
                transport=document.transport,
                stand=stand,
                granted=granted,
                startable=self._mcp.programs or isinstance(document.transport, HttpTransport),
                reach=_reach(document, failed=stand.how == "failed"),
                tools=[_taken(tool, document, there, ask.language) for tool in listing.tools],
                all_used=document.tools is None,
                listing=listing,
                secrets=self._toolbox.server_secrets(id),
                settings=server.Settings(
                    kept.form,
                    key,
                    kept.revision,
                    saved,
                    {name: told[spoken] for name, told in kept.problems.items()},
                    kept.conflict,
                ),
            ),
            manner,
            note,
        )

    def _stand(self, document: McpServer, ask: Ask) -> servers.Stand:
        """How a server is, and why."""
        status, running = self._mcp.status(document.id), self._connecting.running(document.id)
        if isinstance(document.transport, ProgramTransport) and not self._mcp.programs:
            return servers.Stand("hosted")
        if not status.granted and (isinstance(document.transport, ProgramTransport) or _reach(document)):
            return servers.Stand("needs_grant")
        if status.state == "connected":
            return servers.Stand("connected", moving=running)
        if running or status.state == "connecting":
            return servers.Stand("connecting", moving=True)
        problem = self._connecting.problem(document.id) or status.problem
        if problem is not None:
            told = problem[ask.language == "zh"]
            return servers.Stand("failed", told, status.again_in_s, moving=status.again_in_s is not None)
        return servers.Stand("resting" if self._mcp.listing(document.id).server else "never")


def _parsed(fields: Mapping[str, Any]) -> McpServer:
    """The document of these fields. Raises `DocumentInvalid`, `problems` naming every field that is wrong."""
    try:
        return McpServer.model_validate(dict(fields))
    except ValidationError as error:
        raise invalid(fields, sentences(error.errors(include_url=False))) from None


def _shown(words: str) -> Transport:
    """The command or address that the page showed when it was allowed. Raises `EditConflict` for anything else."""
    try:
        shown: Transport = _TRANSPORT.validate_json(words)
    except ValidationError:
        raise EditConflict(
            "What you allowed cannot be read. Reload the page and look at it again.",
            "无法读取你许可的内容。请刷新页面后重新查看。",
        ) from None
    return shown


def _risks(before: McpServer, ask: Ask) -> dict[str, str]:
    risks: dict[str, str] = {name: risk for name, risk in before.risks.items() if name != ask.word("tool")}
    return risks | {ask.word("tool"): ask.word("value")} if ask.word("value") else risks


def _lost(words: str) -> dict[str, list[str]]:
    """Tool -> the personas that used it, as the page was told when its server was deleted."""
    try:
        lost = json.loads(words or "{}")
    except (ValueError, RecursionError):
        return {}
    return {
        tool: [persona for persona in personas if isinstance(persona, str)]
        for tool, personas in (lost.items() if isinstance(lost, dict) else ())
        if isinstance(personas, list)
    }


def _reach(document: McpServer, *, failed: bool = False) -> str:
    """The "host:port" that a permission is asked for: where the address shows the need, or where calling it failed."""
    transport = document.transport
    if isinstance(transport, ProgramTransport):
        return ""
    in_the_open = bool(transport.secret) and not transport.origin.startswith("https:")
    return transport.place if failed or in_the_open or grant_needed(transport.url) else ""


def _taken(tool: OfferedTool, document: McpServer, there: set[str], language: str) -> server.Taken:
    return server.Taken(
        name=tool.name,
        title=tool.title or tool.name,
        about=tool.description,
        used=tool.id in there,
        risk=document.risks.get(tool.name, ""),
        assumed=risk_of(document.model_copy(update={"risks": {}}), tool),
        id=tool.id if tool.id in there else "",
        problem=tool.problem.get(language),
    )


def _about(document: McpServer) -> str:
    transport = document.transport
    words = transport.url if isinstance(transport, HttpTransport) else " ".join([transport.command, *transport.args])
    return words if len(words) <= _ABOUT else words[: _ABOUT - 1] + "…"
