"""What saving a form came to, in the editors that save themselves while somebody types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from common.documents import Document, Stored
from common.problems import Sentences
from ui.ask import Ask, whole_number

D = TypeVar("D", bound=Document)
F = TypeVar("F", covariant=True)


@dataclass(frozen=True, slots=True)
class Kept(Generic[D, F]):
    """The document as it is stored now, what stands in the form, and the `revision` that the form is a change of.

    That is not the stored one where others saved meanwhile and the form could not be saved yet. It is not stored where there are
    `problems`, field -> sentences, or a `conflict` with what was saved elsewhere. With `anew` more than what was typed is stored,
    so that the form is to show that.
    """

    stored: Stored[D]
    form: F
    revision: str
    problems: Mapping[str, Sentences] = field(default_factory=dict)
    conflict: bool = False
    anew: bool = False

    @property
    def whole(self) -> bool:
        """All of it is stored."""
        return not self.problems and not self.conflict


def revision_in(ask: Ask, otherwise: int) -> int:
    """The revision that a form was drawn from."""
    number = whole_number(ask.word("revision"))
    return otherwise if number is None else number
