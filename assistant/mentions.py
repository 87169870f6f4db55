"""Pictures and sounds in words: how a model is told of those in a conversation, and which one it means by what it writes.

All of a conversation are numbered through in the order in which they came, as [picture 1: tower.png]. Everything here is pure.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.messages import MediaRef, Message

_NUMBER = re.compile(r"\d{1,4}")
_NUMBERED = re.compile(
    r"\W*(?:picture|image|photo|sound|audio|图片?|照片|声音|音频|录音)?\s*(?:#|no\.?|number|第)?\s*(\d{1,4})(?!\d)", re.IGNORECASE
)


def media_of(messages: Sequence[Message]) -> tuple[MediaRef, ...]:
    """All pictures and sounds, oldest first: what users attached and what tools gave."""
    return tuple(ref for message in messages for ref in _of(message))


def mentioned(messages: Sequence[Message], before: int = 0) -> list[Message]:
    """The messages with their pictures and sounds named at the end of their texts; `before` of the conversation came earlier."""
    told = []
    for message in messages:
        refs = _of(message)
        told.append(replace(message, text=_with(message.text, refs, before)) if refs else message)
        before += len(refs)
    return told


def as_asked(message: Message, before: int, language: str) -> str:
    """What the model reads of the message that it is to answer, which also says what can be done with what is attached."""
    if not message.media:
        return message.text
    told = (
        "（你看不到图片，也听不到声音；接受它们的工具可以，把编号交给工具即可。）"
        if language == "zh"
        else "(You cannot see pictures or hear sounds. A tool that takes one can: give it the number.)"
    )
    return f"{_with(message.text, message.media, before)}\n{told}"


def meant(refs: Sequence[MediaRef], words: str) -> MediaRef | None:
    """The one of `refs`, in the order of their numbers, that a model means by a name, a number or both; the newest of a name."""
    named = words.strip().strip("[]").casefold()
    for ref in reversed(refs):
        if ref.name.casefold() == named:
            return ref
    if found := _NUMBERED.match(words):
        return _at(refs, found[1])
    within = [ref for ref in reversed(refs) if ref.name.casefold() in named]
    if within:
        return max(within, key=lambda ref: len(ref.name))
    if found := _NUMBER.search(words):
        return _at(refs, found[0])
    return refs[0] if len(refs) == 1 else None


def _of(message: Message) -> tuple[MediaRef, ...]:
    return message.media + (message.result.media if message.result else ())


def _with(text: str, refs: Sequence[MediaRef], before: int) -> str:
    lines = (f"[{ref.kind} {number}: {ref.name}]" for number, ref in enumerate(refs, before + 1))
    return "\n".join([text, *lines] if text else lines)


def _at(refs: Sequence[MediaRef], number: str) -> MediaRef | None:
    return refs[int(number) - 1] if 1 <= int(number) <= len(refs) else None
