"""What a conversation shows, as values: events are folded into the view of a turn, stored messages into turns.

Everything here is pure: no storage, no clock, no HTML.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from assistant.branches import Placed
from assistant.events import (
    CareNotice,
    Event,
    MessageCompleted,
    PassagesFound,
    StepFinished,
    TextDelta,
    ThinkingDelta,
    ToolFinished,
    ToolsFound,
    ToolStarted,
    TurnFinished,
)
from assistant.messages import Message, ToolCall, ToolResult
from knowledge.types import Hit


@dataclass(frozen=True, slots=True)
class Said:
    """A finished message of an answer."""

    text: str
    thinking: str = ""
    calls: tuple[ToolCall, ...] = ()
    sources: tuple[Hit, ...] = ()
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """A tool call: without a result while it runs; `seconds` is None where nobody measured."""

    call: ToolCall
    result: ToolResult | None = None
    seconds: float | None = None


Piece = Said | Card


@dataclass(frozen=True, slots=True)
class View:
    """What a turn has shown so far: finished pieces, then the text and the thought under way."""

    pieces: tuple[Piece, ...] = ()
    text: str = ""
    thinking: str = ""
    hits: tuple[Hit, ...] = ()
    query: str = ""  # what the hits were searched for by where that is not the message
    tools: tuple[tuple[str, float], ...] = ()
    other_tools: tuple[tuple[str, float], ...] = ()
    always: tuple[str, ...] = ()
    care: str = ""
    steps: tuple[StepFinished, ...] = ()
    finished: TurnFinished | None = None


def fold(view: View, event: Event) -> View:
    """The view after `event`."""
    match event:
        case TextDelta(delta):
            return replace(view, text=view.text + delta)
        case ThinkingDelta(delta):
            return replace(view, thinking=view.thinking + delta)
        case PassagesFound(hits, query):
            return replace(view, hits=hits, query=query)
        case ToolsFound(tools, others, always):
            return replace(view, tools=tools, other_tools=others, always=always)
        case ToolStarted(call):
            return replace(view, pieces=(*view.pieces, Card(call)))
        case ToolFinished(result, seconds):
            return replace(view, pieces=_with_result(view.pieces, result, seconds))
        case CareNotice(kind):
            return replace(view, care=kind)
        case StepFinished():
            return replace(view, steps=(*view.steps, event))
        case MessageCompleted(message):
            return _completed(view, message)
        case TurnFinished():
            return replace(view, finished=event)
        case _:
            assert_never(event)


def _completed(view: View, message: Message) -> View:
    if message.role == "tool" and message.result is not None:
        return replace(view, pieces=_with_result(view.pieces, message.result, None))
    return replace(view, pieces=(*view.pieces, _said(message)), text="", thinking="")


def _said(message: Message) -> Said:
    return Said(message.text, message.thinking, message.calls, message.sources, message.interrupted)


def _with_result(pieces: tuple[Piece, ...], result: ToolResult, seconds: float | None) -> tuple[Piece, ...]:
    """The pieces with the result in its card; a card that has one keeps it, a result without a card gets one."""
    found = False
    changed: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, Card) and piece.call.id == result.call_id:
            found = True
            piece = piece if piece.result else Card(piece.call, result, seconds)
        changed.append(piece)
    if not found:
        changed.append(Card(ToolCall(result.call_id, result.name, {}), result, seconds))
    return tuple(changed)


@dataclass(frozen=True, slots=True)
class Turn:
    """A user's message (None where a conversation opens with an answer), its answer's first message, and the pieces of it."""

    asked: Placed | None
    answer: Placed | None = None
    pieces: tuple[Piece, ...] = ()

    @property
    def run(self) -> str:
        """The run that wrote the answer; "" for one that a file brought."""
        return (self.answer.run if self.answer else None) or ""

    @property
    def spoke(self) -> bool:
        return any(isinstance(piece, Said) and piece.text for piece in self.pieces)


def turns(path: Sequence[Placed]) -> list[Turn]:
    """The branch in view as turns."""
    found: list[Turn] = []
    for placed in path:
        message = placed.message
        if message.role == "user":
            found.append(Turn(placed))
            continue
        turn = found.pop() if found else Turn(None)
        if message.role == "tool" and message.result is not None:
            pieces = _with_result(turn.pieces, message.result, None)
        elif message.role == "assistant":
            pieces = (*turn.pieces, _said(message), *(Card(call) for call in message.calls))
        else:
            pieces = turn.pieces
        found.append(replace(turn, answer=turn.answer or placed, pieces=pieces))
    return found
