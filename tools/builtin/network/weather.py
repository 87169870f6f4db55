"""The weather somewhere, now and in the days to come, from Open-Meteo: a place is looked up by name, then its forecast is asked.

A name that several places have is told apart by what stands behind a comma ("Paris, Texas"). It forecasts at most a week, and
knows nothing of the weather that was.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.egress import Egress
from common.errors import ToolFailed
from tools.base import ToolContext, ToolOutput, ToolSpec
from tools.builtin.network.reading import day, line, listed, objects, part, real, whole, written_in
from tools.builtin.network.service import NetworkTool, Query, Service, unexpected

GEOCODING = Service("https://geocoding-api.open-meteo.com")
FORECAST = Service("https://api.open-meteo.com")

_SOURCE = "https://open-meteo.com/"
_DAYS = 7
_CANDIDATES = 10  # places of one name that are looked at
_NAMED = 5  # of them, where none is meant
_COUNTRIES = {"usa": "us", "u.s.": "us", "america": "us", "uk": "gb", "britain": "gb", "great britain": "gb"}
_CURRENT = "temperature_2m,apparent_temperature,relative_humidity_2m,weather_code,wind_speed_10m"
_DAILY = "weather_code,temperature_2m_max,temperature_2m_min,precipitation_sum,precipitation_probability_max"

# The codes of the World Meteorological Organization that Open-Meteo uses.
_SKIES: Mapping[int, tuple[str, str]] = {
    0: ("clear sky", "晴"),
    1: ("mainly clear", "大部晴朗"),
    2: ("partly cloudy", "多云"),
    3: ("overcast", "阴"),
    45: ("fog", "雾"),
    48: ("freezing fog", "冻雾"),
    51: ("light drizzle", "小毛毛雨"),
    53: ("drizzle", "毛毛雨"),
    55: ("dense drizzle", "较密的毛毛雨"),
    56: ("light freezing drizzle", "轻微冻毛毛雨"),
    57: ("freezing drizzle", "冻毛毛雨"),
    61: ("light rain", "小雨"),
    63: ("rain", "中雨"),
    65: ("heavy rain", "大雨"),
    66: ("light freezing rain", "小冻雨"),
    67: ("freezing rain", "冻雨"),
    71: ("light snow", "小雪"),
    73: ("snow", "中雪"),
    75: ("heavy snow", "大雪"),
    77: ("snow grains", "米雪"),
    80: ("light showers", "小阵雨"),
    81: ("showers", "阵雨"),
    82: ("violent showers", "强阵雨"),
    85: ("light snow showers", "小阵雪"),
    86: ("snow showers", "阵雪"),
    95: ("thunderstorm", "雷雨"),
    96: ("thunderstorm with hail", "雷雨伴冰雹"),
    99: ("thunderstorm with heavy hail", "雷雨伴大冰雹"),
}


@dataclass(frozen=True, slots=True)
class _Place:
    name: str
    latitude: float
    longitude: float


class Weather(NetworkTool):
    """Tells the weather of a place."""

    id = "weather"
    titles: Mapping[str, str] = {"en": "Weather", "zh": "天气"}
    about: Mapping[str, str] = {
        "en": "Tells the weather anywhere, now and for up to seven days, from Open-Meteo.",
        "zh": "查询各地现在和未来最多七天的天气，数据来自 Open-Meteo。",
    }
    spec = ToolSpec(
        "weather",
        "Tell the current weather and the forecast of the next days for a city or place: temperature, rain, wind. "
        "查询某地现在和未来几天的天气。",
        {
            "type": "object",
            "properties": {
                "place": {
                    "type": "string",
                    "description": "City; country or state behind a comma where needed, such as Paris, Texas. 城市，如 杭州。",
                    "minLength": 1,
                    "maxLength": 100,
                },
                "days": {
                    "type": "integer",
                    "description": "How many days from today. 从今天起的天数。",
                    "minimum": 1,
                    "maximum": _DAYS,
                    "default": 3,
                },
            },
            "required": ["place"],
            "additionalProperties": False,
        },
    )

    def __init__(
        self, egress: Egress, *, geocoding: Service = GEOCODING, forecast: Service = FORECAST, offline: bool = False
    ) -> None:
        super().__init__(egress, offline=offline)
        self._geocoding = geocoding
        self._forecast = forecast

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Raises `ToolFailed` for a place that is not known, and where there is no answer."""
        place = self._find(arguments["place"], context)
        query: Query = [
            ("latitude", f"{place.latitude:.4f}"),
            ("longitude", f"{place.longitude:.4f}"),
            ("current", _CURRENT),
            ("daily", _DAILY),
            ("timezone", "auto"),
            ("forecast_days", int(arguments.get("days", 3))),
        ]
        told = self.ask(self._forecast, "/v1/forecast", query)
        now, days = _now(part(told, "current")), _days(part(told, "daily"))
        if not days and "temperature" not in now:
            raise unexpected(self._forecast)
        text = [context.say(f"Weather in {place.name}:", f"{place.name}的天气："), _told_now(now, context)]
        text += [_told_day(each, context) for each in days]
        text.append(context.say(f"Source: Open-Meteo, {_SOURCE}", f"来源：Open-Meteo，{_SOURCE}"))
        data = {
            "place": place.name,
            "latitude": place.latitude,
            "longitude": place.longitude,
            "timezone": line(part(told, "timezone"), 60),
            "now": now,
            "days": days,
            "source": _SOURCE,
        }
        return ToolOutput("\n".join(filter(None, text)), data)

    def _find(self, asked: str, context: ToolContext) -> _Place:
        name, *hints = [each.strip() for each in re.split("[,，]", asked) if each.strip()] or [""]
        # A country or a state is compared with names in this language, so it is that of what was written.
        language = written_in(asked, "en" if hints and asked.isascii() else context.language)
        query: Query = [("name", name), ("count", _CANDIDATES), ("language", language), ("format", "json")]
        found = objects(part(self.ask(self._geocoding, "/v1/search", query), "results"))
        places = [(each, place) for each in found if (place := _place(each))]
        if not places:
            raise ToolFailed(
                f"Open-Meteo knows no place {asked!r}. Give the name of a city, without other words.",
                f"Open-Meteo 没有找到 {asked!r} 这个地点。请只写城市名，不加别的词。",
            )
        # They come the largest first, and that order holds among those that fit the hints equally.
        best = max(places, key=lambda pair: sum(_fits(pair[0], hint) for hint in hints))
        if hints and not any(_fits(best[0], hint) for hint in hints):
            there = "; ".join(dict.fromkeys(place.name for _, place in places[:_NAMED]))
            raise ToolFailed(
                f"Open-Meteo knows no {name!r} in {', '.join(hints)!r}. There are: {there}. Write one of them.",
                f"Open-Meteo 没有找到位于 {'，'.join(hints)!r} 的 {name!r}。有这些：{there}。请写其中一个。",
            )
        return best[1]


def _place(found: Mapping[str, Any]) -> _Place | None:
    latitude, longitude = real(part(found, "latitude")), real(part(found, "longitude"))
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    names = [line(part(found, key), 80) for key in ("name", "admin1", "country")]
    shown = ", ".join(dict.fromkeys(filter(None, names))) or f"{latitude}, {longitude}"
    return _Place(shown, float(latitude), float(longitude))


def _fits(found: Mapping[str, Any], hint: str) -> bool:
    """Whether a place lies in what a hint names: its country, its code, a state, or 浙江 for 浙江省."""
    wanted = _COUNTRIES.get(hint.casefold(), hint.casefold())
    keys = ("name", "country", "country_code", "admin1", "admin2", "admin3")
    names = [line(part(found, key), 80).casefold() for key in keys]
    return wanted in names or (not wanted.isascii() and any(name.startswith(wanted) for name in names))


def _now(current: Any) -> dict[str, Any]:
    numbers = {
        "temperature": real(part(current, "temperature_2m")),
        "feels_like": real(part(current, "apparent_temperature")),
        "humidity": real(part(current, "relative_humidity_2m")),
        "wind_kmh": real(part(current, "wind_speed_10m")),
    }
    words = {"time": line(part(current, "time"), 20).replace("T", " "), "code": whole(part(current, "weather_code"))}
    known = {name: float(number) for name, number in numbers.items() if number is not None}
    return {name: word for name, word in words.items() if word not in (None, "")} | known


def _days(daily: Any) -> list[dict[str, Any]]:
    """The days of a forecast, whose numbers come as a list for each kind."""
    kinds = {
        "highest": "temperature_2m_max",
        "lowest": "temperature_2m_min",
        "rain_mm": "precipitation_sum",
        "rain_chance": "precipitation_probability_max",
    }
    days: list[dict[str, Any]] = []
    for index, date in enumerate(listed(part(daily, "time"))[:_DAYS]):
        numbers = {name: real(part(daily, kind, index)) for name, kind in kinds.items()}
        known: dict[str, Any] = {name: float(number) for name, number in numbers.items() if number is not None}
        if (code := whole(part(daily, "weather_code", index))) is not None:
            known["code"] = code
        if day(date) and known:
            days.append({"date": day(date), **known})
    return days


def _told_now(now: Mapping[str, Any], context: ToolContext) -> str:
    told = [
        _sky(now, context),
        _number(now, "temperature", "{:g} °C", "{:g} °C", context),
        _number(now, "feels_like", "feels like {:g} °C", "体感 {:g} °C", context),
        _number(now, "humidity", "humidity {:g} %", "湿度 {:g}%", context),
        _number(now, "wind_kmh", "wind {:g} km/h", "风速 {:g} 公里/小时", context),
    ]
    when = now.get("time", "")
    return _listed(
        context.say(f"Now ({when} there)", f"现在（当地 {when}）") if when else context.say("Now", "现在"), told, context
    )


def _told_day(told_of: Mapping[str, Any], context: ToolContext) -> str:
    both = "highest" in told_of and "lowest" in told_of
    range_ = context.say("{:g} to {:g} °C", "{:g} 到 {:g} °C").format(told_of["lowest"], told_of["highest"]) if both else ""
    told = [
        _sky(told_of, context),
        range_,
        _number(told_of, "rain_mm", "rain {:g} mm", "降水 {:g} 毫米", context),
        _number(told_of, "rain_chance", "chance of rain {:g} %", "降水概率 {:g}%", context),
    ]
    return _listed(told_of["date"], told, context)


def _sky(told: Mapping[str, Any], context: ToolContext) -> str:
    return context.say(*_SKIES.get(told.get("code", -1), ("", "")))


def _number(told: Mapping[str, Any], name: str, english: str, chinese: str, context: ToolContext) -> str:
    return context.say(english, chinese).format(told[name]) if name in told else ""


def _listed(head: str, told: Sequence[str], context: ToolContext) -> str:
    known = list(filter(None, told))
    return context.say(f"{head}: {', '.join(known)}", f"{head}：{'，'.join(known)}") if known else ""
