"""The difference of two versions, field by field."""

import pytest

from common.documents import Line
from personas.changes import Change, changes
from personas.schema import Example, Generation, Instruction, Paragraph, Persona, Voices

OLD = Persona(
    id="mine",
    title=Line(en="Ann", zh="小安"),
    instruction=Instruction(en="one\ntwo\nthree\nfour\nfive", zh="一\n二"),
    starters=(Line(en="a", zh="甲"), Line(en="b")),
    few_shot=(Example(language="en", user="Hi", assistant="Hello."),),
    tools=("clock", "units"),
)


def of(**fields) -> list[Change]:
    return changes(OLD, OLD.model_copy(update=fields))


def test_what_is_the_same_has_no_changes():
    assert changes(OLD, OLD) == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"title": Line(en="Anna", zh="小安")}, Change("title.en", (("-", "Ann"), ("+", "Anna")))),
        ({"description": Line(zh="新的")}, Change("description.zh", (("+", "新的"),))),
        ({"greeting": Paragraph(en="Hi")}, Change("greeting.en", (("+", "Hi"),))),
        (
            {"instruction": Instruction(en="one\ntwo\nthree\nFOUR\nfive", zh="一\n二")},
            Change("instruction.en", ((" ", "three"), ("-", "four"), ("+", "FOUR"), (" ", "five"))),
        ),
        ({"instruction": Instruction(en=OLD.instruction.en, zh="")}, Change("instruction.zh", (("-", "一"), ("-", "二")))),
        ({"starters": (Line(en="a", zh="甲"), Line(en="c"))}, Change("starters", (("-", "b"), ("+", "c")))),
        ({"few_shot": ()}, Change("few_shot", (("-", "Hi → Hello."),))),
        ({"tools": ("units", "dates")}, Change("tools", (("-", "clock"), ("+", "dates")))),
        ({"collections": ("library",)}, Change("collections", (("+", "library"),))),
        ({"picture": "UklGRg=="}, Change("picture")),
        ({"avatar": "A"}, Change("avatar", (("-", ""), ("+", "A")))),
        ({"model": "builtin"}, Change("model", (("-", ""), ("+", "builtin")))),
        ({"published": True}, Change("published", (("-", "✗"), ("+", "✓")))),
        ({"voice": Voices(zh="espeak:yue")}, Change("voice.zh", (("-", "espeak:cmn"), ("+", "espeak:yue")))),
        ({"generation": Generation(temperature=0)}, Change("generation.temperature", (("-", "0.7"), ("+", "0.0")))),
    ],
)
def test_each_field_is_told_in_its_way(fields, expected):
    assert of(**fields) == [expected]


def test_the_way_back_is_the_same_with_the_marks_turned():
    new = OLD.model_copy(update={"tools": ("dates",), "title": Line(en="Anna")})
    turned = {"+": "-", "-": "+", " ": " "}
    there, back = changes(OLD, new), changes(new, OLD)
    assert [c.field for c in there] == [c.field for c in back] == ["title.en", "title.zh", "tools"]
    for one, other in zip(there, back, strict=True):
        assert sorted(one.lines) == sorted((turned[mark], text) for mark, text in other.lines)


def test_no_field_is_forgotten():
    told = {
        "title",
        "description",
        "instruction",
        "greeting",
        "starters",
        "few_shot",
        "tools",
        "collections",
        "picture",
        "avatar",
    }
    told |= {"tint", "model", "all_tools", "answers_only_from_documents", "playful", "published", "voice", "generation"}
    assert set(Persona.model_fields) == told | {"id", "version"}
