"""How fast tools are found among thousands: a search beside the embedding of the question, and a search right after an edit.

The tools are made here, of words drawn at random, and so are their vectors: what they mean costs no time.
"""

import random
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.report import Line, show
from bench.texts import sentence
from retrieval.embedding import EmbedderInfo, Kind
from tools.base import Tool, ToolContext, ToolOutput, ToolSpec
from tools.finding import ToolFinder
from tools.nearness import Nearness
from tools.registry import ToolRegistry

_TOOLS = 4000
_QUERIES = 300
_EDITS = 20


def measure() -> list[Line]:
    """Search 4,000 tools for requests of two wishes, then change one tool after the other."""
    writer = random.Random(7)
    embedder = _Drawn()
    tools = [_Made(number, writer) for number in range(_TOOLS)]
    finder = ToolFinder(Nearness(lambda: embedder))
    registry = ToolRegistry(tools, finder)
    finder.prepare(tools)
    registry.snapshot().find("warm", 5)
    searches = [_search(registry, writer, embedder) for _ in range(_QUERIES)]
    edits = []
    for number in range(_EDITS):
        started = time.perf_counter()
        registry.register(_Made(number, writer))
        registry.snapshot().find(_request(writer), 5)
        edits.append((time.perf_counter() - started) * 1000)
    return [
        Line(
            "tool search p95 at 4,000 tools, beside the embedding", statistics.quantiles(searches, n=20)[-1], "ms", at_most=15.0
        ),
        Line("an edit of one of 4,000 tools until it is found", statistics.median(edits), "ms", at_most=100.0),
    ]


def _search(registry: ToolRegistry, writer: random.Random, embedder: "_Drawn") -> float:
    """Milliseconds."""
    request = _request(writer)
    before = embedder.spent
    started = time.perf_counter()
    registry.snapshot().find(request, 5)
    return (time.perf_counter() - started - (embedder.spent - before)) * 1000


def _request(writer: random.Random) -> str:
    return f"{sentence(writer)} {sentence(writer)}"


class _Made(Tool):
    """A tool of random words, which does nothing."""

    def __init__(self, number: int, writer: random.Random) -> None:
        self.id = f"tool-{number}"
        self.titles: Mapping[str, str] = {"en": f"Tool {number}"}
        properties = {f"value{n}": {"type": "string", "description": sentence(writer)} for n in range(3)}
        self.spec = ToolSpec(f"tool{number}", sentence(writer), {"type": "object", "properties": properties})

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        return ToolOutput("")


class _Drawn:
    """Vectors drawn at random, and the seconds spent on drawing them."""

    info = EmbedderInfo("drawn", 384, frozenset({"en"}), 256)

    def __init__(self) -> None:
        self._random = np.random.default_rng(7)
        self.spent = 0.0

    def embed(self, texts: Sequence[str], kind: Kind) -> NDArray[np.float32]:
        started = time.perf_counter()
        vectors = self._random.standard_normal((len(texts), self.info.dimension)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        self.spent += time.perf_counter() - started
        return vectors


if __name__ == "__main__":
    sys.exit(show(measure()))
