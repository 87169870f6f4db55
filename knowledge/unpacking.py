"""An archive as the files that it holds: each is written to a file of its own and is a document by itself from then on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from common.errors import HearthError, UnreadableFile
from knowledge.loading.loader import Loader
from knowledge.types import Outcome

_ZIP = b"PK"


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A file of an archive, called "archive.zip/its/place": where it was written, or why it was not (English, Chinese)."""

    name: str
    path: Path
    refused: tuple[str, str] | None = None


def unpack(
    loader: Loader,
    path: Path,
    name: str,
    new_file: Callable[[], Path],
    refuse: Callable[[str, int], HearthError | None] = lambda name, size: None,
) -> Iterator[Unpacked]:
    """The files of the archive at `path`, one after another, each written to a `new_file`, which is the caller's from then on.

    What the caller refuses, by its name and bytes, is not written. Raises `UnreadableFile` where the archive cannot be opened.
    """
    for member in loader.members(path, name):
        called, refused = f"{name}/{member.name}", member.refused
        if refused is None and (error := refuse(called, member.size)):
            refused = error.english, error.chinese
        to = new_file()
        if refused is None:
            try:
                loader.extract(path, name, member, to)
            except UnreadableFile as error:
                to.unlink(missing_ok=True)
                refused = error.english, error.chinese
        yield Unpacked(called, to, refused)


def unpack_if_archive(
    loader: Loader, path: Path, name: str, new_file: Callable[[], Path], refuse: Callable[[str, int], HearthError | None]
) -> Sequence[Unpacked] | None:
    """As `unpack`, or None where the file is a document, as most are whose form is that of an archive."""
    with path.open("rb") as file:
        if file.read(2) != _ZIP or loader.kind(path, name) != "zip":
            return None
    return list(unpack(loader, path, name, new_file, refuse))


def summed_up(path: Path, name: str, outcomes: Sequence[Outcome]) -> Outcome:
    """One outcome for a file, of what became of all that it holds; that of a document is its own."""
    if len(outcomes) == 1:
        return outcomes[0]
    failed = [each for each in outcomes if each.state == "failed"]
    taken, passages = len(outcomes) - len(failed), sum(each.passages for each in outcomes)
    english, chinese = f"Unpacked; files added: {taken}.", f"已解压，添加了其中 {taken} 个文件。"
    if failed:
        english += f" Not added: {len(failed)}. The first of these: {failed[0].reason}"
        chinese += f"未添加 {len(failed)} 个，其中第一个：{failed[0].reason_zh}"
    seconds = sum(each.seconds for each in outcomes)
    return Outcome(str(path), name, "done" if taken else "failed", passages, english, chinese, seconds)
