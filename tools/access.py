"""What a tool needs besides its document before it may reach its service: a grant of its address, and keys.

Both are entered by people and are part of no document. Keys that an import came with are offered here by name and place; their
values are kept only where somebody wants that, and then for the origins alone that the taken tools send them to.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from common.secrets import Secrets
from tools.calls import origin_text
from tools.documents import ToolDocument
from tools.grants import grant_needed
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
    """What a tool needs to reach its service.

    `host` ("host:port") is what it calls, "" where that is no address of its own; one that is `private` needs a grant.
    """

    secrets: Sequence[SecretNeeded] = ()
    host: str = ""
    private: bool = False
    granted: bool = False


def private_host(document: ToolDocument) -> str:
    """The "host:port" that a tool calls by a grant alone, "" for one that needs none."""
    return (grant_needed(document.call.url) or "") if document.call.kind == "http" else ""


@dataclass(frozen=True, slots=True)
class KeyOffer:
    """A key that an import came with, without its value.

    `replaces` are the origins that one of its name is kept for (none for one that goes anywhere), None where there is none.
    """

    name: str
    origins: Sequence[str]
    replaces: Sequence[str] | None


def offers_of(keys: Iterable[FoundKey], secrets: Secrets) -> Sequence[KeyOffer]:
    """What keeping these keys would do, in their order. Raises `StorageFailed`."""
    places = secrets.places()
    return [KeyOffer(key.name, key.origins, places.get(key.name)) for key in keys]


def kept_for(keys: Iterable[FoundKey], documents: Iterable[ToolDocument]) -> Mapping[str, tuple[str, Sequence[str]]]:
    """The value of each key that one of these tools sends, by its name, and to which of its origins."""
    calls = [document.call for document in documents if document.call.kind == "http"]
    sent = {(secret.name, origin_text(call.url)) for call in calls for secret in call.secrets}
    places = [(key, [origin for origin in key.origins if (key.name, origin) in sent]) for key in keys]
    return {key.name: (key.value, origins) for key, origins in places if origins}
