"""Why a search finds a passage, and what became of one that it does not show: scores, places and words, as HTML."""

from markupsafe import Markup

from knowledge.explaining import Explanation, Reason, Standing
from retrieval.fusion import DEPTH
from ui.render import Manner, plain
from ui.sources import place_html
from ui.views import parts
from ui.views.filters import Narrowing, kept_html

_SHOWN = 240  # characters of a passage
_TONGUES = ("zh", "en", "ja", "ko", "ru", "ar", "he", "hi", "th", "el")


def reason_html(passage: int, told: Explanation, manner: Manner) -> Markup:
    """The reasons of the hit of this passage, folded."""
    reason = next(reason for hit, reason in told.hits if hit.passage.id == passage)
    return Markup('<details class="reasons" data-key="why-{}"><summary>{}</summary>{}</details>').format(
        reason.passage.id, manner.say("why_this"), _body(reason, told, manner)
    )


def sought_html(collection: str, words: str, sought: str, told: Explanation, narrowing: Narrowing, manner: Manner) -> Markup:
    """A question after a passage that one misses, and the answer to it where one was asked for (`sought`)."""
    form = Markup(
        '<form class="finder sought" data-do="workshop" data-action="why" data-collection="{0}" data-words="{1}"><input '
        'type="search" name="sought" value="{2}" required aria-label="{3}" placeholder="{3}"><button type="submit">{4}</button>'
        "{5}</form>"
    ).format(collection, words, sought, manner.say("why_sought"), manner.say("why_not"), kept_html(narrowing))
    if not sought:
        return form
    if told.chosen is None:
        return form + Markup('<p class="empty">{}</p>').format(manner.say("why_no_such", words=sought))
    return form + _chosen(collection, told.chosen, told, manner)


def _chosen(collection: str, reason: Reason, told: Explanation, manner: Manner) -> Markup:
    passage = reason.passage
    text = " ".join(passage.text.split())
    return Markup(
        '<article class="result chosen"><h3><bdi>{}</bdi></h3>{}<p dir="auto">{}</p>{}<div class="row"><a class="button" '
        'href="?at=knowledge&amp;id={}" data-do="thing" data-thing="{}">{}</a></div></article>'
    ).format(
        plain(passage.title),
        place_html(passage, manner),
        text if len(text) <= _SHOWN else text[:_SHOWN] + "…",
        _body(reason, told, manner),
        *(f"{collection}/{passage.document}/{passage.id}",) * 2,
        manner.say("open_document"),
    )


def _body(reason: Reason, told: Explanation, manner: Manner) -> Markup:
    rows = [
        _leg(manner.say("why_dense"), reason.dense, manner),
        _leg(manner.say("why_lexical"), reason.lexical, manner),
        _leg(manner.say("why_fused"), reason.fused, manner),
    ]
    table = Markup(
        '<div class="table" tabindex="0"><table><thead><tr><th></th><th>{}</th><th>{}</th></tr></thead>'
        "<tbody>{}</tbody></table></div>"
    ).format(manner.say("why_place"), manner.say("why_score"), parts.EMPTY.join(rows))
    lines = [
        manner.say("why_fit", score=f"{reason.score:.2f}", coverage=f"{100 * reason.coverage:.0f}"),
        *([manner.say("why_read", score=f"{reason.read:.2f}")] if reason.read is not None else []),
        *([manner.say("why_held", words=_listed(reason.held, manner))] if reason.held else []),
        *([manner.say("why_missing", words=_listed(reason.missing, manner))] if reason.missing else []),
        *_unread(reason, manner),
    ]
    said = parts.EMPTY.join(Markup("<li>{}</li>").format(line) for line in lines)
    return Markup('<p class="fate">{}</p>{}<ul>{}</ul>').format(_fate(reason, told, manner), table, said)


def _fate(reason: Reason, told: Explanation, manner: Manner) -> str:
    values = {
        "place": reason.place or 0,
        "other": plain(reason.other.title) if reason.other else "",
        "score": f"{reason.score:.2f}",
        "beside": f"{told.beside:.2f}",
        "least": f"{told.minimum:.2f}",
        "best": f"{told.best:.2f}",
        "given": told.given,
        "depth": DEPTH,
    }
    return manner.say(f"why_{reason.fate}", **values)


def _leg(name: str, standing: Standing, manner: Manner) -> Markup:
    rank = str(standing.rank) if standing.rank else manner.say("why_far") if standing.score is not None else "–"
    score = "–" if standing.score is None else f"{standing.score:.2f}"
    return Markup("<tr><th>{}</th><td>{}</td><td>{}</td></tr>").format(name, rank, score)


def _listed(words: tuple[str, ...], manner: Manner) -> str:
    return ("、" if manner.language == "zh" else ", ").join(words)


def _unread(reason: Reason, manner: Manner) -> list[str]:
    """Why the vectors have no say, where they have none."""
    told = []
    if reason.stranger:
        told.append(manner.say("why_stranger", name=reason.stranger))
    elif reason.dense.score is None and reason.unread:
        names = [manner.say(f"tongue_{each}") for each in _TONGUES if each in reason.unread]
        told.append(manner.say("why_unread", languages=_listed(tuple(names), manner)))
    return told
