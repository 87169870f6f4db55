"""The tools there are, by id, and the snapshot of some of them that a turn works with.

A registry belongs to a studio; there is none of the process. An edit counts from the next snapshot, so a turn under way keeps
the tools it began with.
"""

import logging
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from types import MappingProxyType

from common.documents import check_id
from common.egress import Egress
from common.errors import DocumentMissing, ToolError
from tools.base import Tool
from tools.builtin.calculator import Calculator
from tools.builtin.clock import Clock
from tools.builtin.dates import Dates
from tools.builtin.units import Units
from tools.documents import ToolStore
from tools.http import HttpTool


class ToolSnapshot(Mapping[str, Tool]):
    """Tools by the name the model sees, in a fixed order; never changes."""

    __slots__ = ("_tools",)

    def __init__(self, tools: Sequence[Tool] = ()) -> None:
        self._tools = MappingProxyType({tool.spec.name: tool for tool in tools})

    def __getitem__(self, name: str) -> Tool:
        return self._tools[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tools)

    def __len__(self) -> int:
        return len(self._tools)


class ToolRegistry:
    """Tools by id, in the order they came; safe to use from several threads."""

    def __init__(self, tools: Sequence[Tool] = ()) -> None:
        self._tools: dict[str, Tool] = {}
        self._ids: dict[str, str] = {}  # name the model sees -> id
        self._off: frozenset[str] = frozenset()
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

    def become(self, other: "ToolRegistry") -> None:
        """Hold what `other` holds, in its order; snapshots taken before stay as they are."""
        with other._lock:
            tools, ids, off = dict(other._tools), dict(other._ids), other._off
        with self._lock:
            self._tools, self._ids, self._off = tools, ids, off

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

    def snapshot(self, ids: Sequence[str] | None = None) -> ToolSnapshot:
        """The tools of these ids, in their order (all for None), without those that are off or cannot be called.

        Raises `DocumentMissing` for one that is not there.
        """
        tools = self.list() if ids is None else [self.get(id) for id in ids]
        return ToolSnapshot([tool for tool in tools if tool.id not in self._off and not tool.unavailable()])


def stored_registry(store: ToolStore, owner: str, egress: Egress | None = None, *, outside: Sequence[Tool] = ()) -> ToolRegistry:
    """A new registry of the tools that come with Hearth, those that ask `outside` among them, and those of `owner`.

    A registered one whose id or name is taken by then is left out, with a line in the log.
    """
    registry, egress = ToolRegistry([*default_registry().list(), *outside]), egress or Egress()
    ids = {tool.id for tool in registry.list()}
    names = {tool.spec.name for tool in registry.list()}
    for stored in reversed(store.list(owner)):  # in the order they came
        document = stored.document
        if document.id in ids or document.name in names:
            logging.getLogger(__name__).warning("the stored tool %r has the id or the name of another tool", document.id)
            continue
        names.add(document.name)
        registry.register(HttpTool(document, egress))
    return registry


def default_registry() -> ToolRegistry:
    """A new registry of the tools that come with Hearth and work without a network."""
    return ToolRegistry([Clock(), Calculator(), Units(), Dates()])
