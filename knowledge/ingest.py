"""Files and records to documents in a collection: read, cut, embed, then stored in one transaction.

Reading and embedding, which take long, happen before the transaction; whatever dies on the way leaves nothing behind, and adding
the same content again is no work.
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.errors import ArchiveFile, UnreadableFile
from knowledge.catalogue import Catalogue
from knowledge.chunking import Chunk, chunks
from knowledge.loading.document import LeftOut
from knowledge.loading.loader import MAX_MEGABYTES, Loader
from knowledge.loading.refusals import no_text, partly
from knowledge.rows import NewDocument, NewPassage, check_embedder
from knowledge.types import Outcome, Progress, Record
from retrieval.embedding import Embedder
from retrieval.language import languages_of

AT_ONCE = 96
"""Passages of neighbouring files that are embedded together; fewer would leave half of the encoder's speed."""

FILES_AT_ONCE = 16

_SLICES = (4, 64)  # passages embedded between two looks at what else goes on: at least, and at most
_SLICE_S = 0.25  # what such a slice should take at most: for so long somebody who asks a question may have to wait


@dataclass(frozen=True, slots=True)
class Read:
    """A file that was read and cut, not yet embedded; `seconds` is what that took, `place` its place among those given."""

    path: str
    name: str
    title: str
    sha256: str
    text: str
    form: str
    cut: Sequence[Chunk]
    seconds: float
    place: int
    bytes: int
    left_out: Sequence[LeftOut] = ()


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
        self._catalogue.require(owner, [collection])
        waiting: list[Read | Outcome] = []
        passages = 0
        for place, (path, name) in enumerate(files):
            yield Progress(place, name, "reading")
            try:
                item = self.read(owner, collection, path, name, place)
            except ArchiveFile as error:
                item = Outcome(str(path), name, "failed", 0, error.english, error.chinese)
            waiting.append(item)
            passages += len(item.cut) if isinstance(item, Read) else 0
            if passages >= AT_ONCE or len(waiting) >= FILES_AT_ONCE:
                yield from self.finish(owner, collection, waiting)
                waiting, passages = [], 0
        yield from self.finish(owner, collection, waiting)

    def read(
        self,
        owner: str,
        collection: str,
        path: Path,
        name: str,
        place: int,
        told: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Read | Outcome:
        """A file read and cut, or why there is nothing to embed; `told` and `cancelled` are those of `Loader.load`.

        Raises `CollectionMissing`, and `ArchiveFile` for an archive.
        """
        started = time.perf_counter()
        try:
            sha256 = _hash(path)
            found = self._unchanged(owner, collection, str(path), name, sha256, started)
            if found is not None:
                return found
            document = self._loader.load(path, name, told, cancelled)
            cut = chunks(document)
            if not cut:
                raise no_text(name)
            size = path.stat().st_size
        except ArchiveFile:
            raise
        except UnreadableFile as error:
            spent = time.perf_counter() - started
            return Outcome(str(path), name, "failed", 0, error.english, error.chinese, spent)
        title = document.title or name
        cut = [_without_title(chunk, title) for chunk in cut]
        spent = time.perf_counter() - started
        text, form, left_out = document.text, document.form, document.left_out
        return Read(str(path), name, title, sha256, text, form, cut, spent, place, size, left_out)

    def finish(
        self,
        owner: str,
        collection: str,
        items: Sequence[Read | Outcome],
        *,
        embedder: Embedder | None = None,
        dropped: Callable[[int], bool] = lambda place: False,
    ) -> Iterator[Outcome | Progress]:
        """Embed what was read, all at once, and store it, one document a transaction; outcomes in the order of `items`.

        `embedder` stands in for the one in use (one that remembers); what is `dropped` meanwhile (by its place) is not stored
        and has no outcome. Raises as `files` does.
        """
        read = [item for item in items if isinstance(item, Read)]
        began = time.perf_counter()
        passages: dict[int, list[NewPassage]] = {}
        for some, told in self._embedded(owner, collection, read, embedder):
            passages |= some
            yield from told
            if all(dropped(item.place) for item in read):
                return
        each = (time.perf_counter() - began) / max(sum(map(len, passages.values())), 1)
        for item in items:
            if isinstance(item, Outcome):
                yield item
            elif not dropped(item.place):
                own = passages[item.place]
                started = time.perf_counter() - item.seconds - each * len(own)
                # Two files of one content may have been read before either was stored.
                found = self._unchanged(owner, collection, item.path, item.name, item.sha256, started)
                new = NewDocument(item.name, item.title, item.form, item.sha256, item.text, own, item.bytes)
                yield found or self._stored(owner, collection, item, new, started)

    def records(self, owner: str, collection: str, name: str, records: Iterable[Record], form: str) -> Outcome:
        """Add records as one document called `name`: a passage a record. Raises as `file` does."""
        started = time.perf_counter()
        self._catalogue.require(owner, [collection])
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
        read = Read(name, name, name, digest.hexdigest(), text, form, cut, time.perf_counter() - started, 0, len(text.encode()))
        (outcome,) = (each for each in self.finish(owner, collection, [read]) if isinstance(each, Outcome))
        return outcome

    def _unchanged(self, owner: str, collection: str, path: str, name: str, sha256: str, started: float) -> Outcome | None:
        known = self._catalogue.known(owner, collection, name, sha256)
        if known is None:
            return None
        document, other, passages = known
        reason, reason_zh = "This content is already in the collection.", "资料库里已有相同的内容。"
        if other != name:
            reason, reason_zh = f"The same content is there as {other!r}.", f"相同的内容已在资料库中，名为 {other!r}。"
        return Outcome(path, name, "unchanged", passages, reason, reason_zh, time.perf_counter() - started, document)

    def _embedded(
        self, owner: str, collection: str, read: Sequence[Read], embedder: Embedder | None
    ) -> Iterator[tuple[dict[int, list[NewPassage]], list[Progress]]]:
        """The passages of each file (by its place) that is embedded to its end now, and how far the others are."""
        if not read:
            return
        row = self._catalogue.require(owner, [collection])[0]
        embedder = embedder or self._embedder()
        # Before the work, not after it.
        check_embedder(row, embedder.info)
        of = [(item, place) for item in read for place in range(len(item.cut))]
        cut = [(item, item.cut[place]) for item, place in of]
        texts = [(embedded_text(item.form, item.title, chunk.heading, chunk.text), chunk.text) for item, chunk in cut]
        made: dict[int, dict[int, NewPassage]] = {item.place: {} for item in read}
        for some in in_slices(embedder, texts):
            grown = {}
            for number, vector in some.items():
                item, place = of[number]
                chunk = item.cut[place]
                made[item.place][place] = NewPassage(chunk.text, chunk.heading, chunk.page, chunk.start, chunk.end, vector)
                grown[item.place] = item
            told = [Progress(item.place, item.name, "embedding", len(made[item.place]), len(item.cut)) for item in grown.values()]
            whole = [item for item in grown.values() if len(made[item.place]) == len(item.cut)]
            yield {item.place: [made[item.place][place] for place in range(len(item.cut))] for item in whole}, told

    def _stored(self, owner: str, collection: str, item: Read, document: NewDocument, started: float) -> Outcome:
        identity, key = self._catalogue.store(owner, collection, document, self._embedder().info)
        self._changed(key)
        spent = time.perf_counter() - started
        reasons = partly(len(document.passages), item.left_out) if item.left_out else ("", "")
        return Outcome(item.path, document.name, "done", len(document.passages), *reasons, seconds=spent, document=identity)


def embedded_text(form: str, title: str, heading: str, text: str) -> str:
    """What the embedder reads of a passage: where it stands, then the text itself."""
    place = heading if form != "document" else " > ".join(part for part in (title, heading) if part)
    return f"{place}\n{text}" if place else text


def in_slices(
    embedder: Embedder, texts: Sequence[tuple[str, str]], clock: Callable[[], float] = time.perf_counter
) -> Iterator[dict[int, NDArray[np.float32] | None]]:
    """The vectors of (text to embed, passage) by their place, some at a time; None where the embedder does not read the language
    of the passage.

    Texts of like length go together, the longest first, so that little is padded and what is left is always less than it seems.
    How many are embedded at a time follows from how long the last ones took by the `clock`.
    """
    order = sorted(range(len(texts)), key=lambda place: -len(texts[place][0]))
    size, start = 2 * _SLICES[0], 0
    while start < len(order):
        some = order[start : start + size]
        start += size
        began = clock()
        readable = [place for place in some if embedder.info.reads(languages_of(texts[place][1]))]
        vectors: dict[int, NDArray[np.float32] | None] = dict.fromkeys(some)
        if readable:
            embedded = embedder.embed([texts[place][0] for place in readable], "passage")
            vectors |= dict(zip(readable, embedded, strict=True))
        took = clock() - began
        if took > _SLICE_S:
            size = max(_SLICES[0], size // 2)
        elif took < _SLICE_S / 3:
            size = min(_SLICES[1], size * 2)
        yield vectors


def _without_title(chunk: Chunk, title: str) -> Chunk:
    """The heading path without the document's title, which is told beside it."""
    heading = chunk.heading
    if heading == title:
        heading = ""
    elif heading.startswith(f"{title} > "):
        heading = heading[len(title) + 3 :]
    return replace(chunk, heading=heading)


def _hash(path: Path) -> str:
    """The content's sha256; "" for a file that the loader will refuse anyway, so that it need not be read."""
    try:
        if not path.is_file() or path.stat().st_size > MAX_MEGABYTES * 1_000_000:
            return ""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
