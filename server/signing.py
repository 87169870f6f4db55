"""Becoming the maker in the page, and ceasing to be: `POST /sign-in` and `POST /sign-out`.

`server.identity` has read the token and made the cookies by the time a request comes here; these routes only say what came of it.
"""

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from assistant.access import Identity
from server.identity import SCOPE_KEY, SIGN_IN, SIGN_OUT
from server.refusal import reply


def signing_routes() -> APIRouter:
    """The two routes: 204 when it is done, 401 with a sentence for a wrong token."""
    router = APIRouter()

    @router.post(SIGN_IN)
    def sign_in(request: Request) -> Response:
        identity: Identity = request.scope[SCOPE_KEY]
        if identity.maker:
            return Response(status_code=204)
        sentences = (
            "This is not the token. It was printed when Hearth started, or set as HEARTH_TOKEN.",
            "令牌不对。它在 Hearth 启动时显示过，或由 HEARTH_TOKEN 设定。",
        )
        return PlainTextResponse(reply(request.headers, *sentences), status_code=401)

    @router.post(SIGN_OUT)
    def sign_out() -> Response:
        return Response(status_code=204)

    return router
