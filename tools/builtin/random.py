"""Chance: numbers, choices, an order, dice, names that nobody has, and passwords.

All of it comes from the system's own source of randomness, through `secrets`; there is no seed, so nothing can be drawn again.
"""

import json
import re
import secrets
import string
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from common.errors import ToolFailed
from tools.base import Tool, ToolContext, ToolOutput, ToolSpec

_MOST = 100  # draws in one call
_ITEMS = 1000
_LARGEST = 10**18
_RANGE = re.compile(r"([+-]?\d{1,19})(?:\s*(?:\.\.\.?|to|到|至|~|～|-|–|—|,|，)\s*([+-]?\d{1,19}))?", re.IGNORECASE | re.ASCII)
_DICE = re.compile(r"(\d{0,3})\s*d\s*(\d{1,5})\s*(?:([+-])\s*(\d{1,6}))?", re.IGNORECASE | re.ASCII)
_SEPARATOR = re.compile(r"[\n;；]")
_OR = re.compile(r"\s+or\s+|还是|或者|或", re.IGNORECASE)
_COMMA = re.compile(r"[,，、]")
_SIGNS = "!#$%&*+-=?@^_"
_ALPHABETS = (string.ascii_lowercase, string.ascii_uppercase, string.digits, _SIGNS)
_SHORTEST, _LONGEST = 8, 128  # of a password
_SYSTEM = secrets.SystemRandom()


class Random(Tool):
    """Draws by chance."""

    id = "random"
    titles: Mapping[str, str] = {"en": "Random", "zh": "随机"}
    about: Mapping[str, str] = {
        "en": "Draws numbers, picks or shuffles items, rolls dice, makes UUIDs and passwords.",
        "zh": "抽随机数、随机挑选或打乱顺序、掷骰子、生成 UUID 和密码。",
    }
    spec = ToolSpec(
        "random",
        "Draw by chance: a random integer, a choice from items, a shuffled order, dice such as 2d6, a uuid or a password. "
        "随机数、随机挑选、打乱顺序、掷骰子、UUID、密码。",
        {
            "type": "object",
            "properties": {
                "kind": {
                    "type": "string",
                    "enum": ["integer", "choice", "shuffle", "dice", "uuid", "password"],
                    "description": "What to draw. 抽什么。",
                },
                "of": {
                    "type": "string",
                    "description": "Range 1-100, items red, blue, dice 2d6, or length of a password. 范围、选项或骰子。",
                    "maxLength": 20_000,
                },
                "count": {"type": "integer", "description": "How many. Left out: 1. 个数。", "minimum": 1, "maximum": _MOST},
            },
            "required": ["kind"],
            "additionalProperties": False,
        },
    )

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Raises `ToolFailed` for a range, a list or dice that cannot be read, and for more choices than there are items."""
        kind, of, count = arguments["kind"], arguments.get("of", "").strip(), int(arguments.get("count", 1))
        if kind == "dice":
            return _rolled(of or "1d6", count, context)
        if kind == "choice":
            drawn = _chosen(_items(of), count)
        elif kind == "shuffle":
            items = _items(of)
            drawn = _SYSTEM.sample(items, len(items))
        elif kind == "uuid":
            drawn = [str(uuid.uuid4()) for _ in range(count)]
        elif kind == "password":
            length = _length(of)
            drawn = [_password(length) for _ in range(count)]
        else:
            low, high = _range(of or "1-100")
            numbers = [low + secrets.randbelow(high - low + 1) for _ in range(count)]
            return ToolOutput(", ".join(map(str, numbers)), {"kind": kind, "results": numbers})
        return ToolOutput(("\n" if kind == "password" else ", ").join(drawn), {"kind": kind, "results": drawn})


def _rolled(text: str, count: int, context: ToolContext) -> ToolOutput:
    found = _DICE.fullmatch(text)
    number, sides = (int(found[1] or 1), int(found[2])) if found else (0, 0)
    if found is None or not 1 <= number <= 100 or not 2 <= sides <= 10_000:
        raise ToolFailed(
            f"{text!r} is no throw of dice. Write 2d6 or 1d20+3: up to 100 dice of 2 to 10000 sides.",
            f"看不懂骰子 {text!r}。请写成 2d6 或 1d20+3：最多 100 个，每个 2 到 10000 面。",
        )
    added = int(found[4]) * (-1 if found[3] == "-" else 1) if found[4] else 0
    throws = [[1 + secrets.randbelow(sides) for _ in range(number)] for _ in range(count)]
    results = [{"dice": dice, "total": sum(dice) + added} for dice in throws]
    more = f" {found[3]} {abs(added)}" if added else ""
    told = "; ".join(f"{' + '.join(map(str, dice))}{more} = {sum(dice) + added}" for dice in throws)
    return ToolOutput(f"{text}{context.say(': ', '：')}{told}", {"kind": "dice", "results": results})


def _chosen(items: Sequence[str], count: int) -> list[str]:
    if count > len(items):
        raise ToolFailed(
            f"{count} cannot be chosen from {len(items)} items. Ask for fewer, or give more items.",
            f"只有 {len(items)} 个选项，选不出 {count} 个。请少选一些，或多给选项。",
        )
    return _SYSTEM.sample(items, count)


def _items(text: str) -> list[str]:
    """Items of a JSON list, else of lines or between semicolons, else between commas, else between "or", else between spaces."""
    items = _listed(text)
    if items is None:
        separator = _SEPARATOR if _SEPARATOR.search(text) else _COMMA
        items = [item.strip() for item in separator.split(text) if item.strip()]
        if len(items) == 1:
            items = [item.strip() for item in _OR.split(text) if item.strip()] or items
        if len(items) == 1:
            items = text.split()
    if not items or len(items) > _ITEMS:
        raise ToolFailed(
            f"There are {len(items)} items to draw from; give 1 to {_ITEMS} of them in 'of', as in: red, green, blue.",
            f"可选的有 {len(items)} 项。请在 of 里写 1 到 {_ITEMS} 项，例如：红、绿、蓝。",
        )
    return items


def _listed(text: str) -> list[str] | None:
    if not text.startswith("["):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return [item if isinstance(item, str) else json.dumps(item, ensure_ascii=False) for item in found]


def _range(text: str) -> tuple[int, int]:
    """Both ends count; a single number is the upper end."""
    found = _RANGE.fullmatch(text.strip("()[]（） "))
    if found is None:
        _no_range(text)
    ends = (int(found[1]), int(found[2])) if found[2] else (min(1, int(found[1])), int(found[1]))
    low, high = min(ends), max(ends)
    if max(abs(low), abs(high)) > _LARGEST:
        _no_range(text)
    return low, high


def _no_range(text: str) -> NoReturn:
    raise ToolFailed(
        f"{text[:60]!r} is no range of whole numbers up to 10^18. Write 1-100, or -5 to 5.",
        f"{text[:60]!r} 不是整数范围（最大 10 的 18 次方）。请写成 1-100，或 -5 到 5。",
    )


def _length(text: str) -> int:
    length = int(text) if re.fullmatch(r"\d{1,4}", text, re.ASCII) else 16 if not text else 0
    if not _SHORTEST <= length <= _LONGEST:
        raise ToolFailed(
            f"A password cannot have the length {text[:60]!r}. Write a number from {_SHORTEST} to {_LONGEST}.",
            f"密码长度不能是 {text[:60]!r}。请写 {_SHORTEST} 到 {_LONGEST} 之间的数。",
        )
    return length


def _password(length: int) -> str:
    """Of all four alphabets; drawn anew until it has one sign of each, so that no place is less random than another."""
    signs = "".join(_ALPHABETS)
    while True:
        drawn = "".join(secrets.choice(signs) for _ in range(length))
        if all(any(sign in alphabet for sign in drawn) for alphabet in _ALPHABETS):
            return drawn
