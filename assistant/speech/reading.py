"""Writes numbers, dates, units and formulas as they are read aloud, in Chinese and in English.

Chinese digits become characters, since a voice cannot know that a year and a telephone number are read digit by digit; English
ones stay digits where every voice reads them well. Formulas are read plainly, not as a mathematician would.
"""

import re
from collections.abc import Callable

_DIGITS = "零一二三四五六七八九"
_CALL = re.compile(
    r"((?:拨打|致电|热线|电话|报警|急救|请拨|拨)[^\d。，；！？\n]{0,6})(\d[\d-]{2,15})((?:\s*[、/或和]\s*\d{3,11})*)"
)
_CALL_EN = re.compile(
    r"(?i)\b((?:call|calling|dial|phone|text|hotline|(?:help|life) ?line)\b[^\d.!?\n]{0,12}?)(\d[\d -]{1,14}\d)"
)
_LINE = re.compile(r"(?<![\d.])\d{3,6}(?=\s?[\u4e00-\u9fff]{0,8}(?:热线|生命线|专线|电话))")  # the number comes first
_COUNTED = "个只本条张位次天周件种句杯块遍口双封名家所座步小"

_UNITS: dict[str, tuple[str, str, str]] = {  # symbol -> Chinese, English for one, English for many
    "km/h": ("公里每小时", "kilometre per hour", "kilometres per hour"),
    "m/s": ("米每秒", "metre per second", "metres per second"),
    "km": ("公里", "kilometre", "kilometres"),
    "cm": ("厘米", "centimetre", "centimetres"),
    "mm": ("毫米", "millimetre", "millimetres"),
    "m²": ("平方米", "square metre", "square metres"),
    "m": ("米", "metre", "metres"),
    "kg": ("公斤", "kilogram", "kilograms"),
    "mg": ("毫克", "milligram", "milligrams"),
    "g": ("克", "gram", "grams"),
    "ml": ("毫升", "millilitre", "millilitres"),
    "mL": ("毫升", "millilitre", "millilitres"),
    "L": ("升", "litre", "litres"),
    "ms": ("毫秒", "millisecond", "milliseconds"),
    "s": ("秒", "second", "seconds"),
    "min": ("分钟", "minute", "minutes"),
    "h": ("小时", "hour", "hours"),
    "kWh": ("千瓦时", "kilowatt hour", "kilowatt hours"),
    "kW": ("千瓦", "kilowatt", "kilowatts"),
    "W": ("瓦", "watt", "watts"),
    "Hz": ("赫兹", "hertz", "hertz"),
    "kHz": ("千赫兹", "kilohertz", "kilohertz"),
    "GHz": ("吉赫兹", "gigahertz", "gigahertz"),
    "KB": ("千字节", "kilobyte", "kilobytes"),
    "MB": ("兆字节", "megabyte", "megabytes"),
    "GB": ("吉字节", "gigabyte", "gigabytes"),
    "TB": ("太字节", "terabyte", "terabytes"),
    "℃": ("摄氏度", "degree Celsius", "degrees Celsius"),
    "°C": ("摄氏度", "degree Celsius", "degrees Celsius"),
    "℉": ("华氏度", "degree Fahrenheit", "degrees Fahrenheit"),
    "°F": ("华氏度", "degree Fahrenheit", "degrees Fahrenheit"),
    "°": ("度", "degree", "degrees"),
}
_UNIT = "|".join(re.escape(symbol) for symbol in sorted(_UNITS, key=len, reverse=True))
_MONEY = {"¥": ("元", "yuan"), "￥": ("元", "yuan"), "$": ("美元", "dollars"), "€": ("欧元", "euros"), "£": ("英镑", "pounds")}
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_SIGNS = {
    "±": ("正负", "plus or minus"), "×": ("乘以", "times"), "÷": ("除以", "divided by"), "≤": ("小于等于", "at most"),
    "≥": ("大于等于", "at least"), "≠": ("不等于", "is not"), "≈": ("约等于", "about"), "→": ("到", "to"), "⇒": ("推出", "gives"),
    "∞": ("无穷", "infinity"), "√": ("根号", "root"), "∑": ("求和", "sum"), "π": ("派", "pi"), "²": ("的平方", "squared"),
    "³": ("的立方", "cubed"), "‰": ("千分比", "per mille"), "&": ("和", "and"),
}  # fmt: skip
_TEX_WORDS = {
    "times": "×", "cdot": "×", "div": "÷", "pm": "±", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠",
    "approx": "≈", "infty": "∞", "to": "→", "rightarrow": "→", "sum": "∑", "pi": "π", "quad": " ", "ldots": "", "dots": "",
    "left": "", "right": "", "text": "", "mathrm": "", "mathbf": "", "displaystyle": "",
}  # fmt: skip


def formula(tex: str, language: str) -> str:
    """A LaTeX formula in words."""
    chinese = language == "zh"
    over = r" \2分之\1 " if chinese else r" \1 over \2 "
    root = r" 根号\1 " if chinese else r" the root of \1 "
    for _ in range(3):  # fractions within fractions
        tex = re.sub(r"\\[dt]?frac\s*{([^{}]*)}\s*{([^{}]*)}", over, tex)
        tex = re.sub(r"\\sqrt\s*{([^{}]*)}", root, tex)
    tex = re.sub(r"\^\s*{?2}?(?!\d)", "²", tex)
    tex = re.sub(r"\^\s*{?3}?(?!\d)", "³", tex)
    tex = re.sub(r"\^\s*(?:{([^{}]*)}|(\w))", lambda m: f"的{m[1] or m[2]}次方" if chinese else f" to the {m[1] or m[2]} ", tex)
    tex = re.sub(r"_\s*(?:{([^{}]*)}|(\w))", lambda m: f" {m[1] or m[2]} ", tex)
    tex = re.sub(r"\\([A-Za-z]+)", lambda m: f" {_TEX_WORDS.get(m[1], m[1])} ", tex)
    tex = re.sub(r"\s*=\s*", "等于" if chinese else " equals ", tex)
    tex = re.sub(r"\s*\+\s*", "加" if chinese else " plus ", tex)
    tex = re.sub(r"(?<=[\w)}²³])\s*-\s*", "减" if chinese else " minus ", tex)
    return f" {re.sub(r'[{}$^_]|[ ]?[~!,;:]|[|]', ' ', tex.replace(chr(92), ' '))} "


def read_numbers(text: str, language: str) -> str:
    """`text` with its numbers, dates, units and signs as they are said."""
    text = _in_chinese(text) if language == "zh" else _in_english(text)
    for sign, words in _SIGNS.items():
        text = text.replace(sign, words[0] if language == "zh" else f" {words[1]} ")
    return text


def chinese_number(digits: str) -> str:
    """A number written with digits, with an optional point, as it is read: "1005.2" -> 一千零五点二."""
    whole, _, decimals = digits.partition(".")
    whole = whole.lstrip("0") or "0"
    if len(whole) > 16:
        return one_by_one(digits)
    spoken = _large(int(whole))
    return f"{spoken}点{one_by_one(decimals)}" if decimals else spoken


def one_by_one(digits: str) -> str:
    """Digit by digit, as years and telephone numbers are read; what is no digit is left out."""
    return "".join(_DIGITS[int(digit)] for digit in digits if digit.isdecimal() and digit.isascii())


def _large(number: int) -> str:
    if number == 0:
        return "零"
    groups, spoken = [], ""
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    for place in range(len(groups) - 1, -1, -1):
        group = groups[place]
        if not group:
            continue
        if spoken and (group < 1000 or groups[place + 1] == 0):
            spoken += "零"
        spoken += _below_ten_thousand(group) + ("", "万", "亿", "万亿")[place]
    return spoken.removeprefix("一") if spoken.startswith("一十") else spoken


def _below_ten_thousand(number: int) -> str:
    spoken, gap = "", False
    for place, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, place)
        if digit:
            spoken += ("零" if gap else "") + _DIGITS[digit] + name
            gap = False
        else:
            gap = bool(spoken)
    return spoken


def _in_chinese(text: str) -> str:
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    text = _CALL.sub(lambda m: m[1] + one_by_one(m[2]) + re.sub(r"\d+", lambda n: one_by_one(n[0]), m[3]), text)
    text = _LINE.sub(lambda m: one_by_one(m[0]), text)
    rules: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
        (r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", lambda m: f"{one_by_one(m[1])}年{_n(m[2])}月{_n(m[3])}日"),
        (r"(?<!\d)(\d{4})(?=\s*年)", lambda m: one_by_one(m[1])),
        (r"(?<![\d:])(\d{1,2}):([0-5]\d)(?::([0-5]\d))?(?![\d:])", _chinese_time),
        (r"([¥￥$€£])\s?(\d+(?:\.\d+)?)([万亿]?)", lambda m: f"{_n(m[2])}{m[3]}{_MONEY[m[1]][0]}"),
        (r"(\d+(?:\.\d+)?)\s*%?\s*[-~～—–]+\s*(\d+(?:\.\d+)?)\s*%", lambda m: f"百分之{_n(m[1])}到百分之{_n(m[2])}"),
        (r"(?<![\w.])[-−](?=\d)", lambda m: "负"),
        (r"(\d+(?:\.\d+)?)\s*[%％]", lambda m: f"百分之{_n(m[1])}"),
        (r"(?<=\d)\s?[-~～—–]\s?(?=\d+(?:\.\d+)?(?![\d-]))", lambda m: "到"),
        (r"(?<![\d/])(\d{1,3})/(\d{1,3})(?![\d/])", lambda m: f"{_n(m[2])}分之{_n(m[1])}"),
        (r"(?<=\d)\s*[*xX]\s*(?=\d)", lambda m: "乘以"),
        (r"(?<=[\d)）])\s*=\s*", lambda m: "等于"),
        (r"(?<=\d)\s*\+\s*(?=\d)", lambda m: "加"),
        (rf"(?<![A-Za-z])(\d+(?:\.\d+)?)\s?({_UNIT})(?![A-Za-z])", lambda m: f"{_n(m[1])}{_UNITS[m[2]][0]}"),
        (r"(?<![A-Za-z\d.])(\d+(?:\.\d+){2,})", lambda m: "点".join(_n(part) for part in m[1].split("."))),
        (rf"(?<![A-Za-z\d.])2(?=\s?[{_COUNTED}])", lambda m: "两"),
        (r"(?<![A-Za-z\d.])(\d{7,})(?![\d.])", lambda m: one_by_one(m[1])),
        (r"(?<![A-Za-z\d.-])(\d+(?:\.\d+)?)(?![A-Za-z\d])", lambda m: _n(m[1])),
    )
    for pattern, words in rules:
        text = re.sub(pattern, words, text)
    return text


def _in_english(text: str) -> str:
    text = _CALL_EN.sub(lambda m: m[1] + " ".join(re.sub(r"\D", "", m[2])) if len(re.sub(r"\D", "", m[2])) >= 3 else m[0], text)
    rules: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
        (r"(?<=\d),(?=\d{3}(?!\d))", lambda m: ""),
        (r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)", _english_date),
        (r"(?<!\d)(\d{4})年(\d{1,2})月(\d{1,2})日", _english_date),
        (r"(?<![\d:])(\d{1,2}):00(?![\d:])", lambda m: f"{m[1]} o'clock" if int(m[1]) <= 12 else f"{m[1]} hours"),
        (r"(?<![\d:])(\d{1,2}):0?([1-9]\d?)(?![\d:])", lambda m: f"{m[1]} {'oh ' if m[0][-2] == '0' else ''}{m[2]}"),
        (r"([¥￥$€£])\s?(\d+(?:\.\d+)?)(\s(?:million|billion|thousand)\b)?", lambda m: f"{m[2]}{m[3] or ''} {_money(m)}"),
        (r"(?<=\d)\s?[~–—-]\s?(?=\d+(?:\.\d+)?(?![\d-]))", lambda m: " to "),
        (r"(?<![\w.])[-−](?=\d)", lambda m: "minus "),
        (r"(?<=\d)\s*[%％]", lambda m: " percent"),
        (r"(?<![\d/])(\d{1,3})/(\d{1,3})(?![\d/])", lambda m: f"{m[1]} over {m[2]}"),
        (r"(?<=\d)\s*\*\s*(?=\d)", lambda m: " times "),
        (r"(?<=[\d)])\s*=\s*", lambda m: " equals "),
        (r"(?<=\d)\s*\+\s*(?=\d)", lambda m: " plus "),
        (rf"(?<![A-Za-z])(\d+(?:\.\d+)?)\s?({_UNIT})(?![A-Za-z])", lambda m: f"{m[1]} {_UNITS[m[2]][1 if m[1] == '1' else 2]}"),
        (r"(?<![\d.])\d+(?:\.\d+){2,}(?![\d.])", lambda m: m[0].replace(".", " point ")),
    )
    for pattern, words in rules:
        text = re.sub(pattern, words, text)
    return text


def _n(digits: str) -> str:
    return chinese_number(digits)


def _chinese_time(found: re.Match[str]) -> str:
    minute = int(found[2])
    minutes = "" if not minute else ("零" if minute < 10 else "") + _n(str(minute)) + "分"
    return f"{'两' if found[1].lstrip('0') == '2' else _n(found[1])}点{minutes or '整'}" + (
        f"{_n(found[3])}秒" if found[3] else ""
    )


def _english_date(found: re.Match[str]) -> str:
    month = int(found[2])
    return f"{_MONTHS[month - 1]} {int(found[3])}, {found[1]}" if 1 <= month <= 12 else found[0]


def _money(found: re.Match[str]) -> str:
    words = _MONEY[found[1]][1]
    return words.removesuffix("s") if found[2] == "1" and not found[3] else words
