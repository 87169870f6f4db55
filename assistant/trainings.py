"""What a maker trains: runs of `python -m training` beside the app, each in a folder of its own, and the models they end in.

`training` is not imported, only started: what it writes is read here as what it is, files. A run that was made on the
command line into the same folder is listed beside those that were started in the page.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant.jobs import Job, Jobs, State
from assistant.programs import Command, check_packages, data_place, disk
from common.errors import DocumentMissing

RECIPES: Mapping[str, Sequence[str]] = dict.fromkeys(("builtin", "wlm-plain", "wlm-weighted", "wlm-negatives"), ("sealtools",))
"""What `python -m training run` can make, and the folders that the data folder of each must have."""

_REMOVED = "removed~"


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a training: `loss` is in nats a learnt token."""

    step: int
    steps: int
    loss: float
    tokens_per_second: float
    seconds: float
    seconds_left: float


@dataclass(frozen=True, slots=True)
class Training:
    """A run of a recipe; `model` is the name under which its result can be used, "" until there is one."""

    id: str
    began: datetime
    job: Job | None
    recipe: str
    model: str

    @property
    def state(self) -> State:
        if self.job is not None and self.job.state == "running":
            return "running"
        if self.model:
            return "done"
        return "failed" if self.job is not None and self.job.state == "failed" else "stopped"

    @property
    def known(self) -> bool:
        """Whether the recipe is one of those that the page can start."""
        return self.recipe in RECIPES


class Trainings:
    """Runs of `python -m training`: each has a folder of its own in `training/` of the data folder."""

    def __init__(self, data: Path, jobs: Jobs, command: Command) -> None:
        self._home = data
        self._folder = data / "training"
        self._jobs = jobs
        self._command = command
        for folder in self._folder.glob(f"{_REMOVED}*"):
            shutil.rmtree(folder, ignore_errors=True)

    def list(self) -> Sequence[Training]:
        """All of them, the newest first."""
        known = {job.id: job for job in self._jobs.list("training")}
        began = {id: job.began for id, job in known.items()}
        for file in self._folder.glob("*/recipe.json"):
            if file.parent.name not in known and not file.parent.name.startswith(_REMOVED):
                with suppress(FileNotFoundError):  # removed in another tab
                    began[file.parent.name] = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        found = [self._training(id, when, known.get(id)) for id, when in began.items()]
        return sorted(found, key=lambda each: each.began, reverse=True)

    def get(self, id: str) -> Training:
        """Raises `DocumentMissing`."""
        found = next((run for run in self.list() if run.id == id), None)
        if found is None:
            raise DocumentMissing(f"There is no run {id!r}.", f"没有 {id!r} 这次运行。")
        return found

    def start(self, recipe: str, data: str) -> str:
        """Train; returns the run's id. Raises `DocumentInvalid` for a recipe or data that are not there, and what `Jobs` does."""
        if recipe not in RECIPES:
            raise DocumentMissing(f"There is no recipe {recipe!r}.", f"没有配方 {recipe!r}。")
        check_packages("training")
        place = data_place(data, RECIPES[recipe])
        return self._run(f"{recipe}-{datetime.now(UTC):%Y%m%d-%H%M%S}", {"recipe": recipe, "data": str(place)})

    def go_on(self, id: str) -> None:
        """Go on from the last checkpoint of a run that was stopped or has failed."""
        run = self.get(id)
        if run.job is not None and not run.model:
            self._run(id, run.job.settings)

    def steps(self, id: str) -> Sequence[Step]:
        """What was noted of each step so far."""
        try:
            lines = (self._folder / self.get(id).id / "progress.jsonl").read_text("utf-8").splitlines()
        except OSError:
            return []
        found = []
        for line in lines:
            with suppress(ValueError, KeyError, TypeError):
                told = json.loads(line)
                found.append(
                    Step(
                        int(told["step"]), int(told["steps"]), float(told["plain_loss"]), float(told["tokens_per_second"]),
                        float(told["seconds"]), float(told["seconds_left"]),
                    )
                )  # fmt: skip
        return found

    def remove(self, id: str) -> None:
        """Take a run from the disk; until the next start `restore` brings it back. Raises `DocumentMissing` and `JobError`."""
        run = self.get(id)
        self._jobs.remove(run.id)
        with disk(self._folder), suppress(FileNotFoundError):
            (self._folder / run.id).rename(self._folder / f"{_REMOVED}{run.id}")

    def restore(self, id: str) -> None:
        """Bring back a run that was removed since the start. Raises `DocumentMissing`."""
        with disk(self._folder):
            for folder in self._folder.glob(f"{_REMOVED}*"):
                if folder.name == f"{_REMOVED}{id}":
                    folder.rename(self._folder / id)
        self._jobs.restore(id)
        self.get(id)

    def _training(self, id: str, began: datetime, job: Job | None) -> Training:
        folder = self._folder / id
        # The picture of the loss is written last: with it the run is whole.
        whole = (folder / "loss.png").is_file()
        place = next((folder / name for name in ("adapter", "model") if whole and (folder / name).is_dir()), None)
        recipe = str(job.settings["recipe"]) if job else id.rsplit("-", 2)[0]
        return Training(id, began, job, recipe, f"path:{place}" if place else "")

    def _run(self, id: str, settings: Mapping[str, Any]) -> str:
        arguments = ["run", settings["recipe"], "--data", settings["data"], "--out", str(self._folder / id)]
        self._jobs.start(id, "training", self._command("training", [*arguments, "--home", str(self._home)]), settings)
        return id
