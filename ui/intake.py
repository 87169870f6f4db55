"""Files on their way into collections: how far each is, kept while they are added, so that a page that comes back sees it.

The work is done by whoever iterates over `Intake.add`; others look at `Intake.arrivals`.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.access import MAKER
from common.errors import HearthError
from knowledge.base import Knowledge
from knowledge.types import Progress
from ui import notify, uploads
from ui.render import Manner
from ui.uploads import Upload
from ui.views.knowledge import Arrival

_SHOWN_EVERY_S = 0.25


@dataclass(slots=True)
class _Batch:
    """Files that were sent together."""

    arrivals: list[Arrival]
    running: bool = True


class Intake:
    """The files that are being added to the maker's collections; of several batches of one collection the newest is told of."""

    def __init__(self, knowledge: Knowledge, folder: Path) -> None:
        """`folder` is where uploads lie; a file is removed from it once it was read."""
        self._knowledge = knowledge
        self._folder = folder
        self._batches: dict[str, _Batch] = {}
        self._lock = threading.Lock()

    def arrivals(self, collection: str, *, once_more: bool) -> tuple[Sequence[Arrival], bool]:
        """The files that are being added, and whether that goes on; with `once_more` those that were, if one of them failed."""
        with self._lock:
            batch = self._batches.get(collection)
            if batch is None or not (batch.running or once_more):
                return (), False
            if not batch.running:
                del self._batches[collection]
            return tuple(batch.arrivals), batch.running

    def add(self, collection: str, files: Sequence[Upload], manner: Manner) -> Iterator[Sequence[Arrival]]:
        """Add files; yields how far all of them are, now and then, and last what became of each."""
        batch = _Batch(
            [
                Arrival(*(uploads.refused(file, manner.language) or (file.name, "waiting", manner.say("waiting"))))
                for file in files
            ]
        )
        with self._lock:
            self._batches[collection] = batch
        sent = [place for place, file in enumerate(files) if file.path is not None]
        paths = [(file.path, file.name) for file in files if file.path is not None]
        try:
            yield tuple(batch.arrivals)
            shown = time.monotonic()
            for place, arrival in self._added(collection, paths, manner):
                ended = arrival.state != batch.arrivals[sent[place]].state
                batch.arrivals[sent[place]] = arrival
                if ended or time.monotonic() - shown >= _SHOWN_EVERY_S:
                    yield tuple(batch.arrivals)
                    shown = time.monotonic()
        finally:
            self._end(collection, batch, manner)
            uploads.discard((path for path, _ in paths), self._folder)
        if paths:
            yield tuple(batch.arrivals)

    def _added(self, collection: str, files: Sequence[tuple[Path, str]], manner: Manner) -> Iterator[tuple[int, Arrival]]:
        """(place, how far) as it changes; a file that cannot be stored does not stop the others."""
        done = 0
        while done < len(files):
            begun = done
            try:
                for event in self._knowledge.adding(MAKER.owner, collection, files[begun:]):
                    if isinstance(event, Progress):
                        yield begun + event.place, _on_its_way(event, manner)
                    else:
                        yield done, Arrival(event.name, event.state, uploads.sentence(event, manner.language))
                        done += 1
            except HearthError as error:
                yield done, Arrival(files[done][1], "failed", notify.sentence(error, manner.language))
                done += 1

    def _end(self, collection: str, batch: _Batch, manner: Manner) -> None:
        """What has no outcome when adding ends, because the page went away, was not added."""
        for place, arrival in enumerate(batch.arrivals):
            if arrival.state in ("waiting", "working"):
                batch.arrivals[place] = replace(
                    arrival, state="failed", sentence=manner.say("knowledge_page_left"), fraction=None
                )
        with self._lock:
            batch.running = False
            whole = all(arrival.state != "failed" for arrival in batch.arrivals)
            if whole and self._batches.get(collection) is batch:
                del self._batches[collection]


def _on_its_way(progress: Progress, manner: Manner) -> Arrival:
    if progress.stage == "reading":
        return Arrival(progress.name, "working", manner.say("adding"))
    words = manner.say("knowledge_embedding", done=f"{progress.done:,}", total=f"{progress.total:,}")
    return Arrival(progress.name, "working", words, progress.done / progress.total)
