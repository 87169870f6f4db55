"""What is kept of a turn that broke off: pure functions over its events."""

from collections.abc import Sequence
from dataclasses import replace

from assistant.events import Event, MessageCompleted, TextDelta, ThinkingDelta, ToolFinished, ToolStarted
from assistant.messages import Message, ToolResult

_CUT_SHORT = (
    "Hearth stopped while this call was being made: it may have been done, or not. Look before you ask for it again. "
    "Hearth 在执行这次调用时停止了：它可能已经完成，也可能没有。再次提出之前请先查看。"
)


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
    """The messages of a turn that broke off: the whole ones, and the text begun since as an interrupted answer.

    A call that the maker had allowed, and that was begun, is answered: it is not to be allowed a second time unawares.
    """
    whole: list[Message] = []
    begun: dict[str, ToolResult] = {}
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
            case ToolStarted(call):
                begun[call.id] = ToolResult(call.id, call.name, _CUT_SHORT, failed=True, arguments=call.arguments)
            case ToolFinished(result):
                begun[result.call_id] = result
    settled = {call.id for message in whole for call in message.calls}
    settled |= {message.result.call_id for message in whole if message.result}
    whole += [Message("tool", each.text, result=each, tainted=True) for id, each in begun.items() if id not in settled]
    if text.strip():
        # What was read before it was written is not known any more, so the worst is taken for true.
        whole.append(Message("assistant", text, thinking, interrupted=True, tainted=True))
    answered = {message.result.call_id for message in whole if message.result}
    return tuple(
        replace(message, calls=tuple(call for call in message.calls if call.id in answered), interrupted=True)
        if any(call.id not in answered for call in message.calls)
        else message
        for message in whole
    )
