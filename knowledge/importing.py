"""A collection in from one file (`knowledge.parcel`), all of it or nothing.

While it arrives it lies among what was removed, under an id that nobody can name, so that nothing lists, searches or indexes it;
its last transaction makes it a collection. What a process that was killed left of it is deleted at the next start.
"""

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from common.database import Database
from knowledge.catalogue import Catalogue, insert_document
from knowledge.chunking import Chunking
from knowledge.loading.document import Section, packed_sections
from knowledge.moving import one_line
from knowledge.parcel import Manifest, Paper, Parcel, damaged, opened
from knowledge.queries import as_row, delete_rows, new_epoch, raise_generation
from knowledge.rows import CollectionRow, NewDocument, NewPassage
from knowledge.tables import COLLECTIONS, PASSAGES
from knowledge.types import Collection, Progress
from retrieval.embedding import Embedder, EmbedderInfo

_ARRIVING = "arriving."  # no id that anybody may give has a dot
_AT_ONCE = 500  # passages a transaction, or one document with more


class Importing:
    """Takes parcels in; `changed` is told the key of each collection that came."""

    def __init__(
        self, database: Database, catalogue: Catalogue, embedder: Callable[[], Embedder], changed: Callable[[int], None]
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._embedder = embedder
        self._changed = changed
        self._sweep()

    def __call__(self, owner: str, path: Path, title: str = "") -> Iterator[Progress | Collection]:
        """Take the collection at `path` in, under `title` if there is one, with how far it is and, in the end, what came.

        Its vectors are taken as they are. Where another embedder made them than the one in use it is to be re-indexed, like any
        collection of another embedder. Raises `ParcelInvalid`, `ModelMissing` (no embedder) and `StorageFailed`; nothing is
        kept then, nor where the caller stops.
        """
        with opened(path) as parcel:
            _check_fit(parcel.manifest, self._embedder().info)
            row = self._begin(owner, one_line(title) or one_line(parcel.manifest.title) or path.name, parcel.manifest)
            try:
                done = 0
                with closing(parcel.documents()) as papers:
                    while some := _some(papers):
                        yield Progress(0, path.name, "reading", done, parcel.manifest.passages)
                        self._store(row, some, parcel)
                        done += sum(len(paper.passages) for paper in some)
                parcel.end()
                name = self._finish(row, parcel.manifest)
            except BaseException:
                self._sweep(row.key)
                raise
        self._changed(row.key)
        yield self._catalogue.collections(owner, name)[0]

    def _begin(self, owner: str, title: str, manifest: Manifest) -> CollectionRow:
        now = time.time()
        values = {"owner": owner, "id": f"{_ARRIVING}{uuid.uuid4().hex}", "title": title, "epoch": new_epoch(), "created": now}
        with self._database.write() as connection:
            chunking = str(Chunking.parse(manifest.chunking))
            connection.execute(insert(COLLECTIONS).values(**values, chunking=chunking, hidden=False, removed=now))
            return as_row(connection.execute(select(COLLECTIONS).where(COLLECTIONS.c.id == values["id"])).one())

    def _store(self, row: CollectionRow, papers: Sequence[Paper], parcel: Parcel) -> None:
        with self._database.write() as connection:
            _check_there(connection, row)
            for paper in papers:
                sections = paper.sections
                packed = None if sections is None else packed_sections([_section(*each) for each in sections])
                new = NewDocument(
                    paper.name, paper.title, paper.form, paper.sha256, paper.text, (), paper.bytes, paper.chunking, packed
                )
                added = min(paper.added, time.time())
                identity = insert_document(connection, row, new, len(paper.passages), added, paper.titled)
                for start in range(0, len(paper.passages), _AT_ONCE):
                    cut = paper.passages[start : start + _AT_ONCE]
                    vectors = iter(parcel.vectors(sum(each[4] for each in cut)))
                    passages = [
                        NewPassage(paper.text[at:end], heading, page, at, end, next(vectors) if has else None, labels)
                        for at, end, heading, page, has, labels in cut
                    ]
                    self._catalogue.put_in(connection, row, identity, replace(new, passages=passages))

    def _finish(self, row: CollectionRow, manifest: Manifest) -> str:
        """Make it a collection; returns its id."""
        name = f"c-{uuid.uuid4().hex[:12]}"
        made = manifest.embedder
        info = EmbedderInfo(made.name, made.dimension, frozenset(made.languages), 0, made.revision)
        with self._database.write() as connection:
            _check_there(connection, row)
            if self._catalogue.lexical.count(row.group) != manifest.passages:  # the word index was built anew meanwhile
                self._catalogue.lexical.clear(row.group, connection)
                self._catalogue.index_words(connection, PASSAGES.c.collection == row.key)
            values = {"id": name, "removed": None, "created": time.time()}
            connection.execute(update(COLLECTIONS).where(COLLECTIONS.c.key == row.key).values(values))
            raise_generation(connection, row.key, info)
        return name

    def _sweep(self, key: int | None = None) -> None:
        """Delete what came in part: that of a key, or all of it that a process left."""
        parts = select(COLLECTIONS).where(COLLECTIONS.c.id.startswith(_ARRIVING, autoescape=True))
        parts = parts if key is None else parts.where(COLLECTIONS.c.key == key)
        with self._database.read() as connection:
            if connection.execute(parts).first() is None:
                return
        with self._database.write() as connection:
            for row in connection.execute(parts).all():
                delete_rows(connection, self._catalogue.lexical, as_row(row))


def _check_fit(manifest: Manifest, info: EmbedderInfo) -> None:
    """Raises `ParcelInvalid` where vectors say they are of the embedder in use and cannot be."""
    made = manifest.embedder
    if made.name == info.name and made.revision in ("", info.revision) and made.dimension != info.dimension:
        raise damaged(f"{info.name} makes vectors of {info.dimension} numbers, not {made.dimension}")


def _check_there(connection: Connection, row: CollectionRow) -> None:
    """Raises `ParcelInvalid` where a backup was restored meanwhile, which knows nothing of what is arriving."""
    same = (COLLECTIONS.c.key == row.key, COLLECTIONS.c.id == row.id)
    if connection.execute(select(COLLECTIONS.c.key).where(*same)).first() is None:
        raise damaged("a backup was restored while it was read")


def _some(papers: Iterator[Paper]) -> list[Paper]:
    """The next documents that are stored together."""
    found: list[Paper] = []
    passages = 0
    for paper in islice(papers, _AT_ONCE):
        found.append(paper)
        passages += len(paper.passages)
        if passages >= _AT_ONCE:
            break
    return found


def _section(start: int, end: int, heading: str, page: int, labels: Sequence[tuple[str, str]]) -> Section:
    return Section(start, end, heading, page, tuple(labels))
