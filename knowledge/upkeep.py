"""What is looked after while Hearth runs: a damaged word index is built anew, and what was removed is deleted when its time is
over, so that no trace of it is left in the files.

One thread does all of it. Nobody depends on it: every state that it finds, a killed process's too, is whole.
"""

import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy import delete, func, select

from common.database import Database
from common.errors import StorageFailed
from knowledge.tables import TRACES
from knowledge.wordindex import WordIndex

log = logging.getLogger(__name__)

_ROUND_S = 60.0  # between two looks at what is to be deleted
_TRACES_S = 3600.0  # how long traces of what was replaced may stay, so that they go many at a time
_FIRST_S = 60.0  # after a start, before those go that an earlier process left
_PAUSE_S = 5.0  # before what could not be stored is tried again


class Upkeep:
    """The thread, from `start` on; without it everything here can be called."""

    def __init__(self, database: Database, words: WordIndex, purge: Callable[[], bool]) -> None:
        """`purge` deletes what was removed long enough ago, and says whether there was something."""
        self._database = database
        self._words = words
        self._purge = purge
        self._changed = threading.Condition()
        self._signal = 0
        self._closed = False
        self._soon = False  # whether somebody waits for traces to go
        self._trouble = False
        self._thread: threading.Thread | None = None
        database.create(TRACES)
        words.noticed = self.wake

    def start(self) -> None:
        with self._changed:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._work, name="upkeep", daemon=True)
                self._thread.start()

    def wake(self, traces: bool = False) -> None:
        """Look at once; with `traces` those of what was deleted go now."""
        with self._changed:
            self._soon |= traces
            self._signal += 1
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def heal(self) -> bool:
        """Build the word index anew where it is damaged; whether it is whole then. Raises `StorageFailed`."""
        return self._words.heal(lambda: self._closed)

    def forget(self, now: bool = True) -> None:
        """Delete what was removed long enough ago, and every trace of what was deleted, if something was; `now` in any case.

        Raises `StorageFailed`.
        """
        if not self._purge() and not now:
            return
        with self._database.read() as connection:
            seen = connection.execute(select(func.max(TRACES.c.number))).scalar()
        if seen is None or self._words.ailing:
            return
        self._words.forget(lambda: self._closed)
        self._database.compact()
        with self._database.write() as connection:
            connection.execute(delete(TRACES).where(TRACES.c.number <= seen))

    def _work(self) -> None:
        self._guarded(self._words.look_for_fault)
        due = time.monotonic() + _FIRST_S  # when damage is looked for again, and traces go
        while not self._closed:
            seen, soon = self._signal, self._soon
            now = soon or time.monotonic() >= due
            if now:
                self._guarded(self._words.look_for_fault)
            well = self._guarded(self.heal) and self._guarded(lambda now=now: self.forget(now))  # type: ignore[misc]
            if well and now:
                due = time.monotonic() + _TRACES_S
            with self._changed:
                self._soon &= not (well and soon)
                timeout = _ROUND_S if well else _PAUSE_S
                self._changed.wait_for(lambda seen=seen: self._closed or self._signal != seen, timeout)  # type: ignore[misc]

    def _guarded(self, work: Callable[[], object]) -> bool:
        """Whether the work could be done; where nothing can be stored it is tried again."""
        try:
            work()
        except StorageFailed as error:
            if not self._trouble and not self._closed:
                log.warning("the upkeep of knowledge waits: %s", error)
            self._trouble = True
            return False
        except Exception:  # a bug here must end neither what is stored nor the next look
            log.exception("the upkeep of knowledge failed")
        else:
            self._trouble = False
        return True
