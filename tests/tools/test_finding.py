"""The few tools that fit a message come first, in both languages."""

import pytest

from tools.base import Tool, ToolSpec
from tools.finding import find
from tools.registry import default_registry

SHIPPED = default_registry().snapshot()
FEW = default_registry().snapshot(["clock", "calculator", "units", "dates"])


class Described(Tool):
    def __init__(self, name, description, zh=""):
        self.id = name.lower().replace("_", "-")
        self.titles = {"en": name, "zh": zh}
        self.spec = ToolSpec(name, description, {"type": "object", "properties": {}})

    def call(self, arguments, context):
        raise NotImplementedError


MANY = dict(SHIPPED) | {
    tool.spec.name: tool
    for tool in [
        Described("getWeather", "The weather forecast for a city", "天气预报"),
        Described("translate_text", "Translate a text into another language", "翻译"),
        Described("draw_picture", "Draw a picture from words", "画图"),
        Described("send_mail", "Send a letter to somebody", "发邮件"),
    ]
}


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        ("What time is it in Tokyo?", "clock"),
        ("东京现在几点？", "clock"),
        ("calculate 17.5% of 2340", "calculator"),
        ("帮我计算 3 乘 4", "calculator"),
        ("convert 5 km to miles", "convert_units"),
        ("5公里等于多少英里，单位换算", "convert_units"),
        ("how many days until the festival", "dates"),
        ("今年中秋是星期几", "dates"),
        ("what will the weather be", "getWeather"),
        ("明天的天气预报", "getWeather"),
        ("please TRANSLATE this", "translate_text"),
        ("draw me some pictures", "draw_picture"),
        ("给妈妈发邮件", "send_mail"),
    ],
)
def test_the_right_tool_is_first(message, wanted):
    (tool, score), *_ = find(MANY, message, 3)
    assert tool.spec.name == wanted
    assert 0 < score <= 1


def test_scores_fall_and_the_limit_holds():
    found = find(MANY, "the weather in a city, in words", 3)
    assert len(found) == 3
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)


def test_few_tools_are_all_offered_even_to_a_message_without_words():
    for message in ("hello", "", "。。。", "🙂", "x" * 50_000):
        found = find(FEW, message, 5)
        assert {tool.id for tool, _ in found} == {"clock", "calculator", "units", "dates"}


def test_no_tools_and_no_room_give_none():
    assert find({}, "time", 5) == []
    assert find(SHIPPED, "time", 0) == []
