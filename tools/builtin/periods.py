"""Lengths of time as people and models write them: "45 days", "-3 weeks", "a year and two months ago", "三个月后", "半年".

Only whole days and longer; hours are the clock's, and business days nobody here can count.
"""

import re

from common.errors import ToolFailed
from tools.builtin.numerals import with_digits

Period = tuple[int, str]
"""How many, negative for back, and of what: "days", "weeks", "months" or "years"."""

_WORDS = "zero one two three four five six seven eight nine ten eleven twelve"
_NUMBERS = {word: number for number, word in enumerate(_WORDS.split())} | {"a": 1, "an": 1}
_UNITS = {
    "day": (1, "days"), "week": (1, "weeks"), "fortnight": (2, "weeks"), "month": (1, "months"), "quarter": (3, "months"),
    "year": (1, "years"), "decade": (10, "years"), "天": (1, "days"), "周": (1, "weeks"), "星期": (1, "weeks"),
    "礼拜": (1, "weeks"), "个月": (1, "months"), "季度": (3, "months"), "年": (1, "years"),
}  # fmt: skip
_HALVES = {"半年": "6个月", "年半": "年6个月", "个半月": "个月15天", "半个月": "15天", "half a year": "6 months"}
_PART = re.compile(
    rf"([+-]?)\s*(\d[\d,]*|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})\s*(?:个(?!月))?\s*"
    rf"({'|'.join(_UNITS)})s?(?![a-z])",
)
_BARE = re.compile(r"[+-]?\d+")
_BACK = re.compile(r"\b(?:ago|earlier|before|back)\b|以?前|之前")
_AROUND = re.compile(
    r"\b(?:in|and|from|now|today|later|after|hence|the|ago|earlier|before|back)\b|以?[前后]|之[前后]|从|今天|起|再过|过|又|的|,|，|\."
)
_FIRST_YEAR = 1000  # "2027年" is a year, not a length of time


def read_period(text: str) -> tuple[Period, ...]:
    """The parts of a length of time, in their order; raises `ToolFailed` for what is none."""
    lowered = _plain(text)
    if _BARE.fullmatch(lowered):
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
    """Whether a text that may be a date is a length of time with its unit."""
    try:
        periods = read_period(text)
    except ToolFailed:
        return False
    return not _BARE.fullmatch(_plain(text)) and all(unit != "years" or abs(amount) < _FIRST_YEAR for amount, unit in periods)


def _plain(text: str) -> str:
    """In small letters, with signs for the words that stand for them."""
    lowered = with_digits(text.strip().lower().replace("−", "-"))
    for half, whole in _HALVES.items():
        lowered = lowered.replace(half, whole)
    return re.sub(r"\b(plus|minus)\b", lambda word: "+" if word[1] == "plus" else "-", lowered)


def _signed(part: re.Match[str], back: bool) -> Period:
    sign, written, unit = part.groups()
    number = _NUMBERS[written] if written in _NUMBERS else int(written.replace(",", "").lstrip("0")[:9] or 0)
    size, whole = _UNITS[unit]
    return number * size * (-1 if back or sign == "-" else 1), whole
