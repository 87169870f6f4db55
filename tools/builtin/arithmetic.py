"""Numbers and functions of the calculator: exact fractions until a function makes them approximate, every size bounded first.

A number is a `Fraction`, or a `Decimal` of 50 digits once it went through something like sin. The operations refuse what would
be too large before they compute it, so none takes more than a millisecond or two. Reading expressions is not done here.
"""

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NoReturn

from common.errors import ToolFailed

Number = Fraction | Decimal

LARGEST = 3_600
"""Decimal exponent of the largest approximate number."""

PI = Decimal("3.14159265358979323846264338327950288419716939937510582")
_E = Decimal("2.71828182845904523536028747135266249775724709369995957")

_BITS = 12_000  # of a numerator or denominator: about 3,600 digits
_FACTORIAL = 1000


def refuse(english: str, chinese: str) -> NoReturn:
    raise ToolFailed(english, chinese)


def too_large() -> NoReturn:
    refuse(
        "The numbers in this expression grow too large or too small to be written out. Ask for something smaller.",
        "这个算式里的数太大或太小，没法写出来。请换个小一些的算式。",
    )


def literal(text: str) -> Fraction:
    mantissa, _, exponent = text.lower().partition("e")
    if len(exponent) > 5 or abs(int(exponent or 0)) > LARGEST:
        too_large()
    return _bounded(Fraction(mantissa.rstrip(".")) * Fraction(10) ** int(exponent or 0))


def _bounded(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > _BITS:
        too_large()
    return value


def decimal_of(value: Number) -> Decimal:
    if isinstance(value, Decimal):
        return value
    return Decimal(value.numerator) / Decimal(value.denominator)


def _fraction(value: Number) -> Fraction:
    return value if isinstance(value, Fraction) else _bounded(Fraction(value))


def plus(a: Number, b: Number) -> Number:
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return _bounded(a + b)
    return decimal_of(a) + decimal_of(b)


def times(a: Number, b: Number) -> Number:
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return _bounded(a * b)
    return decimal_of(a) * decimal_of(b)


def over(a: Number, b: Number) -> Number:
    if b == 0:
        raise ZeroDivisionError
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return _bounded(a / b)
    return decimal_of(a) / decimal_of(b)


def modulo(a: Number, b: Number) -> Number:
    return _bounded(_fraction(a) % _fraction(b))


def raised(base: Number, exponent: Number) -> Number:
    if isinstance(base, Fraction) and isinstance(exponent, Fraction):
        if exponent.denominator == 1:
            return _whole_power(base, exponent.numerator)
        if (root := _exact_root(base, exponent.denominator)) is not None:
            return _whole_power(root, exponent.numerator)
    if base < 0:
        _no_value()
    if base == 0:
        if exponent <= 0:
            raise ZeroDivisionError
        return Fraction(0)
    return decimal_of(base) ** decimal_of(exponent)


def _whole_power(base: Fraction, exponent: int) -> Fraction:
    if base == 0 and exponent < 0:
        raise ZeroDivisionError
    if base in (0, 1):
        return Fraction(1) if exponent == 0 else base
    if base == -1:
        return Fraction(-1 if exponent % 2 else 1)
    # The smaller bound: a number of n bits is at least 2^(n-1).
    if (max(base.numerator.bit_length(), base.denominator.bit_length()) - 1) * abs(exponent) > _BITS:
        too_large()
    return _bounded(base**exponent)


def _exact_root(value: Fraction, degree: int) -> Fraction | None:
    """The root of this degree when it is a fraction."""
    if value < 0:
        if degree % 2 == 0:
            _no_value()
        root = _exact_root(-value, degree)
        return None if root is None else -root
    parts = [_whole_root(part, degree) for part in (value.numerator, value.denominator)]
    return None if parts[0] is None or parts[1] is None else Fraction(parts[0], parts[1])


def _whole_root(value: int, degree: int) -> int | None:
    if value in (0, 1):
        return value
    if degree >= value.bit_length():
        return None
    # Newton's method, from a little above the root, where a float says that it is.
    size = math.log2(value) / degree
    shift = max(0, int(size) - 30)
    root = (int(2 ** (size - shift)) + 1) << shift
    while (better := ((degree - 1) * root + value // root ** (degree - 1)) // degree) < root:
        root = better
    return root if root**degree == value else None


def _no_value() -> NoReturn:
    refuse(
        "This expression has no real value (a root or logarithm of a negative number).",
        "这个算式没有实数结果（对负数开方或取对数）。",
    )


def factorial(value: Number) -> Number:
    if not isinstance(value, Fraction) or value.denominator != 1 or not 0 <= value <= _FACTORIAL:
        refuse(f"! works for whole numbers from 0 to {_FACTORIAL}.", f"阶乘只能用于 0 到 {_FACTORIAL} 的整数。")
    return _bounded(Fraction(math.factorial(value.numerator)))


def _sqrt(value: Number) -> Number:
    if value < 0:
        _no_value()
    return raised(value, Fraction(1, 2))


def _size(value: Number) -> Number:
    return -value if value < 0 else value


def _cbrt(value: Number) -> Number:
    if isinstance(value, Fraction) and (root := _exact_root(value, 3)) is not None:
        return root
    size = decimal_of(_size(value)) ** (Decimal(1) / 3)
    return size if value > 0 else -size


def _ln(value: Number) -> Decimal:
    if value <= 0:
        _no_value()
    return (+decimal_of(value)).ln()


def _log(values: Sequence[Number]) -> Number:
    """log(x) to base 10, log(x, base)."""
    _expect("log", values, 1, 2)
    value = values[0]
    base: Number = values[1] if len(values) == 2 else Fraction(10)
    if base <= 0 or base == 1:
        _no_value()
    result = _ln(value) / _ln(base)
    # log 1000 is 3, not 2.99…9: a whole number that gives the value back is the answer.
    whole = Fraction(round(result))
    if (
        isinstance(value, Fraction)
        and isinstance(base, Fraction)
        and abs(whole) < LARGEST
        and _whole_power(base, int(whole)) == value
    ):
        return whole
    return result


def _angular(function: Callable[[float], float]) -> Callable[[Number], Number]:
    """sin and cos, to 15 places, so that sin(30°) is 0.5 and sin(pi) is 0."""

    def apply(value: Number) -> Number:
        angle = decimal_of(value)
        if _size(angle) > 10**25:
            too_large()
        return round(Decimal(function(float(angle % (2 * PI)))), 15).normalize()

    return apply


_sin, _cos = _angular(math.sin), _angular(math.cos)


def _tan(value: Number) -> Number:
    if _size(_cos(value)) < Decimal("1e-14"):
        refuse("The tangent has no value at this angle.", "这个角度的正切不存在。")
    return round(decimal_of(_sin(value)) / decimal_of(_cos(value)), 14).normalize()


def _arc(function: Callable[[float], float]) -> Callable[[Number], Number]:
    def apply(value: Number) -> Number:
        if function is not math.atan and _size(value) > 1:
            _no_value()
        return round(Decimal(function(float(value))), 15).normalize()

    return apply


def _rounding(values: Sequence[Number]) -> Number:
    """Half away from zero, as people round."""
    _expect("round", values, 1, 2)
    places = _fraction(values[1]) if len(values) == 2 else Fraction(0)
    if places.denominator != 1 or abs(places) > 100:
        refuse("round takes a whole number of places, at most 100.", "round 的位数必须是不超过 100 的整数。")
    scale = Fraction(10) ** int(places)
    scaled = abs(_fraction(values[0])) * scale
    size = Fraction(math.floor(scaled + Fraction(1, 2))) / scale
    return size if values[0] >= 0 else -size


def _whole_numbers(name: str, function: Callable[..., int]) -> Callable[[Sequence[Number]], Number]:
    def apply(values: Sequence[Number]) -> Number:
        if any(not isinstance(value, Fraction) or value.denominator != 1 for value in values):
            refuse(f"{name} works for whole numbers.", f"{name} 只能用于整数。")
        return _bounded(Fraction(function(*(int(value) for value in values))))

    return apply


def _mean(values: Sequence[Number]) -> Number:
    return over(_total(values), Fraction(len(values)))


def _total(values: Sequence[Number]) -> Number:
    total: Number = Fraction(0)
    for value in values:
        total = plus(total, value)
    return total


def _expect(name: str, values: Sequence[Number], least: int, most: int) -> None:
    if not least <= len(values) <= most:
        refuse(
            f"{name} takes {least} to {most} numbers, not {len(values)}.",
            f"{name} 接受 {least} 到 {most} 个数，而不是 {len(values)} 个。",
        )


CONSTANTS: dict[str, Number] = {"pi": PI, "e": _E, "tau": 2 * PI}
ONE: dict[str, Callable[[Number], Number]] = {
    "sqrt": _sqrt,
    "cbrt": _cbrt,
    "abs": _size,
    "floor": lambda value: Fraction(math.floor(_fraction(value))),
    "ceil": lambda value: Fraction(math.ceil(_fraction(value))),
    "exp": lambda value: decimal_of(value).exp(),
    "ln": _ln,
    "log2": lambda value: _log([value, Fraction(2)]),
    "log10": lambda value: _log([value]),
    "sin": _sin,
    "cos": _cos,
    "tan": _tan,
    "asin": _arc(math.asin),
    "acos": _arc(math.acos),
    "atan": _arc(math.atan),
    "factorial": factorial,
}
SEVERAL: dict[str, Callable[[Sequence[Number]], Number]] = {
    "log": _log,
    "round": _rounding,
    "min": min,
    "max": max,
    "sum": _total,
    "mean": _mean,
    "avg": _mean,
    "gcd": _whole_numbers("gcd", math.gcd),
    "lcm": _whole_numbers("lcm", math.lcm),
}
