"""Turns the Markdown of an answer into sentences that can be spoken: no asterisk, no emoji and no address is read aloud.

Pure functions of text, and one small splitter that keeps what is not yet a sentence. They know nothing of voices and engines.
"""

import html
import re
import unicodedata
from typing import Literal

from assistant.speech.cutting import CODE_BLOCK, Cutter
from assistant.speech.reading import formula, one_by_one, read_numbers

Language = Literal["zh", "en"]

_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+")
_SPEAKABLE = re.compile(r"[^\W_]")

_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+[\"'][^\"'\n]*[\"'])?\)")
_REFERENCE = re.compile(r"!?\[(?!\^?\d+\])([^\[\]\n]+)\]\[[^\[\]\n]*\]")
_CITATION = re.compile(r"\s*(?:\[\^?\d{1,3}(?:\s*[,，、–-]\s*\d{1,3})*\]|【\d{1,3}(?:[†:：][^】\n]*)?】|\[\^[^\]\n]{1,20}\])")
_ADDRESS = re.compile(r"<?(?:https?://|ftp://|www\.)[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*[A-Za-z0-9/=_~-]>?|<mailto:[^>\s]+>")
_MATHS = re.compile(r"\$\$(.+?)\$\$|\\\[(.+?)\\\]|\\\((.+?)\\\)|(?<![\\$\w])\$(?=[^\s$])([^$\n]*?[^\s$\\])\$(?!\d)", re.DOTALL)
_FENCED = re.compile(r"^ {0,3}(```+|~~~+).*?(?:^ {0,3}\1[`~]*\s*$|\Z)", re.DOTALL | re.MULTILINE)
_BOLD_NUMBER = re.compile(r"([:：]\s*)\*\*(\d{3,6})\*\*")  # a number to be dialled, as help lines are listed
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_TAG = re.compile(r"</?(?!https?:|ftp:|mailto:)[A-Za-z][^<>\n]{0,300}>|<!--.*?-->", re.DOTALL)
_SMILEY = re.compile(r"(?<![\w:])[:;=8][-'^]?[)(DPpOo3/|\\*](?!\w)|(?<!\w)(?:\^_\^|T_T|>_<|-_-|orz|<3)(?!\w)")
_SILENT = {"Cc", "Cf", "Cn", "Co", "Cs", "Me", "Mn", "Sk", "So"}
_KEPT_MARKS = {"\n", "\u0301", "\u0300", "\u0308"}


def language_of(sentence: str, otherwise: Language = "en") -> Language:
    """The language whose voice reads a sentence: Chinese when it has as many characters as foreign words."""
    chinese, words = len(_CHINESE.findall(sentence)), len(_WORD.findall(sentence))
    if chinese == words == 0:
        return otherwise
    return "zh" if chinese >= words else "en"


def speakable(text: str, language: str) -> str:
    """`text` without markup, addresses and pictures, its numbers as they are said in `language` ("zh" or "en").

    Empty when nothing in it can be spoken.
    """
    chinese = language.startswith("zh")
    spoken: Language = "zh" if chinese else "en"
    text = _FENCED.sub("（代码略）" if chinese else "(code)", text.replace("\r\n", "\n"))
    text = _MATHS.sub(lambda found: formula(next(filter(None, found.groups())), spoken), text)
    text = _TAG.sub(" ", re.sub(r"!\[\]\([^)]*\)", "", text))
    text = _REFERENCE.sub(r"\1", _LINK.sub(r"\1", text))
    text = _ADDRESS.sub("链接" if chinese else " link ", text)
    text = _CITATION.sub("", text)
    text = _BOLD_NUMBER.sub(lambda found: found[1] + (one_by_one(found[2]) if chinese else " ".join(found[2])), text)
    text = html.unescape(text)
    text = " ".join(filter(None, (_line(line, chinese) for line in text.split("\n"))))
    text = _SMILEY.sub("", text)
    text = read_numbers(_without_markup(text), spoken)
    return _tidy(text, chinese)


def sentences(text: str, language: str | None = None) -> list[str]:
    """The speakable sentences of a whole text; each is read in its own language where `language` is None."""
    splitter = SentenceSplitter(language)
    return splitter.feed(text) + splitter.finish()


class SentenceSplitter:
    """Speakable sentences of an answer that is still being written.

    The first one may end at a comma, so that sound starts early; the others are whole. With a `language` every sentence is
    read in it, otherwise in its own.
    """

    def __init__(self, language: str | None = None) -> None:
        self._cutter = Cutter()
        self._language = language
        self._last: Language = "en"

    def feed(self, delta: str) -> list[str]:
        """The sentences that `delta` completes."""
        return self._spoken(self._cutter.feed(delta))

    def finish(self) -> list[str]:
        """What is left at the end of the text."""
        return self._spoken(self._cutter.finish())

    def _spoken(self, pieces: list[str]) -> list[str]:
        found = []
        for piece in pieces:
            if piece != CODE_BLOCK:
                self._last = language_of(piece, self._last)
            found.append(speakable(piece, self._language or self._last))
        return [sentence for sentence in found if sentence]


def _line(line: str, chinese: bool) -> str:
    """One line of Markdown without the marks of its block, ended by a stop where the block ends."""
    stripped = line.strip()
    if not stripped or _TABLE_RULE.match(line) or re.fullmatch(r"[-*_=\s]{3,}", stripped):
        return ""
    stripped = re.sub(r"^(?:>\s?)+", "", stripped)
    if stripped.startswith("|") or stripped.count("|") >= 2:
        cells = [cell.strip() for cell in stripped.strip("|").split("|")]
        return _stopped(("，" if chinese else ", ").join(filter(None, cells)), chinese)
    if heading := re.match(r"#{1,6}\s+(.*?)\s*#*$", stripped):
        return _stopped(heading[1], chinese)
    if item := re.match(r"(?:[-*+•]|(\d{1,3})[.)])\s+(?:\[[ xX]\]\s+)?(.*)$", stripped):
        number = f"{item[1]}{'，' if chinese else ', '}" if item[1] else ""
        return number + _stopped(item[2], chinese)
    return stripped


def _stopped(text: str, chinese: bool) -> str:
    bare = text.rstrip("*_ ")
    return text if not bare or not bare[-1].isalnum() else bare + ("。" if chinese else ".")


def _without_markup(text: str) -> str:
    text = re.sub(r"\\([\\`*_{}\[\]()#+\-.!|>~$])", r"\1", text)
    text = re.sub(r"(?<=\d)\s*\*\s*(?=\d)", "×", text)
    text = re.sub(r"\*+|~~|`+|(?<![^\W_])_+|_+(?![^\W_])", "", text)
    return re.sub(r"[_|{}\\^<>#@]|(?<=[A-Za-z])/(?=[A-Za-z])", " ", text).replace("•", " ")


def _tidy(text: str, chinese: bool) -> str:
    text = "".join(character for character in text if character in _KEPT_MARKS or unicodedata.category(character) not in _SILENT)
    text = re.sub(r"[（(\[【「『“]\s*[)）\]】」』”]", "", text)
    text = re.sub(r"—{1,}|[-–]{2,}", "，" if chinese else ", ", text)
    text = re.sub(r"…+|\.{2,}|。{2,}|⋯+", "。" if chinese else ". ", text)
    text = re.sub(r"[~～]+", "", text)
    text = re.sub(r"([!！?？])[!！?？]+", r"\1", text)
    text = re.sub(r"([，,、；;：:])[\s，,、；;：:]+", r"\1 ", text)
    text = re.sub(r"[，,、；;：:]\s*([。！？!?.])", r"\1", text)
    text = re.sub(r"([。！？!?])[。.]+", r"\1", text)
    text = re.sub(r"[，,、；：:]+(?=[”」』）】])", "", text)
    text = re.sub(r"\s+([,.;:!?，。；：！？、）)])", r"\1", text)
    text = re.sub(r"(?<=[\u3400-\u9fff，。！？；：（）])\s+(?=[\u3400-\u9fff，。！？；：（）])", "", text)
    text = re.sub(r"\s+", " ", text).strip(" ,，、；;：:")
    return text if _SPEAKABLE.search(text) else ""
