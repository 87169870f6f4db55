"""API descriptions made to hurt: each ends within a second of work, with a sentence, and nothing of it escapes."""

import copy
import json
import random
import time

import pytest
from jsonschema import Draft202012Validator

from common.errors import DocumentInvalid
from tests.timing import quickly, slowness
from tools.descriptions import JSON_LIMIT
from tools.imported import LeftOut, Taken
from tools.importing import read_tools
from tools.openapi import GROWN_LIMIT, OPERATION_LIMIT, read_openapi
from tools.schemas import DEPTH_LIMIT, refusal


@pytest.fixture(autouse=True)
def _little_work():
    """A text and its reading take a second."""
    start = time.thread_time()
    yield
    spent = time.thread_time() - start
    assert spent < 1.5 or spent < 1.5 * slowness()


def described(paths, **more):
    return json.dumps(
        {"openapi": "3.0.3", "info": {"title": "Pets"}, "servers": [{"url": "https://api.example"}], "paths": paths, **more}
    )


def posting(schema):
    return {"post": {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}}


def reasons(text):
    """Why each operation of a description is left out."""
    found = read_openapi(text).operations
    assert found
    assert all(isinstance(operation, LeftOut) for operation in found)
    return {operation.reason[0] for operation in found}


def refused(text):
    with pytest.raises(DocumentInvalid) as caught:
        read_openapi(text)
    assert len(caught.value.english) < 400
    return caught.value


YAML = "openapi: 3.0.0\n"
LAUGHS = (
    YAML
    + "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"{n}: &{n} [*{p},*{p},*{p},*{p},*{p},*{p},*{p},*{p}]\n" for p, n in zip("abcdefgh", "bcdefghi", strict=True))
)
TEXTS = {
    "yaml bomb": (LAUGHS, "alias"),
    "yaml merge": (YAML + "a: &a {b: 1}\nc:\n  <<: *a\n", "alias"),
    "yaml tags": (YAML + "paths: !!python/object/apply:os.system [id]\n", "not allowed"),
    "yaml depth": (YAML + "paths: " + "[" * 40_000, "levels deep"),
    "yaml parts": (YAML + "a:\n" + "- a\n" * 100_000, "Convert it to JSON"),
    "yaml size": (YAML + "a: " + "x" * 2_000_000, "bytes"),
    "yaml number": (YAML + "a: " + "9" * 9000, "too long"),
    "yaml hexadecimal": (YAML + "paths: {/a: {get: {parameters: [{in: 0x" + "f" * 9000 + "}]}}}", "too long"),
    "yaml clock": (YAML + "paths: {/a: {get: {operationId: 1" + ":59" * 3000 + "}}}", "too long"),
    "json depth": ('{"openapi": "3.0.0", "paths":' + '{"a":' * 200_000, "nested too deeply"),
    "json size": ('{"openapi": "3.0.0"}' + " " * JSON_LIMIT, "bytes"),
    "json number": ('{"openapi": "3.0.0", "a": ' + "9" * 9000 + "}", "too long"),
    "operations": (described({f"/{number}": {"get": {}} for number in range(OPERATION_LIMIT + 1)}), "10,001 operations"),
    "references": (described({f"/{number}": {"$ref": "#/x"} for number in range(OPERATION_LIMIT + 1)}), "10,001 operations"),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_a_text_that_is_made_to_hurt_is_refused(kind):
    text, told = TEXTS[kind]
    error = refused(text)
    assert told in error.english
    assert error.chinese


def test_a_number_that_takes_minutes_to_read_is_refused_at_once():
    text = YAML + "a: 1" + ":59" * 300_000
    assert "too long" in quickly(lambda: refused(text), 5).english


CIRCLES = {
    "itself": {"A": {"$ref": "#/components/schemas/A"}},
    "a ring": {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}},
    "a tree": {"A": {"properties": {"left": {"$ref": "#/components/schemas/A"}, "right": {"$ref": "#/components/schemas/A"}}}},
    "a list": {"A": {"type": "array", "items": {"$ref": "#/components/schemas/A"}}},
    "allOf": {"A": {"allOf": [{"$ref": "#/components/schemas/B"}]}, "B": {"anyOf": [{"$ref": "#/components/schemas/A"}]}},
    "a map": {"A": {"additionalProperties": {"$ref": "#/components/schemas/A"}}},
}


@pytest.mark.parametrize("kind", CIRCLES)
def test_a_circle_of_references_is_opened(kind):
    paths = {"/a": posting({"$ref": "#/components/schemas/A"}), "/b": posting({"$ref": "#/components/schemas/B"})}
    schemas = {"B": {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/A"}}}, **CIRCLES[kind]}
    found = read_openapi(described(paths, components={"schemas": schemas})).operations
    assert [type(operation) for operation in found] == [Taken, Taken]
    for operation in found:
        Draft202012Validator.check_schema(operation.document.parameters)
        assert "$ref" not in json.dumps(operation.document.parameters)


def test_where_a_circle_closes_anything_of_its_type_goes():
    tree = {"type": "object", "properties": {"n": {"type": "integer"}, "kids": {"type": "array", "items": {"$ref": "#/t"}}}}
    [taken] = read_openapi(described({"/": posting({"$ref": "#/t"})}, t=tree)).documents
    assert taken.parameters["properties"] == {
        "n": {"type": "integer"},
        "kids": {"type": "array", "items": {"type": "object"}},
    }


def test_many_rings_through_each_other_end_soon():
    names = [f"s{n}" for n in range(60)]
    schemas = {name: {"properties": {other: {"$ref": f"#/c/{other}"} for other in names}} for name in names}
    found = read_openapi(described({f"/{name}": posting({"$ref": f"#/c/{name}"}) for name in names}, c=schemas)).operations
    assert len(found) == 60


@pytest.mark.parametrize(
    "start", [{"$ref": "#/c/0"}, {"get": {"parameters": [{"$ref": "#/c/0"}]}}, {"get": {"responses": {"200": {"$ref": "#/c/0"}}}}]
)
def test_a_chain_of_references_is_followed_a_few_steps(start):
    chain = {str(number): {"$ref": f"#/c/{number + 1}"} for number in range(10_000)}
    [told] = reasons(described({f"/{number}": start for number in range(200)}, c=chain))
    assert "on and on" in told


@pytest.mark.parametrize("width", [2, 10])
def test_references_that_unfold_without_end_are_stopped(width):
    schemas = {f"s{n}": {"properties": {f"p{p}": {"$ref": f"#/c/s{n + 1}"} for p in range(width)}} for n in range(DEPTH_LIMIT)}
    schemas[f"s{DEPTH_LIMIT}"] = {"type": "string"}
    paths = {f"/{number}": posting({"$ref": "#/c/s0"}) for number in range(300)}
    found = read_openapi(described(paths, c=schemas))
    assert found.documents  # followed less far
    assert sum(len(document.model_dump_json()) for document in found.documents) <= 1.1 * GROWN_LIMIT
    assert {each.reason[0].split()[-1] for each in found.operations if isinstance(each, LeftOut)} <= {"it."}


def test_few_lines_that_stand_for_many_tools_stay_within_a_limit():
    schemas = {"big": {"properties": {f"p{n}": {"type": "string", "description": "y" * 600} for n in range(60)}}}
    found = read_openapi(described({f"/{number}": posting({"$ref": "#/c/big"}) for number in range(600)}, c=schemas))
    sizes = [len(document.model_dump_json()) for document in found.documents]
    assert 0 < sum(sizes) <= GROWN_LIMIT
    assert "those before it" in found.operations[-1].reason[0]


@pytest.mark.parametrize(
    "schema",
    [
        {"items": {"items": {"items": {"items": {}}}}},
        {"anyOf": [{"properties": {"a": {"items": {}}}}]},
        {"additionalProperties": {"additionalProperties": {"additionalProperties": {}}}},
    ],
)
def test_a_deep_schema_is_left_out(schema):
    text = json.dumps(schema)
    for _ in range(5):
        text = text.replace("{}", json.dumps(schema))
    assert any("levels deep" in told for told in reasons(described({"/": posting(json.loads(text))})))


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {f"p{n}": {"type": "string", "description": "y" * 500} for n in range(1000)}},
        {"properties": {"a": {"enum": ["x" * 500] * 400}}},
        {"properties": {"n" * 50_000: {}}},
    ],
)
def test_a_large_schema_is_left_out(schema):
    assert any("too many for a model" in told for told in reasons(described({"/": posting(schema)})))


def test_what_is_costly_or_odd_in_a_schema_is_dropped():
    odd = {
        "pattern": "^(a+)+$",
        "patternProperties": {"(a+)+$": {}},
        "uniqueItems": True,
        "not": {},
        "if": {},
        "$id": "https://evil.example/",
        "$schema": "x",
        "$dynamicRef": "#x",
        "format": "f" * 50,
        "enum": [],
        "default": {"a": {"b": {"c": {"d": {"e": 1}}}}},
        "minimum": "1",
        "maximum": 10**400,
        "maxLength": 10**9,
        "minItems": -1,
        "type": "file",
        "properties": ["a"],
        "required": "a",
        "items": [{}],
        "x-thing": 1,
        "description": 7,
    }
    [taken] = read_openapi(described({"/": posting({"properties": {"a": odd, "b": {"type": "string"}}})})).documents
    assert taken.parameters["properties"] == {"a": {}, "b": {"type": "string"}}
    assert refusal({"type": "object", "properties": {"a": odd}}) is not None


def test_what_openapi_writes_in_its_own_way_is_understood():
    fields = {
        "a": {"type": "integer", "minimum": 0, "exclusiveMinimum": True, "maximum": 9, "exclusiveMaximum": False},
        "b": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "c": {"oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}], "description": "C"},
        "d": {"allOf": [{"type": "string", "enum": ["x"]}], "description": "D", "nullable": True},
        "e": {"type": ["integer", "null"], "const": 1},
        "f": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"id": {"readOnly": True}, "g": True},
            "required": ["id", "g"],
        },
    }
    [taken] = read_openapi(described({"/": posting({"properties": fields})})).documents
    assert taken.parameters["properties"] == {
        "a": {"type": "integer", "exclusiveMinimum": 0, "maximum": 9},
        "b": {"type": ["string", "null"]},
        "c": {"description": "C", "anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
        "d": {"type": ["string", "null"], "enum": ["x"], "description": "D"},
        "e": {"type": ["integer", "null"], "const": 1},
        "f": {"type": "object", "properties": {"g": {}}, "required": ["g"], "additionalProperties": False},
    }


REFUSED = [
    {},
    {"type": "array"},
    {"type": "object", "pattern": "a"},
    {"type": "object", "properties": {"a": {"$ref": "#"}}},
    {"type": "object", "properties": {"a": "text"}},
    {"type": "object", "properties": {1: {}}},
    {"type": "object", "required": ["a", "a"]},
    {"type": "object", "required": [{}]},
    {"type": "object", "anyOf": []},
    {"type": "object", "additionalProperties": "no"},
    {"type": "object", "properties": {"a": {"default": float("nan")}}},
    {"type": "object", "properties": {"a": {"minimum": 16**6000}}},
    {"type": "object", "description": "y" * 2000},
]


@pytest.mark.parametrize("schema", REFUSED, ids=range(len(REFUSED)))
def test_a_document_written_by_hand_keeps_to_the_same_keywords(schema):
    english, chinese = refusal(schema)
    assert len(english) < 300
    assert english != chinese


def test_deep_and_large_schemas_of_documents_are_refused_too():
    deep = {"type": "object"}
    for _ in range(DEPTH_LIMIT + 1):
        deep = {"type": "object", "properties": {"a": deep}}
    assert "levels deep" in refusal(deep)[0]
    large = {"type": "object", "properties": {f"p{n}": {"description": "y" * 900} for n in range(60)}}
    assert "too many" in refusal(large)[0]


@pytest.mark.parametrize("place", ["in", "name", "style", "schema", "$ref", "required"])
def test_depth_where_a_word_should_be_does_no_harm(place):
    deep = json.loads("[" * 900 + "]" * 900)
    paths = {
        "/{a}": {"get": {"parameters": [{"name": "a", "in": "query", place: deep}]}, "put": {"requestBody": deep}, "post": deep}
    }
    found = read_openapi(described(paths)).operations
    assert len(found) == 3
    assert all(len(operation.reason[0]) < 200 for operation in found if isinstance(operation, LeftOut))
    assert isinstance(found[1], LeftOut)


@pytest.mark.parametrize("path", ["/\x1b[2J", "/\ud800", "/a\u202eb\u2066", "/a\nb", "/" + "长" * 5000, "\x00"])
def test_what_is_printed_of_a_description_is_one_plain_line(path):
    paths = {
        path: {
            "get": {"security": [{path: []}]},
            "post": {"parameters": [{"name": path, "in": path}]},
            "put": {"parameters": [{"$ref": path}]},
        }
    }
    for operation in read_openapi(described(paths)).operations:
        for text in (operation.operation, *getattr(operation, "reason", ())):
            assert text.isprintable()
            assert len(text) < 600
            text.encode()


JUNK = [
    None, True, 0, -1.5, 2**70, "", "x", "\ud800", "{}", "../..", "http://[", "$ref", [], [[]], {}, ["a", 1], "object", "/{a}/{",
    "年假", {"$ref": "#/"}, {"$ref": "#/paths"}, {"$ref": 5}, {"type": ["null"]}, {"schema": None}, {"allOf": [None]},
    {"properties": {"$ref": {}}}, json.loads("[" * 40 + "]" * 40),
]  # fmt: skip
FIELDS = [
    "$ref",
    "type",
    "properties",
    "in",
    "name",
    "required",
    "security",
    "servers",
    "style",
    "content",
    "schema",
    "anyOf",
    "enum",
    "parameters",
]
WHOLE = {
    "openapi": "3.0.3",
    "info": {"title": "Pets", "description": "d"},
    "servers": [{"url": "https://{v}.example", "variables": {"v": {"default": "a"}}}],
    "paths": {
        "/pets/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "get": {
                "operationId": "getPet",
                "summary": "s",
                "parameters": [{"$ref": "#/c/p"}],
                "responses": {"200": {"content": {"text/plain": {}}}},
            },
            "put": posting({"$ref": "#/c/s"})["post"],
        }
    },
    "c": {
        "p": {"name": "q", "in": "query", "explode": False},
        "s": {"properties": {"a": {"items": {"enum": [1]}}}, "required": ["a"]},
    },
}


def places(node, path=()):
    """The path to every value below a node."""
    for key, inner in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield (*path, key)
        yield from places(inner, (*path, key))


@pytest.mark.parametrize("seed", range(8))
def test_damaged_descriptions_give_tools_or_sentences(seed):
    chance = random.Random(seed)
    for _ in range(150):
        damaged = copy.deepcopy(WHOLE)
        for _ in range(chance.randint(1, 4)):
            *way, last = chance.choice(list(places(damaged)))
            holder = damaged
            for step in way:
                holder = holder[step]
            if isinstance(holder, dict) and chance.random() < 0.3:
                last = chance.choice(FIELDS)
            holder[last] = copy.deepcopy(chance.choice(JUNK))
        try:
            found = read_openapi(json.dumps(damaged))
        except DocumentInvalid as error:
            (error.english + error.chinese).encode()
            continue
        for operation in found.operations:
            if isinstance(operation, Taken):
                Draft202012Validator.check_schema(operation.document.parameters)
                operation.document.model_dump_json()
            else:
                assert all(operation.reason)
                "".join(operation.reason).encode()


def test_a_web_page_is_told_from_a_description():
    for page in ("<!doctype html><p>Sign in: first</p>", "\ufeff \n<?xml version='1.0'?><a/>", "<" + "a" * 30_000_000):
        with pytest.raises(DocumentInvalid, match="This is a web page or XML"):
            read_tools(page)
