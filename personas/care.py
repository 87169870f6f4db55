"""Recognising danger in a message, before any model reads it, and what is said then.

`assess` is a set of written rules for Chinese and English: it finds words, it does not understand people, it misses what is
said in other words, and it is no diagnosis. What it finds leads to a prepared answer with where to turn (`helplines`).
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from personas.care_chinese import RULES as _CHINESE_RULES
from personas.care_chinese_broad import RULES as _CHINESE_BROAD
from personas.care_english import RULES as _ENGLISH_RULES
from personas.care_english_broad import RULES as _ENGLISH_BROAD
from personas.care_places import Places
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


@cache
def _places() -> Places:
    """Made at the first message: reading all patterns takes a fifth of a second."""
    return Places(RULES)


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
    for rule, stretches in _places().of(words):
        for stretch in stretches:
            for match in stretch.matches(rule.pattern, words):
                if not _taken_back(rule, words, match):
                    return Assessment(rule.kind, match[0].strip())
    return _NONE


def _taken_back(rule: Rule, words: str, match: re.Match[str]) -> bool:
    """Whether the sentence around a match speaks of something else, of a story or a subject, or denies it."""
    before, after = _sentence(words, match.start(), match.end())
    sentence = before + match[0] + after
    return bool(
        (rule.unless and compiled(rule.unless).search(sentence))
        or FICTION.search(sentence)
        or (rule.topical and TOPICS.search(sentence))
        or DENIAL.search(_CLAUSE_END.split(before)[-1])
    )


def _sentence(words: str, start: int, end: int) -> tuple[str, str]:
    """What stands before and after a match in its sentence, at most `_AROUND` characters each."""
    before = _SENTENCE_END.split(words[max(0, start - _AROUND) : start])[-1]
    after = _SENTENCE_END.split(words[end : end + _AROUND], maxsplit=1)[0]
    return before, after
