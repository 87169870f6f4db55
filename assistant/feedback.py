"""What people think of answers: a thumb and, where they like, a reason, kept for tuning later.

A thumb is an opinion and no leave to train on what somebody said: a visitor gives that, or does not, beside it. Feedback
belongs to a run and to whoever asked; it goes when the conversation does. `all` is the one reading that crosses owners: it is
for the person who holds the data folder, from the command line, and says of nobody who they are.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import Column, Float, Integer, String, Table, Text, and_, delete, func, insert, select

from assistant.access import MAKER
from assistant.conversations import CONVERSATIONS, MESSAGES, Conversations
from assistant.runs import Runs
from common.database import Database, metadata
from common.errors import ConversationError

FEEDBACK = Table(
    "feedback",
    metadata,
    Column("run", String, primary_key=True),
    Column("owner", String, nullable=False, index=True),
    Column("conversation", String, nullable=False, index=True),
    Column("verdict", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("time", Float, nullable=False),
    Column("consent", Integer, nullable=False, server_default="0"),
)

REASON_LIMIT = 1_000
"""Characters of a reason."""

Verdict = Literal[1, -1]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What someone thinks of an answer: `verdict` 1 for good, -1 for bad; `reason` may be empty.

    `consent` says that the conversation up to the answer may be trained on.
    """

    verdict: Verdict
    reason: str = ""
    consent: bool = False


class Feedback:
    """The store of opinions."""

    def __init__(self, database: Database, conversations: Conversations, runs: Runs) -> None:
        self._database = database
        self._conversations = conversations
        self._runs = runs
        database.create(FEEDBACK)
        with database.write() as connection:
            gone = FEEDBACK.c.conversation.not_in(select(CONVERSATIONS.c.id))
            connection.execute(delete(FEEDBACK).where(gone))

    def give(self, owner: str, run: str, verdict: Verdict, reason: str = "", *, consent: bool = False) -> None:
        """Say what to think of the answer of a run; an earlier opinion on it is replaced.

        Raises `ConversationMissing` for a run that is not the owner's, and `ConversationError` for an overlong reason.
        """
        reason = reason.strip()
        if len(reason) > REASON_LIMIT:
            raise ConversationError(
                f"A reason has at most {REASON_LIMIT:,} characters; this one has {len(reason):,}. Shorten it and send it again.",
                f"理由最多 {REASON_LIMIT:,} 个字，现在是 {len(reason):,} 个。请改短后再发送。",
            )
        conversation = self._runs.conversation(owner, run)
        row = {"run": run, "owner": owner, "conversation": conversation, "verdict": verdict, "reason": reason}
        with self._database.write() as connection:
            connection.execute(delete(FEEDBACK).where(FEEDBACK.c.run == run))
            connection.execute(insert(FEEDBACK).values(**row, consent=int(consent), time=datetime.now(UTC).timestamp()))

    def take_back(self, owner: str, run: str) -> None:
        """Forget what was said of a run; does nothing where nothing was."""
        with self._database.write() as connection:
            connection.execute(delete(FEEDBACK).where(FEEDBACK.c.run == run, FEEDBACK.c.owner == owner))

    def of(self, owner: str, conversation: str) -> Mapping[str, Opinion]:
        """The opinions on the answers of a conversation, by run."""
        table = FEEDBACK
        mine = and_(table.c.conversation == conversation, table.c.owner == owner)
        with self._database.read() as connection:
            rows = connection.execute(select(table.c.run, table.c.verdict, table.c.reason, table.c.consent).where(mine)).all()
        return {row.run: Opinion(row.verdict, row.reason, bool(row.consent)) for row in rows}

    def all(self) -> Iterator[str]:
        """Every opinion on an answer that is still there, oldest first, as a line of JSON.

        `messages` is the conversation up to the question, of the branch that the answer is on; `answer` is what the run wrote;
        `by` is "maker" or "visitor", `consent` whether a visitor lets it be trained on.
        """
        table = FEEDBACK
        answered = and_(MESSAGES.c.conversation == table.c.conversation, MESSAGES.c.run == table.c.run)
        query = (
            select(table, CONVERSATIONS.c.persona, func.max(MESSAGES.c.position).label("end"))
            .join(CONVERSATIONS, and_(CONVERSATIONS.c.id == table.c.conversation, CONVERSATIONS.c.deleted.is_(None)))
            .join(MESSAGES, answered)
            .group_by(*table.c, CONVERSATIONS.c.persona)
            .order_by(table.c.time)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        for row in rows:
            path = self._conversations.path(row["owner"], row["conversation"], row["end"])
            line = {
                "persona": row["persona"],
                "by": "maker" if row["owner"] == MAKER.owner else "visitor",
                "consent": bool(row["consent"]),
                "verdict": row["verdict"],
                "reason": row["reason"],
                "time": datetime.fromtimestamp(row["time"], UTC).isoformat(timespec="seconds"),
                "messages": [placed.message.to_dict() for placed in path if placed.run != row["run"]],
                "answer": [placed.message.to_dict() for placed in path if placed.run == row["run"]],
            }
            yield json.dumps(line, ensure_ascii=False)

    def delete_all(self, owner: str) -> None:
        with self._database.write() as connection:
            connection.execute(delete(FEEDBACK).where(FEEDBACK.c.owner == owner))
