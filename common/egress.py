"""The one way out: a client that reaches public addresses only, within a time and a size.

A name is resolved once, every address it has is checked, and the connection is made to the address that was checked, so that a
name that changes its mind in between gains nothing. Redirects are given back, never followed; the environment's proxies are not
used. What it does not do: it cannot know that a public host passes requests on to a private one.
"""

import contextlib
import queue
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import httpcore
import httpx

from common.addresses import is_public
from common.errors import EgressFailed, EgressRefused

Resolver = Callable[[str, int], Sequence[str]]
"""Gives the numeric addresses of a host; raises `OSError` when it has none."""

Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

PORTS = {"http": 80, "https": 443}
"""The port of each scheme that may be used; others need a grant."""

_AGENT = "Hearth/0.1"
_CONNECT_S = 10.0
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]{0,4000}")
# They say where a message ends and whom it is for, which is decided here.
_FRAMING = {"host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "expect", "keep-alive"}


@dataclass(frozen=True, slots=True)
class EgressResponse:
    """An answer from outside: `headers` with lower-case names; a redirect is a status of 3xx with its `location`."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class Egress:
    """Fetches from public hosts; `resolve` replaces the system's resolver."""

    def __init__(self, resolve: Resolver | None = None) -> None:
        self._resolve = resolve or _system_addresses
        self._tls = httpx.create_ssl_context(trust_env=False)

    def get(
        self,
        url: str,
        *,
        deadline_s: float,
        byte_limit: int,
        granted_hosts: frozenset[str] = frozenset(),
        headers: Mapping[str, str] | None = None,
    ) -> EgressResponse:
        """`request` with the method GET."""
        return self.request(
            "GET", url, deadline_s=deadline_s, byte_limit=byte_limit, granted_hosts=granted_hosts, headers=headers
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
    ) -> EgressResponse:
        """Send to `url` (http or https, ports 80 and 443) and read the answer within `deadline_s` seconds and `byte_limit` bytes.

        `granted_hosts` are "host:port" pairs that may be private or on another port. Raises `EgressRefused` for an address or
        a header that may not be used, `EgressFailed` when the host does not answer within its limits.
        """
        parsed = _checked_url(url, granted_hosts)
        backend = _CheckedBackend(self._resolve, granted_hosts, time.monotonic() + deadline_s)
        sent = {"user-agent": _AGENT, "accept": "*/*", **_checked_headers(headers or {}), "accept-encoding": "identity"}
        try:
            with (
                _Transport(self._tls, backend) as transport,
                httpx.Client(transport=transport, trust_env=False, follow_redirects=False, timeout=deadline_s) as client,
                client.stream(method, parsed, headers=sent, content=body) as answer,
            ):
                return EgressResponse(str(answer.url), answer.status_code, dict(answer.headers), _read(answer, byte_limit))
        except (httpx.HTTPError, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, TimeoutError) as error:
            if backend.remaining() <= 0:
                raise EgressFailed(
                    f"{parsed.host!r} did not answer in full within {deadline_s:g} seconds. Try again later.",
                    f"{parsed.host!r} 没有在 {deadline_s:g} 秒内完整回应。请稍后再试。",
                ) from error
            raise EgressFailed(
                f"{parsed.host!r} could not be reached ({type(error).__name__}). Check the address and the network.",
                f"无法连接 {parsed.host!r}（{type(error).__name__}）。请检查地址和网络。",
            ) from error


def _checked_url(url: str, granted: frozenset[str]) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise EgressRefused(f"{url[:200]!r} is not a web address.", f"{url[:200]!r} 不是有效的网址。") from error
    if parsed.scheme not in PORTS or not parsed.host or parsed.userinfo:
        raise EgressRefused(
            f"{url[:200]!r} may not be fetched: give an http or https address without a user name.",
            f"不能访问 {url[:200]!r}：请给出不带用户名的 http 或 https 网址。",
        )
    port = parsed.port or PORTS[parsed.scheme]
    if port not in PORTS.values() and f"{parsed.host}:{port}" not in granted:
        raise EgressRefused(
            f"Port {port} of {parsed.host!r} is not granted: only 80 and 443 are open. Grant '{parsed.host}:{port}' to use it.",
            f"{parsed.host!r} 的端口 {port} 未获授权：默认只开放 80 和 443。要使用它，请授权 '{parsed.host}:{port}'。",
        )
    return parsed


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


def _read(answer: httpx.Response, byte_limit: int) -> bytes:
    host = answer.url.host
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise EgressFailed(
            f"{host!r} sent compressed data, though it was asked not to; its real size cannot be trusted.",
            f"{host!r} 返回了未经请求的压缩数据，无法确认其真实大小。",
        )
    body = bytearray()
    for part in answer.iter_raw():
        body += part
        if len(body) > byte_limit:
            raise EgressFailed(
                f"{host!r} sent more than {byte_limit:,} bytes. Ask for something smaller.",
                f"{host!r} 返回的内容超过 {byte_limit:,} 字节。请换一个更小的。",
            )
    return bytes(body)


class _CheckedBackend(httpcore.SyncBackend):
    """Connects by checked address, and gives every wait no more than what is left of the whole time."""

    def __init__(self, resolve: Resolver, granted: frozenset[str], ends: float) -> None:
        self._resolve = resolve
        self._granted = granted
        self._ends = ends

    def remaining(self) -> float:
        return self._ends - time.monotonic()

    def wait(self) -> float:
        """Seconds that are left; raises `ReadTimeout` when there are none."""
        left = self.remaining()
        if left <= 0:
            raise httpcore.ReadTimeout("the whole time is over")
        return left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = _within(self.wait(), self._resolve, host, port)
        if f"{host}:{port}" not in self._granted:
            _check_public(host, port, addresses)
        failure: Exception = httpcore.ConnectError("the host has no address")
        for address in addresses:
            try:
                stream = super().connect_tcp(address, port, self.wait(), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _TimedStream(stream, self)
        raise failure


class _PublicBackend(httpcore.SyncBackend):
    """Connects by checked address; how long it may take is each request's own matter."""

    def __init__(self, resolve: Resolver) -> None:
        self._resolve = resolve

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = _within(timeout or _CONNECT_S, self._resolve, host, port)
        _check_public(host, port, addresses)
        return super().connect_tcp(addresses[0], port, timeout, local_address, socket_options)


def public_transport(resolve: Resolver | None = None) -> httpx.BaseTransport:
    """For a client that streams for as long as it likes: every port of public hosts, and nothing else.

    Its requests raise `EgressRefused` for a private address.
    """
    tls = httpx.create_ssl_context(trust_env=False)
    return _Transport(tls, _PublicBackend(resolve or _system_addresses), connections=32)


def _check_public(host: str, port: int, addresses: Sequence[str]) -> None:
    for address in addresses:
        if not is_public(address):
            raise EgressRefused(
                f"{host!r} leads to the private address {address}, which may not be reached. "
                f"For a local service, grant '{host}:{port}'.",
                f"{host!r} 指向内部地址 {address}，不能访问。若是本地服务，请授权 '{host}:{port}'。",
            )


class _TimedStream(httpcore.NetworkStream):
    """A connection whose every wait counts against the whole time: a drip of bytes does not lengthen it."""

    def __init__(self, stream: httpcore.NetworkStream, backend: _CheckedBackend) -> None:
        self._stream = stream
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._backend.wait())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._backend.wait())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, self._backend.wait()), self._backend)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


class _Transport(httpx.BaseTransport):
    """httpx over a connection pool of our own, which httpx's transport does not let one pass in."""

    def __init__(self, tls: ssl.SSLContext, backend: httpcore.NetworkBackend, connections: int = 1) -> None:
        self._pool = httpcore.ConnectionPool(ssl_context=tls, max_connections=connections, network_backend=backend)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        with _as_httpx():
            answer = self._pool.handle_request(
                httpcore.Request(
                    request.method,
                    httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        assert isinstance(answer.stream, Iterable)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(answer.stream, answer.close), extensions=answer.extensions
        )

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, parts: Iterable[bytes], close: Callable[[], None]) -> None:
        self._parts = parts
        self._close = close

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._parts

    def close(self) -> None:
        self._close()


@contextlib.contextmanager
def _as_httpx() -> Iterator[None]:
    """Raises what the pool raises as whoever uses httpx knows it: its exceptions have the same names."""
    try:
        yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error


def _system_addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _within(seconds: float, resolve: Resolver, host: str, port: int) -> Sequence[str]:
    """The addresses of a host, or `ConnectError`; a resolver that does not come back is left behind."""
    answers: queue.Queue[Sequence[str] | Exception] = queue.Queue()

    def ask() -> None:
        try:
            answers.put(resolve(host, port))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise httpcore.ConnectTimeout(f"no address for {host} in time") from None
    if isinstance(answer, Exception):
        raise httpcore.ConnectError(str(answer)) from answer
    return answer
