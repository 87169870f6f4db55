"""Keys and passwords, by name: written here, used where something is sent, never shown again.

They lie encrypted in a file of their own in the data folder, apart from the database, under a key outside of it (see
`common.sealing`): no document, no backup and no page can carry one away. One that was entered for a host is given out for that
host alone. What this does not do: hide them from this program's own memory, or from who can read the key as well.
"""

import json
import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from common.egress import origin
from common.errors import StorageFailed
from common.redaction import Redaction
from common.sealing import key_of_user, seal, stamp, unseal, write_private

_FILE = "secrets.json"
_SHORTEST = 4  # characters of a secret that is looked for in texts: a shorter one is in every text


class _Kept(BaseModel):
    """One secret; `hosts` are the origins that it is for, which nobody can change without the key either."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hosts: tuple[str, ...] = ()
    sealed: str


class _File(BaseModel):
    """What is in the file; `plain` are secrets of an older Hearth, which are sealed at the next write."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[2] = 2
    salt: str
    secrets: dict[str, _Kept] = {}
    plain: dict[str, str] = {}


class Secrets:
    """The secrets of one data folder."""

    def __init__(self, folder: Path, passphrase: str | None = None) -> None:
        """The key is made from `passphrase`, else it is the user's own, which is made when the first secret is kept."""
        self._path = folder / _FILE
        self._key = key_of_user(passphrase)
        self._lock = threading.RLock()  # what is done meanwhile may be logged, which asks for `redact`
        self._known: tuple[object, Redaction] = (None, Redaction(()))

    def get(self, name: str) -> str | None:
        """The secret of a name; None where there is none, or it is for certain hosts. Raises `StorageFailed`."""
        with self._lock:
            file = self._read()
            kept = file.secrets.get(name)
            if kept is None:
                return file.plain.get(name)
            return None if kept.hosts else self._opened(file, name)

    def for_origin(self, name: str, origin_of_call: str) -> str | None:
        """The secret of a name if it was entered for this origin, "https://host:port"; None otherwise.

        Raises `StorageFailed`, and `EgressRefused` for an origin that is none.
        """
        wanted = origin(origin_of_call)
        with self._lock:
            file = self._read()
            kept = file.secrets.get(name)
            return self._opened(file, name) if kept and wanted in kept.hosts else None

    def given(self, name: str, origin_of_call: str | None) -> str | None:
        """`for_origin`, or for what is no address, such as a program on this machine, `get`."""
        return self.get(name) if origin_of_call is None else self.for_origin(name, origin_of_call)

    def hosts(self, name: str) -> tuple[str, ...]:
        """The origins that a secret was entered for; none for one that goes wherever it is used."""
        return self.places().get(name, ())

    def places(self) -> Mapping[str, tuple[str, ...]]:
        """The names that have a secret, whether or not it can be read, each with its `hosts`."""
        with self._lock:
            file = self._read()
            return dict.fromkeys(file.plain, ()) | {name: kept.hosts for name, kept in file.secrets.items()}

    def names(self) -> list[str]:
        """The names that have a secret, whether or not it can be read."""
        return list(self.places())

    def has(self, name: str) -> bool:
        return name in self.names()

    def put(self, name: str, value: str, hosts: Sequence[str] = ()) -> None:
        """Keep a secret, for `hosts` alone if any are given; an empty one is taken away.

        A host is an origin such as "https://api.example:8443", or a name alone, which means https. Raises `StorageFailed`, and
        `EgressRefused` for a host that is none.
        """
        self.put_all({name: (value, hosts)})

    def put_all(self, secrets: Mapping[str, tuple[str, Sequence[str]]]) -> None:
        """Keep several, name -> (value, hosts), each as `put` does: all of them or, where it raises, none."""
        given = {name: (value, _origins(hosts)) for name, (value, hosts) in secrets.items()}
        with self._lock:
            file = self._read()
            left = {name: kept for name, kept in file.secrets.items() if name not in given}
            plain = {name: text for name, text in file.plain.items() if name not in given}
            wanted = {name: each for name, each in given.items() if each[0]}
            if plain or wanted:
                try:
                    key = self._key.make(file.salt)
                except StorageFailed:
                    if wanted:
                        raise
                else:
                    wanted |= {name: (text, ()) for name, text in plain.items()}
                    left |= {name: _sealed(key, name, value, hosts) for name, (value, hosts) in wanted.items()}
                    plain = {}
            self._write(_File(salt=file.salt, secrets=left, plain=plain))

    def forget_all(self) -> None:
        """Take every secret away, those that cannot be read here too. Raises `StorageFailed`."""
        with self._lock:
            self._write(_new({}))

    def redact(self, text: str) -> str:
        """`text` with "•••" for every secret in it that can be read here, as it is or as addresses, JSON and Python write it.

        Secrets of fewer than four characters stay: they are in every text by chance. Never raises: what cannot be read was not
        used either.
        """
        with self._lock:
            try:
                mark = (stamp(self._path), self._key.mark())
                if self._known[0] != mark:
                    self._known = (mark, self._redaction())
            except StorageFailed:
                pass  # what was known before still is
            hide = self._known[1]
        return hide.text(text)

    def _redaction(self) -> Redaction:
        file = self._read()
        key = self._key.find(file.salt) if file.secrets else None
        values = list(file.plain.values())
        if key is not None:
            opened = (unseal(key, kept.sealed, _bound(name, kept.hosts)) for name, kept in file.secrets.items())
            values += [value for value in opened if value is not None]
        return Redaction(values, _SHORTEST)

    def _opened(self, file: _File, name: str) -> str:
        kept, key = file.secrets[name], self._key.find(file.salt)
        value = unseal(key, kept.sealed, _bound(name, kept.hosts)) if key else None
        if value is None:
            raise StorageFailed(
                f"The key {name!r} was stored with another key file or passphrase, or was changed since; enter it again.",
                f"密钥 {name!r} 是用另一个密钥文件或口令保存的，或之后被改动过；请重新填写。",
            )
        return value

    def _read(self) -> _File:
        try:
            read = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return _new({})
        except OSError as error:
            raise _unusable(self._path, error) from error
        except (ValueError, RecursionError) as error:
            raise _damaged(self._path) from error
        if isinstance(read, dict) and not isinstance(read.get("version"), int):
            return _new({name: value for name, value in read.items() if isinstance(value, str)})
        try:
            return _File.model_validate(read)
        except ValidationError:
            raise _damaged(self._path) from None  # it would quote the file

    def _write(self, file: _File) -> None:
        try:
            write_private(self._path, file.model_dump_json().encode())
        except OSError as error:
            raise _unusable(self._path, error) from error
        self._known = (None, self._known[1])


def _origins(hosts: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted({origin(host if "://" in host else f"https://{host}") for host in hosts}))


def _new(plain: dict[str, str]) -> _File:
    return _File(salt=os.urandom(16).hex(), plain=plain)


def _sealed(key: bytes, name: str, value: str, hosts: tuple[str, ...]) -> _Kept:
    return _Kept(hosts=hosts, sealed=seal(key, value, _bound(name, hosts)))


def _bound(name: str, hosts: tuple[str, ...]) -> bytes:
    """What a secret is sealed together with, so that it serves under its own name and for its own hosts alone."""
    return json.dumps([name, *hosts]).encode()


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
