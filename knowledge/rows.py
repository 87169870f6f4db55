"""What the catalogue takes and gives beside the values that people see: new documents, and collections as the indexes see them.

No storage happens here; the sentences for what the catalogue does not find stand here too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from common.errors import CollectionMissing, DocumentMissing, EmbedderMismatch
from knowledge.loading.document import PackedSections
from retrieval.embedding import EmbedderInfo

_RECORD_HEADING_WEIGHT = 3


@dataclass(frozen=True, slots=True)
class CollectionRow:
    """A collection as the indexes see it."""

    key: int
    id: str
    embedder: str
    revision: str
    epoch: str
    generation: int
    chunking: str = ""

    @property
    def group(self) -> str:
        return str(self.key)

    def made_by(self, info: EmbedderInfo) -> bool:
        """Whether its vectors can be compared with those of an embedder; older rows do not say of which revision they are."""
        return self.embedder == info.name and self.revision in ("", info.revision)


@dataclass(frozen=True, slots=True)
class NewPassage:
    """A passage to store; `vector` float32 (dimension,) of length 1, or None where the embedder cannot read it.

    `labels` are (name, value) pairs that a search can be narrowed to.
    """

    text: str
    heading: str
    page: int
    start: int
    end: int
    vector: NDArray[np.float32] | None
    labels: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document to store; `form` is "document", "passages" (each by itself), or "records" (headings weigh most).

    `bytes` is the size of the file it came from, `chunking` how it was cut; `sections`, as `knowledge.cutting` packs them, let it
    be cut anew.
    """

    name: str
    title: str
    form: str
    sha256: str
    text: str
    passages: Sequence[NewPassage]
    bytes: int = 0
    chunking: str = ""
    sections: PackedSections | None = None


def lexical_text(form: str, title: str, heading: str, body: str) -> str:
    """What the lexical index reads of a passage."""
    if form == "records":
        return "\n".join([heading] * _RECORD_HEADING_WEIGHT + [body])
    # A heading says in few words what many below it are about.
    place = (title, heading, heading) if form == "document" else (heading,)
    return "\n".join(part for part in (*place, body) if part)


def embedded_text(form: str, title: str, heading: str, text: str) -> str:
    """What the embedder reads of a passage: where it stands, then the text itself."""
    place = heading if form != "document" else " > ".join(part for part in (title, heading) if part)
    return f"{place}\n{text}" if place else text


def check_embedder(row: CollectionRow, info: EmbedderInfo) -> None:
    """Raises `EmbedderMismatch` where the collection's vectors come from another embedder."""
    if row.embedder and not row.made_by(info):
        raise EmbedderMismatch(
            f"The collection {row.id!r} was made with the embedder {row.embedder!r}, and {info.name!r} is in use. "
            "Re-index it on the Knowledge page, or start Hearth with its embedder (HEARTH_EMBEDDER).",
            f"资料库 {row.id!r} 是用向量模型 {row.embedder!r} 建的，而现在用的是 {info.name!r}。"
            "请在“知识”页重新索引，或用原来的向量模型启动 Hearth（HEARTH_EMBEDDER）。",
        )


def collection_missing(collection: str) -> CollectionMissing:
    return CollectionMissing(
        f"There is no collection {collection!r}. Choose one from the list, or make it first.",
        f"没有资料库 {collection!r}。请从列表中选择，或先新建一个。",
    )


def document_missing(document: str) -> DocumentMissing:
    return DocumentMissing(
        f"There is no document {document!r}. It may have been removed or replaced; look at the list again.",
        f"没有文档 {document!r}。它可能已被删除或替换，请刷新列表再看。",
    )


def passage_missing(passage: int) -> DocumentMissing:
    return DocumentMissing(
        f"Passage {passage} is no longer there: its document was removed or replaced.",
        f"段落 {passage} 已不存在：它所在的文档已被删除或替换。",
    )
