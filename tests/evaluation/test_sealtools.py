"""Seal-Tools' figures, counted by hand."""

import json

import pytest

from common.errors import HearthError
from evaluation.task import Case, Judged, Options, Reply
from evaluation.tasks import sealtools

TOOLS = ["getFilm", "addFilm", "dropFilm", "hum", "sing", "dance", "walk", "run"]
REQUESTS = [
    ("easy-0", "Tell me about Heat", [("getFilm", {"title": "Heat"})]),
    ("easy-1", "Add Heat of 1995", [("addFilm", {"title": "Heat", "year": 1995})]),
    ("difficult-2", "Get Heat, then drop what was found", [("getFilm", {"title": "Heat"}), ("dropFilm", {"id": "API_call_0"})]),
]


@pytest.fixture
def folder(tmp_path):
    tools = [{"api_name": name, "api_description": name, "field": "x/y", "parameters": {}, "required": []} for name in TOOLS]
    (tmp_path / "tool.jsonl").write_text("\n".join(map(json.dumps, tools)), encoding="utf-8")
    requests = [
        {"id": key, "query": text, "calling": [{"api": name, "parameters": given} for name, given in calls]}
        for key, text, calls in REQUESTS
    ]
    for split in ("test_out_domain", "dev"):
        lines = requests if split == "dev" else requests[:2]
        (tmp_path / f"{split}.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return tmp_path


def test_the_right_tools_are_offered_among_others(folder):
    exam = sealtools.prepare(Options(folder))
    first = exam.cases[0]
    offered = [tool.name for tool in first.tools]
    assert len(set(offered)) == 4
    assert "getFilm" in offered
    assert exam.settings["distractors"] == 3
    assert [case.tools for case in sealtools.prepare(Options(folder)).cases] == [case.tools for case in exam.cases]
    places = {
        [t.name for t in sealtools.prepare(Options(folder, seed=seed)).cases[0].tools].index("getFilm") for seed in range(12)
    }
    assert len(places) > 1  # the right tool does not always stand first


def test_calls_that_need_a_result_are_left_out_and_counted(folder):
    exam = sealtools.prepare(Options(folder, split="dev"))
    assert [case.id for case in exam.cases] == ["easy-0", "easy-1"]
    assert exam.settings["left_out"] == {"calls that take an earlier result": 1}
    with pytest.raises(HearthError, match="nothing"):
        sealtools.prepare(Options(folder, split="nothing"))


def judged(gold, *calls, **written):
    case, reply = Case("1", (), gold=gold), Reply(calls=calls, **written)
    return Judged(case, reply, sealtools.judge(case, reply))


def test_figures_by_hand():
    heat = ("getFilm", {"title": "Heat"})
    run = [
        # All right: 1995 and "1995" are the same text.
        judged([("addFilm", {"title": "Heat", "year": 1995})], ("addFilm", {"title": "Heat", "year": "1995"})),
        # One tool of two, and one parameter of two: the value of the other is another text.
        judged([heat, ("dropFilm", {"id": 5})], ("getFilm", {"title": "heat"})),
        # A tool too much, whose parameter is not right for another tool.
        judged([heat], heat, ("addFilm", {"title": "Heat"})),
        # No call.
        judged([heat], text="It is a film."),
    ]
    assert [one.mark.failure for one in run] == ["", "wrong tools", "wrong tools", "no call"]
    # Tools: wanted 1 + 2 + 1 + 1 = 5, given 1 + 1 + 2 + 0 = 4, right 1 + 1 + 1 + 0 = 3.
    # Parameters: wanted 2 + 2 + 1 + 1 = 6, given 2 + 1 + 2 + 0 = 5, right 2 + 0 + 1 + 0 = 3.
    assert sealtools.metrics(run) == {
        "format": 75.0,
        "exact": 25.0,
        "tool P": 75.0,
        "tool R": 60.0,
        "tool F1": 66.67,  # 6 / 9
        "parameter P": 60.0,
        "parameter R": 50.0,
        "parameter F1": 54.55,  # 6 / 11
    }


def test_the_right_tools_without_arguments_are_a_floor(folder):
    exam = sealtools.prepare(Options(folder))
    floor = exam.floors["right tool, no arguments"]
    figures = exam.metrics([Judged(case, floor(case), exam.judge(case, floor(case))) for case in exam.cases])
    assert (figures["tool F1"], figures["parameter F1"], figures["format"], figures["exact"]) == (100.0, 0.0, 100.0, 0.0)


def test_a_repeated_call_counts_once():
    heat = ("getFilm", {"title": "Heat"})
    run = [judged([heat], heat, heat)]
    assert run[0].mark.failure == "wrong tools"
    assert sealtools.metrics(run)["tool P"] == 50.0
    assert sealtools.metrics(run)["tool R"] == 100.0


def test_the_same_tool_twice_with_other_parameters():
    gold = [("getFilm", {"title": "Heat"}), ("getFilm", {"title": "Ran"})]
    run = [judged(gold, ("getFilm", {"title": "Ran"}), ("getFilm", {"title": "Heat"}))]
    assert run[0].mark.right
    assert sealtools.metrics(run)["parameter F1"] == 100.0


def test_wrong_parameters_and_calls_that_cannot_be_read():
    assert judged([("a", {"x": 1})], ("a", {"x": 2})).mark.failure == "wrong parameters"
    assert judged([("a", {"x": 1})], unread=True).mark.failure == "unreadable call"
    assert sealtools.metrics([judged([("a", {})])])["tool F1"] == 0.0
