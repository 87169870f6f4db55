"""Connections to checked addresses: a name is resolved once, every address it has is checked, and those are connected to.

So a name that changes its mind in between gains nothing. Nothing here knows what is asked or answered: `common.egress` does, and
clients that stream for as long as they like take `public_transport`.
"""

import contextlib
import ipaddress
import math
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import cast

import httpcore
import httpx

from common.addresses import is_public
from common.errors import EgressFailed, EgressRefused

Resolver = Callable[[str, int], Sequence[str]]
"""Gives the numeric addresses of a host; raises `OSError` when it has none."""

_CONNECT_S = 10.0
_TRIED = 8  # addresses of one host
_FRAMING = 256 * 1024  # bytes of heads, and of what encryption and chunks put around an answer


class Limits:
    """What one request may take with all its redirects: the whole time, that of connecting, that of waiting, and bytes."""

    def __init__(self, deadline_s: float, connect_s: float, first_byte_s: float, byte_limit: int) -> None:
        self.deadline_s = deadline_s
        self.connect_s = connect_s
        self.first_byte_s = first_byte_s
        self.byte_limit = byte_limit
        self._ends = time.monotonic() + deadline_s
        self._bytes = 2 * byte_limit + _FRAMING

    def left(self) -> float:
        """Seconds of the whole time that are left."""
        return self._ends - time.monotonic()

    def wait(self, until: float = math.inf, over: type[httpcore.TimeoutException] = httpcore.ReadTimeout) -> float:
        """Seconds that are left, at most those `until` a moment of the clock; raises `over` when there are none."""
        left = min(self._ends, until) - time.monotonic()
        if left <= 0:
            raise over("the time is over")
        return left

    def count(self, host: str, size: int) -> None:
        """Note bytes that came over the wire. Raises `EgressFailed` when they are too many."""
        self._bytes -= size
        if self._bytes < 0:
            raise too_much(host, self.byte_limit)


def too_much(host: str, byte_limit: int) -> EgressFailed:
    return EgressFailed(
        f"{host!r} sent more than {byte_limit:,} bytes. Ask for something smaller.",
        f"{host!r} 返回的内容超过 {byte_limit:,} 字节。请换一个更小的。",
    )


def place(host: str, port: int) -> str:
    """A host and its port as a grant names them: "host:port", and for an IPv6 address "[host]:port" in its shortest form."""
    return f"[{ipaddress.IPv6Address(host)}]:{port}" if ":" in host else f"{host}:{port}"


class LimitedBackend(httpcore.SyncBackend):
    """Connects by checked address, within limits; what `granted` holds need not be public."""

    def __init__(self, resolve: Resolver, granted: frozenset[str], limits: Limits) -> None:
        self._resolve = resolve
        self._granted = granted
        self._limits = limits

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        until = time.monotonic() + self._limits.connect_s
        wait = partial(self._limits.wait, until, httpcore.ConnectTimeout)
        addresses = _within(wait(), self._resolve, host, port)
        if place(host, port) not in self._granted:
            _check_public(host, port, addresses)
        tried = addresses[:_TRIED]
        failure: Exception | None = None
        for index, address in enumerate(tried):
            share = wait() / (len(tried) - index)  # one that swallows everything leaves time for the next
            try:
                stream = super().connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _LimitedStream(stream, self._limits, host, until)
        assert failure is not None
        raise failure


class _LimitedStream(httpcore.NetworkStream):
    """A connection whose every wait counts against the whole time: a drip of bytes, either way, does not lengthen it."""

    def __init__(self, stream: httpcore.NetworkStream, limits: Limits, host: str, connected_by: float) -> None:
        self._stream = stream
        self._limits = limits
        self._host = host
        self._connected_by = connected_by
        self._answered = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        until = math.inf if self._answered else time.monotonic() + self._limits.first_byte_s
        data = self._stream.read(max_bytes, self._limits.wait(until))
        self._answered = True
        self._limits.count(self._host, len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # The stream's own would wait that long again for each piece that it gets rid of.
        sender = cast(socket.socket, self._stream.get_extra_info("socket"))
        rest = memoryview(buffer)
        try:
            while rest:
                sender.settimeout(self._limits.wait(over=httpcore.WriteTimeout))
                rest = rest[sender.send(rest) :]
        except TimeoutError as error:
            raise httpcore.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        wait = self._limits.wait(self._connected_by, httpcore.ConnectTimeout)
        stream = self._stream.start_tls(ssl_context, server_hostname, wait)
        return _LimitedStream(stream, self._limits, self._host, self._connected_by)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


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
    return Transport(tls, _PublicBackend(resolve or system_addresses), connections=32)


def _check_public(host: str, port: int, addresses: Sequence[str]) -> None:
    for address in addresses:
        if not is_public(address):
            raise EgressRefused(
                f"{host!r} leads to the private address {address}, which may not be reached. "
                f"For a local service, grant '{place(host, port)}'.",
                f"{host!r} 指向内部地址 {address}，不能访问。若是本地服务，请授权 '{place(host, port)}'。",
            )


class Transport(httpx.BaseTransport):
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


def system_addresses(host: str, port: int) -> list[str]:
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
    if not answer:
        raise httpcore.ConnectError(f"{host} has no address")
    return answer
