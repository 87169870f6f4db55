"""JSON as models write it: what is repaired, what is refused, and that it is JSON in the end."""

import ast
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.loosejson import load_first, loads

REPAIRS = [
    ('{"a": 1}', {"a": 1}),
    ("{'a': 1}", {"a": 1}),
    ("{a: 1, b_2: 'x'}", {"a": 1, "b_2": "x"}),
    ('{"a": True, "b": False, "c": None}', {"a": True, "b": False, "c": None}),
    ('{"a": [1, 2,], }', {"a": [1, 2]}),
    ('{"a": {"b": 1', {"a": {"b": 1}}),
    ('{"a": "cut of', {"a": "cut of"}),
    ('{"a": [1, {"b": 2}', {"a": [1, {"b": 2}]}),
    ('{"a": [1, 2}', {"a": [1, 2]}),
    ('{"a" = 1}', {"a": 1}),
    ('{"text": "he said "hi" to me", "n": 2}', {"text": 'he said "hi" to me', "n": 2}),
    ("{'text': 'it's fine'}", {"text": "it's fine"}),
    ('{"text": "two\nlines"}', {"text": "two\nlines"}),
    ('{“a”: “中文”}', {"a": "中文"}),
    ('{"a": 1, // a note\n "b": 2}', {"a": 1, "b": 2}),
    ("('a', 'b')", ["a", "b"]),
    (r"{'a': '\u4e2d\n\'q\''}", {"a": "中\n'q'"}),
    ('{"a": -1.5e3}', {"a": -1500.0}),
    ('```', None),
    ("hello", None),
    ("", None),
    ("{a}", None),
    ('{"a": }', None),
    ('{"a"', None),
    ('{"a": 1} and more', None),
    ('{"a": NaN}', None),
    ('{"a": 1e999}', None),
    ('{"a": __import__("os")}', None),
    ("{'a': 1 + 1}", None),
    ("[" * 5000, None),
    ('{"a":' * 5000, None),
    ("1" * 6000, None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), REPAIRS, ids=[text[:30] for text, _ in REPAIRS])
def test_a_repair_is_right_or_refused(text, value):
    if value is None:
        with pytest.raises(ValueError, match=r"."):
            loads(text)
    else:
        assert loads(text) == value


def test_the_first_value_says_where_it_ends():
    assert load_first(' {"a": 1}; {"b": 2}') == ({"a": 1}, 9)
    assert load_first("{'a': 1}; rest") == ({"a": 1}, 8)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(values)
def test_json_is_read_as_it_is(value):
    assert loads(json.dumps(value)) == value


@given(st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), st.integers() | st.booleans() | st.none(), min_size=1))
def test_what_python_prints_is_read(value):
    assert loads(repr(value)) == ast.literal_eval(repr(value))


@settings(max_examples=800)
@given(st.text(st.sampled_from("{}[]()\"'“:,=\\/ \n0123eE.-aTNnu"), max_size=40) | st.text(max_size=30))
def test_any_text_gives_json_or_an_error(text):
    try:
        value, end = load_first(text)
    except ValueError:
        return
    assert json.loads(json.dumps(value, allow_nan=False)) == value
    json.dumps(value, ensure_ascii=False).encode("utf-8")
    assert end > 0
