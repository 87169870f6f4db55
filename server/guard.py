"""The outermost layer: every request passes here first, and every answer leaves with the same headers.

It checks the Host (against names that lead here by a trick), where the request comes from (against other pages in the user's
browser), who is asking, and how much is sent. It is plain ASGI, so that streams pass through untouched. It does not look at
what a request means; `server.cache` and the stores do.
"""

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.settings import Settings
from server.identity import SCOPE_KEY, Admission, Door
from server.refusal import FOREIGN_PAGE, NO_TOKEN, TOO_LARGE, WRONG_HOST, refuse, too_many

BODY_LIMIT = 4_000_000
"""Bytes of any request that is no upload."""

UPLOAD_PATH = "/gradio_api/upload"

RESTORE_PATH = "/restore"
RESTORE_LIMIT = 64_000_000_000
"""Bytes of a backup that is sent back; what the disk has no room for is refused by the route."""

_LOOPBACK_NAMES = {"127.0.0.1", "localhost", "::1"}
_SAFE_METHODS = {"GET", "HEAD"}


class _TooLarge(Exception):
    """More came than was announced or allowed."""


class Guard:
    """The layer around the whole app; `upload_limit` is in bytes of one request."""

    def __init__(self, app: ASGIApp, settings: Settings, upload_limit: int) -> None:
        self._app = app
        self._door = Door(settings)
        self._upload_limit = upload_limit
        self._headers = _security_headers(settings.frame_ancestors)
        self._framed = bool(settings.frame_ancestors)
        self._hub_hosts = tuple(host.lower() for host in settings.hub_hosts)
        self._names = _LOOPBACK_NAMES | {settings.host.lower()}
        self._numbers = not settings.loopback  # listening on all interfaces, the machine has addresses we cannot list
        if self._numbers:
            self._names |= {socket.gethostname().lower(), f"{socket.gethostname().lower()}.local"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        admission = Admission(None)
        started = False

        async def answer(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._finish(message, admission.set_cookie)
            await send(message)

        if not self._host_is_ours(headers):
            await refuse(WRONG_HOST, scope, answer)
        elif not self._page_is_ours(scope, headers):
            await refuse(FOREIGN_PAGE, scope, answer)
        elif (admission := self._door.admit(scope)).identity is None:
            await refuse(too_many(admission.held_back_s) if admission.held_back_s else NO_TOKEN, scope, answer)
        elif admission.go_to is not None:
            await _go_to(admission.go_to, answer)
        else:
            try:
                inner = {**scope, SCOPE_KEY: admission.identity}
                if scope["path"] == "/":
                    inner["query_string"] = b""  # the page reads its address itself; Gradio has words in it of its own
                await self._app(inner, self._limited(scope, headers, receive), answer)
            except _TooLarge:
                if started:
                    raise
                await refuse(TOO_LARGE, scope, answer)

    def _host_is_ours(self, headers: Headers) -> bool:
        hosts = headers.getlist("host")
        if len(hosts) != 1:
            return False
        name = _name(hosts[0])
        return name in self._names or self._is_hub(name) or (self._numbers and _is_number(name))

    def _is_hub(self, name: str) -> bool:
        return any(name == host or (host.startswith("*.") and name.endswith(host[1:])) for host in self._hub_hosts)

    def _page_is_ours(self, scope: Scope, headers: Headers) -> bool:
        """Whether the request comes from our own page, or from no page at all (an address typed in, a program)."""
        site = headers.get("sec-fetch-site", "")
        origin = headers.get("origin")
        if origin is not None:
            return site not in {"cross-site", "same-site"} and self._origin_is_ours(origin, headers["host"], site)
        if site in {"", "same-origin", "none"}:
            return True
        # A link on another page, or the hub's frame around ours: it may open the page, and nothing else.
        shown = {"document", "iframe"} if self._framed else {"document"}
        return (
            scope["type"] == "http"
            and scope["method"] in _SAFE_METHODS
            and scope["path"] == "/"
            and headers.get("sec-fetch-mode") == "navigate"
            and headers.get("sec-fetch-dest") in shown
        )

    def _origin_is_ours(self, origin: str, host: str, site: str) -> bool:
        parts = urlsplit(origin)
        if parts.scheme not in {"http", "https"}:
            return False
        default = ":443" if parts.scheme == "https" else ":80"
        if parts.netloc.lower().removesuffix(default) == host.lower().removesuffix(default):
            return True
        # A hub's proxy may put an inner address in place of the Host; then the browser's own word is needed too.
        return site == "same-origin" and _is_number(_name(host)) and self._is_hub(_name(parts.netloc))

    def _limited(self, scope: Scope, headers: Headers, receive: Receive) -> Receive:
        limit = {UPLOAD_PATH: self._upload_limit, RESTORE_PATH: RESTORE_LIMIT}.get(scope["path"], BODY_LIMIT)
        announced = headers.get("content-length", "0")
        taken = 0

        async def take() -> Message:
            nonlocal taken
            message = await receive()
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                if taken > limit or not announced.isdecimal() or int(announced) > limit:
                    raise _TooLarge
            return message

        return take

    def _finish(self, message: Message, set_cookie: str | None) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in self._headers:
            headers[name] = value
        del headers["x-powered-by"]
        if set_cookie:
            headers.append("set-cookie", set_cookie)


async def _go_to(address: str, send: Send) -> None:
    location = quote(address, safe="/?&=%:@+,;~!$'()*-._")
    headers = [(b"location", location.encode()), (b"content-length", b"0"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _security_headers(frame_ancestors: Iterable[str]) -> list[tuple[str, str]]:
    framers = " ".join(frame_ancestors)
    policy = {
        "default-src": "'self'",
        "img-src": "'self' data: blob:",
        "script-src": "'self' 'unsafe-inline' 'unsafe-eval' blob:",  # what Gradio's page is made of
        "style-src": "'self' 'unsafe-inline'",
        "font-src": "'self' data:",
        "media-src": "'self' data: blob:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "frame-ancestors": f"'self' {framers}" if framers else "'none'",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
    }
    return [
        ("content-security-policy", "; ".join(f"{name} {value}" for name, value in policy.items())),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ]


def _name(host: str) -> str:
    """The name of a Host value, without its port and an address's brackets; "" for one that is no Host."""
    if not host.isascii() or any(mark in host for mark in "@/\\?# "):
        return ""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
