"""The rows of the database as a file of their own: for a backup, and back again.

A copy holds plain tables with the rows of one moment, and nothing that can act: no index, no view, no trigger. Tables that say
`info={"backup": False}` (secrets, what belongs to this machine) are neither copied nor replaced. `Database` calls the two
functions that need its connections; `check_copy` trusts nothing of the file it reads.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Boolean, Connection, Float, Integer, LargeBinary, MetaData, String, Table, inspect
from sqlalchemy.types import TypeEngine

from common.errors import BackupInvalid

_LATEST = 250_000_000_000  # seconds since 1970: what is later is no date
_OTHER = "other"  # the name under which the copy is attached
_STORED_AS: tuple[tuple[type[TypeEngine[Any]], tuple[str, ...]], ...] = (
    (Boolean, ("integer",)),
    (Integer, ("integer",)),
    (Float, ("real", "integer")),
    (String, ("text",)),
    (LargeBinary, ("blob",)),
)


def copied_tables(connection: Connection, metadata: MetaData) -> list[Table]:
    """The tables that a backup holds: those the program knows and the file has, each after those it refers to."""
    there = set(inspect(connection).get_table_names())
    return [table for table in metadata.sorted_tables if table.name in there and table.info.get("backup", True)]


def copy_out(connection: Connection, path: Path, tables: Sequence[Table]) -> Mapping[str, int]:
    """Write the tables into a new file at `path`, all as of one moment; table -> rows. The connection is of no use afterwards."""
    _attach(connection, path)
    connection.exec_driver_sql(f"PRAGMA {_OTHER}.journal_mode=OFF")  # a copy that was not finished is thrown away
    connection.exec_driver_sql("BEGIN")
    rows: dict[str, int] = {}
    for table in tables:
        name, columns = _quoted(table.name), _columns(column.name for column in table.columns)
        connection.exec_driver_sql(f"CREATE TABLE {_OTHER}.{name} AS SELECT {columns} FROM main.{name}")
        rows[table.name] = connection.exec_driver_sql(f"SELECT count(*) FROM {_OTHER}.{name}").scalar_one()
    connection.commit()
    return rows


def copy_in(connection: Connection, tables: Sequence[Table]) -> None:
    """Within the caller's transaction, replace the rows of the tables by those of the file that `attach_copy` attached.

    A table that the file lacks becomes empty; a column that it lacks gets its default.
    """
    connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    there = set(inspect(connection).get_table_names(schema=_OTHER))
    for table in reversed(tables):
        connection.exec_driver_sql(f"DELETE FROM main.{_quoted(table.name)}")
    for table in tables:
        if table.name in there:
            name = _quoted(table.name)
            given = {column["name"] for column in inspect(connection).get_columns(table.name, schema=_OTHER)}
            columns = _columns(column.name for column in table.columns if column.name in given)
            connection.exec_driver_sql(f"INSERT INTO main.{name} ({columns}) SELECT {columns} FROM {_OTHER}.{name}")
    broken = connection.exec_driver_sql("PRAGMA main.foreign_key_check").first()
    if broken is not None:
        raise damaged(f"a row of {broken[0]} refers to one that is not there")


def attach_copy(connection: Connection, path: Path) -> None:
    """Make the file at `path` readable through the connection, which is of no use for anything else afterwards."""
    _attach(connection, path)
    connection.exec_driver_sql("PRAGMA trusted_schema=OFF")


def check_copy(path: Path, tables: Sequence[Table]) -> Mapping[str, int]:
    """Read all of the file and compare it with the tables; table -> rows.

    Raises `BackupInvalid` for a file that is damaged, that holds something other than plain tables, tables or columns that are
    not known, or values of another kind than theirs.
    """
    known = {table.name: table for table in tables}
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            for pragma in ("trusted_schema=OFF", "cell_size_check=ON"):
                connection.execute(f"PRAGMA {pragma}")
            found = [row[0] for row in connection.execute("PRAGMA integrity_check(3)")]
            if found != ["ok"]:
                raise damaged("; ".join(map(str, found)))
            rows = {}
            for name, kind in connection.execute("SELECT name, type FROM sqlite_master"):
                if kind != "table" or name not in known:
                    raise _unknown(f"{kind} {name}")
                rows[name] = _check_table(connection, known[name])
            return rows
    except sqlite3.DatabaseError as error:
        raise damaged(str(error)) from error


def _check_table(connection: sqlite3.Connection, table: Table) -> int:
    name = _quoted(table.name)
    columns = {column.name: column for column in table.columns}
    for found in connection.execute(f"PRAGMA table_xinfo({name})").fetchall():
        column = columns.get(found[1])
        if column is None or found[6]:  # hidden: a virtual table's, or a computed one
            raise _unknown(f"{table.name}.{found[1]}")
        kinds = next((kinds for type_, kinds in _STORED_AS if isinstance(column.type, type_)), None)
        if kinds is None:
            continue
        allowed = ",".join(f"'{kind}'" for kind in (*kinds, "null"))
        value = _quoted(column.name)
        strange = f"typeof({value}) NOT IN ({allowed})"
        if isinstance(column.type, Float):  # every one is a time
            strange += f" OR {value} NOT BETWEEN 0 AND {_LATEST}"
        query = f"SELECT 1 FROM {name} WHERE {strange} LIMIT 1"
        if connection.execute(query).fetchone():
            raise damaged(f"{table.name}.{column.name} holds values of another kind")
    return int(connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0])


def damaged(detail: str) -> BackupInvalid:
    """What is said of a copy that cannot be taken for whole."""
    return BackupInvalid(
        f"This backup is damaged ({detail[:300]}). Nothing was changed. Take another copy of the file, or an older backup.",
        f"这个备份已损坏（{detail[:300]}）。没有做任何改动。请换一份拷贝，或用更早的备份。",
    )


def _unknown(thing: str) -> BackupInvalid:
    return BackupInvalid(
        f"This backup holds something that this Hearth does not know ({thing[:100]!r}). Nothing was changed. "
        "If a newer Hearth made it, update this one first.",
        f"这个备份里有本版本 Hearth 不认识的内容（{thing[:100]!r}）。没有做任何改动。如果它来自更新的版本，请先升级。",
    )


def _attach(connection: Connection, path: Path) -> None:
    connection.detach()  # from the pool: closing it forgets the attached file
    connection.exec_driver_sql(f"ATTACH DATABASE ? AS {_OTHER}", (str(path),))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _columns(names: Iterable[str]) -> str:
    return ", ".join(map(_quoted, names))
