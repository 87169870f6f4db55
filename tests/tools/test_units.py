"""Units: right, exact where they are defined so, by the names that people use."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.base import ToolContext
from tools.builtin.unitnames import NAMES
from tools.builtin.units import Units
from tools.runner import run

UNITS = Units()


def convert(value, source, target, language="en"):
    return run(UNITS, {"value": value, "from_unit": source, "to_unit": target}, ToolContext(language=language))


RIGHT = [
    (1, "square feet", "m²", 0.09290304),
    (2, "米²", "ft²", 21.52782083),
    (1, "m³", "L", 1000),
    (1, "acre", "m2", 4046.856422),
    (3, "英亩", "平方米", 12140.56927),
    (500, "Cal", "kJ", 2092),
    (20, "degrees C", "degrees F", 68),
    (2, "decades", "years", 20),
    (60, "平方", "坪", 18.15),
    (100, "C", "F", 212),
    (98.6, "°F", "摄氏度", 37),
    (-40, "celsius", "fahrenheit", -40),
    (0, "K", "℃", -273.15),
    (5, "公里", "英里", 3.106855961),
    (1, "里", "米", 500),
    (3, "斤", "kg", 1.5),
    (1, "两", "克", 50),
    (10, "亩", "平方米", 6666.666667),
    (1, "inch", "cm", 2.54),
    (0.1, "m", "cm", 10),
    (6, "feet", "m", 1.8288),
    (72, "in", "ft", 6),
    (1, "KM", "m", 1000),
    (1, "kilometre", "Meters", 1000),
    (30, "mpg", "L/100km", 7.840486111),
    (8, "升/百公里", "mpg", 29.40182292),
    (5, "l/100km", "km/l", 20),
    (1, "GB", "MB", 1000),
    (1, "GiB", "MiB", 1024),
    (1, "GB", "GiB", 0.9313225746),
    (100, "Mbps", "MB/s", 12.5),
    (1, "MB", "Mb", 8),
    (1, "B", "bit", 8),
    (60, "mph", "公里/小时", 96.56064),
    (36, "公里每小时", "米每秒", 10),
    (1, "mile per hour", "m/s", 0.44704),
    (1, "square foot", "m^2", 0.09290304),
    (1, "sq mi", "km2", 2.58998811),
    (2, "立方米", "升", 2000),
    (1, "gallon", "L", 3.785411784),
    (1, "uk gallon", "L", 4.54609),
    (1, "度", "千焦", 3600),
    (1, "kWh", "MJ", 3.6),
    (1, "大卡", "J", 4184),
    (1, "吨", "kg", 1000),
    (1, "lbs", "斤", 0.90718474),
    (2, "小时", "分钟", 120),
    (1, "week", "天", 7),
    (1, "kg*m/s^2", "N", 1),
    (1, "m/s^2", "km/h^2", 12960),
    (1, "atm", "千帕", 101.325),
]


@pytest.mark.parametrize(("value", "source", "target", "result"), RIGHT)
def test_conversions(value, source, target, result):
    output = convert(value, source, target)
    assert not output.failed, output.text
    assert output.data["result"] == pytest.approx(result, rel=1e-9)


REFUSED = [
    (1, "km", "kg", "measure different things"),
    (1, "GB", "percent", "measure different things"),
    (1, "C", "km", "measure different things"),
    (20, "degC/m", "K/m", "measure different things"),
    (1, "foo", "kg", "'foo' is not a unit"),
    (1, "kilomter", "m", "not a unit"),
    (1, "", "km", "at least 1 characters"),
    (1, " ", "km", "not a unit"),
    (1, "/", "km", "not a unit"),
    (1, "m**999", "km", "not a unit"),
    (1, "10**10**10", "km", "not a unit"),
    (1, "__class__", "km", "not a unit"),
    (1, "m; import os", "km", "not a unit"),
    (-300, "C", "F", "below absolute zero"),
    (0, "mpg", "l/100km", "has no equal"),
    ("five", "m", "km", "value must be a number"),
    (True, "m", "km", "value must be a number"),
]


@pytest.mark.parametrize(("value", "source", "target", "told"), REFUSED)
def test_what_cannot_be_converted_is_said(value, source, target, told):
    output = convert(value, source, target)
    assert output.failed
    assert told in output.text


def test_the_answer_is_in_the_readers_language():
    assert convert(100, "C", "F", "zh").text == "100 摄氏度 = 212 华氏度"
    assert convert(100, "C", "F").text == "100 °C = 212 °F"
    assert "不是同一种东西" in convert(1, "km", "kg", "zh").text


def test_a_near_miss_is_suggested():
    assert "英里" in convert(1, "英哩", "米").text or "公里" in convert(1, "公哩", "米").text
    assert "celsius" in convert(1, "celcius", "K").text


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_ours_is_a_unit(name):
    output = convert(300, name, name)
    assert not output.failed, output.text
    assert output.data["result"] == pytest.approx(300)


def test_numbers_that_no_float_holds_are_refused_and_tiny_ones_hold():
    assert convert(1e308, "m", "km").text == "1e+308 m = 1e+305 km"
    assert "too large" in convert(1e308, "km", "mm").text
    assert "too large" in convert(1.7976931345000002e308, "A", "A").text  # only as it is written, with fewer digits
    assert "too large" in convert(10**400, "mm", "km").text
    assert not convert(5e-324, "mm", "km").failed


@pytest.mark.parametrize("text", ["NAN", "nan", "square nan", "nan/s", "inf"])
def test_a_number_that_is_none_is_no_unit(text):
    assert "is not a unit I know" in convert(1, text, "km").text


@settings(max_examples=300)
@given(st.text(max_size=60), st.floats(allow_nan=False, allow_infinity=False))
def test_any_unit_is_a_sentence_or_an_answer(text, value):
    output = convert(value, text, "km")
    assert output.text
    assert "error inside the tool" not in output.text


@settings(max_examples=200)
@given(
    st.lists(
        st.sampled_from(
            ["m", "km", "/", "*", "^", "2", "**", "per ", "每", "平方", "square ", "C", "F", "-", ".", " ", "b", "1"]
        ),
        max_size=12,
    )
)
def test_any_compound_is_a_sentence_or_an_answer(pieces):
    output = convert(3, "".join(pieces), "m^2/s")
    assert "error inside the tool" not in output.text


def test_money_is_another_tool_s():
    assert convert(5, "USD", "EUR").text.startswith("'USD' is money")
    assert convert(5, "kg", "人民币", "zh").text == "'人民币' 是货币，汇率每天都在变，请用汇率工具换算。"
