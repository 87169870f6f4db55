"""Tools whose work a model does: on this machine, or at a hub. The models are `assistant.pipelines`' matter.

A tool turns the name of a picture or a sound into pixels or samples before the model is called, and what the model found into
sentences, pictures and sounds after it.
"""

import threading
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.models import inference, senses
from assistant.models.findings import output_of
from assistant.models.tasks import Task
from common.errors import HearthError, ToolFailed
from common.problems import Sentences
from tools.base import Media, Risk, SecretUse, Tool, ToolContext, ToolOutput, ToolSpec

if TYPE_CHECKING:
    from assistant.pipelines import Pipelines

_LOCAL_LIMIT_S = 300.0  # of which a first load may take the most


class _ModelTool(Tool):
    """What the tools of a local model and of a hub's share; the first of `models` that can be used does the task."""

    kind = "model"

    def __init__(
        self,
        pipelines: "Pipelines",
        task: Task,
        models: Sequence[str],
        id: str,
        name: str,
        titles: Mapping[str, str],
        about: Mapping[str, str],
        risk: Risk,
    ) -> None:
        self._pipelines = pipelines
        self._task = task
        self._models = models
        self.id = id
        self.titles = titles
        self.about = _About(about, self._lacking)
        self.risk = risk
        self.untrusted = task.shown is not None  # what stands in a picture, or is said in a sound, is anybody's
        described = " ".join(text for text in (about.get("en"), about.get("zh")) if text)
        self.spec = ToolSpec(name, described, task.parameters)

    @abstractmethod
    def _find(self) -> object:
        """Look for what a call needs; raises `ToolFailed` where it is not there."""

    def _lacking(self) -> HearthError | None:
        try:
            self._find()
        except HearthError as error:
            return error
        return None

    def _inputs(self, arguments: Mapping[str, Any], context: ToolContext) -> tuple[dict[str, Any], Media | None]:
        """The arguments with the picture or the sound that one of them names, which is given beside them as it came."""
        inputs, shown = dict(arguments), None
        if (name := self._task.shown) is not None:
            shown = context.media(arguments[name])
            if shown is None:
                raise ToolFailed(
                    f"There is no picture or sound {arguments[name]!r} in this conversation. Ask for it to be attached.",
                    f"对话里没有图片或声音 {arguments[name]!r}。请让用户先附上。",
                )
            inputs[name] = senses.picture_of(shown) if name == "picture" else senses.sound_of(shown)
        return inputs, shown


class LocalTool(_ModelTool):
    """A task done by a model on this machine."""

    time_limit_s = _LOCAL_LIMIT_S

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Raises `ToolFailed`, `ModelLoadFailed`, and `ArgumentsInvalid` for what the model cannot take."""
        folder = self._find()
        inputs, _ = self._inputs(arguments, context)
        result = self._pipelines.run(self._task, folder, inputs, context.cancel)
        check_stop(context.cancel)
        return output_of(self._task, result, inputs, context)

    def _find(self) -> Path:
        return self._pipelines.folder(self._models)


class HubTool(_ModelTool):
    """A task done by a model at a hub."""

    sends = True
    time_limit_s = inference.TIME_LIMIT_S + 10  # so that its own sentence comes first

    def secrets(self) -> Sequence[SecretUse]:
        return self._pipelines.secrets(self._models)

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Raises `ToolFailed`."""
        inputs, shown = self._inputs(arguments, context)
        result = self._pipelines.ask(self._task, self._models, inputs, shown, context.cancel)
        return output_of(self._task, result, inputs, context)

    def _find(self) -> object:
        return self._pipelines.hub(self._models)


class UnfitTool(Tool):
    """A tool whose task or model cannot be: it stays in the list, says why, and can be mended."""

    kind = "model"

    def __init__(self, error: HearthError, id: str, name: str, titles: Mapping[str, str], about: Mapping[str, str]) -> None:
        self._error = error
        self.id = id
        self.titles = titles
        self.about = about
        self.spec = ToolSpec(name, about.get("en", ""), {"type": "object", "properties": {}})

    def unavailable(self) -> Sentences:
        return self._error.english, self._error.chinese

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Raises `ToolFailed`."""
        raise ToolFailed(self._error.english, self._error.chinese)


class _About(Mapping[str, str]):
    """What people are told of a tool, and behind it why it cannot run yet, as that is when they look."""

    def __init__(self, about: Mapping[str, str], lacking: Callable[[], HearthError | None]) -> None:
        self._about = about
        self._lacking = lacking

    def __getitem__(self, language: str) -> str:
        text, lacking = self._about[language], self._lacking()
        return f"{text} {lacking.sentence(language)}" if lacking else text

    def __iter__(self) -> Iterator[str]:
        return iter(self._about)

    def __len__(self) -> int:
        return len(self._about)


def check_stop(cancel: threading.Event) -> None:
    if cancel.is_set():
        raise ToolFailed("It was stopped.", "已停止。")
