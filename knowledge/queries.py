"""Pieces of the statements that the catalogue is made of: whose a row is, whether it is there, and what changes with it.

Whatever changes a collection raises its generation here, in the caller's transaction. Nothing is remembered between calls.
"""

import uuid
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Row, Select, delete, insert, select, update

from knowledge.rows import CollectionRow, NewPassage, collection_missing
from knowledge.tables import COLLECTIONS, DOCUMENTS, LABELS, NEXT, PASSAGES, TRACES
from retrieval.embedding import EmbedderInfo
from retrieval.lexical import LexicalIndex

_BATCH = 500  # rows a statement


def mine(owner: str, removed: bool = False) -> ColumnElement[bool]:
    """The owner's collections that are there, or those that were removed."""
    return (COLLECTIONS.c.owner == owner) & (COLLECTIONS.c.removed.is_not(None) if removed else COLLECTIONS.c.removed.is_(None))


def there(collection: ColumnElement[int]) -> ColumnElement[bool]:
    """Documents that neither were removed nor lie in a removed collection."""
    removed = select(COLLECTIONS.c.key).where(COLLECTIONS.c.removed.is_not(None))
    return DOCUMENTS.c.removed.is_(None) & collection.not_in(removed)


def of_documents(owner: str, document: str, *columns: ColumnElement[Any], removed: bool = False) -> Select[Any]:
    """A query for a document of the owner that is there, or was removed."""
    state = DOCUMENTS.c.removed.is_not(None) if removed else DOCUMENTS.c.removed.is_(None)
    query = select(*columns).join_from(DOCUMENTS, COLLECTIONS, COLLECTIONS.c.key == DOCUMENTS.c.collection)
    return query.where(mine(owner), DOCUMENTS.c.id == document, state)


def passages_of(connection: Connection, document: str) -> list[int]:
    return list(connection.execute(select(PASSAGES.c.id).where(PASSAGES.c.document == document)).scalars())


def row_of(connection: Connection, owner: str, collection: str, removed: bool = False) -> CollectionRow | None:
    query = select(COLLECTIONS).where(mine(owner, removed), COLLECTIONS.c.id == collection)
    row = connection.execute(query).first()
    return as_row(row) if row is not None else None


def as_row(row: Row[tuple[object, ...]]) -> CollectionRow:
    return CollectionRow(row.key, row.id, row.embedder, row.revision, row.epoch, row.generation, row.chunking)


def row_of_key(connection: Connection, key: int) -> CollectionRow | None:
    """The collection of a key, None where it is gone or was removed."""
    row = connection.execute(select(COLLECTIONS).where(COLLECTIONS.c.key == key, COLLECTIONS.c.removed.is_(None))).first()
    return as_row(row) if row is not None else None


def require_row(connection: Connection, owner: str, collection: str) -> CollectionRow:
    row = row_of(connection, owner, collection)
    if row is None:
        raise collection_missing(collection)
    return row


def raise_generation(connection: Connection, key: int, info: EmbedderInfo | None = None) -> None:
    values: dict[str, object] = {"generation": COLLECTIONS.c.generation + 1}
    if info is not None:
        languages = " ".join(sorted(info.languages))
        values |= {"embedder": info.name, "revision": info.revision, "dimension": info.dimension, "languages": languages}
    connection.execute(update(COLLECTIONS).where(COLLECTIONS.c.key == key).values(values))


def passage_values(key: int, document: str, passage: NewPassage) -> dict[str, object]:
    return {
        "collection": key,
        "document": document,
        "text": passage.text,
        "heading": passage.heading,
        "page": passage.page,
        "start": passage.start,
        "end": passage.end,
        "vector": as_bytes(passage.vector),
    }


def as_bytes(vector: NDArray[np.float32] | None) -> bytes | None:
    return None if vector is None else vector.astype("<f4").tobytes()


def new_epoch() -> str:
    return uuid.uuid4().hex[:12]


def batches(items: Sequence[int]) -> list[Sequence[int]]:
    return [items[i : i + _BATCH] for i in range(0, len(items), _BATCH)]


def take_out(connection: Connection, lexical: LexicalIndex, document: str) -> None:
    """Delete a document for good."""
    empty(connection, lexical, document)
    connection.execute(delete(DOCUMENTS).where(DOCUMENTS.c.id == document))


def empty(connection: Connection, lexical: LexicalIndex, document: str) -> None:
    """Delete what lies in a document, and leave it without passages."""
    lexical.remove(passages_of(connection, document), connection)
    connection.execute(delete(NEXT).where(NEXT.c.passage.in_(select(PASSAGES.c.id).where(PASSAGES.c.document == document))))
    connection.execute(delete(LABELS).where(LABELS.c.document == document))
    connection.execute(delete(PASSAGES).where(PASSAGES.c.document == document))
    connection.execute(insert(TRACES).values(number=None))


def delete_rows(connection: Connection, lexical: LexicalIndex, row: CollectionRow) -> None:
    """Delete a collection for good, with all that is in it."""
    lexical.clear(row.group, connection)
    documents = select(DOCUMENTS.c.id).where(DOCUMENTS.c.collection == row.key)
    connection.execute(delete(LABELS).where(LABELS.c.document.in_(documents)))
    connection.execute(delete(NEXT).where(NEXT.c.passage.in_(select(PASSAGES.c.id).where(PASSAGES.c.collection == row.key))))
    connection.execute(delete(PASSAGES).where(PASSAGES.c.collection == row.key))
    connection.execute(delete(DOCUMENTS).where(DOCUMENTS.c.collection == row.key))
    connection.execute(delete(COLLECTIONS).where(COLLECTIONS.c.key == row.key))
    connection.execute(insert(TRACES).values(number=None))
