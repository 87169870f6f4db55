"""Fusion: the rankings of words and of vectors made into one.

Each leg's scores are standardised over its best 50 and added. Ranks alone would let a leg that knows nothing count as much as one
that is sure; and a leg that cannot read the text is left out before it gets here (`EmbedderInfo.reads`).
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

DEPTH = 50

DENSE_WEIGHT = 0.5
"""What a small embedder's vote is worth beside the words'. At 1 it costs 3 points of R@3 where many names are alike (tools)."""


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


def fuse(lexical: Mapping[int, float], dense: Mapping[int, float], population: int, depth: int = DEPTH) -> list[int]:
    """Passage ids, best first, by the weighted sum of both standardised legs.

    `lexical` holds BM25 scores (absent means 0); `dense` cosines, absent where the embedder cannot read the passage, which
    then stands in the middle of that leg, neither helped nor harmed.
    """
    words = standardised(lexical, population, depth)
    # What a passage without any word of the query gets is the same point of the scale for all of them.
    none = standardised({-1: 0.0} | dict(lexical), population, depth)[-1] if lexical else 0.0
    vectors = standardised(dense, len(dense), depth)
    total = {key: words.get(key, none) + DENSE_WEIGHT * vectors.get(key, 0.0) for key in {*lexical, *dense}}
    return sorted(total, key=lambda key: (-total[key], key))
