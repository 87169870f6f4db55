"""The truth about knowledge: collections, documents, passages and their vectors, in the one database.

Every change is one transaction that takes the lexical index with it and raises the collection's generation, by which the vector
index sees that it is behind. No reading, parsing or embedding happens here.
"""

import time
import uuid
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    Column,
    Connection,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    update,
)

from common.database import Database, metadata
from knowledge.rows import (
    CollectionRow,
    NewDocument,
    NewPassage,
    check_embedder,
    collection_missing,
    document_missing,
    lexical_text,
)
from knowledge.types import Collection, DocumentRecord, Passage
from retrieval.embedding import EmbedderInfo
from retrieval.lexical import LexicalIndex, LexicalRow

COLLECTIONS = Table(
    "collections",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("owner", String, nullable=False),
    Column("id", String, nullable=False),
    Column("title", String, nullable=False),
    Column("embedder", String, nullable=False, default=""),
    Column("dimension", Integer, nullable=False, default=0),
    # Changes when the vectors are made anew, so that an index of other vectors is never taken for this one's.
    Column("epoch", String, nullable=False),
    Column("generation", Integer, nullable=False, default=0),
    Column("created", Float, nullable=False),
    UniqueConstraint("owner", "id"),
    sqlite_autoincrement=True,
)

DOCUMENTS = Table(
    "knowledge_documents",
    metadata,
    Column("id", String, primary_key=True),
    Column("collection", ForeignKey("collections.key"), nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("title", String, nullable=False),
    Column("form", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("characters", Integer, nullable=False),
    Column("passages", Integer, nullable=False),
    Column("added", Float, nullable=False),
    UniqueConstraint("collection", "name"),
)

PASSAGES = Table(
    "passages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("collection", ForeignKey("collections.key"), nullable=False, index=True),
    Column("document", ForeignKey("knowledge_documents.id"), nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("heading", String, nullable=False),
    Column("page", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    # float32, little endian; NULL where the embedder cannot read the passage's language.
    Column("vector", LargeBinary),
    # A number is never used twice: an index may still hold the old passage of that number.
    sqlite_autoincrement=True,
)

INSTALLED = Table(
    "shipped_documents",
    metadata,
    Column("owner", String, primary_key=True),
    Column("collection", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("sha256", String, nullable=False),
)

_BATCH = 500


class Catalogue:
    """Collections, documents and passages, each call for one owner."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.create(COLLECTIONS, DOCUMENTS, PASSAGES, INSTALLED)
        self.lexical = LexicalIndex(database, "passage")

    # collections

    def create(self, owner: str, collection: str, title: str) -> bool:
        """Make a collection; False where the owner has one of that id."""
        with self._database.write() as connection:
            if _row(connection, owner, collection) is not None:
                return False
            values = {"owner": owner, "id": collection, "title": title, "epoch": _epoch(), "created": time.time()}
            connection.execute(insert(COLLECTIONS).values(**values))
            return True

    def collections(self, owner: str) -> list[Collection]:
        documents = (
            select(DOCUMENTS.c.collection, func.count().label("documents"), func.sum(DOCUMENTS.c.passages).label("passages"))
            .group_by(DOCUMENTS.c.collection)
            .subquery()
        )
        query = (
            select(COLLECTIONS, func.coalesce(documents.c.documents, 0), func.coalesce(documents.c.passages, 0))
            .join(documents, documents.c.collection == COLLECTIONS.c.key, isouter=True)
            .where(COLLECTIONS.c.owner == owner)
            .order_by(COLLECTIONS.c.key)
        )
        with self._database.read() as connection:
            return [Collection(row.id, row.title, row[-2], row[-1], row.embedder) for row in connection.execute(query)]

    def require(self, owner: str, collections: Sequence[str]) -> list[CollectionRow]:
        """The rows of the collections. Raises `CollectionMissing`."""
        with self._database.read() as connection:
            return [_require(connection, owner, collection) for collection in dict.fromkeys(collections)]

    def everything(self, owner: str | None = None) -> list[CollectionRow]:
        """Every collection, of one owner or, for the indexes' upkeep, of all."""
        query = select(COLLECTIONS).order_by(COLLECTIONS.c.key)
        with self._database.read() as connection:
            return [_collection(row) for row in connection.execute(query.where(COLLECTIONS.c.owner == owner) if owner else query)]

    def delete_collection(self, owner: str, collection: str) -> CollectionRow:
        with self._database.write() as connection:
            row = _require(connection, owner, collection)
            self.lexical.clear(row.group, connection)
            connection.execute(delete(PASSAGES).where(PASSAGES.c.collection == row.key))
            connection.execute(delete(DOCUMENTS).where(DOCUMENTS.c.collection == row.key))
            connection.execute(delete(COLLECTIONS).where(COLLECTIONS.c.key == row.key))
            return row

    # documents

    def known(self, owner: str, collection: str, name: str, sha256: str) -> tuple[str, str, int] | None:
        """(id, name, passages) of the document that makes adding this content needless, if there is one.

        That is the document of this name with this content or, where the name is new, any with this content.
        """
        with self._database.read() as connection:
            key = _require(connection, owner, collection).key
            columns = select(DOCUMENTS.c.id, DOCUMENTS.c.name, DOCUMENTS.c.passages, DOCUMENTS.c.sha256)
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

    def documents(self, owner: str, collection: str) -> list[DocumentRecord]:
        columns = DOCUMENTS.c
        with self._database.read() as connection:
            key = _require(connection, owner, collection).key
            query = select(columns.id, columns.name, columns.title, columns.passages, columns.characters, columns.added)
            found = connection.execute(query.where(columns.collection == key).order_by(columns.added, columns.name))
            return [DocumentRecord(*row) for row in found]

    def text(self, owner: str, document: str) -> str:
        with self._database.read() as connection:
            query = select(DOCUMENTS.c.text).join(COLLECTIONS, COLLECTIONS.c.key == DOCUMENTS.c.collection)
            found: str | None = connection.execute(query.where(COLLECTIONS.c.owner == owner, DOCUMENTS.c.id == document)).scalar()
        if found is None:
            raise document_missing(document)
        return found

    def remove(self, owner: str, document: str) -> int:
        """Take the document out; returns its collection's key. Raises `DocumentMissing`."""
        with self._database.write() as connection:
            query = select(COLLECTIONS.c.key).join(DOCUMENTS, COLLECTIONS.c.key == DOCUMENTS.c.collection)
            key: int | None = connection.execute(query.where(COLLECTIONS.c.owner == owner, DOCUMENTS.c.id == document)).scalar()
            if key is None:
                raise document_missing(document)
            self._take_out(connection, document)
            _changed(connection, key)
            return key

    # passages

    def passages(self, owner: str, *, document: str | None = None, ids: Sequence[int] | None = None) -> dict[int, Passage]:
        """The owner's passages of a document, in order, or those of the ids that there are."""
        query = (
            select(PASSAGES, COLLECTIONS.c.id.label("collection_id"), DOCUMENTS.c.title)
            .join(COLLECTIONS, COLLECTIONS.c.key == PASSAGES.c.collection)
            .join(DOCUMENTS, DOCUMENTS.c.id == PASSAGES.c.document)
            .where(COLLECTIONS.c.owner == owner)
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
        query = select(PASSAGES.c.id).where(PASSAGES.c.collection == key, PASSAGES.c.vector.is_not(None)).order_by(PASSAGES.c.id)
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
            .where(PASSAGES.c.collection == row.key)
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
        with self._database.read() as connection:
            documents, wanted = connection.execute(select(func.count(), func.coalesce(func.sum(DOCUMENTS.c.passages), 0))).one()
            return documents, wanted, connection.execute(select(func.count()).select_from(PASSAGES)).scalar_one()

    def damage(self) -> str:
        """What SQLite finds wrong with its file, "" for nothing."""
        with self._database.read() as connection:
            found = [str(row[0]) for row in connection.execute(text("PRAGMA quick_check(3)"))]
        return "" if found == ["ok"] else "; ".join(found)

    def _take_out(self, connection: Connection, document: str) -> None:
        ids = list(connection.execute(select(PASSAGES.c.id).where(PASSAGES.c.document == document)).scalars())
        self.lexical.remove(ids, connection)
        connection.execute(delete(PASSAGES).where(PASSAGES.c.document == document))
        connection.execute(delete(DOCUMENTS).where(DOCUMENTS.c.id == document))


def _row(connection: Connection, owner: str, collection: str) -> CollectionRow | None:
    query = select(COLLECTIONS).where(COLLECTIONS.c.owner == owner, COLLECTIONS.c.id == collection)
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
