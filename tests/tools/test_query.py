"""The data query: JSON and tables in, JMESPath asked, sentences for what is wrong, and bombs put out."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import ToolFailed
from tests.timing import quickly
from tools.base import ToolContext
from tools.builtin.query import Query
from tools.builtin.tables import LONGEST
from tools.runner import run

CITIES = 'name,city,price\nA,巴黎,10\nB,Rome,"1,200"\nC,Rome,007\nD,,2.5\n'
JSON = '[{"name": "A", "tags": ["x", "y"], "price": 10}, {"name": "B", "tags": [], "price": 20.5}]'


def ask(data, query, language="en"):
    return run(Query(), {"data": data, "query": query}, ToolContext(language=language))


@pytest.mark.parametrize(
    ("data", "query", "result"),
    [
        (JSON, "[?price > `10`].name", ["B"]),
        (JSON, "sum([].price)", 30.5),
        (JSON, "[?price > 10].name", ["B"]),
        (JSON, "[?price>=-1.5 && price!=10].name", ["B"]),
        (JSON, "[?name == 'x > 10'].name", []),
        ("名称,价格\n苹果,12\n梨,8", "[?价格 > `10`].名称", ["苹果"]),
        ("名称,价格\n苹果,12\n梨,8", "[?名称 == '梨'].{价: 价格}", [{"价": 8}]),
        ("名称,价格\n苹果,12\n梨,8", 'sum([]."价格")', 20),
        ("| a | b |\n|---|---:|\n| 1 | x y |", "@", [{"a": 1, "b": "x y"}]),
        ("a | b\n--- | ---\n1 | 2", "[0].b", 2),
        (JSON, "[].tags[]", ["x", "y"]),
        (JSON, "max_by(@, &price).{who: name}", {"who": "B"}),
        ('{"a": 1}\n{"a": 2}\n', "[].a", [1, 2]),
        ("```json\n[1, 2]\n```", "length(@)", 2),
        ("\ufeff[1]", "[0]", 1),
        (CITIES, "[].price", [10, 1200, "007", 2.5]),
        (CITIES, "[?city == '巴黎'].name", ["A"]),
        (CITIES, "[?city == null].name", ["D"]),
        (CITIES, "[?price > `5`].name", ["A", "B"]),  # a text is neither more nor less
        ("a\tb\n1\t2", "[0]", {"a": 1, "b": 2}),
        ("a;b\r\n1;2", "[0].b", 2),
        ("姓名，分数\n张三，90", '[0]."分数"', 90),
        ("a\\nb\\n3", "[1].a", 3),
        ("a,,a\n1,2,3", "[0]", {"a": 1, "column_2": 2, "column_3": 3}),
        ("a,b\n1", "[0]", {"a": 1, "b": None}),
        ('a\n"x\ny"', "[0].a", "x\ny"),
        ("a\n9007199254740993\n12345678901234567890", "[].a", [9007199254740993, "12345678901234567890"]),
    ],
)
def test_what_is_asked_is_answered(data, query, result):
    output = ask(data, query)
    assert (output.data, output.failed) == (result, False)
    assert output.text.startswith(json.dumps(result, ensure_ascii=False))


@pytest.mark.parametrize(
    ("data", "query", "english", "chinese"),
    [
        (JSON, "[?price > 10 plus]", "near 'plus]'", "数字要加反引号"),
        ("name,price\nA,1\nB,", "sort_by(@, &price)", "sort_by([?price], &price)", "请先去掉这些行"),
        (JSON, "[", "cannot be read at character 2", "看不懂"),
        (JSON, "group_by(@, &a)", "There are: abs, avg", "可用的函数有：abs"),
        (JSON, "length(@, @)", "length() is given 2 and takes 1", "需要 1 个参数"),
        (JSON, "sum([].name)", "sum() needs a list of numbers, not 'A'", "需要数字列表"),
        (JSON, "@[::0]", "has no value with this data", "算不出结果"),
        (JSON, "!" * 999 + "@", "nested too deeply", "嵌套得太深"),
        (JSON, "`NaN`", "a number that is too large", "过大的数"),
        ("[1, 2", "@", "not JSON: Expecting ',' delimiter in line 1, column 6", "第 1 行第 6 个字符"),
        ('{"a": 1}\n{"a: 2}', "@", "Line 2 of the data is not JSON", "第 2 行不是 JSON"),
        ("[" * 50_000, "@", "nested too deeply", "嵌套得太深"),
        ("[1e999]", "@", "too large", "过大的数"),
        ("[NaN]", "@", "such as NaN", "NaN"),
        ("a,b\n1,2,3", "@", "Row 2 of the data has 3 cells, but the header names 2", "第 2 行有 3 格"),
        ('a,b\n"x"y,2', "@", "Line 2 of the data is not CSV", "第 2 行不符合 CSV"),
        (" \n ", "@", "The data is empty", "数据是空的"),
    ],
)
def test_what_is_wrong_is_said_in_both_languages(data, query, english, chinese):
    assert english in ask(data, query).text
    output = ask(data, query, "zh")
    assert chinese in output.text
    assert output.failed


def test_nothing_found_names_the_fields_and_the_sign_that_is_mistaken_most():
    output = ask(CITIES.replace("D,,2.5", ""), '[?city == "Rome"].name')
    assert (output.data, output.failed) == ([], False)
    assert output.text == "[] Nothing matches. The fields are: name, city, price. Text stands in single quotes: 'Paris'."
    assert ask(CITIES, "[0].nome", "zh").text == "null 没有符合的内容。字段有：name、city、price。"


@pytest.mark.parametrize(
    "query",
    [
        "|".join(["[@,@]"] * 160),
        "to_string(@)|" + "|".join(["join(@,[@,@])"] * 60),
        "[*].[" + ",".join(["@"] * 400) + "]|[*].[" + ",".join(["@"] * 80) + "]",
        "map(&join(to_string(@),['a','b']), @)",
    ],
    ids=range(4),
)
def test_a_short_query_cannot_make_much(query):
    rows = "id,text\n" + "\n".join(f"{number},{'x' * 30}" for number in range(5000))

    def refused():
        with pytest.raises(ToolFailed, match=r"too much of its data|characters; 100,000 fit"):
            Query().call({"data": rows, "query": query}, ToolContext())

    quickly(refused, 3.0)


def test_the_largest_data_is_read_at_once():
    rows = "id,v\n" + "\n".join(f"{number},{number * 7 % 13}" for number in range(15_000))
    assert len(rows) < LONGEST
    assert quickly(lambda: Query().call({"data": rows, "query": "sum([?v > `5`].id)"}, ToolContext()), 3.0).data == 60_565_962


PIECES = [
    "[",
    "]",
    "[?",
    "a",
    "@",
    ".",
    "*",
    "|",
    "`1`",
    "'x'",
    '"',
    "&",
    "(",
    ")",
    "sum(",
    "join(",
    ",",
    "==",
    "<",
    "!",
    ":",
    "{",
    "-1",
    "#",
]


def test_an_expression_is_no_result():
    for query in ('&""', "&name", "[&name]"):
        output = ask(JSON, query)
        assert output.failed
        assert "is no result" in output.text


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join),
    st.sampled_from([JSON, CITIES, "1", '{"a": {"a": "x"}}']),
)
def test_no_query_breaks_it(query, data):
    output = ask(data, query)
    assert "error inside the tool" not in output.text
    json.dumps(output.data, allow_nan=False)


cells = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)


@settings(max_examples=100)
@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=5))
def test_rows_come_back_as_they_were_written(rows):
    text = "a,b\n" + "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    found = ask(text, "[].[a, b]")
    for row, given_row in zip(found.data or [], [row for row in rows if any(cell.strip() for cell in row)], strict=True):
        for cell, written in zip(row, given_row, strict=True):
            assert cell == (written.strip() or None) or isinstance(cell, int | float)


def test_a_number_in_quotes_that_finds_nothing_is_pointed_out():
    assert "Numbers stand in backticks: `10`." in ask(JSON, "[?price > '15']").text
    assert "数字要用反引号" in ask(JSON, "[?price > '15']", "zh").text
    assert "backticks" not in ask(JSON, "[?name > 'x']").text
