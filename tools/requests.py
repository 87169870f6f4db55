"""From arguments to a request: what one call of a registered tool sends, its secrets included.

The model chooses values, never the host, the method or the names of headers: a value in the path is one encoded segment, one in
a header is one line. Pure functions of a document, its arguments and the values of its secrets.
"""

import base64
import json
import re
import uuid
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote, urlencode

from common.egress import Method
from common.errors import ArgumentsInvalid, ToolFailed
from common.redaction import HIDDEN
from tools.calls import IN_BODY, PLACEHOLDER, HttpCall, Sent, SentSecret

_URL_LIMIT = 8000
_DECODED = 4  # times that a service and what stands before it may decode an address
_COOKIE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")
_CONTENT = {"json": "application/json", "form": "application/x-www-form-urlencoded", "text": "text/plain; charset=utf-8"}
_GONE = object()  # in a fixed body, where an argument was not given

Given = Sequence[tuple[str, Sent, Any]]
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What a call sends."""

    method: Method
    url: str
    headers: Mapping[str, str]
    body: bytes | None


def request_of(call: HttpCall, arguments: Mapping[str, Any], secrets: Mapping[str, str] | None = None) -> HttpRequest:
    """The request of one call, with the `secrets` (name -> value) that are given.

    Raises `ArgumentsInvalid` for a value that cannot be sent, and `ToolFailed` for such a secret.
    """
    given = [(name, sent, arguments[name]) for name, sent in call.arguments.items() if name in arguments]
    hidden = [(secret, _written(secret, secrets[secret.name])) for secret in call.secrets if secrets and secret.name in secrets]
    url = _filled(call.url, {name: value for name, sent, value in given if sent.place == "path"})
    fixed = [*call.query.items(), *((secret.field, value) for secret, value in hidden if secret.place == "query")]
    query = [*fixed, *_pairs(given, "query", {name for name, _ in fixed})]
    if query:
        url += "?" + urlencode(query, quote_via=quote, errors="replace")
    if len(url) > _URL_LIMIT:
        raise ArgumentsInvalid(
            f"The arguments make an address of {len(url):,} characters; {_URL_LIMIT:,} fit. Shorten them.",
            f"这些参数使网址长达 {len(url):,} 个字符，最多 {_URL_LIMIT:,} 个。请缩短。",
        )
    headers = {"accept": ", ".join(call.media_types) or "application/json, text/*;q=0.9, */*;q=0.1"}
    body, content_type = _body(call, given)
    if body is not None:
        headers["content-type"] = content_type
    headers |= {name.lower(): value for name, value in call.headers.items()}
    headers |= {(s.name or name).lower(): _plain(value) for name, s, value in given if s.place == "header" and value is not None}
    headers |= {secret.field.lower(): value for secret, value in hidden if secret.place == "header"}
    if cookies := [f"{secret.field}={value}" for secret, value in hidden if secret.place == "cookie"]:
        headers["cookie"] = "; ".join(cookies)
    return HttpRequest(call.method, url, headers, body)


def masked(call: HttpCall, arguments: Mapping[str, Any], secrets: Collection[str]) -> HttpRequest:
    """The request of one call with "•••" for each of the `secrets` (by name), whose values it never sees.

    Raises `ArgumentsInvalid` for a value that cannot be sent.
    """
    stand_ins = {name: uuid.uuid4().hex for name in secrets}
    plain = tuple(secret.model_copy(update={"write": "plain"}) for secret in call.secrets)
    request = request_of(call.model_copy(update={"secrets": plain}), arguments, stand_ins)

    def hidden(text: str) -> str:
        for stand_in in stand_ins.values():
            text = text.replace(stand_in, HIDDEN)
        return text

    headers = {name: hidden(value) for name, value in request.headers.items()}
    return replace(request, url=hidden(request.url), headers=headers)


def _written(secret: SentSecret, value: str) -> str:
    if secret.write == "base64":
        value = base64.b64encode(value.encode()).decode()
    if secret.place == "cookie" and not _COOKIE.fullmatch(value):
        raise ToolFailed(
            f"The secret {secret.name!r} cannot be sent as a cookie: it holds a space, a comma or the like. Enter it again.",
            f"密钥 {secret.name!r} 无法放进 Cookie：里面有空格、逗号之类的字符。请重新填写。",
        )
    return secret.prefix + value


def _body(call: HttpCall, given: Given) -> tuple[bytes | None, str]:
    """What is sent, and its media type; None where nothing is."""
    places = {sent.place for sent in call.arguments.values()}
    kind = _CONTENT.get(call.body_type, "")
    if call.body is not None:
        return _json(_put_in(call.body, {name: value for name, sent, value in given if sent.place == "template"})), kind
    if "field" in places:
        if call.body_type == "json":
            return _json({sent.name or name: value for name, sent, value in given if sent.place == "field"}), kind
        return _encoded(call, _pairs(given, "field"))
    whole = [(sent, value) for _, sent, value in given if sent.place == "body"]
    if not whole:
        return None, kind
    [(sent, value)] = whole
    if call.body_type == "json":
        return _json(value), kind
    if call.body_type == "text":
        return _plain(value).encode("utf-8", "replace"), kind
    if not isinstance(value, Mapping):
        raise ArgumentsInvalid("The body is a form: an object of names and values.", "请求体是表单：应为“名称：值”组成的对象。")
    return _encoded(call, [pair for name, inner in value.items() for pair in _spread(sent, name, inner)])


def _encoded(call: HttpCall, pairs: Pairs) -> tuple[bytes, str]:
    if call.body_type == "form":
        return urlencode(pairs, errors="replace").encode(), _CONTENT["form"]
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{_in_quotes(name)}"\r\n\r\n{value}\r\n' for name, value in pairs
    ]
    return "".join([*parts, f"--{boundary}--\r\n"]).encode("utf-8", "replace"), f"multipart/form-data; boundary={boundary}"


def _in_quotes(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")


def _put_in(node: Any, values: Mapping[str, Any]) -> Any:
    """A fixed body with its `{name}`s filled in: by the value where that is all of a text, else by its words."""
    if isinstance(node, str):
        if (alone := IN_BODY.fullmatch(node)) is not None:
            return values.get(alone[1], _GONE)
        return IN_BODY.sub(lambda match: "" if (value := values.get(match[1])) is None else _plain(value), node)
    if isinstance(node, Mapping):
        filled = {name: _put_in(inner, values) for name, inner in node.items()}
        return {name: inner for name, inner in filled.items() if inner is not _GONE}
    if isinstance(node, list):
        return [inner for inner in (_put_in(each, values) for each in node) if inner is not _GONE]
    return node


def _filled(url: str, values: Mapping[str, Any]) -> str:
    """The address with its `{name}`s filled in; each value stays within its own step of the path."""

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        value = values.get(name)
        parts = [_plain(part) for part in (value if isinstance(value, list) else [value])] if value is not None else []
        if not any(parts) or any(map(_leads_up, parts)):
            raise ArgumentsInvalid(
                f"{name} cannot be {value!r:.80}: it is a part of the address, neither empty nor a way up.",
                f"{name} 不能是 {value!r:.80}：它是网址的一部分，不能为空，也不能含有 . 或 .. 这样的层级。",
            )
        return ",".join(quote(part, safe="", errors="replace") for part in parts)

    filled = PLACEHOLDER.sub(fill, url)
    if any(step in (".", "..") for step in filled.split("/")):  # of several values in one step
        raise ArgumentsInvalid("The arguments make a step up in the address.", "这些参数在网址里构成了向上的层级。")
    return filled


def _leads_up(part: str) -> bool:
    """Whether a value is a way up for a service: many decode it before they look for one, some of them twice."""
    for _ in range(_DECODED):
        if any(step in (".", "..") for step in re.split(r"[/\\]", part)):
            return True
        part = unquote(part)
    return False


def _pairs(given: Given, place: str, fixed: Set[str] = frozenset()) -> list[tuple[str, str]]:
    """The names and values of the arguments that go to a place; the model may name fields, and none that is `fixed`."""
    pairs: list[tuple[str, str]] = []
    for name, sent, value in given:
        if sent.place == place:
            spread = _spread(sent, sent.name or name, value)
            if sent.write == "fields" and (taken := fixed & {field for field, _ in spread}):
                raise ArgumentsInvalid(
                    f"{name} may not hold {min(taken)!r}, which is sent with every call. Leave it out.",
                    f"{name} 里不能有 {min(taken)!r}，它每次调用都会固定发送。请去掉它。",
                )
            pairs += spread
    return pairs


def _spread(sent: Sent, name: str, value: Any) -> list[tuple[str, str]]:
    """One argument as the names and values of a query or a form."""
    if value is None:
        return []
    if sent.write == "json":
        return [(name, json.dumps(value, ensure_ascii=False))]
    if isinstance(value, Mapping) and sent.write in ("deep", "fields"):
        deep = sent.write == "deep"
        return [pair for key, inner in value.items() for pair in _spread(sent, f"{name}[{key}]" if deep else key, inner)]
    if isinstance(value, list) and sent.write == "deep":
        # As the services read it that write objects so: a number tells the fields of one object from those of the next.
        names = [f"{name}[{n}]" if isinstance(item, Mapping | list) else f"{name}[]" for n, item in enumerate(value)]
        return [pair for each, item in zip(names, value, strict=True) for pair in _spread(sent, each, item)]
    if isinstance(value, list) and not sent.join:
        return [(name, _plain(item)) for item in value]
    return [(name, sent.join.join(map(_plain, value)) if isinstance(value, list) else _plain(value))]


def _plain(value: Any) -> str:
    """A value as text of a path, a query or a header: whole numbers without a point, a list by commas, an object as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, list):
        return ",".join(map(_plain, value))
    return json.dumps(value, ensure_ascii=False)
