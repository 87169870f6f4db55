"""Reading arithmetic as people and models write it: our own small parser, which evaluates while it reads.

Nothing is handed to Python's `eval`, and what a number is or may become is the business of `arithmetic.py`. No expression of the
longest length takes more than a few milliseconds.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, DecimalException, localcontext
from fractions import Fraction
from typing import NoReturn

from tools.builtin.arithmetic import (
    CONSTANTS,
    LARGEST,
    ONE,
    PI,
    SEVERAL,
    Number,
    decimal_of,
    factorial,
    literal,
    modulo,
    over,
    plus,
    raised,
    refuse,
    times,
    too_large,
)

LONGEST = 1000
"""Characters of an expression."""

_DEPTH = 40  # brackets and powers inside one another
_NAMES = {*ONE, *SEVERAL, *CONSTANTS}
_TOKEN = re.compile(
    r"\s*(?:([0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?)|([A-Za-z_π√][A-Za-z_0-9]*)|(.))", re.S
)
_WRITTEN = {
    "×": "*", "·": "*", "⋅": "*", "∙": "*", "÷": "/", "∕": "/", "−": "-", "–": "-", "—": "-", "﹣": "-", "[": "(", "]": ")",
    "{": "(", "}": ")", "【": "(", "】": ")", "加上": "+", "加": "+", "减去": "-", "减": "-", "乘以": "*", "乘": "*", "除以": "/",
    "的": " of ", "，": ",", "、": ",", "**": "^", "√": " sqrt ", "π": " pi ", "²": "^2", "³": "^3",
    " percent": "%", " plus ": "+", " minus ": "-", " times ": "*", " divided by ": "/",
    " to the power of ": "^", " squared": "^2", " cubed": "^3", "square root of": " sqrt ",
}  # fmt: skip
_REWRITE = re.compile("|".join(map(re.escape, sorted(_WRITTEN, key=len, reverse=True))))
_ASKED = re.compile(r"(?:what(?:'s| is)|calculate|compute|请?计算一?下?|算一下)[:：\s]*", re.IGNORECASE)
_ASKS = re.compile(r"(?<!\s)[=＝?？\s]*(?:等于|是)(?:多少|几)$")
_MONEY = re.compile("[$￥¥€£元]")
_COUNTED = r"((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)\s*(万亿|亿|万|千|百)"
_LARGE = re.compile(rf"(?<![\d.,])(?:{_COUNTED}\s*)+(?!\s*[\d.])")
_SIZES = {"百": 2, "千": 3, "万": 4, "亿": 8, "万亿": 12}
_CROSS = re.compile(r"(?<=[0-9)])(?<!\b0)\s*[xX]\s*(?=[0-9(])")
_FACTORIAL = re.compile(r"(?<=[0-9)])\s+factorial\b(?!\s*\()")


def evaluate(expression: str) -> Number:
    """The value of an expression; raises `ToolFailed` when it cannot be read, has no real value or would be too large."""
    if len(expression) > LONGEST:
        refuse(f"The expression is longer than {LONGEST} characters.", f"算式超过了 {LONGEST} 个字符。")
    try:
        with localcontext(Context(prec=50, Emax=LARGEST, Emin=-LARGEST)):
            return _Parser(_tokens(expression)).whole()
    except ZeroDivisionError:
        refuse("Division by zero has no value. Check the divisor.", "不能除以零。请检查除数。")
    except (DecimalException, OverflowError, ValueError):
        too_large()


@dataclass(frozen=True, slots=True)
class _Token:
    """`kind` is "number", "name", "sign" or "end"; `spaced` says that a space stands before it."""

    kind: str
    text: str
    spaced: bool


def _in_full(found: re.Match[str]) -> str:
    """3亿5000万 as a sum of what its parts stand for."""
    parts = (f"{number}*10^{_SIZES[size]}" for number, size in re.findall(_COUNTED, found[0]))
    return f"({'+'.join(parts)})"


def _tokens(expression: str) -> list[_Token]:
    asked = _ASKED.match(text := expression.strip().rstrip("?？ "))
    text = _ASKS.sub("", text[asked.end() :] if asked else text)
    text = _LARGE.sub(_in_full, _MONEY.sub("", text))
    # NFKC would turn ² into a plain 2, so our own spellings come first.
    text = _REWRITE.sub(lambda found: _WRITTEN[found[0]], text)
    text = unicodedata.normalize("NFKC", text).strip().rstrip("=? ")
    text = _FACTORIAL.sub("!", _CROSS.sub("*", _REWRITE.sub(lambda found: _WRITTEN[found[0]], text)))
    tokens: list[_Token] = []
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            break
        spaced = text[position].isspace()
        number, name, sign = found.groups()
        kind = "number" if number else "name" if name else "sign"
        tokens.append(_Token(kind, number or (name or "").lower() or sign, spaced))
        position = found.end()
    return [*_without_thousands(tokens), _Token("end", "", True)]


def _without_thousands(tokens: Sequence[_Token]) -> list[_Token]:
    """2,340 as one number, except where a comma stands between the arguments of a function."""
    joined: list[_Token] = []
    calls: list[bool] = []
    for index, token in enumerate(tokens):
        if token.text == "(":
            calls.append(index > 0 and tokens[index - 1].text in SEVERAL)
        elif token.text == ")" and calls:
            calls.pop()
        thousands = (
            len(joined) > 1
            and token.kind == "number"
            and not token.spaced
            and joined[-1].text == ","
            and not joined[-1].spaced
            and re.fullmatch(r"[0-9]+", joined[-2].text)
            and re.match(r"[0-9]{3}(?![0-9])", token.text)
            and not (calls and calls[-1])
        )
        if thousands:
            joined[-2:] = [_Token("number", joined[-2].text + token.text, joined[-2].spaced)]
        else:
            joined.append(token)
    return joined


class _Parser:
    """Evaluates while it reads; one method a level, weakest binding first."""

    def __init__(self, tokens: Sequence[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self, *texts: str) -> str:
        """The next token when it is one of `texts`, else ""."""
        token = self._next
        if token.kind == "end" or token.text not in texts:
            return ""
        self._at += 1
        return token.text

    def whole(self) -> Number:
        value = self._sum()
        if self._next.kind != "end":
            self._unexpected()
        return value

    def _unexpected(self) -> NoReturn:
        token = self._next
        if token.kind == "end":
            refuse("The expression ends too early. Complete it.", "算式不完整，请补全。")
        if token.kind == "name":
            names = ", ".join([*ONE, *SEVERAL, *CONSTANTS])
            refuse(
                f"The calculator does not know {token.text!r} here. It knows numbers, + - * / ^ % ! and {names}.",
                f"计算器看不懂这里的 {token.text!r}。它认识数字、+ - * / ^ % ! 以及 {names}。",
            )
        refuse(
            f"The calculator cannot read {token.text!r} where it stands. Write it as in (3 + 4.5) * 2^10 or 17.5% of 2340.",
            f"计算器看不懂这个位置的 {token.text!r}。请写成 (3 + 4.5) * 2^10 或 17.5% of 2340 这样。",
        )

    def _sum(self) -> Number:
        value, _ = self._product()
        while sign := self._take("+", "-"):
            term, percent = self._product()
            if percent:  # 200 + 15% is 15 % more than 200
                term = times(value, term)
            value = plus(value, term if sign == "+" else -term)
        return value

    def _product(self) -> tuple[Number, bool]:
        """The value, and whether it is a percentage standing alone."""
        value, percent = self._signed()
        while True:
            if self._take("*", "of", "x"):
                value, percent = times(value, self._signed()[0]), False
            elif self._take("/"):
                value, percent = over(value, self._signed()[0]), False
            elif self._take("mod", "%"):
                value, percent = modulo(value, self._signed()[0]), False
            elif not percent and (self._next.text == "(" or (self._next.kind == "name" and self._next.text in _NAMES)):
                value = times(value, self._signed()[0])  # 2(3 + 4), 2pi
            else:
                return value, percent

    def _signed(self) -> tuple[Number, bool]:
        negative = False
        while sign := self._take("+", "-"):
            negative ^= sign == "-"
        value, percent = self._power()
        return (-value if negative else value), percent

    def _power(self) -> tuple[Number, bool]:
        value, percent = self._postfix()
        if not self._take("^"):
            return value, percent
        self._go_deeper()
        exponent, _ = self._signed()
        self._depth -= 1
        return raised(value, exponent), False

    def _postfix(self) -> tuple[Number, bool]:
        value, percent = self._atom(), False
        while True:
            if self._take("!"):
                value, percent = factorial(value), False
            elif self._take("°"):
                value, percent = over(times(decimal_of(value), PI), Fraction(180)), False
            elif self._next.text == "%" and not self._is_modulo():
                self._at += 1
                value, percent = over(value, Fraction(100)), True
            else:
                return value, percent

    def _is_modulo(self) -> bool:
        """Whether the % that comes next stands between two values: 10 % 3, but not 10% * 3."""
        after = self._tokens[self._at + 1]
        if after.kind != "number" and after.text != "(" and after.text not in _NAMES:
            return False
        if not self._next.spaced and after.spaced:
            refuse(
                "It is unclear what this % means. Write 10% of 30 for a share, 10 mod 3 for a remainder.",
                "这里的 % 含义不明。求百分比请写 10% of 30，求余数请写 10 mod 3。",
            )
        return True

    def _atom(self) -> Number:
        token = self._next
        if token.kind == "number":
            self._at += 1
            return literal(token.text)
        if token.kind == "name" and token.text in CONSTANTS:
            self._at += 1
            return CONSTANTS[token.text]
        if token.kind == "name" and token.text in _NAMES:
            self._at += 1
            return self._function(token.text)
        if self._take("("):
            return self._bracket()
        return self._unexpected()

    def _bracket(self) -> Number:
        self._go_deeper()
        value = self._sum()
        if not self._take(")"):
            self._unexpected()
        self._depth -= 1
        return value

    def _function(self, name: str) -> Number:
        if not self._take("("):
            if name not in ONE:
                self._unexpected()
            self._go_deeper()
            value = ONE[name](self._postfix()[0])  # √2
            self._depth -= 1
            return value
        self._go_deeper()
        values = [self._sum()]
        while self._take(","):
            values.append(self._sum())
        if not self._take(")"):
            self._unexpected()
        self._depth -= 1
        if name in ONE and len(values) == 1:
            return ONE[name](values[0])
        if name in SEVERAL:
            return SEVERAL[name](values)
        return refuse(f"{name} takes one number, not {len(values)}.", f"{name} 只接受一个数，而不是 {len(values)} 个。")

    def _go_deeper(self) -> None:
        self._depth += 1
        if self._depth > _DEPTH:
            refuse(f"More than {_DEPTH} brackets inside one another. Simplify it.", f"括号嵌套超过 {_DEPTH} 层，请化简。")
