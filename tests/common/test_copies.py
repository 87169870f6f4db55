"""Rows out into a file and back: an older file fits, what must stay on the machine stays."""

import pytest
from sqlalchemy import Column, ForeignKey, Integer, String, Table, insert, select

from common.database import Database, metadata
from common.errors import BackupInvalid

SHELVES = Table(
    "test_shelves",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("colour", String, nullable=False, server_default="grey"),
    sqlite_autoincrement=True,
)
BOOKS = Table("test_books", metadata, Column("title", String, primary_key=True), Column("shelf", ForeignKey("test_shelves.id")))
HERE = Table("test_here", metadata, Column("id", Integer, primary_key=True), info={"backup": False})


@pytest.fixture
def database(tmp_path):
    opened = Database(tmp_path / "hearth.db")
    opened.create(SHELVES, BOOKS, HERE)
    with opened.write() as connection:
        connection.execute(
            insert(SHELVES), [{"id": 1, "name": "low", "colour": "red"}, {"id": 2, "name": "high", "colour": "blue"}]
        )
        connection.execute(insert(BOOKS).values(title="Tea", shelf=2))
        connection.execute(insert(HERE).values(id=7))
    yield opened
    opened.close()


def rows(database, table):
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key)).all()]


def restored(database, path):
    database.check_copy(path)
    database.take_over(path, lambda connection: None)


def test_what_must_stay_is_neither_copied_nor_replaced(database, tmp_path):
    assert database.save_copy(tmp_path / "copy.db") == {"test_shelves": 2, "test_books": 1}
    with database.write() as connection:
        connection.execute(insert(HERE).values(id=8))
        connection.execute(BOOKS.delete())
        connection.execute(SHELVES.delete())
    restored(database, tmp_path / "copy.db")
    assert rows(database, HERE) == [(7,), (8,)]
    assert rows(database, BOOKS) == [("Tea", 2)]
    assert rows(database, SHELVES) == [(1, "low", "red"), (2, "high", "blue")]


def test_a_number_is_not_used_twice_after_a_restore(database, tmp_path):
    """An index may know the old row of a number."""
    database.save_copy(tmp_path / "copy.db")
    with database.write() as connection:
        connection.execute(insert(SHELVES).values(id=9, name="gone"))
    restored(database, tmp_path / "copy.db")
    with database.write() as connection:
        added = connection.execute(insert(SHELVES).values(name="new")).inserted_primary_key
    assert added == (10,)


@pytest.mark.parametrize(
    ("older", "shelves", "books"),
    [
        ("ALTER TABLE test_shelves DROP COLUMN colour", [(1, "low", "grey"), (2, "high", "grey")], [("Tea", 2)]),
        ("DROP TABLE test_books", [(1, "low", "red"), (2, "high", "blue")], []),
    ],
)
def test_a_copy_of_an_older_hearth_fits(database, tmp_path, older, shelves, books):
    database.save_copy(tmp_path / "copy.db")
    copy = Database(tmp_path / "copy.db")
    with copy.write() as connection:
        connection.exec_driver_sql(older)
    with copy.read() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    copy.close()
    restored(database, tmp_path / "copy.db")
    assert (rows(database, SHELVES), rows(database, BOOKS)) == (shelves, books)


def test_rows_that_refer_to_nothing_change_nothing(database, tmp_path):
    database.save_copy(tmp_path / "copy.db")
    copy = Database(tmp_path / "copy.db")
    with copy.write() as connection:
        connection.exec_driver_sql("DELETE FROM test_shelves WHERE id = 2")
    with copy.read() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    copy.close()
    with pytest.raises(BackupInvalid, match="test_books"):
        restored(database, tmp_path / "copy.db")
    assert len(rows(database, SHELVES)) == 2
    # The connection that failed is not in the way of what comes next.
    database.save_copy(tmp_path / "again.db")
    restored(database, tmp_path / "again.db")


def test_the_room_that_tables_take(database):
    sizes = database.table_bytes()
    assert sizes["test_shelves"] >= 4096
