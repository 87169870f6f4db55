"""Asking a service on the network: one request through `common.egress`, and its answer, or one sentence why there is none.

Every tool of this folder asks through `NetworkTool`. Nothing here knows what a service tells; how an answer is read without
trusting it is in `tools.builtin.network.reading`. What this does not do: ask twice.
"""

import json
import math
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from common.egress import Egress, EgressResponse, origin
from common.errors import EgressFailed, EgressRefused, ToolFailed
from common.problems import Sentences
from tools.base import Tool
from tools.builtin.network.reading import line, part

ANSWER_LIMIT = 1024 * 1024
"""Bytes of one answer."""

OFFLINE: Sentences = (
    "This works only with a network, and Hearth was started with --offline.",
    "这个工具要联网才能用，而 Hearth 是以 --offline 方式启动的。",
)

_ACCEPT = MappingProxyType({"accept": "application/json"})
_JSON = re.compile(r"(application|text)/(json|.*\+json)")
_SAID = ("reason", "message", "error", "detail", "info")  # where services put why they refuse
_SHOWN = 200  # characters of that
_LONGEST_WAIT_S = 86_400

Query = Sequence[tuple[str, str | int]]


@dataclass(frozen=True, slots=True)
class Service:
    """A service by its base address; `own` says that the maker named it, and then it may be a machine of theirs."""

    base: str
    own: bool = False

    @property
    def granted(self) -> frozenset[str]:
        """The one place that the maker named; none where nobody did."""
        return frozenset([origin(self.base).partition("://")[2]] if self.own else [])

    def url(self, path: str, query: Query = ()) -> str:
        # A lone half of a surrogate pair, which JSON can carry, has no bytes.
        asked = "?" + urlencode(query, quote_via=quote, errors="replace") if query else ""
        return self.base.rstrip("/") + path + asked


class NetworkTool(Tool):
    """A tool that asks through `egress`; none of its calls is made where Hearth was started `offline`."""

    sends = True
    time_limit_s = 15.0
    request_s = 6.0  # of one request: a call that makes two in turn still ends within its time

    def __init__(self, egress: Egress, *, offline: bool = False) -> None:
        self._egress = egress
        self._offline = offline

    def unavailable(self) -> Sentences | None:
        return OFFLINE if self._offline else None

    def ask(
        self,
        service: Service,
        path: str,
        query: Query = (),
        *,
        headers: Mapping[str, str] = _ACCEPT,
        refusals: Mapping[int, Sentences] = MappingProxyType({}),
    ) -> Any:
        """The JSON that a service answers, numbers with a point as `Decimal`.

        Raises `ToolFailed`, for a status in `refusals` with the sentence there, which says what it means at this service.
        """
        return read_json(self.fetch(service, path, query, headers, refusals))

    def fetch(
        self,
        service: Service,
        path: str,
        query: Query,
        headers: Mapping[str, str],
        refusals: Mapping[int, Sentences] = MappingProxyType({}),
    ) -> EgressResponse:
        """A service's answer, which is no refusal and not empty. Raises `ToolFailed` as `ask` does."""
        try:
            answer = self._egress.get(
                service.url(path, query),
                deadline_s=self.request_s,
                byte_limit=ANSWER_LIMIT,
                granted_hosts=service.granted,
                headers=headers,
            )
        except (EgressFailed, EgressRefused) as error:
            raise ToolFailed(error.english, error.chinese) from error
        if refusal := refusals.get(answer.status):
            raise ToolFailed(*refusal)
        check(answer)
        return answer


def check(answer: EgressResponse) -> None:
    """Raises `ToolFailed` for an answer that refuses, sends elsewhere or holds nothing."""
    host, status = urlsplit(answer.url).netloc, answer.status
    limited = answer.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in answer.headers
    if status == 429 or (status == 403 and limited):  # GitHub refuses with 403, and says by when in one of two ways
        english, chinese = _wait(answer.headers)
        raise ToolFailed(
            f"{host} has had too many requests. Ask again {english}, or answer without it.",
            f"对 {host} 的请求太多了。请{chinese}再试，或不依赖它来回答。",
        )
    if status >= 500:
        raise ToolFailed(
            f"{host} has trouble of its own ({_named(status)}). Try again later, or answer without it.",
            f"{host} 自身出了问题（{_named(status)}）。请稍后再试，或不依赖它来回答。",
        )
    if status >= 400:
        said = _reason(answer)
        raise ToolFailed(
            f"{host} did not accept this ({_named(status)}{': ' + repr(said) if said else ''}). "
            "Change the arguments, or answer without it.",
            f"{host} 没有接受请求（{_named(status)}{'：' + repr(said) if said else ''}）。请修改参数，或不依赖它来回答。",
        )
    if status >= 300:
        place = line(answer.headers.get("location", ""), 200)
        raise ToolFailed(
            f"{host} sends callers on to {place!r}, and a service is asked only at its own address. Answer without it.",
            f"{host} 要求转到 {place!r}，而服务只在它自己的地址上访问。请不依赖它来回答。",
        )
    if not answer.body.strip():
        raise ToolFailed(
            f"{host} answered {_named(status)} with no content. Answer without it.",
            f"{host} 返回了 {_named(status)}，没有内容。请不依赖它来回答。",
        )


def read_json(answer: EgressResponse) -> Any:
    """What an answer holds; raises `ToolFailed` where it is no JSON."""
    host, kind = urlsplit(answer.url).netloc, media_type(answer)
    try:
        return json.loads(answer.body.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        if not _JSON.fullmatch(kind) and (kind == "text/html" or answer.body.lstrip()[:1] == b"<"):
            raise ToolFailed(
                f"{host} sent a web page where data was expected: a network that wants a sign-in first does that. "
                "Check the network, or answer without it.",
                f"{host} 返回的是网页而不是数据，需要先登录的网络常会这样。请检查网络，或不依赖它来回答。",
            ) from error
        raise ToolFailed(
            f"{host} sent something that should be JSON and is not. Answer without it.",
            f"{host} 返回的内容应为 JSON，但并不是。请不依赖它来回答。",
        ) from error


def media_type(answer: EgressResponse) -> str:
    """The kind of data that an answer says it holds, "" where it does not say."""
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower()


def unexpected(service: Service) -> ToolFailed:
    """The failure of an answer that is JSON and lacks what it was asked for."""
    host = urlsplit(service.base).netloc
    return ToolFailed(
        f"{host} answered in a form that this tool does not know. Answer without it.",
        f"{host} 的回答不是这个工具认识的形式。请不依赖它来回答。",
    )


def _reason(answer: EgressResponse) -> str:
    """What a service says of its refusal, on one line; "" where that is a page, or nothing."""
    if media_type(answer) == "text/html":
        return ""
    try:
        data = json.loads(answer.body)
    except (ValueError, RecursionError):
        return "" if answer.body.lstrip()[:1] == b"<" else line(answer.body[: 4 * _SHOWN].decode("utf-8", "replace"), _SHOWN)
    for key in _SAID:
        found = part(data, key)
        if said := line(found, _SHOWN) or line(part(found, "message"), _SHOWN):
            return said
    return ""


def _wait(headers: Mapping[str, str]) -> Sentences:
    """How long a service wants to be left alone."""
    seconds = _seconds(headers.get("retry-after", "")) or _seconds_until(headers.get("x-ratelimit-reset", ""))
    if not 0 < seconds <= _LONGEST_WAIT_S:
        return "later", "稍后"
    minutes = math.ceil(seconds / 60)
    return (f"in {seconds} seconds", f"过 {seconds} 秒") if seconds <= 120 else (f"in {minutes} minutes", f"过 {minutes} 分钟")


def _seconds(text: str) -> int:
    """Of a Retry-After, which is a number of seconds or a date; 0 for neither."""
    if text.isdecimal():
        return int(text[:9])
    try:
        return math.ceil(parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0


def _seconds_until(moment: str) -> int:
    return math.ceil(int(moment[:12]) - time.time()) if moment.isdecimal() else 0


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
