"""The acts of importing tools: a file, an address or a text is looked into, and what was ticked is taken.

What was found stays with the page's session until it is taken; after a restart it has to be looked into again.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from assistant.studio import Studio
from common.errors import DocumentInvalid, HearthError
from tools.descriptions import JSON_LIMIT
from tools.imported import LeftOut
from tools.toolbox import Preview
from ui.ask import Ask
from ui.render import Manner
from ui.texts import text
from ui.uploads import Upload, content
from ui.views import parts
from ui.views import tool_import as views

_NOT_TEXT = ("This file is not text in UTF-8. Choose another.", "这个文件不是 UTF-8 文本，请换一个。")
_SESSIONS = 8  # whose findings are kept, the latest ones


@dataclass(frozen=True, slots=True)
class _Pending:
    """A text that was looked into."""

    text: str = field(repr=False)
    preview: Preview
    found_at: str | None
    server: str = ""


class ToolImports:
    """The import of a session, from its source to what is taken of it."""

    def __init__(self, studio: Studio) -> None:
        self._toolbox = studio.toolbox
        self._pending: OrderedDict[str, _Pending] = OrderedDict()
        self._lock = threading.Lock()

    def look(self, ask: Ask) -> None:
        """Look into what was typed. Raises `HearthError`."""
        fields = ask.fields()
        url, words = ((fields.get(name) or [""])[-1].strip() for name in ("url", "text"))
        if not url and not words:
            raise HearthError(*(text("tools_import_empty", each) for each in ("en", "zh")))
        if len(words) >= views.TEXT_LIMIT:
            raise HearthError(*(text("tools_import_long", each, count=f"{views.TEXT_LIMIT:,}") for each in ("en", "zh")))
        self._keep(ask, words or self._toolbox.fetch(url), None if words else url)

    def read(self, ask: Ask, sent: Sequence[Upload]) -> None:
        """Look into a file that was sent. Raises `HearthError`."""
        data = content(sent, JSON_LIMIT + 1)  # one byte more than is taken
        try:
            self._keep(ask, data.decode("utf-8-sig"), None)
        except UnicodeDecodeError:
            raise DocumentInvalid(*_NOT_TEXT) from None

    def serve(self, ask: Ask) -> None:
        """Look again with another of the servers that the description names. Raises `HearthError`."""
        pending = self._of(ask)
        self._keep(ask, pending.text, pending.found_at, ask.word("value"))

    def take(self, ask: Ask) -> tuple[str, str]:
        """Keep what was ticked: tools, keys, what they may reach. Returns the sentence about it, and the tool if it is one.

        Raises `HearthError`.
        """
        pending = self._of(ask)
        chosen = set(ask.fields().get("take", ()))
        if not chosen:
            raise HearthError(*(text("tools_import_none_chosen", each) for each in ("en", "zh")))
        found, ticked = pending.preview.found, set(ask.fields().get("keep-key", ()))
        kept = self._toolbox.take(found, chosen, set(ask.fields().get("reach", ())) & {*pending.preview.private})
        names = self._toolbox.keep_keys((key for place, key in enumerate(found.keys) if str(place) in ticked), kept)
        with self._lock:
            self._pending.pop(ask.session, None)
        said = text("tools_import_done", ask.language, count=f"{len(kept):,}")
        if names:
            said = f"{said} {text('tools_import_keys_kept', ask.language, names=', '.join(names))}"
        return said, kept[0].document.id if len(kept) == 1 else ""

    def leave(self, session: str) -> None:
        """Let go of what a page looked into: there may be keys in it."""
        with self._lock:
            self._pending.pop(session, None)

    def html(self, ask: Ask, manner: Manner, note: Markup = parts.EMPTY) -> Markup:
        """The open thing."""
        with self._lock:
            pending = self._pending.get(ask.session)
        return views.import_html(None if pending is None else _look(pending, ask), manner, note)

    def _keep(self, ask: Ask, words: str, found_at: str | None, server: str = "") -> None:
        preview = self._toolbox.preview(words, server or None, found_at)
        with self._lock:
            self._pending[ask.session] = _Pending(words, preview, found_at, server)
            self._pending.move_to_end(ask.session)
            while len(self._pending) > _SESSIONS:
                self._pending.popitem(last=False)

    def _of(self, ask: Ask) -> _Pending:
        with self._lock:
            pending = self._pending.get(ask.session)
        if pending is None:
            raise HearthError(*(text("tools_import_gone", each) for each in ("en", "zh")))
        return pending


def _look(pending: _Pending, ask: Ask) -> views.Look:
    spoken = 1 if ask.language == "zh" else 0
    found = pending.preview.found
    offers = [
        views.Found(offer.key, offer.document.title.get(ask.language), offer.operation, offer.state)
        for offer in pending.preview.offers
    ]
    left = [(each.operation, each.reason[spoken]) for each in found.operations if isinstance(each, LeftOut)]
    left += [("", told[spoken]) for told in found.notes]
    server = pending.server or next(iter(found.servers), "")
    return views.Look(found.title, offers, left, found.servers, server, pending.preview.keys, pending.preview.private)
