"""What is kept of a turn that broke off: pure functions over its events."""

from collections.abc import Sequence
from dataclasses import replace

from assistant.events import Event, MessageCompleted, TextDelta, ThinkingDelta
from assistant.messages import Message


def merge(events: list[Event], event: Event) -> None:
    """Append `event`, joined to the last one where both are text of the same kind."""
    match events[-1] if events else None, event:
        case TextDelta(before), TextDelta(after):
            events[-1] = TextDelta(before + after)
        case ThinkingDelta(before), ThinkingDelta(after):
            events[-1] = ThinkingDelta(before + after)
        case _:
            events.append(event)


def salvage(events: Sequence[Event]) -> tuple[Message, ...]:
    """The messages of a turn that broke off: the whole ones, and the text begun since as an interrupted answer."""
    whole: list[Message] = []
    text, thinking = "", ""
    for event in events:
        match event:
            case TextDelta(delta):
                text += delta
            case ThinkingDelta(delta):
                thinking += delta
            case MessageCompleted(message):
                whole.append(message)
                text, thinking = "", ""
    if text.strip():
        whole.append(Message("assistant", text, thinking, interrupted=True))
    answered = {message.result.call_id for message in whole if message.result}
    return tuple(
        replace(message, calls=tuple(call for call in message.calls if call.id in answered), interrupted=True)
        if any(call.id not in answered for call in message.calls)
        else message
        for message in whole
    )
