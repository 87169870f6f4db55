"""API-Bank: which parameters an API has where the files disagree, what is in view, and the figures of a few replies by hand."""

import json

import pytest

from common.errors import HearthError
from evaluation.readers.apibank import from_calls, in_view, read_levels
from evaluation.task import Judged, Options, Reply
from evaluation.tasks import apibank

TABLE = """id,类名,api_info
1,Calculator,"description = ""Calculates.""
input_parameters = {'infix': {'type': 'str', 'description': 'An expression.'}}"
2,AddAlarm,"description = ""Sets an alarm.""
input_parameters = {'token': {'type': 'str', 'description': 'A token.'}, 'time': {'type': 'datetime', 'description': 'When.'}}"
3,Broken,.
"""


def user(text):
    return {"role": "User", "text": text}


def ai(text):
    return {"role": "AI", "text": text}


def api(name, output, exception=None, **given):
    result = {"api_name": name, "input": given, "output": output, "exception": exception}
    return {"role": "API", "api_name": name, "param_dict": given, "result": result}


@pytest.fixture
def folder(tmp_path):
    stock = {
        "name": "QueryStock",
        "description": "Price of a stock.",
        "input_parameters": {
            "code": {"type": "str", "description": "Its code."},
            "days": {"type": "int", "description": "So many."},
        },
    }
    given = [
        user("What is 2+3, and wake me at 7."),
        ai("Let me see."),
        api("Calculator", 5, formula="2+3"),
        api("AddAlarm", None, "The token is invalid.", token="t", time="07:00"),
        ai("5; but I could not set the alarm."),
    ]
    searched = [
        user("How is SQ?"),
        api("ToolSearcher", [stock], keywords="stock"),
        api("QueryStock", {"price": 3}, code="SQ", days="5"),
        ai("3."),
        user("And 2*2?"),
        api("Calculator", 4, formula="2*2"),
    ]
    base = tmp_path / "lv1-lv2-samples"
    for name, turns in (("level-1-given-desc", given), ("level-2-toolsearcher", searched)):
        (base / name).mkdir(parents=True)
        (base / name / "one.jsonl").write_text("\n".join(map(json.dumps, turns)), encoding="utf-8")
    (base / "level-1-given-desc" / "empty.jsonl").write_text("", encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "all_apis.csv").write_text(TABLE, encoding="utf-8")
    return tmp_path


def test_the_reader_settles_what_the_files_say_differently(folder):
    levels = read_levels(folder)
    (one,) = levels["level 1"]
    tools = {tool.name: tool for tool in one.tools}
    assert tools["Calculator"].description == "Calculates."
    assert list(tools["Calculator"].parameters["properties"]) == ["formula"], "the table is of another version"
    assert tools["Calculator"].parameters["required"] == [], "what every right call passes is not told"
    assert tools["AddAlarm"].parameters["properties"]["time"] == {"type": "string", "description": "When."}
    assert tools["AddAlarm"].parameters["required"] == ["token", "time"]
    assert [message.role for message in one.messages] == ["user", "assistant", "tool", "assistant", "tool", "assistant"]
    assert one.messages[1].text == "Let me see.", "what announces a call belongs to it"
    assert (one.messages[2].result.text, one.messages[2].result.failed) == ("5", False)
    assert (one.messages[4].result.text, one.messages[4].result.failed) == ("The token is invalid.", True)


def test_on_level_2_only_what_was_found_is_in_view(folder):
    (one,) = read_levels(folder)["level 2"]
    names = {place: [tool.name for tool in in_view(one, place)] for place, message in enumerate(one.messages) if message.calls}
    assert names == {1: ["ToolSearcher"], 3: ["ToolSearcher", "QueryStock"], 7: ["ToolSearcher", "QueryStock"]}
    assert one.messages[3].calls[0].arguments == {"code": "SQ", "days": 5}, "text in the files, a number in the schema"


def test_figures_by_hand(folder):
    exam = apibank.prepare(Options(folder))
    assert exam.settings == {
        "not_found": 1,
        "parameter_names_taken_from_right_calls": {"APIs": 1, "cases": 2},  # Calculator, on each level
        "right_calls_that_schemas_forbid": 0,
    }
    replies = [
        Reply(calls=(("Calculator", {"formula": "2+3"}),)),
        Reply(calls=(("AddAlarm", {"token": "t", "time": "7"}),)),
        Reply("I do not know."),
        Reply(calls=(("QueryStock", {"days": "5", "code": "SQ"}),)),
        Reply(calls=(("QueryStock", {}),)),
    ]
    said = [Judged(case, reply, exam.judge(case, reply)) for case, reply in zip(exam.cases, replies, strict=True)]
    assert exam.metrics(said) == {
        "level 1": 50.0,
        "level 1 name": 100.0,
        "level 1 argument F1": 87.5,  # 1 and 1.5 of 2
        "level 1 called": 100.0,
        "level 2": 33.33,
        "level 2 name": 33.33,
        "level 2 argument F1": 33.33,
        "level 2 called": 66.67,
    }
    assert [one.mark.failure for one in said] == ["", "wrong arguments", "no call", "", "wrong tool"]


def test_what_right_calls_leave_out_is_no_less_required(folder):
    """The table alone says what an API takes, and not the calls by which a model is judged."""
    path = folder / "lv1-lv2-samples" / "level-1-given-desc" / "one.jsonl"
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    del lines[3]["param_dict"]["time"]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    tools = {tool.name: tool for tool in read_levels(folder)["level 1"][0].tools}
    assert tools["AddAlarm"].parameters["required"] == ["token", "time"]
    assert from_calls(folder) == {"Calculator"}
    assert apibank.prepare(Options(folder)).settings["right_calls_that_schemas_forbid"] == 1


def test_the_right_tool_without_arguments_is_a_floor(folder):
    exam = apibank.prepare(Options(folder, split="1"))
    floor = exam.floors["right tool, no arguments"]
    figures = exam.metrics([Judged(case, floor(case), exam.judge(case, floor(case))) for case in exam.cases])
    assert figures == {"level 1": 0.0, "level 1 name": 100.0, "level 1 argument F1": 0.0, "level 1 called": 100.0}


def test_levels_by_name(folder, tmp_path):
    exam = apibank.prepare(Options(folder, split="2"))
    assert {case.group for case in exam.cases} == {"level 2"}
    assert exam.primary_metric == "level 2"
    with pytest.raises(HearthError, match="level 1, level 2"):
        apibank.prepare(Options(folder, split="3"))
    with pytest.raises(HearthError, match="lv1-lv2-samples"):
        apibank.prepare(Options(tmp_path / "data"))
