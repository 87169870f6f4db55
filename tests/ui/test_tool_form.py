"""A tool as the fields of its editor and back: nothing is lost on the way, and what is wrong stands at its field."""

import json

import pytest

from tools.documents import ToolDocument
from ui.tool_form import MOST_SECRETS, document_of, form_of, place_of, problems_of, read_form

DOCUMENT = ToolDocument.model_validate(
    {
        "id": "renew",
        "name": "renew_instance",
        "title": {"en": "Renew", "zh": "续费"},
        "description": {"en": "Renews an instance.", "zh": "给实例续费。"},
        "parameters": {
            "type": "object",
            "properties": {
                "id": {"type": "string"},
                "months": {"type": "integer", "minimum": 1, "enum": [1, 3, 12]},
                "tags": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["id", "months"],
        },
        "risk": "spends",
        "call": {
            "method": "POST",
            "url": "https://cloud.example/instances/{id}/renew",
            "arguments": {
                "id": {"place": "path"},
                "months": {"place": "field", "name": "period"},
                "tags": {"place": "query", "join": ","},
            },
            "query": {"region": "eu"},
            "headers": {"X-Client": "hearth"},
            "secrets": [{"name": "cloud", "place": "header", "field": "Authorization", "prefix": "Bearer ", "required": False}],
            "result_path": "data.state",
            "media_types": ["application/json"],
        },
    }
)


def fields_of(form, **changes):
    """What the page would report."""
    fields = {name: [value] for name, value in form.values.items()}
    fields |= {f"sent.{name}": [place] for name, place in form.sent.items()}
    fields["secrets"] = [row.key for row in form.secrets]
    for row in form.secrets:
        fields |= {f"secret.{row.key}.{part}": [value] for part, value in row.values.items()}
    return fields | {name: [value] if isinstance(value, str) else value for name, value in changes.items()}


def test_a_form_that_nobody_touched_is_the_document():
    form = read_form(fields_of(form_of(DOCUMENT)), DOCUMENT)
    body, unread = document_of(form, DOCUMENT)
    assert not unread
    assert ToolDocument.model_validate(body) == DOCUMENT


def test_a_page_that_reports_nothing_changes_nothing():
    body, unread = document_of(read_form({}, DOCUMENT), DOCUMENT)
    assert not unread
    assert ToolDocument.model_validate(body) == DOCUMENT


def test_what_is_typed_becomes_the_document():
    schema = json.loads(form_of(DOCUMENT).values["schema"])
    schema["properties"]["note"] = {"type": "string"}
    del schema["properties"]["tags"]
    form = read_form(
        fields_of(
            form_of(DOCUMENT), schema=json.dumps(schema), headers="X-Client: me\n\nX-More: a: b", query="region = us", name=" x "
        ),
        DOCUMENT,
    )
    body, unread = document_of(form, DOCUMENT)
    assert not unread
    made = ToolDocument.model_validate(body)
    assert made.name == "x"
    assert made.call.headers == {"X-Client": "me", "X-More": "a: b"}
    assert made.call.query == {"region": "us"}
    assert {name: sent.place for name, sent in made.call.arguments.items()} == {"id": "path", "months": "field", "note": "field"}
    assert made.call.arguments["months"].name == "period", "what has no field stays"
    assert made.call.secrets[0].required is False


def test_an_argument_goes_where_the_address_says():
    form = read_form(fields_of(form_of(DOCUMENT), url="https://cloud.example/{months}", method="GET"), DOCUMENT)
    body, _ = document_of(form, DOCUMENT)
    places = {name: sent["place"] for name, sent in body["call"]["arguments"].items()}
    assert places == {"id": "query", "months": "path", "tags": "query"}, "a reading call has no body"
    assert place_of("id", "POST", "https://x.example/{id}") == "path"
    assert place_of("id", "POST", "https://x.example/") == "field"
    assert place_of("id", "HEAD", "https://x.example/") == "query"


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("schema", "{", "JSON"),
        ("schema", "[" * 100_000, "JSON"),
        ("body", "not json", "JSON"),
        ("headers", "no colon", "name:value"),
        ("query", "alone", "name=value"),
    ],
)
def test_what_cannot_be_read_is_told_at_its_field(field, typed, told):
    form = read_form(fields_of(form_of(DOCUMENT), **{field: typed}), DOCUMENT)
    assert form.values[field] == typed, "it stays as it was typed"
    _, unread = document_of(form, DOCUMENT)
    assert told in unread[field][0]
    assert unread[field][1] != unread[field][0]


def test_rows_for_keys_come_and_go():
    form = form_of(DOCUMENT)
    for _ in range(MOST_SECRETS + 2):
        form = form.with_secret()
    assert len(form.secrets) == MOST_SECRETS
    assert len({row.key for row in form.secrets}) == MOST_SECRETS
    left = form.without_secret(form.secrets[0].key)
    assert len(left.secrets) == MOST_SECRETS - 1
    reported = read_form(fields_of(form) | {"secrets": ["0", "0", "x", "99999", "3"]}, DOCUMENT)
    assert [row.key for row in reported.secrets] == ["0", "3"]


def test_problems_stand_at_the_fields_of_the_form():
    form = form_of(DOCUMENT)
    told = ("Wrong.", "不对。")
    problems = {
        "call.url": told,
        "call": told,
        "parameters.properties": told,
        "call.secrets.0.field": told,
        "call.headers.X": told,
        "title.en": told,
    }
    assert set(problems_of(problems, form)) == {"url", "schema", "secret.0.field", "headers", "title.en"}


def test_a_call_that_changes_things_is_told_at_its_risk():
    told = ("Wrong.", "不对。")
    form = form_of(DOCUMENT)
    reading = read_form(fields_of(form, risk="reads"), DOCUMENT)
    assert set(problems_of({"document": told}, reading)) == {"risk"}
    assert set(problems_of({"document": told}, form)) == {"schema"}


def test_a_model_has_fields_of_its_own():
    model = ToolDocument.model_validate(
        {
            "id": "m",
            "name": "translate",
            "title": {"en": "Translate"},
            "description": {"en": "Translates."},
            "parameters": {"type": "object", "properties": {"text": {"type": "string"}}},
            "risk": "reads",
            "call": {"kind": "model", "task": "translation", "model": "hf:org/name"},
        }
    )
    form = read_form({name: [value] for name, value in form_of(model).values.items()} | {"model": ["hf:org/other"]}, model)
    body, unread = document_of(form, model)
    assert not unread
    assert ToolDocument.model_validate(body).call.model == "hf:org/other"
