"""A conversation as a tree: every message hangs under the one it follows, and one branch of it is in view.

Editing a message or answering it again makes a sibling and loses nothing. Everything here is pure: positions are the places of
messages in the order in which they were written, so that a message always has a higher position than the one it follows.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.messages import Message

ROOT = -1
"""What the first message of a conversation follows."""

Parents = Mapping[int, int]
"""Position of a message -> position of the one it follows, in ascending order."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A message of the branch in view and its place in the tree.

    `run` is the id of the run that wrote it, None for what a person wrote or a file brought. `versions` are the positions of all
    messages that follow the same one, its own among them, oldest first: edits of a question, answers given again.
    """

    position: int
    message: Message
    run: str | None
    versions: tuple[int, ...]


def branch(parents: Parents, head: int) -> list[int]:
    """The positions from the first message to `head`, which is in `parents` or `ROOT`."""
    found = []
    while head != ROOT:
        found.append(head)
        head = parents[head]
    return found[::-1]


def followers(parents: Parents) -> dict[int, tuple[int, ...]]:
    """The positions of the messages that follow each message, oldest first."""
    found: dict[int, list[int]] = {}
    for position, parent in parents.items():
        found.setdefault(parent, []).append(position)
    return {parent: tuple(positions) for parent, positions in found.items()}


def newest(parents: Parents, position: int) -> int:
    """The newest message at or under `position`, which ends a branch."""
    under = {position}
    for each, parent in parents.items():
        if parent in under:
            under.add(each)
    return max(under)
