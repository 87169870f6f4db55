"""Forty everyday questions that the built-in model answers through the app's own tools, each with what its answer must hold.

The wording is fixed. What depends on the day is worked out with the standard library, never with the tools that are asked.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

_NUMBER = re.compile(r"[-−]?\d[\d,]*(?:\.\d+)?")
_DIGITS = 3  # significant ones that a rounded number shows at least, where the right one has so many
_PLACES = 16  # more of them than any tool here writes
_TIME = re.compile(  # what a sign stands before is the distance of a zone ("+09:00")
    r"(?<![\d:+−-])(?P<hour>\d{1,2})(?::(?P<minute>\d\d)(?::\d\d)?)?(?![\d:])(?:\s*(?P<half>[ap])\.?\s?m\b)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Question:
    """`tool` is the one that knows; `right` tells whether an answer holds the truth, given the time at which it was asked."""

    text: str
    tool: str
    right: Callable[[str, datetime], bool]


def _number(wanted: float) -> Callable[[str, datetime], bool]:
    """The number stands in the answer, as it is or rounded at the last digit shown, of which there are three at least."""
    exact = Decimal(str(wanted))

    def right(answer: str, _: datetime) -> bool:
        return any(_rounds_to(exact, Decimal(found.replace(",", "").replace("−", "-"))) for found in _NUMBER.findall(answer))

    return right


def _rounds_to(exact: Decimal, shown: Decimal) -> bool:
    if shown == exact:
        return True
    places = -int(shown.as_tuple().exponent)
    if places > _PLACES or len(shown.as_tuple().digits) < min(_DIGITS, len(exact.as_tuple().digits)):
        return False
    return exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) == shown


def _times(answer: str) -> Iterator[tuple[int, int]]:
    """The times of day that an answer may mean, as hour and minute: both halves of the day where "2:05" does not say which."""
    for found in _TIME.finditer(answer):
        hour, minute, half = int(found["hour"]), int(found["minute"] or 0), (found["half"] or "").lower()
        if hour > 23 or minute > 59 or not (found["minute"] or half):
            continue
        if half:
            if 1 <= hour <= 12:
                yield hour % 12 + (12 if half == "p" else 0), minute
            elif (half == "p") == (hour >= 12):
                yield hour, minute
        else:
            yield hour, minute
            if 1 <= hour <= 12 and not found["hour"].startswith("0"):
                yield (hour + 12) % 24, minute


def _clock(zone: str) -> Callable[[str, datetime], bool]:
    """The time there, or that of one minute before or after, as 24 or 12 hours."""

    def right(answer: str, now: datetime) -> bool:
        times = [now.astimezone(ZoneInfo(zone)) + timedelta(minutes=shift) for shift in (-1, 0, 1)]
        return not {(time.hour, time.minute) for time in times}.isdisjoint(_times(answer))

    return right


def _converted(hour: int, zone: str, other: str) -> Callable[[str, datetime], bool]:
    """The time in the other zone when it is so many hours in the first."""

    def right(answer: str, now: datetime) -> bool:
        there = now.astimezone(ZoneInfo(zone)).replace(hour=hour, minute=0).astimezone(ZoneInfo(other))
        return (there.hour, there.minute) in _times(answer)

    return right


def _days_until(month: int, day: int) -> Callable[[str, datetime], bool]:
    def right(answer: str, now: datetime) -> bool:
        today = now.date()
        next_one = date(today.year, month, day)
        if next_one < today:
            next_one = date(today.year + 1, month, day)
        return _number((next_one - today).days)(answer, now)

    return right


def _said(*words: str) -> Callable[[str, datetime], bool]:
    return lambda answer, _: all(word.casefold() in answer.casefold() for word in words)


def _in_days(days: int) -> Callable[[str, datetime], bool]:
    return lambda answer, now: _holds_day(answer, now.date() + timedelta(days=days))


def _on(day: date) -> Callable[[str, datetime], bool]:
    return lambda answer, _: _holds_day(answer, day)


def _holds_day(answer: str, day: date) -> bool:
    """The day stands in the answer, as "2027-05-05", "5 May" or "May 5"; the year, where one stands with it, is the right one."""
    number = rf"{day.day}(?:st|nd|rd|th)?"
    words = rf"(?:(?<!\d){number}(?: of)? {day:%B}\b|\b{day:%B} (?:the )?{number}(?!\d))(?!,? (?!{day.year}\b)\d{{4}}\b)"
    return bool(re.search(rf"(?<!\d){day.isoformat()}(?!\d)|{words}", answer, re.IGNORECASE))


QUESTIONS = (
    Question("What is 17.5% of 2,340?", "calculator", _number(409.5)),
    Question("What is 48 times 73?", "calculator", _number(3504)),
    Question("How much is 1,299 plus 8% tax?", "calculator", _number(1402.92)),
    Question("Divide 5,775 by 21.", "calculator", _number(275)),
    Question("What's the square root of 3,136?", "calculator", _number(56)),
    Question("What is (128 - 29) * 14?", "calculator", _number(1386)),
    Question("What's 2 to the power of 16?", "calculator", _number(65536)),
    Question("How much is a 15% tip on 86.40?", "calculator", _number(12.96)),
    Question("I bought 3 shirts at $24.95 each. What did I pay?", "calculator", _number(74.85)),
    Question("Can you add 1,874 and 9,966 for me?", "calculator", _number(11840)),
    Question("What is 7 factorial?", "calculator", _number(5040)),
    Question("What is 1/8 + 3/16 as a decimal?", "calculator", _number(0.3125)),
    Question("What time is it in Tokyo?", "clock", _clock("Asia/Tokyo")),
    Question("Do you know the current time in New York?", "clock", _clock("America/New_York")),
    Question("What's the time in London right now?", "clock", _clock("Europe/London")),
    Question("I need to phone someone in Sydney. What time is it there?", "clock", _clock("Australia/Sydney")),
    Question("Berlin, time now?", "clock", _clock("Europe/Berlin")),
    Question("Tell me what time it is in Sao Paulo.", "clock", _clock("America/Sao_Paulo")),
    Question("When it is 9:00 in Paris, what time is it in Tokyo?", "clock", _converted(9, "Europe/Paris", "Asia/Tokyo")),
    Question("What is the local time in Cairo?", "clock", _clock("Africa/Cairo")),
    Question("How many days until New Year?", "dates", _days_until(1, 1)),
    Question("How many days are there until Christmas?", "dates", _days_until(12, 25)),
    Question("How many days are between 2026-03-01 and 2026-07-15?", "dates", _number(136)),
    Question("What day of the week is 4 July 2027?", "dates", _said("Sunday")),
    Question("Which weekday was 20 July 1969?", "dates", _said("Sunday")),
    Question("What date is it 45 days from today?", "dates", _in_days(45)),
    Question("What is the date 3 weeks from now?", "dates", _in_days(21)),
    Question("How many days from January 10, 2027 to March 2, 2027?", "dates", _number(51)),
    Question("What date is 90 days after 2026-05-20?", "dates", _on(date(2026, 8, 18))),
    Question("How many days until Valentine's Day?", "dates", _days_until(2, 14)),
    Question("5 miles in km?", "convert_units", _number(8.04672)),
    Question("How many pounds are 12 kilograms?", "convert_units", _number(12 / 0.45359237)),
    Question("Convert 98.6 degrees Fahrenheit to Celsius.", "convert_units", _number(37)),
    Question("What is 6 feet in centimeters?", "convert_units", _number(182.88)),
    Question("How many liters are in 3 gallons?", "convert_units", _number(11.356235352)),
    Question("120 km/h in mph?", "convert_units", _number(120 / 1.609344)),
    Question("Please convert 2.5 hours to minutes.", "convert_units", _number(150)),
    Question("How many meters are 250 yards?", "convert_units", _number(228.6)),
    Question("How much is 20 ounces in grams?", "convert_units", _number(566.9904625)),
    Question("What's 30 °C in °F?", "convert_units", _number(86)),
)
