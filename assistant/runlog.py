"""What is kept of runs: who asked what where, the events in order, and what the model was given.

Prompts lie in a table of their own, away from the events that every reader of a conversation can follow: they hold the persona's
instruction. Whoever calls these functions brings the transaction.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Column, ColumnElement, Connection, Float, Integer, String, Table, Text, delete, insert, select

from assistant.conversations import CONVERSATIONS
from assistant.events import Event, StepFinished, from_dict, to_dict
from common.database import metadata

RUNS = Table(
    "runs",
    metadata,
    Column("id", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("conversation", String, nullable=False, index=True),
    Column("reason", String),
    Column("started", Float, nullable=False),
    Column("under", Integer),  # the message that its own hang under; none, in data of older versions: the last there is
)

RUN_EVENTS = Table(
    "run_events",
    metadata,
    Column("run", String, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("body", Text, nullable=False),
)

RUN_PROMPTS = Table(
    "run_prompts",
    metadata,
    Column("run", String, primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("shared", Integer, nullable=False),
    Column("added", Text, nullable=False),
)

_PROMPTS_KEPT = 20  # runs of a conversation


@dataclass(frozen=True, slots=True)
class StepPrompt:
    """Exactly what the model was given in a step: what the step before began with too, then what is new."""

    shared: str
    added: str

    @property
    def text(self) -> str:
        return self.shared + self.added


def without_prompt(event: Event) -> Event:
    return replace(event, prompt="", shared=0) if isinstance(event, StepFinished) else event


def insert_events(connection: Connection, run: str, position: int, events: Sequence[Event]) -> None:
    """Add events from `position` on, without their prompts."""
    rows = [
        {"run": run, "position": position + offset, "body": json.dumps(to_dict(without_prompt(event)), ensure_ascii=False)}
        for offset, event in enumerate(events)
    ]
    if rows:
        connection.execute(insert(RUN_EVENTS), rows)


def insert_prompts(connection: Connection, run: str, events: Sequence[Event]) -> None:
    rows = [
        {"run": run, "step": event.number, "shared": event.shared, "added": event.prompt}
        for event in events
        if isinstance(event, StepFinished)
    ]
    if rows:
        connection.execute(insert(RUN_PROMPTS), rows)


def stored_events(connection: Connection, run: str) -> list[Event]:
    query = select(RUN_EVENTS.c.body).where(RUN_EVENTS.c.run == run).order_by(RUN_EVENTS.c.position)
    return [from_dict(json.loads(body)) for body in connection.execute(query).scalars()]


def stored_prompt(connection: Connection, run: str, step: int) -> StepPrompt | None:
    """What the model was given in the step of this number; None where it is not kept."""
    table = RUN_PROMPTS
    query = select(table.c.step, table.c.shared, table.c.added).where(table.c.run == run, table.c.step <= step)
    prompt = None
    for row in connection.execute(query.order_by(table.c.step)):
        before = prompt.text if prompt else ""
        prompt = StepPrompt(before[: row.shared], row.added)
        if row.step == step:
            return prompt
    return None


def drop_old_prompts(connection: Connection, conversation: str) -> None:
    """Keep those of the newest runs of a conversation."""
    runs = select(RUNS.c.id).where(RUNS.c.conversation == conversation).order_by(RUNS.c.started.desc()).offset(_PROMPTS_KEPT)
    connection.execute(delete(RUN_PROMPTS).where(RUN_PROMPTS.c.run.in_(runs)))


def remove_runs(connection: Connection, condition: ColumnElement[bool]) -> None:
    """Remove runs with all that is kept of them."""
    ids = select(RUNS.c.id).where(condition)
    for table in (RUN_EVENTS, RUN_PROMPTS):
        connection.execute(delete(table).where(table.c.run.in_(ids)))
    connection.execute(delete(RUNS).where(condition))


def remove_orphans(connection: Connection) -> None:
    """Remove the runs of conversations that are gone for good."""
    remove_runs(connection, RUNS.c.conversation.not_in(select(CONVERSATIONS.c.id)))
