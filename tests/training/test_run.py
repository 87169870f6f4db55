"""A recipe from its name to a model that can be chosen: the run's folder, going on, the command, and what it refuses."""

import json
import re
import shutil
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from assistant.messages import Message
from assistant.models import catalogue, host
from assistant.models.base import GenerationOptions, UsageChunk
from assistant.models.merging import Tuned, write_tuned
from common.errors import HearthError, ModelLoadFailed
from tests.assistant.models.tiny import make_network, make_tokenizer
from training.__main__ import main
from training.conversation import read_conversations
from training.run import RECIPES, run


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """The recipes of the comparison on a few conversations, three steps long."""
    counts = {"sealtools": 5, "tools": 8, "talk": 4}
    for name in ("wlm-plain", "wlm-weighted", "wlm-negatives"):
        recipe, gather = RECIPES[name]
        little = replace(recipe, tokens=1200, row_tokens=400, longest=400)
        monkeypatch.setitem(RECIPES, name, (little, partial(gather, counts=counts)))


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


def test_without_a_folder_a_run_begins_where_the_train_page_looks(data, base, tmp_path, capsys):
    assert main(["run", "wlm-plain", "--data", str(data), "--base", base, "--home", str(tmp_path / "home")]) == 0
    first, *_, last = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [folder] = (tmp_path / "home" / "training").iterdir()
    assert first == {"out": str(folder)}
    assert re.fullmatch(r"wlm-plain-\d{8}-\d{6}", folder.name)
    assert last == {"done": str(folder / "adapter")}


def test_a_whole_run_is_returned_as_it_is(data, base, tmp_path):
    first = run("wlm-plain", data, base, tmp_path / "run", tmp_path)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*") if path.is_file()}
    shutil.rmtree(tmp_path / "tiny")
    steps = []
    assert run("wlm-plain", data, base, tmp_path / "run", tmp_path, told=steps.append) == first
    assert steps == []
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*") if path.is_file()} == before


def test_a_kill_while_the_result_is_written_costs_no_step(data, base, tmp_path, monkeypatch):
    class Killed(Exception):
        pass

    def kill(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("training.run.draw_curve", kill)
        with pytest.raises(Killed):
            run("wlm-plain", data, base, tmp_path / "run", tmp_path)
    assert (tmp_path / "run" / "checkpoint" / "state.pt").is_file()
    written = (tmp_path / "run" / "adapter" / "adapter_model.safetensors").read_bytes()
    steps = []
    place = run("wlm-plain", data, base, tmp_path / "run", tmp_path, told=steps.append)
    assert steps == []
    assert (place / "adapter_model.safetensors").read_bytes() == written
    assert (tmp_path / "run" / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert not (tmp_path / "run" / "checkpoint").exists()


def stopped(data, base, folder):
    """A run that was stopped after its first step."""
    stop = threading.Event()
    with pytest.raises(HearthError, match="Stopped after step 1 of"):
        run("wlm-plain", data, base, folder, folder, told=lambda _: stop.set(), stop=stop)
    return folder


def test_another_base_other_data_or_another_recipe_do_not_go_on_with_a_run(data, base, tmp_path):
    folder = stopped(data, base, tmp_path / "run")
    versions = (folder / "versions.json").read_text()
    shutil.copytree(tmp_path / "tiny", tmp_path / "twin")
    others = [("wlm-plain", f"path:{tmp_path / 'twin'}", []), ("wlm-weighted", base, []), ("wlm-plain", base, ["umi=more.json"])]
    for name, other, more in others:
        with pytest.raises(HearthError, match="holds another run"):
            run(name, data, other, folder, tmp_path, more=more)
    assert (folder / "versions.json").read_text() == versions
    gathered = (folder / "conversations.jsonl").read_text().splitlines(keepends=True)
    (folder / "conversations.jsonl").write_text("".join(reversed(gathered)))
    with pytest.raises(HearthError, match="holds another run"):
        run("wlm-plain", data, base, folder, tmp_path)


def test_a_run_of_which_less_was_noted_goes_on(data, base, tmp_path):
    folder = stopped(data, base, tmp_path / "run")
    noted = json.loads((folder / "recipe.json").read_text())
    assert noted.keys() == {"recipe", "base", "more", "conversations", "samples", "tokens"}
    (folder / "recipe.json").write_text(json.dumps({name: noted[name] for name in ("recipe", "samples", "tokens")}))
    (folder / "versions.json").write_text('{"base": "as it was"}')
    steps = []
    run("wlm-plain", data, base, folder, tmp_path, told=steps.append)
    assert steps[0].step == 2
    assert (folder / "versions.json").read_text() == '{"base": "as it was"}'


def test_further_conversations_are_learnt_among_the_others(data, base, tmp_path):
    opinion = {"by": "maker", "verdict": 1, "time": "2026-03-04T05:06:07+00:00"}
    liked = opinion | {"messages": [Message("user", "Tea?").to_dict()], "answer": [Message("assistant", "Yes.").to_dict()]}
    row = {"conversation": [{"role": "user", "content": "Go."}, {"role": "assistant", "content": "Gone."}]}
    for name, lines in {"liked.jsonl": [liked] * 3, "flan.jsonl": [row] * 3}.items():
        (tmp_path / name).write_text("\n".join(map(json.dumps, lines)))
    given = ["--more", f"feedback={tmp_path / 'liked.jsonl'}", "--more", f"agentflan={tmp_path / 'flan.jsonl'}"]
    words = ["run", "wlm-plain", "--data", str(data), "--base", base, "--out", str(tmp_path / "run"), *given]
    assert main(words) == 0
    sources = [one.source for one in read_conversations(tmp_path / "run" / "conversations.jsonl")]
    assert sources.count("feedback") == sources.count("agentflan/flan") == 3
    assert len(sources) > 6
    assert set(sources[-6:]) != {"feedback", "agentflan/flan"}, "they are shuffled in"
    assert json.loads((tmp_path / "run" / "recipe.json").read_text())["more"] == given[1::2]


@pytest.mark.parametrize(
    ("more", "told", "chinese"),
    [
        ("letters=x.json", "names no data. Write READER=PATH", "没有指明数据"),
        ("feedback", "names no data. Write READER=PATH", "没有指明数据"),
        ("feedback=nowhere.jsonl", "cannot be read in the form of the app's feedback", "无法按"),
        ("umi=nowhere", "has no file", "没有"),
        ("feedback=empty.jsonl", "has nothing that the reader 'feedback' would train on", "没有读取器"),
    ],
)
def test_further_data_that_cannot_be_had_is_told(data, base, tmp_path, capsys, monkeypatch, more, told, chinese):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.jsonl").write_text("")
    assert main(["run", "wlm-plain", "--data", str(data), "--base", base, "--out", "run", "--more", more]) == 1
    english, beside = capsys.readouterr().err.splitlines()
    assert told in english
    assert chinese in beside
    assert not (tmp_path / "run").exists()


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


@pytest.mark.parametrize("grounding", [True, False])
def test_an_adapter_of_the_built_in_model_answers_from_passages_only_where_it_learnt_to(tmp_path, grounding):
    (tmp_path / "adapter_config.json").write_text("{}")
    write_tuned(tmp_path, Tuned("builtin", grounding))
    info = catalogue.resolve(f"path:{tmp_path}").info
    assert (info.tools, info.grounding, info.reads_excerpts) == (True, grounding, grounding)
    (tmp_path / "tuned.json").write_text('{"base": "builtin"}')
    assert not catalogue.resolve(f"path:{tmp_path}").info.grounding


def added(adapter, home, base):
    """What an adapter adds to each weight of its base."""
    import torch

    from assistant.models.merging import merge_adapter
    from training.run import load_base

    folder = Path(base.removeprefix("path:"))
    network, tokenizer, _ = load_base(base, folder)
    before = {name: weight.clone() for name, weight in network.float().state_dict().items()}
    after = merge_adapter(network, tokenizer, adapter).state_dict()
    return torch.cat([(after[name] - before[name]).flatten() for name in before])


def test_the_mean_of_two_runs_adds_the_mean_of_what_they_add(data, base, tmp_path, capsys):
    runs = [run("wlm-plain", data, base, tmp_path / f"run-{seed}", tmp_path / "home", seed) for seed in (0, 1)]
    out = tmp_path / "means" / "mean"
    assert main(["average", *map(str, runs), "--out", str(out), "--home", str(tmp_path / "home"), "--rank", "32"]) == 0
    assert json.loads(capsys.readouterr().out) == {"done": str(out)}
    first, second, mean = (added(adapter, tmp_path / "home", base) for adapter in (*runs, out))
    assert (first - second).norm() > 0.1 * first.norm(), "the runs are one"
    assert (mean - (first + second) / 2).norm() < 0.2 * mean.norm(), "half of their ranks together is kept"
    assert [path.name for path in out.parent.iterdir()] == ["mean"]
    host.load(f"path:{out}", tmp_path / "home", True, lambda *_: None, lambda _: None).close()


def test_what_has_no_mean_is_refused_in_a_sentence(data, base, tmp_path, capsys):
    result = run("wlm-plain", data, base, tmp_path / "run", tmp_path / "home")
    other = tmp_path / "other"
    shutil.copytree(result, other)
    (other / "tuned.json").write_text(json.dumps({"base": "builtin"}))
    out, another = tmp_path / "mean", tmp_path / "another"
    shutil.copytree(result, another)
    (another / "chat_template.jinja").write_text("{{ messages }}")
    for adapters, folder, rank, told in [
        ((result, another), out, 8, "different chat templates"),
        ((result, other), out, 8, "belong to different models"),
        ((result, tmp_path), out, 8, "There is no adapter in"),
        ((result, result), other, 8, "is there already"),
        ((result, result), out, 0, "between 1 and 32"),
        ((result, result), out, 33, "between 1 and 32"),
    ]:
        end = ["--out", str(folder), "--rank", str(rank), "--home", str(tmp_path / "home")]
        assert main(["average", *map(str, adapters), *end]) == 1
        assert told in capsys.readouterr().err
    assert not out.exists()
