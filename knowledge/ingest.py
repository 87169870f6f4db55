"""Files and records to documents in a collection: read, cut, embed, then stored in one transaction.

Reading and embedding, which take long, happen before the transaction; whatever dies on the way leaves nothing behind, and adding
the same content again is no work.
"""

import hashlib
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.egress import Egress
from common.errors import ArchiveFile, EgressRefused, UnreadableFile
from knowledge.catalogue import Catalogue
from knowledge.chunking import Chunk, Chunking, chunks
from knowledge.corpora.forms import Corpus, corpus
from knowledge.corpora.parts import documents, part_name
from knowledge.fetching import fetch_typed
from knowledge.loading.document import LeftOut, LoadedDocument, PackedSections, packed_sections
from knowledge.loading.loader import MAX_MEGABYTES, Loader
from knowledge.loading.refusals import corpus as corpus_too_long
from knowledge.loading.refusals import no_records, no_text, partly, unpacked_nothing
from knowledge.loading.web import address_of
from knowledge.rows import NewDocument, NewPassage, check_embedder, embedded_text
from knowledge.types import Outcome, Progress, Record
from knowledge.unpacking import unpack
from retrieval.embedding import Embedder, token_counter
from retrieval.language import languages_of

AT_ONCE = 96
"""Passages of neighbouring files that are embedded together; fewer would leave half of the encoder's speed."""

FILES_AT_ONCE = 16

_LEFT_OUT = 200  # reasons that are kept of one part

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
    chunking: str = ""
    sections: PackedSections | None = None


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
        happens on the way to it. An archive has an outcome for each file that it holds, called "archive.zip/its/place".

        Neighbours are embedded together, since small batches leave half of the encoder's speed; each is stored by itself.
        A file that cannot be read is an outcome; `CollectionMissing`, `EmbedderMismatch` and `StorageFailed` are raised.
        """
        self._catalogue.require(owner, [collection])
        yield from self._finished(owner, collection, self._read_all(owner, collection, files))

    def page(self, owner: str, collection: str, address: str, egress: Egress | None) -> Iterator[Outcome | Progress]:
        """Add the page of the web at an address that somebody typed, under that address, else as `files` does."""
        self._catalogue.require(owner, [collection])
        yield from self._finished(owner, collection, self._read_page(owner, collection, address, egress))

    def _finished(self, owner: str, collection: str, read: Iterable[Read | Outcome | Progress]) -> Iterator[Outcome | Progress]:
        """What was read, finished some at a time."""
        waiting: list[Read | Outcome] = []
        passages = 0
        for item in read:
            if isinstance(item, Progress):
                yield item
                continue
            waiting.append(item)
            passages += len(item.cut) if isinstance(item, Read) else 0
            if passages >= AT_ONCE or len(waiting) >= FILES_AT_ONCE:
                yield from self.finish(owner, collection, waiting)
                waiting, passages = [], 0
        yield from self.finish(owner, collection, waiting)

    def _read_all(self, owner: str, collection: str, files: Iterable[tuple[Path, str]]) -> Iterator[Read | Outcome | Progress]:
        places = count()
        for path, name in files:
            yield Progress(place := next(places), name, "reading")
            try:
                yield self.read(owner, collection, path, name, place)
            except ArchiveFile:
                if records := self._corpus(path, name):
                    yield from in_one(str(path), name, self.corpus(owner, collection, records, str(path), name, place))
                else:
                    yield from self._members(owner, collection, path, name, str(path), places)

    def _read_page(self, owner: str, collection: str, address: str, egress: Egress | None) -> Iterator[Read | Outcome | Progress]:
        places = count()
        yield Progress(place := next(places), address, "fetching")
        with tempfile.TemporaryDirectory() as folder:
            path, called = Path(folder) / "page", address
            try:
                address = address_of(address)
                called = fetch_typed(address, path, egress).name
                item = self.read(owner, collection, path, address, place, called=called)
                yield replace(item, path=address)
            except ArchiveFile:
                yield from self._members(owner, collection, path, called, address, places)
            except (EgressRefused, UnreadableFile) as error:
                yield Outcome(address, address, "failed", 0, error.english, error.chinese)

    def _members(
        self, owner: str, collection: str, path: Path, name: str, shown: str, places: Iterator[int]
    ) -> Iterator[Read | Outcome | Progress]:
        """The files that an archive holds, each read by itself; one that holds none is told of as a whole.

        `shown` is where the archive came from.
        """
        found = False
        with tempfile.TemporaryDirectory() as folder:
            try:
                for member in unpack(self._loader, path, name, lambda: Path(folder) / "member"):
                    found, where = True, f"{shown}{member.name.removeprefix(name)}"
                    try:
                        if member.refused:
                            raise UnreadableFile(*member.refused)
                        item = self.read(owner, collection, member.path, member.name, place := next(places))
                        yield replace(item, path=where)
                    except UnreadableFile as error:
                        records = self._corpus(member.path, member.name) if isinstance(error, ArchiveFile) else None
                        if records:
                            inner = self.corpus(owner, collection, records, where, member.name, place)
                            yield from in_one(where, member.name, inner)
                            continue
                        yield Outcome(where, member.name, "failed", 0, error.english, error.chinese)
                if not found:
                    raise UnreadableFile(*unpacked_nothing(name, 0))
            except UnreadableFile as error:
                yield Outcome(shown, name, "failed", 0, error.english, error.chinese)

    def read(
        self,
        owner: str,
        collection: str,
        path: Path,
        name: str,
        place: int,
        told: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        called: str = "",
    ) -> Read | Outcome:
        """A file read and cut, or why there is nothing to embed; `told` and `cancelled` are those of `Loader.load`.

        `called` is what it was called where it came from, if not `name`: its ending may tell its kind.

        Raises `CollectionMissing`, and `ArchiveFile` for an archive.
        """
        started = time.perf_counter()
        chunking = Chunking.parse(self._catalogue.require(owner, [collection])[0].chunking)
        try:
            sha256 = _hash(path)
            found = self._unchanged(owner, collection, str(path), name, sha256, started)
            if found is not None:
                return found
            size = path.stat().st_size
            if size > MAX_MEGABYTES * 1_000_000 and self._corpus(path, name) is not None:
                raise corpus_too_long(name)
            document = self._loader.load(path, called or name, told, cancelled)
            title = document.title or name
            cuts = cut_document(document, title, chunking, self._embedder)
            if not cuts:
                raise no_text(name)
        except ArchiveFile:
            raise
        except UnreadableFile as error:
            spent = time.perf_counter() - started
            return Outcome(str(path), name, "failed", 0, error.english, error.chinese, spent)
        spent = time.perf_counter() - started
        text, form, left_out = document.text, document.form, document.left_out
        # Where each section is a passage, the passages tell where it lies.
        sections = packed_sections(document.sections) if form == "document" else None
        return Read(str(path), name, title, sha256, text, form, cuts, spent, place, size, left_out, str(chunking), sections)

    def corpus(
        self, owner: str, collection: str, records: Corpus, path: str, name: str, place: int = 0
    ) -> Iterator[Outcome | Progress]:
        """Add a corpus of any size, a part at a time, with the outcome of each. What is there already is no work, so that an
        import which was cut short goes on where it was. Raises as `files` does, and `OSError`.
        """
        found = documents(records)
        begun = [*islice(found, 2)] or [LoadedDocument("", "", ())]
        large = len(begun) > 1
        for number, document in enumerate(chain(begun, found)):
            called = f"{name}/{part_name(records, number)}" if large else name
            started = time.perf_counter()
            cut = chunks(document)
            sha256 = _digest(document)
            if not cut:
                error = no_records(called, document.left_out)
                yield Outcome(path, called, "failed", 0, error.english, error.chinese, left_out=document.left_out)
            elif unchanged := self._unchanged(owner, collection, path, called, sha256, started):
                yield replace(unchanged, left_out=document.left_out)
            else:
                text, form, left_out = document.text, document.form, document.left_out
                spent, size = time.perf_counter() - started, len(text.encode())
                yield from self.finish(
                    owner, collection, [Read(path, called, called, sha256, text, form, cut, spent, place, size, left_out)]
                )

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
                new = NewDocument(
                    item.name, item.title, item.form, item.sha256, item.text, own, item.bytes, item.chunking, item.sections
                )
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
            if record.labels:
                digest.update(f"{record.labels}\x02".encode())
            opening = f"{heading}\n"
            start = length + len(opening)
            parts.append(f"{opening}{body}\n\n")
            length = start + len(body) + 2
            cut.append(Chunk(start, start + len(body), body, heading, 0, record.labels))
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

    def _corpus(self, path: Path, name: str) -> Corpus | None:
        try:
            return corpus(path, name)
        except (OSError, EOFError, zlib.error):
            return None

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
                made[item.place][place] = _new_passage(chunk, vector)
                grown[item.place] = item
            told = [Progress(item.place, item.name, "embedding", len(made[item.place]), len(item.cut)) for item in grown.values()]
            whole = [item for item in grown.values() if len(made[item.place]) == len(item.cut)]
            yield {item.place: [made[item.place][place] for place in range(len(item.cut))] for item in whole}, told

    def _stored(self, owner: str, collection: str, item: Read, document: NewDocument, started: float) -> Outcome:
        identity, key = self._catalogue.store(owner, collection, document, self._embedder().info)
        self._changed(key)
        spent = time.perf_counter() - started
        reasons = partly(len(document.passages), item.left_out) if item.left_out else ("", "")
        return Outcome(item.path, document.name, "done", len(document.passages), *reasons, spent, identity, tuple(item.left_out))


def in_one(path: str, name: str, events: Iterable[Outcome | Progress]) -> Iterator[Outcome | Progress]:
    """What happens on the way to the parts of one file, and one outcome for all of them."""
    parts: list[Outcome] = []
    for event in events:
        if isinstance(event, Outcome):
            parts.append(replace(event, left_out=event.left_out[:_LEFT_OUT]))
        else:
            yield replace(event, name=name)
    passages, seconds = sum(part.passages for part in parts), sum(part.seconds for part in parts)
    left_out = tuple(each for part in parts for each in part.left_out)
    told = next((part for state in ("done", "unchanged", "failed") for part in parts if part.state == state), None)
    if told is None or told.state != "done":
        yield replace(told, path=path, name=name, passages=passages) if told else Outcome(path, name, "failed")
        return
    reasons = partly(passages, left_out) if left_out else ("", "")
    yield Outcome(path, name, "done", passages, *reasons, seconds, told.document, left_out)


def _digest(document: LoadedDocument) -> str:
    labels = "\x01".join(f"{name}\x02{value}" for section in document.sections for name, value in section.labels)
    return hashlib.sha256(f"{document.form}\x00{document.text}\x00{labels}".encode()).hexdigest()


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


def _new_passage(chunk: Chunk, vector: NDArray[np.float32] | None) -> NewPassage:
    return NewPassage(chunk.text, chunk.heading, chunk.page, chunk.start, chunk.end, vector, chunk.labels)


def cut_document(document: LoadedDocument, title: str, chunking: Chunking, embedder: Callable[[], Embedder]) -> list[Chunk]:
    """The passages of a document; in the usual way their sizes are estimated, else the embedder counts."""
    count = None if chunking.usual else token_counter(embedder())
    return [_without_title(chunk, title) for chunk in chunks(document, chunking, count)]


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
