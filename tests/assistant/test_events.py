"""Events travel as JSON and come back equal."""

import json

import pytest

from assistant import events
from assistant.events import (
    CareNotice,
    MessageCompleted,
    PassagesFound,
    StepFinished,
    TextDelta,
    ThinkingDelta,
    ToolFinished,
    ToolsFound,
    ToolStarted,
    TurnFinished,
)
from assistant.messages import Message, ToolCall, ToolResult, Usage
from knowledge.types import Hit, Passage

CALL = ToolCall("call_1", "clock", {"zone": "Asia/Tokyo"})
RESULT = ToolResult("call_1", "clock", "东京现在 09:00", failed=False)
HIT = Hit(Passage(7, "library", "d1", "Handbook", "Annual leave is 12 days.", "Leave > Annual", 3, 10, 34), 0.8, 0.7, None)
ANSWER = Message("assistant", "Twelve days [1].", "hm", (CALL,), None, (HIT,), "", True)

ALL = [
    TextDelta("你好"),
    ThinkingDelta("…"),
    PassagesFound((HIT,)),
    ToolsFound((("clock", 0.82), ("dates", 0.1)), (("units", 0.05),), ("dates",)),
    ToolStarted(CALL),
    ToolFinished(RESULT, 0.25),
    CareNotice("suicide"),
    StepFinished(2, 1.25, Usage(10, 4, 6), "<|im_start|>", 40),
    MessageCompleted(ANSWER),
    MessageCompleted(Message("tool", RESULT.text, result=RESULT)),
    TurnFinished("failed", (ANSWER,), Usage(10, 4, 6), {"total": 1.5}, {"en": "no", "zh": "不"}),
]


@pytest.mark.parametrize("event", ALL, ids=lambda event: type(event).__name__)
def test_an_event_comes_back_equal_from_json(event):
    assert events.from_dict(json.loads(json.dumps(events.to_dict(event)))) == event


def test_every_kind_of_event_is_covered_here():
    assert {type(event) for event in ALL} == set(events.Event.__args__)


def test_what_was_kept_before_tools_could_be_always_offered_is_read():
    kept = {"type": "ToolsFound", "tools": [["clock", 0.82]], "others": []}
    assert events.from_dict(kept) == ToolsFound((("clock", 0.82),))


def test_an_unknown_type_is_named():
    with pytest.raises(ValueError, match="'Nonsense'"):
        events.from_dict({"type": "Nonsense"})


def test_usage_adds_up():
    assert Usage(1, 2, 3) + Usage(10, 20, 30) == Usage(11, 22, 33)


def test_a_message_of_an_older_export_reads_with_defaults():
    assert Message.from_dict({"role": "user", "text": "hi"}) == Message("user", "hi")
