"""What saving a form came to, in the editors that save themselves while somebody types."""

import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping
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


class FormKeys:
    """The key of the form that each session has open: a new one replaces what is typed by what is stored."""

    _SESSIONS = 200  # whose form is remembered, the latest ones

    def __init__(self, saves: Collection[str]) -> None:
        """`saves` are the acts that bring the form along, and its key with it."""
        self._saves = saves
        self._open: OrderedDict[str, tuple[str, str, str]] = OrderedDict()  # session -> form, revision, key
        self._lock = threading.Lock()

    def of(self, ask: Ask, form: str, revision: str, *, fresh: bool) -> str:
        """The key of `form`, a change of `revision`. Acts beside the form leave it as it is, unless others saved."""
        brought = ask.word("key") if ask.word("action") in self._saves else ""
        with self._lock:
            *drawn, key = self._open.pop(ask.session, ("", "", ""))
            if fresh or (not brought and drawn != [form, revision]):
                key = f"{form}-{revision}-{ask.nonce}"
            elif brought:
                key = brought
            self._open[ask.session] = (form, revision, key)
            while len(self._open) > self._SESSIONS:
                self._open.popitem(last=False)
        return key
