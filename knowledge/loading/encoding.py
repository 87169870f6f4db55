"""Bytes to text: byte order marks, UTF-8, what a page declares, then the encodings that Chinese text comes in, then a guess.

A guess by statistics alone takes short Chinese texts for Korean or Cyrillic, so GB18030 and Big5 are tried first and believed
when what they give is made of common characters.
"""

import codecs
import re

from charset_normalizer import from_bytes

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_KANA = re.compile(r"[\u3040-\u30ff]")
_HANGUL = re.compile(r"[\uac00-\ud7af]")
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_SAMPLE = 100_000  # bytes that a guess looks at
_ENOUGH = 0.85  # share of common characters that makes an encoding believed


def decoded(data: bytes, declared: str | None = None) -> str | None:
    """The text of `data`, or None where it is no text; `declared` is the encoding that the file itself names."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data.decode(name, "replace")
    wide = _wide(data)
    if wide:
        return data.decode(wide, "replace")
    if b"\x00" in data[:_SAMPLE]:
        return None
    for encoding in ("utf-8", declared or "utf-8"):
        try:
            return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    guess = _guess(data[:_SAMPLE])
    return data.decode(guess, "replace") if guess else None


def _wide(data: bytes) -> str | None:
    """UTF-16 without its mark shows as zeros in every second byte."""
    sample = data[:4000]
    if len(sample) < 8:
        return None
    even, odd = sample[0::2].count(0) * 2 / len(sample), sample[1::2].count(0) * 2 / len(sample)
    if odd > 0.4 and even < 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 and odd < 0.05 else None


def _guess(sample: bytes) -> str | None:
    scores = {name: _commonness(sample, name) for name in ("gb18030", "big5", "cp932", "euc_kr")}
    best = max(scores, key=lambda name: scores[name])
    if scores[best] >= _ENOUGH:
        return best
    match = from_bytes(sample, cp_isolation=["cp1252", "cp1250", "cp1251", "gb18030", "big5", "cp932", "euc_kr"]).best()
    if match is not None:
        return match.encoding
    return "cp1252" if _looks_western(sample) else None


def _commonness(sample: bytes, name: str) -> float:
    """How much of what is not ASCII this encoding turns into common characters of its language, from 0 to 1."""
    # The sample may end within a character.
    text = codecs.getincrementaldecoder(name)("ignore").decode(sample)
    if len(text.encode(name, "ignore")) < len(sample) - 4:
        return 0.0
    foreign = _FOREIGN.findall(text)
    if len(foreign) < 2:
        return 0.0
    if name == "cp932":
        return 1.0 if len(_KANA.findall(text)) > len(foreign) * 0.3 else 0.0
    if name == "euc_kr":
        return len(_HANGUL.findall(text)) / len(foreign)
    return sum(_is_common(character, name) for character in foreign) / len(foreign)


def _is_common(character: str, name: str) -> bool:
    """Whether the character is of the first, everyday level of its standard, or its punctuation."""
    raw = character.encode(name, "ignore")
    if len(raw) != 2:
        return False
    if name == "gb18030":
        return (0xB0 <= raw[0] <= 0xD7 or 0xA1 <= raw[0] <= 0xA3) and raw[1] >= 0xA1
    return 0xA4 <= raw[0] <= 0xC6 or 0xA1 <= raw[0] <= 0xA3


def _looks_western(sample: bytes) -> bool:
    """Mostly ASCII letters with a few accented ones, and no control characters."""
    if any(byte < 9 or 14 <= byte < 32 for byte in sample):
        return False
    high = sum(byte >= 0xC0 for byte in sample)
    return high <= len(sample) * 0.3 and sum(0x80 <= byte < 0xA0 for byte in sample) <= len(sample) * 0.1
