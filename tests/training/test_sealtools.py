"""Seal-Tools as conversations, on a handful of tools and requests of our own: what is shown, what is typed, what is kept away."""

import json

import pytest

from common.errors import HearthError
from tools.base import ToolSpec
from tools.validation import check
from training.conversation import read_conversations, write_conversations
from training.readers.sealtools import sealtools
from training.readers.values import REFUSALS, refusal


def tool(name, field, **parameters):
    return {
        "api_name": name,
        "api_description": f"Get the {name}",
        "field": field,
        "parameters": {key: {"type": kind, "description": key} for key, kind in parameters.items()},
        "required": list(parameters)[:1],
    }


def request(number, text, *calls):
    return {"id": f"r{number}", "query": text, "calling": [{"api": name, "parameters": given} for name, given in calls]}


@pytest.fixture
def folder(tmp_path):
    tools = [
        tool("countSheep", "Farm/Sheep", count="int", price="float"),
        tool("feedSheep", "Farm/Sheep", food="str"),
        tool("milkCow", "Farm/Cows", litres="float"),
        tool("lightLamp", "Home/Light", room="str"),
        tool("dimLamp", "Home/Light", room="str"),
        tool("playFilm", "Arts/Film", title="str"),
        tool("stopFilm", "Arts/Film", title="str"),
        tool("readOnly", "Arts/Books", title="str"),
    ]
    dev = [
        request(0, "Count 12 sheep.", ("countSheep", {"price": "4.5", "count": "12"})),
        request(1, "Feed the sheep hay and light the barn.", ("feedSheep", {"food": "hay"}), ("lightLamp", {"room": "barn"})),
        request(2, "Milk what you count.", ("countSheep", {"count": 3}), ("milkCow", {"litres": "API_call_0"})),
        request(3, "Milk some.", ("milkCow", {"litres": "per month"})),
        request(4, "Milk 20.0 litres.", ("milkCow", {"litres": "20.0"})),
    ]
    out = [request(0, "Play Inception.", ("playFilm", {"title": "Inception"}))]
    for name, lines in (("tool", tools), ("dev", dev), ("test_out_domain", out)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return tmp_path


def test_a_request_becomes_one_message_with_its_calls(folder):
    said = {one.messages[0].text: one for one in sealtools(folder, ["dev"], seed=1, negatives=0)}
    assert set(said) == {"Count 12 sheep.", "Feed the sheep hay and light the barn.", "Milk 20.0 litres."}, (
        "nested and unfit left out"
    )
    counted = said["Count 12 sheep."]
    (call,) = counted.messages[1].calls
    assert list(call.arguments.items()) == [("count", 12), ("price", 4.5)], "typed, and in the schema's order"
    assert counted.weights == (0.0, 1.0)
    both = said["Feed the sheep hay and light the barn."].messages[1]
    assert [(call.id, call.name) for call in both.calls] == [("call_1", "feedSheep"), ("call_2", "lightLamp")]


def test_every_call_is_of_a_tool_in_view_and_fits_it(folder):
    for seed in range(20):
        for one in sealtools(folder, ["dev"], seed=seed, distractors=(1, 3), negatives=0.5):
            view = {spec.name: spec for spec in one.tools}
            assert len(view) == len(one.tools)
            calls = one.messages[-1].calls
            for call in calls:
                check(call.name, view[call.name].parameters, call.arguments)
            if one.source == "sealtools":
                assert 1 <= len(view) - len({call.name for call in calls}) <= 3


def test_tools_of_the_fields_to_measure_on_are_never_shown(folder):
    shown = {spec.name for seed in range(30) for one in sealtools(folder, ["dev"], seed=seed) for spec in one.tools}
    assert not shown & {"playFilm", "stopFilm"}
    assert {"readOnly", "dimLamp"} <= shown, "other fields may stand beside, their neighbours too"


def test_the_split_to_measure_on_is_refused(folder):
    with pytest.raises(HearthError, match="measured on"):
        sealtools(folder, ["dev", "test_out_domain"], seed=0)
    with pytest.raises(HearthError, match="cannot be read"):
        sealtools(folder, ["train"], seed=0)


def test_negatives_take_the_right_tools_away(folder):
    said = sealtools(folder, ["dev"], seed=3, negatives=0.4)
    refused = [one for one in said if one.source == "sealtools/negative"]
    assert (len(said), len(refused)) == (5, 2), "2 of 5 are 40 %"
    areas = {
        "countSheep": "Farm",
        "feedSheep": "Farm",
        "milkCow": "Farm",
        "lightLamp": "Home",
        "dimLamp": "Home",
        "readOnly": "Arts",
    }
    needs = {
        "Count 12 sheep.": {"Farm"},
        "Milk 20.0 litres.": {"Farm"},
        "Feed the sheep hay and light the barn.": {"Farm", "Home"},
    }
    for one in refused:
        assert not one.messages[1].calls
        assert one.messages[1].text
        assert 1 <= len(one.tools) <= 3
        assert not {areas[spec.name] for spec in one.tools} & needs[one.messages[0].text]


def test_the_seed_decides_and_the_file_brings_all_back(folder, tmp_path):
    said = sealtools(folder, ["dev"], seed=5)
    assert said == sealtools(folder, ["dev"], seed=5)
    assert said != sealtools(folder, ["dev"], seed=6)
    write_conversations(tmp_path / "said.jsonl", said)
    assert list(read_conversations(tmp_path / "said.jsonl")) == said


def test_requests_can_be_kept_to_what_they_state(folder):
    said = {one.messages[0].text: one for one in sealtools(folder, ["dev"], seed=1, negatives=0, stated_only=True)}
    assert set(said) == {"Count 12 sheep.", "Feed the sheep hay and light the barn.", "Milk 20.0 litres."}
    (call,) = said["Count 12 sheep."].messages[1].calls
    assert call.arguments == {"count": 12}, "no price was spoken of"


def test_a_request_whose_call_needs_what_nobody_stated_is_left_out(folder):
    path = folder / "dev.jsonl"
    path.write_text(json.dumps(request(9, "Play something nice.", ("playFilm", {"title": "Inception"}))), encoding="utf-8")
    assert len(sealtools(folder, ["dev"], seed=1, negatives=0)) == 1
    assert sealtools(folder, ["dev"], seed=1, negatives=0, stated_only=True) == []


class First:
    """A chance that always takes the same place of a list."""

    def __init__(self, place):
        self.place = place

    def choice(self, items):
        return items[self.place % len(items)]


def test_refusals_are_varied_and_say_what_is_there():
    tools = [ToolSpec("a", "Retrieve the tide table. For harbours.", {}), ToolSpec("b", "A thing.", {})]
    said = {refusal(tools, First(place)) for place in range(len(REFUSALS))}
    assert len(said) == len(REFUSALS) == 20
    assert "I cannot do that with my tools. If it helps, I can retrieve the tide table." in said
    assert refusal(tools[1:], First(-1)) == REFUSALS[0], "nothing is offered that the tools do not say"
