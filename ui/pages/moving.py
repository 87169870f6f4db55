"""The acts of giving a document another title or another collection, and of sending and taking a collection as a file."""

import time
from collections.abc import Iterator
from pathlib import Path

from markupsafe import Markup

from assistant.access import MAKER
from assistant.studio import Studio
from common.errors import HearthError
from knowledge.loading.loader import MAX_MEGABYTES
from knowledge.parcel import SUFFIX
from knowledge.types import Collection
from ui import notify
from ui.ask import Ask
from ui.render import Manner, plain
from ui.texts import text
from ui.uploads import Upload, unsent
from ui.views import parts

_TOLD_EVERY_S = 0.5


def is_parcel(ask: Ask, files: list[Upload]) -> bool:
    """Whether what was sent is a collection, wherever it was dropped."""
    named = [file.name.lower().endswith(SUFFIX) for file in files]
    return bool(files) and (ask.word("place") == "collection-file" or all(named))


def retitle(studio: Studio, ask: Ask, manner: Manner) -> Markup:
    """Give a document another title; the note about it. Raises `DocumentMissing`, `NameInvalid` and `StorageFailed`."""
    document = ask.word("document")
    before = studio.knowledge.moving.rename(MAKER.owner, document, ask.word("title"))
    collection, now = studio.knowledge.document(MAKER.owner, document)
    said = manner.say("document_retitled", before=plain(before), title=plain(now.title))
    return parts.undo(manner, said, "retitle", collection=collection, document=document, title=before)


def move(studio: Studio, ask: Ask, manner: Manner) -> tuple[str, Markup]:
    """Move a document; the collection that it lies in now, and the note about it.

    Raises `CollectionMissing`, `DocumentMissing`, `EmbedderMismatch`, `NameInvalid` and `StorageFailed`.
    """
    document, to = ask.word("document"), ask.word("to")
    before = studio.knowledge.moving.move(MAKER.owner, document, to)
    moved, there = studio.knowledge.document(MAKER.owner, document)[1], studio.knowledge.collection(MAKER.owner, to)
    said = manner.say("document_moved", title=plain(moved.title or moved.name), collection=plain(there.title))
    return to, parts.undo(manner, said, "move", collection=to, document=document, to=before)


def sending(studio: Studio, collection: str, manner: Manner) -> tuple[Markup, Markup]:
    """What lets the browser fetch a collection, and the note about it. Raises `CollectionMissing`."""
    title = studio.knowledge.collection(MAKER.owner, collection).title
    link = Markup('<a data-name="" href="collection?id={}"></a>').format(collection)
    return link, parts.note(manner.say("collection_export_begun", title=plain(title)))


def taken(studio: Studio, ask: Ask, files: list[Upload], manner: Manner) -> Iterator[Markup | str]:
    """Take collections out of files: notes about how far that is, the last of which stays, and the id of each that came."""
    notes: list[Markup] = []
    for file in files:
        try:
            for told in _taken(studio, file, manner):
                if isinstance(told, Collection):
                    said = manner.say("collection_loaded", title=plain(told.title), n=f"{told.documents:,}")
                    notes.append(parts.note(said, "good"))
                    yield told.id
                else:
                    yield parts.EMPTY.join([*notes, parts.note(told)])
        except HearthError as error:
            notes.append(
                parts.note(f"{plain(file.name)}{'：' if manner.language == 'zh' else ': '}{notify.told(error, ask)}", "bad")
            )
    yield parts.EMPTY.join(notes)


def _taken(studio: Studio, file: Upload, manner: Manner) -> Iterator[str | Collection]:
    """Raises `HearthError`."""
    if file.path is None and file.megabytes > MAX_MEGABYTES:
        limit = f"{MAX_MEGABYTES}"
        raise HearthError(*(text("collection_too_large", each, limit=limit) for each in ("en", "zh")))
    if file.path is None:
        raise HearthError(*(unsent(file) or ("", "")))
    told_at = 0.0
    for event in studio.knowledge.importing(MAKER.owner, Path(file.path)):
        if isinstance(event, Collection):
            yield event
        elif time.monotonic() - told_at > _TOLD_EVERY_S:
            told_at = time.monotonic()
            yield manner.say("collection_loading", name=plain(file.name), done=f"{event.done:,}", total=f"{event.total:,}")
