"""The pictures of personas: `GET /avatars/PERSONA/DIGEST.webp`, for those who may talk to that persona.

The address names the very picture, so a browser asks for each once and keeps it. A picture that is gone, one of a persona that is
not published and one that never was are the same answer.
"""

from typing import Protocol

from fastapi import APIRouter, Request, Response

from assistant.access import Identity
from common.errors import PersonaError
from personas.pictures import digest, picture_bytes
from personas.schema import Persona
from server.identity import SCOPE_KEY

_HEADERS = {"cache-control": "private, max-age=31536000, immutable", "x-content-type-options": "nosniff"}


class PicturedStudio(Protocol):
    """What showing pictures needs of a studio."""

    def persona(self, identity: Identity, persona: str) -> Persona:
        """Raises `PersonaError` for one that is not there or not published."""
        ...


def avatar_routes(studio: PicturedStudio) -> APIRouter:
    """The route."""
    router = APIRouter()

    @router.get("/avatars/{persona}/{name}")
    def avatar(request: Request, persona: str, name: str) -> Response:
        identity: Identity = request.scope[SCOPE_KEY]
        try:
            found = studio.persona(identity, persona)
        except PersonaError:
            return Response(status_code=404)
        if not found.picture or name != f"{digest(found.picture)}.webp":
            return Response(status_code=404)
        return Response(picture_bytes(found.picture), media_type="image/webp", headers=_HEADERS)

    return router
