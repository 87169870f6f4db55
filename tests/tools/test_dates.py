"""Dates and the Chinese calendar, checked against days that are known."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.base import ToolContext
from tools.builtin.dates import Dates
from tools.builtin.days import read_day
from tools.runner import run

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
TODAY = NOW.date()


def ask(language="en", **arguments):
    return run(Dates(), arguments, ToolContext(language=language, now=NOW))


KNOWN = [
    ("2026-02-17", "2026-02-17"),
    ("2026/2/7", "2026-02-07"),
    ("2026年2月7日", "2026-02-07"),
    ("20260207", "2026-02-07"),
    ("2026-08-15T10:00:00", "2026-08-15"),
    ("8月5日", "2026-08-05"),
    ("August 15, 2026", "2026-08-15"),
    ("15 Aug 2026", "2026-08-15"),
    ("3rd May", "2026-05-03"),
    ("today", "2026-11-21"),
    ("明天", "2026-11-22"),
    ("Yesterday", "2026-11-20"),
    ("春节 2025", "2025-01-29"),
    ("2026年春节", "2026-02-17"),
    ("Chinese New Year 2027", "2027-02-06"),
    ("the Spring Festival of 2024", "2024-02-10"),
    ("明年春节", "2027-02-06"),
    ("春节", "2027-02-06"),
    ("除夕 2026", "2026-02-16"),
    ("大年三十", "2027-02-05"),
    ("中秋 2026", "2026-09-25"),
    ("中秋节2025", "2025-10-06"),
    ("Mid-Autumn Festival 2027", "2027-09-15"),
    ("端午节 2026", "2026-06-19"),
    ("元宵 2026", "2026-03-03"),
    ("七夕 2026", "2026-08-19"),
    ("重阳节 2026", "2026-10-18"),
    ("腊八节 2026", "2026-01-26"),
    ("小年 2026", "2026-02-10"),
    ("清明 2026", "2026-04-05"),
    ("冬至 2026", "2026-12-22"),
    ("冬至 2025", "2025-12-21"),
    ("国庆", "2027-10-01"),
    ("Christmas", "2026-12-25"),
    ("Valentine’s Day 2027", "2027-02-14"),
    ("母亲节 2026", "2026-05-10"),
    ("thanksgiving 2026", "2026-11-26"),
    ("农历 2026-08-15", "2026-09-25"),
    ("lunar 2026-1-1", "2026-02-17"),
    ("农历2025年闰六月初一", "2025-07-25"),
    ("农历2026年八月十五", "2026-09-25"),
    ("八月十五", "2027-09-15"),
    ("腊月廿三", "2027-01-30"),
    ("农历闰六月初一", "2036-07-23"),
    ("十二月二十五日", "2026-12-25"),
    ("二〇二六年八月十五日", "2026-08-15"),
    ("二零二六年十月一号", "2026-10-01"),
    ("12/25/2026", "2026-12-25"),
    ("25.12.2026", "2026-12-25"),
    ("3/3/2026", "2026-03-03"),
    ("星期六", "2026-11-21"),
    ("Friday", "2026-11-27"),
    ("this Sunday", "2026-11-22"),
    ("next Monday", "2026-11-23"),
    ("last Saturday", "2026-11-14"),
    ("下周五", "2026-11-27"),
    ("上个星期一", "2026-11-09"),
    ("下下周日", "2026-12-06"),
    ("本周三", "2026-11-18"),
    ("15号", "2026-11-15"),
    ("下个月1号", "2026-12-01"),
    ("上月31日", "2026-10-31"),
    ("下个月底", "2026-12-31"),
    ("Easter 2024", "2024-03-31"),
    ("复活节 2027", "2027-03-28"),
    ("Easter Sunday 2000", "2000-04-23"),
    ("Easter 2038", "2038-04-25"),
    ("双十一", "2027-11-11"),
    ("Minor Snow", "2026-11-22"),
]


@pytest.mark.parametrize(("text", "day"), KNOWN)
def test_days_are_read_as_people_write_them(text, day):
    assert read_day(text, TODAY).isoformat() == day


REFUSED = [
    ({"date": "2026-02-30"}, "2026-02-30 does not exist"),
    ({"date": "foo"}, "'foo' is not a date"),
    ({"date": "1/2/2026"}, "may be 2026-02-01 or 2026-01-02"),
    ({"date": "13/13/2026"}, "does not exist"),
    ({"date": "31号", "until": "上月31号", "offset": "1 day"}, "not both"),
    ({"date": "in 3 weeks", "until": "today"}, "is not a date"),
    ({"date": "不周日"}, "is not a date"),
    ({"date": "底"}, "is not a date"),
    ({"date": ""}, "is not a date"),
    ({"date": "农历 2026-闰6-1"}, "it has no leap month"),
    ({"date": "农历 2025-闰5-1"}, "its leap month is 6"),
    ({"date": "农历 2026-13-01"}, "no month 13"),
    ({"date": "春节 2500"}, "1900 to 2100"),
    ({"date": "农历 1800-01-01"}, "1900 to 2100"),
    ({"date": "today", "until": "then"}, "'then' is not a date"),
    ({"date": "today", "offset": "4,000,000 years"}, "outside the calendar"),
    ({"date": "today", "offset": "a while"}, "no length of time"),
    ({"date": "today", "offset": "5 business days"}, "no length of time"),
    ({"date": "today", "offset": "1.5 days"}, "no length of time"),
    ({"date": "today", "offset": ""}, "no length of time"),
    ({"date": "today", "offset": "day"}, "no length of time"),
    ({"date": "today", "offset": "5月"}, "no length of time"),
    ({"date": "today", "until": "2月30日"}, "2026-02-30 does not exist"),
    ({"date": "today", "until": "2026年2月30日"}, "2026-02-30 does not exist"),
    ({"date": "today", "until": "2月29日"}, "does not exist"),
    ({"date": "today", "until": "2027年"}, "is not a date"),
    ({"date": "today", "until": "5月"}, "is not a date"),
    ({"date": "today", "until": "前年"}, "is not a date"),
    ({"date": "today", "until": "-5"}, "is not a date"),
    ({"date": "today", "until": "tomorrow", "offset": "1 day"}, "not both"),
    ({}, "date is missing"),
]


@pytest.mark.parametrize(("arguments", "told"), REFUSED)
def test_what_cannot_be_answered_is_said(arguments, told):
    output = ask(**arguments)
    assert output.failed
    assert told in output.text
    assert any("一" <= character <= "鿿" for character in ask("zh", **arguments).text)


def test_a_day_is_told_whole():
    output = ask(date="春节 2026")
    assert output.text == (
        "2026-02-17 (Tuesday) is day 48 of the year, in ISO week 8 of 2026. It was 277 days ago. "
        "In the Chinese calendar: month 1, day 1 of the year of the Horse (丙午年正月初一). On this day: Chinese New Year."
    )
    assert output.data == {
        "date": "2026-02-17",
        "weekday": "Tuesday",
        "iso_week": 8,
        "iso_year": 2026,
        "day_of_year": 48,
        "days_until": -277,
        "lunar": (2026, 1, 1),
        "festivals": ["Chinese New Year"],
    }
    assert ask("zh", date="中秋节 2026").text == (
        "2026-09-25（星期五）是当年第 268 天，2026 年第 39 周。已经过去 57 天。农历丙午年（马）八月十五。当天是：中秋节。"
    )
    assert "It is today." in ask(date="today").text
    assert "It is in 1 day." in ask(date="tomorrow").text


def test_the_difference_of_two_days():
    output = ask(date="2024-01-31", until="2026-03-01")
    assert output.text == "From 2024-01-31 (Wednesday) to 2026-03-01 (Sunday): 760 days (2 years, 1 month, 1 day)."
    assert ask("zh", date="今天", until="春节").text.endswith("：77 天（2 个月16 天）。")
    assert ask(date="2026-03-01", until="2026-02-27").data["days"] == -2


@pytest.mark.parametrize(
    ("day", "offset", "result"),
    [
        ("2026-01-31", "1 month", "2026-02-28"),
        ("2024-02-29", "1 year", "2025-02-28"),
        ("2024-02-29", "-4 years", "2020-02-29"),
        ("2026-11-21", "-100 days", "2026-08-13"),
        ("2026-11-21", "100 days ago", "2026-08-13"),
        ("2026-11-21", "minus 100 days", "2026-08-13"),
        ("2026-11-21", "2 weeks", "2026-12-05"),
        ("2026-11-21", "in two weeks", "2026-12-05"),
        ("2026-11-21", "a fortnight", "2026-12-05"),
        ("2026-11-21", "3 weeks from now", "2026-12-12"),
        ("2026-01-15", "-1 months", "2025-12-15"),
        ("2026-01-15", "1 year, 2 months and 3 days", "2027-03-18"),
        ("2026-01-15", "-1 year 2 months", "2024-11-15"),
        ("2026-01-15", "1,000 days", "2028-10-11"),
        ("2026-01-15", "10", "2026-01-25"),
        ("2026-01-15", "-10", "2026-01-05"),
        ("2026-01-15", "0000000000030 days", "2026-02-14"),
        ("2026-01-15", "2 weeks minus 3 days", "2026-01-26"),
        ("2026-01-15", "minus 1 year and 2 months", "2024-11-15"),
        ("2026-01-15", "45天", "2026-03-01"),
        ("2026-01-15", "三个星期后", "2026-02-05"),
        ("2026-01-15", "两个月前", "2025-11-15"),
        ("2026-01-15", "一年零二个月", "2027-03-15"),
        ("2026-01-15", "一百天后", "2026-04-25"),
        ("2026-01-15", "二十一天", "2026-02-05"),
        ("2026-01-15", "半年", "2026-07-15"),
        ("2026-01-15", "一年半", "2027-07-15"),
        ("2026-01-15", "半个月前", "2025-12-31"),
        ("2026-01-15", "half a year", "2026-07-15"),
        ("2026-01-15", "two quarters", "2026-07-15"),
        ("2026-01-15", "a decade ago", "2016-01-15"),
    ],
)
def test_adding(day, offset, result):
    assert ask(date=day, offset=offset).data["result"] == result


def test_a_length_of_time_may_stand_in_the_place_of_the_other_day():
    assert ask(date="2026-05-20", until="90 days").text == ask(date="2026-05-20", offset="90 days").text
    assert ask(date="today", until="May 3").data["days"] == -202


@pytest.mark.parametrize("asked", ["三个月后的今天", "三个月后", "今天起三个月后", "in 3 months", "three months from now"])
def test_a_length_of_time_alone_is_counted_from_today(asked):
    assert ask("zh", date=asked).text == "2026-11-21（星期六）起 3 个月：2027-02-21（星期日）。"


def test_a_leap_month_and_the_ends_of_the_calendar_are_told_in_english():
    assert "leap month 6, day 1 of the year of the Snake (乙巳年闰六月初一)" in ask(date="2025-07-25").text
    assert "1 day from 9999-12-31 is outside" in ask(date="9999-12-31", offset="1 day").text


def test_a_date_in_chinese_is_no_length_of_time():
    assert ask("zh", date="今天", until="2027年1月1日").data["days"] == 41
    assert ask("zh", date="今天", until="5月3日").text == ask("zh", date="今天", until="May 3").text


def test_a_sum_names_both_days():
    assert ask(date="today", offset="1 day").text == "2026-11-21 (Saturday) and 1 day: 2026-11-22 (Sunday)."
    assert ask("zh", date="今天", offset="-1 天").text == "2026-11-21（星期六）起 -1 天：2026-11-20（星期五）。"


@given(st.text(max_size=60) | st.lists(st.sampled_from(["1", "two", " ", "days", "年", "-", "ago", "个", ","])).map("".join))
def test_any_length_of_time_is_a_sentence_or_a_day(text):
    assert "error inside the tool" not in ask(date="today", offset=text[:60]).text


@given(st.dates(), st.dates())
def test_differences_add_up(first, second):
    output = ask(date=first.isoformat(), until=second.isoformat())
    assert first + timedelta(days=output.data["days"]) == second


@settings(max_examples=60)
@given(st.dates(date(1901, 1, 1), date(2099, 12, 31)))
def test_the_chinese_calendar_goes_there_and_back(day):
    year, month, number = ask(date=day.isoformat()).data["lunar"]
    leap = "闰" if month < 0 else ""
    assert read_day(f"农历{year}年{leap}{abs(month)}月{number}日", TODAY) == day


@settings(max_examples=400)
@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(["农历", "2026", "闰", "八月", "十五", "-", "春节", "年", "0", "三十", "廿", "下", "May", " "])
    ).map("".join)
)
def test_any_date_is_a_sentence_or_a_day(text):
    output = ask(date=text[:60])
    assert "error inside the tool" not in output.text
