"""Backups over the wire, for makers: `GET /backup` sends everything as one zip, `POST /restore` takes one back.

Both are streams, so that neither end holds a backup in memory. What is in one, and what makes one fit to be restored, is
`assistant.backup`'s matter.
"""

from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from assistant.access import Identity
from assistant.backup import Backup, Backups
from common.database import unwritable
from common.errors import BackupBusy, BackupInvalid, HearthError, StorageFailed
from server.guard import RESTORE_PATH
from server.identity import SCOPE_KEY
from server.refusal import reply

_AT_ONCE = 1 << 20  # bytes written at a time
_STATUS = {BackupBusy: 409, BackupInvalid: 422, StorageFailed: 507}


def backup_routes(backups: Backups) -> APIRouter:
    """The two routes; whoever is no maker gets 403."""
    router = APIRouter()

    @router.get("/backup")
    async def send(request: Request) -> Response:
        if not _is_maker(request):
            return _makers_only(request)
        try:
            return _Download(await run_in_threadpool(backups.make))
        except HearthError as error:
            return _said(request, error)

    @router.post(RESTORE_PATH)
    async def take(request: Request) -> Response:
        """200 with what the backup says of itself; the body is the file as it is."""
        if not _is_maker(request):
            return _makers_only(request)
        try:
            with backups.arriving(_size(request)) as place:
                await _store(request, place)
                manifest = await run_in_threadpool(backups.restore, place)
        except ClientDisconnect:
            return Response(status_code=400)
        except HearthError as error:
            return _said(request, error)
        return JSONResponse({"made": manifest.made.isoformat(), "rows": manifest.rows})

    return router


class _Download(StreamingResponse):
    """A backup on its way; its copy is deleted however the sending ends."""

    def __init__(self, backup: Backup) -> None:
        headers = {"content-disposition": f'attachment; filename="{backup.name}"', "cache-control": "no-store"}
        super().__init__(_pieces(backup), media_type="application/zip", headers=headers)
        self._backup = backup

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._backup.close()


async def _pieces(backup: Backup) -> AsyncIterator[bytes]:
    pieces = backup.pieces()
    try:
        while piece := await run_in_threadpool(next, pieces, b""):
            yield piece
    finally:
        pieces.close()


async def _store(request: Request, place: Path) -> None:
    """Write the body to `place`. Raises `StorageFailed`, and `ClientDisconnect` when the sender breaks off."""
    waiting = bytearray()
    try:
        with place.open("wb") as file:
            async for piece in request.stream():
                waiting += piece
                if len(waiting) >= _AT_ONCE:
                    await run_in_threadpool(file.write, bytes(waiting))
                    waiting.clear()
            await run_in_threadpool(file.write, bytes(waiting))
    except OSError as error:
        raise unwritable(str(place.parent), error) from error


def _size(request: Request) -> int:
    """The bytes that the sender says it sends, 0 where it does not say."""
    said = request.headers.get("content-length", "")
    return int(said) if said.isdecimal() and len(said) < 20 else 0


def _is_maker(request: Request) -> bool:
    identity: Identity = request.scope[SCOPE_KEY]
    return identity.maker


def _makers_only(request: Request) -> Response:
    sentences = ("Only those who look after this page may do this.", "只有维护者可以这样做。")
    return PlainTextResponse(reply(request.headers, *sentences), status_code=403)


def _said(request: Request, error: HearthError) -> Response:
    status = _STATUS.get(type(error), 500)
    return PlainTextResponse(reply(request.headers, error.english, error.chinese), status_code=status)
