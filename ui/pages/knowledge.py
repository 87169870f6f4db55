"""The knowledge page's acts: collections, their documents, a search that says why, and files that makers add.

What is open is told by the address: a collection, a document of it, or a passage of that ("docs/4f2a/17"), so that a reload or a
restart comes back to it. Files go into the queue of their collection, at which the page only looks.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from markupsafe import Markup

from assistant.access import MAKER
from assistant.studio import Studio
from common.errors import HearthError
from knowledge.chunking import Chunking
from knowledge.corpora.shipped import shipped_collections
from knowledge.jobs import Job, State
from knowledge.types import DocumentRecord, Progress
from ui import notify, panels, uploads
from ui.ask import Ask, Screen, whole_number
from ui.chat import Desk
from ui.pages import cutting, moving
from ui.render import Manner, plain
from ui.screens import interrupted_html
from ui.texts import text
from ui.uploads import Upload
from ui.uses import give_back, use, uses, withdraw
from ui.views import filters, parts, reading
from ui.views import knowledge as views
from ui.views.chunking import cuts_html
from ui.views.found import Found
from ui.views.moving import settings_html
from ui.views.queue import Arrival, Queue

_FOUND = 8  # passages shown for a search
_PAPERS = 100  # documents shown at a time
_WORDS = 1_000  # letters of a name that is looked for
_ARRIVALS = 60  # files of a queue that are listed; the others are counted
_WELL: tuple[State, ...] = ("done", "unchanged")
_QUEUED = Markup("<i data-queued></i>")  # tells a page that shows something else that its files are safe


@dataclass(frozen=True, slots=True)
class _Open:
    """What is open: a collection, perhaps a document of it, perhaps a passage of that; "" and None for none."""

    collection: str = ""
    document: str = ""
    passage: int | None = None


class KnowledgePage:
    """Collections, documents, search, and adding files."""

    def __init__(self, studio: Studio, desk: Desk, uploads: Path) -> None:
        self._studio = studio
        self._desk = desk
        self._uploads = uploads
        self._shipped = {each.id: each.title for each in shipped_collections()}

    def show(self, ask: Ask) -> Markup:
        """The page with what the address names open, else with the first collection."""
        return self._page(ask, _opened(ask.thing), visit=True)

    def act(self, ask: Ask) -> Iterator[Screen]:
        """Everything here is a maker's alone, since a collection may hold more than a persona tells."""
        if not ask.identity.maker:
            yield {"workshop": panels.refusal_html(text("makers_only", ask.language))}
            return
        try:
            if ask.word("action") == "export":
                link, note = moving.sending(self._studio, ask.word("collection"), self._manner(ask))
                yield {"download": link, "workshop": self._page(ask, _Open(ask.word("collection")), note)}
                return
            shown = self._done(ask, ask.word("collection") or _opened(ask.thing).collection)
        except HearthError as error:
            note = parts.note(notify.told(error, ask), "bad")
            shown = self._page(ask, _Open(ask.word("collection")) if ask.word("collection") else _opened(ask.thing), note)
        yield {"workshop": shown}

    def files(self, ask: Ask) -> Iterator[Screen]:
        """Put uploaded files into the queue of a collection; from then on the page may go away.

        Thousands of files come in many groups, meanwhile somebody opens another thing: that stays open.
        """
        if not ask.identity.maker:
            yield {"workshop": panels.refusal_html(text("makers_only", ask.language))}
            return
        collection, note = ask.word("collection"), parts.EMPTY
        files = uploads.arrived(ask, self._uploads)
        if moving.is_parcel(ask, files):
            yield from self._parcels(ask, files)
            return
        try:
            self._take(collection, files, further=ask.data.get("further") is True)
        except HearthError as error:
            note = parts.note(notify.told(error, ask), "bad")
        finally:
            uploads.discard((file.path for file in files if file.path is not None), self._uploads)
        told: Screen = {"notice": note} if note else {"download": _QUEUED}
        if ask.page == "knowledge":
            at = _opened(ask.thing) if ask.thing else _Open(collection)
            shown = self._page(ask, at, note, passing=not note)
            told = {"workshop": shown} if note else {"workshop": shown, **told}
        yield told

    def _parcels(self, ask: Ask, files: list[Upload]) -> Iterator[Screen]:
        """Make collections of files that were exported; the last one is open then."""
        at, here = _opened(ask.thing), None
        try:
            for told in moving.taken(self._studio, ask, files, self._manner(ask)):
                if isinstance(told, Markup):
                    yield {"workshop": self._page(ask, at, told, here=here)}
                else:
                    at, here = _Open(told), told
        finally:
            uploads.discard((file.path for file in files if file.path is not None), self._uploads)

    def _take(self, collection: str, files: Sequence[Upload], further: bool) -> None:
        """Raises `CollectionMissing` and `StorageFailed`."""
        intake, owner = self._studio.knowledge.intake, MAKER.owner
        # What ended well before is no news any more, unless it was chosen together with these.
        if not further and not _moving(intake.counts(owner).get(collection, {})):
            intake.dismiss(owner, collection, states=_WELL)
        if refused := [(file.name, *reasons) for file in files if (reasons := uploads.unsent(file))]:
            intake.refuse(owner, collection, refused)
        intake.add(owner, collection, [(file.path, file.name) for file in files if file.path is not None])

    def _done(self, ask: Ask, collection: str) -> Markup:
        """What was pressed, done, and the page after it. Raises `HearthError`."""
        knowledge, owner, at = self._studio.knowledge, MAKER.owner, _Open(collection)
        match ask.word("action"):
            case "create":
                made = knowledge.create_collection(owner, ask.word("title")).id
                return self._page(ask, _Open(made), here=made)
            case "rename":
                knowledge.rename_collection(owner, collection, ask.word("title"))
            case "delete-collection":
                return self._deleted(ask, collection)
            case "restore-collection":
                back = knowledge.restore_collection(owner, collection)
                give_back(self._studio, "collections", collection, ask.word("personas").split())
                note = parts.note(text("knowledge_restored", ask.language, title=plain(back.title)), "good")
                return self._page(ask, at, note, here=collection)
            case "reader":
                collection = ask.word("of")
                use(self._studio, ask.word("by"), "collections", collection, ask.data.get("on") is True)
                at = _Open(collection)
            case "trust":
                at = _Open(ask.word("of"))
                knowledge.trust(owner, at.collection, ask.data.get("on") is True)
            case "remove":
                _, gone = knowledge.document(owner, ask.word("document"))
                knowledge.remove(owner, gone.id)
                said = text("removed", ask.language, title=plain(self._title(gone, collection, ask)))
                note = parts.undo(self._manner(ask), said, "restore", "delete", collection=collection, document=gone.id)
                return self._page(ask, at, note)
            case "delete":
                knowledge.delete(owner, ask.word("document"))
                return self._page(ask, at, parts.note(text("gone_for_good", ask.language), "good"))
            case "delete-removed":
                knowledge.delete_collection(owner, collection)
                return self._page(ask, _Open(), parts.note(text("gone_for_good", ask.language), "good"), here="")
            case "retitle":
                note = moving.retitle(self._studio, ask, self._manner(ask))
                return self._page(ask, _Open(collection, ask.word("document")), note)
            case "move":
                collection, note = moving.move(self._studio, ask, self._manner(ask))
                at = _Open(collection, ask.word("document"))
                return self._page(ask, at, note, here=f"{at.collection}/{at.document}")
            case "restore":
                knowledge.restore(owner, ask.word("document"))
            case "search":
                narrowing = filters.chosen(ask.fields())
                found = self._found(collection, ask.word("words").strip(), narrowing)
                return self._page(ask, at, found=found, narrowing=narrowing, here=collection)
            case "why":
                narrowing, sought = filters.chosen(ask.fields()), ask.word("sought").strip()[:_WORDS]
                found = self._found(collection, ask.word("words").strip(), narrowing, sought)
                return self._page(ask, at, found=found, narrowing=narrowing, here=collection)
            case "named":
                return self._page(
                    ask, at, papers=self._papers(ask, collection, words=ask.word("named").strip()[:_WORDS]), here=collection
                )
            case "more":
                shown = whole_number(ask.word("shown"), 7) or 0
                papers = self._papers(ask, collection, limit=shown + _PAPERS, words=ask.word("named")[:_WORDS])
                return self._page(ask, at, papers=papers)
            case "reindex":
                title = knowledge.collection(owner, collection).title
                knowledge.intake.ask(owner, collection, "reindex", title)
            case "cut-look":
                return self._page(ask, at, looked=cutting.wanted(ask))
            case "cut-choose":
                cutting.choose(self._studio, collection, cutting.wanted(ask)[0])
            case "page":
                if not _moving(knowledge.intake.counts(owner).get(collection, {})):
                    knowledge.intake.dismiss(owner, collection, states=_WELL)
                knowledge.intake.add_page(owner, collection, ask.word("address"))
            case "queue-cancel":
                knowledge.intake.cancel(owner, collection, _numbers(ask))
            case "queue-retry":
                knowledge.intake.retry(owner, collection, _numbers(ask))
            case "queue-dismiss":
                knowledge.intake.dismiss(owner, collection, _numbers(ask))
            case "open":
                return self._page(ask, at, here=collection)
            case _:  # the page looks how far things are
                return self._page(ask, _opened(ask.thing), passing=True)
        return self._page(ask, at)

    def _deleted(self, ask: Ask, collection: str) -> Markup:
        title = self._studio.knowledge.collection(MAKER.owner, collection).title
        self._studio.knowledge.remove_collection(MAKER.owner, collection)
        # A persona that names what is not there cannot be talked to.
        readers = withdraw(self._studio, "collections", collection)
        said = text("knowledge_deleted", ask.language, title=plain(title))
        back, end = "restore-collection", "delete-removed"
        note = parts.undo(self._manner(ask), said, back, end, collection=collection, personas=" ".join(readers))
        return self._page(ask, _Open(), note, here="")

    def _found(self, collection: str, words: str, narrowing: filters.Narrowing, sought: str = "") -> Found | None:
        """What the collection has for some words, how much of it a persona would be given, and why; also why not `sought`."""
        if not words:
            return None
        knowledge, document, passage = self._studio.knowledge, None, None
        if sought:
            named = knowledge.documents(MAKER.owner, collection, 1, words=sought)
            document = named[0].id if named else None
            like = [] if named else knowledge.search(MAKER.owner, sought, [collection], 1)
            passage = like[0].passage.id if like else None
        told = knowledge.explain(
            MAKER.owner, words, [collection], passage=passage, document=document, limit=_FOUND, filter=narrowing.filter
        )
        hits = [hit for hit, _ in told.hits]
        return Found(words, hits, told.given, knowledge.labels_of([hit.passage for hit in hits]), told, sought)

    def _narrowing(self, ask: Ask, collection: str, chosen: filters.Narrowing) -> filters.Narrowing:
        """What a search of the collection can be narrowed to, beside what it is."""
        knowledge = self._studio.knowledge
        listed = knowledge.documents(MAKER.owner, collection, filters.DOCUMENTS)
        documents = [(each.id, self._title(each, collection, ask)) for each in listed]
        if chosen.document and all(chosen.document != key for key, _ in documents):
            documents += [(each.id, each.title) for _, each in [knowledge.document(MAKER.owner, chosen.document)]]
        return replace(chosen, labels=knowledge.labels(MAKER.owner, collection), documents=documents)

    def _page(
        self,
        ask: Ask,
        at: _Open,
        note: Markup | None = None,
        *,
        found: Found | None = None,
        narrowing: filters.Narrowing | None = None,
        papers: views.Papers | None = None,
        looked: tuple[Chunking, str] | None = None,
        here: str | None = None,
        visit: bool = False,
        passing: bool = False,
    ) -> Markup:
        """The page; `passing` it only tells how far files are, on a `visit` also which of them a restart cut short."""
        manner, named = self._manner(ask), bool(at.collection)
        if not named:
            at = next((_Open(each.id) for each in self._studio.knowledge.collections(MAKER.owner)), at)
        if visit:
            note = interrupted_html(ask)
        # Before the shelves: what is added in between is still shown as under way, and the page looks again.
        counts = self._studio.knowledge.intake.counts(MAKER.owner)
        shelves = self._shelves(ask, counts)
        opened = parts.EMPTY
        try:
            shelf = next((each for each in shelves if each.id == at.collection), None)
            if shelf is None and named:
                self._studio.knowledge.collection(MAKER.owner, at.collection)
            if shelf is not None and at.document:
                opened = self._reading(ask, at)
            elif shelf is not None:
                papers = papers or self._papers(ask, shelf.id)
                using = uses(self._studio, "collections", shelf.id, ask.language)
                queue = self._queue(ask, shelf.id, counts.get(shelf.id, {}), visit)
                within = self._narrowing(ask, shelf.id, narrowing or filters.Narrowing())
                cuts = cuts_html(cutting.cuts(self._studio, shelf.id, looked), shelf.id, manner, passing=passing)
                opened = views.collection_html(
                    shelf, papers, found, queue, using, manner, narrowing=within, cuts=cuts, passing=passing
                )
        except HearthError as error:
            note = note or parts.note(notify.told(error, ask), "bad")
        note = note or parts.EMPTY
        thing = ask.thing if here is None else here
        return views.knowledge_html(shelves, at.collection, opened, manner, thing=thing, here=here, note=note, passing=passing)

    def _queue(self, ask: Ask, collection: str, counts: Mapping[str, int], visit: bool) -> Queue:
        """The files on their way; what ended well is told until the page is visited anew."""
        intake, manner = self._studio.knowledge.intake, self._manner(ask)
        if visit and not _moving(counts) and any(counts.get(state) for state in (*_WELL, "unpacked")):
            intake.dismiss(MAKER.owner, collection, states=_WELL)
            counts = intake.counts(MAKER.owner).get(collection, {})
        if not counts:
            return Queue()
        arrivals = [_arrival(job, progress, manner) for job, progress in intake.jobs(MAKER.owner, collection, _ARRIVALS)]
        return Queue(arrivals, counts, notify.sentence(intake.trouble, ask.language) if intake.trouble else "")

    def _reading(self, ask: Ask, at: _Open) -> Markup:
        """A document of the open collection. Raises `DocumentMissing`."""
        knowledge = self._studio.knowledge
        collection, document = knowledge.document(MAKER.owner, at.document)
        whole, passages = knowledge.text(MAKER.owner, document.id), knowledge.passages(MAKER.owner, document.id)
        title = self._title(document, collection, ask)
        labels = knowledge.labels_of(passages)
        manner = self._manner(ask)
        listed = ((each.id, each.title) for each in knowledge.collections(MAKER.owner) if each.id != collection)
        others = [(key, _in_language(name, self._shipped.get(key), ask.language)) for key, name in listed]
        settings = settings_html(collection, document, title, others, manner)
        return reading.reading_html(
            collection, document, title, whole, passages, at.passage, manner, labels=labels, settings=settings
        )

    def _papers(self, ask: Ask, collection: str, limit: int = _PAPERS, words: str = "") -> views.Papers:
        found = self._studio.knowledge.documents(MAKER.owner, collection, limit, words=words)
        left = 0
        if len(found) == limit and words:
            left = len(self._studio.knowledge.documents(MAKER.owner, collection, words=words)) - limit
        elif len(found) == limit:
            left = self._studio.knowledge.collection(MAKER.owner, collection).documents - limit
        shown = [
            views.Paper(
                each.id,
                self._title(each, collection, ask),
                "" if each.name == each.title else each.name,
                each.passages,
                each.bytes,
            )
            for each in found
        ]
        return views.Papers(shown, left, words, asked=bool(words) or limit > _PAPERS)

    def _shelves(self, ask: Ask, counts: Mapping[str, Mapping[str, int]]) -> list[views.Shelf]:
        personas = [stored.document for stored in self._studio.personas.list(MAKER.owner)]
        trusted = self._studio.knowledge.trusted(MAKER.owner)
        strangers = self._studio.knowledge.strangers(MAKER.owner)
        indexing = self._studio.knowledge.indexing(MAKER.owner)
        return [
            views.Shelf(
                each.id,
                _in_language(each.title, self._shipped.get(each.id), ask.language),
                each.documents,
                each.passages,
                each.bytes,
                tuple(persona.title.get(ask.language) for persona in personas if each.id in persona.collections),
                trusted=each.id in trusted,
                coming=_moving(counts.get(each.id, {})),
                failed=counts.get(each.id, {}).get("failed", 0),
                embedder=each.embedder,
                stranger=each.id in strangers,
                renewal_s=self._studio.knowledge.reindexing.estimate(MAKER.owner, each.id) if each.id in strangers else 0.0,
                indexing=each.id in indexing,
            )
            for each in self._studio.knowledge.collections(MAKER.owner)
        ]

    def _title(self, document: DocumentRecord, collection: str, ask: Ask) -> str:
        return _in_language(document.title, self._shipped.get(collection), ask.language) or document.name

    def _manner(self, ask: Ask) -> Manner:
        return self._desk.manner(ask)


def _opened(thing: str) -> _Open:
    collection, _, rest = thing.partition("/")
    document, _, passage = rest.partition("/")
    return _Open(collection, document, whole_number(passage, 15))


def _moving(counts: Mapping[str, int]) -> int:
    """How many files of a queue are not at their end."""
    return counts.get("waiting", 0) + counts.get("working", 0)


def _numbers(ask: Ask) -> list[int] | None:
    """The job that an act names; None for all of the collection."""
    number = whole_number(ask.word("job"), 15)
    return None if number is None else [number]


def _arrival(job: Job, progress: Progress | None, manner: Manner) -> Arrival:
    """A file in the queue, in words."""
    fraction = None
    if job.state == "waiting":
        said = manner.say("waiting")
    elif job.state == "cancelled":
        said = manner.say("knowledge_cancelled")
    elif job.state == "working":
        said, fraction = _on_its_way(progress, manner)
    elif job.state == "done" and not job.english:
        said = manner.say("outcome_done", n=job.passages, seconds=f"{job.seconds:.1f}")
    else:
        said = job.chinese if manner.language == "zh" else job.english
    return Arrival(job.number, job.name, job.state, said, fraction, job.kept, job.left_out, sent=job.kind != "member")


def _on_its_way(progress: Progress | None, manner: Manner) -> tuple[str, float | None]:
    if progress is not None and progress.stage == "fetching":
        return manner.say("knowledge_fetching"), None
    if progress is None or not progress.total:
        return manner.say("adding"), None
    stages = {"embedding": "knowledge_embedding", "cutting": "knowledge_cutting"}
    key = stages.get(progress.stage, "knowledge_reading")
    return manner.say(key, done=f"{progress.done:,}", total=f"{progress.total:,}"), progress.done / progress.total


def _in_language(title: str, shipped: Mapping[str, str] | None, language: str) -> str:
    """The title; that of a shipped collection, or of its records, which nobody renamed, in the reader's language."""
    return shipped.get(language, title) if shipped and title in shipped.values() else title
