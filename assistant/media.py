"""The pictures and sounds of conversations: what users attached and what tools gave, by what their content hashes to.

They lie in the database with the conversation that shows them, so that a backup holds them and they go when it goes for good; two
conversations with the same picture have one each. Nobody but the owner of the conversation reads them.
"""

import hashlib
import time
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from assistant.conversations import CONVERSATIONS, missing
from assistant.keeping import AT_ONCE, Keeper, Unkept
from assistant.mediacheck import checked
from assistant.mediarows import MEDIA
from assistant.messages import PICTURES, SOUNDS, MediaRef
from common.database import Database
from common.errors import HearthError
from tools.base import Media

_UNDO_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Megabytes of the pictures and sounds of one conversation, and of all of one owner's."""

    conversation: int = 200
    owner: int = 2_000


class MediaStore:
    """The pictures and sounds of every owner; a method never shows one owner's to another."""

    def __init__(self, database: Database, limits: Limits | None = None) -> None:
        self._database = database
        self._limits = limits or Limits()

    def keep(self, owner: str, conversation: str, medium: Media) -> MediaRef:
        """Keep what a tool gave. Raises `HearthError` for what is not fit to be shown, `ConversationMissing`, `StorageFailed`."""
        medium = checked(medium)
        with self._database.write() as connection:
            return self._put(connection, owner, conversation, medium, shown=True)

    def attach(self, owner: str, conversation: str, medium: Media) -> MediaRef:
        """Keep what a user attached, to go with their next message. Raises what `keep` does."""
        medium = checked(medium)
        with self._database.write() as connection:
            ref = self._put(connection, owner, conversation, medium, waiting=True)
            if len(_waiting(connection, conversation)) > AT_ONCE:
                raise HearthError(
                    f"{ref.name!r} was not taken: a message takes {AT_ONCE} pictures and sounds. Send those first.",
                    f"{ref.name!r} 没有附上：一条消息最多带 {AT_ONCE} 个图片和声音。请先发送这些。",
                )
            return ref

    def waiting(self, owner: str, conversation: str) -> tuple[MediaRef, ...]:
        """What goes with the next message, in the order it was attached."""
        with self._database.read() as connection:
            return _waiting(connection, conversation) if _owns(connection, owner, conversation) else ()

    def remove(self, owner: str, conversation: str, id: str) -> bool:
        """Take out what waits for the next message; for a day `restore` brings it back. Whether it was there."""
        there = and_(MEDIA.c.id == id, MEDIA.c.waiting.is_(True))
        return self._change(owner, conversation, there, {"waiting": False, "removed": time.time()})

    def restore(self, owner: str, conversation: str, id: str) -> bool:
        """Bring back what `remove` took out. Whether it was there."""
        there = and_(MEDIA.c.id == id, MEDIA.c.removed.is_not(None))
        return self._change(owner, conversation, there, {"waiting": True, "removed": None})

    def get(self, owner: str, conversation: str, id: str) -> Media | None:
        """One with its content; None where this owner has no such conversation or it has no such picture or sound."""
        query = select(MEDIA.c.data, MEDIA.c.type, MEDIA.c.name).where(_at(conversation), MEDIA.c.id == id)
        with self._database.read() as connection:
            row = connection.execute(query).first() if _owns(connection, owner, conversation) else None
        # A stranger's backup may call anything a picture, and a browser would show it as what it is called.
        return Media(row.data, row.type, row.name) if row and row.type in (*PICTURES, *SOUNDS) else None

    def named(self, owner: str, name: str) -> Media | None:
        """The newest of this name in any conversation of the owner, with its content."""
        mine = and_(CONVERSATIONS.c.owner == owner, CONVERSATIONS.c.deleted.is_(None), MEDIA.c.name == name.strip())
        query = select(MEDIA.c.conversation, MEDIA.c.id).select_from(MEDIA.join(CONVERSATIONS)).where(mine)
        with self._database.read() as connection:
            row = connection.execute(query.order_by(MEDIA.c.added.desc()).limit(1)).first()
        return self.get(owner, row.conversation, row.id) if row else None

    def keeper(self, owner: str, conversation: str | None) -> Keeper:
        """What an agent is given that answers in a conversation, or in none."""
        return _KeptHere(self, owner, conversation) if conversation else Unkept()

    def count(self, owner: str) -> int:
        """How many the owner has in all conversations."""
        query = select(func.count()).select_from(MEDIA.join(CONVERSATIONS)).where(CONVERSATIONS.c.owner == owner)
        with self._database.read() as connection:
            return connection.execute(query).scalar_one()

    def sweep(self) -> None:
        """Delete for good what was taken out before it was sent, a day ago or longer."""
        old = and_(MEDIA.c.removed < time.time() - _UNDO_S, MEDIA.c.shown.is_(False), MEDIA.c.waiting.is_(False))
        with self._database.write() as connection:
            connection.execute(delete(MEDIA).where(old))

    def _put(
        self,
        connection: Connection,
        owner: str,
        conversation: str,
        medium: Media,
        *,
        shown: bool = False,
        waiting: bool = False,
    ) -> MediaRef:
        """Store a picture or a sound, or change what is noted of it where it is there already."""
        if not _owns(connection, owner, conversation):
            raise missing(conversation)
        ref = MediaRef(hashlib.sha256(medium.data).hexdigest(), medium.type, medium.name, len(medium.data))
        there = connection.execute(select(MEDIA.c.shown, MEDIA.c.waiting).where(_at(conversation), MEDIA.c.id == ref.id)).first()
        if there is None:
            self._check_room(connection, owner, conversation, ref)
            row = {**ref.to_dict(), "added": time.time(), "shown": shown, "waiting": waiting, "data": medium.data}
            connection.execute(insert(MEDIA).values(conversation=conversation, **row))
        else:
            noted = {"name": ref.name, "shown": shown or there.shown, "waiting": waiting or there.waiting, "removed": None}
            at = and_(_at(conversation), MEDIA.c.id == ref.id)
            connection.execute(update(MEDIA).where(at).values(added=time.time(), **noted))
        return ref

    def _check_room(self, connection: Connection, owner: str, conversation: str, ref: MediaRef) -> None:
        """Raises `HearthError` where one more does not fit."""
        total = select(func.coalesce(func.sum(MEDIA.c.bytes), 0))
        here = connection.execute(total.where(_at(conversation))).scalar_one()
        if here + ref.bytes > self._limits.conversation * 1_000_000:
            raise HearthError(
                f"{ref.name!r} does not fit: the pictures and sounds of one conversation may have "
                f"{self._limits.conversation} MB together. Start a new conversation.",
                f"{ref.name!r} 放不下了：一个对话里的图片和声音合计最多 {self._limits.conversation} MB。请新开一个对话。",
            )
        everywhere = total.select_from(MEDIA.join(CONVERSATIONS)).where(CONVERSATIONS.c.owner == owner)
        if connection.execute(everywhere).scalar_one() + ref.bytes > self._limits.owner * 1_000_000:
            raise HearthError(
                f"{ref.name!r} does not fit: the pictures and sounds of your conversations have {self._limits.owner:,} MB "
                "already. Delete a conversation that you no longer need.",
                f"{ref.name!r} 放不下了：你的各个对话里的图片和声音已有 {self._limits.owner:,} MB。请删除不再需要的对话。",
            )

    def _change(self, owner: str, conversation: str, condition: ColumnElement[bool], values: dict[str, object]) -> bool:
        with self._database.write() as connection:
            if not _owns(connection, owner, conversation):
                return False
            return bool(connection.execute(update(MEDIA).where(_at(conversation), condition).values(values)).rowcount)


class _KeptHere:
    """The `Keeper` of one conversation."""

    def __init__(self, store: MediaStore, owner: str, conversation: str) -> None:
        self._store = store
        self._owner = owner
        self._conversation = conversation

    def keep(self, medium: Media) -> MediaRef:
        return self._store.keep(self._owner, self._conversation, medium)

    def fetch(self, id: str) -> Media | None:
        return self._store.get(self._owner, self._conversation, id)


def _at(conversation: str) -> ColumnElement[bool]:
    return MEDIA.c.conversation == conversation


def _owns(connection: Connection, owner: str, conversation: str) -> bool:
    """Whether the conversation is there, not deleted, and this owner's."""
    table = CONVERSATIONS
    mine = and_(table.c.id == conversation, table.c.owner == owner, table.c.deleted.is_(None))
    return connection.execute(select(table.c.id).where(mine)).first() is not None


def _waiting(connection: Connection, conversation: str) -> tuple[MediaRef, ...]:
    columns = (MEDIA.c.id, MEDIA.c.type, MEDIA.c.name, MEDIA.c.bytes)
    query = select(*columns).where(_at(conversation), MEDIA.c.waiting.is_(True)).order_by(MEDIA.c.added)
    return tuple(MediaRef.from_dict(dict(row)) for row in connection.execute(query).mappings())
