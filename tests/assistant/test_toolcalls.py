"""What models write, told apart: a table of forms, what must stay text, and the same answer however the stream is cut."""

import itertools
import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assistant.messages import ToolCall
from assistant.models.base import CallChunk, TextChunk, ThinkingChunk
from assistant.toolcalls import CallParser, parse, render_call
from tests.timing import quickly
from tools.base import ToolSpec


def spec(name, required=(), **properties):
    return ToolSpec(name, name, {"type": "object", "properties": properties, "required": list(required)})


TOOLS = [
    spec("calculator", ["expression"], expression={"type": "string"}),
    spec("get_weather", ["city"], city={"type": "string"}, days={"type": "integer"}),
    spec("clock"),
]
CALC = ("calculator", {"expression": "1+1"})
NOW = ("clock", {})
CITY = ("get_weather", {"city": "x"})
RAIN = ("get_weather", {"city": "北京", "days": 2})

FORMS = {
    "hermes": ('<tool_call>\n{"name": "calculator", "arguments": {"expression": "1+1"}}\n</tool_call>', "", "", [CALC]),
    "hermes, text before": (
        'Let me see.\n\n<tool_call>{"name": "calculator", "arguments": {"expression": "1+1"}}</tool_call>\n',
        "Let me see.",
        "",
        [CALC],
    ),
    "hermes, two": (
        '<tool_call>{"name": "calculator", "arguments": {"expression": "1+1"}}</tool_call>\n'
        '<tool_call>{"name": "get_weather", "arguments": {"city": "北京", "days": 2}}</tool_call>',
        "",
        "",
        [CALC, RAIN],
    ),
    "hermes, a list": ('<tool_call>[{"name": "clock", "arguments": {}}, {"name": "clock"}]</tool_call>', "", "", [NOW, NOW]),
    "hermes, never closed": ('<tool_call>{"name": "calculator", "arguments": {"expression": "1+1"}}', "", "", [CALC]),
    "hermes, brace missing": ('<tool_call>{"name": "calculator", "arguments": {"expression": "1+1"}</tool_call>', "", "", [CALC]),
    "hermes, opened twice": (
        '<tool_call>{"name": "clock", "arguments": {}}<tool_call>{"name": "clock", "arguments": {}}</tool_call>',
        "",
        "",
        [("clock", {})] * 2,
    ),
    "hermes, arguments as text": (
        '<tool_call>{"name": "calculator", "arguments": "{\\"expression\\": \\"1+1\\"}"}</tool_call>',
        "",
        "",
        [CALC],
    ),
    "hermes, arguments beside the name": ('<tool_call>{"name": "calculator", "expression": "1+1"}</tool_call>', "", "", [CALC]),
    "hermes, python": ("<tool_call>{'name': 'calculator', 'arguments': {'expression': '1+1',}}</tool_call>", "", "", [CALC]),
    "hermes, case and signs": ('<tool_call>{"name": "Get-Weather", "arguments": {"city": "x"}}</tool_call>', "", "", [CITY]),
    "hermes, a namespace": ('<tool_call>{"name": "functions.clock", "arguments": {}}</tool_call>', "", "", [("clock", {})]),
    "hermes in a fence": ('```xml\n<tool_call>{"name": "clock", "arguments": {}}</tool_call>\n```', "", "", [("clock", {})]),
    "hermes, OpenAI inside": (
        '<tool_call>{"type": "function", "function": {"name": "clock", "arguments": "{}"}}</tool_call>',
        "",
        "",
        [("clock", {})],
    ),
    "qwen coder": (
        "<tool_call>\n<function=get_weather>\n<parameter=city>\n北京\n</parameter>\n<parameter=days>\n2\n</parameter>\n"
        "</function>\n</tool_call>",
        "",
        "",
        [RAIN],
    ),
    "qwen coder, bare": ("<function=calculator><parameter=expression>1+1</parameter></function></tool_call>ok", "ok", "", [CALC]),
    "qwen coder, a number stays text where text is due": (
        "<function=calculator><parameter=expression>12</parameter></function>",
        "",
        "",
        [("calculator", {"expression": "12"})],
    ),
    "think": ("<think>\nhm, 1+1\n</think>\n\nIt is 2.", "It is 2.", "hm, 1+1", []),
    "think and call": (
        '<think>I need it</think>\n<tool_call>{"name": "clock", "arguments": {}}</tool_call>',
        "",
        "I need it",
        [("clock", {})],
    ),
    "think, never closed": ("<think>and so on", "", "and so on", []),
    "think, only closed": ("so\n</think>\n\nanswer", "so\n\n\nanswer", "", []),
    "llama": ('{"name": "calculator", "parameters": {"expression": "1+1"}}', "", "", [CALC]),
    "llama, type first": ('{"type": "function", "name": "clock", "parameters": {}}', "", "", [("clock", {})]),
    "llama, two": (
        '{"name": "clock", "parameters": {}}; {"name": "calculator", "parameters": {"expression": "1+1"}}',
        "",
        "",
        [("clock", {}), CALC],
    ),
    "llama, python tag": ('<|python_tag|>{"name": "calculator", "parameters": {"expression": "1+1"}}<|eom_id|>', "", "", [CALC]),
    "llama, code": ("<|python_tag|>print(1)", "", "print(1)", []),
    "bare list": ('[{"name": "clock", "arguments": {}}]', "", "", [("clock", {})]),
    "bare, after a sentence": (
        'I ask the tool:\n{"name": "calculator", "arguments": {"expression": "1+1"}}\nDone.',
        "I ask the tool:\n\nDone.",
        "",
        [CALC],
    ),
    "bare, fenced": ('Sure:\n```json\n{"name": "calculator", "arguments": {"expression": "1+1"}}\n```\n', "Sure:", "", [CALC]),
    "bare, OpenAI": ('{"tool_calls": [{"function": {"name": "clock", "arguments": "{}"}}]}', "", "", [("clock", {})]),
    "bare, brace missing": ('{"name": "calculator", "arguments": {"expression": "1+1"}', "", "", [CALC]),
    "bare, single quotes": ("{'name': 'calculator', 'arguments': {'expression': '1+1'}}", "", "", [CALC]),
    "bare, action": ('{"action": "calculator", "action_input": {"expression": "1+1"}}', "", "", [CALC]),
    "mistral": ('[TOOL_CALLS][{"name": "calculator", "arguments": {"expression": "1+1"}}]', "", "", [CALC]),
    "mistral, names": (
        '[TOOL_CALLS]calculator[ARGS]{"expression": "1+1"}[TOOL_CALLS]get_weather{"city": "北京", "days": 2}',
        "",
        "",
        [CALC, RAIN],
    ),
    "react": (
        'Thought: I must compute.\nAction: calculator\nAction Input: {"expression": "1+1"}\nObservation: 3\nFinal Answer: 3',
        "",
        "I must compute.3\nFinal Answer: 3",
        [CALC],
    ),
    "react, a plain input": ("Action: calculator\nAction Input: 1+1", "", "", [CALC]),
    "react, fenced input": ('Action: calculator\nAction Input: ```json\n{"expression": "1+1"}\n```', "", "", [CALC]),
    "react, no input": ("Thought: when?\nAction: clock\nAction Input:", "", "when?", [("clock", {})]),
    "react, two": (
        'Action: clock\nAction Input: {}\nAction: calculator\nAction Input: {"expression": "1+1"}',
        "",
        "",
        [("clock", {}), CALC],
    ),
    "react, the end": ("Thought: I know it.\nFinal Answer: It is\n\n2.", "It is\n\n2.", "I know it.", []),
    "react, unknown tool": ("Thought: hm\nAction: fly\nAction Input: x", "", "hm\nAction: fly\nAction Input: x", []),
    # what is a call of nothing on offer, or no call at all, is never the answer
    "unknown tool": ('<tool_call>{"name": "fly", "arguments": {}}</tool_call>No.', "No.", '{"name": "fly", "arguments": {}}', []),
    "broken beyond repair": ("<tool_call>call the clock!</tool_call>", "", "call the clock!", []),
    "a mark cut off": ("Yes. <tool_c", "Yes.", "<tool_c", []),
}  # fmt: skip

TEXTS = [
    "Plain words.",
    "  leading and trailing space \n",
    "",
    "a < b and c <t> d",
    "x <",
    '{"name": "Alice", "age": 3}',
    '{"name": "calculator"}',
    '{"name": "calculator", "description": "adds", "parameters": {"expression": "1"}}',
    '{"name": "calculator", "parameters": {"type": "object", "properties": {"expression": {"type": "string"}}}}',
    '{"result": 4}',
    '[1, 2, 3]\n[{"name": "Bob"}]',
    '[{"name": "clock", "arguments": {}}, {"id": 3}]',
    '{"tools": [\n  {"name": "clock", "arguments": {}}\n]}',
    'Inline {"name": "clock", "arguments": {}} stays.',
    '```json\n{"name": "Alice"}\n```',
    '```python\n{"name": "clock", "arguments": {}}\n```\nthat was code',
    "```\nno language\n```\nafter",
    "- [ ] to do\n- [x] done\n[a link](http://x)",
    "{unclosed brace\n\nand text",
    "Action: call your mother\nAction Input: none",
    "Thoughts: none. The Observation: none",
    "Well.\nThought: an essay\nFinal Answer: none\nObservation: x",
    "$\\{x | x > 0\\}$\n{x}",
    "今天天气不错。\n{你好}",
    "`code` and ``more``",
]


def told(text, cuts=(), tools=TOOLS, **options):
    """(text, thinking, calls) of a stream cut at `cuts`."""
    parser = CallParser(tools, "t-", **options)
    edges = [0, *sorted(cuts), len(text)]
    chunks = [chunk for a, b in itertools.pairwise(edges) for chunk in parser.feed(text[a:b])] + parser.finish()
    assert all(chunk.text for chunk in chunks if not isinstance(chunk, CallChunk)), "an empty chunk"
    calls = [chunk.call for chunk in chunks if isinstance(chunk, CallChunk)]
    assert [call.id for call in calls] == [f"t-call_{number}" for number in range(1, len(calls) + 1)]
    return (
        "".join(chunk.text for chunk in chunks if isinstance(chunk, TextChunk)),
        "".join(chunk.text for chunk in chunks if isinstance(chunk, ThinkingChunk)),
        [(call.name, call.arguments) for call in calls],
    )


@pytest.mark.parametrize(("written", "text", "thinking", "calls"), FORMS.values(), ids=FORMS)
def test_every_form_is_read(written, text, thinking, calls):
    assert told(written) == (text, thinking, calls)


UNREAD = {
    "hermes, cut in a value": (
        'One moment. <tool_call>\n{"name": "get_weather", "arguments": {"city": "北京", "days": 1',
        "One moment.",
    ),
    "hermes, nothing in it": ("<tool_call></tool_call>", ""),
    "qwen coder, cut in a value": ("<tool_call>\n<function=get_weather>\n<parameter=city>\n北", ""),
    "mistral, cut": ('[TOOL_CALLS]calculator[ARGS]{"expression": "1+', ""),
    "react, cut": ('Action: calculator\nAction Input: {"expression": "1+', ""),
    "bare, cut in a value": ('{"name": "calculator", "arguments": {"expression": "1+1', ""),
    "bare, cut in the name": ('{"name": "calcu', ""),
    "bare, cut after a sentence": ('So:\n[{"name": "clock", "arguments": {}}, {"name": "calcul', "So:"),
    "bare, OpenAI, cut": ('{"type": "function", "function": {"name": "clock", "arg', ""),
    "bare, fenced, cut": ('So:\n```json\n{"name": "calculator", "arguments": {"expression": "1', "So:"),
    "bare, broken": ('{"name": "clock", "arguments": {{oops}}}', ""),
    "bare, unknown tool": ('{"name": "fly", "parameters": {"to": "Rome"}}', ""),
    "bare, unknown tool, type first": ('{"type": "function", "name": "fly", "parameters": {}}', ""),
    "bare, unknown tool, cut": ('{"name": "fly", "arguments": {"to": "Ro', ""),
    "a mark cut off": ("<tool_c", ""),
}


@pytest.mark.parametrize(("written", "text"), UNREAD.values(), ids=UNREAD)
def test_a_call_that_cannot_be_read_is_no_answer_and_is_told_apart(written, text):
    for cuts in ((), range(len(written))):
        parser = CallParser(TOOLS)
        edges = [0, *cuts, len(written)]
        chunks = [chunk for a, b in itertools.pairwise(edges) for chunk in parser.feed(written[a:b])] + parser.finish()
        assert "".join(chunk.text for chunk in chunks if isinstance(chunk, TextChunk)) == text
        thoughts = [chunk for chunk in chunks if not isinstance(chunk, TextChunk)]
        assert thoughts
        assert all(isinstance(chunk, ThinkingChunk) and chunk.unread for chunk in thoughts)


def test_a_thought_is_not_taken_for_a_call_that_cannot_be_read():
    parser = CallParser(TOOLS)
    chunks = parser.feed("<think>hm</think><tool_call>fly</tool_call>") + parser.finish()
    assert chunks == [ThinkingChunk("hm"), ThinkingChunk("fly", unread=True)]


@pytest.mark.parametrize(
    "written", ['{"name": "Alice", "arguments": "none"}', '{"name": "Alice", "age"', '{"id": 3, "city": "Pa']
)
def test_data_stays_text_where_it_is_cut_or_looks_a_little_like_a_call(written):
    assert told(written) == (written, "", [])


@pytest.mark.parametrize("written", [form[0] for form in FORMS.values()] + TEXTS)
def test_a_stream_may_be_cut_at_every_character(written):
    assert told(written, range(len(written))) == told(written)


@pytest.mark.parametrize("written", TEXTS)
def test_what_is_no_call_stays_text_to_the_letter(written):
    assert told(written) == (written, "", [])


def test_without_tools_on_offer_json_and_react_are_text():
    for written in ('{"name": "clock", "arguments": {}}', "Thought: hm\nAction: clock\nAction Input: {}"):
        assert told(written, tools=[]) == (written, "", [])


def test_a_template_may_begin_inside_thinking():
    assert told("I wonder\n</think>\nYes.", thinking=True) == ("Yes.", "I wonder", [])


def test_text_flows_and_only_a_possible_mark_is_held_back():
    parser = CallParser(TOOLS)
    assert parser.feed("Hello wor") == [TextChunk("Hello wor")]
    assert parser.feed("ld <to") == [TextChunk("ld")]
    assert parser.feed("p> and") == [TextChunk(" <top> and")]
    assert parser.feed('\n{"name": "cl') == []
    assert parser.feed('own", ') == [TextChunk('\n{"name": "clown",')]
    assert parser.finish() == [TextChunk(" ")]


def test_data_is_let_go_at_its_first_name():
    parser = CallParser(TOOLS)
    assert parser.feed('{"city": "Pa') == [TextChunk('{"city": "Pa')]


def test_thinking_flows_too():
    parser = CallParser(TOOLS)
    assert parser.feed("<think>one two") == [ThinkingChunk("one two")]
    assert parser.feed(" three</thi") == [ThinkingChunk(" three")]
    assert parser.feed("nk>\n\nDone") == [TextChunk("Done")]


def test_a_call_comes_as_soon_as_it_is_closed():
    parser = CallParser(TOOLS)
    assert parser.feed('<tool_call>{"name": "clock", "arguments": {}}</tool_call') == []
    assert parser.feed("> now") == [CallChunk(ToolCall("call_1", "clock", {})), TextChunk("now")]


def test_half_a_surrogate_pair_is_replaced_in_arguments():
    calls = parse('<tool_call>{"name": "calculator", "arguments": {"expression": "\\ud83d"}}</tool_call>', TOOLS).calls
    json.dumps(calls[0].arguments, ensure_ascii=False).encode("utf-8")
    assert calls[0].arguments == {"expression": "\ufffd"}


def test_an_endless_json_is_not_held_for_ever():
    written = '{"type": "' + "x" * 30_000
    parser = CallParser(TOOLS)
    early = parser.feed(written)
    assert early == [TextChunk(written)]
    assert told(written, range(0, 30_000, 7)) == (written, "", [])


@pytest.mark.parametrize(
    "between", [" " * 127, " " * 128, "\n" * 255, "\n" * 256, " " * 1000, "\n" + " " * 1000, " " * 300 + "\n"]
)
def test_much_space_flows_and_changes_nothing(between):
    for written in (f'A{between}{{"name": "clock", "arguments": {{}}}}', f"A{between}</think>{between}B", f"{between}Thought: x"):
        assert told(written, range(len(written))) == told(written)
    parser = CallParser(TOOLS)
    held = len(between) - sum(len(chunk.text) for piece in between for chunk in parser.feed(piece))
    assert held < 256


def test_a_long_stream_is_read_in_linear_time():
    data = json.dumps([{"id": number, "name": "clock", "v": [1, {"a": "b"}]} for number in range(1000)], indent=1)
    for written in (
        data,
        "\n" * 50_000,
        "\n{" * 5_000,
        "<" * 20_000,
        "Thought: x\n" + "a line\n" * 5_000,
        "<tool_call>" + "9" * 50_000,
    ):
        quickly(lambda written=written: told(written, range(0, len(written), 4)), 4)


MARKS = [
    *(
        "<tool_call>",
        "</tool_call>",
        "<think>",
        "</think>",
        "<function=clock>",
        "</function>",
        "<parameter=city>",
        "</parameter>",
    ),
    *("[TOOL_CALLS]", "<|python_tag|>", "```", "```json\n", "\n", "\n\n", " ", "Thought:", "Action: clock", "Action Input:"),
    *("Final Answer:", "Observation: ", "{", "}", "[", "]", '"name"', '"arguments"', ":", ",", ";", '"clock"', '"', "'", "{}"),
    *("\\", '{"name": "clock", "arguments": {}}', "text", "文字", "<", "tool", "A", "T"),
]
soups = st.lists(st.sampled_from(MARKS) | st.text(max_size=3), max_size=14).map("".join)


@settings(max_examples=1500)
@given(soups, st.data())
@example("\n{\n{", None)
def test_any_cutting_of_any_soup_gives_the_same(written, data):
    whole = told(written)
    assert told(written, range(len(written))) == whole
    if data is not None:
        assert told(written, data.draw(st.lists(st.integers(0, len(written)), max_size=5))) == whole


@settings(max_examples=800)
@given(soups)
def test_no_mark_of_a_call_is_ever_text(written):
    text = told(written)[0]
    for mark in ("<tool_call>", "</tool_call>", "[TOOL_CALLS]", "<|python_tag|>", "<function=", "</function>", "<think>"):
        assert mark not in text


@settings(max_examples=300)
@given(
    st.dictionaries(
        st.text(min_size=1, max_size=8),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
            max_leaves=8,
        ),
        max_size=4,
    )
)
@example({"text": "</tool_call> <tool_call> <function=x>"})
def test_a_rendered_call_is_read_back(arguments):
    call = ToolCall("call_1", "clock", arguments)
    assert parse(render_call(call), TOOLS).calls == (call,)


def test_the_hermes_form_is_what_qwen_was_trained_on():
    assert render_call(ToolCall("1", "calculator", {"expression": "1<2 北京"})) == (
        '<tool_call>\n{"name": "calculator", "arguments": {"expression": "1<2 北京"}}\n</tool_call>'
    )
