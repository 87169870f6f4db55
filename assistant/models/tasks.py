"""The tasks that models do as tools: `tasks.yaml` is the document, this is its form. Nothing is loaded here and nobody is asked.

A task says what it takes and gives, which models of the two hubs do it by default, and how a model is asked that was not made
for it and can only talk.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from common.documents import Line
from common.errors import ToolError
from common.yamltext import read_mapping

Run = Literal[
    "rewrite",
    "text-classification",
    "zero-shot-classification",
    "token-classification",
    "question-answering",
    "fill-mask",
    "similarity",
    "caption",
    "read",
    "image-classification",
    "zero-shot-image-classification",
    "object-detection",
    "zero-shot-object-detection",
    "image-segmentation",
    "depth-estimation",
    "visual-question-answering",
    "document-question-answering",
    "draw",
    "automatic-speech-recognition",
    "audio-classification",
    "zero-shot-audio-classification",
    "text-to-audio",
]
"""How a model made for the task is run; most are the names of pipelines of transformers."""

Gives = Literal["text", "labels", "entities", "answer", "fills", "similarities", "boxes", "segments", "depth", "picture", "sound"]

_DOCUMENT = Path(__file__).with_name("tasks.yaml")
_SIZE_LIMIT = 256 * 1024
_REPOSITORY = r"^([\w.-]+/[\w.-]+)?$"
_HOLE = re.compile(r"\{(\w+)\}")


class Task(BaseModel):
    """One task; `schema` is what its tools take."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,50}$")
    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")  # what the model that calls it sees
    title: Line
    about: Line
    run: Run
    gives: Gives
    takes: tuple[str, ...] = Field(min_length=1)
    prompt: str = ""  # asks a model that talks; holds {inputs}
    languages: tuple[str, ...] = ()  # of a translation: from, to
    hf: str = Field("", pattern=_REPOSITORY)
    ms: str = Field("", pattern=_REPOSITORY)
    hub_task: str = ""  # its name at Hugging Face's inference API; without one a model that talks is asked there
    hf_api: str = Field("", pattern=_REPOSITORY)
    ms_api: str = Field("", pattern=_REPOSITORY)

    @property
    def local(self) -> tuple[str, ...]:
        """The names of the default models that run on this machine."""
        return tuple(f"{kind}:{name}" for kind, name in (("hf", self.hf), ("ms", self.ms)) if name)

    @property
    def remote(self) -> tuple[str, ...]:
        """The names of the default models that are asked at a hub."""
        return tuple(f"{kind}:{name}" for kind, name in (("hf-api", self.hf_api), ("ms-api", self.ms_api)) if name)

    @property
    def shown(self) -> str | None:
        """The input that is a picture or a sound."""
        return next((name for name in self.takes if name in ("picture", "sound")), None)

    @property
    def parameters(self) -> dict[str, Any]:
        """The schema of its arguments, as JSON Schema."""
        properties = {name: _table().inputs[name] for name in self.takes}
        return {"type": "object", "properties": properties, "required": list(self.takes), "additionalProperties": False}

    def asked(self, inputs: Mapping[str, Any]) -> str:
        """What a model that talks is asked."""
        texts = {name: "、".join(value) if isinstance(value, list) else str(value) for name, value in inputs.items()}
        return _HOLE.sub(lambda hole: texts.get(hole[1], hole[0]), self.prompt)


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1]
    inputs: Mapping[str, Mapping[str, Any]]
    tasks: tuple[Task, ...]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for task in self.tasks:
            if unknown := set(task.takes) - self.inputs.keys():
                raise ValueError(f"the task {task.id!r} takes {sorted(unknown)}, which no input describes")
        return self


@lru_cache(maxsize=1)
def _table() -> _Table:
    return _Table.model_validate(read_mapping(_DOCUMENT.read_text("utf-8"), _SIZE_LIMIT))


def tasks() -> Sequence[Task]:
    """All of them, in their own order."""
    return _table().tasks


@lru_cache(maxsize=1)
def _by_id() -> Mapping[str, Task]:
    return MappingProxyType({task.id: task for task in tasks()})


def find(id: str) -> Task:
    """Raises `ToolError` for a task that is not there."""
    if id in _by_id():
        return _by_id()[id]
    known = ", ".join(_by_id())
    raise ToolError(
        f"There is no task {id!r} for a model. The tasks are: {known}.", f"没有模型任务 {id!r}。可用的任务：{known}。"
    )
