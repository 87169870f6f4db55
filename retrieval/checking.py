"""What keeps a lexical index sound: which rows it holds, whether its tables fit together, and forgetting."""

from collections.abc import Callable, Iterable, Sequence

from common.database import Connection
from retrieval.lexical import LexicalDamaged, LexicalIndex, LexicalRow, Statistics, guarded
from retrieval.tokenizing import is_plain, tokens

_MOST = 500  # words of a row that are looked up
_PAGES = 500  # of the index that are rewritten in a transaction
_NEEDED = 4  # words by which a row must be found


class CheckedIndex(LexicalIndex):
    """A lexical index that can be compared with the texts it was made of. Everything here raises `LexicalDamaged`."""

    def counted(self, connection: Connection) -> dict[str, int]:
        """How many rows each group has, as the statistics say."""
        with guarded():
            found = connection.exec_driver_sql(f"SELECT grp, row_count FROM {self._groups} WHERE row_count IS NOT 0")
            return {row[0]: row[1] for row in found}

    def ids(self, connection: Connection, among: Sequence[int] | None = None) -> set[int]:
        """The rows that are there, of all or of some hundred."""
        some = "" if among is None else f" WHERE rowid IN ({','.join('?' * len(among))})"
        with guarded():
            return {row[0] for row in connection.exec_driver_sql(f"SELECT rowid FROM {self._rows}{some}", tuple(among or ()))}

    def check_rows(self, rows: Iterable[LexicalRow], connection: Connection) -> None:
        """Whether these few rows are stored, counted and found as they should be."""
        for row in rows:
            words = tokens(row.text)
            terms = sorted(set(words))[:_MOST]
            with guarded():
                query = f"SELECT scope, tokens FROM {self._rows} WHERE rowid = ?"
                if connection.exec_driver_sql(query, (row.id,)).first() != (f"g{row.group}", " ".join(words)):
                    raise LexicalDamaged("a row is not what its text says")
                marks = ",".join("?" * len(terms))
                query = f"SELECT count(*) FROM {self._terms} WHERE grp = ? AND row_count > 0 AND term IN ({marks})"
                if connection.exec_driver_sql(query, (row.group, *terms)).scalar() != len(terms):
                    raise LexicalDamaged("a row holds a word that is not counted")
                for term in [term for term in terms if is_plain(term)][:: max(1, len(terms) // _NEEDED)]:
                    query = f"SELECT bm25({self._rows}) FROM {self._rows} WHERE {self._rows} MATCH ? AND rowid = ?"
                    if connection.exec_driver_sql(query, (f'tokens : "{term}"', row.id)).first() is None:
                        raise LexicalDamaged("a row is not found by its words")

    def check_all(self, rows: Iterable[LexicalRow], connection: Connection) -> None:
        """Whether it is what these rows, which are all, make; that takes about as long as indexing them."""
        statistics = Statistics()
        with guarded():
            for row in rows:
                words = tokens(row.text)
                statistics.count(row.group, words)
                query = f"SELECT scope, tokens FROM {self._rows} WHERE rowid = ?"
                if connection.exec_driver_sql(query, (row.id,)).first() != (f"g{row.group}", " ".join(words)):
                    raise LexicalDamaged("a row is not what its text says")
            found = connection.exec_driver_sql(f"SELECT grp, row_count, token_count FROM {self._groups} WHERE row_count IS NOT 0")
            if {row[0]: (row[1], row[2]) for row in found} != statistics.groups:
                raise LexicalDamaged("its rows are not as many as are counted")
            found = connection.exec_driver_sql(f"SELECT grp, term, row_count FROM {self._terms}")
            if {(row[0], row[1]): row[2] for row in found} != statistics.terms:
                raise LexicalDamaged("its words are not as many as are counted")

    def check_inside(self) -> None:
        """Whether FTS5 finds its own tables to fit together; others who write wait meanwhile."""
        with self._database.write() as connection, guarded():
            connection.exec_driver_sql(f"INSERT INTO {self._rows} ({self._rows}) VALUES ('integrity-check')")

    def forget(self, stop: Callable[[], bool]) -> None:
        """Rewrite what FTS5 keeps, in short transactions: a row that was taken out leaves its words there until then.

        Raises `StorageFailed`.
        """
        pages = -_PAGES  # negative for a merge that takes in everything
        while not stop():
            with self._database.write() as connection, guarded():
                before = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
                connection.exec_driver_sql(f"INSERT INTO {self._rows} ({self._rows}, rank) VALUES ('merge', ?)", (pages,))
                if connection.exec_driver_sql("SELECT total_changes()").scalar_one() - before < 2:
                    return
            pages = _PAGES
