"""The child process that reads files: `python -m knowledge.loading.worker`, one request a line, one answer a line, both JSON.

Every file is hostile: memory and the size of written files are limited, and an alarm ends a read that hangs. What is not covered:
this is no sandbox; the child could still read other files of the same user.
"""

import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from common.errors import UnreadableFile
from knowledge.loading import refusals
from knowledge.loading.detect import detect
from knowledge.loading.document import MAX_TEXT, LoadedDocument

_MEMORY = 2 * 1024**3  # bytes of address space


def read(path: Path, name: str) -> LoadedDocument:
    """The document at `path`, called `name` by its owner. Raises `UnreadableFile` with the reason."""
    kind = detect(path, name)
    document: LoadedDocument | None
    if kind == "pdf":
        from knowledge.loading.pdf import read_pdf

        document = read_pdf(path, name)
    elif kind == "docx":
        from knowledge.loading.word import read_docx

        document = read_docx(path, name)
    elif kind == "html":
        from knowledge.loading.html import read_html

        document = read_html(path.read_bytes())
    else:
        document = _read_text(path.read_bytes(), kind == "markdown")
    if document is None:
        raise refusals.undecodable(name)
    if not document.sections:
        raise refusals.no_text(name)
    if len(document.text) > MAX_TEXT:
        raise refusals.too_long(name)
    return document


def _read_text(data: bytes, markdown: bool) -> LoadedDocument | None:
    from knowledge.loading.encoding import decoded
    from knowledge.loading.plain import read_markdown, read_text

    text = decoded(data)
    if text is None:
        return None
    return read_markdown(text) if markdown else read_text(text)


def _answer(path: str, name: str) -> dict[str, Any]:
    try:
        return {"document": read(Path(path), name).to_dict()}
    except UnreadableFile as error:
        return {"refused": [error.english, error.chinese]}
    except OSError as error:
        refusal = refusals.unopenable(name, error.strerror or type(error).__name__)
    except MemoryError:
        refusal = refusals.reader_died(name)
    except Exception as error:  # noqa: BLE001 - a parser may raise anything on a hostile file; the parent logs what it was
        return {"refused": _pair(refusals.damaged(name, ("a file that is read", "能读的文件"))), "bug": repr(error)}
    return {"refused": _pair(refusal)}


def _pair(error: UnreadableFile) -> list[str]:
    return [error.english, error.chinese]


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Answers have a channel of their own, so that nothing a parser prints can be taken for one.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        # The default action of the alarm ends the process even within a C library.
        signal.setitimer(signal.ITIMER_REAL, request["seconds"])
        answer = _answer(request["path"], request["name"])
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
