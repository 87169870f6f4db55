"""The loop of calls in a turn: what is mended once, what ends it, and what the reader is told then; each path by a script."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.agent import Agent, Limits
from assistant.consent import Decision
from assistant.events import ToolStarted
from assistant.history import pending_calls
from assistant.messages import Message, ToolCall, Usage
from assistant.models.base import CallChunk, Cancel, TextChunk, ThinkingChunk, UsageChunk
from assistant.models.scripted import ScriptedModel
from common.errors import ToolFailed
from tests.assistant.turns import CAPABLE, agent, call, persona, turn
from tools.base import Tool, ToolSpec
from tools.registry import ToolRegistry


def results(happened):
    return [message.result for message in happened[-1].new_messages if message.result]


def answer(happened):
    return happened[-1].new_messages[-1].text


def choices(model):
    return [request.options.tool_choice for request in model.requests]


def of_tools(script, *functions, **options):
    model = ScriptedModel(script, CAPABLE)
    tools = [Tool.from_function(function, **options) for function in functions]
    return Agent(persona(), model, ToolRegistry(tools).snapshot(), lambda query, limit: []), model


def test_wrong_arguments_and_unknown_tools_are_results_that_the_model_may_mend():
    asked, model = agent([[call("add", "c1", a="two", b=3), call("fly", "c2")], [call("add", "c3", a=2, b=3)], "Five."])
    happened = turn(asked, "what is 2+3")
    wrong, unknown, mended = results(happened)
    assert wrong.failed
    assert "a must be a whole number" in wrong.text
    assert unknown.failed
    assert "add, renew" in unknown.text
    assert (mended.failed, mended.text) == (False, "5")
    assert (happened[-1].reason, answer(happened)) == ("answered", "Five.")
    assert choices(model) == ["auto"] * 3
    model.assert_used_up()


def test_wrong_arguments_a_second_time_end_the_loop_and_the_model_answers_without_calls():
    script = [[call("add", "c1", a="two", b=3)], [call("add", "c2", a="three", b=3)], "I cannot add words."]
    asked, model = agent(script)
    happened = turn(asked)
    assert [result.failed for result in results(happened)] == [True, True]
    assert choices(model) == ["auto", "auto", "none"]
    assert [tool.name for tool in model.requests[2].tools] == [tool.name for tool in model.requests[0].tools]
    assert model.requests[2].messages[-1].result.failed
    assert (happened[-1].reason, answer(happened)) == ("answered", "I cannot add words.")
    model.assert_used_up()


def test_three_wrong_calls_made_together_are_one_round():
    wrong = [call("add", f"c{n}", a="x", b=n) for n in range(3)]
    asked, model = agent([wrong, [call("add", "d", a=1, b=1)], "Two."])
    assert answer(turn(asked)) == "Two."
    assert choices(model) == ["auto"] * 3


def test_each_tool_has_a_round_of_its_own():
    def double(n: int) -> str:
        """Double."""
        return str(2 * n)

    def halve(n: int) -> str:
        """Halve."""
        return str(n // 2)

    script = [[call("double", "c1", n="x")], [call("halve", "c2", n="x")], [call("halve", "c3", n=4)], "Two."]
    asked, model = of_tools(script, double, halve)
    assert answer(turn(asked)) == "Two."
    assert choices(model) == ["auto"] * 4


def test_tools_that_are_not_there_twice_end_the_loop():
    asked, model = agent([[call("fly", "c1")], [call("swim", "c2")], []])
    happened = turn(asked)
    assert choices(model) == ["auto", "auto", "none"]
    assert happened[-1].reason == "step_limit"
    assert answer(happened).startswith("I tried, and could not do it:")
    assert "There is no tool 'swim'" in answer(happened)


def test_a_tool_that_fails_in_the_same_way_twice_ends_the_loop_and_another_way_does_not():
    def look(city: str) -> str:
        """Look up."""
        raise ToolFailed(*(("The service is down.", "服务中断。") if city != "Rom" else ("No such city.", "没有这个城市。")))

    script = [[call("look", f"c{n}", city=city)] for n, city in enumerate(["Rom", "Rome", "Paris"])]
    asked, model = of_tools([*script, []], look)
    happened = turn(asked, "两个城市的天气")
    assert choices(model) == ["auto", "auto", "auto", "none"]
    assert happened[-1].reason == "step_limit"
    assert "没有做成" in answer(happened)
    assert answer(happened).count("服务中断。") == 1
    assert answer(happened).count("没有这个城市。") == 1


def test_a_call_repeated_after_it_gave_its_result_is_not_made_again_and_ends_the_loop():
    ran = []

    def tell(zone: str) -> str:
        """Tell the time."""
        ran.append(zone)
        return "12:00 in " + zone

    same = [[call("tell", f"c{n}", zone="UTC")] for n in range(2)]
    asked, model = of_tools([*same, "It is noon."], tell)
    happened = turn(asked)
    assert ran == ["UTC"]
    first, second = results(happened)
    assert (first.text, first.failed) == ("12:00 in UTC", False)
    assert second.text.endswith("It gave: 12:00 in UTC")
    assert not second.failed
    assert choices(model) == ["auto", "auto", "none"]
    assert (happened[-1].reason, answer(happened)) == ("answered", "It is noon.")


def test_a_model_that_cannot_stop_calling_is_answered_for_with_the_result():
    asked, model = agent([[call("add", f"c{n}", a=1, b=1)] for n in range(3)])
    happened = turn(asked)
    assert happened[-1].reason == "step_limit"
    assert answer(happened).endswith("This is what the tools gave:\n\n- Add (a: 1, b: 1): 2")
    assert not happened[-1].new_messages[-1].calls
    assert sum(isinstance(event, ToolStarted) for event in happened) == 2
    model.assert_used_up()


def test_a_repeated_call_beside_a_new_one_does_not_end_the_loop():
    script = [[call("add", "c1", a=1, b=1)], [call("add", "c2", b=1, a=1), call("add", "c3", a=2, b=2)], "Two and four."]
    asked, model = agent(script)
    happened = turn(asked)
    assert [result.text[-1] for result in results(happened)] == ["2", "2", "4"]
    assert choices(model) == ["auto"] * 3
    model.assert_used_up()


def test_a_failed_call_repeated_ends_the_loop_whatever_stands_beside_it():
    script = [[call("add", "c1", a="x", b=1)], [call("add", "c2", a="x", b=1), call("add", "c3", a=2, b=2)], []]
    asked, _ = agent(script)
    happened = turn(asked)
    assert "- Add (a: 2, b: 2): 4\n\nThis did not work:\n\n- Add (a: x, b: 1): The arguments" in answer(happened)


def test_twins_in_one_message_are_one_call():
    asked, model = agent([[call("add", "c1", a=1, b=1), call("add", "c2", b=1, a=1)], "Two."])
    happened = turn(asked)
    assert len(results(happened)) == 1
    assert len(happened[-1].new_messages[0].calls) == 1
    assert choices(model) == ["auto", "auto"]


def test_ids_that_come_again_are_told_apart():
    asked, _ = agent([[call("add", "x", a=1, b=1), call("add", "x", a=1, b=2)], [call("add", "x", a=1, b=3)], "Done."])
    happened = turn(asked)
    assert [(result.call_id, result.text) for result in results(happened)] == [("x", "2"), ("x-2", "3"), ("x-3", "4")]


def test_what_was_changed_may_be_read_again():
    tasks = []

    def tasks_now() -> str:
        """List."""
        return str(tasks)

    def add_task(task: str) -> str:
        """Add."""
        tasks.append(task)
        return "added"

    script = [[call("tasks_now", "c1")], [call("add_task", "c2", task="tea")], [call("tasks_now", "c3")], "Tea."]
    model = ScriptedModel(script, CAPABLE)
    tools = ToolRegistry([Tool.from_function(tasks_now), Tool.from_function(add_task, risk="writes")])
    asked = Agent(persona(), model, tools.snapshot(), lambda query, limit: [])
    first = turn(asked, "add tea")
    second = turn(asked, "", [Message("user", "add tea"), *first[-1].new_messages], decisions={"c2": Decision(True)})
    assert [result.text for result in results(second)] == ["added", "['tea']"]
    model.assert_used_up()


def test_the_steps_of_a_turn_are_bounded():
    asked, model = agent([[call("add", f"c{n}", a=n, b=1)] for n in range(10)], limits=Limits(steps=3))
    happened = turn(asked, "一直加下去")
    assert happened[-1].reason == "step_limit"
    assert sum(isinstance(event, ToolStarted) for event in happened) == 3
    assert choices(model) == ["auto", "auto", "auto", "none"]
    assert answer(happened) == (
        "我没能用自己的话把回答写出来。工具给出的结果是：\n\n- Add (a: 0, b: 1)：1\n- Add (a: 1, b: 1)：2\n- Add (a: 2, b: 1)：3"
    )


def test_the_tokens_and_the_seconds_of_a_turn_are_bounded():
    step = [call("add", a=1, b=1), UsageChunk(Usage(10, 0, 600))]
    asked, model = agent([step, "Two."], limits=Limits(tokens=500))
    assert answer(turn(asked)) == "Two."
    assert choices(model) == ["auto", "none"]
    hurried, model = agent(["Two."], limits=Limits(seconds=0.0))
    assert answer(turn(hurried)) == "Two."
    assert choices(model) == ["none"]


def test_nobody_is_asked_to_allow_a_call_that_cannot_run():
    renewed = []
    wrong, right = call("renew", "c1", instance="i-1"), call("renew", "c2", instance="i-1", months=3)
    asked, model = agent([[wrong], [right], "Done."], renewed=renewed)
    first = turn(asked, "renew i-1")
    assert first[-1].reason == "approval"
    (refused,) = results(first)
    assert (refused.call_id, refused.failed) == ("c1", True)
    assert "months is missing" in refused.text
    second = turn(asked, "", [Message("user", "renew i-1"), *first[-1].new_messages], decisions={"c2": Decision(True)})
    assert second[-1].reason == "answered"
    assert renewed == [("i-1", 3)]
    model.assert_used_up()


def test_of_calls_made_together_only_those_wait_that_a_person_must_allow():
    renewed = []
    calls = [call("renew", "c1", instance="i-1", months="three"), call("renew", "c2", instance="i-2", months=1)]
    asked, model = agent([[*calls, call("add", "c3", a=1, b=1)], "Done."], renewed=renewed)
    first = turn(asked, "renew both")
    assert [(result.call_id, result.failed) for result in results(first)] == [("c1", True), ("c3", False)]
    second = turn(asked, "", [Message("user", "renew both"), *first[-1].new_messages], decisions={"c2": Decision(True)})
    assert [result.call_id for result in results(second)] == ["c2"]
    assert renewed == [("i-2", 1)]
    assert [message.result.call_id for message in model.requests[1].messages if message.result] == ["c1", "c3", "c2"]


@pytest.mark.parametrize("allowed", [True, False])
def test_a_call_that_was_decided_is_not_asked_about_again(allowed):
    renewed = []
    again = [[call("renew", f"c{n}", instance="i-1", months=3)] for n in range(2)]
    asked, model = agent([*again, []], renewed=renewed)
    first = turn(asked, "renew i-1")
    second = turn(asked, "", [Message("user", "renew i-1"), *first[-1].new_messages], decisions={"c0": Decision(allowed)})
    assert renewed == [("i-1", 3)] * allowed
    assert choices(model) == ["auto", "auto", "none"]
    assert second[-1].reason == "step_limit"
    assert ("renewed" if allowed else "The user refused this call") in answer(second)


def test_a_failure_before_the_approval_counts_after_it():
    script = [
        [call("add", "c1", a="x", b=1)],
        [call("renew", "c2", instance="i-1", months=3)],
        [call("add", "c3", a="y", b=1)],
        "Renewed; the sum is not to be had.",
    ]
    asked, model = agent(script, renewed=[])
    first = turn(asked, "renew i-1")
    turn(asked, "", [Message("user", "renew i-1"), *first[-1].new_messages], decisions={"c2": Decision(True)})
    assert choices(model) == ["auto"] * 3 + ["none"]


CUT = ThinkingChunk('{"name": "add", "arguments": {"a": 1', unread=True)


def test_a_call_that_cannot_be_read_is_written_again():
    asked, model = agent([[ThinkingChunk("hm"), CUT], [call("add", a=1, b=2)], "Three."])
    happened = turn(asked, "what is 1+2")
    assert [message.role for message in happened[-1].new_messages] == ["assistant", "tool", "assistant"]
    assert happened[-1].new_messages[0].thinking == "hm" + CUT.text
    wrote, told = model.requests[1].messages[-2:]
    assert (wrote.role, wrote.text) == ("assistant", CUT.text)
    assert told.role == "user"
    assert CUT.text in told.text
    assert "The tools are: add, renew." in told.text
    assert not any("could not be read" in message.text for message in model.requests[2].messages)
    assert (happened[-1].reason, answer(happened)) == ("answered", "Three.")
    model.assert_used_up()


def test_what_was_said_before_a_call_that_cannot_be_read_is_kept():
    asked, model = agent([[TextChunk("Let me see."), CUT], "Three."])
    happened = turn(asked, "1+2 等于几")
    assert [message.text for message in happened[-1].new_messages] == ["Let me see.", "Three."]
    assert [message.role for message in model.requests[1].messages[-3:]] == ["user", "assistant", "user"]
    assert "无法读取" in model.requests[1].messages[-1].text


def test_a_call_that_cannot_be_read_twice_is_owned_up_to():
    asked, model = agent([[CUT], [CUT]])
    happened = turn(asked)
    assert answer(happened).startswith("I wanted to use a tool")
    assert choices(model) == ["auto", "auto"]
    chinese, _ = agent([[CUT], [CUT]])
    assert answer(turn(chinese, "一加二等于几")).startswith("我想用工具来做这件事")
    after, _ = agent([[call("add", a=1, b=2)], [CUT], [CUT]])
    assert answer(turn(after)).endswith("- Add (a: 1, b: 2): 3")


def test_a_readable_call_beside_one_that_is_not_is_made_and_the_model_is_told_of_the_other():
    asked, model = agent([[call("add", "c1", a=1, b=2), CUT], [call("add", "c2", a=1, b=3), CUT], "Three and four."])
    assert answer(turn(asked)) == "Three and four."
    assert [request.messages[-1].role for request in model.requests] == ["user", "user", "tool"]
    assert "could not be read" in model.requests[1].messages[-1].text


def test_an_answer_of_nothing_after_a_result_tells_the_result():
    asked, _ = agent([[call("add", a=1, b=2)], [ThinkingChunk("hm")]])
    happened = turn(asked)
    assert happened[-1].reason == "answered"
    assert answer(happened).endswith("- Add (a: 1, b: 2): 3")


def test_the_last_step_can_be_stopped_and_keeps_what_it_wrote():
    cancel = Cancel()

    def written():
        yield TextChunk("It is ")
        cancel.set()
        yield TextChunk("two.")

    same = [[call("add", f"c{n}", a=1, b=1)] for n in range(2)]
    asked, _ = agent([*same, lambda messages, tools: written()])
    happened = turn(asked, cancel=cancel)
    assert happened[-1].reason == "cancelled"
    assert happened[-1].new_messages[-1].interrupted


@pytest.mark.parametrize("stop", [True, False])
def test_a_half_call_is_never_kept_when_a_step_breaks_off(stop):
    cancel = Cancel()

    def written():
        yield TextChunk("Let me see.")
        yield CUT
        yield call("add", a=1, b=2)
        cancel.set()

    asked, _ = agent([lambda messages, tools: written()] if stop else [[TextChunk("Let me see."), CUT, _broken()]])
    happened = turn(asked, cancel=cancel)
    assert happened[-1].reason == ("cancelled" if stop else "failed")
    (kept,) = happened[-1].new_messages
    assert (kept.text, kept.calls, kept.interrupted) == ("Let me see.", (), True)


def _broken():
    return ToolFailed("The engine broke.", "引擎坏了。")


def test_a_tool_whose_schema_is_broken_is_a_failed_call_and_no_crash():
    class Broken(Tool):
        id = "broken"

        def __init__(self, parameters):
            self.titles = {"en": "Broken", "zh": "坏的"}
            self.spec = ToolSpec("broken", "Broken.", parameters)

        def call(self, arguments, context):
            raise AssertionError("never called")

    for parameters in ({"type": "strin"}, {"$ref": "#/none"}, {"$ref": "#"}, {"properties": []}):
        model = ScriptedModel([[CallChunk(ToolCall("c1", "broken", {"a": 1}))], "No."], CAPABLE)
        asked = Agent(persona(), model, ToolRegistry([Broken(parameters)]).snapshot(), lambda query, limit: [])
        (result,) = results(turn(asked))
        assert result.failed
        assert "description of its arguments is broken" in result.text


def test_long_results_are_quoted_in_part():
    def read() -> str:
        """Read."""
        return json.dumps({"text": "word " * 500})

    asked, _ = of_tools([[call("read", "c1")], [call("read", "c2")], []], read)
    happened = turn(asked)
    assert len(answer(happened)) < 600
    assert answer(happened).endswith("…")
    assert len(results(happened)[1].text) < 600


STEPS = st.lists(
    st.sampled_from(
        [
            TextChunk("Well. "),
            CUT,
            ThinkingChunk("hm"),
            *(call("add", f"c{n}", a=n, b=1) for n in range(3)),
            call("add", "c0", a="x", b=1),
            call("add", "c0", a="y", b=1),
            call("fly", "c1"),
            call("renew", "c2", instance="i-1", months=1),
            call("renew", "c2", instance="i-1"),
        ]
    ),
    max_size=3,
)


@settings(max_examples=80)
@given(st.lists(STEPS, min_size=6, max_size=6))
def test_whatever_a_model_does_a_turn_ends_in_words_and_makes_no_call_twice(script):
    asked, model = agent(script, limits=Limits(steps=5))
    happened = turn(asked)
    made = [event.call for event in happened if isinstance(event, ToolStarted)]
    assert len({call.id for call in made}) == len(made)
    given = [result.text for result in results(happened) if not result.failed and result.name == "add"]
    assert len([text for text in given if not text.startswith("This very call")]) == len(set(given) & {"1", "2", "3"})
    assert [choice for choice in choices(model)[:-1] if choice != "auto"] == []
    end, last = happened[-1], happened[-1].new_messages[-1]
    if end.reason == "approval":
        assert pending_calls([Message("user", "hello"), *end.new_messages])
    else:
        assert end.reason in ("answered", "step_limit")
        assert last.role == "assistant"
        assert last.text.strip()
        assert not last.calls
        assert '"name"' not in last.text
