"""Rerankers: a model that reads question and passage together and says how well they fit.

It is slower than everything before it by far, so it sees a couple of dozen candidates at most, and fewer where it was slow the
last time (`Reranking`). `CrossEncoderReranker` runs a sentence-transformers model; `LaterReranker` loads one in the background;
`OverlapReranker` is the double for tests.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from common.errors import ModelMissing
from common.heavy import LOADING
from retrieval.lexical import shares

log = logging.getLogger(__name__)

CANDIDATES = 20
BUDGET_S = 0.3
"""Seconds that a question may wait for the reranker."""

_FEWEST = 3  # fewer are not worth a call
_CLEAR = 3.0  # standard deviations of the fused score by which a first hit is so clearly the best that nothing need be reread


class Reranker(Protocol):
    """Anything that says how well passages fit a query."""

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 (n,), higher fits better, in the order of `passages`; comparable within one call only."""
        ...


class OverlapReranker:
    """The share of the query's rare words that a passage holds: no model, deterministic."""

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        return np.asarray(shares(query, passages), dtype=np.float32)


class CrossEncoderReranker:
    """A sentence-transformers cross-encoder from a folder or the local cache of a hub; safetensors only, no code of its own."""

    def __init__(self, source: Path | str) -> None:
        """Raises `ModelMissing`."""
        if isinstance(source, Path) and not (source / "config.json").is_file():
            raise ModelMissing(
                f"There is no reranker in {str(source)!r} (no config.json). Choose another folder in the settings.",
                f"{str(source)!r} 里没有重排模型（缺少 config.json）。请在设置里换一个文件夹。",
            )
        try:
            with LOADING:
                from sentence_transformers import CrossEncoder

                self._model = CrossEncoder(
                    str(source),
                    num_labels=1,
                    local_files_only=True,
                    trust_remote_code=False,
                    model_kwargs={"use_safetensors": True},
                )
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelMissing(
                f"The reranker {str(source)!r} could not be loaded ({type(error).__name__}). "
                "It has to be a cross-encoder of one score, in safetensors, on this machine.",
                f"无法加载重排模型 {str(source)!r}（{type(error).__name__}）。"
                "它必须是本机上的 safetensors 交叉编码器，并且只输出一个分数。",
            ) from error
        # The fast tokenizers of transformers mix up their settings when threads share them.
        self._lock = threading.Lock()

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        if not passages:
            return np.zeros(0, dtype=np.float32)
        with self._lock:
            scores = self._model.predict([(query, passage) for passage in passages], show_progress_bar=False)
        return np.asarray(scores, dtype=np.float32).reshape(len(passages))


def load_reranker(name: str) -> Reranker:
    """The reranker called `name`: "path:DIR" or "hf:ORG/NAME" (from the local cache). Raises `ModelMissing`."""
    if name.startswith("path:"):
        return CrossEncoderReranker(Path(name.removeprefix("path:")).expanduser())
    if name.startswith("hf:"):
        return CrossEncoderReranker(name.removeprefix("hf:"))
    raise ModelMissing(
        f"The reranker name {name!r} is not understood. Use path:DIR or hf:ORG/NAME.",
        f"无法识别的重排模型名 {name!r}。请使用 path:文件夹 或 hf:组织/名称。",
    )


class LaterReranker:
    """A reranker that loads in the background from when it is first asked; until then, and where it cannot be loaded, there is
    none. The reason is logged once.
    """

    def __init__(self, load: Callable[[], Reranker]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loaded: Reranker | None = None

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Raises `ModelMissing` while there is none."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._prepare, name="reranker", daemon=True)
                self._thread.start()
        if self._loaded is None:
            raise ModelMissing("The reranker is not loaded.", "重排模型没有加载。")
        return self._loaded.score(query, passages)

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait until what was begun has ended."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _prepare(self) -> None:
        try:
            self._loaded = self._load()
        except ModelMissing as error:
            log.warning("search goes on without a reranker: %s", error)


class Reranking:
    """A reranker kept inside a budget of seconds: how many candidates it is given follows from how long one took before."""

    def __init__(self, reranker: Reranker, budget_s: float = BUDGET_S, clock: Callable[[], float] = time.perf_counter) -> None:
        self._reranker = reranker
        self._budget_s = budget_s
        self._clock = clock
        self._each_s = 0.0  # what a candidate took the last time

    def order(self, query: str, passages: Sequence[str], totals: Sequence[float]) -> list[int]:
        """The places of `passages`, best first; `totals` are their fused scores, falling. Those not reread keep their order.

        Where the first leads so clearly that reading again would change nothing, nothing is; nor where there is no reranker yet.
        """
        places = list(range(len(passages)))
        count = min(len(passages), self._room())
        if count < 2 or totals[0] - totals[1] >= _CLEAR:
            return places
        started = self._clock()
        try:
            scores = self._reranker.score(query, passages[:count])
        except ModelMissing:
            return places
        self._each_s = (self._clock() - started) / count
        return sorted(places[:count], key=lambda place: (-float(scores[place]), place)) + places[count:]

    def _room(self) -> int:
        """How many candidates fit; at least a few, or one slow call would be the last."""
        if self._each_s * CANDIDATES <= self._budget_s:
            return CANDIDATES
        return max(_FEWEST, int(self._budget_s / self._each_s))
