"""MSAgent-Eval: the file form, in which one value holds several steps, and the figures of a few replies by hand."""

import json

import pytest

from common.errors import HearthError
from evaluation.readers.msagent import read_dialogues
from evaluation.task import Judged, Options, Reply
from evaluation.tasks import msagent

PLUGINS = [
    {
        "plugin_name": "modelscope_text-address",
        "plugin_schema_for_model": {
            "name": "modelscope_text-address",
            "description": "地址解析",
            "paths": [{"parameters": [{"name": "text", "description": "带有地址的文本", "required": "True"}]}],
        },
    },
    {"name": "weather", "description": "Weather of a city", "parameters": [{"name": "city", "required": True}, {"name": "unit"}]},
]
SYSTEM = (
    "你是魔搭助手。当前对话可以使用的插件信息如下，请自行判断是否需要调用插件，并在其前后使用<|startofthink|>和<|endofthink|>作为标志。\n\n"
    + "\n\n".join(
        f"{number}. {json.dumps(plugin, ensure_ascii=False)}" for number, plugin in enumerate([*PLUGINS, PLUGINS[0]], 1)
    )
)


def think(name, **parameters):
    asked = {"api_name": name, "url": "http://example.org", "parameters": parameters}
    return f"<|startofthink|>```JSON\n{json.dumps(asked, ensure_ascii=False)}\n```<|endofthink|>"


def gave(**result):
    return f"\n\n<|startofexec|>```JSON\n{json.dumps(result, ensure_ascii=False)}\n```<|endofexec|>\n"


@pytest.fixture
def folder(tmp_path):
    one = [
        {"from": "system", "value": SYSTEM},
        {"from": "user", "value": "解析地址：杭州市西湖区。天气呢？"},
        {
            "from": "assistant",
            "value": "好的。"
            + think("modelscope_text-address", text="杭州市西湖区")
            + gave(city="杭州")
            + think("weather", city="杭州", unit="C")
            + gave(degrees=21)
            + "杭州今天二十一度。",
        },
        {"from": "user", "value": "Thank you"},
        {"from": "assistant", "value": "You are welcome."},
        {"from": "user", "value": "?"},
        {"from": "assistant", "value": ""},
    ]
    without_system = [{"from": "user", "value": "hi"}, {"from": "assistant", "value": "hello"}]
    broken = [*one[:2], {"from": "assistant", "value": "<|startofthink|>{not json}<|endofthink|>"}]
    lines = [
        {"id": "a", "conversations": one},
        {"id": "b", "conversations": without_system},
        {"id": "c", "conversations": repr(one[:1] + one[3:5])},
        {"id": "d", "conversations": broken},
    ]
    text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    (tmp_path / "dev.jsonl").write_text(text.replace("天气呢", "天气\u2028呢"), encoding="utf-8")
    return tmp_path


def test_the_reader_takes_steps_apart(folder):
    first, second = read_dialogues(folder, "dev")
    assert (first.id, second.id) == ("dev/a", "dev/c"), "no system and broken calls left out; a list may be a string"
    assert [tool.name for tool in first.tools] == ["modelscope_text-address", "weather"], "a plug-in of two places counts once"
    assert first.tools[0].parameters["required"] == ["text"]
    assert first.tools[1].parameters == {
        "type": "object",
        "properties": {"city": {"type": "string", "description": ""}, "unit": {"type": "string", "description": ""}},
        "required": ["city"],
    }
    roles = [message.role for message in first.messages]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "tool", "assistant", "user", "assistant", "user"]
    assert first.messages[0].text == "你是魔搭助手。", "how calls are written is not the system's affair here"
    called = first.messages[2]
    assert (called.text, called.calls[0].name, called.calls[0].arguments) == (
        "好的。",
        "modelscope_text-address",
        {"text": "杭州市西湖区"},
    )
    assert first.messages[3].result.text == '{"city": "杭州"}'
    assert first.messages[5].result.call_id == first.messages[4].calls[0].id == "call_2"
    assert first.messages[6].text == "杭州今天二十一度。"


def test_the_react_form_comes_to_the_same(tmp_path):
    system = (
        "Answer the following questions as best you can. You have access to the following APIs:\n"
        '1. find_phone: Finds phones. Parameters: [{"name": "words", "description": "关键词", "required": "True"}]\n\n'
        "2. stop: Stops. Parameters: []\n\nUse the following format:\n\nThought: you should always think\nBegin!"
    )
    chain = (
        "Thought: I look.\nAction: find_phone\nAction Input: {'words': {'商品': '手机'}}\nObservation: [1,\n2]\n"
        "Thought: I now know the final answer\nFinal Answer: 两款：\n1. A"
    )
    said = [("system", system), ("user", "手机？"), ("assistant", chain), ("user", "谢谢"), ("assistant", "不客气。")]
    line = {"id": 1, "conversations": [{"from": who, "value": value} for who, value in said]}
    (tmp_path / "react.json").write_text(json.dumps([line]), encoding="utf-8")
    (one,) = read_dialogues(tmp_path)
    assert [(tool.name, tool.description) for tool in one.tools] == [("find_phone", "Finds phones."), ("stop", "Stops.")]
    assert one.tools[0].parameters["required"] == ["words"]
    assert [message.role for message in one.messages] == ["user", "assistant", "tool", "assistant", "user", "assistant"]
    called, result, answer = one.messages[1:4]
    assert (called.text, called.calls[0].name, called.calls[0].arguments) == (
        "I look.",
        "find_phone",
        {"words": {"商品": "手机"}},
    )
    assert (result.result.text, answer.text) == ("[1,\n2]", "两款：\n1. A")


def test_data_of_another_form_is_named(tmp_path):
    (tmp_path / "dev.json").write_text('{"id": 1}', encoding="utf-8")
    with pytest.raises(HearthError, match="MSAgent-Bench"):
        read_dialogues(tmp_path)
    with pytest.raises(HearthError, match="Files there: dev"):
        read_dialogues(tmp_path, "test")


def judged(exam, replies):
    return [Judged(case, reply, exam.judge(case, reply)) for case, reply in zip(exam.cases, replies, strict=True)]


def test_figures_by_hand(folder):
    exam = msagent.prepare(Options(folder))
    assert [case.group for case in exam.cases] == ["Chinese", "Chinese", "Chinese", "English", "English"]
    replies = [
        Reply(calls=(("modelscope_text-address", {"text": "杭州"}),)),
        Reply(calls=(("weather", {"city": "杭州"}),)),
        Reply("杭州二十一度。"),
        Reply("You are very welcome."),
        Reply(calls=(("weather", {}),)),
    ]
    said = judged(exam, replies)
    figures = exam.metrics(said)
    assert (figures["action"], figures["called"]) == (100.0, 100.0)
    # The first has a half match of one (0.5); the second a full one of two wanted and of one given (2/3).
    assert figures["argument F1"] == 58.33
    # 6 of 8 and 6 of 6 characters, 3 of 3 and 3 of 4 words: 6/7 each; the last says nothing. By language 6/7, and 3/7.
    assert figures["ROUGE-L"] == 57.14
    assert (figures["Chinese ROUGE-L"], figures["English ROUGE-L"]) == (85.71, 42.86)
    assert "English action" not in figures
    assert [one.mark.failure for one in said] == ["wrong arguments", "wrong arguments", "", "", "needless call"]
    floor = exam.metrics(judged(exam, [exam.floors["always call, no arguments"](case) for case in exam.cases]))
    assert (floor["action"], floor["argument F1"], floor["ROUGE-L"]) == (50.0, 0.0, 0.0)
    knows = exam.metrics(judged(exam, [exam.floors["right tool, no arguments"](case) for case in exam.cases]))
    assert (knows["action"], knows["called"], knows["argument F1"]) == (100.0, 100.0, 0.0)
    assert "not the package rouge" in exam.settings["rouge"]


def test_kinds_of_failure(folder):
    exam = msagent.prepare(Options(folder))
    case = exam.cases[0]
    kinds = [
        (Reply("I do not know."), "no call"),
        (Reply(unread=True), "unreadable call"),
        (Reply(error="too long"), "prompt too long"),
        (Reply(calls=(("climate", {}),)), "unknown tool"),
        (Reply(calls=(("weather", {}),)), "wrong tool"),
    ]
    assert [(reply, exam.judge(case, reply).failure) for reply, _ in kinds] == kinds
    assert exam.judge(case, Reply(calls=(("modelscope_text-address", {"text": "杭州市西湖区"}),))).right
