"""Opening a tool in its editor and saving it as it stands changes nothing, whatever valid document it is."""

import json
import string

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tools.documents import ToolDocument
from tools.openapi import read_openapi
from ui.tool_form import document_of, form_of, read_form

NAMES = st.text(string.ascii_letters + "_查é", min_size=1, max_size=8)
TEXTS = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=20)
PLAIN = st.text(string.printable[:95], max_size=12)
HEADER = st.text(string.ascii_letters + "-", min_size=1, max_size=10)
SECRETS = st.builds(
    lambda name, place, field, prefix, write, required: {
        "name": name, "place": place, "field": field, "prefix": prefix, "write": write, "required": required,
    },
    st.sampled_from(["key", "key-2", "user"]),
    st.sampled_from(["header", "query", "cookie"]),
    st.sampled_from(["Authorization", "X-Key", "sid"]),
    st.sampled_from(["", "Bearer ", "Basic ", "Token="]),
    st.sampled_from(["plain", "base64"]),
    st.booleans(),
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
SENT = st.fixed_dictionaries(
    {
        "place": st.sampled_from(["query", "header", "field"]),
        "name": PLAIN,
        "join": st.sampled_from(["", ",", " ", "|", "\t"]),
        "write": st.sampled_from(["plain", "json", "deep", "fields"]),
    }
)


@st.composite
def documents(draw):
    method = draw(st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]))
    arguments = draw(st.dictionaries(NAMES, SENT, max_size=4))
    in_path = draw(st.lists(NAMES.filter(lambda name: name not in arguments), max_size=2, unique=True))
    arguments |= {name: {"place": "path"} for name in in_path}
    fixed = draw(st.none() | st.dictionaries(PLAIN, VALUES, max_size=3)) if method in ("POST", "PUT") else None
    fields = {
        "id": "tool",
        "name": "tool",
        "title": {"en": draw(TEXTS), "zh": draw(TEXTS)},
        "description": {"en": draw(TEXTS) or "x", "zh": draw(TEXTS)},
        "parameters": {
            "type": "object",
            "properties": {name: {"type": "string", "description": draw(TEXTS), "default": draw(TEXTS)} for name in arguments},
        },
        "risk": "writes",
        "call": {
            "method": method,
            "url": "https://api.example/a" + "".join(f"/{{{name}}}" for name in in_path),
            "arguments": arguments,
            "query": draw(st.dictionaries(TEXTS.filter(bool), TEXTS, max_size=3)),
            "headers": draw(st.dictionaries(HEADER, PLAIN, max_size=3)),
            "secrets": draw(st.lists(SECRETS, max_size=5)),
            "body": fixed,
            "body_type": "json" if fixed is not None else draw(st.sampled_from(["json", "form", "multipart"])),
            "result_path": draw(st.sampled_from(["", "a", " a ", "a[?b == 'c  d']", "a |\nb"])),
            "media_types": draw(st.sampled_from([[], ["application/json"], ["text/*", "image/png"]])),
        },
    }
    try:
        return ToolDocument.model_validate(fields)
    except ValidationError:
        assume(False)


def reported(document):
    """What a browser reports of a form that nobody touched: line ends as it writes them, none in a single line."""
    form = form_of(document)
    fields = {}
    for name, value in form.values.items():
        shown = value.replace("\r\n", "\n").replace("\r", "\n")
        one_line = name in ("name", "url", "title.en", "title.zh", "result_path", "task", "model")
        fields[name] = [shown.replace("\n", "") if one_line else shown]
    fields |= {f"sent.{name}": [place] for name, place in form.sent.items()}
    fields["secrets"] = [row.key for row in form.secrets]
    for row in form.secrets:
        fields |= {f"secret.{row.key}.{part}": [value] for part, value in row.values.items()}
    return fields


def saved_as_it_is(document):
    fields, unread = document_of(read_form(reported(document), document), document)
    assert not unread
    return ToolDocument.model_validate(fields)


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(documents())
def test_saving_what_nobody_touched_changes_nothing(document):
    assert saved_as_it_is(document) == document


def test_what_was_imported_stays_as_it_is():
    operations = {
        "/things/{thing-id}": {
            "get": {
                "operationId": "things.get",
                "summary": "One  thing",
                "description": "Line one.\r\nLine two.",
                "parameters": [
                    {
                        "name": "$select",
                        "in": "query",
                        "explode": False,
                        "schema": {"type": "array", "items": {"type": "string"}},
                    },
                    {"name": "filter", "in": "query", "style": "deepObject", "schema": {"type": "object"}},
                    {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
                ],
            },
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/vnd.x+json": {"schema": {"type": "object", "properties": {"_a": {"type": "string"}}}}
                    },
                }
            },
        }
    }
    text = json.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": "Things"},
            "servers": [{"url": "https://api.example"}],
            "paths": operations,
            "components": {"securitySchemes": {"basic": {"type": "http", "scheme": "basic"}}},
            "security": [{"basic": []}],
        }
    )
    found = read_openapi(text).documents
    assert len(found) == 2
    for document in found:
        assert saved_as_it_is(document) == document


TWO = [
    {"name": "key", "place": "header", "field": "Authorization", "prefix": "Basic ", "write": "base64"},
    {"name": "key", "place": "query", "field": "sid", "required": False},
]  # fmt: skip


@pytest.fixture
def with_two():
    return ToolDocument.model_validate(
        {
            "id": "tool",
            "name": "tool",
            "title": {"en": "Tool"},
            "description": {"en": "Does it."},
            "parameters": {"type": "object", "properties": {}},
            "risk": "reads",
            "call": {"method": "GET", "url": "https://api.example/a", "secrets": TWO},
        }
    )


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({}, [("base64", True), ("plain", False)]),
        ({"secret.0.name": ["other"]}, [("base64", True), ("plain", False)]),
        ({"secret.1.field": ["token"]}, [("base64", True), ("plain", False)]),
        ({"secrets": ["1"]}, [("plain", False)]),
        ({"secrets": ["1", "0"]}, [("plain", False), ("base64", True)]),
    ],
)
def test_a_key_keeps_how_it_is_sent(with_two, changes, kept):
    fields, unread = document_of(read_form(reported(with_two) | changes, with_two), with_two)
    assert not unread
    assert [(each.write, each.required) for each in ToolDocument.model_validate(fields).call.secrets] == kept


def test_a_text_that_a_path_looks_for_keeps_its_spaces(with_two):
    fields = reported(with_two) | {"result_path": [" a[?b == 'c  d'] "]}
    assert document_of(read_form(fields, with_two), with_two)[0]["call"]["result_path"] == "a[?b == 'c  d']"
