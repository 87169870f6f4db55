"""Days by the names people give them: ISO dates, today and tomorrow, festivals, and the Chinese calendar.

`read_day` turns what a person or a model wrote into a date; the Chinese calendar itself is lunar-python's. Nothing here answers
questions, which is what `dates.py` is for.
"""

import calendar
import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import NoReturn

from lunar_python import Lunar, LunarMonth, LunarYear, Solar

from common.errors import ToolFailed
from tools.builtin.numerals import with_digits

FIRST_YEAR, LAST_YEAR = 1900, 2100
"""The years for which the Chinese calendar is given."""

_LUNAR = {
    "春节": (1, 1), "元宵节": (1, 15), "龙抬头": (2, 2), "端午节": (5, 5), "七夕节": (7, 7), "中元节": (7, 15),
    "中秋节": (8, 15), "重阳节": (9, 9), "腊八节": (12, 8), "小年": (12, 23),
}  # fmt: skip
_SOLAR = {
    "元旦": (1, 1), "情人节": (2, 14), "妇女节": (3, 8), "植树节": (3, 12), "愚人节": (4, 1), "劳动节": (5, 1),
    "青年节": (5, 4), "儿童节": (6, 1), "教师节": (9, 10), "国庆节": (10, 1), "万圣节": (10, 31), "平安夜": (12, 24),
    "圣诞节": (12, 25), "跨年夜": (12, 31), "双十一": (11, 11),
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
    "teachers' day": "教师节", "children's day": "儿童节", "women's day": "妇女节", "easter": "复活节", "easter sunday": "复活节",
    "singles' day": "双十一", "光棍节": "双十一", "arbor day": "植树节", "april fools' day": "愚人节", "youth day": "青年节",
    "longtaitou": "龙抬头", "little new year": "小年", "start of spring": "立春", "rain water": "雨水",
    "awakening of insects": "惊蛰", "spring equinox": "春分", "grain rain": "谷雨", "start of summer": "立夏",
    "grain buds": "小满", "grain in ear": "芒种", "minor heat": "小暑", "major heat": "大暑", "start of autumn": "立秋",
    "end of heat": "处暑", "white dew": "白露", "autumn equinox": "秋分", "cold dew": "寒露", "frost's descent": "霜降",
    "start of winter": "立冬", "minor snow": "小雪", "major snow": "大雪", "minor cold": "小寒", "major cold": "大寒",
}  # fmt: skip
_ENGLISH = {
    name: also.title().replace("'S", "'s").replace(" Of ", " of ") for also, name in reversed(_ALSO.items()) if also.isascii()
}
_RELATIVE = {
    "today": 0, "now": 0, "今天": 0, "今日": 0, "tomorrow": 1, "明天": 1, "后天": 2, "大后天": 3, "yesterday": -1, "昨天": -1,
    "前天": -2, "day after tomorrow": 2, "the day after tomorrow": 2, "day before yesterday": -2,
}  # fmt: skip
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_OF_WEEK = re.compile(r"(上上|下下|上|下|本|这)?个?(?:周|星期|礼拜)([一二三四五六日天])")
_OF_WEEK_EN = re.compile(r"(?:(last|next|this|on|coming) )?([a-z]{3,9})\.?")
_OF_MONTH = re.compile(r"(?:(上|下|本|这)个?月的?)?(?:(\d{1,2})[日号]|(月底|月末|底))")
_WEEKS = {"上上": -2, "上": -1, "本": 0, "这": 0, "下": 1, "下下": 2}
_ANIMALS = dict(
    zip(
        "鼠牛虎兔龙蛇马羊猴鸡狗猪",
        ("Rat", "Ox", "Tiger", "Rabbit", "Dragon", "Snake", "Horse", "Goat", "Monkey", "Rooster", "Dog", "Pig"),
        strict=True,
    )
)
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
_COMMON = re.compile("(?:[\\d零〇一二三四五六七八九十]+年)?[一二三四五六七八九十\\d]+月[一二三四五六七八九十\\d]+[日号]")
"""A day of the common calendar in Chinese characters: 十二月二十五日. Without 日, 八月十五 is one of the Chinese calendar."""
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
    if _COMMON.fullmatch(wanted):
        wanted = with_digits(wanted)
    readers = (_read_lunar, _read_iso, _read_english, _read_near, _read_festival)
    return next((day for reader in readers if (day := reader(wanted, today))), None) or _unknown(text)


def festivals_on(day: date, language: str) -> list[str]:
    """The festivals and solar terms that fall on a day, by their names in a language ("zh", or English where they have one)."""
    terms = _TERMS[day.month * 2 - 2 : day.month * 2]  # two in a month, in the order of the year
    names = [name for name in [*_LUNAR, "除夕", "复活节", *_SOLAR, *terms, *_NTH] if _in_year(name, day.year) == day]
    return names if language.startswith("zh") else [_ENGLISH.get(name, name) for name in names]


def chinese_date(day: date, language: str) -> str:
    """The day in the Chinese calendar, such as 丙午年（马）正月初一; "" outside the years it is given for."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        return ""
    lunar = Solar.fromYmd(day.year, day.month, day.day).getLunar()
    year, written = lunar.getYearInGanZhi(), f"{lunar.getMonthInChinese()}月{lunar.getDayInChinese()}"
    if language.startswith("zh"):
        return f"{year}年（{lunar.getYearShengXiao()}）{written}"
    month = f"{'leap ' if lunar.getMonth() < 0 else ''}month {abs(lunar.getMonth())}"
    return f"{month}, day {lunar.getDay()} of the year of the {_ANIMALS[lunar.getYearShengXiao()]} ({year}年{written})"


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
        raise ToolFailed(
            f"{year:04}-{month:02}-{day:02} does not exist. Check the day and the month.",
            f"不存在 {year:04}-{month:02}-{day:02} 这一天，请检查月和日。",
        ) from None


def _read_iso(text: str, today: date) -> date | None:
    """2026-8-15, 2026/8/15, 2026.8.15, 20260815, 2026年8月15日 and 8月15日, with any time of day left off."""
    if found := re.fullmatch(r"(\d{4})(?:[-/.年]\s?)(\d{1,2})(?:[-/.月]\s?)(\d{1,2})[日号]?(?:[t ].*)?", text):
        return _made(*map(int, found.groups()))
    if found := re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text):
        return _made(*map(int, found.groups()))
    if found := re.fullmatch(r"(\d{1,2})月(\d{1,2})[日号]?", text):
        return _made(today.year, int(found[1]), int(found[2]))
    if found := re.fullmatch(r"(\d{1,2})([/.])(\d{1,2})\2(\d{4})", text):
        return _read_slashed(text, int(found[1]), int(found[3]), int(found[4]))
    return None


def _read_slashed(text: str, first: int, second: int, year: int) -> date:
    """25/12/2026 and 12/25/2026: Europe puts the day first and America the month, so only what can be one of them is read."""
    if first <= 12 and second <= 12 and first != second:
        raise ToolFailed(
            f"{text!r} may be {year}-{second:02}-{first:02} or {year}-{first:02}-{second:02}. Write the one that is meant.",
            f"{text!r} 可能是 {year}-{second:02}-{first:02}，也可能是 {year}-{first:02}-{second:02}。请写成其中一个。",
        )
    return _made(year, second, first) if first > 12 else _made(year, first, second)


def _read_near(text: str, today: date) -> date | None:
    """下周五, next Friday, Friday, 15号, 下个月1号, 月底. Without a word before it a weekday is the next one, today included."""
    if found := _OF_WEEK.fullmatch(text):
        day = "一二三四五六日".find(found[2].replace("天", "日"))
        ahead = (day - today.weekday()) % 7 if found[1] is None else day - today.weekday() + 7 * _WEEKS[found[1]]
        return _shifted(today, ahead)
    if found := _OF_WEEK_EN.fullmatch(text):
        day = next((index for index, name in enumerate(_WEEKDAYS) if name.startswith(found[2])), -1)
        if day < 0:
            return None
        ahead = (day - today.weekday()) % 7
        if found[1] == "next":  # of the week after this one, as in Chinese
            ahead = day - today.weekday() + 7
        elif found[1] == "last":
            ahead = ahead - 7
        return _shifted(today, ahead)
    if (found := _OF_MONTH.fullmatch(text)) and not (found[3] == "底" and not found[1]):
        month = today.year * 12 + today.month - 1 + _WEEKS.get(found[1] or "这", 0)
        year, month = month // 12, month % 12 + 1
        return _made(year, month, int(found[2]) if found[2] else calendar.monthrange(year, month)[1])
    return None


def _shifted(today: date, days: int) -> date | None:
    try:
        return today + timedelta(days=days)
    except OverflowError:
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
    if found[3]:
        return _next_leap(month, day, today)
    this_year = _from_lunar(today.year, month, day)
    return this_year if this_year >= today else _from_lunar(today.year + 1, month, day)


def _next_leap(month: int, day: int, today: date) -> date:
    """A leap month comes back after years; the year that is named where none comes is this one."""
    for year in range(today.year, LAST_YEAR + 1):
        if LunarYear.fromYear(year).getLeapMonth() == month and (found := _from_lunar(year, -month, day)) >= today:
            return found
    return _from_lunar(today.year, -month, day)


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
    known = {*_LUNAR, "除夕", "复活节", *_SOLAR, *_TERMS, *_NTH}
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
    if name == "复活节":
        return _easter(year)
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


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by Gauss's rule as Meeus, Jones and Butcher wrote it."""
    century, rest = divmod(year, 100)
    moon = (19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    sunday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (year % 19 + 11 * moon + 22 * sunday) // 451
    month, day = divmod(moon + sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _of_lunar_year(name: str, year: int) -> date:
    if name == "除夕":
        return _date(Lunar.fromYmd(year + 1, 1, 1).getSolar()) - timedelta(days=1)
    return _date(Lunar.fromYmd(year, *_LUNAR[name]).getSolar())
