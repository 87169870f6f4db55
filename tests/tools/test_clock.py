"""The clock: places by many names, daylight saving, and times that do not exist."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.base import ToolContext
from tools.builtin.clock import Clock
from tools.builtin.places import LARGE, PLACES
from tools.runner import run

CLOCK = Clock()
NOW = datetime(2026, 11, 21, 10, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


def ask(language="en", now=NOW, **arguments):
    return run(CLOCK, arguments, ToolContext(language=language, now=now))


@pytest.mark.parametrize(
    ("place", "time"),
    [
        ("Tokyo", "2026-11-21T11:30:00+09:00"),
        ("东京", "2026-11-21T11:30:00+09:00"),
        ("纽约", "2026-11-20T21:30:00-05:00"),
        ("New York", "2026-11-20T21:30:00-05:00"),
        ("new_york", "2026-11-20T21:30:00-05:00"),
        ("America/New_York", "2026-11-20T21:30:00-05:00"),
        ("北京时间", "2026-11-21T10:30:00+08:00"),
        ("上海市", "2026-11-21T10:30:00+08:00"),
        ("Paris, France", "2026-11-21T03:30:00+01:00"),
        ("印度", "2026-11-21T08:00:00+05:30"),
        ("UTC", "2026-11-21T02:30:00+00:00"),
        ("utc+8", "2026-11-21T10:30:00+08:00"),
        ("GMT-3:30", "2026-11-20T23:00:00-03:30"),
        ("Lord Howe", "2026-11-21T13:30:00+11:00"),
    ],
)
def test_the_time_in_a_place(place, time):
    output = ask(place=place)
    assert not output.failed, output.text
    assert output.data["time"] == time


def test_the_answer_in_both_languages():
    assert ask(place="Tokyo").text == "Tokyo: 2026-11-21 11:30 (Saturday, UTC+09:00)"
    assert ask("zh", place="东京").text == "东京：2026-11-21 11:30（星期六，UTC+09:00）"
    assert ask().text == "2026-11-21 10:30 (Saturday, UTC+08:00)"


def test_summer_time_is_kept():
    summer = datetime(2026, 7, 1, 12, 0, tzinfo=ZoneInfo("UTC"))
    assert ask(now=summer, place="London").data["time"] == "2026-07-01T13:00:00+01:00"


@pytest.mark.parametrize(
    ("arguments", "time"),
    [
        ({"time": "15:30", "from_place": "London", "place": "Tokyo"}, "2026-11-22T00:30:00+09:00"),
        ({"time": "下午3点", "place": "纽约"}, "2026-11-21T02:00:00-05:00"),
        ({"time": "中午12点", "place": "UTC"}, "2026-11-21T04:00:00+00:00"),
        ({"time": "9pm", "from_place": "LA"}, "2026-11-21T13:00:00+08:00"),
        ({"time": "12 am", "from_place": "UTC"}, "2026-11-21T08:00:00+08:00"),
        ({"time": "8点30分", "place": "UTC"}, "2026-11-21T00:30:00+00:00"),
        ({"time": "2026-03-01 09:00", "place": "UTC"}, "2026-03-01T01:00:00+00:00"),
        ({"time": "2026-03-01T09:00:00", "place": "UTC"}, "2026-03-01T01:00:00+00:00"),
    ],
)
def test_a_time_is_converted(arguments, time):
    output = ask(**arguments)
    assert not output.failed, output.text
    assert output.data["to"]["time"] == time


def test_a_conversion_names_both_places():
    assert ask(time="15:30", from_place="London", place="Tokyo").text == (
        "2026-11-21 15:30 (Saturday, UTC+00:00) in London is 2026-11-22 00:30 (Sunday, UTC+09:00) in Tokyo"
    )
    assert ask("zh", time="15:30", place="东京").text.startswith("你这里的 2026-11-21 15:30")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"place": "Atlantis"}, "time zone of 'Atlantis'"),
        ({"place": "tokio"}, "Did you mean tokyo"),
        ({"place": "../../etc/passwd"}, "time zone of"),
        ({"place": "UTC+99"}, "no time zone"),
        ({"time": "25:00"}, "'25:00' is not a time"),
        ({"time": "soon"}, "'soon' is not a time"),
        ({"time": "2026-02-30 10:00"}, "is not a time"),
        ({"time": "0001-01-01 00:00", "place": "LA"}, "is not a time"),
        ({"time": "2026-03-08 02:30", "from_place": "New York"}, "clocks go forward"),
        ({"place": 5}, "place must be text"),
    ],
)
def test_what_cannot_be_told_is_said(arguments, told):
    output = ask(**arguments)
    assert output.failed
    assert told in output.text


@pytest.mark.parametrize("zone", sorted(set(PLACES.values())))
def test_every_zone_of_ours_exists(zone):
    assert ask(place=zone).data["zone"] == zone


@settings(max_examples=300)
@given(st.text(max_size=80), st.text(max_size=40) | st.from_regex(r"\A[0-9apm:点上下午 -]{1,12}\Z"))
def test_any_place_and_time_is_a_sentence_or_an_answer(place, time):
    for arguments in ({"place": place}, {"time": time, "place": "Tokyo"}):
        assert "error inside the tool" not in ask(**arguments).text


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("下午三点", "2026-11-21T15:00:00+08:00"),
        ("下午3点半", "2026-11-21T15:30:00+08:00"),
        ("十点一刻", "2026-11-21T10:15:00+08:00"),
        ("傍晚6点", "2026-11-21T18:00:00+08:00"),
        ("晚上12点", "2026-11-22T00:00:00+08:00"),
        ("晚上12点半", "2026-11-22T00:30:00+08:00"),
        ("24:00", "2026-11-22T00:00:00+08:00"),
        ("明天早上9点", "2026-11-22T09:00:00+08:00"),
        ("今晚8点", "2026-11-21T20:00:00+08:00"),
        ("tomorrow at 9:00", "2026-11-22T09:00:00+08:00"),
        ("tomorrow noon", "2026-11-22T12:00:00+08:00"),
        ("midnight", "2026-11-21T00:00:00+08:00"),
        ("中午", "2026-11-21T12:00:00+08:00"),
        ("2026-07-01T00:00:00Z", "2026-07-01T00:00:00+00:00"),
    ],
)
def test_a_time_is_read_as_people_say_it(written, time):
    output = ask(time=written, place="Tokyo", from_place="Shanghai")
    assert not output.failed, output.text
    assert output.data["from"]["time"] == time


def test_now_is_a_time_too():
    assert ask(place="Tokyo", time="now").text == ask(place="Tokyo").text
    assert ask(place="Tokyo", time="现在", from_place="London").data["time"] == "2026-11-21T11:30:00+09:00"
    assert ask(time="now", from_place="London").data["from"]["time"] == "2026-11-21T02:30:00+00:00"


@pytest.mark.parametrize("place", ["USA", "美国", "the US", "Canada", "澳大利亚", "Russia", "CST", "IST"])
def test_what_has_several_zones_is_asked_back(place):
    english, chinese = ask(place=place), ask("zh", place=place)
    assert english.failed
    assert "has several time zones. Name a city, such as" in english.text
    assert "有好几个时区。请写城市" in chinese.text


def test_the_cities_that_are_proposed_are_known():
    for english, chinese in LARGE.values():
        for city in [*english.split(" or "), *chinese.split("、")]:
            assert not ask(place=city).failed, city


def test_a_time_of_day_past_the_last_is_refused():
    assert "'24:30' is not a time" in ask(time="24:30", place="Tokyo").text
