"""Keeps the app's one model: loads it behind the page, says how far it is, hands it to whoever waits, and changes it for another.

A host never falls back to another model by itself: what fails is said, with what to do; `retry` tries again, `switch` goes back.
The old model is let go before the new one loads, because the two seldom fit side by side.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, Protocol, Self, runtime_checkable

from assistant.messages import Message
from assistant.models import builtin, catalogue, devices
from assistant.models.base import Cancel, ChatModel, GenerationOptions, ModelChunk, ModelInfo, estimate_tokens
from assistant.models.local import LocalModel, Progress
from assistant.models.merging import is_adapter, read_tuned
from assistant.models.remote import Reach, RemoteModel
from common.errors import GenerationFailed, HearthError, ModelLoadFailed
from tools.base import ToolSpec

_LOOK_S = 0.1  # how often a turn that waits for the model looks at its cancel
_GRACE_S = 15.0  # how long answers under way may hold up another model

Loader = Callable[[str, Path, bool, Progress, Callable[[ModelInfo], None]], ChatModel]
"""Loads a model: its name, the data folder, offline or not, whom to tell of progress and, once known, of what the model is."""


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """How far the model is: `fraction` in [0, 1]; `seconds_left` an estimate, None while there is nothing to go by.

    While another model takes over, `finishing` counts the answers that the old one still writes; `previous` is the name of the
    model that worked before, "" for none.
    """

    state: Literal["loading", "ready", "failed"]
    name: str
    title: str
    fraction: float
    seconds_left: float | None = None
    error: HearthError | None = None
    finishing: int = 0
    previous: str = ""


@runtime_checkable
class _Closable(Protocol):
    def close(self) -> None: ...


@dataclass(eq=False, slots=True)
class _Held:
    """A model that is there, and how many answers it is writing."""

    model: ChatModel
    users: int = 0
    retired: bool = False


class ModelHost:
    """One model, loading or loaded."""

    def __init__(
        self,
        name: str,
        data: Path,
        *,
        offline: bool = False,
        loader: Loader | None = None,
        remember: Callable[[str], None] | None = None,
        grace_s: float = _GRACE_S,
    ) -> None:
        """`remember` is told the name of each model that was switched to and works; `grace_s` is for `switch`."""
        self._name = name
        self._data = data
        self._offline = offline
        self._loader = loader or load
        self._remember = remember
        self._grace_s = grace_s
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._held: _Held | None = None
        self._leaving: _Held | None = None
        self._info: ModelInfo | None = None
        self._error: HearthError | None = None
        self._previous = ""
        self._switched = False
        self._fraction = 0.0
        self._began = self._told = time.monotonic()  # when the load began, and last said how far it is
        self._closed = False

    @classmethod
    def holding(
        cls,
        model: ChatModel,
        data: Path = Path(),
        *,
        loader: Loader | None = None,
        remember: Callable[[str], None] | None = None,
        grace_s: float = _GRACE_S,
    ) -> Self:
        """A host of a model that is loaded already."""
        host = cls(model.info.name, data, loader=loader, remember=remember, grace_s=grace_s)
        host._held, host._info, host._fraction = _Held(model), model.info, 1.0
        return host

    @property
    def info(self) -> ModelInfo | None:
        """What the model is: known before it has loaded where its name tells; None until then."""
        with self._changed:
            return self._info

    @property
    def model(self) -> ChatModel | None:
        """The model, if it is there."""
        with self._changed:
            return self._held.model if self._held else None

    def start(self) -> None:
        """Begin to load in the background; does nothing while a load runs or a model is there."""
        with self._changed:
            if self._held is None:
                self._begin()

    def retry(self) -> None:
        """Load again after a failure."""
        self.start()

    def switch(self, name: str) -> None:
        """Let the model go and load another in its place, in the background.

        Answers under way may go on for `grace_s` seconds and are broken off then; new ones wait for the new model. A load under
        way cannot be stopped: what it brings is let go when it ends. Does nothing for the model that is there or being loaded.
        """
        with self._changed:
            if self._closed or (self._error is None and name in (self._name, self._info.name if self._info else "")):
                return
            if self._held is not None:
                self._previous = self._held.model.info.name
                self._held.retired = True
                self._leaving, self._held = self._held, None
            self._name, self._info, self._error, self._switched = name, _known(name), None, True
            self._begin()
            self._changed.notify_all()

    def has(self, name: str) -> bool:
        """Whether this is the model that is there or being loaded, whatever its bits and revision."""
        with self._changed:
            return self._error is None and _bare(name) in (_bare(self._name), _bare(self._info.name) if self._info else "")

    def status(self) -> ModelStatus:
        with self._changed:
            name = self._info.name if self._info else self._name
            title = self._info.title if self._info else _title(self._name)
            if self._held is not None:
                return ModelStatus("ready", name, title, 1.0, 0.0)
            finishing = self._leaving.users if self._leaving else 0
            if self._error is not None:
                return ModelStatus("failed", name, title, self._fraction, None, self._error, finishing, self._previous)
            return ModelStatus(
                "loading", name, title, self._fraction, self._seconds_left(), finishing=finishing, previous=self._previous
            )

    def wait(self, timeout: float | None = None) -> ChatModel:
        """The model, once it has loaded; raises the error of the load, or `ModelLoadFailed` after `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(self._settled, timeout)
            return self._there().model

    def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: GenerationOptions, cancel: Cancel
    ) -> Iterator[ModelChunk]:
        """What the model writes, once it has loaded; nothing when `cancel` is set before that.

        Raises what `wait` does, and `GenerationFailed` when another model took the place of the one that was writing.
        """
        with self._changed:
            while not self._changed.wait_for(self._settled, _LOOK_S):
                if cancel.is_set():
                    return
            held = self._there()
            held.users += 1
        try:
            yield from held.model.stream(messages, tools, options, cancel)
        except GenerationFailed as error:
            if not held.retired:
                raise
            raise GenerationFailed(
                "The model was changed while this was being written. Ask again for the rest.",
                "写到一半时换了模型。需要其余内容请重新生成。",
            ) from error
        finally:
            with self._changed:
                held.users -= 1
                self._changed.notify_all()

    def close(self) -> None:
        """Let the model go; a load under way is let go when it ends."""
        with self._changed:
            self._closed = True
            held, self._held = self._held, None
            self._changed.notify_all()
        if held is not None:
            _let_go(held.model)

    def _settled(self) -> bool:
        return self._held is not None or self._error is not None or self._closed

    def _there(self) -> _Held:
        if self._held is not None:
            return self._held
        # A fresh error each time: one object raised in many threads would gather all their tracebacks.
        if self._error is not None:
            raise type(self._error)(self._error.english, self._error.chinese)
        raise ModelLoadFailed(
            f"The model {self._name!r} is not ready yet. Wait a moment, then send the message again.",
            f"模型 {self._name!r} 还没准备好。请稍等片刻再发送。",
        )

    def _begin(self) -> None:
        """Start the thread that loads `_name`, if none runs: one that does looks at the name again when it is done."""
        self._error, self._fraction, self._began = None, 0.0, time.monotonic()
        self._told = self._began
        if self._closed or (self._thread is not None and self._thread.is_alive()):
            return
        self._thread = threading.Thread(target=self._work, name="model-loader", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        """Load what is wanted, and again as long as something else is wanted by then."""
        while True:
            self._retire()
            with self._changed:
                name = self._name
            model, failure = self._attempt(name)
            with self._changed:
                works = self._switched and model is not None and not self._closed and name == self._name
            if works and self._remember is not None:
                self._remember(name)  # before anybody is told: a switch that comes then is remembered after this one
            devices.free_memory()  # what loading itself took
            with self._changed:
                wanted = not self._closed and name == self._name
                if wanted:
                    self._held, self._error = _Held(model) if model else None, failure
                    self._info = model.info if model else self._info
                    # From here on another switch must begin a thread of its own.
                    self._thread = None
                done = wanted or self._closed
                self._changed.notify_all()
            if not wanted and model is not None:
                _let_go(model)
            del model
            if done:
                return

    def _retire(self) -> None:
        """Wait for the answers of the model that leaves, not for long, and free its memory."""
        with self._changed:
            leaving = self._leaving
            if leaving is None:
                return
            self._changed.wait_for(partial(self._left, leaving), self._grace_s)
            self._leaving = None
            self._began = self._told = time.monotonic()
        _let_go(leaving.model)
        del leaving
        devices.free_memory()

    def _left(self, held: _Held) -> bool:
        return held.users == 0 or self._closed

    def _attempt(self, name: str) -> tuple[ChatModel | None, HearthError | None]:
        def describe(info: ModelInfo) -> None:
            with self._changed:
                if name == self._name:
                    self._info = info

        def progress(fraction: float, _stage: str) -> None:
            with self._changed:
                if name == self._name:
                    self._fraction = max(self._fraction, min(fraction, 1.0))
                    self._told = time.monotonic()

        try:
            return self._loader(name, self._data, self._offline, progress, describe), None
        except HearthError as error:
            return None, error
        except Exception as error:  # a bug: the log gets its traceback, and nobody waits for ever
            logging.getLogger(__name__).exception("loading %s", name)
            return None, ModelLoadFailed(
                f"The model {name!r} did not load ({type(error).__name__}). The log has the details.",
                f"模型 {name!r} 加载失败（{type(error).__name__}）。详情见日志。",
            )

    def _seconds_left(self) -> float | None:
        """From the pace up to the last report, less the time since then."""
        if self._fraction < 0.05:
            return None
        at_report = (self._told - self._began) * (1 - self._fraction) / self._fraction
        return max(1.0, at_report - (time.monotonic() - self._told))


@dataclass(frozen=True, slots=True)
class Hosted:
    """The host's model as a `ChatModel` that can be asked before it has loaded: its `stream` waits."""

    host: ModelHost

    @property
    def info(self) -> ModelInfo:
        return self.host.info or self.host.wait().info

    def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: GenerationOptions, cancel: Cancel
    ) -> Iterator[ModelChunk]:
        yield from self.host.stream(messages, tools, options, cancel)

    def count_tokens(self, text: str) -> int:
        """While the model loads an upper estimate: only `stream` waits, because only it can be stopped."""
        model = self.host.model
        return model.count_tokens(text) if model is not None else estimate_tokens(text)


def load(
    name: str,
    data: Path,
    offline: bool,
    progress: Progress,
    describe: Callable[[ModelInfo], None],
    *,
    reach: Callable[[str], Reach] = lambda _: Reach(),
) -> ChatModel:
    """Load the model of a name; raises `ModelMissing`, `ModelLoadFailed` or `StorageFailed`.

    A name that points to a hub is itself the wish to download it, unless `offline`. `reach` says how a server is spoken to.
    """
    source = catalogue.resolve(name, offline=offline, allow_download=True, progress=progress)
    describe(source.info)
    if source.name.kind == "openai":
        how = reach(str(source.name))
        return RemoteModel(source.name.value, source.name.detail, api_key=how.key, info=source.info, public_only=not how.private)
    if source.path is None:
        return builtin.load(data, progress=progress)
    if is_adapter(source.path):
        return _load_tuned(source.path, source.info, data, progress)
    return LocalModel.load(source.path, source.info, progress=progress, bits=source.name.bits)


def _load_tuned(adapter: Path, info: ModelInfo, data: Path, progress: Progress) -> ChatModel:
    """The model that an adapter belongs to, with the adapter in its weights."""
    base = catalogue.resolve(read_tuned(adapter).base, offline=True)
    if base.path is None:
        return builtin.load(data, adapter=adapter, info=info, progress=progress)
    return LocalModel.load(base.path, info, adapter=adapter, progress=progress)


def _bare(name: str) -> str:
    return name if name.startswith("openai:") else name.partition("?bits=")[0].partition("@")[0]


def _known(name: str) -> ModelInfo | None:
    """What can be said of a model before it has loaded, so that nobody need wait for that."""
    try:
        return None if name == "auto" else catalogue.resolve(name, offline=True).info
    except HearthError:
        return None


def _title(name: str) -> str:
    """What a model is called before anything is known of it."""
    try:
        parsed = catalogue.parse(name)
    except HearthError:
        return name
    return name if parsed.kind == "auto" else catalogue.describe(parsed).title


def _let_go(model: ChatModel) -> None:
    if isinstance(model, _Closable):
        model.close()
