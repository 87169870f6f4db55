"""A tool document that can be called: arguments become one HTTP request, the answer becomes text.

The model chooses values, never the host, the method or the names of headers: a value in the path is one encoded segment, one in
a header is one line. What it does not do: a call that reads still tells its service what was asked, and a service may answer with
anything, so what comes back is text to judge and not to obey.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from common.egress import Egress, EgressResponse
from common.errors import ArgumentsInvalid, EgressFailed, EgressRefused, ToolFailed
from tools.base import Tool, ToolContext, ToolOutput, ToolSpec
from tools.documents import PLACEHOLDER, HttpCall, Sent, ToolDocument

ANSWER_LIMIT = 2 * 1024 * 1024
"""Bytes of one answer."""

_URL_LIMIT = 8000
_SHOWN = 300  # characters of a failed answer that are passed on
_TEXTS = re.compile(r"text/.*|application/(json|xml|yaml|x-yaml|x-ndjson|.*\+json|.*\+xml|.*\+yaml)")
_JSON = re.compile(r"(application|text)/(json|.*\+json)")


class HttpTool(Tool):
    """A registered tool; `granted_hosts` are "host:port" pairs that this tool may reach though they are private."""

    sends = True
    time_limit_s = 20.0

    def __init__(self, document: ToolDocument, egress: Egress, granted_hosts: frozenset[str] = frozenset()) -> None:
        self._call = document.call
        self._egress = egress
        self._granted = granted_hosts
        self.id = document.id
        self.spec = ToolSpec(document.name, document.description.get("en"), document.parameters)
        self.titles = {language: document.title.get(language) for language in ("en", "zh")}
        self.about = {language: document.description.get(language) for language in ("en", "zh")}
        self.risk = document.risk
        self.origin = document.model_dump_json()

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Raises `ArgumentsInvalid` for a value that cannot be sent, `ToolFailed` for an answer that helps nobody."""
        request = request_of(self._call, arguments)
        try:
            answer = self._egress.request(
                self._call.method,
                request.url,
                headers=request.headers,
                body=request.body,
                deadline_s=self.time_limit_s - 1,  # so that its own sentence comes before the runner's
                byte_limit=ANSWER_LIMIT,
                granted_hosts=self._granted,
            )
        except (EgressFailed, EgressRefused) as error:
            raise ToolFailed(error.english, error.chinese) from error
        return output_of(answer, self._call.media_types, context)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What a call sends."""

    url: str
    headers: Mapping[str, str]
    body: bytes | None


def request_of(call: HttpCall, arguments: Mapping[str, Any]) -> HttpRequest:
    """The request of one call; raises `ArgumentsInvalid` for a value that cannot be sent."""
    given = [(name, sent, arguments[name]) for name, sent in call.arguments.items() if name in arguments]
    url = _filled(call.url, {name: value for name, sent, value in given if sent.place == "path"})
    if query := [pair for name, sent, value in given if sent.place == "query" for pair in _query(sent, name, value)]:
        url += "?" + urlencode(query, quote_via=quote, errors="replace")
    if len(url) > _URL_LIMIT:
        raise ArgumentsInvalid(
            f"The arguments make an address of {len(url):,} characters; {_URL_LIMIT:,} fit. Shorten them.",
            f"这些参数使网址长达 {len(url):,} 个字符，最多 {_URL_LIMIT:,} 个。请缩短。",
        )
    headers = {"accept": ", ".join(call.media_types) or "application/json, text/*;q=0.9, */*;q=0.1"}
    body = _body(call, given)
    if body is not None:
        headers["content-type"] = "application/json"
    headers |= {name.lower(): value for name, value in call.headers.items()}
    headers |= {(s.name or name).lower(): _plain(value) for name, s, value in given if s.place == "header" and value is not None}
    return HttpRequest(url, headers, body)


def _body(call: HttpCall, given: Sequence[tuple[str, Sent, Any]]) -> bytes | None:
    places = {sent.place for sent in call.arguments.values()}
    if "field" in places:
        content: Any = {sent.name or name: value for name, sent, value in given if sent.place == "field"}
    elif whole := [value for _, sent, value in given if sent.place == "body"]:
        content = whole[0]
    else:
        return None
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")


def _filled(url: str, values: Mapping[str, Any]) -> str:
    """The address with its `{name}`s filled in; each value stays within its own step of the path."""

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        value = values.get(name)
        parts = [_plain(part) for part in (value if isinstance(value, list) else [value])] if value is not None else []
        # Services decode %2F before they look for a way up, so an encoded slash does not make ".." harmless.
        if not any(parts) or any(step in (".", "..") for part in parts for step in re.split(r"[/\\]", part)):
            raise ArgumentsInvalid(
                f"{name} cannot be {value!r:.80}: it is a part of the address, neither empty nor a way up.",
                f"{name} 不能是 {value!r:.80}：它是网址的一部分，不能为空，也不能含有 . 或 .. 这样的层级。",
            )
        return ",".join(quote(part, safe="", errors="replace") for part in parts)

    filled = PLACEHOLDER.sub(fill, url)
    if any(step in (".", "..") for step in filled.split("/")):  # of several values in one step
        raise ArgumentsInvalid("The arguments make a step up in the address.", "这些参数在网址里构成了向上的层级。")
    return filled


def _query(sent: Sent, name: str, value: Any) -> list[tuple[str, str]]:
    name = sent.name or name
    if value is None:
        return []
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


def output_of(answer: EgressResponse, media_types: Sequence[str], context: ToolContext) -> ToolOutput:
    """What an answer gives the model; raises `ToolFailed` where it is an error, a redirect or nothing that can be read."""
    host = urlsplit(answer.url).netloc
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if answer.status >= 400:
        status = _named(answer.status)
        said = _excerpt(answer.body) if kind and _is_read(kind, media_types) and kind != "text/html" else ""
        raise ToolFailed(
            f"{host} answered {status}{': ' + repr(said) if said else ''}. Check the arguments, or do without this tool.",
            f"{host} 返回了 {status}{'：' + repr(said) if said else ''}。请检查参数，或不用这个工具。",
        )
    if 300 <= answer.status < 400:
        place = answer.headers.get("location", "")[:200]
        raise ToolFailed(
            f"{host} sends callers on to {place!r}, and a tool goes only to its own address. Have its address corrected.",
            f"{host} 要求转到 {place!r}，而工具只访问自己的网址。请制作者更正网址。",
        )
    if not answer.body:
        return ToolOutput(
            context.say(f"Done: {_named(answer.status)}, no content.", f"完成：{_named(answer.status)}，没有内容。")
        )
    if not _is_read(kind, media_types):
        wanted = ", ".join(media_types) or "text or JSON"
        raise ToolFailed(
            f"{host} sent {kind or 'data of no named kind'!r} where {wanted} was expected. Do without it.",
            f"{host} 返回了 {kind or '未说明类型的数据'!r}，而需要的是 {wanted}。请不要依赖它。",
        )
    return _read(host, kind, answer.body)


def _read(host: str, kind: str, body: bytes) -> ToolOutput:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ToolFailed(
            f"{host} sent text that is not UTF-8. Do without it.", f"{host} 返回的文本不是 UTF-8 编码。请不要依赖它。"
        ) from error
    if kind and not _JSON.fullmatch(kind):
        return ToolOutput(text)
    try:
        data = json.loads(text, parse_constant=_no_number)
        return ToolOutput(json.dumps(data, ensure_ascii=False), data)
    except (ValueError, RecursionError) as error:
        if not kind:
            return ToolOutput(text)
        raise ToolFailed(
            f"{host} sent something that it calls JSON and that is not. Do without it.",
            f"{host} 返回的内容自称 JSON，但并不是。请不要依赖它。",
        ) from error


def _is_read(kind: str, media_types: Sequence[str]) -> bool:
    """Whether an answer of this kind is one that was asked for, and text; one that names no kind is looked at."""
    if not kind:
        return True
    if not _TEXTS.fullmatch(kind):
        return False
    family = kind.partition("/")[0] + "/*"
    # Descriptions often name JSON by another of its names, or as plain text; it is never the page of an error.
    return bool(_JSON.fullmatch(kind)) or not media_types or not {kind, family, "*/*"}.isdisjoint(media_types)


def is_readable(media_type: str) -> bool:
    """Whether results of a media type, which may hold `*`, can be text."""
    return media_type in ("*/*", "application/*") or _TEXTS.fullmatch(media_type) is not None


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _excerpt(body: bytes) -> str:
    return " ".join(body[: 4 * _SHOWN].decode("utf-8", "replace").split())[:_SHOWN]
