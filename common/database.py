"""The one SQLite file that is the truth, and the folder it lies in.

`DataFolder` makes sure that one process owns the folder; `Database` gives readers and a single writer. Tables belong to the files
that own them (documents, conversations, runs, catalogue, lexical) and are created by `Database.create`.
"""

import contextlib
import errno
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import Connection as Connection  # for files that pass one on and own no tables
from sqlalchemy import MetaData, Table, create_engine, event, inspect
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.pool import QueuePool
from sqlalchemy.schema import CreateColumn

from common.copies import attach_copy, check_copy, copied_tables, copy_in, copy_out, damaged
from common.errors import DataFolderBusy, StorageFailed

metadata = MetaData()


class DataFolder:
    """A data folder held by this process until `close`; a second process gets `DataFolderBusy` at once."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)  # what people tell is not for others on this machine
            self._lock = FileLock(self.path / "hearth.lock", timeout=0)
            self._lock.acquire()
        except Timeout:
            raise DataFolderBusy(
                f"Another Hearth uses the data folder {str(self.path)!r}. Stop it, or start this one with --data OTHER_FOLDER.",
                f"另一个 Hearth 正在使用数据文件夹 {str(self.path)!r}。请先停止它，或用 --data 另一个文件夹 启动。",
            ) from None
        except OSError as error:
            raise unwritable(str(self.path), error) from error

    def close(self) -> None:
        self._lock.release()


@contextlib.contextmanager
def opened(path: Path) -> "Iterator[Database]":
    """The database of a data folder that this process holds for as long as the block runs.

    Raises `DataFolderBusy` or `StorageFailed`.
    """
    folder = DataFolder(path)
    try:
        database = Database(folder.path / "hearth.db")
        try:
            yield database
        finally:
            database.close()
    finally:
        folder.close()


class Database:
    """One SQLite file in WAL mode with synchronous=FULL: any number of readers, one writer at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = create_engine(f"sqlite:///{path}", poolclass=QueuePool, pool_size=8, max_overflow=32)
        event.listen(self._engine, "connect", _configure)
        self._writer = threading.RLock()
        self._closed = False

    def create(self, *tables: Table) -> None:
        """Make the tables that are not there yet, and in those of an older data folder the columns and indexes that came since.

        A column that comes later must be nullable or have a constant `server_default`: rows that are there get it.
        """
        with self.write() as connection:
            metadata.create_all(connection, tables=list(tables))
            for table in tables:
                _add_columns(connection, table)

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state of the data, that of its first query, for as long as the block runs."""
        with self._translated(), self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: committed when the block ends, rolled back when it raises.

        Raises `StorageFailed` when the disk is full or read-only, or after `close`; nothing of the block is kept then.
        """
        with self._turn(), self._translated(), self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else writes while the block runs; its own thread may. Raises `StorageFailed` after `close`."""
        with self._turn():
            yield

    def save_copy(self, path: Path) -> Mapping[str, int]:
        """Write the rows of one moment into a new file at `path`, while others read and write; table -> rows.

        Raises `StorageFailed`; what is at `path` then is of no use.
        """
        with self._translated(), self._engine.connect() as connection:
            rows = copy_out(connection, path, copied_tables(connection, metadata))
        with path.open("rb") as file:
            os.fsync(file.fileno())
        return rows

    def table_bytes(self) -> Mapping[str, int]:
        """The room that each table takes with its indexes; empty where this SQLite cannot tell. Reads the whole file."""
        query = (
            "SELECT schema.tbl_name, sum(stat.pgsize) FROM dbstat AS stat JOIN sqlite_master AS schema USING (name) "
            "WHERE stat.aggregate = TRUE GROUP BY 1"
        )
        try:
            with self.read() as connection:
                return {row[0]: row[1] for row in connection.exec_driver_sql(query)}
        except OperationalError as error:
            if "dbstat" in str(error.orig):
                return {}
            raise

    def check_copy(self, path: Path) -> Mapping[str, int]:
        """Whether the file at `path` could be taken over; table -> rows. Raises `BackupInvalid`."""
        with self.read() as connection:
            tables = copied_tables(connection, metadata)
        return check_copy(path, tables)

    def take_over(self, path: Path, finish: Callable[[Connection], None]) -> None:
        """Put the rows of the file at `path`, which was checked, in the place of all that is here.

        That is one transaction, which `finish` ends: whatever goes wrong, a killed process included, leaves everything as it was.
        Raises `BackupInvalid` where the rows do not go together, and `StorageFailed`.
        """
        with self._turn(), self._translated(), self._engine.connect() as connection:
            attach_copy(connection, path)
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                copy_in(connection, copied_tables(connection, metadata))
                finish(connection)
                connection.commit()
            except IntegrityError as error:
                connection.rollback()
                raise damaged(str(error.orig)) from error
            except BaseException:
                connection.rollback()
                raise

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """The one writer's turn."""
        with self._writer:
            if self._closed:
                raise StorageFailed(
                    "Hearth is stopping and stores nothing more. Do this again after the next start.",
                    "Hearth 正在停止，不再保存任何内容。请在下次启动后再试。",
                )
            yield

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if isinstance(error.orig, sqlite3.OperationalError):
                if _code(error.orig) == sqlite3.SQLITE_BUSY:
                    raise _locked(str(self.path)) from error
                if _code(error.orig) in _STORAGE_CODES:
                    raise unwritable(str(self.path), error.orig) from error
            raise

    def compact(self, megabytes: int = 300) -> None:
        """Leave nothing in the files of what was deleted: neither in the log beside the file nor, up to a size of so many
        megabytes, in the gaps between rows, where moved ones lay. Writers wait meanwhile, some seconds at most.

        Raises `StorageFailed`.
        """
        with self._turn(), self._translated(), self._engine.connect() as connection:
            if self.path.stat().st_size < megabytes * 1_000_000:
                connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def reconnect(self) -> None:
        """Whoever reads or writes from now on has a new connection, which knows nothing of what an earlier one had open."""
        self._engine.dispose()

    def close(self) -> None:
        """End what is being written, and refuse what comes later: another process may own the folder then."""
        with self._writer:
            self._closed = True
            self._engine.dispose()


def _add_columns(connection: Connection, table: Table) -> None:
    """What the file's table lacks of `table`. Other changes (a type, a key, a name) need a table of a new name."""
    there = {column["name"] for column in inspect(connection).get_columns(table.name)}
    for column in table.columns:
        if column.name not in there:
            definition = CreateColumn(column).compile(dialect=connection.dialect)
            name = connection.dialect.identifier_preparer.format_table(table)
            connection.exec_driver_sql(f"ALTER TABLE {name} ADD COLUMN {definition}")
    for index in table.indexes:
        index.create(connection, checkfirst=True)


def _configure(connection: sqlite3.Connection, _record: object) -> None:
    # pysqlite would begin transactions by itself, deferred; `write` begins them so that a writer never fails half way.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # what somebody deleted is not left in the file's free pages
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.close()


_FULL = ("the disk is full", "磁盘已满")
_READ_ONLY = ("it may not be written", "没有写入权限")
_REFUSED = ("the disk refused it", "磁盘读写出错")
_UNOPENED = ("it cannot be opened", "文件打不开")
_STORAGE_CODES = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_IOERR: _REFUSED,
    sqlite3.SQLITE_CANTOPEN: _UNOPENED,
}
_SYSTEM_CODES = {errno.ENOSPC: _FULL, errno.EDQUOT: _FULL, errno.EROFS: _READ_ONLY, errno.EACCES: _READ_ONLY}


def _code(error: sqlite3.OperationalError) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def unwritable(path: str, error: sqlite3.OperationalError | OSError) -> StorageFailed:
    """The sentence for what the disk answered."""
    if isinstance(error, OSError):
        reason = _SYSTEM_CODES.get(error.errno or 0, (str(error), str(error)))
    else:
        reason = _STORAGE_CODES[_code(error)]
    if reason in (_REFUSED, _UNOPENED):
        reason = _told_by_the_system(path) or reason
    return StorageFailed(
        f"Hearth could not write to {path!r}: {reason[0]}. Free some disk space or make the folder writable, then try again.",
        f"无法写入 {path!r}：{reason[1]}。请腾出磁盘空间或检查文件夹权限，然后再试一次。",
    )


def _told_by_the_system(path: str) -> tuple[str, str] | None:
    """Why nothing can be written there, where SQLite says only that it failed."""
    with contextlib.suppress(OSError, AttributeError):  # Windows has no statvfs
        told = os.statvfs(Path(path).parent)
        if told.f_flag & os.ST_RDONLY:
            return _READ_ONLY
        if told.f_bavail == 0:
            return _FULL
    return None


def _locked(path: str) -> StorageFailed:
    return StorageFailed(
        f"Another program keeps {path!r} locked, and nothing can be stored. Close it there, then try again.",
        f"另一个程序一直锁着 {path!r}，现在无法保存。请在那个程序里关闭它，然后再试一次。",
    )
