"""The pictures and sounds of conversations: `GET /media/CONVERSATION/ID`, for the owner of the conversation alone.

What is gone, what is another's and what never was are the same answer. A browser may keep what it was sent, and asks each time
whether it may still show it: after a deletion, or to the next person at the same screen, it may not.
"""

import re
from typing import Protocol
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from assistant.access import Identity
from server.identity import SCOPE_KEY
from tools.base import Media

_RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})")


class Shelf(Protocol):
    """Where they lie."""

    def get(self, owner: str, conversation: str, id: str) -> Media | None:
        """None for what is not this owner's, or not there."""
        ...


def media_routes(shelf: Shelf) -> APIRouter:
    """The route: 200, 206 for a part (a phone plays no sound without), 304 for what the browser has; else 404."""
    router = APIRouter()

    @router.get("/media/{conversation}/{id}")
    def medium(request: Request, conversation: str, id: str) -> Response:
        identity: Identity = request.scope[SCOPE_KEY]
        found = shelf.get(identity.owner, conversation, id)
        if found is None:
            return Response(status_code=404)
        tag = f'"{id}"'
        headers = {
            "cache-control": "private, no-cache",
            "etag": tag,
            "accept-ranges": "bytes",
            "x-content-type-options": "nosniff",
            "content-disposition": f"inline; filename*=UTF-8''{quote(found.name, safe='')}",
        }
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        part = _part(request.headers.get("range", ""), len(found.data))
        if part is None:
            return Response(found.data, media_type=found.type, headers=headers)
        if not part:
            return Response(status_code=416, headers={**headers, "content-range": f"bytes */{len(found.data)}"})
        headers["content-range"] = f"bytes {part.start}-{part.stop - 1}/{len(found.data)}"
        return Response(found.data[part.start : part.stop], 206, media_type=found.type, headers=headers)

    return router


def _part(asked: str, size: int) -> range | None:
    """The bytes that a request asks for; empty where there are none, None where it asks for all, or for something else."""
    found = _RANGE.fullmatch(asked)
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        return range(max(0, size - int(found[2])), size)
    return range(int(found[1]), min(size, int(found[2]) + 1) if found[2] else size)
