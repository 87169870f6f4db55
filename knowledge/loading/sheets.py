"""Spreadsheets (.xlsx, .xlsb, .xls, .ods) through calamine, and tables in text (.csv, .tsv). A heading a sheet.

Of a formula its value is read, as the program that saved the file computed it. Hidden sheets, pictures and comments are left out.
A number stands as it is stored, without its format, but for the percentages of .xlsx: 1234.5 may be shown as $1,234.50.
"""

import csv
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import chain
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from knowledge.loading import refusals
from knowledge.loading.document import LoadedDocument, Writer
from knowledge.loading.packed import BROKEN
from knowledge.loading.tables import write_grid
from knowledge.loading.workbook import Percentages, sheets

_KIND = ("a spreadsheet", "电子表格")
_BROKEN: tuple[type[Exception], ...] = (*BROKEN, CalamineError)
_CELLS = 20_000_000  # of one sheet, the empty ones too
_SEPARATORS = ",;\t|"
_NAMED = re.compile(r"sep=(.)\n")  # how Excel writes down the separator
_LOOKED_AT = 20_000  # characters from which the separator is told

Cell = int | float | str | bool | time | date | datetime | timedelta


def read_workbook(path: Path, name: str) -> LoadedDocument:
    """The visible sheets, each under its name. Raises `UnreadableFile` for damaged, protected and oversized files."""
    try:
        shares: dict[str, Percentages] = {}  # sheet -> its percentages
        if zipfile.is_zipfile(path):
            # Calamine believes what is packed; Python's reader finds out whether it is larger than the archive says.
            with zipfile.ZipFile(path) as archive:
                if archive.testzip():
                    raise refusals.damaged(name, _KIND)
                for title, about in sheets(archive).items():
                    if about.size > _CELLS:
                        raise refusals.too_many_cells(name, _CELLS // 1_000_000)
                    shares[title] = about.percentages
        # Not `from_path`, which believes the ending of the name.
        with path.open("rb") as file, CalamineWorkbook.from_filelike(file) as book:
            writer = Writer()
            for place, sheet in enumerate(book.sheets_metadata):
                if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet:
                    rows = _rows(book, place, name, shares.get(sheet.name, {}))
                    first = next(rows, None)
                    if first is not None:
                        writer.heading(1, sheet.name)
                        write_grid(writer, chain([first], rows))
    except PasswordError as error:
        raise refusals.protected(name) from error
    except _BROKEN as error:
        raise refusals.damaged(name, _KIND) from error
    return writer.document()


def read_delimited(text: str) -> LoadedDocument:
    """A table of which each line is a row; the separator is the one that cuts its lines most evenly."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))  # holds for whatever this process reads
    named = _NAMED.match(text)
    separator = named[1] if named else _separator(text[:_LOOKED_AT])
    lines = text[named.end() if named else 0 :].split("\n")
    writer = Writer()
    write_grid(writer, csv.reader((line + "\n" for line in lines), delimiter=separator))
    return writer.document()


def _separator(sample: str) -> str:
    """The sign by which most lines fall into equally many fields, and into many."""

    def evenness(separator: str) -> tuple[float, int]:
        widths = [len(row) for row in csv.reader(sample.split("\n"), delimiter=separator) if row]
        usual = max(set(widths), key=widths.count, default=1)
        return (widths.count(usual) / len(widths), usual) if usual > 1 else (0.0, 1)

    return max(_SEPARATORS, key=evenness)


def _rows(book: CalamineWorkbook, place: int, name: str, shares: Percentages) -> Iterator[list[str]]:
    """The rows of a sheet; a value in cells that are merged downwards stands in each of their rows."""
    sheet = book.get_sheet_by_index(place)
    if sheet.start is None:
        return
    if sheet.height * sheet.width > _CELLS:
        raise refusals.too_many_cells(name, _CELLS // 1_000_000)
    top, left = sheet.start
    # column -> first row -> last row, counted from the first filled cell
    merged: dict[int, dict[int, int]] = {}
    for (first, column), (last, _) in sheet.merged_cell_ranges or ():
        if last > first and column >= left and first >= top:
            merged.setdefault(column - left, {})[first - top] = min(last - top, sheet.height - 1)
    standing: dict[int, tuple[int, str]] = {}
    for number, row in enumerate(sheet.to_python()):
        cells = [shown(cell) for cell in row]
        for column, decimals in shares.get(top + number, {}).items():
            if left <= column < left + len(row) and isinstance(value := row[column - left], int | float):
                cells[column - left] = f"{value * 100:.{decimals}f}%"
        for column, starts in merged.items():
            if number in starts and column < len(cells):
                standing[column] = starts[number], cells[column]
            elif column in standing and number <= standing[column][0]:
                cells[column] = cells[column] or standing[column][1]
        yield cells


def shown(cell: Cell) -> str:
    """A value as people read it: dates as ISO 8601, numbers without the noise of binary fractions."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e18 else f"{cell:.15g}"
    if isinstance(cell, datetime):
        midnight = cell.time() == time()
        return cell.date().isoformat() if midnight else cell.isoformat(" ", "minutes" if not cell.second else "seconds")
    if isinstance(cell, time):
        return cell.isoformat("minutes" if not cell.second else "seconds")
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
    return str(cell)
