"""Embedders: text in, vectors of length 1 out.

An embedder says which languages it was trained on, because a vector of a language it never saw is noise that must not vote.
`SentenceEmbedder` runs a sentence-transformers model; `HashEmbedder` is the double for tests and for machines without one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Kind = Literal["query", "passage"]


@dataclass(frozen=True, slots=True)
class EmbedderInfo:
    """What a vector must remember of its maker: `languages` are codes ("en", "zh"); `max_tokens` is the longest input read."""

    name: str
    dimension: int
    languages: frozenset[str]
    max_tokens: int


class Embedder(Protocol):
    """Anything that turns texts into vectors."""

    info: EmbedderInfo

    def embed(self, texts: Sequence[str], kind: Kind) -> NDArray[np.float32]:
        """Return float32 (n, dimension), rows of length 1, in the order of `texts`; (0, dimension) for no texts."""
        ...
