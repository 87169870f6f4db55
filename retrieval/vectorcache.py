"""Vectors of texts in the database, by embedder and text, so that nothing is embedded twice.

A cache of what can be made again: a backup leaves it out, and its rows may be deleted at any time.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from common.database import Database

LIMIT = 20_000
"""Vectors that are kept; the oldest make room for new ones."""

_BATCH = 500  # rows a statement


class VectorCache:
    """The vectors kept for one purpose, which `name` (`[a-z]+`) tells from others."""

    def __init__(self, database: Database, name: str) -> None:
        if not name.isascii() or not name.isalpha() or not name.islower():
            raise ValueError(f"the name of a cache is [a-z]+, not {name!r}")
        self._database = database
        self._table = f"{name}_vectors"
        with database.write() as connection:
            connection.exec_driver_sql(
                f"CREATE TABLE IF NOT EXISTS {self._table} (embedder TEXT NOT NULL, text BLOB NOT NULL, vector BLOB NOT NULL, "
                "PRIMARY KEY (embedder, text))"
            )

    def get(self, embedder: str, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors, float32 (dimension,), of those texts that have one."""
        found: dict[str, NDArray[np.float32]] = {}
        with self._database.read() as connection:
            for batch in _batches(texts):
                by_key = {_key(text): text for text in batch}
                marks = ",".join("?" * len(by_key))
                rows = connection.exec_driver_sql(
                    f"SELECT text, vector FROM {self._table} WHERE embedder = ? AND text IN ({marks})", (embedder, *by_key)
                )
                found |= {by_key[bytes(row[0])]: np.frombuffer(row[1], dtype="<f4") for row in rows}
        return found

    def put(self, embedder: str, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep vectors by their texts. Raises `StorageFailed`."""
        rows = [(embedder, _key(text), vector.astype("<f4").tobytes()) for text, vector in vectors.items()]
        if rows:
            with self._database.write() as connection:
                connection.exec_driver_sql(f"INSERT OR REPLACE INTO {self._table} VALUES (?, ?, ?)", rows)
                newest = f"SELECT max(rowid) FROM {self._table}"
                connection.exec_driver_sql(f"DELETE FROM {self._table} WHERE rowid <= ({newest}) - ?", (LIMIT,))


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    return (texts[i : i + _BATCH] for i in range(0, len(texts), _BATCH))
