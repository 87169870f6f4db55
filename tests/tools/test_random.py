"""Chance: within its bounds, over all of them, never the same, and a sentence for what cannot be drawn from."""

import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.base import ToolContext
from tools.builtin.random import Random
from tools.runner import run


def draw(kind, of="", count=1, language="en"):
    return run(Random(), {"kind": kind, "of": of, "count": count}, ToolContext(language=language))


@pytest.mark.parametrize(
    ("of", "low", "high"),
    [
        ("1-3", 1, 3),
        ("-1 to 1", -1, 1),
        ("3..1", 1, 3),
        ("1到3", 1, 3),
        ("-3--1", -3, -1),
        ("3", 1, 3),
        ("-1", -1, 1),
        ("(1, 3)", 1, 3),
    ],
)
def test_integers_reach_both_ends_and_nothing_beyond(of, low, high):
    found = {number for _ in range(3) for number in draw("integer", of, 100).data["results"]}
    if of == "-1":
        assert found == {-1}
    else:
        assert found == set(range(low, high + 1))


@given(st.integers(-(10**18), 10**18), st.integers(-(10**18), 10**18))
def test_a_range_is_read_as_it_is_written(one, other):
    (number,) = draw("integer", f"{one} to {other}").data["results"]
    assert min(one, other) <= number <= max(one, other)


def test_without_a_range_it_is_1_to_100():
    assert 1 <= draw("integer").data["results"][0] <= 100


@pytest.mark.parametrize("of", ["a, b、c", "a\nb\nc", "a；b; c", '["a", "b", "c"]'])
def test_items_are_read_in_every_way_they_are_written(of):
    assert sorted(draw("shuffle", of).data["results"]) == ["a", "b", "c"]
    assert sorted(draw("choice", of, 3).data["results"]) == ["a", "b", "c"]
    assert {draw("choice", of).data["results"][0] for _ in range(60)} == {"a", "b", "c"}


def test_a_shuffle_finds_every_order():
    assert {tuple(draw("shuffle", "a,b,c").data["results"]) for _ in range(150)} == {
        (x, y, z) for x in "abc" for y in "abc" for z in "abc" if len({x, y, z}) == 3
    }


def test_dice():
    for result in draw("dice", "3d6-2", 100).data["results"]:
        assert len(result["dice"]) == 3
        assert all(1 <= die <= 6 for die in result["dice"])
        assert result["total"] == sum(result["dice"]) - 2
    assert {result["total"] for result in draw("dice", "", 100).data["results"]} <= set(range(1, 7))
    assert re.fullmatch(r"2D4\+1: [1-4] \+ [1-4] \+ 1 = \d+", draw("dice", "2D4+1").text)


def test_uuids_and_passwords():
    assert [uuid.UUID(one).version for one in draw("uuid", count=3).data["results"]] == [4, 4, 4]
    found = draw("password", "8", 100).data["results"]
    assert len(set(found)) == 100
    for one in found:
        assert len(one) == 8
        assert all(re.search(signs, one) for signs in ("[a-z]", "[A-Z]", "[0-9]", "[^a-zA-Z0-9]"))
    assert len(draw("password").data["results"][0]) == 16


@pytest.mark.parametrize(
    ("kind", "of", "count", "english", "chinese"),
    [
        ("integer", "one to ten", 1, "'one to ten' is no range", "不是整数范围"),
        ("integer", "1-9999999999999999999", 1, "10^18", "10 的 18 次方"),
        ("choice", "a,b", 5, "5 cannot be chosen from 2 items", "选不出 5 个"),
        ("choice", " , ", 1, "There are 0 items", "可选的有 0 项"),
        ("shuffle", "a\n" * 1001, 1, "There are 1001 items", "可选的有 1001 项"),
        ("dice", "0d6", 1, "'0d6' is no throw of dice", "看不懂骰子"),
        ("dice", "999d6", 1, "is no throw of dice", "看不懂骰子"),
        ("password", "4", 1, "length '4'", "密码长度不能是 '4'"),
        ("password", "129", 1, "from 8 to 128", "8 到 128"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_both_languages(kind, of, count, english, chinese):
    assert english in draw(kind, of, count).text
    assert chinese in draw(kind, of, count, "zh").text


@pytest.mark.parametrize(
    ("of", "items"),
    [
        ("pizza or sushi", {"pizza", "sushi"}),
        ("吃饭还是睡觉", {"吃饭", "睡觉"}),
        ("红 蓝 绿", {"红", "蓝", "绿"}),
        ("New York, Oregon", {"New York", "Oregon"}),
        ("orange", {"orange"}),
    ],
)
def test_items_are_told_apart_as_people_write_them(of, items):
    assert set(draw("shuffle", of).data["results"]) == items
