"""Documents under another title, or in another collection of their owner.

Each is one transaction over the rows and the word index, so that a process that ends leaves a document in exactly one place. A
passage keeps its number and its vector: citations still find it, and the vector indexes of both collections follow by themselves.
What a vector knows of the title is what it was when it was made, until the collection is re-indexed.
"""

from collections.abc import Callable

from sqlalchemy import delete, select, update

from common.database import Database
from common.errors import EmbedderMismatch, NameInvalid
from knowledge.catalogue import Catalogue
from knowledge.loading.document import cleaned
from knowledge.queries import of_documents, passages_of, raise_generation, row_of_key, take_out
from knowledge.rows import CollectionRow, collection_missing, document_missing
from knowledge.tables import COLLECTIONS, DOCUMENTS, NEXT, PASSAGES

TITLE_LENGTH = 200


def one_line(title: str) -> str:
    """A title as it is stored, "" for one that says nothing."""
    return " ".join(cleaned(title).split())[:TITLE_LENGTH]


class Moving:
    """Renames and moves; `changed` is told the key of each collection whose passages changed."""

    def __init__(self, database: Database, catalogue: Catalogue, changed: Callable[[int], None]) -> None:
        self._database = database
        self._catalogue = catalogue
        self._changed = changed

    def rename(self, owner: str, document: str, title: str) -> str:
        """Give a document another title, which a search finds from now on; returns the title it had.

        Its name, by which a newer file takes its place, stays, and such a file does not change the title.
        Raises `DocumentMissing`, `NameInvalid` and `StorageFailed`.
        """
        title = one_line(title)
        if not title:
            raise NameInvalid("A document needs a title. Write one.", "文档需要一个标题，请写一个。")
        with self._database.write() as connection:
            columns = (DOCUMENTS.c.title, DOCUMENTS.c.name, DOCUMENTS.c.collection)
            row = connection.execute(of_documents(owner, document, *columns)).first()
            if row is None:
                raise document_missing(document)
            connection.execute(update(DOCUMENTS).where(DOCUMENTS.c.id == document).values(title=title, titled=True))
            passages = passages_of(connection, document)
            self._catalogue.lexical.remove(passages, connection)
            self._catalogue.index_words(connection, PASSAGES.c.document == document)
            # Vectors that a re-indexing has made already were made with the old title.
            connection.execute(
                delete(NEXT).where(NEXT.c.passage.in_(select(PASSAGES.c.id).where(PASSAGES.c.document == document)))
            )
            raise_generation(connection, row.collection)
        self._changed(row.collection)
        return str(row.title or row.name)

    def move(self, owner: str, document: str, collection: str) -> str:
        """Put a document into another collection, cut and labelled as it is; returns the id of the one it was in.

        Raises `CollectionMissing`, `DocumentMissing`, `EmbedderMismatch`, `NameInvalid` where the other has a document of its
        name, and `StorageFailed`; the document is where it was then.
        """
        with self._database.write() as connection:
            columns = (DOCUMENTS.c.name, DOCUMENTS.c.collection)
            found = connection.execute(of_documents(owner, document, *columns).where(COLLECTIONS.c.hidden.is_not(True))).first()
            if found is None:
                raise document_missing(document)
            listed = (COLLECTIONS.c.owner == owner) & (COLLECTIONS.c.id == collection) & COLLECTIONS.c.hidden.is_not(True)
            key = connection.execute(select(COLLECTIONS.c.key).where(listed)).scalar()
            source, target = row_of_key(connection, found.collection), row_of_key(connection, key or 0)
            assert source is not None  # the document was found in it, in this transaction
            if target is None:
                raise collection_missing(collection)
            if source.key == target.key:
                return source.id
            _check_vectors(source, target)
            same = select(DOCUMENTS.c.id, DOCUMENTS.c.removed).where(DOCUMENTS.c.collection == target.key)
            other = connection.execute(same.where(DOCUMENTS.c.name == found.name)).first()
            if other is not None and other.removed is None:
                raise NameInvalid(
                    f"The collection {collection!r} already has a document named {found.name!r}. Remove one of the two first.",
                    f"资料库 {collection!r} 里已有名为 {found.name!r} 的文档。请先删除其中一份。",
                )
            if other is not None:  # as when a file of that name is added
                take_out(connection, self._catalogue.lexical, other.id)
            self._catalogue.lexical.remove(passages_of(connection, document), connection)
            connection.execute(update(DOCUMENTS).where(DOCUMENTS.c.id == document).values(collection=target.key))
            connection.execute(update(PASSAGES).where(PASSAGES.c.document == document).values(collection=target.key))
            self._catalogue.index_words(connection, PASSAGES.c.document == document)
            if source.embedder and not target.embedder:
                names = ("embedder", "revision", "dimension", "languages")
                values = connection.execute(
                    select(*(COLLECTIONS.c[name] for name in names)).where(COLLECTIONS.c.key == source.key)
                )
                connection.execute(update(COLLECTIONS).where(COLLECTIONS.c.key == target.key).values(dict(values.one()._mapping)))
            raise_generation(connection, source.key)
            raise_generation(connection, target.key)
        self._changed(source.key)
        self._changed(target.key)
        return source.id


def _check_vectors(source: CollectionRow, target: CollectionRow) -> None:
    """Raises `EmbedderMismatch` where the vectors of the two cannot be compared."""
    named = source.embedder == target.embedder
    if source.embedder and target.embedder and not (named and (source.revision == target.revision or not target.revision)):
        raise EmbedderMismatch(
            f"The collections {source.id!r} and {target.id!r} have vectors of different embedders. "
            "Re-index both on the Knowledge page, then move the document.",
            f"资料库 {source.id!r} 和 {target.id!r} 的向量来自不同的向量模型。请先在“知识”页把两者都重新索引，再移动文档。",
        )
