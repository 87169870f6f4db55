"""Swagger 2 in the words of OpenAPI 3: the operations and servers of an older description, so that one reader reads both.

Only what differs is written anew; schemas stay where they are, and references to them go on working.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from tools.schemas import SchemaReader, as_text

_PARAMETERS = 200
_KINDS = 20
_MULTIPART = "multipart/form-data"
_FORM = "application/x-www-form-urlencoded"
_LISTS: Mapping[str, Mapping[str, Any]] = {
    "csv": {"style": "form", "explode": False},
    "ssv": {"style": "spaceDelimited", "explode": False},
    "tsv": {"style": "tabDelimited", "explode": False},
    "pipes": {"style": "pipeDelimited", "explode": False},
    "multi": {"style": "form", "explode": True},
}
_OWN = ("name", "in", "required", "description", "collectionFormat", "allowEmptyValue")


def servers(description: Mapping[str, Any], place: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The server entries of a description, by the schemes of `place` (an operation) where it names some; https comes first."""
    path = as_text(description.get("basePath")).strip("/")
    path = f"/{path}" if path else ""  # many forget its slash, and what follows the host would become a part of it
    host = as_text(description.get("host"))
    if not host:
        return [{"url": path or "/"}]
    named = _texts(place.get("schemes")) or _texts(description.get("schemes")) or ["https"]
    return [{"url": f"{scheme}://{host}{path}"} for scheme in ("https", "http") if scheme in named]


def converted(
    description: Mapping[str, Any], item: Mapping[str, Any], operation: Mapping[str, Any], schemas: SchemaReader
) -> Mapping[str, Any]:
    """An operation as OpenAPI 3 would say it, with the parameters of its path; raises `Unusable`."""
    placed: dict[tuple[str, str], Mapping[str, Any]] = {}
    for holder in (item, operation):
        for unresolved in _list(holder.get("parameters"))[:_PARAMETERS]:
            parameter = schemas.resolve(unresolved)
            placed[as_text(parameter.get("in")), as_text(parameter.get("name"))] = parameter
    new = {key: operation[key] for key in ("operationId", "summary", "description", "security") if key in operation}
    new["parameters"] = [_parameter(each) for (place, _), each in placed.items() if place not in ("body", "formData")]
    consumes = _texts(operation.get("consumes", description.get("consumes")))
    fields = {name: each for (place, name), each in placed.items() if place == "formData"}
    body = next((each for (place, _), each in placed.items() if place == "body"), None)
    if body is not None:
        content = {kind: {"schema": body.get("schema", {})} for kind in consumes or ["application/json"]}
        new["requestBody"] = {**{key: body[key] for key in ("required", "description") if key in body}, "content": content}
    elif fields:
        new["requestBody"] = _form(fields, consumes)
    produces = _texts(operation.get("produces", description.get("produces")))
    new["responses"] = dict(_responses(operation.get("responses"), produces, schemas))
    return new


def _parameter(parameter: Mapping[str, Any]) -> Mapping[str, Any]:
    new = {key: parameter[key] for key in ("name", "in", "required", "description") if key in parameter}
    return {**new, **_style(parameter), "schema": _schema(parameter)}


def _schema(parameter: Mapping[str, Any]) -> Mapping[str, Any]:
    if parameter.get("type") == "file":
        return {"type": "string", "format": "binary"}
    return {key: value for key, value in parameter.items() if key not in _OWN}


def _style(parameter: Mapping[str, Any]) -> Mapping[str, Any]:
    if parameter.get("type") != "array" or parameter.get("in") not in ("query", "formData"):
        return {}
    return _LISTS.get(as_text(parameter.get("collectionFormat")), _LISTS["csv"])


def _form(fields: Mapping[str, Mapping[str, Any]], consumes: Sequence[str]) -> Mapping[str, Any]:
    described = {
        name: {**_schema(each), **({"description": each["description"]} if "description" in each else {})}
        for name, each in fields.items()
    }
    required = [name for name, each in fields.items() if each.get("required") is True]
    with_file = any(each.get("type") == "file" for each in fields.values())
    kind = _MULTIPART if with_file or (_MULTIPART in consumes and _FORM not in consumes) else _FORM
    media = {
        "schema": {"type": "object", "properties": described, "required": required},
        "encoding": {name: _style(each) for name, each in fields.items()},
    }
    return {"required": bool(required), "content": {kind: media}}


def _responses(responses: Any, produces: Sequence[str], schemas: SchemaReader) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    for status, unresolved in islice(responses.items(), 50) if isinstance(responses, Mapping) else ():
        if as_text(status).startswith("2"):
            response = schemas.resolve(unresolved)
            yield status, {"content": dict.fromkeys(produces) if "schema" in response else {}}


def _texts(value: Any) -> list[str]:
    return [each for each in _list(value)[:_KINDS] if isinstance(each, str)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
