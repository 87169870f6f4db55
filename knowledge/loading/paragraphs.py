"""Lines that only the width of a page broke are put together again: Chinese without a space, a parted word without its hyphen.

What ends a paragraph: a short line, a wider gap, an indented line after a full stop, a point of a list, another size of type.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from knowledge.loading.document import table_rows
from knowledge.loading.layout import MARKER, Block, Piece, is_leftward
from knowledge.loading.pdfpage import HYPHEN

_HAN_EDGE = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")
_BETWEEN_HAN = re.compile(r"(?<=[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]) (?=[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef])")
_SENTENCE_END = re.compile(r"[.!?:;。！？：；…]['\"”’」』)）\]]*$")
_GOES_ON = re.compile(r"[a-zà-ÿ\u3400-\u9fff]")
_FULL = 0.85  # of the widest line: a shorter one ends a paragraph
_WHOLE = 0.97  # of it: a line so long may end with a sentence that does not end its paragraph
_BREAKABLE = 30  # characters, a Chinese one counted twice, of a line so long
_APART = 1.5  # times the usual distance of two lines: a new paragraph
_OTHER_TYPE = 1.12  # times its size
_LONG = 0.8  # of the longest line, in characters: a shorter one of recognised text ends there
_FILLED = 0.75  # of the cells of a table that is believed
_ROWS = 3  # that it has at least


def of_block(block: Block, before: list[str]) -> str:
    """The text of a block; where the text `before` it ends within a sentence that goes on here, that is taken from it."""
    if not block.lines:
        return ""
    if block.rows:
        cells = sum(bool(cell) for row in block.rows for cell in row)
        if len(block.rows) >= _ROWS and cells >= _FILLED * len(block.rows) * len(block.rows[0]):
            return table_rows([list(row) for row in block.rows])
        return "\n".join(line.text.removesuffix(HYPHEN) for line in block.lines)
    text = _joined_lines(block.lines)
    if before and before[-1] and _GOES_ON.match(text) and not _SENTENCE_END.search(before[-1]):
        head, _, last = before[-1].rpartition("\n")
        if len(last) > 2 * _BREAKABLE and not last.startswith("|"):
            before[-1] = ""
            text = (head + "\n" if head else "") + _joined(last, text)
    return text.removesuffix(HYPHEN) if text.count(HYPHEN) == 0 else text


def _joined_lines(lines: Sequence[Piece]) -> str:
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    steps = [below.y1 - above.y1 for above, below in pairwise(lines)]
    usual = median(steps) if steps else 0.0
    text = lines[0].text
    for above, line, step in zip(lines, lines[1:], steps, strict=False):
        width = max(right - left, 1.0)
        apart = step > _APART * usual or max(above.size, line.size) > _OTHER_TYPE * min(above.size, line.size)
        length = (right - above.x0 if is_leftward(above) else above.x1 - left) / width
        if apart and not above.text.endswith(HYPHEN):
            text += "\n\n" + line.text
        elif _ends(above, line, length, left):
            text += "\n" + line.text
        else:
            text = _joined(text, line.text)
    return text


def _ends(above: Piece, line: Piece, length: float, left: float) -> bool:
    """Whether a paragraph ends between two lines; `length` is the share of the width that the upper one reaches."""
    if above.text.endswith(HYPHEN):
        return False
    if length < _FULL or _marked(line.text):
        return True
    if not _SENTENCE_END.search(above.text):
        return False
    indented = line.x0 - left > 0.8 * line.size and above.x0 - left < 0.5 * line.size
    characters = len(above.text) + len(_HAN_EDGE.findall(above.text))
    return indented or length < _WHOLE or characters < _BREAKABLE


def _marked(text: str) -> bool:
    """Whether text begins with the mark of a point: a letter or a number needs a space or a Chinese comma after it."""
    mark = MARKER.match(text)
    return mark is not None and (text[mark.end() : mark.end() + 1] in ("", " ") or mark[0][-1] not in ".)")


def _joined(left: str, right: str) -> str:
    if left.endswith(HYPHEN):
        # "Lucene-BM25" keeps its hyphen: no word goes on with a capital or a digit.
        return left.removesuffix(HYPHEN) + ("-" if right[:1].isupper() or right[:1].isdigit() else "") + right
    if not left or not right or (_HAN_EDGE.match(left[-1]) and _HAN_EDGE.match(right[0])):
        return left + right
    return left + " " + right


def of_text(text: str) -> str:
    """The paragraphs of text that was recognised, in which an empty line ends one and Chinese characters stand apart."""
    paragraphs = []
    for paragraph in re.split(r"\n\s*\n", text):
        lines = [_BETWEEN_HAN.sub("", " ".join(line.split())) for line in paragraph.split("\n") if line.strip()]
        widest = max(map(len, lines), default=0)
        joined = ""
        for above, line in zip(["", *lines], lines, strict=False):
            if above.endswith("-") and above[-2:-1].isalpha() and line[0].islower():
                joined = joined[:-1] + line
            elif len(above) < _LONG * widest or _marked(line):
                joined += "\n" + line
            else:
                joined = _joined(joined, line)
        paragraphs.append(joined.strip())
    return "\n\n".join(filter(None, paragraphs))
