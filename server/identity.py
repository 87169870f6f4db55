"""Who is asking, told from a request's token and cookies.

On loopback everyone is the maker. Beyond it the token makes a maker; without it a hosted page knows its visitors by a random
cookie, and any other page knows nobody. A visitor's owner is a hash of the cookie, so that what is stored and logged opens
nothing. There are no sessions to keep: the maker's cookie is derived from the token and ends with it. In the page a token is
shown by `POST /sign-in` and given up by `POST /sign-out`; the cookies are made here, `server.signing` answers.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import parse_qsl, unquote, urlencode

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import Scope

from assistant.access import MAKER, Identity
from assistant.settings import Settings
from server.attempts import Attempts

SCOPE_KEY = "hearth.identity"
SIGN_IN, SIGN_OUT = "/sign-in", "/sign-out"
TOKEN_HEADER = "x-hearth-token"
"""What brings the token to `SIGN_IN`, percent-encoded: no proxy takes it for its own, as some do with Authorization."""

_MAKER_COOKIE = "hearth_maker"
_VISITOR_COOKIE = "hearth_visitor"
_YEAR_S = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Admission:
    """What the door decided: an identity or None, a cookie to set, and an address without the token to go on to.

    `held_back_s` is above 0 where too many wrong tokens came before, so that this one was not looked at: the seconds until one
    is again.
    """

    identity: Identity | None
    set_cookie: str | None = None
    go_to: str | None = None
    held_back_s: float = 0.0


class Door:
    """Tells makers, visitors and strangers apart by the settings of the run."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._open = settings.loopback and settings.hosted is None
        self._hosted = settings.hosted is not None
        self._token = settings.token
        self._attempts = Attempts(clock)

    def admit(self, scope: Scope) -> Admission:
        """Who is asking; `identity` is None for a stranger where a token is required."""
        if self._open:
            return Admission(MAKER)
        headers = Headers(scope=scope)
        signing_in, signing_out = (scope.get("method") == "POST" and scope["path"] == path for path in (SIGN_IN, SIGN_OUT))
        query = _query_with_token(scope)
        given = dict(query).get("token") or _bearer(headers) or (signing_in and unquote(headers.get(TOKEN_HEADER, "")))
        if given:
            address = (scope.get("client") or ("",))[0]
            if wait_s := self._attempts.wait_s(address):
                return Admission(None, held_back_s=wait_s)
            if self._is_token(given):
                if signing_in:
                    return Admission(MAKER, self._cookie(_MAKER_COOKIE, self._maker_cookie(), "Strict", scope, headers))
                return self._signed_in(query, scope, headers) if query else Admission(MAKER)
            self._attempts.failed(address)
        if query:
            return Admission(None)
        cookies = cookie_parser(headers.get("cookie", ""))
        if self._token and hmac.compare_digest(cookies.get(_MAKER_COOKIE, "").encode(), self._maker_cookie().encode()):
            gone = self._cookie(_MAKER_COOKIE, "", "Strict", scope, headers) if signing_out else None
            return Admission(MAKER, gone)
        if not self._hosted:
            return Admission(None)
        known = cookies.get(_VISITOR_COOKIE, "")
        if len(known) >= 32:
            return Admission(_visitor(known))
        fresh = secrets.token_urlsafe(32)
        return Admission(_visitor(fresh), self._cookie(_VISITOR_COOKIE, fresh, "Lax", scope, headers))

    def _signed_in(self, query: list[tuple[str, str]], scope: Scope, headers: Headers) -> Admission:
        """A visit to `?token=…`: the cookie is set and the address cleaned."""
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        path = "/" + scope["path"].lstrip("/\\")
        return Admission(
            MAKER,
            self._cookie(_MAKER_COOKIE, self._maker_cookie(), "Strict", scope, headers),
            f"{path}?{rest}" if rest else path,
        )

    def _is_token(self, given: str) -> bool:
        return bool(self._token) and hmac.compare_digest(given.encode(), str(self._token).encode())

    def _maker_cookie(self) -> str:
        return hmac.new(str(self._token).encode(), b"hearth maker", hashlib.sha256).hexdigest()

    def _cookie(self, name: str, value: str, same_site: str, scope: Scope, headers: Headers) -> str:
        """A Set-Cookie value, which ends the cookie where `value` is empty.

        In the hub's frame a cookie of ours is a third party's, kept apart for each hub page. A script's request does not tell
        that it comes from there; our page's says so in its address.
        """
        cookie: SimpleCookie = SimpleCookie()
        cookie[name] = value
        morsel = cookie[name]
        says_framed = scope["path"] in {SIGN_IN, SIGN_OUT} and scope["query_string"] == b"framed=1"
        framed = self._hosted and (says_framed or headers.get("sec-fetch-dest") in {"iframe", "frame"})
        morsel["path"], morsel["max-age"], morsel["httponly"] = "/", str(_YEAR_S if value else 0), True
        morsel["samesite"] = "None" if framed else same_site
        if self._hosted or scope.get("scheme") == "https":
            morsel["secure"] = True
        return morsel.OutputString() + ("; Partitioned" if framed else "")


def _query_with_token(scope: Scope) -> list[tuple[str, str]]:
    """The query of a visit to `?token=…`; nothing for any other request."""
    if scope["type"] != "http" or scope["method"] != "GET" or b"token=" not in scope["query_string"]:
        return []
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return query if any(name == "token" for name, _ in query) else []


def _bearer(headers: Headers) -> str:
    """The token a program sends; "" where there is none, or a name and password that a proxy asked for."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" else ""


def _visitor(cookie: str) -> Identity:
    return Identity(f"visitor-{hashlib.sha256(cookie.encode()).hexdigest()[:32]}", maker=False)
