"""Recognising danger in a message, before any model reads it, and what is said then.

`assess` is a set of written rules for Chinese and English: it finds words, it does not understand people, it misses what is
said in other words, and it is no diagnosis. What it finds leads to a prepared answer with where to turn (`helplines`).
"""

import re
from dataclasses import dataclass
from typing import Literal

from personas.care_chinese import RULES as _CHINESE_RULES
from personas.care_chinese_broad import RULES as _CHINESE_BROAD
from personas.care_english import RULES as _ENGLISH_RULES
from personas.care_english_broad import RULES as _ENGLISH_BROAD
from personas.care_rules import DENIAL, FICTION, TOPICS, Danger, Rule, compiled
from personas.care_text import plain
from personas.helplines import REGIONS, Helpline, gentle_instruction, helplines, prepared_answer

__all__ = [
    "NOTICE_TURNS",
    "REGIONS",
    "Assessment",
    "Helpline",
    "Kind",
    "assess",
    "gentle_instruction",
    "helplines",
    "prepared_answer",
]

Kind = Literal["none", "suicide", "self_harm", "abuse", "harm_others"]

NOTICE_TURNS = 6  # turns for which the help stays in view and a persona does not play

_ORDER: tuple[Danger, ...] = ("suicide", "self_harm", "abuse", "harm_others")  # the first found names the answer
RULES: tuple[Rule, ...] = tuple(
    sorted(
        (*_CHINESE_RULES, *_ENGLISH_RULES, *_CHINESE_BROAD, *_ENGLISH_BROAD),
        key=lambda rule: _ORDER.index(rule.kind),
    )
)

_KEYS = (1, 2, 3)  # how many letters of a hint are looked up at once


def _by_opening() -> dict[str, list[int]]:
    """Which rules have a hint that opens so."""
    index: dict[str, list[int]] = {}
    for number, rule in enumerate(RULES):
        for opening in {hint[: _KEYS[-1]] for hint in rule.hints}:
            index.setdefault(opening, []).append(number)
    return index


_BY_OPENING = _by_opening()

_AROUND = 80  # characters of a sentence that are read before and after a match
_SENTENCE_END = re.compile(r"[。!?\n;]|\.(?=\s|$)")
_CLAUSE_END = re.compile(r"[,，。!?\n;:：]|\b(?:but|and|so)\b|但|可是|不过|却")
_TITLE = re.compile(r"《[^《》]{0,60}》")


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a message speaks of; `matched` are the words (made plain) that led there, "" for none."""

    kind: Kind
    matched: str = ""


_NONE = Assessment("none")


def assess(text: str) -> Assessment:
    """The gravest danger that `text` speaks of, whether the writer's own or that of somebody they worry about.

    Takes time linear in the length of `text`.
    """
    words = _TITLE.sub(" ", plain(text))
    for rule in _hinted(words):
        found = _first(rule, words)
        if found:
            return Assessment(rule.kind, found)
    return _NONE


def _hinted(words: str) -> list[Rule]:
    """The rules that can match at all, the gravest kind first: `words` holds one of their hints."""
    openings = {words[at : at + length] for length in _KEYS for at in range(len(words) - length + 1)}
    numbers = {number for opening in openings & _BY_OPENING.keys() for number in _BY_OPENING[opening]}
    return [RULES[number] for number in sorted(numbers) if any(hint in words for hint in RULES[number].hints)]


def _first(rule: Rule, words: str) -> str:
    """The first match of `rule` that its sentence does not take back, or ""."""
    for match in compiled(rule.pattern).finditer(words):
        before, after = _sentence(words, match.start(), match.end())
        sentence = before + match[0] + after
        if (rule.unless and compiled(rule.unless).search(sentence)) or FICTION.search(sentence):
            continue
        if rule.topical and TOPICS.search(sentence):
            continue
        if DENIAL.search(_CLAUSE_END.split(before)[-1]):
            continue
        return match[0].strip()
    return ""


def _sentence(words: str, start: int, end: int) -> tuple[str, str]:
    """What stands before and after a match in its sentence, at most `_AROUND` characters each."""
    before = _SENTENCE_END.split(words[max(0, start - _AROUND) : start])[-1]
    after = _SENTENCE_END.split(words[end : end + _AROUND], maxsplit=1)[0]
    return before, after
