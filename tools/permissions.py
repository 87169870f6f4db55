"""Standing permissions: which tools a persona may call without asking, because the maker said so once on a card.

A permission is for one persona and for a tool as it was: a tool whose specification, risk or origin changed asks again. They
belong to this machine, so no backup holds them, and no document can bring one.
"""

import hashlib
import json
import time
from collections.abc import Sequence

from sqlalchemy import Column, ColumnElement, Float, String, Table, and_, delete, insert, select

from common.database import Database, metadata
from tools.base import Tool

PERMISSIONS = Table(
    "tool_permissions",
    metadata,
    Column("owner", String, primary_key=True),
    Column("persona", String, primary_key=True),
    Column("tool", String, primary_key=True),
    Column("digest", String, nullable=False),
    Column("given", Float, nullable=False),
    info={"backup": False},
)


class Permissions:
    """The standing permissions that one owner gave."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner
        database.create(PERMISSIONS)

    def given(self, persona: str, tool: Tool) -> bool:
        """Whether the persona may call the tool, as it is now, without asking."""
        wanted = and_(self._of(persona, tool.id), PERMISSIONS.c.digest == digest(tool))
        with self._database.read() as connection:
            return connection.execute(select(PERMISSIONS.c.tool).where(wanted)).first() is not None

    def give(self, persona: str, tool: Tool) -> None:
        row = {"owner": self._owner, "persona": persona, "tool": tool.id, "digest": digest(tool), "given": time.time()}
        with self._database.write() as connection:
            connection.execute(delete(PERMISSIONS).where(self._of(persona, tool.id)))
            connection.execute(insert(PERMISSIONS).values(row))

    def of(self, tool: Tool) -> Sequence[str]:
        """The personas that may call the tool, as it is now, in the order in which it was allowed."""
        mine = and_(PERMISSIONS.c.owner == self._owner, PERMISSIONS.c.tool == tool.id, PERMISSIONS.c.digest == digest(tool))
        with self._database.read() as connection:
            return connection.execute(select(PERMISSIONS.c.persona).where(mine).order_by(PERMISSIONS.c.given)).scalars().all()

    def withdraw(self, persona: str, tool: str | None = None) -> None:
        """Take a permission back, or all of a persona's; one that was not given is no matter."""
        which = self._of(persona, tool) if tool else and_(PERMISSIONS.c.owner == self._owner, PERMISSIONS.c.persona == persona)
        with self._database.write() as connection:
            connection.execute(delete(PERMISSIONS).where(which))

    def withdraw_all(self) -> None:
        with self._database.write() as connection:
            connection.execute(delete(PERMISSIONS).where(PERMISSIONS.c.owner == self._owner))

    def _of(self, persona: str, tool: str) -> ColumnElement[bool]:
        return and_(PERMISSIONS.c.owner == self._owner, PERMISSIONS.c.persona == persona, PERMISSIONS.c.tool == tool)


def digest(tool: Tool) -> str:
    """What makes up the tool that a permission is for; another one, when any of it changes."""
    made_of = [tool.id, tool.spec.to_dict(), tool.risk, tool.sends, tool.origin]
    return hashlib.sha256(json.dumps(made_of, sort_keys=True, default=str).encode("utf-8", "replace")).hexdigest()
