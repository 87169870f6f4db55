"""Looking for words first spares work and hides nothing: every match of every rule lies in a stretch that is searched."""

import json
import re
from itertools import cycle
from pathlib import Path

import pytest

from personas import care
from personas.care_hints import ENDS, hints, stops
from personas.care_places import Places
from personas.care_rules import Rule, compiled
from personas.care_text import plain

SENTENCES = [
    json.loads(line)["text"] for line in Path(__file__).with_name("care_sentences.jsonl").read_text(encoding="utf-8").splitlines()
]
BETWEEN = ("。", ". ", "，", ", ", "!", "？", "; ", "\n", " ", "", ".", " \n", "……", ".\n", "、", "  ")


def spans(places: Places, words: str) -> dict[str, list[tuple[int, int]]]:
    """What the stretches hold, by the pattern that is looked for."""
    return {
        rule.pattern: [match.span() for stretch in stretches for match in stretch.matches(rule.pattern, words)]
        for rule, stretches in places.of(words)
    }


def messages() -> list[str]:
    """Many sentences in each, joined in every way that a sentence may end."""
    joined = ["".join(pair) for pair in zip(SENTENCES, cycle(BETWEEN), strict=False)]
    return ["".join(joined[at : at + 40]) for at in range(0, len(joined), 40)]


def test_no_match_of_any_rule_is_hidden():
    places = Places(care.RULES)
    found = 0
    for message in messages():
        words = plain(message)
        held = spans(places, words)
        for rule in care.RULES:
            wanted = [match.span() for match in compiled(rule.pattern).finditer(words)]
            assert held.get(rule.pattern, []) == wanted, rule.pattern
            found += len(wanted)
    assert found > len(SENTENCES)


def test_most_rules_are_spared():
    offered = [len(list(care._places().of(plain(sentence)))) for sentence in SENTENCES]
    assert sum(offered) / len(offered) < len(care.RULES) / 20


@pytest.mark.parametrize(
    ("pattern", "words", "matched"),
    [
        ("a{2,}", "xaax", ["aa"]),
        (r"(?<=。)杀了", "不。杀了", ["杀了"]),
        (r"\bkill him\b", "skill him kill him. kill himself kill him", ["kill him", "kill him"]),
        (r"kill him$", "kill him; kill him\n kill him", ["kill him"]),
        (r"kill him(?= *(?:$|[.]))", "kill him. kill him; kill him", ["kill him", "kill him"]),
        (r"kill him(?!\.)", "kill him. kill him; kill him!", ["kill him", "kill him"]),
        (r"kill[^.]{0,9}him", "kill。kill him. kill. him", ["kill。kill him"]),
        (r"[^。]{0,3}杀", "。。杀了想杀。。我想杀你", ["杀了想杀", "我想杀"]),
        (r"\w+", "one two. 三", ["one", "two", "三"]),
        (r"k.o", "k.o k\no k o", ["k.o", "k o"]),
        (r"die|live|杀|用刀", "live. die 用刀杀", ["live", "die", "用刀", "杀"]),
    ],
)
def test_what_is_found_is_what_a_search_of_the_whole_finds(pattern, words, matched):
    held = spans(Places([Rule("suicide", pattern)]), words)
    assert [words[start:end] for start, end in held.get(pattern, [])] == matched
    assert [match[0] for match in re.finditer(pattern, words)] == matched


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("死了", ("死了",)),
        ("(?:自杀|轻生)的?念头", ("自杀念头", "自杀的念头", "轻生念头", "轻生的念头")),
        (r"\b(?:kill|hang)(?:ing)? me", ("hang me", "hanging me", "kill me", "killing me")),
        ("[割划]手", ("划手", "割手")),
        (r"\w+ 自杀了?[^。]{0,4}我", (" 自杀", " 自杀了")),
        ("(?:我[^。]{0,4}死|[^。]{0,4}他)x?", ("他", "死")),
        ("a?b*", ()),
        ("(?:ab|c?)d?", ()),
        ("(?<!不)x{0,3}", ()),
        ("(?=ab)", ()),
    ],
)  # fmt: skip
def test_hints_are_read_from_the_pattern(pattern, words):
    assert set(hints(pattern)) == set(words)


@pytest.mark.parametrize(
    ("pattern", "passed"),
    [
        ("我[^。!?\n;]{0,9}死", "."),
        (r"kill(?: [\w,]+)? him", ""),
        ("self.?harm", "。.!?;\n"),
        ("a[^b]", "。.!?;\n"),
        (r"a\s", "。.!?;\n"),
        (r"a\W", "。.!?;\n"),
        ("a(?= *[,.])", "."),
        ("a(?!。)", "。"),
        ("(?<![。.])a$", ""),
        ("[!-/]|(?:x|;)+", "!.;"),
    ],
)
def test_the_marks_that_a_match_may_pass(pattern, passed):
    assert ENDS - stops(pattern) == set(passed)
