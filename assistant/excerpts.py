"""What a small model is given of a passage: the sentences that have most to do with the question.

A small model that reads five sentences often answers with the wrong one, though the words of the question point to the right one.
Choosing sentences before the model reads is extractive compression (RECOMP, Xu et al. 2023), here by words alone: it costs no
model, and the passage itself stays what the citation opens.
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.speech.cutting import ABBREVIATIONS, SOMETIMES_LAST
from knowledge.chunking import token_estimate
from knowledge.types import Hit
from retrieval.lexical import shares

_END = re.compile(
    r"(?<=[。！？…])(?![。！？…”’」』）)])|(?<=[。！？…][”’」』）)])"
    r"|(?<=[.!?\"')\]])(?<![^.!?][\"')\]])\s+(?=[^\sa-z])|\n+"
)
_STOPPED = re.compile(r"(?:(?:^|\n)\s*\d{1,3}|\b([A-Za-z](?:[.A-Za-z]{,6}[A-Za-z])?))\.\Z")
_SHORTENED = ABBREVIATIONS | SOMETIMES_LAST


def excerpted(hits: Sequence[Hit], question: str, tokens: int) -> tuple[Hit, ...]:
    """The hits with passages of about `tokens` tokens each, one sentence at least, in the order in which they stand.

    Of sentences that have as much to do with the question the earlier one is taken: it says what the passage is about.
    """
    cut = [_sentences(hit.passage.text) for hit in hits]
    weights = iter(shares(question, [sentence for parts in cut for sentence in parts]))
    return tuple(
        _excerpt(hit, [(sentence, next(weights)) for sentence in parts], tokens) for hit, parts in zip(hits, cut, strict=True)
    )


def _excerpt(hit: Hit, weighed: Sequence[tuple[str, float]], tokens: int) -> Hit:
    if token_estimate(hit.passage.text) <= tokens:
        return hit
    kept: set[int] = set()
    left = tokens
    for place in sorted(range(len(weighed)), key=lambda place: -weighed[place][1]):
        size = token_estimate(weighed[place][0])
        if not kept or size <= left:
            kept.add(place)
            left -= size
    text = "".join(sentence for place, (sentence, _) in enumerate(weighed) if place in kept).strip()
    return replace(hit, passage=replace(hit.passage, text=text))


def _sentences(text: str) -> list[str]:
    """The sentences in order, each with the white space behind it."""
    ends = [match.end() for match in _END.finditer(text) if "\n" in match[0] or not _goes_on(text, match.start())]
    cut = [text[start:end] for start, end in itertools.pairwise([0, *ends, len(text)])]
    return [part for part in cut if part.strip()]


def _goes_on(text: str, end: int) -> bool:
    """Whether the full stop before `end` is that of an abbreviation, an initial, or the number of a list item."""
    stopped = _STOPPED.search(text, max(0, end - 24), end)
    return stopped is not None and (stopped[1] is None or len(stopped[1]) == 1 or stopped[1].lower() in _SHORTENED)
