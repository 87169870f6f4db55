"""The truth about knowledge: collections, documents, passages and their vectors, in the one database.

Every change is one transaction that takes the lexical index with it and raises the collection's generation, by which the vector
index sees that it is behind. What its owner removed is kept for a while, out of every answer and every index, so that it can be
taken back. No reading, parsing or embedding happens here.
"""

import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, delete, func, insert, or_, select, text, update

from common.database import Database
from knowledge.rows import (
    CollectionRow,
    NewDocument,
    NewPassage,
    check_embedder,
    collection_missing,
    document_missing,
    lexical_text,
)
from knowledge.tables import COLLECTIONS, DOCUMENTS, INSTALLED, PASSAGES
from knowledge.types import Collection, DocumentRecord, Passage
from retrieval.embedding import EmbedderInfo
from retrieval.lexical import LexicalIndex, LexicalRow

_BATCH = 500

KEPT_S = 86_400.0
"""How long what was removed can be taken back, in seconds."""


class Catalogue:
    """Collections, documents and passages, each call for one owner."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.create(COLLECTIONS, DOCUMENTS, PASSAGES, INSTALLED)
        self.lexical = LexicalIndex(database, "passage")

    # collections

    def create(self, owner: str, collection: str, title: str, hidden: bool = False) -> bool:
        """Make a collection; False where the owner has one of that id."""
        with self._database.write() as connection:
            if _row(connection, owner, collection) is not None:
                return False
            if removed := _row(connection, owner, collection, removed=True):
                self._delete_collection(connection, removed)
            values = {"owner": owner, "id": collection, "title": title, "epoch": _epoch(), "created": time.time()}
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
            .where(_mine(owner), COLLECTIONS.c.hidden.is_not(True) if collection is None else COLLECTIONS.c.id == collection)
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
            key = _require(connection, owner, collection).key
            connection.execute(update(COLLECTIONS).where(COLLECTIONS.c.key == key).values(title=title))

    def require(self, owner: str, collections: Sequence[str]) -> list[CollectionRow]:
        """The rows of the collections. Raises `CollectionMissing`."""
        with self._database.read() as connection:
            return [_require(connection, owner, collection) for collection in dict.fromkeys(collections)]

    def everything(self, owner: str | None = None) -> list[CollectionRow]:
        """Every collection, of one owner or, for the indexes' upkeep, of all."""
        query = select(COLLECTIONS).where(COLLECTIONS.c.removed.is_(None)).order_by(COLLECTIONS.c.key)
        with self._database.read() as connection:
            return [_collection(row) for row in connection.execute(query.where(COLLECTIONS.c.owner == owner) if owner else query)]

    def delete_collection(self, owner: str, collection: str) -> CollectionRow:
        """Delete a collection for good, a removed one too."""
        with self._database.write() as connection:
            row = _row(connection, owner, collection, removed=True) or _require(connection, owner, collection)
            self._delete_collection(connection, row)
            return row

    def remove_collection(self, owner: str, collection: str) -> CollectionRow:
        """Take a collection out of sight and out of the word index."""
        with self._database.write() as connection:
            row = _require(connection, owner, collection)
            self.lexical.clear(row.group, connection)
            connection.execute(update(COLLECTIONS).where(COLLECTIONS.c.key == row.key).values(removed=time.time()))
            return row

    def restore_collection(self, owner: str, collection: str) -> CollectionRow:
        """Bring a removed collection back. Raises `CollectionMissing`."""
        with self._database.write() as connection:
            row = _row(connection, owner, collection, removed=True)
            if row is None:
                raise collection_missing(collection)
            connection.execute(update(COLLECTIONS).where(COLLECTIONS.c.key == row.key).values(removed=None))
            self._index_words(connection, PASSAGES.c.collection == row.key)
            _changed(connection, row.key)
            return row

    def purge(self) -> None:
        """Delete for good what was removed longer ago than it is kept."""
        limit = time.time() - KEPT_S
        # Most often there is nothing, and then no writer's turn is taken.
        old_collections = select(COLLECTIONS).where(COLLECTIONS.c.removed < limit)
        old_documents = select(DOCUMENTS.c.id).where(DOCUMENTS.c.removed < limit)
        with self._database.read() as connection:
            if not connection.execute(old_collections).first() and not connection.execute(old_documents).first():
                return
        with self._database.write() as connection:
            for row in connection.execute(old_collections).all():
                self._delete_collection(connection, _collection(row))
            for document in connection.execute(old_documents).scalars().all():
                self._take_out(connection, document)

    # documents

    def known(self, owner: str, collection: str, name: str, sha256: str) -> tuple[str, str, int] | None:
        """(id, name, passages) of the document that makes adding this content needless, if there is one.

        That is the document of this name with this content or, where the name is new, any with this content.
        """
        with self._database.read() as connection:
            key = _require(connection, owner, collection).key
            columns = select(DOCUMENTS.c.id, DOCUMENTS.c.name, DOCUMENTS.c.passages, DOCUMENTS.c.sha256)
            columns = columns.where(DOCUMENTS.c.removed.is_(None))
            named = connection.execute(columns.where(DOCUMENTS.c.collection == key, DOCUMENTS.c.name == name)).first()
            if named is not None:
                return (named.id, named.name, named.passages) if named.sha256 == sha256 else None
            same = connection.execute(columns.where(DOCUMENTS.c.collection == key, DOCUMENTS.c.sha256 == sha256)).first()
            return (same.id, same.name, same.passages) if same is not None else None

    def store(self, owner: str, collection: str, document: NewDocument, info: EmbedderInfo) -> tuple[str, int]:
        """Store the document with all that belongs to it, in place of one of the same name.

        Returns its id and the collection's key.
        Raises `CollectionMissing`, `EmbedderMismatch` and `StorageFailed`; nothing of it is kept then.
        """
        with self._database.write() as connection:
            row = _require(connection, owner, collection)
            check_embedder(row, info)
            same = (DOCUMENTS.c.collection == row.key) & (DOCUMENTS.c.name == document.name)
            old = connection.execute(select(DOCUMENTS.c.id).where(same)).scalar()
            if old is not None:
                self._take_out(connection, old)
            identity = uuid.uuid4().hex
            connection.execute(
                insert(DOCUMENTS).values(
                    id=identity,
                    collection=row.key,
                    name=document.name,
                    title=document.title,
                    form=document.form,
                    sha256=document.sha256,
                    text=document.text,
                    characters=len(document.text),
                    passages=len(document.passages),
                    added=time.time(),
                    bytes=document.bytes,
                )
            )
            rows = [_values(row.key, identity, passage) for passage in document.passages]
            keys: list[int] = []
            if rows:
                statement = insert(PASSAGES).returning(PASSAGES.c.id, sort_by_parameter_order=True)
                keys = list(connection.execute(statement, rows).scalars())
            self.lexical.add(
                (
                    LexicalRow(number, row.group, lexical_text(document.form, document.title, passage.heading, passage.text))
                    for number, passage in zip(keys, document.passages, strict=True)
                ),
                connection,
            )
            _changed(connection, row.key, info)
            return identity, row.key

    def documents(
        self, owner: str, collection: str, limit: int | None = None, offset: int = 0, words: str = ""
    ) -> list[DocumentRecord]:
        """The documents, oldest first; with `words`, those whose name or title holds them."""
        columns = DOCUMENTS.c
        query = select(*(columns[name] for name in ("id", "name", "title", "passages", "characters", "added", "bytes", "form")))
        if words:
            pattern = f"%{words.replace(chr(92), chr(92) * 2).replace('%', chr(92) + '%').replace('_', chr(92) + '_')}%"
            query = query.where(or_(columns.name.like(pattern, escape=chr(92)), columns.title.like(pattern, escape=chr(92))))
        with self._database.read() as connection:
            query = query.where(columns.collection == _require(connection, owner, collection).key, columns.removed.is_(None))
            found = connection.execute(query.order_by(columns.added, columns.name).limit(limit).offset(offset))
            return [DocumentRecord(*row) for row in found]

    def document(self, owner: str, document: str) -> tuple[str, DocumentRecord]:
        """A document and the id of its collection. Raises `DocumentMissing`."""
        columns = DOCUMENTS.c
        named = (columns[name] for name in ("id", "name", "title", "passages", "characters", "added", "bytes", "form"))
        with self._database.read() as connection:
            row = connection.execute(_of_documents(owner, document, COLLECTIONS.c.id.label("collection_id"), *named)).first()
        if row is None:
            raise document_missing(document)
        return row[0], DocumentRecord(*row[1:])

    def text(self, owner: str, document: str) -> str:
        with self._database.read() as connection:
            found: str | None = connection.execute(_of_documents(owner, document, DOCUMENTS.c.text)).scalar()
        if found is None:
            raise document_missing(document)
        return found

    def remove(self, owner: str, document: str) -> int:
        """Take the document out of sight and of the word index; returns its collection's key. Raises `DocumentMissing`."""
        with self._database.write() as connection:
            key: int | None = connection.execute(_of_documents(owner, document, COLLECTIONS.c.key)).scalar()
            if key is None:
                raise document_missing(document)
            self.lexical.remove(_passages_of(connection, document), connection)
            connection.execute(update(DOCUMENTS).where(DOCUMENTS.c.id == document).values(removed=time.time()))
            _changed(connection, key)
            return key

    def restore(self, owner: str, document: str) -> int:
        """Bring a removed document back; returns its collection's key. Raises `DocumentMissing`."""
        with self._database.write() as connection:
            key: int | None = connection.execute(_of_documents(owner, document, COLLECTIONS.c.key, removed=True)).scalar()
            if key is None:
                raise document_missing(document)
            connection.execute(update(DOCUMENTS).where(DOCUMENTS.c.id == document).values(removed=None))
            self._index_words(connection, PASSAGES.c.document == document)
            _changed(connection, key)
            return key

    # passages

    def passages(
        self, owner: str | None, *, document: str | None = None, ids: Sequence[int] | None = None, keys: Sequence[int] = ()
    ) -> dict[int, Passage]:
        """The owner's passages of a document, in order, or those of the ids that there are; without an owner, in `keys`."""
        query = (
            select(PASSAGES, COLLECTIONS.c.id.label("collection_id"), DOCUMENTS.c.title)
            .join(COLLECTIONS, COLLECTIONS.c.key == PASSAGES.c.collection)
            .join(DOCUMENTS, DOCUMENTS.c.id == PASSAGES.c.document)
            .where(COLLECTIONS.c.removed.is_(None), DOCUMENTS.c.removed.is_(None))
            .where(COLLECTIONS.c.key.in_(keys) if owner is None else COLLECTIONS.c.owner == owner)
            .order_by(PASSAGES.c.id)
        )
        found: dict[int, Passage] = {}
        with self._database.read() as connection:
            if document is not None:
                rows = list(connection.execute(query.where(PASSAGES.c.document == document)))
            else:
                rows = [row for some in _batches(ids or ()) for row in connection.execute(query.where(PASSAGES.c.id.in_(some)))]
        for row in rows:
            place = (row.heading, row.page, row.start, row.end)
            found[row.id] = Passage(row.id, row.collection_id, row.document, row.title, row.text, *place)
        return found

    def records(self, ids: Sequence[int]) -> set[int]:
        """Which of the passages are records: a question as the heading, and what was said to it."""
        query = select(PASSAGES.c.id).join(DOCUMENTS, DOCUMENTS.c.id == PASSAGES.c.document).where(DOCUMENTS.c.form == "records")
        with self._database.read() as connection:
            return {key for some in _batches(ids) for key in connection.execute(query.where(PASSAGES.c.id.in_(some))).scalars()}

    def vector_ids(self, key: int) -> list[int]:
        """The passages of a collection that have vectors, in order of their numbers."""
        query = select(PASSAGES.c.id).join(DOCUMENTS, DOCUMENTS.c.id == PASSAGES.c.document).order_by(PASSAGES.c.id)
        query = query.where(PASSAGES.c.collection == key, PASSAGES.c.vector.is_not(None), DOCUMENTS.c.removed.is_(None))
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())

    def vectors(self, ids: Sequence[int], keys: Sequence[int] | None = None) -> dict[int, NDArray[np.float32]]:
        """The vectors of the passages that have one; with `keys`, of those collections only."""
        found: dict[int, NDArray[np.float32]] = {}
        with self._database.read() as connection:
            for some in _batches(ids):
                query = select(PASSAGES.c.id, PASSAGES.c.vector).where(PASSAGES.c.id.in_(some), PASSAGES.c.vector.is_not(None))
                if keys is not None:
                    query = query.where(PASSAGES.c.collection.in_(keys))
                found |= {row.id: np.frombuffer(row.vector, dtype="<f4") for row in connection.execute(query)}
        return found

    def to_embed(self, row: CollectionRow) -> list[tuple[int, str, str, str, str]]:
        """(id, form, title, heading, text) of every passage of a collection."""
        query = (
            select(PASSAGES.c.id, DOCUMENTS.c.form, DOCUMENTS.c.title, PASSAGES.c.heading, PASSAGES.c.text)
            .join(DOCUMENTS, DOCUMENTS.c.id == PASSAGES.c.document)
            .where(PASSAGES.c.collection == row.key, DOCUMENTS.c.removed.is_(None))
            .order_by(PASSAGES.c.id)
        )
        with self._database.read() as connection:
            return [tuple(found) for found in connection.execute(query)]

    def replace_vectors(self, row: CollectionRow, vectors: Mapping[int, NDArray[np.float32] | None], info: EmbedderInfo) -> None:
        """Give every passage of the collection its new vector and the lexical index its rows anew, in one transaction."""
        values = [{"passage": key, "bytes": _bytes(vector)} for key, vector in vectors.items()]
        with self._database.write() as connection:
            # Read with the writer's turn taken: a document that was added meanwhile keeps its place in the lexical index.
            current = self.to_embed(row)
            # What was removed keeps its old vectors, which nothing could compare any more.
            removed = select(DOCUMENTS.c.id).where(DOCUMENTS.c.collection == row.key, DOCUMENTS.c.removed.is_not(None))
            for document in connection.execute(removed).scalars().all():
                self._take_out(connection, document)
            if values:
                statement = update(PASSAGES).where(PASSAGES.c.id == bindparam("passage")).values(vector=bindparam("bytes"))
                connection.execute(statement, values)
            self.lexical.clear(row.group, connection)
            self.lexical.add((LexicalRow(key, row.group, lexical_text(*rest)) for key, *rest in current), connection)
            connection.execute(update(COLLECTIONS).where(COLLECTIONS.c.key == row.key).values(epoch=_epoch()))
            _changed(connection, row.key, info)

    # upkeep

    def installed(self, owner: str) -> dict[tuple[str, str], str]:
        """The shipped documents that the owner was given at some time: (collection, name) -> sha256."""
        query = select(INSTALLED).where(INSTALLED.c.owner == owner)
        with self._database.read() as connection:
            return {(row.collection, row.name): row.sha256 for row in connection.execute(query)}

    def mark_installed(self, owner: str, collection: str, name: str, sha256: str) -> None:
        place = (INSTALLED.c.owner == owner) & (INSTALLED.c.collection == collection) & (INSTALLED.c.name == name)
        with self._database.write() as connection:
            connection.execute(delete(INSTALLED).where(place))
            connection.execute(insert(INSTALLED).values(owner=owner, collection=collection, name=name, sha256=sha256))

    def counts(self) -> tuple[int, int, int]:
        """How many documents there are, how many passages they should have, and how many passages there are."""
        there = _there(DOCUMENTS.c.collection)
        documents = select(func.count(), func.coalesce(func.sum(DOCUMENTS.c.passages), 0)).where(there)
        passages = select(func.count()).select_from(PASSAGES).join(DOCUMENTS, DOCUMENTS.c.id == PASSAGES.c.document).where(there)
        with self._database.read() as connection:
            found, wanted = connection.execute(documents).one()
            return found, wanted, connection.execute(passages).scalar_one()

    def damage(self) -> str:
        """What SQLite finds wrong with its file, "" for nothing."""
        with self._database.read() as connection:
            found = [str(row[0]) for row in connection.execute(text("PRAGMA quick_check(3)"))]
        return "" if found == ["ok"] else "; ".join(found)

    def _index_words(self, connection: Connection, which: ColumnElement[bool]) -> None:
        """Give passages that are there again their rows in the word index."""
        columns = (PASSAGES.c.id, PASSAGES.c.collection, DOCUMENTS.c.form, DOCUMENTS.c.title, PASSAGES.c.heading, PASSAGES.c.text)
        query = (
            select(*columns).join(DOCUMENTS, DOCUMENTS.c.id == PASSAGES.c.document).where(which, DOCUMENTS.c.removed.is_(None))
        )
        rows = connection.execute(query.order_by(PASSAGES.c.id)).all()
        self.lexical.add((LexicalRow(row[0], str(row[1]), lexical_text(*row[2:])) for row in rows), connection)

    def _take_out(self, connection: Connection, document: str) -> None:
        self.lexical.remove(_passages_of(connection, document), connection)
        connection.execute(delete(PASSAGES).where(PASSAGES.c.document == document))
        connection.execute(delete(DOCUMENTS).where(DOCUMENTS.c.id == document))

    def _delete_collection(self, connection: Connection, row: CollectionRow) -> None:
        self.lexical.clear(row.group, connection)
        connection.execute(delete(PASSAGES).where(PASSAGES.c.collection == row.key))
        connection.execute(delete(DOCUMENTS).where(DOCUMENTS.c.collection == row.key))
        connection.execute(delete(COLLECTIONS).where(COLLECTIONS.c.key == row.key))


def _mine(owner: str, removed: bool = False) -> ColumnElement[bool]:
    """The owner's collections that are there, or those that were removed."""
    return (COLLECTIONS.c.owner == owner) & (COLLECTIONS.c.removed.is_not(None) if removed else COLLECTIONS.c.removed.is_(None))


def _there(collection: ColumnElement[int]) -> ColumnElement[bool]:
    """Documents that neither were removed nor lie in a removed collection."""
    removed = select(COLLECTIONS.c.key).where(COLLECTIONS.c.removed.is_not(None))
    return DOCUMENTS.c.removed.is_(None) & collection.not_in(removed)


def _of_documents(owner: str, document: str, *columns: ColumnElement[Any], removed: bool = False) -> Select[Any]:
    """A query for a document of the owner that is there, or was removed."""
    state = DOCUMENTS.c.removed.is_not(None) if removed else DOCUMENTS.c.removed.is_(None)
    query = select(*columns).join_from(DOCUMENTS, COLLECTIONS, COLLECTIONS.c.key == DOCUMENTS.c.collection)
    return query.where(_mine(owner), DOCUMENTS.c.id == document, state)


def _passages_of(connection: Connection, document: str) -> list[int]:
    return list(connection.execute(select(PASSAGES.c.id).where(PASSAGES.c.document == document)).scalars())


def _row(connection: Connection, owner: str, collection: str, removed: bool = False) -> CollectionRow | None:
    query = select(COLLECTIONS).where(_mine(owner, removed), COLLECTIONS.c.id == collection)
    row = connection.execute(query).first()
    return _collection(row) if row is not None else None


def _collection(row: Row[tuple[object, ...]]) -> CollectionRow:
    return CollectionRow(row.key, row.id, row.embedder, row.epoch, row.generation)


def _require(connection: Connection, owner: str, collection: str) -> CollectionRow:
    row = _row(connection, owner, collection)
    if row is None:
        raise collection_missing(collection)
    return row


def _changed(connection: Connection, key: int, info: EmbedderInfo | None = None) -> None:
    values: dict[str, object] = {"generation": COLLECTIONS.c.generation + 1}
    if info is not None:
        values |= {"embedder": info.name, "dimension": info.dimension}
    connection.execute(update(COLLECTIONS).where(COLLECTIONS.c.key == key).values(values))


def _values(key: int, document: str, passage: NewPassage) -> dict[str, object]:
    return {
        "collection": key,
        "document": document,
        "text": passage.text,
        "heading": passage.heading,
        "page": passage.page,
        "start": passage.start,
        "end": passage.end,
        "vector": _bytes(passage.vector),
    }


def _bytes(vector: NDArray[np.float32] | None) -> bytes | None:
    return None if vector is None else vector.astype("<f4").tobytes()


def _epoch() -> str:
    return uuid.uuid4().hex[:12]


def _batches(items: Sequence[int]) -> list[Sequence[int]]:
    return [items[i : i + _BATCH] for i in range(0, len(items), _BATCH)]
