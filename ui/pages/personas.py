"""The personas page's acts."""

from collections.abc import Iterator

from markupsafe import Markup

from assistant.studio import Studio
from ui.ask import Ask, Screen
from ui.chat import Desk
from ui.screens import guest_of
from ui.views import personas as views


class PersonasPage:
    """Everyone you can talk to."""

    def __init__(self, studio: Studio, desk: Desk) -> None:
        self._studio = studio
        self._desk = desk

    def show(self, ask: Ask) -> Markup:
        personas = self._studio.personas_for(ask.identity)
        starters = {persona.id: [line.get(ask.language) for line in persona.starters] for persona in personas}
        return views.personas_html([guest_of(persona, ask.language) for persona in personas], starters, self._desk.manner(ask))

    def act(self, ask: Ask) -> Iterator[Screen]:
        yield {"workshop": self.show(ask)}
