"""Search: the legs asked, fused, and each hit given a score that means the same for every query.

The order comes from fusion; the score does not say which hit is best but whether a hit is about the question at all, and may so
fall where the order rises. A vector votes only where the embedder reads the language of the question and of the passage.
"""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from knowledge.catalogue import Catalogue
from knowledge.rows import CollectionRow
from knowledge.types import Hit
from knowledge.vectors import VectorIndex
from retrieval.embedding import Embedder
from retrieval.fusion import DEPTH, fuse
from retrieval.language import languages_of

RELEVANT = 0.25
"""Where none of the first hits reaches this, they are about something else. Measured on questions, it wrongly turns away few; a
person who rephrases a question loses less than one who is told that the documents do not hold what they do."""

_FIRST = 3  # hits that decide whether anything is relevant
_WITH_IT = 0.4  # the share of the minimum that the hits beside a relevant one must reach

_REPLIES = 0.3  # what a word counts that stands only in the replies of a record; what it is about stands in its question

_QUERY_LENGTH = 4000  # characters
_SCORED = 20  # hits that are scored, the best by fusion


class Search:
    """Finds passages of collections, which may be of several owners: whoever asks names each owner with what is theirs."""

    def __init__(self, catalogue: Catalogue, vectors: VectorIndex, embedder: Callable[[], Embedder]) -> None:
        self._catalogue = catalogue
        self._vectors = vectors
        self._embedder = embedder

    def __call__(self, shelves: Mapping[str, Sequence[str]], query: str, limit: int, minimum: float) -> list[Hit]:
        """At most `limit` hits in the collections of each owner, best first; none where the first ones all score below `minimum`.

        All are weighed together, so that scores and order mean the same whosever passage it is. Raises `CollectionMissing`.
        """
        query = query.strip()[:_QUERY_LENGTH]
        rows = [row for owner, collections in shelves.items() for row in self._catalogue.require(owner, collections)]
        if not query or not rows or limit < 1:
            return []
        vector, readable = self._vector(rows, query)
        dense = self._nearest(readable, vector) if vector is not None else {}
        lexical = self._catalogue.lexical.search(query, [row.group for row in rows], DEPTH, also=list(dense))
        if vector is not None:
            # Both legs speak of every passage that either found; vectors of another embedder's collection are not comparable.
            missing = [hit.id for hit in lexical if hit.id not in dense]
            stored = self._catalogue.vectors(missing, [row.key for row in readable])
            dense |= {key: float(other @ vector) for key, other in stored.items()}
        words = {hit.id: hit.score for hit in lexical}
        coverage = {hit.id: hit.coverage for hit in lexical}
        order = fuse(words, dense, max(DEPTH, len(words)))
        passages = self._catalogue.passages(None, ids=order[: max(limit, _SCORED)], keys=[row.key for row in rows])
        # A passage may have been removed since the index was asked.
        found = [passages[key] for key in order if key in passages]
        headings = self._catalogue.lexical.coverage(query, [row.group for row in rows], [passage.heading for passage in found])
        records = self._catalogue.records([passage.id for passage in found])
        chinese = "zh" in languages_of(query)
        hits = []
        for passage, heading in zip(found, headings, strict=True):
            cosine, words_found, record = dense.get(passage.id), coverage.get(passage.id, 0.0), passage.id in records
            if record:
                words_found = heading + _REPLIES * max(0.0, words_found - heading)
            hits.append(Hit(passage, score(cosine, words_found, heading, chinese, record), cosine, words_found))
        return relevant(hits, minimum)[:limit]

    def _vector(self, rows: Sequence[CollectionRow], query: str) -> tuple[NDArray[np.float32] | None, Sequence[CollectionRow]]:
        """The query's vector and the collections it can be compared with; None where the embedder may not vote."""
        embedder = self._embedder()
        readable = [row for row in rows if row.embedder == embedder.info.name]
        if not readable or not embedder.info.reads(languages_of(query)):
            return None, []
        return embedder.embed([query], "query")[0], readable

    def _nearest(self, rows: Sequence[CollectionRow], vector: NDArray[np.float32]) -> dict[int, float]:
        found = [pair for row in rows for pair in self._vectors.search(row, vector, DEPTH)]
        return dict(sorted(found, key=lambda pair: -pair[1])[:DEPTH])


def relevant(hits: Sequence[Hit], minimum: float = RELEVANT) -> list[Hit]:
    """The hits that are about the question, of all that were found, best first; none where the first ones are not."""
    if all(hit.score < minimum for hit in hits[:_FIRST]):
        return []
    return [hit for hit in hits if hit.score >= _WITH_IT * minimum]


def score(dense: float | None, coverage: float, heading: float, chinese: bool, record: bool = False) -> float:
    """How surely a passage is about the question, in [0, 1].

    From the cosine, and the shares of the question's information found in all of the passage and in its heading, which says what
    it is about.

    0.5 lies where, of 20 questions that nothing answers, about one is mistaken for answered. Chinese words are counted as pairs
    of characters, of which even a right passage holds fewer. A record begins with a question itself, so that its vector says
    more than that of a passage.
    """
    middle = 0.4 if chinese else 0.605
    evidence = coverage + 0.25 * heading
    if dense is not None:
        evidence += dense - 0.3 if record else 0.5 * dense - 0.25
    return 1.0 / (1.0 + math.exp(-10.0 * (evidence - middle)))
