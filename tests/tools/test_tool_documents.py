"""Tool documents: what they may say, what they may not hold, and how an import is kept."""

import pytest
from pydantic import ValidationError

from common.errors import DocumentInvalid, EditConflict
from common.problems import sentences
from tools.calls import origin_of, url_problem
from tools.documents import ToolDocument, numbered

BODY = {"a": {"type": "string"}}


def problems(make):
    with pytest.raises(ValidationError) as caught:
        make()
    return sentences(caught.value.errors())


def test_a_document_goes_out_as_yaml_and_comes_back(store, make_document):
    document = make_document(call={"headers": {"X-Version": "2"}, "media_types": ["application/json"]})
    kept = store.save("maker", document, 0)
    assert (kept.revision, kept.document) == (1, document)
    text = store.export_yaml("maker", "pets")
    assert "宠物" in text
    assert store.read_yaml(text) == document
    with pytest.raises(EditConflict):
        store.save("maker", document, 0)
    assert store.list("visitor") == []


@pytest.mark.parametrize("field", ["secret", "granted_hosts", "module", "trusted", "token"])
def test_a_document_has_no_field_for_trust_code_or_secrets(make_document, field):
    assert field in problems(lambda: make_document(**{field: "x"}))
    assert f"call.{field}" in problems(lambda: make_document(call={field: "x"}))


@pytest.mark.parametrize("name", ["", "1st", "a b", "a-b", "查询", "a" * 65, "a\n"])
def test_the_name_a_model_sees_is_plain(make_document, name):
    assert "name" in problems(lambda: make_document(name=name))


@pytest.mark.parametrize("title", [{"en": "a\nb"}, {"en": "a\u202eb"}, {"en": " ", "zh": ""}, {"en": "a" * 201}])
def test_a_title_is_one_visible_line(make_document, title):
    assert any(field.startswith("title") for field in problems(lambda: make_document(title=title)))


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://a.example/",
        "//a.example/",
        "/pets",
        "https://",
        "https://user:pass@a.example/",
        "https://user@a.example/",
        "https://{host}/",
        "https://a.{domain}/x",
        "https://a.example:{port}/",
        "{scheme}://a.example/",
        "https://a.example/?q=1",
        "https://a.example/#x",
        "https://a.example\\@b.example/",
        "https://a.example/a b",
        "https://a.example/a\r\nHost: b",
        "https://a.example/\x00",
        "https://a.example/../x",
        "https://a.example/%2e%2E/x",
        "https://a.example/a/./b",
        "https://a.example/{a",
        "https://a.example/a}",
        "https://a.example/{}",
        "https://a.example/{a-b}",
        "https://a.example/{{a}}",
        "https://a.example:0/",
        "https://a.example:70000/",
    ],
)
def test_an_address_is_a_fixed_host_and_a_plain_path(make_document, url):
    english, chinese = url_problem(url)
    assert english
    assert chinese
    assert "call.url" in problems(lambda: make_document({}, {"url": url}))


@pytest.mark.parametrize(
    "url",
    ["https://a.example", "http://127.0.0.1:8080/x", "https://例子.中国/查询", "http://[::1]/", "https://a.example/%20/a.b"],
)
def test_addresses_that_may_be_written(make_document, url):
    assert make_document({}, {"url": url}).call.url == url


def test_the_origin_is_scheme_host_and_port():
    assert origin_of("https://A.example/x") == origin_of("https://a.example.:443/y") == ("https", "a.example", 443)
    assert origin_of("http://a.example") != origin_of("https://a.example")


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "cookie",
        "X-API-Key",
        "x-auth-token",
        "Proxy-Authorization",
        "Client-Secret",
        "Host",
        "a b",
        "Content-Length",
        "",
    ],
)
def test_a_fixed_header_holds_no_key_and_frames_nothing(make_document, name):
    assert "call.headers" in problems(lambda: make_document(call={"headers": {name: "x"}}))
    sent = {"a": {"place": "header", "name": name or "a b"}}
    assert "call" in problems(lambda: make_document(BODY, {"url": "https://a.example/", "arguments": sent}))


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\x00", "年", "a" * 5000])
def test_a_fixed_header_is_one_plain_line(make_document, value):
    assert "call.headers" in problems(lambda: make_document(call={"headers": {"X-Note": value}}))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ({"url": "https://a.example/"}, "into the path"),
        ({"url": "https://a.example/{b}"}, "into the path"),
        ({"url": "https://a.example/", "arguments": {"a": {"place": "field"}}}, "sends no body"),
        ({"url": "https://a.example/", "arguments": {"a": {"place": "body"}}}, "sends no body"),
    ],
)
def test_arguments_and_places_fit(make_document, call, told):
    [(english, chinese)] = problems(lambda: make_document(BODY, call)).values()
    assert told in english
    assert chinese


def test_the_body_is_one_argument_or_fields(make_document):
    sent = {"a": {"place": "body"}, "b": {"place": "field"}}
    call = {"method": "POST", "url": "https://a.example/", "arguments": sent}
    [(english, _)] = problems(lambda: make_document({**BODY, "b": {}}, call, risk="writes")).values()
    assert "whole body" in english


def test_each_argument_has_a_schema_and_a_place(make_document):
    call = {"url": "https://a.example/", "arguments": {"b": {"place": "query"}}}
    [(english, chinese)] = problems(lambda: make_document(BODY, call)).values()
    assert "a, b" in english
    assert "a, b" in chinese


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_may_change_things_cannot_call_itself_reading(make_document, method):
    [(english, _)] = problems(lambda: make_document(call={"method": method})).values()
    assert method in english
    assert make_document(call={"method": method}, risk="spends").risk == "spends"


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "CONNECT", "get", "GET\r\n"])
def test_other_methods_are_not_there(make_document, method):
    assert "call.method" in problems(lambda: make_document(call={"method": method}))


@pytest.mark.parametrize("name", ["a-b", "a b", "1", "", "a" * 65])
def test_an_argument_is_named_plainly(make_document, name):
    call = {"url": "https://a.example/", "arguments": {name: {"place": "query", "name": name}}}
    assert "parameters" in problems(lambda: make_document({name: {}}, call))


def test_an_import_is_kept_once_and_changed_in_place(store, make_document):
    first = make_document()
    assert [kept.revision for kept in store.keep_imported("maker", [first], {})] == [1]
    assert [kept.revision for kept in store.keep_imported("maker", [first], {})] == [1]
    changed = make_document(description={"en": "Finds pets.", "zh": ""}, call={"url": "https://api.example/v2/{id}"})
    [kept] = store.keep_imported("maker", [changed], {})
    assert (kept.document.id, kept.revision) == ("pets", 2)
    assert len(store.list("maker")) == 1


def test_an_import_never_replaces_a_tool_of_another_server(store, make_document):
    store.keep_imported("maker", [make_document()], {})
    other = make_document(call={"url": "https://evil.example/{id}"})
    for _ in range(2):
        [kept] = store.keep_imported("maker", [other], {})
        assert (kept.document.id, kept.document.name, kept.revision) == ("pets-2", "pets_2", 1)
    assert store.get("maker", "pets").document == make_document()


def test_an_import_takes_no_id_or_name_that_is_reserved(store, make_document):
    reserved = {"pets": "animals", "zoo": "pets"}
    for _ in range(2):
        [kept] = store.keep_imported("maker", [make_document()], reserved)
        assert (kept.document.id, kept.document.name) == ("pets-2", "pets_2")


def test_what_cannot_be_kept_is_said(store, make_document):
    with pytest.raises(DocumentInvalid, match="bytes"):
        store.save("maker", make_document({f"a{i}": {"description": "年" * 400} for i in range(64)}), 0)


def test_numbers_stay_within_the_limit():
    names = numbered("a" * 70, "_")
    assert [next(names) for _ in range(2)] == ["a" * 64, "a" * 62 + "_2"]


def test_rows_of_the_first_version_are_read_and_kept_as_today(store, make_document):
    old = make_document().model_dump(mode="json")
    old["version"] = 1
    old["call"] = {key: old["call"][key] for key in ("kind", "method", "url", "arguments", "headers", "media_types")}
    del old["source"]
    assert store.parse(old) == make_document()
    assert store.parse(old).version == 2
    with pytest.raises(DocumentInvalid, match="newer Hearth"):
        store.parse({**old, "version": 3, "more": 1})


def test_the_kinds_of_calls_are_told_apart(make_document):
    call = {"kind": "model", "task": "translation", "model": "hf:Helsinki-NLP/opus-mt-zh-en"}
    fields = make_document().model_dump() | {"call": call}
    document = ToolDocument.model_validate(fields)
    assert (document.kind, document.call.task) == ("model", "translation")
    assert ToolDocument.model_validate(document.model_dump(mode="json")) == document
    source = {"form": "openapi", "api": "Pets", "operation": "GET /pets"}
    assert (make_document().kind, make_document(source=source).kind) == ("http", "openapi")
    for change, field in (({"task": "A b"}, "call.task"), ({"url": "x"}, "call.url"), ({"kind": ["x"]}, "call")):
        assert list(problems(lambda change=change: ToolDocument.model_validate(fields | {"call": call | change}))) == [field]
    for odd in ("x", None, {"kind": "python", "import": "os"}):
        assert "call" in problems(lambda odd=odd: ToolDocument.model_validate(fields | {"call": odd}))


@pytest.mark.parametrize(
    ("call", "field", "told"),
    [
        ({"result_path": "a[", "method": "GET"}, "call.result_path", "no path"),
        ({"result_path": "to_string(@)"}, "call.result_path", "no functions"),
        ({"result_path": "[@,@]|[@,@]|[@,@]"}, "call.result_path", "one choice"),
        ({"result_path": "[" + ",".join(["@"] * 30) + "]"}, "call.result_path", "20 parts"),
        ({"result_path": "(" * 150}, "call.result_path", "no path"),
        ({"query": {"api_key": "x"}}, "call.query", "is for a key"),
        ({"query": {"": "x"}}, "call.query", "1 to 200"),
        ({"body": {"a": 1}}, "call", "sends no body"),
        ({"method": "POST", "body": {"a": "{id} {other}"}}, "call", "fixed body"),
        ({"method": "POST", "body": {"a": 1}, "body_type": "form"}, "call", "is JSON"),
        ({"method": "POST", "body": "x"}, "call.body", "object or a list"),
        ({"method": "POST", "body": [float("nan")]}, "call.body", "no JSON"),
    ],
)
def test_what_a_call_may_not_say(make_document, call, field, told):
    found = problems(lambda: make_document(call=call, risk="writes"))
    assert told in found[field][0]
    assert found[field][1]


def test_a_fixed_body_is_not_nested_without_end(make_document):
    deep = "x"
    for _ in range(40):
        deep = [deep]
    assert "levels deep" in problems(lambda: make_document(call={"method": "POST", "body": deep}))["call.body"][0]
