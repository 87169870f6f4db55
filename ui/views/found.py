"""What a search in a collection finds, as HTML: passages with their scores and reasons."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from knowledge.base import RELEVANT
from knowledge.explaining import Explanation
from knowledge.types import Hit
from ui.highlight import marked
from ui.render import Manner, plain
from ui.sources import place_html
from ui.views import parts, why
from ui.views.filters import Narrowing, Pair, labels_html

_EMPTY_LINES = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, best first; the first `given` of it a persona would be given. `labels` are those of the passages.

    `told` has the reasons, and what became of `sought`, which somebody missed there ("" for nothing).
    """

    words: str
    hits: Sequence[Hit]
    given: int
    labels: Mapping[int, Sequence[Pair]] = field(default_factory=dict)
    told: Explanation | None = None
    sought: str = ""


def found_html(collection: str, found: Found | None, narrowing: Narrowing, manner: Manner) -> Markup:
    """What the search found, and where a persona would be given no more of it; nothing where nothing was searched."""
    if found is None:
        return parts.EMPTY
    if not found.hits:
        none = Markup('<p class="empty" role="status">{}</p>').format(
            manner.say("filter_nothing" if narrowing.count else "found_nothing", query=found.words)
        )
        return none + _sought(collection, found, narrowing, manner)
    if narrowing.count:
        verdict = manner.say("filter_found")
    elif found.given == len(found.hits):  # there is no line
        verdict = manner.say("knowledge_given_all", n=found.given, least=f"{RELEVANT:.2f}")
    elif found.given:
        verdict = manner.say("knowledge_given", n=found.given, least=f"{RELEVANT:.2f}")
    else:
        best = max(hit.score for hit in found.hits)
        verdict = manner.say("knowledge_not_given", best=f"{best:.2f}", least=f"{RELEVANT:.2f}")
    rows = [_result(number, hit, collection, found, manner) for number, hit in enumerate(found.hits, 1)]
    if found.given < len(rows) and not narrowing.count:
        rows.insert(found.given, Markup('<p class="cutoff"><span>{}</span></p>').format(manner.say("knowledge_cutoff")))
    return Markup('<div class="results" role="status" data-look><p class="verdict">{}</p>{}{}</div>').format(
        verdict, parts.EMPTY.join(rows), _sought(collection, found, narrowing, manner)
    )


def _sought(collection: str, found: Found, narrowing: Narrowing, manner: Manner) -> Markup:
    if not found.told:
        return parts.EMPTY
    return why.sought_html(collection, found.words, found.sought, found.told, narrowing, manner)


def _result(number: int, hit: Hit, collection: str, found: Found, manner: Manner) -> Markup:
    passage = hit.passage
    return Markup(
        '<article class="result"><h3><b>{}</b> <bdi>{}</bdi></h3>{}<p dir="auto">{}</p>{}<div class="row">'
        '<span class="scores">{}</span><a class="button" href="?at=knowledge&amp;id={}" data-do="thing" data-thing="{}">'
        "{}</a></div>{}</article>"
    ).format(
        number,
        plain(passage.title),
        place_html(passage, manner),
        # Lines that are empty say nothing here, and a result should not fill the window.
        marked(_EMPTY_LINES.sub("\n", passage.text), found.words),
        labels_html(found.labels.get(passage.id, ()), manner),
        _scores(hit, manner),
        *(f"{collection}/{passage.document}/{passage.id}",) * 2,
        manner.say("open_document"),
        why.reason_html(hit.passage.id, found.told, manner) if found.told else parts.EMPTY,
    )


def _scores(hit: Hit, manner: Manner) -> Markup:
    told = [(hit.score, manner.say("score", score=f"{hit.score:.2f}"))]
    if hit.dense is not None:
        told.append((hit.dense, manner.say("score_dense", score=f"{hit.dense:.2f}")))
    if hit.lexical is not None:
        told.append((hit.lexical, manner.say("score_lexical", score=f"{hit.lexical:.2f}")))
    if hit.read is not None:
        told.append((hit.read, manner.say("score_read", score=f"{hit.read:.2f}")))
    return parts.EMPTY.join(
        Markup('<span><progress max="100" value="{}" aria-label="{}"></progress>{}</span>').format(
            round(100 * min(max(value, 0.0), 1.0)), words, words
        )
        for value, words in told
    )
