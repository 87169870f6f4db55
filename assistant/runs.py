"""Runs: one worker a turn, its events kept in the database as they come.

A run outlives the page that started it: whoever subscribes sees its events from any offset, live or from the database, each once.
A run that a crash cut short is closed when the app starts again, with what was already written kept as an interrupted answer.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from assistant.access import told
from assistant.branches import ROOT
from assistant.conversations import Conversations, missing
from assistant.events import Event, StepFinished, TextDelta, ThinkingDelta, TurnFinished
from assistant.messages import Message
from assistant.models.base import Cancel
from assistant.places import Places
from assistant.runlog import (
    RUN_EVENTS,
    RUN_PROMPTS,
    RUNS,
    StepPrompt,
    drop_old_prompts,
    insert_events,
    insert_prompts,
    remove_orphans,
    remove_runs,
    stored_events,
    stored_prompt,
    without_prompt,
)
from assistant.salvage import merge, salvage
from common.database import Database
from common.errors import HearthError, StorageFailed, TurnRunning

_FLUSH_S = 0.05
_AT_ONCE = 16

_BUG = {
    "en": "Something went wrong inside Hearth and this answer could not be finished. Try again; the log has the details.",
    "zh": "Hearth 内部出了错，这次回答没有完成。请再试一次；详情在日志里。",
}
_CUT_SHORT = {
    "en": "Hearth stopped while this was being written. What had arrived is kept; ask again for the rest.",
    "zh": "写到一半时 Hearth 停止了运行。已写出的部分都在；需要其余内容请重新生成。",
}

Work = Callable[[Cancel], Iterator[Event]]
"""A turn that has not started: given its cancel, it yields the turn's events."""


@dataclass(slots=True)
class _Live:
    """A run under way: its events so far, who waits for more, and how to stop it."""

    owner: str
    conversation: str
    keeps_prompts: bool
    under: int = ROOT
    cancel: Cancel = field(default_factory=Cancel)
    events: list[Event] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    finished: bool = False

    def show(self, events: Sequence[Event], finished: bool = False) -> None:
        with self.changed:
            self.events.extend(events)
            self.finished = finished
            self.changed.notify_all()


class Runs:
    """The runs of every owner; a method never shows one owner's run to another."""

    def __init__(self, database: Database, conversations: Conversations, at_once: int = _AT_ONCE) -> None:
        """`at_once` turns have a place to run; more wait in line."""
        self._database = database
        self._conversations = conversations
        self._live: dict[str, _Live] = {}
        self._unsaved: dict[str, tuple[_Live, TurnFinished]] = {}  # turns whose end the disk did not take
        self._lock = threading.Lock()
        self._places = Places(at_once)
        self._closed = False
        database.create(RUNS, RUN_EVENTS, RUN_PROMPTS)
        with database.write() as connection:
            remove_orphans(connection)
        self.recover()

    def start(
        self,
        owner: str,
        conversation: str,
        work: Work,
        *,
        said: Message | None = None,
        under: int | None = None,
        at_end: bool = False,
        keep_prompts: bool = False,
        at_most: int | None = None,
    ) -> str:
        """Start a turn and return the run's id.

        In one transaction the branch in view is made to end at the message at `under` (None leaves it), what the user `said` is
        hung there and the run is recorded; its own messages follow. With `at_end` nothing may follow the message at `under` yet,
        whoever was quicker. `keep_prompts` is for those who may read what the model was given. Raises `TurnRunning` while the
        conversation is answering, or `at_most` others of the owner are, `ConversationError`, or `StorageFailed`.
        """
        self.save_unsaved()
        run, live = uuid.uuid4().hex, _Live(owner, conversation, keep_prompts)
        with self._lock:
            self._refuse_while_running(conversation)
            if at_most is not None:
                self._refuse_beyond(at_most, owner)
            self._live[run] = live
        try:
            with self._database.write() as connection:
                if under is not None:
                    self._conversations.turn_to(connection, owner, conversation, under, at_end=at_end)
                live.under = self._conversations.append(connection, owner, conversation, [said] if said else [])
                row = {"id": run, "owner": owner, "conversation": conversation, "started": time.time(), "under": live.under}
                connection.execute(insert(RUNS).values(row))
        except BaseException:
            self._forget(run)
            raise
        self._places.line_up(run)
        try:
            threading.Thread(target=self._work, args=(run, live, work), name=f"run-{run[:8]}", daemon=True).start()
        except RuntimeError:  # the machine has no thread left; nobody may wait for a turn that never comes
            self._places.leave(run)
            self._forget(run)
            raise
        return run

    def choose(self, owner: str, conversation: str, position: int) -> None:
        """Bring the branch of a message into view. Raises `TurnRunning` while one is being written, and what `path` does."""
        self.save_unsaved()
        with self._lock:
            self._refuse_while_running(conversation)
        self._conversations.choose(owner, conversation, position)

    def clear(self, owner: str, conversation: str) -> None:
        """Start a conversation over, without its messages and its runs. Raises `TurnRunning` or `ConversationMissing`."""
        with self._lock:
            self._refuse_while_running(conversation)
            for run, (live, _) in list(self._unsaved.items()):
                if live.conversation == conversation and live.owner == owner:
                    del self._unsaved[run]
        with self._database.write() as connection:
            self._conversations.clear(connection, owner, conversation)
            remove_runs(connection, RUNS.c.conversation == conversation)

    def active(self, owner: str, conversation: str) -> str | None:
        """The run that is answering in this conversation now."""
        with self._lock:
            for run, live in self._live.items():
                if live.conversation == conversation and live.owner == owner and not live.finished:
                    return run
        return None

    def answering(self) -> bool:
        """Whether anybody waits for an answer now."""
        with self._lock:
            return any(not live.finished for live in self._live.values())

    def last(self, owner: str, conversation: str, under: Iterable[int] | None = None) -> str | None:
        """The newest run of this conversation, under way or finished.

        With `under`, the newest of those that went on from one of these messages: of a branch, that which answered last, also
        when it failed before it had written a message.
        """
        query = select(RUNS.c.id).where(RUNS.c.conversation == conversation, RUNS.c.owner == owner)
        if under is not None:
            query = query.where(or_(RUNS.c.under.in_(list(under)), RUNS.c.under.is_(None)))
        with self._database.read() as connection:
            return connection.execute(query.order_by(RUNS.c.started.desc()).limit(1)).scalar()

    def conversation(self, owner: str, run: str) -> str:
        """The conversation a run belongs to. Raises `ConversationMissing`."""
        with self._database.read() as connection:
            found: str | None = connection.execute(select(RUNS.c.conversation).where(_mine(owner, run))).scalar()
        if found is None:
            raise missing(run)
        return found

    def started(self, owner: str, run: str) -> float | None:
        """When a run of the owner began, in seconds since 1970; None where there is none."""
        with self._database.read() as connection:
            return connection.execute(select(RUNS.c.started).where(_mine(owner, run))).scalar()

    def unsaved(self, owner: str, conversation: str) -> Sequence[Message]:
        """What the last turn of this conversation wrote and the disk did not take: kept in memory, not among its messages."""
        for live, end in list(self._unsaved.values()):
            if (live.owner, live.conversation) == (owner, conversation):
                return end.new_messages
        return ()

    def save_unsaved(self) -> None:
        """Record the turns that a full disk kept from being recorded; raises `StorageFailed` while it is still full."""
        for run in list(self._unsaved):
            taken = self._unsaved.pop(run, None)
            if taken is None:
                continue  # by another thread
            live, end = taken
            try:
                with self._database.write() as connection:
                    insert_events(connection, run, len(live.events) - 1, [end])
                    self._finish(connection, run, live.owner, live.conversation, live.under, end)
            except StorageFailed:
                self._unsaved[run] = taken
                raise

    def subscribe(
        self, owner: str, run: str, from_event: int = 0, pause_s: float = _FLUSH_S
    ) -> Iterator[tuple[int, Event] | None]:
        """Every event from `from_event` on, with its position, until the turn is finished.

        Yields None every `pause_s` seconds while nothing new comes, so that the consumer can look at other things. Raises
        `ConversationMissing` for a run that is not the owner's.
        """
        live = self._live.get(run) or self._unsaved.get(run, (None,))[0]
        if live is None:
            self.conversation(owner, run)
            yield from enumerate(self._stored(run)[from_event:], from_event)
            return
        if live.owner != owner:
            raise missing(run)
        position = from_event
        while True:
            with live.changed:
                if position >= len(live.events) and not live.finished:
                    live.changed.wait(pause_s)
                fresh = live.events[position:]
                ended = live.finished and position + len(fresh) >= len(live.events)
            for event in fresh:
                yield position, event
                position += 1
            if ended:
                return
            if not fresh:
                yield None

    def cancel(self, owner: str, run: str) -> None:
        """Ask a run to stop; it ends within one step of its engine. A finished run is left as it is."""
        live = self._live.get(run)
        if live is not None and live.owner == owner:
            live.cancel.set()
            self._places.look()

    def ahead(self, run: str) -> int:
        """How many turns come before this one gets a place to run; 0 once it has one."""
        return self._places.ahead(run)

    def prompt(self, owner: str, run: str, step: int) -> StepPrompt | None:
        """What the model was given in a step; None where it was not kept or is not kept any more.

        Raises `ConversationMissing` for a run that is not the owner's.
        """
        self.conversation(owner, run)
        with self._database.read() as connection:
            return stored_prompt(connection, run, step)

    def delete_all(self, owner: str) -> None:
        """Remove every finished run of the owner, events included."""
        for run, (live, _) in list(self._unsaved.items()):
            if live.owner == owner:
                self._unsaved.pop(run, None)
        with self._database.write() as connection:
            remove_runs(connection, RUNS.c.owner == owner)

    def close(self, timeout_s: float = 5.0) -> None:
        """Stop every run and wait for them to be recorded."""
        self._closed = True
        self.stop_all(timeout_s)

    def stop_all(self, timeout_s: float = 5.0, owner: str | None = None) -> None:
        """Stop the runs, of one owner or of all, and wait for them to be recorded."""
        with self._lock:
            live = [live for live in self._live.values() if owner in (None, live.owner)]
        for run in live:
            run.cancel.set()
        self._places.look()
        deadline = time.monotonic() + timeout_s
        for run in live:
            with run.changed:
                run.changed.wait_for(lambda run=run: run.finished, max(0.0, deadline - time.monotonic()))  # type: ignore[misc]

    def _work(self, run: str, live: _Live, work: Work) -> None:
        with self._places.held(run, live.cancel) as held:
            events = _closing_bugs(work if held else _stopped, live)
            try:
                self._record(run, live, events)
            except StorageFailed as error:
                # The disk does not take the events: they stay readable here until it does, and the next start closes the run.
                live.cancel.set()
                end = TurnFinished("failed", salvage(live.events), error=told(error, live.owner))
                self._unsaved[run] = live, end
                live.show([end], finished=True)
            except Exception:  # a bug here: whoever follows the run must see it end all the same
                logging.getLogger(__name__).exception("a turn could not be recorded")
                self._give_up(run, live)
            finally:
                events.close()
                self._forget(run)

    def _give_up(self, run: str, live: _Live) -> None:
        """End a run with what was recorded of it."""
        end = TurnFinished("failed", salvage(live.events), error=_BUG)
        try:
            self._flush(run, live, [end], end)
        except Exception:
            logging.getLogger(__name__).exception("nor could its end")
            live.show([end], finished=True)

    def _record(self, run: str, live: _Live, events: Iterator[Event]) -> None:
        waiting: list[Event] = []
        flushed = 0.0  # the first words are shown at once
        for event in events:
            if isinstance(event, TurnFinished):
                self._flush(run, live, [*waiting, event], event)
                return
            merge(waiting, event)
            can_wait = isinstance(event, TextDelta | ThinkingDelta | StepFinished)
            if not can_wait or time.monotonic() - flushed >= _FLUSH_S:
                self._flush(run, live, waiting)
                waiting, flushed = [], time.monotonic()

    def _flush(self, run: str, live: _Live, events: Sequence[Event], end: TurnFinished | None = None) -> None:
        with self._database.write() as connection:
            if not connection.execute(select(RUNS.c.id).where(_mine(live.owner, run))).first():
                live.cancel.set()  # deleted, or replaced by a restore: nothing more is kept of it
            else:
                insert_events(connection, run, len(live.events), events)
                if live.keeps_prompts:
                    insert_prompts(connection, run, events)
                if end is not None:
                    self._finish(connection, run, live.owner, live.conversation, live.under, end)
        # A visitor follows these events, and a prompt holds what the persona's maker wrote for the model alone.
        live.show([without_prompt(event) for event in events], finished=end is not None)

    def _finish(
        self, connection: Connection, run: str, owner: str, conversation: str, under: int | None, end: TurnFinished
    ) -> None:
        if not connection.execute(update(RUNS).where(RUNS.c.id == run).values(reason=end.reason)).rowcount:
            return  # deleted while it was written
        drop_old_prompts(connection, conversation)
        try:
            if end.new_messages:
                self._conversations.append(connection, owner, conversation, end.new_messages, under=under, run=run)
            else:
                # Nothing came when an answer was asked for again: those that are there come back into view.
                self._conversations.show(connection, owner, conversation)
        except HearthError as error:
            logging.getLogger(__name__).info("the answer of run %s has nowhere to go: %s", run, error)

    def recover(self) -> None:
        """Close the runs that a crash, or the backup they were restored from, cut short."""
        with self._database.read() as connection:
            rows = connection.execute(select(RUNS).where(RUNS.c.reason.is_(None))).mappings().all()
        for row in rows:
            if row["id"] in self._live:
                continue
            try:
                self._close_run(row)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError, IntegrityError) as error:
                # Out of a damaged file, or a stranger's backup. Hearth must start all the same.
                logging.getLogger(__name__).warning("what is kept of run %s cannot be read: %r", row["id"], error)
                with self._database.write() as connection:
                    remove_runs(connection, RUNS.c.id == row["id"])

    def _close_run(self, row: RowMapping) -> None:
        events = self._stored(row["id"])
        end = TurnFinished("failed", salvage(events), error=_CUT_SHORT)
        with self._database.write() as connection:
            insert_events(connection, row["id"], len(events), [end])
            self._finish(connection, row["id"], row["owner"], row["conversation"], row["under"], end)

    def _refuse_beyond(self, number: int, owner: str) -> None:
        if sum(live.owner == owner and not live.finished for live in self._live.values()) >= number:
            raise TurnRunning(
                f"{number} of your conversations are being answered already. Wait for one of them, or press Stop.",
                f"你已有 {number} 个对话正在回答。请等其中一个结束，或按“停止”。",
            )

    def _refuse_while_running(self, conversation: str) -> None:
        if any(live.conversation == conversation and not live.finished for live in self._live.values()):
            raise TurnRunning(
                "This conversation is still answering. Wait for it, or press Stop.",
                "这个对话还在回答中。请等它说完，或按“停止”。",
            )

    def _stored(self, run: str) -> list[Event]:
        with self._database.read() as connection:
            return stored_events(connection, run)

    def _forget(self, run: str) -> None:
        """Take a run out of those under way; whoever follows it, of one that could not begin as well, sees it end."""
        with self._lock:
            live = self._live.pop(run)
        live.show([], finished=True)


def _stopped(_cancel: Cancel) -> Generator[Event, None, None]:
    """A turn that was stopped while it waited for its place."""
    yield TurnFinished("cancelled")


def _closing_bugs(work: Work, live: _Live) -> Generator[Event, None, None]:
    """The turn's events; a bug becomes a logged traceback and a `failed` end that keeps what was written."""
    seen: list[Event] = []
    events = work(live.cancel)
    while True:
        try:
            event = next(events)
        except StopIteration:
            return
        except Exception:
            logging.getLogger(__name__).exception("a turn failed")
            yield TurnFinished("failed", salvage(seen), error=_BUG)
            return
        merge(seen, event)
        yield event


def _mine(owner: str, run: str) -> ColumnElement[bool]:
    return and_(RUNS.c.id == run, RUNS.c.owner == owner)
