"""The knowledge page's acts, and files that people add, there or in a chat.

A file is removed from the folder of uploads once the library has read it.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from markupsafe import Markup

from assistant.access import MAKER
from assistant.studio import Studio
from common.errors import HearthError
from knowledge.corpora.shipped import shipped_collections
from knowledge.loading.loader import MAX_MEGABYTES
from knowledge.loading.refusals import too_large
from knowledge.types import Hit, Outcome, Passage
from ui import notify, panels, uploads
from ui.ask import Ask, Screen
from ui.chat import Desk
from ui.render import Manner
from ui.screens import interrupted_html
from ui.texts import text
from ui.uploads import Upload
from ui.views import knowledge as views

_FOUND = 8  # passages shown for a search


class KnowledgePage:
    """Collections, documents, search, and adding files."""

    def __init__(self, studio: Studio, desk: Desk, uploads: Path) -> None:
        self._studio = studio
        self._desk = desk
        self._uploads = uploads

    def show(self, ask: Ask, collection: str = "", note: Markup | None = None) -> Markup:
        """The page with one collection open: the named one, else the one in the address, else the first."""
        shelf = self._shelf(ask, collection or ask.thing)
        opened = self._opened(ask, shelf, None, "") if shelf else Markup("")
        return self._page(ask, shelf, opened, interrupted_html(ask) if note is None else note)

    def act(self, ask: Ask) -> Iterator[Screen]:
        """Open, create, search, read and remove: a maker's alone, since a collection may hold more than a persona tells."""
        collection = ask.word("collection")
        try:
            self._maker(ask)
            match ask.word("action"):
                case "create":
                    collection = self._studio.knowledge.create_collection(MAKER.owner, ask.word("title")).id
                    shown = self.show(ask, collection)
                case "remove":
                    self._studio.knowledge.remove(MAKER.owner, ask.word("document"))
                    shown = self.show(ask, collection)
                case "search":
                    shown = self._search(ask, collection)
                case "read" | "passage":
                    shown = self._read(ask, collection)
                case _:
                    shown = self.show(ask, collection)
        except HearthError as error:
            said = panels.refusal_html(notify.sentence(error, ask.language))
            shown = self.show(ask, collection, said) if ask.identity.maker else said
        yield {"workshop": shown}

    def files(self, ask: Ask) -> Iterator[Screen]:
        """Add uploaded files, with what became of each; in a chat they go to the persona's first collection."""
        in_chat = ask.word("place") == "chat"
        try:
            collection = self._collection_for(ask, in_chat)
        except HearthError as error:
            sentence = panels.refusal_html(notify.sentence(error, ask.language))
            shown = sentence if in_chat or not ask.identity.maker else self.show(ask, note=sentence)
            yield {"notice" if in_chat else "workshop": shown}
            return
        files = uploads.arrived(ask, self._uploads)
        lines = [self._refused(ask, file) or (file.name, "waiting", text("waiting", ask.language)) for file in files]
        paths = [(file.path, file.name) for file in files if file.path is not None]
        added = self._added(ask, collection, paths)
        try:
            for index, (name, state, _) in enumerate(lines):
                if state == "waiting":
                    lines[index] = (name, "working", text("adding", ask.language))
                    yield self._told(ask, collection, lines, in_chat)
                    lines[index] = (name, *next(added))
        finally:
            uploads.discard((path for path, _ in paths), self._uploads)
        yield self._told(ask, collection, lines, in_chat)

    def _refused(self, ask: Ask, file: Upload) -> tuple[str, str, str] | None:
        """The line of a file that did not arrive."""
        if file.path is not None:
            return None
        if file.megabytes > MAX_MEGABYTES:
            return file.name, "failed", too_large(file.name, file.megabytes, MAX_MEGABYTES).sentence(ask.language)
        return file.name, "failed", text("upload_failed", ask.language, name=file.name)

    def _added(self, ask: Ask, collection: str, files: Sequence[tuple[Path, str]]) -> Iterator[tuple[str, str]]:
        """State and sentence of each file, in order, as it is added; one that cannot be stored does not stop the others."""
        done = 0
        while done < len(files):
            try:
                for outcome in self._studio.knowledge.add_files(MAKER.owner, collection, files[done:]):
                    done += 1
                    yield outcome.state, _sentence(outcome, ask.language)
            except HearthError as error:
                done += 1
                yield "failed", notify.sentence(error, ask.language)

    def _told(self, ask: Ask, collection: str, lines: Sequence[tuple[str, str, str]], in_chat: bool) -> Screen:
        listed = panels.outcomes_html(lines)
        return {"notice": listed} if in_chat else {"workshop": self.show(ask, collection, listed)}

    def _collection_for(self, ask: Ask, in_chat: bool) -> str:
        """Where files go. Raises `HearthError` for a visitor and for a persona that reads nothing."""
        self._maker(ask)
        if not in_chat:
            return ask.word("collection")
        persona = self._desk.persona_of(ask)
        if persona is None or not persona.collections:
            name = persona.title if persona else None
            raise HearthError(
                *(text("no_collection_of_persona", each, name=name.get(each) if name else "") for each in ("en", "zh"))
            )
        return persona.collections[0]

    def _maker(self, ask: Ask) -> None:
        if not ask.identity.maker:
            raise HearthError(text("makers_only", "en"), text("makers_only", "zh"))

    def _search(self, ask: Ask, collection: str) -> Markup:
        shelf, words = self._shelf(ask, collection), ask.word("words").strip()
        if shelf is None or not words:
            return self.show(ask, collection)
        found = self._studio.knowledge.search(MAKER.owner, words, [shelf.id], _FOUND)
        return self._page(ask, shelf, self._opened(ask, shelf, found, words))

    def _read(self, ask: Ask, collection: str) -> Markup:
        passage = self._passage(ask)
        document = passage.document if passage else ask.word("document")
        whole = self._studio.knowledge.text(MAKER.owner, document)
        documents = self._studio.knowledge.documents(MAKER.owner, collection)
        title = next((each.title for each in documents if each.id == document), "")
        opened = views.reading_html(collection, passage.title if passage else title, whole, passage, self._manner(ask))
        return self._page(ask, self._shelf(ask, collection), opened)

    def _passage(self, ask: Ask) -> Passage | None:
        number = ask.word("passage")
        return self._studio.knowledge.passage(MAKER.owner, int(number)) if number.isdecimal() else None

    def _page(self, ask: Ask, shelf: views.Shelf | None, opened: Markup, note: Markup | None = None) -> Markup:
        current = shelf.id if shelf else ""
        return views.knowledge_html(self._shelves(ask), current, opened, self._manner(ask), note or Markup(""))

    def _opened(self, ask: Ask, shelf: views.Shelf, found: Sequence[Hit] | None, words: str) -> Markup:
        shipped = _shipped_titles().get(shelf.id)
        papers = []
        for paper in self._studio.knowledge.documents(MAKER.owner, shelf.id):
            name = "" if paper.name == paper.title else paper.name
            papers.append(views.Paper(paper.id, _title(paper.title, shipped, ask.language), name, paper.passages))
        return views.collection_html(shelf, papers, found, words, self._manner(ask))

    def _shelf(self, ask: Ask, collection: str) -> views.Shelf | None:
        shelves = self._shelves(ask)
        return next((shelf for shelf in shelves if shelf.id == collection), shelves[0] if shelves else None)

    def _shelves(self, ask: Ask) -> list[views.Shelf]:
        found = self._studio.knowledge.collections(MAKER.owner)
        shipped = _shipped_titles()
        return [views.Shelf(each.id, _title(each.title, shipped.get(each.id), ask.language), each.documents) for each in found]

    def _manner(self, ask: Ask) -> Manner:
        return self._desk.manner(ask)


def _sentence(outcome: Outcome, language: str) -> str:
    """What became of a file, in words."""
    if outcome.state == "done":
        return text("outcome_done", language, n=outcome.passages, seconds=f"{outcome.seconds:.1f}")
    return outcome.reason_zh if language == "zh" else outcome.reason


def _shipped_titles() -> dict[str, dict[str, str]]:
    return {each.id: each.title for each in shipped_collections()}


def _title(title: str, shipped: Mapping[str, str] | None, language: str) -> str:
    """The title; that of a shipped collection, or of its records, which nobody renamed, in the reader's language."""
    return shipped.get(language, title) if shipped and title in shipped.values() else title
