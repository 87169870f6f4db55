"""Spreadsheets and tables in text: every visible cell as people see it, under the name of its sheet."""

from datetime import date, datetime, time

import pytest

from common.errors import UnreadableFile
from knowledge.loading.encoding import decoded
from knowledge.loading.sheets import read_delimited, read_workbook
from tests.compound import workbook
from tests.samples import open_document, workbook_file


@pytest.fixture
def read(files):
    def made(fill):
        return read_workbook(files.write("a.xlsx", workbook_file(fill)), "a.xlsx")

    return made


def test_sheets_are_headings_and_hidden_or_empty_ones_are_left_out(read):
    def fill(book):
        book.add_worksheet("价格").write_row(0, 0, ["名称", "价格"])
        for name, act in (("Hidden", "hide"), ("Deeper", "very_hidden")):
            sheet = book.add_worksheet(name)
            sheet.write(0, 0, "secret")
            getattr(sheet, act)()
        book.add_worksheet("Empty")
        book.add_worksheet("Last & least").write(4, 4, "alone")

    document = read(fill)
    assert document.text == "# 价格\n\n| 名称 | 价格 |\n| --- | --- |\n\n# Last & least\n\nalone"
    assert [section.heading for section in document.sections] == ["价格", "Last & least"]


@pytest.mark.parametrize(
    ("value", "form", "shown"),
    [
        (0.256, "0%", "26%"),
        (0.256, "0.0%", "25.6%"),
        (-0.5, '0.00%;[Red]-0.00%', "-50.00%"),
        (0.25, '0.00"%"', "0.25"),
        (3.0, "General", "3"),
        (0.1 + 0.2, "General", "0.3"),
        (123456789012345, "0", "123456789012345"),
        (date(2024, 3, 5), "yyyy-mm-dd", "2024-03-05"),
        (date(2024, 3, 5), 'yyyy"年"m"月"d"日"', "2024-03-05"),
        (date(2024, 3, 5), '[$-804]yyyy"年"m"月"d"日";@', "2024-03-05"),
        (datetime(2024, 3, 5, 14, 5), "m/d/yy h:mm", "2024-03-05 14:05"),
        (time(9, 30), "h:mm", "09:30"),
        (1.5, "[h]:mm", "36:00"),
        (True, "General", "TRUE"),
        ("  空格  ", "General", "空格"),
        ("a|b\nc", "General", "a\\|b c"),
    ],
)  # fmt: skip
def test_a_value_is_told_as_people_see_it(read, value, form, shown):
    def fill(book):
        sheet = book.add_worksheet()
        sheet.write_row(2, 1, ["name", "value"])
        sheet.write(3, 1, "x")
        cell = book.add_format({"num_format": form})
        (sheet.write_datetime if isinstance(value, date | time) else sheet.write)(3, 2, value, cell)

    assert f"\n| x | {shown} |" in read(fill).text


def test_formulas_are_told_by_their_values(read):
    def fill(book):
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["和", "Sum"])
        sheet.write_formula(1, 0, "=1+1", None, 2)
        sheet.write_formula(1, 1, '=CONCAT("中","文")', None, "中文")

    text = read(fill).text
    assert "| 2 | 中文 |" in text
    assert "=" not in text


def test_merged_cells(read):
    def fill(book):
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["部门", "Name", "Age"])
        sheet.merge_range(1, 0, 2, 0, "销售")
        sheet.write_row(1, 1, ["Ann", 30])
        sheet.write_row(2, 1, ["Bob", 40])
        sheet.merge_range(3, 0, 3, 1, "合计")
        sheet.write(3, 2, 70)

    assert read(fill).text.endswith("| 销售 | Ann | 30 |\n| 销售 | Bob | 40 |\n| 合计 |  | 70 |")


def test_titles_and_tables_apart(read):
    def fill(book):
        sheet = book.add_worksheet()
        sheet.write(0, 0, "二〇二四年报表")
        sheet.write_row(1, 0, ["a", "b"])
        sheet.write_row(2, 0, [1, 2])
        sheet.write_row(5, 0, ["c", "d"])
        sheet.write_row(6, 0, [3, 4])
        sheet.write(9, 0, "Source: own")

    assert read(fill).text.split("\n\n")[1:] == [
        "二〇二四年报表",
        "| a | b |\n| --- | --- |\n| 1 | 2 |",
        "| c | d |\n| --- | --- |\n| 3 | 4 |",
        "Source: own",
    ]


def test_a_long_table_has_its_names_in_each_stretch(read):
    def fill(book):
        sheet = book.add_worksheet("数据")
        sheet.write_row(0, 0, ["编号", "City", "人口"])
        for row in range(1, 301):
            sheet.write_row(row, 0, [row, f"City {row}", row * 1000])

    blocks = read(fill).text.split("\n\n")[1:]
    assert len(blocks) > 5
    assert all(block.startswith("| 编号 | City | 人口 |\n| --- | --- | --- |\n") for block in blocks)
    assert sum(block.count("\n") - 1 for block in blocks) == 300


def test_a_huge_cell_is_kept(read):
    words = "很长的内容" * 6000
    text = read(lambda book: [book.add_worksheet().write_row(0, 0, ["说明", words])]).text
    assert words in text


def test_links_rich_text_and_comments(read):
    def fill(book):
        sheet = book.add_worksheet()
        sheet.write_url(0, 0, "https://example.com", string="网站")
        sheet.write_rich_string(0, 1, "rich ", book.add_format({"bold": True}), "bold")
        sheet.write_comment(0, 0, "a comment")

    assert read(fill).text.split("\n\n")[1] == "| 网站 | rich bold |\n| --- | --- |"


def test_a_workbook_of_charts_alone_holds_no_text(read):
    def fill(book):
        sheet = book.add_worksheet("Data")
        sheet.hide()
        sheet.write_column(0, 0, [1, 2])
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=Data!$A$1:$A$2"})
        leaf = book.add_chartsheet("Chart")
        leaf.set_chart(chart)
        leaf.activate()
        leaf.set_first_sheet()

    assert not read(fill).sections


def test_cells_far_apart_are_refused_in_time(read):
    def fill(book):
        sheet = book.add_worksheet()
        sheet.write(0, 0, "a")
        sheet.write(1_000_000, 16_000, "b")

    with pytest.raises(UnreadableFile, match="million cells"):
        read(fill)


def test_an_old_workbook(files):
    path = files.write("a.xls", workbook("工作表", [("名称", "Price"), ("绿茶", 3.5), ("红茶", 4.0)]))
    document = read_workbook(path, "a.xls")
    assert document.text == "# 工作表\n\n| 名称 | Price |\n| --- | --- |\n| 绿茶 | 3.5 |\n| 红茶 | 4 |"


def test_an_open_document_sheet(files):
    cell = '<table:table-cell office:value-type="{}" {}><text:p>{}</text:p></table:table-cell>'
    rows = (
        "<table:table-row>" + cell.format("string", "", "日期") + cell.format("string", "", "Sum") + "</table:table-row>"
        "<table:table-row>" + cell.format("date", 'office:date-value="2024-03-05"', "05.03.24")
        + cell.format("float", 'office:value="3.5"', "3,50") + "</table:table-row>"
        '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="1024"/>'
        "</table:table-row>"
    )  # fmt: skip
    path = files.write("a.ods", open_document("spreadsheet", f'<table:table table:name="表">{rows}</table:table>'))
    assert read_workbook(path, "a.ods").text == "# 表\n\n| 日期 | Sum |\n| --- | --- |\n| 2024-03-05 | 3.5 |"


@pytest.mark.parametrize("separator", list(",;\t|"))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_table_in_text(separator, encoding, line_end):
    rows = [["名称", "说明", "价格"], ["绿茶", '"清香", 好喝; 便宜|\t的'.replace("\t", " "), "3"], ["红茶", "上午喝的茶", "4"]]
    lines = [separator.join('"' + cell.replace('"', '""') + '"' if not cell.isalnum() else cell for cell in row) for row in rows]
    text = decoded((line_end.join(lines) + line_end).encode(encoding))
    assert read_delimited(text).text == (
        '| 名称 | 说明 | 价格 |\n| --- | --- | --- |\n| 绿茶 | "清香", 好喝; 便宜\\| 的 | 3 |\n| 红茶 | 上午喝的茶 | 4 |'
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sep=;\na;b\n1,5;2\n", "| a | b |\n| --- | --- |\n| 1,5 | 2 |"),
        ("价格;Wert\n1,5;2,5\n3,5;4,5\n", "| 价格 | Wert |\n| --- | --- |\n| 1,5 | 2,5 |\n| 3,5 | 4,5 |"),
        ('a,b\nx,"one\ntwo"\n', "| a | b |\n| --- | --- |\n| x | one two |"),
        ("a,b,c\n1,2\n1,2,3,4\n", "| a | b | c |  |\n| --- | --- | --- | --- |\n| 1 | 2 |  |  |\n| 1 | 2 | 3 | 4 |"),
        ("一列\n甲\n乙\n", "| 一列 |\n| --- |\n| 甲 |\n| 乙 |"),
        ('a,b\n1,"never closed\n2,3\n', "| a | b |\n| --- | --- |\n| 1 | never closed 2,3 |"),
        ("a,b\x00\n1,2", "| a | b |\n| --- | --- |\n| 1 | 2 |"),
    ],
)
def test_tables_in_text_that_are_odd(text, expected):
    assert read_delimited(text).text == expected


def test_a_small_table_sets_no_limit_to_the_next():
    read_delimited("a,b")
    assert "长" * 300_000 in read_delimited("a,b\n1," + "长" * 300_000).text


@pytest.mark.parametrize("ending", ["xls", "xlsx", "ods", "txt", ""])
def test_the_ending_of_a_workbook_does_not_matter(files, ending):
    path = files.write(f"a.{ending}", workbook_file(lambda book: book.add_worksheet().write(0, 0, "内容")))
    assert "内容" in read_workbook(path, path.name).text
    path = files.write(f"a.{ending}", workbook("S", [("旧",)]))
    assert "旧" in read_workbook(path, path.name).text
