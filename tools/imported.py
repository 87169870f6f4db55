"""What an import holds before anything of it is kept: tools that could be taken, what was left out and why, keys it came with."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from common.problems import Sentences
from tools.documents import ToolDocument


@dataclass(frozen=True, slots=True)
class Taken:
    """An operation ("GET /pets/{id}") that became a tool."""

    operation: str
    document: ToolDocument


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An operation that did not, and why."""

    operation: str
    reason: Sentences


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A key that stood in what was imported: to be stored as a secret of this name for these origins, if its owner wants that."""

    name: str
    origins: tuple[str, ...]
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Import:
    """What a file holds, in its order; `servers` are the addresses that it names and a tool could call, the default first."""

    title: str
    operations: Sequence[Taken | LeftOut]
    servers: Sequence[str] = ()
    keys: Sequence[FoundKey] = ()

    @property
    def documents(self) -> Sequence[ToolDocument]:
        return [operation.document for operation in self.operations if isinstance(operation, Taken)]
