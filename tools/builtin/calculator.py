"""The calculator: exact where numbers are exact, and never slow.

It evaluates an expression, in words and signs that people and models write, through `tools.builtin.expression`; what is here is
the tool around it and how a number is written down. It knows no variables and no units.
"""

import re
from collections.abc import Mapping
from decimal import Decimal, Inexact, localcontext
from fractions import Fraction
from typing import Any

from tools.base import Tool, ToolContext, ToolOutput, ToolSpec
from tools.builtin.expression import LONGEST, evaluate

_DIGITS = 15  # of a result that is rounded
_ANGLES = re.compile(r"\b(?:sin|cos|tan)\b", re.IGNORECASE)
_MEASURED = re.compile(r"pi\b|[π°]", re.IGNORECASE)
_WHOLE = 1000  # digits of a whole number that are written out


class Calculator(Tool):
    """Evaluates one arithmetic expression."""

    id = "calculator"
    titles: Mapping[str, str] = {"en": "Calculator", "zh": "计算器"}
    about: Mapping[str, str] = {
        "en": "Calculates exactly: arithmetic, percentages, powers and roots, trigonometry, logarithms.",
        "zh": "精确计算：四则运算、百分比、乘方开方、三角函数和对数。",
    }
    spec = ToolSpec(
        "calculator",
        "Calculate the exact value of an arithmetic expression: + - * / ^, brackets, percentages (17.5% of 2340, 200 + 15%), "
        "sqrt, sin, cos, tan (radians, or degrees as sin(30°)), ln, log (base 10), exp, abs, round, floor, ceil, min, max, mean, "
        "factorial (5!), mod, pi, e. Use it for every calculation. 计算算式：加减乘除、百分比、乘方、开方、三角函数等。",
        {
            "type": "object",
            "properties": {
                "expression": {
                    "type": "string",
                    "description": "The expression, such as (3 + 4.5) * 2^10 or 17.5% of 2,340. 要计算的算式。",
                    "minLength": 1,
                    "maxLength": LONGEST,
                }
            },
            "required": ["expression"],
            "additionalProperties": False,
        },
    )

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Raises `ToolFailed` for an expression that cannot be read or has no value."""
        expression = arguments["expression"].strip()
        value = evaluate(expression)
        text, exact = written(value)
        told = f"{expression.rstrip('=＝?？ ')} {'=' if exact else '≈'} {text}"
        if (
            isinstance(value, Fraction)
            and not exact
            and value.denominator != 1
            and max(abs(value.numerator), value.denominator) < 10**9
        ):
            told += context.say(f" (exactly {value})", f"（精确值 {value}）")
        if _ANGLES.search(expression) and not _MEASURED.search(expression):
            told += context.say(" (angles in radians; in degrees write sin(30°))", "（角度按弧度计；按度算请写 sin(30°)）")
        return ToolOutput(told, {"expression": expression, "result": text, "exact": exact})


def written(value: Fraction | Decimal) -> tuple[str, bool]:
    """The number in digits, and whether those are all of it."""
    if isinstance(value, Fraction):
        if value.denominator == 1:
            digits = str(value.numerator)
            return (digits, True) if len(digits) <= _WHOLE else (_rounded(Decimal(value.numerator)), False)
        with localcontext(prec=40) as context:
            context.clear_flags()
            quotient = Decimal(value.numerator) / Decimal(value.denominator)
            if not context.flags[Inexact]:
                return _plain(quotient), True
        return _rounded(quotient), False
    return _rounded(value), False


def _rounded(value: Decimal) -> str:
    with localcontext(prec=_DIGITS):
        return _plain((+value).normalize())


def _plain(value: Decimal) -> str:
    """Without an exponent as long as that is short enough to read."""
    if -12 <= value.adjusted() <= 20:
        return f"{value:f}"
    return (
        f"{value:e}".replace("e+", "e") if len(value.as_tuple().digits) > 1 else f"{value}".replace("E+", "e").replace("E", "e")
    )
