"""The MCP servers that are being connected, each in a thread of its own, while the page stays as it is.

Connecting takes up to minutes; who presses the button twice, or in two tabs, starts it once.
"""

import logging
import threading
from collections.abc import Callable

from common.errors import HearthError
from common.problems import Sentences
from ui.texts import text


class Connecting:
    """Which servers are being connected, and why the last try of each failed."""

    def __init__(self, connect: Callable[[str], object]) -> None:
        self._connect = connect
        self._running: set[str] = set()
        self._problems: dict[str, Sentences] = {}
        self._lock = threading.Lock()

    def start(self, id: str) -> None:
        with self._lock:
            if id in self._running:
                return
            self._running.add(id)
            self._problems.pop(id, None)
        threading.Thread(target=self._run, args=(id,), name=f"mcp-connect-{id}", daemon=True).start()

    def running(self, id: str) -> bool:
        return id in self._running

    def problem(self, id: str) -> Sentences | None:
        return self._problems.get(id)

    def _run(self, id: str) -> None:
        problem: Sentences | None = None
        try:
            self._connect(id)
        except HearthError as error:
            problem = (error.english, error.chinese)
        except Exception:  # the thread's end: a bug is logged, and whoever waits is told
            logging.getLogger(__name__).exception("connecting the MCP server %r met a bug", id)
            problem = (text("bug", "en"), text("bug", "zh"))
        finally:
            with self._lock:
                if problem is not None:
                    self._problems[id] = problem
                self._running.discard(id)
