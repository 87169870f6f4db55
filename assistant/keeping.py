"""What becomes of the pictures and sounds that a tool gives: kept, and named in its result, or a sentence that says why not.

Where they lie is the business of a `Keeper`, which a studio hands to the agent; one that has none keeps their names alone.
"""

from collections.abc import Sequence
from typing import Protocol

from assistant.access import told
from assistant.mediacheck import checked
from assistant.messages import MediaRef
from common.errors import HearthError
from tools.base import Media, ToolContext

AT_ONCE = 8
"""Pictures and sounds of one call, or of one message."""


class Keeper(Protocol):
    """Where the pictures and sounds of one conversation lie."""

    def keep(self, medium: Media) -> MediaRef:
        """Raises `HearthError` for one that is too large, or not what it says, or finds no room."""
        ...

    def fetch(self, id: str) -> Media | None:
        """What `keep` kept; None for what is not there."""
        ...


class Unkept:
    """Keeps nothing: of a turn outside a conversation, the names are what is left."""

    def keep(self, medium: Media) -> MediaRef:
        medium = checked(medium)
        return MediaRef("", medium.type, medium.name, len(medium.data))

    def fetch(self, id: str) -> Media | None:
        return None


def keep_all(media: Sequence[Media], keeper: Keeper, context: ToolContext) -> tuple[tuple[MediaRef, ...], list[str]]:
    """Those that could be kept, and a sentence for each that could not; never raises for what a tool gave."""
    refs: list[MediaRef] = []
    notes: list[str] = []
    for medium in media[:AT_ONCE]:
        try:
            refs.append(keeper.keep(medium))
        except HearthError as error:
            said = told(error, context.owner)
            notes.append(context.say(f"[Not shown: {said['en']}]", f"[未显示：{said['zh']}]"))
    if len(media) > AT_ONCE:
        notes.append(
            context.say(
                f"[Not shown: {len(media) - AT_ONCE} more; a call may give {AT_ONCE} pictures and sounds.]",
                f"[未显示：另有 {len(media) - AT_ONCE} 个；一次调用最多给出 {AT_ONCE} 个图片和声音。]",
            )
        )
    return tuple(refs), notes
