"""An archive as the files that it holds: each is written to a file of its own and is a document by itself from then on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from common.errors import HearthError, UnreadableFile
from knowledge.loading.archive import Member
from knowledge.loading.loader import Loader


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
    refuse: Callable[[str, Member], HearthError | None] = lambda name, member: None,
) -> Iterator[Unpacked]:
    """The files of the archive at `path`, one after another, each written to a `new_file`, which is the caller's from then on.

    What the caller refuses, by its name and size, is not written. Raises `UnreadableFile` where the archive cannot be opened.
    """
    for member in loader.members(path, name):
        called, refused = f"{name}/{member.name}", member.refused
        if refused is None and (error := refuse(called, member)):
            refused = error.english, error.chinese
        to = new_file()
        if refused is None:
            try:
                loader.extract(path, name, member, to)
            except UnreadableFile as error:
                to.unlink(missing_ok=True)
                refused = error.english, error.chinese
        yield Unpacked(called, to, refused)
