"""The text of one page of a PDF as pieces with their places, through pdfium, whose own lines may run over several columns.

Chinese, Arabic and Hebrew come in the order in which they are read. Pictures are not looked at here.
"""

import ctypes
import math
import re
from collections.abc import Iterator

import pypdfium2.raw as pdfium
from pypdfium2 import PdfPage, PdfTextPage

from knowledge.loading.document import cleaned
from knowledge.loading.layout import MARKER, Piece

HYPHEN = "\x02"
"""Stands at the end of a piece whose last word goes on in the next line."""

_LINE = re.compile(r"[^\r\n\ufffe\x02]+[\ufffe\x02]?")
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_ALEFS = "اأإآ"
_LATIN_BEFORE_RIGHT_TO_LEFT = re.compile(r"([A-Za-z0-9])(?=[\u05d0-\u05ea\u0620-\u064a])")
# What the oldest fonts of TeX, which do not say what their signs mean, make of two ligatures.
_UNMAPPED_FF = re.compile(r"(?<=[A-Za-z])↵ ?(?=[a-z-])|↵(?=[a-z])")
_UNMAPPED_FFI = re.compile(r"(?<=[A-Za-z])\xad (?=[a-z])")
_PARTED = 0.9  # of the size of the type: a gap that parts two pieces of it
_MARKER_GAP = 4.0  # sizes of the type that may lie between the mark of a list's point and the point


def pieces(page: PdfPage) -> list[Piece]:
    """The pieces of a page as it is shown, turned if it is turned. Raises `PdfiumError` for a page that cannot be opened."""
    text_page = page.get_textpage()
    try:
        left, bottom, right, top = page.get_cropbox()
        turned = page.get_rotation()
        return [_shown(piece, turned, left, bottom, right, top) for piece in _pieces(text_page)]
    finally:
        text_page.close()


def _shown(piece: Piece, turned: int, left: float, bottom: float, right: float, top: float) -> Piece:
    """The piece of a page whose y grows upwards as it is seen, y growing downwards."""
    x0, y0, x1, y1 = piece.x0, piece.y0, piece.x1, piece.y1
    if turned == 90:
        box = y0 - bottom, x0 - left, y1 - bottom, x1 - left
    elif turned == 180:
        box = right - x1, y0 - bottom, right - x0, y1 - bottom
    elif turned == 270:
        box = top - y1, right - x1, top - y0, right - x0
    else:
        box = x0 - left, top - y1, x1 - left, top - y0
    return Piece(*box, piece.text, piece.size)


def _pieces(text_page: PdfTextPage) -> Iterator[Piece]:
    raw = text_page.raw
    text: str = text_page.get_text_range(errors="ignore")
    # Characters that have no Unicode are left out of the text, so that its places are not those of the boxes.
    same = len(text) == text_page.count_chars()
    boxes = _Boxes(raw)
    for found in _LINE.finditer(text):
        start, line = found.start(), found[0]
        start += len(line) - len(line.lstrip())
        line = line.strip()
        if not line:
            continue
        first, count = start, len(line)
        if not same:
            first = pdfium.FPDFText_GetCharIndexFromTextIndex(raw, start)
            count = pdfium.FPDFText_GetCharIndexFromTextIndex(raw, start + len(line) - 1) - first + 1
            if first < 0 or count < 1:
                continue
        spans = [(0, len(line))]
        rectangles = boxes.rectangles(first, count)
        # In the middle: the mark of a list's point may be of another font.
        size = boxes.size(first + _middle(line))
        if count == len(line) and _has_gap(rectangles, size * _PARTED):
            spans = list(_spans(line, boxes, first, size))
        if _ARABIC.search(line) and count == len(line):
            line = _ligatures(line, boxes, first)
        for begin, end in spans:
            words = _words(line[begin:end])
            if len(spans) > 1:
                rectangles = boxes.rectangles(first + begin, end - begin)
                size = boxes.size(first + begin + _middle(line[begin:end]))
            if rectangles and words:
                yield Piece(*_around(rectangles), words, size)


def _middle(text: str) -> int:
    """A place in the middle of a text, at a character: the spaces that pdfium adds have no type."""
    middle = len(text) // 2
    return next((place for place in range(middle, len(text)) if not text[place].isspace()), 0)


class _Boxes:
    """The boxes of characters, asked of pdfium through one set of numbers for all."""

    def __init__(self, raw: pdfium.FPDF_TEXTPAGE) -> None:
        self._raw = raw
        self._numbers = [ctypes.c_double() for _ in range(4)]
        self._matrix = pdfium.FS_MATRIX()

    def rectangles(self, first: int, count: int) -> list[tuple[float, float, float, float]]:
        """(left, bottom, right, top) of stretches without a break, at most one for each object of the page."""
        left, top, right, bottom = self._numbers
        found = []
        for number in range(pdfium.FPDFText_CountRects(self._raw, first, count)):
            pdfium.FPDFText_GetRect(self._raw, number, left, top, right, bottom)
            found.append((left.value, bottom.value, right.value, top.value))
        return found

    def character(self, place: int) -> tuple[float, float]:
        """Left and right of a character."""
        left, right, bottom, top = self._numbers
        pdfium.FPDFText_GetCharBox(self._raw, place, left, right, bottom, top)
        return left.value, right.value

    def size(self, place: int) -> float:
        """The size of the type at a character, in points, as it is shown."""
        pdfium.FPDFText_GetMatrix(self._raw, place, self._matrix)
        scale = math.hypot(self._matrix.b, self._matrix.d)
        return float(max(pdfium.FPDFText_GetFontSize(self._raw, place) * scale, 1.0))


def _around(boxes: list[tuple[float, float, float, float]]) -> tuple[float, float, float, float]:
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)


def _has_gap(boxes: list[tuple[float, float, float, float]], gap: float) -> bool:
    if len(boxes) < 2:
        return False
    ordered = sorted(boxes)
    right = ordered[0][2]
    for box in ordered[1:]:
        if box[0] - right >= gap:
            return True
        right = max(right, box[2])
    return False


def _spans(line: str, boxes: _Boxes, first: int, size: float) -> Iterator[tuple[int, int]]:
    """The stretches of a line that gaps part; the mark of a list's point stays with the point."""
    begin, before = 0, None
    for place, character in enumerate(line):
        if character.isspace():
            continue
        box = boxes.character(first + place)
        if before is not None:
            gap = max(box[0] - before[1], before[0] - box[1])
            marked = MARKER.fullmatch(line[begin:place].strip()) and gap < _MARKER_GAP * size
            if gap >= _PARTED * size and not marked:
                yield begin, place
                begin = place
        before = box
    yield begin, len(line)


def _ligatures(line: str, boxes: _Boxes, first: int) -> str:
    """Lam and alef drawn as one sign come in the order of their drawing; one box for both tells that from "al-"."""
    letters = list(line)
    place = 0
    while place < len(letters) - 1:
        one, two = letters[place], letters[place + 1]
        if one in _ALEFS and two == "ل" and boxes.character(first + place) == boxes.character(first + place + 1):
            letters[place], letters[place + 1] = two, one
            place += 1
        place += 1
    return "".join(letters)


def _words(text: str) -> str:
    broken = text.endswith(("\ufffe", "\x02"))
    words = " ".join(cleaned(text.replace("\x02", "")).split())
    words = _UNMAPPED_FF.sub("ff", _UNMAPPED_FFI.sub("ffi", words)).replace("\xad", "")
    words = _LATIN_BEFORE_RIGHT_TO_LEFT.sub(r"\1 ", words)
    return words + HYPHEN if broken and words else words
