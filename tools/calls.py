"""How a call of a registered tool is made: one HTTP request, or one model that runs for a task.

These are parts of a tool document. They say what is sent and where; of a secret they hold the name alone. Whether an address may
be reached, and whether a secret is there for it, is found out when the tool is called.
"""

import contextlib
import ipaddress
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Self, get_args
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from common.egress import PORTS, Method, check_header
from common.errors import EgressRefused
from common.problems import Sentences, problem
from tools.resultpath import path_problem

READING = ("GET", "HEAD")
"""Methods that by the rules of HTTP change nothing."""

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
"""A {name} in an address, in whose place a value goes."""

METHODS: Sequence[str] = get_args(Method)

BodyType = Literal["json", "form", "multipart", "text"]

ARGUMENT = re.compile(r"[^\W\d]\w{0,63}")
"""The name of an argument."""

IN_BODY = re.compile(rf"\{{({ARGUMENT.pattern})\}}")
"""A {name} in a text of a fixed body; other braces are the text's own."""

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>\d{1,5}))?(?P<path>/[^\s?#\\\x00-\x1f\x7f]*)?"
)
_FOR_KEYS = re.compile(r"authori[sz]ation|cookie|token|secret|password|api-?key", re.IGNORECASE)
_KEY_IN_QUERY = re.compile(r"(api|access|app|subscription)[-_]?key|(access|auth|api)[-_]?token|client[-_]?secret", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_DEEPEST = 16  # levels of a fixed body

MediaType = Annotated[str, StringConstraints(pattern=r"^[a-z0-9*][a-z0-9!#$&^_.+*-]{0,60}/[a-z0-9*][a-z0-9!#$&^_.+*-]{0,100}$")]
SecretName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]


class Sent(BaseModel):
    """Where an argument goes in the request.

    `field` is a field of the object that is sent, `body` all that is sent, `template` wherever the fixed body says `{name}`.
    `name` is what the service calls it, "" for the argument's own name. `join` stands between the items of a list in the query;
    "" repeats the name for each. An object in the query goes as `write` says: in JSON, each field as `name[field]`, or each
    field by its own name; with `json` every value is written so.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    place: Literal["path", "query", "header", "field", "body", "template"]
    name: str = Field("", max_length=200)
    join: Literal["", ",", " ", "|", "\t"] = ""
    write: Literal["plain", "json", "deep", "fields"] = "plain"


class SentSecret(BaseModel):
    """Where a secret goes in the request: after `prefix` ("Bearer "), as it is or in Base64 ("user:password").

    One that is not `required` is left out where nobody has entered it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: SecretName
    place: Literal["header", "query", "cookie"]
    field: str = Field(min_length=1, max_length=100)
    prefix: str = Field("", pattern=r"^([A-Za-z][A-Za-z-]{0,30}[ =])?$")  # no room for a key
    write: Literal["plain", "base64"] = "plain"
    required: bool = True

    @model_validator(mode="after")
    def _placed(self) -> Self:
        if self.place == "header" and (found := _header_refused(self.field, "")):
            raise problem(*found)
        if self.place == "cookie" and not _TOKEN.fullmatch(self.field):
            raise problem(
                f"{self.field[:80]!r} cannot name a cookie. Use letters, digits, - and _.",
                f"{self.field[:80]!r} 不能作为 Cookie 名。请用字母、数字、- 和 _。",
            )
        return self


class HttpCall(BaseModel):
    """One HTTP request: `{argument}` in the path of `url` is filled in, the other arguments go where `arguments` says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["http"] = "http"
    method: Method
    url: str = Field(max_length=2000)
    arguments: dict[str, Sent] = Field({}, max_length=200)
    query: dict[str, str] = Field({}, max_length=20)  # sent with every call
    headers: dict[str, str] = Field({}, max_length=20)  # sent with every call
    secrets: tuple[SentSecret, ...] = Field((), max_length=5)
    body: Any = None  # fixed JSON, in whose texts {argument} is filled in
    body_type: BodyType = "json"
    result_path: str = Field("", max_length=200)  # JMESPath to the part of a JSON answer that is the result; "": all of it
    media_types: tuple[MediaType, ...] = Field((), max_length=20)  # of results that can be read; none: any text

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        if found := url_problem(value):
            raise problem(*found)
        return value

    @field_validator("query")
    @classmethod
    def _open_query(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if not name or len(name) > 200 or len(text) > 1000:
                raise problem("Names have 1 to 200 characters, values at most 1,000.", "名称为 1 到 200 个字符，值最多 1000 个。")
            if is_key(name):
                raise problem(*_for_keys(name))
        return value

    @field_validator("headers")
    @classmethod
    def _open_headers(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if found := header_problem(name, text):
                raise problem(*found)
        return value

    @field_validator("body")
    @classmethod
    def _of_json(cls, value: Any) -> Any:
        if not isinstance(value, dict | list | None):
            raise problem("A fixed body is an object or a list.", "固定请求体应为对象或列表。")
        for _ in texts_of(value):
            pass
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise problem(f"It is no JSON: {str(error)[:100]}.", f"这不是 JSON：{str(error)[:100]}。") from None
        return value

    @field_validator("result_path")
    @classmethod
    def _readable_path(cls, value: str) -> str:
        if value and (found := path_problem(value)):
            raise problem(*found)
        return value

    @model_validator(mode="after")
    def _placed(self) -> Self:
        places = {name: sent.place for name, sent in self.arguments.items()}
        in_path = {name for name, place in places.items() if place == "path"}
        if in_path != set(PLACEHOLDER.findall(self.url)):
            raise problem(
                "The {names} in the address must be the arguments that go into the path.",
                "网址里的 {名称} 必须正好是放进路径的那些参数。",
            )
        in_body = {name for name, place in places.items() if place == "template"}
        if in_body != {name for text in texts_of(self.body) for name in IN_BODY.findall(text)}:
            raise problem(
                "The {names} in the fixed body must be the arguments that go there.",
                "固定请求体里的 {名称} 必须正好是放进去的那些参数。",
            )
        self._check_body([place for place in places.values() if place in ("field", "body")])
        for name, sent in self.arguments.items():
            if sent.place == "header" and (found := header_problem(sent.name or name, "")):
                raise problem(*found)
        return self

    def _check_body(self, places: Sequence[str]) -> None:
        if (self.body is not None and places) or ("body" in places and len(places) > 1):
            raise problem(
                "The whole body is fixed, or one argument, or fields of several: one of these.",
                "请求体只能是固定内容、一个参数、或若干字段这三种之一。",
            )
        if self.method in READING and (places or self.body is not None):
            raise problem(f"{self.method} sends no body.", f"{self.method} 请求没有请求体。")
        if self.body_type != "json" and self.body is not None:
            raise problem("A fixed body is JSON.", "固定请求体只能是 JSON。")
        if self.body_type == "text" and "field" in places:
            raise problem("A body of plain text is one argument.", "纯文本请求体只能由一个参数提供。")


class ModelCall(BaseModel):
    """A model that runs for a task, such as translation; "" for the one that the task names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["model"]
    task: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    model: str = Field("", max_length=300, pattern=r"^([A-Za-z0-9][\w./:#-]*)?$")


def texts_of(value: Any, depth: int = 0) -> Iterator[str]:
    """The texts in a fixed body; raises a problem where it is nested too deep."""
    if depth > _DEEPEST:
        raise problem(f"It is nested more than {_DEEPEST} levels deep.", f"嵌套超过了 {_DEEPEST} 层。")
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from texts_of(inner, depth + 1)


def origin_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address that `url_problem` finds nothing wrong with."""
    match = _URL.fullmatch(url)
    assert match is not None
    return match["scheme"], match["host"].lower().rstrip("."), int(match["port"] or PORTS[match["scheme"]])


def origin_text(url: str) -> str:
    """The same as secrets are kept for: "https://host:port"."""
    return f"{origin_of(url)[0]}://{host_of(url)}"


def host_of(url: str) -> str:
    """Host and port as grants name them: "host:port", and "[host]:port" of an IPv6 address in its shortest form."""
    _, host, port = origin_of(url)
    with contextlib.suppress(ValueError):
        host = f"[{ipaddress.IPv6Address(host.strip('[]'))}]"
    return f"{host}:{port}"


def url_problem(url: str) -> Sentences | None:
    """What is wrong with the address of a tool, or None; whether it may be reached is not asked here."""
    match = _URL.fullmatch(url)
    if match is None:
        return (
            f"{url[:120]!r} cannot be called. An address is http:// or https://, a fixed host, and a path without ? and #.",
            f"无法调用 {url[:120]!r}。网址应为 http:// 或 https://，主机固定，路径里没有 ? 和 #。",
        )
    if match["port"] and not 0 < int(match["port"]) < 65536:
        return f"There is no port {match['port']}.", f"没有端口 {match['port']}。"
    path = match["path"] or ""
    if any(unquote(segment) in (".", "..") for segment in path.split("/")):
        return "The path may not hold . or .. as a step.", "路径里不能有 . 或 .. 这样的层级。"
    names = PLACEHOLDER.findall(path)
    if not all(map(ARGUMENT.fullmatch, names)) or re.search("[{}]", PLACEHOLDER.sub("", path)):
        return "A {name} in the path must be the name of an argument.", "路径里的 {名称} 必须是参数名。"
    return None


def is_key(name: str, place: str = "query") -> bool:
    """Whether what goes by this name, in the query or in a header, is a key by all appearances."""
    return (_KEY_IN_QUERY.fullmatch(name) if place == "query" else _FOR_KEYS.search(name)) is not None


def header_problem(name: str, value: str) -> Sentences | None:
    """What is wrong with a header that a document fixes or an argument fills, or None."""
    return _for_keys(name) if is_key(name, "header") else _header_refused(name, value)


def _for_keys(name: str) -> Sentences:
    return (
        f"{name[:80]!r} is for a key, and a document may hold none. Make it a secret of the tool.",
        f"{name[:80]!r} 是放密钥的，文档里不能有密钥。请把它设为工具的密钥。",
    )


def _header_refused(name: str, value: str) -> Sentences | None:
    try:
        check_header(name, value)
    except EgressRefused as error:
        return error.english, error.chinese
    return None
