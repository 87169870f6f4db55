"""The parent's side of reading files: a child process under limits, started when needed and replaced when it is worn or dead.

Whatever a file does to the child, the parent gets a document or an `UnreadableFile`.
"""

import json
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

from common.errors import UnreadableFile
from knowledge.loading import refusals
from knowledge.loading.document import LoadedDocument

log = logging.getLogger(__name__)

MAX_MEGABYTES = 100
_ROOT = Path(__file__).resolve().parents[2]


class Loader:
    """Reads files one at a time; `close` ends the child."""

    def __init__(self, time_limit_s: float = 60.0, recycle_after: int = 100) -> None:
        self._time_limit_s = time_limit_s
        self._recycle_after = recycle_after
        self._child: subprocess.Popen[str] | None = None
        self._used = 0
        self._lock = threading.Lock()
        self._closed = False

    def load(self, path: Path, name: str) -> LoadedDocument:
        """The document at `path`; `name` is what its owner calls it. Raises `UnreadableFile` with the reason."""
        try:
            size = path.stat().st_size
            if not path.is_file():
                raise refusals.unopenable(name, "not a file")
        except OSError as error:
            raise refusals.unopenable(name, error.strerror or type(error).__name__) from error
        if size == 0:
            raise refusals.empty(name)
        if size > MAX_MEGABYTES * 1_000_000:
            raise refusals.too_large(name, size / 1e6, MAX_MEGABYTES)
        with self._lock:
            return self._ask(path, name)

    def close(self) -> None:
        """End the child, in the middle of a file too; what is still to be read is refused."""
        self._closed = True
        if child := self._child:
            child.kill()
        with self._lock:
            self._end()

    def _ask(self, path: Path, name: str) -> LoadedDocument:
        if self._closed:
            raise refusals.stopping(name)
        child = self._ready()
        assert child.stdin is not None
        assert child.stdout is not None
        request = {"path": str(path.resolve()), "name": name, "seconds": self._time_limit_s}
        # The child's own alarm ends a read that hangs; this timer is for a child that is stopped or cannot be woken.
        watchdog = threading.Timer(self._time_limit_s + 5, child.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            child.stdin.write(json.dumps(request) + "\n")
            child.stdin.flush()
            line = child.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            watchdog.cancel()
        if not line.endswith("\n"):
            code = child.wait()
            self._end()
            if self._closed:
                raise refusals.stopping(name)
            log.warning("the reader ended with status %s on %r", code, name)
            raise refusals.too_slow(name, self._time_limit_s) if code in (-14, -9) else refusals.reader_died(name)
        self._used += 1
        answer = json.loads(line)
        if "document" in answer:
            return LoadedDocument.from_dict(answer["document"])
        if "bug" in answer:
            log.warning("a parser failed on %r: %s", name, answer["bug"])
        raise UnreadableFile(*answer["refused"])

    def _ready(self) -> "subprocess.Popen[str]":
        if self._child is not None and (self._child.poll() is not None or self._used >= self._recycle_after):
            self._end()
        if self._child is None:
            # A clean environment: no secrets, no proxies, no user site for a hostile file to reach.
            environment = {key: os.environ[key] for key in ("PATH", "SYSTEMROOT", "HOME", "LANG") if key in os.environ}
            environment |= {"PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1"}
            self._child = subprocess.Popen(
                [sys.executable, "-m", "knowledge.loading.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                env=environment,
                cwd=_ROOT,
                start_new_session=True,
            )
            self._used = 0
            if self._closed:  # meanwhile, when `close` saw no child to end
                self._child.kill()
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    log.debug("the reader's pipe was already broken")
