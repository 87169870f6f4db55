"""Asking a model: samples, what is kept, what happens after a kill, and what is told meanwhile."""

import json
import os
import threading
from dataclasses import replace

import pytest

from assistant.messages import Message, ToolCall
from assistant.models.base import CallChunk, TextChunk, ThinkingChunk
from assistant.models.scripted import ScriptedModel
from common.errors import GenerationFailed, HearthError, PromptTooLong, SchemaRefused, StorageFailed
from evaluation import runner
from evaluation.metrics import percent
from evaluation.task import REFUSED, TOO_LONG, Case, Exam, Mark, Options, Reply

CASES = [Case(name, (Message("user", f"say {name}"),), gold=name) for name in ("a", "b", "c", "d")]


BREAKS = [GenerationFailed("it broke", "坏了")] * 2  # a case is asked twice before the run ends


def metrics(judged):
    return {"said": percent(one.mark.right for one in judged)}


def exam(cases=CASES):
    return Exam(
        task="echo",
        cases=cases,
        judge=lambda case, reply: Mark(reply.text == case.gold, "" if reply.text == case.gold else reply.error or "other"),
        metrics=metrics,
        primary_metric="said",
        floors={"silence": lambda _: Reply()},
        settings={"colour": "blue"},
    )


def echo(messages, _):
    return messages[-1].text.removeprefix("say ")


@pytest.fixture
def options(tmp_path):
    return Options(tmp_path / "set", model="path:nowhere", together=1)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "new" / "result.json"


def lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_run_gives_figures_floors_and_replies_in_order(options, out):
    model, told = ScriptedModel([echo] * 3 + ["nonsense"]), []
    result = runner.examine(exam(), options, out, lambda: model, told.append)
    assert (result.task, result.model, result.n) == ("echo", "path:nowhere", 4)
    assert result.metrics == {"said": 75.0}
    assert result.floors == {"silence": {"said": 0.0}}
    assert result.failures == {"": {"other": 1}}
    assert result.settings["colour"] == "blue"
    assert result.settings["data"] == "set"
    kept = lines(out.with_suffix(".replies.jsonl"))
    assert [(line["id"], line["text"], line["right"]) for line in kept] == [
        ("a", "a", True),
        ("b", "b", True),
        ("c", "c", True),
        ("d", "nonsense", False),
    ]
    assert not list(out.parent.glob("*.partial"))
    assert told[0] == {"done": 0, "total": 4, "seconds_left": None, "metrics": {}}
    assert told[-1] == {"done": 4, "total": 4, "seconds_left": 0.0, "metrics": {"said": 75.0}}


def test_a_run_that_broke_off_goes_on_from_what_was_kept(options, out):
    broken = ScriptedModel([echo, echo, *BREAKS])
    with pytest.raises(GenerationFailed):
        runner.examine(exam(), options, out, lambda: broken)
    with out.with_name("result.json.partial").open("a", encoding="utf-8") as file:
        file.write('{"id": "c", "text": "torn')  # a line that the kill cut off
    second = ScriptedModel([echo, echo])
    told = []
    result = runner.examine(exam(), options, out, lambda: second, told.append)
    second.assert_used_up()
    assert [request.messages[-1].text for request in second.requests] == ["say c", "say d"]
    assert result.metrics == {"said": 100.0}
    assert told[0]["done"] == 2
    assert [line["id"] for line in lines(out.with_suffix(".replies.jsonl"))] == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    "change", [{"max_tokens": 9}, {"model": "path:elsewhere"}, {"limit": 3}], ids=["longer", "another model", "fewer"]
)
def test_other_settings_begin_anew(options, out, change):
    with pytest.raises(GenerationFailed):
        runner.examine(exam(), options, out, lambda: ScriptedModel([echo, *BREAKS]))
    other = replace(options, **change)
    model = ScriptedModel([echo] * (other.limit or 4))
    runner.examine(exam(), other, out, lambda: model)
    model.assert_used_up()


def test_how_many_are_asked_together_does_not_begin_anew(options, out):
    with pytest.raises(GenerationFailed):
        runner.examine(exam(), options, out, lambda: ScriptedModel([echo, *BREAKS]))
    model = ScriptedModel([echo] * 3)
    runner.examine(exam(), replace(options, together=3), out, lambda: model)
    model.assert_used_up()


def test_a_model_made_anew_in_its_folder_is_asked_anew(options, out, tmp_path):
    folder = tmp_path / "tuned"
    folder.mkdir()
    weights = folder / "model.safetensors"
    (folder / "config.json").write_text("{}")
    weights.write_bytes(b"1")
    named = replace(options, model=f"path:{folder}")
    with pytest.raises(GenerationFailed):
        runner.examine(exam(), named, out, lambda: ScriptedModel([echo, *BREAKS]))
    os.utime(weights, (1, 1))
    model = ScriptedModel([echo] * 4)
    result = runner.examine(exam(), named, out, lambda: model)
    model.assert_used_up()
    assert result.model == "path:tuned"  # a result names no folders of the machine that it was made on


def test_several_are_asked_at_one_time(options, out):
    together = threading.Barrier(4, timeout=20)

    def wait(messages, tools):
        together.wait()  # passes only when all four are being asked
        return echo(messages, tools)

    model = ScriptedModel([wait] * 4)
    assert runner.examine(exam(), replace(options, together=4), out, lambda: model).metrics == {"said": 100.0}


def test_a_prompt_that_is_too_long_is_wrong_and_the_run_goes_on(options, out):
    model = ScriptedModel([PromptTooLong("too many tokens", "太长"), echo, echo, echo])
    result = runner.examine(exam(), options, out, lambda: model)
    assert result.metrics == {"said": 75.0}
    assert result.failures == {"": {"too many tokens": 1}}


def test_tools_that_are_refused_are_wrong_and_the_run_goes_on(options, out):
    judge = replace(exam(), judge=lambda case, reply: Mark(reply.text == case.gold, reply.missing))
    model = ScriptedModel([SchemaRefused("it is too deep", "太深"), echo, echo, *BREAKS])
    with pytest.raises(GenerationFailed):
        runner.examine(judge, options, out, lambda: model)
    model = ScriptedModel([BREAKS[0], PromptTooLong("too many", "太长")])  # what is begun once more may end so too
    result = runner.examine(judge, options, out, lambda: model)
    model.assert_used_up()
    assert result.metrics == {"said": 50.0}
    assert result.failures == {"": {REFUSED: 1, TOO_LONG: 1}}, "what was kept of the first sitting says it too"
    first = lines(out.with_suffix(".replies.jsonl"))[0]
    assert (first["error"], first["refused"]) == ("it is too deep", True)


def test_a_run_of_other_code_is_begun_anew(options, out):
    for before, after, asked in (("abc", "abc", 3), ("abc", "def", 4), ("", "", 3)):
        with pytest.raises(GenerationFailed):
            runner.examine(exam(), options, out, lambda: ScriptedModel([echo, *BREAKS]), code=before)
        model = ScriptedModel([echo] * asked)
        runner.examine(exam(), options, out, lambda model=model: model, code=after)
        model.assert_used_up()


def test_what_a_model_writes_is_told_apart(options):
    chunks = [ThinkingChunk("hm"), TextChunk("I "), TextChunk("call."), CallChunk(ToolCall("1", "add", {"a": 1}))]
    reply = runner.ask(ScriptedModel([chunks]), replace(CASES[0], choice="required"), options, threading.Event())
    assert (reply.text, reply.thinking, reply.calls) == ("I call.", "hm", (("add", {"a": 1}),))
    assert not reply.unread
    broken = runner.ask(ScriptedModel([[ThinkingChunk('{"name": "add', unread=True)]]), CASES[0], options, threading.Event())
    assert broken.unreadable


def test_the_model_is_asked_greedily_with_the_choice_of_the_case(options):
    model = ScriptedModel([echo])
    runner.ask(model, replace(CASES[0], choice="required"), replace(options, max_tokens=7), threading.Event())
    asked = model.requests[0].options
    assert (asked.temperature, asked.max_tokens, asked.tool_choice) == (0.0, 7, "required")


def test_a_generation_that_breaks_off_is_begun_once_more(options, out):
    model = ScriptedModel([echo, [TextChunk("half"), BREAKS[0]], echo, echo, echo])
    assert runner.examine(exam(), options, out, lambda: model).metrics == {"said": 100.0}
    model.assert_used_up()


def test_a_limit_counts_for_each_group():
    cases = [Case(f"{group}{number}", (), group=group) for group in ("x", "y") for number in range(5)]
    chosen = runner.sample(cases, 2, seed=1)
    assert [case.group for case in chosen] == ["x", "x", "y", "y"]
    assert chosen == runner.sample(cases, 2, seed=1)
    assert [case.id for case in chosen] == sorted(case.id for case in chosen)
    assert runner.sample(cases, None, seed=1) == cases
    assert len({tuple(case.id for case in runner.sample(cases, 2, seed)) for seed in range(8)}) > 1


def test_nothing_to_ask_is_said(options, out):
    with pytest.raises(HearthError, match="nothing to ask"):
        runner.examine(exam([]), options, out, ScriptedModel)


def test_a_place_that_cannot_be_written_is_said_before_anything_is_asked(options, tmp_path):
    (tmp_path / "file").write_text("no folder")
    model = ScriptedModel([])
    with pytest.raises(StorageFailed):
        runner.examine(exam(), options, tmp_path / "file" / "result.json", lambda: model)
    assert not model.requests
