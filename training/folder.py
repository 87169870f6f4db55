"""The folder of a run: which run it is, whether it is whole, and what it no longer needs.

`recipe.json` is the run's identity, written before anything else. The picture of the loss is written after everything else: with
it a run is whole, and only then its checkpoint goes, so that a kill at any moment costs no more than what came after the last
checkpoint.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from common.errors import HearthError
from evaluation.kept import write_text

CONVERSATIONS = "conversations.jsonl"
CURVE = "loss.png"

_IDENTITY = "recipe.json"
_RESULTS = {"lora": "adapter", "full": "model"}
_CHECKPOINT = "checkpoint"


def claim(folder: Path, run: Mapping[str, Any]) -> None:
    """Write what is known of the run, or see that the folder holds this very run.

    What was written before is compared as far as `run` says it too: a run that was begun when less was noted can be gone on with.
    Raises `HearthError` where the folder holds another.
    """
    path = folder / _IDENTITY
    kept = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    if any(kept[name] != value for name, value in run.items() if name in kept):
        raise HearthError(
            f"{str(folder)!r} holds another run. Name another folder with --out, or remove it.",
            f"{str(folder)!r} 里是另一次训练。请用 --out 指定别的文件夹，或先删除它。",
        )
    if not run.keys() <= kept.keys():
        write_text(path, json.dumps({**kept, **run}, indent=1) + "\n")


def digest(file: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def result_of(folder: Path, method: str) -> Path:
    """Where the result of a run lies, or will."""
    return folder / _RESULTS[method]


def checkpoint_of(folder: Path) -> Path:
    return folder / _CHECKPOINT


def is_whole(folder: Path, method: str) -> bool:
    """Whether the run came to its end and everything of it is written."""
    return (folder / CURVE).is_file() and result_of(folder, method).is_dir()


def forget_checkpoint(folder: Path) -> None:
    """Let the checkpoint go; call it when the run is whole."""
    shutil.rmtree(checkpoint_of(folder), ignore_errors=True)


def forget_after(log: Path, step: int) -> None:
    """Drop the lines of steps that were done after the last checkpoint: they are done again."""
    if log.is_file():
        kept = log.read_text("utf-8").splitlines()[:step]
        log.write_text("".join(line + "\n" for line in kept), "utf-8")
