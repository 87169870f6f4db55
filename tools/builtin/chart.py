"""Charts: data as a picture of bars, lines, slices, points or frequencies.

Each picture is a `Figure` of its own, drawn without pyplot, which keeps its figures for the whole process; so several threads can
draw. Text is shown as it is written, in the fonts that this machine has: a letter that none of them has is a question mark.
"""

import io
import math
import textwrap
import threading
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from common.errors import ToolFailed
from tools.base import Media, Tool, ToolContext, ToolOutput, ToolSpec
from tools.builtin.chartdata import Column, read_columns
from tools.builtin.tables import LONGEST

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FONTS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "SimHei",
    "Noto Serif CJK SC",
    "Arial Unicode MS",
)
"""Fonts with Chinese letters, the best first."""

_LATIN = "DejaVu Sans"  # comes with matplotlib
_POINTS = {"bar": 100, "pie": 24, "line": 5000, "scatter": 5000, "histogram": 20_000}  # a row of each series
_SERIES = 8
_LONG = 100_000  # along the x axis numbers from here on are written with commas; a year is not
_LABEL = 24  # characters of a label that are shown
_ROOM = 90  # characters of labels that stand side by side
_COLOURS = ("#2E7478", "#D0705C", "#6A5A8C", "#C9A227", "#4C78A8", "#7A9A3A", "#A8517A", "#6B6B6B")


class Chart(Tool):
    """Draws a chart; `fonts` are the names of those that may have Chinese letters."""

    id = "chart"
    titles: Mapping[str, str] = {"en": "Chart", "zh": "图表"}
    about: Mapping[str, str] = {
        "en": "Draws bar, line, pie and scatter charts and histograms from data.",
        "zh": "用数据画柱状图、折线图、饼图、散点图和直方图。",
    }
    spec = ToolSpec(
        "draw_chart",
        "Draw a chart of data: bar, line, pie, scatter or histogram. 用数据画图表：柱状图、折线图、饼图、散点图、直方图。",
        {
            "type": "object",
            "properties": {
                "kind": {
                    "type": "string",
                    "enum": list(_POINTS),
                    "description": "The kind of chart. 图表类型。",
                },
                "data": {
                    "type": "string",
                    "description": 'JSON such as {"Mon": 3, "Tue": 5}, or CSV: labels first, then numbers. 数据：JSON 或 CSV。',
                    "minLength": 1,
                    "maxLength": LONGEST,
                },
                "title": {"type": "string", "description": "The title. 标题。", "maxLength": 120},
                "x_label": {"type": "string", "description": "Name of the x axis. 横轴名称。", "maxLength": 60},
                "y_label": {"type": "string", "description": "Name of the y axis. 纵轴名称。", "maxLength": 60},
            },
            "required": ["kind", "data"],
            "additionalProperties": False,
        },
    )
    time_limit_s = 30.0  # the first chart of a machine looks through its fonts

    def __init__(self, fonts: Sequence[str] = FONTS) -> None:
        self._wanted = fonts
        self._loading = threading.Lock()
        self._fonts: Sequence[str] = ()

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Raises `ToolFailed` for data that is no table, has no numbers, or is more than a picture shows."""
        from matplotlib.figure import Figure

        kind = arguments["kind"]
        columns = read_columns(arguments["data"])
        rows = len(columns[0].cells)
        if rows > _POINTS[kind]:
            raise ToolFailed(
                f"The data has {rows:,} rows; a {kind} chart shows {_POINTS[kind]:,}. Add them up first, or give fewer.",
                f"数据有 {rows:,} 行，这种图最多画 {_POINTS[kind]:,} 行。请先汇总，或少给一些。",
            )
        letters = _Letters(self._families())
        figure = Figure(figsize=(8, 5), dpi=120, layout="constrained")
        axes = figure.add_subplot()
        x_name, y_name, drawn = _DRAWN[kind](axes, columns, letters)
        family: dict[str, Any] = {"fontfamily": letters.families}
        heading = letters.shown(arguments.get("title", ""), 120)
        axes.set_title("\n".join(textwrap.wrap(heading, 72 if heading.isascii() else 40)), **family)
        if kind != "pie":
            axes.set_xlabel(letters.shown(arguments.get("x_label", x_name)), **family)
            axes.set_ylabel(letters.shown(arguments.get("y_label", y_name), 30), **family)
            axes.spines[["top", "right"]].set_visible(False)
            axes.set_axisbelow(True)
            axes.grid(axis="y", alpha=0.25)
            _write_numbers(axes, columns, kind)
        picture = io.BytesIO()
        figure.savefig(picture, format="png")
        english, chinese = _KINDS[kind]
        title = arguments.get("title", "") or context.say(english, chinese)
        told = context.say(f"Drew {english}; values in it: {drawn:,}.", f"已画好{chinese}，共 {drawn:,} 个数值。")
        if letters.missing:
            signs = "".join(sorted(letters.missing)[:10])
            told += context.say(
                f" This machine has no font for {signs!r}, shown as question marks. Install one that has them "
                "(Debian: apt install fonts-noto-cjk).",
                f"这台机器没有能显示 {signs!r} 的字体，图中显示为问号。请安装字体（Debian：apt install fonts-noto-cjk）。",
            )
        return ToolOutput(told, {"kind": kind, "values": drawn}, media=(Media(picture.getvalue(), "image/png", title),))

    def _families(self) -> Sequence[str]:
        """matplotlib's own font, and the first of those wanted that this machine has."""
        with self._loading:
            if not self._fonts:
                from matplotlib.font_manager import fontManager

                there = set(fontManager.get_font_names())
                self._fonts = (_LATIN, *[name for name in self._wanted if name in there][:1])
            return self._fonts


class _Letters:
    """Text as a picture can show it; `missing` are the letters met that no font has."""

    def __init__(self, families: Sequence[str]) -> None:
        from matplotlib.font_manager import FontProperties, findfont, get_font

        self.families = list(families)
        self.missing: set[str] = set()
        self._fonts = [get_font(findfont(FontProperties(family=family))) for family in families]

    def shown(self, text: str, limit: int = 60) -> str:
        """One line of at most `limit` characters; a dollar begins no formula."""
        line = " ".join(text.split())
        line = line if len(line) <= limit else line[: limit - 1] + "…"
        missing = {sign for sign in line if not any(font.get_char_index(ord(sign)) for font in self._fonts)}
        self.missing |= missing
        plain = "".join("?" if sign in missing else sign for sign in line)
        return plain.replace(r"\$", r"\ $").replace("$", r"\$")


def _bars(axes: "Axes", columns: Sequence[Column], letters: _Letters) -> tuple[str, str, int]:
    labels, series = _labelled(columns)
    width = 0.8 / len(series)
    for place, column in enumerate(series):
        left = [index + (place - (len(series) - 1) / 2) * width for index in range(len(labels))]
        axes.bar(left, column.numbers(), width, color=_COLOURS[place])
    _name_ticks(axes, labels, letters)
    return _finished(axes, columns, series, letters)


def _lines(axes: "Axes", columns: Sequence[Column], letters: _Letters) -> tuple[str, str, int]:
    labels, series = _labelled(columns)
    measured = _is_measured(columns)
    days = [] if measured else _days(labels)
    x = columns[0].numbers() if measured else days or [float(index) for index in range(len(labels))]
    marker = "o" if len(labels) <= 50 else ""
    for place, column in enumerate(series):
        axes.plot(x, column.numbers(), marker=marker, markersize=4, color=_COLOURS[place])
    if not measured:
        _name_ticks(axes, labels, letters, days)
    return _finished(axes, columns, series, letters)


def _slices(axes: "Axes", columns: Sequence[Column], letters: _Letters) -> tuple[str, str, int]:
    labels, series = _labelled(columns)
    parts = [(label, number) for label, number in zip(labels, series[0].numbers(), strict=True) if not math.isnan(number)]
    total = sum(number for _, number in parts)
    if any(number < 0 for _, number in parts) or total <= 0:
        raise ToolFailed(
            "A pie shows parts of a whole: its numbers cannot be negative or all zero. Draw a bar chart instead.",
            "饼图表示整体的各部分，数字不能为负，也不能全为零。请改用柱状图（bar）。",
        )
    # A slice too thin to be seen would be written over its neighbours.
    names = [f"{letters.shown(label, _LABEL)}  {number / total:.1%}" if number / total >= 0.01 else "" for label, number in parts]
    colours = [_COLOURS[place % len(_COLOURS)] for place in range(len(parts))]
    axes.pie(
        [number / total for _, number in parts],
        labels=names,
        colors=colours,
        startangle=90,
        counterclock=False,
        wedgeprops={"edgecolor": "white"},
        textprops={"fontfamily": letters.families, "fontsize": 9},
    )
    return "", "", len(parts)


def _points(axes: "Axes", columns: Sequence[Column], letters: _Letters) -> tuple[str, str, int]:
    measured = [column for column in columns if column.is_numeric]
    if len(measured) < 2:
        raise ToolFailed(
            "A scatter chart needs two columns of numbers, x and y. Write one pair a line, such as 1.5,20.",
            "散点图需要两列数字（x 和 y）。请每行写一对，例如 1.5,20。",
        )
    x, series = measured[0].numbers(), measured[1 : _SERIES + 1]
    for place, column in enumerate(series):
        axes.scatter(x, column.numbers(), s=18, alpha=0.75, color=_COLOURS[place])
    return _finished(axes, measured, series, letters)


def _frequencies(axes: "Axes", columns: Sequence[Column], letters: _Letters) -> tuple[str, str, int]:
    _, series = _labelled(columns[-1:])
    numbers = [number for number in series[0].numbers() if not math.isnan(number)]
    low, high = min(numbers), max(numbers)
    bins = min(50, max(1, math.ceil(math.sqrt(len(numbers)))))
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-9):  # all one number, as far as a float can tell
        low, high, bins = low - 0.5 * max(1.0, abs(low)), high + 0.5 * max(1.0, abs(high)), 1
    axes.hist(numbers, bins, range=(low, high), color=_COLOURS[0], edgecolor="white")
    return series[0].name, "", len(numbers)


_DRAWN = {"bar": _bars, "line": _lines, "pie": _slices, "scatter": _points, "histogram": _frequencies}
_KINDS = {
    "bar": ("a bar chart", "柱状图"),
    "line": ("a line chart", "折线图"),
    "pie": ("a pie chart", "饼图"),
    "scatter": ("a scatter chart", "散点图"),
    "histogram": ("a histogram", "直方图"),
}


def _labelled(columns: Sequence[Column]) -> tuple[list[str], Sequence[Column]]:
    """The labels of the rows, which are their numbers where the data has no other, and the columns that are drawn."""
    labels = columns[0].cells if len(columns) > 1 else range(1, len(columns[0].cells) + 1)
    series = [column for column in columns[1:] if column.is_numeric] or columns[-1:]
    if len(series) > _SERIES:
        raise ToolFailed(
            f"The data has {len(series)} columns of numbers; a chart shows {_SERIES}. Leave some out.",
            f"数据有 {len(series)} 列数字，一张图最多画 {_SERIES} 列。请去掉一些。",
        )
    if all(math.isnan(number) for column in series for number in column.numbers()):
        raise ToolFailed("The data holds no numbers to draw. Give at least one.", "数据里没有可以画的数字。请至少给一个。")
    return ["" if label is None else str(label) for label in labels], series


def _is_measured(columns: Sequence[Column]) -> bool:
    """Whether a line has numbers along its x axis, and not names."""
    return len(columns) > 1 and columns[0].is_numeric and None not in columns[0].cells


def _days(labels: Sequence[str]) -> list[float]:
    """The labels as days on one scale, so that a week takes seven times the room of a day; [] where one is no date."""
    try:
        return [float(date.fromisoformat(f"{label}-01" if len(label) == 7 else label).toordinal()) for label in labels]
    except ValueError:
        return []


def _write_numbers(axes: "Axes", columns: Sequence[Column], kind: str) -> None:
    """Numbers of axes in full, 1,200,000 and not 1.2 with 1e6 above; no year 2020.5 and no half of a count."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    written = FuncFormatter(lambda value, _: f"{value:,.13g}".replace("-", "\N{MINUS SIGN}"))
    axes.yaxis.set_major_formatter(written)
    if kind == "histogram":
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    if kind == "scatter" or (kind == "line" and _is_measured(columns)):
        x = next(column for column in columns if column.is_numeric)
        if all(isinstance(cell, int) for cell in x.cells):
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if any(cell is not None and abs(float(cell)) >= _LONG for cell in x.cells):
            axes.xaxis.set_major_formatter(written)


def _name_ticks(axes: "Axes", labels: Sequence[str], letters: _Letters, places: Sequence[float] = ()) -> None:
    """Write the labels under their places, slanted where they would not stand side by side, and some where there are many."""
    step = -(-len(labels) // 40)
    kept = list(range(0, len(labels), step))
    if places:  # days that lie close together are not written over one another
        room, last = (max(places) - min(places)) / 40, -math.inf
        kept = []
        for index in sorted(range(len(places)), key=places.__getitem__):
            if places[index] - last >= room:
                last = places[index]
                kept.append(index)
    shown = [letters.shown(labels[index], _LABEL) for index in kept]
    slanted = bool(places) or sum(len(label) + 2 for label in shown) > _ROOM
    style: dict[str, Any] = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if slanted else {}
    axes.set_xticks(
        [places[index] if places else index for index in kept], shown, fontfamily=letters.families, fontsize=9, **style
    )


def _finished(axes: "Axes", columns: Sequence[Column], series: Sequence[Column], letters: _Letters) -> tuple[str, str, int]:
    """The names of the axes where only the data says them, and how many numbers were drawn; several series get a legend."""
    if len(series) > 1 and any(column.name for column in series):
        # A label that begins with an underscore would be left out.
        names = [" " + letters.shown(column.name, _LABEL) for column in series]
        handles = axes.containers or axes.lines or axes.collections
        axes.legend(list(handles), names, frameon=False, prop={"family": letters.families, "size": 9})
    drawn = sum(cell is not None for column in series for cell in column.cells)
    return columns[0].name if columns[0] is not series[0] else "", series[0].name if len(series) == 1 else "", drawn
