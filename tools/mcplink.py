"""One server kept connected: opened when it is first needed, opened again when it dies, slower each time it fails.

A link lives on an event loop and is one task there; what it says of itself (`LinkState`) may be read from any thread. It knows
nothing of documents: how to connect, and what to do with what the server offers, is given to it.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from common.errors import HearthError, ToolFailed
from common.problems import Sentences
from tools.base import ToolContext, ToolOutput

if TYPE_CHECKING:
    from tools.mcp import Connection, Offers

CONNECT_S = 60.0
"""How long a server may take to answer; some commands fetch themselves from the network first."""

_LONGEST_PAUSE_S = 60.0
_PATIENCE_S = 2.0  # a pause that a call waits for
_TRIES = 6  # on its own, after which it waits to be asked
_STEADY_S = 30.0  # a connection that held so long was no failure
_BETWEEN_LISTS_S = 1.0  # a server that always says its lists have changed is not always asked
_SHOWN = 3  # of a program's last lines in a sentence

Open = Callable[[Callable[[], None], Callable[[Sequence[str]], None]], AbstractAsyncContextManager["Connection"]]
"""Makes a connection; it is given what to call when lists change, and with a program's last lines."""

T = TypeVar("T")

State = Literal["idle", "connecting", "connected", "waiting", "closed"]


@dataclass(frozen=True, slots=True)
class LinkState:
    """How a link is: `problem` is what went wrong last, `again_at` (monotonic seconds) when it tries next by itself."""

    state: State = "idle"
    problem: Sentences | None = None
    again_at: float | None = None


class Link:
    """A server's connection; every method but `now` belongs on the loop."""

    def __init__(self, name: str, open: Open, keep: Callable[["Offers"], Awaitable[None]]) -> None:
        """`name` is for sentences; `keep` gets what the server offers, after each connection and each change."""
        self.now = LinkState()
        self._name = name
        self._open = open
        self._keep = keep
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._moved = asyncio.Event()  # replaced each time the state changes
        self._wanted = asyncio.Event()
        self._changed = asyncio.Event()
        self._closing = asyncio.Event()
        self._said: Sequence[str] = ()

    async def connect(self) -> None:
        """Be connected, with the lists just read, and not only after a pause. Raises `ToolFailed`."""
        if self._connection is None:
            await self._ready(at_once=True)
        else:
            await self._keep(await self._asked(self._connection.offers()))

    async def call(self, name: str, arguments: dict[str, Any], context: ToolContext) -> ToolOutput:
        """Call a tool, connecting first where that is needed; cancel this to stop it. Raises `ToolFailed`."""
        connection = await self._ready(at_once=False)
        return await self._asked(connection.call(name, arguments, context))

    async def close(self) -> None:
        """End the connection and whatever waits for it."""
        self._closing.set()
        if self._task is not None:
            if self._connection is None:
                self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._move(LinkState("closed"))

    async def _asked(self, asking: Awaitable[T]) -> T:
        from tools.mcp import Closed

        try:
            return await asking
        except Closed:
            await self._until(lambda state: state.state != "connected")
            why = self.now.problem or ("", "")
            raise ToolFailed(
                f"{self._name!r} went away meanwhile; whether it did what was asked is not known. {why[0]}".rstrip(),
                f"{self._name!r} 中途断开，不知道它是否已经执行。{why[1]}",
            ) from None

    async def _ready(self, *, at_once: bool) -> "Connection":
        """The open connection. One that failed before is tried when its pause is over, or `at_once`."""
        if self._task is None and not self._closing.is_set():
            self._task = asyncio.get_running_loop().create_task(self._live())
            self._move(LinkState("connecting"))
        now = self.now
        if now.state == "waiting":
            if at_once or now.again_at is None:
                self._wanted.set()
            elif now.again_at - time.monotonic() > _PATIENCE_S:
                raise self._unreachable()
            await self._until(lambda state: state is not now)
        await self._until(lambda state: state.state != "connecting")
        if self._connection is None:
            raise self._unreachable()
        return self._connection

    def _unreachable(self) -> ToolFailed:
        if self._closing.is_set():
            return ToolFailed(f"{self._name!r} was switched off.", f"{self._name!r} 已停用。")
        english, chinese = self.now.problem or ("", "")
        return ToolFailed(f"{self._name!r} cannot be reached now. {english}".rstrip(), f"现在无法连接 {self._name!r}。{chinese}")

    async def _until(self, holds: Callable[[LinkState], bool]) -> None:
        while not holds(self.now):
            await self._moved.wait()

    def _move(self, state: LinkState) -> None:
        self.now = state
        self._moved.set()
        self._moved = asyncio.Event()

    async def _live(self) -> None:
        """Connect, again and again, until it is closed."""
        failures = 0
        while not self._closing.is_set():
            self._wanted.clear()
            self._move(replace(self.now, state="connecting", again_at=None))
            began = time.monotonic()
            problem = await self._once()
            self._connection = None
            if self._closing.is_set():
                return
            failures = 0 if time.monotonic() - began > _STEADY_S else failures
            pause = min(_LONGEST_PAUSE_S, 0.5 * 2**failures) if failures < _TRIES else None
            failures += 1
            self._move(LinkState("waiting", problem, None if pause is None else time.monotonic() + pause))
            try:
                async with asyncio.timeout(pause):
                    await self._wanted.wait()
            except TimeoutError:
                continue
            failures = 0 if pause is None else failures

    async def _once(self) -> Sentences:
        """One connection, from its opening to its end; why it ended."""
        self._said = ()
        try:
            async with asyncio.timeout(CONNECT_S) as limit, self._open(self._changed.set, self._heard) as connection:
                await self._keep(await connection.offers())
                limit.reschedule(None)
                self._changed.clear()
                self._connection = connection
                self._move(LinkState("connected"))
                await self._serve(connection)
        except Exception as error:  # whatever a server made the package stumble over must not end the link
            found = _reason(error)
            if found is None:
                logging.getLogger(__name__).warning("the MCP server %r failed", self._name, exc_info=error)
                found = (f"It failed ({type(error).__name__}).", f"连接出错（{type(error).__name__}）。")
        else:
            found = ("It ended.", "它已退出。")
        last = " ".join(self._said[-_SHOWN:])
        return (f"{found[0]} It said: {last!r}.", f"{found[1]}它的输出：{last!r}。") if last else found

    async def _serve(self, connection: "Connection") -> None:
        """Until the connection is over or the link is closed; meanwhile lists are read again when they changed."""
        loop = asyncio.get_running_loop()
        ends = [loop.create_task(connection.over.wait()), loop.create_task(self._closing.wait())]
        refreshing = loop.create_task(self._refresh(connection))
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*ends, refreshing):
                task.cancel()
            await asyncio.gather(*ends, refreshing, return_exceptions=True)

    async def _refresh(self, connection: "Connection") -> None:
        from tools.mcp import Closed

        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                async with asyncio.timeout(CONNECT_S):
                    await self._keep(await connection.offers())
            except Closed:
                return
            except (HearthError, TimeoutError) as error:
                logging.getLogger(__name__).warning("the lists of the MCP server %r cannot be read: %s", self._name, error)
            await asyncio.sleep(_BETWEEN_LISTS_S)

    def _heard(self, said: Sequence[str]) -> None:
        self._said = said


def _reason(error: BaseException) -> Sentences | None:
    """The sentence that an error, or one within it, has for people."""
    leaves = _leaves(error)
    for leaf in leaves:
        if isinstance(leaf, HearthError):
            return leaf.english, leaf.chinese
    for leaf in leaves:
        name = type(leaf).__name__
        if isinstance(leaf, TimeoutError):
            return f"It did not answer within {CONNECT_S:g} seconds.", f"它没有在 {CONNECT_S:g} 秒内回应。"
        if isinstance(leaf, OSError) or type(leaf).__module__.startswith(("httpx2", "httpcore2")):
            return f"The connection failed ({name}).", f"连接失败（{name}）。"
        if name == "Closed":
            return "It ended before it had answered.", "它还没有回应就退出了。"
    return None


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in _leaves(inner)]
    return [error]
