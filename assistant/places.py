"""The places for turns that run at once, given out first come, first served.

A turn that finds no place free waits, knows how many come before it, and can leave the line at any time.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from assistant.models.base import Cancel


class Places:
    """So many places, and the line before them; a turn is named by the id of its run."""

    def __init__(self, number: int) -> None:
        self._free = number
        self._line: list[str] = []
        self._changed = threading.Condition()

    def line_up(self, run: str) -> None:
        """Take the last place of the line; `held` then waits for its end."""
        with self._changed:
            self._line.append(run)

    def leave(self, run: str) -> None:
        """Leave the line."""
        with self._changed:
            self._line.remove(run)
            self._changed.notify_all()

    def ahead(self, run: str) -> int:
        """How many turns must end or leave the line before this one gets a place; 0 once it has one, or has none to wait for."""
        with self._changed:
            if run not in self._line:
                return 0
            return max(0, self._line.index(run) + 1 - self._free)

    @contextmanager
    def held(self, run: str, cancel: Cancel) -> Iterator[bool]:
        """A place for as long as the block runs, waited for in line; False, and none, when `cancel` was set before."""
        with self._changed:
            self._changed.wait_for(lambda: cancel.is_set() or (self._free > 0 and self._line[0] == run))
            self._line.remove(run)
            got = not cancel.is_set()
            self._free -= got
            self._changed.notify_all()
        try:
            yield got
        finally:
            with self._changed:
                self._free += got
                self._changed.notify_all()

    def look(self) -> None:
        """Let those in line see that their cancel was set."""
        with self._changed:
            self._changed.notify_all()
