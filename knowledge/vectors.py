"""The vector index: Chroma over the vectors that the catalogue holds, and exact search wherever Chroma is not up to date.

Nothing here is the truth. Each Chroma collection carries the generation it was written at; one that is behind, damaged or gone is
brought up to date from the catalogue in the background, and answers are never missing meanwhile: exact search over the stored
vectors gives them. Small collections are always searched exactly, and Chroma's process is not started for them.
"""

import logging
import random
import shutil
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from knowledge.chroma import ChromaProcess, IndexDamaged

log = logging.getLogger(__name__)

T = TypeVar("T")

SMALL = 2000
"""Passages up to which exact search is at least as fast as asking Chroma, which does not hold such collections."""

_SLICE = 1000  # rows written to Chroma at a time; a query waits no longer than one slice
_PATIENCE_S = 0.5  # how long a query waits for Chroma before it is answered exactly
_HEALINGS = 3  # rebuilds after damage, one soon after the other, before Chroma is left alone
_SOON_S = 600.0  # seconds in which they count as such: a disk that was full may have room by then
_COMPARED = 5000  # vectors of a collection that are compared with the stored ones when Chroma is opened,
_PROBES = 32  # and how many of them are looked for
_MATRICES = 16  # collections kept in memory for exact search


class Row(Protocol):
    """What the index must know of a collection."""

    @property
    def key(self) -> int: ...
    @property
    def epoch(self) -> str: ...
    @property
    def generation(self) -> int: ...


class Truth(Protocol):
    """Where the vectors lie: the catalogue."""

    def everything(self, owner: str | None = None) -> Sequence[Row]: ...
    def vector_ids(self, key: int) -> list[int]: ...
    def vectors(self, ids: Sequence[int]) -> dict[int, NDArray[np.float32]]: ...


@dataclass(frozen=True, slots=True)
class _Matrix:
    """The vectors of a collection at one generation: ids int64 (n,) ascending, vectors float32 (n, dimension)."""

    epoch: str
    generation: int
    ids: NDArray[np.int64]
    vectors: NDArray[np.float32]


class VectorIndex:
    """Nearest passages of a collection; opening is instant, Chroma is loaded by `start` in the background."""

    def __init__(self, truth: Truth, folder: Path) -> None:
        self._truth = truth
        self._chroma = _Chroma(folder)
        self._matrices: OrderedDict[int, _Matrix] = OrderedDict()
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="chroma")
        self._synced: dict[int, tuple[str, int]] = {}
        self._waiting: set[int] = set()
        self._healings = 0
        self._healed = 0.0
        self._closed = False

    def start(self) -> None:
        """Open Chroma and bring it up to date, in the background."""
        self._submit(self._open)

    def search(self, row: Row, vector: NDArray[np.float32], limit: int) -> list[tuple[int, float]]:
        """The nearest `limit` passages, (id, cosine), nearest first."""
        return self.asked(row, vector, limit)()

    def asked(self, row: Row, vector: NDArray[np.float32], limit: int) -> Callable[[], list[tuple[int, float]]]:
        """`search`, begun: a call gives what it found, and Chroma, a process of its own, looks meanwhile."""
        future: Future[list[tuple[int, float]]] | None = None
        if self.current(row):
            try:
                future = self._worker.submit(self._chroma.query, row, vector, limit)
            except RuntimeError:
                log.debug("the index is closing")

        def answer() -> list[tuple[int, float]]:
            if future is None:
                return self.exact(row, vector, limit)
            try:
                return future.result(_PATIENCE_S)
            except FutureTimeout:
                log.debug("the index takes too long")
            except IndexDamaged as error:
                self._damaged(error)
            except (RuntimeError, CancelledError):
                log.debug("the index is closing")
            return self.exact(row, vector, limit)

        return answer

    def exact(
        self, row: Row, vector: NDArray[np.float32], limit: int, within: NDArray[np.int64] | None = None
    ) -> list[tuple[int, float]]:
        """The same by comparing with every vector, or those of the passages `within`: always right, 5 ms at 100,000 x 384."""
        matrix = self._matrix(row)
        ids, scores = matrix.ids, matrix.vectors @ vector if len(matrix.ids) else np.zeros(0, dtype=np.float32)
        if within is not None:
            chosen = np.isin(ids, within)
            ids, scores = ids[chosen], scores[chosen]
        return nearest(ids, scores, limit)

    def current(self, row: Row) -> bool:
        """Whether Chroma answers for this collection now; small ones are always searched exactly."""
        return not self.behind(row) and self._chroma.size(row) > SMALL

    def behind(self, row: Row) -> bool:
        """Whether Chroma, were the collection large enough for it, would have to be brought up to date first."""
        return self._synced.get(row.key) != (row.epoch, row.generation)

    def changed(self, key: int) -> None:
        """Bring Chroma up to date with a collection, in the background; calls that come meanwhile are one."""
        with self._lock:
            if key in self._waiting:
                return
            self._waiting.add(key)
        self._submit(self._sync_key, key)

    def dropped(self, row: Row) -> None:
        """Forget a collection that is gone."""
        with self._lock:
            self._matrices.pop(row.key, None)
            self._synced.pop(row.key, None)
        self._submit(self._tidy)

    def tidy(self) -> None:
        """Keep nothing in memory of what was deleted; what is asked for is read anew."""
        with self._lock:
            self._matrices.clear()

    def rebuild(self) -> None:
        """Throw Chroma's files away and write them anew, in the background."""
        self._healings = 0
        self._submit(self._renew)

    def settled(self, timeout_s: float | None = None) -> bool:
        """Wait until the background work asked for so far is done; whether every collection is up to date then."""
        for _ in range(2):
            # Work may hand on more work once, when damage is found.
            self._worker.submit(lambda: None).result(timeout_s)
        return all(self._synced.get(row.key) == (row.epoch, row.generation) for row in self._truth.everything())

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._worker.submit(self._chroma.close)
        self._worker.shutdown(wait=True)

    # on the worker's thread

    def _open(self) -> None:
        rows = self._large()
        if not rows and not self._chroma.there:
            return
        if not rows:
            self._chroma.discard()
            return
        generations = self._chroma.generations()
        for row in rows:
            if generations.get(_name(row)) == row.generation and len(self._chroma.ids(row)) == len(
                self._truth.vector_ids(row.key)
            ):
                self._compare(row)
                self._synced[row.key] = (row.epoch, row.generation)
        self._chroma.keep(rows)
        for row in rows:
            self._sync(row)

    def _compare(self, row: Row) -> None:
        """Whether Chroma holds what is stored: damaged files may load, and then give wrong answers without a word.

        Raises `IndexDamaged`.
        """
        ids = self._truth.vector_ids(row.key)
        chosen = random.sample(ids, min(_COMPARED, len(ids)))
        for some in (chosen[i : i + _SLICE] for i in range(0, len(chosen), _SLICE)):
            stored, held = self._truth.vectors(some), self._chroma.vectors(row, some)
            if not all(key in held and np.allclose(held[key], vector, atol=1e-4) for key, vector in stored.items()):
                raise IndexDamaged("vectors are not those that are stored")
        for key, vector in self._truth.vectors(chosen[:_PROBES]).items():
            if self._chroma.query(row, vector, 1)[0][1] < 0.999:
                raise IndexDamaged(f"the vector {key} is not found")

    def _large(self) -> list[Row]:
        """The collections that Chroma is worth its while for; the others count as up to date."""
        large = []
        for row in self._truth.everything():
            if len(self._truth.vector_ids(row.key)) > SMALL:
                large.append(row)
            else:
                self._synced[row.key] = (row.epoch, row.generation)
        return large

    def _tidy(self) -> None:
        if self._chroma.there:
            self._chroma.keep(self._truth.everything())

    def _renew(self) -> None:
        self._synced.clear()
        self._chroma.discard()
        self._open()

    def _sync_key(self, key: int) -> None:
        with self._lock:
            self._waiting.discard(key)
        for row in self._truth.everything():
            if row.key == key:
                self._sync(row)

    def _sync(self, row: Row) -> None:
        if self._synced.get(row.key) == (row.epoch, row.generation):
            return
        wanted = self._truth.vector_ids(row.key)
        if len(wanted) <= SMALL and not self._chroma.size(row):
            self._synced[row.key] = (row.epoch, row.generation)
            return
        have = self._chroma.ids(row)
        gone = sorted(have.difference(wanted))
        new = [key for key in wanted if key not in have]
        for slice_ in (gone[i : i + _SLICE] for i in range(0, len(gone), _SLICE)):
            self._chroma.remove(row, slice_)
        for slice_ in (new[i : i + _SLICE] for i in range(0, len(new), _SLICE)):
            if self._closed:
                return
            self._chroma.add(row, self._truth.vectors(slice_))
        self._chroma.written(row)
        # A passage that went away between the two readings raised the generation; the call that it made comes next.
        self._synced[row.key] = (row.epoch, row.generation)

    def _damaged(self, error: IndexDamaged) -> None:
        with self._lock:
            self._synced.clear()
            now = time.monotonic()
            self._healings = self._healings + 1 if now - self._healed < _SOON_S else 1
            if self._healings <= _HEALINGS:
                self._healed = now
            give_up = self._healings > _HEALINGS
        if give_up:
            log.error("the vector index fails again and again (%s); exact search answers for some time", error)
            return
        log.warning("the vector index is damaged (%s); it is built anew, and exact search answers meanwhile", error)
        self._submit(self._renew)

    def _submit(self, work: Callable[..., None], *arguments: object) -> None:
        def guarded() -> None:
            if self._closed:
                return
            try:
                work(*arguments)
            except IndexDamaged as error:
                self._damaged(error)

        try:
            self._worker.submit(guarded).add_done_callback(_log_bug)
        except RuntimeError:
            log.debug("the index is closing")

    def _matrix(self, row: Row) -> _Matrix:
        """The collection's vectors, read anew only where they changed."""
        with self._lock:
            cached = self._matrices.get(row.key)
            if cached and (cached.epoch, cached.generation) == (row.epoch, row.generation):
                self._matrices.move_to_end(row.key)
                return cached
            old = cached if cached and cached.epoch == row.epoch else None
            matrix = self._read(row, old)
            self._matrices[row.key] = matrix
            self._matrices.move_to_end(row.key)
            while len(self._matrices) > _MATRICES:
                self._matrices.popitem(last=False)
            return matrix

    def _read(self, row: Row, old: _Matrix | None) -> _Matrix:
        ids = np.array(self._truth.vector_ids(row.key), dtype=np.int64)
        kept = np.isin(old.ids, ids) if old is not None else None
        known = old.ids[kept] if old is not None else np.zeros(0, dtype=np.int64)
        found = self._truth.vectors(np.setdiff1d(ids, known).tolist())
        fresh = np.array(sorted(found), dtype=np.int64)
        parts = [old.vectors[kept]] if old is not None and len(known) else []
        if found:
            parts.append(np.stack([found[key] for key in fresh.tolist()]))
        vectors = np.concatenate(parts) if parts else np.zeros((0, 1), dtype=np.float32)
        return _Matrix(row.epoch, row.generation, np.concatenate([known, fresh]), vectors)


def nearest(ids: NDArray[np.int64], scores: NDArray[np.float32], limit: int) -> list[tuple[int, float]]:
    """The `limit` ids of the highest scores, (id, score), highest first."""
    count = min(limit, len(scores))
    if not count:
        return []
    best = np.argpartition(-scores, count - 1)[:count]
    best = best[np.lexsort((best, -scores[best]))]
    return [(int(ids[i]), float(scores[i])) for i in best]


class _Chroma:
    """What Chroma's process in `folder` holds, as far as it was asked; a failure of any kind is `IndexDamaged`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: ChromaProcess | None = None
        self._ids: dict[str, set[int]] = {}

    @property
    def there(self) -> bool:
        """Whether it was ever used in this folder."""
        return self._process is not None or any(self._folder.glob("chroma-*"))

    def size(self, row: Row) -> int:
        return len(self._ids.get(_name(row), ()))

    def query(self, row: Row, vector: NDArray[np.float32], limit: int) -> list[tuple[int, float]]:
        return self._opened().query(_name(row), vector, min(limit, self.size(row)))

    def generations(self) -> dict[str, int]:
        """The collections that there are, and the generation each was written at."""
        return self._opened().collections()

    def ids(self, row: Row) -> set[int]:
        name = _name(row)
        if name not in self._ids:
            self._ids[name] = set(self._opened().ids(name).tolist())
        return self._ids[name]

    def vectors(self, row: Row, ids: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        return self._opened().vectors(_name(row), ids)

    def add(self, row: Row, vectors: dict[int, NDArray[np.float32]]) -> None:
        if vectors:
            self._opened().add(_name(row), list(vectors), np.stack(list(vectors.values())))
            self.ids(row).update(vectors)

    def remove(self, row: Row, ids: Sequence[int]) -> None:
        self._opened().remove(_name(row), ids)
        self.ids(row).difference_update(ids)

    def written(self, row: Row) -> None:
        self._opened().written(_name(row), row.generation)

    def keep(self, rows: Sequence[Row]) -> None:
        """Delete the collections that are not of these rows."""
        for name in self.generations().keys() - {_name(row) for row in rows}:
            self._opened().drop(name)
            self._ids.pop(name, None)

    def discard(self) -> None:
        """Delete the files; the next call makes new ones, in a new folder."""
        self.close()
        for old in self._folder.glob("chroma-*"):
            shutil.rmtree(old, ignore_errors=True)

    def close(self) -> None:
        process, self._process = self._process, None
        self._ids.clear()
        if process is not None:
            process.close()

    def _opened(self) -> ChromaProcess:
        if self._process is None:
            folders = sorted(self._folder.glob("chroma-*"))
            if len(folders) != 1:
                for old in folders:
                    shutil.rmtree(old, ignore_errors=True)
                folders = [self._folder / f"chroma-{uuid.uuid4().hex[:8]}"]
            self._process = ChromaProcess(folders[0])
        return self._process


def _name(row: Row) -> str:
    return f"c{row.key}-{row.epoch}"


def _log_bug(future: "Future[None]") -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        log.error("the vector index's upkeep failed", exc_info=error)
