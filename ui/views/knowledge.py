"""The knowledge page as HTML: collections, what is in the open one, and what a search finds there."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from knowledge.loading.web import is_address
from ui.render import Manner, plain
from ui.uses import Use, switches_html
from ui.views import parts
from ui.views.filters import Narrowing, filters_html
from ui.views.found import Found, found_html
from ui.views.moving import export_html, load_html
from ui.views.queue import Queue, queue_html


@dataclass(frozen=True, slots=True)
class Shelf:
    """A collection as the list shows it; `readers` are the titles of the personas that read it.

    `trusted` says whether what they read there counts as the owner's own words, `coming` how many files are on their way and
    `failed` how many of them could not be added; `embedder` is what its vectors come from ("" without any), `stranger` says that
    it is not the one in use, `renewal_s` about how long re-indexing takes, and `indexing` that their index is being made.
    """

    id: str
    title: str
    documents: int
    passages: int
    bytes: int
    readers: tuple[str, ...] = ()
    trusted: bool = False
    coming: int = 0
    failed: int = 0
    embedder: str = ""
    stranger: bool = False
    renewal_s: float = 0.0
    indexing: bool = False


@dataclass(frozen=True, slots=True)
class Paper:
    """A document as the list shows it."""

    id: str
    title: str
    name: str
    passages: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Papers:
    """The documents of a collection that are shown: those whose name holds `words`, of which `left` more there are.

    With `asked` somebody looked for these, else they are what the page begins with.
    """

    shown: Sequence[Paper]
    left: int = 0
    words: str = ""
    asked: bool = False


def knowledge_html(
    shelves: Sequence[Shelf],
    current: str,
    opened: Markup,
    manner: Manner,
    *,
    thing: str,
    here: str | None,
    note: Markup,
    passing: bool = False,
) -> Markup:
    """The collections on the left, the open one on the right; `note` is what the last act has to say.

    `thing` is what the address names, "" for nothing; `here` what it is to name from now on, None for what it does. With
    `passing` an earlier note stays.
    """
    listed = parts.EMPTY.join(
        parts.item(
            "knowledge",
            shelf.id,
            shelf.title,
            _told(shelf, manner),
            current=shelf.id == current,
            mark=parts.dot(_health(shelf, manner)[0]),
        )
        for shelf in shelves
    )
    make = Markup(
        '<form class="make" data-do="workshop" data-action="create" data-reset><input name="title" maxlength="80" required '
        'aria-label="{0}" placeholder="{0}"><button type="submit">{1}</button></form>'
    ).format(manner.say("new_collection"), manner.say("create"))
    if not shelves:
        opened = parts.empty(manner.say("no_collections"))
    body = parts.split(
        manner,
        manner.say("collections"),
        listed,
        opened,
        search=manner.say("knowledge_find") if len(shelves) > 1 else "",
        tools=make + load_html(manner),
        back="knowledge" if thing or here else "",
    )
    if here is not None:
        body += Markup('<i data-here="{}" hidden></i>').format(here)
    told = _looked_for("told", note, bool(note), passing) if note or passing else parts.EMPTY
    return parts.page(manner.say("knowledge"), manner.say("knowledge_lead"), body, note=told)


def _told(shelf: Shelf, manner: Manner) -> str:
    mark, health = _health(shelf, manner)
    told = [manner.say("documents_n", n=f"{shelf.documents:,}"), *([size(shelf.bytes)] if shelf.bytes else [])]
    return " · ".join([*([] if mark == "good" else [health]), *told, *shelf.readers[:3]])


def _health(shelf: Shelf, manner: Manner) -> tuple[str, str]:
    """How it is with a collection: the mark of a dot, and the words."""
    if shelf.stranger:
        return "bad", manner.say("health_stranger")
    if shelf.coming:
        return "now", manner.say("knowledge_coming", n=f"{shelf.coming:,}")
    if shelf.failed:
        return "bad", manner.say("knowledge_failed_n", n=f"{shelf.failed:,}")
    if shelf.indexing:
        return "now", manner.say("health_indexing")
    return "good", manner.say("health_good")


def collection_html(
    shelf: Shelf,
    papers: Papers,
    found: Found | None,
    queue: Queue,
    uses: Sequence[Use],
    manner: Manner,
    *,
    narrowing: Narrowing | None = None,
    cuts: Markup = parts.EMPTY,
    passing: bool = False,
) -> Markup:
    """One collection: a place to drop files, those on their way, a search, what was found (None: nothing was searched) and the
    documents.

    `narrowing` is what the search can be narrowed to, and is; `cuts` says how documents are cut. With `passing` it only tells
    how far files are, and what somebody looked for meanwhile stays.
    """
    narrowing = narrowing or Narrowing()
    facts = [manner.say("documents_n", n=f"{shelf.documents:,}"), manner.say("passages_n", n=f"{shelf.passages:,}")]
    facts += [size(shelf.bytes)] if shelf.bytes else []
    names = ("、" if manner.language == "zh" else ", ").join(shelf.readers)
    facts.append(manner.say("knowledge_read_by", names=names) if names else manner.say("knowledge_read_by_none"))
    facts += [manner.say("knowledge_is_trusted")] if shelf.trusted else []
    facts += [manner.say("knowledge_embedder", name=shelf.embedder)] if shelf.embedder else []
    mark, health = _health(shelf, manner)
    head = Markup('<header class="thing-head"><h2><bdi>{}</bdi></h2><p>{}</p><p class="health">{}{}</p></header>').format(
        plain(shelf.title), " · ".join(facts), parts.dot(mark), health
    )
    if not shelf.documents and queue.moving:
        listed = parts.EMPTY
    elif not shelf.documents:
        listed = Markup('<p class="empty">{}</p>').format(manner.say("no_documents"))
    else:
        finder = Markup(
            '<form class="finder" data-do="workshop" data-action="search" data-collection="{0}"><input type="search" '
            'name="words" value="{1}" aria-label="{2}" placeholder="{2}"><button type="submit">{3}</button>{4}</form>'
        ).format(
            shelf.id,
            found.words if found else "",
            manner.say("search_knowledge"),
            manner.say("search"),
            filters_html(narrowing, shelf.id, found.words if found else "", manner),
        )
        listed = finder + found_html(shelf.id, found, narrowing, manner)
        listed = _looked_for(f"found-{shelf.id}", listed, found is not None or narrowing.count > 0, passing)
        listed += _looked_for(f"papers-{shelf.id}", _papers(shelf, papers, manner), papers.asked, passing)
    return Markup('<div class="collection">{}{}{}{}{}{}{}</div>').format(
        head,
        _stranger(shelf, manner),
        _adding(shelf, manner),
        queue_html(queue, shelf.id, manner),
        listed,
        cuts,
        _about(shelf, uses, manner),
    )


def _adding(shelf: Shelf, manner: Manner) -> Markup:
    """Where files are dropped, and beside it the line for the address of a web page."""
    drop = parts.drop(manner, "knowledge", manner.say("drop"), manner.say("drop_kinds"), collection=shelf.id)
    page = Markup(
        '<form class="page-address" data-do="workshop" data-action="page" data-collection="{0}" data-key="page-{0}" '
        'data-reset><input name="address" inputmode="url" maxlength="2000" required autocapitalize="off" spellcheck="false" '
        'autocomplete="off" aria-label="{1}" placeholder="{1}"><button type="submit">{2}</button></form>'
    ).format(shelf.id, manner.say("knowledge_page"), manner.say("knowledge_page_add"))
    return Markup('<div class="adding">{}{}</div>').format(drop, page)


def _stranger(shelf: Shelf, manner: Manner) -> Markup:
    """What to do where the vectors are of another embedder than the one in use."""
    if not shelf.stranger:
        return parts.EMPTY
    said = manner.say("knowledge_stranger", name=shelf.embedder, n=f"{shelf.passages:,}")
    if shelf.renewal_s:
        space = "" if manner.language == "zh" else " "
        said += space + manner.say("knowledge_reindex_takes", time=parts.duration(max(shelf.renewal_s, 1), manner))
    button = parts.button(manner.say("knowledge_reindex"), "reindex", collection=shelf.id)
    return Markup('<div class="note stranger"><p>{}</p>{}</div>').format(said, button)


def _looked_for(key: str, body: Markup, asked: bool, passing: bool) -> Markup:
    mark = Markup(" data-passing") if passing else Markup(" data-asked") if asked else parts.EMPTY
    return Markup('<div class="looked" data-key="{}"{}>{}</div>').format(key, mark, body)


def _about(shelf: Shelf, uses: Sequence[Use], manner: Manner) -> Markup:
    """The collection's own settings."""
    name = Markup('<div class="row">{}{}</div>').format(
        parts.line("title", shelf.title, label=manner.say("knowledge_name"), limit=80),
        parts.submit(manner.say("knowledge_rename"), main=False),
    )
    rename = parts.form("rename", name, key=f"rename-{shelf.id}-{shelf.title}", collection=shelf.id)
    readers = parts.fields(
        manner.say("knowledge_readers"),
        switches_html(uses, "reader", shelf.id, manner),
        hint=manner.say("knowledge_readers_hint"),
    )
    trust = parts.switch(
        "trusted",
        shelf.trusted,
        manner.say("knowledge_trust"),
        hint=manner.say("knowledge_trust_hint"),
        attributes=Markup('data-do="workshop" data-action="trust" data-of="{0}" data-key="trust-{0}"').format(shelf.id),
    )
    delete = parts.button(manner.say("knowledge_delete"), "delete-collection", quiet=True, collection=shelf.id)
    return Markup('<details class="about" data-key="about-{}"><summary>{}</summary><div>{}{}{}{}{}</div></details>').format(
        shelf.id, manner.say("knowledge_about"), rename, readers, trust, export_html(shelf.id, manner), delete
    )


def _papers(shelf: Shelf, papers: Papers, manner: Manner) -> Markup:
    rows = parts.EMPTY.join(_paper(shelf, paper, manner) for paper in papers.shown)
    filter_ = more = parts.EMPTY
    if papers.words or papers.left or shelf.documents > 10:
        filter_ = Markup(
            '<form class="finder named" data-do="workshop" data-action="named" data-collection="{0}"><input type="search" '
            'name="named" value="{1}" aria-label="{2}" placeholder="{2}"><button type="submit">{3}</button></form>'
        ).format(shelf.id, papers.words, manner.say("knowledge_filter"), manner.say("search"))
    if papers.left:
        words = manner.say("knowledge_more", n=f"{papers.left:,}")
        more = parts.button(words, "more", collection=shelf.id, shown=str(len(papers.shown)), named=papers.words)
    if papers.words and not papers.shown:
        none = Markup('<p class="empty">{}</p>').format(manner.say("knowledge_none_named", words=papers.words))
        return filter_ + none
    return filter_ + Markup('<ul class="documents">{}</ul>').format(rows) + more


def _paper(shelf: Shelf, paper: Paper, manner: Manner) -> Markup:
    named = outside = parts.EMPTY
    if is_address(paper.name):
        outside = address_html(paper.name)
    elif paper.name not in ("", paper.title):
        named = Markup(" <small>{}</small>").format(plain(paper.name))
    told = [manner.say("passages_n", n=f"{paper.passages:,}"), *([size(paper.bytes)] if paper.bytes else [])]
    return Markup(
        '<li data-key="{0}"><a href="?at=knowledge&amp;id={1}/{0}" data-do="thing" data-thing="{1}/{0}"><bdi>{2}</bdi>{3}</a>'
        "{4}<small>{5}</small>{6}</li>"
    ).format(
        paper.id,
        shelf.id,
        plain(paper.title or paper.name),
        named,
        outside,
        " · ".join(told),
        parts.button(manner.say("remove"), "remove", icon="remove", collection=shelf.id, document=paper.id),
    )


def address_html(address: str) -> Markup:
    """The address of a web page, which opens it; it is told nothing of Hearth."""
    return Markup('<a class="address" href="{0}" target="_blank" rel="noopener noreferrer nofollow"><bdi>{0}</bdi></a>').format(
        plain(address)
    )


def size(count: int) -> str:
    """Bytes as people say them."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if count >= factor:
            return f"{count / factor:.1f}\u00a0{unit}"
    return f"{count}\u00a0B"
