"""New vectors for a whole collection, made beside the old ones and put in their place at once when all of them are there.

What is made is kept as it goes, so that a process that ends loses nothing, and until the last moment the collection is what it
was. The rows of the word index are made anew with them.
"""

import time
from collections.abc import Callable, Iterator

from sqlalchemy import ColumnElement, Select, and_, delete, func, insert, or_, select, update

from common.database import Database
from knowledge.catalogue import Catalogue
from knowledge.ingest import in_slices
from knowledge.queries import as_bytes, new_epoch, raise_generation, require_row
from knowledge.rows import CollectionRow, embedded_text
from knowledge.tables import COLLECTIONS, DOCUMENTS, NEXT, PASSAGES
from knowledge.types import Outcome, Progress
from retrieval.embedding import Embedder, EmbedderInfo

_AT_ONCE = 512  # passages read, embedded and kept at a time
_SAMPLE = 24  # passages that are embedded to tell how long all take


class Reindexing:
    """Makes vectors anew with the embedder in use; `changed` is told the key of each collection that got them."""

    def __init__(
        self, database: Database, catalogue: Catalogue, embedder: Callable[[], Embedder], changed: Callable[[int], None]
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._embedder = embedder
        self._changed = changed
        self._measured: dict[tuple[int, str], float] = {}  # seconds a passage takes, by collection and embedder

    def estimate(self, owner: str, collection: str) -> float:
        """About how many seconds re-indexing a collection takes, or what is left of it, by what some of its passages took here.

        Raises `CollectionMissing` and `ModelMissing` (no embedder).
        """
        with self._database.read() as connection:
            row = require_row(connection, owner, collection)
        embedder = self._embedder()
        key = (row.key, _name(embedder.info))
        if key not in self._measured:
            self._measured[key] = self._measure(row, embedder)
        return self._measured[key] * self._count_missing(row, embedder.info)

    def _measure(self, row: CollectionRow, embedder: Embedder) -> float:
        columns = (DOCUMENTS.c.form, DOCUMENTS.c.title, PASSAGES.c.heading, PASSAGES.c.text)
        query = select(*columns).join_from(PASSAGES, DOCUMENTS, DOCUMENTS.c.id == PASSAGES.c.document)
        # Neighbours are of one length, more or less, so they come from all over the collection.
        chosen = select(PASSAGES.c.id).where(PASSAGES.c.collection == row.key).order_by(func.random()).limit(_SAMPLE)
        with self._database.read() as connection:
            found = connection.execute(query.where(PASSAGES.c.id.in_(chosen))).all()
        texts = [(embedded_text(*each), each.text) for each in found]
        if not texts:
            return 0.0
        for _ in in_slices(embedder, texts[:1]):  # a first call takes longer
            pass
        began = time.perf_counter()
        for _ in in_slices(embedder, texts):
            pass
        return (time.perf_counter() - began) / len(texts)

    def __call__(self, owner: str, collection: str) -> Iterator[Progress | Outcome]:
        """Re-index a collection, with how far it is and the outcome.

        Raises `CollectionMissing`, `ModelMissing` (no embedder) and `StorageFailed`.
        """
        with self._database.read() as connection:
            row = require_row(connection, owner, collection)
        yield from self.progress(row)
        passages = self._total(row)
        yield Outcome(collection, collection, "done", passages)

    def progress(self, row: CollectionRow) -> Iterator[Progress]:
        """Re-index a collection, with how far it is."""
        embedder = self._embedder()
        while True:
            self._make(row, embedder)
            total = self._total(row)
            done = total - self._count_missing(row, embedder.info)
            while left := self._missing(row, embedder.info):
                texts = [(embedded_text(form, title, heading, text), text) for _, form, title, heading, text in left]
                for some in in_slices(embedder, texts):
                    self._keep(embedder.info, {left[place][0]: as_bytes(vector) for place, vector in some.items()})
                    done += len(some)
                    yield Progress(0, row.id, "embedding", done, total)
            if self._switch(row, embedder.info):
                self._changed(row.key)
                return

    def _make(self, row: CollectionRow, embedder: Embedder) -> None:
        """Forget what was begun with another embedder."""
        other = and_(NEXT.c.embedder != _name(embedder.info), NEXT.c.passage.in_(_passages(row)))
        with self._database.write() as connection:
            connection.execute(delete(NEXT).where(other))

    def _total(self, row: CollectionRow) -> int:
        with self._database.read() as connection:
            return connection.execute(select(func.count()).where(PASSAGES.c.collection == row.key)).scalar_one()

    def _count_missing(self, row: CollectionRow, info: EmbedderInfo) -> int:
        with self._database.read() as connection:
            return connection.execute(select(func.count()).select_from(PASSAGES).where(_missing(row, info))).scalar_one()

    def _missing(self, row: CollectionRow, info: EmbedderInfo) -> list[tuple[int, str, str, str, str]]:
        """Some passages without a new vector: (id, form, title, heading, text). What was removed is among them, to come back."""
        columns = (PASSAGES.c.id, DOCUMENTS.c.form, DOCUMENTS.c.title, PASSAGES.c.heading, PASSAGES.c.text)
        query = select(*columns).join_from(PASSAGES, DOCUMENTS, DOCUMENTS.c.id == PASSAGES.c.document)
        with self._database.read() as connection:
            found = connection.execute(query.where(_missing(row, info)).order_by(PASSAGES.c.id).limit(_AT_ONCE))
            return [tuple(each) for each in found]

    def _keep(self, info: EmbedderInfo, vectors: dict[int, bytes | None]) -> None:
        rows = [{"passage": key, "embedder": _name(info), "vector": vector} for key, vector in vectors.items()]
        with self._database.write() as connection:
            connection.execute(insert(NEXT).prefix_with("OR REPLACE"), rows)

    def _switch(self, row: CollectionRow, info: EmbedderInfo) -> bool:
        """Put the new vectors in place of the old ones; False where a document came meanwhile, which has none yet."""
        with self._database.write() as connection:
            if connection.execute(select(PASSAGES.c.id).where(_missing(row, info)).limit(1)).first() is not None:
                return False
            new = select(NEXT.c.vector).where(NEXT.c.passage == PASSAGES.c.id).scalar_subquery()
            connection.execute(update(PASSAGES).where(PASSAGES.c.collection == row.key).values(vector=new))
            gone = or_(NEXT.c.passage.in_(_passages(row)), NEXT.c.passage.not_in(select(PASSAGES.c.id)))
            connection.execute(delete(NEXT).where(gone))
            self._catalogue.lexical.clear(row.group, connection)
            self._catalogue.index_words(connection, PASSAGES.c.collection == row.key)
            connection.execute(update(COLLECTIONS).where(COLLECTIONS.c.key == row.key).values(epoch=new_epoch()))
            raise_generation(connection, row.key, info)
            return True


def _passages(row: CollectionRow) -> Select[tuple[int]]:
    return select(PASSAGES.c.id).where(PASSAGES.c.collection == row.key)


def _missing(row: CollectionRow, info: EmbedderInfo) -> ColumnElement[bool]:
    made = select(NEXT.c.passage).where(NEXT.c.embedder == _name(info))
    return and_(PASSAGES.c.collection == row.key, PASSAGES.c.id.not_in(made))


def _name(info: EmbedderInfo) -> str:
    """What tells the vectors of one embedder from those of another."""
    return f"{info.name}@{info.revision}"
