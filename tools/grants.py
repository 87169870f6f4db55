"""Which private addresses, and which other ports, an owner allows a tool to reach: "host:port" each.

Grants are rows apart from tool documents, so that no document, import or export can carry one, and sealed (see `tools.seals`),
so that no backup of another machine can. A grant names the host, so a tool that is sent elsewhere loses it.
"""

import ipaddress
import re
import threading
from collections.abc import Collection, Mapping

from pydantic import Field, field_validator

from common.addresses import is_public
from common.database import Database
from common.documents import Document, DocumentStore, Stored
from common.egress import PORTS
from common.errors import DocumentInvalid, DocumentMissing
from common.problems import problem
from tools.calls import host_of, origin_of
from tools.seals import Seals

_KIND = "tool-grants"
_HOST = re.compile(r"[^\s/@?#\\]{1,255}:\d{1,5}")


class Granted(Document):
    """The addresses that one tool, whose id this has, may reach."""

    hosts: tuple[str, ...] = Field((), max_length=20)
    seal: str = ""

    @field_validator("hosts")
    @classmethod
    def _named(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if not _HOST.fullmatch(host):
                raise problem(f"{host[:80]!r} is not host:port.", f"{host[:80]!r} 不是“主机:端口”。")
        return value


class ToolGrants:
    """The grants of a database; every method takes the owner first."""

    def __init__(self, database: Database) -> None:
        self._store = DocumentStore(database, _KIND, Granted)
        self._seals = Seals(database)
        self._turn = threading.Lock()

    def all(self, owner: str) -> Mapping[str, frozenset[str]]:
        """Tool -> what it may reach; none for tools without a grant, and for grants that cannot be read."""
        granted = (stored.document for stored in self._store.list(owner))
        return {each.id: frozenset(each.hosts) for each in granted if self._counts(owner, each)}

    def of(self, owner: str, tool: str) -> frozenset[str]:
        """What a tool may reach; nothing where that cannot be read."""
        try:
            return frozenset(self._current(owner, tool)[0])
        except DocumentInvalid:
            return frozenset()

    def add(self, owner: str, tool: str, host: str) -> None:
        self._change(owner, tool, {host}, set())

    def add_all(self, owner: str, hosts: Mapping[str, str]) -> None:
        """`add` for many tools at once, by tool: all of them, or none where it raises."""
        with self._turn:
            there = {stored.document.id: stored for stored in self._store.list(owner)}
            added = []
            for tool, host in hosts.items():
                before, revision = self._counted(owner, there.get(tool))
                if host not in before:
                    added.append((self._sealed(owner, tool, {*before, host}), revision))
            self._store.save_all(owner, added)

    def remove(self, owner: str, tool: str, host: str) -> None:
        self._change(owner, tool, set(), {host})

    def forget(self, owner: str, tool: str) -> None:
        """Take all of a tool's away; `bring_back` undoes it."""
        if self._current(owner, tool)[1]:
            self._store.reset(owner, tool)

    def bring_back(self, owner: str, tool: str) -> None:
        """Give back what `forget` took; there may be nothing."""
        if not self._current(owner, tool)[1] and self._store.versions(owner, tool):
            self._store.bring_back(owner, tool)

    def _change(self, owner: str, tool: str, more: set[str], fewer: set[str]) -> None:
        with self._turn:  # two tabs both count
            hosts, revision = self._current(owner, tool)
            wanted = (set(hosts) | more) - fewer
            if wanted != set(hosts):
                self._store.save(owner, self._sealed(owner, tool, wanted), revision)

    def _current(self, owner: str, tool: str) -> tuple[tuple[str, ...], int]:
        try:
            return self._counted(owner, self._store.get(owner, tool))
        except DocumentMissing:
            return (), 0

    def _counted(self, owner: str, stored: Stored[Granted] | None) -> tuple[tuple[str, ...], int]:
        if stored is None:
            return (), 0
        return stored.document.hosts if self._counts(owner, stored.document) else (), stored.revision

    def _sealed(self, owner: str, tool: str, hosts: Collection[str]) -> Granted:
        named = tuple(sorted(hosts))
        return Granted(id=tool, hosts=named, seal=self._seals.make(_KIND, owner, tool, named))

    def _counts(self, owner: str, granted: Granted) -> bool:
        return bool(granted.hosts) and self._seals.holds(granted.seal, _KIND, owner, granted.id, granted.hosts)


def grant_needed(url: str) -> str | None:
    """The "host:port" that a tool with this address must be granted before it can be called, None where it needs none.

    Told by the address alone: a name that turns out to lead to a private address is refused when it is called.
    """
    _, host, port = origin_of(url)
    return host_of(url) if port not in PORTS.values() or _is_inner(host) else None


def _is_inner(host: str) -> bool:
    host = host.strip("[]")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        labels = host.split(".")
        # Numbers in other spellings are addresses too, and a name of one word is a neighbour's.
        odd = re.fullmatch(r"0x[0-9a-f]*|\d+", labels[-1]) is not None
        return odd or len(labels) < 2 or labels[-1] in ("localhost", "local", "internal", "lan", "arpa")
    return not is_public(host)
