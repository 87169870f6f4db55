"""The parts of one operation of an API description: its arguments and where they go, its body, its server, its media types.

Used by `tools.openapi` alone. An argument goes by the name that its service gave it wherever a model can say that name and no
other argument has it; else by one like it, and the service's own is kept for the request.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any
from urllib.parse import urljoin

from common.problems import Sentences
from tools.calls import PLACEHOLDER, READING, header_problem, is_key, url_problem
from tools.documents import numbered
from tools.schemas import SchemaReader, Unusable, as_text, clean_text
from tools.security import Keys, SecretFields

ARGUMENT_LIMIT = 64

_PATH_LIMIT = 1500
_MEDIA_TYPES = 50  # of one body that are looked at

_IGNORED_HEADERS = ("accept", "content-type")  # the standard takes them from elsewhere
_MAYBE_KEYS = ("key", "ak", "appid", "appkey", "token")
_SAYS_KEY = re.compile(
    r"api[ _-]?key|\byour .{0,20}key|access key|密钥|密匙|凭证|申请.{0,20}key|用户.{0,10}key|认证", re.IGNORECASE
)
_JSON = re.compile(r"(application|text)/(json|[a-z0-9.+-]*\+json)")
_MEDIA_TYPE = re.compile(r"[a-z0-9*][a-z0-9.+*-]{0,60}/[a-z0-9*][a-z0-9.+*-]{0,100}")
_JOINS = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}
_OTHERS = {"application/x-www-form-urlencoded": "form", "multipart/form-data": "multipart", "text/plain": "text"}
"""Media types of bodies besides JSON, the better first."""


class Arguments:
    """The arguments of an operation, gathered: `properties` by the names that the model sees, `sent` says where each goes.

    `secrets` are the keys it needs: those that its description asks for, and parameters that are keys by their names.
    """

    def __init__(self, schemas: SchemaReader, keys: Keys, secrets: Sequence[SecretFields]) -> None:
        self._schemas = schemas
        self._keys = keys
        self.properties: dict[str, Any] = {}
        self.required: list[str] = []
        self.sent: dict[str, dict[str, str]] = {}
        self.secrets = list(secrets)

    def schema(self) -> dict[str, Any]:
        """All of them as the schema of a tool; raises `Unusable` when they are too many for a model."""
        if len(self.properties) > ARGUMENT_LIMIT:
            raise Unusable(
                f"It has {len(self.properties)} arguments; {ARGUMENT_LIMIT} fit.",
                f"它有 {len(self.properties)} 个参数，最多 {ARGUMENT_LIMIT} 个。",
            )
        whole = {"type": "object", "properties": self.properties, "additionalProperties": False}
        return whole | ({"required": self.required} if self.required else {})

    def add_parameters(self, path: str, declared: Sequence[Any]) -> str:
        """Add those of the path, the query and the headers, a later one replacing an earlier of its name and place.

        Returns `path` with the names of arguments in its placeholders.
        """
        if len(path) > _PATH_LIMIT or len(declared) > ARGUMENT_LIMIT:
            raise Unusable("Its path or its list of parameters is too long.", "它的路径或参数列表太长。")
        placed: dict[tuple[str, str], Mapping[str, Any]] = {}
        for unresolved in declared:
            parameter = self._schemas.resolve(unresolved)
            placed[as_text(parameter.get("in")), as_text(parameter.get("name"))] = parameter
        names: dict[str, str] = {}
        for name in dict.fromkeys(PLACEHOLDER.findall(path)):
            parameter = placed.get(("path", name), {})  # many forget to declare them
            if not re.fullmatch(r"\w[\w .-]*", name) or parameter.get("style", "simple") != "simple":
                raise Unusable(
                    f"{name[:80]!r} in its path is of a form that is not read.", f"路径里 {name[:80]!r} 的写法不支持。"
                )
            names[name] = self._add(name, "path", self._parameter_schema(parameter), True)
        for (place, name), parameter in placed.items():
            if place == "query":
                self._add_query(name, parameter)
            elif place == "header":
                self._add_header(name, parameter)
            elif place == "cookie":
                if parameter.get("required") is True:  # cookies are how services know their users
                    self._add_secret(name, place, True)
            elif place != "path":
                raise Unusable(
                    f"It needs {name[:80]!r} in the place {place[:20]!r}, which is not sent.",
                    f"它需要放在 {place[:20]!r} 里的 {name[:80]!r}，这里不支持。",
                )
        return PLACEHOLDER.sub(lambda match: "{" + names[match[1]] + "}", path)

    def add_body(self, method: str, unresolved: Any) -> dict[str, Any]:
        """Add what the body holds: the fields of an object each, anything else whole. Returns the fields of a call it needs."""
        if unresolved is None:
            return {}
        body = self._schemas.resolve(unresolved)
        required = body.get("required") is True
        kinds = _content(body)
        if not kinds or (method in READING and not required):
            return {}
        if method in READING:
            raise Unusable(f"It needs a body with {method}, which is not sent.", f"它要求 {method} 请求带请求体，这里不支持。")
        kind = _json_kind(kinds) or next((kind for kind in _OTHERS if kind in kinds), None)
        if kind is None:
            raise Unusable(
                f"It takes {', '.join(kinds)[:100]}; JSON, forms and plain text can be sent.",
                f"它接收 {', '.join(kinds)[:100]}，只能发送 JSON、表单和纯文本。",
            )
        media = self._schemas.resolve(kinds[kind])
        schema = self._schemas.read(media.get("schema", {}))
        described = clean_text(body.get("description"), 1000)
        self._add_content(schema, _OTHERS.get(kind, "json"), media.get("encoding"), required, described)
        if kind in _OTHERS:
            return {"body_type": _OTHERS[kind]}
        return {} if "*" in kind or kind == "application/json" else {"headers": {"Content-Type": kind}}

    def _add_content(self, schema: dict[str, Any], body_type: str, encoding: Any, required: bool, described: str) -> None:
        if _is_file(schema):
            raise _takes_a_file()
        needed = schema.get("required", ()) if required else ()
        fields = schema.get("properties", {}) if "anyOf" not in schema and body_type != "text" else {}
        if body_type in ("form", "multipart"):
            if any(_is_file(field) for name, field in fields.items() if name in needed):
                raise _takes_a_file()
            sendable = {name: field for name, field in fields.items() if not _is_file(field)}
            if not sendable and (fields or body_type == "multipart"):
                raise _takes_a_file()
            fields = sendable
        for name, field in fields.items():
            how = encoding.get(name) if isinstance(encoding, Mapping) else None
            written = {} if body_type == "json" else _written_in_form(how if isinstance(how, Mapping) else {}, field)
            self._add(name, "field", field, name in needed, **(written or {"write": "json"}))
        if not fields:
            self._add("body", "body", ({"description": described} if described else {}) | schema, required)

    def _add_query(self, name: str, parameter: Mapping[str, Any]) -> None:
        required = parameter.get("required") is True
        if is_key(name) or (name.lower() in _MAYBE_KEYS and _SAYS_KEY.search(as_text(parameter.get("description"))[:500])):
            self._add_secret(name, "query", required)
            return
        in_json = False
        for kind, media in islice(_content(parameter).items(), 1):
            in_json = not kind.startswith("text/") or _JSON.fullmatch(kind) is not None
            parameter = {**parameter, "schema": self._schemas.resolve(media).get("schema", {})}
        schema = self._parameter_schema(parameter)
        written = {"write": "json"} if in_json else _written(parameter, schema)
        if written is not None:
            self._add(name, "query", schema, required, **written)
        elif required:
            raise Unusable(f"The form of {name[:80]!r} in its query is not sent.", f"查询参数 {name[:80]!r} 的写法不支持。")

    def _add_header(self, name: str, parameter: Mapping[str, Any]) -> None:
        if name.lower() in _IGNORED_HEADERS:
            return
        required = parameter.get("required") is True
        if is_key(name, "header"):
            self._add_secret(name, "header", required)
        elif (found := header_problem(name, "")) is None:
            self._add(name, "header", self._parameter_schema(parameter), required)
        elif required:
            raise Unusable(*found)

    def _add_secret(self, name: str, place: str, required: bool) -> None:
        there = {(secret["place"], secret["field"].lower()) for secret in self.secrets}
        if (place, name.lower()) not in there:
            self.secrets.append(self._keys.of_parameter(name, place, required))

    def _parameter_schema(self, parameter: Mapping[str, Any]) -> dict[str, Any]:
        """Its schema with its description; one that may be null is one that may be left out."""
        schema = self._schemas.read(parameter.get("schema", {"type": "string"}))
        if isinstance(kinds := schema.get("type"), list) and len(real := [kind for kind in kinds if kind != "null"]) == 1:
            schema["type"] = real[0]
        described = clean_text(parameter.get("description"), 1000)
        return schema | ({"description": described} if described else {})

    def _add(self, name: str, place: str, schema: Mapping[str, Any], required: bool, join: str = "", write: str = "plain") -> str:
        plain = re.sub(r"\W+", "_", name[:200]).strip("_") or "value"
        plain = plain if re.match(r"[^\W\d]", plain) else f"n_{plain}"
        wanted = plain if plain not in self.properties else f"{place}_{plain}"
        argument = next(free for free in numbered(wanted, "_") if free not in self.properties)
        self.properties[argument] = schema
        if required:
            self.required.append(argument)
        self.sent[argument] = {
            "place": place,
            "name": "" if name == argument or place in ("path", "body") else name,
            "join": join,
            "write": write,
        }
        return argument


def _written(parameter: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, str] | None:
    """How a value of the query or a form is written, None for a way that is not known here."""
    style = as_text(parameter.get("style", "form"))
    explode = parameter.get("explode", style == "form")
    if style == "deepObject":
        return {"write": "deep"}
    if _is_object(schema):
        return {"write": "fields"} if style == "form" and explode else None
    return {"join": "" if explode else _JOINS[style]} if style in _JOINS else None


def _written_in_form(encoding: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, str] | None:
    """The same of a field of a form, where an object is JSON unless its description says how it is spread."""
    said = "style" in encoding or "explode" in encoding
    return {"write": "json"} if _is_object(schema) and not said else _written(encoding, schema)


def _is_object(schema: Mapping[str, Any]) -> bool:
    kinds = schema.get("type", "object" if "properties" in schema else "")
    return "object" in ([kinds] if isinstance(kinds, str) else kinds)


def _is_file(schema: Mapping[str, Any]) -> bool:
    items = schema.get("items")
    return schema.get("format") == "binary" or (isinstance(items, Mapping) and items.get("format") == "binary")


def _takes_a_file() -> Unusable:
    return Unusable("It takes a file, which tools cannot send.", "它需要上传文件，工具不能发送文件。")


def media_types_of(response: Mapping[str, Any]) -> Sequence[str]:
    """The media types that a response may have, in small letters and without their parameters."""
    return list(_content(response))


def _content(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a body or a response holds, by media type."""
    content = body.get("content")
    named = islice(content.items(), _MEDIA_TYPES) if isinstance(content, Mapping) else ()
    bare = {as_text(kind).partition(";")[0].strip().lower(): media for kind, media in named}
    return {kind: media for kind, media in bare.items() if _MEDIA_TYPE.fullmatch(kind)}


def _json_kind(kinds: Mapping[str, Any]) -> str | None:
    """Of the media types that a body may have, the one that JSON is sent as."""
    named = [kind for kind in kinds if _JSON.fullmatch(kind)]
    if "application/json" in named:
        return "application/json"
    return next(iter([*named, *(kind for kind in kinds if kind in ("*/*", "application/*"))]), None)


def server_address(server: Any, given: str | None, found_at: str | None = None) -> str:
    """The address that a server entry names, without a slash at its end; `given` replaces its host, or all of it.

    One without a host is completed by `found_at`. Raises `Unusable` where a tool could never call it.
    """
    url = server.get("url") if isinstance(server, Mapping) else None
    if not isinstance(url, str) or len(url) > _PATH_LIMIT:
        raise Unusable("Its server has no address that can be read.", "它的 server 没有可用的网址。")
    if given is None or "{" not in url:
        url = _with_defaults(url.strip(), server.get("variables"))
        url = f"https:{url}" if url.startswith("//") else url
    relative = re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//|\{", url) is None
    if given is not None:
        url = urljoin(given, url) if relative and url not in ("", "/") else given
    elif relative and found_at is not None:
        url = urljoin(found_at, url or ".")
    elif relative:
        raise Unusable(
            "The description does not say which host it is for. Give its address, https://HOST.",
            "文档没有写明服务器。请指定网址：https://主机。",
        )
    if found := server_problem(url):
        raise Unusable(*found)
    return url.rstrip("/")


def _with_defaults(url: str, variables: Any) -> str:
    def default(match: re.Match[str]) -> str:
        declared = variables.get(match[1]) if isinstance(variables, Mapping) else None
        value = declared.get("default") if isinstance(declared, Mapping) else None
        if not isinstance(value, str) and not as_text(value):
            raise Unusable(
                f"Its server has the variable {match[1][:80]!r} without a default. Give its address, https://HOST.",
                f"服务器网址里的变量 {match[1][:80]!r} 没有默认值。请指定网址：https://主机。",
            )
        return as_text(value)

    return PLACEHOLDER.sub(default, url)


def server_problem(url: str) -> Sentences | None:
    """Why no tool could call an address, whatever it is granted, or None; names are not looked up here."""
    if found := url_problem(url):
        return found
    if "{" in url:
        return f"The address {url[:120]!r} holds a placeholder.", f"网址 {url[:120]!r} 里有未填的占位符。"
    return None
