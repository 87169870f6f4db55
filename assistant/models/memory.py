"""How much memory each part of Hearth takes, out of how much: the language model, the embedder, the voice, the models of tools.

Measured cheaply and without waiting: what a part says of its own size, what the system says of the process, and nothing that
would import torch or take a lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import psutil

from assistant.models import devices
from assistant.models.base import ChatModel
from assistant.models.devices import Room
from retrieval.embedding import Embedder

Key = Literal["language", "embedder", "speech", "tools", "rest"]

_VOICE_WORKER = "espeak_worker"


@dataclass(frozen=True, slots=True)
class Part:
    """One part: `weights` and `cache` in bytes; `place` is where they lie, "server" where it is not this machine's memory."""

    key: Key
    title: str
    place: Literal["gpu", "cpu", "server"]
    weights: int = 0
    cache: int = 0

    @property
    def bytes(self) -> int:
        return self.weights + self.cache


@dataclass(frozen=True, slots=True)
class ToolModel:
    """A model that is in memory for a tool: about how many bytes it takes, and whether a call uses it now."""

    name: str
    place: Literal["gpu", "cpu"]
    bytes: int
    busy: bool


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of this machine, and of its GPU where there is one; `parts` are Hearth's own."""

    machine: Room
    gpu: Room | None
    parts: tuple[Part, ...]

    def of(self, place: str) -> Sequence[Part]:
        return [part for part in self.parts if part.place == place]


@runtime_checkable
class _Sized(Protocol):
    """A model that knows where it is and how large: bytes of weights, bytes kept for conversations."""

    @property
    def device(self) -> str: ...

    def memory(self) -> tuple[int, int]: ...


def measure(model: ChatModel | None, embedder: Embedder | None, tools: Sequence[ToolModel] = ()) -> Memory:
    """What the parts that are loaded now take; "rest" is what the process has besides them."""
    own = psutil.Process()
    parts: list[Part] = []
    if model is not None:
        parts.append(_of(model, "language", model.info.title))
    if embedder is not None:
        parts.append(_of(embedder, "embedder", embedder.info.name))
    for place in ("gpu", "cpu"):
        if there := [tool for tool in tools if tool.place == place]:
            title = ", ".join(tool.name for tool in there)
            parts.append(Part("tools", title, "gpu" if place == "gpu" else "cpu", sum(tool.bytes for tool in there)))
    if voice := _voice(own):
        parts.append(Part("speech", "espeak-ng", "cpu", voice))
    resident = int(own.memory_info().rss)
    mapped = sum(part.weights for part in parts if part.place == "cpu" and part.key != "speech")
    # Room that is kept for conversations is taken from the system only as it fills.
    filled = max(0, resident - mapped)
    parts = [
        Part(part.key, part.title, part.place, part.weights, min(part.cache, filled)) if part.place == "cpu" else part
        for part in parts
    ]
    kept = sum(part.cache for part in parts if part.place == "cpu")
    parts.append(Part("rest", "Hearth", "cpu", max(0, filled - kept)))
    return Memory(devices.machine(), devices.gpu(), tuple(parts))


def _of(thing: object, key: Key, title: str) -> Part:
    if not isinstance(thing, _Sized):
        return Part(key, title, "server" if key == "language" else "cpu")
    weights, cache = thing.memory()
    return Part(key, title, "gpu" if thing.device.startswith("cuda") else "cpu", weights, cache)


def _voice(own: psutil.Process) -> int:
    """What the process that speaks takes; 0 while it does not run."""
    total = 0
    for child in own.children():
        try:
            if any(_VOICE_WORKER in word for word in child.cmdline()):
                total += int(child.memory_info().rss)
        except psutil.Error:  # it ended meanwhile
            continue
    return total
