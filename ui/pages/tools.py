"""The tools page's acts."""

from collections.abc import Iterator

from markupsafe import Markup

from assistant.studio import Studio
from ui.ask import Ask, Screen
from ui.chat import Desk
from ui.views import tools as views


class ToolsPage:
    """What personas can do besides talking."""

    def __init__(self, studio: Studio, desk: Desk) -> None:
        self._studio = studio
        self._desk = desk

    def show(self, ask: Ask) -> Markup:
        manner = self._desk.manner(ask)
        instruments = [
            views.Instrument(
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
        return views.tools_html(instruments, manner)

    def act(self, ask: Ask) -> Iterator[Screen]:
        yield {"workshop": self.show(ask)}
