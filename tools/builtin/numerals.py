"""Numbers in Chinese characters as digits: 三百二十 is 320, 二〇二六 is 2026, and 两 is 2.

It knows whole numbers below 100,000, which is what dates and lengths of time are made of. What is only a character of a word it
cannot tell from a number: it is for whoever reads dates and times, not for running text.
"""

import re

_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_SIZES = {"十": 10, "百": 100, "千": 1000, "万": 10_000}
_NUMERAL = re.compile("[零〇一二两三四五六七八九十百千万]+")


def with_digits(text: str) -> str:
    """The text with digits for every number that it writes in Chinese characters."""
    return _NUMERAL.sub(lambda found: str(_value(found[0])), text)


def _value(written: str) -> int:
    """Of a number with its places named (二十一), or one said digit by digit (二〇二六)."""
    if not _SIZES.keys() & set(written):
        return int("".join(str(_DIGITS[sign]) for sign in written))
    total = part = 0
    digit: int | None = None
    for sign in written:
        if sign in _DIGITS:
            digit = _DIGITS[sign]
        elif sign == "万":
            total, part, digit = total + (part + (digit or 0)) * _SIZES[sign], 0, None
        else:  # 十五 is 15, without a digit before it
            part, digit = part + (1 if digit is None else digit) * _SIZES[sign], None
    return total + part + (digit or 0)
