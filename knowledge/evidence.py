"""Evidence: how surely a passage is about a question, as a number in [0, 1] that means the same for every question.

It does not say which hit is best, which fusion does, but whether a hit is about the question at all. What speaks for a passage
are the words of the question that it holds, the nearness of its vector, how far it leads the next one, and, where it was read
word by word, how near it comes to each word; the constants were set by hand, in round numbers, while looking at one half of the
questions of two data sets (`docs/results.md`).
"""

import math
from dataclasses import dataclass

from retrieval.interaction import Interaction

_MIDDLE = 0.63
_MIDDLE_CHINESE = 0.46  # its words are counted as characters and pairs of them, of which even a right passage holds fewer
_MIDDLE_RECORD, _MIDDLE_CHINESE_RECORD = 0.605, 0.4
_MIDDLE_READ = 0.633
_STEEPNESS = 10.0
_HELD = 0.6  # the share of a question's information from which on a lead counts in full


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a passage for one question; every share is in [0, 1].

    `dense` is the cosine, None where the embedder may not vote; `coverage` and `heading` are the shares of the question's
    information found in all of the passage and in its heading, which says what it is about; `fit` is its BM25 as a share of the
    best possible. `record`: it begins with a question itself, as other records about the same do. `stranger`: it is written in
    another language than the question, so that words cannot speak for it. `read` is what reading it word by word showed, None
    where it was not.
    """

    dense: float | None
    coverage: float
    heading: float = 0.0
    fit: float = 0.0
    record: bool = False
    stranger: bool = False
    read: Interaction | None = None


def score(evidence: Evidence, chinese: bool, other: Evidence | None = None) -> float:
    """How surely a passage is about the question; `other` is the first hit of the rest.

    A right passage stands out from those beside it, which share its subject and so some of the words: its lead, where it has
    one, counts for it. Not so among records, of which many say the same.
    """
    middle = _MIDDLE_CHINESE if chinese else _MIDDLE
    if evidence.stranger and evidence.dense is not None:
        # Only an embedder of many languages gets here; a cosine of 0.5 is the middle of what such models give right passages
        # and wrong ones.
        return _logistic(2 * (evidence.dense - 0.5))
    if evidence.read is not None:
        return _logistic(_read(evidence, evidence.read, other) - _MIDDLE_READ)
    total = evidence.coverage + 0.25 * evidence.heading
    if evidence.dense is not None:
        # The vector of a record says more than that of a passage.
        total += evidence.dense - 0.3 if evidence.record else 0.5 * evidence.dense - 0.25
    if evidence.record:
        return _logistic(total - (_MIDDLE_CHINESE_RECORD if chinese else _MIDDLE_RECORD))
    if other is not None:
        lead = _lead(evidence, other)
        # Among a few passages whatever shares one word leads far; only what holds most of the question leads by right.
        total += lead * min(1.0, evidence.coverage / _HELD)
    return _logistic(total - middle)


def _read(evidence: Evidence, read: Interaction, other: Evidence | None) -> float:
    """What speaks for a passage that was read word by word.

    That says more than its vector, and most of what shared words do: other words for the same count as well.
    """
    total = 0.7 * read.sentence + 0.3 * read.whole + 0.1 * evidence.coverage
    if other is not None:
        total += 0.1 * _lead(evidence, other)
        if other.read is not None:
            total += 0.25 * max(0.0, read.sentence - other.read.sentence)
    return total


def _lead(evidence: Evidence, other: Evidence) -> float:
    """How far a passage leads another one in both legs."""
    lead = max(0.0, evidence.fit - other.fit)
    if evidence.dense is not None and other.dense is not None:
        lead += max(0.0, evidence.dense - other.dense)
    return lead


def _logistic(distance: float) -> float:
    return 1.0 / (1.0 + math.exp(-_STEEPNESS * distance))
