"""Everything that was made, as one file, and back again.

A backup is a zip of two parts: `hearth.db`, the rows of the database as of one moment, and `manifest.json`, which tells what they
are. No index, model, cache or secret is in it; the indexes are built again from the rows. A restore reads all of the file before
anything is touched, keeps what was there as a file beside the database, and then replaces the rows in one transaction: whatever
stops it, a killed process included, leaves the old rows or the new ones, whole.
"""

import contextlib
import hashlib
import json
import re
import shutil
import threading
import uuid
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.runs import Runs
from assistant.settings import VERSION
from common.copies import damaged
from common.database import Database, unwritable
from common.errors import BackupBusy, BackupInvalid, StorageFailed
from knowledge.base import Knowledge

MANIFEST = "manifest.json"
ROWS = "hearth.db"
FORM = 1
"""The version of the file's form; a newer one is refused."""

_PIECE = 1 << 20  # bytes read at a time
_MANIFEST_LIMIT = 1_000_000  # bytes
_DENSEST = 100  # times smaller than its content: rows never are,
_DENSE_BELOW = 16_000_000  # but a file of empty tables may be
_ROOM = 50_000_000  # bytes left free for what else is written meanwhile
_SENT_AT_ONCE = 2  # backups on their way; each has a copy of the rows on the disk
_KEPT = 2  # states before a restore, the newest,
_KEPT_FOR = timedelta(days=14)  # and for how long: somebody may have deleted since what is in them
_TIME = "%Y%m%d-%H%M%S-%f"
_KEPT_NAME = re.compile(r"before-restore-(\d{8}-\d{6}-\d{6})\.db")


class Manifest(BaseModel):
    """What a backup says of itself; `bytes` and `sha256` are those of its rows, `rows` counts them by table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    form: int
    hearth: str
    made: datetime
    bytes: int
    sha256: str
    rows: dict[str, int]


@dataclass(frozen=True, slots=True)
class Kept:
    """A state that a restore replaced: `id` names it for `Backups.undo`, `bytes` is its size."""

    id: str
    time: datetime
    bytes: int


class Backups:
    """Backups of one data folder; one is made or restored at a time, while others may be on their way to a browser."""

    def __init__(self, folder: Path, database: Database, runs: Runs, knowledge: Knowledge, reread: Callable[[], None]) -> None:
        """`reread` is called after a restore: what was read from the database into memory must be read again."""
        self._folder = folder
        self._work = folder / "backup-work"
        self._database = database
        self._runs = runs
        self._knowledge = knowledge
        self._reread = reread
        self._one = threading.Lock()
        self._sending = threading.BoundedSemaphore(_SENT_AT_ONCE)  # a browser may take its time; others need not wait for it
        self.restores = 0  # since the start: by it an open page sees that everything may be different
        shutil.rmtree(self._work, ignore_errors=True)  # of a process that was killed
        self._forget_old()

    # out

    def make(self) -> "Backup":
        """The rows of this moment, ready to be sent; it must be closed. Raises `BackupBusy` or `StorageFailed`."""
        if not self._sending.acquire(blocking=False):
            raise BackupBusy(
                "Backups are being downloaded just now. Try again when one of them has arrived.",
                "正在下载备份。请等其中一个完成后再试。",
            )
        path = self._work / f"{uuid.uuid4().hex}.db"
        try:
            self._take()
            try:
                manifest = self._write_rows(path)
            finally:
                self._one.release()
        except BaseException:
            path.unlink(missing_ok=True)
            self._sending.release()
            raise
        return Backup(path, manifest, self._sending.release)

    def _write_rows(self, path: Path) -> Manifest:
        with _disk(self._folder):
            self._work.mkdir(exist_ok=True)
            _need(self._work, self._database.path.stat().st_size + _ROOM)
            rows = self._database.save_copy(path)
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            return Manifest(
                form=FORM, hearth=VERSION, made=datetime.now(UTC), bytes=path.stat().st_size, sha256=sha256, rows=dict(rows)
            )

    def check(self) -> None:
        """Raises `BackupBusy` or `StorageFailed` where `make` would, without making one."""
        self._take()
        self._one.release()
        with _disk(self._folder):
            _need(self._folder, self._database.path.stat().st_size + _ROOM)

    # in

    @contextlib.contextmanager
    def arriving(self, size: int = 0) -> Iterator[Path]:
        """Where to put a file of `size` bytes (0: not known) that is to be restored; it is gone when the block ends.

        Raises `BackupBusy`, and `StorageFailed` where it does not fit.
        """
        self._take()
        place = self._work / uuid.uuid4().hex
        try:
            with _disk(self._folder):
                _need(self._folder, size)
                place.mkdir(parents=True)
            yield place / "arrived.zip"
        finally:
            shutil.rmtree(place, ignore_errors=True)
            self._one.release()

    def restore(self, arrived: Path) -> Manifest:
        """Put what a backup holds in the place of everything, while `arriving` lasts; returns what it says of itself.

        Answers under way are stopped first. Raises `BackupInvalid` and `StorageFailed`; nothing was changed then.
        """
        rows = arrived.with_name(ROWS)
        with _disk(self._folder):
            manifest = unpack(arrived, rows)
            if dict(self._database.check_copy(rows)) != manifest.rows:
                raise damaged("it holds other rows than it says")
            self._replace(rows)
        self._forget_old()
        return manifest

    def kept(self) -> list[Kept]:
        """The states that restores replaced, the newest first."""
        found = []
        for path in self._folder.glob("before-restore-*.db"):
            if named := _KEPT_NAME.fullmatch(path.name):
                time = datetime.strptime(named[1], _TIME).replace(tzinfo=UTC)
                with contextlib.suppress(FileNotFoundError):  # forgotten in another tab
                    found.append(Kept(named[1], time, path.stat().st_size))
        return sorted(found, key=lambda kept: kept.time, reverse=True)

    def undo(self, kept: str) -> None:
        """Go back to what a restore replaced; what is there now is kept in its turn. Raises `BackupError` or `StorageFailed`."""
        path = self._folder / f"before-restore-{kept}.db"
        self._take()
        try:
            if not _KEPT_NAME.fullmatch(path.name) or not path.is_file():
                raise BackupInvalid("This earlier state is no longer there.", "这个较早的状态已经不在了。")
            with _disk(self._folder):
                self._database.check_copy(path)
                self._replace(path)
                path.unlink()
        finally:
            self._one.release()

    def forget(self, kept: str) -> None:
        """Delete a state that a restore replaced, to free its room."""
        path = self._folder / f"before-restore-{kept}.db"
        if _KEPT_NAME.fullmatch(path.name):
            path.unlink(missing_ok=True)

    def _forget_old(self) -> None:
        for number, kept in enumerate(self.kept()):
            if number >= _KEPT or datetime.now(UTC) - kept.time > _KEPT_FOR:
                self.forget(kept.id)

    def _replace(self, rows: Path) -> None:
        self._runs.stop_all()
        self._runs.save_unsaved()
        kept = self._folder / f"before-restore-{datetime.now(UTC):{_TIME}}.db"
        self._work.mkdir(exist_ok=True)
        unfinished = self._work / kept.name
        try:
            with self._database.alone():  # what were written in between would be in neither
                self._database.save_copy(unfinished)
                unfinished.replace(kept)
                self._database.take_over(rows, self._knowledge.renew)
        except BaseException:  # nothing was replaced, so nothing need be kept
            unfinished.unlink(missing_ok=True)
            kept.unlink(missing_ok=True)
            raise
        self._runs.recover()
        self._knowledge.refresh()
        self._reread()
        self.restores += 1

    def _take(self) -> None:
        if not self._one.acquire(blocking=False):
            raise BackupBusy(
                "A backup is being made or restored just now. Try again when it is done.",
                "正在备份或恢复。请等它完成后再试。",
            )


class Backup:
    """The rows of one moment, which `pieces` sends as a zip; `close` gives their room back, also when only some were sent."""

    def __init__(self, path: Path, manifest: Manifest, release: Callable[[], None]) -> None:
        self.manifest = manifest
        self._path = path
        self._release: Callable[[], None] | None = release

    @property
    def name(self) -> str:
        """The name for the file."""
        return f"hearth-backup-{self.manifest.made.astimezone():%Y-%m-%d}.zip"

    def pieces(self) -> Generator[bytes, None, None]:
        """The bytes of the zip, in order; no piece is empty."""
        sink = _Sink()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
            archive.writestr(MANIFEST, self.manifest.model_dump_json(indent=2))
            with self._path.open("rb") as rows, archive.open(ROWS, "w", force_zip64=True) as part:
                while piece := rows.read(_PIECE):
                    part.write(piece)
                    if packed := sink.take():  # the compression may hold all of it back
                        yield packed
        yield sink.take()

    def close(self) -> None:
        """Delete the copy and let the next backup begin; a second call does nothing."""
        release, self._release = self._release, None
        if release is not None:
            self._path.unlink(missing_ok=True)
            release()


class _Sink:
    """A file that is only written, from the front to the end; what was written is taken away piece by piece."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes, /) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is held open."""

    def take(self) -> bytes:
        taken, self._written = bytes(self._written), bytearray()
        return taken


def unpack(archive: Path, rows: Path) -> Manifest:
    """Write the rows of a backup to `rows`, checked against its manifest, which is returned.

    Raises `BackupInvalid` for anything that is not a whole backup of this form or an older one, and `StorageFailed` where its
    rows would not fit on the disk.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            parts = {part.filename: part for part in opened.infolist()}
            if set(parts) != {MANIFEST, ROWS} or len(opened.infolist()) != 2:
                raise _no_backup()
            if parts[MANIFEST].file_size > _MANIFEST_LIMIT or any(_strange(part) for part in parts.values()):
                raise _no_backup()
            with opened.open(parts[MANIFEST]) as part:
                manifest = _read_manifest(part.read(_MANIFEST_LIMIT))
            packed, size = parts[ROWS].compress_size, parts[ROWS].file_size
            if size != manifest.bytes or size > max(_DENSE_BELOW, _DENSEST * packed):
                raise damaged("its size is not what it says")
            _need(rows.parent, 3 * size + _ROOM)  # unpacked, on its way into the database, and there
            with opened.open(parts[ROWS]) as part, rows.open("wb") as out:
                if _copied(part, out, size) != manifest.sha256:
                    raise damaged("its content is not what it was when it was made")
            return manifest
    except zipfile.BadZipFile as error:
        if not zipfile.is_zipfile(archive):
            raise _no_backup() from error
        raise damaged(str(error)) from error
    except (zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError, ValueError) as error:
        # What zipfile raises for files that were cut, altered or made to mislead; it has no common type.
        raise damaged(str(error)) from error


def _strange(part: zipfile.ZipInfo) -> bool:
    """Encrypted, or packed in a way of which a few bytes ask for gigabytes of memory."""
    return bool(part.flag_bits & 1) or part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def _copied(part: IO[bytes], out: IO[bytes], size: int) -> str:
    """Copy at most `size` bytes; the sha256 of what was copied."""
    digest = hashlib.sha256()
    left = size
    while left and (piece := part.read(min(_PIECE, left))):
        digest.update(piece)
        out.write(piece)
        left -= len(piece)
    return digest.hexdigest()


def _read_manifest(text: bytes) -> Manifest:
    try:
        said = json.loads(text)
        if isinstance(said, dict) and isinstance(form := said.get("form"), int) and form > FORM:
            raise BackupInvalid(
                f"This backup was made by a newer Hearth (form {form}; this one reads up to {FORM}). Update Hearth first.",
                f"这个备份来自更新版本的 Hearth（格式 {form}，本版本最多读到 {FORM}）。请先升级 Hearth。",
            )
        return Manifest.model_validate(said)
    except (ValidationError, ValueError, RecursionError) as error:
        raise _no_backup() from error


def _no_backup() -> BackupInvalid:
    return BackupInvalid(
        "This file is no backup of Hearth. Choose one that was downloaded here, named hearth-backup-….zip.",
        "这个文件不是 Hearth 的备份。请选择在这里下载的、名为 hearth-backup-….zip 的文件。",
    )


def _need(folder: Path, size: int) -> None:
    """Raises `StorageFailed` where that many bytes do not fit: a full disk would stop everybody else too."""
    if shutil.disk_usage(folder).free < size:
        raise StorageFailed(
            f"This needs {size / 1e9:.1f} GB of free disk space. Make room, then try again.",
            f"这需要 {size / 1e9:.1f} GB 的空闲磁盘空间。请腾出空间，然后再试一次。",
        )


@contextlib.contextmanager
def _disk(folder: Path) -> Iterator[None]:
    """Turns what the disk refuses into `StorageFailed`."""
    try:
        yield
    except OSError as error:
        raise unwritable(str(folder), error) from error
