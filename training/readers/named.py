"""The readers by name, for conversations that are trained on beside those of a recipe."""

from collections.abc import Callable, Mapping
from pathlib import Path

from common.errors import HearthError
from tools.registry import default_registry
from training.conversation import Conversation
from training.readers.agentflan import agentflan
from training.readers.dialogues import apibank, msagent, umi
from training.readers.feedback import feedback
from training.readers.toolalpaca import toolalpaca

Reader = Callable[[Path, int], list[Conversation]]
"""The conversations of a file or folder; by the seed it is drawn which tools stand beside."""


def _feedback(path: Path, seed: int) -> list[Conversation]:
    """An answer that called a tool which does not come with the app is left out: its schema is in no file."""
    return feedback(path, [tool.spec for tool in default_registry().list()], seed=seed)


READERS: Mapping[str, Reader] = {
    "agentflan": lambda path, _: agentflan(path),
    "apibank": lambda path, seed: apibank(path, seed=seed),
    "feedback": _feedback,
    "msagent": lambda path, seed: msagent(path, seed=seed),
    "toolalpaca": lambda path, seed: toolalpaca(path, seed=seed),
    "toolbench": lambda path, seed: umi(path, seed=seed),
    "umi": lambda path, seed: umi(path, seed=seed),
}


def read_more(wanted: str, seed: int) -> list[Conversation]:
    """The conversations that "READER=PATH" means. Raises `HearthError` where there are none."""
    name, _, path = wanted.partition("=")
    if name not in READERS or not path:
        names = ", ".join(READERS)
        raise HearthError(
            f"{wanted!r} names no data. Write READER=PATH with one of these readers: {names}.",
            f"{wanted!r} 没有指明数据。请写成 READER=PATH，READER 是其中之一：{names}。",
        )
    found = READERS[name](Path(path), seed)
    if not found:
        raise HearthError(
            f"{path!r} has nothing that the reader {name!r} would train on. Name other data.",
            f"{path!r} 里没有读取器 {name!r} 能用来训练的内容。请指定别的数据。",
        )
    return found
