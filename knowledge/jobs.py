"""The queue of what is to be added: a row for each file, kept until somebody saw what became of it.

A file that was taken lies in a folder of the data folder, so that neither a closed page nor a killed process loses it. Nothing is
read here: `knowledge.workers` does the work and says what came of it.
"""

import hashlib
import json
import logging
import os
import shutil
import time
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Row, Select, case, delete, func, insert, or_, select, true, update

from common.database import Database, unwritable
from knowledge.loading.document import LeftOut
from knowledge.queries import as_bytes, mine, require_row
from knowledge.tables import COLLECTIONS, EMBEDDED, JOBS
from knowledge.types import Outcome

log = logging.getLogger(__name__)

Kind = Literal["file", "web", "member", "reindex", "cut"]
"""What is to be done: add a file, fetch a page of the web and add that, give a collection new vectors,
or cut its documents anew. A member is a file that
an archive holds and that was refused: it lies nowhere by itself."""

_AGAIN = ("web", "reindex", "cut")  # what can be done again without a file

State = Literal["waiting", "working", "done", "unchanged", "failed", "cancelled"]

_ENDED = ("done", "unchanged", "failed", "cancelled")
_BATCH = 500  # names a statement
_LEFT_OUT = 200  # lines of a file that were not taken, of which the reasons are kept
_ATTEMPTS = 5  # starts of the app that a file may see end before it is left alone

_GAVE_UP = (
    "Hearth stopped {n} times while it read this file. It may be the file; try it once more, or split it.",
    "读取这个文件时 Hearth 已经停止了 {n} 次，问题可能出在文件上。可以再试一次，或拆分后添加。",
)


@dataclass(frozen=True, slots=True)
class Job:
    """A file in the queue of a collection, or an act on all of it (`kind`); `english` and `chinese` say why it failed, or is
    unchanged.

    `number` grows in the order in which files came, `seconds` is what reading and embedding took; `kept` says whether its file
    is still there, so that it can be tried again; `left_out` are the first of the parts that could not be taken.
    """

    number: int
    collection: str
    name: str
    state: State
    bytes: int
    passages: int = 0
    english: str = ""
    chinese: str = ""
    document: str = ""
    seconds: float = 0.0
    kept: bool = False
    kind: Kind = "file"
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that a worker has taken: whose it is, and where its file lies."""

    number: int
    owner: str
    collection: str
    key: int
    name: str
    path: Path
    kind: Kind = "file"


class Jobs:
    """The queues of all collections; the files that wait lie in `folder`."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder
        database.create(JOBS, EMBEDDED)

    # for owners

    def add(self, owner: str, collection: str, files: Sequence[tuple[Path, str]]) -> list[int]:
        """Take files, (path, name), out of where they lie and put them in the queue; returns their numbers.

        Once this returns they are as safe as what is stored, and what became of earlier files of their names is forgotten.
        Raises `CollectionMissing` and `StorageFailed`; then every file is where it was.
        """
        moved: list[tuple[Path, Path]] = []
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for path, _ in files:
                to = self._folder / uuid.uuid4().hex
                try:
                    shutil.move(path, to)
                except BaseException:
                    if path.exists():
                        to.unlink(missing_ok=True)  # what of it was copied would take room that somebody waits for
                    raise
                moved.append((path, to))
            with self._database.write() as connection:
                key = require_row(connection, owner, collection).key
                now = time.time()
                rows = [
                    {"owner": owner, "collection": key, "name": name, "file": to.name, "bytes": to.stat().st_size}
                    | {"state": "waiting", "changed": now}
                    for (_, name), (_, to) in zip(files, moved, strict=True)
                ]
                if not rows:
                    return []
                earlier = self._forget_named(connection, key, [name for _, name in files])
                statement = insert(JOBS).returning(JOBS.c.id, sort_by_parameter_order=True)
                numbers = list(connection.execute(statement, rows).scalars())
        except BaseException as error:
            for path, to in moved:
                shutil.move(to, path)
            if isinstance(error, OSError):
                raise unwritable(str(self._folder), error) from error
            raise
        self.drop(earlier)
        return numbers

    def ask(self, owner: str, collection: str, kind: Kind, name: str) -> int:
        """Put an act on a whole collection into its queue, or a page of the web by its address, once; returns its number.

        Raises `CollectionMissing`.
        """
        with self._database.write() as connection:
            key = require_row(connection, owner, collection).key
            same = (JOBS.c.collection == key) & (JOBS.c.kind == kind)
            same &= JOBS.c.name == name if kind == "web" else true()
            going = connection.execute(select(JOBS.c.id).where(same, JOBS.c.state.in_(("waiting", "working")))).scalar()
            if going is not None:
                return int(going)
            connection.execute(delete(JOBS).where(same))
            row = {"owner": owner, "collection": key, "kind": kind, "name": name, "file": "", "bytes": 0}
            statement = insert(JOBS).values(row | {"state": "waiting", "changed": time.time()}).returning(JOBS.c.id)
            return int(connection.execute(statement).scalar_one())

    def refuse(self, owner: str, collection: str, refused: Sequence[tuple[str, str, str]], kind: Kind = "file") -> None:
        """Remember files that did not arrive: (name, why in English, why in Chinese). Raises `CollectionMissing`."""
        with self._database.write() as connection:
            key = require_row(connection, owner, collection).key
            row = {"owner": owner, "collection": key, "file": "", "bytes": 0, "state": "failed", "changed": time.time()}
            row["kind"] = kind
            rows = [row | {"name": name, "english": english, "chinese": chinese} for name, english, chinese in refused]
            earlier = self._forget_named(connection, key, [name for name, _, _ in refused])
            if rows:
                connection.execute(insert(JOBS), rows)
        self.drop(earlier)

    def of(self, owner: str, collection: str, limit: int) -> list[Job]:
        """The jobs of a collection, at most `limit`: what is worked on first, then failures, what waits, and what is done."""
        rank = case({"working": 0, "failed": 1, "waiting": 2}, value=JOBS.c.state, else_=3)
        # What is worked on and what waits in the order in which it came, what has ended with the newest first.
        order = case((JOBS.c.state.in_(("working", "waiting")), JOBS.c.id), else_=-JOBS.c.changed)
        query = _of(owner).where(COLLECTIONS.c.id == collection).order_by(rank, order, JOBS.c.id).limit(limit)
        with self._database.read() as connection:
            return [_job(row) for row in connection.execute(query)]

    def counts(self, owner: str) -> dict[str, Counter[str]]:
        """How many jobs each collection has in each state: collection -> state -> number.

        "unpacked" are archives whose files are counted each by itself.
        """
        unpacked = (JOBS.c.state == "done") & (JOBS.c.document == "") & JOBS.c.kind.in_(("file", "web"))
        state = case((unpacked, "unpacked"), else_=JOBS.c.state)
        query = _of(owner, COLLECTIONS.c.id, state, func.count()).group_by(COLLECTIONS.c.id, state)
        found: dict[str, Counter[str]] = {}
        with self._database.read() as connection:
            for collection, state, count in connection.execute(query):
                found.setdefault(collection, Counter())[state] = count
        return found

    def cancel(self, owner: str, collection: str, numbers: Sequence[int] | None = None) -> list[int]:
        """Take jobs that have not ended out of the queue, all of the collection's without `numbers`; returns those that were
        being worked on."""
        going = JOBS.c.state.in_(("waiting", "working"))
        with self._database.write() as connection:
            where = _chosen(connection, owner, collection, numbers) & going
            working = list(connection.execute(select(JOBS.c.id).where(where, JOBS.c.state == "working")).scalars())
            connection.execute(update(JOBS).where(where).values(state="cancelled", changed=time.time()))
            return working

    def retry(self, owner: str, collection: str, numbers: Sequence[int] | None = None) -> list[int]:
        """Put jobs that failed or were cancelled in the queue again; returns their numbers."""
        ended = JOBS.c.state.in_(("failed", "cancelled")) & or_(JOBS.c.file != "", JOBS.c.kind.in_(_AGAIN))
        again = {"state": "waiting", "attempts": 0, "english": "", "chinese": "", "changed": time.time()}
        with self._database.write() as connection:
            statement = update(JOBS).where(_chosen(connection, owner, collection, numbers) & ended).values(again)
            return list(connection.execute(statement.returning(JOBS.c.id)).scalars())

    def dismiss(self, owner: str, collection: str, numbers: Sequence[int] | None = None, states: Sequence[State] = ()) -> None:
        """Forget jobs that have ended, with their files; with `states` only those that ended so."""
        ended = JOBS.c.state.in_(states or _ENDED)
        with self._database.write() as connection:
            where = _chosen(connection, owner, collection, numbers) & ended
            rows = connection.execute(select(JOBS.c.id, JOBS.c.file).where(where)).all()
            connection.execute(delete(EMBEDDED).where(EMBEDDED.c.job.in_(select(JOBS.c.id).where(where))))
            connection.execute(delete(JOBS).where(where))
        self.drop([row.file for row in rows])

    # for workers

    def sweep(self) -> None:
        """Forget the jobs of collections that are gone."""
        gone = JOBS.c.collection.not_in(select(COLLECTIONS.c.key))
        with self._database.write() as connection:
            files = list(connection.execute(select(JOBS.c.file).where(gone)).scalars())
            connection.execute(delete(JOBS).where(gone))
            connection.execute(delete(EMBEDDED).where(EMBEDDED.c.job.not_in(select(JOBS.c.id))))
        self.drop(files)

    def recover(self) -> None:
        """At the start: what a process that ended was working on waits again; files that no row names go."""
        self.sweep()
        with self._database.write() as connection:
            too_often = (JOBS.c.state == "working") & (JOBS.c.attempts >= _ATTEMPTS)
            english, chinese = (sentence.format(n=_ATTEMPTS) for sentence in _GAVE_UP)
            connection.execute(update(JOBS).where(too_often).values(state="failed", english=english, chinese=chinese))
            connection.execute(update(JOBS).where(JOBS.c.state == "working").values(state="waiting"))
            # The file of what ended well was removed before or is of no use now.
            kept = set(connection.execute(select(JOBS.c.file).where(JOBS.c.state.not_in(("done", "unchanged")))).scalars())
        if self._folder.is_dir():
            for path in self._folder.iterdir():
                if path.name not in kept:
                    self._drop(path.name)

    def pending(self) -> bool:
        """Whether anything waits or is being worked on."""
        where = JOBS.c.state.in_(("waiting", "working")) & COLLECTIONS.c.removed.is_(None)
        query = select(JOBS.c.id).join(COLLECTIONS, COLLECTIONS.c.key == JOBS.c.collection).where(where)
        with self._database.read() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def claim(self, after: int = 0) -> Claim | None:
        """Take the job that waited longest, of the collection that comes next after the one of the key `after`, so that a long
        queue of one stops no other."""
        with self._database.read() as connection:
            if _first_waiting(connection, after) is None:
                return None  # most often there is nothing, and then no writer's turn is taken
        with self._database.write() as connection:
            found = _first_waiting(connection, after)
            if found is None:
                return None
            connection.execute(
                update(JOBS)
                .where(JOBS.c.id == found.id)
                .values(state="working", attempts=JOBS.c.attempts + 1, changed=time.time())
            )
            columns = (JOBS.c.owner, COLLECTIONS.c.id.label("collection_id"), JOBS.c.name, JOBS.c.file, JOBS.c.kind)
            query = select(*columns).join(COLLECTIONS, COLLECTIONS.c.key == JOBS.c.collection).where(JOBS.c.id == found.id)
            row = connection.execute(query).one()
            path = self._folder / (row.file or str(found.id))
            return Claim(found.id, row.owner, row.collection_id, found.collection, row.name, path, row.kind)

    def end(self, job: int, outcome: Outcome) -> None:
        """Write down what became of a job, unless it was cancelled meanwhile; the file of one that ended well goes."""
        values = {
            "state": outcome.state,
            "passages": outcome.passages,
            "english": outcome.reason,
            "chinese": outcome.reason_zh,
            "document": outcome.document,
            "seconds": outcome.seconds,
            "left_out": json.dumps([asdict(each) for each in outcome.left_out[:_LEFT_OUT]]) if outcome.left_out else "",
            "changed": time.time(),
        }
        # What is stored is stored, though somebody wanted it cancelled a moment too late.
        from_state = ("working", "cancelled") if outcome.state == "done" else ("working",)
        with self._database.write() as connection:
            file: str | None = connection.execute(select(JOBS.c.file).where(JOBS.c.id == job)).scalar()
            ended = connection.execute(update(JOBS).where(JOBS.c.id == job, JOBS.c.state.in_(from_state)).values(values)).rowcount
            connection.execute(delete(EMBEDDED).where(EMBEDDED.c.job == job))
        if ended and file is not None and outcome.state != "failed":
            self._drop(file)

    def release(self, job: int) -> None:
        """Put back what was taken and not done; that was not the file's doing."""
        back = update(JOBS).where(JOBS.c.id == job, JOBS.c.state == "working")
        with self._database.write() as connection:
            connection.execute(back.values(state="waiting", attempts=func.max(JOBS.c.attempts - 1, 0)))

    def new_file(self) -> Path:
        """Where a file can be written that is then added; one that never is goes at the next start."""
        return self._folder / uuid.uuid4().hex

    def embedded(self, job: int, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors that are kept of a job, by text."""
        by_key = {_key(text): text for text in texts}
        with self._database.read() as connection:
            rows = connection.execute(select(EMBEDDED.c.text, EMBEDDED.c.vector).where(EMBEDDED.c.job == job))
            return {by_key[row.text]: np.frombuffer(row.vector, dtype="<f4") for row in rows if row.text in by_key}

    def keep(self, job: int, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep vectors of a job until it ends."""
        rows = [{"job": job, "text": _key(text), "vector": as_bytes(vector)} for text, vector in vectors.items()]
        with self._database.write() as connection:
            connection.execute(insert(EMBEDDED).prefix_with("OR REPLACE"), rows)

    def _forget_named(self, connection: Connection, key: int, names: Sequence[str]) -> list[str]:
        """Forget the jobs of these names that have ended; returns their files, to be removed after the transaction."""
        files: list[str] = []
        for some in (names[start : start + _BATCH] for start in range(0, len(names), _BATCH)):
            where = (JOBS.c.collection == key) & JOBS.c.name.in_(some) & JOBS.c.state.in_(_ENDED)
            files += connection.execute(delete(JOBS).where(where).returning(JOBS.c.file)).scalars()
        return files

    def drop(self, files: Sequence[str]) -> None:
        """Remove files of jobs that are gone."""
        for file in files:
            self._drop(file)

    def _drop(self, file: str) -> None:
        if not file:
            return
        try:
            os.unlink(self._folder / file)
        except FileNotFoundError:
            return
        except OSError as error:
            log.warning("a file that was added could not be removed: %s", error)


def _first_waiting(connection: Connection, after: int) -> Row[int, int] | None:
    """The id and collection of the job that `Jobs.claim` is to take.

    Thousands may wait, so none of them is read but the first of a collection, where the index leads.
    """
    waiting = select(JOBS.c.collection).join(COLLECTIONS, COLLECTIONS.c.key == JOBS.c.collection)
    waiting = waiting.where(JOBS.c.state == "waiting", COLLECTIONS.c.removed.is_(None)).distinct()
    for key in sorted(connection.execute(waiting).scalars(), key=lambda key: (key <= after, key)):
        # Of two files of one name the later one has to be stored last.
        going = select(JOBS.c.name).where(JOBS.c.state == "working", JOBS.c.collection == key)
        first = select(JOBS.c.id, JOBS.c.collection).where(JOBS.c.state == "waiting", JOBS.c.collection == key)
        found = connection.execute(first.where(JOBS.c.name.not_in(going)).order_by(JOBS.c.id).limit(1)).first()
        if found is not None:
            return found
    return None


def _of(owner: str, *columns: ColumnElement[Any]) -> Select[Any]:
    wanted = columns or (JOBS, COLLECTIONS.c.id.label("collection_id"))
    return select(*wanted).join_from(JOBS, COLLECTIONS, COLLECTIONS.c.key == JOBS.c.collection).where(mine(owner))


def _chosen(connection: Connection, owner: str, collection: str, numbers: Sequence[int] | None) -> ColumnElement[bool]:
    """The jobs of a collection, or those of them that have these numbers. Raises `CollectionMissing`."""
    where = JOBS.c.collection == require_row(connection, owner, collection).key
    return where if numbers is None else where & JOBS.c.id.in_(numbers)


def _job(row: Row[Any]) -> Job:
    return Job(
        row.id,
        row.collection_id,
        row.name,
        row.state,
        row.bytes,
        row.passages,
        row.english,
        row.chinese,
        row.document,
        row.seconds,
        bool(row.file or row.kind in _AGAIN) and row.state not in ("done", "unchanged"),
        row.kind,
        tuple(LeftOut(**each) for each in json.loads(row.left_out)) if row.left_out else (),
    )


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
