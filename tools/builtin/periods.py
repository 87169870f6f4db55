"""Lengths of time as people and models write them: "45 days", "-3 weeks", "a year and two months ago", "三个月后".

Only whole days and longer; hours are the clock's, and business days nobody here can count.
"""

import re

from common.errors import ToolFailed

Period = tuple[int, str]
"""How many, negative for back, and of what: "days", "weeks", "months" or "years"."""

_WORDS = (
    ("zero", "零"), ("one", "一"), ("two", "二"), ("three", "三"), ("four", "四"), ("five", "五"), ("six", "六"), ("seven", "七"),
    ("eight", "八"), ("nine", "九"), ("ten", "十"), ("eleven", "十一"), ("twelve", "十二"),
)  # fmt: skip
_NUMBERS = {word: number for number, words in enumerate(_WORDS) for word in words} | {"a": 1, "an": 1, "两": 2}
_UNITS = {
    "day": "days", "week": "weeks", "fortnight": "weeks", "month": "months", "year": "years",
    "天": "days", "日": "days", "周": "weeks", "星期": "weeks", "礼拜": "weeks", "月": "months", "年": "years",
}  # fmt: skip
_PART = re.compile(
    rf"([+-]?)\s*(\d[\d,]*|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})?\s*个?\s*"
    rf"({'|'.join(_UNITS)})s?(?![a-z])",
)
_BACK = re.compile(r"\b(?:ago|earlier|before|back|minus)\b|以?前|之前")
_AROUND = re.compile(
    r"\b(?:in|and|plus|minus|from|now|today|later|after|hence|the|ago|earlier|before|back)\b|以?[前后]|之[前后]|今天|再过|过|又|零|,|，|\."
)


def read_period(text: str) -> tuple[Period, ...]:
    """The parts of a length of time, in their order; raises `ToolFailed` for what is none."""
    lowered = text.strip().lower().replace("−", "-")
    if re.fullmatch(r"[+-]?\d+", lowered):
        lowered += " days"
    found = list(_PART.finditer(lowered))
    rest = _AROUND.sub("", _PART.sub("", lowered)).strip()
    if not found or rest:
        raise ToolFailed(
            f"{text[:60]!r} is no length of time. Write it like 45 days, 2 months or -3 weeks.",
            f"{text[:60]!r} 不是一段时间。请写成 45 天、2 个月或 -3 周这样的形式。",
        )
    back = bool(_BACK.search(lowered)) or (found[0][1] == "-" and not any(part[1] for part in found[1:]))
    return tuple(_signed(part, back) for part in found)


def is_period(text: str) -> bool:
    """Whether a text is a length of time with its unit."""
    try:
        return not text.strip().isdecimal() and bool(read_period(text))
    except ToolFailed:
        return False


def _signed(part: re.Match[str], back: bool) -> Period:
    sign, written, unit = part.groups()
    number = 1 if written is None else _NUMBERS[written] if written in _NUMBERS else int(written.replace(",", "")[:9])
    amount = number * (2 if unit == "fortnight" else 1)
    return -amount if back or sign == "-" else amount, _UNITS[unit]
