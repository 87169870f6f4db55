"""The pages behind the conversation: which one is shown, and the two that only list (personas, tools)."""

from collections.abc import Iterator
from pathlib import Path

from markupsafe import Markup

from assistant.studio import Studio
from ui import shop
from ui.chat import Ask, Desk, Screen, guest_of, interrupted_html
from ui.knowledge import KnowledgePage


class Workshop:
    """Every page that is not the chat."""

    def __init__(self, studio: Studio, desk: Desk, uploads: Path) -> None:
        self._studio = studio
        self._desk = desk
        self._knowledge = KnowledgePage(studio, desk, uploads)

    def visit(self, ask: Ask) -> Iterator[Screen]:
        """Show a page; a visitor who asks for one that is not theirs gets the personas."""
        yield {"header": self._desk.header(ask), "workshop": self._shown(ask)}

    def act(self, ask: Ask) -> Iterator[Screen]:
        yield from self._knowledge.act(ask)

    def files(self, ask: Ask) -> Iterator[Screen]:
        yield from self._knowledge.files(ask)

    def _shown(self, ask: Ask) -> Markup:
        match ask.page if ask.identity.maker else "personas":
            case "knowledge":
                return self._knowledge.show(ask, note=interrupted_html(ask))
            case "tools":
                return self._tools(ask)
            case _:
                return self._personas(ask)

    def _personas(self, ask: Ask) -> Markup:
        personas = self._studio.personas_for(ask.identity)
        starters = {persona.id: [line.get(ask.language) for line in persona.starters] for persona in personas}
        return shop.personas_html([guest_of(persona, ask.language) for persona in personas], starters, self._desk.manner(ask))

    def _tools(self, ask: Ask) -> Markup:
        manner = self._desk.manner(ask)
        instruments = [
            shop.Instrument(
                manner.tool(tool.spec.name),
                tool.about.get(ask.language, tool.spec.description),
                tool.spec.name,
                tool.spec.description,
                tool.spec.parameters,
                tool.risk,
                tool.time_limit_s,
            )
            for tool in self._studio.tools.list()
        ]
        return shop.tools_html(instruments, manner)
