"""The values a conversation is made of: messages, tool calls and their results.

These are pure values: no storage ids, no clocks, no I/O. Conversations store them, events carry them, models read them, and
`to_dict`/`from_dict` are how they travel.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from knowledge.types import Hit

Role = Literal["system", "user", "assistant", "tool"]

PICTURES = ("image/png", "image/jpeg", "image/webp", "image/gif")
SOUNDS = ("audio/wav", "audio/mpeg", "audio/ogg")

_ID = re.compile(r"[0-9a-f]{64}|")


@dataclass(frozen=True, slots=True)
class MediaRef:
    """A picture or a sound by what its content hashes to; `bytes` is its size, `name` says what it holds.

    The content itself lies with the conversation. `id` is "" where it was not kept, or stayed behind when a file was exported:
    then there is a name and no more.
    """

    id: str
    type: str
    name: str
    bytes: int

    @property
    def kind(self) -> Literal["picture", "sound"]:
        return "picture" if self.type in PICTURES else "sound"

    def to_dict(self) -> dict[str, Any]:
        return {"id": self.id, "type": self.type, "name": self.name, "bytes": self.bytes}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "MediaRef":
        """Read what `to_dict` wrote; raises `ValueError` for what it never writes, since an id becomes an address."""
        ref = cls(data["id"], data["type"], data["name"], data["bytes"])
        known = bool(_ID.fullmatch(ref.id)) and ref.type in (*PICTURES, *SOUNDS)
        if not known or not isinstance(ref.name, str) or not isinstance(ref.bytes, int):
            raise ValueError(f"{data!r:.200} is no picture or sound")
        return ref


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A wish of the model to use a tool: `name` is the name the model sees, `id` ties the call to its result."""

    id: str
    name: str
    arguments: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        return {"id": self.id, "name": self.name, "arguments": dict(self.arguments)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "ToolCall":
        return cls(data["id"], data["name"], data["arguments"])


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a call gave: `text` is what the model reads, `media` what people are shown beside it; `failed` says that the text is
    the sentence of a failure.

    `arguments` are those that a person put in the place of the call's before it was made, None for the call's own.
    """

    call_id: str
    name: str
    text: str
    failed: bool = False
    media: tuple[MediaRef, ...] = ()
    arguments: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        media = [ref.to_dict() for ref in self.media]
        data = {"call_id": self.call_id, "name": self.name, "text": self.text, "failed": self.failed, "media": media}
        return data if self.arguments is None else {**data, "arguments": dict(self.arguments)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "ToolResult":
        media = tuple(MediaRef.from_dict(ref) for ref in data.get("media", ()))
        return cls(data["call_id"], data["name"], data["text"], data["failed"], media, data.get("arguments"))


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one turn or step: read from the prompt, of those taken from the cache, and written."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.cached_tokens + other.cached_tokens,
            self.completion_tokens + other.completion_tokens,
        )

    def to_dict(self) -> dict[str, int]:
        return {
            "prompt_tokens": self.prompt_tokens,
            "cached_tokens": self.cached_tokens,
            "completion_tokens": self.completion_tokens,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, int]) -> "Usage":
        return cls(data["prompt_tokens"], data["cached_tokens"], data["completion_tokens"])


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation.

    `calls` belong to an assistant's message; `result` to a tool's. `sources` are the passages that an answer may cite: [n] in
    its text is the n-th of them. `care` is the kind of danger a prepared answer speaks to ("" for every other message).
    `interrupted` marks an answer that was stopped or broke off before its end. `media` are what a user attached to a message.
    `tainted` says that text which the owner has not marked as trusted is in it, or was read by the model before it wrote it.
    """

    role: Role
    text: str = ""
    thinking: str = ""
    calls: tuple[ToolCall, ...] = ()
    result: ToolResult | None = None
    sources: tuple[Hit, ...] = ()
    care: str = ""
    interrupted: bool = field(default=False)
    media: tuple[MediaRef, ...] = ()
    tainted: bool = False

    def to_dict(self) -> dict[str, Any]:
        return {
            "role": self.role,
            "text": self.text,
            "thinking": self.thinking,
            "calls": [call.to_dict() for call in self.calls],
            "result": self.result.to_dict() if self.result else None,
            "sources": [hit.to_dict() for hit in self.sources],
            "care": self.care,
            "interrupted": self.interrupted,
            "media": [ref.to_dict() for ref in self.media],
            "tainted": self.tainted,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Message":
        """Read what `to_dict` wrote; absent optional fields take their defaults.

        Older versions did not say whether a message is tainted, so it is unless a user wrote it.
        """
        result = data.get("result")
        return cls(
            role=data["role"],
            text=data.get("text", ""),
            thinking=data.get("thinking", ""),
            calls=tuple(ToolCall.from_dict(call) for call in data.get("calls", ())),
            result=ToolResult.from_dict(result) if result else None,
            sources=tuple(Hit.from_dict(hit) for hit in data.get("sources", ())),
            care=data.get("care", ""),
            interrupted=data.get("interrupted", False),
            media=tuple(MediaRef.from_dict(ref) for ref in data.get("media", ())),
            tainted=data.get("tainted", data["role"] != "user"),
        )
