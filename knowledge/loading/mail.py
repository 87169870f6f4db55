"""E-mails (.eml, and Outlook's .msg through oxmsg): who wrote to whom and when, the words, and what is attached.

Of a message that is written twice the plain text is taken. Attachments of kinds that are read are read too, each under a heading
of its own; every other is named.
"""

import re
import struct
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
from knowledge.loading import refusals
from knowledge.loading.document import LeftOut, LoadedDocument, Writer, worded
from knowledge.loading.encoding import decoded
from knowledge.loading.html import read_html
from knowledge.loading.limits import in_memory
from knowledge.loading.rich import read_rtf

_KIND = ("an Outlook message", " Outlook 邮件")
_ATTACHMENTS = 50  # that are read; more are named
_PARTS = 2000  # of a message, whatever they are
_NAMED = ("image/", "audio/", "video/", "application/pkcs7", "application/x-pkcs7", "application/pgp")
_SOFT = re.compile(r"(?<!\n--) \n(?=[^\s>])")  # an end of line that only the width of the sender's window made
_COMPRESSED = 0x1009  # the property of Outlook that holds the message as packed RTF

Inner = Callable[[Path, str], LoadedDocument]
"""Reads a file that lies within this one. Raises `UnreadableFile`."""


@dataclass(frozen=True, slots=True)
class _Attachment:
    name: str
    kind: str  # its media type, as the sender names it
    data: bytes


@dataclass(frozen=True, slots=True)
class _Letter:
    """What both forms of an e-mail hold; `head` is (English name, Chinese name, value)."""

    subject: str
    head: tuple[tuple[str, str, str], ...]
    body: LoadedDocument | None
    attached: tuple[_Attachment, ...]


def read_eml(data: bytes, inner: Inner) -> LoadedDocument:
    """The message and its attachments, which `inner` reads."""
    # Not the policy of today's mail: it fails on headers that break the rules, which old and hostile mail has.
    message = message_from_bytes(data)
    text, page, attached = "", b"", []
    for part in _parts(message):
        kind, name = part.get_content_type(), _unfolded(part.get_filename())
        if kind.startswith("message/"):
            within = part.get_payload()
            whole = within[0] if isinstance(within, list) and within else None
            if isinstance(whole, Message):
                attached.append(_Attachment(name or f"{_header(whole, 'subject') or kind}.eml", kind, whole.as_bytes()))
            continue
        content = part.get_payload(decode=True)
        body = content if isinstance(content, bytes) else b""
        if name or part.get_content_disposition() == "attachment":
            attached.append(_Attachment(name or kind, kind, body))
        # A message in parts whose parts are not found is told as it stands.
        elif (kind == "text/plain" or part.get_content_maintype() == "multipart") and not text.strip():
            text = decoded(body, part.get_content_charset()) or ""
            text = _SOFT.sub(" ", text) if str(part.get_param("format", "")).lower() == "flowed" else text
        elif kind == "text/html" and not page:
            page = body
    head = (
        ("From", "发件人", _header(message, "from")),
        ("To", "收件人", _header(message, "to")),
        ("Cc", "抄送", _header(message, "cc")),
        ("Date", "日期", _date(_header(message, "date"))),
    )
    return _written(_Letter(_header(message, "subject"), head, _body(text, page), tuple(attached)), inner)


def read_msg(path: Path, name: str, inner: Inner) -> LoadedDocument:
    """The message and its attachments, which `inner` reads. Raises `UnreadableFile` for damaged files."""
    from oxmsg import Message as Outlook

    try:
        message = Outlook.load(str(path))
        headers = {key.lower(): _unfolded(value) for key, value in message.message_headers.items()}
        recipients = (f"{each.name} <{each.email_address}>" for each in message.recipients if each.email_address)
        sent = message.sent_date
        head = (
            ("From", "发件人", _unfolded(message.sender)),
            ("To", "收件人", headers.get("to") or ", ".join(recipients)),
            ("Cc", "抄送", headers.get("cc", "")),
            ("Date", "日期", sent.isoformat(" ", "minutes") if sent else _date(headers.get("date", ""))),
        )
        attached = tuple(
            _Attachment(each.file_name or "", each.mime_type or "", each.file_bytes or b"") for each in message.attachments
        )
        text, page, rich = message.body or "", message.html_body or "", b""
        if not text.strip() and not page:
            rich = message.properties.binary_prop_value(_COMPRESSED) or b""
        body = read_rtf(_unpacked(rich)) if rich else _body(text, page.encode())
        letter = _Letter(message.subject, head, body, attached)
    except (OSError, ValueError, KeyError, IndexError, AttributeError, AssertionError, LookupError, struct.error) as error:
        raise refusals.damaged(name, _KIND) from error
    return _written(letter, inner)


def _written(letter: _Letter, inner: Inner) -> LoadedDocument:
    subject = " ".join(letter.subject.split())
    sample = subject + (letter.body.text if letter.body else "")
    word = worded(sample, "Attachment", "附件")
    named, read, left_out = [], [], []
    for number, each in enumerate(letter.attached, 1):
        name = " ".join(each.name.split()) or f"{word} {number}"
        if number <= _ATTACHMENTS and each.data and not each.kind.startswith(_NAMED):
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


def _body(text: str, page: bytes) -> LoadedDocument | None:
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


def _header(message: Message, name: str) -> str:
    return _unfolded(next((value for key, value in message.raw_items() if key.lower() == name), ""))


def _unfolded(value: object) -> str:
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


def _date(value: str) -> str:
    try:
        return parsedate_to_datetime(value).isoformat(" ", "minutes")
    except (ValueError, TypeError, OverflowError):
        return value


def _unpacked(rich: bytes) -> bytes:
    from compressed_rtf import decompress

    return bytes(decompress(rich))
