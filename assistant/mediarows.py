"""The rows that hold pictures and sounds, and what a conversation does to them within its own transactions.

A row goes with its conversation, by its foreign key. Whose they are and what is taken is the business of `assistant.media`.
"""

from collections.abc import Sequence

from sqlalchemy import Boolean, Column, Connection, Float, ForeignKey, Integer, LargeBinary, String, Table, and_, delete, update

from common.database import metadata

MEDIA = Table(
    "media",
    metadata,
    Column("conversation", String, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("id", String, primary_key=True),
    Column("type", String, nullable=False),
    Column("name", String, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("added", Float, nullable=False),
    Column("shown", Boolean, nullable=False),  # a message has it
    Column("waiting", Boolean, nullable=False),  # it goes with the next message of the user
    Column("removed", Float),  # when the user took it out before it was sent
    Column("data", LargeBinary, nullable=False),
)


def mark_said(connection: Connection, conversation: str, ids: Sequence[str]) -> None:
    """These went with a message, and wait for none any more."""
    if ids:
        these = and_(MEDIA.c.conversation == conversation, MEDIA.c.id.in_(ids))
        connection.execute(update(MEDIA).where(these).values(shown=True, waiting=False))


def remove_media(connection: Connection, conversation: str) -> None:
    """Delete all of a conversation's for good."""
    connection.execute(delete(MEDIA).where(MEDIA.c.conversation == conversation))
