"""What a studio does in the background while it starts: the embedder loaded, the shipped collections put in place, and the files
added that an earlier start left."""

import logging
import threading
from collections.abc import Callable

from assistant.access import MAKER
from assistant.models.bars import hide_bars
from assistant.settings import Settings
from common.errors import HearthError
from knowledge.base import Knowledge
from knowledge.corpora.shipped import install_shipped
from retrieval.embedding import Embedder, HashEmbedder, default_embedder, load_embedder
from retrieval.reranking import LaterReranker, Reranker, load_reranker

_HUB_EMBEDDER = "hf:BAAI/bge-m3"  # reads Chinese and English


def embedder_of(settings: Settings) -> Embedder:
    """The embedder the settings name; for "auto" the built-in one, or a download on a hosted page that does not have it."""
    may_download = settings.hosted is not None and not settings.offline
    if settings.embedder != "hash":
        hide_bars()
    if settings.embedder != "auto":
        return load_embedder(settings.embedder, download=may_download)
    found = default_embedder()
    return load_embedder(_HUB_EMBEDDER, download=True) if may_download and isinstance(found, HashEmbedder) else found


def reranker_of(settings: Settings) -> Reranker | None:
    """The reranker the settings name, which loads when it is first needed; None where they name none."""
    return LaterReranker(lambda: load_reranker(settings.reranker)) if settings.reranker else None


def put_in_place(knowledge: Knowledge, answering: Callable[[], bool], done: threading.Event, closing: threading.Event) -> None:
    """Install the shipped collections, set `done`, and go on with files that wait, while nobody is `answering`.

    A failure after `closing` is only the app that stops.
    """
    try:
        install_shipped(knowledge, MAKER.owner)
        knowledge.intake.stand_back(answering)
        knowledge.start()
    except HearthError as error:
        if not closing.is_set():  # being refused while the app stops is no failure: the next start goes on
            logging.getLogger(__name__).warning("the shipped collections are not in place: %s", error)
    finally:
        done.set()
