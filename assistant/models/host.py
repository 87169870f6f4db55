"""Keeps the app's one model: loads it behind the page, says how far it is, and hands it to whoever waits.

A host never falls back to another model by itself: what fails is said, with what to do, and `retry` tries again.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from assistant.models import builtin, catalogue
from assistant.models.base import ChatModel, ModelInfo
from assistant.models.local import LocalModel, Progress
from assistant.models.remote import RemoteModel
from common.errors import HearthError, ModelLoadFailed

Loader = Callable[[str, Path, bool, Progress, Callable[[ModelInfo], None]], ChatModel]
"""Loads a model: its name, the data folder, offline or not, whom to tell of progress and, once known, of what the model is."""


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """How far the model is: `fraction` in [0, 1]; `seconds_left` an estimate, None while there is nothing to go by."""

    state: Literal["loading", "ready", "failed"]
    name: str
    title: str
    fraction: float
    seconds_left: float | None = None
    error: HearthError | None = None


class ModelHost:
    """One model, loading or loaded."""

    def __init__(
        self, name: str, data: Path, *, offline: bool = False, loader: Loader | None = None, api_key: str | None = None
    ) -> None:
        self._name = name
        self._data = data
        self._offline = offline
        self._loader = loader or (lambda *told: load(*told, api_key=api_key))
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._model: ChatModel | None = None
        self._info: ModelInfo | None = None
        self._error: HearthError | None = None
        self._fraction = 0.0
        self._began = self._told = time.monotonic()  # when the load began, and last said how far it is
        self._closed = False

    @classmethod
    def holding(cls, model: ChatModel) -> Self:
        """A host of a model that is loaded already."""
        host = cls(model.info.name, Path())
        host._model, host._info, host._fraction = model, model.info, 1.0
        return host

    @property
    def info(self) -> ModelInfo | None:
        """What the model is: known before it has loaded where its name tells; None until then."""
        with self._changed:
            return self._info

    def start(self) -> None:
        """Begin to load in the background; does nothing while a load runs or a model is there."""
        with self._changed:
            if self._model is not None or self._closed or (self._thread is not None and self._thread.is_alive()):
                return
            self._error, self._fraction, self._began = None, 0.0, time.monotonic()
            self._thread = threading.Thread(target=self._load, name="model-loader", daemon=True)
            self._thread.start()

    def retry(self) -> None:
        """Load again after a failure."""
        self.start()

    def status(self) -> ModelStatus:
        with self._changed:
            name = self._info.name if self._info else self._name
            title = self._info.title if self._info else self._name
            if self._model is not None:
                return ModelStatus("ready", name, title, 1.0, 0.0)
            if self._error is not None:
                return ModelStatus("failed", name, title, self._fraction, None, self._error)
            return ModelStatus("loading", name, title, self._fraction, self._seconds_left())

    def wait(self, timeout: float | None = None) -> ChatModel:
        """The model, once it has loaded; raises the error of the load, or `ModelLoadFailed` after `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._model or self._error or self._closed, timeout)
            if self._model is not None:
                return self._model
            # A fresh error each time: one object raised in many threads would gather all their tracebacks.
            if self._error is not None:
                raise type(self._error)(self._error.english, self._error.chinese)
        raise ModelLoadFailed(
            f"The model {self._name!r} is not ready yet. Wait a moment, then send the message again.",
            f"模型 {self._name!r} 还没准备好。请稍等片刻再发送。",
        )

    def close(self) -> None:
        """Let the model go; a load under way is let go when it ends."""
        with self._changed:
            self._closed = True
            model, self._model = self._model, None
            self._changed.notify_all()
        _close(model)

    def _load(self) -> None:
        model: ChatModel | None = None
        failure: HearthError | None = None
        try:
            model = self._loader(self._name, self._data, self._offline, self._progress, self._describe)
        except HearthError as error:
            failure = error
        except Exception as error:  # a bug: the log gets its traceback, and nobody waits for ever
            logging.getLogger(__name__).exception("loading %s", self._name)
            failure = ModelLoadFailed(
                f"The model {self._name!r} did not load ({type(error).__name__}). The log has the details.",
                f"模型 {self._name!r} 加载失败（{type(error).__name__}）。详情见日志。",
            )
        with self._changed:
            closed = self._closed
            if not closed:
                self._model, self._error = model, failure
                self._info = model.info if model else self._info
            self._changed.notify_all()
        if closed:
            _close(model)

    def _progress(self, fraction: float, _stage: str) -> None:
        with self._changed:
            self._fraction = max(self._fraction, min(fraction, 1.0))
            self._told = time.monotonic()

    def _seconds_left(self) -> float | None:
        """From the pace up to the last report, less the time since then."""
        if self._fraction < 0.05:
            return None
        at_report = (self._told - self._began) * (1 - self._fraction) / self._fraction
        return max(1.0, at_report - (time.monotonic() - self._told))

    def _describe(self, info: ModelInfo) -> None:
        with self._changed:
            self._info = info


def load(
    name: str,
    data: Path,
    offline: bool,
    progress: Progress,
    describe: Callable[[ModelInfo], None],
    *,
    api_key: str | None = None,
) -> ChatModel:
    """Load the model of a name; raises `ModelMissing`, `ModelLoadFailed` or `StorageFailed`.

    A name that points to a hub is itself the wish to download it, unless `offline`.
    """
    source = catalogue.resolve(name, offline=offline, allow_download=True, progress=progress)
    describe(source.info)
    if source.name.kind == "openai":
        return RemoteModel(source.name.value, source.name.detail, api_key=api_key, info=source.info)
    if source.path is None:
        return builtin.load(data, progress=progress)
    return LocalModel.load(source.path, source.info, progress=progress)


def _close(model: ChatModel | None) -> None:
    if isinstance(model, LocalModel | RemoteModel):
        model.close()
