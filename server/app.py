"""The FastAPI shell around the page: what answers on which path, and how it is served.

`create_app` puts the parts together and opens no port; `serve` does. The page itself is `ui.app`'s, and who may ask for what is
`server.guard`'s.
"""

import socket
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse

from assistant.settings import VERSION, Settings
from assistant.studio import Studio
from common.errors import HearthError
from ui.app import mount_page

_GRACE_S = 3


class PortBusy(HearthError):
    """Something else listens on the port."""


def create_app(studio: Studio) -> FastAPI:
    """The whole app: `/healthz` and the page."""
    app = FastAPI(title="Hearth", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/healthz")
    def healthz() -> JSONResponse:
        """Status 200 and "ok" once the page can chat; 503 and "loading" or "failed" before."""
        status = studio.models.status()
        state = "ok" if status.state == "ready" else status.state
        return JSONResponse({"status": state, "model": status.name, "version": VERSION}, 200 if state == "ok" else 503)

    return mount_page(app, studio)


def serve(app: Any, settings: Settings) -> None:
    """Print the address, then answer until a signal comes. Raises `PortBusy`."""
    listener = _listen(settings.host, settings.port)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=_GRACE_S, server_header=False)
    print(f"Hearth is at http://{_shown(settings)}", flush=True)
    uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise PortBusy(
            f"Hearth cannot listen on {host}:{port} ({error.strerror}). Stop what uses it, or start with --port {port + 1}.",
            f"无法监听 {host}:{port}（{error.strerror}）。请停止占用它的程序，或用 --port {port + 1} 换一个端口。",
        ) from error
    return listener


def _shown(settings: Settings) -> str:
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    query = "" if settings.loopback or settings.token is None else f"/?token={settings.token}"
    return f"{host}:{settings.port}{query}"
