"""The personas page's acts: cards of everyone you can talk to, and the editor of one.

The editor saves by itself. Each of its acts brings the form along, which is saved first, so that no click loses what was typed;
what cannot be saved stays in the form with its problems, and what was saved elsewhere meanwhile is asked about.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from markupsafe import Markup

from assistant.access import MAKER
from assistant.studio import Studio
from common.documents import Stored
from common.errors import DocumentInvalid, DocumentMissing, EditConflict, HearthError
from personas.changes import changes
from personas.checkup import check_up
from personas.pictures import UPLOAD_LIMIT, kept_picture
from personas.schema import Persona
from ui import notify, uploads
from ui.ask import Ask, Screen, whole_number
from ui.chat import Desk
from ui.clock import clock
from ui.kept import Kept, revision_in
from ui.persona_around import offered, surroundings
from ui.persona_form import KINDS, Form, Kind, Row, document_of, form_of, problems_of, read_form
from ui.render import Manner, plain
from ui.screens import face_of, guest_of
from ui.texts import text
from ui.views import parts
from ui.views import persona_editor as editor
from ui.views import personas as views
from ui.views.persona_review import Version

_IMPORT_LIMIT = 1_000_000  # bytes of a file that is read at all; the store has limits of its own
_SEEN_BESIDE = {"title", "avatar", "tint", "picture", "greeting", "starters", "playful", "collections"}


_Kept = Kept[Persona, Form]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What an act shows; `thing` is what is open from now on ("" for nothing), None where that is as before."""

    html: Markup
    thing: str | None = None
    download: Markup | None = None


class PersonasPage:
    """Everyone you can talk to, and, for a maker, how they are made."""

    def __init__(self, studio: Studio, desk: Desk, uploads: Path) -> None:
        self._studio = studio
        self._desk = desk
        self._uploads = uploads
        self._store = studio.personas

    def show(self, ask: Ask) -> Markup:
        """The editor of the persona that the address names; the cards for a visitor, or where nothing is open."""
        if not ask.thing or not ask.identity.maker:
            return self._cards(ask)
        try:
            return self._fresh(ask, ask.thing)
        except HearthError as error:
            return self._cards(ask, parts.note(notify.told(error, ask), "bad")) + views.here_html("")

    def act(self, ask: Ask) -> Iterator[Screen]:
        """Make, change, publish and remove: a maker's alone."""
        seen = self._seen(ask)
        try:
            self._maker(ask)
            answer = self._done(ask)
        except HearthError as error:
            answer = self._refused(ask, error)
        yield from self._answered(ask, answer, seen)

    def files(self, ask: Ask) -> Iterator[Screen]:
        """A picture for the open persona, or personas to import."""
        seen = self._seen(ask)
        sent = uploads.arrived(ask, self._uploads)
        try:
            self._maker(ask)
            lost = next((file.name for file in sent if file.path is None), None)
            if lost is not None:
                raise HearthError(*(text("personas_upload_failed", each, name=plain(lost)) for each in ("en", "zh")))
            paths = [file.path for file in sent if file.path is not None]
            picture = ask.word("place") == "persona-picture"
            answer = self._pictured(ask, paths[0]) if picture and paths else self._imported(ask, paths)
        except HearthError as error:
            answer = self._refused(ask, error)
        finally:
            uploads.discard((file.path for file in sent if file.path is not None), self._uploads)
        yield from self._answered(ask, answer, seen)

    def _answered(self, ask: Ask, answer: _Answer, seen: object) -> Iterator[Screen]:
        """The page, and the test chat beside it where that shows something else than what was `seen`."""
        shown = {"workshop": answer.html + views.here_html(answer.thing)}
        yield shown if answer.download is None else {**shown, "download": answer.download}
        now = ask if answer.thing is None else replace(ask, thing=answer.thing)
        if now.thing and (now.thing != ask.thing or seen != self._seen(now)):
            yield from self._desk.test(now)

    def _done(self, ask: Ask) -> _Answer:
        """What was pressed, done."""
        action, id = ask.word("action"), ask.thing
        if not id:
            return self._outside(ask, action)
        if action == "theirs":
            return _Answer(self._fresh(ask, id, parts.note(text("personas_took_theirs", ask.language))))
        if action == "bring-back":
            return self._brought_back(ask, id)
        kept = self._keep(ask, over=action == "mine")
        if not kept.whole and action in ("save", "mine", "restore", "duplicate", "export"):
            return _Answer(self._editor(ask, kept))
        match action:
            case "mine":
                return _Answer(self._editor(ask, kept, parts.note(text("personas_kept_mine", ask.language), "good")))
            case "add-row" | "remove-row" | "return-row":
                return _Answer(self._rows(ask, kept, action))
            case "remove-picture":
                return _Answer(self._with_picture(ask, kept, ""))
            case "restore":
                return _Answer(self._restored(ask, kept))
            case "reset" | "delete":
                return self._removed(ask, kept)
            case "duplicate":
                return self._copied(ask, id)
            case "export":
                file = parts.file(f"{id}.yaml", self._store.export_yaml(MAKER.owner, id))
                return _Answer(self._editor(ask, kept), download=file)
            case _:
                return _Answer(self._editor(ask, kept))

    def _outside(self, ask: Ask, action: str) -> _Answer:
        """The acts of the cards."""
        match action:
            case "new":
                made = self._store.create(MAKER.owner).document
                return _Answer(self._fresh(ask, made.id, parts.note(_told("personas_made", made, ask), "good")), made.id)
            case "duplicate":
                return self._copied(ask, ask.word("id"))
            case "bring-back":
                back = self._store.bring_back(MAKER.owner, ask.word("id")).document
                return _Answer(self._cards(ask, parts.note(_told("personas_back", back, ask), "good")))
            case _:
                return _Answer(self._cards(ask))

    # -- saving ------------------------------------------------------------------------------------------------------

    def _keep(self, ask: Ask, *, over: bool = False) -> _Kept:
        """Save what the form holds; with `over`, in place of what was saved elsewhere, which stays among the versions.

        Raises `DocumentMissing` where the persona is not there any more.
        """
        stored = self._stored(ask.thing)
        form = read_form(ask.fields(), stored.document)
        brought = revision_in(ask, stored.revision)
        try:
            document = self._store.parse(document_of(form, stored.document))
            kept = self._store.save(MAKER.owner, document, stored.revision if over else brought, amends=not over)
        except DocumentInvalid as error:
            return Kept(stored, form, str(brought), problems_of(error.problems, form))
        except EditConflict:
            return Kept(stored, form, str(brought), conflict=True)
        return Kept(kept, form, str(kept.revision))

    def _rows(self, ask: Ask, kept: _Kept, action: str) -> Markup:
        """One row more or less; one that was taken away can be put back."""
        kind: Kind = next((each for each in KINDS if each == ask.word("kind")), "starters")
        if action == "add-row":
            return self._editor(ask, replace(kept, form=kept.form.with_row(kind, ask.language)))
        if action == "remove-row":
            row = next((row for row in kept.form.rows[kind] if row.key == ask.word("row")), None)
            form = kept.form.without_row(kind, ask.word("row"))
            note = parts.EMPTY
            if row is not None and not row.blank:
                said = text("personas_row_removed", ask.language, name=ask.word("name"))
                values = {f"value_{name}": value for name, value in row.values.items()}
                note = parts.undo(self._manner(ask), said, "return-row", kind=kind, with_form="", **values)
            return self._editor(ask, self._save_form(kept, form), note)
        form = kept.form.with_row(kind, ask.language)
        last = form.rows[kind][-1]
        filled = Row(last.key, {name: ask.word(f"value{name.capitalize()}") for name in last.values})
        rows = (*form.rows[kind][:-1], filled) if form is not kept.form else form.rows[kind]
        return self._editor(ask, self._save_form(kept, replace(form, rows={**form.rows, kind: rows})))

    def _save_form(self, kept: _Kept, form: Form) -> _Kept:
        """Save a form that an act changed, on top of what `kept` stored."""
        if not kept.whole:
            return replace(kept, form=form)
        try:
            document = self._store.parse(document_of(form, kept.stored.document))
        except DocumentInvalid as error:
            return replace(kept, form=form, problems=problems_of(error.problems, form))
        saved = self._store.save(MAKER.owner, document, kept.stored.revision, amends=True)
        return replace(kept, stored=saved, form=form, revision=str(saved.revision))

    def _pictured(self, ask: Ask, path: Path) -> _Answer:
        kept = self._keep(ask)
        try:
            return _Answer(self._with_picture(ask, kept, kept_picture(_read(path, UPLOAD_LIMIT))))
        except DocumentInvalid as error:
            return _Answer(self._editor(ask, replace(kept, problems={**kept.problems, **error.problems})))

    def _with_picture(self, ask: Ask, kept: _Kept, picture: str) -> Markup:
        """The picture, put on what is stored; the rest of the form may still wait for its problems to be mended."""
        if kept.conflict:
            return self._editor(ask, kept)
        document = kept.stored.document.model_copy(update={"picture": picture})
        saved = self._store.save(MAKER.owner, document, kept.stored.revision, amends=True)
        # The rest of the form is no change of what others saved meanwhile.
        revision = str(saved.revision) if kept.revision == str(kept.stored.revision) else kept.revision
        return self._editor(ask, replace(kept, stored=saved, revision=revision))

    # -- versions, copies, comings and goings --------------------------------------------------------------------------

    def _restored(self, ask: Ask, kept: _Kept) -> Markup:
        wanted = whole_number(ask.word("version"))
        old = next((each for each in self._store.versions(MAKER.owner, ask.thing) if each.revision == wanted), None)
        if old is None:
            return self._editor(ask, kept)
        back = self._store.save(MAKER.owner, old.document, kept.stored.revision)
        return self._fresh(ask, ask.thing, parts.note(_told("personas_restored", back.document, ask), "good"))

    def _removed(self, ask: Ask, kept: _Kept) -> _Answer:
        """Delete somebody's own persona, or bring a shipped one back to how it came; both can be taken back."""
        persona, shipped = kept.stored.document, kept.stored.shipped
        self._store.reset(MAKER.owner, persona.id)
        self._studio.toolbox.permissions.withdraw(persona.id)  # another one may be made under its name
        said = _told("personas_was_reset" if shipped else "personas_deleted", persona, ask)
        note = parts.undo(self._manner(ask), said, "bring-back", id=persona.id)
        return _Answer(self._fresh(ask, persona.id, note)) if shipped else _Answer(self._cards(ask, note), "")

    def _brought_back(self, ask: Ask, id: str) -> _Answer:
        back = self._store.bring_back(MAKER.owner, id).document
        return _Answer(self._fresh(ask, id, parts.note(_told("personas_back", back, ask), "good")))

    def _copied(self, ask: Ask, id: str) -> _Answer:
        copy = self._store.duplicate(MAKER.owner, id).document
        return _Answer(self._fresh(ask, copy.id, parts.note(_told("personas_copied", copy, ask), "good")), copy.id)

    def _imported(self, ask: Ask, paths: list[Path]) -> _Answer:
        imported = [self._store.import_yaml(MAKER.owner, _read(path, _IMPORT_LIMIT).decode("utf-8", "replace")) for path in paths]
        notes = parts.EMPTY.join(parts.note(_told("personas_imported", each.document, ask), "good") for each in imported)
        return _Answer(self._cards(ask, notes), "")

    # -- rendering -----------------------------------------------------------------------------------------------------

    def _refused(self, ask: Ask, error: HearthError) -> _Answer:
        """The page as it is, with what could not be done."""
        note = parts.note(notify.told(error, ask), "bad")
        if not ask.thing or not ask.identity.maker:
            return _Answer(self._cards(ask, note))
        try:
            stored = self._stored(ask.thing)
        except HearthError:
            return _Answer(self._cards(ask, note), "")
        form = read_form(ask.fields(), stored.document)
        revision = stored.revision if form == form_of(stored.document) else revision_in(ask, stored.revision)
        return _Answer(self._editor(ask, Kept(stored, form, str(revision)), note))

    def _cards(self, ask: Ask, note: Markup = parts.EMPTY) -> Markup:
        cards, manner = [], self._manner(ask)
        for stored in self._store.list(MAKER.owner):
            persona = stored.document
            if not ask.identity.maker and not persona.published:
                continue
            mark = "personas_own" if not stored.shipped else "personas_changed" if stored.revision else "personas_as_shipped"
            starters = tuple(line.get(ask.language) for line in persona.starters)
            guest = guest_of(persona, ask.language)
            cards.append(views.Card(guest, starters, persona.published, mark if ask.identity.maker else ""))
        if ask.identity.maker:
            broken = self._store.unreadable(MAKER.owner)
            note += views.broken_html({id: error.sentence(ask.language) for id, error in broken.items()}, manner)
        return views.cards_html(cards, manner, note)

    def _fresh(self, ask: Ask, id: str, note: Markup = parts.EMPTY) -> Markup:
        """The editor with what is stored in its fields."""
        stored = self._stored(id)
        kept = Kept(stored, form_of(stored.document), str(stored.revision))
        return self._editor(ask, kept, note, key=f"{id}-{stored.revision}-{ask.nonce}")

    def _editor(self, ask: Ask, kept: _Kept, note: Markup = parts.EMPTY, *, key: str = "") -> Markup:
        """The editor; without a new `key` what is typed in it stays."""
        manner, stored = self._manner(ask), kept.stored
        persona = stored.document
        spoken = 1 if ask.language == "zh" else 0
        around = surroundings(self._studio, persona)
        opened = editor.Opened(
            face=face_of(persona, ask.language),
            form=kept.form,
            key=key or ask.word("key") or f"{persona.id}-{stored.revision}-{ask.nonce}",
            revision=kept.revision,
            saved=self._saved(ask, kept),
            shipped=stored.shipped,
            changed=stored.revision > 0,
            problems={name: told[spoken] for name, told in kept.problems.items()},
            offered=offered(self._studio, persona, ask.language),
            versions=self._versions(ask, stored),
            findings=check_up(persona, around),
        )
        if kept.conflict:
            note += parts.conflict(manner, "personas_conflict", "personas_mine", "personas_theirs")
        elif kept.problems:
            note += parts.note(manner.say("personas_wrong", n=len(kept.problems)), "bad")
        return editor.editor_html(opened, manner, note)

    def _saved(self, ask: Ask, kept: _Kept) -> str:
        if not kept.whole:
            return text("personas_unsaved", ask.language)
        changed = kept.stored.changed
        return (
            text("personas_saved", ask.language, time=clock(ask, changed))
            if changed
            else text("personas_as_shipped", ask.language)
        )

    def _versions(self, ask: Ask, stored: Stored[Persona]) -> list[Version]:
        """The versions that are kept, newest first, each with how it differs from the one before it."""
        kept = list(self._store.versions(MAKER.owner, stored.document.id))
        before = [each.document for each in kept[1:]] + [self._store.shipped(stored.document.id)]
        return [
            Version(
                each.revision,
                clock(ask, each.changed) if each.changed else "",
                None if old is None else changes(old, each.document),
                each.revision == stored.revision,
            )
            for each, old in zip(kept, before, strict=False)
        ]

    def _manner(self, ask: Ask) -> Manner:
        return self._desk.manner(ask)

    def _maker(self, ask: Ask) -> None:
        if not ask.identity.maker:
            raise HearthError(text("personas_makers_only", "en"), text("personas_makers_only", "zh"))

    def _stored(self, id: str) -> Stored[Persona]:
        """Raises `DocumentMissing`, saying that it is gone, or `DocumentInvalid`."""
        try:
            return self._store.get(MAKER.owner, id)
        except DocumentMissing:
            raise DocumentMissing(*(text("personas_gone", each, id=id[:64]) for each in ("en", "zh"))) from None

    def _seen(self, ask: Ask) -> object:
        """What the test chat beside the editor shows of the persona."""
        if not ask.thing or not ask.identity.maker:
            return None
        try:
            return self._store.get(MAKER.owner, ask.thing).document.model_dump(include=_SEEN_BESIDE)
        except HearthError:
            return None


def _told(key: str, persona: Persona, ask: Ask) -> str:
    name = plain(persona.title.get(ask.language))
    return text(key, ask.language, name=f"“{name}”")


def _read(path: Path, limit: int) -> bytes:
    """The file, or as much of it as shows that it is above the limit."""
    with path.open("rb") as file:
        return file.read(limit + 1)
