"""What a maker does with tools besides calling them: making, changing, granting, importing, taking away, permitting.

Documents, their earlier versions and grants lie in the database; the registry holds the tools made of them, so that what is done
here counts from the next snapshot, while a turn under way keeps its own.
"""

import contextlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from common.database import Database
from common.documents import Stored, invalid
from common.errors import DocumentInvalid, DocumentMissing, EgressFailed, EgressRefused, StorageFailed, ToolError
from common.problems import Sentences
from common.secrets import Secrets
from tools.access import Access, KeyOffer, SecretNeeded, kept_for, offers_of, private_host
from tools.addresses import AddressStore
from tools.base import SecretUse
from tools.bundle import write_bundle
from tools.calls import host_of
from tools.descriptions import JSON_LIMIT
from tools.documents import ToolDocument, ToolStore, numbered
from tools.grants import grant_needed
from tools.imported import FoundKey, Import, LeftOut, Taken
from tools.importing import read_tools
from tools.making import ToolMaker
from tools.mcphub import McpServers, McpTool
from tools.permissions import Permissions
from tools.registry import ToolRegistry
from tools.switches import Switchboard

_BLANK: Mapping[str, Any] = {
    "id": "tool",
    "name": "new_tool",
    "title": {"en": "New tool", "zh": "新工具"},
    "description": {"en": "What it does, and when to call it.", "zh": "它做什么，什么时候用。"},
    "parameters": {"type": "object", "properties": {}},
    "risk": "reads",
    "call": {"method": "GET", "url": "https://example.com/"},
}


@dataclass(frozen=True, slots=True)
class Offer:
    """A tool that an import could take, as it would be kept; `key` names it within the import."""

    key: str
    operation: str
    document: ToolDocument
    state: Literal["new", "changed", "same"]


@dataclass(frozen=True, slots=True)
class Preview:
    """An import before anything of it is kept: `found` has its title, servers and what is left out.

    `private` are the hosts ("host:port") that its tools may reach by a grant alone.
    """

    found: Import
    offers: Sequence[Offer]
    keys: Sequence[KeyOffer] = ()
    private: Sequence[str] = ()


class Toolbox:
    """The tools of one owner: those in `registry`, and their documents in the database.

    `addresses` are those of the maker's own services that shipped tools ask.
    """

    def __init__(
        self,
        database: Database,
        registry: ToolRegistry,
        owner: str,
        maker: ToolMaker | None = None,
        secrets: Secrets | None = None,
        mcp: McpServers | None = None,
    ) -> None:
        """`mcp` are the owner's MCP servers; without them, programs are not started and no server has a secret."""
        self._secrets = secrets
        self.mcp = mcp or McpServers(database, registry, owner, lambda _name, _origin: None, programs=False)
        self._store = ToolStore(database)
        self.addresses = AddressStore(database)
        self._registry = registry
        self._owner = owner
        self._maker = maker or ToolMaker()
        self._turn = registry.editing  # what is stored and what is registered change together
        self.permissions = Permissions(database, owner)
        self.switches = Switchboard(database, registry, owner)

    def reread(self) -> None:
        """Read again what is kept, after the rows were replaced; no permission outlives that: personas are others now."""
        self.permissions.withdraw_all()
        self.mcp.reread()
        self.switches.reread()

    def get(self, id: str) -> Stored[ToolDocument]:
        """The document of a registered tool as it is kept. Raises `DocumentMissing`, also for one that comes with Hearth."""
        return self._store.get(self._owner, id)

    def document(self, id: str) -> ToolDocument | None:
        """The document of a registered tool, None for one that comes with Hearth."""
        try:
            return self.get(id).document
        except (DocumentMissing, DocumentInvalid):
            return None

    def documents(self) -> Sequence[ToolDocument]:
        """The documents of the registered tools."""
        return [stored.document for stored in self._store.list(self._owner)]

    def create(self, begun: Mapping[str, Any] = _BLANK) -> Stored[ToolDocument]:
        """A tool of these fields, its id and its name numbered where they are taken; raises `DocumentInvalid`.

        Without fields it is one to begin with, which calls nothing useful yet.
        """
        with self._turn:
            ids, names = self._known()
            free = {
                "id": next(id for id in numbered(begun["id"], "-") if id not in ids and not self.versions(id)),
                "name": next(name for name in numbered(begun["name"], "_") if name not in names),
            }
            return self.save({**begun, **free}, 0)

    def save(self, fields: Mapping[str, Any], revision: int, *, amends: bool = False) -> Stored[ToolDocument]:
        """Keep a tool of these fields; `revision` is the one its form was loaded with, 0 for a new tool.

        With `amends`, as a form saves while somebody writes, what is saved in one go is one version. Raises `DocumentInvalid`
        with every problem, field -> sentences, and `EditConflict`.
        """
        return self._save(fields, revision, self._maker.fitted, amends=amends)

    def _save(
        self,
        fields: Mapping[str, Any],
        revision: int,
        fitted: Callable[[ToolDocument], ToolDocument],
        *,
        amends: bool = False,
    ) -> Stored[ToolDocument]:
        problems: dict[str, Sentences] = {}
        try:
            document = fitted(self._store.parse(fields))
        except DocumentInvalid as error:
            problems |= error.problems
        with self._turn:
            problems = self._taken(fields.get("id"), fields.get("name"), revision) | problems
            if problems:
                raise invalid(fields, problems)
            granted = self._store.grants.of(self._owner, document.id)  # before: what is stored must be registered
            stored = self._store.save(self._owner, document, revision, amends=amends)
            self._registry.register(self._maker.make(stored.document, granted))
        return stored

    def duplicate(self, id: str) -> Stored[ToolDocument]:
        """Another tool like this one, under an id and a name of its own and without its grants. Raises `DocumentMissing`."""
        with self._turn:
            document = self.get(id).document
            ids, names = self._known()
            title = document.title
            changes = {
                "id": next(free for free in numbered(id, "-", 2) if free not in ids and not self.versions(free)),
                "name": next(free for free in numbered(document.name, "_", 2) if free not in names),
                "title": {"en": title.en and f"{title.en[:190]} (copy)", "zh": title.zh and f"{title.zh[:190]}（副本）"},
                "source": None,
            }
            return self._save(document.model_dump(mode="json") | changes, 0, self._as_it_can_be)

    def versions(self, id: str) -> Sequence[Stored[ToolDocument]]:
        """The last versions of a tool, newest first."""
        return self._store.versions(self._owner, id)

    def go_back(self, id: str, version: int, revision: int) -> Stored[ToolDocument]:
        """Save an earlier version (its revision) anew. Raises what `save` raises, and `DocumentMissing`."""
        earlier = next((stored.document for stored in self.versions(id) if stored.revision == version), None)
        if earlier is None:
            raise DocumentMissing(
                f"The version {version} of {id!r} is not kept any more. Choose another.",
                f"{id!r} 的版本 {version} 已不再保留，请另选一个。",
            )
        return self._save(earlier.model_dump(mode="json"), revision, self._as_it_can_be)

    def delete(self, id: str) -> None:
        """Take a registered tool away; `restore` brings it back. Raises `ToolError` for one that is no document of its own."""
        if self.document(id) is None:
            if isinstance(tool := self._registry.get(id), McpTool):
                raise ToolError(
                    f"The tool {id!r} belongs to the server {tool.server!r}. Take it out of those that are used of the server.",
                    f"工具 {id!r} 属于服务 {tool.server!r}。请在该服务里取消选用它。",
                )
            raise ToolError(
                f"The tool {id!r} comes with Hearth and cannot be deleted. Switch it off instead.",
                f"工具 {id!r} 是 Hearth 自带的，不能删除。可以把它关掉。",
            )
        with self._turn:
            # Another tool may get this id, and must not get what this one was granted, even if all ends between the two.
            self._store.grants.forget(self._owner, id)
            self._store.reset(self._owner, id)
            self._registry.unregister(id)

    def restore(self, id: str) -> None:
        """Bring back what `delete` took away. Raises `DocumentMissing`, and `ToolError` where another has its name by now."""
        with self._turn:
            versions = self._store.versions(self._owner, id)
            if self.document(id) is not None or not versions:
                raise DocumentMissing(f"There is no deleted tool {id!r} to bring back.", f"没有可以恢复的工具 {id!r}。")
            document = versions[0].document
            if told := self._taken(id, document.name, 0):
                raise ToolError(*next(iter(told.values())))
            self._store.save(self._owner, document, 0)
            self._registry.register(self._maker.make(document))
            self._store.grants.bring_back(self._owner, id)
            self._register(document)

    def access(self, id: str) -> Access:
        """What a tool needs to reach its service, whether it is registered or comes with Hearth. Raises `DocumentMissing`."""
        secrets = [
            SecretNeeded(secret.name, secret.origin, secret.required, self._has(secret))
            for secret in self._registry.get(id).secrets()
        ]
        document = self.document(id)
        if document is None or document.call.kind != "http":
            return Access(secrets)
        host = host_of(document.call.url)
        granted = host in self._store.grants.of(self._owner, id)
        return Access(secrets, host, grant_needed(document.call.url) is not None, granted)

    def _has(self, secret: SecretUse) -> bool:
        try:
            return bool(self._maker.secret_for(secret.name, secret.origin))
        except StorageFailed:  # it was kept with another key, and can be entered again
            return False

    def grant(self, id: str, host: str) -> None:
        """Let a tool reach its own address though it is private. Raises `ToolError` when that is not `host` (any more)."""
        with self._turn:
            document = self.get(id).document
            if document.call.kind != "http" or host_of(document.call.url) != host:
                raise ToolError(
                    f"{id!r} does not call {host!r}. Reload the page and look at its address again.",
                    f"{id!r} 访问的不是 {host!r}。请刷新页面，重新确认它的网址。",
                )
            self._store.grants.add(self._owner, id, host)
            self._register(document)

    def revoke(self, id: str, host: str) -> None:
        """Take a grant back, from the next turn on. Raises `DocumentMissing`."""
        with self._turn:
            document = self.get(id).document
            self._store.grants.remove(self._owner, id, host)
            self._register(document)

    def keep_secret(self, id: str, name: str, value: str) -> None:
        """Keep a secret of this name for the host that a tool calls, "" to forget it. Raises `HearthError`."""
        needed = next((secret for secret in self._registry.get(id).secrets() if secret.name == name), None)
        if needed is None or self._secrets is None:
            raise ToolError(
                f"{id!r} sends no key {name!r} (any more). Reload the page and look again.",
                f"{id!r} 不发送密钥 {name!r}。请刷新页面再看看。",
            )
        self._secrets.put(name, value, [needed.origin])

    def forget_secrets(self) -> None:
        """Take away every key that was entered, of tools and of all else. Raises `StorageFailed`."""
        if self._secrets is not None:
            self._secrets.forget_all()

    def server_secrets(self, id: str) -> Sequence[SecretNeeded]:
        """The secrets that an MCP server needs; one for a program on this machine has no origin. Raises `DocumentMissing`."""
        return [
            SecretNeeded(name, origin or "", True, self._secrets is not None and bool(self._secrets.given(name, origin)))
            for name, origin in self.mcp.get(id).document.transport.secrets.items()
        ]

    def keep_server_secret(self, id: str, name: str, value: str) -> None:
        """Keep a secret of this name for an MCP server, "" to forget it; the next connection has it. Raises `HearthError`."""
        needed = next((secret for secret in self.server_secrets(id) if secret.name == name), None)
        if needed is None or self._secrets is None:
            raise ToolError(
                f"{id!r} is given no key {name!r} (any more). Reload the page and look again.",
                f"{id!r} 不使用密钥 {name!r}。请刷新页面再看看。",
            )
        self._secrets.put(name, value, [needed.origin] if needed.origin else ())
        self.mcp.disconnect(id)

    def export(self, ids: Sequence[str] | None = None) -> str:
        """Some of the registered tools, or all of them, as one YAML file. Raises `DocumentMissing`."""
        documents = self.documents() if ids is None else [self.get(id).document for id in ids]
        return write_bundle(documents)

    def fetch(self, url: str) -> str:
        """The text at an address, for `preview`; raises `EgressRefused`, `EgressFailed` and `DocumentInvalid`."""
        try:
            answer = self._maker.egress.get(url, deadline_s=20, byte_limit=JSON_LIMIT, redirects=3)
        except EgressRefused as error:  # there is no granting an address to an import
            raise EgressRefused(
                f"{url[:200]!r} is not fetched, since only public addresses are. Save what is there as a file, and choose that.",
                f"{url[:200]!r} 无法载入，只能载入公开的网址。请把内容存成文件，再选择这个文件。",
            ) from error
        if answer.status != 200:
            raise EgressFailed(
                f"{url[:200]!r} answered {answer.status}. Check the address, or choose a file.",
                f"{url[:200]!r} 返回了 {answer.status}。请检查网址，或选择文件。",
            )
        try:
            return answer.body.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise DocumentInvalid(f"{url[:200]!r} is not text in UTF-8.", f"{url[:200]!r} 不是 UTF-8 文本。") from None

    def preview(self, text: str, server: str | None = None, found_at: str | None = None) -> Preview:
        """What `take` could take of a file, and what not; nothing is kept. `read_tools` says what is read and raised."""
        found = read_tools(text, server, found_at)
        found = replace(found, operations=[self._fitting(operation) for operation in found.operations])
        operations = [operation for operation in found.operations if isinstance(operation, Taken)]
        planned = self._store.plan_import(self._owner, found.documents, self._reserved())
        return Preview(
            found,
            [
                Offer(taken.document.id, taken.operation, plan.document, plan.state)
                for taken, plan in zip(operations, planned, strict=True)
            ],
            offers_of(found.keys, self._secrets) if self._secrets else (),
            sorted({private_host(plan.document) for plan in planned} - {""}),
        )

    def take(
        self, found: Import, keys: Collection[str] | None = None, reach: Collection[str] = ()
    ) -> Sequence[Stored[ToolDocument]]:
        """Keep the tools of an import that these keys of offers name, or all: all of them, or none where it raises.

        Those that call one of the private hosts of `reach` are granted it.
        """
        documents = [document for document in found.documents if keys is None or document.id in keys]
        with self._turn:
            kept = self._store.keep_imported(self._owner, documents, self._reserved())
            hosts = {stored.document.id: private_host(stored.document) for stored in kept}
            try:
                self._store.grants.add_all(self._owner, {id: host for id, host in hosts.items() if host in reach})
            finally:
                grants = self._store.grants.all(self._owner)
                for stored in kept:
                    self._registry.register(self._maker.make(stored.document, grants.get(stored.document.id, frozenset())))
        return kept

    def keep_keys(self, keys: Iterable[FoundKey], taken: Sequence[Stored[ToolDocument]]) -> Sequence[str]:
        """Keep keys of an import for what was `taken` of it; returns the names of those that a taken tool sends.

        Raises `StorageFailed`.
        """
        kept = kept_for(keys, [stored.document for stored in taken])
        if self._secrets and kept:
            self._secrets.put_all(kept)
        return list(kept)

    def wrong(self, document: ToolDocument) -> Mapping[str, Sentences]:
        """What keeps a tool from running although its document is whole, by field: its task or its model."""
        try:
            self._maker.fitted(document)
        except DocumentInvalid as error:
            return error.problems
        return {}

    def _as_it_can_be(self, document: ToolDocument) -> ToolDocument:
        """Fitted where that can be: one that is brought here or back is kept all the same, says what is wrong, and is mended."""
        with contextlib.suppress(DocumentInvalid):
            return self._maker.fitted(document)
        return document

    def _fitting(self, operation: Taken | LeftOut) -> Taken | LeftOut:
        return replace(operation, document=self._as_it_can_be(operation.document)) if isinstance(operation, Taken) else operation

    def _register(self, document: ToolDocument) -> None:
        self._registry.register(self._maker.make(document, self._store.grants.of(self._owner, document.id)))

    def _known(self) -> tuple[set[str], dict[str, str]]:
        """The ids there are, and the names that models see, each with its id."""
        tools = self._registry.list()
        return {tool.id for tool in tools}, {tool.spec.name: tool.id for tool in tools}

    def _reserved(self) -> Mapping[str, str]:
        """Id -> name of the tools that are no documents."""
        kept = self._store.ids(self._owner)
        return {tool.id: tool.spec.name for tool in self._registry.list() if tool.id not in kept}

    def _taken(self, id: object, name: object, revision: int) -> dict[str, Sentences]:
        """What is wrong with an id and a name because other tools have them."""
        ids, names = self._known()
        found: dict[str, Sentences] = {}
        if isinstance(id, str) and id in ids and (revision == 0 or self.document(id) is None):
            found["id"] = (f"There is a tool {id[:80]!r} already. Choose another id.", f"已有工具 {id[:80]!r}，请换一个标识。")
        if isinstance(name, str) and names.get(name, id) != id:
            other = names[name]
            found["name"] = (
                f"The tool {other!r} goes by this name. Choose another.",
                f"工具 {other!r} 已经用了这个名字，请换一个。",
            )
        return found

    def close(self) -> None:
        """End the connections to MCP servers, and the programs that some of them are."""
        self.mcp.close()
