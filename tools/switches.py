"""Which tools of an owner are off, and which are always offered: one document in the database.

A tool that is off stays in the registry and in the documents that name it; no turn is given it. One that is always offered is
among the few that a model sees in every turn of a persona that has it, whatever the message is about.
"""

import logging
from collections.abc import Collection

from pydantic import Field, field_validator

from common.database import Database
from common.documents import Document, DocumentStore, check_id
from common.errors import DocumentInvalid, DocumentMissing, ToolError
from tools.registry import ToolRegistry

_ID = "switches"
_SIZE_LIMIT = 2_000_000  # bytes: twenty thousand ids of the longest

ALWAYS_LIMIT = 3
"""Tools that may be always offered: of the five that a model sees, some places are for what fits the message."""


class Switches(Document):
    """The tools that are off and those that are always offered, by id."""

    id: str = _ID
    off: tuple[str, ...] = Field((), max_length=20_000)
    always: tuple[str, ...] = Field((), max_length=ALWAYS_LIMIT)

    @field_validator("off", "always")
    @classmethod
    def _ids(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            check_id(each)
        return tuple(sorted(set(value)))

    def turned(self, ids: Collection[str], on: bool) -> "Switches":
        """With tools on or off; how many may be off is for the store to say."""
        return self.model_copy(update={"off": _with(self.off, ids, not on)})

    def offering(self, id: str, always: bool, known: Collection[str]) -> "Switches":
        """With a tool always offered, or when it fits; those that are not `known` any more give their places up.

        Raises `ToolError` for one more than `ALWAYS_LIMIT`.
        """
        chosen = _with([each for each in self.always if each in known], [id], always)
        if len(chosen) > ALWAYS_LIMIT:
            others = ", ".join(each for each in chosen if each != id)
            raise ToolError(
                f"{ALWAYS_LIMIT} tools are always offered already: {others}. Switch that off for one of them first.",
                f"已有 {ALWAYS_LIMIT} 个工具总是提供：{others}。请先取消其中一个。",
            )
        return Switches(off=self.off, always=chosen)


class Switchboard:
    """The switches of one owner, kept in the database and held by `registry`."""

    def __init__(self, database: Database, registry: ToolRegistry, owner: str) -> None:
        self._store = DocumentStore(database, "tool-switches", Switches, size_limit=_SIZE_LIMIT)
        self._registry = registry
        self._owner = owner
        self.reread()

    def reread(self) -> None:
        """Read again what is kept; nothing is switched where that cannot be read."""
        with self._registry.editing:
            try:
                switches = self._stored()[0]
            except DocumentInvalid as error:
                logging.getLogger(__name__).warning("which tools are off cannot be read: %s", error)
                switches = Switches()
            self._apply(switches)

    def turn(self, id: str, on: bool) -> None:
        """Give a tool to turns, or keep it from them, from the next turn on. Raises `DocumentMissing`."""
        self._registry.get(id)
        self.turn_all([id], on)

    def turn_all(self, ids: Collection[str], on: bool) -> int:
        """As `turn`, for several tools at once; returns the number of this change, for `turn_back`."""
        with self._registry.editing:  # switches of two tabs both count
            switches, revision = self._stored()
            return self._keep(switches.turned(ids, on), revision)

    def turn_back(self, change: int) -> int:
        """Undo a change of switches, and none that came after it. Raises `DocumentMissing` for one that is not kept any more."""
        with self._registry.editing:
            kept = {stored.revision: {*stored.document.off} for stored in self._store.versions(self._owner, _ID)}
            before = kept.get(change - 1, set() if change == 1 else None)
            if change not in kept or before is None:
                raise DocumentMissing(
                    "Too many switches were changed since. Switch these tools by hand.",
                    "之后又改过太多次开关，无法撤销。请手动切换这些工具。",
                )
            switches, revision = self._stored()
            changed = switches.turned(kept[change] - before, True).turned(before - kept[change], False)
            return self._keep(changed, revision)

    def offer_always(self, id: str, always: bool) -> None:
        """Offer a tool in each turn of the personas that have it, or when it fits the message, from the next turn on.

        Raises `DocumentMissing`, and `ToolError` where as many as may be are always offered already.
        """
        self._registry.get(id)
        with self._registry.editing:
            switches, revision = self._stored()
            known = {tool.id for tool in self._registry.list()}
            self._keep(switches.offering(id, always, known), revision)

    def _keep(self, switches: Switches, revision: int) -> int:
        stored = self._store.save(self._owner, self._store.parse(switches.model_dump()), revision)
        self._apply(switches)
        return stored.revision

    def _apply(self, switches: Switches) -> None:
        self._registry.turn_off(switches.off)
        self._registry.offer_always(switches.always)

    def _stored(self) -> tuple[Switches, int]:
        try:
            stored = self._store.get(self._owner, _ID)
        except DocumentMissing:
            return Switches(), 0
        return stored.document, stored.revision


def _with(before: Collection[str], ids: Collection[str], there: bool) -> tuple[str, ...]:
    return tuple(sorted({*before} | {*ids} if there else {*before} - {*ids}))
