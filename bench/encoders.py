"""The encoder as the app computes it, and in other ways: how fast each is against float32, and how near its vectors are to it.

Every way takes its turn on the same passages within one run. A way that needs a package which is not installed is left out.
What nearness means for finding passages is told by `python -m evaluation run retrieval --embedder openvino:builtin`.
"""

import random
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.report import Line
from bench.texts import paragraphs, recombined
from common.errors import ModelMissing
from retrieval.embedding import SentenceEmbedder, batch_size, load_embedder

TURNS = 5

_TEXTS = 64
_CHARACTERS = 900

Way = Callable[[Sequence[str]], NDArray[np.float32]]


def measure(text: Path | None = None, turns: int = TURNS) -> list[Line]:
    """Passages a second of each way, as a ratio to float32, and how far its vectors are from float32's."""
    known = paragraphs(text, english=True)
    writer = random.Random(17)
    texts = [recombined(known, writer)[:_CHARACTERS] for _ in range(_TEXTS)]
    ways = _ways()
    right = ways["float32"](texts)
    nearest = {name: float(np.min(np.sum(way(texts) * right, axis=1))) for name, way in ways.items()}
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(turns):
        for name, way in ways.items():
            started = time.perf_counter()
            way(texts)
            spent[name].append(time.perf_counter() - started)
    lines = [Line("float32, passages a second", _TEXTS / statistics.median(spent["float32"]), "/s")]
    for name in ways.keys() - {"float32"}:
        ratio = statistics.median(one / other for one, other in zip(spent["float32"], spent[name], strict=True))
        lines += [Line(f"{name} against float32", ratio, "x"), Line("  1 - cosine between the two, at most", 1 - nearest[name])]
    return lines


def _ways() -> dict[str, Way]:
    plain = load_embedder("builtin")
    assert isinstance(plain, SentenceEmbedder)

    def exact(texts: Sequence[str]) -> NDArray[np.float32]:
        found = plain.bare.encode(list(texts), batch_size=batch_size(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(found, dtype=np.float32)

    ways: dict[str, Way] = {"float32": exact, "the app's": lambda texts: plain.embed(texts, "passage")}
    try:
        other = load_embedder("openvino:builtin")
    except ModelMissing:
        return ways
    return ways | {"OpenVINO": lambda texts: other.embed(texts, "passage")}
