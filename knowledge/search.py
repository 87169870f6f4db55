"""Search: the legs asked, fused, and each hit given a score that means the same for every query.

The order comes from fusion, and from a reranker where there is one; the score does not say which hit is best but whether a hit is
about the question at all, and may so fall where the order rises. A vector votes only where the embedder reads the language of
the question and of the passage.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from knowledge.arranging import apart, joined, shingles, without_copies
from knowledge.catalogue import Catalogue
from knowledge.chunking import sentences
from knowledge.evidence import Evidence, score
from knowledge.labels import Labels
from knowledge.rows import CollectionRow, embedded_text
from knowledge.types import Filter, Hit, Passage
from knowledge.vectors import VectorIndex, nearest
from retrieval.embedding import ANY_LANGUAGE, Embedder, token_reader
from retrieval.fusion import DEPTH, fuse
from retrieval.interaction import Interaction, interaction, token_weights
from retrieval.language import languages_of
from retrieval.lexical import LexicalHit
from retrieval.reranking import Reranking
from retrieval.tokenizing import tokens

RELEVANT = 0.25
"""Where none of the first hits reaches this, they are about something else. Measured on questions, it wrongly turns away few; a
person who rephrases a question loses less than one who is told that the documents do not hold what they do."""

FIRST = 3
"""Hits that decide whether anything is relevant."""
_SURE = 0.95
"""The score from which a first hit need not be read word by word: that turns hardly any of these over."""
_LEGIBLE = 0.5
"""The share of a question's information that the embedder must have tokens for, to be read word by word."""
WITH_IT = 0.4
"""The share of the minimum that the hits beside a relevant one must reach."""

_REPLIES = 0.3  # what a word counts that stands only in the replies of a record; what it is about stands in its question

QUERY_LENGTH = 4000  # characters
_FEW = 3000  # passages that a search may be narrowed to, up to which their vectors are read one by one
SCORED = 20
"""Hits that are looked at closely, the best by fusion."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: its `vector`, None where the embedder may not vote, and the collections it can be compared with."""

    query: str
    rows: Sequence[CollectionRow]
    vector: NDArray[np.float32] | None
    readable: Sequence[CollectionRow]
    languages: frozenset[str]
    many: bool  # the embedder compares texts of different languages
    allowed: NDArray[np.int64] | None = None  # the passages that a filter lets through, ascending

    @property
    def within(self) -> list[int] | None:
        return None if self.allowed is None else self.allowed.tolist()

    @property
    def groups(self) -> list[str]:
        return [row.group for row in self.rows]


@dataclass(frozen=True, slots=True)
class Traced:
    """What each stage had: both legs, the fused scores of all they found, best first, and the hits made of the best of these."""

    dense: Mapping[int, float]
    lexical: Mapping[int, LexicalHit]
    totals: Mapping[int, float]
    forms: Mapping[int, str]
    hits: Sequence[Hit]


class Search:
    """Finds passages of collections, which may be of several owners: whoever asks names each owner with what is theirs."""

    def __init__(
        self,
        catalogue: Catalogue,
        labels: Labels,
        vectors: VectorIndex,
        embedder: Callable[[], Embedder],
        reranking: Reranking | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._labels = labels
        self._vectors = vectors
        self._embedder = embedder
        self._reranking = reranking

    def __call__(
        self, shelves: Mapping[str, Sequence[str]], query: str, limit: int, minimum: float, wanted: Filter | None = None
    ) -> list[Hit]:
        """At most `limit` hits in the collections of each owner, best first; none where the first ones all score below `minimum`.

        All are weighed together, so that scores and order mean the same whosever passage it is. With a filter only
        what it lets through is found. Raises `CollectionMissing`.
        """
        query = query.strip()[:QUERY_LENGTH]
        rows = [row for owner, collections in shelves.items() for row in self._catalogue.require(owner, collections)]
        if not query or not rows or limit < 1:
            return []
        allowed = self._labels.allowed([row.key for row in rows], wanted) if wanted else None
        if allowed is not None and not len(allowed):
            return []
        traced = self._traced(self._asked(rows, query, allowed), limit)
        return self._joined(relevant(traced.hits, minimum), traced.forms, limit)

    def _traced(self, asked: Asked, limit: int) -> Traced:
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
            terms=_terms(asked.query),
            many=asked.many,
        )
        found = self._ordered(asked, totals, max(limit, SCORED))
        forms = self._catalogue.forms([passage.id for passage in found])
        return Traced(dense, lexical, totals, forms, self._scored(asked, found, forms, dense, lexical))

    def _asked(self, rows: Sequence[CollectionRow], query: str, allowed: NDArray[np.int64] | None = None) -> Asked:
        embedder = self._embedder()
        languages = languages_of(query)
        readable = [row for row in rows if row.made_by(embedder.info)]
        if not readable or not embedder.info.reads(languages):
            return Asked(query, rows, None, [], languages, False, allowed)
        vector = embedder.embed([query], "query")[0]
        return Asked(query, rows, vector, readable, languages, embedder.info.languages == ANY_LANGUAGE, allowed)

    # the legs

    def _nearest(self, asked: Asked, depth: int = DEPTH) -> Callable[[], dict[int, float]]:
        """The nearest passages by their vectors, with the cosine, looked for from now on; a call waits for them."""
        vector, allowed = asked.vector, asked.allowed
        if vector is None:
            return dict
        if allowed is not None:
            return lambda: self._nearest_within(asked, vector, allowed, depth)
        answers = [self._vectors.asked(row, vector, depth) for row in asked.readable]
        return lambda: _best((pair for answer in answers for pair in answer()), depth)

    def _nearest_within(
        self, asked: Asked, vector: NDArray[np.float32], allowed: NDArray[np.int64], depth: int
    ) -> dict[int, float]:
        """The same among the passages that the filter lets through, compared one by one: an index might hold none of them among
        its nearest."""
        if len(allowed) <= _FEW:
            stored = self._catalogue.vectors(allowed.tolist(), [row.key for row in asked.readable])
            if not stored:
                return {}
            return dict(nearest(np.array(list(stored), dtype=np.int64), np.stack(list(stored.values())) @ vector, depth))
        found = (pair for row in asked.readable for pair in self._vectors.exact(row, vector, depth, allowed))
        return _best(found, depth)

    def _worded(self, asked: Asked, also: Callable[[], Sequence[int]]) -> dict[int, LexicalHit]:
        """The best passages by their words, and those of `also` that share one, so that both legs speak of either's finds."""
        return {hit.id: hit for hit in self._catalogue.lexical.search(asked.query, asked.groups, DEPTH, also, asked.within)}

    def _compared(self, asked: Asked, ids: Sequence[int]) -> dict[int, float]:
        """The cosines of passages that only the words found; vectors of another embedder's collection are not comparable."""
        if asked.vector is None:
            return {}
        stored = self._catalogue.vectors(ids, [row.key for row in asked.readable])
        return {key: float(other @ asked.vector) for key, other in stored.items()}

    # the hits

    def _ordered(self, asked: Asked, totals: Mapping[int, float], count: int) -> list[Passage]:
        """The best `count` passages, reread where there is a reranker, without copies and with like ones apart."""
        passages = self._catalogue.passages(None, ids=list(totals)[:count], keys=[row.key for row in asked.rows])
        # A passage may have been removed since the index was asked.
        found = [passages[key] for key in totals if key in passages]
        close, rest = found[:SCORED], found[SCORED:]
        known = {passage.id: shingles(passage) for passage in close}
        close = without_copies(close, known)
        if self._reranking is None:
            return apart(close, totals, known) + rest
        texts = ["\n".join(part for part in (passage.heading, passage.text) if part) for passage in close]
        order = self._reranking.order(asked.query, texts, [totals[passage.id] for passage in close])
        return [close[place] for place in order] + rest

    def _scored(
        self,
        asked: Asked,
        found: Sequence[Passage],
        forms: Mapping[int, str],
        dense: Mapping[int, float],
        lexical: Mapping[int, LexicalHit],
    ) -> list[Hit]:
        scale = self._catalogue.lexical.scale(asked.query, asked.groups)
        known = []
        for passage in found:
            heading = scale.coverage(set(tokens(passage.heading)))
            words, record = lexical.get(passage.id), forms.get(passage.id) == "records"
            coverage, fit = (words.coverage, words.fit) if words else (0.0, 0.0)
            if record:
                coverage = heading + _REPLIES * max(0.0, coverage - heading)
            stranger = asked.many and asked.languages.isdisjoint(languages_of(passage.text))
            known.append(Evidence(dense.get(passage.id), coverage, heading, fit, record, stranger))
        ratings = _ratings(known, asked)
        if unsure := _unsure(known, ratings):
            texts = [found[place] for place in unsure]
            for place, read in zip(unsure, self._read(asked, scale.asked, texts, forms), strict=False):
                known[place] = replace(known[place], read=read)
            ratings = _ratings(known, asked)
        return [
            Hit(passage, rating, evidence.dense, evidence.coverage, read=evidence.read.whole if evidence.read else None)
            for passage, rating, evidence in zip(found, ratings, known, strict=True)
        ]

    def _read(
        self, asked: Asked, information: Mapping[str, float], passages: Sequence[Passage], forms: Mapping[int, str]
    ) -> list[Interaction]:
        """What each passage has of the question's words; nothing where the embedder knows texts as a whole alone, or has
        no tokens for what was asked."""
        read = token_reader(self._embedder())
        if read is None:
            return []
        (question,) = read([asked.query], "query")
        weights = token_weights(asked.query, question.spans, information)
        if weights.sum() < _LEGIBLE:
            return []
        texts = [embedded_text(forms.get(each.id, "document"), each.title, each.heading, each.text) for each in passages]
        return [
            interaction(question, weights, states, sentences(text))
            for text, states in zip(texts, read(texts, "passage"), strict=True)
        ]

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


def _ratings(known: Sequence[Evidence], asked: Asked) -> list[float]:
    others = [known[0 if place else 1] if len(known) > 1 else None for place in range(len(known))]
    return [score(evidence, "zh" in asked.languages, other) for evidence, other in zip(known, others, strict=True)]


def _unsure(known: Sequence[Evidence], ratings: Sequence[float]) -> list[int]:
    """The places of first hits that are worth reading word by word: none where one is surely about the question.

    Records begin with a question, which their vector tells well; what is in another language has no word of the question.
    """
    if any(rating >= _SURE for rating in ratings[:FIRST]):
        return []
    legible = (each.dense is not None and not each.record and not each.stranger for each in known[:FIRST])
    return [place for place, yes in enumerate(legible) if yes]


def _best(pairs: Iterable[tuple[int, float]], depth: int) -> dict[int, float]:
    return dict(sorted(pairs, key=lambda pair: -pair[1])[:depth])


def _terms(query: str) -> int:
    """How many words the query has: Chinese ones as pairs of characters."""
    return sum(1 for token in set(tokens(query)) if len(token) > 1 or token.isascii())


def relevant(hits: Sequence[Hit], minimum: float = RELEVANT) -> list[Hit]:
    """The hits that are about the question, of all that were found, best first; none where the first ones are not."""
    if all(hit.score < minimum for hit in hits[:FIRST]):
        return []
    return [hit for hit in hits if hit.score >= WITH_IT * minimum]
