"""How fast documents go in and passages come out: ingestion against the bare encoder, search at 10,000 passages, Chroma's recall.

The text is made here, of words drawn at random into sentences and paragraphs, so that no data is needed.
"""

import itertools
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.report import Line, show
from common.database import Database
from knowledge.base import Knowledge
from knowledge.catalogue import Catalogue
from knowledge.ingest import embedded_text
from knowledge.rows import CollectionRow
from knowledge.types import Record
from retrieval.embedding import HashEmbedder, SentenceEmbedder, load_embedder

_TURNS = 5
_DOCUMENTS = 10  # a turn
_PASSAGES = 10_000
_QUERIES = 200
_OWNER = "maker"


def measure() -> list[Line]:
    """Ingest and encode in turns, then fill a collection with 10,000 passages and search it."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    embedder = load_embedder("builtin")
    assert isinstance(embedder, SentenceEmbedder)
    embedder.embed(["warm"] * 64, "passage")
    return [*_ingestion(embedder), *_searching(embedder)]


def _ingestion(embedder: SentenceEmbedder) -> list[Line]:
    """In turns, so that whatever else the machine does falls on both; the median turn counts."""
    rates, ratios = [], []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        database = Database(root / "hearth.db")
        knowledge = Knowledge(database, root, embedder)
        catalogue = Catalogue(database)
        for turn in range(_TURNS):
            collection = f"turn-{turn}"
            knowledge.create_collection(_OWNER, collection, collection)
            knowledge.add(_OWNER, collection, _write(root / "first.md", seed=-1 - turn))
            paths = [_write(root / f"{number}.md", seed=turn * 100 + number) for number in range(_DOCUMENTS)]
            started = time.perf_counter()
            added = sum(
                outcome.passages for outcome in knowledge.add_files(_OWNER, collection, [(path, path.name) for path in paths])
            )
            ours = added / (time.perf_counter() - started)
            texts = [embedded_text(*rest) for _, *rest in catalogue.to_embed(catalogue.require(_OWNER, [collection])[0])]
            started = time.perf_counter()
            embedder.bare.encode(texts, show_progress_bar=False)
            rates.append(ours)
            ratios.append(ours / (len(texts) / (time.perf_counter() - started)))
        knowledge.close()
        database.close()
    return [
        Line("passages ingested a second", statistics.median(rates), "/s"),
        Line("  against the bare encoder on the same passages", statistics.median(ratios), "x", at_least=0.85),
    ]


def _searching(embedder: SentenceEmbedder) -> list[Line]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        database = Database(root / "hearth.db")
        # Hashed vectors fill the collection in seconds; how long a search takes does not depend on what vectors mean.
        knowledge = Knowledge(database, root, HashEmbedder())
        knowledge.create_collection(_OWNER, "Bench", "bench")
        writer = random.Random(7)
        records = [Record(sentence(writer), " ".join(sentence(writer) for _ in range(6))) for _ in range(_PASSAGES)]
        knowledge.add_records(_OWNER, "bench", records)
        if not knowledge.settle():
            raise RuntimeError("Chroma is not up to date")
        row = Catalogue(database).require(_OWNER, ["bench"])[0]
        spent, recalls = [], []
        for number in range(_QUERIES):
            words = writer.choice(records).text.split()
            query = " ".join(writer.sample(words, 8))
            started = time.perf_counter()
            vector = knowledge.embedder.embed([query], "query")[0]
            embedding = time.perf_counter() - started
            started = time.perf_counter()
            knowledge.search(_OWNER, query, ["bench"])
            spent.append((time.perf_counter() - started - embedding) * 1000)
            if number < 100:
                recalls.append(_recall(knowledge, row, vector))
        knowledge.close()
        database.close()
    return [
        Line("search p95 at 10,000 passages, beside the embedding", statistics.quantiles(spent, n=20)[-1], "ms", at_most=25.0),
        Line("Chroma's recall of the 50 nearest", statistics.fmean(recalls), "", at_least=0.99),
    ]


def _recall(knowledge: Knowledge, row: CollectionRow, vector: NDArray[np.float32]) -> float:
    index = knowledge.index
    found = {key for key, _ in index.search(row, vector, 50)}
    return len(found & {key for key, _ in index.exact(row, vector, 50)}) / 50


_COMMON = (
    "the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which one you "
    "all her she there would their we him been has when who will no more if out so up said what its about than into them can only"
)
_SYLLABLES = ("ta", "ri", "lo", "men", "sa", "ve", "ko", "du", "ne", "pi")
_WORDS = (*_COMMON.split(), *("".join(each) for each in itertools.product(_SYLLABLES, repeat=3)))


def sentence(writer: random.Random) -> str:
    # The cube makes some words common and most of them rare, as in a language; numbers stand for names.
    words = [_WORDS[int(len(_WORDS) * writer.random() ** 3)] for _ in range(writer.randint(8, 18))]
    words.insert(writer.randrange(len(words)), str(writer.randrange(5000)))
    return " ".join(words).capitalize() + "."


def _write(path: Path, seed: int) -> Path:
    writer = random.Random(seed)
    sections = []
    for _ in range(3):
        paragraphs = [" ".join(sentence(writer) for _ in range(6)) for _ in range(3)]
        sections.append(f"## {sentence(writer)}\n\n" + "\n\n".join(paragraphs))
    path.write_text(f"# {sentence(writer)}\n\n" + "\n\n".join(sections), encoding="utf-8")
    return path


if __name__ == "__main__":
    sys.exit(show(measure()))
