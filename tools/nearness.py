"""The vectors of what tools say of themselves: made in the background, kept, and compared with what is asked.

The embedder is loaded when it is first wanted, and nobody waits for it: until the vectors are there, tools are found by words
alone. What an embedder cannot read has no vector, and no vote.
"""

import logging
import re
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from common.errors import HearthError, StorageFailed
from retrieval.embedding import ANY_LANGUAGE, Embedder, EmbedderInfo, HashEmbedder
from retrieval.language import languages_of
from retrieval.vectorcache import LIMIT, VectorCache

AT_ONCE = 8
"""Texts that are embedded while somebody waits; an edit is that few."""

_BATCH = 8  # texts the background embeds at a time: a question asked meanwhile waits for no more than these
_LAST_BATCH_S = 10.0
_TELLING = 4  # words that must be left beside Chinese; a name alone says too little
_HAN = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]+")


class Nearness:
    """Vectors by text; safe to use from several threads."""

    def __init__(self, load: Callable[[], Embedder], cache: VectorCache | None = None) -> None:
        """`load` gives the embedder, and is called once, in the background."""
        self._load = load
        self._cache = cache
        self._embedder: Embedder | None = None
        self._useless = False
        self._vectors: dict[str, NDArray[np.float32]] = {}
        self._wanted: Sequence[str] = ()
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None
        self._closed = threading.Event()

    def close(self) -> None:
        """Make no more vectors; returns once nothing is being made, so that the process can end."""
        self._closed.set()
        worker = self._worker
        if worker is not None:
            worker.join(_LAST_BATCH_S)

    def matrix(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], bool] | None:
        """float32 (texts, dimension), rows of zeros for texts without a vector, and whether that is all there will be.

        A few that are missing are made at once, more of them in the background. None until there is an embedder.
        """
        embedder = self._embedder
        if self._useless:
            return None
        missing = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if embedder is not None and 0 < len(missing) <= AT_ONCE:
            self._embed(embedder, missing)
            missing = []
        if missing or embedder is None:
            self._begin(texts)
        if embedder is None:
            return None
        found, none = self._vectors, np.zeros(embedder.info.dimension, np.float32)
        return np.stack([found.get(text, none) for text in texts]), not missing

    def fill(self, texts: Sequence[str]) -> None:
        """Make all that is missing, and wait for it. Raises `ModelMissing`."""
        if self._embedder is None:
            self._embedder = self._load()
            # It knows no more than spelling, which the words tell better.
            self._useless = isinstance(self._embedder, HashEmbedder)
        if self._useless:
            return
        missing = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if self._cache:
            kept = self._cache.get(self._embedder.info.name, missing)
            kept = {text: row for text, row in kept.items() if len(row) == self._embedder.info.dimension}
            with self._lock:
                self._vectors |= kept
            missing = [text for text in missing if text not in kept]
        missing.sort(key=len)  # texts of a length make a batch with little padding
        for start in range(0, len(missing), _BATCH):
            if self._closed.is_set():
                return
            self._embed(self._embedder, missing[start : start + _BATCH])

    def asked(self, questions: Sequence[str]) -> NDArray[np.float32] | None:
        """The vectors of questions, float32 (questions, dimension); None where the embedder does not read their language."""
        embedder = self._embedder
        if embedder is None or not all(embedder.info.reads(languages_of(question)) for question in questions):
            return None
        return embedder.embed(questions, "query")

    def _embed(self, embedder: Embedder, texts: Sequence[str]) -> None:
        readable = [_readable(text, embedder.info) for text in texts]
        made = embedder.embed([text for text in readable if text], "passage")
        rows = iter(made)
        none = np.zeros(embedder.info.dimension, np.float32)
        new = {text: next(rows) if read else none for text, read in zip(texts, readable, strict=True)}
        with suppress(StorageFailed):  # what is not kept is made again after the next start
            if self._cache:
                self._cache.put(embedder.info.name, new)
        with self._lock:
            self._vectors |= new
            for oldest in list(islice(self._vectors, max(0, len(self._vectors) - LIMIT))):
                del self._vectors[oldest]

    def _begin(self, texts: Sequence[str]) -> None:
        with self._lock:
            self._wanted = texts
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="tool-vectors", daemon=True)
                self._worker.start()

    def _work(self) -> None:
        while True:
            with self._lock:
                texts, self._wanted = self._wanted, ()
                if not texts:
                    self._worker = None
                    return
            try:
                self.fill(texts)
            except HearthError as error:
                logging.getLogger(__name__).warning("tools are found by words alone: %s", error)
                self._useless = True


def _readable(text: str, info: EmbedderInfo) -> str:
    """What the embedder can read of a text in several languages; "" for nothing."""
    if info.languages != ANY_LANGUAGE and "zh" not in info.languages:
        left = _HAN.sub(" ", text)
        if left != text and len(left.split()) < _TELLING:
            return ""
        text = left
    return text if text.strip() and info.reads(languages_of(text)) else ""
