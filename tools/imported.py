"""What an import holds before anything of it is kept: tools that could be taken, what was left out and why, keys it came with."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from common.documents import SIZE_LIMIT
from common.problems import Sentences, sentences
from tools.documents import ToolDocument
from tools.schemas import Unusable


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
    """What a file holds, in its order.

    `servers` are the addresses that it names and a tool could call, the default first; `notes` say what else was not taken over.
    """

    title: str
    operations: Sequence[Taken | LeftOut]
    servers: Sequence[str] = ()
    keys: Sequence[FoundKey] = ()
    notes: Sequence[Sentences] = ()

    @property
    def documents(self) -> Sequence[ToolDocument]:
        return [operation.document for operation in self.operations if isinstance(operation, Taken)]


def checked(fields: Mapping[str, Any]) -> tuple[ToolDocument, int]:
    """The document of these fields, and its bytes; raises `Unusable` with the first of its problems."""
    try:
        document = ToolDocument.model_validate(fields)
    except ValidationError as error:
        place, (english, chinese) = next(iter(sentences(error.errors(include_url=False)).items()))
        raise Unusable(f"{place}: {english}", f"{place}：{chinese}") from None
    try:
        size = len(json.dumps(document.model_dump(mode="json"), ensure_ascii=False).encode())
    except UnicodeEncodeError:
        raise Unusable("It holds broken characters.", "里面有损坏的字符。") from None
    if size > SIZE_LIMIT - 200:  # its id may yet grow
        raise Unusable(f"It takes {size:,} bytes, too many for one tool.", f"它有 {size:,} 字节，超出了一个工具的上限。")
    return document, size
