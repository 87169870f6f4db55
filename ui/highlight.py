"""The words of a query marked in a text, as the word index sees them: English without its plural s, Chinese by pairs."""

import re

from markupsafe import Markup

from retrieval.tokenizing import is_common, tokens

_WORDS = re.compile(r"[A-Za-z0-9]+")
_TERMS = 64


def marked(text: str, query: str) -> Markup:
    """The text, escaped, with the query's words in <mark>."""
    out, at = Markup(""), 0
    for start, end in _places(text, query):
        out += Markup("{}<mark>{}</mark>").format(text[at:start], text[start:end])
        at = end
    return out + Markup("{}").format(text[at:])


def _places(text: str, query: str) -> list[tuple[int, int]]:
    """(start, end) of each marked stretch, ascending, none touching another."""
    every = list(dict.fromkeys(tokens(query)))
    # Words such as only ask or bind stand everywhere, and would hide those that were found.
    asked = [term for term in every if not is_common(term)] or every
    pairs = [term for term in asked if not term.isascii() and len(term) > 1]
    # Single characters stand in nearly every text; they say something only where nothing longer was asked.
    han = pairs or [term for term in asked if not term.isascii()]
    found: list[tuple[int, int]] = []
    for term in han[:_TERMS]:
        found += [match.span() for match in re.finditer(re.escape(term), text)]
    latin = {term for term in asked if term.isascii()}
    found += [match.span() for match in _WORDS.finditer(text) if not latin.isdisjoint(tokens(match[0]))] if latin else []
    joined: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined
