"""ZIP archives: what files they hold, and each of them by itself, so that every member becomes a document of its own.

A member is taken by its place in the list, never by its name: no name from an archive becomes a path on this machine. An archive
within an archive is refused, and so are links, members under a password, and what unpacks to more than it could honestly hold.
"""

import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from common.errors import UnreadableFile
from knowledge.loading import refusals
from knowledge.loading.detect import detect
from knowledge.loading.encoding import decoded
from knowledge.loading.limits import writing
from knowledge.loading.packed import BROKEN

_KIND = ("a packed archive (zip)", "压缩包（zip）")
_MEMBERS = 2_000
_UNPACKED = 2_000_000_000  # bytes of all members together
_RATIO = 200  # times that honest files shrink, at most; looked at from so many bytes on that it matters
_RATIO_FROM = 50_000_000
_CLUTTER = re.compile(r"(?:^|/)(?:__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$|~\$[^/]*$|\._[^/]*$)")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_PACKED = (".zip", ".rar", ".7z", ".gz", ".tgz", ".bz2", ".xz", ".tar")
_COPY = 1 << 20


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive: its name there, its bytes once unpacked, and why it cannot be taken, if it cannot."""

    place: int
    name: str
    size: int
    refused: tuple[str, str] | None = None  # English, Chinese

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Member":
        return cls(data["place"], data["name"], data["size"], tuple(data["refused"]) if data["refused"] else None)


def members(path: Path, name: str, largest: int) -> list[Member]:
    """The files in the archive, without folders and the clutter of file managers; one of more than `largest` bytes is refused.

    Raises `UnreadableFile` where the archive as a whole is not taken.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except BROKEN as error:
        raise refusals.damaged(name, _KIND) from error
    names = _names(entries)
    wanted = [place for place, entry in enumerate(entries) if not _is_folder(entry) and not _CLUTTER.search(names[place])]
    if len(wanted) > _MEMBERS:
        raise refusals.too_many_members(name, len(wanted), _MEMBERS)
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > _UNPACKED:
        raise refusals.too_large(name, unpacked / 1e6, _UNPACKED // 1_000_000)
    packed = path.stat().st_size
    # Members that share their bytes count each: the archive is not larger for them.
    if unpacked > _RATIO_FROM and unpacked > packed * _RATIO:
        raise refusals.bomb(name, unpacked // packed)
    return [
        Member(place, names[place], entries[place].file_size, _refused(entries[place], names[place], largest)) for place in wanted
    ]


def extract(path: Path, name: str, member: Member, to: Path, largest: int) -> None:
    """Write a member that `members` listed to the file `to`. Raises `UnreadableFile` where it is damaged or was refused."""
    if member.refused:
        raise UnreadableFile(*member.refused)
    try:
        with zipfile.ZipFile(path) as archive:
            entry = archive.infolist()[member.place]
            if entry.file_size > largest:
                raise refusals.too_large(member.name, entry.file_size / 1e6, largest // 1_000_000)
            with archive.open(entry) as packed, writing(largest), to.open("wb") as file:
                # Never more than the size that the archive names, and in the end the checksum must fit.
                shutil.copyfileobj(packed, file, _COPY)
    except (zipfile.BadZipFile, zlib.error, EOFError, IndexError, NotImplementedError, RuntimeError, ValueError) as error:
        raise refusals.damaged_member(member.name, name) from error
    # Whatever it is called: an archive may hold itself, and would be unpacked for ever.
    if _is_archive(to, member.name):
        raise refusals.packed_within(member.name)


def _is_archive(path: Path, name: str) -> bool:
    try:
        return detect(path, name) == "zip"
    except UnreadableFile:  # which it will be told of when it is read
        return False


def _refused(entry: zipfile.ZipInfo, name: str, largest: int) -> tuple[str, str] | None:
    """Why a member is not taken; None where it is."""
    error: UnreadableFile | None = None
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", name):
        error = refusals.leads_outside(name)
    elif stat.S_ISLNK(entry.external_attr >> 16):
        error = refusals.link(name)
    elif entry.flag_bits & 1:
        error = refusals.protected(name)
    elif name.lower().endswith(_PACKED):
        error = refusals.packed_within(name)
    elif entry.file_size == 0:
        error = refusals.empty(name)
    elif entry.file_size > largest:
        error = refusals.too_large(name, entry.file_size / 1e6, largest // 1_000_000)
    return (error.english, error.chinese) if error else None


def _is_folder(entry: zipfile.ZipInfo) -> bool:
    return entry.is_dir() or entry.orig_filename.endswith("\\")


def _names(entries: Sequence[zipfile.ZipInfo]) -> list[str]:
    """The names as people gave them. Old programs write them in the encoding of their machine and do not say which.

    They are guessed from all names together, since one alone is too short to tell.
    """
    raw = [_raw(entry) for entry in entries]
    unknown = b"\n".join(each for each in raw if each is not None)
    guessed = decoded(unknown) or ""
    lines: Iterator[str] = iter(guessed.split("\n") if _CJK.search(guessed) or _is_utf8(unknown) else [])
    # The standard's own encoding, cp437, is what Python has read them in.
    names = [entry.filename if each is None else next(lines, entry.filename) for entry, each in zip(entries, raw, strict=True)]
    return ["".join(sign for sign in name.replace("\\", "/") if sign.isprintable())[:400] for name in names]


def _raw(entry: zipfile.ZipInfo) -> bytes | None:
    """The bytes of a name of unknown encoding; None where the archive says that it is UTF-8, or holds it as that too."""
    try:
        return None if entry.flag_bits & 0x800 else entry.filename.encode("cp437").replace(b"\n", b" ")
    except UnicodeEncodeError:
        return None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
