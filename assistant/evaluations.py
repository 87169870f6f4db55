"""What a maker measures: runs of `python -m evaluation` beside the app, and the results and replies that they leave on the disk.

`evaluation` is not imported, only started: what it writes is read here as what it is, files. A result that was made on the
command line into the same folder is listed beside those that were started in the page.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from assistant.jobs import Job, Jobs, State
from assistant.programs import Command, check_packages, data_place, disk
from common.errors import DocumentMissing

TASKS = ("bfcl", "sealtools", "apibank", "hallucination", "passages", "retrieval", "msagent", "umi-static")
"""What `python -m evaluation run` can measure."""

ASK_NO_MODEL = frozenset({"retrieval"})
"""Those that measure an embedder."""

_REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to measure: `limit` samples of each group, None for all; the others as the command line has them."""

    task: str
    data: str
    model: str = "builtin"
    embedder: str = "builtin"
    limit: int | None = None
    split: str = ""
    kind: str = ""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        return cls(**{name: data[name] for name in cls.__slots__ if name in data})


@dataclass(frozen=True, slots=True)
class Result:
    """A result file; `metrics` and each of the `floors` are percentages by name, `failures` counts by group and kind."""

    task: str
    model: str
    n: int
    metrics: Mapping[str, float]
    primary: str
    greater_is_better: bool
    seconds: float
    settings: Mapping[str, Any]
    floors: Mapping[str, Mapping[str, float]]
    failures: Mapping[str, Mapping[str, int]]
    commit: str

    @property
    def asked(self) -> tuple[str, ...]:
        """What was asked: results with the same may be compared."""
        settings = self.settings
        parts = (self.task, *(settings.get(key) or "" for key in ("data", "split", "kind", "limit")))
        return tuple(map(str, (*parts, settings.get("seed") if settings.get("limit") else "")))

    @classmethod
    def read(cls, file: Path) -> Self | None:
        """What is in a file; None where it is no result."""
        try:
            found = json.loads(file.read_text("utf-8"))
            return cls(
                task=str(found["task"]),
                model=str(found["model"]),
                n=int(found["n"]),
                metrics=_figures(found["metrics"]),
                primary=str(found["primary_metric"]),
                greater_is_better=bool(found["greater_is_better"]),
                seconds=float(found["seconds"]),
                settings=dict(found["settings"]),
                floors={str(name): _figures(figures) for name, figures in found.get("floors", {}).items()},
                failures={
                    str(group): {str(kind): int(count) for kind, count in kinds.items()}
                    for group, kinds in found.get("failures", {}).items()
                },
                commit=str(found["commit"]),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A run of a task, as far as it is: `result` is there when it is done, `job` where it was started in the page."""

    id: str
    began: datetime
    job: Job | None
    result: Result | None

    @property
    def state(self) -> State:
        if self.job is not None and self.job.state == "running":
            return "running"
        if self.result is not None:
            return "done"
        return "failed" if self.job is not None and self.job.state == "failed" else "stopped"

    @property
    def task(self) -> str:
        return self.result.task if self.result else str(self.job.settings["task"]) if self.job else ""

    @property
    def model(self) -> str:
        """The name of what was measured, or is being measured: of a model, or, where no model is asked, of an embedder."""
        if self.job is not None:
            return str(self.job.settings["embedder" if self.task in ASK_NO_MODEL else "model"])
        return self.result.model if self.result else ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model replied to one case, and how that was judged; `calls` are tools with their arguments."""

    id: str
    group: str
    right: bool
    failure: str
    text: str
    calls: Sequence[tuple[str, Mapping[str, Any]]]
    seconds: float
    error: str


class Evaluations:
    """Runs of `python -m evaluation`: a result and its replies are two files in `evaluation/` of the data folder."""

    def __init__(self, data: Path, jobs: Jobs, key_of: Callable[[str], str | None], command: Command) -> None:
        self._home = data
        self._folder = data / "evaluation"
        self._jobs = jobs
        self._key_of = key_of
        self._command = command
        shutil.rmtree(self._folder / _REMOVED, ignore_errors=True)

    def list(self) -> Sequence[Evaluation]:
        """All of them, the newest first."""
        # Before the files: a run that ends in between is under way, not without a result.
        found = {job.id: Evaluation(job.id, job.began, job, None) for job in self._jobs.list("evaluation")}
        for file in self._folder.glob("*.json"):
            with suppress(FileNotFoundError):  # removed in another tab
                if result := Result.read(file):
                    made = datetime.fromtimestamp(file.stat().st_mtime, UTC)
                    run = found.get(file.stem, Evaluation(file.stem, made, None, None))
                    found[file.stem] = replace(run, result=result)
        return sorted(found.values(), key=lambda each: each.began, reverse=True)

    def get(self, id: str) -> Evaluation:
        """Raises `DocumentMissing`."""
        found = next((run for run in self.list() if run.id == id), None)
        if found is None:
            raise DocumentMissing(f"There is no run {id!r}.", f"没有 {id!r} 这次运行。")
        return found

    def start(self, wanted: Wanted) -> str:
        """Measure; returns the run's id. Raises `DocumentInvalid` for a task or data that are not there, and what `Jobs` does."""
        if wanted.task not in TASKS:
            raise DocumentMissing(f"There is no task {wanted.task!r}.", f"没有任务 {wanted.task!r}。")
        check_packages("evaluation")
        place = data_place(wanted.data)
        id = f"{wanted.task}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
        return self._run(id, Wanted(**{**asdict(wanted), "data": str(place)}))

    def go_on(self, id: str) -> None:
        """Go on with a run that was stopped or has failed: what was replied is not asked again."""
        run = self.get(id)
        if run.job is not None and run.result is None:
            self._run(id, Wanted.from_dict(run.job.settings))

    def replies(self, id: str) -> Iterator[Reply]:
        """The replies of a run that is done, in the order of the cases."""
        try:
            lines = (self._folder / f"{self.get(id).id}.replies.jsonl").read_text("utf-8").splitlines()
        except OSError:
            return
        for line in lines:
            with suppress(ValueError, KeyError, TypeError, AttributeError):
                found = json.loads(line)
                calls = [(str(call["name"]), dict(call["arguments"])) for call in found["calls"]]
                yield Reply(
                    str(found["id"]), str(found["group"]), bool(found["right"]), str(found["failure"]), str(found["text"]),
                    calls, float(found["seconds"]), str(found["error"]),
                )  # fmt: skip

    def remove(self, id: str) -> None:
        """Take a run from the disk; until the next start `restore` brings it back. Raises `DocumentMissing` and `JobError`."""
        run = self.get(id)
        self._jobs.remove(run.id)
        with disk(self._folder):
            (self._folder / _REMOVED).mkdir(parents=True, exist_ok=True)
            for file in self._files(self._folder, run.id):
                file.replace(self._folder / _REMOVED / file.name)

    def restore(self, id: str) -> None:
        """Bring back a run that was removed since the start. Raises `DocumentMissing`."""
        with disk(self._folder):
            for file in self._files(self._folder / _REMOVED, id):
                file.replace(self._folder / file.name)
        self._jobs.restore(id)
        self.get(id)

    def _run(self, id: str, wanted: Wanted) -> str:
        with disk(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
        arguments = ["run", wanted.task, "--data", wanted.data, "--model", wanted.model, "--embedder", wanted.embedder]
        arguments += ["--home", str(self._home), "--out", str(self._folder / f"{id}.json")]
        for name, value in (("--limit", wanted.limit), ("--split", wanted.split), ("--kind", wanted.kind)):
            if value:
                arguments += [name, str(value)]
        key = self._key_of(wanted.model)
        secrets = {"HEARTH_MODEL_KEY": key} if key else {}
        command = self._command("evaluation", arguments)
        self._jobs.start(id, "evaluation", command, asdict(wanted), secrets=secrets, told_on="stderr")
        return id

    @staticmethod
    def _files(folder: Path, id: str) -> Sequence[Path]:
        names = {f"{id}.json", f"{id}.replies.jsonl", f"{id}.json.partial"}
        return [file for file in folder.glob("*.json*") if file.name in names]


def _figures(found: Any) -> dict[str, float]:
    return {str(name): float(figure) for name, figure in found.items()}
