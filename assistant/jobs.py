"""Programs that run beside the app for minutes or hours: started, watched by what they print, stopped. One runs at a time.

What a job was started with and how it ended is a small file each, so that a reload and a restart find it again; what it makes is
its own affair. A job ends with the app. One that outlives an app which was killed is ended when the next one starts.
"""

import json
import logging
import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import psutil

from assistant.settings import for_programs
from common.database import unwritable
from common.errors import HearthError, JobError, StorageFailed

State = Literal["running", "stopped", "failed", "done"]

ROOT = Path(__file__).resolve().parents[1]
"""Where the programs are found: the folder of the app."""

_GRACE_S = 20.0  # between asking a program to end and ending it: a step of a training and keeping it take some seconds
_SAID = 40  # lines that are kept of what a program said
_LONGEST = 1_000  # letters of a line that is shown
_NICE = 10  # who chats goes first
_EXPECTED = 1  # the exit status of a failure that has a sentence
_REMOVED = ".removed"


@dataclass(frozen=True, slots=True)
class Job:
    """A program as it is known now: `settings` is what it was started with, `progress` what its last lines said.

    Its lines are JSON objects; the fields of a later one replace those of an earlier. `error` is there when it failed.
    """

    id: str
    kind: str
    settings: Mapping[str, Any]
    began: datetime
    state: State = "running"
    progress: Mapping[str, Any] = field(default_factory=dict)
    error: HearthError | None = None

    def to_dict(self) -> dict[str, Any]:
        error = [self.error.english, self.error.chinese] if self.error else None
        return {
            "id": self.id,
            "kind": self.kind,
            "settings": dict(self.settings),
            "began": self.began.isoformat(),
            "state": self.state,
            "progress": dict(self.progress),
            "error": error,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Job":
        error = JobError(*data["error"]) if data["error"] else None
        began = datetime.fromisoformat(data["began"])
        return cls(data["id"], data["kind"], data["settings"], began, data["state"], data["progress"], error)


@dataclass(eq=False, slots=True)
class _Running:
    """The program of a job, and the thread that reads it."""

    process: subprocess.Popen[str]
    ended: threading.Event = field(default_factory=threading.Event)
    stopping: bool = False


class Jobs:
    """The jobs of one data folder; `folder` is where their files lie."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._changed = threading.Condition()
        self._jobs: dict[str, Job] = {}
        self._running: dict[str, _Running] = {}  # at most one
        for file in folder.glob(f"*{_REMOVED}"):
            file.unlink(missing_ok=True)
        for file in sorted(folder.glob("*.json")):
            self._find(file)

    def list(self, kind: str) -> Sequence[Job]:
        """The jobs of a kind, the newest first."""
        with self._changed:
            return sorted((job for job in self._jobs.values() if job.kind == kind), key=lambda job: job.began, reverse=True)

    def get(self, id: str) -> Job | None:
        with self._changed:
            return self._jobs.get(id)

    @property
    def running(self) -> Job | None:
        """The job that runs now."""
        with self._changed:
            return next((self._jobs[id] for id in self._running), None)

    def start(
        self,
        id: str,
        kind: str,
        command: Sequence[str],
        settings: Mapping[str, Any],
        *,
        secrets: Mapping[str, str] | None = None,
        told_on: Literal["stdout", "stderr"] = "stdout",
    ) -> Job:
        """Run `command`, or run it again where a job of this id ended; `secrets` go into its environment and are not kept.

        Its progress is read from `told_on`. A program that ends with status 1 leaves the sentence of its failure as its last
        line of text, or as the last two in English and Chinese. Raises `JobError` while another runs, and `StorageFailed`.
        """
        with self._changed:
            if self._running:
                raise JobError(
                    "Something is being measured or trained already, and this machine does one of that at a time. "
                    "Wait until it is done, or stop it.",
                    "已经有评测或训练在进行，这台机器一次只做一件。请等它结束，或先停止它。",
                )
            before = self._jobs.get(id)
            began = before.began if before else datetime.now(UTC)
            job = Job(id, kind, dict(settings), began)
            streams: dict[str, Any] = (
                {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
                if told_on == "stdout"
                else {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
            )
            self._keep(job)  # a disk that takes nothing says so before anything runs
            try:
                process = subprocess.Popen(
                    list(command),
                    **streams,
                    stdin=subprocess.DEVNULL,
                    cwd=ROOT,
                    env={**for_programs(os.environ), **(secrets or {})},
                    start_new_session=True,
                    encoding="utf-8",
                    errors="replace",
                )
            except OSError as error:
                self._jobs[id] = replace(job, state="failed", error=_broken_off(str(error)))
                raise _broken_off(str(error)) from error
            run = self._running[id] = _Running(process)
            with suppress(psutil.Error, StorageFailed):
                psutil.Process(process.pid).nice(_NICE)
                self._keep(job, process.pid)
        lines = process.stdout if told_on == "stdout" else process.stderr
        threading.Thread(target=self._watch, args=(id, run, lines), name=f"job-{id}", daemon=True).start()
        return job

    def stop(self, id: str) -> None:
        """End a job that runs, and wait until it has ended; what it kept is there to go on from."""
        with self._changed:
            run = self._running.get(id)
            if run is None:
                return
            run.stopping = True
        _signal(run.process, signal.SIGTERM)
        if not run.ended.wait(_GRACE_S):
            _signal(run.process, signal.SIGKILL)
            run.ended.wait(_GRACE_S)

    def remove(self, id: str) -> None:
        """Forget a job that does not run, until the next start in such a way that `restore` brings it back. Raises `JobError`."""
        with self._changed:
            if id in self._running:
                raise JobError("This is still running. Stop it first.", "它还在运行。请先停止它。")
            if self._jobs.pop(id, None) is not None:
                with suppress(FileNotFoundError):
                    self._file(id).rename(self._file(id).with_suffix(_REMOVED))

    def restore(self, id: str) -> None:
        """Bring back a job that was removed since the start; does nothing for any other."""
        with self._changed:
            for file in self._folder.glob(f"*{_REMOVED}"):
                if file.stem == id and id not in self._jobs:
                    self._find(file.rename(self._file(id)))

    def wait(self, id: str, timeout_s: float) -> bool:
        """Wait until a job has ended; whether it has."""
        with self._changed:
            run = self._running.get(id)
        return run is None or run.ended.wait(timeout_s)

    def close(self) -> None:
        """End what runs."""
        for id in tuple(self._running):
            self.stop(id)

    def _watch(self, id: str, run: _Running, lines: Any) -> None:
        """Read what a program prints, until it ends."""
        said: deque[str] = deque(maxlen=_SAID)
        for line in lines:
            told = _object(line)
            if told is None:
                if line.strip():
                    said.append(line.strip()[:_LONGEST])
                continue
            with self._changed:
                self._jobs[id] = replace(self._jobs[id], progress={**self._jobs[id].progress, **told})
                self._changed.notify_all()
        lines.close()
        status = run.process.wait()
        with self._changed:
            state, error = _outcome(status, said, stopped=run.stopping)
            self._jobs[id] = replace(self._jobs[id], state=state, error=error)
            del self._running[id]
            try:
                self._keep(self._jobs[id])
            except StorageFailed as failed:  # it is known until the next start all the same
                logging.getLogger(__name__).warning("%s", failed)
        run.ended.set()

    def _find(self, file: Path) -> None:
        """Read the file of a job; one that was running when the app ended was stopped by that."""
        try:
            data = json.loads(file.read_text("utf-8"))
            job = Job.from_dict(data)
        except (OSError, ValueError, KeyError, TypeError) as error:
            logging.getLogger(__name__).warning("%s cannot be read: %s", file, error)
            return
        if job.state == "running":
            _end_leftover(data.get("process"))
            job = replace(job, state="stopped")
        self._jobs[job.id] = job

    def _keep(self, job: Job, pid: int | None = None) -> None:
        """Write the file of a job, whole or not at all. Raises `StorageFailed`."""
        file, data = self._file(job.id), job.to_dict()
        if pid is not None:
            with suppress(psutil.Error):
                data["process"] = [pid, psutil.Process(pid).create_time()]
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            beside = file.with_suffix(".new")
            beside.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", "utf-8")
            beside.replace(file)
        except OSError as error:
            raise unwritable(str(file), error) from error
        self._jobs[job.id] = job

    def _file(self, id: str) -> Path:
        return self._folder / f"{id}.json"


def _object(line: str) -> dict[str, Any] | None:
    """The JSON object of a line; None for any other text."""
    if not line.startswith("{"):
        return None
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _outcome(status: int, said: Sequence[str], *, stopped: bool) -> tuple[State, HearthError | None]:
    """How a program ended, by its exit status and its last lines."""
    if stopped:
        return "stopped", None
    if status == 0:
        return "done", None
    if status == _EXPECTED and said and not any(line.startswith("Traceback") for line in said):
        english, chinese = (said[-2], said[-1]) if len(said) > 1 and _chinese(said[-1]) else (said[-1], said[-1])
        return "failed", JobError(english, chinese)
    logging.getLogger(__name__).error("a job ended with status %s; it said:\n%s", status, "\n".join(said))
    if status == -signal.SIGKILL:
        return "failed", JobError(
            "The system ended it, most likely because memory ran out. Close what else needs memory, then go on with it.",
            "它被系统终止了，多半是内存不够。请先关掉其他占内存的程序，再继续。",
        )
    return "failed", _broken_off(said[-1] if said else str(status))


def _broken_off(reason: str) -> JobError:
    return JobError(
        f"It broke off: {reason!r}. The log has the details. Try to go on with it.",
        f"它中断了：{reason!r}。详情在日志里。可以试试继续。",
    )


def _chinese(line: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in line)


def _signal(process: subprocess.Popen[str], sign: int) -> None:
    """Tell a program and all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, sign)


def _end_leftover(process: Any) -> None:
    """End a program that outlived the app which started it; `process` is its number and when it began."""
    match process:
        case [int(pid), float(began)]:
            with suppress(psutil.Error, ProcessLookupError):
                if psutil.Process(pid).create_time() == began:
                    os.killpg(pid, signal.SIGKILL)
