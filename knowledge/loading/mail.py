"""E-mails (.eml, and what they share with Outlook's): who wrote to whom and when, the words, and what is attached.

Of a message that is written twice the plain text is taken. Attachments of kinds that are read are read too, each under a heading
of its own; every other is named.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from common.errors import UnreadableFile
from knowledge.loading.document import LeftOut, LoadedDocument, Writer, cleaned, worded
from knowledge.loading.encoding import decoded
from knowledge.loading.html import read_html
from knowledge.loading.limits import in_memory

ATTACHMENTS = 50  # that are read; more are named
_PARTS = 2000  # of a message, whatever they are
_NAMED = ("image/", "audio/", "video/", "application/pkcs7", "application/x-pkcs7", "application/pgp")
_SOFT = re.compile(r"(?<!\n--) \n(?=[^\s>])")  # an end of line that only the width of the sender's window made

Inner = Callable[[Path, str], LoadedDocument]
"""Reads a file that lies within this one. Raises `UnreadableFile`."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that hangs on a message: its bytes, or what it was read as already."""

    name: str
    kind: str  # its media type, as the sender names it
    data: bytes
    document: LoadedDocument | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """What both forms of an e-mail hold; `head` is (English name, Chinese name, value)."""

    subject: str
    head: tuple[tuple[str, str, str], ...]
    body: LoadedDocument | None
    attached: tuple[Attachment, ...]


def read_eml(data: bytes, inner: Inner) -> LoadedDocument:
    """The message and its attachments, which `inner` reads."""
    # Not the policy of today's mail: it fails on headers that break the rules, which old and hostile mail has.
    message = message_from_bytes(data)
    text, page, attached = "", b"", []
    for part in _parts(message):
        kind, name = part.get_content_type(), unfolded(part.get_filename())
        if kind.startswith("message/"):
            within = part.get_payload()
            whole = within[0] if isinstance(within, list) and within else None
            if isinstance(whole, Message):
                attached.append(Attachment(name or f"{_header(whole, 'subject') or kind}.eml", kind, whole.as_bytes()))
            continue
        content = part.get_payload(decode=True)
        body = content if isinstance(content, bytes) else b""
        if name or part.get_content_disposition() == "attachment":
            attached.append(Attachment(name or kind, kind, body))
        # A message in parts whose parts are not found is told as it stands.
        elif (kind == "text/plain" or part.get_content_maintype() == "multipart") and not text.strip():
            text = cleaned(decoded(body, part.get_content_charset()) or "")
            text = _SOFT.sub(" ", text) if str(part.get_param("format", "")).lower() == "flowed" else text
        elif kind == "text/html" and not page:
            page = body
    head = (
        ("From", "发件人", _header(message, "from")),
        ("To", "收件人", _header(message, "to")),
        ("Cc", "抄送", _header(message, "cc")),
        ("Date", "日期", date_of(_header(message, "date"))),
    )
    return written(Letter(_header(message, "subject"), head, body_of(text, page), tuple(attached)), inner)


def written(letter: Letter, inner: Inner) -> LoadedDocument:
    """The message as one document, with what is attached to it."""
    subject = " ".join(letter.subject.split())
    sample = subject + (letter.body.text if letter.body else "")
    word = worded(sample, "Attachment", "附件")
    named, read, left_out = [], [], []
    for number, each in enumerate(letter.attached, 1):
        name = " ".join(each.name.split()) or f"{word} {number}"
        if number <= ATTACHMENTS and each.document:
            read.append((name, each.document))
            left_out += [LeftOut(number, part.english, part.chinese) for part in each.document.left_out]
            continue
        if number <= ATTACHMENTS and each.data and not each.kind.startswith(_NAMED):
            try:
                with in_memory(each.data) as path:
                    read.append((name, inner(path, name)))
                continue
            except UnreadableFile as error:
                left_out.append(LeftOut(number, error.english, error.chinese))
        named.append(f"{word}: {name}")
    writer = Writer()
    writer.heading(1, subject)
    writer.block("\n".join([*(f"{worded(sample, *names)}: {value}" for *names, value in letter.head if value), *named]))
    if letter.body:
        writer.include(letter.body)
    for name, document in read:
        writer.heading(2, f"{word}: {name}")
        writer.include(document)
    return writer.document(subject, tuple(left_out))


def body_of(text: str, page: bytes) -> LoadedDocument | None:
    """The words of a message that is written as text, as a page, or as both."""
    if text.strip() or not page:
        writer = Writer()
        writer.block(text)
        return writer.document()
    return read_html(page)


def _parts(message: Message) -> Iterator[Message]:
    """The parts that are no containers, those of messages within it left out. The stack is our own: mail nests deep."""
    waiting: list[Any] = [message]
    for _ in range(_PARTS):
        if not waiting:
            return
        part = waiting.pop()
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            waiting += reversed(part.get_payload())
        else:
            yield part


def headers_of(text: str) -> dict[str, str]:
    """The headers of a message that stand alone, by their names in small letters; the first one of each counts."""
    found: dict[str, str] = {}
    for key, value in message_from_bytes(text.strip().encode("utf-8", "replace")).raw_items():
        found.setdefault(key.lower(), unfolded(value))
    return found


def _header(message: Message, name: str) -> str:
    return unfolded(next((value for key, value in message.raw_items() if key.lower() == name), ""))


def unfolded(value: object) -> str:
    """A header as people read it: encoded words decoded, and raw bytes in whatever encoding they turn out to be."""
    raw = str(value or "")
    try:
        data = raw.encode("ascii", "surrogateescape")
    except UnicodeEncodeError:
        data = b""
    if any(byte > 127 for byte in data):
        raw = decoded(data) or ""
    with suppress(MessageError, LookupError, ValueError):
        raw = str(make_header(decode_header(raw)))
    return " ".join(raw.split())


def date_of(value: str) -> str:
    """A date of a header as people read it; what is none, as it stands."""
    try:
        return parsedate_to_datetime(value).isoformat(" ", "minutes")
    except (ValueError, TypeError, OverflowError):
        return value
