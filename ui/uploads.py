"""Files that people send: they arrive as paths that the browser reports, so they are taken only from the folder of uploads."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ui.ask import Ask

_FILES = 200  # files taken at one time


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as the browser reports it: `path` is None where it does not lie in the folder of uploads, `megabytes` is
    above the limit for one that was too large to be sent."""

    name: str
    path: Path | None
    megabytes: float


def arrived(ask: Ask, folder: Path) -> list[Upload]:
    """The reported files; `folder` is where uploads lie."""
    reported = ask.data.get("files")
    found: list[Upload] = []
    for item in reported[:_FILES] if isinstance(reported, list) else ():
        if isinstance(item, dict) and isinstance(item.get("name"), str) and isinstance(item.get("path"), str):
            size = item.get("bytes")
            megabytes = size / 1e6 if isinstance(size, int) else 0.0
            found.append(Upload(Path(item["name"]).name[:200] or "?", _uploaded(item["path"], folder), megabytes))
    return found


def discard(paths: Iterable[Path], folder: Path) -> None:
    """Remove uploads that were read, and the folders that Gradio made for them; one file may have been sent twice."""
    for path in set(paths):
        path.unlink(missing_ok=True)
        if path.parent != folder.resolve() and path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()


def _uploaded(reported: str, folder: Path) -> Path | None:
    if not reported or "\0" in reported:
        return None
    path = Path(reported).resolve()
    return path if path.is_relative_to(folder.resolve()) and path.is_file() else None
