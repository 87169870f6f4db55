"""Models as tools: one tool a task, the models behind them loaded when one is called and let go when memory is wanted.

A model runs on this machine, where its files are (they are never fetched here: that is for a maker to do on the Models page), or
at a hub, with that hub's secret. One model is loaded at a time, and those that rest longest go first. What this does not do: stop
a load that has begun; a call that gives up waiting leaves it to end, and the next call finds the model there.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from assistant.models import catalogue, devices, inference, runners
from assistant.models.base import ChatModel
from assistant.models.catalogue import called
from assistant.models.host import Loader
from assistant.models.inference import HUBS, Asking, Hub, SecretFor
from assistant.models.memory import ToolModel
from assistant.models.tasks import Task, find, tasks
from assistant.models.wording import Inputs, Runner
from assistant.modeltools import HubTool, LocalTool, UnfitTool, check_stop
from common.egress import Egress
from common.errors import HearthError, ModelLoadFailed, ModelMissing, ToolFailed
from tools.base import Media, Risk, SecretUse, Tool

_IDLE_S = 600.0
_LOOK_S = 0.1  # how often a call that waits looks at its cancel
_LOAD_S = 240.0  # how long a call waits for a model to load


@dataclass(eq=False, slots=True)
class _Held:
    """A model that is there or comes; `turn` is held by the call that runs it, for a model runs one at a time."""

    folder: Path
    way: str
    bytes: int = 0
    runner: Runner | None = None
    error: HearthError | None = None
    users: int = 0
    used: float = field(default_factory=time.monotonic)
    turn: threading.Lock = field(default_factory=threading.Lock)


class Pipelines:
    """The models that tools run, of one Hearth."""

    def __init__(
        self,
        *,
        offline: bool = False,
        egress: Egress | None = None,
        secret_for: SecretFor = lambda _name, _origin: None,
        hubs: Mapping[str, Hub] = HUBS,
        room: Callable[[], int] | None = None,
        idle_s: float = _IDLE_S,
        loader: Callable[[Path, str], Runner] = runners.load,
    ) -> None:
        """`room` says how many bytes a model may take now, beside those that are loaded; `loader` replaces the way they load."""
        self._offline = offline
        self._egress = egress or Egress()
        self._secret_for = secret_for
        self._hubs = hubs
        self._room = room or (lambda: devices.model_room(devices.room()))
        self._idle_s = idle_s
        self._loader = loader
        self._changed = threading.Condition()
        self._loading = threading.Lock()
        self._models: dict[tuple[Path, str], _Held] = {}
        self._timer: threading.Timer | None = None
        self._closed = False

    def tools(self) -> Sequence[Tool]:
        """A tool for each task, with its default model: on this machine, else at a hub."""
        return [
            self.tool(task=task.id, id=f"model-{task.id}", name=task.name, titles=_both(task.title), about=_both(task.about))
            for task in tasks()
        ]

    def tool(
        self,
        *,
        task: str,
        id: str,
        name: str,
        titles: Mapping[str, str],
        about: Mapping[str, str],
        model: str = "",
        risk: Risk = "reads",
    ) -> Tool:
        """A tool that does a task with a model: hf:, ms: or path: for one on this machine, hf-api: or ms-api: for one at a hub.

        "" is the task's own. Where `check` finds something wrong, the tool says that instead.
        """
        try:
            wanted, names, kind = self._fitting(task, model)
        except HearthError as error:
            return UnfitTool(error, id, name, titles, about)
        made = HubTool if kind in self._hubs else LocalTool
        return made(self, wanted, names, id, name, titles, about, risk)

    def check(self, task: str, model: str) -> None:
        """Raises `ToolError` for a task that is not there and `ModelMissing` for a model that can never do it."""
        self._fitting(task, model)

    def _fitting(self, task: str, model: str) -> tuple[Task, Sequence[str], str]:
        wanted = find(task)
        names = (model,) if model else wanted.local or wanted.remote
        return wanted, names, self._kind(wanted, names[0])

    def _kind(self, task: Task, model: str) -> str:
        """The first part of a model's name; raises `ModelMissing` where it can never do the task."""
        kind, _, repository = model.partition(":")
        if not _is_named(f"hf:{repository}" if kind in self._hubs else model):  # the hubs' names have one form
            raise ModelMissing(
                f"{model!r} is no model for a task. The forms are: hf:ORG/NAME, ms:ORG/NAME, path:FOLDER, hf-api:ORG/NAME, "
                "ms-api:ORG/NAME.",
                f"{model!r} 不是任务可用的模型。可用的写法：hf:组织/名称、ms:组织/名称、path:文件夹、hf-api:组织/名称、"
                "ms-api:组织/名称。",
            )
        if kind in self._hubs:
            if not inference.can(task, kind):
                raise ModelMissing(
                    f"{self._hubs[kind].title} has no way to do {task.title.en!r}. Choose a model on this machine for it.",
                    f"{self._hubs[kind].title} 不能做“{task.title.zh}”。请选择本机的模型。",
                )
        elif task.run == "draw":
            raise ModelMissing(
                f"{task.title.en!r} needs a model at a hub, such as {task.remote[0]!r}.",
                f"“{task.title.zh}”需要模型站上的模型，例如 {task.remote[0]!r}。",
            )
        return kind

    def making_room(self, loader: Loader) -> Loader:
        """A loader of the app's own model that lets the tools' models go first."""

        def load(*arguments: Any) -> ChatModel:
            self.unload()
            return loader(*arguments)

        return load

    def loaded(self) -> Sequence[ToolModel]:
        """The models in memory, those used longest ago first."""
        with self._changed:
            there = sorted((held for held in self._models.values() if held.runner), key=lambda held: held.used)
            place: Literal["gpu", "cpu"] = devices.room().kind
            return [ToolModel(called(held.folder), place, held.bytes, held.users > 0) for held in there]

    def unload(self) -> None:
        """Let every model go that no call uses: another part of Hearth wants the memory."""
        with self._changed:
            gone = [held for held in self._models.values() if held.runner and not held.users]
            self._let_go(gone)
        if gone:
            gone.clear()
            devices.free_memory()

    def close(self) -> None:
        """Let everything go, and load nothing any more."""
        with self._changed:
            self._closed = True
            if self._timer:
                self._timer.cancel()
            self._changed.notify_all()
        self.unload()

    def folder(self, names: Sequence[str]) -> Path:
        """Where the first of these models is that is on this machine. Raises `ToolFailed` where none is."""
        for name in names:
            try:
                found = catalogue.resolve(name, offline=True).path
            except ModelMissing as error:
                if name.startswith("path:"):
                    raise ToolFailed(error.english, error.chinese) from error
                continue
            if found is not None:
                return found
        raise _not_here(names[0], self._offline)

    def run(self, task: Task, folder: Path, inputs: Inputs, cancel: threading.Event) -> Any:
        """What the model in a folder gives; loads it first. Raises `ToolFailed` and what loading raises."""
        held = self._wait_for(task, folder, cancel)
        try:
            while not held.turn.acquire(timeout=_LOOK_S):
                check_stop(cancel)
            try:
                check_stop(cancel)
                assert held.runner is not None
                return held.runner(task, inputs, cancel)
            except HearthError:
                raise
            except Exception as error:  # whatever a model makes of what it is given; the log gets the traceback
                logging.getLogger(__name__).exception("running %s for %s", folder, task.id)
                raise _not_run(folder, error) from error
            finally:
                held.turn.release()
        finally:
            with self._changed:
                held.users -= 1
                held.used = time.monotonic()
                self._changed.notify_all()
            self._watch()

    def hub(self, models: Sequence[str]) -> tuple[str, str]:
        """The first of these models whose hub can be asked, and that hub's secret. Raises `ToolFailed` where none can."""
        first: ToolFailed | None = None
        for model in models:
            try:
                return model, self._key(model.partition(":")[0])
            except ToolFailed as error:
                first = first or error
        assert first is not None
        raise first

    def secrets(self, models: Sequence[str]) -> Sequence[SecretUse]:
        """What the hubs of these models want to be sent; of several, one is enough."""
        hubs = [self._hubs[kind] for kind in dict.fromkeys(model.partition(":")[0] for model in models)]
        return [SecretUse(hub.secret, hub.origin, required=len(hubs) == 1) for hub in hubs]

    def ask(self, task: Task, models: Sequence[str], inputs: Inputs, shown: Media | None, cancel: threading.Event) -> Any:
        """What the first of these models gives whose hub can be asked. Raises `ToolFailed`."""
        model, key = self.hub(models)
        kind, _, repository = model.partition(":")
        return Asking(self._hubs[kind], kind, repository, key, self._egress, cancel).answer(task, inputs, shown)

    def _key(self, kind: str) -> str:
        """The secret of a hub; raises `ToolFailed` where it cannot be asked."""
        hub = self._hubs[kind]
        if self._offline:
            raise ToolFailed(
                f"Hearth was started with --offline and asks {hub.title} nothing. Start it without that.",
                f"Hearth 以 --offline 启动，不会访问 {hub.title}。请去掉它重新启动。",
            )
        key = self._secret_for(hub.secret, hub.origin)
        if not key:
            raise ToolFailed(
                f"There is no secret {hub.secret!r} for {hub.origin}. "
                f"Enter an access token of {hub.title} on the Tools page, where this tool is opened.",
                f"没有用于 {hub.origin} 的密钥 {hub.secret!r}。请在“工具”页面打开这个工具，填写 {hub.title} 的访问令牌。",
            )
        return key

    def _wait_for(self, task: Task, folder: Path, cancel: threading.Event) -> _Held:
        """The model, loaded, counted as in use. Raises what its load raised, and `ToolFailed` when that takes too long."""
        way = runners.way_of(folder, task)
        ends = time.monotonic() + _LOAD_S
        with self._changed:
            held = self._models.get((folder, way))
            if held is None:
                held = self._models[folder, way] = _Held(folder, way)
                threading.Thread(target=self._load, args=(held,), name=f"load-{way}", daemon=True).start()
            held.users += 1
            try:
                while held.runner is None:
                    if held.error is not None:  # a fresh one each time: several calls may wait for this load
                        raise type(held.error)(held.error.english, held.error.chinese)
                    check_stop(cancel)
                    if time.monotonic() > ends or self._closed:
                        raise ToolFailed(
                            f"The model {called(folder)!r} is still being loaded. Ask again in a minute.",
                            f"模型 {called(folder)!r} 还在加载。请过一分钟再试。",
                        )
                    self._changed.wait(_LOOK_S)
            except BaseException:
                held.users -= 1
                raise
        return held

    def _load(self, held: _Held) -> None:
        with self._loading:
            try:
                held.bytes = runners.memory_need(held.folder)
                self._make_room(held)
                runner, error = self._loader(held.folder, held.way), None
            except HearthError as failure:
                runner, error = None, failure
            except Exception as bug:  # nobody would hear of it otherwise
                logging.getLogger(__name__).exception("loading %s", held.folder)
                runner, error = None, _not_run(held.folder, bug)
            with self._changed:
                held.runner, held.error, held.used = runner, error, time.monotonic()
                if error is not None or self._closed:
                    self._models.pop((held.folder, held.way), None)
                self._changed.notify_all()
        self._watch()

    def _make_room(self, held: _Held) -> None:
        """Let models go, those that rest longest first, until this one fits; raises `ModelLoadFailed` where it does not."""
        while held.bytes > self._room():
            with self._changed:
                resting = [other for other in self._models.values() if other.runner and not other.users]
                if not resting:
                    raise _too_large(held, self._room(), any(other.runner for other in self._models.values()))
                self._let_go([min(resting, key=lambda other: other.used)])
            del resting
            devices.free_memory()

    def _let_go(self, gone: Sequence[_Held]) -> None:
        for held in gone:
            self._models.pop((held.folder, held.way), None)
            held.runner = None

    def _watch(self) -> None:
        """Look again when the model that rests longest may go."""
        with self._changed:
            if self._closed or (self._timer is not None and self._timer.is_alive()):
                return
            resting = [held.used for held in self._models.values() if held.runner and not held.users]
            if not resting:
                return
            self._timer = threading.Timer(max(0.01, min(resting) + self._idle_s - time.monotonic()), self._sweep)
            self._timer.daemon = True
            self._timer.start()

    def _sweep(self) -> None:
        with self._changed:
            before = time.monotonic() - self._idle_s
            gone = [held for held in self._models.values() if held.runner and not held.users and held.used <= before]
            self._let_go(gone)
            self._timer = None
        if gone:
            gone.clear()
            devices.free_memory()
        self._watch()


def _is_named(model: str) -> bool:
    """Whether a name is of a form that files of a model go by."""
    try:
        return catalogue.parse(model).kind in ("hf", "ms", "path")
    except ModelMissing:
        return False


def _both(text: Any) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}


def _not_here(name: str, offline: bool) -> ToolFailed:
    if offline:
        return ToolFailed(
            f"The model {name!r} is not on this machine, and Hearth runs with --offline. Start it without that to download it.",
            f"本机没有模型 {name!r}，而 Hearth 以 --offline 启动。请去掉它重新启动，再下载。",
        )
    return ToolFailed(
        f"The model {name!r} is not on this machine. Download it on the Models page.",
        f"本机没有模型 {name!r}。请在“模型”页下载。",
    )


def _not_run(folder: Path, error: Exception) -> ToolFailed:
    return ToolFailed(
        f"The model {called(folder)!r} failed ({type(error).__name__}). Try a shorter or simpler input, or another model.",
        f"模型 {called(folder)!r} 运行出错（{type(error).__name__}）。请缩短或简化输入，或换一个模型。",
    )


def _too_large(held: _Held, room: int, busy: bool) -> ModelLoadFailed:
    need, free = f"{held.bytes / 1e9:.1f} GB", f"{max(0, room) / 1e9:.1f} GB"
    if busy:
        return ModelLoadFailed(
            f"The model {called(held.folder)!r} needs {need}, and other models use the memory now. Try again in a moment.",
            f"模型 {called(held.folder)!r} 需要 {need}，内存正被其他模型占用。请稍后再试。",
        )
    return ModelLoadFailed(
        f"The model {called(held.folder)!r} needs {need} of memory, and {free} may be used. Choose a smaller one.",
        f"模型 {called(held.folder)!r} 需要 {need} 内存，而可用的只有 {free}。请换一个小一点的模型。",
    )
