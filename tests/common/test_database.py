"""The one SQLite file and its folder: one process at a time, nothing half written, a sentence when the disk is full."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, func, insert, inspect, select
from sqlalchemy.exc import IntegrityError, OperationalError

from common.database import Database, DataFolder, metadata
from common.errors import DataFolderBusy, StorageFailed
from tests.timing import quickly

THINGS = Table("test_things", metadata, Column("id", Integer, primary_key=True), Column("name", String, nullable=False))
PARTS = Table("test_parts", metadata, Column("thing", ForeignKey("test_things.id"), primary_key=True))

ROOT = Path(__file__).parents[2]


@pytest.fixture
def database(tmp_path: Path):
    opened = Database(tmp_path / "hearth.db")
    opened.create(THINGS, PARTS)
    yield opened
    opened.close()


def add(database: Database, name: str) -> None:
    with database.write() as connection:
        connection.execute(insert(THINGS).values(name=name))


def add_and_raise(database: Database, error: type[BaseException]) -> None:
    with database.write() as connection:
        connection.execute(insert(THINGS).values(name="half"))
        raise error


def names(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(select(THINGS.c.name).order_by(THINGS.c.id)).scalars())


def python(code: str, *arguments: str, **options) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-c", code, *arguments]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


# -- the folder --------------------------------------------------------------------------------------------------------

HOLD = """
import sys, time
from pathlib import Path
from common.database import DataFolder
folder = DataFolder(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""

TRY = """
import sys, time
from pathlib import Path
from common.database import DataFolder
from common.errors import DataFolderBusy
started = time.perf_counter()
try:
    DataFolder(Path(sys.argv[1]))
except DataFolderBusy as busy:
    print(f"{time.perf_counter() - started:.3f}", busy.english, busy.chinese, sep="\\n")
"""


def test_a_second_process_is_refused_within_a_second_and_told_the_way_out(tmp_path):
    folder = DataFolder(tmp_path / "data")
    process = python(TRY, str(tmp_path / "data"))
    seconds, english, chinese = process.communicate(timeout=30)[0].splitlines()
    assert float(seconds) < 1
    assert str(tmp_path / "data") in english
    assert "--data" in english
    assert "--data" in chinese
    folder.close()


def test_a_folder_held_by_another_process_is_free_when_that_one_is_killed(tmp_path):
    holder = python(HOLD, str(tmp_path / "data"))
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(DataFolderBusy):
        DataFolder(tmp_path / "data")
    holder.send_signal(signal.SIGKILL)
    holder.communicate(timeout=30)
    DataFolder(tmp_path / "data").close()


def test_a_closed_folder_can_be_opened_again_and_is_made_with_its_parents(tmp_path):
    for _ in range(2):
        folder = DataFolder(tmp_path / "deep" / "data")
        assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700, "its owner's alone"
        assert folder.path.is_dir()
        folder.close()


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageFailed) as caught:
        DataFolder(tmp_path / "file" / "data")
    assert str(tmp_path / "file" / "data") in caught.value.chinese


# -- the file ----------------------------------------------------------------------------------------------------------


def test_every_connection_is_wal_with_full_sync_and_foreign_keys(database):
    with database.write() as one, database.read() as two:
        for connection in (one, two):
            pragma = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")}
            assert pragma == {"journal_mode": "wal", "synchronous": 2}
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(insert(PARTS).values(thing=99))


def test_create_may_be_called_again(database):
    add(database, "kept")
    database.create(THINGS)
    assert names(database) == ["kept"]


def test_a_block_that_raises_leaves_nothing(database):
    add(database, "before")
    with pytest.raises(ZeroDivisionError):
        add_and_raise(database, ZeroDivisionError)
    assert names(database) == ["before"]
    add(database, "after")
    assert names(database) == ["before", "after"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, GeneratorExit])
def test_even_an_interrupt_rolls_back(database, stop):
    with pytest.raises(stop):
        add_and_raise(database, stop)
    assert names(database) == []
    add(database, "after")


def test_a_reader_sees_the_last_commit_while_a_writer_writes(database):
    add(database, "one")
    with database.write() as connection:
        connection.execute(insert(THINGS).values(name="two"))
        assert quickly(lambda: names(database), 1, time.perf_counter) == ["one"]
    assert names(database) == ["one", "two"]


def test_a_reader_sees_one_state_however_often_it_asks(database):
    add(database, "one")
    with database.read() as connection:
        seen = [connection.execute(select(THINGS.c.name)).scalars().all()]
        add(database, "two")
        seen.append(connection.execute(select(THINGS.c.name)).scalars().all())
    assert seen == [["one"], ["one"]]
    assert names(database) == ["one", "two"]


def test_a_reader_that_stops_half_way_holds_on_to_no_state(database):
    for name in ("one", "two"):
        add(database, name)
        with pytest.raises(KeyError), database.read() as connection:
            raise KeyError(next(iter(connection.execute(select(THINGS.c.name)))))
    assert names(database) == ["one", "two"]


def test_writers_take_turns(database):
    def add_many(worker: int) -> None:
        for number in range(10):
            with database.write() as connection:
                count = connection.execute(select(func.count()).select_from(THINGS)).scalar_one()
                connection.execute(insert(THINGS).values(id=count + 1, name=f"{worker}.{number}"))

    threads = [threading.Thread(target=add_many, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names(database)) == sorted(f"{w}.{n}" for w in range(6) for n in range(10))


KILL = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import insert
from common.database import Database
from tests.common.test_database import THINGS
database = Database(Path(sys.argv[1]))
database.create(THINGS)
with database.write() as connection:
    connection.execute(insert(THINGS).values(name="whole"))
with database.write() as connection:
    connection.execute(insert(THINGS).values(name="half"))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_closing_lets_a_block_end_and_refuses_the_next(database):
    begun, end = threading.Event(), threading.Event()

    def write():
        with database.write() as connection:
            connection.execute(insert(THINGS).values(name="last"))
            begun.set()
            assert end.wait(10)

    writing, closing = threading.Thread(target=write), threading.Thread(target=database.close)
    writing.start()
    assert begun.wait(10)
    closing.start()
    closing.join(0.1)
    assert closing.is_alive()
    end.set()
    closing.join(10)
    writing.join(10)
    with pytest.raises(StorageFailed, match="is stopping") as refused:
        add(database, "late")
    assert "正在停止" in refused.value.chinese
    again = Database(database.path)
    assert names(again) == ["last"]
    again.close()


def test_a_kill_in_the_middle_of_a_block_keeps_what_was_committed(tmp_path):
    process = python(KILL, str(tmp_path / "hearth.db"), env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == -signal.SIGKILL
    database = Database(tmp_path / "hearth.db")
    assert names(database) == ["whole"]
    database.close()


# -- a disk that is full or read-only ----------------------------------------------------------------------------------


def test_a_full_disk_is_said_keeps_nothing_and_passes(database):
    add(database, "before")
    with database.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    with pytest.raises(StorageFailed) as caught, database.write() as connection:
        connection.execute(insert(THINGS), [{"name": "small"}, {"name": "x" * 1_000_000}])
    assert "the disk is full" in caught.value.english
    assert "磁盘已满" in caught.value.chinese
    assert str(database.path) in caught.value.chinese
    assert names(database) == ["before"]
    with database.write() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
        connection.execute(insert(THINGS).values(name="x" * 1_000_000))
    assert len(names(database)) == 2


FULL = """
import resource, signal, sys
from pathlib import Path
from sqlalchemy import insert
from common.database import Database
from common.errors import StorageFailed
from tests.common.test_database import THINGS, add, names
database = Database(Path(sys.argv[1]))
database.create(THINGS)
add(database, "before")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
try:
    with database.write() as connection:
        for number in range(100):
            connection.execute(insert(THINGS).values(name="x" * 10_000))
except StorageFailed as failed:
    print("failed", names(database))
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
add(database, "after")
print("then", names(database))
"""


def test_a_file_that_may_not_grow_fails_in_the_same_way(tmp_path):
    process = python(FULL, str(tmp_path / "hearth.db"), env={**os.environ, "PYTHONPATH": str(ROOT)})
    out, err = process.communicate(timeout=60)
    assert err == ""
    assert out.splitlines() == ["failed ['before']", "then ['before', 'after']"]


def test_a_read_only_file_is_said(database):
    add(database, "before")
    database.close()
    # The file mode does not stop root, so the connection itself is opened for reading only.
    read_only = Database(Path(f"file:{database.path}?mode=ro&uri=true"))
    with pytest.raises(StorageFailed):
        add(read_only, "after")
    assert names(read_only) == ["before"]
    read_only.close()


def test_a_mistake_in_the_sql_stays_a_bug(database):
    with pytest.raises(OperationalError), database.read() as connection:
        connection.exec_driver_sql("SELECT * FROM nowhere")


# -- a data folder of an older Hearth ----------------------------------------------------------------------------------


def test_a_table_of_an_older_folder_gets_the_columns_and_indexes_that_came_since(tmp_path):
    old = Table("test_grown", MetaData(), Column("id", Integer, primary_key=True), Column("name", String, nullable=False))
    grown = Table(
        "test_grown",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String, nullable=False),
        Column("parent", ForeignKey("test_things.id"), index=True),
        Column("order", Integer, nullable=False, server_default="7"),  # a name that must be quoted
    )
    database = Database(tmp_path / "hearth.db")
    with database.write() as connection:
        old.create(connection)
        connection.execute(insert(old).values(name="kept"))
    for _ in range(2):  # the second time there is nothing to do
        database.create(THINGS, grown)
    with database.read() as connection:
        assert connection.execute(select(grown)).all() == [(1, "kept", None, 7)]
        assert {index["name"] for index in inspect(connection).get_indexes("test_grown")} == {"ix_test_grown_parent"}
    database.close()


def test_a_column_that_rows_could_not_have_is_refused_and_nothing_changes(tmp_path):
    first = Table("test_strict", MetaData(), Column("id", Integer, primary_key=True))
    second = Table("test_strict", metadata, Column("id", Integer, primary_key=True), Column("must", String, nullable=False))
    database = Database(tmp_path / "hearth.db")
    with database.write() as connection:
        first.create(connection)
        connection.execute(insert(first).values(id=1))
    with pytest.raises(OperationalError, match="NOT NULL"):
        database.create(second)
    with database.read() as connection:
        assert [column["name"] for column in inspect(connection).get_columns("test_strict")] == ["id"]
    database.close()
