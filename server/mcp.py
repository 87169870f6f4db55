"""Hearth as an MCP server: other programs ask its personas, search its collections and see what it has.

Over HTTP at `/mcp`, behind the same guard as the page and for makers alone; over standard input and output with
`python -m server.mcp --data DIR`. Every request stands by itself: there are no sessions to keep, and what is asked here is
written into no conversation.
"""

import json
import logging
import os
import sys
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive, Scope, Send

from assistant.access import MAKER, Identity
from assistant.events import MessageCompleted, TurnFinished
from assistant.history import language_of
from assistant.models.base import Cancel
from assistant.settings import VERSION, read_settings
from assistant.studio import Studio, build_studio, check_message
from common.errors import ArgumentsInvalid, DataFolderBusy, HearthError
from knowledge.types import Hit
from server.identity import SCOPE_KEY
from server.refusal import POST_ONLY, PROGRAM_TOKEN, refuse
from tools.validation import check

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

PATH = "/mcp"

_ASKED_TOGETHER = 3  # questions that are answered at one time
_MOST = 20  # passages of one search
_INSTRUCTIONS = (
    "Hearth is an assistant studio. Ask one of its personas, or search one of its collections of documents. "
    "list_personas and list_collections give the ids that the others take. "
    "Hearth 是一个智能助手工作室：可以向人设提问，也可以检索资料库；list_personas 和 list_collections 给出所需的标识。"
)


def _parameters(required: Mapping[str, str], more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    texts = {name: {"type": "string", "minLength": 1, "description": told} for name, told in required.items()}
    properties = {**texts, **(more or {})}
    return {"type": "object", "properties": properties, "required": [*required], "additionalProperties": False}


_LIMIT = {"type": "integer", "minimum": 1, "maximum": _MOST, "description": "How many passages at most; 5 by default."}
_TOOLS: Mapping[str, tuple[str, str, dict[str, Any]]] = {  # name -> title, description, parameters
    "ask": (
        "Ask a persona · 向人设提问",
        "Ask a persona of Hearth one thing and get its answer, with the passages that [1], [2] and so on in it stand for. "
        "It may use its own tools and documents. 向一个人设提问，得到回答和它引用的段落。",
        _parameters({"persona": "The id of a persona, from list_personas.", "text": "What to ask, with all that it takes."}),
    ),
    "search": (
        "Search a collection · 检索资料库",
        "Find the passages of a collection of documents that fit a query best. 在一个资料库里查找最相关的段落。",
        _parameters(
            {"collection": "The id of a collection, from list_collections.", "query": "What to look for."}, {"limit": _LIMIT}
        ),
    ),
    "list_personas": ("List the personas · 列出人设", "The personas that can be asked. 可以提问的人设。", _parameters({})),
    "list_collections": ("List the collections · 列出资料库", "The collections of documents. 已有的资料库。", _parameters({})),
    "list_tools": ("List the tools · 列出工具", "What personas of Hearth can use. 人设可以使用的工具。", _parameters({})),
}

Answer = tuple[str, dict[str, Any], bool]
"""What a tool gave: text, the same as data, and whether it failed."""


class Offered:
    """What is offered, as plain functions of a studio; `cancel` ends an answer that nobody waits for."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def call(self, name: str, arguments: Mapping[str, Any], identity: Identity, cancel: Cancel) -> Answer:
        """Raises `HearthError` for what cannot be done."""
        if name not in _TOOLS:
            names = ", ".join(_TOOLS)
            raise ArgumentsInvalid(
                f"There is no tool {name[:80]!r}. There are: {names}.", f"没有工具 {name[:80]!r}。可用的有：{names}。"
            )
        given = check(name, _TOOLS[name][2], arguments)
        match name:
            case "ask":
                return self._ask(given["persona"], given["text"], identity, cancel)
            case "search":
                return self._search(given["collection"], given["query"], given.get("limit", 5), identity)
            case "list_personas":
                return self._personas(identity)
            case "list_collections":
                found = [{"id": c.id, "title": c.title, "passages": c.passages} for c in self._collections(identity)]
                return _listed("collections", found)
            case _:
                return self._tools()

    def _ask(self, persona: str, text: str, identity: Identity, cancel: Cancel) -> Answer:
        check_message(text)
        language = language_of(text, None)
        said: list[MessageCompleted] = []
        # What was allowed for good was allowed to the maker's own words; these may be those of another model.
        asked = replace(self._studio.agent(persona, identity), standing=lambda tool: False)
        for event in asked.run(text, cancel=cancel):
            if isinstance(event, MessageCompleted) and event.message.role == "assistant":
                said.append(event)
            elif isinstance(event, TurnFinished):
                finished = event
        last = said[-1].message if said else None
        answer, hits = (last.text, last.sources) if last else ("", ())
        notes = [finished.error["zh" if language == "zh" else "en"]] if finished.error else []
        if finished.reason == "approval" and last:
            names = ", ".join(call.name for call in last.calls)
            notes.append(
                f"它想调用 {names}，这需要有人许可。请到页面里提问。"
                if language == "zh"
                else f"It wants to call {names}, which somebody has to allow. Ask in the page instead."
            )
        sources = [_source(number, hit) for number, hit in enumerate(hits, 1)]
        listed = [f"[{source['number']}] {source['title']}" for source in sources]
        whole = "\n\n".join(part for part in (answer, *notes, "\n".join(listed)) if part)
        data = {"answer": answer, "sources": sources, "ended": finished.reason}
        return whole, data, finished.reason in ("failed", "approval", "cancelled")

    def _search(self, collection: str, query: str, limit: int, identity: Identity) -> Answer:
        hits = self._studio.knowledge.search(identity.owner, query, [collection], limit)
        found = [{**_source(number, hit), "text": hit.passage.text, "score": hit.score} for number, hit in enumerate(hits, 1)]
        text = "\n\n".join(f"[{source['number']}] {source['title']}\n{source['text']}" for source in found)
        return text or "Nothing was found. 没有找到。", {"passages": found}, False

    def _personas(self, identity: Identity) -> Answer:
        found = [
            {"id": persona.id, "title": persona.title.model_dump(), "description": persona.description.model_dump()}
            for persona in self._studio.personas_for(identity)
        ]
        return _listed("personas", found)

    def _collections(self, identity: Identity) -> list[Any]:
        return self._studio.knowledge.collections(identity.owner)

    def _tools(self) -> Answer:
        registry = self._studio.tools
        found = [
            {
                "id": tool.id,
                "title": dict(tool.titles),
                "description": tool.spec.description,
                "risk": tool.risk,
                "on": tool.id not in registry.off,
            }
            for tool in registry.list()
        ]
        return _listed("tools", found)


def _listed(name: str, found: list[dict[str, Any]]) -> Answer:
    return json.dumps(found, ensure_ascii=False), {name: found}, False


def _source(number: int, hit: Hit) -> dict[str, Any]:
    passage = hit.passage
    return {
        "number": number,
        "title": passage.title,
        "heading": passage.heading,
        "page": passage.page,
        "collection": passage.collection,
        "passage": passage.id,
    }


def protocol_server(studio: Studio) -> "Server[Any]":
    """The server of the official package over a studio; importing that takes a second."""
    import mcp_types as types
    from anyio import CapacityLimiter, to_thread
    from mcp.server.context import ServerRequestContext
    from mcp.server.lowlevel import Server

    offered = Offered(studio)
    places: list[CapacityLimiter] = []  # made on the loop that serves

    async def listed(_context: ServerRequestContext[Any], _params: Any) -> types.ListToolsResult:
        tools = [
            types.Tool(
                name=name,
                title=title,
                description=told,
                input_schema=schema,
                annotations=types.ToolAnnotations(read_only_hint=name != "ask", open_world_hint=False),
            )
            for name, (title, told, schema) in _TOOLS.items()
        ]
        return types.ListToolsResult(tools=tools)

    async def called(context: ServerRequestContext[Any], params: types.CallToolRequestParams) -> types.CallToolResult:
        request = context.request
        identity: Identity = request.scope[SCOPE_KEY] if request is not None else MAKER
        cancel = Cancel()
        if not places:
            places.append(CapacityLimiter(_ASKED_TOGETHER))
        try:
            text, data, failed = await to_thread.run_sync(
                offered.call, params.name, params.arguments or {}, identity, cancel, abandon_on_cancel=True, limiter=places[0]
            )
        except HearthError as error:
            said = f"{error.english}\n{error.chinese}"
            return types.CallToolResult(content=[types.TextContent(text=said)], is_error=True)
        finally:
            cancel.set()
        return types.CallToolResult(content=[types.TextContent(text=text)], structured_content=data, is_error=failed)

    return Server(
        "hearth",
        version=VERSION,
        title="Hearth",
        instructions=_INSTRUCTIONS,
        on_list_tools=listed,
        on_call_tool=called,
    )


class McpEndpoint:
    """The ASGI application at `PATH`; the guard put the identity into the scope."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._lock = threading.Lock()
        self._server: Server[Any] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        identity: Identity = scope[SCOPE_KEY]
        if not identity.maker:
            await refuse(PROGRAM_TOKEN, scope, send)
        elif scope["method"] != "POST":
            await refuse(POST_ONLY, scope, send)  # what the protocol has a server say that keeps no sessions
        else:
            # Read here, where the guard's word that it is too large is heard, and not in a group of tasks.
            try:
                again = _replayed(await Request(scope, receive).body(), receive)
            except ClientDisconnect:
                return
            server = await run_in_threadpool(self._made)
            from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

            # One of its own for each request: it belongs to a task and ends with it.
            manager = StreamableHTTPSessionManager(server, stateless=True)
            async with manager.run():
                await manager.handle_request(scope, again, send)

    def _made(self) -> "Server[Any]":
        with self._lock:
            if self._server is None:
                self._server = protocol_server(self._studio)
            return self._server


def _replayed(body: bytes, receive: Receive) -> Receive:
    """What gives the whole body first, and then what comes after it: that the sender has left."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def main(arguments: list[str]) -> int:
    """Serve over standard input and output until that ends; returns the exit status. `arguments` are those of the app."""
    settings = read_settings(arguments, os.environ)
    logging.basicConfig(level=logging.WARNING)  # to standard error, as standard output is the protocol's
    try:
        studio = build_studio(settings)
    except HearthError as error:
        sys.stderr.write(f"{error}\n{error.chinese}\n")
        if isinstance(error, DataFolderBusy):
            sys.stderr.write(
                f"If it is running with a page, it answers at its own address too: http://127.0.0.1:{settings.port}{PATH}\n"
                f"如果它开着页面，也可以直接用它的网址：http://127.0.0.1:{settings.port}{PATH}\n"
            )
        return 1
    try:
        _serve(studio)
    except KeyboardInterrupt:
        pass
    finally:
        studio.close()
    return 0


def _serve(studio: Studio) -> None:
    import anyio
    from mcp.server.stdio import stdio_server

    async def serve() -> None:
        server = protocol_server(studio)
        async with stdio_server() as (read, write):
            await server.run(read, write, server.create_initialization_options())

    anyio.run(serve)


if __name__ == "__main__":
    status = main(sys.argv[1:])
    sys.stderr.flush()
    # A model may still be loading in a thread of native code, which aborts an interpreter that is taken down under it.
    os._exit(status)
