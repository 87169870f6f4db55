"""The child process that reads files: `python -m knowledge.loading.worker`, one request a line, JSON both ways.

An answer is a line too, after lines that say how far the reading is. Every file is hostile: memory and the size of written files
are limited, an alarm ends a read that gets nowhere, and a parent that is gone ends it at once. What is not covered: this is no
sandbox; the child could still read other files of the same user.
"""

import fcntl
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

from common.errors import ArchiveFile, UnreadableFile
from knowledge.loading import refusals
from knowledge.loading.detect import detect
from knowledge.loading.document import MAX_TEXT, LoadedDocument, Told, TooLong
from knowledge.loading.loader import MAX_MEGABYTES
from knowledge.loading.readers import read_kind

_MEMORY = 2 * 1024**3  # bytes of address space
_LARGEST = MAX_MEGABYTES * 1_000_000  # bytes of a file that may be written, where `limits.writing` allows it
_DEPTH = 3  # files within files: what is attached to an e-mail that is attached to one
_TELL_EVERY_S = 0.1
_GRACE_S = 5.0  # beyond what a page needs by its reader's own limit


def read(path: Path, name: str, told: Told, depth: int = 0) -> LoadedDocument:
    """The document at `path`, called `name` by its owner, `depth` files deep; `told` hears of pages.

    Raises `UnreadableFile` with the reason.
    """
    if depth > _DEPTH:
        raise refusals.too_deep(name)
    kind = detect(path, name)
    document: LoadedDocument | None
    try:
        if kind == "pdf":
            from knowledge.loading.pdf import read_pdf

            document = read_pdf(path, name, told)
        elif kind == "picture":
            from knowledge.loading.pictures import KIND, read_pictures

            if depth:  # in a mail, most often the sign of a firm
                raise refusals.unsupported(name, KIND)
            document = read_pictures(path, name, told)
        else:
            document = read_kind(kind, path, name, lambda inner, called: read(inner, called, told, depth + 1))
    except TooLong as error:
        raise refusals.too_long(name) from error
    if document is None:
        raise refusals.undecodable(name)
    if not document.sections:
        raise refusals.no_text(name)
    if len(document.text) > MAX_TEXT:
        raise refusals.too_long(name)
    return document


def _answer(request: dict[str, Any], told: Told) -> dict[str, Any]:
    name = request["name"]
    try:
        return _done(request["do"], Path(request["path"]), name, request, told)
    except ArchiveFile as error:
        return {"refused": _pair(error), "archive": True}
    except UnreadableFile as error:
        return {"refused": _pair(error)}
    except OSError as error:
        refusal = refusals.unopenable(name, error.strerror or type(error).__name__)
    except MemoryError:
        refusal = refusals.reader_died(name)
    except Exception as error:  # noqa: BLE001 - a parser may raise anything on a hostile file; the parent logs what it was
        return {"refused": _pair(refusals.damaged(name, ("a file that is read", "能读的文件"))), "bug": repr(error)}
    return {"refused": _pair(refusal)}


def _done(what: str, path: Path, name: str, request: dict[str, Any], told: Told) -> dict[str, Any]:
    if what == "read":
        return {"document": read(path, name, told).to_dict()}
    if what == "kind":
        return {"kind": detect(path, name)}
    from knowledge.loading import archive, corpus

    if detect(path, name) == "corpus":
        if what == "members":
            return {"members": [member.to_dict() for member in corpus.members(path, name)]}
        corpus.extract(path, name, archive.Member.from_dict(request["member"]), Path(request["to"]), _LARGEST)
        return {"extracted": request["to"]}
    if what == "members":
        return {"members": [member.to_dict() for member in archive.members(path, name, _LARGEST)]}
    archive.extract(path, name, archive.Member.from_dict(request["member"]), Path(request["to"]), _LARGEST)
    return {"extracted": request["to"]}


def _pair(error: UnreadableFile) -> list[str]:
    return [error.english, error.chinese]


class _Channel:
    """The way to the parent: answers and progress, each of which lets the read go on for another `seconds`."""

    def __init__(self) -> None:
        # A channel of its own, so that nothing a parser prints can be taken for an answer.
        self._file = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        self._seconds = 0.0
        self._last = 0.0

    def begin(self, seconds: float) -> None:
        self._seconds, self._last = seconds, 0.0
        self._wait(seconds)

    def told(self, done: int, total: int, needed_s: float = 0.0) -> None:
        self._wait(max(self._seconds, needed_s + _GRACE_S if needed_s else 0.0))
        now = time.monotonic()
        if now - self._last >= _TELL_EVERY_S or needed_s or done == total:
            self._last = now
            self._write({"pages": [done, total], "needed": needed_s})

    def answer(self, answer: dict[str, Any]) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        self._write(answer)

    def _wait(self, seconds: float) -> None:
        # The default action of the alarm ends the process even within a C library.
        signal.setitimer(signal.ITIMER_REAL, seconds)

    def _write(self, message: dict[str, Any]) -> None:
        self._file.write(json.dumps(message) + "\n")
        self._file.flush()


def _end_with_parent(wanted: bool) -> None:
    """While a file is read, nothing comes in: a signal at standard input means that the parent is gone, and ends the process."""
    flags = fcntl.fcntl(0, fcntl.F_GETFL)
    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(0, fcntl.F_SETFL, flags | os.O_ASYNC if wanted else flags & ~os.O_ASYNC)


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, _LARGEST))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)  # whoever waits for an answer goes before whatever is read
    channel = _Channel()
    for line in sys.stdin:
        request = json.loads(line)
        _end_with_parent(True)
        channel.begin(request["seconds"])
        answer = _answer(request, channel.told)
        _end_with_parent(False)
        channel.answer(answer)


if __name__ == "__main__":
    main()
