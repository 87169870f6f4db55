"""The way out for a client that keeps talking to one server: what `common.egress` is, for an event loop of the caller's own.

Every port of public hosts is open, private ones only where they were granted. The connection is made to an address that was
checked, no redirect is followed here, compressed answers are refused, and each answer has a limit. What it does not do: limit the
time, which whoever waits does.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping

import httpcore2
import httpx2

from common.addresses import is_public
from common.connections import Resolver
from common.errors import EgressFailed, EgressRefused

_CONNECT_S = 10.0


def streaming_client(
    granted_hosts: frozenset[str], byte_limit: int, headers: Mapping[str, str], resolve: Resolver | None = None
) -> httpx2.AsyncClient:
    """A client that sends `headers` with every request; `granted_hosts` are "host:port" pairs that may be private.

    `byte_limit` is of one answer. Its requests raise `EgressRefused` and `EgressFailed` besides httpx2's own errors. `resolve`
    replaces the system's resolver.
    """
    transport = _Transport(_CheckedBackend(granted_hosts, resolve), byte_limit)
    return httpx2.AsyncClient(
        transport=transport,
        headers={**headers, "accept-encoding": "identity"},
        timeout=httpx2.Timeout(_CONNECT_S, read=None),  # a server may be silent for as long as it works
        trust_env=False,
        follow_redirects=False,
    )


class _CheckedBackend(httpcore2.AsyncNetworkBackend):
    """Connects by checked address."""

    def __init__(self, granted: frozenset[str], resolve: Resolver | None) -> None:
        self._granted = granted
        self._resolve = resolve
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        addresses = await self._addresses(host, port)
        if f"{host}:{port}" not in self._granted:
            for address in addresses:
                if not is_public(address):
                    raise EgressRefused(
                        f"{host!r} leads to the private address {address}, which may not be reached. "
                        f"For a local service, grant '{host}:{port}'.",
                        f"{host!r} 指向内部地址 {address}，不能访问。若是本地服务，请授权 '{host}:{port}'。",
                    )
        failure: Exception = httpcore2.ConnectError("the host has no address")
        for address in addresses:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)

    async def _addresses(self, host: str, port: int) -> list[str]:
        loop = asyncio.get_running_loop()
        try:
            if self._resolve is not None:
                return list(await loop.run_in_executor(None, self._resolve, host, port))
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(str(error)) from error
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class _Transport(httpx2.AsyncBaseTransport):
    """httpx2 over a connection pool of our own, which its transport does not let one pass in."""

    def __init__(self, backend: httpcore2.AsyncNetworkBackend, byte_limit: int) -> None:
        tls = httpx2.create_ssl_context(trust_env=False)
        self._pool = httpcore2.AsyncConnectionPool(ssl_context=tls, max_connections=16, network_backend=backend)
        self._byte_limit = byte_limit

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        with _as_httpx():
            answer = await self._pool.handle_async_request(
                httpcore2.Request(
                    request.method,
                    httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        assert isinstance(answer.stream, AsyncIterable)
        body = _Body(answer, url.host, self._byte_limit)
        response = httpx2.Response(answer.status, headers=answer.headers, stream=body, extensions=answer.extensions)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            await body.aclose()
            raise EgressFailed(
                f"{url.host!r} sent compressed data, though it was asked not to; its real size cannot be trusted.",
                f"{url.host!r} 返回了未经请求的压缩数据，无法确认其真实大小。",
            )
        return response

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Body(httpx2.AsyncByteStream):
    def __init__(self, answer: httpcore2.Response, host: str, byte_limit: int) -> None:
        self._answer = answer
        self._host = host
        self._byte_limit = byte_limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        taken = 0
        with _as_httpx():
            async for part in self._answer.aiter_stream():
                taken += len(part)
                if taken > self._byte_limit:
                    raise EgressFailed(
                        f"{self._host!r} sent more than {self._byte_limit:,} bytes. Ask for something smaller.",
                        f"{self._host!r} 返回的内容超过 {self._byte_limit:,} 字节。请换一个更小的。",
                    )
                yield part

    async def aclose(self) -> None:
        await self._answer.aclose()


@contextlib.contextmanager
def _as_httpx() -> Iterator[None]:
    """Raises what the pool raises as whoever uses httpx2 knows it: its exceptions have the same names."""
    try:
        yield
    except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError) as error:
        raise getattr(httpx2, type(error).__name__)(str(error)) from error
