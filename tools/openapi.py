"""API descriptions in the OpenAPI form, read into tool documents: one for each operation that can be called.

A pure function of a text that comes from strangers: OpenAPI 3.0 and 3.1, and Swagger 2. What cannot be taken is listed with why;
that an address may be reached, and that a key is there, is found out when a tool is called.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl

from common.errors import DocumentInvalid
from tools import swagger
from tools.calls import METHODS, PLACEHOLDER, READING
from tools.descriptions import read_description
from tools.documents import ToolDocument
from tools.http import is_media, is_readable
from tools.imported import Import, LeftOut, Taken, checked
from tools.naming import free, in_words, model_name, one_line, title_slug, tool_id
from tools.operation import ARGUMENT_LIMIT, Arguments, media_types_of, server_address, server_problem
from tools.schemas import SchemaReader, Unusable, as_text, clean_text
from tools.security import Keys

GROWN_LIMIT = 16 * 1024 * 1024
"""Bytes of all tools of one description: by references, a few lines of it may stand for much."""

OPERATION_LIMIT = 10_000

_METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
_LABEL_LIMIT = 200
_DESCRIPTION_LIMIT = 1500
_SERVERS = 20
_RESPONSES = 50


def read_openapi(text: str, server: str | None = None, found_at: str | None = None) -> Import:
    """The operations of a description in JSON or YAML; `server` replaces the address it names, or is one of several.

    `found_at` is the address it was fetched from, which completes one that names no host. Ids and names are unique among its
    documents. Raises `DocumentInvalid` for a text that is no such description.
    """
    return from_description(read_description(text), server, found_at)


def from_description(description: Mapping[str, Any], server: str | None = None, found_at: str | None = None) -> Import:
    """`read_openapi` of what has been read from JSON or YAML already."""
    paths = _paths(description)
    if server is not None and (found := server_problem(server)):
        raise DocumentInvalid(*found)
    reader = _Reader(description, server, found_at)
    return Import(reader.title, list(reader.operations(paths)), reader.servers)


def is_description(data: Mapping[str, Any]) -> bool:
    """Whether some fields claim to be the description of an API."""
    return "openapi" in data or "swagger" in data


def _paths(description: Mapping[str, Any]) -> Mapping[str, Any]:
    """The paths of a description of a form that is read."""
    form = one_line(as_text(description.get("openapi")), 10)
    older = one_line(as_text(description.get("swagger")), 10)
    if not form.startswith(("3.0", "3.1")) and not older.startswith("2"):
        told = f"OpenAPI {form}" if form else f"Swagger {older}" if older else ""
        raise DocumentInvalid(
            f"This is {told or 'no OpenAPI description'}; OpenAPI 3.0, 3.1 and Swagger 2 are read. Convert it or choose another.",
            f"这是 {told}，目前读 OpenAPI 3.0、3.1 和 Swagger 2。请先转换。"
            if told
            else "这不是 OpenAPI 文档。目前读 OpenAPI 3.0、3.1 和 Swagger 2，请另选文件。",
        )
    paths = description.get("paths", {})
    if not isinstance(paths, Mapping):
        raise DocumentInvalid("Its paths are not a group of fields.", "它的 paths 不是一组字段。")
    # One that is a reference counts once: it names what is counted elsewhere.
    count = sum(len(_METHODS & item.keys()) or 1 for item in paths.values() if isinstance(item, Mapping))
    if count > OPERATION_LIMIT:
        raise DocumentInvalid(
            f"This description has {count:,} operations; {OPERATION_LIMIT:,} fit. Split it.",
            f"这份文档有 {count:,} 个接口，最多 {OPERATION_LIMIT:,} 个。请拆分。",
        )
    return paths


class _Reader:
    """One description on its way to tools; remembers the ids and names it has given."""

    def __init__(self, description: Mapping[str, Any], server: str | None, found_at: str | None) -> None:
        info = description.get("info")
        self.title = one_line(info.get("title") if isinstance(info, Mapping) else None, 100) or "API"
        self._description = description
        self._older = "openapi" not in description
        self._found_at = found_at
        self._schemas = SchemaReader(description)
        self._keys = Keys(description, self._schemas, title_slug(self.title))
        self.servers = list(dict.fromkeys(self._usable(self._all_servers(description))))
        self._chosen = server if server in self.servers else None
        self._instead = None if self._chosen else server
        self._ids: dict[str, int] = {}  # each with the number that the next one like it may get
        self._names: dict[str, int] = {}
        self._size = 0

    def operations(self, paths: Mapping[str, Any]) -> Iterator[Taken | LeftOut]:
        for path, unresolved in paths.items():
            if not isinstance(path, str) or path.startswith("x-"):
                continue
            try:
                item = self._schemas.resolve(unresolved)
            except Unusable as error:
                yield LeftOut(one_line(path, _LABEL_LIMIT), error.sentences)
                continue
            for method in (method for method in item if method in _METHODS):
                label = f"{method.upper()} {one_line(path, _LABEL_LIMIT)}"
                try:
                    yield Taken(label, self._document(label, path, method.upper(), item))
                except Unusable as error:
                    yield LeftOut(label, error.sentences)

    def _document(self, label: str, path: str, method: str, item: Mapping[str, Any]) -> ToolDocument:
        operation = item[method.lower()]
        if not isinstance(operation, Mapping):
            raise Unusable("It is not a group of fields.", "它不是一组字段。")
        if method not in METHODS:
            raise Unusable(f"{method} is no method that tools use.", f"工具不使用 {method} 方法。")
        base = self._server(operation, item)
        security = operation.get("security", self._description.get("security"))
        if self._older:
            item, operation = {}, swagger.converted(self._description, item, operation, self._schemas)
        arguments = Arguments(self._schemas, self._keys, self._keys.wanted(security))
        declared = (parameter for place in (item, operation) for parameter in _list(place.get("parameters")))
        path, _, fixed = path.partition("#")[0].partition("?")  # some tell operations of one path apart behind it
        path = arguments.add_parameters(path, list(islice(declared, ARGUMENT_LIMIT + 1)))
        body = arguments.add_body(method, operation.get("requestBody"))
        name = model_name(operation.get("operationId")) or model_name(f"{method.lower()}_{path.replace('{', 'by_')}")
        title = one_line(operation.get("summary") or item.get("summary"), 200) or in_words(name)
        call = {
            "method": method,
            "url": base + (path if path.startswith("/") else f"/{path}"),
            "arguments": arguments.sent,
            "query": _fixed(fixed),
            "secrets": arguments.secrets,
            "media_types": self._media_types(operation),
            **body,
        }
        told = self._told(label, operation, item, title)
        fields = {
            "id": free(tool_id(self.title, name), "-", self._ids),
            "name": free(name, "_", self._names),
            "title": {"en": title, "zh": title},
            "description": {"en": told, "zh": told},
            "parameters": arguments.schema(),
            "risk": "reads" if method in READING else "writes",
            "call": call,
            "source": {"form": "openapi", "api": self.title, "operation": label},
        }
        return self._checked(fields)

    def _server(self, operation: Mapping[str, Any], item: Mapping[str, Any]) -> str:
        """The address before the path: of the operation, the path or the description, the first that can be used."""
        own = next(filter(None, map(self._own_servers, (operation, item))), None)
        if own is None and self._chosen is not None:
            return self._chosen.rstrip("/")
        failure: Unusable | None = None
        for server in (own or self._all_servers(self._description))[:_SERVERS]:
            try:
                return server_address(server, self._instead, self._found_at)
            except Unusable as error:
                failure = failure or error
        raise failure or Unusable("Its servers are none that a tool can call.", "它的服务器都不是工具能调用的。")

    def _own_servers(self, place: Mapping[str, Any]) -> Sequence[Any]:
        if self._older:
            return swagger.servers(self._description, place) if place.get("schemes") else ()
        return _list(place.get("servers"))

    def _all_servers(self, description: Mapping[str, Any]) -> Sequence[Any]:
        if self._older:
            return swagger.servers(description, {})
        return _list(description.get("servers")) or [{"url": "/"}]

    def _usable(self, servers: Sequence[Any]) -> Iterator[str]:
        for server in servers[:_SERVERS]:
            with contextlib.suppress(Unusable):
                yield server_address(server, None, self._found_at)

    def _media_types(self, operation: Mapping[str, Any]) -> Sequence[str]:
        """Those of its results; none where it does not say. Raises `Unusable` where none of them is text."""
        responses = operation.get("responses")
        found: list[str] = []
        for status, response in islice(responses.items(), _RESPONSES) if isinstance(responses, Mapping) else ():
            if as_text(status).startswith("2"):
                found += media_types_of(self._schemas.resolve(response))
        readable = [kind for kind in dict.fromkeys(found) if is_readable(kind)]
        if found and not readable:
            raise Unusable(
                f"It answers with {', '.join(found[:3])}, and only text, JSON, pictures and sounds can be read.",
                f"它返回 {', '.join(found[:3])}，只能读取文本、JSON、图片和声音。",
            )
        # Where there is a choice, what a model can read.
        return ([kind for kind in readable if not is_media(kind)] or readable)[:20]

    def _told(self, label: str, operation: Mapping[str, Any], item: Mapping[str, Any], title: str) -> str:
        """What the model reads: the operation's own words, never those of the whole API."""
        summary = one_line(operation.get("summary") or item.get("summary"), 200)
        words = clean_text(operation.get("description") or item.get("description"), _DESCRIPTION_LIMIT)
        if not summary or words.startswith(summary):
            return words or f"{title} ({label}, {self.title})"
        return f"{summary.rstrip('.')}. {words}" if words else summary

    def _checked(self, fields: Mapping[str, Any]) -> ToolDocument:
        document, size = checked(fields)
        self._size += size
        if self._size > GROWN_LIMIT:
            raise Unusable(
                f"It takes {size:,} bytes, and that is too much with those before it.",
                f"它有 {size:,} 字节，与前面的合计超出了上限。",
            )
        return document


def _fixed(query: str) -> Mapping[str, str]:
    """What stands behind the ? of a path, which is sent with every call; raises `Unusable` where it cannot be."""
    pairs = parse_qsl(query, keep_blank_values=True)
    if PLACEHOLDER.search(query) or len({name for name, _ in pairs}) < len(pairs):
        raise Unusable("What stands behind ? in its path is of a form that is not read.", "路径里 ? 后面的写法不支持。")
    return dict(pairs)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
