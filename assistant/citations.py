"""Citations: each [n] of an answer is checked while it is written, and names a passage that speaks for its sentence.

The check is one of words, not of sense: what a sentence says in words, numbers and names must stand in the passage, its heading
or its title. That tells a passage about something else from the right one, and not a right sentence from its denial. It is done
as the answer streams, so that nobody sees a citation change.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from knowledge.types import Hit
from retrieval.language import languages_of
from retrieval.numbers import number_of, numbers, numerals
from retrieval.tokenizing import is_common, tokens

SUPPORT = 0.4
"""The share of a sentence's information that a passage must hold to be cited for it; measured, see `docs/decisions.md`."""

SUPPORT_CHINESE = 0.3
"""As `SUPPORT`, in pairs of characters, of which rewording breaks more."""

_FEW = 2  # words; of a sentence with fewer nothing can be checked
_MANY = 1000  # texts; as in the word index, a handful cannot tell which words are rare
_LONGEST = 2000  # characters that are held back for the rest of a sentence

_MARK = re.compile(r"[ \t]*(?:\[\s*(\d{1,2}(?:\s*[,，、]\s*\d{1,2})*)\s*\]|【\s*(\d{1,2}(?:\s*[,，、]\s*\d{1,2})*)\s*】)")
_HALF_MARK = re.compile(r"[ \t]*(?:[\[【][\s\d,，、]*)?\Z")
_END = re.compile(r"[。！？!?](?:[”’」』）)\"']*)|\.(?=\s|\Z)|\n")
_NAME = re.compile(r"(?<![^\W_])[A-Z][\w'-]*[^\W_]")
_OPENING = re.compile(r"(?:^|[.!?。！？:：\n\"“‘(（*_#>-])\s*\Z")
_LIST = re.compile(r"(?m)^\s*(?:\d{1,3}[.)、]|[-*+#>]+)\s+")


class Citations:
    """A stream of text in which every citation is right.

    A number that names no passage, or one that does not support its sentence, becomes that of the passage that does, or is left
    out. Text is held back only where it may be part of a citation, or where the sentence that one belongs to goes on after it.
    """

    def __init__(self, hits: Sequence[Hit]) -> None:
        self._hits = hits
        self._held = ""
        self._said = ""  # what was passed on
        self._claim = ""  # what the citation before spoke for

    def feed(self, text: str) -> str:
        """What may be shown now that `text` was written."""
        self._held += text
        return self._pass(last=False)

    def finish(self) -> str:
        """What was still held back at the end of the text."""
        return self._pass(last=True)

    @cached_property
    def _sources(self) -> list["_Source"]:
        return [_source(hit) for hit in self._hits]

    def _pass(self, last: bool) -> str:
        shown = ""
        while self._held:
            mark = _MARK.search(self._held)
            half = None if mark or last else _HALF_MARK.search(self._held)
            found = mark or half
            end = found.start() if found else len(self._held)
            shown += self._show(self._held[:end])
            rest = self._held[mark.end() :] if mark else ""
            self._held = self._held[end:]
            if mark is None:
                break
            if not rest and not last:  # an address in brackets may follow, and then it is a link
                break
            if rest.startswith("(") or self._in_code():
                shown += self._show(mark.group())
                self._held = rest
                continue
            claim = self._before()
            if not _tells(claim):
                following = _END.search(rest)
                if following is None and not last and len(rest) < _LONGEST:
                    break
                claim += " " + _MARK.sub("", rest[: following.start() if following else len(rest)])
            shown += self._show(self._right(mark, claim))
            self._held = rest
        return shown

    def _show(self, text: str) -> str:
        self._said += text
        return text

    def _in_code(self) -> bool:
        return self._said.count("```") % 2 == 1 or self._said.rpartition("\n")[2].count("`") % 2 == 1

    def _before(self) -> str:
        """The sentence that ends where a citation stands, from the citation before on where there is one."""
        said = self._said[-_LONGEST:].rstrip()
        trimmed = said.rstrip("。！？!?.”’」』）)\"'*_ ")
        start = max((found.end() for found in _END.finditer(trimmed)), default=0)
        sentence = said[start:]
        since = max((found.end() for found in _MARK.finditer(sentence)), default=0)
        after = sentence[since:]
        if since and not _content(after):  # [1][2]: the second speaks for the same
            after = self._claim
        elif since and not _tells(after):
            after = sentence
        self._claim = _MARK.sub("", after)
        return self._claim

    def _right(self, mark: re.Match[str], claim: str) -> str:
        """The citation with the numbers that are right, "" for none."""
        named = [int(number) for number in re.findall(r"\d+", mark.group())]
        measured = _measured(claim, self._sources)
        kept = list(dict.fromkeys(n for n in named if 1 <= n <= len(measured) and measured[n - 1] is not None))
        if not kept:
            fit = {number: share for number, share in enumerate(measured, 1) if share is not None and share > 0}
            kept = [max(fit, key=lambda number: fit[number])] if fit else []
        if kept == named:
            return mark.group()
        space = mark.group()[: len(mark.group()) - len(mark.group().lstrip())]
        opening, closing = "【】" if mark.group(2) else "[]"
        return f"{space}{opening}{', '.join(map(str, kept))}{closing}" if kept else ""


@dataclass(frozen=True, slots=True)
class _Source:
    """What a passage holds: its words, its numbers, and the languages it is written in."""

    words: frozenset[str]
    numbers: frozenset[str]
    languages: frozenset[str]


def _source(hit: Hit) -> _Source:
    text = "\n".join((hit.passage.title, hit.passage.heading, hit.passage.text))
    return _Source(frozenset(map(number_of, tokens(text))), numbers(text), languages_of(hit.passage.text))


def supports(claim: str, hits: Sequence[Hit]) -> list[bool]:
    """Whether each of the passages speaks for a sentence."""
    return [share is not None for share in _measured(claim, [_source(hit) for hit in hits])]


def _measured(claim: str, sources: Sequence[_Source]) -> list[float | None]:
    """The share of a sentence's information that each passage holds, in [0, 1]; None where that, a number or a name fails it.

    Where a sentence has too few words, or a passage is written in another language, only numbers and names are looked at, and the
    share is 0.
    """
    text = _LIST.sub("", claim)
    terms = _content(text)
    wanted, names = numerals(text), _names(text)
    languages = languages_of(text)
    weights = {term: _weight(term, sum(term in source.words for source in sources)) for term in terms}
    whole = sum(weights.values())
    least = SUPPORT_CHINESE if "zh" in languages else SUPPORT
    measured: list[float | None] = []
    for source in sources:
        stranger = bool(languages) and bool(source.languages) and languages.isdisjoint(source.languages)
        if not wanted <= source.numbers or not (stranger or names <= source.words):
            measured.append(None)
        elif stranger or len(terms) < _FEW:
            measured.append(0.0)
        else:
            share = sum(weight for term, weight in weights.items() if term in source.words) / whole
            measured.append(share if share >= least else None)
    return measured


def _weight(term: str, holding: int) -> float:
    """The idf of the word index, were these passages among a thousand others."""
    return math.log(1 + (_MANY - holding + 0.5) / (holding + 0.5))


def _content(text: str) -> frozenset[str]:
    """The words that say something: Chinese by pairs of characters."""
    found = (number_of(term) for term in tokens(_MARK.sub(" ", text)))
    return frozenset(term for term in found if not is_common(term) and (term.isascii() or len(term) > 1))


def _tells(text: str) -> bool:
    return len(_content(_LIST.sub("", text))) >= _FEW


def _names(text: str) -> frozenset[str]:
    """The words of names: those with a capital where no sentence begins."""
    found = (match for match in _NAME.finditer(text) if not _OPENING.search(text, 0, match.start()))
    return frozenset(term for match in found for term in tokens(match.group()) if len(term) > 1 and not is_common(term))
