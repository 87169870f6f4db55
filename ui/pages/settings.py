"""The settings page's acts."""

from collections.abc import Iterator

from markupsafe import Markup

from assistant.studio import Studio
from ui.ask import Ask, Screen
from ui.chat import Desk
from ui.views import parts


class SettingsPage:
    """The page of settings."""

    def __init__(self, studio: Studio, desk: Desk) -> None:
        self._studio = studio
        self._desk = desk

    def show(self, ask: Ask) -> Markup:
        manner = self._desk.manner(ask)
        return parts.page(manner.say("settings"), manner.say("settings_lead"), Markup(""))

    def act(self, ask: Ask) -> Iterator[Screen]:
        yield {"workshop": self.show(ask)}
