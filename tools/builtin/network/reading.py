"""Reading what a stranger sent: any field may be missing, of another type, endless or unprintable, and none of it raises.

Pure functions of JSON values. They make text fit to be put before a model, one line of a length; whether what it says is true
nobody knows here.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from common.documents import UNSEEN

_SPACES = re.compile(r"\s+")
_BLANK_LINES = re.compile(r"\n\s*\n+")
_LONGEST_LINK = 500
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_KANA = re.compile("[\u3040-\u30ff]")


def part(data: Any, *path: str | int) -> Any:
    """What lies in `data` at the end of a path of names and places in lists; None where there is no such thing."""
    for step in path:
        if isinstance(step, str) and isinstance(data, Mapping):
            data = data.get(step)
        elif isinstance(step, int) and isinstance(data, list) and step < len(data):
            data = data[step]
        else:
            return None
    return data


def listed(value: Any) -> list[Any]:
    """A list; an empty one for what is none."""
    return value if isinstance(value, list) else []


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list, without what is none; an empty list for what is no list."""
    return [each for each in listed(value) if isinstance(each, Mapping)]


def line(value: Any, limit: int = 300) -> str:
    """A text as one line of at most `limit` characters; "" for what is no text."""
    if not isinstance(value, str):
        return ""
    # Cut before it is cleaned: what is endless would take long, and blanks beyond four times the limit hide nothing.
    text = UNSEEN.sub("", _SPACES.sub(" ", value[: 4 * limit])).strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def lines(value: Any, limit: int) -> str:
    """A text with its lines, no more than one blank between them, of at most `limit` characters; "" for what is no text."""
    if not isinstance(value, str):
        return ""
    kept = "\n".join(UNSEEN.sub("", each).rstrip() for each in value[: 4 * limit].splitlines())
    text = _BLANK_LINES.sub("\n\n", kept).strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def whole(value: Any) -> int | None:
    """A whole number that is not negative, such as a count; None for anything else."""
    number = real(value)
    return None if number is None or number < 0 or number != int(number) else int(number)


def real(value: Any) -> Decimal | None:
    """A finite number of a size that occurs in life; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return None
    number = Decimal(value)
    return number if number.is_finite() and number.adjusted() <= 18 else None


def link(value: Any) -> str:
    """A web address on one line; "" for anything else."""
    if not isinstance(value, str) or len(value) > _LONGEST_LINK or _SPACES.search(value) or UNSEEN.search(value):
        return ""
    try:
        parsed = urlsplit(value)
    except ValueError:
        return ""
    return value if parsed.scheme in ("http", "https") and parsed.netloc else ""


def day(value: Any) -> str:
    """The day of a moment written as 2026-11-22T10:00:00Z; "" for anything else."""
    text = line(value, 40)[:10]
    return text if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else ""


def written_in(text: str, otherwise: str) -> str:
    """The language that the letters of a text show ("zh", "ja"), else `otherwise`."""
    return "ja" if _KANA.search(text) else "zh" if _HAN.search(text) else otherwise
