"""Descriptions in the manner of the large ones that are published: each operation makes the request that it describes."""

import json
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from tools.imported import Taken
from tools.importing import read_tools
from tools.requests import request_of


def of(text):
    """The tools of a description by operation, and why the others are left out."""
    found = read_tools(text if isinstance(text, str) else json.dumps(text, ensure_ascii=False)).operations
    taken = {each.operation: each.document for each in found if isinstance(each, Taken)}
    return taken, {each.operation: each.reason[0] for each in found if not isinstance(each, Taken)}


def described(paths, **more):
    return {"openapi": "3.0.3", "info": {"title": "T"}, "servers": [{"url": "https://api.example"}], "paths": paths, **more}


def sent(document, arguments, secrets=None):
    request = request_of(document.call, arguments, secrets)
    return unquote(request.url), None if request.body is None else unquote(request.body.decode())


def test_a_payment_service_gets_forms_that_are_nested_in_brackets():
    items = {"type": "array", "items": {"type": "object", "properties": {"price": {"type": "string"}}}}
    metadata = {"anyOf": [{"type": "object", "additionalProperties": {"type": "string"}}, {"type": "string", "enum": [""]}]}
    schema = {
        "type": "object",
        "properties": {"items": items, "metadata": metadata, "expand": {"type": "array", "items": {"type": "string"}}},
    }
    deep = {"explode": True, "style": "deepObject"}
    content = {"application/x-www-form-urlencoded": {"schema": schema, "encoding": dict.fromkeys(schema["properties"], deep)}}
    taken, left = of(described({"/v1/subscriptions": {"post": {"requestBody": {"content": content}}}}))
    assert not left
    given = {"items": [{"price": "p1"}, {"price": "p2"}], "metadata": {"a": "b"}, "expand": ["customer", "invoice"]}
    _, body = sent(taken["POST /v1/subscriptions"], given)
    assert parse_qsl(body) == [
        ("items[0][price]", "p1"), ("items[1][price]", "p2"), ("metadata[a]", "b"),
        ("expand[]", "customer"), ("expand[]", "invoice"),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_an_object_in_a_form_is_json_unless_it_is_said_how_it_is_spread(kind):
    schema = {"type": "object", "properties": {"address": {"properties": {"city": {"type": "string"}}}}}
    taken, _ = of(described({"/x": {"post": {"requestBody": {"content": {kind: {"schema": schema}}}}}}))
    assert '{"city":' in sent(taken["POST /x"], {"address": {"city": "x"}})[1].replace("+", " ")


def test_an_object_in_the_query_needs_no_type_to_be_one():
    parameter = {"name": "filter", "in": "query", "schema": {"properties": {"color": {"type": "string"}}}}
    taken, _ = of(described({"/x": {"get": {"parameters": [parameter]}}}))
    assert sent(taken["GET /x"], {"filter": {"color": "red"}})[0] == "https://api.example/x?color=red"


def test_a_parameter_with_plain_content_is_plain():
    parameter = {"name": "q", "in": "query", "content": {"text/plain": {"schema": {"type": "string"}}}}
    taken, _ = of(described({"/x": {"get": {"parameters": [parameter]}}}))
    assert sent(taken["GET /x"], {"q": "a"})[0] == "https://api.example/x?q=a"


def test_an_office_suite_writes_dollars_and_parentheses():
    path = "/me/drive/items/{driveItem-id}/workbook/range(address='{address}')"
    select = {"name": "$select", "in": "query", "explode": False, "schema": {"type": "array", "items": {"type": "string"}}}
    taken, left = of(described({path: {"get": {"parameters": [{"name": "$filter", "in": "query"}, select]}}}))
    assert not left
    url, _ = sent(taken[f"GET {path}"], {"driveItem_id": "7", "address": "A1:B2", "filter": "a eq 'b'", "select": ["x", "y"]})
    assert url == "https://api.example/me/drive/items/7/workbook/range(address='A1:B2')?$filter=a eq 'b'&$select=x,y"


def test_operations_that_stand_behind_a_path_are_told_apart():
    action = {"name": "Action", "in": "query", "required": True, "schema": {"type": "string", "enum": ["Renew"]}}
    taken, left = of(
        described(
            {
                "/?Action=DescribeInstances&Version=2014-05-26": {"get": {"parameters": [{"name": "RegionId", "in": "query"}]}},
                "/#Action=Renew": {"get": {"parameters": [action]}},
                "/?Action={action}": {"get": {}},
                "/?Action=a&Action=b": {"get": {}},
            }
        )
    )
    listing = taken["GET /?Action=DescribeInstances&Version=2014-05-26"]
    url = "https://api.example/?Action=DescribeInstances&Version=2014-05-26&RegionId=cn"
    assert sent(listing, {"RegionId": "cn"})[0] == url
    assert sent(taken["GET /#Action=Renew"], {"Action": "Renew"})[0] == "https://api.example/?Action=Renew"
    assert set(left) == {"GET /?Action={action}", "GET /?Action=a&Action=b"}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("key", "用户在高德地图官网申请 Web 服务 API 类型 Key"),
        ("key", "用户认证key"),
        ("appid", "Your unique API key"),
        ("ak", "密钥"),
    ],
)
def test_a_map_or_weather_service_has_a_key_that_no_model_chooses(name, told):
    parameters = [{"name": name, "in": "query", "required": True, "description": told}, {"name": "city", "in": "query"}]
    taken, _ = of(described({"/v3/weather": {"get": {"summary": "天气查询", "parameters": parameters}}}))
    document = taken["GET /v3/weather"]
    assert list(document.parameters["properties"]) == ["city"]
    [secret] = document.call.secrets
    assert sent(document, {"city": "北京"}, {secret.name: "k"})[0].endswith(f"?{name}=k&city=北京")


def test_a_key_of_another_kind_is_an_argument():
    parameters = [{"name": "key", "in": "query", "description": "Key of the object in its bucket."}]
    assert list(of(described({"/x": {"get": {"parameters": parameters}}}))[0]["GET /x"].parameters["properties"]) == ["key"]


def test_a_file_of_3_1_is_a_file():
    upload = {"type": "object", "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}}}
    body = {"required": True, "content": {"multipart/form-data": {"schema": upload}}}
    taken, left = of({**described({"/x": {"post": {"requestBody": body}}}), "openapi": "3.1.0"})
    assert not taken
    assert "takes a file" in left["POST /x"]


@pytest.mark.parametrize(
    ("server", "url"),
    [
        ({"url": "//api.example/v2"}, "https://api.example/v2/x"),
        ({"url": "https://api.example{base}", "variables": {"base": {"default": ""}}}, "https://api.example/x"),
        ({"url": "https://api.example:{port}", "variables": {"port": {"default": 443}}}, "https://api.example:443/x"),
    ],
)
def test_servers_are_completed(server, url):
    taken, left = of({**described({"/x": {"get": {}}}), "servers": [server]})
    assert not left
    assert taken["GET /x"].call.url == url


@pytest.mark.parametrize(("base", "path"), [("v1", "/v1/x"), ("v1/", "/v1/x"), ("/v1/", "/v1/x"), ("/", "/x"), ("", "/x")])
def test_a_base_path_without_its_slash_is_no_part_of_the_host(base, path):
    older = {"swagger": "2.0", "info": {"title": "T"}, "host": "api.example", "basePath": base, "paths": {"/x": {"get": {}}}}
    taken, _ = of(older)
    split = urlsplit(taken["GET /x"].call.url)
    assert (split.netloc, split.path) == ("api.example", path)


YAML = """\ufeffopenapi: 3.0.3
info: {title: T, version: 2026-01-01}
servers: [{url: "https://api.example"}]
paths:
  /x:
    get:
      parameters:
        - {name: country, in: query, schema: {type: string, enum: [NO, SE, on]}}
        - {name: api-version, in: query, schema: {type: string, enum: [2024-05-01], default: 2024-05-01}}
      responses: {200: {description: ok}}
    post:
      requestBody:
        content:
          application/json:
            schema: {type: object, properties: {on: {type: boolean}, no: {type: string}, y: {type: integer}}}
"""


@pytest.mark.parametrize("text", [YAML, YAML.replace("\n", "\r\n")])
def test_yaml_says_what_it_looks_like(text):
    taken, left = of(text)
    assert not left
    properties = taken["GET /x"].parameters["properties"]
    assert properties["country"]["enum"] == ["NO", "SE", "on"]
    assert properties["api_version"]["enum"] == ["2024-05-01"]
    assert json.loads(sent(taken["POST /x"], {"on": True, "no": "a", "y": 1})[1]) == {"on": True, "no": "a", "y": 1}
