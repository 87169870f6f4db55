"""The calculator: exact, as people write it, refusing in a sentence, and never slow."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from common.errors import ToolFailed
from tests.timing import quickly
from tools.base import ToolContext
from tools.builtin.calculator import Calculator
from tools.builtin.expression import evaluate
from tools.runner import run

EXACT = [
    ("0.1+0.2", "0.3"),
    ("17.5% of 2,340", "409.5"),
    ("2,340的17.5%", "409.5"),
    ("17.5 percent of 2340", "409.5"),
    ("200 + 15%", "230"),
    ("200 - 15%", "170"),
    ("100 + 10% * 5", "100.5"),
    ("50%", "0.5"),
    ("2+3*4", "14"),
    ("(2+3)*4", "20"),
    ("2(3+4)", "14"),
    ("-2^2", "-4"),
    ("2^-1", "0.5"),
    ("2^3^2", "512"),
    ("2**10", "1024"),
    ("10 % 3", "1"),
    ("-7 mod 3", "2"),
    ("--5", "5"),
    ("3 x 4", "12"),
    ("３×４÷２", "6"),
    ("3加4乘以2", "11"),
    ("12 plus 5 times 2", "22"),
    ("7 factorial", "5040"),
    ("2 * factorial(5)", "240"),
    ("square root of 3,136", "56"),
    ("3 to the power of 4", "81"),
    ("12 squared plus 2 cubed", "152"),
    ("1,234,567*2 = ?", "2469134"),
    ("what is 12 * 7?", "84"),
    ("计算 12*7", "84"),
    ("12乘7等于多少？", "84"),
    ("￥100 * 0.8", "80"),
    ("$1,200 + $300", "1500"),
    ("1.5亿/3", "50000000"),
    ("3亿5000万", "350000000"),
    ("1万5千 + 1", "15001"),
    ("12.5万 * 20%", "25000"),
    ("max(1,234)", "234"),
    ("max((1,234), 2)", "1234"),
    ("min(3, 1/2)", "0.5"),
    ("5!", "120"),
    ("10!/8!", "90"),
    ("√16", "4"),
    ("sqrt(2.25)", "1.5"),
    ("8^(1/3)", "2"),
    ("(-8)^(1/3)", "-2"),
    ("cbrt(-27)", "-3"),
    ("0^0", "1"),
    ("log(1000)", "3"),
    ("log(8, 2)", "3"),
    ("log2(1024)", "10"),
    ("round(2.5)", "3"),
    ("round(-2.675, 2)", "-2.68"),
    ("floor(-0.5)", "-1"),
    ("ceil(1/3)", "1"),
    ("abs(-3)", "3"),
    ("mean(1, 2, 6)", "3"),
    ("gcd(12, 18) + lcm(4, 6)", "18"),
    ("2^100", "1267650600228229401496703205376"),
    ("(1/3)*3", "1"),
    ("1e-5", "0.00001"),
    ("1/1024", "0.0009765625"),
    ("1.5e-30", "1.5e-30"),
    ("5²", "25"),
]

ROUNDED = [
    ("1/3", "0.333333333333333"),
    ("2/3", "0.666666666666667"),
    ("2^0.5", "1.4142135623731"),
    ("pi", "3.14159265358979"),
    ("e^2", "7.38905609893065"),
    ("sin(30°)", "0.5"),
    ("sin(pi)", "0"),
    ("cos(60°)", "0.5"),
    ("tan(45°)", "1"),
    ("atan(1)*4", "3.14159265358979"),
    ("ln(10)", "2.30258509299405"),
    ("exp(100)", "2.68811714181614e43"),
]

REFUSED = [
    ("1/0", "Division by zero"),
    ("5 mod 0", "Division by zero"),
    ("0^-1", "Division by zero"),
    ("1/sin(0)", "Division by zero"),
    ("mean()", "cannot read"),
    ("sqrt(-1)", "no real value"),
    ("ln(0)", "no real value"),
    ("asin(2)", "no real value"),
    ("tan(90°)", "no value at this angle"),
    ("9^9^9", "too large"),
    ("10^1000000000", "too large"),
    ("0.5^100000", "too large"),
    ("1e99999", "too large"),
    ("1e999999999999", "too large"),
    ("exp(100000)", "too large"),
    ("sin(10^30)", "too large"),
    ("99999!", "from 0 to 1000"),
    ("2.5!", "from 0 to 1000"),
    ("5% 30", "unclear"),
    ("(1+2", "ends too early"),
    ("1+", "ends too early"),
    ("", "ends too early"),
    ("2 3", "cannot read '3'"),
    ("1+2)", "cannot read ')'"),
    ("foo(2)", "does not know 'foo'"),
    ("import os", "does not know 'import'"),
    ("__import__('os').system('x')", "does not know"),
    ("0x10", "does not know"),
    ("sqrt(1,5)", "takes one number"),
    ("gcd(1.5, 2)", "whole numbers"),
    ("round(1, 2, 3)", "1 to 2 numbers"),
    ("round(1, 1000)", "at most 100"),
    ("(" * 60 + "1" + ")" * 60, "brackets"),
    ("2^" * 60 + "1", "brackets"),
    ("1" * 1001, "longer than 1000"),
]


def calculate(expression, language="en"):
    return run(Calculator(), {"expression": expression}, ToolContext(language=language))


@pytest.mark.parametrize(("expression", "result"), EXACT)
def test_exact_results(expression, result):
    output = calculate(expression)
    assert (output.data["result"], output.data["exact"]) == (result, True)
    assert output.text.endswith(f"= {result}")


@pytest.mark.parametrize(("expression", "result"), ROUNDED)
def test_rounded_results_say_so(expression, result):
    output = calculate(expression)
    assert (output.data["result"], output.data["exact"]) == (result, False)
    assert f"≈ {result}" in output.text


@pytest.mark.parametrize(("expression", "told"), REFUSED)
def test_what_has_no_value_is_refused_in_both_languages(expression, told):
    with pytest.raises(ToolFailed) as caught:
        evaluate(expression)
    assert told in caught.value.english
    assert any("一" <= character <= "鿿" for character in caught.value.chinese)


def test_a_fraction_is_shown_beside_its_rounding_in_the_readers_language():
    assert calculate("1/3").text == "1/3 ≈ 0.333333333333333 (exactly 1/3)"
    assert calculate("1/3", "zh").text == "1/3 ≈ 0.333333333333333（精确值 1/3）"
    assert calculate("1/0", "zh").text == "不能除以零。请检查除数。"


def test_long_numbers_are_written_out_up_to_a_thousand_digits():
    assert calculate("10^999").data["result"] == "1" + "0" * 999
    assert calculate("2^4000").text == "2^4000 ≈ 1.31820409343094e1204"


numbers = st.decimals(-1000, 1000, places=3, allow_nan=False, allow_infinity=False)


@given(numbers, st.sampled_from("+-*/"), numbers)
def test_it_agrees_with_fractions(a, operator, b):
    x, y = Fraction(a), Fraction(b)
    expected = {"+": lambda: x + y, "-": lambda: x - y, "*": lambda: x * y, "/": lambda: x / y if y else None}[operator]()
    text = f"({a:f}) {operator} ({b:f})"
    if expected is None:
        with pytest.raises(ToolFailed):
            evaluate(text)
    else:
        assert evaluate(text) == expected


@given(st.integers(0, 10**60), st.integers(2, 40))
def test_roots_of_powers_are_exact_and_no_others(root, degree):
    assert evaluate(f"({root}^{degree})^(1/{degree})") == root
    assert root < 2 or isinstance(evaluate(f"({root}^{degree} + 1)^(1/{degree})"), Decimal)


@given(st.integers(-(10**12), 10**12))
def test_thousands_read_as_they_are_written(number):
    assert evaluate(f"{number:,}") == number


PIECES = [
    *"0123456789.+-*/^%!(),eE °²√π[]{}x=",
    *("9" * 30, "1000!", "lcm(", "1e999", "sin(", "cos(", "sqrt(", "ln(", "log(", "exp(", "max(", "round(", "gcd(", "^0.5"),
    *("^(1/97)", "^999", "720!", "2^11999", "%of", "mod", "1e-3600", "cbrt(", "atan(", "factorial(", "的", "加", "除以"),
]  # fmt: skip
hard = st.lists(st.sampled_from(PIECES), max_size=250).map(lambda pieces: "".join(pieces)[:500]) | st.text(max_size=500)


@settings(max_examples=1500)
@given(hard)
@example("1000!" + "*1000!/1000!" * 40)
@example("2^11999^(1/7)" * 30)
@example("+".join(["1/" + "9" * 40] * 11))
@example("sqrt(" * 39 + "2^11998" + ")" * 39)
@example("exp(" * 35 + "1" + ")" * 35)
@example("9" * 500 + "^0.001")
@example("(2^5999+1)^(1/2)" + "+(3^3000)^(1/3)" * 25)
def test_no_text_of_500_characters_takes_half_a_second_or_breaks_it(expression):
    output = quickly(lambda: calculate(expression), 0.5)
    assert "error inside the tool" not in output.text


def test_a_count_that_may_be_meant_in_two_ways_is_refused():
    assert run(Calculator(), {"expression": "1万5"}, ToolContext()).failed


def test_a_bare_angle_is_said_to_be_in_radians():
    said = "(angles in radians; in degrees write sin(30°))"
    assert run(Calculator(), {"expression": "sin(30)"}, ToolContext()).text.endswith(said)
    for expression in ("sin(30°)", "cos(pi/3)", "tan(π/4)", "asin(0.5)"):
        assert said not in run(Calculator(), {"expression": expression}, ToolContext()).text
