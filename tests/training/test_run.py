"""A recipe from its name to a model that can be chosen: the run's folder, going on, the command, and what it refuses."""

import json
import threading

import pytest

from assistant.messages import Message
from assistant.models import catalogue, host
from assistant.models.base import GenerationOptions, UsageChunk
from common.errors import HearthError, ModelLoadFailed
from tests.assistant.models.tiny import make_network, make_tokenizer
from training.__main__ import main
from training.conversation import read_conversations
from training.run import run

TOOLS = {
    "getRain": ("Tell how much rain fell", "Weather/Rain", "town"),
    "getWind": ("Tell how the wind blows", "Weather/Wind", "town"),
    "bookFerry": ("Book a place on a ferry", "Travel/Sea", "harbour"),
    "countSheep": ("Count the sheep of a farm", "Farming/Sheep", "farm"),
}


def request(id, tool, value):
    text = f"{TOOLS[tool][0]} for {value}."
    return {"id": id, "query": text, "calling": [{"api": tool, "parameters": {TOOLS[tool][2]: value}, "responses": []}]}


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "public" / "sealtools"
    folder.mkdir(parents=True)
    tools = [
        {
            "api_name": name,
            "api_description": about,
            "field": field,
            "parameters": {argument: {"type": "str", "description": f"The {argument}"}},
            "required": [argument],
        }
        for name, (about, field, argument) in TOOLS.items()
    ]
    splits = {
        "tool": tools,
        "dev": [request(f"dev-{town}", "getRain", town) for town in ("Bergen", "Oslo", "Lund", "Kiel")],
        "test_in_domain": [request(f"in-{farm}", "countSheep", farm) for farm in ("Hill", "Dale", "Moor")],
        "test_out_domain": [request("out-1", "bookFerry", "Hull")],
    }
    for name, rows in splits.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path / "public"


@pytest.fixture
def base(tmp_path):
    tokenizer = make_tokenizer()
    make_network(tokenizer).save_pretrained(tmp_path / "tiny")
    tokenizer.save_pretrained(tmp_path / "tiny")
    return f"path:{tmp_path / 'tiny'}"


def test_a_run_leaves_everything_that_repeats_it_and_a_model_that_can_be_chosen(data, base, tmp_path):
    steps = []
    result = run("wlm-negatives", data, base, tmp_path / "run", tmp_path / "home", told=steps.append)
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        "adapter",
        "conversations.jsonl",
        "loss.png",
        "progress.jsonl",
        "recipe.json",
        "versions.json",
    }
    assert json.loads((tmp_path / "run" / "versions.json").read_text())["base"] == base
    assert json.loads((result / "adapter_config.json").read_text())["base_model_name_or_path"] == base
    assert not (result / "README.md").exists()
    learnt = list(read_conversations(tmp_path / "run" / "conversations.jsonl"))
    assert "bookFerry" not in str([conversation.tools for conversation in learnt])
    assert steps[-1].step == steps[-1].steps

    name = f"path:{result}"
    info = catalogue.resolve(name).info
    assert info.title == "tiny · run"
    assert info.tools
    model = host.load(name, tmp_path / "home", True, lambda *_: None, lambda _: None)
    try:
        chunks = list(model.stream([Message("user", "Hi")], (), GenerationOptions(max_tokens=3), threading.Event()))
        assert isinstance(chunks[-1], UsageChunk)
    finally:
        model.close()


def test_the_command_tells_each_step_and_where_the_result_lies(data, base, tmp_path, capsys):
    words = ["run", "wlm-plain", "--data", str(data), "--base", base, "--out", str(tmp_path / "run"), "--home", str(tmp_path)]
    assert main(words) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1] == {"done": str(tmp_path / "run" / "adapter")}
    assert {"step", "steps", "loss", "tokens_per_second", "seconds_left"} <= lines[0].keys()


@pytest.mark.parametrize(
    ("name", "told"),
    [("builtin2", "cannot be tuned"), ("path:", "cannot be tuned"), ("path:nowhere", "There is no model")],
)
def test_what_cannot_be_tuned_is_refused_in_a_sentence(data, tmp_path, capsys, name, told):
    assert main(["run", "wlm-plain", "--data", str(data), "--base", name, "--out", str(tmp_path / "run")]) == 1
    assert told in capsys.readouterr().err


def test_data_that_is_not_there_is_refused_before_a_base_is_loaded(base, tmp_path):
    with pytest.raises(HearthError, match="cannot be read as Seal-Tools data"):
        run("wlm-plain", tmp_path, base, tmp_path / "run", tmp_path)
    assert not (tmp_path / "run" / "conversations.jsonl").exists()


def test_an_adapter_without_its_base_is_told(data, base, tmp_path):
    result = run("wlm-plain", data, base, tmp_path / "run", tmp_path)
    (result / "tuned.json").unlink()
    with pytest.raises(ModelLoadFailed, match="does not say which model"):
        catalogue.resolve(f"path:{result}")
