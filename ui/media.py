"""Pictures and sounds as HTML: those that lie with a conversation, by their address, and those that only memory holds, as data.

Nothing here reads them. What a picture is called stands beside it for whoever does not see it.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote

from markupsafe import Markup

from assistant.mediacheck import checked
from assistant.messages import MediaRef
from tools.base import Media
from ui.texts import text

_DATA_BYTES = 4_000_000  # of all that is sent within the page; each becomes a third longer there


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture or a sound to be shown; `address` is "" where its name is all there is."""

    kind: Literal["picture", "sound"]
    name: str
    address: str


@dataclass(slots=True)
class InMemory:
    """A `Keeper` for a call outside every conversation: what it keeps is shown, and gone with the page."""

    shown: list[Shown] = field(default_factory=list)
    bytes: int = 0

    def keep(self, medium: Media) -> MediaRef:
        medium = checked(medium)
        ref = MediaRef("", medium.type, medium.name, len(medium.data))
        self.bytes += ref.bytes
        data = base64.b64encode(medium.data).decode() if self.bytes <= _DATA_BYTES else ""
        self.shown.append(Shown(ref.kind, ref.name, data and f"data:{medium.type};base64,{data}"))
        return ref

    def fetch(self, id: str) -> Media | None:
        return None


def kept(refs: Iterable[MediaRef], conversation: str) -> list[Shown]:
    """Those that lie with a conversation."""
    place = quote(conversation, safe="")
    return [Shown(ref.kind, ref.name, ref.id and f"media/{place}/{ref.id}") for ref in refs]


def media_html(media: Iterable[Shown], language: str) -> Markup:
    """Pictures, each of which opens in full size, and sounds, of which none is fetched before it is played."""
    inside = Markup("").join(_medium(medium, language) for medium in media)
    return Markup('<div class="media">{}</div>').format(inside) if inside else inside


def _medium(medium: Shown, language: str) -> Markup:
    if not medium.address:
        return Markup('<p class="note">{}</p>').format(text(f"only_named_{medium.kind}", language, name=medium.name))
    if medium.kind == "sound":
        return Markup(
            '<div class="sound"><bdi>{0}</bdi><audio controls preload="none" src="{1}" aria-label="{0}"></audio></div>'
        ).format(medium.name, medium.address)
    return Markup(
        '<button type="button" class="picture" data-do="enlarge" title="{0}"><img src="{1}" alt="{2}" loading="lazy"></button>'
    ).format(text("enlarge", language, name=medium.name), medium.address, medium.name)
