"""AgentFabric's files: what becomes a tool, where its keys go, and what is left out with why."""

import json

import pytest

from common.errors import DocumentInvalid
from tools.imported import LeftOut, Taken
from tools.importing import read_tools
from tools.requests import request_of

KEY = "sk-0123canary"
PLUGIN = {
    "schema": {
        "openapi": "3.1.0",
        "info": {"title": "WordArt API"},
        "servers": [{"url": "https://dash.example"}],
        "paths": {
            "/art": {
                "post": {
                    "operationId": "makeArt",
                    "summary": "Make word art",
                    "requestBody": {"content": {"application/json": {"schema": {"properties": {"text": {"type": "string"}}}}}},
                    "security": [{"BearerAuth": []}],
                }
            },
            "/tasks/{id}": {"get": {"summary": "Look at a task", "servers": [{"url": "https://tasks.example"}]}},
            "/file": {"put": {"requestBody": {"content": {"application/pdf": {}}}}},
        },
    },
    "auth": {"type": "API Key", "apikey": KEY, "apikey_type": "Bearer"},
    "privacy_policy": "https://dash.example/privacy",
}
TOOLS = {
    "image_gen": {"name": "Wanx Image Generation", "is_active": True, "use": True, "is_remote_tool": True},
    "renew_instance": {
        "name": "实例续费",
        "description": "续费一台云服务器实例。",
        "is_active": True,
        "use": False,
        "is_remote_tool": True,
        "url": "https://ecs.example/v1/{region-id}/renew",
        "method": "post",
        "parameters": [
            {"name": "region-id", "description": "地域", "in": "path", "required": True, "type": "str"},
            {"name": "instance_id", "description": "实例编号", "in": "body", "required": True, "type": "string"},
            {"name": "period", "required": False, "type": "int", "enum": [1, 3, 6], "default": 1},
            {"name": "X-Trace", "in": "header", "required": False, "type": "string"},
        ],
        "header": {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}", "X-Async": "enable"},
        "max_output": 5,
    },
    "wordart": {
        "url": "https://dash.example/wordart",
        "method": "POST",
        "parameters": [
            {"name": "model", "type": "string", "enum": ["wordart"]},
            {"name": "input.text", "type": "string"},
            {"name": "input.prompt", "type": "string", "required": False},
        ],
        "header": {"X-API-Key": "${WORDART_KEY}"},
    },
    "weather": {
        "name": "Weather",
        "url": f"https://amap.example/weather?key={KEY}&output=JSON",
        "method": "GET",
        "parameters": [{"name": "city", "type": "string"}, {"name": "api_key", "in": "query", "default": KEY}],
        "token": KEY,
    },
    "form": {
        "url": "https://f.example/x",
        "method": "POST",
        "parameters": [{"name": "a.b", "type": "string", "in": "path"}, {"name": "c"}],
        "header": {"content-type": "application/x-www-form-urlencoded"},
    },
    "user": {"url": f"https://me:{KEY}@u.example/", "method": "GET"},
    "odd_method": {"url": "https://f.example/x", "method": "CONNECT"},
    "clash": {"url": "https://f.example/x", "method": "POST", "parameters": [{"name": "a.b"}, {"name": "a"}]},
    "nameless": {"url": "https://f.example/x", "method": "POST", "parameters": [{}]},
    "file": {"url": "file:///etc/passwd", "method": "GET"},
}


def by_name(found):
    return {operation.operation: operation for operation in found.operations}


def test_a_plugin_is_its_description_with_its_key_as_a_secret():
    found = read_tools(json.dumps(PLUGIN))
    art, task, file = found.operations
    assert isinstance(file, LeftOut)
    for operation in (art, task):
        [secret] = operation.document.call.secrets
        assert (secret.name, secret.place, secret.field, secret.prefix) == (
            "wordart-api.apikey",
            "header",
            "Authorization",
            "Bearer ",
        )
    [key] = found.keys
    assert (key.name, key.origins, key.value) == (
        "wordart-api.apikey",
        ("https://dash.example:443", "https://tasks.example:443"),
        KEY,
    )
    assert KEY not in repr(found)
    assert "https://dash.example/privacy" in found.notes[0][0]


@pytest.mark.parametrize(
    ("auth", "secrets", "keys"),
    [
        ({"type": "None"}, ["wordart-api.BearerAuth"], 0),
        (None, ["wordart-api.BearerAuth"], 0),
        ({"type": "API Key", "apikey": "", "apikey_type": "Bearer"}, ["wordart-api.apikey"], 0),
        ({"type": "api_key", "apikey": "u:p", "apikey_type": "Basic"}, ["wordart-api.apikey"], 1),
    ],
)
def test_what_a_plugin_says_of_its_key(auth, secrets, keys):
    text = json.dumps({**PLUGIN, "auth": auth, "schema": json.dumps(PLUGIN["schema"])})
    found = read_tools(text)
    assert [secret.name for secret in found.documents[0].call.secrets] == secrets
    assert len(found.keys) == keys


@pytest.mark.parametrize("schema", ["", "x", "{", {}, {"openapi": "9"}])
def test_a_plugin_without_a_description(schema):
    with pytest.raises(DocumentInvalid):
        read_tools(json.dumps({**PLUGIN, "schema": schema}))


@pytest.fixture(scope="module")
def found():
    return read_tools(json.dumps(TOOLS))


def test_what_is_left_out_of_a_tool_config_and_why(found):
    left = {name: each.reason[0] for name, each in by_name(found).items() if isinstance(each, LeftOut)}
    assert {name: told for name, told in left.items() if KEY in told} == {}
    assert "inside AgentFabric" in left.pop("image_gen")
    assert "user name" in left.pop("user")
    assert "no method" in left.pop("odd_method")
    assert "share the place 'a'" in left.pop("clash")
    assert "no name" in left.pop("nameless")
    assert "call.url" in left.pop("file")
    assert set(left) == {"form"}
    assert [note[0] for note in found.notes] == ["renew_instance: not taken over are max_output."]


def test_a_tool_with_an_address(found):
    document = by_name(found)["renew_instance"].document
    assert (document.id, document.name, document.title.zh, document.risk, document.kind) == (
        "renew-instance",
        "renew_instance",
        "实例续费",
        "writes",
        "http",
    )
    assert document.parameters == {
        "type": "object",
        "properties": {
            "region_id": {"type": "string", "description": "地域"},
            "instance_id": {"type": "string", "description": "实例编号"},
            "period": {"type": "integer", "enum": [1, 3, 6], "default": 1},
            "X_Trace": {"type": "string"},
        },
        "required": ["region_id", "instance_id"],
        "additionalProperties": False,
    }
    request = request_of(document.call, {"region_id": "cn", "instance_id": "i-1", "period": 3, "X_Trace": "t"})
    assert (request.url, json.loads(request.body)) == ("https://ecs.example/v1/cn/renew", {"instance_id": "i-1", "period": 3})
    assert (request.headers["x-trace"], request.headers["x-async"]) == ("t", "enable")


def test_names_with_points_are_nested_in_the_body(found):
    document = by_name(found)["wordart"].document
    assert list(document.parameters["properties"]) == ["model", "input_text", "input_prompt"]
    body = request_of(document.call, {"model": "wordart", "input_text": "福"}).body
    assert json.loads(body) == {"model": "wordart", "input": {"text": "福"}}


def test_keys_leave_the_documents_and_are_offered(found):
    taken = [each for each in found.operations if isinstance(each, Taken)]
    assert all(KEY not in each.document.model_dump_json() for each in taken)
    assert [(key.name, key.origins, key.value) for key in found.keys] == [
        ("renew-instance.Authorization", ("https://ecs.example:443",), KEY),
        ("weather.key", ("https://amap.example:443",), KEY),
        ("weather.Authorization", ("https://amap.example:443",), KEY),
        ("weather.api_key", ("https://amap.example:443",), KEY),
    ]
    weather = by_name(found)["weather"].document
    assert weather.call.query == {"output": "JSON"}
    values = {secret.name: "v" for secret in weather.call.secrets}
    assert (
        request_of(weather.call, {"city": "x"}, values).url == "https://amap.example/weather?output=JSON&key=v&api_key=v&city=x"
    )
    [left_open] = by_name(found)["wordart"].document.call.secrets
    assert (left_open.name, left_open.prefix) == ("wordart.X-API-Key", "")


def test_a_form_and_many():
    entry = {**TOOLS["form"], "parameters": [{"name": "c"}, {"name": "d", "type": "list"}]}
    [taken] = read_tools(json.dumps({"form": entry})).documents
    assert request_of(taken.call, {"c": "猫", "d": [1, 2]}).body == b"c=%E7%8C%AB&d=1&d=2"
    with pytest.raises(DocumentInvalid, match="10,001 tools"):
        read_tools(json.dumps({f"t{n}": entry for n in range(10_001)}))
    twins = read_tools(json.dumps({"a_b": entry, "a-b": entry, "天气": entry, "查询": entry})).documents
    assert [(each.id, each.name) for each in twins] == [("a-b", "a_b"), ("a-b-2", "a_b_2"), ("api", "tool"), ("api-2", "tool_2")]


JUNK = [
    None,
    1,
    "x",
    [],
    [1],
    {},
    {"a": {}},
    "https://[",
    "\ud800",
    "x" * 5000,
    [{"name": "a", "type": {}}],
    [{"name": "x" * 300}],
]


@pytest.mark.parametrize("junk", JUNK, ids=range(len(JUNK)))
@pytest.mark.parametrize("field", [*TOOLS["renew_instance"], "token"])
def test_rubbish_in_a_field_gives_a_tool_or_a_sentence(field, junk):
    [operation] = read_tools(json.dumps({"t": {**TOOLS["renew_instance"], field: junk}})).operations
    if isinstance(operation, LeftOut):
        assert all(operation.reason)
    else:
        operation.document.model_dump_json()


def test_tools_of_one_title_have_keys_of_their_own():
    tools = {label: {"url": f"https://{n}.example/", "method": "GET", "token": f"{KEY}-{n}"} for n, label in enumerate("天地")}
    found = read_tools(json.dumps(tools))
    sent = {(secret.name, document.call.url) for document in found.documents for secret in document.call.secrets}
    assert {(key.name, key.origins[0].removesuffix(":443") + "/") for key in found.keys} == sent
    assert len({key.name for key in found.keys}) == 2


def test_what_is_too_long_for_a_key_is_none():
    tool = {"url": "https://a.example/", "method": "GET", "token": "k" * 5000}
    assert read_tools(json.dumps({"tool": tool})).keys == []
    assert read_tools(json.dumps({**PLUGIN, "auth": {**PLUGIN["auth"], "apikey": "k" * 5000}})).keys == []
