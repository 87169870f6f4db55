"""Conversations as files: JSON, which holds every branch, and Markdown, which people read and which holds the one in view.

Both are brought back by `read`. In Markdown, comments that no viewer shows mark where a message begins; they carry a word that
none of the messages has, so that no message can pass for two. Markdown does not bring back calls, thinking and cited passages.
Of pictures and sounds a file holds the names alone.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Self

from assistant.branches import ROOT
from assistant.mediacheck import plain_name
from assistant.mentions import media_of
from assistant.messages import MediaRef, Message
from common.errors import ConversationError

LIMIT = 20_000_000
"""Characters of a file that is read."""

_TITLE_LENGTH = 120
_OPENING = re.compile(r"<!-- hearth (\w+) persona=([a-z0-9-]{1,64}) -->\n# ([^\n]*)\n")
_ROLES = ("user", "assistant", "tool")


@dataclass(frozen=True, slots=True)
class Transcript:
    """A conversation without its owner and its place.

    `parents[i]` is the place of the message that `messages[i]` follows, always an earlier one, or `ROOT`; `head` is the place of
    the last message of the branch in view.
    """

    persona: str
    title: str
    messages: tuple[Message, ...]
    parents: tuple[int, ...]
    head: int

    @classmethod
    def in_line(cls, persona: str, title: str, messages: Sequence[Message]) -> Self:
        """A conversation of one branch."""
        return cls(persona, title, tuple(messages), tuple(range(-1, len(messages) - 1)), len(messages) - 1)


def to_json(transcript: Transcript, created: str, attached: Sequence[str] = ()) -> str:
    """Everything that was said, and the names of attached files; `created` is a time in ISO form."""
    document = {
        "hearth_conversation": 2,
        "persona": transcript.persona,
        "title": transcript.title,
        "created": created,
        "messages": [
            {"follows": parent, **message.to_dict()}
            for message, parent in zip(transcript.messages, transcript.parents, strict=True)
        ],
        "head": transcript.head,
        "attached": list(attached),
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def to_markdown(persona: str, title: str, messages: Sequence[Message], attached: Sequence[str] = ()) -> str:
    """Who said what, with the passages that were cited and the names of attached files, pictures and sounds."""
    shown = [message for message in messages if (message.role in ("user", "assistant") and message.text) or media_of([message])]
    mark = next(word for word in map("m{}".format, count(1)) if not any(f"<!-- {word} " in message.text for message in shown))
    parts = [f"<!-- hearth {mark} persona={persona} -->\n# {title or persona}"]
    if attached:
        parts.append("\n".join("- " + " ".join(name.split()) for name in attached))
    for message in shown:
        name = persona if message.role == "assistant" else "user"
        if message.role != "tool":
            parts.append(f"<!-- {mark} {message.role} -->\n**{name}**\n\n{message.text}")
        if refs := media_of([message]):
            lines = (f"- {ref.kind}: " + " ".join(ref.name.split()) for ref in refs)
            parts.append(f"<!-- {mark} media -->\n" + "\n".join(lines))
        if message.sources:
            passages = (f"[{n}] {hit.passage.title}: {hit.passage.text}" for n, hit in enumerate(message.sources, 1))
            parts.append(f"<!-- {mark} sources -->\n" + "\n\n".join("> " + passage.replace("\n", "\n> ") for passage in passages))
    return "\n\n".join(parts) + "\n"


def read(text: str) -> Transcript:
    """What `to_json` or `to_markdown` wrote. Raises `ConversationError` when it is neither."""
    if len(text) > LIMIT:
        raise _not_a_conversation()
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    opening = _OPENING.match(text)
    return _from_markdown(text, opening) if opening else _from_json(text)


def _from_json(text: str) -> Transcript:
    try:
        document = json.loads(text)
        version = document["hearth_conversation"]
        if version not in (1, 2):
            raise _not_a_conversation()
        messages = tuple(_named_only(Message.from_dict(message)) for message in document["messages"])
        if any(message.role not in _ROLES or not isinstance(message.text, str) for message in messages):
            raise _not_a_conversation()
        for message in messages:
            message.to_dict()  # raises where a call or a result has arguments that are none
        persona, title = str(document["persona"]), str(document["title"])[:_TITLE_LENGTH]
        if version == 1:
            return Transcript.in_line(persona, title, messages)
        parents = tuple(_place(message["follows"], below) for below, message in enumerate(document["messages"]))
        return Transcript(persona, title, messages, parents, _place(document["head"], len(messages)))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _not_a_conversation() from error


def _from_markdown(text: str, opening: re.Match[str]) -> Transcript:
    mark, persona, title = opening.groups()
    _, *pieces = re.split(rf"^<!-- {mark} (user|assistant|sources|media) -->\n", text[opening.end() :] + "\n", flags=re.MULTILINE)
    messages = tuple(
        Message("user" if role == "user" else "assistant", body.partition("\n\n")[2].removesuffix("\n\n"))
        for role, body in zip(pieces[::2], pieces[1::2], strict=True)
        if role in ("user", "assistant")
    )
    if not messages:
        raise _not_a_conversation()
    return Transcript.in_line(persona, title[:_TITLE_LENGTH], messages)


def _named_only(message: Message) -> Message:
    """The message without the content of its pictures and sounds, which stayed where the file came from."""

    def named(refs: Sequence[MediaRef]) -> tuple[MediaRef, ...]:
        return tuple(replace(ref, id="", name=plain_name(ref.name)) for ref in refs)

    result = replace(message.result, media=named(message.result.media)) if message.result else None
    return replace(message, media=named(message.media), result=result)


def _place(value: object, below: int) -> int:
    """The place of an earlier message, or `ROOT`."""
    if type(value) is not int or not ROOT <= value < below:
        raise _not_a_conversation()
    return value


def _not_a_conversation() -> ConversationError:
    return ConversationError(
        "This file is not a conversation that Hearth exported. Choose a .json or .md file made by Export.",
        "这个文件不是 Hearth 导出的对话。请选择用“导出”得到的 .json 或 .md 文件。",
    )
