"""Exchange rates of a day, and an amount in another currency, from Frankfurter, which gathers what central banks publish.

All arithmetic is decimal. These are reference rates of a day, not what a bank or a shop asks; their day is always told.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any

from common.egress import Egress
from common.errors import ArgumentsInvalid
from tools.base import ToolContext, ToolOutput, ToolSpec
from tools.builtin.network.reading import day, part, real
from tools.builtin.network.service import NetworkTool, Service, unexpected

FRANKFURTER = Service("https://api.frankfurter.dev")

_SOURCE = "https://frankfurter.dev/"
_CODE = re.compile("[A-Za-z]{3}")
_CENTLESS = frozenset(("JPY", "KRW", "VND", "CLP", "ISK", "HUF", "IDR", "XAF", "XOF"))  # written without decimals
_DIGITS = 6  # of a rate, and of an amount so small that two decimals would say nothing

# What people say in place of the code; a name of several currencies (dollar, 元) is what most readers of its language mean by it.
_NAMES: Mapping[str, str] = {
    name: code
    for code, names in {
        "USD": "dollar,dollars,us dollar,us dollars,american dollars,us$,$,美元,美金,美刀",
        "EUR": "euro,euros,€,欧元",
        "CNY": "rmb,yuan,renminbi,chinese yuan,cnh,元,人民币,块,块钱,人民币元,软妹币",
        "JPY": "yen,japanese yen,jp¥,日元,日币,日圆",
        "GBP": "pound,pounds,sterling,british pound,british pounds,pounds sterling,£,英镑",
        "HKD": "hk$,hong kong dollar,hong kong dollars,港币,港元,港纸",
        "TWD": "nt$,new taiwan dollar,new taiwan dollars,taiwan dollars,台币,新台币",
        "KRW": "won,korean won,south korean won,₩,韩元,韩币,韩圜",
        "SGD": "singapore dollar,singapore dollars,新加坡元,新加坡币,新币,坡币",
        "AUD": "australian dollar,australian dollars,澳元,澳币",
        "CAD": "canadian dollar,canadian dollars,加元,加币,加拿大元",
        "CHF": "franc,francs,swiss franc,swiss francs,瑞士法郎,瑞郎,法郎",
        "THB": "baht,thai baht,泰铢,泰币",
        "INR": "rupee,rupees,indian rupee,indian rupees,₹,卢比,印度卢比",
        "RUB": "ruble,rubles,rouble,roubles,russian rubles,₽,卢布",
        "MOP": "pataca,澳门元,澳门币",
        "MYR": "ringgit,malaysian ringgit,马币,林吉特,令吉",
        "NZD": "new zealand dollar,new zealand dollars,新西兰元,纽币,纽元",
        "VND": "dong,vietnamese dong,₫,越南盾",
        "IDR": "rupiah,indonesian rupiah,印尼盾,印尼卢比",
        "PHP": "philippine peso,philippine pesos,菲律宾比索",
        "MXN": "mexican peso,mexican pesos,墨西哥比索",
        "BRL": "real,reais,brazilian real,巴西雷亚尔,雷亚尔",
        "ZAR": "rand,south african rand,南非兰特,兰特",
        "TRY": "lira,turkish lira,₺,土耳其里拉,里拉",
        "SEK": "swedish krona,swedish kronor,瑞典克朗",
        "NOK": "norwegian krone,norwegian kroner,挪威克朗",
        "DKK": "danish krone,danish kroner,丹麦克朗",
        "AED": "dirham,dirhams,uae dirham,迪拉姆,阿联酋迪拉姆",
        "ILS": "shekel,shekels,₪,新谢克尔,谢克尔",
        "PLN": "zloty,zlotys,兹罗提",
    }.items()
    for name in names.split(",")
}


class ExchangeRates(NetworkTool):
    """Converts between currencies."""

    id = "exchange-rates"
    titles: Mapping[str, str] = {"en": "Exchange rates", "zh": "汇率"}
    about: Mapping[str, str] = {
        "en": "Converts between currencies at the reference rate of today or of a day in the past.",
        "zh": "按今天或过去某天的参考汇率换算货币。",
    }
    spec = ToolSpec(
        "exchange_rate",
        "Convert an amount of money from one currency to another at the reference rate of today or of a past day. "
        "按当天或某天的参考汇率换算货币，如 100 美元等于多少人民币。",
        {
            "type": "object",
            "properties": {
                "from_currency": {
                    "type": "string",
                    "description": "Currency that is converted, such as USD or 美元. 原来的货币。",
                    "minLength": 1,
                    "maxLength": 20,
                },
                "to_currency": {
                    "type": "string",
                    "description": "Currency wanted, such as CNY or 人民币. 换成的货币。",
                    "minLength": 1,
                    "maxLength": 20,
                },
                "amount": {"type": "number", "description": "How much. 金额。", "minimum": 0, "maximum": 1e15, "default": 1},
                "date": {"type": "string", "description": "A past day as 2026-03-01. Left out: today. 日期。", "maxLength": 10},
            },
            "required": ["from_currency", "to_currency"],
            "additionalProperties": False,
        },
    )

    def __init__(self, egress: Egress, *, service: Service = FRANKFURTER, offline: bool = False) -> None:
        super().__init__(egress, offline=offline)
        self._service = service

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Raises `ArgumentsInvalid` for a currency or a day that is none, `ToolFailed` where there is no rate."""
        base, quote = _currency(arguments["from_currency"]), _currency(arguments["to_currency"])
        # Through its text: 0.1 is meant as a tenth, not as the binary number nearest to it.
        amount = Decimal(str(arguments.get("amount", 1)))
        when = _past(arguments["date"], context) if arguments.get("date") else None
        if base == quote:
            return ToolOutput(context.say(f"Both are {base}: {amount:f}.", f"两边都是 {base}：{amount:f}。"))
        asked = [("date", when.isoformat())] if when else []
        none = (
            f"There is no rate from {base} to {quote} for that day. Check the codes of the currencies and the day.",
            f"没有那天从 {base} 到 {quote} 的汇率。请检查货币代码和日期。",
        )
        told = self.ask(self._service, f"/v2/rate/{base}/{quote}", asked, refusals={404: none, 422: none})
        rate, of = real(part(told, "rate")), day(part(told, "date"))
        if rate is None or rate <= 0 or not of or (part(told, "base"), part(told, "quote")) != (base, quote):
            raise unexpected(self._service)
        with localcontext(prec=40):
            result = _rounded(amount * rate, quote)
        pair = f"1 {base} = {_significant(rate):f} {quote}"
        text = context.say(
            f"{amount:f} {base} = {result:f} {quote} ({pair}, reference rate of {of}). Source: Frankfurter, {_SOURCE}",
            f"{amount:f} {base} = {result:f} {quote}（{pair}，{of} 的参考汇率）。来源：Frankfurter，{_SOURCE}",
        )
        numbers = {"amount": f"{amount:f}", "rate": f"{rate:f}", "result": f"{result:f}"}
        return ToolOutput(text, {"from": base, "to": quote, **numbers, "date": of, "source": _SOURCE})


def _currency(text: str) -> str:
    name = " ".join(text.casefold().split())
    code = _NAMES.get(name, name.upper())
    if not _CODE.fullmatch(code):
        raise ArgumentsInvalid(
            f"{text!r} is no currency that I know. Give its code of three letters, such as USD.",
            f"不认识货币 {text!r}。请给出三个字母的代码，如 USD。",
        )
    return code


def _past(text: str, context: ToolContext) -> date:
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        found = date.max
    if found > context.now.date():
        raise ArgumentsInvalid(
            f"{text!r} is no day up to today. Write a past day as 2026-03-01, or leave it out.",
            f"{text!r} 不是今天或之前的日期。请写成 2026-03-01 这样，或不填。",
        )
    return found


def _rounded(value: Decimal, currency: str) -> Decimal:
    """To what is paid in that currency; of an amount below one as many digits as tell something."""
    if value < 1:
        return _significant(value)
    return value.quantize(Decimal(1) if currency in _CENTLESS else Decimal("0.01"), ROUND_HALF_EVEN)


def _significant(value: Decimal) -> Decimal:
    with localcontext(prec=_DIGITS):
        return +value
