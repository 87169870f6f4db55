"""Calls of tools that are not on offer, through the app's own parser: what is asked of a model comes to a reply with them."""

import json
import threading

import pytest

from assistant.messages import Message
from assistant.models.scripted import ScriptedModel
from assistant.toolcalls import CallParser
from evaluation import runner
from evaluation.readers.bfcl import read_category
from evaluation.task import Case, Options
from evaluation.tasks import bfcl, hallucination, umi_static
from tools.base import ToolSpec

HUM = ToolSpec("hum", "Hum", {"type": "object", "properties": {"tune": {"type": "string"}, "loud": {"type": "boolean"}}})
OPTIONS = Options(data=None)  # type: ignore[arg-type]  # asking reads no data


def replied(written, case=None):
    """The reply that a model's words come to."""
    case = case or Case("1", (Message("user", "Sing"),), (HUM,))
    parser = CallParser(case.tools)
    model = ScriptedModel([[*parser.feed(written), *parser.finish()]])
    return runner.ask(model, case, OPTIONS, threading.Event())


@pytest.mark.parametrize(
    ("written", "calls"),
    [
        ('<tool_call>\n{"name": "sing", "arguments": {"a": 1}}\n</tool_call>', [("sing", {"a": 1})]),
        ('<tool_call>{"name": "sing", "arguments": {}}</tool_call>' * 2, [("sing", {}), ("sing", {})]),
        ('<tool_call>[{"name": "hum", "arguments": {}}, {"name": "sing", "args": {}}]</tool_call>', [("hum", {}), ("sing", {})]),
        ('<tool_call>\n<function=sing>\n<parameter=a>\n1\n</parameter>\n</function>\n</tool_call>', [("sing", {"a": 1})]),
        ("<function=sing>\n<parameter=a>\n1\n</parameter>\n</function>", [("sing", {"a": 1})]),
        ('[TOOL_CALLS]sing{"a": 1}', [("sing", {"a": 1})]),
        ('[TOOL_CALLS] [{"name": "sing", "arguments": {"a": 1}}]', [("sing", {"a": 1})]),
        ('<|python_tag|>{"name": "sing", "parameters": {}}', [("sing", {})]),
        ('{"name": "sing", "parameters": {"a": "b"}}', [("sing", {"a": "b"})]),
        ('Thought: I sing.\nAction: sing\nAction Input: {"a": 1}', [("sing", {"a": 1})]),
        ("Sure.\nAction: sing\nAction Input: {}\nObservation: la", [("sing", {})]),
    ],
)  # fmt: skip
def test_a_call_of_a_tool_that_is_not_there_keeps_its_name(written, calls):
    reply = replied(written)
    assert list(reply.calls) == calls
    assert not reply.unread


@pytest.mark.parametrize(
    ("written", "unread"),
    [
        ('<tool_call>{"name": "sing", "arguments": {"a": 1', True),
        ('<tool_call>{"name": "sing", "arguments": {"a": 1}', True),  # one bracket is missing
        ("<tool_call>I would sing</tool_call>", True),
        ('<tool_call>{"name": "hum", "arguments": "la la"}</tool_call>', True),  # on offer, and not readable
        ('<tool_call>{"name": "sing", "arguments": {"type": "object", "properties": {}}}</tool_call>', True),  # a schema
        ('{"name": "Bob", "age": 3}', False),
        ("Thought: I sing.\nAction: sing", False),
        ("Action: None\nAction Input: {}", False),
        ("<think>I could sing.</think>Hello", False),
    ],
)
def test_what_would_be_no_call_of_any_tool_is_none(written, unread):
    reply = replied(written)
    assert reply.calls == ()
    assert reply.unread is unread


def test_a_call_that_can_be_run_is_left_as_it_is():
    written = 'Thought: I hum.\nAction: hum\nAction Input: {"tune": "a"}\nObservation: la\nAction: sing\nAction Input: {}'
    assert replied(written).calls == (("hum", {"tune": "a"}),)


def test_in_irrelevance_it_is_needless_and_what_cannot_be_read_is_not(tmp_path):
    function = {"name": "hum", "description": "Hum", "parameters": {"type": "dict", "properties": {}, "required": []}}
    line = {"id": "a", "question": [[{"role": "user", "content": "Sing"}]], "function": [function]}
    (tmp_path / "BFCL_v4_irrelevance.json").write_text(json.dumps(line), encoding="utf-8")
    case = bfcl.case(read_category(tmp_path, "irrelevance")[0])
    made_up = replied('<tool_call>{"name": "sing", "arguments": {}}</tool_call>', case)
    assert bfcl.judge(case, made_up).failure == "needless call"
    assert bfcl.judge(case, made_up).figures == {"calls": 1, "valid": 0}
    broken = replied('<tool_call>{"name": "sing", "argu', case)
    assert bfcl.judge(case, broken).right
    assert bfcl.judge(case, broken).figures == {"calls": 1, "valid": 0}


def test_in_trajectories_it_is_a_hallucination(tmp_path):
    said = [("user", "Hum."), ("assistant", "Next: caller."), ("caller", "Action: hum\nAction Input: {}")]
    line = {
        "tools": [{"Name": "hum", "function": "Hums.", "input": {}}],
        "conversations": [{"from": who, "value": value} for who, value in said],
    }
    (tmp_path / "test.json").write_text(json.dumps([line]), encoding="utf-8")
    (case,) = umi_static.prepare(Options(tmp_path)).cases
    for written in ('<tool_call>{"name": "sing", "arguments": {}}</tool_call>', "Thought: x\nAction: sing\nAction Input: {}"):
        mark = umi_static.judge(case, replied(written, case))
        assert mark.failure == "unknown tool"
        assert (mark.figures["hallucination"], mark.figures["plan"], mark.figures["action"]) == (1.0, 1.0, 0.0)
    right = umi_static.judge(case, replied('<tool_call>{"name": "hum", "arguments": {}}</tool_call>', case))
    assert (right.failure, right.figures["hallucination"]) == ("", 0.0)


@pytest.mark.parametrize(
    ("written", "failure"),
    [
        ("Hello.", ""),
        ("<think>The user greets. My next action: none.</think>Hello.", ""),
        ("Thought: I sing.\nAction: sing\nAction Input: {}", "call"),
        ("Thought: I sing.\nAction: sing\nAction Input: la la", "call in words of ReAct"),  # the parser makes a thought of it
        ("Thought: I sing.\nAction: sing", "call in words of ReAct"),
        ("Thought: I sing.\nAction: sing\nAction Input: la\nFinal Answer: La.", "call in words of ReAct"),
        ("Hello.\nAction: sing", "call in words of ReAct"),
        ('<tool_call>{"name": "sing", "arguments": {}}</tool_call>', "call"),
        ('<tool_call>{"name": "sing", "argu', "call"),
    ],
)
def test_where_a_plain_answer_is_right_the_words_of_react_count(written, failure):
    case = Case("1", (Message("user", "Hello"),), (HUM,), group=hallucination.PLAIN)
    mark = hallucination.judge(case, replied(written, case))
    assert mark.failure == failure
    assert mark.figures["react"] == bool(failure)
