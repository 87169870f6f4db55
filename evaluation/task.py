"""What every task takes and gives: options from the command line, and a result that says how it came about."""

import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Options:
    """`data` is the folder of the data set; `limit` takes that many samples at random by `seed`, None takes all."""

    data: Path
    model: str = "builtin"
    embedder: str = "builtin"
    limit: int | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """The figures of one run; `model` is whatever was measured, `n` the number of samples."""

    task: str
    model: str
    n: int
    metrics: Mapping[str, float]
    primary_metric: str
    greater_is_better: bool
    seconds: float
    settings: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"commit": commit()}


class Task(Protocol):
    """A function that measures; it raises `HearthError` for data that it cannot use."""

    def __call__(self, options: Options) -> Result: ...


def commit() -> str:
    """The commit of this source tree, with "+" where files differ from it; "" outside of a repository."""
    try:
        head = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
        status = ["git", "status", "--porcelain", "--untracked-files=no"]
        changed = subprocess.run(status, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "")
