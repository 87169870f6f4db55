"""The texts that passages are drawn from: topics with slots, out of the files in `topics/`, and the app's own documents.

A topic is a list of sentences with questions that only the one sentence answers. Of the app's documents the headings are the
questions where they read as one; the rest of their sections stands beside other passages. They are a copy, as the documents were
when the recipe was made: a word that is mended in a guide must not change what a recipe trains on.
"""

import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

TOPICS = Path(__file__).parent / "topics"

_GUIDE = Path(__file__).parent / "guide_topics.txt"

_BETWEEN = re.compile(r"\|(?![^{]*})")  # but not inside a slot


@dataclass(frozen=True, slots=True)
class Fact:
    """One sentence of a topic, with slots, and questions that it and no other sentence answers."""

    text: str
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """A kind of text: titles to choose from and facts in their order, of which a passage has the first and some others."""

    titles: tuple[str, ...]
    facts: tuple[Fact, ...]


@cache
def topics() -> tuple[Topic, ...]:
    """Those of the files in `topics/`; raises `ValueError` for a line out of place."""
    return tuple(topic for path in sorted(TOPICS.glob("*.txt")) for topic in read_topics(path.read_text("utf-8")))


def read_topics(text: str) -> list[Topic]:
    """Read `= titles`, sentences and `? questions`: a question asks for the sentence above it; `|` stands between titles."""
    found: list[tuple[tuple[str, ...], list[Fact]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("= "):
            found.append((tuple(title.strip() for title in _BETWEEN.split(line[2:])), []))
        elif line.startswith("? ") and found and found[-1][1]:
            last = found[-1][1][-1]
            found[-1][1][-1] = replace(last, questions=(*last.questions, line[2:].strip()))
        elif line.strip() and found and line[0] not in "?=":
            found[-1][1].append(Fact(line.strip(), ()))
        elif line.strip():
            raise ValueError(f"line {number} is out of place: {line!r}")
    return [Topic(titles, tuple(facts)) for titles, facts in found]


@cache
def shipped_topics() -> tuple[Topic, ...]:
    """The sections of the English documents that come with the app, those whose headings can be asked with questions."""
    return tuple(read_topics(_GUIDE.read_text("utf-8")))
