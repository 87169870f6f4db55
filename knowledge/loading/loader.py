"""The parent's side of reading files: a few child processes under limits, started when needed, replaced when worn or dead.

Whatever a file does to its child, the parent gets a document or an `UnreadableFile`, and the other children go on. A child that
nobody needs for a while is ended. Starting one takes 0.2 seconds, so none is kept in advance.
"""

import contextlib
import json
import logging
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from common.errors import ArchiveFile, UnreadableFile
from knowledge.loading import refusals
from knowledge.loading.archive import Member
from knowledge.loading.document import LoadedDocument

log = logging.getLogger(__name__)

MAX_MEGABYTES = 100
_ROOT = Path(__file__).resolve().parents[2]
_LOOK_S = 0.1  # between two looks at whether the reading was cancelled
_GRACE_S = 5.0  # after which a child that its own alarm did not end is killed
_LONGEST_S = 3600.0  # of one file, however many pages it has


class Loader:
    """Reads files, so many at once as it has children; `close` ends them."""

    def __init__(self, time_limit_s: float = 20.0, recycle_after: int = 100, children: int = 2, idle_s: float = 60.0) -> None:
        """`time_limit_s` is for a file or, where its reader tells of pages, for each page; `idle_s` ends an idle child."""
        self._time_limit_s = time_limit_s
        self._recycle_after = recycle_after
        self._children = children
        self._idle_s = idle_s
        self._changed = threading.Condition()
        self._idle: list[_Child] = []
        self._busy: set[_Child] = set()
        self._closed = False
        self._sweeping = False

    def load(
        self,
        path: Path,
        name: str,
        told: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> LoadedDocument:
        """The document at `path`; `name` is what its owner calls it. Any thread may ask, several at once.

        `told` is told pages read and pages in all; `cancelled` is asked ten times a second, and True ends the reading.
        Raises `UnreadableFile` with the reason, `ArchiveFile` for an archive, whose members are documents.
        """
        return LoadedDocument.from_dict(self._asked(path, name, {"do": "read"}, told, cancelled)["document"])

    def kind(self, path: Path, name: str) -> str:
        """Which kind of file it is, as `detect` says. Raises as `load` does."""
        return str(self._asked(path, name, {"do": "kind"})["kind"])

    def members(self, path: Path, name: str) -> list[Member]:
        """The files in the archive at `path`, those that cannot be taken with the reason. Raises as `load` does."""
        return [Member.from_dict(each) for each in self._asked(path, name, {"do": "members"})["members"]]

    def extract(self, path: Path, name: str, member: Member, to: Path) -> None:
        """Write a member of the archive at `path` to the file `to`, in place of what is there. Raises as `load` does.

        After an error, `to` may hold a part of it.
        """
        self._asked(path, name, {"do": "extract", "member": member.to_dict(), "to": str(to.resolve())})

    def _asked(
        self,
        path: Path,
        name: str,
        what: dict[str, Any],
        told: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> dict[str, Any]:
        try:
            size = path.stat().st_size
            if not path.is_file():
                raise refusals.unopenable(name, "not a file")
        except (OSError, ValueError) as error:
            raise refusals.unopenable(name, getattr(error, "strerror", None) or type(error).__name__) from error
        if size == 0:
            raise refusals.empty(name)
        if size > MAX_MEGABYTES * 1_000_000:
            raise refusals.too_large(name, size / 1e6, MAX_MEGABYTES)
        stop = cancelled or (lambda: False)
        child = self._taken(name, stop)
        try:
            return self._ask(child, path, name, what, told, stop)
        finally:
            self._put_back(child)

    def close(self) -> None:
        """End the children, in the middle of a file too; what is still to be read is refused."""
        with self._changed:
            self._closed = True
            for child in self._busy:
                child.kill()
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._busy)
            idle, self._idle = self._idle, []
        for child in idle:
            child.end()

    def _taken(self, name: str, stop: Callable[[], bool]) -> "_Child":
        """An idle child, or a new one where there may be one more; waits for one else."""
        with self._changed:
            while True:
                if self._closed:
                    raise refusals.stopping(name)
                if stop():
                    raise refusals.cancelled(name)
                if self._idle:
                    child = self._idle.pop()
                    if child.alive():
                        break
                    child.end()
                elif len(self._busy) < self._children:
                    try:
                        child = _Child()
                    except OSError as error:
                        raise refusals.unopenable(name, error.strerror or type(error).__name__) from error
                    break
                else:
                    self._changed.wait(_LOOK_S)
            self._busy.add(child)
        return child

    def _put_back(self, child: "_Child") -> None:
        keep = child.alive() and child.used < self._recycle_after and not self._closed
        if not keep:
            child.end()
        with self._changed:
            self._busy.discard(child)
            if keep:
                child.idle_since = time.monotonic()
                self._idle.append(child)
                if not self._sweeping:
                    self._sweeping = True
                    threading.Thread(target=self._sweep, name="idle readers", daemon=True).start()
            self._changed.notify_all()

    def _sweep(self) -> None:
        """End children that were idle for long; ends itself when none is left."""
        with self._changed:
            while self._idle and not self._closed:
                oldest = min(child.idle_since for child in self._idle)
                left = oldest + self._idle_s - time.monotonic()
                if left > 0:
                    self._changed.wait(left)
                    continue
                for child in [each for each in self._idle if each.idle_since <= oldest]:
                    self._idle.remove(child)
                    child.end()
            self._sweeping = False

    def _ask(
        self,
        child: "_Child",
        path: Path,
        name: str,
        what: dict[str, Any],
        told: Callable[[int, int], None] | None,
        stop: Callable[[], bool],
    ) -> dict[str, Any]:
        request = {"path": str(path.resolve()), "name": name, "seconds": self._time_limit_s, **what}
        started = time.monotonic()
        child.send(request)
        # The child's own alarm ends a read that hangs; this limit is for a child that is stopped or cannot be woken.
        limit = started + self._time_limit_s + _GRACE_S
        late = False
        while True:
            try:
                message = child.received(_LOOK_S)
            except EOFError:
                code = child.end()
                if self._closed:
                    raise refusals.stopping(name) from None
                log.warning("the reader ended with status %s on %r", code, name)
                slow = late or code == -signal.SIGALRM
                raise (refusals.too_slow(name, self._time_limit_s) if slow else refusals.reader_died(name)) from None
            if stop():
                child.kill()
                raise refusals.cancelled(name)
            now = time.monotonic()
            if now > started + _LONGEST_S:
                child.kill()
                raise refusals.too_slow(name, _LONGEST_S)
            if message is None:
                if now > limit:
                    late = True
                    child.kill()
                continue
            if "pages" not in message:
                break
            limit = now + max(self._time_limit_s, message["needed"] + _GRACE_S) + _GRACE_S
            if told:
                told(*message["pages"])
        child.answered, child.used = True, child.used + 1
        if "refused" not in message:
            return message
        if "bug" in message:
            log.warning("a parser failed on %r: %s", name, message["bug"])
        raise (ArchiveFile if "archive" in message else UnreadableFile)(*message["refused"])


class _Child:
    """One process that reads files, and the processes that it starts."""

    def __init__(self) -> None:
        # A clean environment: no secrets, no proxies, no user site for a hostile file to reach.
        environment = {key: os.environ[key] for key in ("PATH", "SYSTEMROOT", "HOME", "LANG") if key in os.environ}
        environment |= {"PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "knowledge.loading.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env=environment,
            cwd=_ROOT,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout
        self._lock = threading.Lock()
        self._read = bytearray()
        self._seen = 0  # bytes of `_read` in which no line ends
        self._killed = False
        self.answered = True  # what it was asked last; False for ever where the asker gave up
        self.used = 0
        self.idle_since = 0.0

    @property
    def pid(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        """Whether it can be asked again: it is there, has answered, and has nothing left to say."""
        with self._lock:
            return self.answered and not self._killed and not self._read and self._process.poll() is None

    def send(self, request: dict[str, Any]) -> None:
        self.answered = False
        # A child that is gone shows when it is listened to.
        with contextlib.suppress(BrokenPipeError):
            self._in.write(json.dumps(request).encode() + b"\n")

    def received(self, wait_s: float) -> dict[str, Any] | None:
        """The next message, None where there is none yet. Raises `EOFError` when the child is gone."""
        while (end := self._read.find(b"\n", self._seen)) < 0:
            self._seen = len(self._read)
            if not select.select([self._out], [], [], wait_s)[0]:
                return None
            part = self._out.read(1 << 20)
            if not part:
                raise EOFError
            self._read += part
        message: dict[str, Any] = json.loads(self._read[:end])
        del self._read[: end + 1]
        self._seen = 0
        return message

    def kill(self) -> None:
        """Kill it, with what it started."""
        with self._lock:
            self._kill()

    def end(self) -> int:
        """Kill it, wait for its end and let go of its pipes; its exit status."""
        with self._lock:
            self._kill()
            code = self._process.wait()
            self._in.close()
            self._out.close()
        return code

    def _kill(self) -> None:
        self._killed = True
        # Before it is waited for: afterwards its number may be another's.
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
