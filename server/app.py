"""The shell around the page: health, speech, the guard, and the process that serves them.

`create_app` makes the whole application from a studio; `serve` runs it until it is told to stop. Neither knows what the page
shows.
"""

import logging
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.routing import Route

from assistant.access import Identity
from assistant.settings import VERSION, Settings
from assistant.studio import Studio
from common.errors import AddressInUse
from knowledge.loading.loader import MAX_MEGABYTES
from server.avatars import avatar_routes
from server.backup import backup_routes
from server.cache import OwnedCache
from server.collections import collection_routes
from server.guard import Guard
from server.identity import SCOPE_KEY
from server.mcp import PATH, McpEndpoint
from server.media import media_routes
from server.signing import signing_routes
from server.speech import speech_routes
from ui.app import mount_page, uploads_folder

_GRACE_S = 2  # for the requests that are under way when the process is told to stop
_UPLOAD_LIMIT = (MAX_MEGABYTES + 5) * 1_000_000  # bytes; room for the form around the file


def create_app(studio: Studio, mount: Callable[[FastAPI, Studio], FastAPI] = mount_page) -> FastAPI:
    """The application; `mount` puts the page at its root."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.studio = studio
    start = secrets.token_hex(8)  # lets an open page notice a restart, and with the count of restores those too

    @app.get("/healthz")
    def health(request: Request) -> JSONResponse:
        """200 once the page can chat; 503 while the model loads or when it did not."""
        status = studio.models.status()
        # A model's name may be the address of a server in the maker's network, or a folder.
        identity: Identity = request.scope[SCOPE_KEY]
        model = status.name if identity.maker else status.title
        answer = {"status": "ok" if status.state == "ready" else status.state, "model": model, "version": VERSION}
        return JSONResponse(
            answer, 200 if status.state == "ready" else 503, {"x-hearth-start": f"{start}-{studio.backups.restores}"}
        )

    app.include_router(speech_routes(studio))
    app.include_router(avatar_routes(studio))
    app.include_router(media_routes(studio.attachments.media))
    app.include_router(backup_routes(studio.backups))
    app.include_router(collection_routes(studio.knowledge, studio.folder.path))
    app.include_router(signing_routes())
    app.router.routes.append(Route(PATH, McpEndpoint(studio), methods=["GET", "POST", "DELETE"]))
    mount(app, studio)
    app.add_middleware(OwnedCache, folder=uploads_folder())
    app.add_middleware(Guard, settings=studio.settings, upload_limit=_UPLOAD_LIMIT)  # added last, it is outermost
    return app


def serve(app: FastAPI, settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM; prints the address once it is listening. Raises `AddressInUse`."""
    listener = _listen(settings)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,  # addresses may hold the token
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_S,
        timeout_keep_alive=30,
    )
    # uvicorn raises the signal again when it has stopped; as an exception it still lets the caller close the studio.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _Server(config, settings).run(sockets=[listener])
    except KeyboardInterrupt:
        return
    finally:
        signal.signal(signal.SIGTERM, before)
        listener.close()


class _Server(uvicorn.Server):
    """uvicorn, saying where the page is and ending the answers under way before it waits for them."""

    def __init__(self, config: uvicorn.Config, settings: Settings) -> None:
        super().__init__(config)
        self._settings = settings

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            sys.stdout.write(address_lines(self._settings))
            sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.app.state.end_streams()  # type: ignore[union-attr]
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        # What is still streamed to open pages is cut off now, which uvicorn would report as errors.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        threading.Thread(target=self.config.app.state.studio.runs.close, daemon=True).start()  # type: ignore[union-attr]


def address_lines(settings: Settings) -> str:
    """What is printed when the page can be opened."""
    name = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host
    address = f"http://{f'[{name}]' if ':' in name else name}:{settings.port}"
    if settings.loopback and settings.hosted is None:
        return f"Hearth is at {address}\n"
    return f"Hearth is at {address}\nFor makers · 维护者入口：{address}/?token={settings.token}\n"


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise AddressInUse(
            f"Hearth cannot listen on {settings.host}:{settings.port} ({error.strerror}). "
            f"Close what uses the port, or choose another one: python app.py --port {settings.port + 1}",
            f"Hearth 无法监听 {settings.host}:{settings.port}（{error.strerror}）。"
            f"请关闭占用该端口的程序，或换一个端口：python app.py --port {settings.port + 1}",
        ) from error
    return listener
