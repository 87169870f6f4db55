"""Every word of the page by key: those of `ui.words`, whose files each hold one page's in English and in Chinese.

Nothing here is HTML. The sentences of failures are not here: an error carries its own.
"""

from types import MappingProxyType

from ui.words import chat, evaluate, frame, knowledge, models, personas, servers, settings, tools, train

LANGUAGES = ("en", "zh")


def text(key: str, language: str, **values: object) -> str:
    """The words under `key` in `language` ("zh" and its variants, else English), with `values` filled in."""
    english, chinese = _TEXTS[key]
    words = chinese if language.startswith("zh") else english
    return words.format(**values) if values else words


def keys() -> tuple[str, ...]:
    return tuple(_TEXTS)


def _merged() -> dict[str, tuple[str, str]]:
    merged: dict[str, tuple[str, str]] = {}
    for page in (frame, chat, personas, knowledge, tools, servers, models, evaluate, train, settings):
        twice = merged.keys() & page.WORDS.keys()
        if twice:
            raise ValueError(f"words that are there twice: {sorted(twice)}")
        merged |= page.WORDS
    return merged


_TEXTS = MappingProxyType(_merged())
