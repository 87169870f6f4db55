"""Dates: what day it is, how far apart days are, and which day comes so much later; Chinese festivals included.

The days are read by `days.py`; what is here is the arithmetic and the words of the answer. Times of day and time zones are
the clock's.
"""

import calendar
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from common.errors import ArgumentsInvalid, ToolFailed
from tools.base import Tool, ToolContext, ToolOutput, ToolSpec
from tools.builtin.days import chinese_date, festivals_on, lunar_numbers, read_day
from tools.builtin.periods import is_period, read_period

_WEEKDAYS = (
    ("Monday", "星期一"),
    ("Tuesday", "星期二"),
    ("Wednesday", "星期三"),
    ("Thursday", "星期四"),
    ("Friday", "星期五"),
    ("Saturday", "星期六"),
    ("Sunday", "星期日"),
)


class Dates(Tool):
    """Answers about a day, about two days, or about a day some time from another."""

    id = "dates"
    titles: Mapping[str, str] = {"en": "Dates", "zh": "日期"}
    about: Mapping[str, str] = {
        "en": "Weekdays, days between dates, dates some time away, the Chinese calendar and festivals of both worlds.",
        "zh": "查星期几、算相差几天和几天以后，也知道农历和中外节日。",
    }
    spec = ToolSpec(
        "dates",
        "Calendar questions about a date: its weekday, week number, lunar date and festivals, and when a festival is. With "
        "'until', the days between two dates. With 'offset', the date so much later or earlier. "
        "日期：星期几、农历、节日；until 算相差天数，offset 算多久以后。",
        {
            "type": "object",
            "properties": {
                "date": {
                    "type": "string",
                    "description": "2026-08-15, today, or a festival ('Christmas', 'Spring Festival 2027'). "
                    "日期，也可以是 '春节 2027' 或 '农历 2026-08-15'。",
                    "maxLength": 60,
                },
                "until": {"type": "string", "description": "The other date. 另一个日期。", "maxLength": 60},
                "offset": {
                    "type": "string",
                    "description": "Such as 45 days, 2 months, 3 weeks ago. 例如 45 天、3 周前。",
                    "maxLength": 60,
                },
            },
            "required": ["date"],
            "additionalProperties": False,
        },
    )

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Raises `ToolFailed` for what is no date or no length of time, and `ArgumentsInvalid` for both questions at once."""
        today = context.now.date()
        until, offset = arguments.get("until"), arguments.get("offset")
        if until is not None and offset is not None:
            raise ArgumentsInvalid("Give either until or offset, not both.", "until 和 offset 只能填一个。")
        try:
            day = read_day(arguments["date"], today)
        except ToolFailed:  # "in three months", "三个月后的今天": so long from today
            if until is not None or offset is not None or not is_period(arguments["date"]):
                raise
            day, offset = today, arguments["date"]
        if until is not None:
            try:
                return _difference(day, read_day(until, today), context)
            except ToolFailed:  # small models take the one for the other
                if not is_period(until):
                    raise
                offset = until
        if offset is not None:
            return _sum(day, offset, context)
        return _info(day, today, context)


_CHINESE_UNITS = {"days": "天", "weeks": "周", "months": "个月", "years": "年"}


def _named(day: date, context: ToolContext) -> str:
    english, chinese = _WEEKDAYS[day.weekday()]
    return context.say(f"{day.isoformat()} ({english})", f"{day.isoformat()}（{chinese}）")


def _later(start: date, amount: int, unit: str) -> date:
    """The last day of the month stands in for one that it does not have: 31 January and a month is 28 February."""
    try:
        if unit in ("days", "weeks"):
            return start + timedelta(days=amount * (7 if unit == "weeks" else 1))
        month = start.month - 1 + amount * (12 if unit == "years" else 1)
        year, month = start.year + month // 12, month % 12 + 1
        return date(year, month, min(start.day, calendar.monthrange(year, month)[1]))
    except (OverflowError, ValueError):
        raise ToolFailed(
            f"{amount} {unit[:-1] if abs(amount) == 1 else unit} from {start} is outside the calendar (years 1 to 9999).",
            f"从 {start} 算起 {amount} {_CHINESE_UNITS[unit]}超出了公历范围（1 到 9999 年）。",
        ) from None


def _sum(start: date, offset: str, context: ToolContext) -> ToolOutput:
    periods = read_period(offset)
    end = start
    for amount, unit in periods:
        end = _later(end, amount, unit)
    english = ", ".join(f"{amount} {unit[:-1] if abs(amount) == 1 else unit}" for amount, unit in periods)
    chinese = "、".join(f"{amount} {_CHINESE_UNITS[unit]}" for amount, unit in periods)
    text = context.say(
        f"{_named(start, context)} and {english}: {_named(end, context)}.",
        f"{_named(start, context)}起 {chinese}：{_named(end, context)}。",
    )
    return ToolOutput(text, {"date": start.isoformat(), "result": end.isoformat(), "weekday": _WEEKDAYS[end.weekday()][0]})


def _difference(start: date, end: date, context: ToolContext) -> ToolOutput:
    days = (end - start).days
    first, last = min(start, end), max(start, end)
    whole = (last.year - first.year) * 12 + last.month - first.month
    while _later(first, whole, "months") > last:
        whole -= 1
    rest = (last - _later(first, whole, "months")).days
    years, left = divmod(whole, 12)
    text = context.say(
        f"From {_named(start, context)} to {_named(end, context)}: {days} {'day' if abs(days) == 1 else 'days'}",
        f"从{_named(start, context)}到{_named(end, context)}：{days} 天",
    )
    if whole:
        parts = [(years, "years", "年"), (left, "months", "个月"), (rest, "days", "天")]
        english = ", ".join(f"{count} {name if count != 1 else name[:-1]}" for count, name, _ in parts if count)
        chinese = "".join(f"{count} {name}" for count, _, name in parts if count)
        text += context.say(f" ({english})", f"（{chinese}）")
    return ToolOutput(
        text + context.say(".", "。"),
        {"start": start.isoformat(), "end": end.isoformat(), "days": days, "years": years, "months": left, "rest_days": rest},
    )


def _info(day: date, today: date, context: ToolContext) -> ToolOutput:
    week = day.isocalendar()
    until = (day - today).days
    lunar, festivals = chinese_date(day, context.language), festivals_on(day, context.language)
    sentences = [
        context.say(
            f"{_named(day, context)} is day {day.timetuple().tm_yday} of the year, in ISO week {week.week} of {week.year}.",
            f"{_named(day, context)}是当年第 {day.timetuple().tm_yday} 天，{week.year} 年第 {week.week} 周。",
        ),
        _distance(until, context),
    ]
    if lunar:
        sentences.append(context.say(f"In the Chinese calendar: {lunar}.", f"农历{lunar}。"))
    if festivals:
        sentences.append(context.say(f"On this day: {', '.join(festivals)}.", f"当天是：{'、'.join(festivals)}。"))
    data = {
        "date": day.isoformat(),
        "weekday": _WEEKDAYS[day.weekday()][0],
        "iso_week": week.week,
        "iso_year": week.year,
        "day_of_year": day.timetuple().tm_yday,
        "days_until": until,
        "lunar": lunar_numbers(day),
        "festivals": festivals,
    }
    return ToolOutput(context.say(" ", "").join(sentences), data)


def _distance(until: int, context: ToolContext) -> str:
    if until == 0:
        return context.say("It is today.", "就是今天。")
    days = abs(until)
    if until > 0:
        return context.say(f"It is in {days} day{'s' * (days != 1)}.", f"还有 {days} 天。")
    return context.say(f"It was {days} day{'s' * (days != 1)} ago.", f"已经过去 {days} 天。")
