"""Acts that are killed at one of their statements, each in a process of its own."""

import os
import signal
from collections.abc import Callable

from sqlalchemy import event

from knowledge.base import Knowledge


def came_to_its_end(open_knowledge: Callable[[], Knowledge], fatal: int, act: Callable[[Knowledge], object]) -> bool:
    """Whether the act ended before statement number `fatal` of its process, which is killed then."""
    child = os.fork()
    if not child:
        counted = 0

        def count(*_: object) -> None:
            nonlocal counted
            counted += 1
            if counted == fatal:
                os.kill(os.getpid(), signal.SIGKILL)

        knowledge = open_knowledge()
        event.listen(knowledge._catalogue._database._engine, "before_cursor_execute", count)
        act(knowledge)
        os._exit(0)
    return os.WIFEXITED(os.waitpid(child, 0)[1])
