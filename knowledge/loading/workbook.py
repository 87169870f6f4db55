"""What calamine does not tell of the sheets of an Excel workbook (.xlsx): which cells show percentages, and how far they reach.

It gives 0.25 where people see 25%, and makes room for every cell of a sheet before it says how many there are.
"""

import re
import zipfile
from dataclasses import dataclass
from typing import Any

from knowledge.loading.packed import BROKEN, attribute, inner, parsed, related

_CELL = re.compile(rb"<(?:\w+:)?c\s([^>]*)>")
_PLACE = re.compile(rb"\br=[\"']([A-Z]{1,3})([0-9]{1,7})[\"']")
_STYLE = re.compile(rb"\bs=[\"']([0-9]{1,6})[\"']")
_LITERAL = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_DECIMALS = re.compile(r"[.]([0#?]+)[^.;]*%")
_BUILT_IN = {"9": 0, "10": 2}
_MOST = 500_000  # cells that are looked up; those after them stand as they are stored

_EXTENT = re.compile(rb"<(?:\w+:)?dimension\s+ref=[\"']([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})[\"']")
_HEAD = 4096  # bytes of a sheet in which it says how far it reaches

Percentages = dict[int, dict[int, int]]
"""row -> column -> decimals, rows and columns from 0."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """`size` is the number of cells from the first corner to the last, 0 where the sheet does not say."""

    size: int
    percentages: Percentages


def sheets(archive: zipfile.ZipFile) -> dict[str, Sheet]:
    """The sheets by their names; nothing where the workbook does not list them in a known way."""
    try:
        book = next(iter(related(archive, "", "officeDocument").values()), "xl/workbook.xml")
        parts = related(archive, book, "worksheet")
        forms = _forms(parsed(archive, next(iter(related(archive, book, "styles").values()))))
        found = {}
        for each in inner(parsed(archive, book), "sheets", "sheet"):
            part = parts.get(attribute(each, "id"), "")
            if part in archive.NameToInfo:
                content = archive.read(part)
                found[attribute(each, "name")] = Sheet(_size(content), _percentages(content, forms) if forms else {})
        return found
    except BROKEN:
        return {}


def _size(sheet: bytes) -> int:
    found = _EXTENT.search(sheet[:_HEAD])
    if not found:
        return 0
    rows = int(found[4]) - int(found[2]) + 1
    return rows * (_column(found[3]) - _column(found[1]) + 1)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _forms(styles: Any) -> dict[int, int]:
    """The number of a cell's style -> the decimals of the percentage that it shows."""
    codes = {attribute(each, "numFmtId"): attribute(each, "formatCode") for each in inner(styles, "numFmts", "numFmt")}
    decimals = dict(_BUILT_IN)
    for number, code in codes.items():
        bare = _LITERAL.sub("", code)
        if "%" in bare:
            found = _DECIMALS.search(bare)
            decimals[number] = len(found[1]) if found else 0
    numbers = [attribute(each, "numFmtId") for each in inner(styles, "cellXfs", "xf")]
    return {place: decimals[number] for place, number in enumerate(numbers) if number in decimals}


def _percentages(sheet: bytes, forms: dict[int, int]) -> Percentages:
    found: Percentages = {}
    count = 0
    for cell in _CELL.finditer(sheet):
        style, place = _STYLE.search(cell[1]), _PLACE.search(cell[1])
        if style and place and int(style[1]) in forms:
            found.setdefault(int(place[2]) - 1, {})[_column(place[1])] = forms[int(style[1])]
            count += 1
            if count >= _MOST:
                break
    return found
