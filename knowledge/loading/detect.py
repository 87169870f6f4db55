"""Which kind of file this is, told by what it holds; its name only decides between kinds of text.

A PDF called .txt is read as a PDF, and a program called .pdf is refused as a program.
"""

import re
import zipfile
from pathlib import Path
from typing import Literal

from knowledge.loading import refusals

Kind = Literal["pdf", "docx", "html", "markdown", "text"]

_SIGNATURES: tuple[tuple[bytes, tuple[str, str]], ...] = (
    (b"MZ", ("a Windows program", " Windows 程序")),
    (b"\x7fELF", ("a Linux program", " Linux 程序")),
    (b"\x89PNG", ("a picture (PNG)", "图片（PNG）")),
    (b"\xff\xd8\xff", ("a picture (JPEG)", "图片（JPEG）")),
    (b"GIF8", ("a picture (GIF)", "图片（GIF）")),
    (b"II*\x00", ("a picture (TIFF)", "图片（TIFF）")),
    (b"MM\x00*", ("a picture (TIFF)", "图片（TIFF）")),
    (b"\x1f\x8b", ("a packed archive (gzip)", "压缩包（gzip）")),
    (b"7z\xbc\xaf", ("a packed archive (7z)", "压缩包（7z）")),
    (b"Rar!", ("a packed archive (RAR)", "压缩包（RAR）")),
    (b"SQLite format 3", ("a database (SQLite)", "数据库（SQLite）")),
    (b"ID3", ("sound (MP3)", "音频（MP3）")),
    (b"OggS", ("sound (Ogg)", "音频（Ogg）")),
    (b"{\\rtf", ("a rich text file (RTF)", " RTF 富文本")),
    (b"%!PS", ("a PostScript file", " PostScript 文件")),
)
_ZIPPED: tuple[tuple[str, tuple[str, str]], ...] = (
    ("xl/", ("an Excel workbook (.xlsx)", " Excel 表格（.xlsx）")),
    ("ppt/", ("a PowerPoint file (.pptx)", " PowerPoint 演示文稿（.pptx）")),
    ("META-INF/container.xml", ("an e-book (.epub)", "电子书（.epub）")),
    ("content.xml", ("an OpenDocument file (.odt, .ods, .odp)", " OpenDocument 文件（.odt、.ods、.odp）")),
)
_OLD_OFFICE = (
    ("WordDocument", ("an old Word file (.doc)", "旧版 Word 文件（.doc）")),
    ("Workbook", ("an old Excel workbook (.xls)", "旧版 Excel 表格（.xls）")),
    ("PowerPoint Document", ("an old PowerPoint file (.ppt)", "旧版 PowerPoint 文件（.ppt）")),
    ("__properties_version1.0", ("an Outlook message (.msg)", " Outlook 邮件（.msg）")),
)
_BY_NAME: dict[str, tuple[str, str]] = {
    ".ipynb": ("a notebook (.ipynb)", "笔记本（.ipynb）"),
    ".eml": ("an e-mail (.eml)", "电子邮件（.eml）"),
}
_ZIP = ("a packed archive (zip)", "压缩包（zip）")
_OLE = ("an old Office file", "旧版 Office 文件")
_HTML = re.compile(rb"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_UNPACKED = 300_000_000  # bytes that a .docx may hold once unpacked
_WORD = ("a Word file", " Word 文件")


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
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise _old_office(path, name)
    for signature, kind in _SIGNATURES:
        if head.startswith(signature) and not _is_prose(head, signature):
            raise refusals.unsupported(name, kind)
    if head[4:8] == b"ftyp":
        raise refusals.unsupported(name, ("a film or sound (MP4)", "视频或音频（MP4）"))
    if head.startswith(b"RIFF") and head[8:12] in (b"WAVE", b"AVI ", b"WEBP"):
        raise refusals.unsupported(name, ("sound, film or a picture (RIFF)", "音频、视频或图片（RIFF）"))
    return _text(head, name)


def _is_prose(head: bytes, signature: bytes) -> bool:
    """Whether it is text that only happens to begin with the letters of a signature ("MZ is short for ...")."""
    return signature.isalnum() and all(byte >= 32 or byte in b"\t\n\r" for byte in head[:512])


def _zipped(path: Path, name: str) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise refusals.damaged(name, _WORD if name.lower().endswith(".docx") else _ZIP) from error
    names = {entry.filename for entry in entries}
    if "word/document.xml" in names:
        unpacked = sum(entry.file_size for entry in entries)
        if unpacked > _UNPACKED:
            raise refusals.too_large(name, unpacked / 1e6, _UNPACKED // 1_000_000)
        return "docx"
    for part, kind in _ZIPPED:
        if any(entry.startswith(part) for entry in names):
            raise refusals.unsupported(name, kind)
    raise refusals.unsupported(name, _ZIP)


def _old_office(path: Path, name: str) -> Exception:
    # The names of the streams stand in the file in UTF-16; reading them needs no parser.
    data = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in data:
        return refusals.protected(name)
    for stream, kind in _OLD_OFFICE:
        if stream.encode("utf-16-le") in data:
            return refusals.unsupported(name, kind)
    return refusals.unsupported(name, _OLE)


def _text(head: bytes, name: str) -> Kind:
    suffix = Path(name).suffix.lower()
    if suffix in _BY_NAME:
        raise refusals.unsupported(name, _BY_NAME[suffix])
    if _HTML.match(head) or suffix in (".html", ".htm", ".xhtml"):
        return "html"
    if suffix in (".md", ".markdown", ".mdown", ".mkd"):
        return "markdown"
    return "text"
