"""The text that the benches of knowledge read: paragraphs of a folder, else of the shipped guide, and documents made of them.

Where more text is asked for than there is, paragraphs are recombined: halves of two of them make a third, so that every word
stands among others as it does in a language. `sentence` makes text of words drawn at random, for benches that need no data.
"""

import itertools
import json
import random
import re
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from knowledge.corpora.shipped import FOLDER as SHIPPED
from retrieval.language import languages_of

_SHORTEST, _LONGEST = 200, 3000  # characters of a paragraph
_LINES, _COLUMNS = 48, 92  # of a page
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")

_COMMON = (
    "the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which one you "
    "all her she there would their we him been has when who will no more if out so up said what its about than into them can only"
)
_SYLLABLES = ("ta", "ri", "lo", "men", "sa", "ve", "ko", "du", "ne", "pi")
_WORDS = (*_COMMON.split(), *("".join(each) for each in itertools.product(_SYLLABLES, repeat=3)))


def sentence(writer: random.Random) -> str:
    # The cube makes some words common and most of them rare, as in a language; numbers stand for names.
    words = [_WORDS[int(len(_WORDS) * writer.random() ** 3)] for _ in range(writer.randint(8, 18))]
    words.insert(writer.randrange(len(words)), str(writer.randrange(5000)))
    return " ".join(words).capitalize() + "."


def paragraphs(folder: Path | None = None, *, english: bool = False) -> list[str]:
    """The different paragraphs of 200 to 3,000 characters in a folder's .md, .txt, .rst and .jsonl files (of a row its "text"),
    in order; with `english`, only those in English. Raises `ValueError` where there are fewer than ten."""
    root = folder or SHIPPED
    found: dict[str, None] = {}
    for path in sorted(path for path in root.rglob("*") if path.suffix in {".md", ".txt", ".rst", ".jsonl"}):
        for text in _texts(path):
            text = " ".join(text.split())
            if _SHORTEST <= len(text) <= _LONGEST and (not english or languages_of(text) == {"en"}):
                found[text] = None
    if len(found) < 10:
        raise ValueError(f"there are only {len(found)} paragraphs of {_SHORTEST} characters and more in {str(root)!r}")
    return list(found)


def _texts(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix != ".jsonl":
        yield from re.split(r"\n\s*\n", text)
        return
    for line in text.splitlines():
        row = json.loads(line) if line.strip() else {}
        if isinstance(row, dict) and isinstance(row.get("text"), str):
            yield row["text"]


def recombined(known: Sequence[str], writer: random.Random) -> str:
    """The first half of one paragraph with the second of another."""
    first, second = (_SENTENCE.split(writer.choice(known)) for _ in range(2))
    return " ".join((*first[: (len(first) + 1) // 2], *second[len(second) // 2 :]))


def write_markdown(path: Path, texts: Sequence[str]) -> Path:
    """A document of sections of three paragraphs, each headed by its first words."""
    parts = [f"# {path.stem}"]
    for place, text in enumerate(texts):
        if place % 3 == 0:
            parts.append("## " + " ".join(text.split()[:6]))
        parts.append(text)
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return path


def write_pdf(path: Path, texts: Sequence[str]) -> Path:
    """The paragraphs set in Helvetica, an empty line between two; what Latin-1 lacks is shown as a question mark."""
    lines = [line for text in texts for line in (*textwrap.wrap(text, _COLUMNS), "")]
    pages = [lines[start : start + _LINES] for start in range(0, len(lines), _LINES)]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for page in pages:
        shown = b"\n".join(
            b"BT /F1 11 Tf 50 %d Td (%s) Tj ET"
            % (750 - 14 * place, re.sub(rb"([\\()])", rb"\\\1", line.encode("latin-1", "replace")))
            for place, line in enumerate(page)
            if line
        )
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
            % (len(objects) + 2)
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(shown), shown))
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(out))
    path.write_bytes(out + b"xref\n0 %d\n0000000000 65535 f \n%s%s" % (size, table, end))
    return path
