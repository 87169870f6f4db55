"""What happens in a turn, as frozen values that the chat, the trace, the log, evaluation and the tests all read.

The contract: the last event is exactly one `TurnFinished`; the `TextDelta`s since the last boundary, joined, equal the text of
the next `MessageCompleted`; each `ToolStarted` has one `ToolFinished` of the same call id; each step that began, also one that
was stopped or failed, has one `StepFinished` before the message that it wrote. Events hold no clocks and no ids of storage.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from assistant.messages import Message, ToolCall, ToolResult, Usage
from knowledge.types import Hit

Reason = Literal["answered", "approval", "step_limit", "cancelled", "failed"]


@dataclass(frozen=True, slots=True)
class TextDelta:
    """Text appended to the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ThinkingDelta:
    """Text appended to what the model thinks."""

    text: str


@dataclass(frozen=True, slots=True)
class PassagesFound:
    """The passages found for this message, best first; passage [n] of the answer is `hits[n - 1]`.

    `query` is what was searched for where that was not the message itself, as for one that leans on what was said before.
    """

    hits: tuple[Hit, ...]
    query: str = ""


@dataclass(frozen=True, slots=True)
class ToolsFound:
    """The tools on offer in this turn, and the next best that are not: (name, score in [0, 1]), best first.

    `always` are those of them, by name, that are offered whatever is said; they lead.
    """

    tools: tuple[tuple[str, float], ...]
    others: tuple[tuple[str, float], ...] = ()
    always: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """A call is running."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """A call ended, well or not, after `seconds`."""

    result: ToolResult
    seconds: float


@dataclass(frozen=True, slots=True)
class CareNotice:
    """The message speaks of danger; `kind` is that of `personas.care.Assessment`."""

    kind: str


@dataclass(frozen=True, slots=True)
class StepFinished:
    """One call of the model ended after `seconds`; steps are numbered from 1.

    `usage` is zero for a step that did not come to its end. `prompt` is exactly what the model was given, without the first
    `shared` characters, which are those of the step before. It holds the persona's instruction: `assistant.runs` keeps it apart
    from the events that it records and shows.
    """

    number: int
    seconds: float
    usage: Usage = field(default_factory=Usage)
    prompt: str = ""
    shared: int = 0


@dataclass(frozen=True, slots=True)
class MessageCompleted:
    """An assistant's or a tool's message is whole."""

    message: Message


@dataclass(frozen=True, slots=True)
class TurnFinished:
    """The end of a turn.

    `new_messages` is what the turn adds to the history after the user's message. `timings` are seconds by name
    ("first_text", "total"). `error` is the sentence of a failure by language, empty otherwise.
    """

    reason: Reason
    new_messages: tuple[Message, ...] = ()
    usage: Usage = field(default_factory=Usage)
    timings: Mapping[str, float] = field(default_factory=dict)
    error: Mapping[str, str] = field(default_factory=dict)


Event = (
    TextDelta
    | ThinkingDelta
    | PassagesFound
    | ToolsFound
    | ToolStarted
    | ToolFinished
    | CareNotice
    | StepFinished
    | MessageCompleted
    | TurnFinished
)


def to_dict(event: Event) -> dict[str, Any]:
    """The event as JSON-ready data, its class name under "type"."""
    data: dict[str, Any]
    match event:
        case TextDelta(text) | ThinkingDelta(text):
            data = {"text": text}
        case PassagesFound(hits, query):
            data = {"hits": [hit.to_dict() for hit in hits], "query": query}
        case ToolsFound(tools, others, always):
            data = {key: [[name, score] for name, score in group] for key, group in (("tools", tools), ("others", others))}
            data["always"] = list(always)
        case ToolStarted(call):
            data = {"call": call.to_dict()}
        case ToolFinished(result, seconds):
            data = {"result": result.to_dict(), "seconds": seconds}
        case CareNotice(kind):
            data = {"kind": kind}
        case StepFinished(number, seconds, usage, prompt, shared):
            data = {"number": number, "seconds": seconds, "usage": usage.to_dict(), "prompt": prompt, "shared": shared}
        case MessageCompleted(message):
            data = {"message": message.to_dict()}
        case TurnFinished():
            data = {
                "reason": event.reason,
                "new_messages": [message.to_dict() for message in event.new_messages],
                "usage": event.usage.to_dict(),
                "timings": dict(event.timings),
                "error": dict(event.error),
            }
    return {"type": type(event).__name__, **data}


def from_dict(data: Mapping[str, Any]) -> Event:
    """Read what `to_dict` wrote; raises `ValueError` for an unknown type."""
    match data["type"]:
        case "TextDelta":
            return TextDelta(data["text"])
        case "ThinkingDelta":
            return ThinkingDelta(data["text"])
        case "PassagesFound":
            return PassagesFound(tuple(Hit.from_dict(hit) for hit in data["hits"]), data.get("query", ""))
        case "ToolsFound":
            tools, others = (tuple((name, score) for name, score in data.get(key, ())) for key in ("tools", "others"))
            return ToolsFound(tools, others, tuple(data.get("always", ())))
        case "ToolStarted":
            return ToolStarted(ToolCall.from_dict(data["call"]))
        case "ToolFinished":
            return ToolFinished(ToolResult.from_dict(data["result"]), data["seconds"])
        case "CareNotice":
            return CareNotice(data["kind"])
        case "StepFinished":
            return StepFinished(data["number"], data["seconds"], Usage.from_dict(data["usage"]), data["prompt"], data["shared"])
        case "MessageCompleted":
            return MessageCompleted(Message.from_dict(data["message"]))
        case "TurnFinished":
            return TurnFinished(
                data["reason"],
                tuple(Message.from_dict(message) for message in data["new_messages"]),
                Usage.from_dict(data["usage"]),
                data["timings"],
                data["error"],
            )
        case unknown:
            raise ValueError(f"unknown event type {unknown!r}")
