"""Documents to passages: stretches of the text that answer one question each, in one of the ways that a collection may choose.

A passage ends where a paragraph or a sentence ends, in English and in Chinese, and its offsets point into the text exactly. Sizes
are in tokens of an embedder. For the usual way they are estimated, because running the tokenizer over everything twice would
cost more than it gives; where somebody has chosen a size, the embedder's own tokenizer counts.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal, get_args

from common.errors import ChunkingInvalid
from knowledge.loading.document import LoadedDocument, Section

LIMIT = 240
"""Tokens that a passage never passes, so that an embedder which reads 256 sees all of it with its heading's first words."""
TARGET = 180
"""Tokens at which a passage is full."""

SIZES = (32, 2000)
"""The smallest and the largest limit that can be chosen, in tokens."""

Method = Literal["passages", "heading", "fixed", "pairs", "whole"]
METHODS: tuple[Method, ...] = get_args(Method)

Counter = Callable[[str], int]
"""Tells how many tokens a text has."""

_UNITS = re.compile(r"[A-Za-z\u00c0-\u024f]+|\d|[^\W\d_]|[^\w\s]|_")
_PARAGRAPH = re.compile(r"\n[ \t\u3000]*\n\s*")
# A full stop ends a sentence only before a space; the Chinese signs need none. A line end does too: lists and verse.
_SENTENCE = re.compile(r"(?<=[。！？；…])[”’」』）)]*(?![。！？；…”’」』）)])|(?<=[.!?;])[\"')\]]*\s+|\n+")
_CLAUSE = re.compile(r"(?<=[，、,:：])\s*|\s+")


_QUESTION = re.compile(r"(?:#+\s*)?(?:\*\*)?(?:Q(?:uestion)?\s*\d*|问题?\s*\d*|提问\s*\d*)\s*[:：.、]\s*(.+)", re.IGNORECASE)
_ANSWER = re.compile(r"(?:\*\*)?(?:A(?:nswer)?\s*\d*|答案?\s*\d*|回答\s*\d*)\s*[:：.、](?:\*\*)?\s*", re.IGNORECASE)
_RULE = re.compile(r"\|(?:\s*:?-+:?\s*\|)+\s*")
_QUESTION_LENGTH = 200  # characters of a question in a heading


@dataclass(frozen=True, slots=True)
class Chunking:
    """How documents are cut.

    "passages": paragraphs and sentences put together under their heading; "heading": all that stands under a heading, cut as
    passages where it is longer than `size`; "fixed": windows of `size`, wherever they end; "pairs": a question with its answer,
    or a row of a table, and passages elsewhere; "whole": the whole document, cut only where it passes the largest size.

    `size` is what a passage has at most, in tokens of the embedder, within `SIZES`; `overlap`, at most half of it, is what
    neighbours may share. Raises `ChunkingInvalid`.
    """

    method: Method = "passages"
    size: int = LIMIT
    overlap: int = 0

    def __post_init__(self) -> None:
        least, most = SIZES
        if self.method not in METHODS:
            raise ChunkingInvalid(
                f"{self.method!r} is no way to cut documents. Choose one of {', '.join(METHODS)}.",
                f"没有“{self.method}”这种切分方式。请从 {'、'.join(METHODS)} 中选择。",
            )
        if not least <= self.size <= most:
            raise ChunkingInvalid(
                f"A passage may have {least} to {most} tokens at most, not {self.size}. Choose a number within.",
                f"段落的最大长度须在 {least} 到 {most} 个词元之间，不能是 {self.size}。请另选一个数。",
            )
        if not 0 <= self.overlap <= self.size // 2:
            raise ChunkingInvalid(
                f"Passages of {self.size} tokens may share 0 to {self.size // 2}, not {self.overlap}. Choose a number within.",
                f"{self.size} 个词元的段落可以重叠 0 到 {self.size // 2} 个词元，不能是 {self.overlap}。请另选一个数。",
            )

    @property
    def usual(self) -> bool:
        """Whether it is what collections have unless somebody chose something else."""
        return self == Chunking()

    @property
    def longest(self) -> int:
        """The tokens that a passage has at most."""
        return SIZES[1] if self.method == "whole" else self.size

    def __str__(self) -> str:
        """As it is stored: "" for the usual one, else JSON."""
        return "" if self.usual else json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def parse(cls, text: str) -> "Chunking":
        """What `str` gave, or, as people write it, METHOD[:SIZE[:OVERLAP]]. Raises `ChunkingInvalid`."""
        if text.startswith("{"):
            return cls(**json.loads(text))
        method, *numbers = text.split(":") if text else ["passages"]
        if len(numbers) > 2 or not all(number.isascii() and number.isdigit() for number in numbers):
            raise ChunkingInvalid(
                f"{text!r} does not say how to cut documents. Write METHOD[:SIZE[:OVERLAP]], as in heading:400.",
                f"“{text}”没有说明怎样切分。请写成“方式[:长度[:重叠]]”，例如 heading:400。",
            )
        return cls(method, *map(int, numbers))  # type: ignore[arg-type]


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


def chunks(document: LoadedDocument, chunking: Chunking | None = None, count: Counter | None = None) -> list[Chunk]:
    """The passages of a document, in order; together they hold all of its text but white space and heading lines.

    `chunking` None is the usual one; `count` counts tokens, None estimates them.
    """
    cutter = _Cutter(document.text, chunking or Chunking(), count or token_estimate)
    if document.form != "document":
        return [cutter.chunk(section, section.start, section.end) for section in document.sections]
    return [chunk for section in cutter.stretches(document.sections) for chunk in cutter.cut(section)]


class _Cutter:
    """Cuts one text in one way."""

    def __init__(self, text: str, chunking: Chunking, count: Counter) -> None:
        self._text = text
        self._method = chunking.method
        self._limit = chunking.longest
        self._target = self._limit * TARGET // LIMIT if chunking.method in ("passages", "pairs") else self._limit
        self._overlap = chunking.overlap
        self._count = count

    def stretches(self, sections: Sequence[Section]) -> list[Section]:
        """The sections that may not be cut together: those of a heading as one, or all of them."""
        if self._method not in ("heading", "whole"):
            return list(sections)
        joined: list[Section] = []
        for section in sections:
            last = joined[-1] if joined else None
            if last and last.labels == section.labels and (self._method == "whole" or last.heading == section.heading):
                joined[-1] = replace(last, end=section.end, heading=_shared(last.heading, section.heading))
            else:
                joined.append(section)
        return joined

    def cut(self, section: Section) -> Iterator[Chunk]:
        if self._method == "pairs":
            yield from self._pairs(section)
            return
        places = self._windows(section) if self._method == "fixed" else self._packed(list(self._spans(section)))
        for start, end in places:
            yield self.chunk(section, start, end)

    def chunk(self, section: Section, start: int, end: int, heading: str | None = None) -> Chunk:
        heading = section.heading if heading is None else heading
        return Chunk(start, end, self._text[start:end], heading, section.page, section.labels)

    def _packed(self, spans: Sequence[_Span]) -> Iterator[tuple[int, int]]:
        """Neighbours together up to the target; a paragraph is kept whole where that fits under the limit."""
        taken: list[_Span] = []
        size = repeated = 0
        for index, span in enumerate(spans):
            if taken and size + span.tokens > self._limit:
                if len(taken) > repeated:
                    yield taken[0].start, taken[-1].end
                taken = self._repeated(taken, span.tokens)
                size, repeated = sum(each.tokens for each in taken), len(taken)
            taken.append(span)
            size += span.tokens
            following = self._paragraph(spans, index + 1)
            # Full, and the paragraph is at its end or would not fit anyway; or the next paragraph is better left whole.
            full = size >= self._target and (span.ends_paragraph or size + following > self._limit)
            if full or (span.ends_paragraph and size + following > self._limit and size >= self._target // 3):
                yield taken[0].start, taken[-1].end
                taken = self._repeated(taken, spans[index + 1].tokens) if index + 1 < len(spans) else []
                size, repeated = sum(each.tokens for each in taken), len(taken)
        if len(taken) > repeated:
            yield taken[0].start, taken[-1].end

    def _repeated(self, taken: Sequence[_Span], following: int) -> list[_Span]:
        """The last sentences of a passage that the next one begins with, which has `following` tokens more at least."""
        kept: list[_Span] = []
        size = 0
        for span in reversed(taken[1:]):
            size += span.tokens
            if size > self._overlap or size + following > self._limit:
                break
            kept.insert(0, span)
        return kept

    def _paragraph(self, spans: Sequence[_Span], start: int) -> int:
        """The tokens up to the end of the paragraph that begins or goes on at the span `start`, counted up to the limit."""
        size = 0
        for index in range(start, len(spans)):
            size += spans[index].tokens
            if spans[index].ends_paragraph or size > self._limit:
                break
        return size

    def _spans(self, section: Section) -> Iterator[_Span]:
        for start, end in _cut(self._text, section.start, section.end, _PARAGRAPH):
            pieces = [piece for cut in _cut(self._text, start, end, _SENTENCE) for piece in self._fitting(*cut)]
            for index, piece in enumerate(pieces):
                yield _Span(piece.start, piece.end, piece.tokens, index == len(pieces) - 1)

    def _fitting(self, start: int, end: int) -> Iterator[_Span]:
        """The stretch itself where it fits, else its clauses, else pieces of a fixed length."""
        tokens = self._count(self._text[start:end])
        if tokens <= self._limit:
            yield _Span(start, end, tokens)
            return
        cuts = list(_cut(self._text, start, end, _CLAUSE))
        if len(cuts) > 1:
            for cut in cuts:
                yield from self._fitting(*cut)
            return
        for begin in range(start, end, self._limit):
            # A character is never more than one token.
            stop = min(begin + self._limit, end)
            yield _Span(begin, stop, self._count(self._text[begin:stop]))

    def _windows(self, section: Section) -> Iterator[tuple[int, int]]:
        """Stretches of whole words, as long as the limit allows, each beginning `overlap` tokens before the last one ended."""
        units = [(match.start(), match.end()) for match in _UNITS.finditer(self._text, section.start, section.end)]
        sizes = [self._count(self._text[start:end]) for start, end in units]
        first = 0
        while first < len(units):
            last, size = first, sizes[first]
            while last + 1 < len(units) and size + sizes[last + 1] <= self._limit:
                last += 1
                size += sizes[last]
            yield units[first][0], units[last][1]
            if last + 1 == len(units):
                return
            again, following = 0, last + 1
            while following - 1 > first and again + sizes[following - 1] <= self._overlap:
                following -= 1
                again += sizes[following]
            first = following

    def _pairs(self, section: Section) -> Iterator[Chunk]:
        """A passage for each question with its answer and for each row of a table, its first cell as its heading; the rest as
        passages."""
        loose = start = section.start  # what belongs to no pair yet begins here
        question = ""
        for line_start, line_end in _lines(self._text, section.start, section.end):
            line = self._text[line_start:line_end].strip()
            asked = _QUESTION.fullmatch(line)
            row = line.startswith("|") and line.endswith("|") and line.count("|") > 2
            if asked or row:
                yield from self._pair(section, start if question else loose, line_start, question)
                loose = line_end
            if asked:
                question, start = asked[1].strip("* "), line_end
            elif row:
                question = ""
                if not _RULE.fullmatch(line) and not _RULE.fullmatch(_next_line(self._text, line_end, section.end)):
                    begin = self._text.index("|", line_start)
                    cell = line.strip("|").split("|")[0].strip()
                    yield self.chunk(section, begin, begin + len(line), _under(section.heading, cell))
        yield from self._pair(section, start if question else loose, section.end, question)

    def _pair(self, section: Section, start: int, end: int, question: str) -> Iterator[Chunk]:
        """The stretch under its question, or by itself; a longer answer is several passages under the same question."""
        if question:
            lead = _ANSWER.match(self._text, start + len(self._text[start:end]) - len(self._text[start:end].lstrip()), end)
            start = lead.end() if lead else start
        heading = _under(section.heading, question)
        for begin, stop in self._packed(list(self._spans(replace(section, start=start, end=end)))):
            yield self.chunk(section, begin, stop, heading)


def _shared(one: str, other: str) -> str:
    """The headings that two places stand under both."""
    both = []
    for left, right in zip(one.split(" > "), other.split(" > "), strict=False):
        if left != right:
            break
        both.append(left)
    return " > ".join(both)


def _under(heading: str, question: str) -> str:
    return " > ".join(part for part in (heading, " ".join(question.split())[:_QUESTION_LENGTH]) if part)


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop + 1
        yield start, stop
        start = stop


def sentences(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text begin and end, in characters."""
    return list(_cut(text, 0, len(text), _SENTENCE))


def _next_line(text: str, start: int, end: int) -> str:
    return next((text[begin:stop].strip() for begin, stop in _lines(text, start, end)), "")


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
