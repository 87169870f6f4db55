"""JSON, JSON lines and notebooks: names become headings, like objects tables, and a bad line is left out with its number."""

import json

import pytest

from knowledge.loading.notebook import read_notebook
from knowledge.loading.structured import read_json, read_json_lines


def headed(document):
    return [(section.heading, document.text[section.start : section.end].strip()) for section in document.sections]


def test_objects_become_headings_and_like_objects_a_table():
    value = {
        "名称": "配置",
        "项目": [{"id": 1, "note": None}, {"id": 2, "note": "a|b"}],
        "deep": {"x": {"y": {"z": {"w": [1, 2]}}}},
    }
    assert headed(read_json(json.dumps(value, ensure_ascii=False))) == [
        ("", "名称: 配置"),
        ("项目", "| id | note |\n| --- | --- |\n| 1 |  |\n| 2 | a\\|b |"),
        ("deep", "x.y.z.w: 1, 2"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"你好"', "你好"),
        ("[1, true, null]", "- 1\n- true\n-"),
        ('[{"a": {"b": 1}}, {"a": {"c": "二"}}]', "a.b: 1\n\na.c: 二"),
        ('{"a": "\\u4e2d\\u6587"}', "a: 中文"),
    ],
)
def test_json_of_any_shape(text, expected):
    assert read_json(text).text == expected


@pytest.mark.parametrize("text", ["", "{", "{'a': 1}", "[1,]", "[" * 100_000, '{"a": NaNa}'])
def test_what_is_no_json(text):
    assert read_json(text) is None


def test_a_bad_line_is_left_out_with_its_number():
    document = read_json_lines('{"q": "问题", "a": "回答"}\n\n{"q": broken\r\n{"q": "second", "a": "\u2028x"}\n')
    assert document.text == "| q | a |\n| --- | --- |\n| 问题 | 回答 |\n| second | x |"
    (left,) = document.left_out
    assert left.line == 3
    assert "Line 3" in left.english
    assert "第 3 行" in left.chinese


def test_lines_that_are_mostly_no_json_are_text():
    assert read_json_lines("one\ntwo\n{}\n") is None


def notebook(*cells, **more):
    return json.dumps({"nbformat": 4, "metadata": {"kernelspec": {"language": "python"}}, "cells": cells, **more})


def test_a_notebook_keeps_code_and_what_it_printed():
    document = read_notebook(
        notebook(
            {"cell_type": "markdown", "source": "# 实验\n\n说明"},
            {
                "cell_type": "code",
                "source": ["# not a heading\n", "df"],
                "outputs": [
                    {"output_type": "stream", "name": "stdout", "text": ["行\n"]},
                    {"output_type": "execute_result", "data": {"text/plain": "   a\n0  1", "text/html": "<table>"}},
                    {"output_type": "display_data", "data": {"image/png": "iVBOR"}},
                    {"output_type": "error", "ename": "ValueError", "evalue": "坏", "traceback": ["\x1b[31mlong\x1b[0m"]},
                ],
            },
            {"cell_type": "markdown", "source": "## Next\n```\nopen fence"},
            {"cell_type": "markdown", "source": "## After"},
            {"cell_type": "code", "source": "", "outputs": []},
            {"cell_type": "raw", "source": "raw words"},
        )
    )
    assert document.title == "实验"
    assert headed(document) == [
        ("实验", "说明\n\n```python\n# not a heading\ndf\n```\n\n```\n行\n   a\n0  1\nValueError: 坏\n```"),
        ("实验 > Next", "```\nopen fence\n```"),
        ("实验 > After", "```\nraw words\n```"),
    ]


def test_an_old_notebook_and_long_output():
    code = {"cell_type": "code", "language": "python", "input": "1", "outputs": [{"output_type": "pyout", "text": "x" * 9000}]}
    cells = [{"cell_type": "heading", "level": 2, "source": "旧"}, code]
    document = read_notebook(json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}))
    assert headed(document)[0][0] == "旧"
    assert len(document.text) < 2000
    assert document.text.endswith("…\n```")


@pytest.mark.parametrize("text", ["", "[]", "{}", "not json", '{"cells": "x"}', '{"cells": [1, null, {"source": {}}]}'])
def test_what_is_no_notebook_is_not_read_as_one(text):
    document = read_notebook(text)
    assert document is None or not document.sections
