"""Documents to passages: stretches of the text that answer one question each, never across a heading or a page.

A passage ends where a paragraph or a sentence ends, in English and in Chinese, and its offsets point into the text exactly. Sizes
are in tokens of an embedder, estimated, because running the tokenizer over everything twice would cost more than it gives.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from knowledge.loading.document import LoadedDocument, Section

TARGET = 180
"""Tokens at which a passage is full."""
LIMIT = 240
"""Tokens that a passage never passes, so that an embedder which reads 256 sees all of it with its heading's first words."""

_UNITS = re.compile(r"[A-Za-z\u00c0-\u024f]+|\d|[^\W\d_]|[^\w\s]|_")
_PARAGRAPH = re.compile(r"\n[ \t\u3000]*\n\s*")
# A full stop ends a sentence only before a space; the Chinese signs need none. A line end does too: lists and verse.
_SENTENCE = re.compile(r"(?<=[。！？；…])[”’」』）)]*(?![。！？；…”’」』）)])|(?<=[.!?;])[\"')\]]*\s+|\n+")
_CLAUSE = re.compile(r"(?<=[，、,:：])\s*|\s+")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage to be: the text from `start` to `end` of its document, with its heading path and page."""

    start: int
    end: int
    text: str
    heading: str
    page: int
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    tokens: int
    ends_paragraph: bool = False


def token_estimate(text: str) -> int:
    """About how many tokens an embedder makes of the text: one for a Chinese character, sign or digit, more for long words."""
    return sum(1 if len(unit) < 9 else (len(unit) + 5) // 6 for unit in _UNITS.findall(text))


def chunks(document: LoadedDocument) -> list[Chunk]:
    """The passages of a document, in order; together they hold all of its text but white space and heading lines."""
    found = []
    for section in document.sections:
        whole = document.form != "document"
        places = [(section.start, section.end)] if whole else _packed(list(_spans(document.text, section)))
        for start, end in places:
            found.append(Chunk(start, end, document.text[start:end], section.heading, section.page, section.labels))
    return found


def _packed(spans: Sequence[_Span]) -> Iterator[tuple[int, int]]:
    """Neighbours together up to the target; a paragraph is kept whole where that fits under the limit."""
    taken: list[_Span] = []
    size = 0
    for index, span in enumerate(spans):
        if taken and size + span.tokens > LIMIT:
            yield taken[0].start, taken[-1].end
            taken, size = [], 0
        taken.append(span)
        size += span.tokens
        following = _paragraph(spans[index + 1 :])
        # Full, and the paragraph is at its end or would not fit anyway; or the next paragraph is better left whole.
        full = size >= TARGET and (span.ends_paragraph or size + following > LIMIT)
        if full or (span.ends_paragraph and size + following > LIMIT and size >= TARGET // 3):
            yield taken[0].start, taken[-1].end
            taken, size = [], 0
    if taken:
        yield taken[0].start, taken[-1].end


def _paragraph(spans: Sequence[_Span]) -> int:
    """The tokens up to the end of the paragraph that the spans begin with or in, counted up to the limit."""
    size = 0
    for span in spans:
        size += span.tokens
        if span.ends_paragraph or size > LIMIT:
            break
    return size


def _spans(text: str, section: Section) -> Iterator[_Span]:
    for start, end in _cut(text, section.start, section.end, _PARAGRAPH):
        pieces = [piece for cut in _cut(text, start, end, _SENTENCE) for piece in _fitting(text, *cut)]
        for index, piece in enumerate(pieces):
            yield _Span(piece.start, piece.end, piece.tokens, index == len(pieces) - 1)


def _fitting(text: str, start: int, end: int) -> Iterator[_Span]:
    """The stretch itself where it fits, else its clauses, else pieces of a fixed length."""
    tokens = token_estimate(text[start:end])
    if tokens <= LIMIT:
        yield _Span(start, end, tokens)
        return
    cuts = list(_cut(text, start, end, _CLAUSE))
    if len(cuts) > 1:
        for cut in cuts:
            yield from _fitting(text, *cut)
        return
    for begin in range(start, end, LIMIT):
        # A character is never more than one token.
        stop = min(begin + LIMIT, end)
        yield _Span(begin, stop, token_estimate(text[begin:stop]))


def _cut(text: str, start: int, end: int, separator: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """The stretches between separators, without white space at their edges; closing signs stay with what they close."""
    position = start
    for match in separator.finditer(text, start, end):
        stop = match.end()
        if stop > position:
            yield from _trimmed(text, position, stop)
            position = stop
    yield from _trimmed(text, position, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    stretch = text[start:end]
    begin = start + len(stretch) - len(stretch.lstrip())
    stop = end - (len(stretch) - len(stretch.rstrip()))
    if begin < stop:
        yield begin, stop
