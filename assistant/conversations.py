"""Conversations and their messages: whose they are, what was said, and how they leave and come back.

A conversation belongs to one owner and one persona. Turns are run by `assistant.runs`, which appends to a conversation inside
its own transaction; nothing here calls a model.
"""

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Float,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from assistant.messages import Message
from assistant.transcripts import Transcript, read, to_json, to_markdown
from common.database import Database, metadata
from common.errors import ConversationError, ConversationMissing

CONVERSATIONS = Table(
    "conversations",
    metadata,
    Column("id", String, primary_key=True),
    Column("owner", String, nullable=False, index=True),
    Column("persona", String, nullable=False),
    Column("title", String, nullable=False),
    Column("created", Float, nullable=False),
    Column("updated", Float, nullable=False),
    Column("deleted", Float),
)

MESSAGES = Table(
    "messages",
    metadata,
    Column("conversation", String, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("role", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("body", Text, nullable=False),
)

_TITLE_LENGTH = 28
_UNDO = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation without its messages; times are aware, in UTC."""

    id: str
    owner: str
    persona: str
    title: str
    created: datetime
    updated: datetime


class Conversations:
    """The store of conversations; every method takes the owner and sees nobody else's."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.create(CONVERSATIONS, MESSAGES)
        self._purge()

    def create(self, owner: str, persona: str, title: str = "") -> Conversation:
        now = datetime.now(UTC)
        conversation = Conversation(uuid.uuid4().hex, owner, persona, title, now, now)
        with self._database.write() as connection:
            _insert(connection, conversation)
        return conversation

    def list(self, owner: str, query: str = "") -> list[Conversation]:
        """The owner's conversations, newest first; with `query`, those whose title or messages contain it."""
        table = CONVERSATIONS
        found = select(table).where(table.c.owner == owner, table.c.deleted.is_(None))
        if query.strip():
            pattern = "%" + _escape_like(query.strip()) + "%"
            said = select(MESSAGES.c.conversation).where(
                MESSAGES.c.text.like(pattern, escape="\\"), MESSAGES.c.role.in_(("user", "assistant"))
            )
            found = found.where(or_(table.c.title.like(pattern, escape="\\"), table.c.id.in_(said)))
        with self._database.read() as connection:
            rows = connection.execute(found.order_by(table.c.updated.desc(), table.c.id)).mappings().all()
        return [_conversation(row) for row in rows]

    def get(self, owner: str, conversation: str) -> Conversation:
        """Raises `ConversationMissing`."""
        with self._database.read() as connection:
            row = connection.execute(select(CONVERSATIONS).where(_mine(owner, conversation))).mappings().first()
        if row is None:
            raise missing(conversation)
        return _conversation(row)

    def messages(self, owner: str, conversation: str) -> Sequence[Message]:
        """What was said, oldest first. Raises `ConversationMissing`."""
        self.get(owner, conversation)
        query = select(MESSAGES.c.body).where(MESSAGES.c.conversation == conversation).order_by(MESSAGES.c.position)
        with self._database.read() as connection:
            bodies = connection.execute(query).scalars().all()
        return [Message.from_dict(json.loads(body)) for body in bodies]

    def append(self, connection: Connection, owner: str, conversation: str, messages: Iterable[Message]) -> None:
        """Add messages within a transaction of the caller; the first message of a user gives an untitled one its title."""
        row = connection.execute(select(CONVERSATIONS.c.title).where(_mine(owner, conversation))).first()
        if row is None:
            raise missing(conversation)
        added = list(messages)
        last = connection.execute(select(func.max(MESSAGES.c.position)).where(MESSAGES.c.conversation == conversation)).scalar()
        _insert_messages(connection, conversation, added, 0 if last is None else last + 1)
        changes: dict[str, object] = {"updated": datetime.now(UTC).timestamp()}
        first = next((message.text for message in added if message.role == "user"), "")
        if not row.title and first:
            changes["title"] = automatic_title(first)
        connection.execute(update(CONVERSATIONS).where(_mine(owner, conversation)).values(changes))

    def truncate(self, connection: Connection, owner: str, conversation: str, length: int) -> None:
        """Keep the first `length` messages, within a transaction of the caller."""
        if connection.execute(select(CONVERSATIONS.c.id).where(_mine(owner, conversation))).first() is None:
            raise missing(conversation)
        connection.execute(delete(MESSAGES).where(MESSAGES.c.conversation == conversation, MESSAGES.c.position >= length))

    def rename(self, owner: str, conversation: str, title: str) -> Conversation:
        """Raises `ConversationError` for an empty or overlong title."""
        title = " ".join(title.split())
        if not 1 <= len(title) <= 120:
            raise ConversationError(
                f"A title has 1 to 120 characters; this one has {len(title)}. Shorten it and save again.",
                f"标题应为 1 到 120 个字，现在是 {len(title)} 个。请改短后再保存。",
            )
        self._change(owner, conversation, {"title": title})
        return self.get(owner, conversation)

    def delete(self, owner: str, conversation: str) -> None:
        """Take it out of sight; `restore` brings it back for a day."""
        self.get(owner, conversation)
        self._change(owner, conversation, {"deleted": datetime.now(UTC).timestamp()})

    def restore(self, owner: str, conversation: str) -> Conversation:
        table = CONVERSATIONS
        with self._database.write() as connection:
            connection.execute(update(table).where(table.c.id == conversation, table.c.owner == owner).values(deleted=None))
        return self.get(owner, conversation)

    def delete_all(self, owner: str) -> int:
        """Remove every conversation of the owner at once and for good; returns how many."""
        with self._database.write() as connection:
            return _remove(connection, CONVERSATIONS.c.owner == owner)

    def export_json(self, owner: str, conversation: str) -> str:
        """All of the conversation, as a file that `import_file` reads."""
        kept = self.get(owner, conversation)
        return to_json(self._transcript(kept), kept.created.isoformat())

    def export_markdown(self, owner: str, conversation: str) -> str:
        """The conversation to read, as a file that `import_file` reads too."""
        return to_markdown(self._transcript(self.get(owner, conversation)))

    def import_file(self, owner: str, text: str) -> Conversation:
        """Bring back an export of either kind as a new conversation. Raises `ConversationError` when it is none."""
        found = read(text)
        now = datetime.now(UTC)
        conversation = Conversation(uuid.uuid4().hex, owner, found.persona, found.title, now, now)
        with self._database.write() as connection:
            _insert(connection, conversation)
            _insert_messages(connection, conversation.id, found.messages, 0)
        return conversation

    def _transcript(self, kept: Conversation) -> Transcript:
        return Transcript(kept.persona, kept.title, tuple(self.messages(kept.owner, kept.id)))

    def _change(self, owner: str, conversation: str, values: dict[str, object]) -> None:
        with self._database.write() as connection:
            changed = connection.execute(update(CONVERSATIONS).where(_mine(owner, conversation)).values(values))
            if not changed.rowcount:
                raise missing(conversation)

    def _purge(self) -> None:
        old = (datetime.now(UTC) - _UNDO).timestamp()
        with self._database.write() as connection:
            _remove(connection, CONVERSATIONS.c.deleted < old)


def automatic_title(text: str) -> str:
    """A title from a first message: its first line, cut at a word where the language has them."""
    line = " ".join(text.split("\n", 1)[0].split()) or " ".join(text.split())
    if len(line) <= _TITLE_LENGTH:
        return line
    cut = line[: _TITLE_LENGTH + 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[_TITLE_LENGTH // 2 :] else cut[:-1]) + "…"


def missing(conversation: str) -> ConversationMissing:
    return ConversationMissing(
        f"There is no conversation {conversation!r}. It may have been deleted; start a new one.",
        f"没有找到对话 {conversation!r}，它可能已被删除。请新建一个对话。",
    )


def _mine(owner: str, conversation: str) -> ColumnElement[bool]:
    table = CONVERSATIONS
    return and_(table.c.id == conversation, table.c.owner == owner, table.c.deleted.is_(None))


def _remove(connection: Connection, condition: ColumnElement[bool]) -> int:
    ids = select(CONVERSATIONS.c.id).where(condition)
    connection.execute(delete(MESSAGES).where(MESSAGES.c.conversation.in_(ids)))
    return connection.execute(delete(CONVERSATIONS).where(condition)).rowcount


def _insert(connection: Connection, conversation: Conversation) -> None:
    connection.execute(
        insert(CONVERSATIONS).values(
            id=conversation.id,
            owner=conversation.owner,
            persona=conversation.persona,
            title=conversation.title,
            created=conversation.created.timestamp(),
            updated=conversation.updated.timestamp(),
        )
    )


def _insert_messages(connection: Connection, conversation: str, messages: Iterable[Message], position: int) -> None:
    rows = [
        {
            "conversation": conversation,
            "position": position + offset,
            "role": message.role,
            "text": message.text,
            "body": json.dumps(message.to_dict(), ensure_ascii=False),
        }
        for offset, message in enumerate(messages)
    ]
    if rows:
        connection.execute(insert(MESSAGES), rows)


def _conversation(row: RowMapping) -> Conversation:
    return Conversation(
        row["id"],
        row["owner"],
        row["persona"],
        row["title"],
        datetime.fromtimestamp(row["created"], UTC),
        datetime.fromtimestamp(row["updated"], UTC),
    )


def _escape_like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
