"""Exchange rates: decimal sums with the day of the rate, names of currencies in both languages, and what has no rate."""

import json
from datetime import UTC, datetime

import pytest

from tests.tools.network.conftest import called
from tools.builtin.network.rates import ExchangeRates

PATH = "/v2/rate/USD/CNY"


@pytest.fixture
def rates(egress, standin):
    standin.say(PATH, '{"date":"2026-11-20","base":"USD","quote":"CNY","rate":7.0812}')
    return ExchangeRates(egress, service=standin.service)


def test_an_amount_with_its_day_and_source(rates, standin):
    told = called(rates, from_currency="USD", to_currency="cny", amount=100)
    assert told.text == (
        "100 USD = 708.12 CNY (1 USD = 7.0812 CNY, reference rate of 2026-11-20). Source: Frankfurter, https://frankfurter.dev/"
    )
    assert told.data == {
        "from": "USD",
        "to": "CNY",
        "amount": "100",
        "rate": "7.0812",
        "result": "708.12",
        "date": "2026-11-20",
        "source": "https://frankfurter.dev/",
    }
    assert json.dumps(told.data)
    assert standin.asked[0][:2] == (PATH, [])


def test_in_chinese_by_the_names_people_use(rates):
    told = called(rates, "zh", from_currency=" 美元 ", to_currency="人民币")
    assert told.text.startswith("1 USD = 7.08 CNY（1 USD = 7.0812 CNY，2026-11-20 的参考汇率）。")


@pytest.mark.parametrize(
    ("amount", "rate", "to", "shown"),
    [
        (0.1, "3", "CNY", "0.3 CNY"),  # 0.1 * 3 in binary is 0.30000000000000004
        (1.005, "100", "CNY", "100.50 CNY"),
        (2.675, "1", "CNY", "2.68 CNY"),
        (1, "149.567", "JPY", "150 JPY"),
        (1, "0.0000123456789", "CNY", "0.0000123457 CNY"),
        (1e15, "16234.5", "IDR", "16234500000000000000 IDR"),
        (0, "7", "CNY", "0 CNY"),
    ],
)
def test_sums_are_decimal(rates, standin, amount, rate, to, shown):
    standin.say(f"/v2/rate/USD/{to}", f'{{"date":"2026-11-20","base":"USD","quote":"{to}","rate":{rate}}}')
    told = called(rates, from_currency="USD", to_currency=to, amount=amount)
    assert f"= {shown} (" in told.text


def test_a_past_day_is_asked_for_and_the_day_of_the_rate_is_told(rates, standin):
    told = called(rates, from_currency="USD", to_currency="CNY", date="2026-11-21")
    assert standin.asked[0][1] == [("date", "2026-11-21")]
    assert "reference rate of 2026-11-20" in told.text


@pytest.mark.parametrize("date", ["2999-01-01", "yesterday", "2026-13-01", "20261301"])
def test_a_day_that_is_none(rates, standin, date):
    assert "is no day up to today" in called(rates, from_currency="USD", to_currency="CNY", date=date).text
    assert standin.asked == []


def test_today_is_a_day(rates):
    today = f"{datetime.now(UTC).astimezone():%Y-%m-%d}"
    assert not called(rates, from_currency="USD", to_currency="CNY", date=today).failed


def test_one_currency_is_not_asked_about(rates, standin):
    assert called(rates, from_currency="yuan", to_currency="元", amount=5).text == "Both are CNY: 5."
    assert standin.asked == []


@pytest.mark.parametrize("currency", ["../x", "US", "bitcoin", "贝壳", "U$D"])
def test_what_is_no_currency_is_not_sent(rates, standin, currency):
    assert "is no currency that I know" in called(rates, from_currency=currency, to_currency="CNY").text
    assert standin.asked == []


@pytest.mark.parametrize("status", [404, 422])
def test_a_pair_without_a_rate(rates, standin, status):
    standin.say("/v2/rate/XYZ/CNY", {"status": status, "message": "invalid currency: XYZ"}, status)
    assert "no rate from XYZ to CNY" in called(rates, from_currency="XYZ", to_currency="CNY").text
    assert "没有那天从 XYZ 到 CNY 的汇率" in called(rates, "zh", from_currency="XYZ", to_currency="CNY").text


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"date": "2026-11-20", "base": "USD", "quote": "CNY", "rate": "7.1"},
        {"date": "2026-11-20", "base": "USD", "quote": "CNY", "rate": 0},
        {"date": "2026-11-20", "base": "USD", "quote": "CNY", "rate": -7},
        {"date": "2026-11-20", "base": "USD", "quote": "EUR", "rate": 7},
        {"date": 20261120, "base": "USD", "quote": "CNY", "rate": 7},
        '{"date": "2026-11-20", "base": "USD", "quote": "CNY", "rate": 1e999999999}',
    ],
)
def test_an_answer_that_does_not_fit(rates, standin, answer):
    standin.say(PATH, answer)
    assert "does not know" in called(rates, from_currency="USD", to_currency="CNY").text


@pytest.mark.parametrize(
    ("name", "code"),
    [("Euros", "EUR"), ("US  dollars", "USD"), ("swiss francs", "CHF"), ("越南盾", "VND"), ("加元", "CAD"), ("zar", "ZAR")],
)
def test_currencies_by_the_names_people_use(rates, standin, name, code):
    called(rates, from_currency=name, to_currency="CNY")
    assert standin.asked[0][0] == f"/v2/rate/{code}/CNY"
