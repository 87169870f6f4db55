"""The one way out: a client that reaches public addresses only, within times and sizes.

Every address that is asked for, each one that a redirect names among them, is parsed once, resolved once and checked before it is
connected to (see `common.connections`). Nothing of the environment has a say: no proxy, no `.netrc`, no certificate file. What it
does not do: it cannot know that a public host passes requests on to a private one, or that a network translates addresses of its
own; and what is sent to a public host is out, whoever reads it there.
"""

import contextlib
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import httpx

from common.connections import LimitedBackend, Limits, Resolver, Transport, place, system_addresses, too_much
from common.errors import EgressFailed, EgressRefused

Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

PORTS = {"http": 80, "https": 443}
"""The port of each scheme that may be used; others need a grant."""

_AGENT = "Hearth/0.1"
_HOST = re.compile(r"[a-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")  # as it is resolved: no escapes, no network card behind a %
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]{0,4000}")
# They say where a message ends and whom it is for, which is decided here.
_FRAMING = {"host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "expect", "keep-alive"}
_OF_BODIES = {"content-type", "content-encoding", "content-language", "content-location"}
# What another origin is told too; any other header may hold a key, whatever its name.
_FOR_ALL = {"accept", "accept-encoding", "accept-language", "user-agent"}
_REDIRECTS = {301, 302, 303, 307, 308}
_HEADERS = 200  # of an answer
_HEADER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class EgressResponse:
    """An answer from outside: `headers` as they came, with lower-case names; `body` decompressed; `url` the last redirect's.

    A redirect that was not to be followed is a status of 3xx with its `location`.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request of perhaps several, since a redirect makes another."""

    method: Method
    url: httpx.URL
    headers: Mapping[str, str]
    body: bytes | None


class Egress:
    """Fetches from public hosts; `resolve` replaces the system's resolver."""

    def __init__(self, resolve: Resolver | None = None, *, connect_s: float = 10.0, first_byte_s: float = 60.0) -> None:
        """A host has `connect_s` seconds to be found and connected to, and `first_byte_s` more to begin its answer."""
        self._resolve = resolve or system_addresses
        self._connect_s = connect_s
        self._first_byte_s = first_byte_s
        self._tls = httpx.create_ssl_context(trust_env=False)

    def get(
        self,
        url: str,
        *,
        deadline_s: float,
        byte_limit: int,
        granted_hosts: frozenset[str] = frozenset(),
        headers: Mapping[str, str] | None = None,
        redirects: int = 0,
    ) -> EgressResponse:
        """`request` with the method GET."""
        return self.request(
            "GET",
            url,
            deadline_s=deadline_s,
            byte_limit=byte_limit,
            granted_hosts=granted_hosts,
            headers=headers,
            redirects=redirects,
        )

    def request(
        self,
        method: Method,
        url: str,
        *,
        deadline_s: float,
        byte_limit: int,
        granted_hosts: frozenset[str] = frozenset(),
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        redirects: int = 0,
    ) -> EgressResponse:
        """Send to `url` (http or https, ports 80 and 443) and read the answer within `deadline_s` seconds and `byte_limit` bytes.

        `granted_hosts` are places, "host:port", that may be private or on another port; a grant is for the address given here,
        and ends where a redirect leaves its place. So many `redirects` are followed, as a browser does, with two differences: a
        request that may change something is not repeated at another origin, and another origin gets no header that may hold a
        key. Raises `EgressRefused` for an address or a header that may not be used, `EgressFailed` when the host does not answer
        within its limits.
        """
        limits = Limits(deadline_s, self._connect_s, self._first_byte_s, byte_limit)
        sent = {"user-agent": _AGENT, "accept": "*/*", **_checked_headers(headers or {}), "accept-encoding": "gzip"}
        asked = _Asked(method, _parsed(url), sent, body)
        granted = granted_hosts & {_place(asked.url)}
        seen = {(asked.method, asked.url)}
        while True:
            answer, onward = self._exchange(asked, granted, limits, follow=redirects > 0)
            if onward is None:
                return answer
            asked = _next(asked, answer.status, onward)
            if (asked.method, asked.url) in seen or len(seen) > redirects:
                raise _going_round(asked.url.host, len(seen))
            seen.add((asked.method, asked.url))

    def _exchange(
        self, asked: _Asked, granted: frozenset[str], limits: Limits, *, follow: bool
    ) -> tuple[EgressResponse, str | None]:
        """An answer, and where it sends its caller on to if that is to be followed; it has no body then."""
        _check_port(asked.url, granted)
        host, begun = asked.url.host, False
        request = httpx.Request(asked.method, asked.url, headers=asked.headers, content=asked.body)
        try:
            with (
                Transport(self._tls, LimitedBackend(self._resolve, granted, limits)) as transport,
                contextlib.closing(transport.handle_request(request)) as answer,
            ):
                begun = True
                _check_head(host, answer)
                onward = answer.headers.get("location") if follow and answer.status_code in _REDIRECTS else None
                body = b"" if onward else _read(host, asked.method, answer, limits.byte_limit)
                return EgressResponse(str(asked.url), answer.status_code, dict(answer.headers), body), onward or None
        except httpx.TransportError as error:
            raise _failure(host, error, limits, begun) from error


def origin(url: str) -> str:
    """Scheme, host and port of an address, "https://host:port". Raises `EgressRefused` where it is none."""
    parsed = _parsed(url)
    return f"{parsed.scheme}://{_place(parsed)}"


def place_of(url: str) -> str:
    """Host and port of an address, "host:port", as a grant names them. Raises `EgressRefused` where it is none."""
    return _place(_parsed(url))


def _place(url: httpx.URL) -> str:
    return place(url.raw_host.decode("ascii"), PORTS[url.scheme] if url.port is None else url.port)


def _parsed(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
        shown = parsed.host  # which is decoded only now
    except (httpx.InvalidURL, ValueError) as error:
        raise EgressRefused(f"{url[:200]!r} is not a web address.", f"{url[:200]!r} 不是有效的网址。") from error
    if not shown or parsed.scheme not in PORTS or parsed.userinfo or not _HOST.fullmatch(parsed.raw_host.decode("ascii")):
        raise EgressRefused(
            f"{url[:200]!r} may not be fetched: give an http or https address with a plain host and without a user name.",
            f"不能访问 {url[:200]!r}：请给出 http 或 https 网址，主机名要普通，且不带用户名。",
        )
    return parsed


def _check_port(url: httpx.URL, granted: frozenset[str]) -> None:
    port = PORTS[url.scheme] if url.port is None else url.port
    if port not in PORTS.values() and _place(url) not in granted:
        raise EgressRefused(
            f"Port {port} of {url.host!r} is not granted: only 80 and 443 are open. Grant '{_place(url)}' to use it.",
            f"{url.host!r} 的端口 {port} 未获授权：默认只开放 80 和 443。要使用它，请授权 '{_place(url)}'。",
        )


def check_header(name: str, value: str) -> None:
    """Raises `EgressRefused` for a header that could break out of its line or change where the message goes or ends."""
    if not _HEADER_NAME.fullmatch(name) or name.lower() in _FRAMING:
        raise EgressRefused(f"A header may not be named {name[:80]!r}.", f"请求头的名称不能是 {name[:80]!r}。")
    if not _HEADER_VALUE.fullmatch(value):
        raise EgressRefused(
            f"The value of the header {name!r} cannot be sent: use at most 4,000 plain ASCII characters on one line.",
            f"请求头 {name!r} 的值无法发送：只能是一行普通的 ASCII 字符，最多 4000 个。",
        )


def _checked_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    for name, value in headers.items():
        check_header(name, value)
    return {name.lower(): value for name, value in headers.items()}


def _next(asked: _Asked, status: int, onward: str) -> _Asked:
    """The request that a redirect makes of one. Raises `EgressRefused`."""
    try:
        url = _parsed(str(asked.url.join(onward)))
    except (httpx.InvalidURL, ValueError, EgressRefused) as error:
        raise EgressRefused(
            f"{asked.url.host!r} sends callers on to {onward[:200]!r}, which may not be fetched.",
            f"{asked.url.host!r} 要求转到 {onward[:200]!r}，而这个地址不能访问。",
        ) from error
    if (asked.url.scheme, url.scheme) == ("https", "http"):
        raise EgressRefused(
            f"{asked.url.host!r} sends callers on to {onward[:200]!r}, where everybody on the way could read along.",
            f"{asked.url.host!r} 要求转到 {onward[:200]!r}，那里的内容没有加密，途中的任何人都能看到。",
        )
    if (status == 303 and asked.method != "HEAD") or (status in (301, 302) and asked.method == "POST"):
        kept = {name: value for name, value in asked.headers.items() if name not in _OF_BODIES}
        asked = _Asked("GET", asked.url, kept, None)
    if (asked.url.scheme, _place(asked.url)) == (url.scheme, _place(url)):
        return replace(asked, url=url)
    if asked.method not in ("GET", "HEAD"):
        raise EgressRefused(
            f"{asked.url.host!r} wants what was sent to it to be sent to {onward[:200]!r} instead, which nobody agreed to. "
            "If that is right, use the new address.",
            f"{asked.url.host!r} 要求把发给它的内容改发到 {onward[:200]!r}，这没有得到同意。如果确实如此，请改用新网址。",
        )
    return _Asked(asked.method, url, {name: value for name, value in asked.headers.items() if name in _FOR_ALL}, None)


def _check_head(host: str, answer: httpx.Response) -> None:
    """Raises `EgressFailed` for more headers than anybody needs."""
    raw = answer.headers.raw
    if len(raw) > _HEADERS or sum(len(name) + len(value) for name, value in raw) > _HEADER_BYTES:
        raise EgressFailed(
            f"{host!r} sent too many headers ({len(raw):,}), or too long ones. Do without it.",
            f"{host!r} 返回的响应头太多（{len(raw):,} 个）或太长。请不要依赖它。",
        )


def _read(host: str, method: Method, answer: httpx.Response, byte_limit: int) -> bytes:
    announced = answer.headers.get("content-length", "")
    if method != "HEAD" and announced.isdecimal() and int(announced) > byte_limit:
        raise too_much(host, byte_limit)
    body = bytearray()
    for part in answer.iter_raw():
        body += part
        if len(body) > byte_limit:
            raise too_much(host, byte_limit)
    return _decompressed(host, bytes(body), answer.headers.get("content-encoding", "").strip().lower(), byte_limit)


def _decompressed(host: str, body: bytes, encoding: str, byte_limit: int) -> bytes:
    """What a body unpacks to, of which no more than the limit is ever made."""
    if not body or encoding in ("", "identity"):
        return body
    if encoding in ("gzip", "x-gzip"):
        form = 16 + zlib.MAX_WBITS
    elif encoding == "deflate":
        # Half of the servers leave out the two bytes in front, which say what it is and add up to a multiple of 31.
        named = body[0] & 0x0F == 8 and int.from_bytes(body[:2]) % 31 == 0
        form = zlib.MAX_WBITS if named else -zlib.MAX_WBITS
    else:
        raise EgressFailed(
            f"{host!r} sent data that is packed as {encoding[:80]!r}, though it was asked for gzip at most. Do without it.",
            f"{host!r} 返回的数据以 {encoding[:80]!r} 压缩，而请求只允许 gzip。请不要依赖它。",
        )
    unpacker = zlib.decompressobj(form)
    try:
        unpacked = unpacker.decompress(body, byte_limit + 1)
    except zlib.error as error:
        raise _damaged(host) from error
    if len(unpacked) > byte_limit:
        raise too_much(host, byte_limit)
    if not unpacker.eof or unpacker.unused_data:
        raise _damaged(host)
    return unpacked


def _damaged(host: str) -> EgressFailed:
    return EgressFailed(
        f"{host!r} sent packed data that is damaged or cut off. Try again later.",
        f"{host!r} 返回的压缩数据已损坏或不完整。请稍后再试。",
    )


def _going_round(host: str, times: int) -> EgressFailed:
    return EgressFailed(
        f"{host!r} sends callers in a circle, or on and on ({times} times so far). Check the address.",
        f"{host!r} 不断要求转到别处（已有 {times} 次），或在原地打转。请检查地址。",
    )


def _failure(host: str, error: httpx.TransportError, limits: Limits, begun: bool) -> EgressFailed:
    """The sentence of what went wrong on the wire, before or after an answer had begun."""
    if limits.left() <= 0:
        return EgressFailed(
            f"{host!r} did not answer in full within {limits.deadline_s:.3g} seconds. Try again later.",
            f"{host!r} 没有在 {limits.deadline_s:.3g} 秒内完整回应。请稍后再试。",
        )
    if begun:
        return EgressFailed(
            f"{host!r} broke off its answer ({type(error).__name__}). Try again later.",
            f"{host!r} 的回应中途断开（{type(error).__name__}）。请稍后再试。",
        )
    match error:
        case httpx.ConnectTimeout():
            return EgressFailed(
                f"{host!r} could not be reached within {limits.connect_s:g} seconds. Check the address and the network.",
                f"{limits.connect_s:g} 秒内无法连接 {host!r}。请检查地址和网络。",
            )
        case httpx.ReadTimeout():
            return EgressFailed(
                f"{host!r} did not begin to answer within {limits.first_byte_s:g} seconds. Try again later.",
                f"{host!r} 在 {limits.first_byte_s:g} 秒内没有开始回应。请稍后再试。",
            )
        case httpx.RemoteProtocolError() | httpx.ReadError():
            return EgressFailed(
                f"{host!r} did not answer as a web server does. Check the address.",
                f"{host!r} 的回应不是网页服务器的回应。请检查地址。",
            )
        case _:
            return EgressFailed(
                f"{host!r} could not be reached ({type(error).__name__}). Check the address and the network.",
                f"无法连接 {host!r}（{type(error).__name__}）。请检查地址和网络。",
            )
