"""No arguments, of whatever type and size, break a tool that ships: each gives an answer or a sentence, in both languages."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.base import ToolContext
from tools.registry import default_registry
from tools.runner import run

# Every call of sandboxed Python is a process; what it does with rubbish is in its own tests.
TOOLS = [tool for tool in default_registry().list() if tool.id != "python"]
NAMES = sorted({name for tool in TOOLS for name in tool.spec.parameters["properties"]})

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(10**400), 1e308, 5e-324, 0, -0.0, 2**63])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=70)
    | st.sampled_from(
        ["info", "add", "difference", "days", "years", "km", "°C", "today", "春节", "12:00", "1/3", "\x00", "٣", "\ud800"]
    )
)
values = scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.text(max_size=5), scalars, max_size=3)


READERS = {"clock", "calculator", "units", "dates"}
"""What takes free text apart by rules of its own, where rubbish has most ways in."""


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.id)
def test_any_arguments_give_an_answer_or_a_sentence(tool):
    @settings(max_examples=400 if tool.id in READERS else 100)
    @given(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), values, max_size=5), st.sampled_from(["en", "zh"]))
    def holds(arguments, language):
        output = run(tool, arguments, ToolContext(language=language))
        assert output.text
        assert "error inside the tool" not in output.text
        assert "内部错误" not in output.text
        json.dumps(output.data, allow_nan=False)
        output.text.encode("utf-8")

    holds()


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.id)
def test_arguments_of_the_right_types_too(tool):
    kinds = {
        "string": st.text(max_size=80),
        "integer": st.integers(),
        "number": st.integers() | scalars.filter(lambda x: type(x) is float),
    }
    properties = tool.spec.parameters["properties"]

    @settings(max_examples=200 if tool.id in READERS else 50)
    @given(st.data())
    def holds(data):
        arguments = {
            name: data.draw(st.sampled_from(declared["enum"]) if "enum" in declared else kinds[declared["type"]])
            for name, declared in properties.items()
            if name in tool.spec.parameters.get("required", ()) or data.draw(st.booleans())
        }
        output = run(tool, arguments, ToolContext(language="zh"))
        assert "内部错误" not in output.text
        json.dumps(output.data, allow_nan=False)

    holds()
