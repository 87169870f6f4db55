"""Why a passage was found, and why another one was not: what each stage of a search had to say of it.

The search is the one that answers (`Search`), asked once more and looked at; nothing of this is done for an answer. A passage
that neither leg found is looked for far down in both, which takes longer than a search.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from knowledge.arranging import copied
from knowledge.rows import lexical_text
from knowledge.search import FIRST, QUERY_LENGTH, RELEVANT, SCORED, WITH_IT, Asked, Search, Traced, relevant
from knowledge.types import Filter, Hit, Passage
from retrieval.embedding import EmbedderInfo
from retrieval.fusion import DEPTH
from retrieval.language import languages_of
from retrieval.lexical import LexicalHit
from retrieval.tokenizing import is_common, tokens

DEEP = 1000
"""Places of a leg that are looked through for a passage that it did not find among its best."""

_PIECES = re.compile(
    r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]+)|([^\W_\u3040-\u9fff\uac00-\ud7af]+)"
)

Fate = Literal["given", "neighbour", "copy", "unfound", "filtered", "nothing", "below", "beyond"]
"""What became of a passage: given (at `place`), made one with the hit at `place`, left out as a copy of `other`, found by neither
leg, kept out by the filter, found when nothing at all fits well enough, less fit than is needed beside others, or behind as many
as are given."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a leg saw a passage: `rank` counts from 1, None for further down than was looked; `score` is None without a vote."""

    rank: int | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """What speaks for and against a passage.

    `dense` has the cosine, `lexical` the BM25 score, `fused` what both make together (None where neither found it); `score` in
    [0, 1] says how surely it is about the question. `held` and `missing` are the words of the question that it holds and lacks.
    `unread` names the languages of question or passage that the embedder does not read, `stranger` the embedder that its vectors
    come from where that is not the one in use. `read` is that of the hit.
    """

    passage: Passage
    fate: Fate
    dense: Standing
    lexical: Standing
    fused: Standing
    score: float
    coverage: float
    held: tuple[str, ...]
    missing: tuple[str, ...]
    place: int | None = None
    other: Passage | None = None
    unread: frozenset[str] = frozenset()
    stranger: str = ""
    read: float | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A search and its reasons: the hits best first, also those that are not given, and the passage that was asked for.

    `minimum` is what the best hit must reach, `beside` what every other one must; `best` is the best score of the first hits.
    """

    hits: tuple[tuple[Hit, Reason], ...]
    chosen: Reason | None
    given: int
    minimum: float
    beside: float
    best: float


class Explaining(Search):
    """A search that can say why."""

    def explain(
        self,
        owner: str,
        query: str,
        collections: Sequence[str],
        *,
        passage: int | None = None,
        document: str | None = None,
        limit: int = 6,
        minimum: float = RELEVANT,
        filter: Filter | None = None,
    ) -> Explanation:
        """The hits for a query with reasons, and where one passage stood, or the passage of a document that came nearest.

        A passage or document that is not in these collections is not explained; with a `filter` the search is narrowed to what
        that lets through. Raises `CollectionMissing`.
        """
        rows = self._catalogue.require(owner, collections)
        query = query.strip()[:QUERY_LENGTH]
        if not query or not rows or limit < 1:
            return Explanation((), None, 0, minimum, WITH_IT * minimum, 0.0)
        asked = self._asked(rows, query, self._labels.allowed([row.key for row in rows], filter) if filter else None)
        traced = self._traced(asked, limit)
        wanted = self._wanted(owner, passage, document, {row.id for row in rows})
        if wanted and not any(each.id in traced.totals for each in wanted):
            legs = self._deeper(asked, traced, [each.id for each in wanted])
        else:
            legs = _Legs(dict(traced.dense), dict(traced.lexical), max(DEPTH, len(traced.totals)))
        forms = dict(traced.forms) | self._catalogue.forms([each.id for each in wanted])
        given = self._joined(relevant(traced.hits, minimum), traced.forms, limit)
        case = _Case(asked, traced, legs, forms, given, self._embedder().info, WITH_IT * minimum)
        shown = self._joined(traced.hits, traced.forms, limit)
        explained = tuple((hit, case.reason(hit)) for hit in shown)
        chosen = None
        if wanted:
            nearest = max(wanted, key=lambda each: legs.nearness(each.id, traced.totals))
            hit = next((hit for hit in traced.hits if hit.passage.id == nearest.id), None)
            chosen = case.reason(hit or self._rated(asked, nearest, traced.hits, forms, legs))
        best = max((hit.score for hit in traced.hits[:FIRST]), default=0.0)
        return Explanation(explained, chosen, len(given), minimum, WITH_IT * minimum, best)

    def _wanted(self, owner: str, passage: int | None, document: str | None, collections: set[str]) -> list[Passage]:
        found: Mapping[int, Passage] = {}
        if passage is not None:
            found = self._catalogue.passages(owner, ids=[passage])
        elif document is not None:
            found = self._catalogue.passages(owner, document=document)
        return [each for each in found.values() if each.collection in collections]

    def _deeper(self, asked: Asked, traced: Traced, ids: Sequence[int]) -> "_Legs":
        """Both legs far down, with what they say of the passages of these ids."""
        dense = dict(traced.dense)
        if asked.vector is not None:
            dense |= self._nearest(asked, DEEP)()
            dense |= self._compared(asked, [key for key in ids if key not in dense])
        lexical = {
            hit.id: hit for hit in self._catalogue.lexical.search(asked.query, asked.groups, DEEP, lambda: ids, asked.within)
        }
        return _Legs(dense, dict(traced.lexical) | lexical, DEEP)

    def _rated(self, asked: Asked, one: Passage, hits: Sequence[Hit], forms: Mapping[int, str], legs: "_Legs") -> Hit:
        """A passage that is no hit, with the score that it would have as one."""
        found = [*(hit.passage for hit in hits[:1]), one]
        return self._scored(asked, found, forms, legs.dense, legs.lexical)[-1]


@dataclass(frozen=True, slots=True)
class _Legs:
    """What both legs say of passages, and how far down they looked."""

    dense: Mapping[int, float]
    lexical: Mapping[int, LexicalHit]
    depth: int

    def nearness(self, key: int, totals: Mapping[int, float]) -> tuple[float, float, float]:
        """By what one of several passages is taken: what fusion says, else the words, else the vector."""
        words = self.lexical[key].fit if key in self.lexical else 0.0
        return totals.get(key, -math.inf), words, self.dense.get(key, -1.0)


@dataclass(frozen=True, slots=True)
class _Case:
    """A search with all that is known of it, by which passages are judged."""

    asked: Asked
    traced: Traced
    legs: _Legs
    forms: Mapping[int, str]
    given: Sequence[Hit]
    info: EmbedderInfo
    beside: float

    def reason(self, hit: Hit) -> Reason:
        one = hit.passage
        fate, place, other = self._fate(hit)
        form = self.forms.get(one.id, "document")
        held, missing = found_words(self.asked.query, lexical_text(form, one.title, one.heading, one.text))
        row = next((row for row in self.asked.rows if row.id == one.collection), None)
        tongues = languages_of(self.asked.query) | languages_of(one.text)
        words = self.legs.lexical.get(one.id)
        bm25 = {key: hit.score for key, hit in self.legs.lexical.items()}
        return Reason(
            passage=one,
            fate=fate,
            dense=_standing(self.legs.dense, one.id, self.legs.depth),
            lexical=_standing(bm25, one.id, self.legs.depth),
            fused=_standing(self.traced.totals, one.id, len(self.traced.totals)),
            score=hit.score,
            coverage=words.coverage if words else 0.0,
            held=held,
            missing=missing,
            place=place,
            other=other,
            unread=frozenset(tongue for tongue in tongues if not self.info.reads(frozenset({tongue}))),
            stranger=row.embedder if row and row.embedder and not row.made_by(self.info) else "",
            read=hit.read,
        )

    def _fate(self, hit: Hit) -> tuple[Fate, int | None, Passage | None]:
        """What became of it, its place, and the other passage that had a part in that."""
        one = hit.passage
        for number, other in enumerate(self.given, 1):
            if other.passage.id == one.id:
                return "given", number, None
            if one.id in other.neighbours:
                return "neighbour", number, other.passage
        if one.id not in self.traced.totals:
            allowed = self.asked.allowed
            return ("unfound" if allowed is None or one.id in allowed else "filtered"), None, None
        place = next((number for number, other in enumerate(self.traced.hits, 1) if other.passage.id == one.id), None)
        if place is None and list(self.traced.totals).index(one.id) < SCORED:
            twin = copied(one, [other.passage for other in self.traced.hits])
            if twin is not None:
                return "copy", None, twin
        if not self.given:
            return "nothing", place, None
        return ("below" if hit.score < self.beside else "beyond"), place, None


def _standing(scores: Mapping[int, float], key: int, depth: int) -> Standing:
    if key not in scores:
        return Standing()
    rank = 1 + sum(score > scores[key] for score in scores.values())
    return Standing(rank if rank <= depth else None, scores[key])


def found_words(query: str, text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words of the query that a text holds, and those that it lacks, without such as only ask or bind.

    Chinese is told in stretches: what pairs of characters that the text holds reach over is held.
    """
    there = set(tokens(text))
    held: list[str] = []
    missing: list[str] = []
    for han, word in _PIECES.findall(query):
        if word:
            terms = [term for term in tokens(word) if not is_common(term)]
            if terms:
                (held if there.issuperset(terms) else missing).append(word)
            continue
        covered = [False] * len(han)
        for place in range(len(han) - 1):
            if han[place : place + 2] in there and not is_common(han[place : place + 2]):
                covered[place] = covered[place + 1] = True
        if len(han) == 1:
            covered = [han in there]
        for yes, stretch in groupby(range(len(han)), key=lambda place: covered[place]):
            letters = "".join(han[place] for place in stretch)
            if yes:
                held.append(letters)
            elif any(not is_common(letter) for letter in letters):
                missing.append(letters)
    return tuple(dict.fromkeys(held)), tuple(dict.fromkeys(missing))
