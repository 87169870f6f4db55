"""A command on this machine that speaks lines: started, written to, read from, and ended for certain.

A line has a limit, what the command says on standard error is read and all but its end forgotten, and it is given few variables
of the environment. What this does not do: confine the command; it may do whatever whoever runs Hearth may do, which is why one is
started only after a grant.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from asyncio.subprocess import PIPE, Process, SubprocessStreamProtocol
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from common.errors import ToolFailed
from common.redaction import Redaction
from tools.schemas import clean_text

LINE_LIMIT = 8 * 1024 * 1024
"""Bytes of one line of a program."""

_KEEPER = Path(__file__).with_name("mcpkeeper.py")
_INHERITED = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TMPDIR", "TZ")
_FOLDER = "/"  # where a program starts: not among Hearth's own files, which some would run or import
_GRACE_S = 1.0  # from the end of its input to the end of its life
_LOOK_S = 0.01
_WORDS = 20  # lines of standard error that are kept
_LETTERS = 300  # of each of them
_KEPT = 8192  # bytes of a line that has not ended: a secret at the end of what is shown is whole in them
_SHORTEST = 8  # letters of a variable that may be a secret


@dataclass(frozen=True, slots=True)
class Program:
    """What is started: `variables` are added to the few that every program gets."""

    command: str
    arguments: Sequence[str]
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def hide(self) -> Redaction:
        """Hides what the variables hold, but for short settings such as "true" or "debug", which are words of every text."""
        return Redaction(self.variables.values(), _SHORTEST)


class Running:
    """A program while it runs; use it as a context manager, which ends it.

    Entering raises `ToolFailed` where it cannot be started.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._hide = program.hide
        self._said: deque[str] = deque(maxlen=_WORDS)

    @property
    def said(self) -> Sequence[str]:
        """The last lines it wrote on standard error."""
        return list(self._said)

    async def __aenter__(self) -> "Running":
        if sys.platform == "win32":
            raise ToolFailed(
                "Programs cannot be started on Windows. Run the server by itself and enter its http address.",
                "在 Windows 上不能启动程序。请自行运行服务，再填写它的 http 网址。",
            )
        given = {name: os.environ[name] for name in _INHERITED if name in os.environ} | dict(self._program.variables)
        command = self._program.command
        if not shutil.which(command, path=given.get("PATH")):
            raise ToolFailed(
                f"There is no program {command!r} on this machine. Install it, or give its full path.",
                f"这台机器上没有程序 {command!r}。请先安装，或填写完整路径。",
            )
        try:
            await _to_its_end(self._start(command, given))
        except asyncio.CancelledError:
            await _to_its_end(self._end())
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await _to_its_end(self._end())

    async def _start(self, command: str, given: Mapping[str, str]) -> None:
        loop = asyncio.get_running_loop()
        keeper = [sys.executable, "-I", "-S", str(_KEEPER), str(os.getpid()), command, *self._program.arguments]
        self._transport, protocol = await loop.subprocess_exec(
            lambda: SubprocessStreamProtocol(limit=LINE_LIMIT, loop=loop),
            *keeper,
            stdin=PIPE,
            stdout=PIPE,
            stderr=subprocess.PIPE,
            env=given,
            cwd=_FOLDER,
            start_new_session=True,
        )
        self._process = Process(self._transport, protocol, loop)
        self._listening = loop.create_task(self._listen())

    async def lines(self) -> AsyncIterator[bytes]:
        """Its lines until it ends. Raises `ToolFailed` for one that is too long."""
        assert self._process.stdout is not None
        while True:
            try:
                line = await self._process.stdout.readline()
            except ValueError as error:
                raise ToolFailed(
                    f"The program {self._program.command!r} sent a line of more than {LINE_LIMIT:,} bytes and was ended.",
                    f"程序 {self._program.command!r} 发来一行超过 {LINE_LIMIT:,} 字节的内容，已将它结束。",
                ) from error
            if not line:
                return
            yield line

    async def write(self, line: bytes) -> None:
        """Send it a line; waits while it does not read. Raises `OSError` once it has gone."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + b"\n")
        await self._process.stdin.drain()

    async def _listen(self) -> None:
        assert self._process.stderr is not None
        rest = b""
        while part := await self._process.stderr.read(65536):
            *lines, rest = (rest + part).split(b"\n")
            self._keep(lines[-_WORDS:])
            rest = rest[:_KEPT]
        self._keep([rest])

    def _keep(self, lines: Sequence[bytes]) -> None:
        for line in lines:
            # Hidden first: a secret that is cut would not be found.
            if said := " ".join(clean_text(self._hide.text(line.decode("utf-8", "replace")), _LETTERS).split()):
                self._said.append(said)

    async def _end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._gone()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._gone()
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_S):  # what left the group may hold the pipes open for ever
                await self._listening
        self._listening.cancel()
        self._transport.close()

    async def _gone(self) -> None:
        """Wait a little for its end; not by the process's own `wait`, which waits for what nobody reads any more, too."""
        ends = time.monotonic() + _GRACE_S
        while self._process.returncode is None and time.monotonic() < ends:
            await asyncio.sleep(_LOOK_S)


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Do all of it though whoever waits is cancelled meanwhile, which is raised then: half done, a program would live on."""
    task = asyncio.get_running_loop().create_task(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            cancelled = True
    task.result()
    if cancelled:
        raise asyncio.CancelledError
