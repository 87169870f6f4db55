"""A registered tool as the fields of its editor, and back: pure.

What stands in the fields is kept apart from what is saved, so that what is only half written is still shown as it was typed. The
parameters are one JSON Schema; the table beside it is drawn from it in the browser, and says besides where each argument goes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from common.problems import Sentences
from tools.calls import PLACEHOLDER, READING, HttpCall
from tools.documents import ToolDocument

Fields = Mapping[str, Sequence[str]]
"""What a page reported: the values of each field."""

PLACES = ("path", "query", "header", "field", "body", "template")
"""Where an argument goes, as a person chooses it."""

SECRET_PARTS = ("name", "place", "field", "prefix")
MOST_SECRETS = 5

_SHARED = ("name", "title.en", "title.zh", "description.en", "description.zh", "risk")
_HTTP = ("method", "url", "body_type", "result_path")
_LISTS = ("headers", "query", "media_types")
_MODEL = ("task", "model")
_LINES = ("name", "url", "title.en", "title.zh", "result_path", "task", "model")


@dataclass(frozen=True, slots=True)
class Secret:
    """One key that is sent: where it goes, never what it is. `key` names its row in the form."""

    key: str
    values: Mapping[str, str]

    @property
    def blank(self) -> bool:
        return not (self.values["name"].strip() or self.values["field"].strip())


@dataclass(frozen=True, slots=True)
class ToolForm:
    """What stands in the fields; `sent` is the place of each argument."""

    values: Mapping[str, str]
    sent: Mapping[str, str]
    secrets: tuple[Secret, ...] = ()

    def with_secret(self) -> "ToolForm":
        """With one more row for a key, unless there are as many as there may be."""
        if len(self.secrets) >= MOST_SECRETS:
            return self
        key = str(max((int(row.key) for row in self.secrets), default=-1) + 1)
        blank = {"name": "", "place": "header", "field": "Authorization", "prefix": "Bearer "}
        return replace(self, secrets=(*self.secrets, Secret(key, blank)))

    def without_secret(self, key: str) -> "ToolForm":
        return replace(self, secrets=tuple(row for row in self.secrets if row.key != key))


def form_of(document: ToolDocument) -> ToolForm:
    """The fields of a tool."""
    values = {
        "name": document.name,
        "risk": document.risk,
        "schema": _written(document.parameters),
    }
    for name in ("title", "description"):
        values |= {f"{name}.{language}": getattr(getattr(document, name), language) for language in _OWN}
    call = document.call
    if not isinstance(call, HttpCall):
        return ToolForm(values | {"task": call.task, "model": call.model}, {})
    values |= {name: str(getattr(call, name)) for name in _HTTP}
    values["headers"] = "\n".join(f"{name}: {value}" for name, value in call.headers.items())
    values["query"] = "\n".join(f"{name}={value}" for name, value in call.query.items())
    values["media_types"] = "\n".join(call.media_types)
    values["body"] = "" if call.body is None else _written(call.body)
    secrets = [Secret(str(n), {part: getattr(secret, part) for part in SECRET_PARTS}) for n, secret in enumerate(call.secrets)]
    return ToolForm(values, {name: sent.place for name, sent in call.arguments.items()}, tuple(secrets))


def read_form(fields: Fields, before: ToolDocument) -> ToolForm:
    """The form that a page reported; what it did not report is as in `before`."""
    known = form_of(before)
    values = {name: _typed(name, fields[name][-1], value) if fields.get(name) else value for name, value in known.values.items()}
    sent = dict(known.sent)
    for name, chosen in fields.items():
        if name.startswith(_SENT) and chosen and chosen[-1] in PLACES:
            sent[name.removeprefix(_SENT)] = chosen[-1]
    secrets = known.secrets
    if "secrets" in fields:
        keys = list(dict.fromkeys(key for key in fields["secrets"] if key.isdecimal() and len(key) < 5))[:MOST_SECRETS]
        secrets = tuple(Secret(key, {part: _first(fields, f"secret.{key}.{part}") for part in SECRET_PARTS}) for key in keys)
    return ToolForm(values, sent, secrets)


def document_of(form: ToolForm, before: ToolDocument) -> tuple[dict[str, Any], dict[str, Sentences]]:
    """The document that the form describes, to be parsed, and what could not even be read, by field.

    What has no field is as in `before`, and so is a field that still says what it said: not every value can be typed. With
    problems the document is not to be saved.
    """
    wrong: dict[str, Sentences] = {}
    body = before.model_dump(mode="json")
    values = form.values
    said = form_of(before).values
    body |= {"name": values["name"], "risk": values["risk"]}
    for name in ("title", "description"):
        body[name] = {language: values[f"{name}.{language}"] for language in _OWN}
    schema = _read(values["schema"], "schema", wrong)
    body["parameters"] = schema if isinstance(schema, dict) else {}
    if not isinstance(before.call, HttpCall):
        body["call"] |= {name: values[name] for name in _MODEL}
        return body, wrong
    call = body["call"]
    call |= {name: values[name] for name in _HTTP}
    for name, joint in (("headers", ":"), ("query", "=")):
        if values[name] != said[name]:
            call[name] = _pairs(values[name], joint, name, wrong)
    call["media_types"] = values["media_types"].split()
    call["body"] = _read(values["body"], "body", wrong) if values["body"].strip() else None
    call["arguments"] = _arguments(form, body["parameters"], before.call)
    call["secrets"] = _secrets([row.values for row in form.secrets if not row.blank], before.call)
    return body, wrong


def problems_of(problems: Mapping[str, Sentences], form: ToolForm) -> dict[str, Sentences]:
    """The problems of a document by the names of the form's fields."""
    rows = [row for row in form.secrets if not row.blank]
    found: dict[str, Sentences] = {}
    for name, told in problems.items():
        name = name.removeprefix("call.")
        first, _, rest = name.partition(".")
        place, _, part = rest.partition(".")
        if first == "secrets" and place.isdecimal() and int(place) < len(rows):
            name = ".".join(filter(None, ("secret", rows[int(place)].key, part)))
        elif first in ("parameters", "arguments"):
            name = "schema"
        elif first in ("headers", "query", "media_types", "body"):
            name = first
        elif name == "document":
            changes = form.values.get("method", "GET") not in READING
            name = "risk" if changes and form.values["risk"] == "reads" else "schema"
        found.setdefault("url" if name == "call" else name, told)
    return found


def place_of(argument: str, method: str, url: str) -> str:
    """Where an argument goes while nobody has said: into the path that names it, the query, or the body."""
    if argument in PLACEHOLDER.findall(url):
        return "path"
    return "query" if method in READING else "field"


_OWN = ("en", "zh")
_SENT = "sent."


def _arguments(form: ToolForm, schema: Mapping[str, Any], before: HttpCall) -> dict[str, Any]:
    """How each declared argument is sent; one that stays where it was keeps its details."""
    declared = schema.get("properties")
    arguments: dict[str, Any] = {}
    for name in declared if isinstance(declared, Mapping) else ():
        place = form.sent.get(name, "")
        in_path = name in PLACEHOLDER.findall(form.values["url"])
        if in_path != (place == "path") or not place:
            place = place_of(name, form.values["method"], form.values["url"])
        if form.values["method"] in READING and place in ("field", "body", "template"):
            place = "query"
        known = before.arguments.get(name)
        arguments[name] = known.model_dump(mode="json") if known and known.place == place else {"place": place}
    return arguments


def _secrets(rows: Sequence[Mapping[str, str]], before: HttpCall) -> list[dict[str, Any]]:
    """The keys of some rows; what has no field is as in the key that a row was, told by what is left of it."""
    left = [secret.model_dump(mode="json") for secret in before.secrets]
    was: dict[int, Mapping[str, Any]] = {}
    for parts in (SECRET_PARTS, ("name", "place", "field"), ("place", "field"), ("name",)):
        for n, row in enumerate(rows):
            same = next((secret for secret in left if all(secret[part] == row[part] for part in parts)), None)
            if n not in was and same is not None:
                was[n] = same
                left.remove(same)
    return [{**was.get(n, {}), **row} for n, row in enumerate(rows)]


def _typed(name: str, words: str, known: str) -> str:
    """What was typed into a field, or `known` where that is what its browser makes of it."""
    shown = known.replace("\r\n", "\n").replace("\r", "\n")
    if words == (shown.replace("\n", "") if name in _LINES else shown):
        return known
    # Spaces inside of a path may be those of a text that it looks for.
    return words.strip() if name == "result_path" else " ".join(words.split()) if name in _LINES else words


def _read(words: str, field: str, wrong: dict[str, Sentences]) -> Any:
    try:
        return json.loads(words)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        wrong[field] = (f"Line {line} is no valid JSON. Correct it.", f"第 {line} 行不是正确的 JSON，请改正。")
        return None


def _pairs(words: str, joint: str, field: str, wrong: dict[str, Sentences]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for line in filter(str.strip, words.splitlines()):
        name, found, value = line.partition(joint)
        if not found:
            wrong[field] = (
                f"{line.strip()[:60]!r} has no {joint!r}. Write one a line, as name{joint}value.",
                f"{line.strip()[:60]!r} 里没有 {joint!r}。请每行一个，写成 名称{joint}值。",
            )
        pairs[name.strip()] = value.strip()
    return pairs


def _first(fields: Fields, name: str) -> str:
    return fields[name][0] if fields.get(name) else ""


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
