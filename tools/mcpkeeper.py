"""Runs one command and ends with it everything that it started; a program of its own, without the rest of Hearth.

It goes down, and takes its whole process group along, when the command ends, when it is told to (SIGTERM), and when whoever
started it is gone, however that came about. What it does not do: find a process that has left the group for a session of its own.
"""

import os
import signal
import sys
import threading
import time

_LOOK_S = 0.5  # how often it looks whether its parent is still there
_NOT_STARTED = 127


def main(arguments: list[str]) -> int:
    """`arguments` are the process id of the parent, then the command; returns only where that cannot be started."""
    parent, command = int(arguments[0]), arguments[1:]
    signal.signal(signal.SIGTERM, _end)
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    try:
        child = os.posix_spawnp(command[0], command, os.environ)
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        return _NOT_STARTED
    # The ends of the pipes are the command's alone: the parent must see it close them.
    os.close(0)
    os.close(1)
    os.waitpid(child, 0)
    _end()
    return 0


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    _end()


def _end(*_signal: object) -> None:
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
