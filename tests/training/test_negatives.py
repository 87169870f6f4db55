"""Negative samples: their share, their kinds, and that what is refused could really not be done."""

from collections import Counter

import pytest

from assistant.messages import Message, ToolCall
from tools.base import ToolSpec
from training.conversation import Conversation
from training.negatives import NO_TOOLS, TALK, UNRELATED, with_negatives

TOPICS = {
    "rain": (("getRain", "Tell how much rain fell on a town"), ("fetchRainfall", "Rain that fell on a town, by day")),
    "ferry": (("bookFerry", "Book a place on a ferry"), ("reserveFerrySeat", "Reserve a place on a ferry or its deck")),
    "sheep": (("countSheep", "Count the sheep of a farm"), ("sheepNumbers", "Count all sheep, farm by farm")),
    "poem": (("writePoem", "Compose verses with rhymes"), ("composeVerses", "Compose verses, with rhymes or without")),
}
TOOLS = {topic: [ToolSpec(*told, {"type": "object", "properties": {}}) for told in pair] for topic, pair in TOPICS.items()}
REQUESTS = {f"Please do {topic} number {number}.": topic for topic in TOPICS for number in range(10)}


def asked(text, *tools):
    call = ToolCall("call_1", tools[0].name, {})
    return Conversation.of(
        "made", [Message("system", "Help."), Message("user", text), Message("assistant", calls=(call,))], tools
    )


def said(text, source="talk", tools=()):
    return Conversation.of(source, [Message("user", text), Message("assistant", f"About {text}, gladly.")], tools)


CALLED = [asked(text, TOOLS[topic][0], TOOLS["sheep" if topic == "rain" else "rain"][1]) for text, topic in REQUESTS.items()]
TALKED = [said(f"matter {number}") for number in range(11)]


@pytest.fixture(scope="module")
def negatives():
    """Many of them: two thirds of the whole."""
    return [one for one in with_negatives([*CALLED, *TALKED], 2 / 3, seed=4) if one.source.startswith("negative/")]


@pytest.mark.parametrize(("share", "count"), [(0.0, 0), (0.15, 9), (0.5, 51)])
def test_the_share_is_of_the_whole_and_nothing_is_lost(share, count):
    made = with_negatives([*CALLED, *TALKED], share, seed=1)
    assert len(made) == 51 + count
    assert count / len(made) == pytest.approx(share, abs=0.01)
    assert all(one in made for one in [*CALLED, *TALKED])


def test_the_seed_decides():
    assert with_negatives(CALLED, 0.4, seed=1) == with_negatives(CALLED, 0.4, seed=1) != with_negatives(CALLED, 0.4, seed=2)


def test_the_three_kinds_come_equally_often(negatives):
    assert Counter(one.source for one in negatives) == {NO_TOOLS: 34, UNRELATED: 34, TALK: 34}


def test_a_request_without_tools_is_refused(negatives):
    for one in negatives:
        if one.source == NO_TOOLS:
            system, request, reply = one.messages
            assert system.text == "Help."
            assert request.text in REQUESTS
            assert reply.text
            assert not reply.calls
            assert one.tools == ()
            assert one.weights == (0.0, 0.0, 1.0)


def test_the_right_tool_or_one_like_it_is_never_in_view(negatives):
    topics = {tool.name: topic for topic, tools in TOOLS.items() for tool in tools}
    seen = Counter()
    for one in negatives:
        if one.source == UNRELATED:
            wanted = REQUESTS[one.messages[1].text]
            assert 1 <= len(one.tools) <= 4
            assert wanted not in {topics[tool.name] for tool in one.tools}
            assert not any(message.calls for message in one.messages)
            seen.update(tool.name for tool in one.tools)
    assert len(seen) >= 5, "many tools stand in view"


def test_talk_keeps_its_words_and_sees_tools(negatives):
    words = {one.messages for one in TALKED}
    talked = [one for one in negatives if one.source == TALK]
    assert all(one.messages in words and one.tools for one in talked)
    assert {one.messages for one in talked} == words, "all of it comes, before any comes again"


def test_without_talk_there_is_small_talk_and_a_refusal_is_no_talk():
    refused = said("a refusal", source="generated/refusals")
    made = with_negatives([*CALLED[:6], refused, said("beside tools", tools=TOOLS["poem"])], 0.5, seed=0)
    talked = [one for one in made if one.source == TALK]
    assert talked
    assert not any("About" in message.text for one in talked for message in one.messages)


def test_where_no_tool_is_unrelated_none_is_shown():
    made = with_negatives([asked("Rain?", *TOOLS["rain"])] * 6, 0.5, seed=0)
    assert Counter(one.source for one in made if one.source != "made") == {NO_TOOLS: 4, TALK: 2}


def test_without_requests_there_is_talk_and_without_tools_nothing():
    made = with_negatives([said("one"), said("two", tools=TOOLS["poem"])], 0.5, seed=0)
    assert [one.source for one in made if one.source.startswith("negative/")] == [TALK, TALK]
    assert sorted(map(str, with_negatives(TALKED, 0.5, seed=0))) == sorted(map(str, TALKED))


def test_a_chinese_request_is_refused_in_chinese():
    made = with_negatives([asked("奥斯陆下了多少雨？", *TOOLS["rain"])], 0.5, seed=0)
    [reply] = [one.messages[-1].text for one in made if one.source == NO_TOOLS]
    assert "工具" in reply
