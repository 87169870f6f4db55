"""What a maker does with tools besides calling them: switching them off for the whole app, and taking registered ones away.

Which tools are off is one document in the database. A tool that is off stays in the registry and in the documents that name it;
no turn is given it. A registered tool that was taken away can be brought back, since its last revisions are kept.
"""

import logging
import threading
from collections.abc import Sequence

from pydantic import Field, field_validator

from common.database import Database
from common.documents import Document, DocumentStore, check_id
from common.egress import Egress
from common.errors import DocumentInvalid, DocumentMissing, ToolError
from tools.addresses import AddressStore
from tools.documents import ToolDocument, ToolStore
from tools.http import HttpTool
from tools.registry import ToolRegistry

_ID = "switches"


class Switches(Document):
    """The tools that are off, by id."""

    id: str = _ID
    off: tuple[str, ...] = Field((), max_length=1000)

    @field_validator("off")
    @classmethod
    def _ids(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            check_id(each)
        return tuple(sorted(set(value)))


class Toolbox:
    """The tools of one owner: those in `registry`, and their documents in the database.

    `addresses` are those of the maker's own services that shipped tools ask.
    """

    def __init__(self, database: Database, registry: ToolRegistry, owner: str, egress: Egress | None = None) -> None:
        self._store = ToolStore(database)
        self.addresses = AddressStore(database)
        self._switches = DocumentStore(database, "tool-switches", Switches)
        self._registry = registry
        self._owner = owner
        self._egress = egress or Egress()
        self._turn = threading.Lock()
        self.reread()

    def reread(self) -> None:
        """Read again which tools are off; none, where what says so cannot be read."""
        with self._turn:
            try:
                off: Sequence[str] = self._stored()[0].off
            except DocumentInvalid as error:
                logging.getLogger(__name__).warning("which tools are off cannot be read: %s", error)
                off = ()
            self._registry.turn_off(off)

    def switch(self, id: str, on: bool) -> None:
        """Give a tool to turns, or keep it from them, from the next turn on. Raises `DocumentMissing`."""
        self._registry.get(id)
        with self._turn:  # switches of two tabs both count
            switches, revision = self._stored()
            off = {*switches.off} - {id} if on else {*switches.off, id}
            self._switches.save(self._owner, Switches(off=tuple(off)), revision)
            self._registry.turn_off(off)

    def document(self, id: str) -> ToolDocument | None:
        """The document of a registered tool, None for one that comes with Hearth."""
        return next((stored.document for stored in self._store.list(self._owner) if stored.document.id == id), None)

    def documents(self) -> Sequence[ToolDocument]:
        """The documents of the registered tools."""
        return [stored.document for stored in self._store.list(self._owner)]

    def delete(self, id: str) -> None:
        """Take a registered tool away; `restore` brings it back. Raises `ToolError` for one that comes with Hearth."""
        if self.document(id) is None:
            self._registry.get(id)
            raise ToolError(
                f"The tool {id!r} comes with Hearth and cannot be deleted. Switch it off instead.",
                f"工具 {id!r} 是 Hearth 自带的，不能删除。可以把它关掉。",
            )
        self._store.reset(self._owner, id)
        self._registry.unregister(id)

    def restore(self, id: str) -> None:
        """Bring back what `delete` took away. Raises `DocumentMissing`, and `ToolError` where another has its name by now."""
        versions = self._store.versions(self._owner, id)
        if self.document(id) is not None or not versions:
            raise DocumentMissing(f"There is no deleted tool {id!r} to bring back.", f"没有可以恢复的工具 {id!r}。")
        document = versions[0].document
        self._registry.register(HttpTool(document, self._egress))
        self._store.save(self._owner, document, 0)

    def _stored(self) -> tuple[Switches, int]:
        try:
            stored = self._switches.get(self._owner, _ID)
        except DocumentMissing:
            return Switches(), 0
        return stored.document, stored.revision
