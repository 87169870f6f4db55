"""Ids, names and titles of imported tools, made of the words that their makers used; unique, and of the letters they may have."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from tools.documents import numbered
from tools.schemas import as_text, clean_text

_WORDS = re.compile(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+")


def free(wanted: str, joint: str, taken: dict[str, int]) -> str:
    """`wanted`, or the next like it with a number that is not `taken` (each with the number the next may get); it is then."""
    first = taken.get(wanted, 1)
    number, found = next((n, name) for n, name in enumerate(numbered(wanted, joint, first), first) if name not in taken)
    taken[wanted] = number + 1
    taken.setdefault(found, 2)
    return found


def one_line(value: Any, limit: int) -> str:
    return clean_text(" ".join(clean_text(value, 4 * limit).split()), limit)


def model_name(value: Any) -> str:
    """A name that models may call a tool by, "" where nothing is left of `value`."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", as_text(value)[:200]).strip("_")
    return f"_{name}"[:64] if name[:1].isdigit() else name[:64]


def in_words(name: str) -> str:
    """ "getPetById" as "Get pet by id"."""
    words = " ".join(word if word.isupper() else word.lower() for word in _WORDS.findall(name))
    return words[:1].upper() + words[1:]


def title_slug(title: str) -> str:
    """The title of an API as the beginning of ids: "Améthyste API" as "amethyste-api"."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return _slug(re.findall("[a-z0-9]+", plain), 24) or "api"


def tool_id(title: str, name: str) -> str:
    return f"{title_slug(title)}-{_slug(_WORDS.findall(name), 39)}".rstrip("-")


def _slug(words: Sequence[str], limit: int) -> str:
    """Whole words while they fit, or the beginning of the first."""
    slug = ""
    for word in words:
        if len(slug) + len(word) >= limit:
            break
        slug = f"{slug}-{word}" if slug else word
    return (slug or "".join(words[:1])[:limit]).lower()
