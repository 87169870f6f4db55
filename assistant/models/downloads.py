"""Models on their way from a hub: started, paused, resumed, given up; each in a thread of its own.

What was begun is a document, so that a restart finds it again, paused. The bytes lie where the hubs' libraries keep them; how
many there are is read from the disk, never from what was noted.
"""

import logging
import re
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from assistant.models import catalogue
from assistant.models.catalogue import ModelName
from assistant.models.hubs import Hub, HubFile, HuggingFaceHub, ModelScopeHub, Plan, Stopped, cache_of, homes
from common.database import Database
from common.documents import Document, DocumentStore
from common.errors import DocumentMissing, HearthError, ModelMissing, StorageFailed
from common.problems import problem

State = Literal["queued", "running", "paused", "failed", "done"]

_AT_ONCE = 2
_SPARE = 1 << 30  # bytes of disk that a download leaves free
_PACE_S = 10.0  # speed is that of the last seconds
_REMOVED = "removed~"  # begins the name of a folder that was removed and can still be brought back; no model is named so
_CLOSE_S = 1.0


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(pattern=r"^[^/\\\x00]+$")  # of the model's first folder: see `hubs.wanted`
    size: int = Field(ge=0)
    sha256: str = ""

    @field_validator("path")
    @classmethod
    def _a_name(cls, value: str) -> str:
        if value in (".", ".."):
            raise problem("This names no file.", "这不是文件名。")
        return value


class _Begun(Document):
    """A download as it is kept; without files it was not settled yet.

    Paths are made of it, and it may come from a stranger's backup.
    """

    name: str
    revision: str = ""
    files: tuple[_File, ...] = ()

    @model_validator(mode="after")
    def _of_a_hub(self) -> Self:
        try:
            kinds = [catalogue.parse(name).kind for name in (self.name, f"hf:a/b@{self.revision}")]
        except ModelMissing as error:
            raise problem(error.english, error.chinese) from None
        if kinds[0] not in ("hf", "ms") or (self.files and not self.revision):
            raise problem("This is no download from a hub.", "这不是来自模型站的下载。")
        return self


@dataclass(frozen=True, slots=True)
class DownloadStatus:
    """How far a download is: bytes, bytes a second, and seconds; `total` is 0 until the hub has told.

    `working` is whether that may still change by itself: one that was told to pause is paused at once, and stops a little later.
    """

    id: str
    name: str
    title: str
    state: State
    done: int
    total: int
    working: bool
    speed: float = 0.0
    seconds_left: float | None = None
    error: HearthError | None = None

    @property
    def moving(self) -> bool:
        return self.state in ("queued", "running")


@dataclass(eq=False, slots=True)
class _Job:
    id: str
    name: ModelName
    state: State = "paused"
    plan: Plan | None = None
    here: dict[str, int] = field(default_factory=dict)  # bytes on disk, by file
    stop: Literal["", "paused", "cancelled"] = ""
    error: HearthError | None = None
    thread: threading.Thread | None = None
    pace: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=200))

    @property
    def working(self) -> bool:
        return self.state in ("queued", "running")

    @property
    def ending(self) -> bool:
        """Given up, though its thread has not removed it yet: nobody is to see that."""
        return self.stop == "cancelled" and self.thread is not None and self.thread.is_alive()


class Downloads:
    """The downloads of one Hearth."""

    def __init__(
        self,
        database: Database,
        owner: str,
        *,
        offline: bool = False,
        hubs: Mapping[str, Hub] | None = None,
        free: Callable[[Path], int] | None = None,
    ) -> None:
        """`hubs` (by "hf" and "ms") and `free` (bytes free on the disk of a folder) replace the real ones."""
        self._documents = DocumentStore(database, "download", _Begun, size_limit=1 << 20)
        self._owner = owner
        self._offline = offline
        self._hubs = hubs or {"hf": HuggingFaceHub(), "ms": ModelScopeHub()}
        self._free = free or _free_bytes
        self._changed = threading.Condition()
        self._jobs: dict[str, _Job] = {}
        self._removed: list[Path] = []
        self._closed = False
        for stored in reversed(self._documents.list(owner)):
            self._jobs[stored.document.id] = self._found(stored.document)

    def list(self) -> Sequence[DownloadStatus]:
        """All of them, those begun first first; one that is done stays until the next start."""
        with self._changed:
            return [self._status(job) for job in self._jobs.values() if not job.ending]

    def of(self, name: str) -> DownloadStatus | None:
        """The download of a model's name."""
        with self._changed:
            job = self._jobs.get(_id(catalogue.parse(name)))
            return self._status(job) if job and not job.ending else None

    def start(self, name: str) -> str:
        """Begin to download a model, or go on with it; returns the download's id. Raises `ModelMissing`."""
        parsed = catalogue.parse(name)
        if parsed.kind not in ("hf", "ms"):
            raise ModelMissing(f"{name!r} is not on a hub: there is nothing to download.", f"{name!r} 不在模型站上，无需下载。")
        if self._offline:
            raise ModelMissing(
                "Hearth was started with --offline and downloads nothing. Start it without that.",
                "Hearth 以 --offline 启动，不会下载任何内容。请去掉它重新启动。",
            )
        parsed = ModelName(parsed.kind, parsed.value, parsed.detail)
        with self._changed:
            job = self._jobs.get(_id(parsed))
            if job is None or job.state == "done":
                job = self._jobs[_id(parsed)] = _Job(_id(parsed), parsed)
                self._note(job)
            if self._closed or job.working:
                job.stop = ""  # a Pause that has not been seen yet is taken back
                return job.id
            job.state, job.stop, job.error = "queued", "", None
            before = job.thread
            job.thread = threading.Thread(target=self._work, args=(job, before), name=f"download-{job.id}", daemon=True)
            job.thread.start()
            return job.id

    def pause(self, id: str) -> None:
        """Stop after the piece that is under way; what has arrived stays."""
        with self._changed:
            job = self._job(id)
            if job.working:
                job.stop = "paused"
                self._changed.notify_all()

    def resume(self, id: str) -> None:
        self.start(str(self._job(id).name))

    def cancel(self, id: str) -> None:
        """Give a download up: what has arrived is removed."""
        with self._changed:
            job = self._job(id)
            working = job.working
            job.stop = "cancelled"
            self._changed.notify_all()
        if not working:
            self._give_up(job)

    def remove(self, name: str) -> None:
        """Take a downloaded model from the disk: at once out of sight, for good with the next removal or when Hearth ends.

        Raises `ModelMissing` when it is not there.
        """
        found = [home for home in homes(catalogue.parse(name)) if home.is_dir()]
        if not found:
            raise ModelMissing(f"The model {name!r} is not on this machine.", f"本机没有模型 {name!r}。")
        self.purge()
        with self._changed:
            try:
                for home in found:
                    hidden = home.with_name(_REMOVED + home.name)
                    home.rename(hidden)
                    self._removed.append(hidden)
            except OSError as error:
                raise _not_removed(name, error) from error
            if (job := self._jobs.get(_id(catalogue.parse(name)))) and job.state == "done":
                del self._jobs[job.id]

    def restore(self) -> None:
        """Bring back what `remove` took last."""
        with self._changed:
            for hidden in self._removed:
                with suppress(OSError):
                    hidden.rename(hidden.with_name(hidden.name.removeprefix(_REMOVED)))
            self._removed.clear()

    def purge(self) -> None:
        """Remove for good what `remove` took, and what it had taken before a crash."""
        with self._changed:
            self._removed.clear()
        for root in (catalogue.hf_cache(), catalogue.ms_cache() / "models"):
            for hidden in root.glob(f"{_REMOVED}*"):
                shutil.rmtree(hidden, ignore_errors=True)

    def close(self) -> None:
        """Pause everything, without waiting for a hub that is silent."""
        with self._changed:
            self._closed = True
            threads = [job.thread for job in self._jobs.values() if job.thread]
            for job in self._jobs.values():
                job.stop = job.stop or "paused"
            self._changed.notify_all()
        ends = time.monotonic() + _CLOSE_S
        for thread in threads:
            thread.join(max(0.0, ends - time.monotonic()))
        self.purge()

    def _work(self, job: _Job, before: threading.Thread | None) -> None:
        state: State
        error: HearthError | None = None
        if before is not None:
            before.join()
        try:
            with self._changed:
                self._changed.wait_for(lambda: job.stop or self._next() is job)
                self._look(job)
                job.state = "running"
                self._changed.notify_all()  # there may be room for the one behind it, too
            self._bring(job, self._hubs[job.name.kind])
            with suppress(StorageFailed):  # Hearth is ending
                self._forget(job)
            state = "done"
        except Stopped:
            state = "paused"
        except HearthError as failure:
            state, error = "failed", failure
        except Exception as bug:  # nobody would hear of it otherwise
            logging.getLogger(__name__).exception("downloading %s", job.name)
            state, error = "failed", _broke_off(job.name, bug)
        with self._changed:
            again = state == "paused" and not job.stop  # resumed before the pause was through
            job.state, job.error = ("queued" if again else state), error
            job.pace.clear()
            self._changed.notify_all()
        if again:
            self._work(job, None)
            return
        if job.stop == "cancelled":  # also when the last file came before that was seen
            with suppress(StorageFailed):
                self._give_up(job)

    def _bring(self, job: _Job, hub: Hub) -> None:
        plan = job.plan or hub.plan(job.name)
        self._look(job)
        with self._changed:
            job.plan = plan
            job.here = {file.path: hub.present(plan, file) for file in plan.files}
        self._note(job)
        self._check_disk(job, plan)
        for file in plan.files:
            self._look(job)

            def told(size: int, file: HubFile = file) -> None:
                self._look(job)
                with self._changed:
                    job.here[file.path] = size
                    job.pace.append((time.monotonic(), sum(job.here.values())))

            hub.fetch(plan, file, told)
            with self._changed:
                job.here[file.path] = file.size
        hub.finish(plan)

    def _look(self, job: _Job) -> None:
        if job.stop:
            raise Stopped

    def _next(self) -> _Job | None:
        """The one whose turn it is: of those that wait, the one that was begun first."""
        if sum(job.state == "running" for job in self._jobs.values()) >= _AT_ONCE:
            return None
        return next((job for job in self._jobs.values() if job.state == "queued" and not job.stop), None)

    def _check_disk(self, job: _Job, plan: Plan) -> None:
        cache = cache_of(plan.name)
        missing, free = plan.total - sum(job.here.values()), self._free(cache)
        if missing + _SPARE > free:
            raise StorageFailed(
                f"{_title(plan.name)!r} needs {_gb(missing + _SPARE)} more, and {str(cache)!r} has {_gb(free)} free. "
                "Free some space there, or start Hearth with HF_HOME (or MODELSCOPE_CACHE) naming a larger disk.",
                f"{_title(plan.name)!r} 还需要 {_gb(missing + _SPARE)}，而 {str(cache)!r} 只剩 {_gb(free)}。"
                "请腾出空间，或用 HF_HOME（或 MODELSCOPE_CACHE）指定更大的磁盘后重新启动。",
            )

    def _give_up(self, job: _Job) -> None:
        if job.plan is not None:
            self._hubs[job.name.kind].discard(job.plan)
        self._forget(job)
        with self._changed:
            self._jobs.pop(job.id, None)

    def _note(self, job: _Job) -> None:
        files = tuple(_File(path=f.path, size=f.size, sha256=f.sha256) for f in job.plan.files) if job.plan else ()
        begun = _Begun(id=job.id, name=str(job.name), revision=job.plan.revision if job.plan else "", files=files)
        try:
            revision = self._documents.get(self._owner, job.id).revision
        except DocumentMissing:
            revision = 0
        self._documents.save(self._owner, begun, revision)

    def _forget(self, job: _Job) -> None:
        with suppress(DocumentMissing):
            self._documents.reset(self._owner, job.id)

    def _found(self, begun: _Begun) -> _Job:
        job = _Job(begun.id, catalogue.parse(begun.name))
        if begun.files:
            files = tuple(HubFile(file.path, file.size, file.sha256) for file in begun.files)
            job.plan = plan = Plan(job.name, begun.revision, files)
            hub = self._hubs[job.name.kind]
            job.here = {file.path: hub.present(plan, file) for file in files}
        return job

    def _job(self, id: str) -> _Job:
        with self._changed:
            if id in self._jobs:
                return self._jobs[id]
        raise ModelMissing(f"There is no download {id!r}. Start it again.", f"没有下载任务 {id!r}。请重新开始。")

    def _status(self, job: _Job) -> DownloadStatus:
        total = job.plan.total if job.plan else 0
        done = min(sum(job.here.values()), total)
        speed = _speed(job.pace)
        left = (total - done) / speed if speed > 0 and job.state == "running" else None
        state: State = "paused" if job.stop and job.working else job.state
        return DownloadStatus(job.id, str(job.name), _title(job.name), state, done, total, job.working, speed, left, job.error)


def _speed(pace: Sequence[tuple[float, int]]) -> float:
    recent = [point for point in pace if point[0] > time.monotonic() - _PACE_S]
    if len(recent) < 2 or recent[-1][0] <= recent[0][0]:
        return 0.0
    return max(0.0, (recent[-1][1] - recent[0][1]) / (recent[-1][0] - recent[0][0]))


def _id(name: ModelName) -> str:
    return re.sub(r"[^a-z0-9]+", "-", f"{name.kind}-{name.value}-{name.detail}".lower()).strip("-")[:64]


def _title(name: ModelName) -> str:
    return name.value.partition("/")[2]


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f} GB"


def _free_bytes(folder: Path) -> int:
    there = next(path for path in (folder, *folder.absolute().parents) if path.is_dir())
    return shutil.disk_usage(there).free


def _broke_off(name: ModelName, error: Exception) -> ModelMissing:
    return ModelMissing(
        f"Downloading {str(name)!r} broke off ({type(error).__name__}). The log has the details; what has arrived is kept.",
        f"下载 {str(name)!r} 时出错（{type(error).__name__}）。详情见日志，已下载的部分都在。",
    )


def _not_removed(name: str, error: OSError) -> StorageFailed:
    return StorageFailed(
        f"The model {name!r} could not be removed ({error.strerror}). Check the permissions of its folder.",
        f"模型 {name!r} 无法删除（{error.strerror}）。请检查文件夹权限。",
    )
