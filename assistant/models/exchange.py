"""One request to a model server over HTTP, and the events of its answer as they come.

Everything the other side sends is taken for hostile: what is not the protocol is an error, and nothing is read without a bound.
Proxies and keys of the environment are not used; the key given here goes to this address alone.
"""

import json
import queue
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

from assistant.loosejson import whole_letters
from assistant.models.dialect import Asking
from common.connections import public_transport
from common.errors import EgressRefused

_LINE_BYTES = 1 << 20
_ANSWER_BYTES = 32 << 20
_NAMED_WITHIN = 20_000  # characters of a refusal that are searched for what it refuses
_TOO_LONG_SIGNS = ("context length", "context_length", "maximum context", "context size", "too long", "max_model_len")

FAILURES = (httpx.HTTPError, httpx.StreamError, OSError, ValueError, RuntimeError, EgressRefused)
"""What may go wrong on the way; `why` words it."""


class NotTheProtocol(RuntimeError):
    """The server sent something that is not the protocol."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A status that is not 200, the reason the server gave in one line, and all it said."""

    status: int
    reason: str
    said: str = ""

    @property
    def too_long(self) -> bool:
        return self.status in (400, 413, 422) and any(sign in self.reason.lower() for sign in _TOO_LONG_SIGNS)


class Connection:
    """The way to one server; safe to use from several threads."""

    def __init__(self, base_url: str, key: str | None, *, connect_s: float, read_s: float, public_only: bool) -> None:
        """With `public_only` no private address is reached, whatever the name leads to."""
        self._base = base_url.rstrip("/")
        self._client = httpx.Client(
            trust_env=False,
            timeout=httpx.Timeout(read_s, connect=connect_s),
            headers={"Authorization": f"Bearer {key}"} if key else {},
            follow_redirects=False,
            transport=public_transport() if public_only else None,
        )

    def ask(self, asking: Asking) -> "Exchange":
        """The exchange of a chat completion, not yet begun."""
        return Exchange(self._client, f"{self._base}/chat/completions", asking)

    def models(self, wait_s: float) -> Mapping[str, Any] | Refusal:
        """What the server lists; raises what `why` words."""
        with self._client.stream("GET", f"{self._base}/models", timeout=wait_s) as response:
            body = _read_some(response)
            return _parse(body) if response.status_code == 200 else _refusal(response.status_code, body)

    def close(self) -> None:
        self._client.close()


@dataclass(slots=True)
class Exchange:
    """One request, read in a thread of its own so that Stop need not wait for the server.

    `items` are the events, then None, a `Refusal` or an exception.
    """

    client: httpx.Client
    address: str
    asking: Asking
    items: "queue.SimpleQueue[Mapping[str, Any] | Refusal | Exception | None]" = field(default_factory=queue.SimpleQueue)
    _aborted: threading.Event = field(default_factory=threading.Event)
    _socket: Any = None

    def start(self) -> None:
        threading.Thread(target=self._run, name="remote-model", daemon=True).start()

    def abort(self) -> None:
        """Close the connection now, whatever its thread is waiting for."""
        self._aborted.set()
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        try:
            refusal = self._read()
            # Some servers do not know a field, and refuse the whole request for it.
            while refusal and refusal.status in (400, 422) and not refusal.too_long and self.asking.relent(refusal.said):
                refusal = self._read()
            self.items.put(refusal)
        except FAILURES as error:
            self.items.put(error)

    def _read(self) -> Refusal | None:
        with self.client.stream("POST", self.address, json=self.asking.body) as response:
            stream = response.extensions.get("network_stream")
            self._socket = stream.get_extra_info("socket") if stream else None
            if self._aborted.is_set():
                return None
            if response.status_code != 200:
                return _refusal(response.status_code, _read_some(response))
            kind = response.headers.get("content-type", "")
            if "text/event-stream" in kind:
                self.asking.accepted()
                self._read_events(response)
            elif "json" in kind:  # a server that does not stream
                self.asking.accepted()
                self.items.put(_whole(_parse(_read_some(response))))
            else:
                raise NotTheProtocol(kind.split(";")[0] or "no content type")
        return None

    def _read_events(self, response: httpx.Response) -> None:
        for line in _lines(response):
            if not line.startswith("data:"):
                continue  # comments keep the connection open, event names say nothing here
            data = line[5:].strip()
            if data == "[DONE]":
                self.items.put({"done": True})
                return
            if data:
                self.items.put(_parse(data.encode()))


def why(error: Exception) -> tuple[str, str]:
    """What went wrong, as the English and Chinese middle of a sentence about the server."""
    match error:
        case EgressRefused():
            return "is at a private address, which its entry does not allow", "在内部网络里，而它的条目没有允许这样的地址"
        case httpx.ConnectTimeout():
            return "does not answer", "没有响应"
        case httpx.ConnectError():
            return "cannot be reached; is the server running?", "无法连接，服务器启动了吗？"
        case httpx.TimeoutException():
            return "sent nothing for too long", "太久没有任何输出"
        case NotTheProtocol():
            return f"does not speak the OpenAI protocol ({error})", f"返回的不是 OpenAI 协议（{error}）"
        case _:
            return f"broke off ({type(error).__name__})", f"连接中断（{type(error).__name__}）"


def reason_of(body: bytes) -> str:
    """What an error body says, in one short line; nothing for HTML."""
    text = body.decode("utf-8", "replace").strip()
    with suppress(ValueError, RecursionError):
        data = json.loads(text)
        error = data.get("error", data) if isinstance(data, dict) else data
        text = str(error.get("message") or error.get("detail") or error) if isinstance(error, dict) else str(error)
    return "" if text.startswith("<") else whole_letters(" ".join(text.split())[:300])


def _refusal(status: int, body: bytes) -> Refusal:
    return Refusal(status, reason_of(body), body.decode("utf-8", "replace")[:_NAMED_WITHIN])


def _lines(response: httpx.Response) -> Iterator[str]:
    """The lines of a stream, as they are whole; raises `NotTheProtocol` for an endless one."""
    rest, total = b"", 0
    for piece in response.iter_bytes():
        total += len(piece)
        rest += piece
        if len(rest) > _LINE_BYTES or total > _ANSWER_BYTES:
            raise NotTheProtocol("an answer without end")
        *lines, rest = rest.split(b"\n")
        yield from (line.decode("utf-8", "replace").rstrip("\r") for line in lines)


def _read_some(response: httpx.Response) -> bytes:
    body = b""
    for piece in response.iter_bytes():
        body += piece
        if len(body) > _LINE_BYTES:
            raise NotTheProtocol("an answer without end")
    return body


def _parse(data: bytes) -> Mapping[str, Any]:
    try:
        event = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NotTheProtocol("not JSON") from error
    if not isinstance(event, dict):
        raise NotTheProtocol("not an object")
    return event


def _whole(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """A completion that came in one piece, as the one event of a stream."""
    listed = data.get("choices")
    choices = [choice for choice in listed if isinstance(choice, dict)] if isinstance(listed, list) else []
    return {**data, "choices": [{"finish_reason": "stop", **choice, "delta": choice.get("message")} for choice in choices]}
