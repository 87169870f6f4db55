"""One measured figure beside its limit, and the table of them."""

import socket
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """A figure; it holds when it is at most, or at least, its limit, and always when it has none."""

    name: str
    value: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def holds(self) -> bool:
        return (self.at_most is None or self.value <= self.at_most) and (self.at_least is None or self.value >= self.at_least)

    def __str__(self) -> str:
        limit = ""
        if self.at_most is not None:
            limit = f"at most {self.at_most:g}"
        elif self.at_least is not None:
            limit = f"at least {self.at_least:g}"
        mark = "" if not limit else ("ok" if self.holds else "MISSED")
        return f"{self.name:<58} {self.value:>10.3g} {self.unit:<14} {limit:<16} {mark}".rstrip()


def show(lines: Iterable[Line]) -> int:
    """Print the lines; returns the exit status: 1 when one misses its limit."""
    missed = 0
    for line in lines:
        print(line, flush=True)
        missed += not line.holds
    return min(missed, 1)


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
