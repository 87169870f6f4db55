"""The Berkeley leaderboard's files, its figures by hand, and the command on a small set of our own."""

import json
from dataclasses import replace

import pytest

from assistant.messages import ToolCall
from assistant.models.base import CallChunk, ThinkingChunk
from assistant.models.scripted import ScriptedModel
from common.errors import HearthError
from evaluation import __main__ as command
from evaluation import runner
from evaluation.readers.bfcl import read_category, schema
from evaluation.task import Options
from evaluation.tasks import bfcl

ADD = {
    "name": "math.add",
    "description": "Add numbers",
    "parameters": {
        "type": "dict",
        "properties": {"a": {"type": "integer"}, "b": {"type": "float"}, "label": {"type": "string"}},
        "required": ["a", "b"],
    },
}
HUM = {"name": "hum", "description": "Hum a tune", "parameters": {"type": "dict", "properties": {}, "required": []}}


def sample(name, text, *functions):
    return {"id": name, "question": [[{"role": "user", "content": text}]], "function": list(functions)}


FILES = {
    "simple_python": [
        (sample("simple_0", "2 plus 3", ADD), [{"math.add": {"a": [2], "b": [3.0], "label": [""]}}]),
        (sample("simple_1", "4 plus 5, call it x", ADD), [{"math.add": {"a": [4], "b": [5.0], "label": ["x"]}}]),
    ],
    "multiple": [(sample("multiple_0", "hum, please", ADD, HUM), [{"hum": {}}])],
    "parallel_multiple": [
        (sample("parallel_0", "hum and 1 plus 1", ADD, HUM), [{"math.add": {"a": [1], "b": [1.0], "label": [""]}}, {"hum": {}}])
    ],
    "irrelevance": [(sample("irrelevance_0", "Who are you?", ADD), None), (sample("irrelevance_1", "Tell a joke", HUM), None)],
    "live_relevance": [(sample("live_relevance_0", "add something", ADD), None)],
    "multi_turn_base": [({"id": "multi_turn_base_0"}, None)],
    "simple_java": [({"id": "simple_java_0"}, None)],
}


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "small"
    (folder / "possible_answer").mkdir(parents=True)
    for category, samples in FILES.items():
        name = f"BFCL_v4_{category}.json"
        (folder / name).write_text("\n".join(json.dumps(line) for line, _ in samples), encoding="utf-8")
        if samples[0][1] is not None:
            answers = [json.dumps({"id": line["id"], "ground_truth": gold}) for line, gold in samples]
            (folder / "possible_answer" / name).write_text("\n".join(answers), encoding="utf-8")
    return folder


def call(name, **arguments):
    return CallChunk(ToolCall("1", name, arguments))


REPLIES = {
    "2 plus 3": [call("math_add", a=2, b=3)],
    "4 plus 5, call it x": [call("math_add", a=4, b=5.0)],  # without the label that was asked for
    "hum, please": [ThinkingChunk('{"name": hum', unread=True)],
    "hum and 1 plus 1": [call("hum"), call("math_add", a=1, b="1")],  # b is no number
    "Who are you?": ["A friend."],
    "Tell a joke": [call("hum")],
    "add something": [call("math_add", a=1, b=1)],
}


def written(messages, _):
    steps = REPLIES[messages[-1].text]
    return steps[0] if isinstance(steps[0], str) else steps


def test_the_reader_gives_tools_in_the_form_that_models_take(folder):
    first = read_category(folder, "simple_python")[0]
    assert first.messages[0].text == "2 plus 3"
    tool = first.tools[0]
    assert tool.name == "math_add"
    assert tool.parameters == {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "number"}, "label": {"type": "string"}},
        "required": ["a", "b"],
    }
    assert first.answers == (("math_add", {"a": [2], "b": [3.0], "label": [""]}),)


def test_types_become_json_schema():
    declared = {
        "type": "dict",
        "properties": {
            "pair": {"type": "tuple", "items": {"type": "float"}, "description": "two"},
            "any": {"type": "any"},
            "kind": {"type": "string", "enum": ["a", "b"], "default": "a", "optional": True},
            "inner": {"type": "dict", "properties": {"x": {"type": "long"}}, "required": ["x"]},
        },
        "required": True,
    }
    assert schema(declared) == {
        "type": "object",
        "properties": {
            "pair": {"type": "array", "items": {"type": "number"}, "description": "two"},
            "any": {},
            "kind": {"type": "string", "enum": ["a", "b"], "default": "a"},
            "inner": {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]},
        },
    }


def test_figures_by_hand(folder, tmp_path):
    model = ScriptedModel([written] * 7)
    result = runner.examine(bfcl.prepare(Options(folder)), Options(folder), tmp_path / "r.json", lambda: model)
    assert result.n == 7
    assert result.metrics == {
        "irrelevance": 50.0,
        "live_relevance": 100.0,
        "multiple": 0.0,
        "parallel_multiple": 0.0,
        "simple": 50.0,
        "AST": 16.67,  # (50 + 0 + 0) / 3
        "called": 75.0,  # 3 of the 4 that have right calls
        "simple called": 100.0,
        "valid": 71.43,  # of 7 calls (6 that were read, 1 that was not) the text for a number and the unread one are not
    }
    assert result.failures == {
        "irrelevance": {"needless call": 1},
        "multiple": {"unreadable call": 1},
        "parallel_multiple": {"wrong type": 1},
        "simple": {"missing optional": 1},
    }
    assert result.floors["never call"] == {
        "irrelevance": 100.0,
        "live_relevance": 0.0,
        "multiple": 0.0,
        "parallel_multiple": 0.0,
        "simple": 0.0,
        "AST": 0.0,
        "called": 0.0,
        "simple called": 0.0,
    }
    always = result.floors["always call, no arguments"]
    assert (always["irrelevance"], always["simple called"], always["live_relevance"], always["AST"]) == (0.0, 100.0, 100.0, 0.0)
    assert always["valid"] == 14.29  # only the one who may hum without arguments
    knows = result.floors["right tool, no arguments"]
    # hum takes no arguments; where no call is right, or which is not known, it only talks.
    assert (knows["multiple"], knows["simple"], knows["parallel_multiple"], knows["AST"]) == (100.0, 0.0, 0.0, 33.33)
    assert (knows["irrelevance"], knows["live_relevance"], knows["called"]) == (100.0, 0.0, 100.0)
    assert result.settings["left_out"] == ["multi_turn_base", "simple_java"]
    assert result.settings["cases"]["simple"] == 2


def test_a_split_names_categories(folder):
    assert {case.group for case in bfcl.prepare(Options(folder, split="simple, multiple")).cases} == {"simple", "multiple"}
    only = bfcl.prepare(Options(folder, split="irrelevance"))
    assert only.primary_metric == "irrelevance"
    with pytest.raises(HearthError, match="nothing_like_it"):
        bfcl.prepare(Options(folder, split="simple,nothing_like_it"))


def test_right_calls_that_their_schema_forbids_are_counted(folder):
    """Such a case is out of reach for a model that is held to the schema."""
    answers = folder / "possible_answer" / "BFCL_v4_simple_python.json"
    gold = [{"math.add": {"a": ["2"], "b": [3.0], "label": [5, ""]}}], [{"math.add": {"a": [4, "x"], "b": [5.0]}}]
    lines = [json.dumps({"id": f"simple_{number}", "ground_truth": calls}) for number, calls in enumerate(gold)]
    answers.write_text("\n".join(lines), encoding="utf-8")
    # Of the first, a may only be the text "2"; of the second, one of the accepted values is a whole number.
    assert bfcl.prepare(Options(folder, split="simple")).settings["right_calls_that_schemas_forbid"] == {"simple": 1}


def test_a_folder_of_something_else(tmp_path, folder):
    with pytest.raises(HearthError, match="BFCL_v4"):
        bfcl.prepare(Options(tmp_path / "nothing"))
    (folder / "possible_answer" / "BFCL_v4_multiple.json").unlink()
    with pytest.raises(HearthError, match="possible_answer"):
        bfcl.prepare(replace(Options(folder), split="multiple"))


def test_the_command_writes_result_and_progress(folder, tmp_path, capsys):
    out = tmp_path / "made" / "result.json"
    arguments = ["run", "bfcl", "--data", str(folder), "--split", "simple", "--out", str(out)]
    assert command.main(arguments, load=lambda *_: ScriptedModel([written] * 2)) == 0
    printed = capsys.readouterr()
    result = json.loads(out.read_text("utf-8"))
    assert result == json.loads(printed.out)
    assert result["metrics"]["simple"] == 50.0
    progress = [json.loads(line) for line in printed.err.splitlines()]
    assert (progress[0]["done"], progress[-1]["done"], progress[-1]["total"]) == (0, 2, 2)
    assert len((tmp_path / "made" / "result.replies.jsonl").read_text("utf-8").splitlines()) == 2


def test_a_model_that_is_not_there_is_status_1(folder, tmp_path, capsys):
    arguments = ["run", "bfcl", "--data", str(folder), "--model", "path:/nowhere/at/all", "--out", str(tmp_path / "r.json")]
    assert command.main(arguments) == 1
    assert "/nowhere/at/all" in capsys.readouterr().err.splitlines()[-1]
