"""The word index as knowledge uses it: over the passages, and healed from them when it is damaged.

What damages it is seen at a query, at a change or by `fault`; from then on the texts themselves are looked through, until `heal`
has built it anew, a slice a transaction. Nothing that is stored waits for that or fails by it.
"""

import logging
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select
from sqlalchemy.exc import OperationalError

from common.database import Database
from knowledge.queries import batches, there
from knowledge.rows import lexical_text
from knowledge.tables import DOCUMENTS, PASSAGES
from retrieval.checking import CheckedIndex
from retrieval.lexical import LexicalDamaged, LexicalHit, LexicalRow, Scale, scale_of
from retrieval.tokenizing import is_common, tokens

log = logging.getLogger(__name__)

_SLICE = 500  # passages a transaction, while it is built anew
_SAMPLE = 40  # passages that are compared word by word when Hearth starts
_HEALINGS = 5  # after damage, before the index is left alone until the next start
_LOOKED_AT = 300  # passages read closely where the texts are looked through
_TERMS = 12  # words that are looked for there
_LETTERS = 400_000_000  # of text that are looked through for one question at most


class WordIndex(CheckedIndex):
    """The lexical index over the passages that are there; `noticed` is called when it is seen to be damaged."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "passage")
        self.noticed: Callable[[], None] = lambda: None
        self._ailing = False
        self._healings = 0
        self._healing = threading.Lock()
        self._scale_known: tuple[tuple[str, tuple[str, ...]], Scale] | None = None  # of the last search through the texts

    @property
    def ailing(self) -> bool:
        """Whether it is known to be damaged and is not yet built anew."""
        return self._ailing

    # changes, within the transaction of the caller, which they never break

    def add(self, rows: Iterable[LexicalRow], connection: Connection) -> None:
        listed = list(rows)
        self._change(lambda: super(WordIndex, self).add(listed, connection), connection, again=True)

    def remove(self, ids: Sequence[int], connection: Connection) -> None:
        self._change(lambda: super(WordIndex, self).remove(ids, connection), connection)

    def clear(self, group: str, connection: Connection) -> None:
        self._change(lambda: super(WordIndex, self).clear(group, connection), connection)

    def _change(self, change: Callable[[], None], connection: Connection, again: bool = False) -> None:
        connection.exec_driver_sql("SAVEPOINT words")
        try:
            change()
        except LexicalDamaged as error:
            connection.exec_driver_sql("ROLLBACK TO words")
            self._notice(error)
            try:
                self.empty(connection)
                if again:
                    change()
            except OperationalError as locked:
                if not _is_locked(locked):
                    raise
                connection.exec_driver_sql("ROLLBACK TO words")  # what is stored is put in when it is built anew
        connection.exec_driver_sql("RELEASE words")

    # looking

    def search(
        self,
        query: str,
        groups: Sequence[str],
        limit: int,
        also: Callable[[], Sequence[int]] = tuple,
        within: Sequence[int] | None = None,
    ) -> list[LexicalHit]:
        if not self._ailing:
            try:
                return super().search(query, groups, limit, also, within)
            except LexicalDamaged as error:
                self._notice(error)
        return self._look(query, groups, limit, also, within)

    def scale(self, query: str, groups: Sequence[str]) -> Scale:
        if not self._ailing:
            try:
                return super().scale(query, groups)
            except LexicalDamaged as error:
                self._notice(error)
        known = self._scale_known
        return known[1] if known and known[0] == (query, tuple(groups)) else self._scanned(query, groups)[0]

    def _look(
        self,
        query: str,
        groups: Sequence[str],
        limit: int,
        also: Callable[[], Sequence[int]],
        within: Sequence[int] | None,
    ) -> list[LexicalHit]:
        """As `search`, through the texts; how rare words are is told by their letters, so that scores are nearly the same."""
        scale, worth = self._scanned(query, groups)
        self._scale_known = (query, tuple(groups)), scale
        others = set(also()) if scale.terms else set()
        allowed = worth.keys() if within is None else worth.keys() & set(within)
        best = sorted(allowed, key=lambda key: (-worth[key], key))[: max(2 * limit, _LOOKED_AT)]
        hits = []
        for key, text in self._texts({*best, *others}).items():
            if (hit := scale.score(key, tokens(text))) is not None:
                hits.append(hit)
        hits.sort(key=lambda hit: (-hit.score, hit.id))
        return hits[:limit] + [hit for hit in hits[limit:] if hit.id in others]

    def _scanned(self, query: str, groups: Sequence[str]) -> tuple[Scale, dict[int, float]]:
        """How the words of a query weigh, and what each passage that holds some of them is worth by that."""
        asked = list(dict.fromkeys(tokens(query)))
        looked_for = sorted(asked, key=lambda term: (is_common(term), -len(term.encode())))[:_TERMS]
        text = func.lower(DOCUMENTS.c.title + " " + PASSAGES.c.heading + " " + PASSAGES.c.text)
        holds = [(func.instr(text, _stem(term)) > 0).label(f"t{place}") for place, term in enumerate(looked_for)]
        query_ = select(PASSAGES.c.id, func.length(PASSAGES.c.text), *holds)
        query_ = query_.join(DOCUMENTS, DOCUMENTS.c.id == PASSAGES.c.document)
        query_ = query_.where(PASSAGES.c.collection.in_([int(group) for group in groups]), there(DOCUMENTS.c.collection))
        counts: Counter[str] = Counter()
        held: dict[int, list[str]] = {}
        rows = letters = 0
        with self._database.read() as connection:
            for found in connection.execute(query_):
                rows, letters = rows + 1, letters + found[1]
                if terms := [term for term, holds in zip(looked_for, found[2:], strict=True) if holds]:
                    held[found[0]] = terms
                    counts.update(terms)
                if letters > _LETTERS:
                    break
        # A word of Chinese letters makes two tokens of each, one of Latin ones one of six.
        words = letters / 6 if query.isascii() else letters * 2
        scale = scale_of(asked, counts, rows, max(words / max(rows, 1), 1.0))
        return scale, {key: sum(scale.terms.get(term, 0.0) for term in terms) for key, terms in held.items()}

    def _texts(self, ids: Iterable[int]) -> dict[int, str]:
        with self._database.read() as connection:
            found = (row for some in batches(sorted(ids)) for row in connection.execute(_stored().where(PASSAGES.c.id.in_(some))))
            return {row.id: _row(row).text for row in found}

    # health

    def fault(self, thorough: bool = False) -> str:
        """What is wrong with it, "" for nothing; a sample of the rows is read, `thorough` all of them. Raises `StorageFailed`."""
        try:
            with self._database.read() as connection:
                self._check_counts(connection)
                ids = sorted(connection.execute(_ids()).scalars())
                some = sorted(random.sample(ids, min(_SAMPLE, len(ids))))
                self.check_rows(map(_row, connection.execute(_stored().where(PASSAGES.c.id.in_(some)))), connection)
                if thorough:
                    self.check_all(map(_row, connection.execute(_stored())), connection)
            if thorough:
                self.check_inside()
        except LexicalDamaged as error:
            return str(error)
        return "it is being built anew" if self._ailing else ""

    def look_for_fault(self) -> None:
        """Notice damage that no question has met so far."""
        if not self._ailing and (fault := self.fault()):
            self._notice(LexicalDamaged(fault))

    def _check_counts(self, connection: Connection) -> None:
        by_group = select(PASSAGES.c.collection, func.count()).join(DOCUMENTS, DOCUMENTS.c.id == PASSAGES.c.document)
        by_group = by_group.where(there(DOCUMENTS.c.collection)).group_by(PASSAGES.c.collection)
        wanted = {str(row[0]): row[1] for row in connection.execute(by_group)}
        counted, held, there_are = self.counted(connection), self.ids(connection), set(connection.execute(_ids()).scalars())
        if counted != wanted or held != there_are:
            raise LexicalDamaged(f"it holds {len(held & there_are)} of {len(there_are)} passages")

    def renew(self) -> None:
        """Have it built anew by the next `heal`, whatever it was."""
        self._ailing, self._healings = True, 0

    def heal(self, stop: Callable[[], bool] = lambda: False) -> bool:
        """Build it anew where it is damaged; whether it is whole then. Raises `StorageFailed`."""
        with self._healing:
            while self._ailing and self._healings <= _HEALINGS and not stop():
                try:
                    with self._database.write() as connection:
                        self.empty(connection)
                except OperationalError as error:
                    if not _is_locked(error):
                        raise
                    self._healings += 1
                    self._database.reconnect()
                    continue
                count = self._fill(stop)
                if stop():
                    break
                try:
                    with self._database.read() as connection:
                        self._check_counts(connection)
                except LexicalDamaged as error:
                    self._healings += 1
                    log.warning("the word index is damaged again while it is built anew (%s)", error)
                else:
                    self._ailing = False
                    log.info("the word index is built anew from %d passages", count)
            return not self._ailing

    def _fill(self, stop: Callable[[], bool]) -> int:
        """Put in every passage that is not there; what is added meanwhile goes in by itself."""
        last = count = 0
        while not stop():
            with self._database.write() as connection:
                rows = connection.execute(_stored().where(PASSAGES.c.id > last).limit(_SLICE)).all()
                if not rows:
                    break
                last = rows[-1].id
                held = self.ids(connection, [row.id for row in rows])
                self.add([_row(row) for row in rows if row.id not in held], connection)
                count += len(rows)
        return count

    def _notice(self, error: LexicalDamaged) -> None:
        if self._ailing:
            return
        self._ailing = True
        self._healings += 1
        if self._healings > _HEALINGS:
            log.error("the word index fails again and again (%s); the texts are looked through until the next start", error)
            return
        log.warning("the word index is damaged (%s); it is built anew, and the texts are looked through meanwhile", error)
        self.noticed()


def _is_locked(error: OperationalError) -> bool:
    """Whether FTS5 keeps a table open: of one that it cannot read it may, in the connection that tried."""
    return "locked" in str(error.orig)


def _ids() -> Select[int]:
    of = PASSAGES.join(DOCUMENTS, DOCUMENTS.c.id == PASSAGES.c.document)
    return select(PASSAGES.c.id).select_from(of).where(there(DOCUMENTS.c.collection)).order_by(PASSAGES.c.id)


def _stored() -> Select[Any]:
    """What the index reads of the passages that are there, in order."""
    return _ids().add_columns(PASSAGES.c.collection, DOCUMENTS.c.form, DOCUMENTS.c.title, PASSAGES.c.heading, PASSAGES.c.text)


def _row(row: Row[Any]) -> LexicalRow:
    return LexicalRow(row.id, str(row.collection), lexical_text(row.form, row.title, row.heading, row.text))


def _stem(term: str) -> str:
    """The letters by which the texts are looked through: a plural in -ies has another end."""
    return term[:-1] if term.isascii() and len(term) > 3 and term.endswith("y") else term
