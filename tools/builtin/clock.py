"""The clock: what time it is somewhere, and what a time here is there.

Places are cities, countries of one time zone, IANA zones and offsets such as UTC+8; the rules of daylight saving come from the
IANA data. It knows nothing of dates beyond the day that belongs to a time.
"""

import difflib
import re
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from typing import Any, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from common.errors import ToolFailed
from tools.base import Tool, ToolContext, ToolOutput, ToolSpec
from tools.builtin.numerals import with_digits
from tools.builtin.places import LARGE, PLACES

_WEEKDAYS = ("一", "二", "三", "四", "五", "六", "日")
_OFFSET = re.compile(r"(?:utc|gmt)\s*([+-])\s*(\d{1,2})(?::?([0-5]\d))?")
_TIME = re.compile(
    r"(?:(\d{4})[-/](\d{1,2})[-/](\d{1,2})[t\s]+|(today|tomorrow|yesterday|今天|明天|后天|昨天|今|明)[\s,，的]*(?:at )?)?"
    r"(上午|下午|晚上|晚|凌晨|早上|早|中午|傍晚|半夜)?\s*(\d{1,2})(?:\s*[:：点时]\s*(\d{1,2})?分?)?(?::\d{2}(?:\.\d+)?)?"
    r"\s*(am|pm|a\.m\.|p\.m\.)?(z)?"
)
_NOW = ("", "now", "right now", "现在")
_DAYS = {"yesterday": -1, "昨天": -1, "tomorrow": 1, "明天": 1, "明": 1, "后天": 2}
_AFTERNOON = ("下午", "晚上", "晚", "傍晚")
_NIGHT = ("晚上", "晚", "半夜")  # whose twelve o'clock ends the day
_SAID = {
    "noon": "12:00", "midnight": "0:00", "半夜": "半夜12点", "中午": "12:00",
    "点半": "点30", "点一刻": "点15", "点三刻": "点45", "点整": "点",
}  # fmt: skip


class Clock(Tool):
    """Tells the time in a place, or converts one between places."""

    id = "clock"
    titles: Mapping[str, str] = {"en": "Clock", "zh": "时钟"}
    about: Mapping[str, str] = {
        "en": "Tells the time and date anywhere, and what a time in one place is in another.",
        "zh": "告诉你各地现在几点、几号，也能换算两地时间。",
    }
    spec = ToolSpec(
        "clock",
        "Tell the current time and date in a place, or, with time and from_place, convert a time from one place to another. "
        "查询某地现在几点，或换算两地时间。",
        {
            "type": "object",
            "properties": {
                "place": {
                    "type": "string",
                    "description": "City, country or IANA zone, such as Tokyo, Europe/Paris, UTC+8. Left out: here. "
                    "地点，如 纽约。",
                    "maxLength": 80,
                },
                "time": {
                    "type": "string",
                    "description": "A time to convert, such as 15:30 or 2026-03-01 09:00. Left out: now. 要换算的时间。",
                    "maxLength": 40,
                },
                "from_place": {
                    "type": "string",
                    "description": "The place whose time it is. Left out: here. 这个时间所在的地点。",
                    "maxLength": 80,
                },
            },
            "additionalProperties": False,
        },
    )

    def __init__(self) -> None:
        self._loading = threading.Lock()
        self._cities: Mapping[str, str] = {}

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Raises `ToolFailed` for a place that is not known and for a time that cannot be read or does not exist there."""
        here = context.now.tzinfo or UTC
        place, source = arguments.get("place", "").strip(), arguments.get("from_place", "").strip()
        zone = self._zone(place) if place else here
        if arguments.get("time", "now").strip().lower() in _NOW and (place or not source):
            moment = context.now.astimezone(zone)
            return ToolOutput(f"{_name(place, context)}{_told(moment, context)}", _data(moment, place))
        origin = self._zone(source) if source else here
        given = _read(arguments["time"], context.now.astimezone(origin), origin)
        moment = given.astimezone(zone)
        text = context.say(
            f"{_told(given, context)} in {source or 'your zone'} is {_told(moment, context)} in {place or 'your zone'}",
            f"{source or '你这里'}的 {_told(given, context)} 是{place or '你这里'}的 {_told(moment, context)}",
        )
        return ToolOutput(text, {"from": _data(given, source), "to": _data(moment, place)})

    def _zone(self, place: str) -> tzinfo:
        name = re.sub(r"\s+", " ", place.lower().replace("_", " ")).strip()
        if found := _OFFSET.fullmatch(name):
            return _offset(place, found)
        if cities := LARGE.get(name):
            raise ToolFailed(
                f"{place!r} has several time zones. Name a city, such as {cities[0]}.",
                f"{place!r} 有好几个时区。请写城市，例如 {cities[1]}。",
            )
        for known in (name, name.removesuffix("市"), name.removesuffix("时间"), name.split(",")[0].strip()):
            if zone := PLACES.get(known) or self._by_city().get(known):
                return ZoneInfo(zone)
        try:
            return ZoneInfo(place)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            near = difflib.get_close_matches(name, [*PLACES, *self._by_city()], 3, 0.7)
        raise ToolFailed(
            f"I do not know the time zone of {place!r}."
            + (f" Did you mean {', '.join(near)}?" if near else " Name a large city there, or a zone such as Asia/Tokyo."),
            f"不知道 {place!r} 在哪个时区。"
            + (f"你是不是要 {'、'.join(near)}？" if near else "请写那里的大城市，或 Asia/Tokyo 这样的时区。"),
        )

    def _by_city(self) -> Mapping[str, str]:
        """Zones by their whole name and by their city, both in small letters; read from the zone data at first need."""
        with self._loading:
            if not self._cities:
                zones = sorted(
                    zone for zone in available_timezones() if not zone.startswith(("Etc/", "SystemV/", "posix", "right"))
                )
                cities = {zone.rsplit("/", 1)[1].lower().replace("_", " "): zone for zone in zones if "/" in zone}
                self._cities = cities | {zone.lower().replace("_", " "): zone for zone in zones}
            return self._cities


def _offset(place: str, found: re.Match[str]) -> tzinfo:
    size = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    if size > timedelta(hours=14):
        raise ToolFailed(
            f"{place!r} is no time zone: offsets reach from UTC-12 to UTC+14.",
            f"没有 {place!r} 这个时区：范围是 UTC-12 到 UTC+14。",
        )
    return timezone(size if found[1] == "+" else -size)


def _read(text: str, now: datetime, zone: tzinfo) -> datetime:
    """A time of day, of today there where no date stands before it."""
    wanted = text.strip().lower()
    if wanted in _NOW:
        return now.replace(second=0, microsecond=0)
    for said, written in _SAID.items():
        wanted = wanted.replace(said, written) if said.startswith("点") or wanted.endswith(said) else wanted
    found = _TIME.fullmatch(with_digits(wanted))
    if found is None:
        _no_time(text)
    year, month, day, near, part, hour, minute, half, universal = found.groups()
    hours, minutes, later = int(hour), int(minute or 0), _DAYS.get(near, 0)
    if (part in _NIGHT and hours == 12) or (hours, minutes) == (24, 0):
        hours, later = 0, later + 1
    elif (half and half[0] == "p") or part in _AFTERNOON or (part == "中午" and hours < 3):
        hours += 12 if hours < 12 else 0
    elif (half or part == "凌晨") and hours == 12:
        hours = 0
    zone = UTC if universal else zone
    try:
        on = (datetime(int(year), int(month), int(day)).date() if year else now.date()) + timedelta(days=later)
        moment = datetime.combine(on, time(hours, minutes), zone)
        back = moment.astimezone(UTC).astimezone(zone)
    except (ValueError, OverflowError):
        _no_time(text)
    if back.replace(tzinfo=None) != moment.replace(tzinfo=None):
        raise ToolFailed(
            f"{text!r} does not exist there: the clocks go forward past it on that day.",
            f"当地没有 {text!r} 这个时刻：那天时钟拨快，跳过了它。",
        )
    return moment


def _no_time(text: str) -> NoReturn:
    raise ToolFailed(
        f"{text!r} is not a time I can read. Write 15:30 or 2026-03-01 09:00.",
        f"看不懂时间 {text!r}。请写成 15:30 或 2026-03-01 09:00。",
    ) from None


def _name(place: str, context: ToolContext) -> str:
    return f"{place}: " if place and not context.language.startswith("zh") else f"{place}：" if place else ""


def _told(moment: datetime, context: ToolContext) -> str:
    offset = f"UTC{moment.strftime('%z')[:3]}:{moment.strftime('%z')[3:5]}"
    return context.say(
        f"{moment:%Y-%m-%d %H:%M} ({moment:%A}, {offset})",
        f"{moment:%Y-%m-%d %H:%M}（星期{_WEEKDAYS[moment.weekday()]}，{offset}）",
    )


def _data(moment: datetime, place: str) -> dict[str, str]:
    return {"place": place, "time": moment.isoformat(timespec="seconds"), "zone": str(moment.tzinfo)}
