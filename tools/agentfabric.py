"""AgentFabric's two files of tools: `openapi_plugin_config.json` and `tool_config.json`, read into tool documents.

A pure function of what a file holds. Keys that stand in it are taken out of the documents and offered as secrets; what runs
inside AgentFabric itself, and has no address, is listed as left out.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from common.errors import DocumentInvalid
from common.problems import Sentences
from tools.calls import METHODS, READING, SentSecret, is_key, origin_text
from tools.descriptions import read_description
from tools.documents import ToolDocument
from tools.imported import FoundKey, Import, LeftOut, Taken, checked
from tools.naming import free, in_words, model_name, one_line, title_slug
from tools.openapi import OPERATION_LIMIT, from_description
from tools.operation import ARGUMENT_LIMIT
from tools.schemas import SchemaReader, Unusable, as_text, clean_text

_TYPES = {
    "int": "integer",
    "float": "number",
    "double": "number",
    "str": "string",
    "bool": "boolean",
    "list": "array",
    "dict": "object",
}
_FIELDS = {
    *("name", "description", "url", "method", "parameters", "header", "headers", "token"),
    *("is_active", "use", "is_remote_tool"),
}
_KEY = re.compile(r"key|token|secret|passw|auth(?!ors?$)|sign(ature)?$|cookie|app_?id|^[as]k$", re.IGNORECASE)
"""Names of values that are keys, where a file gives the value too."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z-]{0,30} )?\s*(.*)")
_KEY_LENGTH = 4000  # characters, as many as people can enter
_LEFT_OPEN = re.compile(r"\$?[{<].*[}>]|your[-_ ].*|x{3,}|", re.IGNORECASE)  # where a key is to be filled in


def is_plugin(data: Mapping[str, Any]) -> bool:
    """Whether some fields are those of `openapi_plugin_config.json`."""
    return isinstance(data.get("schema"), str | Mapping)


def is_tool_config(data: Mapping[str, Any]) -> bool:
    """Whether some fields are those of `tool_config.json`: each the settings of a tool."""
    entries = list(islice(data.values(), 20))
    return bool(entries) and all(isinstance(entry, Mapping) and not entry.keys().isdisjoint(_FIELDS) for entry in entries)


def from_plugin(data: Mapping[str, Any], server: str | None = None) -> Import:
    """The operations of a plugin's description, which is an OpenAPI one, with its key as a secret; raises `DocumentInvalid`."""
    schema = data["schema"]
    found = from_description(schema if isinstance(schema, Mapping) else read_description(schema), server)
    notes: list[Sentences] = []
    if policy := one_line(data.get("privacy_policy"), 200):
        notes.append((f"The privacy policy is not kept with the tools: {policy}", f"隐私政策不会随工具保存：{policy}"))
    auth = data.get("auth")
    if not isinstance(auth, Mapping) or as_text(auth.get("type")).lower().replace(" ", "") not in ("apikey", "api_key"):
        return replace(found, notes=notes)
    kind = as_text(auth.get("apikey_type")) or "Bearer"
    secret = {"name": f"{title_slug(found.title)}.apikey", "place": "header", "field": "Authorization"}
    secret |= {"prefix": "Basic ", "write": "base64"} if kind.lower() == "basic" else {"prefix": "Bearer "}
    # AgentFabric sends its key so with every call, whatever the description asks for.
    operations = [
        Taken(each.operation, _with_secret(each.document, secret)) if isinstance(each, Taken) else each
        for each in found.operations
    ]
    value = as_text(auth.get("apikey")).strip()
    origins = dict.fromkeys(_origin(each.document) for each in operations if isinstance(each, Taken))
    open_yet = len(value) > _KEY_LENGTH or _LEFT_OPEN.fullmatch(value)
    keys = [] if open_yet else [FoundKey(secret["name"], tuple(origins), value)]
    return replace(found, operations=operations, keys=keys, notes=notes)


def _with_secret(document: ToolDocument, secret: Mapping[str, Any]) -> ToolDocument:
    assert document.call.kind == "http"
    others = [other for other in document.call.secrets if (other.place, other.field.lower()) != ("header", "authorization")]
    secrets = (*others[:4], SentSecret.model_validate(secret))
    return document.model_copy(update={"call": document.call.model_copy(update={"secrets": secrets})})


def _origin(document: ToolDocument) -> str:
    assert document.call.kind == "http"
    return origin_text(document.call.url)


def from_tools(data: Mapping[str, Any]) -> Import:
    """The tools of a `tool_config.json` that have an address; raises `DocumentInvalid` for too many."""
    if len(data) > OPERATION_LIMIT:
        raise DocumentInvalid(
            f"This file has {len(data):,} tools; {OPERATION_LIMIT:,} fit. Split it.",
            f"这个文件有 {len(data):,} 个工具，最多 {OPERATION_LIMIT:,} 个。请拆分。",
        )
    reader = _Tools()
    operations = list(reader.operations(data))
    return Import("AgentFabric", operations, keys=reader.keys, notes=reader.notes)


class _Tools:
    """A `tool_config.json` on its way; gathers keys and notes."""

    def __init__(self) -> None:
        self.keys: list[FoundKey] = []
        self.notes: list[Sentences] = []
        self._ids: dict[str, int] = {}
        self._names: dict[str, int] = {}
        self._keys: dict[str, int] = {}  # what the names of a tool's keys begin with: two tools may share a title

    def operations(self, data: Mapping[str, Any]) -> Iterator[Taken | LeftOut]:
        for key, entry in data.items():
            label = one_line(key, 200) or "?"
            try:
                if not isinstance(entry, Mapping):
                    raise Unusable("It is not a group of fields.", "它不是一组字段。")
                document, keys = _tool(label, entry, free(title_slug(label), "-", self._keys))
            except Unusable as error:
                yield LeftOut(label, error.sentences)
                continue
            id, name = free(document.id, "-", self._ids), free(document.name, "_", self._names)
            self.keys += keys
            if others := ", ".join(one_line(field, 40) for field in islice(entry.keys() - _FIELDS, 5)):
                self.notes.append((f"{label}: not taken over are {others}.", f"{label}：没有导入 {others}。"))
            yield Taken(label, document.model_copy(update={"id": id, "name": name}))


def _tool(label: str, entry: Mapping[str, Any], prefix: str) -> tuple[ToolDocument, Sequence[FoundKey]]:
    """A tool and its keys, whose names begin with `prefix`."""
    address, method = as_text(entry.get("url")).strip(), as_text(entry.get("method")).upper()
    if not address:
        raise Unusable(
            "It runs inside AgentFabric and has no address. See the Tools page for one of Hearth's own that does the same.",
            "它在 AgentFabric 内部运行，没有网址。请在“工具”页面找 Hearth 自带的同类工具。",
        )
    if method not in METHODS:
        raise Unusable(f"It names no method that tools use ({method[:20]!r}).", f"它没有写明可用的请求方法（{method[:20]!r}）。")
    keys = _Keys(prefix)
    url, query = _open_address(address, keys)
    headers = _open_headers(entry, keys)
    form = any("form-urlencoded" in value for name, value in headers.items() if name.lower() == "content-type")
    url, arguments = _arguments(url, method, entry.get("parameters"), keys)
    title = one_line(entry.get("name"), 200) or in_words(label) or label
    told = clean_text(entry.get("description"), 4000) or title
    fields = {
        "id": title_slug(label),
        "name": model_name(label) or "tool",
        "title": {"en": title, "zh": title},
        "description": {"en": told, "zh": told},
        "parameters": arguments["schema"],
        "risk": "reads" if method in READING else "writes",
        "call": {
            "method": method,
            "url": url,
            "query": query,
            "headers": {} if form else headers,
            "secrets": keys.secrets,
            "arguments": arguments["sent"],
            "body": arguments["body"],
            "body_type": "form" if form else "json",
        },
        "source": {"form": "agentfabric", "api": "AgentFabric", "operation": label},
    }
    document, _ = checked(fields)
    origins = (_origin(document),)
    return document, [FoundKey(name, origins, value) for name, value in keys.values.items()]


class _Keys:
    """The secrets of one tool, and the values that were found for them."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.secrets: list[dict[str, str]] = []
        self.values: dict[str, str] = {}

    def add(self, place: str, field: str, value: str) -> None:
        match = _SCHEME.fullmatch(value.strip())
        prefix, rest = (match[1] or "", match[2]) if match is not None and place == "header" else ("", value.strip())
        name = f"{self._prefix}.{re.sub(r'[^A-Za-z0-9_.-]+', '-', field).strip('-') or 'key'}"[:64]
        self.secrets.append({"name": name, "place": place, "field": field, "prefix": prefix})
        if len(rest) <= _KEY_LENGTH and not _LEFT_OPEN.fullmatch(rest):
            self.values[name] = rest


def _open_address(address: str, keys: _Keys) -> tuple[str, dict[str, str]]:
    """The address without its query, and what of the query is no key."""
    try:
        parts = urlsplit(address)
    except ValueError:
        raise Unusable("Its url is no address.", "它的 url 不是网址。") from None
    if "@" in parts.netloc:
        raise Unusable(
            "Its url holds a user name. Take it out, and enter it as a secret.", "它的 url 里有用户名。请去掉，改为填写密钥。"
        )
    query: dict[str, str] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True, max_num_fields=50):
        if _KEY.search(name):
            keys.add("query", name, value)
        else:
            query[name] = value
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")), query


def _open_headers(entry: Mapping[str, Any], keys: _Keys) -> dict[str, str]:
    """What of the headers is no key."""
    given: Mapping[Any, Any] = next((entry[name] for name in ("header", "headers") if isinstance(entry.get(name), Mapping)), {})
    open_ones: dict[str, str] = {}
    for name, value in given.items():
        if _KEY.search(as_text(name)):
            keys.add("header", as_text(name), as_text(value))
        else:
            open_ones[as_text(name)] = as_text(value)
    if (token := as_text(entry.get("token"))) and not any(secret["field"] == "Authorization" for secret in keys.secrets):
        keys.add("header", "Authorization", f"Bearer {token}")
    return open_ones


def _arguments(url: str, method: str, declared: Any, keys: _Keys) -> tuple[str, dict[str, Any]]:
    """The address with the names of arguments in it, and their `schema`, `sent` and fixed `body`."""
    parameters = declared if isinstance(declared, list) else []
    if len(parameters) > ARGUMENT_LIMIT:
        raise Unusable(f"It has more than {ARGUMENT_LIMIT} parameters.", f"它的参数超过 {ARGUMENT_LIMIT} 个。")
    properties: dict[str, Any] = {}
    required: list[str] = []
    sent: dict[str, dict[str, str]] = {}
    deep = False
    taken: dict[str, int] = {}
    for parameter in parameters:
        if not isinstance(parameter, Mapping) or not as_text(parameter.get("name")):
            raise Unusable("One of its parameters has no name.", "有一个参数没有名称。")
        name = as_text(parameter["name"])[:200]
        place = _place(parameter, method)
        if place == "cookie" or (place in ("query", "header") and is_key(name, place)):
            keys.add(place, name, as_text(parameter.get("default")))
            continue
        argument = free(re.sub(r"^(?=\d)", "n_", re.sub(r"\W+", "_", name).strip("_") or "value")[:60], "_", taken)
        properties[argument] = _schema(parameter)
        if place == "path":
            url = url.replace("{" + name + "}", "{" + argument + "}")
        if place == "field" and "." in name:
            deep = True
        sent[argument] = {"place": place, "name": "" if name == argument or place == "path" else name}
        if parameter.get("required", True) is not False:
            required.append(argument)
    body: dict[str, Any] | None = None
    if deep:  # "input.text" means {"input": {"text": ...}}
        body = {}
        for argument, where in sent.items():
            if where["place"] == "field":
                _put(body, (where["name"] or argument).split("."), "{" + argument + "}")
                sent[argument] = {"place": "template"}
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return url, {"schema": schema | ({"required": required} if required else {}), "sent": sent, "body": body}


def _place(parameter: Mapping[str, Any], method: str) -> str:
    said = as_text(parameter.get("in"))
    if said in ("path", "header", "cookie"):
        return said
    # AgentFabric sends what is not in the path as the body of a POST, and in the query of a GET.
    return "query" if said == "query" or method in READING else "field"


def _put(body: dict[str, Any], steps: Sequence[str], value: str) -> None:
    for step in steps[:-1]:
        inner = body.setdefault(step, {})
        if not isinstance(inner, dict):
            raise Unusable(f"Two of its parameters share the place {step[:40]!r}.", f"有两个参数共用 {step[:40]!r}。")
        body = inner
    if steps[-1] in body:
        raise Unusable(f"Two of its parameters share the place {steps[-1][:40]!r}.", f"有两个参数共用 {steps[-1][:40]!r}。")
    body[steps[-1]] = value


def _schema(parameter: Mapping[str, Any]) -> dict[str, Any]:
    kind = as_text(parameter.get("type")).lower()
    fields = {key: parameter[key] for key in ("description", "enum", "items", "properties") if key in parameter}
    if not _KEY.search(as_text(parameter["name"])) and "default" in parameter:
        fields["default"] = parameter["default"]
    return SchemaReader({}).read({**fields, "type": _TYPES.get(kind, kind)})
