"""What nobody said is not sent: optional arguments of small models."""

import pytest

from assistant.messages import Message, ToolCall, ToolResult
from assistant.models.base import CallChunk, TextChunk
from assistant.models.unstated import leave_out_unstated
from tools.base import ToolSpec

FILMS = ToolSpec(
    "find_film",
    "Find a film.",
    {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "author": {"type": "string"},
            "genre": {"type": "string", "enum": ["drama", "comedy"]},
            "year": {"type": "integer"},
            "date": {"type": "string", "format": "date"},
            "dubbed": {"type": "boolean"},
            "country": {"type": "string"},
            "currency": {"type": "string"},
            "budget": {"type": "number"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "kinds": {"type": "array", "items": {"type": "string", "enum": ["short", "long"]}},
        },
        "required": ["title"],
    },
)


def sent(arguments, *messages):
    call = ToolCall("1", "find_film", arguments)
    said = [Message("user", each) if isinstance(each, str) else each for each in messages]
    (chunk,) = leave_out_unstated(iter([CallChunk(call)]), said, [FILMS])
    return chunk.call.arguments


@pytest.mark.parametrize(
    ("said", "name", "value"),
    [
        ("Find the film Inception", "author", "Jean Dupont"),
        ("Find the film Inception", "author", "The Brothers of Two"),
        ("Find the film Inception", "year", 2010),
        ("Find the film Inception", "date", "2022-08-22"),
        ("Find the film Inception", "tags", ["pool", "sauna"]),
        ("Find the film Inception", "currency", "euro"),
        ("Find the film with the id W30ab20k", "year", 30),
        ("Find v1.2.3 of Inception", "budget", 2.3),
        ("Find the film Inception", "country", "United Kingdom"),
    ],
)
def test_left_out(said, name, value):
    assert sent({"title": "Inception", name: value}, said) == {"title": "Inception"}


@pytest.mark.parametrize(
    ("said", "name", "value"),
    [
        ("Find Inception by Nolan", "author", "Christopher Nolan"),
        ("A film from 2010", "year", 2010),
        ("Twelve minutes", "year", 12),
        ("Minus 90 degrees", "year", -90),
        ("A budget of 1,500 dollars", "budget", 1500.0),
        ("A budget of $60k", "budget", 60000.0),
        ("a margin of 5%", "budget", 0.05),
        ("What runs tomorrow?", "date", "2026-11-22"),
        ("What ran two weeks ago?", "year", 14),
        ("Inception at 2pm", "date", "14:00"),
        ("Inception at 7 o'clock", "date", "2026-11-05T19:00"),
        ("Inception for twenty-five guests", "year", 25),
        ("the third page", "year", 3),
        ("5 lakh", "budget", 500000),
        ("1½ hours", "budget", 1.5),
        ("five percent", "budget", 0.05),
        ("in km", "currency", "kilometers"),
        ("at 20 mph", "currency", "miles per hour"),
        ("20 °C", "currency", "celsius"),
        ("for $50", "currency", "dollars"),
        ("in Spanish", "currency", "es-ES"),
        ("Find Inception", "kinds", ["short"]),
        ("Something in French", "currency", "fr"),
        ("Paid in dollars", "currency", "USD"),
        ("A film from the UK", "country", "United Kingdom"),
        ("A film from the USA", "country", "United States"),
        ("German films", "country", "Germany"),
        ("Films from São Paulo", "country", "Sao Paulo"),
        ("Find Inception", "genre", "drama"),
        ("Find Inception", "dubbed", True),
        ("Find Inception", "year", 1),
        ("Find Inception", "tags", []),
        ("With heist and dreams", "tags", ["dreams", "space"]),
        ("找一部法国电影 Inception", "country", "France"),
    ],
)
def test_kept(said, name, value):
    arguments = {"title": "Inception", name: value}
    assert sent(arguments, said) == arguments


def test_required_arguments_are_never_left_out():
    assert sent({"title": "Casablanca"}, "Find me something nice") == {"title": "Casablanca"}


def test_a_call_is_never_emptied():
    assert sent({"country": "New York"}, "What runs in the Big Apple?") == {"country": "New York"}


@pytest.mark.parametrize(
    ("parameters", "arguments"),
    [
        ({"properties": {"a": {"type": "string"}, "b": {}}, "anyOf": [{"required": ["a"]}]}, {"a": "pool", "b": True}),
        ({"properties": {"a": {"type": "string"}, "b": {}}, "minProperties": 2}, {"a": "pool", "b": True}),
        ({"properties": {"a": {"type": "string"}, "b": {}}, "minProperties": "x"}, {"a": "pool", "b": True}),
        ({"properties": []}, {"a": "pool", "b": True}),
        ({"properties": {"a": {"type": "string"}, "b": {}}, "required": None}, {"a": "pool", "b": True}),
    ],
)
def test_a_valid_call_stays_valid_and_a_strange_schema_harms_nothing(parameters, arguments):
    tool = ToolSpec("odd", "Odd.", parameters)
    (chunk,) = leave_out_unstated(iter([CallChunk(ToolCall("1", "odd", arguments))]), [Message("user", "❶ Go")], [tool])
    assert chunk.call.arguments == arguments


def test_two_calls_that_differ_stay_two():
    first, second = ({"title": "Inception", "author": name} for name in ("Jean", "Paul"))
    calls = [CallChunk(ToolCall(str(number), "find_film", each)) for number, each in enumerate((first, second))]
    made = leave_out_unstated(iter(calls), [Message("user", "Find Inception")], [FILMS])
    assert [chunk.call.arguments for chunk in made] == [{"title": "Inception"}, second]


def test_what_a_tool_or_the_persona_said_counts():
    found = Message("tool", result=ToolResult("0", "find_film", "Directed by Nolan"))
    assert "author" in sent({"title": "Inception", "author": "Nolan"}, "Who directed it?", found)
    persona = Message("system", "You know everything about Nolan, every day of the week.")
    assert "author" in sent({"title": "Inception", "author": "Nolan"}, persona, "Find Inception")
    # The persona's instructions are no reason to make up a date.
    assert "date" not in sent({"title": "Inception", "date": "2022-08-22"}, persona, "Find Inception")


def test_the_day_that_the_app_tells_does_not_excuse_every_number():
    assert "year" not in sent({"title": "Inception", "year": 1999}, "Today is 2026-11-21.\n\nFind Inception")


def test_other_chunks_and_unknown_tools_pass():
    other = CallChunk(ToolCall("2", "unknown", {"a": "b"}))
    assert list(leave_out_unstated(iter([TextChunk("Hi"), other]), [Message("user", "?")], [FILMS])) == [TextChunk("Hi"), other]
