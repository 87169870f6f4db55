"""No arguments, of whatever type and size, break a tool that ships: each gives an answer or a sentence, in both languages."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.base import ToolContext
from tools.registry import default_registry
from tools.runner import run

TOOLS = default_registry().list()
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


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.id)
@settings(max_examples=400)
@given(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), values, max_size=5), st.sampled_from(["en", "zh"]))
def test_any_arguments_give_an_answer_or_a_sentence(tool, arguments, language):
    output = run(tool, arguments, ToolContext(language=language))
    assert output.text
    assert "error inside the tool" not in output.text
    assert "内部错误" not in output.text
    json.dumps(output.data, allow_nan=False)
    output.text.encode("utf-8")


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.id)
@settings(max_examples=200)
@given(st.data())
def test_arguments_of_the_right_types_too(tool, data):
    kinds = {
        "string": st.text(max_size=80),
        "integer": st.integers(),
        "number": st.integers() | scalars.filter(lambda x: type(x) is float),
    }
    properties = tool.spec.parameters["properties"]
    arguments = {
        name: data.draw(st.sampled_from(declared["enum"]) if "enum" in declared else kinds[declared["type"]])
        for name, declared in properties.items()
        if name in tool.spec.parameters.get("required", ()) or data.draw(st.booleans())
    }
    output = run(tool, arguments, ToolContext(language="zh"))
    assert "内部错误" not in output.text
    json.dumps(output.data, allow_nan=False)
