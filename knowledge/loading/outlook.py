"""Outlook's messages (.msg): streams in a compound file, a property each, which are read through olefile.

Text is held as UTF-16, or in the encoding of the sender's machine, which the message may name wrongly or not at all; it is
guessed then. A message that is attached to another one lies within the same file.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from compressed_rtf import decompress
from olefile import OleFileIO

from knowledge.loading import refusals
from knowledge.loading.document import LoadedDocument
from knowledge.loading.encoding import decoded
from knowledge.loading.html import read_html
from knowledge.loading.mail import ATTACHMENTS, Attachment, Inner, Letter, body_of, date_of, headers_of, written
from knowledge.loading.packed import BROKEN
from knowledge.loading.rich import read_rtf

_KIND = ("an Outlook message", " Outlook 邮件")
_SUBJECT, _BODY, _HTML, _RTF, _HEADERS, _SENT = 0x0037, 0x1000, 0x1013, 0x1009, 0x007D, 0x0039
_SENDER_NAME, _SENDER_ADDRESS, _SENDER_SMTP = 0x0C1A, 0x0C1F, 0x5D01
_NAME, _ADDRESS, _SMTP, _TYPE = 0x3001, 0x3003, 0x39FE, 0x0C15
_DATA, _LONG_NAME, _SHORT_NAME, _MEDIA_TYPE = 0x3701, 0x3707, 0x3704, 0x370E
_CODE_PAGES = (0x3FDE, 0x3FFD)  # of the words, of the other properties
_WIDE, _NARROW, _BINARY, _WITHIN = 0x1F, 0x1E, 0x102, 0x0D
_NAMED_PAGES = {65001: "utf-8", 20127: "ascii", 28591: "iso-8859-1", 20936: "gb2312", 52936: "hz", 54936: "gb18030"}
_DEPTH = 3  # messages within messages
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def read_msg(path: Path, name: str, inner: Inner) -> LoadedDocument:
    """The message and its attachments, which `inner` reads. Raises `UnreadableFile` for damaged files."""
    try:
        with OleFileIO(str(path)) as compound:
            letter = _letter(_Folder(compound, (), 32), inner, 0)
    except BROKEN as error:
        raise refusals.damaged(name, _KIND) from error
    return written(letter, inner)


class _Folder:
    """The properties of a message, of one who receives it, or of an attachment; `head` bytes stand before those of fixed size."""

    def __init__(self, compound: OleFileIO, path: tuple[str, ...], head: int) -> None:
        self._compound = compound
        self._path = path
        self._fixed: dict[int, bytes] = {}
        listed = self._stream("__properties_version1.0")[head:]
        for at in range(0, len(listed) - 15, 16):
            self._fixed[int.from_bytes(listed[at + 2 : at + 4], "little")] = listed[at + 8 : at + 16]

    def number(self, tag: int) -> int:
        return int.from_bytes(self._fixed.get(tag, b"")[:4], "little")

    def date(self, tag: int) -> datetime | None:
        ticks = int.from_bytes(self._fixed.get(tag, b""), "little")
        try:
            return _EPOCH + timedelta(microseconds=ticks // 10) if ticks else None
        except OverflowError:
            return None

    def data(self, tag: int, kind: int = _BINARY) -> bytes:
        return self._stream(f"__substg1.0_{tag:04X}{kind:04X}")

    def text(self, tag: int) -> str:
        wide = self.data(tag, _WIDE)
        if wide:
            return wide.decode("utf-16-le", "replace").rstrip("\0")
        page = next((number for each in _CODE_PAGES if (number := self.number(each))), 0)
        narrow = self.data(tag, _NARROW).rstrip(b"\0")
        return decoded(narrow, _NAMED_PAGES.get(page, f"cp{page}")) or "" if narrow else ""

    def within(self, start: str, head: int) -> "list[_Folder]":
        """The folders in this one whose names begin so."""
        depth = len(self._path)
        here = [path for path in self._compound.listdir(streams=False, storages=True) if tuple(path[:depth]) == self._path]
        names = sorted(path[depth] for path in here if len(path) == depth + 1 and path[depth].startswith(start))
        return [_Folder(self._compound, (*self._path, name), head) for name in names]

    def _stream(self, name: str) -> bytes:
        path = [*self._path, name]
        if self._compound.get_type(path) != 2:
            return b""
        with self._compound.openstream(path) as stream:
            return bytes(stream.read())


def _letter(folder: _Folder, inner: Inner, depth: int) -> Letter:
    headers = headers_of(folder.text(_HEADERS))
    receivers = folder.within("__recip_version1.0_", 8)
    sent = folder.date(_SENT)
    sender = _addressed(folder.text(_SENDER_NAME), folder.text(_SENDER_SMTP), folder.text(_SENDER_ADDRESS))
    head = (
        ("From", "发件人", headers.get("from") or sender),
        ("To", "收件人", headers.get("to") or _receivers(receivers, 1)),
        ("Cc", "抄送", headers.get("cc") or _receivers(receivers, 2)),
        ("Date", "日期", sent.isoformat(" ", "minutes") if sent else date_of(headers.get("date", ""))),
    )
    folders = folder.within("__attach_version1.0_", 8)
    attached = tuple(_attachment(each, inner, depth) for each in folders[: 2 * ATTACHMENTS])
    return Letter(folder.text(_SUBJECT), head, _words(folder), attached)


def _words(folder: _Folder) -> LoadedDocument | None:
    text, page = folder.text(_BODY), folder.data(_HTML)
    if text.strip():
        return body_of(text, b"")
    if page or (page := folder.text(_HTML).encode()):
        return read_html(page)
    rich = folder.data(_RTF)
    return read_rtf(bytes(decompress(rich))) if rich else None


def _attachment(folder: _Folder, inner: Inner, depth: int) -> Attachment:
    name = folder.text(_LONG_NAME) or folder.text(_SHORT_NAME) or folder.text(_NAME)
    messages = folder.within(f"__substg1.0_{_DATA:04X}{_WITHIN:04X}", 24) if depth < _DEPTH else []
    document = written(_letter(messages[0], inner, depth + 1), inner) if messages else None
    if document is not None and not document.sections:
        document = None
    return Attachment(name, folder.text(_MEDIA_TYPE), folder.data(_DATA), document)


def _receivers(folders: list[_Folder], kind: int) -> str:
    found = (each for each in folders if (each.number(_TYPE) or 1) == kind)
    return ", ".join(filter(None, (_addressed(each.text(_NAME), each.text(_SMTP), each.text(_ADDRESS)) for each in found)))


def _addressed(name: str, *addresses: str) -> str:
    """A name with the first of the addresses that is one of the internet."""
    address = next((each for each in addresses if "@" in each), "")
    return f"{name} <{address}>" if name and address and name != address else name or address
