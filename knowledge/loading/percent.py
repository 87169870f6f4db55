"""Which cells of an Excel workbook (.xlsx) show percentages, which calamine does not tell: it gives 0.25 where people see 25%."""

import re
import zipfile
from typing import Any

from knowledge.loading.packed import BROKEN, attribute, inner, parsed, related

_CELL = re.compile(rb"<(?:\w+:)?c\s([^>]*)>")
_PLACE = re.compile(rb"\br=[\"']([A-Z]{1,3})([0-9]{1,7})[\"']")
_STYLE = re.compile(rb"\bs=[\"']([0-9]{1,6})[\"']")
_LITERAL = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_DECIMALS = re.compile(r"[.]([0#?]+)[^.;]*%")
_BUILT_IN = {"9": 0, "10": 2}
_MOST = 500_000  # cells that are looked up; those after them stand as they are stored

Percentages = dict[int, dict[int, int]]
"""row -> column -> decimals, rows and columns from 0."""


def percentages(archive: zipfile.ZipFile) -> dict[str, Percentages]:
    """The name of a sheet -> its cells that show percentages; nothing where the workbook does not say it in a known way."""
    try:
        book = next(iter(related(archive, "", "officeDocument").values()), "xl/workbook.xml")
        forms = _forms(parsed(archive, next(iter(related(archive, book, "styles").values()))))
        if not forms:
            return {}
        parts = related(archive, book, "worksheet")
        sheets = {
            attribute(each, "name"): parts.get(attribute(each, "id"), "")
            for each in inner(parsed(archive, book), "sheets", "sheet")
        }
        return {name: _cells(archive.read(part), forms) for name, part in sheets.items() if part in archive.NameToInfo}
    except (*BROKEN, StopIteration):
        return {}


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


def _cells(sheet: bytes, forms: dict[int, int]) -> Percentages:
    found: Percentages = {}
    count = 0
    for cell in _CELL.finditer(sheet):
        style, place = _STYLE.search(cell[1]), _PLACE.search(cell[1])
        if style and place and int(style[1]) in forms:
            column = 0
            for letter in place[1]:
                column = column * 26 + letter - 64
            found.setdefault(int(place[2]) - 1, {})[column - 1] = forms[int(style[1])]
            count += 1
            if count >= _MOST:
                break
    return found
