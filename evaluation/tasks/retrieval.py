"""How often search finds the right passage, and each of its legs alone; and how well the score tells what is about the question.

The passages of the data set go into a collection in a temporary folder and are searched as the app searches. "Noticed" is how
often something passes the threshold while the right passage is there, "mistaken" how often something does once it is taken away.
"""

import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.database import Database
from evaluation.metrics import ndcg_at, percent, recall_at
from evaluation.readers.beir import Entry, RetrievalSet, read_beir
from evaluation.task import Options, Result
from knowledge.base import RELEVANT, Knowledge
from knowledge.types import Hit, Record
from retrieval.embedding import Embedder, EmbedderInfo, HashEmbedder, Kind, load_embedder

_OWNER = "maker"
_DEPTH = 50


def run(options: Options) -> Result:
    """Metrics in percent: fused R@1, R@5, R@3 and nDCG@10, R@1 of each leg, noticed and mistaken."""
    started = time.perf_counter()
    data = read_beir(options.data)
    queries = sorted(data.queries)
    if options.limit is not None and options.limit < len(queries):
        queries = sorted(random.Random(options.seed).sample(queries, options.limit))
    embedder = load_embedder(options.embedder)
    texts = [data.queries[query] for query in queries]
    ids = [entry.id for entry in data.corpus]
    fused = _searched(data, texts, embedder)
    lexical = _searched(data, texts, _Mute())
    dense = _nearest(data.corpus, texts, embedder)
    gold = [data.relevant[query] for query in queries]

    rankings = [[ids[hit.passage.id - 1] for hit in hits] for hits in fused]
    alone = [[ids[hit.passage.id - 1] for hit in hits] for hits in lexical]
    vectors = [[ids[index] for index in row] for row in dense]
    metrics = {f"R@{k}": percent(recall_at(k, r, g) for r, g in zip(rankings, gold, strict=True)) for k in (1, 3, 5)}
    metrics["nDCG@10"] = percent(ndcg_at(10, ranking, grades) for ranking, grades in zip(rankings, gold, strict=True))
    for name, leg in (("lexical", alone), ("dense", vectors)):
        for k in (1, 3):
            metrics[f"{name} R@{k}"] = percent(recall_at(k, r, g) for r, g in zip(leg, gold, strict=True))
    metrics["noticed"] = percent(any(hit.score >= RELEVANT for hit in hits) for hits in fused)
    metrics["mistaken"] = percent(
        any(hit.score >= RELEVANT and ids[hit.passage.id - 1] not in grades for hit in hits)
        for hits, grades in zip(fused, gold, strict=True)
    )
    return Result(
        task="retrieval",
        model=embedder.info.name,
        n=len(queries),
        metrics=metrics,
        primary_metric="R@1",
        greater_is_better=True,
        seconds=round(time.perf_counter() - started, 1),
        settings={"data": data.name, "passages": len(ids), "limit": options.limit, "seed": options.seed, "relevant": RELEVANT},
    )


class _Mute:
    """An embedder that reads no language, which leaves the words alone to vote."""

    def __init__(self) -> None:
        self._inner = HashEmbedder(8)
        self.info = EmbedderInfo("none", 8, frozenset(), 1)

    def embed(self, texts: Sequence[str], kind: Kind) -> NDArray[np.float32]:
        return self._inner.embed(texts, kind)


def _searched(data: RetrievalSet, queries: Sequence[str], embedder: Embedder) -> list[list[Hit]]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "hearth.db")
        knowledge = Knowledge(database, Path(folder), embedder)
        try:
            knowledge.create_collection(_OWNER, data.name, "set")
            records = (Record("", _text(entry)) for entry in data.corpus)
            knowledge.add_records(_OWNER, "set", records, data.name, headings_weigh=False)
            return [knowledge.search(_OWNER, query, ["set"], _DEPTH) for query in queries]
        finally:
            knowledge.close()
            database.close()


def _nearest(corpus: Sequence[Entry], queries: Sequence[str], embedder: Embedder) -> list[list[int]]:
    """The places of the nearest passages by vectors alone, whether or not the embedder may vote."""
    passages = embedder.embed([_text(entry) for entry in corpus], "passage")
    scores = embedder.embed(queries, "query") @ passages.T
    return [list(map(int, np.argsort(-row, kind="stable")[:_DEPTH])) for row in scores]


def _text(entry: Entry) -> str:
    """Title and text and, for descriptions of tools, their field and parameters."""
    lines = [entry.title.replace("_", " "), entry.text]
    if "field" in entry.fields:
        lines.append(str(entry.fields["field"]))
    parameters = entry.fields.get("parameters")
    if isinstance(parameters, dict):
        lines += [f"{name}: {meaning}" for name, meaning in parameters.items()]
    return "\n".join(lines)
