"""What a text is indexed as, and looked for by.

Words are lower-cased and taken out of camelCase and snake_case, English plurals lose their s, and Chinese is indexed as
characters and pairs of characters, so that a word of two is found.
"""

import re
import unicodedata

_COMMON_ENGLISH = (
    "what which who whom whose when where why how many much do doe did is are wa were be been being the a an of in on at to "
    "for from by with and or as that this it i you we they he she me my your can could would should will ha have had there about"
)
_COMMON = frozenset((*_COMMON_ENGLISH.split(), "多少"))
_COMMON_HAN = frozenset("的了吗呢吧啊呀是在有我你您他她它们这那哪几么什怎谁很")

_HAN = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0002fa1f"
_RUNS = re.compile(rf"([{_HAN}]+)|([^\W_{_HAN}]+)")
_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[^\WA-Z\d_]+|[A-Z]+|\d+")
_PLAIN = re.compile(r"[a-z0-9]+|[\u4e00-\u9fa5]+")  # what our tokens and FTS5's agree on, whatever Unicode each was built with


def tokens(text: str) -> list[str]:
    """The tokens of a text, in order, repeats kept."""
    found: list[str] = []
    for han, word in _RUNS.findall(unicodedata.normalize("NFKC", text)):
        if han:
            found += han
            found += [han[i : i + 2] for i in range(len(han) - 1)]
        else:
            found += [_singular(part.lower()) for part in _PARTS.findall(word)]
    return found


def _singular(word: str) -> str:
    """The word without a plural s; measured on English questions, full stemming is no better than this."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    return word[:-3] + "y" if word.endswith("ies") and len(word) > 4 else word[:-1]


def is_common(term: str) -> bool:
    """Whether a token is one that asks or binds, and so says little of what is asked for."""
    return term in _COMMON or (not term.isascii() and not _COMMON_HAN.isdisjoint(term))


def is_plain(term: str) -> bool:
    """Whether FTS5 is certain to take a token for one as well."""
    return _PLAIN.fullmatch(term) is not None
