"""The contract of a turn, line by line, with a scripted model and real tools, runner and prompt."""

import threading
from dataclasses import replace

import pytest

from assistant.agent import Agent
from assistant.consent import Decision
from assistant.events import (
    CareNotice,
    MessageCompleted,
    PassagesFound,
    StepFinished,
    TextDelta,
    ThinkingDelta,
    ToolsFound,
    ToolStarted,
    TurnFinished,
)
from assistant.messages import Message, Usage
from assistant.models.base import Cancel, TextChunk, ThinkingChunk, UsageChunk
from assistant.models.scripted import ScriptedModel
from common.errors import GenerationFailed
from tests.assistant.turns import CAPABLE, WEAK, agent, call, hit, kinds, persona, turn
from tools.base import Tool
from tools.registry import ToolRegistry


def test_a_plain_answer():
    asked, model = agent([[TextChunk("Good "), TextChunk("day."), UsageChunk(Usage(20, 5, 3))]])
    happened = turn(asked)
    wanted = [PassagesFound, ToolsFound, TextDelta, TextDelta, StepFinished, MessageCompleted, TurnFinished]
    assert kinds(happened) == wanted
    end = happened[-1]
    assert (end.reason, end.usage, end.error) == ("answered", Usage(20, 5, 3), {})
    assert 0 <= end.timings["first_text"] <= end.timings["total"]
    model.assert_used_up()


def test_each_step_tells_what_it_was_given_and_what_it_took():
    asked, model = agent([[call("add", a=2, b=3), UsageChunk(Usage(20, 5, 3))], "Five."], hits=[hit()])
    happened = turn(asked, "what is 2+3")
    first, second = (event for event in happened if isinstance(event, StepFinished))
    assert happened[-1].usage == first.usage + second.usage
    assert first.usage == Usage(20, 5, 3)
    assert first.shared == 0
    assert "You are P." in first.prompt
    assert "Leave is 12 days." in first.prompt
    assert second.shared == len(first.prompt)
    assert second.prompt == 'assistant: \ncall: {"id": "c1", "name": "add", "arguments": {"a": 2, "b": 3}}\ntool: 5\n'
    model.assert_used_up()


def test_a_step_that_is_stopped_or_fails_is_told_too():
    cancel = Cancel()

    def written():
        yield TextChunk("one ")
        cancel.set()

    stopped, _ = agent([lambda messages, tools: written()])
    failed, _ = agent([[TextChunk("half"), GenerationFailed("The engine broke.", "引擎坏了。")]])
    for happened in (turn(stopped, cancel=cancel), turn(failed)):
        (step,) = (event for event in happened if isinstance(event, StepFinished))
        assert step.usage == Usage()
        assert "hello" in step.prompt
        assert kinds(happened)[-3:] == [StepFinished, MessageCompleted, TurnFinished]


def test_thinking_is_told_apart_from_the_answer():
    asked, _ = agent([[ThinkingChunk("hm"), TextChunk("Yes.")]])
    happened = turn(asked)
    assert ThinkingDelta("hm") in happened
    assert happened[-1].new_messages[0].thinking == "hm"


def test_thoughts_are_read_again_within_a_turn_and_not_after_it():
    asked, model = agent([[ThinkingChunk("I add."), call("add", a=2, b=3)], [ThinkingChunk("Done."), TextChunk("Five.")], "Six."])
    first = turn(asked, "what is 2+3")
    assert [message.thinking for message in first[-1].new_messages] == ["I add.", "", "Done."]
    turn(asked, "and 3+3", [Message("user", "what is 2+3"), *first[-1].new_messages])
    assert [message.thinking for message in model.requests[1].messages if message.calls] == ["I add."]
    assert not any(message.thinking for message in model.requests[2].messages)
    assert [message.text for message in model.requests[2].messages][-2] == "Five."


def test_a_call_that_was_never_decided_is_left_out_of_what_comes_later():
    asked, model = agent([[TextChunk("I will."), call("renew", instance="i-1", months=3)], "Never mind."], renewed=[])
    first = turn(asked, "renew i-1")
    turn(asked, "no, leave it", [Message("user", "renew i-1"), *first[-1].new_messages])
    assert [(message.text, message.calls) for message in model.requests[1].messages[1:-1]] == [("renew i-1", ()), ("I will.", ())]


def test_an_answer_of_nothing_but_thought_is_owned_up_to():
    asked, _ = agent([[ThinkingChunk("<tool_call>fly()")]])
    assert turn(asked)[-1].new_messages[0].text.startswith("I could not put an answer together.")


def test_a_call_is_run_and_its_result_read():
    asked, model = agent([[call("add", a=2, b=3)], "Five."])
    happened = turn(asked, "what is 2+3")
    assert [message.role for message in happened[-1].new_messages] == ["assistant", "tool", "assistant"]
    assert model.requests[1].messages[-1].result.text == "5"
    assert {spec.name for spec in model.requests[0].tools} == {"add", "renew"}
    model.assert_used_up()


def test_calls_made_together_run_together():
    both = threading.Barrier(2, timeout=5)

    def meet(who: str) -> str:
        """Wait for the other."""
        both.wait()
        return who

    model = ScriptedModel([[call("meet", "c1", who="a"), call("meet", "c2", who="b")], "Done."], CAPABLE)
    asked = Agent(persona(), model, ToolRegistry([Tool.from_function(meet)]).snapshot(), lambda query, limit: [])
    happened = turn(asked)
    results = [message.result for message in happened[-1].new_messages if message.role == "tool"]
    assert [(result.call_id, result.text, result.failed) for result in results] == [("c1", "a", False), ("c2", "b", False)]


def test_a_small_model_that_repeats_itself_is_stopped_before_it_shows():
    said = [TextChunk(piece) for piece in ("I am glad you came. ", "How was it? ", "I am gl", "ad you came. ", "How was it? ")]
    asked, _ = agent([lambda messages, tools: iter(said)], info=WEAK, collections=[])
    happened = turn(asked, "I am back")
    assert happened[-1].new_messages[0].text == "I am glad you came. How was it?"
    assert happened[-1].reason == "answered"
    assert happened[-1].usage.completion_tokens == 10
    strong, _ = agent([lambda messages, tools: iter(said)], collections=[])
    assert turn(strong, "I am back")[-1].new_messages[0].text.count("I am glad you came.") == 2


@pytest.mark.parametrize("allowed", [True, False])
def test_a_call_that_spends_waits_for_a_person(allowed):
    renewed = []
    script = [[TextChunk("I will."), call("renew", instance="i-1", months=3)], "Done." if allowed else "Not done."]
    asked, model = agent(script, renewed=renewed)
    first = turn(asked, "renew i-1")
    assert first[-1].reason == "approval"
    assert renewed == []
    assert not any(isinstance(event, ToolStarted) for event in first)
    history = [Message("user", "renew i-1"), *first[-1].new_messages]
    second = turn(asked, "", history, decisions={"c1": Decision(allowed)})
    assert second[-1].reason == "answered"
    assert renewed == ([("i-1", 3)] if allowed else [])
    roles = [message.role for message in model.requests[1].messages]
    assert roles[-3:] == ["user", "assistant", "tool"]
    assert second[-1].new_messages[0].result.failed is not allowed
    model.assert_used_up()


def test_a_pending_call_that_nobody_decided_is_not_run():
    renewed = []
    asked, _ = agent([[call("renew", instance="i-1", months=3)], "Not done."], renewed=renewed)
    first = turn(asked, "renew i-1")
    turn(asked, "", [Message("user", "renew i-1"), *first[-1].new_messages], decisions={"other": Decision(True)})
    assert renewed == []


def test_stop_keeps_what_was_written():
    cancel = Cancel()

    def written():
        yield TextChunk("one ")
        cancel.set()
        yield TextChunk("two")

    asked, _ = agent([lambda messages, tools: written()])
    happened = turn(asked, cancel=cancel)
    assert happened[-1].reason == "cancelled"
    last = happened[-1].new_messages[-1]
    assert last.interrupted
    assert last.text.startswith("one ")


def test_an_expected_failure_arrives_in_the_end_and_a_bug_is_raised():
    asked, _ = agent([GenerationFailed("The engine broke.", "引擎坏了。")])
    end = turn(asked)[-1]
    assert (end.reason, end.error) == ("failed", {"en": "The engine broke.", "zh": "引擎坏了。"})
    broken, _ = agent([ZeroDivisionError("a bug")])
    with pytest.raises(ZeroDivisionError):
        list(broken.run("hello"))


def test_an_answer_that_cites_carries_its_sources():
    hits = [hit(1), hit(2, "Lunch is at noon.")]
    cited, model = agent(["Twelve days [1]."], hits=hits)
    happened = turn(cited, "leave?")
    assert happened[0] == PassagesFound(tuple(hits))
    assert happened[-1].new_messages[0].sources == (hits[0],)
    assert "[2] Handbook > Leave" in model.requests[0].messages[-1].text
    for text in ("At noon [2].", "At noon [1, 2].", "中午【1、2】。"):
        both, _ = agent([text], hits=hits)
        assert turn(both)[-1].new_messages[0].sources == tuple(hits)
    uncited, _ = agent(["Hello [7]."], hits=hits)
    assert turn(uncited)[-1].new_messages[0].sources == ()


DANGER = {"en": "I want to kill myself", "zh": "我不想活了，想自杀"}


@pytest.mark.parametrize("language", DANGER)
def test_danger_is_answered_before_any_model_is_asked(language):
    asked, model = agent([], hits=[hit()])
    happened = turn(asked, DANGER[language])
    assert kinds(happened) == [CareNotice, TextDelta, MessageCompleted, TurnFinished]
    assert happened[0].kind == "suicide"
    answer = happened[-1].new_messages[0]
    assert answer.care == "suicide"
    assert "12356" in answer.text
    assert ("我" in answer.text) == (language == "zh")
    assert model.requests == []


def test_playfulness_is_suspended_after_a_notice():
    said = [Message("user", DANGER["en"]), Message("assistant", "I am here.", care="suicide")]
    later = [message for n in range(7) for message in (Message("user", f"{n}"), Message("assistant", "ok"))]
    systems = []
    for history in ([], said, [*said, *later[:4]], [*said, *later]):
        asked, model = agent(["ok"])
        turn(asked, "hello", history)
        systems.append(model.requests[0].messages[0].text)
    never, right_after, soon, long_after = systems
    assert never == long_after
    assert right_after == soon != never


def test_a_weak_model_quotes_the_best_passages_and_says_so_once():
    hits = [hit(1), hit(2, "Leave is asked for in writing.", 0.85), hit(3, "Unrelated.", 0.3)]
    asked, model = agent([], hits=hits, info=WEAK, answers_only_from_documents=True)
    happened = turn(asked, "How long is leave?")
    answer = happened[-1].new_messages[0]
    assert "> Leave is 12 days." in answer.text
    assert "[2]" in answer.text
    assert "Unrelated" not in answer.text
    assert "Models page" in answer.text
    assert answer.sources == tuple(hits[:2])
    again = turn(asked, "And?", [Message("user", "How long?"), answer])[-1].new_messages[0]
    assert "Models page" not in again.text
    assert model.requests == []


CALLING = replace(WEAK, tools=True)


def test_a_weak_model_that_calls_is_asked_for_a_call_before_passages_are_quoted():
    asked, model = agent([[call("add", a=2, b=3)], "Five."], hits=[hit(1)], info=CALLING)
    happened = turn(asked, "what is 2+3")
    assert happened[-1].new_messages[-1].text == "Five."
    assert "Leave is 12 days." not in str(model.requests)
    model.assert_used_up()


def test_what_a_weak_model_says_instead_of_a_call_is_never_shown():
    asked, model = agent(["I think it is some days."], hits=[hit(1)], info=CALLING)
    happened = turn(asked, "How long is leave?")
    assert [event.text for event in happened if isinstance(event, TextDelta)] == [happened[-1].new_messages[0].text]
    assert "> Leave is 12 days." in happened[-1].new_messages[0].text
    assert len(model.requests) == 1


def test_where_no_call_of_a_weak_model_works_passages_are_quoted():
    failing = call("add", a="two", b=3)
    for said in ([failing, "That is five."], [failing, failing, "That is five."]):
        asked, model = agent([[each] if each is failing else each for each in said], hits=[hit(1)], info=CALLING)
        happened = turn(asked, "what is 2+3")
        assert "That is" not in str([event for event in happened if isinstance(event, TextDelta)])
        assert "> Leave is 12 days." in happened[-1].new_messages[-1].text
        assert happened[-1].reason == "answered"
    mended, model = agent([[failing], [call("add", a=2, b=3)], "Five."], hits=[hit(1)], info=CALLING)
    assert turn(mended, "what is 2+3")[-1].new_messages[-1].text == "Five."
    model.assert_used_up()


def test_where_no_call_of_a_weak_model_works_it_is_told_what_failed():
    failing = call("add", a="two", b=3)
    for said in ([[failing], "That is five."], [[failing], [failing], "That is five."]):
        asked, _ = agent(said, info=CALLING)
        happened = turn(asked, "what is 2+3")
        answer = happened[-1].new_messages[-1].text
        assert answer.startswith("I tried, and could not do it:\n\n- Add (a: two, b: 3): ")
        assert "five" not in str([event for event in happened if isinstance(event, TextDelta)])
        assert happened[-1].reason == "answered"
    trusted, _ = agent([[failing], "That is five."], info=CAPABLE)
    assert turn(trusted, "what is 2+3")[-1].new_messages[-1].text == "That is five."


def test_a_weak_model_that_calls_is_not_asked_in_a_language_it_lacks():
    asked, model = agent([], hits=[hit(1, "年假十二天。", heading="假期 > 年假")], info=CALLING)
    assert "> 年假十二天。" in turn(asked, "年假几天？")[-1].new_messages[0].text
    assert model.requests == []


def test_in_a_conversation_one_quotation_is_enough():
    asked, _ = agent([], hits=[hit(1), hit(2, "Leave is asked for in writing.", 0.9)], info=WEAK)
    assert "[2]" not in turn(asked, "How long is leave?")[-1].new_messages[0].text


def test_a_quotation_in_a_conversation_names_the_question_in_one_clause():
    found = [hit(heading="晚上好，下午好，中午好", text="好呀，你来了。")]
    talking, _ = agent([], info=WEAK, hits=found)
    assert turn(talking, "晚上好")[-1].new_messages[0].text.startswith("关于“晚上好” [1]：")
    reading, _ = agent([], info=WEAK, hits=found, answers_only_from_documents=True)
    assert turn(reading, "晚上好")[-1].new_messages[0].text.startswith("关于“晚上好，下午好，中午好” [1]：")


def test_a_model_without_chinese_quotes_or_says_what_can_be_asked():
    asked, model = agent([], hits=[hit(1, "年假十二天。", heading="假期 > 年假")], info=WEAK)
    answer = turn(asked, "年假几天？")[-1].new_messages[0]
    assert answer.text.startswith("关于“年假” [1]：\n\n> 年假十二天。")
    nothing, _ = agent([], info=WEAK)
    answer = turn(nothing, "明天天气如何？")[-1].new_messages[0]
    assert "不会写中文" in answer.text
    assert "“年假几天？”" in answer.text
    assert model.requests == []


def test_a_weak_model_still_chats_in_its_own_language():
    asked, model = agent(["Hi there."], info=WEAK)
    happened = turn(asked, "hello")
    assert happened[-1].new_messages[0].text == "Hi there."
    assert model.requests[0].tools == () or list(model.requests[0].tools) == []


EXCERPTS = replace(WEAK, grounding=True, excerpt_tokens=12)
LONG = "Whoever is new reads this chapter first. Leave is 12 days a year. It is asked for in writing."


def test_a_small_model_reads_an_excerpt_where_a_persona_answers_from_documents():
    found = [hit(number, LONG) for number in range(1, 6)]
    asked, model = agent(["Leave is 12 days a year [1]."], hits=found, info=EXCERPTS, answers_only_from_documents=True)
    happened = turn(asked, "How many days is leave?")
    answer = happened[-1].new_messages[0]
    assert answer.text == f"Leave is 12 days a year [1].\n\n**Leave** [1]:\n\n> {LONG}"
    assert answer.sources == (found[0],)
    (request,) = model.requests
    read = request.messages[-1].text
    assert read.count("Leave is 12 days a year.") == 1
    assert "new reads" not in read


def test_a_small_model_that_names_no_passage_is_followed_by_the_nearest_one():
    asked, _ = agent(["That is not in my documents."], hits=[hit(1, LONG)], info=EXCERPTS, answers_only_from_documents=True)
    answer = turn(asked, "Who is new?")[-1].new_messages[0]
    assert answer.text == f"That is not in my documents.\n\nWhat comes nearest:\n\n**Leave** [1]:\n\n> {LONG}"
    assert answer.sources == (hit(1, LONG),)


def test_a_small_model_does_not_read_the_quotations_below_its_answers():
    said = ["Leave is 12 days a year [1].", "It is asked for in writing [1]."]
    asked, model = agent(said, hits=[hit(1, LONG)], info=EXCERPTS, answers_only_from_documents=True)
    first = turn(asked, "How many days is leave?")[-1].new_messages
    turn(asked, "How is it asked for?", [Message("user", "How many days is leave?"), *first])
    read = [(message.role, message.text) for message in model.requests[1].messages[1:-1]]
    assert read == [("user", "How many days is leave?"), ("assistant", "Leave is 12 days a year [1].")]


def test_what_a_small_model_reads_of_older_answers_is_what_it_wrote():
    asked, model = agent(["Yes [1]."], hits=[hit(1, LONG)], info=EXCERPTS, answers_only_from_documents=True)
    quoted, _ = agent([], hits=[hit(1, LONG)], info=WEAK, answers_only_from_documents=True)
    before = [
        *(Message("user", "How long is leave?"), *turn(quoted, "How long is leave?")[-1].new_messages),
        *(Message("user", "What is needed?"), Message("assistant", "Two things [1]:\n\n1. A letter.\n2. A day.")),
        *(Message("user", "And then?"), Message("assistant", f"Wait [1].\n\n**Leave** [1]:\n\n> {LONG}\n>\n> So.")),
    ]
    turn(asked, "Really?", before)
    assert [message.text for message in model.requests[0].messages[1:-1]] == [
        *("What is needed?", "Two things [1]:\n\n1. A letter.\n2. A day."),
        *("And then?", "Wait [1]."),
    ]


def test_the_answer_of_a_tool_is_followed_by_no_passage():
    said = [[call("add", a=2, b=3)], "Five."]
    info = replace(EXCERPTS, tools=True)
    asked, _ = agent(said, hits=[hit(1, LONG)], info=info, answers_only_from_documents=True)
    assert turn(asked, "what is 2+3")[-1].new_messages[-1].text == "Five."


def test_where_a_small_model_cannot_write_the_best_passages_are_quoted():
    found = [hit(1, "年假十二天。"), hit(2, "病假十天。", 0.9)]
    asked, _ = agent([], hits=found, info=EXCERPTS, answers_only_from_documents=True)
    happened = turn(asked, "假期几天？")
    assert "> 年假十二天。" in happened[-1].new_messages[0].text
    assert "> 病假十天。" in happened[-1].new_messages[0].text
    assert happened[0] == PassagesFound(tuple(found))


def test_in_a_conversation_a_small_model_leaves_the_passages_as_they_are():
    asked, model = agent([], hits=[hit(1, LONG)], info=EXCERPTS)
    assert f"> {LONG}" in turn(asked, "How many days is leave?")[-1].new_messages[0].text
    talking, model = agent(["Hi there."], info=EXCERPTS)
    assert turn(talking, "hello")[-1].new_messages[0].text == "Hi there."
    assert "Use two or three short sentences." in model.requests[0].messages[0].text


def test_a_persona_of_documents_only_admits_that_nothing_was_found():
    asked, model = agent([], info=CAPABLE, answers_only_from_documents=True)
    answer = turn(asked, "Who won the cup?")[-1].new_messages[0]
    assert answer.text.startswith("That is not in my documents.")
    assert model.requests == []


@pytest.mark.parametrize(
    ("message", "language", "expected"),
    [("几点了", None, "zh"), ("what time", None, "en"), ("ok", "zh", "zh"), ("12 + 5", "zh", "zh"), ("12 + 5", None, "en")],
)
def test_the_language_of_the_answer(message, language, expected):
    asked, model = agent(["ok"])
    turn(asked, message, language=language)
    assert ("用中文回答" in model.requests[0].messages[0].text) == (expected == "zh")


def test_one_agent_serves_many_turns_at_once():
    asked, _ = agent(["same"] * 8)
    ends = []
    threads = [threading.Thread(target=lambda: ends.append(turn(asked)[-1])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert [end.new_messages[0].text for end in ends] == ["same"] * 8
