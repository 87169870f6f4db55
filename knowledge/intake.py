"""The intake: files go into a queue, and threads read, embed and store them, whether or not a page still looks on.

Reading runs ahead of embedding, because it happens in other processes; what is read and not yet stored is bounded. A turn that
begins comes first: the intake stands back while somebody waits for an answer.
"""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.egress import Egress
from common.errors import ArchiveFile, CollectionMissing, HearthError, StorageFailed
from knowledge.fetching import fetch_typed
from knowledge.ingest import AT_ONCE, FILES_AT_ONCE, Ingest, Read
from knowledge.jobs import Claim, Job, Jobs, Kind, State
from knowledge.loading.loader import Loader
from knowledge.loading.refusals import unpacked, unpacked_nothing
from knowledge.loading.web import address_of
from knowledge.types import Outcome, Progress
from knowledge.unpacking import unpack
from retrieval.embedding import Embedder
from retrieval.embedding import Kind as TextKind

log = logging.getLogger(__name__)

_READERS = 2  # threads, each with a child process of its own while it reads
_AHEAD = 20_000_000  # characters that are read and wait to be embedded; one document may be as long as that
_LONG = 256  # passages from which on a document is embedded alone, and what is embedded of it is kept as it goes
_PAUSE_S = 5.0  # before what could not be stored is tried again
_GATHER_S = 0.05  # how long a small file waits for others to be embedded with
_STAND_BACK_S = 2.0  # how long a slice waits for turns, at most: under endless load files still come in
_BUG = (
    "This file could not be added: something in Hearth failed, and the log tells what. Other files are not affected.",
    "这个文件没能添加：Hearth 内部出错，详情在日志里。其他文件不受影响。",
)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A job that was read, with what came of that."""

    claim: Claim
    item: Read | Outcome | None  # None for an act on a whole collection

    @property
    def characters(self) -> int:
        return len(self.item.text) if isinstance(self.item, Read) else 0

    @property
    def passages(self) -> int:
        return len(self.item.cut) if isinstance(self.item, Read) else 0


Act = Callable[[str, str], Iterator[Progress | Outcome]]
"""What is done to a whole collection of an owner, with how far it is, and the outcome last."""


class Intake:
    """The queue with its workers, which are started when there is something to do; `stop` and `join` end them."""

    def __init__(
        self,
        jobs: Jobs,
        ingest: Ingest,
        loader: Loader,
        embedder: Callable[[], Embedder],
        acts: Mapping[str, Act],
        egress: Egress | None,
    ) -> None:
        """`acts` are those on whole collections, by the kinds of jobs; `egress` fetches pages, None where Hearth is offline."""
        self._jobs = jobs
        self._ingest = ingest
        self._loader = loader
        self._acts = acts
        self._egress = egress
        self._embedder = embedder
        self._busy: Callable[[], bool] = lambda: False
        self._changed = threading.Condition()
        self._signal = 0  # raised when something was put into the queue
        self._threads: list[threading.Thread] = []
        self._read: deque[_Taken] = deque()
        self._ahead = 0  # characters read and not stored
        self._reading = 0  # readers at work
        self._progress: dict[int, Progress] = {}
        self._dropped: set[int] = set()
        self._trouble: HearthError | None = None
        self._recovered = False
        self._closed = False

    def start(self) -> None:
        """Go on with what an earlier process left."""
        self._recover()
        if self._jobs.pending():
            self.wake()

    def stand_back(self, busy: Callable[[], bool]) -> None:
        """Let what is `busy` go first: it says whether somebody waits for an answer."""
        self._busy = busy

    def stop(self) -> None:
        """Take nothing more in hand; what is in hand is put back."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def join(self) -> None:
        """Wait for the workers after `stop`; the next start goes on from where they were."""
        for thread in self._threads:
            thread.join()

    def wake(self) -> None:
        """Look for jobs: there may be new ones."""
        self._recover()
        with self._changed:
            self._signal += 1
            if not self._threads and not self._closed:
                work = [self._keep_reading] * _READERS + [self._keep_storing]
                self._threads = [threading.Thread(target=each, name="intake", daemon=True) for each in work]
                for thread in self._threads:
                    thread.start()
            self._changed.notify_all()

    # for owners

    def add(self, owner: str, collection: str, files: Iterable[tuple[Path, str]]) -> list[int]:
        """Take files, (path, name), into the queue of a collection. Raises as `Jobs.add` does."""
        self._recover()  # which would remove files that are not in the queue yet
        numbers = self._jobs.add(owner, collection, list(files))
        self.wake()
        return numbers

    def add_page(self, owner: str, collection: str, address: str) -> int:
        """Put a page of the web into the queue of a collection; it is a document by its address, in place of an older one.

        Raises `EgressRefused` for what is no address, and `CollectionMissing`.
        """
        return self.ask(owner, collection, "web", address_of(address))

    def ask(self, owner: str, collection: str, kind: Kind, name: str) -> int:
        """Put an act on a whole collection into its queue, once. Raises `CollectionMissing`."""
        number = self._jobs.ask(owner, collection, kind, name)
        self.wake()
        return number

    def refuse(self, owner: str, collection: str, refused: Sequence[tuple[str, str, str]]) -> None:
        """Remember files that did not arrive: (name, why in English, why in Chinese). Raises `CollectionMissing`."""
        self._jobs.refuse(owner, collection, refused)

    def jobs(self, owner: str, collection: str, limit: int = 100) -> list[tuple[Job, Progress | None]]:
        """The jobs of a collection, as `Jobs.of` orders them, with how far those are that are worked on."""
        return [(job, self._progress.get(job.number)) for job in self._jobs.of(owner, collection, limit)]

    def counts(self, owner: str) -> dict[str, Counter[str]]:
        """collection -> state -> number of jobs."""
        return self._jobs.counts(owner)

    @property
    def trouble(self) -> HearthError | None:
        """Why nothing can be stored at present (a full disk); what waits goes on by itself when that has passed."""
        return self._trouble

    def cancel(self, owner: str, collection: str, numbers: Sequence[int] | None = None) -> None:
        """Stop jobs, all of a collection without `numbers`; they can be tried again until they are dismissed."""
        self._dropped.update(self._jobs.cancel(owner, collection, numbers))

    def retry(self, owner: str, collection: str, numbers: Sequence[int] | None = None) -> None:
        """Put what failed or was cancelled in the queue again."""
        self._dropped.difference_update(self._jobs.retry(owner, collection, numbers))
        self.wake()

    def dismiss(self, owner: str, collection: str, numbers: Sequence[int] | None = None, states: Sequence[State] = ()) -> None:
        """Forget jobs that have ended, in one of `states` if there are some."""
        self._jobs.dismiss(owner, collection, numbers, states)

    def sweep(self) -> None:
        """Forget the jobs of collections that are gone."""
        self._jobs.sweep()

    def forget(self, files: Sequence[str]) -> None:
        """Let go of files whose jobs are gone, and of what is being worked on: it was meant for what is there no more."""
        self._dropped.update(list(self._progress))
        self._jobs.drop(files)

    def settled(self, timeout_s: float) -> bool:
        """Wait until nothing waits or is being worked on; whether that came true in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._jobs.pending(), timeout_s)

    # at work

    def _recover(self) -> None:
        """Once, before anything is taken: later, what is being worked on is this process's own."""
        with self._changed:
            if not self._recovered:
                self._jobs.recover()
                self._recovered = True

    def _keep_reading(self) -> None:
        after = 0
        while not self._closed:
            seen = self._signal
            claim = self._claim(after)
            if claim is None:
                self._wait(lambda seen=seen: self._signal != seen)  # type: ignore[misc]
                continue
            after = claim.key
            try:
                self._hand_on(_Taken(claim, self._reading_of(claim)))
            except (_LetGo, CollectionMissing):  # cancelled, or its collection was removed: its files wait until that is back
                self._progress.pop(claim.number, None)
                self._release(claim)
                self._read_one()

    def _claim(self, after: int) -> Claim | None:
        with self._changed:
            self._reading += 1
        claim = None
        while not self._closed:
            try:
                claim = self._jobs.claim(after)
                break
            except StorageFailed as error:
                self._rest(error)
        if claim is None:
            self._read_one()
        return claim

    def _hand_on(self, taken: _Taken) -> None:
        self._wait(lambda: not self._ahead or self._ahead + taken.characters <= _AHEAD)
        with self._changed:
            self._ahead += taken.characters
            self._read.append(taken)
        self._read_one()

    def _read_one(self) -> None:
        with self._changed:
            self._reading -= 1
            self._changed.notify_all()

    def _wait(self, until: Callable[[], bool], timeout_s: float | None = None) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or until(), timeout_s)

    def _reading_of(self, claim: Claim) -> Read | Outcome | None:
        number, name = claim.number, claim.name
        self._progress[number] = Progress(number, name, "fetching" if claim.kind == "web" else "reading")
        if claim.kind in self._acts:
            return None
        called, stopped = name, False

        def told(done: int, total: int) -> None:
            self._progress[number] = Progress(number, name, "reading", done, total)

        def dropped() -> bool:
            nonlocal stopped
            stopped = stopped or self._is_dropped(number)
            return stopped

        def over() -> bool:
            return self._closed or dropped()

        try:
            if claim.kind == "web":
                called = fetch_typed(name, claim.path, self._egress, over).name
                self._progress[number] = Progress(number, name, "reading")
            item = self._ingest.read(claim.owner, claim.collection, claim.path, name, number, told, dropped, called)
            if stopped:  # what became of this reading is no news of one that may have been asked for since
                raise _LetGo
            return item
        except ArchiveFile:
            return self._unpacked(claim, called)
        except (_LetGo, CollectionMissing):
            raise
        except HearthError as error:
            if stopped:
                raise _LetGo from None
            return _failed(claim, error.english, error.chinese)
        except Exception:  # a bug in one file's way must not end the queue
            log.exception("reading %r failed", claim.name)
            return _failed(claim, *_BUG)
        finally:
            if claim.kind == "web":  # the next try fetches it anew
                claim.path.unlink(missing_ok=True)

    def _unpacked(self, claim: Claim, called: str) -> Outcome:
        """Put the members of an archive into the queue, each by itself."""
        taken = left_out = 0
        try:
            for member in unpack(self._loader, claim.path, called, self._jobs.new_file):
                if member.refused:
                    self._jobs.refuse(claim.owner, claim.collection, [(member.name, *member.refused)], "member")
                    left_out += 1
                else:
                    self._jobs.add(claim.owner, claim.collection, [(member.path, member.name)])
                    taken += 1
                if self._closed or self._is_dropped(claim.number):
                    break
        except CollectionMissing:
            raise
        except HearthError as error:
            return _failed(claim, error.english, error.chinese)
        finally:
            self.wake()
        if not taken:
            return _failed(claim, *unpacked_nothing(claim.name, left_out))
        return Outcome(str(claim.path), claim.name, "done", 0, *unpacked(taken, left_out))

    def _keep_storing(self) -> None:
        while not self._closed:
            batch = self._gathered()
            left = {str(taken.claim.path): taken.claim for taken in batch}
            self._store(batch, left)
            with self._changed:
                self._ahead -= sum(taken.characters for taken in batch)
                self._signal += 1  # what had to wait for one of these may be taken now
                for taken in batch:
                    self._progress.pop(taken.claim.number, None)
                    self._dropped.discard(taken.claim.number)
                self._changed.notify_all()
        for taken in self._read:
            self._release(taken.claim)

    def _gathered(self) -> list[_Taken]:
        """The next file with those after it that go into the same collection, as many as are embedded together."""
        batch: list[_Taken] = []
        with self._changed:
            self._wait(lambda: bool(self._read))
            while not self._closed:
                if sum(taken.passages for taken in batch) >= AT_ONCE or len(batch) >= FILES_AT_ONCE:
                    break
                if not self._read and self._reading:
                    self._wait(lambda: bool(self._read) or not self._reading, _GATHER_S)
                if not self._read:
                    break
                following = self._read[0]
                alone = following.item is None or following.passages >= _LONG
                if batch and (following.claim.key != batch[0].claim.key or alone):
                    break
                batch.append(self._read.popleft())
                if following.item is None:
                    break
        return batch

    def _store(self, batch: Sequence[_Taken], left: dict[str, Claim]) -> None:
        """Embed and store what was read together, and write down what became of each; what has ended goes out of `left`."""
        said: tuple[str, str] | None = None  # why none of what is left can be added
        while left and not self._closed:
            try:
                if said:
                    for path, claim in list(left.items()):
                        self._jobs.end(claim.number, _failed(claim, *said))
                        del left[path]
                else:
                    items = [taken.item for taken in batch if str(taken.claim.path) in left]
                    self._finish(batch[0].claim, [item for item in items if item is not None], left)
                self._trouble = None
                break
            except StorageFailed as error:
                self._rest(error)
            except CollectionMissing:
                break  # its files wait until it is back
            except HearthError as error:
                said = error.english, error.chinese
            except Exception:  # a bug in the way of some files must not end the queue
                log.exception("adding %s failed", ", ".join(repr(claim.name) for claim in left.values()))
                said = _BUG
        for claim in left.values():
            self._release(claim)

    def _release(self, claim: Claim) -> None:
        """Put back what the end of the app came before; where even that cannot be stored, the next start does it."""
        with suppress(StorageFailed):
            self._jobs.release(claim.number)

    def _finish(self, first: Claim, items: Sequence[Read | Outcome], left: dict[str, Claim]) -> None:
        """Every job that ends goes out of `left` (by its path); those that were cancelled stay there."""
        if act := self._acts.get(first.kind):
            events = act(first.owner, first.collection)
        else:
            long = next((item for item in items if isinstance(item, Read) and len(item.cut) >= _LONG), None)
            embedder = _Remembering(self._embedder(), self._jobs, long.place) if long else None
            events = self._ingest.finish(first.owner, first.collection, items, embedder=embedder, dropped=self._is_dropped)
        for event in events:
            if isinstance(event, Outcome):
                path = str(first.path) if act else event.path
                self._jobs.end(left[path].number, event)
                del left[path]
            else:
                self._progress[first.number if act else event.place] = event
                self._give_way()
            if self._closed or (act and self._is_dropped(first.number)):
                return

    def _is_dropped(self, number: int) -> bool:
        return number in self._dropped

    def _give_way(self) -> None:
        until = time.monotonic() + _STAND_BACK_S
        while self._busy() and time.monotonic() < until and not self._closed:
            time.sleep(0.02)

    def _rest(self, error: StorageFailed) -> None:
        """Nothing can be stored: say so, and try again after a while."""
        if self._trouble is None and not self._closed:
            log.warning("files wait to be added: %s", error)
        self._trouble = error
        self._wait(lambda: False, _PAUSE_S)


class _LetGo(Exception):
    """What was being read is wanted no more, or will be read anew."""


class _Remembering:
    """An embedder that keeps what it made for a job, and so goes on where an earlier process was."""

    def __init__(self, embedder: Embedder, jobs: Jobs, job: int) -> None:
        self.info = embedder.info
        self._embedder = embedder
        self._jobs = jobs
        self._job = job

    def embed(self, texts: Sequence[str], kind: TextKind) -> NDArray[np.float32]:
        known = self._jobs.embedded(self._job, texts)
        new = [text for text in dict.fromkeys(texts) if text not in known]
        made = dict(zip(new, self._embedder.embed(new, kind), strict=True))
        if made:
            self._jobs.keep(self._job, made)
        return np.stack([known[text] if text in known else made[text] for text in texts])


def _failed(claim: Claim, english: str, chinese: str) -> Outcome:
    return Outcome(str(claim.path), claim.name, "failed", 0, english, chinese)
