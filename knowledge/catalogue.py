"""The truth about knowledge: collections, documents, passages and their vectors, in the one database.

Every change is one transaction that takes the lexical index with it and raises the collection's generation, by which the vector
index sees that it is behind. What its owner removed is kept for a while, out of every answer and every index, so that it can be
taken back. No reading, parsing or embedding happens here.
"""

import time
import uuid
from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, func, insert, or_, select, text, update

from knowledge.labels import label_values
from knowledge.queries import (
    batches,
    empty,
    of_documents,
    passage_values,
    passages_of,
    raise_generation,
    require_row,
    row_of_key,
    take_out,
    there,
)
from knowledge.rows import CollectionRow, NewDocument, check_embedder, document_missing, lexical_text
from knowledge.shelves import Shelves
from knowledge.tables import COLLECTIONS, DOCUMENTS, INSTALLED, LABELS, PASSAGES
from knowledge.types import DocumentRecord, Passage
from retrieval.embedding import EmbedderInfo
from retrieval.lexical import LexicalRow


class Catalogue(Shelves):
    """What lies in the collections: documents, their passages and vectors."""

    # documents

    def known(self, owner: str, collection: str, name: str, sha256: str) -> tuple[str, str, int] | None:
        """(id, name, passages) of the document that makes adding this content needless, if there is one.

        That is the document of this name with this content or, where the name is new, any with this content.
        """
        with self._database.read() as connection:
            key = require_row(connection, owner, collection).key
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
            row = require_row(connection, owner, collection)
            check_embedder(row, info)
            same = (DOCUMENTS.c.collection == row.key) & (DOCUMENTS.c.name == document.name)
            old = connection.execute(
                select(DOCUMENTS.c.id, DOCUMENTS.c.title, DOCUMENTS.c.titled, DOCUMENTS.c.removed).where(same)
            ).first()
            if old is not None:
                take_out(connection, self.lexical, old.id)
            titled = old is not None and old.removed is None and old.titled
            if old is not None and titled:
                document = replace(document, title=old.title)
            identity = insert_document(connection, row, document, len(document.passages), time.time(), titled)
            self.put_in(connection, row, identity, document)
            raise_generation(connection, row.key, info)
            return identity, row.key

    def recut(self, row: CollectionRow, identity: str, document: NewDocument, info: EmbedderInfo) -> bool:
        """Give a document other passages at once; False where it, its collection or how that is cut is not the same any more."""
        with self._database.write() as connection:
            now = row_of_key(connection, row.key)
            # It may have been renamed or moved since it was read.
            same = (DOCUMENTS.c.collection == row.key, DOCUMENTS.c.title == document.title, DOCUMENTS.c.removed.is_(None))
            there = select(DOCUMENTS.c.id).where(DOCUMENTS.c.id == identity, *same)
            if now is None or now.chunking != document.chunking or connection.execute(there).first() is None:
                return False
            check_embedder(now, info)
            empty(connection, self.lexical, identity)
            self.put_in(connection, now, identity, document)
            values = {"passages": len(document.passages), "chunking": document.chunking, "sections": document.sections}
            connection.execute(update(DOCUMENTS).where(DOCUMENTS.c.id == identity).values(values))
            raise_generation(connection, row.key, info)
            return True

    def put_in(self, connection: Connection, row: CollectionRow, identity: str, document: NewDocument) -> None:
        """Store the passages of a document with their labels and their rows in the word index."""
        rows = [passage_values(row.key, identity, passage) for passage in document.passages]
        keys: list[int] = []
        if rows:
            statement = insert(PASSAGES).returning(PASSAGES.c.id, sort_by_parameter_order=True)
            keys = list(connection.execute(statement, rows).scalars())
        numbered = dict(zip(keys, document.passages, strict=True))
        if labels := label_values(identity, numbered):
            connection.execute(insert(LABELS), labels)
        texts = ((key, lexical_text(document.form, document.title, each.heading, each.text)) for key, each in numbered.items())
        self.lexical.add((LexicalRow(key, row.group, words) for key, words in texts), connection)

    def documents(
        self, owner: str, collection: str, limit: int | None = None, offset: int = 0, words: str = ""
    ) -> list[DocumentRecord]:
        """The documents, oldest first; with `words`, those whose name or title holds them."""
        columns = DOCUMENTS.c
        query = select(*(columns[each.name] for each in fields(DocumentRecord)))
        if words:
            pattern = f"%{words.replace(chr(92), chr(92) * 2).replace('%', chr(92) + '%').replace('_', chr(92) + '_')}%"
            query = query.where(or_(columns.name.like(pattern, escape=chr(92)), columns.title.like(pattern, escape=chr(92))))
        with self._database.read() as connection:
            query = query.where(columns.collection == require_row(connection, owner, collection).key, columns.removed.is_(None))
            found = connection.execute(query.order_by(columns.added, columns.name).limit(limit).offset(offset))
            return [DocumentRecord(*row) for row in found]

    def document(self, owner: str, document: str) -> tuple[str, DocumentRecord]:
        """A document and the id of its collection. Raises `DocumentMissing`."""
        named = (DOCUMENTS.c[each.name] for each in fields(DocumentRecord))
        with self._database.read() as connection:
            row = connection.execute(of_documents(owner, document, COLLECTIONS.c.id.label("collection_id"), *named)).first()
        if row is None:
            raise document_missing(document)
        return row[0], DocumentRecord(*row[1:])

    def text(self, owner: str, document: str) -> str:
        with self._database.read() as connection:
            found: str | None = connection.execute(of_documents(owner, document, DOCUMENTS.c.text)).scalar()
        if found is None:
            raise document_missing(document)
        return found

    def remove(self, owner: str, document: str) -> int:
        """Take the document out of sight and of the word index; returns its collection's key. Raises `DocumentMissing`."""
        with self._database.write() as connection:
            key: int | None = connection.execute(of_documents(owner, document, COLLECTIONS.c.key)).scalar()
            if key is None:
                raise document_missing(document)
            self.lexical.remove(passages_of(connection, document), connection)
            connection.execute(update(DOCUMENTS).where(DOCUMENTS.c.id == document).values(removed=time.time()))
            raise_generation(connection, key)
            return key

    def delete(self, owner: str, document: str) -> int:
        """Delete a document for good, a removed one too; returns its collection's key. Raises `DocumentMissing`."""
        with self._database.write() as connection:
            queries = (of_documents(owner, document, COLLECTIONS.c.key, removed=removed) for removed in (False, True))
            key = next((key for query in queries if (key := connection.execute(query).scalar()) is not None), None)
            if key is None:
                raise document_missing(document)
            take_out(connection, self.lexical, document)
            raise_generation(connection, key)
            return int(key)

    def restore(self, owner: str, document: str) -> int:
        """Bring a removed document back; returns its collection's key. Raises `DocumentMissing`."""
        with self._database.write() as connection:
            key: int | None = connection.execute(of_documents(owner, document, COLLECTIONS.c.key, removed=True)).scalar()
            if key is None:
                raise document_missing(document)
            connection.execute(update(DOCUMENTS).where(DOCUMENTS.c.id == document).values(removed=None))
            self.index_words(connection, PASSAGES.c.document == document)
            raise_generation(connection, key)
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
                rows = [row for some in batches(ids or ()) for row in connection.execute(query.where(PASSAGES.c.id.in_(some)))]
        for row in rows:
            place = (row.heading, row.page, row.start, row.end)
            found[row.id] = Passage(row.id, row.collection_id, row.document, row.title, row.text, *place)
        return found

    def forms(self, ids: Sequence[int]) -> dict[int, str]:
        """The form of the document that each passage belongs to: "document", "records" or "passages"."""
        query = select(PASSAGES.c.id, DOCUMENTS.c.form).join(DOCUMENTS, DOCUMENTS.c.id == PASSAGES.c.document)
        with self._database.read() as connection:
            return {row.id: row.form for some in batches(ids) for row in connection.execute(query.where(PASSAGES.c.id.in_(some)))}

    def stretch(self, document: str, start: int, end: int) -> str:
        """The stored text of a document from `start` to `end` (characters), without reading the rest; "" where it is gone."""
        piece = func.substr(DOCUMENTS.c.text, start + 1, end - start)
        with self._database.read() as connection:
            return str(connection.execute(select(piece).where(DOCUMENTS.c.id == document)).scalar() or "")

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
            for some in batches(ids):
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
        where = there(DOCUMENTS.c.collection)
        documents = select(func.count(), func.coalesce(func.sum(DOCUMENTS.c.passages), 0)).where(where)
        passages = select(func.count()).select_from(PASSAGES).join(DOCUMENTS, DOCUMENTS.c.id == PASSAGES.c.document).where(where)
        with self._database.read() as connection:
            found, wanted = connection.execute(documents).one()
            return found, wanted, connection.execute(passages).scalar_one()

    def damage(self) -> str:
        """What SQLite finds wrong with its file, "" for nothing."""
        with self._database.read() as connection:
            found = [str(row[0]) for row in connection.execute(text("PRAGMA quick_check(3)"))]
        return "" if found == ["ok"] else "; ".join(found)


def insert_document(
    connection: Connection, row: CollectionRow, document: NewDocument, passages: int, added: float, titled: bool
) -> str:
    """The row of a document that has, or will have, so many passages; returns its id."""
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
            passages=passages,
            added=added,
            bytes=document.bytes,
            chunking=document.chunking,
            sections=document.sections,
            titled=titled,
        )
    )
    return identity
