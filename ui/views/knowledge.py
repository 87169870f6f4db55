"""The knowledge page as HTML: collections, what is in them, and what a search finds."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from knowledge.types import Hit, Passage
from ui.render import Manner, plain
from ui.sources import place_html
from ui.views import parts

_READ = 200_000  # characters of a document that are shown at once


@dataclass(frozen=True, slots=True)
class Shelf:
    """A collection as the list shows it."""

    id: str
    title: str
    documents: int


@dataclass(frozen=True, slots=True)
class Paper:
    """A document as the list shows it."""

    id: str
    title: str
    name: str
    passages: int


def knowledge_html(shelves: Sequence[Shelf], current: str, opened: Markup, manner: Manner, note: Markup) -> Markup:
    """The collections on the left, the open one on the right; `note` is what the last act has to say."""
    listed = Markup("").join(
        parts.item(
            "knowledge",
            shelf.id,
            shelf.title,
            manner.say("documents_n", n=shelf.documents),
            current=shelf.id == current,
        )
        for shelf in shelves
    )
    if not shelves:
        listed = Markup('<p class="empty">{}</p>').format(manner.say("no_collections"))
    make = Markup("")
    if manner.maker:
        make = Markup(
            '<form class="make" data-do="workshop" data-action="create" data-reset><input name="title" maxlength="80" required '
            'aria-label="{0}" '
            'placeholder="{0}"><button type="submit">{1}</button></form>'
        ).format(manner.say("new_collection"), manner.say("create"))
    body = Markup(
        '<div class="split"><nav class="pick" aria-label="{}"><div class="items">{}</div>{}</nav><div class="open-thing">'
        '<div class="outcome-place" aria-live="polite">{}</div>{}</div></div>'
    ).format(manner.say("collections"), listed, make, note, opened)
    return parts.page(manner.say("knowledge"), manner.say("knowledge_lead"), body)


def collection_html(shelf: Shelf, papers: Sequence[Paper], found: Sequence[Hit] | None, words: str, manner: Manner) -> Markup:
    """One collection: a place to drop files, a search, what was found (None: nothing was searched) and the documents."""
    drop = Markup("")
    if manner.maker:
        drop = parts.drop(manner, "knowledge", manner.say("drop"), manner.say("drop_kinds"), collection=shelf.id)
    if not papers:
        return Markup('{}<p class="empty">{}</p>').format(drop, manner.say("no_documents"))
    finder = Markup(
        '<form class="finder" data-do="workshop" data-action="search" data-collection="{}"><input type="search" name="words" '
        'value="{}" '
        'aria-label="{}" placeholder="{}"><button type="submit">{}</button></form>'
    ).format(shelf.id, words, manner.say("search_knowledge"), manner.say("search_knowledge"), manner.say("search"))
    return Markup("{}{}{}{}").format(drop, finder, _found(shelf, found, words, manner), _papers(shelf, papers, manner))


def _found(shelf: Shelf, found: Sequence[Hit] | None, words: str, manner: Manner) -> Markup:
    if found is None:
        return Markup("")
    if not found:
        return Markup('<p class="empty" role="status">{}</p>').format(manner.say("found_nothing", query=words))
    return Markup('<div role="status">{}</div>').format(
        Markup("").join(
            Markup(
                '<article class="result"><h4><b>{}</b> <bdi>{}</bdi></h4>{}<p dir="auto">{}</p><div class="row"><small>{}</small>'
                '<button type="button" data-do="workshop" data-action="passage" data-collection="{}" data-passage="{}">'
                "{}</button></div></article>"
            ).format(
                number,
                plain(hit.passage.title),
                place_html(hit.passage, manner),
                hit.passage.text,
                _scores(hit, manner),
                shelf.id,
                hit.passage.id,
                manner.say("open_document"),
            )
            for number, hit in enumerate(found, 1)
        )
    )


def _scores(hit: Hit, manner: Manner) -> str:
    parts = [manner.say("score", score=f"{hit.score:.2f}")]
    if hit.dense is not None:
        parts.append(manner.say("score_dense", score=f"{hit.dense:.2f}"))
    if hit.lexical is not None:
        parts.append(manner.say("score_lexical", score=f"{hit.lexical:.2f}"))
    return " · ".join(parts)


def _papers(shelf: Shelf, papers: Sequence[Paper], manner: Manner) -> Markup:
    rows = []
    for paper in papers:
        remove = Markup("")
        if manner.maker:
            remove = Markup(
                '<button type="button" class="icon i-remove" data-do="remove-document" data-collection="{}" data-document="{}" '
                'data-told-after="{}" data-undo="{}" title="{}" aria-label="{}"></button>'
            ).format(
                shelf.id,
                paper.id,
                manner.say("removed", title=plain(paper.title)),
                manner.say("undo"),
                manner.say("remove"),
                manner.say("remove"),
            )
        rows.append(
            Markup(
                '<li data-key="{}"><button type="button" data-do="workshop" data-action="read" data-collection="{}" '
                'data-document="{}"><bdi>{}</bdi>{}</button><small>{}</small>{}</li>'
            ).format(
                paper.id,
                shelf.id,
                paper.id,
                plain(paper.title or paper.name),
                Markup(" <small>{}</small>").format(plain(paper.name)) if paper.name not in ("", paper.title) else Markup(""),
                manner.say("passages_n", n=paper.passages),
                remove,
            )
        )
    return Markup('<ul class="documents">{}</ul>').format(Markup("").join(rows))


def reading_html(collection: str, title: str, whole: str, passage: Passage | None, manner: Manner) -> Markup:
    """A document to read, a passage marked where one was asked for."""
    back = Markup(
        '<div class="row"><button type="button" data-do="workshop" data-action="open" data-collection="{}">← {}</button></div>'
    ).format(collection, manner.say("close_document"))
    if passage is None:
        start, end, marked = 0, min(len(whole), _READ), Markup("{}").format(whole[:_READ])
    else:
        start, end = max(0, passage.start - _READ // 2), min(len(whole), passage.end + _READ // 2)
        marked = Markup("{}<mark>{}</mark>{}").format(
            whole[start : passage.start], whole[passage.start : passage.end], whole[passage.end : end]
        )
    cut = Markup('<p class="empty">{}</p>').format(manner.say("cut")) if start > 0 or end < len(whole) else Markup("")
    return Markup(
        '{}<article class="document" data-show><h4><bdi>{}</bdi></h4>{}<div class="pre" dir="auto">{}</div></article>'
    ).format(back, plain(title), cut, marked)
