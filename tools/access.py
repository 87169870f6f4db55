"""What a tool needs besides its document before it may reach its service: a grant of its address, and keys.

Both are entered by people and are part of no document. Keys that an import came with are offered here by name and place; their
values are kept only where somebody wants that, and then for the origins alone that the taken tools send them to.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from common.secrets import Secrets
from tools.calls import origin_text
from tools.documents import ToolDocument
from tools.imported import FoundKey


@dataclass(frozen=True, slots=True)
class SecretNeeded:
    """A secret that a tool sends: for which origin it has to be entered, and whether it `is_there`."""

    name: str
    origin: str
    required: bool
    is_there: bool


@dataclass(frozen=True, slots=True)
class Access:
    """What a tool needs: its secrets, and a grant of `host` ("host:port", "" for a tool that calls no address of its own) where
    that is `private`.
    """

    secrets: Sequence[SecretNeeded] = ()
    host: str = ""
    private: bool = False
    granted: bool = False


@dataclass(frozen=True, slots=True)
class KeyOffer:
    """A key that an import came with; `replaces` are the origins that one of its name is kept for, None where there is none."""

    key: FoundKey
    replaces: Sequence[str] | None


def offers_of(keys: Iterable[FoundKey], secrets: Secrets) -> Sequence[KeyOffer]:
    """What keeping these keys would do. Raises `StorageFailed`."""
    names = set(secrets.names())
    return [KeyOffer(key, secrets.hosts(key.name) if key.name in names else None) for key in keys]


def places_of(key: FoundKey, documents: Iterable[ToolDocument]) -> Sequence[str]:
    """The origins of a key that one of these tools sends it to."""
    calls = [document.call for document in documents if document.call.kind == "http"]
    sent = {(secret.name, origin_text(call.url)) for call in calls for secret in call.secrets}
    return [origin for origin in key.origins if (key.name, origin) in sent]
