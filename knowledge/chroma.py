"""Chroma in a process of its own: `python -m knowledge.chroma FOLDER`, requests on standard input, answers on standard output.

Chroma's native code holds Python's lock for as long as it builds its graph, a second and more for a thousand vectors, and
damaged files can end the process that opens them. Here neither reaches the app: `ChromaProcess` is its side, and whatever goes
wrong there is an `IndexDamaged`. A message is a JSON header behind its length, then the arrays that the header describes.
"""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

log = logging.getLogger(__name__)

# Wide enough for vectors that lie evenly, the hardest case: 0.994 of the 50 nearest at 10,000 x 384, in 3 ms.
_HNSW = {"space": "cosine", "max_neighbors": 32, "ef_construction": 300, "ef_search": 1000}
_DEADLINE_S = 120.0  # for one request; Chroma itself waits a quarter of an hour for a database that is locked
_ROOT = Path(__file__).resolve().parents[1]


class IndexDamaged(Exception):
    """Chroma failed, ended or gave an impossible answer."""


class ChromaProcess:
    """The app's side: started by the first request, one request at a time; every failure is `IndexDamaged`."""

    def __init__(self, folder: Path) -> None:
        """`folder` holds Chroma's files, and is made where there is none."""
        self._folder = folder
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._child is not None

    def collections(self) -> dict[str, int]:
        """The names that there are, and the generation each was written at, -1 for never."""
        return {str(name): int(generation) for name, generation in self._ask({"act": "collections"})[0]["found"].items()}

    def ids(self, name: str) -> NDArray[np.int64]:
        """The numbers of the vectors in a collection, which is made where there is none."""
        return self._ask({"act": "ids", "name": name})[1][0].astype(np.int64)

    def add(self, name: str, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """`vectors` are float32 (n, dimension), rows of length 1."""
        self._ask({"act": "add", "name": name}, np.array(ids, dtype=np.int64), vectors)

    def remove(self, name: str, ids: Sequence[int]) -> None:
        self._ask({"act": "remove", "name": name}, np.array(ids, dtype=np.int64))

    def vectors(self, name: str, ids: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """The vectors of these numbers, as far as they are there."""
        _, (found, vectors) = self._ask({"act": "vectors", "name": name}, np.array(ids, dtype=np.int64))
        return dict(zip(found.tolist(), vectors, strict=True))

    def query(self, name: str, vector: NDArray[np.float32], limit: int) -> list[tuple[int, float]]:
        """The nearest `limit`, (id, cosine), nearest first."""
        _, (ids, scores) = self._ask({"act": "query", "name": name, "limit": limit}, vector)
        if len(ids) != limit:
            raise IndexDamaged(f"{len(ids)} of {limit} neighbours found")
        return list(zip(ids.tolist(), scores.tolist(), strict=True))

    def written(self, name: str, generation: int) -> None:
        """Mark a collection as holding what was there at a generation."""
        self._ask({"act": "written", "name": name, "generation": generation})

    def drop(self, name: str) -> None:
        self._ask({"act": "drop", "name": name})

    def close(self) -> None:
        """End the process once it has written what it has."""
        child, self._child = self._child, None
        if child is not None:
            _end(child, 10.0)

    def _ask(self, header: dict[str, Any], *arrays: NDArray[Any]) -> tuple[dict[str, Any], list[NDArray[Any]]]:
        child = self._child = self._child or self._start()
        assert child.stdin is not None
        assert child.stdout is not None
        watchdog = threading.Timer(_DEADLINE_S, child.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            send(child.stdin, header, *arrays)
            answer, found = receive(child.stdout)
        except (OSError, EOFError, ValueError) as error:
            self._child = None
            _end(child, 0.0)
            raise IndexDamaged(f"Chroma's process ended with status {child.returncode}") from error
        finally:
            watchdog.cancel()
        if "failed" in answer:
            raise IndexDamaged(answer["failed"])
        return answer, found

    def _start(self) -> "subprocess.Popen[bytes]":
        environment = {key: os.environ[key] for key in ("PATH", "SYSTEMROOT", "HOME", "LANG", "TMPDIR") if key in os.environ}
        environment |= {"PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1", "ANONYMIZED_TELEMETRY": "False"}
        return subprocess.Popen(
            [sys.executable, "-m", "knowledge.chroma", str(self._folder.resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=_ROOT,
            start_new_session=True,
        )


def _end(child: "subprocess.Popen[bytes]", patience_s: float) -> None:
    try:
        if child.stdin is not None:
            child.stdin.close()
        child.wait(patience_s)
    except (OSError, subprocess.TimeoutExpired):
        child.kill()
        child.wait()
    if child.stdout is not None:
        child.stdout.close()


# ---- messages ---------------------------------------------------------------------------------------------------------


def send(stream: IO[bytes], header: dict[str, Any], *arrays: NDArray[Any]) -> None:
    """Write a message. Raises `OSError` where nobody reads."""
    shapes = [(array.dtype.str, array.shape) for array in arrays]
    head = json.dumps(header | {"arrays": shapes}).encode()
    stream.write(len(head).to_bytes(4, "little") + head)
    for array in arrays:
        stream.write(np.ascontiguousarray(array).tobytes())
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], list[NDArray[Any]]]:
    """Read a message. Raises `EOFError` where the other side has ended."""
    header = json.loads(_exactly(stream, int.from_bytes(_exactly(stream, 4), "little")))
    arrays = []
    for kind, shape in header["arrays"]:
        dtype = np.dtype(kind)
        arrays.append(np.frombuffer(_exactly(stream, dtype.itemsize * int(np.prod(shape))), dtype).reshape(shape))
    return header, arrays


def _exactly(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)
    if len(data) != count:
        raise EOFError
    return data


# ---- the process ------------------------------------------------------------------------------------------------------


class _Service:
    """Chroma's side of the requests."""

    def __init__(self, folder: Path) -> None:
        import chromadb
        from chromadb.config import Settings

        self._client = chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))
        self._collections: dict[str, Any] = {}

    def answer(self, header: dict[str, Any], arrays: Sequence[NDArray[Any]]) -> tuple[dict[str, Any], list[NDArray[Any]]]:
        acts: dict[str, Callable[..., tuple[dict[str, Any], list[NDArray[Any]]]]] = {
            "collections": self._found,
            "ids": self._ids,
            "add": self._add,
            "remove": self._remove,
            "vectors": self._vectors,
            "query": self._query,
            "written": self._written,
            "drop": self._drop,
        }
        act = header["act"]
        return acts[act](header, *arrays)

    def _collection(self, name: str) -> Any:
        if name not in self._collections:
            self._collections[name] = self._client.get_or_create_collection(
                name, embedding_function=None, configuration={"hnsw": _HNSW}
            )
        return self._collections[name]

    def _found(self, _: dict[str, Any]) -> tuple[dict[str, Any], list[NDArray[Any]]]:
        found = {}
        for collection in self._client.list_collections():
            if collection.count():  # a graph that cannot be read shows here, and not in somebody's question
                probe = collection.get(limit=1, include=["embeddings"])["embeddings"]
                collection.query(query_embeddings=probe, n_results=1, include=[])
            found[collection.name] = int((collection.metadata or {}).get("generation", -1))
        return {"found": found}, []

    def _ids(self, header: dict[str, Any]) -> tuple[dict[str, Any], list[NDArray[Any]]]:
        ids = self._collection(header["name"]).get(include=[])["ids"]
        return {}, [np.array([int(each) for each in ids], dtype=np.int64)]

    def _add(
        self, header: dict[str, Any], ids: NDArray[np.int64], vectors: NDArray[np.float32]
    ) -> tuple[dict[str, Any], list[NDArray[Any]]]:
        self._collection(header["name"]).add(ids=[str(each) for each in ids.tolist()], embeddings=list(vectors))
        return {}, []

    def _remove(self, header: dict[str, Any], ids: NDArray[np.int64]) -> tuple[dict[str, Any], list[NDArray[Any]]]:
        self._collection(header["name"]).delete(ids=[str(each) for each in ids.tolist()])
        return {}, []

    def _vectors(self, header: dict[str, Any], ids: NDArray[np.int64]) -> tuple[dict[str, Any], list[NDArray[Any]]]:
        found = self._collection(header["name"]).get(ids=[str(each) for each in ids.tolist()], include=["embeddings"])
        return {}, [np.array(found["ids"], dtype=np.int64), np.array(found["embeddings"], dtype=np.float32)]

    def _query(self, header: dict[str, Any], vector: NDArray[np.float32]) -> tuple[dict[str, Any], list[NDArray[Any]]]:
        collection = self._collection(header["name"])
        found = collection.query(query_embeddings=[vector], n_results=header["limit"], include=["distances"])
        ids = np.array([int(each) for each in found["ids"][0]], dtype=np.int64)
        return {}, [ids, 1.0 - np.array(found["distances"][0], dtype=np.float64)]

    def _written(self, header: dict[str, Any]) -> tuple[dict[str, Any], list[NDArray[Any]]]:
        self._collection(header["name"]).modify(metadata={"generation": header["generation"]})
        return {}, []

    def _drop(self, header: dict[str, Any]) -> tuple[dict[str, Any], list[NDArray[Any]]]:
        self._collections.pop(header["name"], None)
        self._client.delete_collection(header["name"])
        return {}, []


def _serve(folder: Path) -> None:
    from filelock import FileLock

    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that a library prints may be taken for an answer
    if hasattr(os, "nice"):
        os.nice(5)  # whoever asks goes before whatever is indexed
    folder.mkdir(parents=True, exist_ok=True)
    # Where an app was killed, its process may still be writing for a moment: two on one folder would damage it.
    with FileLock(folder / "in-use.lock", timeout=60):
        service: _Service | None = None
        while True:
            try:
                header, arrays = receive(questions)
            except EOFError:
                return
            try:
                service = service or _Service(folder)
                answer, found = service.answer(header, arrays)
            except Exception as error:  # noqa: BLE001 - Chroma's failures have no common type: its own, SQLite's, ValueError ...
                answer, found = {"failed": f"{type(error).__name__}: {error}"}, []
            send(answers, answer, *found)


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
