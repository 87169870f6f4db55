"""The MCP servers of one owner: entered, granted, connected, and their tools in the registry beside all others.

Tools are there from what a server last listed, so a start connects to nothing; the first call does. Every connection lives on one
event loop in a thread of its own, and whoever calls a tool waits no longer than its deadline. What this does not do: judge what a
server's tools are for; that they write and send is assumed until their owner says otherwise.
"""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence, Set
from concurrent.futures import CancelledError, Future
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from common.connections import Resolver
from common.database import Database
from common.documents import DocumentStore, Stored
from common.errors import DocumentInvalid, DocumentMissing, HearthError, ToolDenied, ToolFailed
from common.problems import Sentences
from tools.base import Risk, Tool, ToolContext, ToolOutput, ToolSpec
from tools.documents import numbered
from tools.mcplink import CONNECT_S, Link, LinkState, State
from tools.mcplisting import assigned, read_listing
from tools.mcpprogram import Program
from tools.mcpservers import (
    LISTING_LIMIT,
    Address,
    Grants,
    McpListing,
    McpServer,
    OfferedTool,
    ProgramTransport,
    Transport,
    shown_differs,
)
from tools.registry import ToolRegistry

if TYPE_CHECKING:
    from tools.mcp import Connection, Offers

log = logging.getLogger(__name__)

Secret = Callable[[str, str | None], str | None]
"""The secret of a name for an origin ("https://host:port"), or for a program on this machine (None); None where there is none."""

T = TypeVar("T")

_LOOK_S = 0.05  # how often a waiting call looks whether it was stopped
_MARGIN_S = 0.3  # by which its own sentence comes before the runner's
_CLOSE_S = 6.0


@dataclass(frozen=True, slots=True)
class McpStatus:
    """How a server is: `granted` whether what its document names was allowed, `again_in_s` when it is tried next by itself."""

    state: State
    problem: Sentences | None
    again_in_s: float | None
    granted: bool


class McpTool(Tool):
    """One tool of `server`; `start` begins a call on the servers' loop."""

    sends = True
    kind = "mcp"

    def __init__(
        self,
        offered: OfferedTool,
        server: McpServer,
        start: Callable[[str, dict[str, Any], ToolContext], "Future[ToolOutput]"],
    ) -> None:
        self.server = server.id
        self.origin = f"{server.model_dump_json()} {offered.name}"
        self.field = server.title.get("en")
        self._name = offered.name
        self._start = start
        self.id = offered.id
        self.spec = ToolSpec(offered.model_name, offered.description or offered.title or offered.name, offered.parameters)
        self.titles = dict.fromkeys(("en", "zh"), offered.title or offered.name)
        self.risk = risk_of(server, offered)
        self.unread = offered.read != offered.words
        self.time_limit_s = server.time_limit_s

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Raises `ToolFailed` for a server that cannot be reached, goes away or is too slow, `ToolDenied` without its grant."""
        ends = time.monotonic() + self.time_limit_s - _MARGIN_S
        future = self._start(self._name, dict(arguments), context)
        try:
            while not context.cancel.is_set() and time.monotonic() < ends:
                with suppress(TimeoutError):
                    return future.result(_LOOK_S)
                if future.done():
                    return future.result()
        except CancelledError:
            pass
        finally:
            future.cancel()
        if time.monotonic() >= ends:
            raise ToolFailed(
                f"{self.spec.name} did not answer within {self.time_limit_s:g} seconds and was told to stop.",
                f"{self.spec.name} 在 {self.time_limit_s:g} 秒内没有回应，已要求它停止。",
            )
        raise ToolFailed(f"{self.spec.name} was stopped.", f"{self.spec.name} 已停止。")


def risk_of(server: McpServer, offered: OfferedTool) -> Risk:
    """The owner's word, else that it writes: what a tool says of itself counts only where the owner said so."""
    said: Risk = "reads" if server.believes_hints and offered.says_read_only else "writes"
    return server.risks.get(offered.name, said)


class McpServers:
    """The servers of one owner. Its methods may be called from any thread but the loop's own."""

    def __init__(
        self,
        database: Database,
        registry: ToolRegistry,
        owner: str,
        secret: Secret,
        *,
        programs: bool,
        resolve: Resolver | None = None,
    ) -> None:
        """`programs` is whether commands of this machine may be started at all; `resolve` replaces the system's resolver."""
        self._servers = DocumentStore(database, "mcp-server", McpServer)
        self._listings = DocumentStore(database, "mcp-listing", McpListing, size_limit=LISTING_LIMIT)
        self._grants = Grants(database)
        self._registry = registry
        self._owner = owner
        self._secret = secret
        self._programs = programs
        self._resolve = resolve
        self._turn = threading.RLock()
        self._links: dict[str, Link] = {}
        self._running: _Running | None = None
        self._closed = False
        self.reread()

    @property
    def programs(self) -> bool:
        """Whether commands of this machine may be started at all, once they are granted."""
        return self._programs

    def list(self) -> Sequence[Stored[McpServer]]:
        """The servers' documents, newest first."""
        return self._servers.list(self._owner)

    def get(self, id: str) -> Stored[McpServer]:
        """Raises `DocumentMissing`."""
        return self._servers.get(self._owner, id)

    def save(self, document: McpServer, revision: int) -> Stored[McpServer]:
        """Keep a server; `revision` is the one the form was loaded with, 0 for a new one.

        Raises what `DocumentStore.save` does.
        """
        with self._turn:
            before = self.get(document.id).document.transport if revision else None
            stored = self._servers.save(self._owner, document, revision)
            if document.transport != before:
                self._drop(document.id)  # what was opened by the old document is not used any more
            self._register(stored.document)
        return stored

    def free_id(self, wanted: str) -> str:
        """An id like this that no server has, nor had: what is left of a deleted one stays its own."""
        taken = self._servers.ids(self._owner)
        return next(id for id in numbered(wanted, "-") if id not in taken and not self._servers.versions(self._owner, id))

    def delete(self, id: str) -> None:
        """Take a server, its tools and its grant away; `restore` brings back all but the grant. Raises `DocumentMissing`."""
        with self._turn:
            self._grants.take_back(self._owner, id)  # first: a server that is brought back has none, even if all ends here
            self._servers.reset(self._owner, id)
            self._drop(id)
            self._unregister(id)

    def restore(self, id: str) -> Stored[McpServer]:
        """Bring back what `delete` took away. Raises `DocumentMissing` and `EditConflict`."""
        with self._turn:
            stored = self._servers.bring_back(self._owner, id)
            self._register(stored.document)
        return stored

    def grant(self, id: str, transport: Transport) -> None:
        """Allow the command or the private address that was shown, `transport`; asked of makers alone.

        Raises `EditConflict` where the document says another by now, and `ToolDenied` for a command where none may be started.
        """
        with self._turn:
            server = self.get(id).document
            if server.transport != transport:
                raise shown_differs(server)
            self._check_program(server)
            self._grants.give(self._owner, server)
            self._drop(id)

    def revoke(self, id: str) -> None:
        """End a server's grant and its connection."""
        with self._turn:
            self._grants.take_back(self._owner, id)
            self._drop(id)

    def disconnect(self, id: str) -> None:
        """Close a server's connection, and end the program that it may be; the next call opens another."""
        with self._turn:
            self._drop(id)

    def connect(self, id: str) -> McpListing:
        """Connect now and show what the server offers: whoever asks has read it.

        Raises `ToolDenied`, `ToolFailed` and `DocumentMissing`.
        """
        self._where(self.get(id).document)  # what is not allowed is said at once
        try:
            self._submit(self._link(id).connect()).result(2 * CONNECT_S)
        except (TimeoutError, CancelledError) as error:
            raise ToolFailed(f"{id!r} did not answer. Try again later.", f"{id!r} 没有回应。请稍后再试。") from error
        return self._now_read(id)

    def status(self, id: str) -> McpStatus:
        """Raises `DocumentMissing`."""
        server = self.get(id).document
        link = self._links.get(id)
        now = link.now if link else LinkState()
        again = None if now.again_at is None else max(0.0, now.again_at - time.monotonic())
        return McpStatus(now.state, now.problem, again, self._grants.holds(self._owner, server))

    def listing(self, id: str) -> McpListing:
        """What the server last said of itself, tools, resources and prompts; empty where it was never connected."""
        try:
            return self._listings.get(self._owner, id).document
        except (DocumentMissing, DocumentInvalid):
            return McpListing(id=id)

    def tools(self, id: str) -> Sequence[Tool]:
        """The tools of a server that are in the registry."""
        return [tool for tool in self._registry.list() if isinstance(tool, McpTool) and tool.server == id]

    def reread(self) -> None:
        """Read all from the database anew, and make the registry hold what is there now."""
        with self._turn:
            for id in [*self._links]:
                self._drop(id)
            servers = [stored.document for stored in reversed(self.list())]  # in the order they came
            for id in {tool.server for tool in self._registry.list() if isinstance(tool, McpTool)} - {s.id for s in servers}:
                self._unregister(id)
            for server in servers:
                try:
                    self._register(server)
                except HearthError as error:  # its tools are missing, which is no reason for others to be
                    log.warning("the tools of the MCP server %r cannot be put in place: %s", server.id, error)

    def close(self) -> None:
        """End every connection and every program that was started; once more does no harm."""
        with self._turn:
            self._closed = True
            links, self._links = [*self._links.values()], {}
            running, self._running = self._running, None
        if running is not None:
            with suppress(TimeoutError):
                asyncio.run_coroutine_threadsafe(_close_all(links), running.loop).result(_CLOSE_S)
            running.end()

    def _register(self, server: McpServer) -> None:
        """Put the tools that are taken into the registry, and take out those that are no more."""
        with self._registry.editing:  # that a name is free still holds when it is taken
            before = {tool.id for tool in self.tools(server.id)}
            others = [tool for tool in self._registry.list() if tool.id not in before]
            listing = self.listing(server.id)
            named = assigned(listing, {tool.id for tool in others}, {tool.spec.name for tool in others})
            if named != listing:
                self._save_listing(named)
            tools = [
                McpTool(offered, server, self._starter(server.id))
                for offered in named.tools
                if offered.id and (server.tools is None or offered.name in server.tools)
            ]
            self._unregister(server.id, keep={tool.id for tool in tools})
            for tool in tools:
                self._registry.register(tool)

    def _now_read(self, id: str) -> McpListing:
        """What the server last said of itself, which its owner has before them now."""
        with self._turn:
            listing = self.listing(id)
            read = listing.model_copy(update={"tools": tuple(t.model_copy(update={"read": t.words}) for t in listing.tools)})
            if read != listing:
                self._save_listing(read)
                self._register(self.get(id).document)
            return read

    def _unregister(self, id: str, keep: Set[str] = frozenset()) -> None:
        for tool in self.tools(id):
            if tool.id not in keep:
                self._registry.unregister(tool.id)

    def _starter(self, id: str) -> Callable[[str, dict[str, Any], ToolContext], "Future[ToolOutput]"]:
        def start(name: str, arguments: dict[str, Any], context: ToolContext) -> "Future[ToolOutput]":
            self._where(self.get(id).document)
            return self._submit(self._link(id).call(name, arguments, context))

        return start

    def _keep(self, id: str, offers: "Offers") -> None:
        """Keep what a server offers now, if that is news."""
        before = self.listing(id)
        listing = read_listing(id, offers, before)
        with self._turn:
            if self._closed:
                return
            try:
                server = self.get(id).document
                if listing != before:
                    self._save_listing(listing)
                self._register(server)
            except DocumentMissing:  # deleted meanwhile
                return

    def _save_listing(self, listing: McpListing) -> None:
        try:
            revision = self._listings.get(self._owner, listing.id).revision
        except DocumentMissing:
            revision = 0
        except DocumentInvalid:  # of a newer Hearth, or damaged; a new one takes its place
            self._listings.reset(self._owner, listing.id)
            revision = 0
        self._listings.save(self._owner, listing, revision)

    def _check_program(self, server: McpServer) -> None:
        if isinstance(server.transport, ProgramTransport) and not self._programs:
            raise ToolDenied(
                "A hosted page starts no programs. Use a server with an http address.",
                "托管的页面不能启动程序。请改用有 http 网址的服务。",
            )

    def _where(self, server: McpServer) -> Address | Program:
        """How a server is reached. Raises `ToolDenied` without its grant, `ToolFailed` where a secret is missing."""
        self._check_program(server)
        transport = server.transport
        granted = self._grants.holds(self._owner, server)
        if isinstance(transport, ProgramTransport):
            if not granted:
                raise ToolDenied(
                    f"The command of {server.id!r} was not allowed yet. A maker can allow it on the Tools page.",
                    f"{server.id!r} 的命令还没有获得许可。维护者可以在“工具”页面授权。",
                )
            variables = {name: self._secret_of(secret, None) for name, secret in transport.env.items()}
            return Program(transport.command, transport.args, variables)
        token = self._secret_of(transport.secret, transport.origin) if transport.secret else ""
        if token and not granted and not transport.origin.startswith("https:"):
            raise ToolDenied(
                f"The secret of {server.id!r} would travel in the open. Give an https address, or allow {transport.place!r}.",
                f"{server.id!r} 的密钥会以明文传送。请改用 https 网址，或授权 {transport.place!r}。",
            )
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return Address(transport.url, headers, frozenset({transport.place} if granted else ()), self._resolve)

    def _secret_of(self, name: str, origin: str | None) -> str:
        found = self._secret(name, origin)
        if not found:
            place = f" for {origin}" if origin else ""
            raise ToolFailed(
                f"There is no secret {name!r}{place}. Enter it on the Tools page.",
                f"没有{f'用于 {origin} 的' if origin else ''}密钥 {name!r}。请在“工具”页面填写。",
            )
        return found

    def _link(self, id: str) -> Link:
        with self._turn:
            if id not in self._links:

                @asynccontextmanager
                async def open(changed: Callable[[], None], said: Callable[[Sequence[str]], None]) -> AsyncIterator["Connection"]:
                    # Reads the database, and the first time imports a package for a second: not on the loop.
                    where, connected = await asyncio.to_thread(self._opening, id)
                    async with connected(where, changed, said) as connection:
                        yield connection

                async def keep(offers: "Offers") -> None:
                    await asyncio.to_thread(self._keep, id, offers)

                self._links[id] = Link(id, open, keep)
            return self._links[id]

    def _opening(self, id: str) -> tuple[Address | Program, Any]:
        from tools.mcp import connected

        return self._where(self.get(id).document), connected

    def _drop(self, id: str) -> None:
        """Close a server's connection, if there is one; the next call opens another."""
        link = self._links.pop(id, None)
        if link is not None:
            self._submit(link.close())

    def _submit(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Run something on the loop, which starts with the first. Raises `ToolFailed` after `close`."""
        with self._turn:
            if self._closed:
                work.close()
                raise ToolFailed("Hearth is stopping.", "Hearth 正在停止。")
            if self._running is None:
                self._running = _Running()
            return asyncio.run_coroutine_threadsafe(work, self._running.loop)


class _Running:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        started: Future[None] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live(started)), name="mcp", daemon=True)
        self._thread.start()
        started.result()

    async def _live(self, started: "Future[None]") -> None:
        self.loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        started.set_result(None)
        await self._over.wait()
        # A connection that was dropped just before is still closing: cancelled now, its program would be left behind.
        if closing := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(closing, timeout=_CLOSE_S - 1)

    def end(self) -> None:
        self.loop.call_soon_threadsafe(self._over.set)
        self._thread.join(_CLOSE_S)


async def _close_all(links: Sequence[Link]) -> None:
    for outcome in await asyncio.gather(*(link.close() for link in links), return_exceptions=True):
        if isinstance(outcome, BaseException) and not isinstance(outcome, HearthError):
            log.error("an MCP connection did not close", exc_info=outcome)
