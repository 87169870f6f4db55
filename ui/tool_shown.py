"""What each session narrowed the list of tools to, and the acts on all that is shown at once.

Such an act names what the list was narrowed to when it was drawn, so that it changes what its reader saw and nothing else.
"""

import threading
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from assistant.access import MAKER
from assistant.studio import Studio
from tools.base import Tool
from ui.ask import Ask, whole_number
from ui.render import Manner, plain
from ui.texts import text
from ui.uses import use_all
from ui.views import parts

ACTS = ("switch-all", "switch-back", "give-all")

_OWN = ("http", "openapi", "mcp")
_SESSIONS = 200  # whose list remembers what it was narrowed to, the latest ones


def told(tool: Tool, language: str) -> tuple[str, str]:
    """A tool's title, and what it does: "" where that says no more, as in many an imported one."""
    title = tool.titles.get(language) or tool.titles.get("en") or tool.id
    about = tool.about.get(language) or tool.spec.description
    return title, "" if about == title else about


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a session looks for in the list: tools that hold all of the words, of one kind ("" for all)."""

    words: str = ""
    kind: str = ""

    def fits(self, tool: Tool) -> bool:
        told = " ".join([*tool.titles.values(), tool.spec.name, tool.id]).lower()
        return (not self.kind or tool.kind == self.kind) and all(word in told for word in self.words.lower().split())


class ToolsShown:
    """The list as sessions narrowed it."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._narrowed: OrderedDict[str, Narrowed] = OrderedDict()
        self._lock = threading.Lock()

    def narrow(self, ask: Ask) -> None:
        """By words, or to a kind."""
        with self._lock:
            before = self._narrowed.get(ask.session, Narrowed())
            if ask.word("action") == "find":
                self._narrowed[ask.session] = replace(before, words=ask.word("words")[:200])
            else:
                self._narrowed[ask.session] = replace(before, kind=ask.word("kind")[:20])
            self._narrowed.move_to_end(ask.session)
            while len(self._narrowed) > _SESSIONS:
                self._narrowed.popitem(last=False)

    def of(self, session: str) -> tuple[Narrowed, Sequence[Tool], Mapping[str, int]]:
        """What the list is narrowed to, the tools that fit (the maker's own first), and how many there are of each kind."""
        tools = sorted(self._studio.tools.list(), key=lambda tool: tool.kind not in _OWN)
        kinds = Counter[str](tool.kind for tool in tools)
        with self._lock:
            narrowed = self._narrowed.get(session, Narrowed())
        if narrowed.kind not in kinds:
            narrowed = replace(narrowed, kind="")
        return narrowed, [tool for tool in tools if narrowed.fits(tool)], dict(kinds)

    def act(self, ask: Ask, manner: Manner) -> Markup:
        """Switch all that is shown, or give it to a persona; returns the note about it. Raises `HearthError`."""
        if ask.word("action") == "switch-back":
            self._studio.toolbox.switches.turn_back(whole_number(ask.word("change")) or 0)
            return parts.note(text("tools_switched_back", ask.language), "good")
        narrowed = Narrowed(ask.word("sought"), ask.word("kind"))
        ids = [tool.id for tool in self._studio.tools.list() if narrowed.fits(tool)]
        if ask.word("action") == "give-all":
            persona = ask.word("value")
            use_all(self._studio, persona, "tools", ids, True)
            title = self._studio.personas.get(MAKER.owner, persona).document.title.get(ask.language)
            return parts.note(text("tools_given_all", ask.language, count=len(ids), title=plain(title)), "good")
        on = ask.word("to") == "on"
        change = self._studio.toolbox.switches.turn_all(ids, on)
        said = text("tools_switched_on" if on else "tools_switched_off", ask.language, count=f"{len(ids):,}")
        return parts.undo(manner, said, "switch-back", change=str(change))
