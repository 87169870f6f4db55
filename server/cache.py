"""Keeps what Gradio holds for one person from another: uploaded files and the streams of open pages.

Gradio itself serves every file of its cache to whoever names it, and every page's events to whoever knows its session. This
layer lets through only the routes that our page uses, remembers who uploaded a file and who opened a session, and refuses
everyone else. It forgets with the process: a file uploaded before a restart is nobody's.
"""

import json
import logging
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.access import Identity
from server.guard import RESTORE_PATH, UPLOAD_PATH
from server.identity import SCOPE_KEY, SIGN_IN, SIGN_OUT
from server.mcp import PATH
from server.refusal import MAKERS_ONLY, NO_ROOM, NOT_YOURS, UNREADABLE, Refusal, refuse

log = logging.getLogger(__name__)

_API = "/gradio_api/"
_FILE = f"{_API}file="
_REMEMBERED = 20_000
_ANSWER_LIMIT = 2_000_000  # bytes of an upload's answer that are read; it is a list of paths

_PAGE_ROUTES = ("/assets/", "/static/", "/svelte/", "/speech/", "/avatars/", "/media/")
_PAGE_FILES = {"/", "/config", "/theme.css", "/favicon.ico", "/robots.txt", "/manifest.json", "/healthz"} | {
    "/backup",
    "/collection",
    RESTORE_PATH,
    SIGN_IN,
    SIGN_OUT,
    PATH,
}
_SESSION_IN_BODY = {f"{_API}queue/join", f"{_API}cancel", f"{_API}reset", f"{_API}component_server"}


class OwnedCache:
    """The layer between the guard and Gradio, whose uploads lie in `folder`; the guard put the identity into the scope."""

    def __init__(self, app: ASGIApp, folder: Path) -> None:
        self._app = app
        self._folder = folder.resolve()
        self._files = _Owners()
        self._sessions = _Owners()
        self._uploads = _Owners()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        identity: Identity = scope[SCOPE_KEY]
        path = scope["path"].rstrip("/") or "/"
        if scope["type"] == "http" and scope["method"] == "POST" and path in _SESSION_IN_BODY:
            await self._with_body(identity.owner, scope, receive, send)
            return
        refusal = self._refusal(scope, path, identity)
        if refusal is not None:
            await refuse(refusal, scope, send)
        elif path == UPLOAD_PATH:
            await self._upload(identity.owner, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _refusal(self, scope: Scope, path: str, identity: Identity) -> Refusal | None:
        query = parse_qs(scope["query_string"].decode("latin-1"))
        owner = identity.owner
        if scope["type"] != "http":
            return NOT_YOURS
        if scope["path"].startswith(_FILE):
            allowed = self._files.holds(_real(scope["path"].removeprefix(_FILE)), owner)
        elif path == UPLOAD_PATH:
            if not identity.maker:
                return MAKERS_ONLY
            allowed = all(self._uploads.claim(upload, owner) for upload in query.get("upload_id", []))
        elif path == f"{_API}upload_progress":
            allowed = all(self._uploads.claim(upload, owner) for upload in query.get("upload_id", []))
        elif path == f"{_API}queue/data":
            allowed = all(self._sessions.claim(session, owner) for session in query.get("session_hash", []))
        elif path.startswith(f"{_API}heartbeat/"):
            allowed = self._sessions.claim(path.removeprefix(f"{_API}heartbeat/"), owner)
        else:
            allowed = path in _PAGE_FILES or path.startswith(_PAGE_ROUTES)
        return None if allowed else NOT_YOURS

    async def _with_body(self, owner: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the JSON of an event, check whose session and files it names, and pass it on."""
        body = b""
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        try:
            event = json.loads(body)
        except (ValueError, RecursionError):
            await refuse(UNREADABLE, scope, send)
            return
        session = event.get("session_hash") if isinstance(event, dict) else None
        if not isinstance(session, str) or not self._sessions.claim(session, owner) or not self._may_name(event, owner):
            await refuse(NOT_YOURS, scope, send)
            return
        given = False

        async def again() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, again, send)

    def _may_name(self, event: Any, owner: str) -> bool:
        """Whether every uploaded file that an event's data names was uploaded by its sender."""
        waiting = [event]
        while waiting:
            value = waiting.pop()
            if isinstance(value, list):
                waiting += value
            elif isinstance(value, dict):
                path = value.get("path")
                if isinstance(path, str) and self._is_upload(path) and not self._files.holds(_real(path), owner):
                    return False
                waiting += value.values()
        return True

    def _is_upload(self, path: str) -> bool:
        return Path(_real(path)).is_relative_to(self._folder)

    async def _upload(self, owner: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Store an upload and note whose it is; one that the disk has no room for is refused."""
        answer = bytearray()
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body" and status == 200 and len(answer) < _ANSWER_LIMIT:
                answer.extend(message.get("body", b""))
                if not message.get("more_body"):
                    for path in json.loads(answer):
                        self._files.add(_real(path), owner)
            await send(message)

        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        try:
            await self._app({**scope, "headers": plain}, receive, noting)
        except OSError as error:
            log.warning("an upload could not be stored: %s", error)
            if not status:
                await refuse(NO_ROOM, scope, send)


class _Owners:
    """Who has which thing, the oldest forgotten first; two people may have the same file."""

    def __init__(self) -> None:
        self._owners: OrderedDict[str, frozenset[str]] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, thing: str, owner: str) -> None:
        with self._lock:
            self._keep(thing, self._owners.pop(thing, frozenset()) | {owner})

    def holds(self, thing: str, owner: str) -> bool:
        with self._lock:
            return owner in self._owners.get(thing, ())

    def claim(self, thing: str, owner: str) -> bool:
        """Make the thing the owner's if it is nobody's; whether it is theirs."""
        with self._lock:
            if thing not in self._owners:
                self._keep(thing, frozenset({owner}))
            return owner in self._owners[thing]

    def _keep(self, thing: str, owners: frozenset[str]) -> None:
        self._owners[thing] = owners
        while len(self._owners) > _REMEMBERED:
            self._owners.popitem(last=False)


def _real(path: str) -> str:
    """The one spelling of a path; one that cannot be a path is its own."""
    try:
        return str(Path(path).resolve())
    except (OSError, ValueError, RuntimeError):
        return path
