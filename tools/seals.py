"""Seals on what a maker agreed to on this machine, such as an address that may be reached.

A seal is made with a key that lies beside the database and in no backup: rows that came from elsewhere have none that holds. What
it does not do: keep out whoever can write both files.
"""

import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path
from typing import Any

from common.database import Database, unwritable

_KEY_FILE = "mcp-grants.key"  # its name is from when it sealed those alone


class Seals:
    """The seals of one data folder."""

    def __init__(self, database: Database) -> None:
        self._path = database.path.with_name(_KEY_FILE)

    def make(self, *said: Any) -> str:
        """The seal of what is said, which is JSON. Raises `StorageFailed`."""
        return _seal(_read(self._path) or _made(self._path), said)

    def holds(self, seal: str, *said: Any) -> bool:
        """Whether a seal was made here, of the same. Raises `StorageFailed`."""
        key = _read(self._path)
        return key is not None and hmac.compare_digest(seal.encode("utf-8", "replace"), _seal(key, said).encode())


def _seal(key: bytes, said: tuple[Any, ...]) -> str:
    return hmac.new(key, json.dumps(said, sort_keys=True).encode(), hashlib.sha256).hexdigest()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes() or None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unwritable(str(path), error) from error


def _made(path: Path) -> bytes:
    key = secrets.token_bytes(32)
    try:
        path.unlink(missing_ok=True)  # an empty one
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key)
    except OSError as error:
        raise unwritable(str(path), error) from error
    return key
