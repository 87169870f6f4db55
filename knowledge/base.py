"""Knowledge: collections of documents that can be searched. This is the door to the room; nothing else need be imported of it.

Opening is fast: the embedder is loaded at its first use, Chroma in the background.
"""

import logging
import re
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

from common.database import Connection, Database
from common.egress import Egress
from common.errors import CollectionMissing, HearthError, NameInvalid
from knowledge.catalogue import Catalogue
from knowledge.corpora.forms import Corpus
from knowledge.cutting import Cutting
from knowledge.explaining import Explaining, Explanation
from knowledge.exporting import Exporting
from knowledge.importing import Importing
from knowledge.ingest import Ingest
from knowledge.intake import Act, Intake
from knowledge.jobs import Jobs
from knowledge.labels import Counts, Labels
from knowledge.loading.loader import Loader
from knowledge.moving import Moving
from knowledge.reindexing import Reindexing
from knowledge.renewal import renew
from knowledge.rows import passage_missing
from knowledge.search import RELEVANT
from knowledge.trust import Trust
from knowledge.types import Collection, DocumentRecord, Filter, Hit, Outcome, Passage, Progress, Record, Report
from knowledge.unpacking import Unpacked, summed_up, unpack_if_archive
from knowledge.upkeep import Upkeep
from knowledge.vectors import SMALL, VectorIndex
from retrieval.embedding import Embedder, EmbedderInfo
from retrieval.reranking import BUDGET_S, Reranker, Reranking

__all__ = ["RELEVANT", "Knowledge"]

log = logging.getLogger(__name__)

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_TITLE_LENGTH = 200


class Knowledge:
    """The collections of every owner: in `database`, and an index that may be deleted at any time in `folder`/index."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        embedder: Embedder | Callable[[], Embedder],
        reranker: Reranker | None = None,
        rerank_s: float = BUDGET_S,
        egress: Egress | None = None,
    ) -> None:
        """`embedder` may be a function that loads one; it is called once, when vectors are first needed.

        With a `reranker` the best hits of a search are read again, for about `rerank_s` seconds. `egress` fetches pages of the
        web, None where Hearth is offline.
        """
        self._lazy = _Lazy(embedder)
        self._egress = egress
        self._orphans: list[str] = []  # files of the queue that a restored backup knows nothing of
        self._catalogue = Catalogue(database)
        self._catalogue.purge()
        self._trust = Trust(database)
        self._labels = Labels(database)
        self._vectors = VectorIndex(self._catalogue, folder / "index")
        self._loader = Loader()
        self._ingest = Ingest(self._catalogue, self._loader, self._lazy.get, self._vectors.changed)
        reranking = Reranking(reranker, rerank_s) if reranker is not None else None
        self._search = Explaining(self._catalogue, self._labels, self._vectors, self._lazy.get, reranking)
        self.reindexing = Reindexing(database, self._catalogue, self._lazy.get, self._vectors.changed)
        self.cutting = Cutting(database, self._catalogue, self._labels, self._lazy.get, self._vectors.changed)
        self.moving = Moving(database, self._catalogue, self._vectors.changed)
        self.exporting = Exporting(database)
        self.importing = Importing(database, self._catalogue, self._lazy.get, self._vectors.changed)
        acts: dict[str, Act] = {"reindex": self.reindexing, "cut": self.cutting}
        jobs = Jobs(database, folder / "incoming")
        self.intake = Intake(jobs, self._ingest, self._loader, self._lazy.get, acts, egress)
        self._upkeep = Upkeep(database, self._catalogue.lexical, self._purge)
        self._vectors.start()

    def start(self) -> None:
        """Go on with the files that were being added when an earlier process ended, and heal by itself what is damaged."""
        self.intake.start()
        self._upkeep.start()

    def close(self) -> None:
        self.intake.stop()
        self._upkeep.close()
        self._vectors.close()
        self._loader.close()
        self.intake.join()

    @property
    def loaded_embedder(self) -> Embedder | None:
        """The embedder in use; None while it was not needed yet."""
        return self.embedder if self._lazy.loaded else None

    @property
    def embedder(self) -> Embedder:
        """The embedder in use, loaded now if it was not."""
        return self._lazy.get()

    @property
    def index(self) -> VectorIndex:
        """The vector index, for measurements."""
        return self._vectors

    # collections

    def create_collection(self, owner: str, title: str, id: str | None = None) -> Collection:
        """Make a collection, with an id of its own where none is given. Raises `NameInvalid` for one taken or malformed."""
        collection = id if id is not None else f"c-{uuid.uuid4().hex[:12]}"
        if not self._create(owner, collection, title):
            raise NameInvalid(
                f"There is already a collection {collection!r}. Choose another name.",
                f"已经有资料库 {collection!r}。请换一个名字。",
            )
        return self.collection(owner, collection)

    def ensure_collection(self, owner: str, id: str, title: str) -> Collection:
        """The collection of that id, made if it is not there."""
        self._create(owner, id, title)
        return self.collection(owner, id)

    def collection(self, owner: str, id: str) -> Collection:
        """One collection. Raises `CollectionMissing`."""
        self._catalogue.require(owner, [id])
        found = self._catalogue.collections(owner, id)
        if not found:
            raise CollectionMissing(f"The collection {id!r} was just deleted.", f"资料库 {id!r} 刚刚被删除。")
        return found[0]

    def collections(self, owner: str) -> list[Collection]:
        """The owner's collections in the order they were made, without the hidden ones."""
        return self._catalogue.collections(owner)

    def hide_collection(self, owner: str, id: str, title: str) -> Collection:
        """The collection of that id, made if it is not there, which no list names."""
        self._create(owner, id, title, hidden=True)
        return self.collection(owner, id)

    def hidden(self, owner: str | None = None) -> list[tuple[str, str]]:
        """(owner, id) of the hidden collections, of one owner or, for their upkeep, of all."""
        return self._catalogue.hidden(owner)

    def rename_collection(self, owner: str, id: str, title: str) -> Collection:
        """Raises `NameInvalid` for a blank title, and `CollectionMissing`."""
        if not title.strip():
            raise NameInvalid("A collection needs a name. Write one.", "资料库需要一个名字，请写一个。")
        self._catalogue.rename(owner, id, _one_line(title))
        return self.collection(owner, id)

    def trusted(self, owner: str) -> frozenset[str]:
        """The ids of the collections whose text the owner trusts as their own words; never one that is hidden."""
        return self._trust.of(owner)

    def trust(self, owner: str, id: str, trusted: bool) -> None:
        """Say whether what is in a collection, and whatever is added to it later, is trusted. Raises `CollectionMissing`."""
        self._trust.mark(owner, id, trusted)

    def remove_collection(self, owner: str, id: str) -> None:
        """Take a collection away; for a day `restore_collection` brings it back. Raises `CollectionMissing`."""
        self._purge()
        self._vectors.dropped(self._catalogue.remove_collection(owner, id))

    def restore_collection(self, owner: str, id: str) -> Collection:
        """Bring back what `remove_collection` took away. Raises `CollectionMissing` when it is too late."""
        self._vectors.changed(self._catalogue.restore_collection(owner, id).key)
        self.intake.wake()
        return self.collection(owner, id)

    def delete_collection(self, owner: str, id: str) -> None:
        """Delete a collection with all its documents, for good. Raises `CollectionMissing`."""
        self._vectors.dropped(self._catalogue.delete_collection(owner, id))
        self.intake.sweep()
        self._upkeep.wake(traces=True)

    def strangers(self, owner: str) -> frozenset[str]:
        """The collections whose vectors are of another embedder than the one in use, as far as that is loaded; words alone find
        something there, and nothing can be added, until they are re-indexed."""
        if not self._lazy.loaded:
            return frozenset()
        return frozenset(
            row.id for row in self._catalogue.everything(owner) if row.embedder and not row.made_by(self.embedder.info)
        )

    def indexing(self, owner: str) -> frozenset[str]:
        """The collections whose index is being made; until it is, comparing with every vector answers."""
        behind = {row.id for row in self._catalogue.everything(owner) if self._vectors.behind(row)}
        if not behind:  # most often, and pages ask while files come
            return frozenset()
        return frozenset(each.id for each in self.collections(owner) if each.id in behind and each.passages > SMALL)

    # documents

    def add(self, owner: str, collection: str, path: Path, name: str | None = None) -> Outcome:
        """Add a file, called `name` (else its file name), in place of an older document of that name.

        A file that cannot be read gives an outcome that says why, an archive one for all that it holds.
        Raises `CollectionMissing`, `EmbedderMismatch`, `ModelMissing` (no embedder) and `StorageFailed`; nothing is kept then.
        """
        name = name or path.name
        return summed_up(path, name, list(self.add_files(owner, collection, [(path, name)])))

    def add_files(self, owner: str, collection: str, files: Iterable[tuple[Path, str]]) -> Iterator[Outcome]:
        """Add many files, (path, name), faster than one by one; gives an outcome for each, in order, and for each that an archive
        holds. Raises as `add` does."""
        return (each for each in self._ingest.files(owner, collection, files) if isinstance(each, Outcome))

    def add_page(self, owner: str, collection: str, address: str) -> Iterator[Outcome]:
        """Add the page of the web at `address` under that name, or each file of an archive there. Raises as `add` does."""
        return (each for each in self._ingest.page(owner, collection, address, self._egress) if isinstance(each, Outcome))

    def unpacked(
        self, path: Path, name: str, new_file: Callable[[], Path], refuse: Callable[[str, int], HearthError | None]
    ) -> Sequence[Unpacked] | None:
        """What an archive holds, each in a `new_file` but what the caller refuses by its name and bytes; None for other files.

        Raises `UnreadableFile`.
        """
        return unpack_if_archive(self._loader, path, name, new_file, refuse)

    def adding(self, owner: str, collection: str, files: Iterable[tuple[Path, str]]) -> Iterator[Outcome | Progress]:
        """As `add_files`, with what happens on the way to each outcome."""
        return self._ingest.files(owner, collection, files)

    def import_corpus(self, owner: str, collection: str, corpus: Corpus, name: str) -> Iterator[Outcome | Progress]:
        """Add a corpus of any size, with the outcome of each of its parts and what happens on the way. One that was cut short
        goes on where it was. Raises as `add` does, and `OSError`."""
        return self._ingest.corpus(owner, collection, corpus, str(corpus.source.path), name)

    def add_records(
        self, owner: str, collection: str, records: Iterable[Record], name: str = "records", *, headings_weigh: bool = True
    ) -> Outcome:
        """Add records as one document called `name`, one passage a record; with `headings_weigh` its title counts most.

        Raises as `add` does.
        """
        return self._ingest.records(owner, collection, name, records, "records" if headings_weigh else "passages")

    def documents(
        self, owner: str, collection: str, limit: int | None = None, offset: int = 0, words: str = ""
    ) -> list[DocumentRecord]:
        """The documents of a collection, oldest first, or those named with `words`. Raises `CollectionMissing`."""
        return self._catalogue.documents(owner, collection, limit, offset, words)

    def document(self, owner: str, document: str) -> tuple[str, DocumentRecord]:
        """A document, and the id of its collection. Raises `DocumentMissing`."""
        return self._catalogue.document(owner, document)

    def text(self, owner: str, document: str) -> str:
        """The stored text of a document, into which its passages' offsets point. Raises `DocumentMissing`."""
        return self._catalogue.text(owner, document)

    def passages(self, owner: str, document: str) -> list[Passage]:
        """The passages of a document in order. Raises `DocumentMissing`."""
        found = list(self._catalogue.passages(owner, document=document).values())
        if not found:
            self._catalogue.text(owner, document)
        return found

    def passage(self, owner: str, passage_id: int) -> Passage:
        """One passage, for a citation that is opened. Raises `DocumentMissing`."""
        found = self._catalogue.passages(owner, ids=[passage_id])
        if passage_id not in found:
            raise passage_missing(passage_id)
        return found[passage_id]

    def remove(self, owner: str, document: str) -> None:
        """Take a document out of its collection; for a day `restore` brings it back. Raises `DocumentMissing`."""
        self._purge()
        self._vectors.changed(self._catalogue.remove(owner, document))

    def delete(self, owner: str, document: str) -> None:
        """Delete a document for good, a removed one too. Raises `DocumentMissing`."""
        self._vectors.changed(self._catalogue.delete(owner, document))
        self._vectors.tidy()
        self._upkeep.wake(traces=True)

    def restore(self, owner: str, document: str) -> None:
        """Bring back what `remove` took away. Raises `DocumentMissing` when it is too late, or another has its name."""
        self._vectors.changed(self._catalogue.restore(owner, document))

    # search

    def search(
        self,
        owner: str,
        query: str,
        collections: Sequence[str],
        limit: int = 6,
        minimum: float = 0.0,
        filter: Filter | None = None,
    ) -> list[Hit]:
        """The passages nearest to a query, best first; with `minimum=RELEVANT` only what is about it, with a `filter` only what
        that lets through.

        Raises `CollectionMissing`.
        """
        return self._search({owner: collections}, query, limit, minimum, filter)

    def search_shelves(
        self,
        shelves: Mapping[str, Sequence[str]],
        query: str,
        limit: int = 6,
        minimum: float = 0.0,
        filter: Filter | None = None,
    ) -> list[Hit]:
        """As `search`, in the collections of several owners (owner -> ids) at once, all weighed together."""
        return self._search(shelves, query, limit, minimum, filter)

    def labels(self, owner: str, collection: str) -> Counts:
        """The labels in a collection: name -> value -> how many passages bear it. Raises `CollectionMissing`."""
        return self._labels.counts(self._catalogue.require(owner, [collection])[0])

    def labels_of(self, passages: Sequence[Passage]) -> dict[int, tuple[tuple[str, str], ...]]:
        """The (name, value) labels of each of these passages that has some, by its id."""
        return self._labels.of_passages([passage.id for passage in passages])

    def explain(
        self,
        owner: str,
        query: str,
        collections: Sequence[str],
        *,
        passage: int | None = None,
        document: str | None = None,
        limit: int = 6,
        filter: Filter | None = None,
    ) -> Explanation:
        """Why a search finds what it finds, and where a passage or a document stood: see `knowledge.explaining`."""
        return self._search.explain(owner, query, collections, passage=passage, document=document, limit=limit, filter=filter)

    # upkeep

    def installed(self, owner: str) -> dict[tuple[str, str], str]:
        """The shipped documents that the owner was given at some time: (collection, name) -> sha256."""
        return self._catalogue.installed(owner)

    def mark_installed(self, owner: str, collection: str, name: str, sha256: str, document: str) -> None:
        """Remember that the owner was given this shipped document, so that it does not come back once removed.

        `document` is the id it has there.
        """
        self._trust.ships(document)
        self._catalogue.mark_installed(owner, collection, name, sha256)

    def rebuild(self, owner: str | None = None) -> None:
        """Make the indexes anew, and the vectors with the embedder in use; of one owner, or of all."""
        for row in self._catalogue.everything(owner):
            for _ in self.reindexing.progress(row):
                pass
        self._catalogue.lexical.renew()
        self._upkeep.heal()
        self._vectors.rebuild()

    def renew(self, connection: Connection) -> None:
        """Build what follows from the stored rows anew, within the transaction that replaced them; call `refresh` after it."""
        self._orphans = renew(connection, self._catalogue.lexical)

    def refresh(self) -> None:
        """Bring the vector index up to date with whatever is stored now, in the background, and let go of what was on its way."""
        self.intake.forget(self._orphans)
        self._orphans = []
        self._vectors.start()

    def settle(self, timeout_s: float | None = None) -> bool:
        """Wait for the indexes' background work; whether they are up to date then. Searching never needs this."""
        return self._upkeep.heal() & self._vectors.settled(timeout_s)

    def forget(self) -> None:
        """Delete for good what was removed long enough ago, and every trace of what is deleted, which else happens in the
        background. Raises `StorageFailed`."""
        self._upkeep.forget()

    def _purge(self) -> bool:
        purged = self._catalogue.purge()
        if purged:
            self.intake.sweep()
            self._vectors.tidy()
        return purged

    def check(self) -> Report:
        """Compare what is stored with what should be."""
        problems: list[tuple[str, str]] = []
        damage = self._catalogue.damage()
        if damage:
            problems.append((f"The database is damaged: {damage}.", f"数据库已损坏：{damage}。"))
        documents, wanted, passages = self._catalogue.counts()
        if wanted != passages:
            problems.append(
                (f"{passages} passages are stored, and {wanted} should be.", f"存有 {passages} 个段落，应有 {wanted} 个。")
            )
        if fault := self._catalogue.lexical.fault(thorough=True):
            problems.append((f"The word index is damaged: {fault}. Rebuild it.", f"词索引已损坏：{fault}。请重建。"))
        current = self._vectors.settled()
        rows = self._catalogue.everything()
        for row in rows:
            if row.embedder and self._lazy.loaded and not row.made_by(self.embedder.info):
                problems.append(
                    (
                        f"The collection {row.id!r} has vectors of {row.embedder!r}, which is not in use. Rebuild it.",
                        f"资料库 {row.id!r} 的向量来自未在使用的 {row.embedder!r}。请重建。",
                    )
                )
        return Report(len(rows), documents, passages, "chroma" if current else "exact", tuple(problems))

    def _create(self, owner: str, collection: str, title: str, hidden: bool = False) -> bool:
        if not _ID.fullmatch(collection):
            raise NameInvalid(
                f"{collection!r} cannot name a collection. Use 1 to 64 small letters, digits and hyphens, a hyphen not first.",
                f"{collection!r} 不能用作资料库的名字。请用 1 到 64 个小写字母、数字和连字符，不以连字符开头。",
            )
        return self._catalogue.create(owner, collection, _one_line(title) or collection, hidden)


def _one_line(title: str) -> str:
    return " ".join(title.split())[:_TITLE_LENGTH]


class _Lazy:
    """An embedder that is loaded when it is first asked for, once, whoever asks."""

    def __init__(self, embedder: Embedder | Callable[[], Embedder]) -> None:
        # A class is a function that makes one; only what has an `info` of its own is one.
        made = isinstance(getattr(embedder, "info", None), EmbedderInfo)
        self._embedder = cast(Embedder, embedder) if made else None
        self._make = None if made else cast(Callable[[], Embedder], embedder)
        self._lock = threading.Lock()

    @property
    def loaded(self) -> bool:
        return self._embedder is not None

    def get(self) -> Embedder:
        with self._lock:
            if self._embedder is None:
                assert self._make is not None
                self._embedder = self._make()
            return self._embedder
