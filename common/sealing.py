"""Keys that seal secrets: one in a file of the user's configuration folder, or one made from a passphrase.

A sealed text can be read, and changed unnoticed, only by who has the key. The key lies outside the data folder, so that a copy of
that folder carries nothing readable. What it does not do: whoever can read both, as the user or the administrator of this machine
can, can read the secrets.
"""

import base64
import binascii
import hashlib
import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from common.errors import StorageFailed

_NONCE = 12  # bytes in front of what is sealed
_SHORTEST = 32  # bytes of a key file; a shorter one was never written in full
_WAIT_S = 10.0  # for another process that is making the key


class Key(Protocol):
    """Where a key comes from; `salt` is that of the file it is for."""

    def find(self, salt: str) -> bytes | None:
        """The key, 32 bytes; None where there is none. Raises `StorageFailed`."""

    def make(self, salt: str) -> bytes:
        """The key, made now where there is none. Raises `StorageFailed`."""

    def mark(self) -> object:
        """Something that changes when the key does."""


class KeyFile:
    """A key in a file that only its user may read, the same for all data folders."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, salt: str) -> bytes | None:
        try:
            content = self._path.read_bytes().strip()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _no_key(self._path, error) from error
        return hashlib.sha256(content).digest() if len(content) >= _SHORTEST else None

    def make(self, salt: str) -> bytes:
        from filelock import FileLock

        if key := self.find(salt):
            return key
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with FileLock(self._path.with_suffix(".lock"), timeout=_WAIT_S):
                if self.find(salt) is None:  # nobody else has made it meanwhile
                    write_private(self._path, base64.b64encode(os.urandom(32)) + b"\n")
        except OSError as error:
            raise _no_key(self._path, error) from error
        key = self.find(salt)
        assert key is not None
        return key

    def mark(self) -> object:
        return stamp(self._path)


class Passphrase:
    """A key made from what somebody chose, for a machine that keeps no files of its user's."""

    def __init__(self, text: str) -> None:
        self._text = text

    def find(self, salt: str) -> bytes:
        return _derived(self._text, salt)

    def make(self, salt: str) -> bytes:
        return self.find(salt)

    def mark(self) -> object:
        return None


def key_of_user(passphrase: str | None) -> Key:
    """The key of whoever runs this program: from the passphrase, or else where the system keeps a user's settings."""
    from platformdirs import user_config_path

    return Passphrase(passphrase) if passphrase else KeyFile(user_config_path("hearth", appauthor=False) / "key")


def seal(key: bytes, text: str, bound: bytes) -> str:
    """`text` so that only the same key and the same `bound` open it."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE)
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, text.encode("utf-8", "surrogatepass"), bound)).decode("ascii")


def unseal(key: bytes, sealed: str, bound: bytes) -> str | None:
    """What was sealed; None with another key, or where it was changed."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        data = base64.b64decode(sealed, validate=True)
        return AESGCM(key).decrypt(data[:_NONCE], data[_NONCE:], bound).decode("utf-8", "surrogatepass")
    except (InvalidTag, binascii.Error, ValueError):
        return None


def write_private(path: Path, data: bytes) -> None:
    """Put a file that only its owner may read in the place of what is there, whole or not at all."""
    beside = path.with_suffix(".new")
    with suppress(FileNotFoundError):
        beside.unlink()
    number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def stamp(path: Path) -> object:
    """Something that changes when a file does."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


@lru_cache(8)
def _derived(passphrase: str, salt: str) -> bytes:
    # 32 MB and about a tenth of a second: each guess at the passphrase costs as much.
    return hashlib.scrypt(
        passphrase.encode("utf-8", "surrogateescape"), salt=salt.encode(), n=2**15, r=8, p=1, maxmem=2**26, dklen=32
    )


def _no_key(path: Path, error: OSError) -> StorageFailed:
    reason = error.strerror or type(error).__name__
    return StorageFailed(
        f"The key file {str(path)!r}, with which secrets are encrypted, cannot be used ({reason}). "
        "Check its permissions, or set HEARTH_SECRET_KEY to a long passphrase and start again.",
        f"用来加密密钥的文件 {str(path)!r} 无法使用（{reason}）。"
        "请检查它的权限，或把环境变量 HEARTH_SECRET_KEY 设为一段较长的口令后重新启动。",
    )
