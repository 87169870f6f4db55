"""Jupyter notebooks (.ipynb): the text of the cells, the code fenced, and what it printed, shortened. Pictures are left out."""

import json
import re
from collections.abc import Iterator
from typing import Any

from knowledge.loading.document import LoadedDocument
from knowledge.loading.plain import read_markdown

_OUTPUT = 1500  # characters of what one cell printed
_FENCES = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.MULTILINE)
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def read_notebook(text: str) -> LoadedDocument | None:
    """The notebook as one Markdown document; None where the text is no notebook."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    # Notebooks of before 2015 keep their cells in work sheets.
    sheets = [data, *(sheet for sheet in _list(data.get("worksheets")) if isinstance(sheet, dict))]
    cells = [cell for sheet in sheets for cell in _list(sheet.get("cells")) if isinstance(cell, dict)]
    if not cells and "nbformat" not in data:
        return None
    info = data.get("metadata")
    language = info.get("language_info", info.get("kernelspec")) if isinstance(info, dict) else None
    spoken = language.get("name") or language.get("language") if isinstance(language, dict) else None
    blocks = (block for cell in cells for block in _cell(cell, spoken if isinstance(spoken, str) else "python"))
    return read_markdown("\n\n".join(blocks))


def _cell(cell: dict[str, Any], language: str) -> Iterator[str]:
    source = _joined(cell.get("source", cell.get("input"))).strip("\n")
    kind = cell.get("cell_type")
    if not source.strip():
        return
    if kind == "heading":
        level = cell.get("level")
        yield f"{'#' * (level if isinstance(level, int) and 1 <= level <= 6 else 1)} {' '.join(source.split())}"
    elif kind == "markdown":
        # A fence that a cell leaves open would take in the cells after it.
        marks = _FENCES.findall(source)
        yield f"{source}\n{marks[0]}" if len(marks) % 2 else source
    elif kind == "code":
        yield _fenced(source, language if re.fullmatch(r"[\w+#.-]{1,30}", language) else "")
        printed = "\n".join(
            filter(None, (_printed(each) for each in _list(cell.get("outputs")) if isinstance(each, dict)))
        ).strip("\n")
        if printed:
            yield _fenced(printed if len(printed) <= _OUTPUT else printed[:_OUTPUT].rstrip() + "\n…", "")
    else:
        yield _fenced(source, "")


def _printed(output: dict[str, Any]) -> str:
    """The text of one output: what was printed, the value of the last line, or the error."""
    if output.get("output_type") in ("error", "pyerr"):
        return f"{output.get('ename', '')}: {output.get('evalue', '')}"
    data = output.get("data")
    text = output.get("text") or (data.get("text/plain") if isinstance(data, dict) else None)
    return _COLOUR.sub("", _joined(text)).strip("\n")


def _fenced(text: str, language: str) -> str:
    longest = max((len(mark) for mark in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _joined(value: object) -> str:
    """Text, which notebooks hold as one string or as lines."""
    return value if isinstance(value, str) else "".join(line for line in _list(value) if isinstance(line, str))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
