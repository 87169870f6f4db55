"""The real app with a scripted model, as a process of its own: `python tests/browser/serve.py DATA PORT [hosted]`.

Everything but the model and the embedder is what people get, the voice included. The process refuses every socket that leaves
this machine and says so in its log, which the tests read.
"""

import ipaddress
import json
import os
import re
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))
os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", GRADIO_ANALYTICS_ENABLED="False", ANONYMIZED_TELEMETRY="False")

from assistant.messages import Message, ToolCall
from assistant.models import devices
from assistant.models.base import CallChunk, ChatModel, ModelChunk, ModelInfo, TextChunk
from assistant.models.catalogue import ModelName, cache_folders
from assistant.models.devices import Room
from assistant.models.host import Loader
from assistant.models.hubs import HubFile, Plan, Told
from assistant.models.local import Progress
from assistant.models.scripted import ScriptedModel
from assistant.settings import Settings
from assistant.studio import build_studio
from common.errors import ModelLoadFailed
from retrieval.embedding import HashEmbedder
from server.app import create_app, serve
from tests.media import Measure, giving, tower, wav, with_tools
from tools.base import Media, Tool, ToolSpec

INFO = ModelInfo("scripted", "Scripted", frozenset({"en", "zh"}), tools=True, grounding=True, context_tokens=100_000)

RICH = """Here is **bold** text, a [link](https://example.org/page), and

| days | years |
|-----:|-------|
| 10   | one   |

```python
def greet(name):
    return f"hello {name}"
```

$$\\frac{1}{3} + \\alpha$$
"""


def answer(messages: Sequence[Message], tools: Sequence[ToolSpec]) -> Iterator[ModelChunk]:
    """What the double says, by a word in what it was asked."""
    said = messages[-1].text
    asked = next(message.text for message in reversed(messages) if message.role == "user")
    if messages[-1].role == "tool":
        yield from _words(f"The tool says {said[:60]}.")
    elif count := re.search(r"count to (\d+)", asked):
        yield from _words(" ".join(f"n{number}" for number in range(1, int(count[1]) + 1)) + " end.")
    elif "look at the clock" in asked and tools:
        name = next((tool.name for tool in tools if "time" in tool.name or "clock" in tool.name), tools[0].name)
        yield CallChunk(ToolCall("call-1", name, {}))
    elif "draw" in asked and tools:
        yield CallChunk(ToolCall("call-1", "draw", {}))
    elif "measure" in asked and tools:
        yield CallChunk(ToolCall("call-1", "measure", {"of": "picture 1"}))
    elif (note := re.search(r"write down (.+)", asked)) and tools:
        arguments = {"text": note[1], "tags": ["home", "today"], "copies": 1}
        yield CallChunk(ToolCall("call-1", "save_note", arguments))
    elif (renewal := re.search(r"renew my ECS instance (\S+) for (\d+) months", asked)) and tools:
        yield CallChunk(ToolCall("call-1", "renew_instance", {"id": renewal[1], "months": int(renewal[2])}))
    elif ordered := re.search(r"call (\w+) with (\{.*?\})", asked):
        offered = [tool.name for tool in tools]
        if ordered[1] in offered:
            yield CallChunk(ToolCall("call-1", ordered[1], json.loads(ordered[2])))
        else:
            yield from _words(f"I was given {', '.join(offered) or 'no tool'}.")
    elif "leave" in asked or "年假" in asked:
        yield from _words("满一年的员工每年有十天年假 [1]。" if "年假" in asked else "There are ten days of annual leave [1].")
    elif "rich" in asked:
        yield TextChunk(RICH)
    elif "echo:" in asked:
        yield TextChunk(asked.partition("echo:")[2])
    else:
        yield from _words("我在。先喝口水，慢慢说，我陪你。")


def save_note(text: str, tags: list[str], copies: int = 1) -> str:
    """Write something down."""
    return f"Written down {copies} times: {text} ({', '.join(tags)})"


def loader(first: ScriptedModel) -> Loader:
    """Loads doubles by any name; one with "broken" in it fails with a reason, "scripted" is the one the app began with."""

    def load(name: str, data: Path, offline: bool, progress: Progress, describe: Callable[[ModelInfo], None]) -> ChatModel:
        if "broken" in name:
            raise ModelLoadFailed("It needs 70 GB and 8 GB are free.", "它需要 70 GB，只剩 8 GB。")
        if name.rpartition("#")[2] == first.info.name:
            return first
        title = name.rpartition("#")[2]
        return ScriptedModel([f"I am {title}."] * 100, replace(INFO, name=name, title=title))

    return load


class SlowHub:
    """Has every model there is, of one file, and brings it in so many seconds; at `waits_at` bytes it waits for a pause."""

    def __init__(self, seconds: float, waits_at: int = 0) -> None:
        self._pause_s = seconds / 80
        self._waits_at = waits_at
        self._here: dict[str, int] = {}

    def plan(self, name: ModelName) -> Plan:
        return Plan(name, "main", (HubFile("model.safetensors", 8_000_000),))

    def present(self, plan: Plan, file: HubFile) -> int:
        return self._here.get(str(plan.name), 0)

    def fetch(self, plan: Plan, file: HubFile, told: Told) -> None:
        begun_at = self.present(plan, file)
        for size in range(begun_at, file.size + 1, 100_000):
            time.sleep(self._pause_s)
            self._here[str(plan.name)] = size
            told(size)
            while not begun_at and size == self._waits_at:
                time.sleep(self._pause_s)
                told(size)

    def finish(self, plan: Plan) -> None:
        folder = cache_folders(plan.name)[0]
        folder.mkdir(parents=True)
        (folder / "config.json").write_text("{}")
        (folder / "model.safetensors").write_bytes(b"weights")

    def discard(self, plan: Plan) -> None:
        self._here.clear()


def _words(text: str) -> Iterator[ModelChunk]:
    for word in re.findall(r"\S+\s*", text):
        yield TextChunk(word)


def _refuse_the_world() -> None:
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _loopback(address[0]):
            sys.stderr.write(f"REFUSED {address!r}\n")
            sys.stderr.flush()
            raise OSError(f"refused {address!r}")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign,assignment]


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def main(data: str, port: str, where: str = "here") -> None:
    """`hosted` makes a visitor of everyone, as on a Space; with `media` GG has tools that give and take pictures and sounds."""
    _refuse_the_world()
    settings = Settings(port=int(port), data=Path(data), embedder="hash", offline=True)
    if where == "hosted":
        settings = replace(settings, hosted="huggingface", token="a-makers-secret")
    model = ScriptedModel([answer] * 1000, INFO, delay_s=0.02)
    os.environ["HF_HUB_CACHE"] = os.environ["MODELSCOPE_CACHE"] = str(Path(data) / "hub")
    devices.machine = lambda: Room("cpu", "", 32 << 30, 24 << 30)  # what fits here is the same on every machine
    hubs = {"hf": SlowHub(6, waits_at=4_000_000), "ms": SlowHub(60)}
    studio = build_studio(settings, model=model, embedder=HashEmbedder(), loader=loader(model), hubs=hubs)
    if where == "media":
        with_tools(studio, giving(Media(tower(), "image/png", "tower.png"), Media(wav(2), "audio/wav", "bell.wav")), Measure())
    notebook = Tool.from_function(save_note, titles={"en": "Notebook", "zh": "记事本"}, risk="writes")
    notebook.about = {"en": "Writes something down.", "zh": "记下一些内容。"}
    studio.tools.register(notebook)
    try:
        serve(create_app(studio), settings)
    finally:
        studio.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
