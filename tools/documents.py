"""Tools that people register without code: documents of a name, a schema and how a call becomes a request.

A document says what is sent and where; it has no field for a secret, a grant or code. That its address may be reached is decided
by `common.egress` when it is called, and whether a call needs a person's consent by its risk.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Annotated, Any, Literal, Self, get_args
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from common.database import Database
from common.documents import Document, DocumentStore, Line, LocalizedText, Stored
from common.egress import PORTS, Method, check_header
from common.errors import EgressRefused
from common.problems import Sentences, problem
from tools.base import Risk
from tools.schemas import refusal

READING = ("GET", "HEAD")
"""Methods that by the rules of HTTP change nothing."""

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
"""A {name} in an address, in whose place a value goes."""

METHODS: Sequence[str] = get_args(Method)

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>\d{1,5}))?(?P<path>/[^\s?#\\\x00-\x1f\x7f]*)?"
)
_ARGUMENT = re.compile(r"[^\W\d]\w{0,63}")
_SECRET_HEADER = re.compile(r"authori[sz]ation|cookie|token|secret|password|api-?key", re.IGNORECASE)

ModelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
MediaType = Annotated[str, StringConstraints(pattern=r"^[a-z0-9*][a-z0-9!#$&^_.+*-]{0,60}/[a-z0-9*][a-z0-9!#$&^_.+*-]{0,100}$")]


class Description(LocalizedText):
    """What the tool does and when to call it, for the model as much as for people."""

    en: str = Field("", max_length=4000)
    zh: str = Field("", max_length=4000)


class Sent(BaseModel):
    """Where an argument goes in the request.

    `field` is a field of the JSON object that is sent, `body` all that is sent. `name` is what the service calls it, "" for the
    argument's own name. `join` stands between the items of a list in the query; "" repeats the name for each.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    place: Literal["path", "query", "header", "field", "body"]
    name: str = Field("", max_length=200)
    join: Literal["", ",", " ", "|"] = ""


class HttpCall(BaseModel):
    """One HTTP request: `{argument}` in the path of `url` is filled in, the other arguments go where `arguments` says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["http"] = "http"
    method: Method
    url: str = Field(max_length=2000)
    arguments: dict[str, Sent] = Field({}, max_length=200)
    headers: dict[str, str] = Field({}, max_length=20)  # sent with every call
    media_types: tuple[MediaType, ...] = Field((), max_length=20)  # of results that can be read; none: any text

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        if found := url_problem(value):
            raise problem(*found)
        return value

    @field_validator("headers")
    @classmethod
    def _open_headers(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if found := header_problem(name, text):
                raise problem(*found)
        return value

    @model_validator(mode="after")
    def _placed(self) -> Self:
        places = [sent.place for sent in self.arguments.values()]
        in_path = {name for name, sent in self.arguments.items() if sent.place == "path"}
        if in_path != set(PLACEHOLDER.findall(self.url)):
            raise problem(
                "The {names} in the address must be the arguments that go into the path.",
                "网址里的 {名称} 必须正好是放进路径的那些参数。",
            )
        if "body" in places and ("field" in places or places.count("body") > 1):
            raise problem("One argument can be the whole body, and nothing beside it.", "整个请求体只能由一个参数提供。")
        if self.method in READING and ("body" in places or "field" in places):
            raise problem(f"{self.method} sends no body.", f"{self.method} 请求没有请求体。")
        for name, sent in self.arguments.items():
            if sent.place == "header" and (found := header_problem(sent.name or name, "")):
                raise problem(*found)
        return self


class ToolDocument(Document):
    """A tool that somebody registered."""

    name: ModelName  # what the model calls it
    title: Line
    description: Description
    parameters: dict[str, Any]  # JSON Schema of type object, within `tools.schemas`
    risk: Risk
    call: HttpCall  # `call.kind` tells the kinds of tools apart

    @field_validator("title", "description")
    @classmethod
    def _told(cls, value: LocalizedText) -> LocalizedText:
        if value.blank:
            raise problem("Write it in English or Chinese.", "请填写，中文或英文都行。")
        return value

    @field_validator("parameters")
    @classmethod
    def _schema(cls, value: dict[str, Any]) -> dict[str, Any]:
        if found := refusal(value):
            raise problem(*found)
        for name in value.get("properties", {}):
            if not _ARGUMENT.fullmatch(name):
                raise problem(
                    f"{name[:80]!r} cannot name an argument. Use letters, digits and _, beginning with a letter.",
                    f"{name[:80]!r} 不能作为参数名。请用文字、数字和下划线，不以数字开头。",
                )
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        declared, sent = set(self.parameters.get("properties", {})), set(self.call.arguments)
        if declared != sent:
            names = ", ".join(sorted(declared ^ sent))
            raise problem(
                f"Each argument needs a schema and a place in the request; one of them lacks for: {names[:200]}.",
                f"每个参数都要有类型说明和在请求里的位置；缺少其一的是：{names[:200]}。",
            )
        if self.risk == "reads" and self.call.method not in READING:
            raise problem(
                f"A call with {self.call.method} may change things, so its risk is writes or spends.",
                f"{self.call.method} 请求可能改动数据，风险应为 writes 或 spends。",
            )
        return self


class ToolStore(DocumentStore[ToolDocument]):
    """`DocumentStore` for tools; none of its documents ship."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "tool", ToolDocument)

    def keep_imported(
        self, owner: str, documents: Sequence[ToolDocument], reserved: Mapping[str, str]
    ) -> Sequence[Stored[ToolDocument]]:
        """Save documents that came out of one import, each over the one it gave before.

        Never over a tool of another server: an id or a name that is taken gets a number. `reserved` is id -> name of tools
        that are no documents. One that has not changed makes no new revision.
        """
        current = {stored.document.id: stored for stored in self.list(owner)}
        unreadable = self.unreadable(owner).keys()
        names = {name: id for id, name in reserved.items()} | {s.document.name: id for id, s in current.items()}
        done: dict[str, Stored[ToolDocument]] = {}
        for document in documents:
            origin = origin_of(document.call.url)
            id = next(
                id
                for id in numbered(document.id, "-")
                if not (id in reserved or id in done or id in unreadable)
                and (id not in current or origin_of(current[id].document.call.url) == origin)
            )
            name = next(name for name in numbered(document.name, "_") if names.get(name, id) == id)
            names[name] = id
            document = document.model_copy(update={"id": id, "name": name})
            before = current.get(id)
            same = before is not None and before.document == document
            done[id] = before if before and same else self.save(owner, document, before.revision if before else 0)
        return list(done.values())


def numbered(wanted: str, joint: str, first: int = 1) -> Iterator[str]:
    """`wanted` as it is for 1, then with 2, 3 and so on behind it, none longer than 64 characters."""
    for number in count(first):
        suffix = f"{joint}{number}" if number > 1 else ""
        yield wanted[: 64 - len(suffix)] + suffix


def origin_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address that `url_problem` finds nothing wrong with."""
    match = _URL.fullmatch(url)
    assert match is not None
    return match["scheme"], match["host"].lower().rstrip("."), int(match["port"] or PORTS[match["scheme"]])


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
    if not all(map(_ARGUMENT.fullmatch, names)) or re.search("[{}]", PLACEHOLDER.sub("", path)):
        return "A {name} in the path must be the name of an argument.", "路径里的 {名称} 必须是参数名。"
    return None


def header_problem(name: str, value: str) -> Sentences | None:
    """What is wrong with a header that a document fixes or an argument fills, or None."""
    if _SECRET_HEADER.search(name):
        return (
            f"The header {name[:80]!r} is for keys, and a document may hold none.",
            f"请求头 {name[:80]!r} 是放密钥的，文档里不能有密钥。",
        )
    try:
        check_header(name, value)
    except EgressRefused as error:
        return error.english, error.chinese
    return None
