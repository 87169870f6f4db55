"""Late interaction: every word of a question compared with every token of a passage, each in its context.

One vector for a whole passage says what it is about; the vectors of its tokens also say whether it speaks of what was asked.
After Khattab and Zaharia, "ColBERT" (SIGIR 2020), equation 3, with three differences: the tokens are those of an embedder that
was not trained for it, the words of the question weigh what they tell apart, and what a word has in common with any token is
taken off.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.tokenizing import tokens

_WORDS = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]|[^\W\u3040-\u9fff\uac00-\ud7af]+")


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """The tokens of a text: where each begins and ends, int64 (n, 2) in characters, and its vector, float32 (n, dimension) of
    rows of length 1."""

    spans: NDArray[np.int64]
    vectors: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Interaction:
    """How near a passage comes to the words of a question, at most 1 where it has them all: in its best `sentence`, and all of it
    together (`whole`)."""

    sentence: float
    whole: float


def interaction(
    question: TokenVectors, weights: NDArray[np.float32], passage: TokenVectors, sentences: Sequence[tuple[int, int]]
) -> Interaction:
    """What a passage has of a question whose tokens weigh `weights` (n,), which add up to 1 at most.

    `sentences` are where those of the passage begin and end, in characters. What has no tokens has nothing of the other.
    """
    if not len(question.spans) or not len(passage.spans):
        return Interaction(0.0, 0.0)
    nearness = question.vectors @ passage.vectors.T
    # How near a word is to tokens that have nothing to do with it differs from word to word and from model to model.
    usual = nearness.mean(axis=1, keepdims=True)
    nearness = (nearness - usual) / np.maximum(1 - usual, 1e-6)
    starts = passage.spans[:, 0]
    stretches = (nearness[:, (starts >= start) & (starts < end)] for start, end in sentences)
    best = [float(weights @ stretch.max(axis=1)) for stretch in stretches if stretch.shape[1]]
    whole = float(weights @ nearness.max(axis=1))
    return Interaction(max(best, default=whole), whole)


def token_weights(text: str, spans: NDArray[np.int64], information: Mapping[str, float]) -> NDArray[np.float32]:
    """What each token of a question weighs, float32 (n,) that adds up to the share of its words that have tokens, at most 1.

    `information` is what the terms of the question tell apart (`Scale.asked`). A word's goes to its tokens in equal parts; a
    Chinese character has its own and half of that of each pair it is in.
    """
    weights, total = np.zeros(len(spans), dtype=np.float32), 0.0
    for word in _WORDS.finditer(text):
        start, end = word.span()
        worth = sum(information.get(term, 0.0) for term in set(tokens(word.group())))
        if not word.group().isascii():
            pairs = (text[start - 1 : end] if start else "", text[start : end + 1])
            worth += sum(information.get(pair, 0.0) for pair in pairs if len(pair) == 2) / 2
        total += worth
        within = np.flatnonzero((spans[:, 0] < end) & (spans[:, 1] > start))
        if len(within):
            weights[within] += worth / len(within)
    return weights / total if total > 0 else np.full(len(spans), 1 / max(len(spans), 1), dtype=np.float32)
