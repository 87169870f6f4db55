"""PDF through pdfium: text in reading order with pages and headings; pages that are pictures go to text recognition.

Headings are the file's own bookmarks, or else what is set in larger type where that is clearly so. Lines that most pages repeat
at their edges are left out. A file that only asks not to be changed or copied opens without a password, so it is read: that is a
wish to the programs of people who have it, and no lock.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium
from pypdfium2 import PdfDocument, PdfiumError

from common.errors import UnreadableFile
from knowledge.loading import ocr, refusals
from knowledge.loading.document import MAX_TEXT, LeftOut, LoadedDocument, Told, Writer
from knowledge.loading.headings import Bookmark, Heading, by_bookmarks, by_size
from knowledge.loading.layout import Block, Piece, blocks
from knowledge.loading.paragraphs import of_block, of_text
from knowledge.loading.pdfpage import pieces

_KIND = ("a PDF", " PDF")
_NO_PAGES = re.compile(rb"/Type\s*/Pages\b[^>]{0,200}/Count\s+0\b")
_EDGE = 0.1  # of a page's height, at its top and at its bottom, where running lines stand
_REPEATED = 0.4  # of the pages: left and right pages may have running lines of their own
_FEW_PAGES = 3  # from so many on, lines can be told to repeat
_STAMP = 40  # characters of text that a scanned page may have: a stamp, a page number
_BOOKMARKS = 5000
_LAID_OUT = 4000  # pieces; a page of more is a drawing, whose labels have no order
_UPRIGHT = 3  # times as high as its type is large, and as it is wide: a line that runs upwards
_FEW_UPRIGHT = 5  # of a page; Chinese that is set in columns has more


@dataclass(frozen=True, slots=True)
class _Page:
    number: int
    height: float
    pieces: Sequence[Piece]


def read_pdf(path: Path, name: str, told: Told) -> LoadedDocument:
    """The text with its page numbers; `told` is told the pages read and their number.

    Raises `UnreadableFile` for protected, damaged, page-less and scanned files.
    """
    try:
        pdf = PdfDocument(path)
    except PdfiumError as error:
        raise _refusal(path.read_bytes(), name) from error
    try:
        if len(pdf) == 0:
            raise refusals.no_pages(name)
        return _read(pdf, name, told)
    finally:
        pdf.close()


def _refusal(data: bytes, name: str) -> UnreadableFile:
    """Why pdfium could not open it: its own error code may be that of an earlier file."""
    if b"/Encrypt" in data:
        return refusals.protected(name)
    if _NO_PAGES.search(data):
        return refusals.no_pages(name)
    return refusals.damaged(name, _KIND)


def _read(pdf: PdfDocument, name: str, told: Told) -> LoadedDocument:
    engine = ocr.find()
    pages: list[_Page] = []
    recognised: dict[int, str] = {}
    left_out: list[LeftOut] = []
    length = pictures = 0
    for number in range(1, len(pdf) + 1):
        try:
            page = pdf[number - 1]
            height, found = page.get_height(), pieces(page)
        except PdfiumError:
            left_out.append(_unopened(number))
            continue
        held = sum(len(piece.text) for piece in found)
        if held <= _STAMP and _is_picture(page, bare=not found):
            pictures += 1
            if engine:
                told(number - 1, len(pdf), ocr.PAGE_S)
            text = engine.read(page) if engine else ""
            if text:
                recognised[number], held, found = text, len(text), []
            elif not found:
                left_out.append(_unread(number, engine))
        page.close()
        length += held
        if length > MAX_TEXT:
            raise refusals.too_long(name)
        pages.append(_Page(number, height, found))
        told(number, len(pdf))
    if not pages:
        raise refusals.damaged(name, _KIND)
    if pictures and not length:
        raise refusals.unrecognised(name, pictures) if engine else refusals.scanned(name, pictures)
    return replace(_written(_without_running_lines(pages), recognised, _bookmarks(pdf)), left_out=tuple(left_out))


def _is_picture(page: pypdfium2.PdfPage, bare: bool) -> bool:
    """Whether what the page shows is a picture: of a page without text anything, else an image over most of it."""
    if bare:
        return bool(pdfium.FPDFPage_CountObjects(page.raw))
    area = page.get_width() * page.get_height()
    for shown in islice(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=2), 20):
        left, bottom, right, top = shown.get_bounds()
        if (right - left) * (top - bottom) > 0.7 * area:
            return True
    return False


def _unopened(number: int) -> LeftOut:
    return LeftOut(number, f"Page {number} is damaged and cannot be opened.", f"第 {number} 页已损坏，打不开。")


def _unread(number: int, engine: ocr.Engine | None) -> LeftOut:
    if engine:
        return LeftOut(
            number, f"Page {number} is a picture in which no text was recognised.", f"第 {number} 页是图片，没有识别出文字。"
        )
    return LeftOut(
        number,
        f"Page {number} is a picture without text. {refusals.INSTALL[0]}",
        f"第 {number} 页是图片，没有文字。{refusals.INSTALL[1]}",
    )


def _bookmarks(pdf: PdfDocument) -> list[Bookmark]:
    found = []
    try:
        for item in islice(pdf.get_toc(), _BOOKMARKS):
            title, target = " ".join((item.get_title() or "").split()), item.get_dest()
            index = target.get_index() if target else None
            if title and target and index is not None:
                mode, view = target.get_view()
                # The place on the page is told by "XYZ left top zoom" and "FitH top"; upwards from the bottom.
                top = view[1] if mode == pdfium.PDFDEST_VIEW_XYZ and len(view) > 1 else None
                height = pdf.get_page_size(index)[1] if top is not None else 0.0
                found.append(Bookmark(item.level + 1, title, index + 1, height - top if top is not None else 0.0))
    except PdfiumError:
        return found
    return found


def _without_running_lines(pages: list[_Page]) -> list[_Page]:
    """The pages without the lines at their edges that many of them have, numbers aside."""
    if len(pages) < _FEW_PAGES:
        return pages
    seen = Counter(line for page in pages for line in {_pattern(piece) for piece in page.pieces if _at_edge(piece, page)})
    enough = max(_FEW_PAGES, len(pages) * _REPEATED)
    running = {line for line, times in seen.items() if times >= enough}
    return [
        replace(page, pieces=[each for each in page.pieces if not (_at_edge(each, page) and _pattern(each) in running)])
        for page in pages
    ]


def _at_edge(piece: Piece, page: _Page) -> bool:
    return piece.y1 < page.height * _EDGE or piece.y0 > page.height * (1 - _EDGE)


def _pattern(piece: Piece) -> str:
    return re.sub(r"\d+", "#", piece.text.casefold())


def _written(pages: Sequence[_Page], recognised: dict[int, str], bookmarks: Sequence[Bookmark]) -> LoadedDocument:
    laid_out = {page.number: _blocks(page) for page in pages}
    headings = by_bookmarks(laid_out, bookmarks) if len(bookmarks) > 1 else by_size(laid_out)
    writer = Writer()
    for page in pages:
        at = headings.get(page.number, [])
        for heading in (each for each in at if each.first is None):
            writer.heading(heading.level, heading.title)
        if page.number in recognised:
            writer.block(of_text(recognised[page.number]), page=page.number)
        _write(writer, laid_out[page.number], at, page.number)
    return writer.document()


def _blocks(page: _Page) -> list[Block]:
    if len(page.pieces) > _LAID_OUT:
        return [Block(tuple(page.pieces))]
    text, beside = _without_margins(page.pieces)
    return [*(Block((each,)) for each in beside), *blocks(text)]


def _without_margins(pieces: Sequence[Piece]) -> tuple[list[Piece], list[Piece]]:
    """The pieces of a page, and apart from them those that run upwards along its margin: they are in no column."""
    upright = [each for each in pieces if each.y1 - each.y0 > _UPRIGHT * max(each.size, each.x1 - each.x0)]
    if not 0 < len(upright) <= _FEW_UPRIGHT or len(pieces) <= 2 * len(upright):
        return list(pieces), []
    text = [each for each in pieces if each not in upright]
    left, right = min(each.x0 for each in text), max(each.x1 for each in text)
    beside = [each for each in upright if each.x1 <= left or each.x0 >= right]
    return [each for each in pieces if each not in beside], beside


def _write(writer: Writer, blocks: Sequence[Block], headings: Sequence[Heading], number: int) -> None:
    """Write a page, its headings in place of the lines that they were found on."""
    starts = {id(heading.first): heading for heading in headings if heading.first is not None}
    text: list[str] = []

    def flush() -> None:
        writer.block("\n\n".join(text), page=number)
        text.clear()

    for block in blocks:
        waiting: list[Piece] = []
        skipped = 0
        for line in block.lines:
            heading = starts.get(id(line))
            if heading:
                text.append(of_block(Block(tuple(waiting)), text))
                flush()
                waiting.clear()
                writer.heading(heading.level, heading.title)
                skipped = heading.lines
            if skipped:
                skipped -= 1
            else:
                waiting.append(line)
        whole = len(waiting) == len(block.lines)
        text.append(of_block(block if whole else Block(tuple(waiting)), text))
    flush()
