"""Collections over the wire, for makers: `GET /collection?id=ID` sends one as a file that another Hearth takes in.

The file is written first, so that it is of one moment and a slow browser holds nothing up; it is deleted however that ends.
"""

import re
import shutil
import uuid
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, PlainTextResponse
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from assistant.access import MAKER, Identity
from common.database import unwritable
from common.errors import CollectionMissing, HearthError, StorageFailed
from knowledge.base import Knowledge
from knowledge.parcel import SUFFIX
from server.identity import SCOPE_KEY
from server.refusal import reply

_STATUS = {CollectionMissing: 404, StorageFailed: 507}
_UNFIT = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')  # for the name of a file, on one system or another
_NAME = 80  # letters


def collection_routes(knowledge: Knowledge, folder: Path) -> APIRouter:
    """The route; whoever is no maker gets 403. Files on their way lie in a folder of their own within `folder`."""
    work = folder / "export-work"
    shutil.rmtree(work, ignore_errors=True)  # of a process that was killed
    router = APIRouter()

    @router.get("/collection")
    async def send(request: Request, id: str = "") -> Response:
        identity: Identity = request.scope[SCOPE_KEY]
        if not identity.maker:
            sentences = ("Only those who look after this page may do this.", "只有维护者可以这样做。")
            return PlainTextResponse(reply(request.headers, *sentences), status_code=403)
        try:
            return await run_in_threadpool(_written, knowledge, id, work)
        except HearthError as error:
            status = _STATUS.get(type(error), 500)
            return PlainTextResponse(reply(request.headers, error.english, error.chinese), status_code=status)

    return router


def _written(knowledge: Knowledge, collection: str, work: Path) -> "_Download":
    title = knowledge.collection(MAKER.owner, collection).title
    try:
        work.mkdir(exist_ok=True)
    except OSError as error:
        raise unwritable(str(work), error) from error
    path = work / f"{uuid.uuid4().hex}.zip"
    knowledge.exporting(MAKER.owner, collection, path)
    return _Download(path, f"{_UNFIT.sub('-', title).strip(' .')[:_NAME] or collection}{SUFFIX}")


class _Download(FileResponse):
    """A collection on its way."""

    def __init__(self, path: Path, name: str) -> None:
        super().__init__(path, media_type="application/zip", filename=name, headers={"cache-control": "no-store"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            Path(self.path).unlink(missing_ok=True)
