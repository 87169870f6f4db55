"""Where in a message a rule can match at all, found by words alone, before any pattern is tried.

The search changes no verdict: a stretch that it gives holds every match that begins in it, and what it leaves out holds none.
`care_hints` says why. The time it takes grows with the length of the message, and hardly with the number of rules.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, count

from personas.care_hints import hints, stops
from personas.care_rules import Rule, compiled


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a message, between two marks that no match of the rule passes: characters `start` to `end`."""

    start: int
    end: int

    def matches(self, pattern: str, words: str) -> Iterator[re.Match[str]]:
        """The matches that begin here, as a search of the whole message would find them."""
        # Two characters more: the mark, for what looks ahead, and one that keeps "$" from taking it for the message's end.
        for match in compiled(pattern).finditer(words, self.start, min(self.end + 2, len(words))):
            if match.start() >= self.end:
                return
            yield match


class Places:
    """The words of all rules, by how they open, and where in a message they stand."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._stops = ["".join(sorted(stops(rule.pattern))) for rule in rules]
        self._anywhere: list[int] = []  # the numbers of rules that need no word
        self._rules_of: dict[str, list[int]] = {}  # word -> the numbers of the rules that need it
        for number, rule in enumerate(rules):
            words = hints(rule.pattern)
            if not words:
                self._anywhere.append(number)
            for word in words:
                self._rules_of.setdefault(word, []).append(number)
        self._lengths: dict[tuple[str, ...], set[int]] = {}  # opening -> how long the words are that open so
        self._short: list[str] = []
        for word in self._rules_of:
            if word.isascii() and len(word) < _LATIN_OPENING:
                self._short.append(word)
            else:
                opening = tuple(word[: _LATIN_OPENING if word.isascii() else _OPENING])
                self._lengths.setdefault(opening, set()).add(len(word))
        letters = "".join(opening[0] for opening in self._lengths if len(opening) == 1)
        self._letter = _one_of(letters)
        self._short_letter = _one_of("".join((word.strip() or word)[0] for word in self._short))

    def of(self, words: str) -> Iterator[tuple[Rule, Iterator[Stretch]]]:
        """The rules that can match in `words`, in their order, each with where."""
        places = self._places(words)
        marks: dict[str, list[int]] = {}
        for number in sorted({*places, *self._anywhere}):
            ends = self._stops[number]
            if ends not in marks:
                found = re.finditer(f"[{re.escape(ends)}]", words) if ends else ()
                marks[ends] = [-1, *(mark.start() for mark in found), len(words)]
            yield self._rules[number], _stretches(places.get(number), marks[ends])

    def _places(self, words: str) -> dict[int, list[int]]:
        """Where the words of each rule stand: its number -> positions, in no order."""
        places: defaultdict[int, list[int]] = defaultdict(list)
        if not words.isascii():
            self._add_places(places, words, 0, _OPENING)
            for match in self._letter.finditer(words):
                for number in self._rules_of[match[0]]:
                    places[number].append(match.start())
        for run in _LATIN.finditer(words):
            self._add_places(places, run[0], run.start(), _LATIN_OPENING)
        for word in self._short if self._short_letter.search(words) else ():
            place = words.find(word)
            while place >= 0:
                for number in self._rules_of[word]:
                    places[number].append(place)
                place = words.find(word, place + 1)
        return places

    def _add_places(self, places: dict[int, list[int]], words: str, start: int, width: int) -> None:
        """Add those that openings of `width` characters lead to in `words`, a part of the message from `start`."""
        openings = zip(*(words[offset:] for offset in range(width)), strict=False)
        for at in compress(count(), map(self._lengths.__contains__, openings)):
            for length in self._lengths[tuple(words[at : at + width])]:
                for number in self._rules_of.get(words[at : at + length], ()):
                    places[number].append(start + at)


_OPENING = 2  # characters by which words with Chinese are looked up
_LATIN_OPENING = 5
_LATIN = re.compile(f"[\x00-\x7f]{{{_LATIN_OPENING},}}")


def _one_of(letters: str) -> re.Pattern[str]:
    return re.compile(f"[{re.escape(letters)}]" if letters else "(?!)")


def _stretches(places: Iterable[int] | None, marks: Sequence[int]) -> Iterator[Stretch]:
    """The stretches between marks that hold a place, in order, each once; all of them where the places are not known."""
    if places is None:
        places = (mark + 1 for mark in marks[:-1])
    end = -1
    for place in sorted(places):
        if place >= end:
            index = bisect_right(marks, place)
            end = marks[index]
            yield Stretch(marks[index - 1] + 1, end)
