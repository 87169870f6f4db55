"""What a turn needs to know of what was said before it: pure questions about a conversation's messages."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from assistant.messages import Message, ToolCall
from personas.care import NOTICE_TURNS
from retrieval.language import languages_of

_TURNS_USED = 2


def language_of(asked: str, reader: str | None) -> str:
    """The language to answer in: that of what was asked, or the reader's where that is a word or two."""
    written = languages_of(asked)
    if "zh" in written:
        return "zh"
    if reader is None or ("en" in written and len(asked.split()) > 2):
        return "en"
    return reader


def last_said(history: Sequence[Message]) -> Message:
    """What the user said last; an empty message where nothing was."""
    return next((message for message in reversed(history) if message.role == "user"), Message("user"))


def last_asked(history: Sequence[Message]) -> str:
    return last_said(history).text


def pending_calls(history: Sequence[Message]) -> tuple[ToolCall, ...]:
    """The calls at the end of the history that have no result yet."""
    answered = set()
    for message in reversed(history):
        if message.role == "user":
            break
        if message.result:
            answered.add(message.result.call_id)
        if message.calls:
            return tuple(call for call in message.calls if call.id not in answered)
    return ()


def last_used(history: Sequence[Message]) -> set[str]:
    """The names of the tools that were called in the last `_TURNS_USED` turns."""
    used: set[str] = set()
    turns = 0
    for message in reversed(history):
        turns += message.role == "user"
        used |= {call.name for call in message.calls}
        if turns == _TURNS_USED:
            break
    return used


def split(history: Sequence[Message]) -> tuple[Sequence[Message], Sequence[Message]]:
    """The history before the last message of the user, and what came after it."""
    last = max((index for index, message in enumerate(history) if message.role == "user"), default=-1)
    return history[: max(0, last)], history[last + 1 :]


def as_made(messages: Sequence[Message]) -> list[Message]:
    """The messages with each call as it was made: with the arguments that a person put in the place of the model's."""
    made: list[Message] = []
    changed: dict[str, Mapping[str, Any]] = {}  # of one turn: another may have the same ids
    for message in reversed(messages):
        if message.role == "user":
            changed = {}
        elif message.result and message.result.arguments is not None:
            changed[message.result.call_id] = message.result.arguments
        elif any(call.id in changed for call in message.calls):
            calls = (replace(call, arguments=changed.get(call.id, call.arguments)) for call in message.calls)
            message = replace(message, calls=tuple(calls))
        made.append(message)
    return made[::-1]


def needs_gentleness(history: Sequence[Message]) -> bool:
    """Whether a care notice was given in the last `NOTICE_TURNS` turns."""
    turns = 0
    for message in reversed(history):
        turns += message.role == "user"
        if turns > NOTICE_TURNS:
            return False
        if message.care:
            return True
    return False
