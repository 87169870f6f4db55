"""Weather: Open-Meteo's answers for a place and its forecast, told in both languages, and places that are not there."""

import pytest

from tests.tools.network.conftest import called
from tools.builtin.network.weather import Weather

HANGZHOU = {
    "id": 1808926,
    "name": "Hangzhou",
    "latitude": 30.29365,
    "longitude": 120.16142,
    "country_code": "CN",
    "country": "China",
    "admin1": "Zhejiang",
    "timezone": "Asia/Shanghai",
    "population": 9236032,
}
FORECAST = {
    "latitude": 30.25,
    "longitude": 120.125,
    "timezone": "Asia/Shanghai",
    "current_units": {"temperature_2m": "°C"},
    "current": {
        "time": "2026-11-22T21:15",
        "interval": 900,
        "temperature_2m": 12.3,
        "apparent_temperature": 11.0,
        "relative_humidity_2m": 80,
        "weather_code": 61,
        "wind_speed_10m": 9.4,
    },
    "daily": {
        "time": ["2026-11-22", "2026-11-23"],
        "weather_code": [63, 0],
        "temperature_2m_max": [13.1, 15.0],
        "temperature_2m_min": [8.2, 6.0],
        "precipitation_sum": [3.2, 0.0],
        "precipitation_probability_max": [80, 5],
    },
}


@pytest.fixture
def weather(egress, standin):
    standin.say("/v1/search", {"results": [HANGZHOU], "generationtime_ms": 0.5})
    standin.say("/v1/forecast", FORECAST)
    return Weather(egress, geocoding=standin.service, forecast=standin.service)


def test_now_and_the_days(weather, standin):
    told = called(weather, place="Hangzhou", days=2)
    assert told.text == (
        "Weather in Hangzhou, Zhejiang, China:\n"
        "Now (2026-11-22 21:15 there): light rain, 12.3 °C, feels like 11 °C, humidity 80 %, wind 9.4 km/h\n"
        "2026-11-22: rain, 8.2 to 13.1 °C, rain 3.2 mm, chance of rain 80 %\n"
        "2026-11-23: clear sky, 6 to 15 °C, rain 0 mm, chance of rain 5 %\n"
        "Source: Open-Meteo, https://open-meteo.com/"
    )
    assert (told.data["now"]["temperature"], told.data["days"][1]["lowest"]) == (12.3, 6.0)
    (_, named, _), (_, asked, _) = standin.asked
    assert ("name", "Hangzhou") in named
    assert {("latitude", "30.2936"), ("longitude", "120.1614"), ("forecast_days", "2"), ("timezone", "auto")} < set(asked)


def test_in_chinese(weather, standin):
    told = called(weather, "zh", place="杭州")
    assert "现在（当地 2026-11-22 21:15）：小雨，12.3 °C，体感 11 °C，湿度 80%，风速 9.4 公里/小时" in told.text
    assert "2026-11-23：晴，6 到 15 °C，降水 0 毫米，降水概率 5%" in told.text
    assert ("language", "zh") in standin.asked[0][1]


def test_a_hint_behind_a_comma_tells_places_of_one_name_apart(weather, standin):
    paris = {"name": "Paris", "latitude": 48.85, "longitude": 2.35, "country": "France", "country_code": "FR"}
    texas = {"name": "Paris", "latitude": 33.66, "longitude": -95.5, "country": "United States", "admin1": "Texas"}
    standin.say("/v1/search", {"results": [paris, texas]})
    assert "France" in called(weather, place="Paris").text
    for place in ("Paris, Texas", "Paris，texas", "Paris, Texas, United States"):
        assert "Texas" in called(weather, place=place).text
    assert ("name", "Paris") in standin.asked[-2][1]
    nowhere = called(weather, place="Paris, Atlantis")
    assert nowhere.failed
    assert "no 'Paris' in 'Atlantis'. There are: Paris, France; Paris, Texas, United States." in nowhere.text
    assert "没有找到位于 'Atlantis' 的 'Paris'" in called(weather, "zh", place="Paris, Atlantis").text


def test_a_hint_is_understood_in_the_language_and_the_form_it_is_written_in(weather, standin):
    assert "Hangzhou" in called(weather, "zh", place="Hangzhou, China").text
    assert ("language", "en") in standin.asked[0][1]
    springfield = {"name": "Springfield", "latitude": 1, "longitude": 1, "country": "United States", "country_code": "US"}
    standin.say("/v1/search", {"results": [springfield]})
    assert not called(weather, place="Springfield, USA").failed
    local = {"name": "杭州", "latitude": 30.2, "longitude": 120.1, "country": "中国", "admin1": "浙江省"}
    standin.say("/v1/search", {"results": [local]})
    assert not called(weather, "zh", place="杭州，浙江").failed


@pytest.mark.parametrize(
    "answer", [{"generationtime_ms": 0.2}, {"results": []}, {"results": [{"name": "x"}, 3]}, {"results": "x"}]
)
def test_a_place_that_is_not_there(weather, standin, answer):
    standin.say("/v1/search", answer)
    assert "knows no place 'Atlantis'" in called(weather, place="Atlantis").text
    assert "没有找到 'Atlantis'" in called(weather, "zh", place="Atlantis").text


def test_what_the_service_refuses(weather, standin):
    standin.say("/v1/forecast", {"error": True, "reason": "Daily API request limit exceeded."}, 429)
    assert "too many requests" in called(weather, place="Hangzhou").text
    standin.say("/v1/forecast", {"error": True, "reason": "Cannot initialize"}, 400)
    assert "'Cannot initialize'" in called(weather, place="Hangzhou").text


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"current": None, "daily": "x"},
        {"current": {"temperature_2m": "warm"}, "daily": {"time": ["today"]}},
        {"daily": {"time": ["2026-11-22"], "temperature_2m_max": {}}},
        {"current": {"temperature_2m": True}},
    ],
)
def test_a_forecast_without_anything_in_it(weather, standin, answer):
    standin.say("/v1/forecast", answer)
    assert "a form that this tool does not know" in called(weather, place="Hangzhou").text


def test_part_of_a_forecast_is_told(weather, standin):
    standin.say("/v1/forecast", {"current": {"temperature_2m": -3}, "daily": {"time": ["2026-11-22"], "weather_code": [777]}})
    told = called(weather, place="Hangzhou")
    assert "Now: -3 °C" in told.text
    assert "2026-11-22" not in told.text


@pytest.mark.parametrize("arguments", [{}, {"place": ""}, {"place": "x", "days": 0}, {"place": "x", "days": 8}, {"place": ["x"]}])
def test_wrong_arguments_are_not_sent(weather, standin, arguments):
    assert called(weather, **arguments).failed
    assert standin.asked == []


def test_a_place_of_signs_alone(weather):
    assert not called(weather, place=" ,，, ").text.startswith("Traceback")
