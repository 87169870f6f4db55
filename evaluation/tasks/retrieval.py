"""How often search finds the right passage, or the finding of tools the right tools, and each leg of search alone.

The passages of the data set go into a collection in a temporary folder and are searched as the app searches. "Noticed" is how
often the app finds something while the right passage is there, "mistaken" how often it does when that passage is not: 300
questions are asked of the set without a fifth of its passages, their right one among them, so that of each article most stay.
"Nothing at 3" is how many of these a threshold would turn away that turns away 3 % of what can be answered. With `--kind tools`
the entries are tools, found as the app finds them for a message.
"""

import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.database import Database
from common.errors import HearthError, ToolFailed
from evaluation.metrics import complete_at, ndcg_at, percent, recall_at
from evaluation.readers.beir import Entry, RetrievalSet, read_beir
from evaluation.task import Options, Result
from knowledge.base import RELEVANT, Knowledge
from knowledge.search import FIRST
from knowledge.types import Hit, Record
from retrieval.embedding import Embedder, EmbedderInfo, HashEmbedder, Kind, load_embedder
from retrieval.reranking import Reranker, load_reranker
from tools.base import Tool, ToolContext, ToolOutput, ToolSpec
from tools.finding import ToolFinder
from tools.nearness import Nearness

_OWNER = "maker"
_DEPTH = 50
_SHOWN = 10  # tools found for a request, the most that the figures look at
_UNANSWERABLE = 300  # questions
_FOLDS = 5
_PRIMARY = {"passages": "R@1", "tools": "C@5"}


def run(options: Options) -> Result:
    """Metrics in percent, `--kind passages` (the usual one) or `tools`. Raises `HearthError` for another kind.

    R@k: the mean share of what is relevant among the first k; C@k: how often all of it is there. Search, or the finding of
    tools, has its figures without a name before them; "lexical" and "dense" are the legs alone.
    """
    kind = options.kind or "passages"
    if kind not in _PRIMARY:
        raise HearthError(
            f"There is no kind {kind!r} of retrieval. Use --kind passages or --kind tools.",
            f"检索没有 {kind!r} 这一类。请使用 --kind passages 或 --kind tools。",
        )
    started = time.perf_counter()
    data = read_beir(options.data)
    queries = sorted(data.queries)
    if options.limit is not None and options.limit < len(queries):
        queries = sorted(random.Random(options.seed).sample(queries, options.limit))
    embedder = load_embedder(options.embedder)
    reranker = load_reranker(options.reranker) if options.reranker else None
    texts = [data.queries[query] for query in queries]
    ids = [entry.id for entry in data.corpus]
    gold = [data.relevant[query] for query in queries]
    lexical = _ids(_searched(data, texts, _Mute()), ids)
    dense = [[ids[index] for index in row] for row in _nearest(data.corpus, texts, embedder)]
    metrics: dict[str, float] = {}
    if kind == "tools":
        metrics |= _figures(_found(data.corpus, texts, embedder), gold)
    else:
        fused = _searched(data, texts, embedder, reranker)
        metrics |= _figures(_ids(fused, ids), gold)
        metrics |= _cut([_best(hits) for hits in fused], _unanswerable(data, queries, embedder, options.seed, reranker))
    for name, leg in (("lexical", lexical), ("dense", dense)):
        metrics |= {f"{name} {key}": value for key, value in _figures(leg, gold).items()}
    settings = {"data": data.name, "kind": kind, kind: len(ids), "limit": options.limit, "seed": options.seed}
    reread = {"reranker": options.reranker} if options.reranker and kind == "passages" else {}
    return Result(
        task="retrieval",
        model=embedder.info.name,
        n=len(queries),
        metrics=metrics,
        primary_metric=_PRIMARY[kind],
        greater_is_better=True,
        seconds=round(time.perf_counter() - started, 1),
        settings=settings | ({"relevant": RELEVANT} if kind == "passages" else {}) | reread,
    )


def _cut(answerable: Sequence[float], unanswerable: Sequence[float]) -> dict[str, float]:
    """What the threshold in use does, and what the one would do that turns away 3 % of what can be answered."""
    least = sorted(answerable)[len(answerable) * 3 // 100]
    return {
        "noticed": percent(best >= RELEVANT for best in answerable),
        "mistaken": percent(best >= RELEVANT for best in unanswerable),
        "nothing at 3": percent(best < least for best in unanswerable),
    }


def _best(hits: Sequence[Hit]) -> float:
    """The score by which the app decides whether there is anything: it finds nothing above it."""
    return max((hit.score for hit in hits[:FIRST]), default=0.0)


def _unanswerable(
    data: RetrievalSet, queries: Sequence[str], embedder: Embedder, seed: int, reranker: Reranker | None
) -> list[float]:
    """The deciding scores of questions whose right passages were never in the collection."""
    chosen = sorted(random.Random(seed).sample(queries, min(_UNANSWERABLE, len(queries))))
    fold = {entry.id: place % _FOLDS for place, entry in enumerate(data.corpus)}
    found: list[float] = []
    for number in range(_FOLDS):
        asked = [query for query in chosen if fold[max(data.relevant[query], key=lambda id: data.relevant[query][id])] == number]
        right = {id for query in asked for id in data.relevant[query]}
        left = tuple(entry for entry in data.corpus if fold[entry.id] != number and entry.id not in right)
        if asked and left:
            texts = [data.queries[query] for query in asked]
            found += [_best(hits) for hits in _searched(replace(data, corpus=left), texts, embedder, reranker)]
    return found


def _figures(rankings: Sequence[Sequence[str]], gold: Sequence[Mapping[str, int]]) -> dict[str, float]:
    pairs = list(zip(rankings, gold, strict=True))
    figures = {f"R@{k}": percent(recall_at(k, ranking, grades) for ranking, grades in pairs) for k in (1, 3, 5, 10)}
    figures |= {f"C@{k}": percent(complete_at(k, ranking, grades) for ranking, grades in pairs) for k in (3, 5, 10)}
    return figures | {"nDCG@10": percent(ndcg_at(10, ranking, grades) for ranking, grades in pairs)}


def _found(corpus: Sequence[Entry], messages: Sequence[str], embedder: Embedder) -> list[list[str]]:
    """What the app would put before the model, were these its tools."""
    tools = [_Listed(entry) for entry in corpus]
    finder = ToolFinder(Nearness(lambda: embedder))
    finder.prepare(tools)
    index = finder.index(tools)
    return [[tool.id for tool, _ in index.search(message, _SHOWN)] for message in messages]


class _Listed(Tool):
    """A tool of a data set, which nobody can call."""

    def __init__(self, entry: Entry) -> None:
        parameters = entry.fields.get("parameters")
        known = parameters if isinstance(parameters, Mapping) else {}
        properties = {name: {"description": str(meaning)} for name, meaning in known.items()}
        self.id = entry.id
        self.field = str(entry.fields.get("field", ""))
        self.titles: Mapping[str, str] = {}
        self.spec = ToolSpec(entry.title or entry.id, entry.text, {"type": "object", "properties": properties})

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        raise ToolFailed(f"{self.spec.name} cannot be called here.", f"{self.spec.name} 在这里不能调用。")


class _Mute:
    """An embedder that reads no language, which leaves the words alone to vote."""

    def __init__(self) -> None:
        self._inner = HashEmbedder(8)
        self.info = EmbedderInfo("none", 8, frozenset(), 1)

    def embed(self, texts: Sequence[str], kind: Kind) -> NDArray[np.float32]:
        return self._inner.embed(texts, kind)


def _searched(
    data: RetrievalSet, queries: Sequence[str], embedder: Embedder, reranker: Reranker | None = None
) -> list[list[Hit]]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "hearth.db")
        knowledge = Knowledge(database, Path(folder), embedder, reranker)
        try:
            knowledge.create_collection(_OWNER, data.name, "set")
            records = (Record("", _text(entry)) for entry in data.corpus)
            knowledge.add_records(_OWNER, "set", records, data.name, headings_weigh=False)
            return [knowledge.search(_OWNER, query, ["set"], _DEPTH) for query in queries]
        finally:
            knowledge.close()
            database.close()


def _ids(hits: Sequence[Sequence[Hit]], ids: Sequence[str]) -> list[list[str]]:
    return [[ids[hit.passage.id - 1] for hit in found] for found in hits]


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
