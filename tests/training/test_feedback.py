"""Liked answers as conversations: whose may be learnt, and what the file does not hold."""

import json

import pytest

from assistant.messages import Message, ToolCall, ToolResult
from common.errors import HearthError
from knowledge.types import Hit, Passage
from tools.base import ToolSpec
from training.readers.feedback import feedback

TOOLS = [
    ToolSpec(
        name,
        name,
        {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False},
    )
    for name in ("weather", "time")
]
ASKED = Message("user", "How hot is tea?")
HIT = Hit(Passage(7, "set", "tea.txt", "Tea", "Green tea is brewed at 80 degrees."), 0.9)


def line(*answer, by="maker", verdict=1, before=(ASKED,), **more):
    return {
        "persona": "gg",
        "by": by,
        "verdict": verdict,
        "reason": "",
        "time": "2026-03-04T05:06:07+00:00",
        "messages": [message.to_dict() for message in before],
        "answer": [message.to_dict() for message in answer],
        **more,
    }


@pytest.fixture
def read(tmp_path):
    def read(*lines, **options):
        path = tmp_path / "liked.jsonl"
        path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        return feedback(path, TOOLS, **options)

    return read


def test_a_visitor_is_learnt_from_with_consent_only(read):
    said = Message("assistant", "80 degrees.")
    lines = [
        line(said),
        line(said, verdict=-1),
        line(said, by="visitor"),
        line(said, by="visitor", consent=True),
        line(said, by="visitor", consent="yes"),
        line(said, by="somebody"),
    ]
    assert [len(read(each)) for each in lines] == [1, 0, 0, 1, 0, 0]


def test_only_the_liked_answer_is_learnt(read):
    before = (Message("user", "Hi"), Message("assistant", "Hello.", thinking="hm"), ASKED)
    (one,) = read(line(Message("assistant", "80 degrees.", thinking="I know this."), before=before), distractors=(1, 1))
    assert one.source == "feedback"
    assert one.weights == (0.0, 0.0, 0.0, 1.0)
    assert [message.thinking for message in one.messages] == [""] * 4
    assert len(one.tools) == 1


def test_calls_need_their_tools(read):
    def asked(name, **arguments):
        call = ToolCall("call_1", name, arguments)
        return line(
            Message("assistant", calls=(call,)),
            Message("tool", result=ToolResult("call_1", name, "21")),
            Message("assistant", "21 degrees."),
        )

    (one,) = read(asked("weather", city="Rome"), distractors=(0, 0))
    assert one.weights == (0.0, 1.0, 0.0, 1.0)
    assert [tool.name for tool in one.tools] == ["weather"]
    assert read(asked("songs", city="Rome")) == [], "nobody can tell what that tool was"
    assert read(asked("weather", town="Rome")) == []


def test_passages_come_back_before_the_question(read):
    (one,) = read(line(Message("assistant", "At 80 degrees [1].", sources=(HIT,))))
    asked = one.messages[0].text
    assert asked.startswith("Passages:\n[1] Tea\n")
    assert "brewed at 80 degrees" in asked
    assert "Today is 2026-03-04." in asked
    assert asked.endswith("\n\nHow hot is tea?")
    assert one.messages[1].sources == ()


def test_a_quotation_below_an_answer_is_not_learnt(read):
    long = "Black tea is brewed with boiling water, and so are most of the herbs that people drink in the evening. " * 3
    hit = Hit(Passage(7, "set", "tea.txt", "Tea", long + "Green tea is brewed at 80 degrees."), 0.9)
    quoted = f"**Tea** [1]:\n\n> {hit.passage.text}"
    before = (
        ASKED,
        Message("assistant", quoted),
        Message("user", "And herbs?"),
        Message("assistant", f"Hot.\n\n{quoted}"),
        ASKED,
    )
    (one,) = read(line(Message("assistant", f"At 80 degrees [1].\n\n{quoted}", sources=(hit,)), before=before))
    assert [message.text for message in one.messages[:2]] == ["And herbs?", "Hot."]
    assert one.messages[-1].text == "At 80 degrees [1]."
    assert "Green tea is brewed at 80 degrees." in one.messages[-2].text
    assert len(one.messages[-2].text) < len(long)


@pytest.mark.parametrize(
    "answer",
    [
        (),
        (Message("assistant", "80 deg", interrupted=True),),
        (Message("assistant", "Please call someone.", care="crisis"),),
        (Message("assistant", "**Tea** [1]:\n\n> Green tea is brewed at 80 degrees.", sources=(HIT,)),),
        (Message("assistant", calls=(ToolCall("call_1", "weather", {"city": "Rome"}),)),),
    ],
)
def test_what_is_no_whole_answer_of_the_model_is_left_out(read, answer):
    assert read(line(*answer)) == []


def test_another_file_is_named(read):
    with pytest.raises(HearthError, match="feedback"):
        read({"verdict": 1})
