"""Charts: pictures of what was asked, Chinese that shows, the same in every thread, and sentences for what cannot be drawn."""

import io
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tools.base import ToolContext
from tools.builtin.chart import FONTS, Chart
from tools.builtin.chartdata import Column, read_columns
from tools.runner import run

CHART = Chart()
KINDS = ["bar", "line", "pie", "scatter", "histogram"]


def draw(kind, data, language="en", chart=CHART, **more):
    return run(chart, {"kind": kind, "data": data, **more}, ToolContext(language=language))


def pixels(output):
    (media,) = output.media
    assert media.type == "image/png"
    picture = Image.open(io.BytesIO(media.data)).convert("RGB")
    assert picture.size == (960, 600)
    return picture


def colours(output):
    return {colour for count, colour in pixels(output).getcolors(1 << 20) if count > 100}


TEAL, RED = (0x2E, 0x74, 0x78), (0xD0, 0x70, 0x5C)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_drawn_and_named(kind):
    output = draw(kind, "x,y\n1,3\n2,5\n3,4", title="Sales")
    assert output.data == {"kind": kind, "values": 3}
    assert output.media[0].name == "Sales"
    assert len(colours(output)) > 1
    assert draw(kind, "x,y\n1,3\n2,5", "zh").text.endswith("共 2 个数值。")


def test_more_columns_are_more_series_and_a_gap_is_no_value():
    output = draw("bar", "月份,销售额,成本\n一月,3,2\n二月,5,\n", "zh")
    assert output.text == "已画好柱状图，共 3 个数值。"
    assert {TEAL, RED} <= colours(output)
    assert RED not in colours(draw("bar", "月份,销售额\n一月,3\n"))


def test_the_height_of_a_bar_is_its_number():
    picture = pixels(draw("bar", '{"a": 1, "b": 2}'))
    heights = [sum(picture.getpixel((x, y)) == TEAL for y in range(600)) for x in (250, 700)]
    assert heights[1] == pytest.approx(2 * heights[0], abs=3)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("1,2,3", [("", [1, 2, 3])]),
        ("[1, 2.5]", [("", [1, 2.5])]),
        ('{"Mon": 3, "Tue": "5"}', [("", ["Mon", "Tue"]), ("", [3, 5])]),
        ('[{"m": "a", "v": 1}, {"m": "b"}]', [("m", ["a", "b"]), ("v", [1, None])]),
        ('[["m", "v"], ["a", 1]]', [("m", ["a"]), ("v", [1])]),
        ('{"m": ["a", "b"], "v": [1, 2]}', [("m", ["a", "b"]), ("v", [1, 2])]),
        ("a,1\nb,2", [("", ["a", "b"]), ("", [1, 2])]),
        ("Mon,Tue,Wed\n3,5,4", [("", ["Mon", "Tue", "Wed"]), ("", [3, 5, 4])]),
        ("m,v\na,1,9\nb", [("m", ["a", "b"]), ("v", [1, None]), ("", [9, None])]),
    ],
)
def test_the_ways_people_write_data(text, columns):
    assert read_columns(text) == [Column(name, cells) for name, cells in columns]


@pytest.mark.parametrize(
    ("kind", "data", "english", "chinese"),
    [
        ("bar", "m,v\na,3 kg", "Row 1 of v is '3 kg', not a number", "v的第 1 行是 '3 kg'，不是数字"),
        ("bar", "[]", "holds no numbers", "没有可以画的数字"),
        ("bar", "[[], {}]", "holds no numbers", "没有可以画的数字"),
        ("line", "1e16,2", "larger than 10^15", "10 的 15 次方"),
        ("bar", "\n".join(f"{x},1" for x in range(101)), "101 rows; a bar chart shows 100", "数据有 101 行"),
        ("line", "\n".join(",".join("1" * 10) for _ in range(3)), "has 9 columns of numbers; a chart shows 8", "最多画 8 列"),
        ("pie", '{"a": -1, "b": 2}', "cannot be negative", "不能为负"),
        ("pie", '{"a": 0}', "all zero", "不能全为零"),
        ("scatter", "1,2,3", "needs two columns of numbers", "需要两列数字"),
        ("bar", '{"a": [1, 2], "b": [1]}', "differ in length", "长度不一样"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_both_languages(kind, data, english, chinese):
    assert english in draw(kind, data).text
    output = draw(kind, data, "zh")
    assert chinese in output.text
    assert output.failed
    assert output.media == ()


def test_chinese_letters_show_where_a_font_has_them():
    from matplotlib.font_manager import fontManager

    if not set(FONTS) & set(fontManager.get_font_names()):
        pytest.skip("no font with Chinese letters is installed")
    one, other = (draw("bar", "1,2", title=title) for title in ("销售额", "人口数"))
    assert "font" not in one.text
    assert pixels(one).tobytes() != pixels(other).tobytes()  # boxes would be alike


def test_without_such_a_font_it_says_so_and_shows_question_marks():
    bare = Chart(())
    one, other = (draw("bar", "1,2", chart=bare, title=title) for title in ("销售", "人口"))
    assert "no font for '售销'" in one.text
    assert "apt install fonts-noto-cjk" in one.text
    assert "没有能显示 '售销' 的字体" in draw("bar", "1,2", "zh", bare, title="销售").text
    assert pixels(one).tobytes() == pixels(other).tobytes()
    assert "font" not in draw("bar", "1,2", chart=bare, title="Sales").text


def test_signs_of_formulas_and_of_hidden_labels_are_shown_as_they_are():
    def shown(title):
        return pixels(draw("bar", "a,_b,c\nx,1,2\ny,2,3", title=title)).tobytes()

    assert len({shown(title) for title in ("$x$", "x", r"\$x$", "$$", r"$\frac{1}{0}")}) == 5


def test_threads_draw_the_same_as_one_alone_and_leave_no_figure():
    wanted = [(kind, f"月,值\n一,{number}\n二,{number + 2}\n三,4") for number in range(3) for kind in ("bar", "line", "pie")]
    alone = [draw(kind, data, title="图").media[0].data for kind, data in wanted]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda one: draw(*one, title="图").media[0].data, wanted))
    assert together == alone
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()


numbers = st.floats(-1e15, 1e15) | st.sampled_from([0, -0.0, 5e-324, 1e15, -1e15, 1, 1 + 1e-12])
labels = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=40)
@given(
    st.sampled_from(KINDS),
    st.lists(st.tuples(labels, numbers, st.none() | numbers), min_size=1, max_size=6),
    labels,
)
def test_whatever_the_numbers_are_it_draws_or_says_why(kind, rows, title):
    output = draw(kind, json.dumps([list(row) for row in rows]), title=title)
    assert "error inside the tool" not in output.text
    assert output.failed or pixels(output)


@pytest.mark.parametrize(
    "text",
    [
        "Mon: 3, Tue: 5",
        "Mon 3\nTue 5",
        "Mon=3; Tue=5",
        "Mon：3\nTue：5",
        "Mon,$3\nTue,$5",
        "Mon: 3%\nTue: 5%",
        '{"Mon": "¥3", "Tue": "5元"}',
        '{"data": {"Mon": 3, "Tue": 5}}',
    ],
)
def test_labels_with_their_numbers_are_read_as_people_write_them(text):
    assert read_columns(text) == [Column("", ["Mon", "Tue"]), Column("", [3, 5])]


def test_the_other_forms_that_models_write():
    assert read_columns("Sales: 10, 20, 30") == [Column("Sales", [10, 20, 30])]
    assert read_columns("| Day | Sales |\n|---|---|\n| Mon | 3 |\n| Tue | 5 |") == [
        Column("Day", ["Mon", "Tue"]),
        Column("Sales", [3, 5]),
    ]
    sets = {"labels": ["A", "B"], "datasets": [{"label": "x", "data": [3, 5]}, {"data": [1, 2]}]}
    assert read_columns(json.dumps(sets)) == [Column("labels", ["A", "B"]), Column("x", [3, 5]), Column("series_2", [1, 2])]
    assert read_columns("2026-01-01 5\n2026-01-02 7")[0].cells == ["2026-01-01", "2026-01-02"]


def ticks(output):
    """How many marks stand under the x axis, which is the longest dark row."""
    picture = pixels(output).convert("L")
    rows = [sum(picture.getpixel((x, y)) < 90 for x in range(picture.width)) for y in range(picture.height)]
    below = rows.index(max(rows)) + 4
    dark = [picture.getpixel((x, below)) < 130 for x in range(picture.width)]
    return sum(there and not before for before, there in pairwise(dark))


def test_there_is_no_half_of_a_year_and_no_half_of_a_count():
    assert ticks(draw("line", "year,v\n2020,1\n2021,2\n2022,3\n2023,5")) == 4


def test_days_have_room_by_how_far_they_are_apart():
    def peak(data):
        picture = pixels(draw("line", data))
        places = [(y, x) for y in range(picture.height) for x in range(picture.width) if picture.getpixel((x, y)) == TEAL]
        return min(places)[1] / picture.width

    assert peak("a,5\nb,7\nc,6") == pytest.approx(0.5, abs=0.1)
    assert peak("2026-01-01,5\n2026-01-02,7\n2026-01-10,6") < 0.3
    assert peak("2026-01,5\n2026-02,7\n2026-12,6") < 0.3
