"""Fusion: the rankings of words and of vectors made into one.

Each leg's scores are standardised over its best 50 and added. Ranks alone would let a leg that knows nothing count as much as one
that is sure; a leg that cannot read the text is left out before it gets here (`EmbedderInfo.reads`), and words that found next to
nothing of the question, as those of another language do, count for as little as they found.
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

DEPTH = 50

DENSE_WEIGHT = 0.75
"""What the vectors' vote is worth beside the words' for a question of at most `ONE_THOUGHT` terms."""

ONE_THOUGHT = 24
"""Terms of a query beyond which one vector has to stand for several thoughts (a request for three tools, a story), so that its
weight falls with their number."""

FULL_COVERAGE = 0.3
"""The share of a question's information that the best passage must hold for the words' vote to count in full. Below it a name or
a number that two languages share is all there is, and standardising makes a single such match look like certainty."""

FULL_COVERAGE_MANY = 0.6
"""The same where the vectors compare texts of different languages, with the square of the share below it: a few shared characters
must not lift the one passage in the question's own language over those in another that answer it."""


def standardised(scores: Mapping[int, float], population: int, depth: int = DEPTH) -> dict[int, float]:
    """The scores in standard deviations from the mean of the leg's best `depth`.

    Where fewer are scored than the `population` holds, the rest stand at 0, as passages without a word of the query do.
    """
    best = sorted(scores.values(), reverse=True)[:depth]
    best += [0.0] * (min(depth, population) - len(best))
    if not best:
        return {}
    mean = math.fsum(best) / len(best)
    deviation = math.sqrt(math.fsum((score - mean) ** 2 for score in best) / len(best))
    if deviation < 1e-9:
        return dict.fromkeys(scores, 0.0)
    return {key: (score - mean) / deviation for key, score in scores.items()}


def standardised_rows(scores: NDArray[np.float32], depth: int = DEPTH) -> NDArray[np.float32]:
    """`standardised` for many rankings at once: each row of float32 (rankings, population) by its own best `depth`."""
    depth = min(depth, scores.shape[1])
    best = np.partition(scores, scores.shape[1] - depth, axis=1)[:, scores.shape[1] - depth :]
    deviation = best.std(axis=1, keepdims=True)
    apart = np.where(deviation < 1e-9, 0.0, scores - best.mean(axis=1, keepdims=True))
    return np.asarray(apart / np.maximum(deviation, 1e-9), dtype=np.float32)


def fuse(
    lexical: Mapping[int, float],
    dense: Mapping[int, float],
    population: int,
    *,
    coverage: float = 1.0,
    terms: int = 0,
    many: bool = False,
    depth: int = DEPTH,
) -> dict[int, float]:
    """Passages with the weighted sum of both standardised legs, best first.

    `lexical` holds BM25 scores (absent means 0); `dense` cosines, absent where the embedder cannot read the passage, which
    then stands in the middle of that leg, neither helped nor harmed. `coverage` is the largest share of the query's information
    that a passage holds, `terms` the length of the query; `many`: the vectors compare texts of different languages.
    """
    words = standardised(lexical, population, depth)
    # What a passage without any word of the query gets is the same point of the scale for all of them.
    none = standardised({-1: 0.0} | dict(lexical), population, depth)[-1] if lexical else 0.0
    vectors = standardised(dense, len(dense), depth)
    # Where there are no vectors, there is nothing that unsure words could give way to.
    sure = 1.0
    if dense:
        sure = min(1.0, coverage / FULL_COVERAGE_MANY) ** 2 if many else min(1.0, coverage / FULL_COVERAGE)
    weight = DENSE_WEIGHT * min(1.0, ONE_THOUGHT / max(terms, 1))
    total = {key: sure * words.get(key, none) + weight * vectors.get(key, 0.0) for key in {*lexical, *dense}}
    return {key: total[key] for key in sorted(total, key=lambda key: (-total[key], key))}
