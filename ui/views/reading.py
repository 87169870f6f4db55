"""A document as HTML: its text, in which the open passage is marked, beside the passages it was cut into."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from knowledge.chunking import Chunking
from knowledge.loading.web import is_address
from knowledge.types import DocumentRecord, Passage
from ui.render import Manner, plain
from ui.views import parts
from ui.views.filters import Pair, labels_html
from ui.views.knowledge import address_html, size

PART = 100
"""Passages shown at a time, with the text that they came from."""

_SHOWN = 160  # characters of a passage in the list


def reading_html(
    collection: str,
    document: DocumentRecord,
    title: str,
    whole: str,
    passages: Sequence[Passage],
    opened: int | None,
    manner: Manner,
    *,
    labels: Mapping[int, Sequence[Pair]] | None = None,
    settings: Markup = parts.EMPTY,
) -> Markup:
    """The part of a document in which the passage `opened` (its id) lies, or its beginning; `labels` by the passages' ids.

    `settings` are the document's own.
    """
    place = next((place for place, passage in enumerate(passages) if passage.id == opened), 0)
    first = place // PART * PART
    part = passages[first : first + PART]
    last = first + len(part)
    start = 0 if first == 0 else part[0].start
    end = len(whole) if last == len(passages) or not part else passages[last].start
    back = Markup(
        '<div class="row"><button type="button" data-do="workshop" data-action="open" data-collection="{}">← {}</button></div>'
    ).format(collection, manner.say("close_document"))
    told = [manner.say("knowledge_characters", n=f"{document.characters:,}")]
    told += [size(document.bytes)] if document.bytes else []
    told += [plain(document.name)] if document.name != title and not is_address(document.name) else []
    outside = Markup("<p>{}</p>").format(address_html(document.name)) if is_address(document.name) else parts.EMPTY
    head = Markup('<header class="thing-head"><h2><bdi>{}</bdi></h2>{}<p><bdi>{}</bdi></p><p>{}</p></header>').format(
        plain(title), outside, " · ".join(told), _cut(document, passages, manner)
    )
    pager = _pager(collection, document.id, passages, first, last, manner)
    text = Markup(
        '<article class="document" tabindex="0" aria-label="{}" data-show><div class="pre" dir="auto">{}</div></article>'
    )
    return Markup('{}{}{}{}<div class="beside">{}<div class="passages" tabindex="0"><h3>{}</h3><ol>{}</ol></div></div>').format(
        back,
        head,
        settings,
        pager,
        text.format(manner.say("knowledge_text"), _text(whole, part, first, start, end, opened)),
        manner.say("knowledge_passages"),
        parts.EMPTY.join(
            _passage(collection, number, passage, opened, (labels or {}).get(passage.id, ()), manner)
            for number, passage in enumerate(part, first + 1)
        ),
    )


def _cut(document: DocumentRecord, passages: Sequence[Passage], manner: Manner) -> str:
    mean = round(sum(len(passage.text) for passage in passages) / max(len(passages), 1))
    if document.form == "document":
        way = Chunking.parse(document.chunking)
        return manner.say(
            "knowledge_cut", n=f"{len(passages):,}", mean=mean, how=manner.say(f"cut_{way.method}"), limit=way.longest
        )
    return manner.say("knowledge_cut_records", n=f"{len(passages):,}", mean=mean)


def _pager(collection: str, document: str, passages: Sequence[Passage], first: int, last: int, manner: Manner) -> Markup:
    if len(passages) <= PART:
        return parts.EMPTY
    links = [
        Markup('<a class="button" href="?at=knowledge&amp;id={0}" data-do="thing" data-thing="{0}">{1}</a>').format(
            f"{collection}/{document}/{passages[place].id}", words
        )
        for place, words in ((first - PART, manner.say("knowledge_earlier")), (last, manner.say("knowledge_later")))
        if 0 <= place < len(passages)
    ]
    told = manner.say("knowledge_part", first=f"{first + 1:,}", last=f"{last:,}", n=f"{len(passages):,}")
    return Markup('<div class="row pager"><small>{}</small>{}</div>').format(told, parts.EMPTY.join(links))


def _text(whole: str, part: Sequence[Passage], first: int, start: int, end: int, opened: int | None) -> Markup:
    """The text from `start` to `end`, with a number where each passage begins."""
    out, at = [], start
    for number, passage in enumerate(part, first + 1):
        words = Markup("<mark>{}</mark>" if passage.id == opened else "{}").format(whole[passage.start : passage.end])
        out.append(Markup('{}<small class="cut">{}</small>{}').format(whole[at : passage.start], number, words))
        at = passage.end
    out.append(Markup("{}").format(whole[at:end]))
    return parts.EMPTY.join(out)


def _passage(
    collection: str, number: int, passage: Passage, opened: int | None, labels: Sequence[Pair], manner: Manner
) -> Markup:
    place = [plain(passage.heading)] if passage.heading else []
    place += [manner.say("page_n", n=passage.page)] if passage.page else []
    place.append(manner.say("knowledge_characters", n=f"{len(passage.text):,}"))
    words = " ".join(passage.text.split())
    return Markup(
        '<li><a href="?at=knowledge&amp;id={0}" data-do="thing" data-thing="{0}" {1}><b>{2}</b><span>'
        '<small><bdi>{3}</bdi></small><span dir="auto">{4}</span>{5}</span></a></li>'
    ).format(
        f"{collection}/{passage.document}/{passage.id}",
        Markup('aria-current="true"') if passage.id == opened else parts.EMPTY,
        number,
        " · ".join(place),
        words if len(words) <= _SHOWN else words[:_SHOWN] + "…",
        labels_html(labels, manner),
    )
