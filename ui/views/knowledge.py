"""The knowledge page as HTML: collections, what is in the open one, and what a search finds there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from knowledge.base import RELEVANT
from knowledge.explaining import Explanation
from knowledge.jobs import State
from knowledge.types import Hit
from ui.highlight import marked
from ui.render import Manner, plain
from ui.sources import place_html
from ui.uses import Use, switches_html
from ui.views import parts, why


@dataclass(frozen=True, slots=True)
class Shelf:
    """A collection as the list shows it; `readers` are the titles of the personas that read it.

    `trusted` says whether what they read there counts as the owner's own words, `coming` how many files are on their way;
    `stranger` is the embedder that its vectors come from where that is not the one in use.
    """

    id: str
    title: str
    documents: int
    passages: int
    bytes: int
    readers: tuple[str, ...] = ()
    trusted: bool = False
    coming: int = 0
    stranger: str = ""


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


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, best first; the first `given` of it a persona would be given.

    `told` has the reasons, and what became of `sought`, which somebody missed there ("" for nothing).
    """

    words: str
    hits: Sequence[Hit]
    given: int
    told: Explanation | None = None
    sought: str = ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file in the queue of a collection: `state` is that of its job, `fraction` in [0, 1] where it is known.

    `kept` says whether Hearth still has the file, so that it can be tried again without being sent again.
    """

    number: int
    name: str
    state: State
    sentence: str
    fraction: float | None = None
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Queue:
    """Files on their way into a collection: some of them, how many are in each state, and why nothing moves ("" if it does)."""

    arrivals: Sequence[Arrival] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    trouble: str = ""

    @property
    def moving(self) -> int:
        """How many are not at their end."""
        return self.counts.get("waiting", 0) + self.counts.get("working", 0)

    @property
    def added(self) -> int:
        """How many are in the collection."""
        return self.counts.get("done", 0) + self.counts.get("unchanged", 0)


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
        parts.item("knowledge", shelf.id, shelf.title, _told(shelf, manner), current=shelf.id == current) for shelf in shelves
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
        tools=make,
        back="knowledge" if thing or here else "",
    )
    if here is not None:
        body += Markup('<i data-here="{}" hidden></i>').format(here)
    told = _looked_for("told", note, bool(note), passing) if note or passing else parts.EMPTY
    return parts.page(manner.say("knowledge"), manner.say("knowledge_lead"), body, note=told)


def _told(shelf: Shelf, manner: Manner) -> str:
    coming = [manner.say("knowledge_coming", n=f"{shelf.coming:,}")] if shelf.coming else []
    return " · ".join([manner.say("documents_n", n=f"{shelf.documents:,}"), *coming, *shelf.readers[:3]])


def collection_html(
    shelf: Shelf,
    papers: Papers,
    found: Found | None,
    queue: Queue,
    uses: Sequence[Use],
    manner: Manner,
    *,
    passing: bool = False,
) -> Markup:
    """One collection: a place to drop files, those on their way, a search, what was found (None: nothing was searched) and the
    documents.

    With `passing` it only tells how far files are, and what somebody looked for meanwhile stays.
    """
    facts = [manner.say("documents_n", n=f"{shelf.documents:,}"), manner.say("passages_n", n=f"{shelf.passages:,}")]
    facts += [size(shelf.bytes)] if shelf.bytes else []
    names = ("、" if manner.language == "zh" else ", ").join(shelf.readers)
    facts.append(manner.say("knowledge_read_by", names=names) if names else manner.say("knowledge_read_by_none"))
    facts += [manner.say("knowledge_is_trusted")] if shelf.trusted else []
    head = Markup('<header class="thing-head"><h2><bdi>{}</bdi></h2><p>{}</p></header>').format(
        plain(shelf.title), " · ".join(facts)
    )
    drop = parts.drop(manner, "knowledge", manner.say("drop"), manner.say("drop_kinds"), collection=shelf.id)
    if not shelf.documents and queue.moving:
        listed = parts.EMPTY
    elif not shelf.documents:
        listed = Markup('<p class="empty">{}</p>').format(manner.say("no_documents"))
    else:
        finder = Markup(
            '<form class="finder" data-do="workshop" data-action="search" data-collection="{0}"><input type="search" '
            'name="words" value="{1}" aria-label="{2}" placeholder="{2}"><button type="submit">{3}</button></form>'
        ).format(shelf.id, found.words if found else "", manner.say("search_knowledge"), manner.say("search"))
        listed = _looked_for(f"found-{shelf.id}", finder + _found(shelf, found, manner), found is not None, passing)
        listed += _looked_for(f"papers-{shelf.id}", _papers(shelf, papers, manner), papers.asked, passing)
    return Markup('<div class="collection">{}{}{}{}{}{}</div>').format(
        head, _stranger(shelf, manner), drop, queue_html(queue, shelf.id, manner), listed, _about(shelf, uses, manner)
    )


def _stranger(shelf: Shelf, manner: Manner) -> Markup:
    """What to do where the vectors are of another embedder than the one in use."""
    if not shelf.stranger:
        return parts.EMPTY
    said = manner.say("knowledge_stranger", name=shelf.stranger, n=f"{shelf.passages:,}")
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
    return Markup('<details class="about" data-key="about-{}"><summary>{}</summary><div>{}{}{}{}</div></details>').format(
        shelf.id, manner.say("knowledge_about"), rename, readers, trust, delete
    )


def _found(shelf: Shelf, found: Found | None, manner: Manner) -> Markup:
    if found is None:
        return parts.EMPTY
    if not found.hits:
        none = Markup('<p class="empty" role="status">{}</p>').format(manner.say("found_nothing", query=found.words))
        return none + _sought(shelf, found, manner)
    if found.given:
        verdict = manner.say("knowledge_given", n=found.given, least=f"{RELEVANT:.2f}")
    else:
        best = max(hit.score for hit in found.hits)
        verdict = manner.say("knowledge_not_given", best=f"{best:.2f}", least=f"{RELEVANT:.2f}")
    rows = [_result(number, hit, shelf, found, manner) for number, hit in enumerate(found.hits, 1)]
    if found.given < len(rows):
        rows.insert(found.given, Markup('<p class="cutoff"><span>{}</span></p>').format(manner.say("knowledge_cutoff")))
    return Markup('<div class="results" role="status" data-look><p class="verdict">{}</p>{}{}</div>').format(
        verdict, parts.EMPTY.join(rows), _sought(shelf, found, manner)
    )


def _sought(shelf: Shelf, found: Found, manner: Manner) -> Markup:
    return why.sought_html(shelf.id, found.words, found.sought, found.told, manner) if found.told else parts.EMPTY


def _result(number: int, hit: Hit, shelf: Shelf, found: Found, manner: Manner) -> Markup:
    passage = hit.passage
    return Markup(
        '<article class="result"><h3><b>{}</b> <bdi>{}</bdi></h3>{}<p dir="auto">{}</p><div class="row">'
        '<span class="scores">{}</span><a class="button" href="?at=knowledge&amp;id={}" data-do="thing" data-thing="{}">'
        "{}</a></div>{}</article>"
    ).format(
        number,
        plain(passage.title),
        place_html(passage, manner),
        marked(passage.text, found.words),
        _scores(hit, manner),
        *(f"{shelf.id}/{passage.document}/{passage.id}",) * 2,
        manner.say("open_document"),
        why.reason_html(hit.passage.id, found.told, manner) if found.told else parts.EMPTY,
    )


def _scores(hit: Hit, manner: Manner) -> Markup:
    told = [(hit.score, manner.say("score", score=f"{hit.score:.2f}"))]
    if hit.dense is not None:
        told.append((hit.dense, manner.say("score_dense", score=f"{hit.dense:.2f}")))
    if hit.lexical is not None:
        told.append((hit.lexical, manner.say("score_lexical", score=f"{hit.lexical:.2f}")))
    return parts.EMPTY.join(
        Markup('<span><progress max="100" value="{}" aria-label="{}"></progress>{}</span>').format(
            round(100 * min(max(value, 0.0), 1.0)), words, words
        )
        for value, words in told
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
    named = Markup(" <small>{}</small>").format(plain(paper.name)) if paper.name not in ("", paper.title) else parts.EMPTY
    told = [manner.say("passages_n", n=f"{paper.passages:,}"), *([size(paper.bytes)] if paper.bytes else [])]
    return Markup(
        '<li data-key="{0}"><a href="?at=knowledge&amp;id={1}/{0}" data-do="thing" data-thing="{1}/{0}"><bdi>{2}</bdi>{3}</a>'
        "<small>{4}</small>{5}</li>"
    ).format(
        paper.id,
        shelf.id,
        plain(paper.title or paper.name),
        named,
        " · ".join(told),
        parts.button(manner.say("remove"), "remove", icon="remove", collection=shelf.id, document=paper.id),
    )


def queue_html(queue: Queue, collection: str, manner: Manner) -> Markup:
    """The files that are being added, a line each; while any is, the page looks again."""
    total = sum(queue.counts.values())
    if not total:
        return parts.EMPTY
    ended = total - queue.moving
    told = [manner.say("knowledge_added_of", done=f"{queue.added:,}", n=f"{total:,}")]
    for state, key in (("failed", "knowledge_failed_n"), ("cancelled", "knowledge_cancelled_n")):
        told += [manner.say(key, n=f"{queue.counts[state]:,}")] if queue.counts.get(state) else []
    buttons = parts.EMPTY
    if queue.moving:
        buttons += parts.button(manner.say("knowledge_cancel_all"), "queue-cancel", quiet=True, collection=collection)
    if any(arrival.kept for arrival in queue.arrivals if arrival.state in ("failed", "cancelled")):
        buttons += parts.button(manner.say("knowledge_retry_all"), "queue-retry", quiet=True, collection=collection)
    if ended:
        buttons += parts.button(manner.say("knowledge_dismiss_all"), "queue-dismiss", quiet=True, collection=collection)
    summary = Markup('<div class="queue-head">{}<div class="row">{}</div></div>').format(
        parts.bar(ended / total, " · ".join(told)), buttons
    )
    trouble = parts.note(queue.trouble, "bad") if queue.trouble else parts.EMPTY
    rows = parts.EMPTY.join(_arrival(arrival, collection, manner) for arrival in queue.arrivals)
    more = total - len(queue.arrivals)
    left = Markup('<p class="more">{}</p>').format(manner.say("knowledge_queue_more", n=f"{more:,}")) if more else parts.EMPTY
    return Markup(
        '<div class="arrivals" data-key="queue" data-queued{}>{}{}<ul class="outcomes" role="status">{}</ul>{}</div>'
    ).format(Markup(" data-poll") if queue.moving else parts.EMPTY, summary, trouble, rows, left)


def _arrival(arrival: Arrival, collection: str, manner: Manner) -> Markup:
    """A sentence that begins with the name goes on from the one the line shows."""
    bar = retry = parts.EMPTY
    number = str(arrival.number)
    if arrival.fraction is not None:
        bar = Markup('<progress max="100" value="{}" aria-label="{}"></progress>').format(
            round(100 * arrival.fraction), arrival.sentence
        )
    if arrival.kept and arrival.state in ("failed", "cancelled"):
        retry = parts.button(manner.say("knowledge_retry"), "queue-retry", collection=collection, job=number)
    elif arrival.state == "failed":
        retry = Markup('<button type="button" data-do="retry-file" data-name="{}">{}</button>').format(
            arrival.name, manner.say("knowledge_retry")
        )
    moving = arrival.state in ("waiting", "working")
    words, action = ("knowledge_cancel", "queue-cancel") if moving else ("knowledge_dismiss", "queue-dismiss")
    end = parts.button(manner.say(words), action, icon="close", collection=collection, job=number)
    return Markup('<li class="{}" data-key="job-{}"><bdi>{}</bdi> <span>{}</span>{}{}{}</li>').format(
        arrival.state, number, plain(arrival.name), arrival.sentence.removeprefix(f"{arrival.name!r} "), bar, retry, end
    )


def size(count: int) -> str:
    """Bytes as people say them."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} B"
