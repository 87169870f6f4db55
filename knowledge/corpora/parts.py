"""A corpus as documents: a small one is one, a large one is cut into parts of so many records. So none fills the memory, each is
stored as soon as it is done, and a corpus that grew at its end is not embedded anew.

A part that becomes a file of its own keeps the lines' numbers: the lines before it are empty there.
"""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from knowledge.corpora.forms import Corpus, few_valued, records
from knowledge.corpora.lines import Value, row_text, written
from knowledge.loading.document import LeftOut, LoadedDocument, Section, cleaned
from knowledge.types import Record

RECORDS = 2_000
"""Records of one part, and of a corpus that is not cut."""
CHARACTERS = 4_000_000
"""Characters of its records as they are written in the file."""

_ENDINGS = {"lines": ".jsonl", "list": ".jsonl", "table": ".csv"}


class Builder:
    """Puts the records of one document together."""

    def __init__(self, form: str) -> None:
        self._form = form
        self._parts: list[str] = []
        self._length = 0
        self._sections: list[Section] = []
        self._left_out: list[LeftOut] = []

    def add(self, found: list[Record] | LeftOut) -> None:
        if isinstance(found, LeftOut):
            self._left_out.append(found)
            return
        for record in found:
            heading, body = " ".join(cleaned(record.title).split()), cleaned(record.text).strip()
            opening = f"{heading}\n" if self._form == "records" else ""
            start = self._length + len(opening)
            self._parts.append(f"{opening}{body}\n\n")
            self._length = start + len(body) + 2
            labels = tuple((cleaned(name), cleaned(value)) for name, value in record.labels)
            self._sections.append(Section(start, start + len(body), heading, 0, labels))

    def document(self) -> LoadedDocument:
        text = "".join(self._parts).rstrip("\n")
        return LoadedDocument("", text, tuple(self._sections), self._form, tuple(self._left_out))


def is_small(corpus: Corpus) -> bool:
    """Whether the corpus is one document."""
    return all(place == 0 for place, *_ in _placed(corpus))


def whole(corpus: Corpus) -> LoadedDocument:
    """A small corpus as one document."""
    return next(documents(corpus), Builder(corpus.sections).document())


def documents(corpus: Corpus) -> Iterator[LoadedDocument]:
    """The documents that a corpus of any size makes, one after the other."""
    labelled = few_valued(corpus)
    for _, group in groupby(_placed(corpus), key=itemgetter(0)):
        builder = Builder(corpus.sections)
        for _, number, value, _ in group:
            builder.add(records(corpus, number, value, labelled))
        yield builder.document()


def parts(corpus: Corpus) -> tuple[list[int], LeftOut | None]:
    """The characters of each part, and where the file cannot be read to its end."""
    sizes: list[int] = []
    damage: LeftOut | None = None
    for place, _, value, raw in _placed(corpus):
        if isinstance(value, LeftOut) and not raw:
            damage = value
            continue
        sizes += [0] * (place + 1 - len(sizes))
        sizes[place] += len(raw)
    return sizes, damage


def write_part(corpus: Corpus, wanted: int, to: Path) -> None:
    """Write a part, by its place, into a file that is a corpus itself."""
    source, line = corpus.source, 1
    with to.open("w", encoding="utf-8", newline="", errors="surrogateescape") as file:
        if source.layout == "table":
            file.write(row_text(source.names, source.separator))
            line = 2
        for place, number, _, raw in _placed(corpus):
            if place == wanted:
                file.write("\n" * (number - line) + raw)
                line = max(line, number) + raw.count("\n")
            elif place > wanted:
                return


def part_name(corpus: Corpus, place: int) -> str:
    """What a part is called beside the name of its corpus."""
    return f"part {place + 1:03}{_ENDINGS[corpus.source.layout]}"


def _placed(corpus: Corpus) -> Iterator[tuple[int, int, Value | LeftOut, str]]:
    """What `written` gives, each with the part that it belongs to."""
    place = count = characters = 0
    for number, value, raw in written(corpus.source):
        if count and (count >= RECORDS or characters + len(raw) > CHARACTERS):
            place, count, characters = place + 1, 0, 0
        count, characters = count + 1, characters + len(raw)
        yield place, number, value, raw
