"""How much room everything takes: the parts of the data folder, models of the hubs beside it, and what is left on the disk.

Folders may hold a hundred thousand files, so they are counted in a thread; whoever asks gets what was counted last. Links are not
followed: the hubs' caches show one file under several names.
"""

import os
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from common.database import Database

FRESH_S = 60.0
"""Seconds for which a count is taken for what is there now."""

_CONVERSATIONS = frozenset({"conversations", "messages", "runs", "run_events", "run_prompts", "feedback", "media"})
_KNOWLEDGE = frozenset({"collections", "knowledge_documents", "knowledge_labels", "passages"})
_INDEX = "passage_"  # what the tables of the word index begin with


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes: `conversations`, `knowledge`, `index`, `models`, `kept` (states before a restore) and `other` make up the folder.

    `hubs` are models that lie outside of it, in the hubs' caches; `free` is what the folder's disk has left.
    """

    conversations: int
    knowledge: int
    index: int
    models: int
    kept: int
    other: int
    hubs: int
    free: int

    @property
    def folder(self) -> int:
        """The whole data folder."""
        return self.conversations + self.knowledge + self.index + self.models + self.kept + self.other


class Storage:
    """Counts the sizes of one data folder; `hubs` are folders outside of it that hold models, `clock` gives seconds."""

    def __init__(
        self, folder: Path, database: Database, hubs: Sequence[Path] = (), clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder = folder
        self._database = database
        self._hubs = hubs
        self._clock = clock
        self._changed = threading.Condition()
        self._counting = False
        self._last: tuple[float, Sizes] | None = None

    def sizes(self) -> Sizes | None:
        """What was counted last, None before the first count is done; one that is not fresh is begun anew in the background."""
        with self._changed:
            if not self._counting and (self._last is None or self._clock() - self._last[0] > FRESH_S):
                self._counting = True
                threading.Thread(target=self._count, name="sizes", daemon=True).start()
            return self._last[1] if self._last else None

    def wait(self, timeout_s: float) -> Sizes | None:
        """What `sizes` gives once a count is done, or None after the time."""
        self.sizes()
        with self._changed:
            self._changed.wait_for(lambda: self._last is not None, timeout_s)
            return self._last[1] if self._last else None

    def outdated(self) -> None:
        """Much was deleted or came in: what was counted is not what is there now."""
        with self._changed:
            self._last = None

    def _count(self) -> None:
        try:
            sizes = count(self._folder, self._database.table_bytes(), self._hubs)
        except Exception:
            with self._changed:
                self._counting = False
            raise
        with self._changed:
            self._counting, self._last = False, (self._clock(), sizes)
            self._changed.notify_all()


def count(folder: Path, tables: Mapping[str, int], hubs: Sequence[Path]) -> Sizes:
    """Count now; `tables` tells the bytes of the database's tables, as far as they are known."""
    index = _bytes_under(folder / "index")
    models = _bytes_under(folder / "cache")
    kept = sum(_size(path) for path in folder.glob("before-restore-*.db"))
    whole = _bytes_under(folder)
    conversations = sum(size for name, size in tables.items() if name in _CONVERSATIONS)
    knowledge = sum(size for name, size in tables.items() if name in _KNOWLEDGE)
    words = sum(size for name, size in tables.items() if name.startswith(_INDEX))
    other = max(0, whole - index - models - kept - conversations - knowledge - words)
    hub_bytes = sum(_bytes_under(hub) for hub in hubs if not hub.is_relative_to(folder))
    return Sizes(conversations, knowledge, index + words, models, kept, other, hub_bytes, shutil.disk_usage(folder).free)


def _bytes_under(folder: Path) -> int:
    """The bytes of the files in a folder and the folders in it; what vanishes or may not be read meanwhile counts nothing."""
    total = 0
    waiting = [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        total += _size(entry)
        except OSError:
            continue
    return total


def _size(file: Path | os.DirEntry[str]) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
