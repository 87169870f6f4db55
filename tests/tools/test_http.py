"""Registered tools against a real service on this machine: what is sent, what comes back, and what is refused."""

import json
import threading
import time
from urllib.parse import unquote

import pytest

from common.egress import Egress
from common.errors import ArgumentsInvalid, ToolFailed
from tests.timing import quickly
from tools.base import Media, ToolContext
from tools.calls import HttpCall
from tools.http import ANSWER_LIMIT, HttpTool
from tools.requests import masked, request_of
from tools.runner import run

CONTEXT = ToolContext()


@pytest.fixture
def tool(service, make_document):
    """A tool of the service; `path` behind its address."""

    def make(path="/pets", schemas=None, call=None, **changes):
        called = {"url": service.url + path, "arguments": {}, **(call or {})}
        return HttpTool(make_document(schemas or {}, called, **changes), Egress(), service.granted)

    return make


def test_a_tool_shows_what_its_document_says(tool):
    made = tool(title={"en": "Pets", "zh": "宠物"}, description={"en": "Finds.", "zh": "查找。"})
    assert (made.id, made.spec.name, made.spec.description, made.risk) == ("pets", "pets", "Finds.", "reads")
    assert made.titles == {"en": "Pets", "zh": "宠物"}
    assert tool(description={"en": "", "zh": "查找。"}).spec.description == "查找。"


def test_a_request_that_is_shown_holds_no_secret():
    places = [("header", "X-Key"), ("header", "Authorization"), ("query", "key"), ("cookie", "sid"), ("query", "other")]
    secrets = [{"name": f"{place}-{field}", "place": place, "field": field} for place, field in places]
    secrets[1] |= {"prefix": "Basic ", "write": "base64"}
    call = {"method": "POST", "url": "https://a.example/{id}", "arguments": {"id": {"place": "path"}, "n": {"place": "field"}}}
    call = HttpCall.model_validate({**call, "secrets": secrets})
    shown = masked(call, {"id": "a/b", "n": "•"}, {secret["name"] for secret in secrets[:4]})
    assert (shown.method, shown.url) == ("POST", "https://a.example/a%2Fb?key=•••")
    assert shown.headers["x-key"] == "•••"
    assert shown.headers["authorization"] == "Basic •••"
    assert shown.headers["cookie"] == "sid=•••"
    assert json.loads(shown.body) == {"n": "•"}
    same = request_of(call, {"id": "a/b", "n": "•"}, {})
    assert masked(call, {"id": "a/b", "n": "•"}, ()) == same


def test_every_place_of_a_request(service, tool):
    sent = {
        "id": {"place": "path"},
        "tags": {"place": "query", "name": "tag[]"},
        "sort": {"place": "query", "join": ","},
        "trace": {"place": "header", "name": "X-Trace"},
        "name": {"place": "field"},
        "field_id": {"place": "field", "name": "id"},
    }
    call = {"method": "PUT", "arguments": sent, "headers": {"X-Version": "2"}}
    made = tool("/pets/{id}", {key: {} for key in sent}, call, risk="writes")
    output = made.call(
        {
            "id": "a/b c?#%",
            "tags": ["猫", "x&y"],
            "sort": ["a", "b"],
            "trace": "t-1",
            "name": "咪咪",
            "field_id": 7,
            "other": "x",
        },
        CONTEXT,
    )
    assert output.data == {"ok": True}
    [(method, path, headers, body)] = service.requests
    assert (method, path) == ("PUT", "/pets/a%2Fb%20c%3F%23%25?tag%5B%5D=%E7%8C%AB&tag%5B%5D=x%26y&sort=a%2Cb")
    assert json.loads(body) == {"name": "咪咪", "id": 7}
    assert (headers["x-trace"], headers["x-version"], headers["content-type"]) == ("t-1", "2", "application/json")
    assert "cookie" not in headers
    assert "authorization" not in headers


def test_what_is_not_given_is_not_sent(service, tool):
    sent = {"q": {"place": "query"}, "trace": {"place": "header"}, "name": {"place": "field"}}
    made = tool("/", {key: {} for key in sent}, {"method": "POST", "arguments": sent}, risk="writes")
    made.call({"q": None, "trace": None}, CONTEXT)
    [(_, path, headers, body)] = service.requests
    assert (path, body) == ("/", "{}")
    assert "trace" not in headers


@pytest.mark.parametrize("value", [[1, "b"], {"a": {"b": None}}, "text", 0, False, None])
def test_a_whole_body_is_sent_as_it_is(service, tool, value):
    call = {"method": "POST", "arguments": {"body": {"place": "body"}}, "headers": {"Content-Type": "application/vnd.api+json"}}
    tool("/", {"body": {}}, call, risk="writes").call({"body": value}, CONTEXT)
    assert json.loads(service.requests[0][3]) == value
    assert service.requests[0][2]["content-type"] == "application/vnd.api+json"


def test_a_body_that_is_not_given_is_none(service, tool):
    call = {"method": "DELETE", "arguments": {"body": {"place": "body"}}}
    tool("/", {"body": {}}, call, risk="writes").call({}, CONTEXT)
    assert service.requests[0][3] == ""
    assert "content-type" not in service.requests[0][2]


@pytest.mark.parametrize(
    ("value", "sent"),
    [(True, "true"), (3.0, "3"), (2.5, "2.5"), (-1, "-1"), ("", ""), ({"a": 1}, "%7B%22a%22%3A%201%7D"), ([], None)],
)
def test_values_in_the_query(value, sent):
    call = HttpCall.model_validate({"method": "GET", "url": "https://a.example/", "arguments": {"q": {"place": "query"}}})
    assert request_of(call, {"q": value}).url == ("https://a.example/" if sent is None else f"https://a.example/?q={sent}")


def test_fields_that_a_model_names_are_none_of_those_sent_with_every_call():
    """Of two values of one name many services take the first, or the last."""
    sent = {"filter": {"place": "query", "write": "fields"}}
    secret = {"name": "key", "place": "query", "field": "k"}
    told = {"method": "GET", "url": "https://a.example/", "arguments": sent, "query": {"mode": "safe"}, "secrets": [secret]}
    call = HttpCall.model_validate(told)
    assert request_of(call, {"filter": {"a": 1}}, {"key": "v"}).url == "https://a.example/?mode=safe&k=v&a=1"
    for given in ({"mode": "all"}, {"a": 1, "k": "theirs"}, {"a": {"mode": "all"}}):
        with pytest.raises(ArgumentsInvalid, match="sent with every call"):
            request_of(call, {"filter": given}, {"key": "v"})


PATHS = ["", ".", "..", "../admin", "a/../b", "..\\admin", "a/..", "./x", None, [], [".."], ["a", ".."], "a\\..\\b"]
PATHS += ["%2e%2e", "%2E./admin", "..%2fadmin", "a%5c..%5Cb", "%252e%252e%252fadmin", ["a", "%2e%2e"]]  # some decode twice


@pytest.mark.parametrize("value", PATHS, ids=repr)
def test_a_value_in_the_path_is_no_way_up_and_not_empty(service, tool, value):
    made = tool("/pets/{id}/toys", {"id": {}}, {"arguments": {"id": {"place": "path"}}})
    with pytest.raises(ArgumentsInvalid) as caught:
        made.call({"id": value}, CONTEXT)
    assert "id" in caught.value.english
    assert "网址" in caught.value.chinese
    assert service.requests == []


@pytest.mark.parametrize("values", [(".", "."), ("", ".."), ("..", "")])
def test_several_values_in_one_step_make_no_way_up(tool, values):
    made = tool("/{a}{b}/x", {"a": {}, "b": {}}, {"arguments": {"a": {"place": "path"}, "b": {"place": "path"}}})
    with pytest.raises(ArgumentsInvalid):
        made.call(dict(zip("ab", values, strict=True)), CONTEXT)


@pytest.mark.parametrize(
    "value",
    [
        "evil.example",
        "//evil.example",
        "@evil.example/",
        "a?b=c",
        "a#b",
        "100%25",
        "a:b",
        "...",
        "\r\nHost: evil",
        "{id}",
        "年/假",
        ["a/b", "c"],
        "\ud800",
    ],
    ids=repr,
)
def test_a_value_in_the_path_stays_in_its_step(service, tool, value):
    made = tool("/pets/{id}/toys", {"id": {}}, {"arguments": {"id": {"place": "path"}}})
    made.call({"id": value}, CONTEXT)
    [(_, path, headers, _)] = service.requests
    assert path.startswith("/pets/")
    assert path.endswith("/toys")
    assert (path.count("/"), "?" in path, "#" in path) == (3, False, False)
    assert headers["host"] == service.url.removeprefix("http://")


@pytest.mark.parametrize("value", ["a\r\nX-Admin: 1", "a\nb", "a\x00b", "a\x1b[0m", "年假", "a" * 5000])
def test_a_value_in_a_header_is_one_plain_line(service, tool, value):
    made = tool("/", {"trace": {}}, {"arguments": {"trace": {"place": "header", "name": "X-Trace"}}})
    with pytest.raises(ToolFailed, match="'x-trace'") as caught:
        made.call({"trace": value}, CONTEXT)
    assert "请求头" in caught.value.chinese
    assert service.requests == []


def test_an_address_that_grows_too_long_is_refused(service, tool):
    made = tool("/", {"q": {}}, {"arguments": {"q": {"place": "query"}}})
    with pytest.raises(ArgumentsInvalid, match="8,000"):
        made.call({"q": "x" * 9000}, CONTEXT)
    assert service.requests == []


def test_json_comes_back_as_data_and_as_text(service, tool):
    service.answers["/pets"] = (200, "application/problem+json; charset=utf-8", '\ufeff{"名": [1, 2.50, null]}'.encode())
    output = tool().call({}, CONTEXT)
    assert (output.text, output.data) == ('{"名": [1, 2.5, null]}', {"名": [1, 2.5, None]})


@pytest.mark.parametrize(
    ("kind", "text"), [("text/plain", "[1"), ("application/xml", "<a/>"), (None, "hello"), ("text/html", "<p>")]
)
def test_text_comes_back_as_it_is(service, tool, kind, text):
    service.answers["/pets"] = (200, kind, text.encode())
    output = tool().call({}, CONTEXT)
    assert (output.text, output.data, output.failed) == (text, None, False)


@pytest.mark.parametrize("method", ["HEAD", "GET", "DELETE"])
def test_an_answer_without_content_says_so(service, tool, method):
    service.answers["/pets"] = (204, None, b"")
    made = tool(call={"method": method}, risk="writes")
    assert "204 No Content" in made.call({}, CONTEXT).text
    assert "没有内容" in made.call({}, ToolContext(language="zh")).text


FAILURES = [
    (404, "application/json", b'{"error": "no pet 7"}', '404 Not Found: \'{"error": "no pet 7"}\'', "404"),
    (500, "text/html", b"<html>secret stack</html>", "500 Internal Server Error. Check", "500"),
    (418, "image/png", b"\x89PNG", "418", "418"),
    (599, None, b"", "599", "599"),
    (302, None, b"", "'http://169.254.169.254/latest'", "更正网址"),
    (304, None, b"", "sends callers on", "更正网址"),
    (200, "image/png", b"\x89PNG", "'image/png'", "而需要的是"),
    (200, "application/octet-stream", b"\x00", "'application/octet-stream'", "而需要的是"),
    (200, "text/plain", "年假".encode("gbk"), "not UTF-8", "UTF-8"),
    (200, "application/json", b"\xff\xfe{}", "not UTF-8", "UTF-8"),
    (200, "application/json", b"<html>", "calls JSON", "并不是"),
    (200, "application/json", b"NaN", "calls JSON", "并不是"),
    (200, "application/json", b"[" * 100_000, "calls JSON", "并不是"),
    (200, "application/json", b"9" * 10_000, "calls JSON", "并不是"),
    (200, "text/plain", b"x" * (ANSWER_LIMIT + 1), "2,097,152 bytes", "2,097,152 字节"),
]


@pytest.mark.parametrize(
    ("status", "kind", "body", "english", "chinese"), FAILURES, ids=[f"{f[0]}-{f[1]}-{f[2][:6]!r}" for f in FAILURES]
)
def test_an_answer_that_helps_nobody_is_a_sentence(service, tool, status, kind, body, english, chinese):
    service.answers["/pets"] = (status, kind, body)
    with pytest.raises(ToolFailed) as caught:
        tool().call({}, CONTEXT)
    assert english in caught.value.english
    assert chinese in caught.value.chinese
    assert "stack" not in caught.value.english
    assert len(caught.value.english) < 600
    assert "\n" not in caught.value.english
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    ("accepted", "kind", "fits"),
    [
        (["application/json"], "text/html", False),
        (["application/json"], "text/plain", False),
        (["application/json"], "application/vnd.api+json", True),
        (["text/plain"], "application/json", True),
        (["text/*"], "text/csv", True),
        (["*/*"], "text/html", True),
        (["*/*"], "image/png", False),
        (["image/*"], "image/png", True),
    ],
)
def test_only_what_was_asked_for_is_read(service, tool, accepted, kind, fits):
    service.answers["/pets"] = (200, kind, b"1")
    output = run(tool(call={"media_types": accepted}), {}, CONTEXT)
    assert output.failed is not fits
    assert service.requests[0][2]["accept"] == ", ".join(accepted)


def test_without_a_grant_no_private_address_is_reached(service, make_document):
    for url in (service.url, "http://127.0.0.1", "http://localhost", "http://[::1]"):
        ungranted = HttpTool(make_document({}, {"url": url, "arguments": {}}), Egress())
        with pytest.raises(ToolFailed) as caught:
            ungranted.call({}, CONTEXT)
        assert "授权" in caught.value.chinese
    assert service.requests == []


def test_a_service_that_hangs_ends_with_a_sentence_before_the_runner_gives_up(service, tool):
    release = threading.Event()
    service.answers["/pets"] = (200, None, release)
    made = tool()
    made.time_limit_s = 1.3
    output = quickly(lambda: run(made, {}, CONTEXT), 1.2, time.monotonic)
    release.set()
    assert output.failed
    assert "0.3 seconds" in output.text


def test_the_runner_checks_the_arguments_and_cuts_what_is_long(service, tool):
    made = tool("/", {"n": {"type": "integer"}}, {"arguments": {"n": {"place": "query"}}})
    assert "whole number" in run(made, {"n": "many"}, CONTEXT).text
    assert "no argument 'm'" in run(made, {"m": 1}, CONTEXT).text
    assert service.requests == []
    service.answers["/"] = (200, "text/plain", b"x" * 20_000)
    assert len(run(made, {"n": 1}, CONTEXT).text) < 8200


PATHS_INTO = [
    ("data.items[0].name", "咪", "咪"),
    ("data.items[*].id", "[1, 2]", [1, 2]),
    ("data.items[?id==`2`].name | [0]", "b", "b"),
    ("data.items[].{n: name}", '[{"n": "咪"}, {"n": "b"}]', [{"n": "咪"}, {"n": "b"}]),
    ("data.none", None, None),
    ("data.items[::0]", None, None),
    ("@", None, "all"),
]


@pytest.mark.parametrize(("path", "text", "data"), PATHS_INTO)
@pytest.mark.parametrize("kind", ["application/json", "text/plain", None])
def test_a_result_path_names_the_part_that_is_the_result(service, tool, path, text, data, kind):
    whole = {"data": {"items": [{"id": 1, "name": "咪"}, {"id": 2, "name": "b"}]}}
    service.answers["/pets"] = (200, kind, json.dumps(whole).encode())
    output = run(tool(call={"result_path": path}), {}, CONTEXT)
    if data == "all":
        assert output.data == whole
    elif data is None:
        assert output.failed
        assert f"nothing at '{path}'" in output.text
        assert "items" in output.text
    else:
        assert (output.text, output.data) == (text, data)


def test_a_result_path_needs_json(service, tool):
    service.answers["/pets"] = (200, "text/plain", b"hello")
    assert "is not" in run(tool(call={"result_path": "a"}), {}, CONTEXT).text


def test_a_fixed_body_is_filled_in(service, tool):
    body = {
        "model": "m-{size}",
        "input": {"messages": [{"role": "user", "content": "{text}"}, "{more}"], "n": "{n}", "gone": "{more}"},
        "note": "{not an argument}, {text}: {more}.",
        "on": True,
    }
    schemas = {name: {} for name in ("text", "size", "n", "more")}
    call = {"method": "POST", "body": body, "arguments": {name: {"place": "template"} for name in schemas}}
    tool("/", schemas, call, risk="writes").call({"text": '"}, {size}', "size": 7.0, "n": [1, {"a": None}]}, CONTEXT)
    assert json.loads(service.requests[0][3]) == {
        "model": "m-7",
        "input": {"messages": [{"role": "user", "content": '"}, {size}'}], "n": [1, {"a": None}]},
        "note": '{not an argument}, "}, {size}: .',
        "on": True,
    }


def test_forms_and_plain_text(service, tool):
    sent = {
        "a": {"place": "field", "name": "a[]"},
        "b": {"place": "field", "write": "deep"},
        "c": {"place": "field", "join": ","},
        "d": {"place": "field", "write": "json"},
    }
    given = {"a": ["猫", "x&y"], "b": {"k": 1, "l": {"m": None, "n": [2]}}, "c": [1, 2], "d": {"e": 1}}
    for body_type in ("form", "multipart"):
        call = {"method": "POST", "arguments": sent, "body_type": body_type}
        tool("/", {key: {} for key in sent}, call, risk="writes").call(given, CONTEXT)
    (_, _, headers, form), (_, _, parted, parts) = service.requests
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert form == "a%5B%5D=%E7%8C%AB&a%5B%5D=x%26y&b%5Bk%5D=1&b%5Bl%5D%5Bn%5D%5B%5D=2&c=1%2C2&d=%7B%22e%22%3A+1%7D"
    boundary = parted["content-type"].removeprefix("multipart/form-data; boundary=")
    assert parts.count(f"--{boundary}\r\n") == 6
    assert f'name="a[]"\r\n\r\n猫\r\n--{boundary}' in parts
    assert parts.endswith(f"--{boundary}--\r\n")
    for body_type, value, body in (("form", {"x": [1, 2]}, "x=1&x=2"), ("text", "你好", "你好")):
        call = {"method": "POST", "arguments": {"body": {"place": "body"}}, "body_type": body_type}
        tool("/", {"body": {}}, call, risk="writes").call({"body": value}, CONTEXT)
        assert service.requests[-1][3] == body
    assert service.requests[-1][2]["content-type"] == "text/plain; charset=utf-8"


def test_a_form_is_made_of_an_object(tool):
    call = {"method": "POST", "arguments": {"body": {"place": "body"}}, "body_type": "form"}
    with pytest.raises(ArgumentsInvalid, match="form"):
        tool("/", {"body": {}}, call, risk="writes").call({"body": "x"}, CONTEXT)


@pytest.mark.parametrize(
    ("sent", "value", "query"),
    [
        ({"write": "deep"}, {"a": 1, "b": {"c": ["x", "y"]}}, "q[a]=1&q[b][c][]=x&q[b][c][]=y"),
        ({"write": "fields"}, {"a": 1, "b": "z"}, "a=1&b=z"),
        ({"write": "json"}, ["a"], 'q=["a"]'),
        ({"write": "json"}, "a", 'q="a"'),
        ({"join": "\t"}, ["a", "b"], "q=a\tb"),
    ],
)
def test_objects_in_the_query(service, tool, sent, value, query):
    tool("/", {"q": {}}, {"arguments": {"q": {"place": "query", **sent}}, "query": {"v": "1 2"}}).call({"q": value}, CONTEXT)
    assert unquote(service.requests[0][1]) == f"/?v=1 2&{query}"


def test_a_picture_that_was_asked_for_is_shown(service, tool):
    service.answers["/pets"] = (200, "image/png; q=1", b"\x89PNG" * 10)
    output = tool(call={"media_types": ["image/png"]}).call({}, ToolContext(language="zh"))
    assert output.media == (Media(b"\x89PNG" * 10, "image/png", "宠物"),)
    assert "40 字节" in output.text
    service.answers["/pets"] = (200, "image/svg+xml", b"<svg onload=x>")
    with pytest.raises(ToolFailed):
        tool(call={"media_types": ["image/*"]}).call({}, CONTEXT)


@pytest.mark.parametrize(
    ("kind", "encoding"),
    [
        ("application/json;charset=GBK", "gbk"),
        ('application/json; charset="gb2312"', "gb2312"),
        ("text/plain; charset=GB18030", "gb18030"),
        ("application/json; charset=big5", "big5"),
        ("application/json; charset=utf-8", "utf-8-sig"),
        ("application/json; charset=idna", "utf-8"),
    ],
)
def test_an_answer_is_read_as_it_says_it_is_written(service, tool, kind, encoding):
    service.answers["/"] = 200, kind, json.dumps({"city": "北京"}, ensure_ascii=False).encode(encoding)
    assert json.loads(tool("/", {}).call({}, CONTEXT).text) == {"city": "北京"}
    service.answers["/"] = 400, kind, "北京不在".encode(encoding)
    with pytest.raises(ToolFailed, match="北京不在"):
        tool("/", {}).call({}, CONTEXT)
