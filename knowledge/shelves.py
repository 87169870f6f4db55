"""The collections of every owner: made, named, taken away, brought back, and as the indexes see them.

What its owner removed is kept for a while, out of every answer and every index, so that it can be taken back.
"""

import time
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from common.database import Database
from knowledge.queries import as_row, delete_rows, mine, new_epoch, raise_generation, require_row, row_of, take_out
from knowledge.rows import CollectionRow, collection_missing, lexical_text
from knowledge.tables import COLLECTIONS, DOCUMENTS, INSTALLED, LABELS, NEXT, PASSAGES, TRACES
from knowledge.types import Collection
from knowledge.wordindex import WordIndex
from retrieval.lexical import LexicalRow

KEPT_S = 86_400.0
"""How long what was removed can be taken back, in seconds."""


class Shelves:
    """Collections, each call for one owner."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.create(COLLECTIONS, DOCUMENTS, PASSAGES, LABELS, INSTALLED, NEXT, TRACES)
        self.lexical = WordIndex(database)

    def create(self, owner: str, collection: str, title: str, hidden: bool = False) -> bool:
        """Make a collection; False where the owner has one of that id."""
        with self._database.write() as connection:
            if row_of(connection, owner, collection) is not None:
                return False
            if removed := row_of(connection, owner, collection, removed=True):
                delete_rows(connection, self.lexical, removed)
            values = {"owner": owner, "id": collection, "title": title, "epoch": new_epoch(), "created": time.time()}
            connection.execute(insert(COLLECTIONS).values(**values, hidden=hidden))
            return True

    def collections(self, owner: str, collection: str | None = None) -> list[Collection]:
        """The collections that are listed, or the one of an id, listed or not."""
        counted = (func.count(), func.sum(DOCUMENTS.c.passages), func.sum(DOCUMENTS.c.characters), func.sum(DOCUMENTS.c.bytes))
        sums = select(DOCUMENTS.c.collection, *(each.label(f"n{place}") for place, each in enumerate(counted)))
        documents = sums.where(DOCUMENTS.c.removed.is_(None)).group_by(DOCUMENTS.c.collection).subquery()
        query = (
            select(COLLECTIONS, *(func.coalesce(documents.c[f"n{place}"], 0) for place in range(len(counted))))
            .join(documents, documents.c.collection == COLLECTIONS.c.key, isouter=True)
            .where(mine(owner), COLLECTIONS.c.hidden.is_not(True) if collection is None else COLLECTIONS.c.id == collection)
            .order_by(COLLECTIONS.c.key)
        )
        with self._database.read() as connection:
            return [Collection(row.id, row.title, row[-4], row[-3], row.embedder, *row[-2:]) for row in connection.execute(query)]

    def hidden(self, owner: str | None = None) -> list[tuple[str, str]]:
        """(owner, id) of the collections that are not listed, of one owner or, for their upkeep, of all."""
        query = select(COLLECTIONS.c.owner, COLLECTIONS.c.id).where(COLLECTIONS.c.hidden.is_(True)).order_by(COLLECTIONS.c.key)
        with self._database.read() as connection:
            rows = connection.execute(query.where(COLLECTIONS.c.owner == owner) if owner else query)
            return [(row.owner, row.id) for row in rows]

    def rename(self, owner: str, collection: str, title: str) -> None:
        with self._database.write() as connection:
            key = require_row(connection, owner, collection).key
            connection.execute(update(COLLECTIONS).where(COLLECTIONS.c.key == key).values(title=title))

    def require(self, owner: str, collections: Sequence[str]) -> list[CollectionRow]:
        """The rows of the collections. Raises `CollectionMissing`."""
        with self._database.read() as connection:
            return [require_row(connection, owner, collection) for collection in dict.fromkeys(collections)]

    def everything(self, owner: str | None = None) -> list[CollectionRow]:
        """Every collection, of one owner or, for the indexes' upkeep, of all."""
        query = select(COLLECTIONS).where(COLLECTIONS.c.removed.is_(None)).order_by(COLLECTIONS.c.key)
        with self._database.read() as connection:
            return [as_row(row) for row in connection.execute(query.where(COLLECTIONS.c.owner == owner) if owner else query)]

    def delete_collection(self, owner: str, collection: str) -> CollectionRow:
        """Delete a collection for good, a removed one too."""
        with self._database.write() as connection:
            row = row_of(connection, owner, collection, removed=True) or require_row(connection, owner, collection)
            delete_rows(connection, self.lexical, row)
            return row

    def remove_collection(self, owner: str, collection: str) -> CollectionRow:
        """Take a collection out of sight and out of the word index."""
        with self._database.write() as connection:
            row = require_row(connection, owner, collection)
            self.lexical.clear(row.group, connection)
            connection.execute(update(COLLECTIONS).where(COLLECTIONS.c.key == row.key).values(removed=time.time()))
            return row

    def restore_collection(self, owner: str, collection: str) -> CollectionRow:
        """Bring a removed collection back. Raises `CollectionMissing`."""
        with self._database.write() as connection:
            row = row_of(connection, owner, collection, removed=True)
            if row is None:
                raise collection_missing(collection)
            connection.execute(update(COLLECTIONS).where(COLLECTIONS.c.key == row.key).values(removed=None))
            self.index_words(connection, PASSAGES.c.collection == row.key)
            raise_generation(connection, row.key)
            return row

    def purge(self) -> bool:
        """Delete for good what was removed longer ago than it is kept; whether there was something."""
        limit = time.time() - KEPT_S
        # Most often there is nothing, and then no writer's turn is taken.
        old_collections = select(COLLECTIONS).where(COLLECTIONS.c.removed < limit)
        old_documents = select(DOCUMENTS.c.id).where(DOCUMENTS.c.removed < limit)
        with self._database.read() as connection:
            if not connection.execute(old_collections).first() and not connection.execute(old_documents).first():
                return False
        with self._database.write() as connection:
            for row in connection.execute(old_collections).all():
                delete_rows(connection, self.lexical, as_row(row))
            for document in connection.execute(old_documents).scalars().all():
                take_out(connection, self.lexical, document)
        return True

    def index_words(self, connection: Connection, which: ColumnElement[bool]) -> None:
        """Give passages that are there again their rows in the word index."""
        columns = (PASSAGES.c.id, PASSAGES.c.collection, DOCUMENTS.c.form, DOCUMENTS.c.title, PASSAGES.c.heading, PASSAGES.c.text)
        query = (
            select(*columns).join(DOCUMENTS, DOCUMENTS.c.id == PASSAGES.c.document).where(which, DOCUMENTS.c.removed.is_(None))
        )
        rows = connection.execute(query.order_by(PASSAGES.c.id)).all()
        self.lexical.add((LexicalRow(row[0], str(row[1]), lexical_text(*row[2:])) for row in rows), connection)
