"""Files that people send: they arrive as paths that the browser reports, so they are taken only from the folder of uploads."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from common.errors import HearthError
from knowledge.loading.loader import MAX_MEGABYTES
from knowledge.loading.refusals import too_large
from knowledge.types import Outcome
from ui import notify
from ui.ask import Ask
from ui.texts import text

_FILES = 200  # files taken at one time


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as the browser reports it: `path` is None where it does not lie in the folder of uploads, `megabytes` is
    above the limit for one that was too large to be sent."""

    name: str
    path: Path | None
    megabytes: float


def arrived(ask: Ask, folder: Path) -> list[Upload]:
    """The reported files, each taken under a name of its own; `folder` is where uploads lie."""
    reported = ask.data.get("files")
    found: list[Upload] = []
    taken: dict[str, Path | None] = {}  # one file may be reported twice
    for item in reported[:_FILES] if isinstance(reported, list) else ():
        if isinstance(item, dict) and isinstance(item.get("name"), str) and isinstance(path := item.get("path"), str):
            size = item.get("bytes")
            megabytes = min(size, 1 << 60) / 1e6 if isinstance(size, int) else 0.0
            if path not in taken:
                taken[path] = _taken(path, folder)
            found.append(Upload(_named(item["name"]), taken[path], megabytes))
    return found


def content(files: Sequence[Upload], limit: int) -> bytes:
    """What the first of these files begins with, at most `limit` bytes. Raises `HearthError` where none arrived."""
    name = files[0].name if files else "?"
    try:
        if not files or files[0].path is None:
            raise FileNotFoundError
        with files[0].path.open("rb") as file:
            return file.read(limit)
    except OSError:
        raise HearthError(*(text("upload_failed", each, name=name) for each in ("en", "zh"))) from None


def discard(paths: Iterable[Path], folder: Path) -> None:
    """Remove uploads that were read, and the folders that Gradio made for them."""
    for path in set(paths):
        path.unlink(missing_ok=True)
        if path.parent != folder.resolve():
            with suppress(OSError):  # another upload lies in it
                path.parent.rmdir()


Line = tuple[str, str, str]
"""A file's name, what state it is in (waiting, working, done, unchanged, failed), and the sentence about it."""

Add = Callable[[Sequence[tuple[Path, str]]], Iterator[Outcome]]
"""Adds files, (path, name), and gives an outcome for each, in order; may raise `HearthError` for one of them."""


def added(ask: Ask, folder: Path, add: Add) -> Iterator[list[Line]]:
    """The reported files as they are added, all their lines after each change; removes the uploads in the end.

    A file that cannot be stored does not stop those after it.
    """
    files = arrived(ask, folder)
    lines = [refused(file, ask.language) or (file.name, "waiting", text("waiting", ask.language)) for file in files]
    paths = [(file.path, file.name) for file in files if file.path is not None]
    outcomes = _outcomes(add, paths, ask.language)
    try:
        for index, (name, state, _) in enumerate(lines):
            if state == "waiting":
                lines[index] = (name, "working", text("adding", ask.language))
                yield lines
                lines[index] = (name, *next(outcomes))
    finally:
        discard((path for path, _ in paths), folder)
    yield lines


def refused(file: Upload, language: str) -> Line | None:
    """The line of a file that did not arrive."""
    reasons = unsent(file)
    return (file.name, "failed", reasons[language == "zh"]) if reasons else None


def unsent(file: Upload) -> tuple[str, str] | None:
    """Why a file did not arrive, in English and in Chinese; None for one that did."""
    if file.path is not None:
        return None
    if file.megabytes > MAX_MEGABYTES:
        error = too_large(file.name, file.megabytes, MAX_MEGABYTES)
        return error.english, error.chinese
    return text("upload_failed", "en", name=file.name), text("upload_failed", "zh", name=file.name)


def _named(name: str) -> str:
    """A file's name, with its place in a folder that was sent as a whole; nothing of it leads anywhere else."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return "/".join(parts)[-200:] or "?"


def _outcomes(add: Add, files: Sequence[tuple[Path, str]], language: str) -> Iterator[tuple[str, str]]:
    """State and sentence of each file, in order."""
    done = 0
    while done < len(files):
        try:
            for outcome in add(files[done:]):
                done += 1
                yield outcome.state, sentence(outcome, language)
        except HearthError as error:
            done += 1
            yield "failed", notify.sentence(error, language)


def sentence(outcome: Outcome, language: str) -> str:
    """What became of a file, in words."""
    if outcome.state == "done" and not outcome.reason:
        return text("outcome_done", language, n=outcome.passages, seconds=f"{outcome.seconds:.1f}")
    return outcome.reason_zh if language == "zh" else outcome.reason


def _taken(reported: str, folder: Path) -> Path | None:
    """The upload under a name that no other request knows: Gradio gives two uploads of one content the same path."""
    if not reported or "\0" in reported:
        return None
    path = Path(reported).resolve()
    if not (path.is_relative_to(folder.resolve()) and path.is_file()):
        return None
    with suppress(FileNotFoundError):  # another request took it
        return path.rename(path.with_name(uuid.uuid4().hex))
    return None
