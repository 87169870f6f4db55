"""Who is looking at the page, and what each open page is looking at.

The server decides the identity and leaves it in the request's scope; the page only reads it. `Viewers` holds one number an open
page, so that a page which turned to another conversation ends the generator of the one it left. Neither holds anything to keep.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr

from assistant.access import MAKER, Identity

SCOPE_KEY = "hearth.identity"
_FOLLOWED = 8  # pages of one person that follow answers; each holds a thread
_PAGES = 20_000  # open pages that are told apart; anybody may name one that never was


def identity_of(request: gr.Request) -> Identity:
    """The identity the server found; a page that was mounted without Hearth's server is its maker's own."""
    inner = request.request
    found = inner.scope.get(SCOPE_KEY) if inner is not None else None
    return found if isinstance(found, Identity) else MAKER


class Viewers:
    """The newest ticket of each open page; a generator stops when its own is not the newest any more."""

    def __init__(self) -> None:
        self._tickets: dict[str, int] = {}
        self._following: dict[str, dict[tuple[str, int], None]] = {}  # by owner, in the order in which they began
        self._lock = threading.Lock()

    def take(self, session: str) -> int:
        with self._lock:
            ticket = self._tickets.pop(session, 0) + 1
            self._tickets[session] = ticket  # the newest last
            if len(self._tickets) > _PAGES:
                del self._tickets[next(iter(self._tickets))]
            return ticket

    def holds(self, session: str, ticket: int) -> bool:
        return self._tickets.get(session) == ticket

    @contextmanager
    def follows(self, owner: str, session: str, ticket: int) -> Iterator[None]:
        """While the block runs the page follows an answer; of an owner's beyond `_FOLLOWED` the first that began is let go."""
        with self._lock:
            pages = self._following.setdefault(owner, {})
            pages[session, ticket] = None
            if len(pages) > _FOLLOWED:
                first = next(iter(pages))
                del pages[first]
                if self._tickets.get(first[0]) == first[1]:
                    del self._tickets[first[0]]
        try:
            yield
        finally:
            with self._lock:
                pages.pop((session, ticket), None)
                if not pages:
                    self._following.pop(owner, None)

    def leave(self, session: str) -> None:
        """The page was closed."""
        with self._lock:
            self._tickets.pop(session, None)
