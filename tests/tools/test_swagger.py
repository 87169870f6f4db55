"""Swagger 2 descriptions: the same tools as of OpenAPI 3, from its older words."""

import json

import pytest
from jsonschema import Draft202012Validator

from tools.imported import LeftOut, Taken
from tools.openapi import read_openapi
from tools.requests import request_of

SHOP = {
    "swagger": "2.0",
    "info": {"title": "Cloud shop", "version": "1"},
    "host": "shop.example",
    "basePath": "/v2/",
    "schemes": ["ws", "http", "https"],
    "consumes": ["application/json"],
    "produces": ["application/json", "application/xml"],
    "securityDefinitions": {
        "key": {"type": "apiKey", "in": "header", "name": "X-Shop-Key"},
        "login": {"type": "basic"},
        "oauth": {"type": "oauth2", "flow": "implicit"},
    },
    "security": [{"key": []}],
    "parameters": {"Region": {"name": "region", "in": "query", "type": "string", "enum": ["cn", "eu"], "default": "cn"}},
    "responses": {"Done": {"description": "d", "schema": {"$ref": "#/definitions/Instance"}}},
    "definitions": {
        "Instance": {
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": {"type": "string"},
                "id": {"type": "integer", "readOnly": True},
                "note": {"type": "string", "x-nullable": True},
                "parent": {"$ref": "#/definitions/Instance"},
            },
        }
    },
    "paths": {
        "/instances/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "type": "string", "description": "Which."}],
            "get": {
                "operationId": "getInstance",
                "summary": "Show an instance",
                "parameters": [
                    {"$ref": "#/parameters/Region"},
                    {"name": "tags", "in": "query", "type": "array", "items": {"type": "string"}},
                    {"name": "ssv", "in": "query", "type": "array", "items": {"type": "string"}, "collectionFormat": "ssv"},
                    {"name": "tsv", "in": "query", "type": "array", "items": {"type": "string"}, "collectionFormat": "tsv"},
                    {"name": "each", "in": "query", "type": "array", "items": {"type": "string"}, "collectionFormat": "multi"},
                ],
                "responses": {"200": {"$ref": "#/responses/Done"}},
            },
            "put": {
                "summary": "Change an instance",
                "schemes": ["http"],
                "security": [{"login": []}],
                "parameters": [{"name": "body", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Instance"}}],
                "responses": {"204": {"description": "Done"}},
            },
            "post": {
                "description": "Renews an instance.",
                "consumes": ["application/x-www-form-urlencoded"],
                "security": [],
                "parameters": [
                    {"name": "months", "in": "formData", "required": True, "type": "integer", "description": "How many."},
                    {
                        "name": "codes",
                        "in": "formData",
                        "type": "array",
                        "items": {"type": "string"},
                        "collectionFormat": "pipes",
                    },
                ],
            },
            "delete": {"security": [{"oauth": ["write"]}], "consumes": [], "produces": ["text/plain"], "responses": {"200": {}}},
        },
        "/files": {
            "post": {"parameters": [{"name": "f", "in": "formData", "type": "file", "required": True}]},
            "put": {
                "parameters": [{"name": "f", "in": "formData", "type": "file"}, {"name": "n", "in": "formData", "type": "string"}]
            },
            "get": {"produces": ["application/pdf"], "responses": {"200": {"schema": {"type": "file"}}}},
            "patch": {"consumes": ["application/xml"], "parameters": [{"name": "b", "in": "body", "schema": {}}]},
        },
    },
}


@pytest.fixture(scope="module")
def found():
    return read_openapi(json.dumps(SHOP))


@pytest.fixture(scope="module")
def by_operation(found):
    return {operation.operation: operation for operation in found.operations}


def test_servers_are_made_of_host_path_and_schemes(found):
    assert found.title == "Cloud shop"
    assert found.servers == ["https://shop.example/v2", "http://shop.example/v2"]
    assert read_openapi(json.dumps(SHOP), "http://shop.example/v2").documents[0].call.url.startswith("http://shop")
    nowhere = {key: value for key, value in SHOP.items() if key != "host"}
    assert read_openapi(json.dumps(nowhere)).servers == []
    assert read_openapi(json.dumps(nowhere), found_at="https://a.example/docs/s.json").servers == ["https://a.example/v2"]
    assert read_openapi(json.dumps({**SHOP, "schemes": None, "basePath": "/"})).servers == ["https://shop.example"]


def test_what_is_taken_and_what_is_not(by_operation):
    left = {name: each.reason[0] for name, each in by_operation.items() if isinstance(each, LeftOut)}
    assert set(left) == {"POST /files", "GET /files", "PATCH /files"}
    assert "a file" in left["POST /files"]
    assert "application/pdf" in left["GET /files"]
    assert "application/xml" in left["PATCH /files"]
    for each in by_operation.values():
        if isinstance(each, Taken):
            Draft202012Validator.check_schema(each.document.parameters)


def test_a_reading_operation(by_operation):
    get = by_operation["GET /instances/{id}"].document
    assert (get.name, get.title.en, get.risk, get.kind) == ("getInstance", "Show an instance", "reads", "openapi")
    assert get.parameters["properties"]["region"] == {"type": "string", "enum": ["cn", "eu"], "default": "cn"}
    assert get.parameters["required"] == ["id"]
    assert get.call.media_types == ("application/json", "application/xml")
    assert [(s.name, s.place, s.field) for s in get.call.secrets] == [("cloud-shop.key", "header", "X-Shop-Key")]
    two = ["a", "b"]
    url = request_of(get.call, {"id": "i-1", "tags": two, "ssv": two, "tsv": two, "each": two}).url
    assert url == "https://shop.example/v2/instances/i-1?tags=a%2Cb&ssv=a%20b&tsv=a%09b&each=a&each=b"


def test_a_body_and_its_own_scheme(by_operation):
    put = by_operation["PUT /instances/{id}"].document
    assert put.call.url == "http://shop.example/v2/instances/{id}"
    assert put.parameters["required"] == ["id", "name"]
    assert put.parameters["properties"]["note"] == {"type": ["string", "null"]}
    assert put.parameters["properties"]["parent"] == {"type": "object"}
    assert [(s.prefix, s.write) for s in put.call.secrets] == [("Basic ", "base64")]
    assert json.loads(request_of(put.call, {"id": "i", "name": "n"}).body) == {"name": "n"}


def test_a_form(by_operation):
    post = by_operation["POST /instances/{id}"].document
    assert post.description.en == "Renews an instance."
    assert post.parameters["properties"]["months"] == {"type": "integer", "description": "How many."}
    assert post.call.secrets == ()
    assert request_of(post.call, {"id": "i", "months": 3, "codes": ["a", "b"]}).body == b"months=3&codes=a%7Cb"
    optional_file = by_operation["PUT /files"].document
    assert (optional_file.call.body_type, list(optional_file.parameters["properties"])) == ("multipart", ["n"])


def test_what_a_response_without_a_schema_names_is_not_asked_for(by_operation):
    assert by_operation["DELETE /instances/{id}"].document.call.media_types == ()


@pytest.mark.parametrize("junk", [None, 1, "x", [], [1], {}, {"$ref": "#/definitions/Instance"}, {"$ref": "#/none"}])
@pytest.mark.parametrize(
    "place",
    ["host", "basePath", "schemes", "consumes", "produces", "securityDefinitions", "security", "parameters", "definitions"],
)
def test_rubbish_in_a_place_gives_tools_or_sentences(place, junk):
    text = json.dumps({**SHOP, place: junk})
    for operation in read_openapi(text).operations:
        assert isinstance(operation, Taken) or all(operation.reason)
    inner = json.loads(json.dumps(SHOP))
    inner["paths"]["/instances/{id}"]["get"][place] = junk
    inner["paths"]["/instances/{id}"]["put"]["parameters"] = [junk]
    inner["paths"]["/instances/{id}"]["post"]["responses"] = {"200": junk}
    for operation in read_openapi(json.dumps(inner)).operations:
        assert isinstance(operation, Taken) or all(operation.reason)
