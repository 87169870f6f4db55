"""Talking to one MCP server by the official package: opening a connection, asking what there is, calling a tool.

Everything here runs on an event loop and knows neither documents nor the registry. What a server says is a stranger's: its
lists are read within limits, its results become plain outputs, its schemas for results are never compiled, and its own requests
(for a model's words, a person's, or folders) are declined. Importing this file imports the package, which takes a second.
"""

import asyncio
import base64
import binascii
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import anyio
import mcp_types as types
from mcp.client.session import ClientSession, IncomingMessage
from mcp.client.streamable_http import streamable_http_client
from mcp.client.subscriptions import SubscriptionLost, listen
from mcp.shared.exceptions import MCPError
from mcp.shared.message import SessionMessage
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import TypeAdapter, ValidationError

from common.errors import ToolFailed
from common.redaction import Redaction
from common.streaming import streaming_client
from tools.base import Media, ToolContext, ToolOutput
from tools.mcpprogram import LINE_LIMIT, Program, Running
from tools.mcpservers import Address
from tools.schemas import clean_text

_PAGES = 50  # of one list
_ITEMS = 500  # of one list
_LIST_SIZE = 16_000_000  # characters of one list, which ends with the page that passes them
_MEDIA = 8  # pictures and sounds of one result
_MESSAGES = 2000  # from one server within `_WINDOW_S`; one that sends more takes the processor from everybody
_WINDOW_S = 10.0
_LONG_LINE = 100_000
_BYTES_A_SECOND = 50_000_000  # at which long lines are read
_STREAMED = 64 * 1024 * 1024  # bytes of one answer over HTTP, which may be a stream of many messages
_CHANGES = (types.ToolListChangedNotification, types.ResourceListChangedNotification, types.PromptListChangedNotification)
_PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp"}
_SOUNDS = {"audio/wav", "audio/x-wav", "audio/mpeg", "audio/ogg", "audio/flac", "audio/webm", "audio/mp4"}
_Streams = tuple[Any, Any]  # what a session reads from and writes to
_RESULT: TypeAdapter[types.CallToolResult | types.InputRequiredResult] = TypeAdapter(
    types.CallToolResult | types.InputRequiredResult
)


@dataclass(frozen=True, slots=True)
class Offers:
    """What a server has, as it says it."""

    server: str
    instructions: str
    tools: Sequence[types.Tool]
    resources: Sequence[types.Resource]
    prompts: Sequence[types.Prompt]


class Closed(Exception):
    """The connection has ended."""


class Connection:
    """One open connection; its methods raise `Closed` when it has ended, and `ToolFailed` for what the server refuses."""

    def __init__(self, session: ClientSession, over: asyncio.Event) -> None:
        self._session = session
        self.over = over

    async def call(self, name: str, arguments: dict[str, Any], context: ToolContext) -> ToolOutput:
        """Call a tool; cancelling this tells the server to stop."""
        request = types.CallToolRequest(params=types.CallToolRequestParams(name=name, arguments=arguments))
        # Not the session's own `call_tool`, which checks results against a schema of the server's for as long as that takes.
        result = await self._ask(self._session.send_request(request, _RESULT))
        if isinstance(result, types.InputRequiredResult):
            raise ToolFailed(
                f"{name} wants to ask something in between, which is not possible here. Do without it.",
                f"{name} 中途还要提问，这里不支持。请不要依赖它。",
            )
        return output_of(result, context)

    async def offers(self) -> Offers:
        """Its tools, resources and prompts."""
        session, able = self._session, self._session.server_capabilities
        tools = await self._all(session.list_tools, "tools") if able and able.tools else []
        resources = await self._all(session.list_resources, "resources") if able and able.resources else []
        prompts = await self._all(session.list_prompts, "prompts") if able and able.prompts else []
        info = session.server_info
        named = clean_text(f"{info.title or info.name} {info.version}", 200) if info else ""
        return Offers(named, clean_text(session.instructions, 4000), tools, resources, prompts)

    async def _all(self, ask: Callable[..., Awaitable[Any]], field: str) -> list[Any]:
        """A whole list, page by page; one that does not end is cut."""
        found: list[Any] = []
        cursor: str | None = None
        size = 0
        for _ in range(_PAGES):
            page = await self._ask(ask(params=types.PaginatedRequestParams(cursor=cursor)))
            found += getattr(page, field)
            cursor = page.next_cursor
            size += len(page.model_dump_json())
            if not cursor or len(found) >= _ITEMS or size > _LIST_SIZE:
                break
        return found[:_ITEMS]

    async def _ask(self, asking: Awaitable[Any]) -> Any:
        try:
            return await asking
        except MCPError as error:
            # Over HTTP a server that has forgotten us says so to the next request.
            if error.code == types.CONNECTION_CLOSED or error.message == "Session terminated":
                self.over.set()
                raise Closed from error
            said = clean_text(error.message, 300)
            raise ToolFailed(f"The server refused: {said!r}.", f"服务拒绝了请求：{said!r}。") from error
        except (ValidationError, RecursionError) as error:
            raise ToolFailed(
                "The server's answer is not one of this protocol. Do without it.", "服务的回应不符合协议。请不要依赖它。"
            ) from error


class _Session(ClientSession):
    """A session that does not check results against what the server says of them: a schema can hold a processor for minutes."""

    async def validate_tool_result(self, name: str, result: types.CallToolResult) -> None:
        return


class _Metered:
    """What a server sends, as it comes, without the secrets that it was given. Raises `ToolFailed` when that is too much."""

    def __init__(self, inner: Any, hide: Redaction) -> None:
        self._inner = inner
        self._hide = hide
        self._began = time.monotonic()
        self._count = 0

    @property
    def last_context(self) -> Any:
        return getattr(self._inner, "last_context", None)

    async def __aenter__(self) -> "_Metered":
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.aclose()

    def __aiter__(self) -> "_Metered":
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def receive(self) -> SessionMessage | Exception:
        message: SessionMessage | Exception = await self._inner.receive()
        now = time.monotonic()
        if now - self._began > _WINDOW_S:
            self._began, self._count = now, 0
        self._count += 1
        if self._count > _MESSAGES:
            raise ToolFailed(
                f"It sent more than {_MESSAGES:,} messages in {_WINDOW_S:g} seconds and was cut off.",
                f"它在 {_WINDOW_S:g} 秒内发来超过 {_MESSAGES:,} 条消息，已断开。",
            )
        return message if isinstance(message, Exception) else self._without_secrets(message)

    def _without_secrets(self, message: SessionMessage) -> SessionMessage:
        said = message.message
        if isinstance(said, types.JSONRPCResponse):
            return replace(message, message=said.model_copy(update={"result": self._hide.data(said.result)}))
        if isinstance(said, types.JSONRPCError):
            told = said.error.model_copy(update={"message": self._hide.text(said.error.message)})
            return replace(message, message=said.model_copy(update={"error": told}))
        return message


@asynccontextmanager
async def connected(
    where: Address | Program, changed: Callable[[], None], said: Callable[[Sequence[str]], None]
) -> AsyncIterator[Connection]:
    """A connection for as long as the block runs.

    `changed` is called when the server says that its lists are others now; `said` gets the last lines of a program's standard
    error when the connection ends. Raises `ToolFailed` where none can be made, or an `ExceptionGroup` that holds why.
    """
    over = asyncio.Event()

    async def heard(message: IncomingMessage) -> None:
        if isinstance(message, _CHANGES):
            changed()

    async with AsyncExitStack() as stack:
        streams = _over_http(where) if isinstance(where, Address) else _over_pipes(where, over, said)
        read, write = await stack.enter_async_context(streams)
        info = types.Implementation(name="Hearth", version="0.1")
        session = await stack.enter_async_context(
            _Session(_Metered(read, where.hide), write, message_handler=heard, client_info=info)
        )
        await _agree(session)
        if session.protocol_version in MODERN_PROTOCOL_VERSIONS:
            following = asyncio.get_running_loop().create_task(_follow(session, changed))
            stack.callback(following.cancel)
        yield Connection(session, over)


async def _agree(session: ClientSession) -> None:
    """Find a version of the protocol that both speak, the newer way of asking first."""
    try:
        try:
            await session.discover()
        except (MCPError, RuntimeError, ValidationError):
            await session.initialize()
    except (MCPError, RuntimeError, ValidationError, RecursionError) as error:
        if isinstance(error, MCPError) and error.code == types.CONNECTION_CLOSED:
            raise Closed from error
        said = clean_text(error.message, 300) if isinstance(error, MCPError) else type(error).__name__
        raise ToolFailed(
            f"It answers, but not as an MCP server does ({said}).", f"它有回应，但不像 MCP 服务（{said}）。"
        ) from error


async def _follow(session: ClientSession, changed: Callable[[], None]) -> None:
    """Listen for changes, where the newer protocol has to be asked to tell of them."""
    with suppress(MCPError, SubscriptionLost):
        async with listen(session, tools_list_changed=True, prompts_list_changed=True, resources_list_changed=True) as events:
            async for _ in events:
                changed()


@asynccontextmanager
async def _over_http(where: Address) -> AsyncIterator[_Streams]:
    client = streaming_client(where.granted, _STREAMED, where.headers, where.resolve)
    async with (
        client,
        streamable_http_client(
            where.url,
            http_client=client,
            terminate_on_close=False,  # a server that does not answer would hold up the end of the app
            max_sse_event_size=LINE_LIMIT,
        ) as streams,
    ):
        yield streams


@asynccontextmanager
async def _over_pipes(program: Program, over: asyncio.Event, said: Callable[[Sequence[str]], None]) -> AsyncIterator[_Streams]:
    """The streams of a program; not the package's own, which read a line of any length and leave standard error to the log."""
    into_session, read = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    write, out_of_session = anyio.create_memory_object_stream[SessionMessage](0)
    running = Running(program)

    async def reading() -> None:
        async with into_session:
            async for line in running.lines():
                try:
                    message = types.jsonrpc_message_adapter.validate_json(line, by_name=False)
                except ValueError as error:
                    await into_session.send(error)
                else:
                    await into_session.send(SessionMessage(message))
                if len(line) > _LONG_LINE:
                    await asyncio.sleep(len(line) / _BYTES_A_SECOND)
        over.set()

    async def writing() -> None:
        async with out_of_session:
            with suppress(OSError):  # it has gone, which the reading notices
                async for sent in out_of_session:
                    await running.write(sent.message.model_dump_json(by_alias=True, exclude_unset=True).encode())

    try:
        async with running, anyio.create_task_group() as tasks:
            tasks.start_soon(reading)
            tasks.start_soon(writing)
            yield read, write
            tasks.cancel_scope.cancel()
    finally:
        said(running.said)
        for stream in (into_session, read, write, out_of_session):
            stream.close()


def output_of(result: types.CallToolResult, context: ToolContext) -> ToolOutput:
    """What a result is for the model and for people; a picture or a sound that cannot be shown is named in the text."""
    lines: list[str] = []
    media: list[Media] = []
    for item in result.content:
        match item:
            case types.TextContent(text=text):
                lines.append(text)
            case types.ImageContent(data=data, mime_type=kind) | types.AudioContent(data=data, mime_type=kind):
                lines.append(_shown(data, kind, media, context))
            case types.ResourceLink(uri=uri, name=name, description=about):
                lines.append(f"{name}: {uri}" + (f" ({about})" if about else ""))
            case types.EmbeddedResource(resource=types.TextResourceContents(uri=uri, text=text)):
                lines.append(f"{uri}:\n{text}")
            case types.EmbeddedResource(resource=types.BlobResourceContents(uri=uri, blob=data, mime_type=kind)):
                lines.append(f"{uri}: {_shown(data, kind or '', media, context)}")
    data = result.structured_content
    if data is not None and not any(lines):
        lines.append(json.dumps(data, ensure_ascii=False))
    text = "\n".join(lines) or context.say("Done, without a result.", "已完成，没有返回内容。")
    return ToolOutput(text, data, failed=result.is_error, media=tuple(media))


def _shown(data: str, kind: str, media: list[Media], context: ToolContext) -> str:
    """Put a picture or a sound among `media`; the line that tells of it."""
    kind = kind.partition(";")[0].strip().lower()
    try:
        decoded = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return context.say("[data that cannot be decoded]", "[无法解码的数据]")
    size, named = f"{len(decoded):,}", clean_text(kind, 60) or "?"
    if kind not in _PICTURES | _SOUNDS or not decoded or len(media) >= _MEDIA:
        return context.say(f"[{named}, {size} bytes, not shown]", f"[{named}，{size} 字节，未显示]")
    name = context.say("Picture", "图片") if kind in _PICTURES else context.say("Sound", "声音")
    media.append(Media(decoded, kind, f"{name} {len(media) + 1}"))
    return context.say(f"[{name} {len(media)}: {named}, {size} bytes]", f"[{name} {len(media)}：{named}，{size} 字节]")
