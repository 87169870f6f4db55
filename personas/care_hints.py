"""What a pattern says about the texts it can match: words that each match holds, and marks that no match passes.

Most messages hold none of the words that a rule of care needs, and looking for words is many times faster than trying a pattern.
This reads what Python's own parser makes of a pattern; where it cannot tell, it names no word or no mark, and nothing is spared.
"""

import math
from collections.abc import Iterable
from re import _parser  # type: ignore[attr-defined]  # the standard library's parser has no public name
from typing import Any

ENDS = frozenset("。.!?;\n")
"""The marks at which a sentence ends, and the gaps of most patterns with it."""

_Parsed = Iterable[tuple[Any, Any]]
_MOST_IN_A_ROW = 80  # words put together from parts that follow each other
_MOST = 600
_COMMON = frozenset("我你他她它的了是在有人这那就都要想会不没被把打说去到上下来个一手里好自己")
_FREQUENT = frozenset(
    "得过天看也还能和对地着很多为以可么什时后出起家年心生给只让用样见知道定关结找听写吃喝怎因但再又大小中学点走真老开跟从做事"
    "最成发分面前些本两三如果然觉感情工作朋友爸妈孩子"
)


def hints(pattern: str) -> tuple[str, ...]:
    """Words of which every match of `pattern` holds at least one; () where there is no such list."""
    return tuple(sorted(_rarest(_needed(_parser.parse(pattern))) or ()))


def stops(pattern: str) -> frozenset[str]:
    """Those of `ENDS` that no match of `pattern` holds, and that it does not even look at behind one."""
    return ENDS - _taken(_parser.parse(pattern))


def _needed(parsed: _Parsed) -> list[frozenset[str]]:
    """Lists of words, of each of which a match holds one: parts that follow each other are put together while they are few."""
    lists: list[frozenset[str]] = []
    row = frozenset([""])
    for operation, argument in parsed:
        words = _whole(str(operation), argument)
        if words is not None and len(row) * len(words) <= _MOST_IN_A_ROW:
            row = _joined(row, words)
            continue
        lists.append(row)
        row = frozenset([""])
        if words is not None and len(words) <= _MOST_IN_A_ROW:
            row = words
        elif within := _within(str(operation), argument):
            lists.append(within)
    return [words for words in (*lists, row) if "" not in words]


def _within(name: str, argument: Any) -> frozenset[str] | None:
    """Words of which one is somewhere in this part."""
    match name:
        case "SUBPATTERN":
            return _rarest(_needed(argument[3]))
        case "BRANCH":
            lists = [_rarest(_needed(branch)) for branch in argument[1]]
            words = frozenset[str]().union(*(one or () for one in lists))
            return words if all(lists) and len(words) <= _MOST else None
        case "MAX_REPEAT" | "MIN_REPEAT":
            return _rarest(_needed(argument[2])) if argument[0] else None
        case _:
            return None


def _whole(name: str, argument: Any) -> frozenset[str] | None:
    """All that this part can match, where that is a short list; what only looks around matches nothing, "" ."""
    match name:
        case "ASSERT" | "ASSERT_NOT" | "AT":
            return frozenset([""])
        case "LITERAL":
            return frozenset([chr(argument)])
        case "IN":
            letters = [chr(value) for operation, value in argument if str(operation) == "LITERAL"]
            return frozenset(letters) if len(letters) == len(argument) else None
        case "SUBPATTERN":
            return _whole_row(argument[3])
        case "BRANCH":
            lists = [_whole_row(branch) for branch in argument[1]]
            return None if any(one is None for one in lists) else frozenset[str]().union(*(one or () for one in lists))
        case "MAX_REPEAT" | "MIN_REPEAT" if argument[1] == 1:
            words = _whole_row(argument[2])
            return words if words is None or argument[0] else words | {""}
        case _:
            return None


def _whole_row(parsed: _Parsed) -> frozenset[str] | None:
    row = frozenset([""])
    for operation, argument in parsed:
        words = _whole(str(operation), argument)
        if words is None or len(row) * len(words) > _MOST_IN_A_ROW:
            return None
        row = _joined(row, words)
    return row


def _joined(first: frozenset[str], then: frozenset[str]) -> frozenset[str]:
    return frozenset(one + other for one in first for other in then)


def _rarest(lists: Iterable[frozenset[str]]) -> frozenset[str] | None:
    return min(lists, key=_frequency, default=None)


def _frequency(words: frozenset[str]) -> float:
    """About how often one of the words comes up: long ones seldom, Chinese characters more seldom than letters."""
    return sum(math.prod(map(_letter_frequency, word)) for word in words)


def _letter_frequency(letter: str) -> float:
    if letter == " ":
        return 0.85
    if letter < "\u2fff":
        return 0.2
    return 0.62 if letter in _COMMON else 0.12 if letter in _FREQUENT else 0.02


def _taken(parsed: _Parsed) -> frozenset[str]:
    """The marks of `ENDS` that a match, or what it looks ahead at, may hold."""
    return frozenset[str]().union(*(_taken_by(str(operation), argument) for operation, argument in parsed))


def _taken_by(name: str, argument: Any) -> frozenset[str]:
    match name:
        case "AT":
            return frozenset()
        case "LITERAL":
            return ENDS & {chr(argument)}
        case "IN":
            return _taken_by_set(argument)
        case "SUBPATTERN":
            return _taken(argument[3])
        case "BRANCH":
            return frozenset[str]().union(*map(_taken, argument[1]))
        case "MAX_REPEAT" | "MIN_REPEAT":
            return _taken(argument[2])
        case "ASSERT" | "ASSERT_NOT":
            return _taken(argument[1]) if argument[0] > 0 else frozenset()  # what stands before a match is there to be seen
        case _:
            return ENDS


def _taken_by_set(members: Iterable[tuple[Any, Any]]) -> frozenset[str]:
    negated, found = False, frozenset[str]()
    for operation, value in members:
        match str(operation), str(value):
            case "NEGATE", _:
                negated = True
            case "LITERAL", _:
                found |= ENDS & {chr(value)}
            case "RANGE", _:
                found |= {mark for mark in ENDS if value[0] <= ord(mark) <= value[1]}
            case "CATEGORY", "CATEGORY_WORD" | "CATEGORY_DIGIT":
                pass
            case _, _:
                # Whatever else there is: in a negated set it takes less than all the rest.
                found |= frozenset() if negated else ENDS
    return ENDS - found if negated else found
