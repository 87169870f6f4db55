"""E-books (.epub): the chapters in the order in which they are read, through the reader of HTML.

A chapter without headings of its own stands under its name in the table of contents. Notes on the book (author, publisher) and
pictures are left out.
"""

import posixpath
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from knowledge.loading import refusals
from knowledge.loading.document import LoadedDocument, Writer
from knowledge.loading.encoding import decoded
from knowledge.loading.html import write_html
from knowledge.loading.packed import BROKEN, parsed

_KIND = ("an e-book", "电子书")
_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")
_RIGHTS = "META-INF/encryption.xml"


def read_epub(path: Path, name: str) -> LoadedDocument:
    """The text of the chapters. Raises `UnreadableFile` for damaged books and those under copy protection."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(archive, name)
    except BROKEN as error:
        raise refusals.damaged(name, _KIND) from error


def _read(archive: zipfile.ZipFile, name: str) -> LoadedDocument:
    place = unquote(str(parsed(archive, "META-INF/container.xml").xpath("//*[local-name()='rootfile']/@full-path")[0]))
    book = parsed(archive, place)
    folder = posixpath.dirname(place)
    items = {item.get("id"): item for item in book.xpath("//*[local-name()='manifest']/*[local-name()='item']")}
    spine = book.xpath("//*[local-name()='spine']")[0]
    chapters = [items[each.get("idref")] for each in spine.xpath("*[local-name()='itemref']") if each.get("idref") in items]
    locked = set()
    if _RIGHTS in archive.namelist():
        locked = {unquote(uri) for uri in parsed(archive, _RIGHTS).xpath("//*[local-name()='CipherReference']/@URI")}
    names = _contents(archive, folder, items)
    writer, named = Writer(), False
    for chapter in chapters:
        part = _joined(folder, chapter.get("href", ""))
        # The table of contents says nothing that the chapters do not say.
        if chapter.get("media-type") not in _PAGES or "nav" in (chapter.get("properties") or "").split():
            continue
        if part in locked:
            raise refusals.copy_protected(name)
        if part in archive.NameToInfo:
            # XML is UTF-8 or says what it is by its first bytes.
            named = write_html(decoded(archive.read(part)) or "", writer, names.get(part, ""), named)
    return writer.document(" ".join(book.xpath("string(//*[local-name()='metadata']/*[local-name()='title'])").split()))


def _contents(archive: zipfile.ZipFile, folder: str, items: dict[str, Any]) -> dict[str, str]:
    """part -> its first name in the table of contents, which EPUB 3 has as a page and EPUB 2 as a file of its own."""
    found: dict[str, str] = {}
    for item in items.values():
        kind = "nav" if "nav" in (item.get("properties") or "").split() else item.get("media-type")
        if kind not in ("nav", "application/x-dtbncx+xml"):
            continue
        part = _joined(folder, item.get("href", ""))
        try:
            tree = parsed(archive, part)
        except BROKEN:
            continue
        base = posixpath.dirname(part)
        entries = tree.xpath("//*[local-name()='nav'][1]//*[local-name()='a'][@href]") if kind == "nav" else []
        pairs = [(entry.get("href"), "".join(entry.itertext())) for entry in entries]
        for point in tree.xpath("//*[local-name()='navPoint']"):
            target = point.xpath("*[local-name()='content']/@src")
            pairs += [(source, point.xpath("string(*[local-name()='navLabel'])")) for source in target]
        for source, label in pairs:
            found.setdefault(_joined(base, source), " ".join(label.split()))
    return found


def _joined(folder: str, reference: str) -> str:
    return posixpath.normpath(posixpath.join(folder, unquote(reference.split("#")[0])))
