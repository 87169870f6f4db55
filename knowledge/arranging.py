"""Arranging: what is done with the hits once they are ranked: copies left out, alike ones moved apart, neighbours made one.

Everything here is pure and looks at a couple of dozen hits. Nothing changes how good a hit is taken to be.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from knowledge.types import Hit, Passage
from retrieval.tokenizing import tokens

LONGEST = 2400
"""Characters of neighbouring passages that are put together."""

_COPY = 0.9  # the share of shingles in common from which two passages are copies
_SHINGLE = 3  # tokens
_LOSS = 0.5  # standard deviations of the fused score that a passage loses at most for being like one before it
_GAP = 8  # characters between neighbours, all white space

_DIGITS = re.compile(r"\d+")

Shingles = frozenset[tuple[str, ...]]


def shingles(passage: Passage) -> Shingles:
    """The runs of three tokens of heading and text (Broder 1997), or all tokens as one run where there are fewer."""
    words = tokens(f"{passage.heading}\n{passage.text}")
    return frozenset(tuple(words[i : i + _SHINGLE]) for i in range(max(1, len(words) - _SHINGLE + 1)))


def without_copies(found: Sequence[Passage], known: Mapping[int, Shingles]) -> list[Passage]:
    """The passages in their order, of copies only the newest, where the first of them stood.

    Texts whose numbers differ are no copies: two invoices, or the old price and the new one, are two facts.
    """
    kept: list[Passage] = []
    for passage in found:
        twin = next((place for place, other in enumerate(kept) if _copies(passage, other, known)), None)
        if twin is None:
            kept.append(passage)
        elif passage.id > kept[twin].id:  # ids grow with time
            kept[twin] = passage
    return kept


def _copies(one: Passage, other: Passage, known: Mapping[int, Shingles]) -> bool:
    if _likeness(known[one.id], known[other.id]) < _COPY:
        return False
    return sorted(_DIGITS.findall(one.text)) == sorted(_DIGITS.findall(other.text))


def copied(passage: Passage, kept: Sequence[Passage]) -> Passage | None:
    """The passage of `kept` that this one is a copy of."""
    known = {each.id: shingles(each) for each in (passage, *kept)}
    return next((other for other in kept if _copies(passage, other, known)), None)


def apart(found: Sequence[Passage], totals: Mapping[int, float], known: Mapping[int, Shingles]) -> list[Passage]:
    """The passages so ordered that like ones do not stand together (Carbonell and Goldstein 1998), by their fused `totals`.

    Likeness costs at most half a standard deviation, so that no passage is overtaken by one that is clearly worse.
    """
    left, chosen = list(found), list[Passage]()
    cost = dict.fromkeys((passage.id for passage in found), 0.0)
    while left:
        best = max(left, key=lambda passage: (totals[passage.id] - _LOSS * cost[passage.id], -passage.id))
        left.remove(best)
        chosen.append(best)
        for passage in left:
            cost[passage.id] = max(cost[passage.id], _likeness(known[passage.id], known[best.id]))
    return chosen


def _likeness(one: Shingles, other: Shingles) -> float:
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared or 1)


def joined(hits: Sequence[Hit], between: Callable[[str, int, int], str]) -> list[Hit]:
    """The hits with neighbours of one document and heading made one, at the place of the better one and with its id and score.

    Its passage then reaches over all of them, and `neighbours` names the others; `between` gives a document's stored text from
    one offset to another. Only hits of documents that were cut into passages belong here: records stand for themselves.
    """
    kept: list[Hit] = []
    for hit in hits:
        for place, better in enumerate(kept):
            reach = _reach(better.passage, hit.passage, between)
            if reach is not None:
                start, end, text = reach
                passage = replace(better.passage, start=start, end=end, text=text, page=_page(better.passage, hit.passage))
                kept[place] = replace(better, passage=passage, neighbours=(*better.neighbours, hit.passage.id, *hit.neighbours))
                break
        else:
            kept.append(hit)
    # A hit that came between two others may have made them neighbours.
    return kept if len(kept) == len(hits) else joined(kept, between)


def _reach(one: Passage, other: Passage, between: Callable[[str, int, int], str]) -> tuple[int, int, str] | None:
    """Where the two passages begin and end together, and the text there; None where they are no neighbours."""
    if (one.document, one.heading) != (other.document, other.heading):
        return None
    first, last = sorted((one, other), key=lambda passage: (passage.start, passage.end))
    end = max(first.end, last.end)
    if last.start > first.end + _GAP or end - first.start > LONGEST:
        return None
    gap = between(first.document, first.end, last.start) if last.start > first.end else ""
    if gap.strip() or len(gap) != max(0, last.start - first.end):
        return None
    return first.start, end, first.text + gap + last.text[max(0, first.end - last.start) :]


def _page(one: Passage, other: Passage) -> int:
    """The page on which the earlier of the two begins."""
    return one.page if one.start <= other.start else other.page
