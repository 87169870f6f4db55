"""The lexical leg: BM25 over an FTS5 table, with tokens and statistics of our own.

FTS5 finds the candidates; the scores are computed here from the statistics of the groups searched: FTS5 knows one set for all
owners and gives nothing to a word that half of the rows have.
"""

import contextlib
import json
import math
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from common.database import Database
from retrieval.tokenizing import is_common, is_plain, tokens

_COMMON_WEIGHT = 0.5
_SINGLE_HAN_WEIGHT = 0.5  # of a character beside the pairs it stands in, which say more

T = TypeVar("T")

# As in Anserini (Yang, Fang and Lin 2017): passages are short and of one size, so that neither repeats nor length say much.
_K1 = 0.9
_B = 0.4
_QUERY_LENGTH = 4000  # characters of a query that are read
_TERMS = 32  # of a query that are scored, the rarest first
_MANY = 1000  # rows
_CANDIDATE_TERMS = 16  # of those, how many choose the candidates at most,
_CANDIDATE_ROWS = 5000  # and how many rows they may hold together, which bounds the time of a search
_BATCH = 500  # rows a statement
_FEW = 2000  # rows that a search may be narrowed to, up to which each of them is looked at

_NAME = re.compile(r"[a-z][a-z_]*")
_GROUP = re.compile(r"[a-z0-9]+")
_SHADOWS = ("data", "idx", "content", "docsize", "config")  # the tables that FTS5 keeps a table of rows in
_DAMAGE = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH)


class LexicalDamaged(Exception):
    """The tables of an index are gone, cannot be read, or do not fit together: it is to be emptied and filled anew."""


def shares(query: str, texts: Sequence[str]) -> list[float]:
    """What share of the query's information each text holds, in [0, 1]; how rare a word is, these texts tell.

    Words that ask and words that bind count for nothing: of a few short texts one has more of them than another by chance.
    """
    held = [set(tokens(text)) for text in texts]
    asked = {term for term in tokens(query[:_QUERY_LENGTH]) if not is_common(term)}
    idf = {term: _idf(term, sum(term in words for words in held), len(texts)) for term in asked}
    whole = sum(idf.values())
    return [sum(idf[term] for term in asked & words) / whole if whole else 0.0 for words in held]


@dataclass(frozen=True, slots=True)
class LexicalRow:
    """A text to index under a number of its own; `group` (`[a-z0-9]+`) is what a search is narrowed to."""

    id: int
    group: str
    text: str


@dataclass(frozen=True, slots=True)
class LexicalHit:
    """A row that shares words with the query.

    `score` is BM25, above 0 and without a top; `coverage` in [0, 1] is the share of the query's information (the sum of its
    words' idf) that the row holds; `fit` in [0, 1] is the score as a share of the highest that any row could have for the query.
    """

    id: int
    score: float
    coverage: float
    fit: float


class LexicalIndex:
    """One index in the database, told from others by `name` (`[a-z][a-z_]*`)."""

    def __init__(self, database: Database, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError(f"an index name is [a-z][a-z_]*, not {name!r}")
        self._database = database
        self._rows, self._groups, self._terms = f"{name}_fts", f"{name}_groups", f"{name}_terms"
        with database.write() as connection:
            try:
                with guarded():
                    self._create(connection)
            except LexicalDamaged:
                self.empty(connection)

    def _create(self, connection: Connection) -> None:
        run = connection.exec_driver_sql
        run(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {self._rows} USING fts5(scope, tokens, tokenize='unicode61 remove_diacritics 0')"
        )
        run(
            f"CREATE TABLE IF NOT EXISTS {self._groups} (grp TEXT PRIMARY KEY, row_count INTEGER NOT NULL, "
            "token_count INTEGER NOT NULL)"
        )
        run(
            f"CREATE TABLE IF NOT EXISTS {self._terms} (grp TEXT NOT NULL, term TEXT NOT NULL, row_count INTEGER NOT NULL, "
            "PRIMARY KEY (grp, term)) WITHOUT ROWID"
        )

    def empty(self, connection: Connection) -> None:
        """Take every row out within the caller's transaction, whatever state the tables are in."""
        run = connection.exec_driver_sql
        try:
            run(f"DROP TABLE IF EXISTS {self._rows}")
        except (DBAPIError, MemoryError):
            # FTS5 does not let go of a table that it cannot open.
            run("PRAGMA writable_schema=ON")
            run("DELETE FROM sqlite_master WHERE type = 'table' AND name = ?", (self._rows,))
            run("PRAGMA writable_schema=RESET")
        for table in (*(f"{self._rows}_{shadow}" for shadow in _SHADOWS), self._groups, self._terms):
            run(f"DROP TABLE IF EXISTS {table}")
        self._create(connection)

    def add(self, rows: Iterable[LexicalRow], connection: Connection) -> None:
        """Index the rows within the caller's transaction; their ids must be new. Raises `LexicalDamaged`."""
        added: list[tuple[int, str, str]] = []
        statistics = Statistics()
        for row in rows:
            _check(row.group)
            words = tokens(row.text)
            statistics.count(row.group, words)
            added.append((row.id, f"g{row.group}", " ".join(words)))
        if added:
            with guarded():
                connection.exec_driver_sql(f"INSERT INTO {self._rows} (rowid, scope, tokens) VALUES (?, ?, ?)", added)
                self._save(statistics, connection, 1)

    def remove(self, ids: Sequence[int], connection: Connection) -> None:
        """Take the rows out within the caller's transaction; ids that are not there are no matter. Raises `LexicalDamaged`."""
        statistics = Statistics()
        with guarded():
            for batch in _batches(ids):
                marks = ",".join("?" * len(batch))
                select = f"SELECT scope, tokens FROM {self._rows} WHERE rowid IN ({marks})"
                found = connection.exec_driver_sql(select, tuple(batch))
                for scope, text in found:
                    words = _words(text)
                    statistics.count(str(scope)[1:], words if words != [""] else [])
                connection.exec_driver_sql(f"DELETE FROM {self._rows} WHERE rowid IN ({marks})", tuple(batch))
            self._save(statistics, connection, -1)

    def clear(self, group: str, connection: Connection) -> None:
        """Take every row of the group out within the caller's transaction, so that it can be built anew.

        Raises `LexicalDamaged`.
        """
        _check(group)
        run = connection.exec_driver_sql
        with guarded():
            run(f"DELETE FROM {self._rows} WHERE {self._rows} MATCH ?", (f'scope : "g{group}"',))
            run(f"DELETE FROM {self._groups} WHERE grp = ?", (group,))
            run(f"DELETE FROM {self._terms} WHERE grp = ?", (group,))

    def count(self, group: str = "") -> int:
        """How many rows the index holds, of one group or of all. Raises `LexicalDamaged`."""
        only, values = ("WHERE grp = ?", (group,)) if group else ("", ())
        query = f"SELECT coalesce(sum(row_count), 0) FROM {self._groups} {only}"
        with self._database.read() as connection, guarded():
            return int(connection.exec_driver_sql(query, values).scalar_one())

    def search(
        self,
        query: str,
        groups: Sequence[str],
        limit: int,
        also: Callable[[], Sequence[int]] = tuple,
        within: Sequence[int] | None = None,
    ) -> list[LexicalHit]:
        """The best `limit` rows of the groups for the query, best first, and whichever rows of `also` share a word with it.

        Any text is a query: there are no operators, and of a long one the first 4,000 characters are read. `also` is called,
        once, after the best rows were found; not where no row has a word of the query. With `within` only these rows, all of the
        groups, are found; what their words weigh is still told by the whole groups. Raises `LexicalDamaged`.
        """
        for group in groups:
            _check(group)
        asked = list(dict.fromkeys(tokens(query[:_QUERY_LENGTH])))
        if not asked or not groups or (within is not None and not within):
            return []
        with self._database.read() as connection, guarded():
            scale = self._scale(asked, groups, connection)
            if not scale.terms:
                self._check_absent(asked, groups, connection)
                return []
            few = within if within is not None and len(within) <= _FEW else ()
            texts = {} if few else self._candidates(scale, groups, max(2 * limit, 100), within, connection)
            sought = len(texts) if all(map(is_plain, scale.terms)) else 0
            others = also()
            for batch in _batches([key for key in (*others, *few) if key not in texts]):
                marks = ",".join("?" * len(batch))
                select = f"SELECT rowid, tokens FROM {self._rows} WHERE rowid IN ({marks})"
                texts |= {row[0]: row[1] for row in connection.exec_driver_sql(select, tuple(batch))}
        unknown = [term for term in asked if term not in scale.rows]
        hits = []
        for place, (key, text) in enumerate(texts.items()):
            words = _words(text)
            if not set(words).isdisjoint(unknown):
                raise LexicalDamaged("a row holds a word that is not counted")
            if (hit := scale.score(key, words)) is not None:
                hits.append(hit)
            elif place < sought:
                raise LexicalDamaged("a row is found by words that it does not hold")
        hits.sort(key=lambda hit: (-hit.score, hit.id))
        wanted = set(others)
        return hits[:limit] + [hit for hit in hits[limit:] if hit.id in wanted]

    def _candidates(
        self, scale: "Scale", groups: Sequence[str], limit: int, within: Sequence[int] | None, connection: Connection
    ) -> dict[int, str]:
        """The tokens of the rows that are worth a closer look."""
        scopes = " OR ".join(f'"g{group}"' for group in groups)
        # What is narrowed to a tenth may look at words that ten times as many rows hold.
        rows = _CANDIDATE_ROWS if within is None else _CANDIDATE_ROWS * max(1, scale.population // len(within))
        terms = scale.candidates(rows)
        words = " OR ".join(f'"{term}"' for term in terms)
        values: tuple[object, ...] = (f"scope : ({scopes}) AND tokens : ({words})",)
        only = ""
        if within is not None:
            # The plus keeps SQLite from asking the index once for each of these rows.
            only = "AND +rowid IN (SELECT value FROM json_each(?)) "
            values += (json.dumps(list(within)),)
        # Within one statement SQLite would read the tokens of every row that matches before it sorts them.
        found = connection.exec_driver_sql(
            f"SELECT rowid, tokens FROM {self._rows} WHERE rowid IN (SELECT rowid FROM {self._rows} "
            f"WHERE {self._rows} MATCH ? {only}ORDER BY bm25({self._rows}, 0.0, 1.0) LIMIT ?)",
            (*values, limit),
        )
        texts = {row[0]: row[1] for row in found}
        counted = max((scale.rows[term] for term in terms if is_plain(term)), default=0)
        if within is None and len(texts) < min(limit, counted):
            raise LexicalDamaged(f"{len(texts)} rows of {counted} are found")
        return texts

    def _check_absent(self, asked: Sequence[str], groups: Sequence[str], connection: Connection) -> None:
        """Raises `LexicalDamaged` where rows hold a word that is not counted."""
        scopes = " OR ".join(f'"g{group}"' for group in groups)
        words = " OR ".join(f'"{term}"' for term in asked[:_TERMS] if is_plain(term))
        if not words:
            return
        select = f"SELECT rowid FROM {self._rows} WHERE {self._rows} MATCH ? LIMIT 1"
        if connection.exec_driver_sql(select, (f"scope : ({scopes}) AND tokens : ({words})",)).first() is not None:
            raise LexicalDamaged("a row holds a word that is not counted")

    def scale(self, query: str, groups: Sequence[str]) -> "Scale":
        """How texts are weighed for a query, by the statistics of the groups. Raises `LexicalDamaged`."""
        asked = list(dict.fromkeys(tokens(query[:_QUERY_LENGTH])))
        if not asked or not groups:
            return scale_of((), {}, 0, 0.0)
        for group in groups:
            _check(group)
        with self._database.read() as connection, guarded():
            return self._scale(asked, groups, connection)

    def _scale(self, asked: Sequence[str], groups: Sequence[str], connection: Connection) -> "Scale":
        scope = ",".join("?" * len(groups))
        rows, length = connection.exec_driver_sql(
            f"SELECT coalesce(sum(row_count), 0), coalesce(sum(token_count), 0) FROM {self._groups} WHERE grp IN ({scope})",
            tuple(groups),
        ).one()
        counts: dict[str, int] = {}
        for batch in _batches(asked):
            marks = ",".join("?" * len(batch))
            found = connection.exec_driver_sql(
                f"SELECT term, sum(row_count) FROM {self._terms} WHERE grp IN ({scope}) AND term IN ({marks}) GROUP BY term",
                (*groups, *batch),
            )
            counts |= {row[0]: row[1] for row in found}
        if not all(isinstance(count, int) and count > 0 for count in (*counts.values(), *([rows, length] if counts else ()))):
            raise LexicalDamaged("a count is none")
        return scale_of(asked, counts, rows, length / max(rows, 1))

    def _save(self, statistics: "Statistics", connection: Connection, sign: int) -> None:
        if not statistics.groups:
            return
        connection.exec_driver_sql(
            f"INSERT INTO {self._groups} VALUES (?, ?, ?) ON CONFLICT (grp) DO UPDATE SET "
            "row_count = row_count + excluded.row_count, token_count = token_count + excluded.token_count",
            [(group, sign * rows, sign * length) for group, (rows, length) in statistics.groups.items()],
        )
        terms = [(group, term, sign * count) for (group, term), count in statistics.terms.items()]
        if not terms:
            return
        connection.exec_driver_sql(
            f"INSERT INTO {self._terms} VALUES (?, ?, ?) ON CONFLICT (grp, term) DO UPDATE SET "
            "row_count = row_count + excluded.row_count",
            terms,
        )
        if sign < 0:
            gone = [(group, term) for group, term, _ in terms]
            connection.exec_driver_sql(f"DELETE FROM {self._terms} WHERE grp = ? AND term = ? AND row_count <= 0", gone)


class Statistics:
    """What some rows add to the statistics: rows and tokens of each group, and rows of each term."""

    def __init__(self) -> None:
        self.groups: dict[str, tuple[int, int]] = {}
        self.terms: Counter[tuple[str, str]] = Counter()

    def count(self, group: str, words: Sequence[str]) -> None:
        rows, length = self.groups.get(group, (0, 0))
        self.groups[group] = (rows + 1, length + len(words))
        self.terms.update((group, term) for term in set(words))


@dataclass(frozen=True, slots=True)
class Scale:
    """How rows are weighed for one query: `rows` that hold a term, and the idf of the `terms` that count, rarest first.

    `asked` are the weights of all that coverage looks for; `best` is the score of a row that had all of it without end,
    `population` how many rows there are.
    """

    rows: Mapping[str, int]
    terms: dict[str, float]
    asked: dict[str, float]
    best: float
    mean_length: float
    population: int

    def candidates(self, most: int) -> list[str]:
        """The rarest terms, as many as may choose candidates, of `most` rows together; at least one."""
        chosen: list[str] = []
        rows = 0
        for term in self.terms:
            rows += self.rows[term]
            if chosen and (rows > most or len(chosen) == _CANDIDATE_TERMS):
                break
            chosen.append(term)
        return chosen

    def score(self, key: int, words: Sequence[str]) -> LexicalHit | None:
        """What a row of these tokens is worth; None where it shares none."""
        held = set(words)
        # Counting the few terms that are there is faster than counting all words.
        counts = {term: words.count(term) for term in self.terms.keys() & held}
        if not counts:
            return None
        norm = _K1 * (1 - _B + _B * len(words) / self.mean_length)
        score = sum(self.terms[term] * n * (_K1 + 1) / (n + norm) for term, n in counts.items())
        return LexicalHit(key, score, self.coverage(held), score / self.best)

    def coverage(self, words: set[str]) -> float:
        """What share of the query's information these tokens hold, in [0, 1]."""
        whole = sum(self.asked.values())
        return sum(idf for term, idf in self.asked.items() if term in words) / whole if whole else 0.0


def scale_of(asked: Sequence[str], counts: Mapping[str, int], rows: int, mean_length: float) -> Scale:
    """The scale for the words of a query, of which `counts` tells how many of the `rows` hold each."""
    idf = {term: _idf(term, counts.get(term, 0), rows) for term in asked}
    known = sorted((term for term in asked if term in counts), key=lambda term: -idf[term])
    # Of a dozen passages one cannot tell which words are rare, so coverage takes them for a part of many.
    known_to_many = {term: _idf(term, counts.get(term, 0), max(rows, _MANY)) for term in asked}
    best = (_K1 + 1) * sum(idf.values())
    return Scale(counts, {term: idf[term] for term in known[:_TERMS]}, known_to_many, best, mean_length, rows)


def _idf(term: str, holding: int, rows: int) -> float:
    return _weight(term) * math.log(1 + (rows - holding + 0.5) / (holding + 0.5))


def _weight(term: str) -> float:
    """Words that ask and words that bind say little, however rare they are in a small collection."""
    single = _SINGLE_HAN_WEIGHT if len(term) == 1 and not term.isascii() else 1.0
    return single * (_COMMON_WEIGHT if is_common(term) else 1.0)


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """What SQLite says of damaged tables is `LexicalDamaged`; a full or read-only disk is not."""
    try:
        yield
    except MemoryError as error:  # FTS5 asks for as much as a damaged block says it needs
        raise LexicalDamaged("a block of it says that it needs more memory than there is") from error
    except DBAPIError as error:
        if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in _DAMAGE:
            raise LexicalDamaged(str(error.orig)) from error
        raise


def _words(stored: object) -> list[str]:
    """The tokens of a row, as they are stored."""
    if not isinstance(stored, str):
        raise LexicalDamaged("a row is not text")
    return stored.split(" ")


def _check(group: str) -> None:
    if not _GROUP.fullmatch(group):
        raise ValueError(f"a group is [a-z0-9]+, not {group!r}")


def _batches(items: Sequence[T]) -> Iterable[Sequence[T]]:
    return (items[i : i + _BATCH] for i in range(0, len(items), _BATCH))
