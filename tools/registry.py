"""The tools there are, by id, and the snapshot of some of them that a turn works with.

A registry belongs to a studio; there is none of the process. An edit counts from the next snapshot, so a turn under way keeps
the tools it began with.
"""

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from types import MappingProxyType

from common.documents import check_id
from common.errors import DocumentMissing, ToolError
from tools.base import Tool
from tools.builtin.calculator import Calculator
from tools.builtin.chart import Chart
from tools.builtin.clock import Clock
from tools.builtin.dates import Dates
from tools.builtin.encoding import Encoding
from tools.builtin.qrcode import QrCode
from tools.builtin.query import Query
from tools.builtin.random import Random
from tools.builtin.sandbox import Sandbox
from tools.builtin.textstats import TextStatistics
from tools.builtin.units import Units
from tools.documents import ToolStore
from tools.finding import ToolFinder
from tools.making import ToolMaker


class ToolSnapshot(Mapping[str, Tool]):
    """Tools by the name the model sees, in a fixed order, and which of them are `always` offered; never changes."""

    __slots__ = ("_finder", "_sought", "_tools", "always")

    def __init__(
        self,
        tools: Sequence[Tool] = (),
        finder: ToolFinder | None = None,
        always: Collection[str] = (),
        sought: Mapping[str, Tool] | None = None,
    ) -> None:
        """`always` may name tools that are not among these. `sought` are the tools by name as `finder` knows them, where these
        were made of them: of thousands of tools an index is not made anew as one or two are others in each turn.
        """
        self._tools = MappingProxyType({tool.spec.name: tool for tool in tools})
        self._sought = self._tools if sought is None else {name: sought[name] for name in self._tools}
        self._finder = finder or ToolFinder()
        self.always = frozenset(always) & self._tools.keys()

    def __getitem__(self, name: str) -> Tool:
        return self._tools[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tools)

    def __len__(self) -> int:
        return len(self._tools)

    def only(self, wanted: Callable[[Tool], bool]) -> "ToolSnapshot":
        """Those of the tools that are wanted."""
        return ToolSnapshot([tool for tool in self._tools.values() if wanted(tool)], self._finder, self.always, self._sought)

    def changed(self, change: Callable[[Tool], Tool]) -> "ToolSnapshot":
        """Each of the tools as `change` makes it, with the name, title and description that it had."""
        return ToolSnapshot([change(tool) for tool in self._tools.values()], self._finder, self.always, self._sought)

    def find(self, message: str, limit: int, first: Collection[str] = ()) -> list[tuple[Tool, float]]:
        """The `limit` best tools for `message`, each with its score in [0, 1]: those always offered, those of the names `first`,
        then the others, best first.
        """
        index = self._finder.index(self._sought.values())
        found = index.search(message, limit, self._ids(first), self._ids(self.always))
        return [(self._tools[tool.spec.name], score) for tool, score in found]

    def _ids(self, names: Collection[str]) -> Set[str]:
        return {self._tools[name].id for name in names if name in self._tools}


class ToolRegistry:
    """Tools by id, in the order they came; safe to use from several threads."""

    def __init__(self, tools: Sequence[Tool] = (), finder: ToolFinder | None = None) -> None:
        self.finder = finder or ToolFinder()
        # Held by whoever sees that a name is free, stores a tool of that name and puts it here: nobody comes between.
        self.editing = threading.RLock()
        self._tools: dict[str, Tool] = {}
        self._ids: dict[str, str] = {}  # name the model sees -> id
        self._off: frozenset[str] = frozenset()
        self._always: frozenset[str] = frozenset()
        self._lock = threading.Lock()
        for tool in tools:
            self.register(tool)

    def register(self, tool: Tool) -> None:
        """Add a tool, or put it in the place of the one with its id.

        Raises `NameInvalid` for its id, and `ToolError` when another tool already has the name the model sees.
        """
        check_id(tool.id)
        name = tool.spec.name
        with self._lock:
            other = self._ids.get(name, tool.id)
            if other != tool.id:
                raise ToolError(
                    f"The tool {other!r} already goes by the name {name!r}. Give {tool.id!r} another name for the model.",
                    f"工具 {other!r} 已经用了 {name!r} 这个名字。请给 {tool.id!r} 换一个模型看到的名字。",
                )
            if tool.id in self._tools:
                del self._ids[self._tools[tool.id].spec.name]
            self._tools[tool.id] = tool
            self._ids[name] = tool.id

    def add(self, tools: Iterable[Tool]) -> None:
        """Put tools behind those that are there; one whose id or name is taken is left out, with a line in the log."""
        for tool in tools:
            with self._lock:
                taken = tool.id in self._tools or tool.spec.name in self._ids
            if taken:
                logging.getLogger(__name__).warning("the tool %r has the id or the name of another tool", tool.id)
            else:
                self.register(tool)

    def become(self, other: "ToolRegistry") -> None:
        """Hold what `other` holds, in its order; snapshots taken before stay as they are."""
        with other._lock:
            tools, ids, off, always = dict(other._tools), dict(other._ids), other._off, other._always
        with self._lock:
            self._tools, self._ids, self._off, self._always = tools, ids, off, always

    def unregister(self, id: str) -> None:
        """Take a tool out; one that is not there is no matter."""
        with self._lock:
            tool = self._tools.pop(id, None)
            if tool is not None:
                del self._ids[tool.spec.name]

    def turn_off(self, ids: Iterable[str]) -> None:
        """Keep these tools, and no others, out of snapshots; they stay in the list."""
        self._off = frozenset(ids)

    @property
    def off(self) -> Set[str]:
        """The ids of tools that no snapshot holds."""
        return self._off

    def offer_always(self, ids: Iterable[str]) -> None:
        """Let searches of snapshots that hold these tools, and no others, find them first, whatever is looked for."""
        self._always = frozenset(ids)

    @property
    def always(self) -> Set[str]:
        """The ids of tools that are always offered."""
        return self._always

    def get(self, id: str) -> Tool:
        """Raises `DocumentMissing` when there is no such tool."""
        with self._lock:
            tool = self._tools.get(id)
        if tool is None:
            raise DocumentMissing(
                f"There is no tool {id!r}. See the list of tools for those there are.",
                f"没有工具 {id!r}。有哪些工具，请看工具列表。",
            )
        return tool

    def list(self) -> Sequence[Tool]:
        """All tools, in the order they came."""
        with self._lock:
            return tuple(self._tools.values())

    def snapshot(self, ids: Sequence[str] | None = None, *, others: bool = False) -> ToolSnapshot:
        """The tools of these ids, in their order (all for None), without those that are off or cannot be called.

        With `others` all other tools follow. Raises `DocumentMissing` for one that is not there.
        """
        tools = self.list() if ids is None else [self.get(id) for id in ids]
        if others:
            tools = list({tool.id: tool for tool in [*tools, *self.list()]}.values())
        given = [tool for tool in tools if tool.id not in self._off and not tool.unavailable()]
        return ToolSnapshot(given, self.finder, {tool.spec.name for tool in given if tool.id in self._always})


def stored_registry(store: ToolStore, owner: str, maker: ToolMaker | None = None, more: Sequence[Tool] = ()) -> ToolRegistry:
    """A new registry of the tools that come with Hearth, `more` of them from other rooms, and those that `owner` has registered.

    A registered one whose id or name is taken by then is left out, with a line in the log.
    """
    registry, maker = default_registry(more), maker or ToolMaker()
    grants = store.grants.all(owner)
    registry.add(maker.make(each.document, grants.get(each.document.id, frozenset())) for each in store.each(owner))
    return registry


def default_registry(more: Sequence[Tool] = ()) -> ToolRegistry:
    """A new registry of the tools that come with Hearth and work without a network, and of `more`."""
    everyday = [Clock(), Calculator(), Units(), Dates()]
    return ToolRegistry([*everyday, TextStatistics(), Query(), Chart(), Random(), Encoding(), QrCode(), Sandbox(), *more])
