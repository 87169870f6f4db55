"""Which kind of file this is, told by what it holds; its name only decides between kinds of text.

A PDF called .txt is read as a PDF, and a program called .pdf is refused as a program.
"""

import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Literal

from knowledge.corpora.forms import corpus
from knowledge.loading import refusals
from knowledge.loading.packed import BROKEN

Kind = Literal[
    "pdf", "docx", "pptx", "sheets", "opendocument", "epub", "rtf", "msg", "eml", "zip",
    "html", "markdown", "notebook", "csv", "json", "jsonl", "corpus", "text", "picture",
]  # fmt: skip

_SIGNATURES: tuple[tuple[bytes, tuple[str, str]], ...] = (
    (b"MZ", ("a Windows program", " Windows 程序")),
    (b"\x7fELF", ("a Linux program", " Linux 程序")),
    (b"GIF8", ("a picture (GIF)", "图片（GIF）")),
    (b"\x1f\x8b", ("a packed archive (gzip)", "压缩包（gzip）")),
    (b"7z\xbc\xaf", ("a packed archive (7z)", "压缩包（7z）")),
    (b"Rar!", ("a packed archive (RAR)", "压缩包（RAR）")),
    (b"SQLite format 3", ("a database (SQLite)", "数据库（SQLite）")),
    (b"ID3", ("sound (MP3)", "音频（MP3）")),
    (b"OggS", ("sound (Ogg)", "音频（Ogg）")),
    (b"%!PS", ("a PostScript file", " PostScript 文件")),
)
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*")  # PNG, JPEG, TIFF
# The parts by which a file that is a zip archive shows what it is.
_ZIPPED: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile(r"word/document\d*\.xml"), "docx"),
    (re.compile(r"ppt/presentation\.xml"), "pptx"),
    (re.compile(r"xl/workbook\.(?:xml|bin)"), "sheets"),
    (re.compile(r"META-INF/container\.xml"), "epub"),
)
_OPEN_DOCUMENT: dict[bytes, Kind] = {
    b"text": "opendocument",
    b"presentation": "opendocument",
    b"graphics": "opendocument",
    b"spreadsheet": "sheets",
}
_OTHER_ZIPPED: tuple[tuple[re.Pattern[str], tuple[str, str], str], ...] = (
    (
        re.compile(r"Index/Document\.iwa|Index\.zip"),
        ("a Pages, Keynote or Numbers file", " Pages、Keynote 或 Numbers 文件"),
        ".pdf",
    ),
    (re.compile(r"visio/document\.xml"), ("a Visio drawing", " Visio 绘图"), ".pdf"),
    (re.compile(r"FixedDocSeq\.fdseq|FixedDocumentSequence\.fdseq"), ("an XPS file", " XPS 文件"), ".pdf"),
)
_OLD_OFFICE: tuple[tuple[str, tuple[str, str], str], ...] = (
    ("WordDocument", ("an old Word file (.doc)", "旧版 Word 文件（.doc）"), ".docx"),
    ("PowerPoint Document", ("an old PowerPoint file (.ppt)", "旧版 PowerPoint 文件（.ppt）"), ".pptx"),
)
_BY_NAME: dict[str, Kind] = {
    ".ipynb": "notebook",
    ".eml": "eml",
    ".mht": "eml",
    ".mhtml": "eml",
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdown": "markdown",
    ".mkd": "markdown",
}
"""Kinds of text. A corpus, which is CSV or JSON too, is told by what its first records hold."""
_ZIP = ("a packed archive (zip)", "压缩包（zip）")
_OLE = ("an old Office file", "旧版 Office 文件")
_GZIP = b"\x1f\x8b"
_ZIPPED_ENDINGS = (".docx", ".pptx", ".xlsx", ".odt", ".odp", ".ods", ".epub")
_OLE_ENDINGS = (".msg", ".xls")
_HTML = re.compile(rb"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_UNPACKED = 300_000_000  # bytes that one file may hold once unpacked
_FIRST_RECORDS = 8192  # bytes of an old workbook
_FILE_PASS, _END_OF_PART = 0x2F, 0x0A  # kinds of its records
_OLE_HEAD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def detect(path: Path, name: str) -> Kind:
    """The kind of the file at `path`, called `name` by its owner. Raises `UnreadableFile` for kinds that are not read."""
    with path.open("rb") as file:
        head = file.read(65536)
    if not head:
        raise refusals.empty(name)
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(path, name)
    if head.startswith(_OLE_HEAD):
        return _old_office(path, name)
    if head.startswith(b"{\\rtf"):
        return "rtf"
    if head.startswith(_GZIP) and is_corpus(path, name):
        return "corpus"
    if head.startswith(_PICTURES) or (head.startswith(b"RIFF") and head[8:12] == b"WEBP"):
        return "picture"
    for signature, kind in _SIGNATURES:
        if head.startswith(signature) and not _is_prose(head, signature):
            raise refusals.unsupported(name, kind)
    if head[4:8] == b"ftyp":
        raise refusals.unsupported(name, ("a film or sound (MP4)", "视频或音频（MP4）"))
    if head.startswith(b"RIFF") and head[8:12] in (b"WAVE", b"AVI "):
        raise refusals.unsupported(name, ("sound or film (RIFF)", "音频或视频（RIFF）"))
    return "corpus" if is_corpus(path, name, head) else _text(head, name)


def is_corpus(path: Path, name: str, head: bytes = b"") -> bool:
    """Whether the file holds records in one of the forms of a corpus; `head` is its beginning where it is not packed."""
    if head and _by_name(name) not in ("csv", "json", "jsonl", "text"):
        return False
    if head and _by_name(name) == "text" and head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"["):
        return False
    try:
        return corpus(path, name) is not None
    except (OSError, EOFError, zlib.error):
        return False


def _is_prose(head: bytes, signature: bytes) -> bool:
    """Whether it is text that only happens to begin with the letters of a signature ("MZ is short for ...")."""
    return signature.isalnum() and all(byte >= 32 or byte in b"\t\n\r" for byte in head[:512])


def _zipped(path: Path, name: str) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            kind = _packed(archive, [entry.filename for entry in entries])
    except BROKEN as error:
        raise refusals.damaged(name, refusals.promised(name) or _ZIP) from error
    if kind == "zip":
        # What should be a document and lacks its main part was cut or mended by a program that repairs archives.
        if name.lower().endswith(_ZIPPED_ENDINGS) and (promised := refusals.promised(name)):
            raise refusals.damaged(name, promised)
        for part, other, ending in _OTHER_ZIPPED:
            if any(part.fullmatch(entry.filename) for entry in entries):
                raise refusals.save_as(name, other, ending)
        return kind
    if any(entry.flag_bits & 1 for entry in entries):
        raise refusals.protected(name)
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > _UNPACKED:
        raise refusals.too_large(name, unpacked / 1e6, _UNPACKED // 1_000_000)
    return kind


def _packed(archive: zipfile.ZipFile, names: list[str]) -> Kind:
    if "content.xml" in names and "mimetype" in names:
        with archive.open("mimetype") as file:
            of = file.read(200).rpartition(b"opendocument.")[2].partition(b"-")[0].strip()
        if of in _OPEN_DOCUMENT:
            return _OPEN_DOCUMENT[of]
    return next((kind for part, kind in _ZIPPED if any(map(part.fullmatch, names))), "zip")


def _old_office(path: Path, name: str) -> Kind:
    """What a compound file is shows in the names of the streams at its root; those deeper down are of what lies within it."""
    from olefile import OleFileIO

    try:
        with OleFileIO(str(path)) as compound:
            streams = {entry[0] for entry in compound.listdir(streams=True)}
            book = next((stream for stream in ("Workbook", "Book") if stream in streams), None)
            locked = book is not None and _is_locked(compound.openstream(book).read(_FIRST_RECORDS))
    except BROKEN as error:
        raise refusals.damaged(name, refusals.promised(name) or _OLE) from error
    if locked or "EncryptedPackage" in streams:
        raise refusals.protected(name)
    if "__properties_version1.0" in streams:
        return "msg"
    if book:
        return "sheets"
    for stream, kind, ending in _OLD_OFFICE:
        if stream in streams:
            raise refusals.save_as(name, kind, ending)
    if name.lower().endswith(_OLE_ENDINGS) and (promised := refusals.promised(name)):
        raise refusals.damaged(name, promised)
    raise refusals.unsupported(name, _OLE)


def _is_locked(records: bytes) -> bool:
    """Whether an old workbook begins with the record that says how it is encrypted, as one under a password does."""
    at = 0
    while at + 4 <= len(records):
        kind, size = struct.unpack_from("<HH", records, at)
        if kind in (_FILE_PASS, _END_OF_PART):
            return bool(kind == _FILE_PASS)
        at += 4 + size
    return False


def _text(head: bytes, name: str) -> Kind:
    suffix = Path(name).suffix.lower()
    if _HTML.match(head) or suffix in (".html", ".htm", ".xhtml"):
        return "html"
    return _by_name(name)


def _by_name(name: str) -> Kind:
    return _BY_NAME.get(Path(name).suffix.lower(), "text")
