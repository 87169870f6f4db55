"""Search: the legs asked, fused, and each hit given a score that means the same for every query.

The order comes from fusion, and from a reranker where there is one; the score does not say which hit is best but whether a hit is
about the question at all, and may so fall where the order rises. A vector votes only where the embedder reads the language of
the question and of the passage.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from knowledge.arranging import apart, joined, shingles, without_copies
from knowledge.catalogue import Catalogue
from knowledge.evidence import Evidence, score
from knowledge.rows import CollectionRow
from knowledge.types import Hit, Passage
from knowledge.vectors import VectorIndex
from retrieval.embedding import ANY_LANGUAGE, Embedder
from retrieval.fusion import DEPTH, fuse
from retrieval.language import languages_of
from retrieval.lexical import LexicalHit, tokens
from retrieval.reranking import Reranking

RELEVANT = 0.25
"""Where none of the first hits reaches this, they are about something else. Measured on questions, it wrongly turns away few; a
person who rephrases a question loses less than one who is told that the documents do not hold what they do."""

FIRST = 3
"""Hits that decide whether anything is relevant."""
_WITH_IT = 0.4  # the share of the minimum that the hits beside a relevant one must reach

_REPLIES = 0.3  # what a word counts that stands only in the replies of a record; what it is about stands in its question

_QUERY_LENGTH = 4000  # characters
_SCORED = 20  # hits that are looked at closely, the best by fusion


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question: its `vector`, None where the embedder may not vote, and the collections it can be compared with."""

    query: str
    rows: Sequence[CollectionRow]
    vector: NDArray[np.float32] | None
    readable: Sequence[CollectionRow]
    languages: frozenset[str]
    many: bool  # the embedder compares texts of different languages

    @property
    def groups(self) -> list[str]:
        return [row.group for row in self.rows]


class Search:
    """Finds passages of collections, which may be of several owners: whoever asks names each owner with what is theirs."""

    def __init__(
        self,
        catalogue: Catalogue,
        vectors: VectorIndex,
        embedder: Callable[[], Embedder],
        reranking: Reranking | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._vectors = vectors
        self._embedder = embedder
        self._reranking = reranking

    def __call__(self, shelves: Mapping[str, Sequence[str]], query: str, limit: int, minimum: float) -> list[Hit]:
        """At most `limit` hits in the collections of each owner, best first; none where the first ones all score below `minimum`.

        All are weighed together, so that scores and order mean the same whosever passage it is. Raises `CollectionMissing`.
        """
        query = query.strip()[:_QUERY_LENGTH]
        rows = [row for owner, collections in shelves.items() for row in self._catalogue.require(owner, collections)]
        if not query or not rows or limit < 1:
            return []
        asked = self._asked(rows, query)
        # Both legs at once: while Chroma's process compares vectors, the words are looked for here.
        nearest = cache(self._nearest(asked))
        lexical = self._worded(asked, lambda: list(nearest()))
        dense = nearest()
        dense |= self._compared(asked, [key for key in lexical if key not in dense])
        totals = fuse(
            {key: hit.score for key, hit in lexical.items()},
            dense,
            max(DEPTH, len(lexical)),
            coverage=max((hit.coverage for hit in lexical.values()), default=0.0),
            terms=_terms(query),
            many=asked.many,
        )
        found = self._ordered(asked, totals, max(limit, _SCORED))
        forms = self._catalogue.forms([passage.id for passage in found])
        hits = self._scored(asked, found, forms, dense, lexical)
        return self._joined(relevant(hits, minimum), forms, limit)

    def _asked(self, rows: Sequence[CollectionRow], query: str) -> _Asked:
        embedder = self._embedder()
        languages = languages_of(query)
        readable = [row for row in rows if row.made_by(embedder.info)]
        if not readable or not embedder.info.reads(languages):
            return _Asked(query, rows, None, [], languages, False)
        vector = embedder.embed([query], "query")[0]
        return _Asked(query, rows, vector, readable, languages, embedder.info.languages == ANY_LANGUAGE)

    # the legs

    def _nearest(self, asked: _Asked) -> Callable[[], dict[int, float]]:
        """The nearest passages by their vectors, with the cosine, looked for from now on; a call waits for them."""
        vector = asked.vector
        answers = [self._vectors.asked(row, vector, DEPTH) for row in asked.readable] if vector is not None else []

        def found() -> dict[int, float]:
            pairs = [pair for answer in answers for pair in answer()]
            return dict(sorted(pairs, key=lambda pair: -pair[1])[:DEPTH])

        return found

    def _worded(self, asked: _Asked, also: Callable[[], Sequence[int]]) -> dict[int, LexicalHit]:
        """The best passages by their words, and those of `also` that share one, so that both legs speak of either's finds."""
        return {hit.id: hit for hit in self._catalogue.lexical.search(asked.query, asked.groups, DEPTH, also=also)}

    def _compared(self, asked: _Asked, ids: Sequence[int]) -> dict[int, float]:
        """The cosines of passages that only the words found; vectors of another embedder's collection are not comparable."""
        if asked.vector is None:
            return {}
        stored = self._catalogue.vectors(ids, [row.key for row in asked.readable])
        return {key: float(other @ asked.vector) for key, other in stored.items()}

    # the hits

    def _ordered(self, asked: _Asked, totals: Mapping[int, float], count: int) -> list[Passage]:
        """The best `count` passages, reread where there is a reranker, without copies and with like ones apart."""
        passages = self._catalogue.passages(None, ids=list(totals)[:count], keys=[row.key for row in asked.rows])
        # A passage may have been removed since the index was asked.
        found = [passages[key] for key in totals if key in passages]
        close, rest = found[:_SCORED], found[_SCORED:]
        known = {passage.id: shingles(passage) for passage in close}
        close = without_copies(close, known)
        if self._reranking is None:
            return apart(close, totals, known) + rest
        texts = ["\n".join(part for part in (passage.heading, passage.text) if part) for passage in close]
        order = self._reranking.order(asked.query, texts, [totals[passage.id] for passage in close])
        return [close[place] for place in order] + rest

    def _scored(
        self,
        asked: _Asked,
        found: Sequence[Passage],
        forms: Mapping[int, str],
        dense: Mapping[int, float],
        lexical: Mapping[int, LexicalHit],
    ) -> list[Hit]:
        headings = self._catalogue.lexical.coverage(asked.query, asked.groups, [passage.heading for passage in found])
        known = []
        for passage, heading in zip(found, headings, strict=True):
            words, record = lexical.get(passage.id), forms.get(passage.id) == "records"
            coverage, fit = (words.coverage, words.fit) if words else (0.0, 0.0)
            if record:
                coverage = heading + _REPLIES * max(0.0, coverage - heading)
            stranger = asked.many and asked.languages.isdisjoint(languages_of(passage.text))
            known.append(Evidence(dense.get(passage.id), coverage, heading, fit, record, stranger))
        hits = []
        for place, (passage, evidence) in enumerate(zip(found, known, strict=True)):
            other = known[0 if place else 1] if len(known) > 1 else None
            rating = score(evidence, "zh" in asked.languages, other)
            hits.append(Hit(passage, rating, evidence.dense, evidence.coverage))
        return hits

    def _joined(self, hits: Sequence[Hit], forms: Mapping[int, str], limit: int) -> list[Hit]:
        """The first `limit` hits, neighbours among them made one, and others in the places that this leaves free."""
        taken = limit
        while True:
            cut = [hit for hit in hits[:taken] if forms.get(hit.passage.id) == "document"]
            merged = {hit.passage.id: hit for hit in joined(cut, self._catalogue.stretch)}
            whole = {hit.passage.id for hit in cut}
            kept = [
                merged.get(hit.passage.id, hit) for hit in hits[:taken] if hit.passage.id in merged or hit.passage.id not in whole
            ]
            if len(kept) >= limit or taken >= len(hits):
                return kept[:limit]
            taken += limit - len(kept)


def _terms(query: str) -> int:
    """How many words the query has: Chinese ones as pairs of characters."""
    return sum(1 for token in set(tokens(query)) if len(token) > 1 or token.isascii())


def relevant(hits: Sequence[Hit], minimum: float = RELEVANT) -> list[Hit]:
    """The hits that are about the question, of all that were found, best first; none where the first ones are not."""
    if all(hit.score < minimum for hit in hits[:FIRST]):
        return []
    return [hit for hit in hits if hit.score >= _WITH_IT * minimum]
