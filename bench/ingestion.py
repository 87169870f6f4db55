"""How fast documents go in: through the app's queue until they are found, against the bare encoder and against the naive way.

All three have the same model in float32 and the same threads, and take their turns within one run, so that whatever else the
machine does falls on each. The naive way reads PDFs with pdfminer, cuts them every so many characters, and embeds and adds each
piece by itself to a Chroma that is left as it comes. The documents are PDF and Markdown in turns.
"""

import random
import shutil
import statistics
import tempfile
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.report import Line
from bench.texts import paragraphs, recombined, write_markdown, write_pdf
from common.database import Database
from knowledge.base import Knowledge
from knowledge.catalogue import Catalogue
from knowledge.rows import embedded_text
from retrieval.embedding import Kind, SentenceEmbedder, load_embedder

TURNS = 5
DOCUMENTS = 12  # a turn

_PARAGRAPHS = 14  # of a document
_NAIVE = 4  # documents a turn that are taken the naive way, which is slow
_CUT = 800  # characters
_SIZES = (4, 8, 16, 32, 64)  # batches, of which the bare encoder takes the best
_OWNER = "maker"
_PATIENCE_S = 3600.0


@dataclass
class _Timed:
    """An embedder that counts the seconds spent in it."""

    embedder: SentenceEmbedder
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.info = self.embedder.info

    def embed(self, texts: Sequence[str], kind: Kind) -> NDArray[np.float32]:
        started = time.perf_counter()
        try:
            return self.embedder.embed(texts, kind)
        finally:
            self.seconds += time.perf_counter() - started


@dataclass
class _Rates:
    """What was measured a turn: passages a second, and what the app's seconds went into."""

    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    faster: list[float] = field(default_factory=list)  # than the naive way, in characters a second
    encoding: list[float] = field(default_factory=list)  # the share of the seconds in the encoder
    naively: list[float] = field(default_factory=list)  # the same of the naive way


def measure(text: Path | None = None, turns: int = TURNS, documents: int = DOCUMENTS, embedder: str = "builtin") -> list[Line]:
    """Take documents in, in turns; `text` is a folder with text to make them of.

    `embedder` is the app's: another than the built-in one leaves the two others what they are. Raises `RuntimeError` where a
    document fails.
    """
    plain = load_embedder("builtin")
    own = load_embedder(embedder) if embedder != "builtin" else plain
    assert isinstance(plain, SentenceEmbedder)
    assert isinstance(own, SentenceEmbedder)
    known = paragraphs(text, english=True)
    writer = random.Random(11)
    batch = _best_batch(plain, [recombined(known, writer) for _ in range(64)])
    rates = _Rates()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        timed = _Timed(own)
        database = Database(root / "hearth.db")
        knowledge = Knowledge(database, root, timed)
        try:
            _through_queue(knowledge, written(root, known, writer, 2))  # the children that read have started then
            for _ in range(turns):
                paths = written(root, known, writer, documents)
                _turn(knowledge, Catalogue(database), timed, plain, paths, batch, rates)
        finally:
            knowledge.close()
            database.close()
    return [
        Line("passages ingested a second, until they are found", statistics.median(rates.ours), "/s"),
        Line(f"  the bare encoder, batches of {batch}", statistics.median(rates.bare), "/s"),
        Line(
            "  against the bare encoder on the same passages",
            statistics.median(one / other for one, other in zip(rates.ours, rates.bare, strict=True)),
            "x",
            at_least=0.9,
        ),
        Line("  share of that time in the encoder", statistics.median(rates.encoding)),
        Line("  against pdfminer and Chroma one by one", statistics.median(rates.faster), "x", at_least=3.0),
        Line("  share of that way's time in the encoder", statistics.median(rates.naively)),
    ]


def _turn(
    knowledge: Knowledge,
    catalogue: Catalogue,
    timed: _Timed,
    plain: SentenceEmbedder,
    paths: Sequence[Path],
    batch: int,
    rates: _Rates,
) -> None:
    # The queue takes the files away.
    copies = [Path(shutil.copy(path, path.with_stem(f"copy-{path.stem}"))) for path in paths[:_NAIVE]]
    encoding = timed.seconds
    collection, ours = _through_queue(knowledge, paths)
    row = catalogue.require(_OWNER, [collection])[0]
    texts = [embedded_text(*rest) for _, *rest in catalogue.to_embed(row)]
    rates.encoding.append((timed.seconds - encoding) / ours)
    rates.ours.append(len(texts) / ours)
    started = time.perf_counter()
    plain.bare.encode(texts, batch_size=batch, show_progress_bar=False)
    rates.bare.append(len(texts) / (time.perf_counter() - started))
    characters = sum(document.characters for document in knowledge.documents(_OWNER, collection))
    naive = _naive_rate(plain, copies, rates)
    rates.faster.append(characters / ours / naive)


def _through_queue(knowledge: Knowledge, paths: Sequence[Path]) -> tuple[str, float]:
    """A new collection that holds the documents, and the seconds until all were stored and the last was found."""
    collection = knowledge.create_collection(_OWNER, "Bench").id
    started = time.perf_counter()
    knowledge.intake.add(_OWNER, collection, [(path, path.name) for path in paths])
    if not knowledge.intake.settled(_PATIENCE_S):
        raise RuntimeError("the queue did not end")
    added = knowledge.documents(_OWNER, collection)
    words = knowledge.passages(_OWNER, added[-1].id)[-1].text
    found = knowledge.search(_OWNER, words, [collection])
    spent = time.perf_counter() - started
    if len(added) != len(paths) or not found or added[-1].id not in {hit.passage.document for hit in found}:
        raise RuntimeError(f"{len(added)} of {len(paths)} documents were added, and {len(found)} passages found")
    return collection, spent


def _naive_rate(embedder: SentenceEmbedder, paths: Sequence[Path], rates: _Rates) -> float:
    """Characters a second that go in when each piece is embedded and added by itself."""
    import chromadb
    from chromadb.config import Settings
    from pdfminer.high_level import extract_pages
    from pdfminer.layout import LTTextContainer

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        client = chromadb.PersistentClient(path=folder, settings=Settings(anonymized_telemetry=False))
        collection = client.create_collection("naive", embedding_function=None)
        done, encoding = 0, 0.0
        started = time.perf_counter()
        for path in paths:
            if path.suffix == ".pdf":
                pages = [
                    "".join(box.get_text() for box in page if isinstance(box, LTTextContainer)) for page in extract_pages(path)
                ]
            else:
                pages = [path.read_text(encoding="utf-8")]
            for page in pages:
                for start in range(0, len(page), _CUT):
                    piece = page[start : start + _CUT]
                    began = time.perf_counter()
                    vector = embedder.bare.encode([piece], show_progress_bar=False)[0]
                    encoding += time.perf_counter() - began
                    collection.add(ids=[uuid.uuid4().hex], embeddings=[vector], documents=[piece])
                    done += len(piece)
        spent = time.perf_counter() - started
    rates.naively.append(encoding / spent)
    return done / spent


def _best_batch(embedder: SentenceEmbedder, texts: Sequence[str]) -> int:
    """The size of batches at which the bare encoder is fastest here, the best of two rounds."""
    spent = dict.fromkeys(_SIZES, float("inf"))
    for _ in range(2):
        for size in _SIZES:
            started = time.perf_counter()
            embedder.bare.encode(list(texts), batch_size=size, show_progress_bar=False)
            spent[size] = min(spent[size], time.perf_counter() - started)
    return min(spent, key=lambda size: spent[size])


def written(root: Path, known: Sequence[str], writer: random.Random, count: int) -> list[Path]:
    paths = []
    for number in range(count):
        texts = [recombined(known, writer) for _ in range(_PARAGRAPHS)]
        name = f"{number}-{writer.randrange(1 << 30)}"
        paths.append(write_markdown(root / f"{name}.md", texts) if number % 2 else write_pdf(root / f"{name}.pdf", texts))
    return paths
