"""The pages behind the conversation: which one is shown, and which one gets what was pressed."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Protocol

from markupsafe import Markup

from assistant.studio import Studio
from ui.ask import Ask, Screen
from ui.chat import Desk
from ui.pages.evaluate import EvaluatePage
from ui.pages.knowledge import KnowledgePage
from ui.pages.models import ModelsPage
from ui.pages.personas import PersonasPage
from ui.pages.settings import SettingsPage
from ui.pages.tools import ToolsPage
from ui.pages.train import TrainPage


class Page(Protocol):
    """One workshop page."""

    def show(self, ask: Ask) -> Markup:
        """The whole page, with the thing open that the address names."""
        ...

    def act(self, ask: Ask) -> Iterator[Screen]:
        """What was pressed on it (`ask.word("action")`)."""
        ...


_VISITORS = ("personas", "settings")


class Workshop:
    """Every page that is not the chat; a visitor who asks for one that is not theirs gets the personas."""

    def __init__(self, studio: Studio, desk: Desk, uploads: Path) -> None:
        self._desk = desk
        self._uploads = uploads
        self._knowledge = KnowledgePage(studio, desk, uploads)
        self._personas = PersonasPage(studio, desk, uploads)
        self._tools = ToolsPage(studio, desk, uploads)
        self._pages: dict[str, Page] = {
            "personas": self._personas,
            "knowledge": self._knowledge,
            "tools": self._tools,
            "models": ModelsPage(studio, desk),
            "evaluate": EvaluatePage(studio, desk),
            "train": TrainPage(studio, desk),
            "settings": SettingsPage(studio, desk),
        }

    def visit(self, ask: Ask) -> Iterator[Screen]:
        shown = (
            self._pages[ask.page] if ask.page in (self._pages if ask.identity.maker else _VISITORS) else self._pages["personas"]
        )
        # Read when it is sent: after a reload a save that had been under way may be answered at the same time.
        yield {"header": self._desk.header(ask), "workshop": partial(shown.show, ask)}
        if ask.page == "personas" and ask.thing:
            yield from self._desk.test(ask)

    def act(self, ask: Ask) -> Iterator[Screen]:
        """Every page's acts ask for themselves who may do what."""
        yield from self._pages.get(ask.page, self._pages["personas"]).act(ask)

    def files(self, ask: Ask) -> Iterator[Screen]:
        """Files that were sent: to whatever `place` they were dropped on."""
        if ask.word("place") == "chat":
            yield from self._desk.files(ask, self._uploads)
            return
        takers: dict[str, PersonasPage | ToolsPage] = {"persona": self._personas, "tool": self._tools}
        yield from takers.get(ask.word("place").partition("-")[0], self._knowledge).files(ask)

    def leave(self, session: str) -> None:
        """The page was closed."""
        self._tools.leave(session)
