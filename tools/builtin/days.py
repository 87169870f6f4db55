"""Days by the names people give them: ISO dates, today and tomorrow, festivals, and the Chinese calendar.

`read_day` turns what a person or a model wrote into a date; the Chinese calendar itself is lunar-python's. Nothing here answers
questions, which is what `dates.py` is for.
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import NoReturn

from lunar_python import Lunar, LunarMonth, LunarYear, Solar

from common.errors import ToolFailed

FIRST_YEAR, LAST_YEAR = 1900, 2100
"""The years for which the Chinese calendar is given."""

_LUNAR = {
    "春节": (1, 1), "元宵节": (1, 15), "龙抬头": (2, 2), "端午节": (5, 5), "七夕节": (7, 7), "中元节": (7, 15),
    "中秋节": (8, 15), "重阳节": (9, 9), "腊八节": (12, 8), "小年": (12, 23),
}  # fmt: skip
_SOLAR = {
    "元旦": (1, 1), "情人节": (2, 14), "妇女节": (3, 8), "植树节": (3, 12), "愚人节": (4, 1), "劳动节": (5, 1),
    "青年节": (5, 4), "儿童节": (6, 1), "教师节": (9, 10), "国庆节": (10, 1), "万圣节": (10, 31), "平安夜": (12, 24),
    "圣诞节": (12, 25), "跨年夜": (12, 31),
}  # fmt: skip
_TERMS = [
    "小寒",
    "大寒",
    "立春",
    "雨水",
    "惊蛰",
    "春分",
    "清明",
    "谷雨",
    "立夏",
    "小满",
    "芒种",
    "夏至",
    "小暑",
    "大暑",
    "立秋",
    "处暑",
    "白露",
    "秋分",
    "寒露",
    "霜降",
    "立冬",
    "小雪",
    "大雪",
    "冬至",
]
_NTH = {"母亲节": (5, 6, 2), "父亲节": (6, 6, 3), "感恩节": (11, 3, 4)}  # month, weekday (Monday 0), which of the month
_ALSO = {
    "chinese new year": "春节", "lunar new year": "春节", "spring festival": "春节", "过年": "春节", "大年初一": "春节",
    "新年": "元旦", "chinese new year's eve": "除夕", "大年三十": "除夕", "年三十": "除夕", "除夕夜": "除夕",
    "lantern festival": "元宵节", "dragon boat festival": "端午节", "qixi": "七夕节", "qixi festival": "七夕节",
    "ghost festival": "中元节", "mid-autumn festival": "中秋节", "mid autumn festival": "中秋节", "moon festival": "中秋节",
    "mid-autumn": "中秋节", "double ninth festival": "重阳节", "laba festival": "腊八节", "qingming": "清明",
    "qingming festival": "清明", "tomb-sweeping day": "清明", "清明节": "清明", "冬至节": "冬至", "winter solstice": "冬至",
    "summer solstice": "夏至", "new year": "元旦", "new year's day": "元旦", "valentine's day": "情人节",
    "labour day": "劳动节", "labor day": "劳动节", "may day": "劳动节", "五一": "劳动节", "national day": "国庆节",
    "十一": "国庆节", "halloween": "万圣节", "christmas eve": "平安夜", "christmas": "圣诞节", "christmas day": "圣诞节",
    "new year's eve": "跨年夜", "mother's day": "母亲节", "father's day": "父亲节", "thanksgiving": "感恩节",
    "teachers' day": "教师节", "children's day": "儿童节", "women's day": "妇女节",
}  # fmt: skip
_ENGLISH = {name: also.title().replace("'S", "'s") for also, name in reversed(_ALSO.items()) if also.isascii()}
_RELATIVE = {
    "today": 0, "now": 0, "今天": 0, "今日": 0, "tomorrow": 1, "明天": 1, "后天": 2, "大后天": 3, "yesterday": -1, "昨天": -1,
    "前天": -2, "day after tomorrow": 2, "the day after tomorrow": 2, "day before yesterday": -2,
}  # fmt: skip
_YEAR_WORDS = {"今年": 0, "this year": 0, "明年": 1, "next year": 1, "去年": -1, "last year": -1, "后年": 2}
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_CHINESE_MONTHS = {"正月": 1, "冬月": 11, "腊月": 12} | {
    f"{name}月": number for number, name in enumerate("一二三四五六七八九十", 1)
} | {"十一月": 11, "十二月": 12}  # fmt: skip


def read_day(text: str, today: date) -> date:
    """The day that `text` names; a festival without a year is the next one, `today` included.

    Raises `ToolFailed` for what names no day.
    """
    wanted = re.sub(r"\s+", " ", text.strip().lower().replace("’", "'"))
    if wanted in _RELATIVE:
        return today + timedelta(days=_RELATIVE[wanted])
    day = _read_lunar(wanted, today) or _read_iso(wanted, today) or _read_english(wanted, today) or _read_festival(wanted, today)
    return day or _unknown(text)


def festivals_on(day: date, language: str) -> list[str]:
    """The festivals and solar terms that fall on a day, by their names in a language ("zh", or English where they have one)."""
    terms = _TERMS[day.month * 2 - 2 : day.month * 2]  # two in a month, in the order of the year
    names = [name for name in [*_LUNAR, "除夕", *_SOLAR, *terms, *_NTH] if _in_year(name, day.year) == day]
    return names if language.startswith("zh") else [_ENGLISH.get(name, name) for name in names]


def chinese_date(day: date) -> str:
    """The day in the Chinese calendar, such as 丙午年（马）正月初一; "" outside the years it is given for."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        return ""
    lunar = Solar.fromYmd(day.year, day.month, day.day).getLunar()
    return f"{lunar.getYearInGanZhi()}年（{lunar.getYearShengXiao()}）{lunar.getMonthInChinese()}月{lunar.getDayInChinese()}"


def lunar_numbers(day: date) -> tuple[int, int, int] | None:
    """Year, month (negative when it is a leap month) and day in the Chinese calendar."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        return None
    lunar = Solar.fromYmd(day.year, day.month, day.day).getLunar()
    return lunar.getYear(), lunar.getMonth(), lunar.getDay()


def _unknown(text: str) -> NoReturn:
    raise ToolFailed(
        f"{text[:60]!r} is not a date I can read. Write 2026-08-15, today, a festival such as 'Mid-Autumn Festival 2026', "
        "or a date of the Chinese calendar such as 'lunar 2026-08-15'.",
        f"看不懂日期 {text[:60]!r}。请写成 2026-08-15、今天、“中秋节 2026”，或农历日期“农历 2026-08-15”。",
    )


def _made(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise ToolFailed(f"{year}-{month:02}-{day:02} does not exist.", f"不存在 {year}-{month:02}-{day:02} 这一天。") from None


def _read_iso(text: str, today: date) -> date | None:
    """2026-8-15, 2026/8/15, 2026.8.15, 20260815, 2026年8月15日 and 8月15日, with any time of day left off."""
    if found := re.fullmatch(r"(\d{4})(?:[-/.年]\s?)(\d{1,2})(?:[-/.月]\s?)(\d{1,2})[日号]?(?:[t ].*)?", text):
        return _made(*map(int, found.groups()))
    if found := re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text):
        return _made(*map(int, found.groups()))
    if found := re.fullmatch(r"(\d{1,2})月(\d{1,2})[日号]?", text):
        return _made(today.year, int(found[1]), int(found[2]))
    return None


def _read_english(text: str, today: date) -> date | None:
    """August 15, 2026; 15 Aug 2026; Aug 15."""
    found = re.fullmatch(r"([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?(?:,? (\d{4}))?", text)
    if found is None and (other := re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)? ([a-z]{3,9})\.?(?:,? (\d{4}))?", text)):
        month, day, year = other[2], other[1], other[3]
    elif found:
        month, day, year = found.groups()
    else:
        return None
    number = next((index for index, name in enumerate(_MONTHS, 1) if name.startswith(month)), 0)
    return _made(int(year or today.year), number, int(day)) if number else None


def _read_lunar(text: str, today: date) -> date | None:
    """农历 2026-08-15, lunar 2026-08-15, 农历2026年八月十五, 农历闰六月初一, 八月十五."""
    found = re.fullmatch(
        r"(农历|阴历|lunar|chinese calendar)? ?(?:(\d{4})[-/.年 ]?)?(闰|leap )?"
        r"(\d{1,2}(?=[-/.月])|正月|冬月|腊月|[一二三四五六七八九十]{1,2}月)"
        r"[-/.月]?(\d{1,2}|[初十廿二三][一二三四五六七八九十]{1,2})[日号]?",
        text,
    )
    if found is None or not (found[1] or not found[4][0].isdigit()):
        return None
    month = int(found[4]) if found[4].isdigit() else _CHINESE_MONTHS.get(found[4], 0)
    day = int(found[5]) if found[5].isdigit() else _chinese_day(found[5])
    if found[2]:
        return _from_lunar(int(found[2]), -month if found[3] else month, day)
    this_year = _from_lunar(today.year, -month if found[3] else month, day)
    return this_year if this_year >= today else _from_lunar(today.year + 1, -month if found[3] else month, day)


def _chinese_day(text: str) -> int:
    """初一 is 1, 十五 is 15, 廿三 and 二十三 are 23; 0 for what is no day."""
    digits = {character: value for value, character in enumerate("一二三四五六七八九十", 1)}
    if text[0] == "初":
        return digits.get(text[1:], 0)
    if text[0] == "廿":
        return 20 + digits.get(text[1:], 0)
    if text[0] == "十":
        return 10 + digits.get(text[1:], 0)
    return digits[text[0]] * 10 + (digits.get(text[2:], 0) if len(text) == 3 else 0)


def _from_lunar(year: int, month: int, day: int) -> date:
    _check_year(year)
    shown = f"{'闰' if month < 0 else ''}{abs(month)}月{day}日"
    known = LunarMonth.fromYm(year, month) if 1 <= abs(month) <= 12 else None
    if known is None or not 1 <= day <= known.getDayCount():
        leap = LunarYear.fromYear(year).getLeapMonth()
        raise ToolFailed(
            f"The Chinese year {year} has no {'leap ' if month < 0 else ''}month {abs(month)} with a day {day}"
            + (f"; its leap month is {leap}." if leap else "; it has no leap month."),
            f"农历 {year} 年没有{shown}" + (f"，这一年闰{leap}月。" if leap else "，这一年没有闰月。"),
        )
    return _date(Lunar.fromYmd(year, month, day).getSolar())


def _date(solar: Solar) -> date:
    return date(solar.getYear(), solar.getMonth(), solar.getDay())


def _check_year(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ToolFailed(
            f"The Chinese calendar is given for {FIRST_YEAR} to {LAST_YEAR}, not for {year}.",
            f"农历只支持 {FIRST_YEAR} 到 {LAST_YEAR} 年，不支持 {year} 年。",
        )


def _read_festival(text: str, today: date) -> date | None:
    year, name = _year_in(text, today)
    name = _ALSO.get(name, name)
    known = {*_LUNAR, "除夕", *_SOLAR, *_TERMS, *_NTH}
    name = next((option for option in (name, name + "节", name.removesuffix("节")) if option in known), "")
    if not name:
        return None
    if year is not None:
        return _in_year(name, year) or _absent(name, year)
    years = (today.year, today.year + 1, today.year + 2)
    return next(day for each in years if (day := _in_year(name, each)) and day >= today)


def _absent(name: str, year: int) -> NoReturn:
    _check_year(year)
    raise ToolFailed(
        f"{name} does not fall in {year}. Ask for the year before or after.", f"{year} 年里没有{name}，请查前一年或后一年。"
    )


def _year_in(text: str, today: date) -> tuple[int | None, str]:
    """The year that stands beside a name, and the name alone."""
    for word, offset in _YEAR_WORDS.items():
        if word in text:
            return today.year + offset, _alone(text.replace(word, ""))
    if found := re.search(r"(\d{4})年?", text):
        return int(found[1]), _alone(text.replace(found[0], ""))
    return None, _alone(text)


def _alone(text: str) -> str:
    return re.sub(r"^(?:the |的)+|(?: in| of|,|，)+$", "", text.strip()).strip(" ,，的")


def _in_year(name: str, year: int) -> date | None:
    """The day of a festival in a year of the common calendar, the first where it falls twice; None when it does not."""
    if name in _SOLAR:
        return date(year, *_SOLAR[name])
    if name in _NTH:
        month, weekday, which = _NTH[name]
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (which - 1))
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    if name in _TERMS:
        table: Mapping[str, Solar] = Lunar.fromYmd(year, 6, 1).getJieQiTable()
        return _date(table[name if name != "冬至" else "DONG_ZHI"])
    days = (_of_lunar_year(name, lunar_year) for lunar_year in (year - 1, year))
    return next((day for day in days if day.year == year), None)


def _of_lunar_year(name: str, year: int) -> date:
    if name == "除夕":
        return _date(Lunar.fromYmd(year + 1, 1, 1).getSolar()) - timedelta(days=1)
    return _date(Lunar.fromYmd(year, *_LUNAR[name]).getSolar())
