"""Secrets of registered tools: where they go, for whom, and that none comes back in anything the model or a person reads."""

import base64
import json
import logging

import pytest

from common.egress import Egress
from common.errors import ToolFailed
from common.redaction import Redaction
from tests.tools.test_tool_documents import problems
from tools.base import ToolContext
from tools.calls import origin_text
from tools.http import HttpTool
from tools.requests import request_of
from tools.runner import run

CANARY = 'Kn4"ry/+1<&密'
PLAIN = "canary-7f3a/+&x"
CONTEXT = ToolContext()


@pytest.fixture
def tool(service, make_document):
    """A tool of the service with these secrets; `kept` are the values by name, for the service's origin alone."""

    def make(*secrets, kept=None, **call):
        called = {"url": f"{service.url}/pets", "arguments": {}, "secrets": list(secrets), **call}
        document = make_document({}, called, risk="writes")
        values = {"key": PLAIN} if kept is None else kept
        asked = []

        def secret_for(name, origin):
            asked.append((name, origin))
            return values.get(name) if origin == service.url else None

        made = HttpTool(document, Egress(), service.granted, secret_for)
        made.asked = asked
        return made

    return make


@pytest.mark.parametrize(
    ("secret", "place", "sent"),
    [
        ({"place": "header", "field": "X-API-Key"}, "x-api-key", PLAIN),
        ({"place": "header", "field": "Authorization", "prefix": "Bearer "}, "authorization", f"Bearer {PLAIN}"),
        (
            {"place": "header", "field": "Authorization", "prefix": "Basic ", "write": "base64"},
            "authorization",
            "Basic " + base64.b64encode(PLAIN.encode()).decode(),
        ),
        ({"place": "cookie", "field": "sid"}, "cookie", f"sid={PLAIN}"),
    ],
)
def test_a_secret_goes_where_the_document_says(service, tool, secret, place, sent):
    made = tool({"name": "key", **secret})
    made.call({}, CONTEXT)
    made.call({}, CONTEXT)
    assert [headers[place] for _, _, headers, _ in service.requests] == [sent, sent]
    assert made.asked == [("key", service.url)] * 2


@pytest.mark.parametrize("place", ["header", "query", "cookie"])
def test_a_secret_does_not_travel_in_the_open(make_document, place):
    """A description may name its http server first, and everybody on the way reads what is sent there."""
    asked = []
    egress = Egress(lambda host, port: asked.append(host) or ["93.184.216.34"])
    secrets = [{"name": "key", "place": place, "field": "x-key", "required": False}]
    document = make_document({}, {"url": "http://api.example/pets", "arguments": {}, "secrets": secrets})
    output = run(HttpTool(document, egress, frozenset(), lambda name, origin: PLAIN), {}, CONTEXT)
    assert output.failed
    assert "'key' would travel to api.example:80 in the open" in output.text
    assert PLAIN not in output.text
    assert asked == []


def test_a_secret_in_the_query_is_encoded_and_two_go_together(service, tool):
    kept = {"one": "a&b=c", "two": "x"}
    made = tool(
        {"name": "one", "place": "query", "field": "k[]"},
        {"name": "two", "place": "cookie", "field": "a"},
        {"name": "one", "place": "cookie", "field": "b"},
        kept=kept,
    )
    made.call({}, CONTEXT)
    assert service.requests[0][1] == "/pets?k%5B%5D=a%26b%3Dc"
    assert service.requests[0][2]["cookie"] == "a=x; b=a&b=c"


def test_a_missing_secret_is_one_sentence_and_nothing_is_sent(service, tool):
    made = tool({"name": "shop.key", "place": "header", "field": "X-Key"})
    for language, told in (("en", "enter it under “Keys and access”"), ("zh", "请在“工具”页")):
        output = run(made, {}, ToolContext(language=language))
        assert output.failed
        assert "'shop.key'" in output.text
        assert told in output.text
    assert service.requests == []


def test_a_secret_that_is_not_required_may_be_missing(service, tool):
    tool({"name": "no", "place": "header", "field": "X-Key", "required": False}).call({}, CONTEXT)
    assert "x-key" not in service.requests[0][2]


@pytest.mark.parametrize("place", ["header", "cookie"])
def test_a_secret_that_cannot_be_sent_is_not_told(service, tool, place):
    made = tool({"name": "key", "place": place, "field": "k"}, kept={"key": "two\r\nlines; 密钥"})
    with pytest.raises(ToolFailed) as caught:
        made.call({}, CONTEXT)
    assert "lines" not in caught.value.english + caught.value.chinese
    assert service.requests == []


ECHOES = [
    ("application/json", 200, lambda v: json.dumps({"you": {"sent": [f"Bearer {v}"]}, v: 1})),
    ("application/json", 200, lambda v: json.dumps({"said": v}).replace("/", "\\/")),
    ("text/plain", 200, lambda v: f"You sent {v}, {v.upper()}"),
    ("text/plain", 200, lambda v: base64.b64encode(v.encode()).decode()),
    ("application/json", 403, lambda v: json.dumps({"error": f"bad key {v}"})),
    ("application/json", 403, lambda v: "x" * 290 + v + "y" * 2000),
    ("text/plain", 500, lambda v: f"no such user {v}"),
    ("application/json", 200, lambda v: f"<html>{v}"),
]


@pytest.mark.parametrize(("kind", "status", "written"), ECHOES, ids=range(len(ECHOES)))
@pytest.mark.parametrize("value", [PLAIN, CANARY])
def test_a_service_that_echoes_a_secret_tells_nobody(service, tool, caplog, kind, status, written, value):
    caplog.set_level(logging.DEBUG, "tools")
    service.answers["/pets"] = (status, kind, written(value).encode())
    output = run(tool({"name": "key", "place": "query", "field": "k"}, kept={"key": value}), {}, CONTEXT)
    told = output.text + json.dumps(output.data, ensure_ascii=False) + caplog.text
    assert service.requests
    for form in (value, json.dumps(value)[1:-1], base64.b64encode(value.encode()).decode(), value[:9]):
        assert form.lower() not in told.lower()
    if status == 200 and "<" not in output.text and not output.failed:
        assert "•••" in output.text


def test_a_number_a_password_and_the_place_of_a_redirect_are_hidden_too(service, tool):
    service.answers["/pets"] = (200, "application/json", b'{"pin": 48151623, "who": "bob", "with": "s3cr3t!"}')
    kept = {"pin": "48151623", "login": "bob:s3cr3t!"}
    secrets = [{"name": name, "place": "header", "field": f"X-{name}"} for name in kept]
    assert tool(*secrets, kept=kept).call({}, CONTEXT).data == {"pin": "•••", "who": "bob", "with": "•••"}
    assert Redaction(["a b"]).text("?k=a%20b&l=a+b") == "?k=•••&l=•••"
    service.answers["/pets"] = (302, None, b"")
    with pytest.raises(ToolFailed) as caught:
        tool({"name": "k", "place": "header", "field": "X-K"}, kept={"k": "169.254.169.254"}).call({}, CONTEXT)
    assert "169.254" not in caught.value.english


def test_an_address_that_is_refused_does_not_show_its_query(make_document):
    call = {"url": "http://127.0.0.1:9", "arguments": {}, "secrets": [{"name": "key", "place": "query", "field": "k"}]}
    made = HttpTool(make_document({}, call), Egress(), frozenset(), lambda name, origin: PLAIN)
    with pytest.raises(ToolFailed) as caught:
        made.call({}, CONTEXT)
    assert "canary" not in caught.value.english + repr(caught.value.__cause__)


def test_a_page_can_show_the_request_without_its_secrets(make_document):
    secret = {"name": "key", "place": "header", "field": "Authorization", "prefix": "Bearer "}
    call = make_document({}, {"url": "https://a.example", "arguments": {}, "secrets": [secret]}).call
    assert "authorization" not in request_of(call, {}).headers
    assert request_of(call, {}, {"key": "•••"}).headers["authorization"] == "Bearer •••"


def test_the_origin_of_an_address_is_that_of_its_secrets():
    assert origin_text("https://A.example/x/{id}") == "https://a.example:443"
    assert origin_text("http://127.0.0.1:81") == "http://127.0.0.1:81"
    assert origin_text("http://[::0001]/x") == "http://[::1]:80"


BAD = [
    ({"field": ""}, "call.secrets.0.field"),
    ({"field": "Host"}, "call.secrets.0"),
    ({"field": "a b"}, "call.secrets.0"),
    ({"field": "a=b", "place": "cookie"}, "call.secrets.0"),
    ({"prefix": "Bearer sk-123 "}, "call.secrets.0.prefix"),
    ({"prefix": "sk123"}, "call.secrets.0.prefix"),
    ({"name": "../x"}, "call.secrets.0.name"),
    ({"value": "sk-1"}, "call.secrets.0.value"),
    ({"place": "path"}, "call.secrets.0.place"),
]


@pytest.mark.parametrize(("change", "field"), BAD, ids=range(len(BAD)))
def test_a_document_has_room_for_the_name_of_a_secret_alone(make_document, change, field):
    secret = {"name": "key", "place": "header", "field": "X-Key", **change}
    assert field in problems(lambda: make_document(call={"secrets": [secret]}))
