"""Keys and passwords, by name: written here, used where something is sent, never shown again.

They lie in a file of their own in the data folder that only its owner may read, apart from the database, so that no document, no
backup and no page can carry one away. What this does not do: encrypt them; who can read the owner's files can read them.
"""

import json
import os
import threading
from contextlib import suppress
from pathlib import Path

from common.errors import StorageFailed

_FILE = "secrets.json"


class Secrets:
    """The secrets of one data folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE
        self._lock = threading.Lock()

    def get(self, name: str) -> str | None:
        """The secret of a name; None where there is none."""
        with self._lock:
            return self._read().get(name)

    def names(self) -> list[str]:
        """The names that have a secret."""
        with self._lock:
            return list(self._read())

    def has(self, name: str) -> bool:
        return self.get(name) is not None

    def put(self, name: str, value: str) -> None:
        """Keep a secret; an empty one is taken away. Raises `StorageFailed`."""
        with self._lock:
            kept = self._read()
            kept.pop(name, None)
            if value:
                kept[name] = value
            self._write(kept)

    def _read(self) -> dict[str, str]:
        try:
            read = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise _unusable(self._path, error) from error
        except ValueError as error:
            raise _damaged(self._path) from error
        return {name: value for name, value in read.items() if isinstance(value, str)} if isinstance(read, dict) else {}

    def _write(self, kept: dict[str, str]) -> None:
        beside = self._path.with_suffix(".new")
        try:
            with suppress(FileNotFoundError):
                beside.unlink()
            number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(number, "w", encoding="utf-8") as file:
                json.dump(kept, file, ensure_ascii=False)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
        except OSError as error:
            raise _unusable(self._path, error) from error


def _damaged(path: Path) -> StorageFailed:
    return StorageFailed(
        f"The file of keys {str(path)!r} is damaged. Repair it or move it away; then the keys have to be entered again.",
        f"密钥文件 {str(path)!r} 已损坏。请修复它，或把它移到别处，之后重新填写密钥。",
    )


def _unusable(path: Path, error: OSError) -> StorageFailed:
    reason = error.strerror or type(error).__name__
    return StorageFailed(
        f"The file of keys {str(path)!r} cannot be used ({reason}). "
        "Free some disk space or check its permissions, then try again.",
        f"密钥文件 {str(path)!r} 无法使用（{reason}）。请腾出磁盘空间或检查权限后再试。",
    )
