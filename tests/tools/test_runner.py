"""Whatever a tool does, the runner gives an output with a sentence, in time."""

import logging
import threading
import time
from types import MappingProxyType

import pytest

from common.errors import EgressRefused, ToolFailed
from tests.timing import quickly
from tools.base import Tool, ToolContext, ToolOutput, ToolSpec
from tools.runner import run, run_all

SCHEMA = {
    "type": "object",
    "properties": {
        "text": {"type": "string", "minLength": 2, "maxLength": 5},
        "count": {"type": "integer", "minimum": 1, "maximum": 9},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
        "maybe": {"type": ["string", "null"]},
        "inner": {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]},
    },
    "required": ["text"],
    "additionalProperties": False,
}


class Doing(Tool):
    """A tool that does what it is told."""

    id = "doing"
    titles = MappingProxyType({"en": "Doing", "zh": "做"})

    def __init__(self, act, schema=None, time_limit_s=5.0):
        self._act = act
        self.spec = ToolSpec("doing", "Does it", schema or {"type": "object"})
        self.time_limit_s = time_limit_s

    def call(self, arguments, context):
        return self._act(arguments, context)


def raising(error):
    def act(arguments, context):
        raise error

    return Doing(act)


ECHO = Doing(lambda arguments, context: ToolOutput("ok", dict(arguments)), SCHEMA)
EN, ZH = ToolContext(language="en"), ToolContext(language="zh")


def test_a_call_gives_what_the_tool_gave():
    assert run(ECHO, {"text": "abc"}, EN) == ToolOutput("ok", {"text": "abc"})


WRONG = [
    ({}, "text is missing", "缺少 text"),
    ({"text": 5}, "text must be text, not 5", "text 必须是文本"),
    ({"text": "a"}, "text must have at least 2 characters", "text 至少要有 2 个字符"),
    ({"text": "abcdef"}, "text must have at most 5 characters", "最多 5 个字符"),
    ({"text": "abc", "count": "3"}, "count must be a whole number, not '3'", "count 必须是整数"),
    ({"text": "abc", "count": 2.5}, "count must be a whole number", "整数"),
    ({"text": "abc", "count": 0}, "count must be at least 1", "count 不能小于 1"),
    ({"text": "abc", "kind": "c"}, "kind must be one of 'a', 'b', not 'c'", "'a', 'b' 之一"),
    ({"text": "abc", "tags": ["x", 3]}, "tags.1 must be text", "tags.1 必须是文本"),
    ({"text": "abc", "tags": ["x"] * 3}, "tags must have at most 2 items", "tags 最多 2 项"),
    ({"text": "abc", "inner": {}}, "inner.x is missing", "缺少 inner.x"),
    ({"text": "abc", "colour": 1}, "There is no argument 'colour'; the arguments are: text, count", "没有 'colour' 这个参数"),
    ([1], "must be an object", "对象"),
    ("text", "must be an object", "对象"),
    (None, "must be an object", "对象"),
]


@pytest.mark.parametrize(("arguments", "english", "chinese"), WRONG)
def test_wrong_arguments_are_a_sentence_that_names_them(arguments, english, chinese):
    output = run(ECHO, arguments, EN)
    assert output.failed
    assert english in output.text
    assert chinese in run(ECHO, arguments, ZH).text


def test_all_problems_are_told_at_once():
    text = run(ECHO, {"count": 99, "kind": 1, "x": 1, "y": 2}, EN).text
    for part in ("text is missing", "count must be at most 9", "kind must be", "'x'", "'y'"):
        assert part in text


def test_a_null_for_an_optional_argument_is_not_given():
    assert run(ECHO, {"text": "abc", "count": None, "maybe": None}, EN).data == {"text": "abc", "maybe": None}
    assert "text must be text" in run(ECHO, {"text": None}, EN).text


def test_a_schema_cannot_make_us_fetch_anything():
    tool = Doing(lambda arguments, context: ToolOutput("never"), {"$ref": "http://127.0.0.1:9/schema.json"})
    assert run(tool, {}, EN).failed


def test_an_expected_failure_is_its_sentence():
    assert run(raising(ToolFailed("No luck.", "没有成功。")), {}, ZH) == ToolOutput("没有成功。", failed=True)
    assert run(raising(EgressRefused("Not there.", "不能去。")), {}, EN) == ToolOutput("Not there.", failed=True)


@pytest.mark.parametrize("error", [KeyError("secret-7"), RecursionError(), SystemExit(3), KeyboardInterrupt(), MemoryError()])
def test_a_bug_is_one_neutral_line_and_a_traceback_in_the_log(error, caplog):
    with caplog.at_level(logging.ERROR):
        output = run(raising(error), {}, EN)
    assert output == ToolOutput("doing failed because of an error inside the tool. Do without it.", failed=True)
    assert "secret-7" not in output.text
    assert caplog.records[0].exc_info[1] is error


@pytest.mark.parametrize("given", ["text", None, 5, ToolOutput(None), ToolOutput(b"x")])
def test_a_tool_that_returns_no_output_is_a_bug(given, caplog):
    assert run(Doing(lambda arguments, context: given), {}, EN).failed
    assert "not a ToolOutput" in caplog.text


def test_the_deadline_is_kept_and_the_tool_told(caplog):
    told = threading.Event()

    def act(arguments, context):
        if context.cancel.wait(20):
            told.set()
        return ToolOutput("late")

    started = time.monotonic()
    output = quickly(lambda: run(Doing(act, time_limit_s=0.2), {}, EN), 0.7, time.monotonic)
    assert time.monotonic() - started > 0.15
    assert output == ToolOutput("doing did not finish within 0.2 seconds and was stopped.", failed=True)
    assert told.wait(2)
    assert run(Doing(act, time_limit_s=0.05), {}, ZH).text == "doing 在 0.05 秒内没有完成，已停止。"


def test_a_tool_that_ignores_its_deadline_holds_nobody():
    release = threading.Event()
    ignoring = Doing(lambda arguments, context: release.wait(20), time_limit_s=0.1)
    assert quickly(lambda: run(ignoring, {}, EN), 0.6, time.monotonic).failed
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "tool-doing")
    release.set()


def test_stop_ends_a_running_call_and_one_that_has_not_begun():
    def stopped():
        context = ToolContext()
        threading.Timer(0.1, context.cancel.set).start()
        output = run(Doing(lambda arguments, own: ToolOutput(str(own.cancel.wait(20)))), {}, context)
        assert (output.text, output.failed) == ("doing was stopped.", True)
        return context

    context = quickly(stopped, 1, time.monotonic)
    assert run(Doing(lambda arguments, own: pytest.fail("it ran")), {}, context).failed


def test_a_deadline_does_not_stop_the_turn():
    run(Doing(lambda arguments, context: context.cancel.wait(20), time_limit_s=0.05), {}, EN)
    assert not EN.cancel.is_set()


def test_long_text_is_cut_with_a_note():
    tool = Doing(lambda arguments, context: ToolOutput("x" * 9000, {"all": 9000}))
    output = run(tool, {}, EN)
    assert output.text == "x" * 8000 + "\n[Cut: the first 8,000 of 9,000 characters.]"
    assert (output.data, output.failed) == ({"all": 9000}, False)
    assert run(tool, {}, ZH, output_limit=3).text == "xxx\n[已截断：共 9,000 个字符，只显示前 3 个。]"
    assert run(Doing(lambda arguments, context: ToolOutput("x" * 8000)), {}, EN).text == "x" * 8000


def test_half_a_surrogate_pair_does_not_get_out():
    assert run(Doing(lambda arguments, context: ToolOutput("a\ud83d")), {}, EN).text == "a?"


def test_calls_made_together_run_together():
    meeting = threading.Barrier(3)

    def act(arguments, context):
        meeting.wait(5)
        return ToolOutput(str(arguments["n"]))

    calls = [(f"c{n}", Doing(act), {"n": n}) for n in range(3)]
    results = {id: output.text for id, output, seconds in run_all(calls, EN)}
    assert results == {"c0": "0", "c1": "1", "c2": "2"}


def test_each_call_comes_as_it_ends_with_its_time():
    def act(arguments, context):
        time.sleep(arguments["s"])
        return ToolOutput("ok")

    ended = [(id, seconds) for id, _, seconds in run_all([("slow", Doing(act), {"s": 0.3}), ("fast", Doing(act), {"s": 0})], EN)]
    assert [id for id, _ in ended] == ["fast", "slow"]
    assert 0.25 < ended[1][1] < 2


def test_no_more_than_eight_run_at_once_and_all_get_their_turn():
    lock, running, most = threading.Lock(), 0, 0

    def act(arguments, context):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
        return ToolOutput("ok")

    assert len(list(run_all([(str(n), Doing(act), {}) for n in range(30)], EN))) == 30
    assert 2 <= most <= 8


def test_no_calls_give_nothing_and_one_failure_spares_the_others():
    assert list(run_all([], EN)) == []
    calls = [("bad", raising(ToolFailed("no", "不")), {}), ("good", Doing(lambda arguments, context: ToolOutput("ok")), {})]
    assert {id: output.failed for id, output, _ in run_all(calls, EN)} == {"bad": True, "good": False}


def test_leaving_early_waits_for_nobody():
    calls = [
        ("fast", Doing(lambda arguments, context: ToolOutput("ok")), {}),
        ("slow", Doing(lambda a, context: ToolOutput(str(context.cancel.wait(5)))), {}),
    ]

    def leave():
        stream = run_all(calls, ToolContext())
        next(stream)
        stream.close()

    quickly(leave, 2, time.monotonic)
