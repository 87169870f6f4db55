"""Files and records to documents in a collection: read, cut, embed, then stored in one transaction.

Reading and embedding, which take long, happen before the transaction; whatever dies on the way leaves nothing behind, and adding
the same content again is no work.
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.errors import UnreadableFile
from knowledge.catalogue import Catalogue
from knowledge.chunking import Chunk, chunks
from knowledge.loading.loader import MAX_MEGABYTES, Loader
from knowledge.loading.refusals import no_text
from knowledge.rows import CollectionRow, NewDocument, NewPassage, check_embedder
from knowledge.types import Outcome, Progress, Record
from retrieval.embedding import Embedder
from retrieval.language import languages_of

_EMBEDDED_AT_ONCE = 128  # passages, after which is told how far it is; fewer would cost speed
_PASSAGES_AT_ONCE = 96
_FILES_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class _Read:
    """A file that was read and cut, not yet embedded; `seconds` is what that took."""

    path: str
    name: str
    title: str
    sha256: str
    text: str
    cut: Sequence[Chunk]
    seconds: float
    place: int
    bytes: int


class Ingest:
    """Adds documents; `changed` is told the key of each collection that grew."""

    def __init__(
        self, catalogue: Catalogue, loader: Loader, embedder: Callable[[], Embedder], changed: Callable[[int], None]
    ) -> None:
        self._catalogue = catalogue
        self._loader = loader
        self._embedder = embedder
        self._changed = changed

    def files(self, owner: str, collection: str, files: Iterable[tuple[Path, str]]) -> Iterator[Outcome | Progress]:
        """Add files under their names, each in place of an older one of its name; an outcome for each, in order, and what
        happens on the way to it.

        Neighbours are embedded together, since small batches leave half of the encoder's speed; each is stored by itself.
        A file that cannot be read is an outcome; `CollectionMissing`, `EmbedderMismatch` and `StorageFailed` are raised.
        """
        row = self._catalogue.require(owner, [collection])[0]
        waiting: list[_Read | Outcome] = []
        passages = 0
        for place, (path, name) in enumerate(files):
            yield Progress(place, name, "reading")
            item = self._read(owner, collection, path, name, place)
            waiting.append(item)
            passages += len(item.cut) if isinstance(item, _Read) else 0
            if passages >= _PASSAGES_AT_ONCE or len(waiting) >= _FILES_AT_ONCE:
                yield from self._finished(owner, collection, row, waiting)
                waiting, passages = [], 0
        yield from self._finished(owner, collection, row, waiting)

    def _read(self, owner: str, collection: str, path: Path, name: str, place: int) -> "_Read | Outcome":
        started = time.perf_counter()
        try:
            sha256 = _hash(path)
            found = self._unchanged(owner, collection, str(path), name, sha256, started)
            if found is not None:
                return found
            document = self._loader.load(path, name)
            cut = chunks(document)
            if not cut:
                raise no_text(name)
        except UnreadableFile as error:
            spent = time.perf_counter() - started
            return Outcome(str(path), name, "failed", 0, error.english, error.chinese, spent)
        title = document.title or name
        cut = [_without_title(chunk, title) for chunk in cut]
        spent = time.perf_counter() - started
        return _Read(str(path), name, title, sha256, document.text, cut, spent, place, path.stat().st_size)

    def _finished(
        self, owner: str, collection: str, row: CollectionRow, items: Sequence["_Read | Outcome"]
    ) -> Iterator[Outcome | Progress]:
        """Embed what was read, all at once, and store it, one document a transaction."""
        read = [item for item in items if isinstance(item, _Read)]
        began = time.perf_counter()
        embedded: list[NewPassage] = []
        placed = [("document", item.title, chunk) for item in read for chunk in item.cut]
        for some in self._embedded(row, placed):
            embedded += some
            yield from _progress(read, len(embedded))
        each = (time.perf_counter() - began) / max(len(embedded), 1)
        passages = iter(embedded)
        for item in items:
            if isinstance(item, Outcome):
                yield item
                continue
            own = [next(passages) for _ in item.cut]
            started = time.perf_counter() - item.seconds - each * len(own)
            # Two files of one content may have been read before either was stored.
            found = self._unchanged(owner, collection, item.path, item.name, item.sha256, started)
            new = NewDocument(item.name, item.title, "document", item.sha256, item.text, own, item.bytes)
            yield found or self._stored(owner, collection, item.path, new, started)

    def records(self, owner: str, collection: str, name: str, records: Iterable[Record], form: str) -> Outcome:
        """Add records as one document called `name`: a passage a record. Raises as `file` does."""
        started = time.perf_counter()
        row = self._catalogue.require(owner, [collection])[0]
        cut: list[Chunk] = []
        digest = hashlib.sha256(form.encode())
        parts: list[str] = []
        length = 0
        for record in records:
            heading, body = " ".join(record.title.split()), record.text.strip()
            if not body:
                continue
            digest.update(f"{heading}\x00{body}\x01".encode())
            opening = f"{heading}\n"
            start = length + len(opening)
            parts.append(f"{opening}{body}\n\n")
            length = start + len(body) + 2
            cut.append(Chunk(start, start + len(body), body, heading, 0))
        found = self._unchanged(owner, collection, name, name, digest.hexdigest(), started)
        if found is not None:
            return found
        if not cut:
            error = no_text(name)
            return Outcome(name, name, "failed", 0, error.english, error.chinese, time.perf_counter() - started)
        text = "".join(parts).rstrip("\n")
        embedded = [passage for some in self._embedded(row, [(form, name, chunk) for chunk in cut]) for passage in some]
        new = NewDocument(name, name, form, digest.hexdigest(), text, embedded, len(text.encode()))
        return self._stored(owner, collection, name, new, started)

    def embed_again(self, row: CollectionRow) -> None:
        """Give a collection vectors of the embedder in use, and its lexical rows anew."""
        embedder = self._embedder()
        passages = self._catalogue.to_embed(row)
        texts = [(embedded_text(form, title, heading, text), text) for _, form, title, heading, text in passages]
        vectors = [vector for some in _vectors(embedder, texts) for vector in some]
        numbers = [passage[0] for passage in passages]
        self._catalogue.replace_vectors(row, dict(zip(numbers, vectors, strict=True)), embedder.info)
        self._changed(row.key)

    def _unchanged(self, owner: str, collection: str, path: str, name: str, sha256: str, started: float) -> Outcome | None:
        known = self._catalogue.known(owner, collection, name, sha256)
        if known is None:
            return None
        document, other, passages = known
        reason, reason_zh = "This content is already in the collection.", "资料库里已有相同的内容。"
        if other != name:
            reason, reason_zh = f"The same content is there as {other!r}.", f"相同的内容已在资料库中，名为 {other!r}。"
        return Outcome(path, name, "unchanged", passages, reason, reason_zh, time.perf_counter() - started, document)

    def _embedded(self, row: CollectionRow, placed: Sequence[tuple[str, str, Chunk]]) -> Iterator[list[NewPassage]]:
        """The passages of (form, title, chunk) with their vectors, some at a time."""
        if not placed:
            return
        embedder = self._embedder()
        # Before the work, not after it.
        check_embedder(row, embedder.info)
        texts = [(embedded_text(form, title, chunk.heading, chunk.text), chunk.text) for form, title, chunk in placed]
        chunks = (chunk for _, _, chunk in placed)
        for some in _vectors(embedder, texts):
            cut = islice(chunks, len(some))
            yield [
                NewPassage(chunk.text, chunk.heading, chunk.page, chunk.start, chunk.end, vector)
                for chunk, vector in zip(cut, some, strict=True)
            ]

    def _stored(self, owner: str, collection: str, path: str, document: NewDocument, started: float) -> Outcome:
        identity, key = self._catalogue.store(owner, collection, document, self._embedder().info)
        self._changed(key)
        spent = time.perf_counter() - started
        return Outcome(path, document.name, "done", len(document.passages), seconds=spent, document=identity)


def embedded_text(form: str, title: str, heading: str, text: str) -> str:
    """What the embedder reads of a passage: where it stands, then the text itself."""
    place = heading if form != "document" else " > ".join(part for part in (title, heading) if part)
    return f"{place}\n{text}" if place else text


def _vectors(embedder: Embedder, texts: Sequence[tuple[str, str]]) -> Iterator[list[NDArray[np.float32] | None]]:
    """The vectors of (text to embed, passage), some at a time; None where the embedder does not read the passage's language."""
    for start in range(0, len(texts), _EMBEDDED_AT_ONCE):
        some = texts[start : start + _EMBEDDED_AT_ONCE]
        readable = [i for i, (_, passage) in enumerate(some) if embedder.info.reads(languages_of(passage))]
        vectors: list[NDArray[np.float32] | None] = [None] * len(some)
        if readable:
            for i, vector in zip(readable, embedder.embed([some[i][0] for i in readable], "passage"), strict=True):
                vectors[i] = vector
        yield vectors


def _progress(read: Sequence["_Read"], embedded: int) -> Iterator[Progress]:
    """How far each file is when so many passages of all of them are embedded."""
    for item in read:
        done = min(embedded, len(item.cut))
        if done:
            yield Progress(item.place, item.name, "embedding", done, len(item.cut))
        embedded -= done


def _without_title(chunk: Chunk, title: str) -> Chunk:
    """The heading path without the document's title, which is told beside it."""
    heading = chunk.heading
    if heading == title:
        heading = ""
    elif heading.startswith(f"{title} > "):
        heading = heading[len(title) + 3 :]
    return Chunk(chunk.start, chunk.end, chunk.text, heading, chunk.page)


def _hash(path: Path) -> str:
    """The content's sha256; "" for a file that the loader will refuse anyway, so that it need not be read."""
    try:
        if not path.is_file() or path.stat().st_size > MAX_MEGABYTES * 1_000_000:
            return ""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
