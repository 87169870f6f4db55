"""The acts of a tool's editor: its form saved as it is typed in, versions, keys and grants.

As with a persona's editor, each act brings the form along, which is saved first, so that no click loses what was typed; what
cannot be saved stays in the form with its problems, and what was saved elsewhere meanwhile is asked about.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from assistant.studio import Studio
from common.errors import DocumentInvalid, EditConflict
from tools.documents import ToolDocument
from ui.ask import Ask
from ui.clock import clock
from ui.kept import FormKeys, Kept, revision_in
from ui.render import Manner, plain
from ui.texts import text
from ui.tool_form import ToolForm, document_of, form_of, problems_of, read_form
from ui.tool_models import followed
from ui.views import parts
from ui.views import tool_editor as views

SAVES = ("save", "mine", "add-key", "remove-key", "duplicate", "export", "version")
"""The acts that bring the form along."""


ToolKept = Kept[ToolDocument, ToolForm]


class ToolEditing:
    """Saving and drawing the editor of one tool."""

    def __init__(self, studio: Studio) -> None:
        self._toolbox = studio.toolbox
        self._tools = studio.tools
        self._keys = FormKeys(SAVES)

    def keep(self, ask: Ask, *, over: bool = False) -> ToolKept:
        """Save what the form holds; with `over`, in place of what was saved elsewhere. Raises `DocumentMissing`."""
        stored = self._toolbox.get(ask.thing)
        form = read_form(ask.fields(), stored.document)
        brought = revision_in(ask, stored.revision)
        fields, unread = document_of(form, stored.document)
        if unread:
            return Kept(stored, form, str(brought), unread)
        revision = stored.revision if over else brought
        told: Mapping[str, Any] = fields
        if stored.document.call.kind == "model":
            told = followed(fields, stored.document, {tool.spec.name for tool in self._tools.list()})
        try:
            saved = self._toolbox.save(told, revision, amends=not over)
            anew = told != fields
            return Kept(saved, form_of(saved.document) if anew else form, str(saved.revision), anew=anew)
        except DocumentInvalid as error:
            if told == stored.document.model_dump(mode="json"):  # kept as it is all the same, by an import or a way back
                return Kept(stored, form, str(brought))
            return Kept(stored, form, str(brought), problems_of(error.problems, form))
        except EditConflict:
            return Kept(stored, form, str(brought), conflict=True)

    def rows(self, ask: Ask, kept: ToolKept) -> ToolKept:
        """One key more or less in the form."""
        if ask.word("action") == "add-key":
            return replace(kept, form=kept.form.with_secret())
        form = kept.form.without_secret(ask.word("row"))
        fields, unread = document_of(form, kept.stored.document)
        if unread or not kept.whole:
            return replace(kept, form=form)
        try:
            saved = self._toolbox.save(fields, kept.stored.revision, amends=True)
            return replace(kept, stored=saved, form=form, revision=str(saved.revision))
        except DocumentInvalid as error:
            return replace(kept, form=form, problems=problems_of(error.problems, form))

    def fresh(self, id: str) -> ToolKept:
        """What is stored, as nobody has typed in it yet. Raises `DocumentMissing`."""
        stored = self._toolbox.get(id)
        return Kept(stored, form_of(stored.document), str(stored.revision))

    def form_html(self, ask: Ask, kept: ToolKept, manner: Manner, *, fresh: bool) -> Markup:
        """The form; unless it is `fresh`, what is typed in it stays."""
        document, stored = kept.stored.document, kept.stored
        key = self._keys.of(ask, document.id, kept.revision, fresh=fresh or kept.anew)
        problems = kept.problems or problems_of(self._toolbox.wrong(document), kept.form)
        spoken = 1 if ask.language == "zh" else 0
        note = parts.conflict(manner, "tools_conflict", "tools_mine", "tools_theirs") if kept.conflict else parts.EMPTY
        if kept.problems:
            note = parts.note(manner.say("tools_wrong", n=len(kept.problems)), "bad")
        saved = text("tools_unsaved", ask.language)
        if kept.whole:
            saved = text("tools_saved", ask.language, time=clock(ask, stored.changed)) if stored.changed else ""
        return views.edit_html(
            views.Edited(
                id=document.id,
                kind=document.call.kind,
                form=kept.form,
                key=key,
                revision=kept.revision,
                saved=saved,
                problems={name: told[spoken] for name, told in problems.items()},
                note=note,
            ),
            manner,
        )

    def access_html(self, id: str, manner: Manner) -> Markup:
        """The keys of a tool and what it may reach."""
        return views.access_html(self._toolbox.access(id), id, manner)

    def versions_html(self, ask: Ask, id: str, manner: Manner) -> Markup:
        """The versions that are kept, newest first."""
        now = self._toolbox.get(id).revision
        rows = [
            views.Version(each.revision, clock(ask, each.changed) if each.changed else "", each.revision == now)
            for each in self._toolbox.versions(id)
        ]
        return views.versions_html(rows, id, manner)

    def done(self, ask: Ask, id: str) -> str:
        """A key kept or forgotten, a grant given or taken back: the sentence about it. Raises `HearthError`."""
        name, host = ask.word("name"), ask.word("host")
        match ask.word("action"):
            case "key":
                values = ask.fields().get("value") or [""]
                self._toolbox.keep_secret(id, name, values[0].strip())
                return text("tools_key_kept", ask.language, name=plain(name))
            case "forget-key":
                self._toolbox.keep_secret(id, name, "")
                return text("tools_key_forgotten", ask.language, name=plain(name))
            case "grant":
                self._toolbox.grant(id, host)
            case "revoke":
                self._toolbox.revoke(id, host)
        return ""
