"""How a collection's documents are cut: chosen, looked at before it is, and done again for those that are there.

A document is cut anew from its stored text and the places of its headings and pages, so its file is not needed. Its new passages
are embedded first and take the place of the old ones in one transaction, document after document: a process that ends leaves each
of them whole, and the next one goes on.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, and_, func, select, update

from common.database import Database
from common.errors import DocumentMissing, KnowledgeError
from knowledge.catalogue import Catalogue
from knowledge.chunking import Chunk, Chunking, token_estimate
from knowledge.ingest import cut_document, in_slices
from knowledge.labels import Labels
from knowledge.loading.document import LoadedDocument, Section, packed_sections, unpacked_sections
from knowledge.queries import of_documents, require_row
from knowledge.rows import CollectionRow, NewDocument, NewPassage, check_embedder, document_missing, embedded_text
from knowledge.tables import COLLECTIONS, DOCUMENTS
from knowledge.types import Outcome, Progress
from retrieval.embedding import Embedder, token_counter


@dataclass(frozen=True, slots=True)
class Preview:
    """The passages that a document would be cut into, how many tokens each has, and whether they are all (`whole`)."""

    chunks: Sequence[Chunk]
    tokens: Sequence[int]
    whole: bool


class Cutting:
    """Reads and changes how collections are cut; `changed` is told the key of each collection whose passages changed."""

    def __init__(
        self,
        database: Database,
        catalogue: Catalogue,
        labels: Labels,
        embedder: Callable[[], Embedder],
        changed: Callable[[int], None],
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._labels = labels
        self._embedder = embedder
        self._changed = changed

    def of(self, owner: str, collection: str) -> Chunking:
        """How a collection is cut. Raises `CollectionMissing`."""
        return Chunking.parse(self._catalogue.require(owner, [collection])[0].chunking)

    def choose(self, owner: str, collection: str, chunking: Chunking) -> None:
        """Cut what comes into a collection so from now on; what is there stays as it is until it is cut again.

        Raises `CollectionMissing`.
        """
        with self._database.write() as connection:
            key = require_row(connection, owner, collection).key
            connection.execute(update(COLLECTIONS).where(COLLECTIONS.c.key == key).values(chunking=str(chunking)))

    def otherwise(self, owner: str, collection: str) -> int:
        """How many documents are cut in another way than their collection says. Raises `CollectionMissing`."""
        row = self._catalogue.require(owner, [collection])[0]
        with self._database.read() as connection:
            return connection.execute(select(func.count()).select_from(DOCUMENTS).where(_otherwise(row))).scalar_one()

    def documents(self, owner: str, collection: str) -> int:
        """How many documents of a collection can be cut in another way. Raises `CollectionMissing`."""
        row = self._catalogue.require(owner, [collection])[0]
        with self._database.read() as connection:
            return connection.execute(select(func.count()).select_from(DOCUMENTS).where(_cuttable(row))).scalar_one()

    def preview(self, owner: str, document: str, chunking: Chunking, characters: int = 20_000) -> Preview:
        """What the first so many characters of a document would be cut into. Raises `DocumentMissing`."""
        loaded = self._loaded(owner, document)
        begun = tuple(replace(each, end=min(each.end, characters)) for each in loaded.sections if each.start < characters)
        found = cut_document(replace(loaded, sections=begun), loaded.title, chunking, self._embedder)
        count = token_counter(self._embedder()) or token_estimate
        return Preview(found, [count(chunk.text) for chunk in found], len(loaded.text) <= characters)

    def __call__(self, owner: str, collection: str) -> Iterator[Progress | Outcome]:
        """Cut again what is cut in another way than the collection says, with how far it is and the outcome.

        Raises `CollectionMissing`, `EmbedderMismatch`, `ModelMissing` (no embedder) and `StorageFailed`.
        """
        done = passages = 0
        while True:
            row = self._catalogue.require(owner, [collection])[0]
            check_embedder(row, self._embedder().info)
            with self._database.read() as connection:
                left = list(
                    connection.execute(select(DOCUMENTS.c.id).where(_otherwise(row)).order_by(DOCUMENTS.c.added)).scalars()
                )
            if not left:
                yield Outcome(collection, collection, "done", passages)
                return
            for place, identity in enumerate(left):
                yield Progress(0, row.id, "cutting", done, done + len(left) - place)
                new = self._again(owner, row, identity)
                if new is None or not self._catalogue.recut(row, identity, new, self._embedder().info):
                    break  # the document or the collection changed meanwhile: look again
                self._changed(row.key)
                done += 1
                passages += len(new.passages)

    def _again(self, owner: str, row: CollectionRow, identity: str) -> NewDocument | None:
        """The document as it is to be; the vectors of passages that stay the same are kept."""
        try:
            document = self._loaded(owner, identity)
            known = self._catalogue.passages(owner, document=identity)
        except (KnowledgeError, DocumentMissing):
            return None
        new = cut_document(document, document.title, Chunking.parse(row.chunking), self._embedder)
        texts = [(embedded_text(document.form, document.title, chunk.heading, chunk.text), chunk.text) for chunk in new]
        old = {
            embedded_text(document.form, document.title, passage.heading, passage.text): passage.id for passage in known.values()
        }
        vectors = self._catalogue.vectors([old[text] for text, _ in texts if text in old])
        made = {place: vectors.get(old[text]) for place, (text, _) in enumerate(texts) if text in old}
        rest = [place for place in range(len(texts)) if place not in made]
        for some in in_slices(self._embedder(), [texts[place] for place in rest]):
            made |= {rest[place]: vector for place, vector in some.items()}
        passages = [
            NewPassage(chunk.text, chunk.heading, chunk.page, chunk.start, chunk.end, made[place], chunk.labels)
            for place, chunk in enumerate(new)
        ]
        sections = packed_sections(document.sections)
        return NewDocument(
            "", document.title, document.form, "", document.text, passages, chunking=row.chunking, sections=sections
        )

    def _loaded(self, owner: str, document: str) -> LoadedDocument:
        """A stored document as its reader gave it. Raises `DocumentMissing`."""
        columns = (DOCUMENTS.c.title, DOCUMENTS.c.text, DOCUMENTS.c.form, DOCUMENTS.c.sections)
        with self._database.read() as connection:
            row = connection.execute(of_documents(owner, document, *columns)).first()
        if row is None:
            raise document_missing(document)
        sections = unpacked_sections(row.sections) if row.sections else self._told(owner, document)
        return LoadedDocument(row.title, row.text, sections, row.form)

    def _told(self, owner: str, document: str) -> tuple[Section, ...]:
        """The sections of a document that came without, as its passages tell them."""
        passages = self._catalogue.passages(owner, document=document)
        labels = self._labels.of_passages(list(passages))
        found: list[Section] = []
        for each in passages.values():
            section = Section(each.start, each.end, each.heading, each.page, labels.get(each.id, ()))
            last = found[-1] if found else None
            if last and replace(last, start=section.start, end=section.end) == section:
                found[-1] = replace(last, end=section.end)
            else:
                found.append(section)
        return tuple(found)


def _cuttable(row: CollectionRow) -> ColumnElement[bool]:
    """The documents of a collection that Hearth cuts; texts that came cut are what they are."""
    return and_(DOCUMENTS.c.collection == row.key, DOCUMENTS.c.removed.is_(None), DOCUMENTS.c.form == "document")


def _otherwise(row: CollectionRow) -> ColumnElement[bool]:
    """Those that are cut in another way than it says."""
    return and_(_cuttable(row), DOCUMENTS.c.chunking != row.chunking)
