"""The acts of choosing how a collection is cut: what somebody looks at, and what they settle on."""

from contextlib import suppress

from assistant.access import MAKER
from assistant.studio import Studio
from common.errors import DocumentMissing
from knowledge.chunking import Chunking
from ui.ask import Ask, whole_number
from ui.views.chunking import Cuts

_DOCUMENTS = 50  # that can be chosen to look at


def wanted(ask: Ask) -> tuple[Chunking, str]:
    """What the form says: a way of cutting, and the document that it is shown on. Raises `ChunkingInvalid`."""
    fields = ask.fields()
    method, size, overlap, document = (fields.get(name, [""])[0] for name in ("method", "size", "overlap", "document"))
    limit = whole_number(size) or Chunking().size
    # The slider of what is shared does not know that of the size.
    shared = min(whole_number(overlap) or 0, limit // 2)
    return Chunking(method or "passages", limit, shared), document  # type: ignore[arg-type]


def choose(studio: Studio, collection: str, chunking: Chunking) -> None:
    """Cut a collection so from now on, and what is there again. Raises `CollectionMissing` and `StorageFailed`."""
    knowledge = studio.knowledge
    knowledge.cutting.choose(MAKER.owner, collection, chunking)
    if knowledge.cutting.otherwise(MAKER.owner, collection):
        knowledge.intake.ask(MAKER.owner, collection, "cut", knowledge.collection(MAKER.owner, collection).title)


def cuts(studio: Studio, collection: str, looked: tuple[Chunking, str] | None) -> Cuts:
    """How the collection is cut and, where somebody looks at another way, what that makes of a document.

    Raises `CollectionMissing`.
    """
    knowledge, owner = studio.knowledge, MAKER.owner
    listed = [each for each in knowledge.documents(owner, collection, _DOCUMENTS) if each.form == "document"]
    documents = [(each.id, each.title or each.name) for each in listed]
    now = knowledge.cutting.of(owner, collection)
    chunking, document = looked or (now, "")
    document = document or (documents[0][0] if documents else "")
    preview = None
    if looked and document:
        with suppress(DocumentMissing):  # removed meanwhile: the list shows it no more
            preview = knowledge.cutting.preview(owner, document, chunking)
    embedder = knowledge.loaded_embedder
    return Cuts(
        now,
        chunking,
        documents,
        document,
        knowledge.cutting.otherwise(owner, collection),
        knowledge.cutting.documents(owner, collection),
        embedder.info.max_tokens if embedder else 0,
        preview,
    )
