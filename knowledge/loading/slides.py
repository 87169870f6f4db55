"""PowerPoint (.pptx) through python-pptx: what each slide says, in reading order, then the speaker's notes.

A slide is a page, its title the heading; tables, charts and diagrams are told in words. Hidden slides, pictures, comments,
footers and the numbers of slides are left out.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.exc import PythonPptxError
from pptx.package import Package

from knowledge.loading import refusals
from knowledge.loading.document import LoadedDocument, Writer, worded
from knowledge.loading.packed import BROKEN, inner, tree
from knowledge.loading.sheets import shown
from knowledge.loading.tables import write_table

_KIND = ("a PowerPoint file", " PowerPoint 演示文稿")
_BROKEN: tuple[type[Exception], ...] = (*BROKEN, PythonPptxError)
_DEPTH = 20  # groups within groups
_EDGES = (PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.HEADER, PP_PLACEHOLDER.DATE)
_LINE = 300_000  # EMU, a third of an inch: shapes whose tops differ by less stand beside each other


def read_pptx(path: Path, name: str) -> LoadedDocument:
    """The slides in order. Raises `UnreadableFile` for damaged files."""
    try:
        # Not `Presentation`, which takes no slide shows (.ppsx) and no templates.
        presentation = Package.open(str(path)).main_document_part.presentation
        writer, title = Writer(), ""
        for page, slide in enumerate(presentation.slides, 1):
            if slide._element.get("show") != "0":
                heading = _write(slide, page, writer)
                # What programs write into a file's own title is mostly the name of the program.
                title = heading if page == 1 else title
    except _BROKEN as error:
        raise refusals.damaged(name, _KIND) from error
    return writer.document(title)


def _write(slide: Any, page: int, writer: Writer) -> str:
    """Write one slide; returns its title."""
    writer.leave()
    title = slide.shapes.title
    heading = _text(title.text_frame) if title is not None else ""
    writer.heading(1, heading)
    written = False
    for shape in _ordered(slide.shapes):
        if (title is not None and shape.shape_id == title.shape_id) or _is_edge(shape):
            continue
        if shape.has_text_frame:
            written |= bool(text := _text(shape.text_frame))
            writer.block(text, page)
        elif shape.has_table:
            written = True
            write_table(writer, _table(shape.table), page)
        elif shape.has_chart:
            written |= _write_chart(shape, page, writer)
        else:
            written |= bool(text := _diagram(shape))
            writer.block(text, page)
    notes = _text(slide.notes_slide.notes_text_frame) if slide.has_notes_slide and slide.notes_slide.notes_text_frame else ""
    if heading and not written and not notes:
        # A slide that is a title alone is found by it.
        writer.block(heading, page)
    if notes:
        writer.heading(2, worded(heading + notes, "Notes", "备注"))
        writer.block(notes, page)
    return heading


def _ordered(shapes: Iterable[Any], depth: int = 0) -> Iterator[Any]:
    """Shapes from top to bottom, those of one line from left to right; a group is read as a whole."""
    placed = sorted(shapes, key=lambda shape: ((shape.top or 0) // _LINE, shape.left or 0))
    for shape in placed:
        if hasattr(shape, "shapes"):
            if depth < _DEPTH:
                yield from _ordered(shape.shapes, depth + 1)
        else:
            yield shape


def _text(frame: Any) -> str:
    """The paragraphs; those of a list are indented as on the slide."""
    lines = []
    for paragraph in frame.paragraphs:
        text = " ".join(paragraph.text.split())
        if text:
            lines.append(f"{'  ' * (paragraph.level - 1)}- {text}" if paragraph.level else text)
    return "\n".join(lines)


def _table(table: Any) -> list[list[str]]:
    return [["" if cell.is_spanned else cell.text_frame.text for cell in row.cells] for row in table.rows]


def _write_chart(shape: Any, page: int, writer: Writer) -> bool:
    """The numbers that a chart draws, a row a category; False where they cannot be read, which is no harm to the slide."""
    try:
        chart = shape.chart
        title = _text(chart.chart_title.text_frame) if chart.has_title and chart.chart_title.has_text_frame else ""
        tables = [_plot(plot) for plot in chart.plots]
    except _BROKEN:
        return False
    writer.block(title, page)
    for rows in tables:
        write_table(writer, rows, page)
    return bool(title or tables)


def _plot(plot: Any) -> list[list[str]]:
    series = list(plot.series)
    labels = [" ".join(map(str, levels)) for levels in plot.categories.flattened_labels] or [
        str(each) for each in plot.categories
    ]
    columns = [[shown(value) if value is not None else "" for value in each.values] for each in series]
    height = max(map(len, columns), default=0)
    labels += [""] * (height - len(labels))
    rows = [[label, *(column[n] if n < len(column) else "" for column in columns)] for n, label in enumerate(labels)]
    return [["", *(each.name or "" for each in series)], *rows]


def _diagram(shape: Any) -> str:
    """The words of a diagram (SmartArt), which lie in a part of their own, in the order in which they were written."""
    try:
        places = shape._element.xpath(".//*[local-name()='relIds']/@*[local-name()='dm']")
        blobs = [shape.part.related_part(place).blob for place in places[:1]]
        points = [point for blob in blobs for point in tree(blob).xpath("//*[local-name()='pt']/*[local-name()='t']")]
        lines = (" ".join("".join(paragraph.itertext()).split()) for point in points for paragraph in inner(point, "p"))
        return "\n".join(f"- {line}" for line in lines if line)
    except BROKEN:
        return ""


def _is_edge(shape: Any) -> bool:
    return bool(shape.is_placeholder) and shape.placeholder_format.type in _EDGES
