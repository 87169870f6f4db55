"""PDF through pdfium: text page by page, its broken lines joined to paragraphs again. Pictures are not read."""

import re
from pathlib import Path

import pypdfium2
from pypdfium2 import PdfiumError

from common.errors import UnreadableFile
from knowledge.loading import refusals
from knowledge.loading.document import MAX_TEXT, LoadedDocument, Writer, cleaned

_KIND = ("a PDF", " PDF")
_HAN_EDGE = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")
_SENTENCE_END = re.compile(r"[.!?:;。！？：；…]['\"”’」』)）\]]*$")
_LIST = re.compile(r"^(?:[-•·▪◦*]|\(?\d{1,3}[.)、]|[一二三四五六七八九十]+、|[A-Za-z][.)])\s*")
_NO_PAGES = re.compile(rb"/Type\s*/Pages\b[^>]{0,200}/Count\s+0\b")
_FULL = 0.7  # of the page's widest lines: a shorter line ends a paragraph


def read_pdf(path: Path, name: str) -> LoadedDocument:
    """The text with its page numbers. Raises `UnreadableFile` for protected, damaged, page-less and scanned files."""
    try:
        pdf = pypdfium2.PdfDocument(path)
    except PdfiumError as error:
        raise _refusal(path.read_bytes(), name) from error
    try:
        if len(pdf) == 0:
            raise refusals.no_pages(name)
        writer, length = Writer(), 0
        for number in range(len(pdf)):
            text = _page(pdf, number)
            length += len(text)
            if length > MAX_TEXT:
                raise refusals.too_long(name)
            writer.block(_paragraphs(text), page=number + 1)
        document = writer.document()
        if not document.text.strip():
            raise refusals.scanned(name, len(pdf))
        return document
    finally:
        pdf.close()


def _refusal(data: bytes, name: str) -> UnreadableFile:
    """Why pdfium could not open it: its own error code may be that of an earlier file."""
    if b"/Encrypt" in data:
        return refusals.protected(name)
    if _NO_PAGES.search(data):
        return refusals.no_pages(name)
    return refusals.damaged(name, _KIND)


def _page(pdf: pypdfium2.PdfDocument, number: int) -> str:
    """The raw text of a page; a page that cannot be opened is empty, since the others may be whole."""
    try:
        page = pdf[number]
        textpage = page.get_textpage()
        text: str = textpage.get_text_range(errors="ignore")
        textpage.close()
        page.close()
    except PdfiumError:
        return ""
    return text


def _paragraphs(raw: str) -> str:
    """Lines that only the width of the page broke are joined; pdfium marks a hyphen at a line's end as U+FFFE or U+0002."""
    raw = re.sub(r"[\ufffe\x02]\r?\n?", "", raw)
    lines = [" ".join(line.split()) for line in cleaned(raw).split("\n")]
    widths = sorted((len(line) for line in lines if line), reverse=True)
    wide = widths[len(widths) // 10] * _FULL if widths else 0
    out: list[str] = []
    open_line = False
    for line in lines:
        if not line:
            open_line = False
            out.append("")
            continue
        if open_line and not _LIST.match(line):
            out[-1] = _joined(out[-1], line)
        else:
            out.append(line)
        open_line = len(line) >= wide and not _SENTENCE_END.search(line)
    return "\n".join(out)


def _joined(left: str, right: str) -> str:
    if _HAN_EDGE.match(left[-1]) and _HAN_EDGE.match(right[0]):
        return left + right
    return left + " " + right
