"""A plain function becomes a tool: what the model is told, and what the function is given."""

from datetime import date
from typing import Annotated, Literal

import pytest

from common.errors import ArgumentsInvalid, NameInvalid
from tools.base import Tool, ToolContext, ToolOutput
from tools.runner import run


def book_table(
    name: Annotated[str, "Who comes"],
    people: int,
    day: date,
    where: Literal["inside", "garden"] = "inside",
    note: str | None = None,
    title: str = "",
    context: ToolContext = None,
) -> str:
    """Book a table.

    Only for tonight.
    """
    return f"{context.language}: {name}, {people}, {day:%d.%m.}, {where}, {note}, {title}"


def test_the_schema_is_read_from_the_signature():
    tool = Tool.from_function(book_table)
    assert (tool.id, tool.spec.name, tool.titles["en"]) == ("book-table", "book_table", "Book table")
    assert tool.spec.description == "Book a table.\n\nOnly for tonight."
    assert tool.spec.parameters == {
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "Who comes"},
            "people": {"type": "integer"},
            "day": {"type": "string", "format": "date"},
            "where": {"type": "string", "enum": ["inside", "garden"], "default": "inside"},
            "note": {"type": "string"},
            "title": {"type": "string", "default": ""},
        },
        "required": ["name", "people", "day"],
        "additionalProperties": False,
    }


def test_a_call_gets_types_defaults_and_the_context():
    tool = Tool.from_function(book_table, id="table", titles={"en": "Table", "zh": "订座"}, risk="spends", time_limit_s=3)
    assert (tool.id, tool.titles["zh"], tool.risk, tool.time_limit_s) == ("table", "订座", "spends", 3)
    output = run(tool, {"name": "Li", "people": 2, "day": "2026-05-01", "note": None}, ToolContext(language="zh"))
    assert output == ToolOutput("zh: Li, 2, 01.05., inside, None, ")


def test_what_only_the_types_know_is_a_sentence_too():
    tool = Tool.from_function(book_table)
    with pytest.raises(ArgumentsInvalid, match="day"):
        tool.call({"name": "Li", "people": 2, "day": "2026-02-30"}, ToolContext())


def returns(value):
    def give():
        """Give it."""
        return value

    return Tool.from_function(give).call({}, ToolContext())


def test_what_is_returned_is_shown_as_text_or_json():
    assert returns("text") == ToolOutput("text")
    assert returns(ToolOutput("as is", {"a": 1})) == ToolOutput("as is", {"a": 1})
    assert returns({"城市": [1, date(2026, 1, 2)]}) == ToolOutput('{"城市": [1, "2026-01-02"]}', {"城市": [1, "2026-01-02"]})
    assert returns(None) == ToolOutput("null")


def undocumented(x: int):
    return x


def untyped(x):
    """Do it."""


def greedy(*numbers: int):
    """Do it."""


@pytest.mark.parametrize(("function", "told"), [(undocumented, "docstring"), (untyped, "type hint"), (greedy, "named arguments")])
def test_a_function_that_cannot_be_a_tool_is_refused_with_the_reason(function, told):
    with pytest.raises(TypeError, match=told):
        Tool.from_function(function)


def test_an_id_keeps_to_the_rules():
    with pytest.raises(NameInvalid):
        Tool.from_function(book_table, id="Not An Id")
