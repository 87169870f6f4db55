"""Cuts the Markdown of an answer into pieces of about one sentence, while it is still being written.

A cut never falls inside a number, an abbreviation, a link, a formula or inline code; a code block becomes one piece that holds
nothing but its fences. The pieces are still Markdown: `assistant.speech.normalise` makes them fit to be spoken.
"""

import re

LONGEST = 280
"""Characters of a piece that has no better place to be cut."""

CODE_BLOCK = "```\n```"
"""The piece that stands for a code block."""

_FIRST_WORDS = 8  # an English first piece may end at a comma after so many words,
_FIRST_CHARACTERS = 15  # a Chinese one after so many characters: sound starts early

_FENCE = re.compile(r" {0,3}(```+|~~~+)")
_BLOCK = re.compile(r"\s*(?:[-*+•]\s|\d{1,3}(?:[.)]\s|、)|#{1,6}\s|\||>|```|~~~|[-*_]{3,}\s*$)|\s*$")
_WHOLE_LINE = re.compile(r"\s*(?:#{1,6}\s|\|)")
_ORDINAL = re.compile(r"\s*(?:>\s*)?\d{1,3}[.)]")
_NEVER_CUT = re.compile(
    r"`[^`\n]*`|!?\[[^\]\n]{0,200}\](?:\([^)\s]*\)|\[[^\]\n]*\])?|https?://[^\s，。；！？（）]+"
    r"|\$\$.{0,280}?\$\$|\\\[.{0,280}?\\\]|\\\(.{0,280}?\\\)|\$[^\s$][^$\n]{0,280}\$",
    re.DOTALL,
)
_OPENING = re.compile(r"`|!?\[|\$\$|\\\[|\\\(")
_CLOSERS = "”’」』）】》\"')]*_"
_FULL_STOPS = "。！？；…!?."
_COMMAS = "，、；：,;:"
_UNKNOWN = -1  # the text that decides has not come yet
ABBREVIATIONS = {
    "mr", "mrs", "ms", "dr", "prof", "st", "vs", "e.g", "i.e", "cf", "no", "fig", "figs", "eq", "ch", "pp", "vol", "al", "approx",
    "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "dept", "est", "ca", "gen", "rev",
}  # fmt: skip
SOMETIMES_LAST = {"etc", "a.m", "p.m", "u.s", "u.k", "inc", "ltd", "jr", "sr", "co", "corp", "ph.d"}
"""Abbreviations, without their last stop, that end a sentence at times; those in `ABBREVIATIONS` never do."""


class Cutter:
    """Takes text as it comes and gives the pieces that are complete."""

    def __init__(self) -> None:
        self._rest = ""
        self._fence = ""
        self._at_line_start = True
        self._begun = False

    def feed(self, delta: str) -> list[str]:
        """The pieces that `delta` completes."""
        pieces = []
        for start in range(0, len(delta), LONGEST):  # a short rest is read again at each step, a long one never
            self._rest += delta[start : start + LONGEST]
            pieces += self._take(final=False)
        return pieces

    def finish(self) -> list[str]:
        """What is left, when no more text will come."""
        return self._take(final=True)

    def _take(self, final: bool) -> list[str]:
        pieces = []
        while (end := self._end(final)) is not None:
            piece, self._rest = self._rest[:end], self._rest[end:]
            opened = _FENCE.match(piece) if self._at_line_start else None
            self._at_line_start = piece.endswith("\n")
            if self._fence:
                self._close_fence(piece)
            elif opened is not None:
                self._fence = opened[1]
                pieces.append(CODE_BLOCK)
            elif piece.strip():
                pieces.append(piece.strip())
                self._begun = True
        return pieces

    def _close_fence(self, line: str) -> None:
        if re.fullmatch(rf" {{0,3}}{re.escape(self._fence[0])}{{{len(self._fence)},}}\s*", line):
            self._fence = ""

    def _end(self, final: bool) -> int | None:
        """Where the first piece of the rest ends; None while that cannot be told."""
        if not self._rest:
            return None
        line_end = self._rest.find("\n") + 1
        if self._fence or (self._at_line_start and _FENCE.match(self._rest)):
            return line_end or (len(self._rest) if final else None)
        if self._at_line_start and not final and len(self._rest.lstrip(" ")) < 3 and not line_end:
            return None  # it may become a fence
        closed = self._closed(final)
        spans = [match.span() for match in _NEVER_CUT.finditer(self._rest)]
        first_line_is_block = bool(_WHOLE_LINE.match(self._rest))
        for place in range(closed):
            if any(start <= place < end - 1 for start, end in spans):
                continue
            end = self._cut_at(place, final, first_line_is_block)
            if end == _UNKNOWN:
                return None
            if end is not None:
                return end
            if place + 1 >= LONGEST:
                return self._forced(place + 1, spans)
        return len(self._rest) if final else None

    def _closed(self, final: bool) -> int:
        """How far the rest may be read: up to a link, code or formula whose end has not come."""
        if final:
            return len(self._rest)
        position = 0
        while (opening := _OPENING.search(self._rest, position)) is not None:
            whole = _NEVER_CUT.match(self._rest, opening.start())
            if whole is not None and (whole.end() < len(self._rest) or not opening[0].endswith("[")):
                position = whole.end()
                continue
            newline = self._rest.find("\n", opening.start())
            if len(self._rest) - opening.start() > LONGEST or (newline >= 0 and opening[0] in {"`", "[", "!["}):
                position = opening.end()
                continue
            return opening.start()
        return len(self._rest)

    def _cut_at(self, place: int, final: bool, first_line_is_block: bool) -> int | None:
        """The end of the piece when it may end at the character of this place; `_UNKNOWN` while that cannot be told."""
        character = self._rest[place]
        if character == "\n":
            return self._line_ends(place, final, first_line_is_block)
        if first_line_is_block:
            return None
        if character in _FULL_STOPS:
            return self._sentence_ends(place, final)
        if not self._begun and character in _COMMAS and self._long_enough(place):
            after = self._rest[place + 1 : place + 2]
            if not character.isascii() or after.isspace():
                return place + 1
        return None

    def _line_ends(self, place: int, final: bool, is_block: bool) -> int | None:
        following = self._rest[place + 1 :]
        if is_block or not self._rest[:place].strip():
            return place + 1
        if not final and "\n" not in following and len(following.strip()) < 5:
            return _UNKNOWN
        return place + 1 if _BLOCK.match(following.split("\n", 1)[0]) else None

    def _sentence_ends(self, place: int, final: bool) -> int | None:
        end = place + 1
        while end < len(self._rest) and self._rest[end] in _CLOSERS + _FULL_STOPS:
            end += 1
        waiting = end >= len(self._rest) and not final
        if not self._rest[place].isascii():
            return _UNKNOWN if waiting else end
        after = self._rest[end:]
        if waiting:
            return _UNKNOWN
        if after and not after[0].isspace() and not _is_chinese(after[0]):
            return None
        if self._rest[place] != "." or not after:
            return end
        if _ORDINAL.fullmatch(self._rest[: place + 1]):
            return None
        word = re.search(r"[A-Za-z.]*$", self._rest[:place])
        before = word[0].lower() if word else ""
        if before in ABBREVIATIONS or (len(before) == 1 and before != "i" and word and word[0].isupper()):
            return None
        next_letter = after.lstrip(" *_\"'([“")[:1]
        if not next_letter and "\n" not in after and not final:
            return _UNKNOWN
        unsure = before in SOMETIMES_LAST or self._rest[max(0, place - 1)] == "." or end - place > 1
        return None if unsure and next_letter.islower() else end

    def _long_enough(self, place: int) -> bool:
        text = self._rest[:place]
        chinese = sum(map(_is_chinese, text))
        return chinese >= _FIRST_CHARACTERS or len(text.split()) + chinese // 2 >= _FIRST_WORDS

    def _forced(self, limit: int, spans: list[tuple[int, int]]) -> int:
        """A cut in a sentence without end: after the last comma, else the last space, else at the limit."""
        for marks in (_COMMAS, " \n"):
            for place in range(limit - 1, limit // 3, -1):
                if self._rest[place] in marks and not any(start <= place < end for start, end in spans):
                    ascii_comma = marks == _COMMAS and self._rest[place].isascii()
                    if not ascii_comma or self._rest[place + 1 : place + 2].isspace():
                        return place + 1
        return limit


def _is_chinese(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or "\uf900" <= character <= "\ufaff" or "\U00020000" <= character <= "\U0003ffff"
