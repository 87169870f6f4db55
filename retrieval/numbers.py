"""The numbers in a text, however they are written: 1,200 and 1200, twelve and 12, 十二 and 12.

Good for one decision: does a text hold the numbers that another one names. Units, dates and signs are not understood.
"""

import re
import unicodedata

_DIGITS = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_HAN = re.compile(r"[零〇一二两三四五六七八九十百千万亿]+")
_WORD = re.compile(r"[a-z]+")
_UNDER_TWENTY = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS = dict(zip(_UNDER_TWENTY.split(), range(20), strict=True)) | dict(zip(_TENS.split(), range(20, 100, 10), strict=True))
_HAN_DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2} | {digit: place for place, digit in enumerate("三四五六七八九", 3)}
_HAN_UNITS = {"十": 10, "百": 100, "千": 1000}
_HAN_LARGE = {"万": 10**4, "亿": 10**8}


def numerals(text: str) -> frozenset[str]:
    """The numbers that a text writes in digits, without separators and needless zeros: "1,200.50" is "1200.5"."""
    return frozenset(_plain(each) for each in _DIGITS.findall(unicodedata.normalize("NFKC", text)))


def numbers(text: str) -> frozenset[str]:
    """As `numerals`, with the numbers written in words or in Chinese characters."""
    text = unicodedata.normalize("NFKC", text).lower()
    found = {_plain(each) for each in _DIGITS.findall(text)}
    found |= {str(_WORDS[word]) for word in _WORD.findall(text) if word in _WORDS}
    return frozenset(found | {str(_of_han(run)) for run in _HAN.findall(text)})


def number_of(word: str) -> str:
    """An English word for a number in digits; any other word as it is."""
    return str(_WORDS[word]) if word in _WORDS else word


def _plain(digits: str) -> str:
    whole, point, rest = digits.replace(",", "").partition(".")
    rest = rest.rstrip("0")
    return (whole.lstrip("0") or "0") + (point + rest if rest else "")


def _of_han(run: str) -> int:
    if not any(letter in _HAN_UNITS or letter in _HAN_LARGE for letter in run):
        return int("".join(str(_HAN_DIGITS[letter]) for letter in run))  # a year: 二〇二六
    whole = part = digit = 0
    for letter in run:
        if letter in _HAN_DIGITS:
            digit = _HAN_DIGITS[letter]
        elif letter in _HAN_UNITS:
            part, digit = part + (digit or 1) * _HAN_UNITS[letter], 0
        else:
            whole, part, digit = (whole + part + digit or 1) * _HAN_LARGE[letter], 0, 0
    return whole + part + digit
