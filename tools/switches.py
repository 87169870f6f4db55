"""Which tools of an owner are off, and which are always offered: one document in the database.

A tool that is off stays in the registry and in the documents that name it; no turn is given it. One that is always offered is
among the few that a model sees in every turn of a persona that has it, whatever the message is about.
"""

from collections.abc import Collection

from pydantic import Field, field_validator

from common.documents import Document, check_id
from common.errors import ToolError

SWITCHES = "switches"
"""The id of the document."""

ALWAYS_LIMIT = 3
"""Tools that may be always offered: of the five that a model sees, some places are for what fits the message."""


class Switches(Document):
    """The tools that are off and those that are always offered, by id."""

    id: str = SWITCHES
    off: tuple[str, ...] = Field((), max_length=20_000)
    always: tuple[str, ...] = Field((), max_length=ALWAYS_LIMIT)

    @field_validator("off", "always")
    @classmethod
    def _ids(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            check_id(each)
        return tuple(sorted(set(value)))

    def turned(self, ids: Collection[str], on: bool) -> "Switches":
        """With tools on or off; how many may be off is for the store to say."""
        return self.model_copy(update={"off": _with(self.off, ids, not on)})

    def offering(self, id: str, always: bool, known: Collection[str]) -> "Switches":
        """With a tool always offered, or when it fits; those that are not `known` any more give their places up.

        Raises `ToolError` for one more than `ALWAYS_LIMIT`.
        """
        chosen = _with([each for each in self.always if each in known], [id], always)
        if len(chosen) > ALWAYS_LIMIT:
            others = ", ".join(each for each in chosen if each != id)
            raise ToolError(
                f"{ALWAYS_LIMIT} tools are always offered already: {others}. Switch that off for one of them first.",
                f"已有 {ALWAYS_LIMIT} 个工具总是提供：{others}。请先取消其中一个。",
            )
        return Switches(off=self.off, always=chosen)


def _with(before: Collection[str], ids: Collection[str], there: bool) -> tuple[str, ...]:
    return tuple(sorted({*before} | {*ids} if there else {*before} - {*ids}))
