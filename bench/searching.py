"""How fast passages are found among 100,000 of them and what memory that takes, and what Chroma misses of real vectors.

The text for speed is real, recombined; its vectors are made: directions around some hundred centres, as those of a model lie.
Filling the collection takes minutes, so a folder can keep it between runs (`cache`), and the vectors that a model made.
The processes are this one and its children; what they take is counted above what they took with an empty data folder.
"""

import hashlib
import os
import random
import statistics
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray

from bench.report import Line
from bench.texts import paragraphs, recombined
from common.database import Database
from knowledge.base import Knowledge
from knowledge.catalogue import Catalogue
from knowledge.chunking import sentences
from knowledge.search import FIRST
from knowledge.types import Record
from knowledge.vectors import VectorIndex
from retrieval.embedding import EmbedderInfo, Kind, SentenceEmbedder, load_embedder, token_reader
from retrieval.interaction import interaction, token_weights

PASSAGES = 100_000
QUERIES = 300
REAL = 20_000

_CENTRES = 400
_SPREAD = 0.9  # the length of what is added to a centre: two passages of one centre have a cosine of about 0.55
_A_DOCUMENT = 2500  # passages
_WORDS = 9  # of a query
_OWNER = "maker"
_NEAREST = 10
_ASKED = 500  # queries for recall
_SAME = 1e-5  # between two cosines that differ by how they were added up alone


class ClusteredEmbedder:
    """Vectors around centres, which follow from the text alone; `seconds` counts what was spent in making them."""

    def __init__(self, dimension: int = 384) -> None:
        self.info = EmbedderInfo("bench-clustered", dimension, frozenset({"*"}), 1 << 20)
        self.seconds = 0.0
        self._centres = _directions(np.random.default_rng(3), _CENTRES, dimension)

    def embed(self, texts: Sequence[str], kind: Kind) -> NDArray[np.float32]:
        started = time.perf_counter()
        seeds = [zlib.crc32(text.encode()) for text in texts]
        own = [_directions(np.random.default_rng(seed), 1, self.info.dimension)[0] for seed in seeds]
        vectors = self._centres[[seed % _CENTRES for seed in seeds]] + _SPREAD * np.reshape(own, (len(texts), -1))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        self.seconds += time.perf_counter() - started
        return np.ascontiguousarray(vectors, dtype=np.float32)


def speed(text: Path | None = None, cache: Path | None = None, passages: int = PASSAGES, queries: int = QUERIES) -> list[Line]:
    """Search a collection of so many passages; `text` is a folder with text to make them of."""
    with _kept(cache, f"searching-{passages}") as root:
        known = paragraphs(text)
        with memory() as empty:
            _opened(root / "empty").close()
        with memory() as filling:
            filled = _fill(root / "full", known, passages)
        store = _opened(root / "full")
        with memory() as searching:
            if not store.knowledge.settle():
                raise RuntimeError("Chroma is not up to date")
            spent = _ask(store, known, queries)
        with memory() as exact:
            without = _exactly(store, known)
        store.close()
    base = empty.peak
    lines = [
        Line(f"search p50 among {passages:,}, beside the embedding", statistics.median(spent), "ms"),
        Line(f"search p95 among {passages:,}, beside the embedding", statistics.quantiles(spent, n=20)[-1], "ms", at_most=40.0),
        Line("  the nearest vectors alone, compared with all, p50", without, "ms"),
        Line("memory above the empty app, searching", searching.peak - base, "MB", at_most=1200.0),
        Line("  while Chroma is not there to answer", exact.peak - base, "MB", at_most=1200.0),
    ]
    if filled:
        lines += [
            Line("  while it was filled", filling.peak - base, "MB", at_most=1200.0),
            Line("passages stored and indexed a second, without a model", passages / filled, "/s"),
        ]
    return lines


def reading(text: Path | None = None, queries: int = QUERIES) -> list[Line]:
    """What it takes to read the first passages of a search word by word, which is done where their scores leave it open."""
    embedder = load_embedder("builtin")
    read = token_reader(embedder)
    assert read is not None
    known, writer = paragraphs(text, english=True), random.Random(11)
    embedding, all_read = [], []
    for _ in range(queries + 10):
        question, passages = _query(known, writer), writer.choices(known, k=FIRST)
        started = time.perf_counter()
        embedder.embed([question], "query")
        between = time.perf_counter()
        (asked,) = read([question], "query")
        weights = token_weights(question, asked.spans, {})
        for passage, states in zip(passages, read(passages, "passage"), strict=True):
            interaction(asked, weights, states, sentences(passage))
        embedding.append((between - started) * 1000)
        all_read.append((time.perf_counter() - between) * 1000)
    return [
        Line("embedding a question, p50", statistics.median(embedding[10:]), "ms"),
        Line(f"reading {FIRST} passages word by word, p50", statistics.median(all_read[10:]), "ms"),
        Line(f"reading {FIRST} passages word by word, p95", statistics.quantiles(all_read[10:], n=20)[-1], "ms"),
    ]


def recall(text: Path | None = None, cache: Path | None = None, passages: int = REAL) -> list[Line]:
    """What share of the 10 nearest vectors Chroma finds, of passages that the built-in model read.

    One that is as near as the tenth counts as well (Aumüller, Bernhardsson and Faithfull 2020): of several with the same text,
    any may be named.
    """
    with _kept(cache, "recall") as root, tempfile.TemporaryDirectory() as folder:
        embedder = load_embedder("builtin")
        assert isinstance(embedder, SentenceEmbedder)
        known = paragraphs(text, english=True)
        writer = random.Random(5)
        texts = known[: passages + _ASKED]
        texts += [recombined(known, writer) for _ in range(passages + _ASKED - len(texts))]
        writer.shuffle(texts)
        vectors = _embedded(embedder, texts, root)
        truth = _Truth(vectors[:passages])
        index = VectorIndex(truth, Path(folder))
        index.changed(truth.key)
        if not index.settled() or not index.current(truth):
            raise RuntimeError("Chroma is not up to date")
        shares = []
        for vector in vectors[passages:]:
            tenth = min(near for _, near in index.exact(truth, vector, _NEAREST))
            found = np.array([vectors[key] @ vector for key, _ in index.search(truth, vector, _NEAREST)])
            shares.append(np.count_nonzero(found >= tenth - _SAME) / _NEAREST)
        index.close()
    name = f"Chroma's recall of the {_NEAREST} nearest of {passages:,} real vectors"
    return [
        Line(name, statistics.fmean(shares), at_least=0.99),
        Line("  paragraphs that were not recombined", min(len(known), passages)),
    ]


@dataclass(frozen=True, slots=True)
class _Store:
    """A data folder that is open, with how long its embedder took."""

    database: Database
    knowledge: Knowledge
    embedder: ClusteredEmbedder

    def close(self) -> None:
        self.knowledge.close()
        self.database.close()


def _opened(root: Path) -> _Store:
    root.mkdir(parents=True, exist_ok=True)
    embedder = ClusteredEmbedder()
    database = Database(root / "hearth.db")
    return _Store(database, Knowledge(database, root, embedder), embedder)


def _fill(root: Path, known: Sequence[str], passages: int) -> float:
    """Put the passages in where they are not yet; the seconds this took, until Chroma was up to date, 0 for nothing to do."""
    store = _opened(root)
    store.knowledge.ensure_collection(_OWNER, "bench", "Bench")
    there = store.knowledge.collection(_OWNER, "bench").passages
    started = time.perf_counter()
    for number in range(there // _A_DOCUMENT, -(-passages // _A_DOCUMENT)):
        writer = random.Random(number)
        count = min(_A_DOCUMENT, passages - number * _A_DOCUMENT)
        records = [Record("", recombined(known, writer)) for _ in range(count)]
        store.knowledge.add_records(_OWNER, "bench", records, f"records {number}", headings_weigh=False)
    if not store.knowledge.settle():
        raise RuntimeError("Chroma is not up to date")
    spent = time.perf_counter() - started
    store.close()
    return spent if there < passages else 0.0


def _ask(store: _Store, known: Sequence[str], queries: int) -> list[float]:
    """The milliseconds of each query, made of words of one paragraph, without those of its embedding."""
    writer = random.Random(9)
    spent = []
    for number in range(queries + 10):
        query = _query(known, writer)
        before, started = store.embedder.seconds, time.perf_counter()
        found = store.knowledge.search(_OWNER, query, ["bench"])
        took = time.perf_counter() - started - (store.embedder.seconds - before)
        if not found:
            raise RuntimeError(f"nothing was found for {query!r}")
        if number >= 10:  # the first ones read files that the others find in memory
            spent.append(took * 1000)
    return spent


def _exactly(store: _Store, known: Sequence[str]) -> float:
    """Milliseconds, in the middle, of comparing a vector with every one, as it is done while Chroma is not there."""
    writer = random.Random(10)
    row = Catalogue(store.database).require(_OWNER, ["bench"])[0]
    spent = []
    for vector in store.embedder.embed([_query(known, writer) for _ in range(21)], "query"):
        started = time.perf_counter()
        store.knowledge.index.exact(row, vector, 50)
        spent.append((time.perf_counter() - started) * 1000)
    return statistics.median(spent[1:])


def _query(known: Sequence[str], writer: random.Random) -> str:
    words = writer.choice(known).split()
    if len(words) < _WORDS:  # Chinese has no spaces
        text = "".join(words)
        start = writer.randrange(max(1, len(text) - 20))
        return text[start : start + 20]
    start = writer.randrange(len(words) - _WORDS + 1)
    return " ".join(words[start : start + _WORDS])


class _Truth:
    """Vectors in memory as the index knows a catalogue: one collection, which is its own row."""

    key, epoch, generation = 1, "bench", 1

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self._vectors = vectors

    def everything(self, owner: str | None = None) -> list["_Truth"]:
        return [self]

    def vector_ids(self, key: int) -> list[int]:
        return list(range(len(self._vectors)))

    def vectors(self, ids: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        return {number: self._vectors[number] for number in ids}


def _embedded(embedder: SentenceEmbedder, texts: Sequence[str], root: Path) -> NDArray[np.float32]:
    """The vectors of the texts, from the folder where these texts were embedded before."""
    digest = hashlib.sha256("\x00".join((embedder.info.name, *texts)).encode()).hexdigest()[:16]
    path = root / f"{digest}.npy"
    if path.is_file():
        return np.asarray(np.load(path), dtype=np.float32)
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    vectors = np.zeros((len(texts), embedder.info.dimension), dtype=np.float32)
    for start in range(0, len(order), 256):
        some = order[start : start + 256]
        vectors[some] = embedder.embed([texts[place] for place in some], "passage")
    np.save(path, vectors)
    return vectors


def _directions(generator: np.random.Generator, count: int, dimension: int) -> NDArray[np.float32]:
    vectors = generator.standard_normal((count, dimension), dtype=np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


@contextmanager
def _kept(cache: Path | None, name: str) -> Iterator[Path]:
    """A folder of that name under `cache`, else one that is gone afterwards."""
    if cache is not None:
        root = cache / name
        root.mkdir(parents=True, exist_ok=True)
        yield root
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@dataclass
class _Peak:
    """Megabytes that this process and its children took together at most."""

    peak: float = 0.0


@contextmanager
def memory(every_s: float = 0.05) -> Iterator[_Peak]:
    """Watch the memory of this process and its children until the end of the block."""
    watched, ended = _Peak(), threading.Event()
    process = psutil.Process(os.getpid())

    def look() -> None:
        taken = 0
        for each in (process, *process.children(recursive=True)):
            try:
                taken += each.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        watched.peak = max(watched.peak, taken / 1e6)

    def keep_looking() -> None:
        while not ended.wait(every_s):
            look()

    look()
    thread = threading.Thread(target=keep_looking, daemon=True)
    thread.start()
    try:
        yield watched
    finally:
        ended.set()
        thread.join()
        look()
