"""Words without which a pattern cannot match, found in the pattern itself.

Most messages hold none of the words that a rule of care needs, and looking for a word is many times faster than trying a
pattern. This reads what Python's own parser makes of the pattern; where it cannot tell, it names no word and nothing is spared.
"""

from collections.abc import Iterable
from re import _parser  # type: ignore[attr-defined]  # the standard library's parser has no public name
from typing import Any

_MOST = 80  # a longer list of words costs more than it spares
_COMMON = frozenset("我你他她它的了是在有人这那就都要想会不没被把打说去到上下来个一手里好自己")


def hints(pattern: str) -> tuple[str, ...]:
    """Words of which every match of `pattern` holds at least one; () where there is no such list."""
    found = _needed(_parser.parse(pattern))
    return tuple(sorted(found)) if found else ()


def _needed(parsed: Iterable[tuple[Any, Any]]) -> frozenset[str] | None:
    """The best list among those of the parts that follow each other."""
    candidates: list[frozenset[str]] = []
    run = ""
    for operation, argument in parsed:
        name = str(operation)
        if name == "LITERAL":
            run += chr(argument)
            continue
        if run:
            candidates.append(frozenset([run]))
            run = ""
        part = _of_part(name, argument)
        if part and len(part) <= _MOST:
            candidates.append(part)
    if run:
        candidates.append(frozenset([run]))
    return max(candidates, key=_worth, default=None)


def _of_part(name: str, argument: Any) -> frozenset[str] | None:
    match name:
        case "SUBPATTERN":
            return _needed(argument[3])
        case "BRANCH":
            lists = [_needed(branch) for branch in argument[1]]
            return None if any(not one for one in lists) else frozenset().union(*(one or () for one in lists))
        case "MAX_REPEAT" | "MIN_REPEAT":
            return _needed(argument[2]) if argument[0] else None
        case "ASSERT":
            return _needed(argument[1])
        case "IN":
            letters = [chr(value) for operation, value in argument if str(operation) == "LITERAL"]
            return frozenset(letters) if len(letters) == len(argument) else None
        case _:
            return None


def _worth(words: frozenset[str]) -> tuple[float, int]:
    """The rarest word list first: long words are rare, Chinese characters rarer, common ones hardly."""
    return min(_rarity(word) for word in words), -len(words)


def _rarity(word: str) -> float:
    return sum(0.3 if letter in _COMMON else 2.5 if letter > "\u2fff" else 0.1 if letter == " " else 1.0 for letter in word)
