"""Which languages a text is written in, told by its script.

Good for one decision: may an embedder vote on this text. It tells Chinese from Japanese, Korean, Cyrillic and so on; all
Latin script counts as "en", since nothing here can tell French from English in five words.
"""

import re

_SCRIPTS = {
    "ja": re.compile(r"[\u3040-\u30ff]"),
    "ko": re.compile(r"[\uac00-\ud7af\u1100-\u11ff]"),
    "zh": re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f]"),
    "ru": re.compile(r"[\u0400-\u04ff]"),
    "ar": re.compile(r"[\u0600-\u06ff\u0750-\u077f]"),
    "he": re.compile(r"[\u0590-\u05ff]"),
    "hi": re.compile(r"[\u0900-\u097f]"),
    "th": re.compile(r"[\u0e00-\u0e7f]"),
    "el": re.compile(r"[\u0370-\u03ff]"),
}
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+")
_SAMPLE = 4000  # characters looked at
_SHARE = 0.1  # of the units a language needs to count; names in another script stay below it


def languages_of(text: str) -> frozenset[str]:
    """The languages that make up at least a tenth of the text's words (a Chinese character counts as one); none for digits.

    Kana makes the Han characters around it Japanese.
    """
    sample = text[:_SAMPLE]
    units = {code: len(pattern.findall(sample)) for code, pattern in _SCRIPTS.items()}
    units["en"] = len(_LATIN_WORD.findall(sample))
    if units["ja"] * 5 >= units["zh"] and units["ja"]:
        units["ja"] += units.pop("zh")
    total = sum(units.values())
    return frozenset(code for code, count in units.items() if count and count >= total * _SHARE)
