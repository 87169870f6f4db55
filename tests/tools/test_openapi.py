"""OpenAPI descriptions: what becomes of each operation, and why the others are left out."""

import json
from urllib.parse import unquote

import pytest
import yaml
from jsonschema import Draft202012Validator

from common.errors import DocumentInvalid
from tools.calls import host_of
from tools.grants import grant_needed
from tools.imported import LeftOut, Taken
from tools.openapi import read_openapi
from tools.requests import request_of


def only(text, server=None):
    """The one operation of a description."""
    [operation] = read_openapi(text, server).operations
    return operation


def taken(text, server=None):
    operation = only(text, server)
    assert isinstance(operation, Taken), operation
    Draft202012Validator.check_schema(operation.document.parameters)
    return operation.document


def reason(text, server=None):
    operation = only(text, server)
    assert isinstance(operation, LeftOut), operation
    english, chinese = operation.reason
    assert english != chinese
    assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)
    return english


def body(schema, required=True, kind="application/json"):
    return {"requestBody": {"required": required, "content": {kind: {"schema": schema}}}}


PETS = {
    "/pets/{pet-id}": {
        "parameters": [
            {"name": "pet-id", "in": "path", "required": True, "description": "Which pet.", "schema": {"type": "integer"}},
            {"name": "lang", "in": "query", "schema": {"type": "string"}},
        ],
        "get": {
            "operationId": "getPetById",
            "summary": "Find a pet",
            "description": "Returns one pet.\nOr none.",
            "parameters": [
                {"$ref": "#/components/parameters/Fields"},
                {
                    "name": "lang",
                    "in": "query",
                    "required": True,
                    "schema": {"type": "string", "enum": ["en", "zh"], "default": "en"},
                },
                {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
                {"name": "Accept", "in": "header", "required": True, "schema": {"type": "string"}},
                {"name": "session", "in": "cookie", "schema": {"type": "string"}},
            ],
            "responses": {"200": {"$ref": "#/components/responses/Pet"}, "404": {"content": {"image/png": {}}}},
        },
        "put": {
            "operationId": "get pet/by?id",
            "requestBody": {"$ref": "#/components/requestBodies/Pet"},
            "responses": {204: {"description": "Done"}},
        },
        "options": {},
        "x-internal": {"note": 1},
    },
    "x-later": {"get": {}},
}
COMPONENTS = {
    "parameters": {
        "Fields": {"name": "fields", "in": "query", "explode": False, "schema": {"type": "array", "items": {"type": "string"}}}
    },
    "responses": {"Pet": {"content": {"application/json; charset=utf-8": {}, "image/png": {}}}},
    "requestBodies": {
        "Pet": {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}
    },
    "schemas": {
        "Pet": {
            "type": "object",
            "required": ["name", "id"],
            "properties": {
                "id": {"type": "integer", "readOnly": True},
                "name": {"type": "string", "minLength": 1, "pattern": "^(a+)+$"},
                "pet_id": {"type": "string", "nullable": True},
                "owner": {"$ref": "#/components/schemas/Owner", "description": "Whose it is."},
            },
        },
        "Owner": {"type": "object", "properties": {"name": {"type": "string", "example": "Li"}}, "xml": {"name": "o"}},
    },
}


@pytest.mark.parametrize(
    "write",
    [
        json.dumps,
        lambda data: yaml.safe_dump(data, allow_unicode=True, sort_keys=False),
        lambda data: "\ufeff" + json.dumps(data, indent=2),
    ],
)
def test_a_whole_description(described, write):
    text = write(json.loads(described(PETS, components=COMPONENTS)))
    found = read_openapi(text)
    assert [operation.operation.split()[0] for operation in found.operations] == ["GET", "PUT", "OPTIONS"]
    assert found.operations[0].operation == "GET /pets/{pet-id}"
    get, put = found.documents
    assert (get.id, get.name, get.risk, get.title.en, get.title.zh) == (
        "pets-get-pet-by-id",
        "getPetById",
        "reads",
        "Find a pet",
        "Find a pet",
    )
    assert get.description.en == get.description.zh == "Find a pet. Returns one pet.\nOr none."
    assert get.parameters == {
        "type": "object",
        "properties": {
            "pet_id": {"type": "integer", "description": "Which pet."},
            "lang": {"type": "string", "enum": ["en", "zh"], "default": "en"},
            "fields": {"type": "array", "items": {"type": "string"}},
            "X_Trace": {"type": "string"},
        },
        "required": ["pet_id", "lang"],
        "additionalProperties": False,
    }
    assert get.call.media_types == ("application/json",)
    sent = request_of(get.call, {"pet_id": 7, "lang": "en", "fields": ["a", "b"], "X_Trace": "t"})
    assert sent.url == "https://api.example/v1/pets/7?lang=en&fields=a%2Cb"
    assert sent.headers["x-trace"] == "t"

    assert (put.id, put.name, put.risk, put.title.en) == ("pets-get-pet-by-id-2", "get_pet_by_id", "writes", "Get pet by id")
    assert put.description.en == "Get pet by id (PUT /pets/{pet-id}, Pets)"
    assert put.parameters["required"] == ["pet_id", "name"]
    assert put.parameters["properties"]["name"] == {"type": "string", "minLength": 1}
    assert put.parameters["properties"]["field_pet_id"] == {"type": ["string", "null"]}
    assert put.parameters["properties"]["owner"] == {
        "type": "object",
        "properties": {"name": {"type": "string"}},
        "description": "Whose it is.",
    }
    sent = request_of(put.call, {"pet_id": 7, "name": "a", "field_pet_id": "b"})
    assert (sent.url, json.loads(sent.body)) == ("https://api.example/v1/pets/7", {"name": "a", "pet_id": "b"})


def test_names_and_ids_are_unique_and_plain(described):
    ids = ["search", "search", "search_2", "Search", "查询", "1st", "a" * 90, "a" * 90, "", None, "getHTTPStatus2"]
    paths = {f"/p{number}": {"get": {"operationId": id} if id is not None else {}} for number, id in enumerate(ids)}
    documents = read_openapi(described(paths)).documents
    names = [document.name for document in documents]
    assert names == [
        "search", "search_2", "search_2_2", "Search", "get_p4", "_1st",
        "a" * 64, "a" * 62 + "_2", "get_p8", "get_p9", "getHTTPStatus2",
    ]  # fmt: skip
    assert len({document.id for document in documents}) == len(ids)
    assert documents[-1].id == "pets-get-http-status2"
    assert [document.id for document in read_openapi(described(paths)).documents] == [document.id for document in documents]


@pytest.mark.parametrize(
    ("title", "id"),
    [("Améthyste API", "amethyste-api-ping"), ("天气", "api-ping"), (None, "api-ping"), ("a" * 80, "a" * 24 + "-ping")],
)
def test_an_id_begins_with_the_api(described, title, id):
    assert taken(described({"/": {"get": {"operationId": "ping"}}}, info={"title": title})).id == id


@pytest.mark.parametrize(
    ("operation", "title", "told"),
    [
        ({"summary": "S", "description": "D"}, "S", "S. D"),
        ({"summary": "S."}, "S.", "S."),
        ({"description": "D"}, "Get x", "D"),
        ({"summary": "Find it", "description": "Find it, quickly."}, "Find it", "Find it, quickly."),
        ({}, "Get x", "Get x (GET /x, Pets)"),
        ({"summary": "查询\u202e天气\x1b[31m"}, "查询 天气 [31m", "查询 天气 [31m"),
        ({"description": "long " * 1000}, "Get x", "long " * 299 + "long…"),
        ({"summary": 5, "description": ["x"]}, "Get x", "Get x (GET /x, Pets)"),
    ],
)
def test_each_operation_has_a_description_of_its_own(described, operation, title, told):
    document = taken(described({"/x": {"get": operation}}, info={"title": "Pets", "description": "All about pets."}))
    assert (document.title.en, document.description.zh) == (title, told)


VARIABLES = {name: {"default": value} for name, value in (("s", "https"), ("t", "eu"), ("p", 443), ("v", "v1"))}
SERVERS = [
    ([{"url": "https://b.example/api/"}], None, "https://b.example/api/x"),
    ([{"url": "/v2"}], "https://b.example", "https://b.example/v2/x"),
    ([{"url": "v2"}], "https://b.example/api/", "https://b.example/api/v2/x"),
    ([{"url": "/"}], "https://b.example/api", "https://b.example/api/x"),
    ([], "https://b.example/api/", "https://b.example/api/x"),
    (None, "https://b.example", "https://b.example/x"),
    ([{"url": "https://a.example"}], "https://b.example", "https://b.example/x"),
    ([{"url": "https://{tenant}.example", "variables": {}}], "https://b.example", "https://b.example/x"),
    ([{"url": "{s}://{t}.a.example:{p}/{v}", "variables": VARIABLES}], None, "https://eu.a.example:443/v1/x"),
    ([{"url": "ftp://a.example"}, {"url": "/x"}, {"url": "http://c.example"}], None, "http://c.example/x"),
]  # fmt: skip


@pytest.mark.parametrize(("servers", "given", "url"), SERVERS)
def test_the_server(described, servers, given, url):
    assert taken(described({"/x": {"get": {}}}, servers=servers), given).call.url == url


def test_an_operation_may_have_a_server_of_its_own(described):
    paths = {
        "/a": {"get": {"servers": [{"url": "https://own.example"}]}, "servers": [{"url": "https://path.example"}]},
        "b": {"get": {}, "servers": [{"url": "https://path.example"}]},
    }
    assert [document.call.url for document in read_openapi(described(paths)).documents] == [
        "https://own.example/a",
        "https://path.example/b",
    ]


BAD_SERVERS = {
    "which host": ["/v1", "", "./v1"],
    "'tenant' without a default": ["https://{tenant}.a.example"],
    "name of an argument": ["https://a.example/{version"],
    "cannot be called": [
        "javascript:alert(1)", "file:///etc/passwd", "data:text/plain,x", "https://user:pw@a.example",
        "https://a.example?x=1", "https://a.example\r\nX: y", "https://a.example\\@b.example",
    ],
    "as a step": ["https://a.example/../.."],
    "no port": ["https://a.example:99999"],
}  # fmt: skip


@pytest.mark.parametrize(("told", "url"), [(told, url) for told, urls in BAD_SERVERS.items() for url in urls])
def test_a_server_that_no_tool_could_call(described, told, url):
    assert told in reason(described({"/x": {"get": {}}}, servers=[{"url": url}]))


INNER = [
    "https://a.example:8443", "http://a.example:22/", "http://localhost", "http://LOCALHOST./", "http://127.0.0.1/",
    "http://127.1", "http://2130706433", "http://0x7f.0.0.1", "http://0177.0.0.1", "http://10.0.0.8/", "http://192.168.1.1/",
    "http://169.254.169.254/latest", "http://[::1]/", "http://[::ffff:127.0.0.1]", "http://[fd00::1]", "http://[1:2]",
    "http://metadata.google.internal", "http://router.local", "http://intranet",
]  # fmt: skip


@pytest.mark.parametrize("url", INNER)
def test_a_private_server_comes_into_a_document_and_needs_a_grant(described, url):
    found = read_openapi(described({"/x": {"get": {}}}, servers=[{"url": url}]))
    assert found.servers == [url.rstrip("/")]
    [document] = found.documents
    assert grant_needed(document.call.url) == host_of(url)


@pytest.mark.parametrize("url", ["https://a.example", "http://a.example:80/x", "https://8.8.8.8", "http://a.example:443"])
def test_a_public_server_needs_none(url):
    assert grant_needed(url) is None


def test_all_servers_are_listed_and_one_is_chosen(described):
    urls = [
        "ftp://a.example",
        "https://b.example/v1/",
        "http://localhost:8000",
        "/v2",
        "https://{r}.example",
        "https://b.example/v1",
    ]
    paths = {"/x": {"get": {}, "post": {"servers": [{"url": "https://own.example"}]}}}
    text = described(paths, servers=[{"url": url} for url in urls])
    found = read_openapi(text)
    assert found.servers == ["https://b.example/v1", "http://localhost:8000"]
    assert [d.call.url for d in found.documents] == ["https://b.example/v1/x", "https://own.example/x"]
    chosen = read_openapi(text, "http://localhost:8000").documents
    assert [d.call.url for d in chosen] == ["http://localhost:8000/x", "https://own.example/x"]
    other = read_openapi(text, "https://mirror.example").documents
    assert [d.call.url for d in other] == ["https://mirror.example/x"] * 2
    there = read_openapi(text, found_at="https://docs.example/api/openapi.json")
    assert there.servers == ["https://b.example/v1", "http://localhost:8000", "https://docs.example/v2"]
    for url, whole in (
        ("v2", "https://docs.example/api/v2/x"),
        ("/", "https://docs.example/x"),
        ("", "https://docs.example/api/x"),
    ):
        text = described({"/x": {"get": {}}}, servers=[{"url": url}])
        assert read_openapi(text, found_at="https://docs.example/api/openapi.json").documents[0].call.url == whole


@pytest.mark.parametrize("server", ["javascript:alert(1)", "a.example", "https://{x}.example", "https://a.example/{x}"])
def test_a_given_server_is_checked_too(described, server):
    with pytest.raises(DocumentInvalid) as caught:
        read_openapi(described({}), server)
    assert caught.value.chinese


SCHEMES = {
    "key": {"type": "apiKey", "in": "query", "name": "k"},
    "head": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "cook": {"type": "apiKey", "in": "cookie", "name": "sid"},
    "basic": {"type": "http", "scheme": "Basic"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "petstore auth!": {"type": "oauth2", "flows": {}},
    "oidc": {"$ref": "#/components/securitySchemes/oidc2"},
    "oidc2": {"type": "openIdConnect"},
    "digest": {"type": "http", "scheme": "digest"},
    "tls": {"type": "mutualTLS"},
    "odd": {"type": "apiKey", "in": "body", "name": "k"},
    "host": {"type": "apiKey", "in": "header", "name": "Host"},
    "circle": {"$ref": "#/components/securitySchemes/circle"},
}
BEARER = ("header", "Authorization", "Bearer ", "plain")
WANTED = [
    ([{"key": []}], [("pets.key", "query", "k", "", "plain")]),
    ([{"head": []}], [("pets.head", "header", "X-Key", "", "plain")]),
    ([{"cook": []}], [("pets.cook", "cookie", "sid", "", "plain")]),
    ([{"basic": []}], [("pets.basic", "header", "Authorization", "Basic ", "base64")]),
    ([{"bearer": []}], [("pets.bearer", *BEARER)]),
    ([{"petstore auth!": ["read"]}], [("pets.petstore-auth", *BEARER)]),
    ([{"oidc": []}], [("pets.oidc", *BEARER)]),
    ([{"undeclared": []}], [("pets.undeclared", *BEARER)]),
    (
        [{"digest": []}, {"key": [], "head": []}],
        [("pets.key", "query", "k", "", "plain"), ("pets.head", "header", "X-Key", "", "plain")],
    ),
    ([{"密钥": []}], [("pets.key", *BEARER)]),
]


@pytest.mark.parametrize(("wanted", "secrets"), WANTED)
def test_keys_become_secrets_that_are_named(described, wanted, secrets):
    for where in ({"security": wanted}, {}):
        document = taken(described({"/x": {"get": where}}, security=wanted, components={"securitySchemes": SCHEMES}))
        assert [(s.name, s.place, s.field, s.prefix, s.write) for s in document.call.secrets] == secrets
        assert all(secret.required for secret in document.call.secrets)


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ([{"digest": []}, {"tls": []}], "'digest' in the form 'http digest'"),
        ([{"tls": []}], "mutualTLS"),
        ([{"odd": []}], "call.secrets.0.place"),
        ([{"host": []}], "Host"),
        ([{"circle": []}], "on and on"),
        ([{f"k{n}": [] for n in range(9)}], "at most 5"),
        (["odd"], "needs a key"),
        ({"odd": 1}, "needs a key"),
        ("odd", "needs a key"),
    ],
)
def test_a_key_that_cannot_be_sent(described, wanted, told):
    assert told in reason(described({"/x": {"get": {"security": wanted}}}, components={"securitySchemes": SCHEMES}))


@pytest.mark.parametrize("wanted", [[], [{}], None, [{}, {"digest": []}]])
def test_a_key_that_is_not_needed(described, wanted):
    text = described({"/x": {"get": {"security": wanted}}}, security=[{"key": []}], components={"securitySchemes": SCHEMES})
    assert taken(text).call.secrets == ()


def test_a_key_that_may_be_left_out(described):
    wanted = [{"key": []}, {}]
    [secret] = taken(described({"/x": {"get": {"security": wanted}}}, components={"securitySchemes": SCHEMES})).call.secrets
    assert (secret.name, secret.required) == ("pets.key", False)


def test_parameters_that_are_keys_by_their_names_are_no_arguments(described):
    parameters = [
        {"name": "api_key", "in": "query", "required": True},
        {"name": "X-Auth-Token", "in": "header"},
        {"name": "sid", "in": "cookie", "required": True},
        {"name": "k", "in": "query"},
        {"name": "token", "in": "query"},
    ]
    wanted = [{"same": []}]
    schemes = {"same": {"type": "apiKey", "in": "header", "name": "x-auth-token"}}
    text = described({"/x": {"get": {"parameters": parameters, "security": wanted}}}, components={"securitySchemes": schemes})
    document = taken(text)
    assert list(document.parameters["properties"]) == ["k", "token"]
    assert [(s.name, s.place, s.required) for s in document.call.secrets] == [
        ("pets.same", "header", True),
        ("pets.api_key", "query", True),
        ("pets.sid", "cookie", True),
    ]


BODIES = [
    ({"type": "array", "items": {"type": "integer"}}, {"body": [1, 2]}, [1, 2]),
    ({"type": "object"}, {"body": {"a": 1}}, {"a": 1}),
    ({}, {"body": "x"}, "x"),
    (True, {"body": "x"}, "x"),
    ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, {"body": 1}, 1),
    ({"properties": {"a": {}}}, {"a": 1}, {"a": 1}),
    (
        {"allOf": [{"properties": {"a": {}}, "required": ["a"]}, {"properties": {"b-c": {}}}]},
        {"a": 1, "b_c": 2},
        {"a": 1, "b-c": 2},
    ),
]


@pytest.mark.parametrize(("schema", "arguments", "sent"), BODIES)
@pytest.mark.parametrize(
    "kind", ["application/json", "application/vnd.api+json", "text/json; charset=utf-8", "*/*", "Application/JSON"]
)
def test_bodies(described, schema, arguments, sent, kind):
    document = taken(described({"/x": {"post": body(schema, kind=kind)}}))
    assert set(document.parameters["properties"]) == set(arguments)
    request = request_of(document.call, arguments)
    assert json.loads(request.body) == sent
    assert request.headers["content-type"] == (kind.partition(";")[0].lower() if "*" not in kind else "application/json")


@pytest.mark.parametrize("required", [True, False])
def test_what_a_body_needs_is_needed_when_the_body_is(described, required):
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a", "ghost"]}
    document = taken(described({"/x": {"post": body(schema, required)}}))
    assert document.parameters.get("required", []) == (["a"] if required else [])


FILE = {"type": "string", "format": "binary"}
UNSENT = [
    ({"requestBody": {"content": {"multipart/form-data": {}}}}, "a file"),
    ({"requestBody": {"content": {"application/xml": {}, "image/png": {}}}}, "application/xml, image/png; JSON"),
    (body({"properties": {"f": FILE}}, kind="multipart/form-data"), "a file"),
    (body({"properties": {"f": FILE, "a": {}}, "required": ["f"]}, kind="multipart/form-data"), "a file"),
    (body({"properties": {"f": {"items": FILE}, "a": {}}, "required": ["f"]}, kind="multipart/form-data"), "a file"),
    ({"parameters": [{"name": "q", "in": "query", "required": True, "style": "matrix"}]}, "'q'"),
    (
        {"parameters": [{"name": "q", "in": "query", "required": True, "explode": False, "schema": {"type": "object"}}]},
        "'q'",
    ),
    (body({"type": "string", "format": "binary"}, kind="*/*"), "a file"),
    (body({"$ref": "#/components/schemas/None"}), "which is not there"),
    (body({"$ref": "other.yaml#/Pet"}), "outside this description"),
    (body({"$ref": "https://a.example/pet.json"}), "outside this description"),
    (body({"$ref": "file:///etc/passwd"}), "outside this description"),
    (body("text"), "not a schema"),
    (body({"anyOf": [{}] * 21}), "21 alternatives"),
    ({"requestBody": "text"}, "not a group"),
    ({"parameters": [{"name": "c", "in": "body", "schema": {}}]}, "'c' in the place 'body'"),
    ({"parameters": [{"name": "c"}]}, "'c' in the place ''"),
    ({"parameters": [{"name": "Host", "in": "header", "required": True}]}, "'Host'"),
    ({"parameters": [{"name": "a\r\nb", "in": "header", "required": True}]}, "may not be named"),
    ({"parameters": ["text"]}, "not a group"),
    ({"parameters": [{"$ref": "#/components/none"}]}, "which is not there"),
    ({"parameters": [{"name": f"p{i}", "in": "query"} for i in range(65)]}, "too long"),
    (body({"properties": {f"p{i}": {} for i in range(65)}}), "65 arguments"),
    ({"responses": {"200": {"content": {"image/svg+xml": {}, "video/mp4": {}}}}}, "image/svg+xml, video/mp4"),
    ("text", "not a group"),
    (None, "not a group"),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "told"), UNSENT)
def test_what_cannot_be_sent_or_read_is_left_out(described, operation, told):
    assert told in reason(described({"/x": {"post": operation}}))


@pytest.mark.parametrize(
    "parameter",
    [
        {"name": "c", "in": "cookie"},
        {"name": "q", "in": "query", "style": "matrix"},
        {"name": "Content-Type", "in": "header", "required": True},
    ],
)
def test_what_need_not_be_sent_is_dropped(described, parameter):
    assert taken(described({"/x": {"get": {"parameters": [parameter]}}})).parameters["properties"] == {}


@pytest.mark.parametrize("path", ["/{?q}", "/{+a}", "/{}", "/a?b={c}", "/{a", "/../{a}", "/a b", "/" + "x" * 2000])
def test_a_path_of_another_form_is_left_out(described, path):
    assert reason(described({path: {"get": {}}}))


def test_a_body_with_get_is_not_sent(described):
    assert "a body with GET" in reason(described({"/x": {"get": body({"type": "object"})}}))
    assert taken(described({"/x": {"get": body({"type": "object"}, required=False)}})).parameters["properties"] == {}


def test_a_placeholder_that_was_not_declared_is_text(described):
    document = taken(described({"/{a-b}/{a_b}.json": {"get": {}}}))
    assert document.call.url == "https://api.example/v1/{a_b}/{path_a_b}.json"
    assert document.parameters["required"] == ["a_b", "path_a_b"]
    assert document.parameters["properties"]["a_b"] == {"type": "string"}


def test_names_that_clash_or_cannot_be_said_are_kept_for_the_request(described):
    parameters = [{"name": name, "in": "query"} for name in ("filter[name]", "filter.name", "1", "城市", "", "$", "id")]
    document = taken(described({"/{id}": {"post": {"parameters": parameters, **body({"properties": {"id": {}, "城市": {}}})}}}))
    names = list(document.parameters["properties"])
    assert names == [
        "id",
        "filter_name",
        "query_filter_name",
        "n_1",
        "城市",
        "value",
        "query_value",
        "query_id",
        "field_id",
        "field_城市",
    ]
    request = request_of(document.call, dict.fromkeys(names, "v"))
    assert request.url.startswith("https://api.example/v1/v?filter%5Bname%5D=v&filter.name=v&1=v&%E5%9F%8E%E5%B8%82=v&")
    assert json.loads(request.body) == {"id": "v", "城市": "v"}


@pytest.mark.parametrize(
    ("style", "explode", "query"),
    [
        (None, None, "q=a&q=b"), ("form", True, "q=a&q=b"), ("form", False, "q=a%2Cb"), ("spaceDelimited", None, "q=a%20b"),
        ("pipeDelimited", False, "q=a%7Cb"), ("pipeDelimited", True, "q=a&q=b"),
    ],
)  # fmt: skip
def test_lists_in_the_query(described, style, explode, query):
    said = {key: value for key, value in (("style", style), ("explode", explode)) if value is not None}
    parameter = {"name": "q", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}, **said}
    call = taken(described({"/x": {"get": {"parameters": [parameter]}}})).call
    assert request_of(call, {"q": ["a", "b"]}).url == f"https://api.example/v1/x?{query}"


OBJECTS = [
    ({"style": "deepObject"}, "q[a]=1&q[b][c]=x"),
    ({"style": "deepObject", "explode": True, "schema": {"properties": {"a": {}}}}, "q[a]=1&q[b][c]=x"),
    ({"schema": {"type": "object"}}, "a=1&c=x"),
    ({"content": {"application/json": {"schema": {"type": "object"}}}}, 'q={"a": 1, "b": {"c": "x"}}'),
]


@pytest.mark.parametrize(("said", "query"), OBJECTS)
def test_objects_in_the_query(described, said, query):
    parameter = {"name": "q", "in": "query", "required": True, **said}
    document = taken(described({"/x": {"get": {"parameters": [parameter]}}}))
    assert unquote(request_of(document.call, {"q": {"a": 1, "b": {"c": "x"}}}).url) == f"https://api.example/v1/x?{query}"


FORMS = [
    ("application/x-www-form-urlencoded", "form", b"a=1&a=2&b=x%2Cy&c%5Bd%5D=1&e=%7B%22f%22%3A+1%7D"),
    ("multipart/form-data", "multipart", b'name="c[d]"\r\n\r\n1\r\n'),
]


@pytest.mark.parametrize(("kind", "body_type", "sent"), FORMS)
def test_forms(described, kind, body_type, sent):
    lists = {"type": "array", "items": {}}
    schema = {
        "properties": {"a": lists, "b": lists, "c": {"type": "object"}, "e": {"type": "object"}, "f": FILE},
        "required": ["a"],
    }
    encoding = {"b": {"explode": False}, "c": {"style": "deepObject"}, "e": {"style": "x"}}
    content = {"image/png": {}, kind: {"schema": schema, "encoding": encoding}}
    document = taken(described({"/x": {"post": {"requestBody": {"required": True, "content": content}}}}))
    assert (list(document.parameters["properties"]), document.parameters["required"]) == (["a", "b", "c", "e"], ["a"])
    assert document.call.body_type == body_type
    given = {"a": [1, 2], "b": ["x", "y"], "c": {"d": 1}, "e": {"f": 1}}
    assert sent in request_of(document.call, given).body


def test_a_form_of_unknown_fields_and_plain_text(described):
    form = taken(described({"/x": {"post": body({"type": "object"}, kind="application/x-www-form-urlencoded")}}))
    assert request_of(form.call, {"body": {"a": "b c"}}).body == b"a=b+c"
    text = taken(described({"/x": {"post": body({"type": "string"}, kind="text/plain")}}))
    assert request_of(text.call, {"body": "你好"}).body.decode() == "你好"


def test_a_picture_is_taken_where_nothing_can_be_read(described):
    answers = {"200": {"content": {"image/png": {}, "application/pdf": {}}}}
    assert taken(described({"/x": {"get": {"responses": answers}}})).call.media_types == ("image/png",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "name: value"),
        ("hello", "name: value"),
        ("- a", "name: value"),
        ("{", "Line 1"),
        ('{"openapi": "3.0.0",\n"paths": {]}', "Line 2"),
        ("{}", "no OpenAPI description"),
        ('{"swagger": "1.2", "paths": {}}', "Swagger 1.2"),
        ('{"openapi": "2.0"}', "OpenAPI 2.0"),
        ('{"openapi": "4.0.0", "paths": {}}', "OpenAPI 4.0.0"),
        ('{"openapi": "\\ud800\\u001b"}', "no OpenAPI description"),
        ('{"openapi": "3.0.0", "paths": []}', "paths"),
        ("openapi: 3.0.0\npaths: !!python/object:os.system {}", "not allowed"),
        ("openapi: 3.0.0\npaths: {}\npaths: {}", "twice"),
    ],
)
def test_what_is_no_such_description(text, told):
    with pytest.raises(DocumentInvalid, match=told) as caught:
        read_openapi(text)
    assert caught.value.chinese
    assert len(caught.value.english) < 400


def test_yaml_may_write_its_version_as_a_number_and_hold_dates(described):
    text = """
openapi: 3.1
info: {title: Leave}
servers: [{url: https://a.example}]
paths:
  /leave:
    get:
      parameters:
        - {name: since, in: query, schema: {type: string, format: date, default: 2026-01-01, enum: [2026-01-01, on, .inf]}}
      responses: {200: {description: fine}}
"""
    assert taken(text).parameters["properties"] == {"since": {"type": "string", "format": "date", "default": "2026-01-01"}}


def test_an_empty_description_has_nothing():
    found = read_openapi('{"openapi": "3.1.0"}')
    assert (found.title, list(found.operations), list(found.documents)) == ("API", [], [])
