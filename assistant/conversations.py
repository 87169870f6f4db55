"""Conversations and their messages: whose they are, what was said, and how they leave and come back.

A conversation belongs to one owner and one persona; its messages form a tree (`assistant.branches`) of which one branch is in
view. Turns are run by `assistant.runs`, which appends to a conversation inside its own transaction; nothing here calls a model.
"""

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    Boolean,
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
    case,
    delete,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from assistant.branches import ROOT, Parents, Placed, branch, followers, newest
from assistant.mediarows import MEDIA, mark_said, remove_media
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
    Column("head", Integer),  # the last message of the branch in view; none: the newest there is
    Column("hidden", Boolean),  # tries out a persona, and is not listed
)

MESSAGES = Table(
    "messages",
    metadata,
    Column("conversation", String, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("parent", Integer),  # the message it follows; none, in data of older versions: the one before it
    Column("run", String),  # the run that wrote it
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
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a user or an answer, and the conversation it stands in."""

    conversation: Conversation
    position: int
    role: str
    text: str


class Conversations:
    """The store of conversations; every method takes the owner and sees nobody else's."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.create(CONVERSATIONS, MESSAGES, MEDIA)
        self._purge()

    def create(self, owner: str, persona: str, title: str = "", *, hidden: bool = False) -> Conversation:
        """A new conversation; a `hidden` one is not listed."""
        now = datetime.now(UTC)
        conversation = Conversation(uuid.uuid4().hex, owner, persona, title, now, now, hidden)
        with self._database.write() as connection:
            _insert(connection, conversation)
        return conversation

    def test_of(self, owner: str, persona: str) -> Conversation:
        """The hidden conversation in which the owner tries out a persona; made if there is none."""
        table = CONVERSATIONS
        mine = and_(table.c.owner == owner, table.c.persona == persona, table.c.hidden.is_(True), table.c.deleted.is_(None))
        with self._database.read() as connection:
            row = connection.execute(select(table).where(mine).order_by(table.c.created)).mappings().first()
        return _conversation(row) if row else self.create(owner, persona, hidden=True)

    def list(self, owner: str, query: str = "") -> list[Conversation]:
        """The owner's conversations, newest first; with `query`, those whose title or messages of any branch contain it."""
        table = CONVERSATIONS
        found = select(table).where(table.c.owner == owner, table.c.deleted.is_(None), table.c.hidden.is_not(True))
        if query.strip():
            pattern = "%" + _escape_like(query.strip()) + "%"
            said = select(MESSAGES.c.conversation).where(
                MESSAGES.c.text.like(pattern, escape="\\"), MESSAGES.c.role.in_(("user", "assistant"))
            )
            found = found.where(or_(table.c.title.like(pattern, escape="\\"), table.c.id.in_(said)))
        with self._database.read() as connection:
            rows = connection.execute(found.order_by(table.c.updated.desc(), table.c.id)).mappings().all()
        return [_conversation(row) for row in rows]

    def said(self, owner: str, words: Sequence[str], limit: int, *, without: str | None = None) -> Sequence[Said]:
        """What was said, in any branch, that contains one of these words: what has most of them first, then the newest.

        Hidden conversations are left out, and the one that `without` names.
        """
        table = CONVERSATIONS
        holds = [MESSAGES.c.text.like(f"%{_escape_like(word)}%", escape="\\") for word in words]
        count = sum((case((each, 1), else_=0) for each in holds), literal(0))
        query = (
            select(table, MESSAGES.c.position, MESSAGES.c.role, MESSAGES.c.text)
            .join(MESSAGES, MESSAGES.c.conversation == table.c.id)
            .where(table.c.owner == owner, table.c.deleted.is_(None), table.c.hidden.is_not(True), table.c.id != (without or ""))
            .where(MESSAGES.c.role.in_(("user", "assistant")), or_(false(), *holds))
            .order_by(count.desc(), table.c.updated.desc(), MESSAGES.c.position.desc())
        )
        with self._database.read() as connection:
            rows = connection.execute(query.limit(limit)).mappings().all()
        return [Said(_conversation(row), row["position"], row["role"], row["text"]) for row in rows]

    def get(self, owner: str, conversation: str) -> Conversation:
        """Raises `ConversationMissing`."""
        with self._database.read() as connection:
            row = connection.execute(select(CONVERSATIONS).where(_mine(owner, conversation))).mappings().first()
        if row is None:
            raise missing(conversation)
        return _conversation(row)

    def messages(self, owner: str, conversation: str) -> Sequence[Message]:
        """What was said in the branch in view, oldest first. Raises `ConversationMissing`."""
        return [placed.message for placed in self.path(owner, conversation)]

    def path(self, owner: str, conversation: str, to: int | None = None) -> Sequence[Placed]:
        """The branch in view, oldest message first; with `to`, that of the message at this position, up to there.

        Raises `ConversationMissing`, or `ConversationError` when there is no message at `to`.
        """
        table = MESSAGES
        query = select(table.c.position, table.c.parent, table.c.run, table.c.body).where(table.c.conversation == conversation)
        with self._database.read() as connection:
            head = _head(connection, owner, conversation)
            rows = {row.position: row for row in connection.execute(query.order_by(table.c.position))}
        parents = {position: _parent(position, row.parent) for position, row in rows.items()}
        end = head if to is None else _there(parents, to)
        versions = followers(parents)
        return [
            Placed(each, Message.from_dict(json.loads(rows[each].body)), rows[each].run, versions[parents[each]])
            for each in branch(parents, end)
        ]

    def choose(self, owner: str, conversation: str, position: int) -> None:
        """Bring the branch of a message into view, down to its newest end. Raises what `path` does."""
        with self._database.write() as connection:
            self.show(connection, owner, conversation, position)

    def show(self, connection: Connection, owner: str, conversation: str, position: int | None = None) -> None:
        """`choose` within a transaction of the caller; without a position, from the end of the branch in view on."""
        head = _head(connection, owner, conversation)
        parents = _parents(connection, conversation)
        if position is not None or head != ROOT:
            end = newest(parents, _there(parents, head if position is None else position))
            self.turn_to(connection, owner, conversation, end)

    def turn_to(self, connection: Connection, owner: str, conversation: str, position: int, *, at_end: bool = False) -> None:
        """End the branch in view at a message that is there, or before the first (`ROOT`): what comes next hangs under it.

        With `at_end` it must be the last of its branch. Raises `ConversationMissing` or `ConversationError`.
        """
        changed = connection.execute(update(CONVERSATIONS).where(_mine(owner, conversation)).values(head=position))
        if not changed.rowcount:
            raise missing(conversation)
        if not _is_message(connection, conversation, position):  # it was read before a backup was restored
            raise no_message(position)
        if at_end and followers(_parents(connection, conversation)).get(position):
            raise no_longer_waits()

    def append(
        self,
        connection: Connection,
        owner: str,
        conversation: str,
        messages: Iterable[Message],
        *,
        under: int | None = None,
        run: str | None = None,
    ) -> int:
        """Hang messages in a chain under the one at `under` (None: the end of the branch in view), in the caller's transaction.

        The branch in view grows if it ended there, and stays as it is otherwise. Returns the position of the last message
        (`under` without one). The first message of a user gives an untitled conversation its title. Raises `ConversationMissing`.
        """
        head = _head(connection, owner, conversation)
        parent = head if under is None else under
        added = list(messages)
        last = _insert_messages(connection, conversation, added, _end(connection, conversation) + 1, parent, run)
        mark_said(connection, conversation, [ref.id for message in added for ref in message.media])
        changes: dict[str, object] = {"updated": datetime.now(UTC).timestamp()}
        if head == parent:
            changes["head"] = last
        connection.execute(update(CONVERSATIONS).where(_mine(owner, conversation)).values(changes))
        if first := next((message.text for message in added if message.role == "user"), ""):
            untitled = and_(_mine(owner, conversation), CONVERSATIONS.c.title == "")
            connection.execute(update(CONVERSATIONS).where(untitled).values(title=automatic_title(first)))
        return last

    def clear(self, connection: Connection, owner: str, conversation: str) -> None:
        """Start a conversation over, within a transaction of the caller: it is kept without all that is in it and its title."""
        self.turn_to(connection, owner, conversation, ROOT)
        connection.execute(delete(MESSAGES).where(MESSAGES.c.conversation == conversation))
        remove_media(connection, conversation)
        connection.execute(update(CONVERSATIONS).where(_mine(owner, conversation)).values(title=""))

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

    def kept(self, ids: Sequence[str]) -> set[str]:
        """Which of these conversations, whosever they are, are there or can still be restored: for upkeep."""
        with self._database.read() as connection:
            return set(connection.execute(select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.id.in_(ids))).scalars())

    def export_json(self, owner: str, conversation: str, attached: Sequence[str] = ()) -> str:
        """All of the conversation, every branch, as a file that `import_file` reads; it names the `attached` files."""
        kept = self.get(owner, conversation)
        query = select(MESSAGES.c.position, MESSAGES.c.parent, MESSAGES.c.body).where(MESSAGES.c.conversation == conversation)
        with self._database.read() as connection:
            head = _head(connection, owner, conversation)
            rows = connection.execute(query.order_by(MESSAGES.c.position)).all()
        places = {ROOT: ROOT, **{row.position: place for place, row in enumerate(rows)}}
        parents = tuple(places[_parent(row.position, row.parent)] for row in rows)
        messages = tuple(Message.from_dict(json.loads(row.body)) for row in rows)
        return to_json(Transcript(kept.persona, kept.title, messages, parents, places[head]), kept.created.isoformat(), attached)

    def export_markdown(self, owner: str, conversation: str, attached: Sequence[str] = ()) -> str:
        """The branch in view, to read, as a file that `import_file` reads too; it names the `attached` files."""
        kept = self.get(owner, conversation)
        return to_markdown(kept.persona, kept.title, self.messages(owner, conversation), attached)

    def import_file(self, owner: str, text: str) -> Conversation:
        """Bring back an export of either kind as a new conversation. Raises `ConversationError` when it is none."""
        found = read(text)
        now = datetime.now(UTC)
        conversation = Conversation(uuid.uuid4().hex, owner, found.persona, found.title, now, now)
        with self._database.write() as connection:
            _insert(connection, conversation)
            # Whoever wrote the file may have written everything that is said in it.
            placed = enumerate(zip((replace(each, tainted=True) for each in found.messages), found.parents, strict=True))
            rows = [_message_row(conversation.id, position, parent, None, message) for position, (message, parent) in placed]
            if rows:  # at once: nobody else writes meanwhile, and there may be many thousands
                connection.execute(insert(MESSAGES), rows)
            self.turn_to(connection, owner, conversation.id, found.head)
        return conversation

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


def no_longer_waits() -> ConversationError:
    return ConversationError(
        "This call no longer waits for an answer: it was decided, or another version is in view.",
        "这个调用已不再等待许可：它已经处理过，或当前显示的是另一个版本。",
    )


def no_message(position: int) -> ConversationError:
    return ConversationError(
        f"There is no message at place {position} of this conversation any more. Load the page again.",
        f"这个对话里已经没有第 {position} 处的消息了。请重新加载页面。",
    )


def _head(connection: Connection, owner: str, conversation: str) -> int:
    """The position of the last message of the branch in view. Raises `ConversationMissing`."""
    row = connection.execute(select(CONVERSATIONS.c.head).where(_mine(owner, conversation))).first()
    if row is None:
        raise missing(conversation)
    there = row.head is not None and _is_message(connection, conversation, row.head)
    return row.head if there else _end(connection, conversation)


def _is_message(connection: Connection, conversation: str, position: int) -> bool:
    at = and_(MESSAGES.c.conversation == conversation, MESSAGES.c.position == position)
    return position == ROOT or connection.execute(select(MESSAGES.c.position).where(at)).first() is not None


def _end(connection: Connection, conversation: str) -> int:
    """The highest position there is, or `ROOT`."""
    last = connection.execute(select(func.max(MESSAGES.c.position)).where(MESSAGES.c.conversation == conversation)).scalar()
    return ROOT if last is None else last


def _parents(connection: Connection, conversation: str) -> dict[int, int]:
    query = select(MESSAGES.c.position, MESSAGES.c.parent).where(MESSAGES.c.conversation == conversation)
    return {row.position: _parent(row.position, row.parent) for row in connection.execute(query.order_by(MESSAGES.c.position))}


def _parent(position: int, stored: int | None) -> int:
    """A message follows an earlier one, whatever a stranger's backup says: a ring would never end."""
    return stored if stored is not None and ROOT <= stored < position else position - 1


def _there(parents: Parents, position: int) -> int:
    if position not in parents:
        raise no_message(position)
    return position


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
            hidden=conversation.hidden,
        )
    )


def _insert_messages(
    connection: Connection, conversation: str, messages: Iterable[Message], position: int, parent: int, run: str | None = None
) -> int:
    """Store messages from `position` on, the first under `parent`, each other under the one before; returns the last position."""
    rows = []
    for message in messages:
        rows.append(_message_row(conversation, position, parent, run, message))
        position, parent = position + 1, position
    if rows:
        connection.execute(insert(MESSAGES), rows)
    return parent


def _message_row(conversation: str, position: int, parent: int, run: str | None, message: Message) -> dict[str, object]:
    body = json.dumps(message.to_dict(), ensure_ascii=False)
    place = {"conversation": conversation, "position": position, "parent": parent, "run": run}
    return {**place, "role": message.role, "text": message.text, "body": body}


def _conversation(row: RowMapping) -> Conversation:
    return Conversation(
        row["id"],
        row["owner"],
        row["persona"],
        row["title"],
        datetime.fromtimestamp(row["created"], UTC),
        datetime.fromtimestamp(row["updated"], UTC),
        bool(row["hidden"]),
    )


def _escape_like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
