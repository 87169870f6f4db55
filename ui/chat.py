"""What the chat does when someone presses something, without Gradio: an `Ask` comes in, screens go out.

A screen maps part names (`ui.theme.PARTS`) to HTML; parts it leaves out stay as they are. The desk keeps nothing of a
conversation: turns run in `studio.runs`, and a page only looks at them, so that a reload or a second tab sees the same.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from markupsafe import Markup

from assistant.access import MAKER
from assistant.consent import Decision
from assistant.conversations import Conversation
from assistant.reading import as_cited
from assistant.studio import Studio
from common.errors import ConversationMissing, DocumentMissing, HearthError
from ui import approvals, notify, panels, render, sources, uploads
from ui.ask import Ask, Screen, whole_number
from ui.screens import Screens, interrupted_html
from ui.session import Viewers
from ui.texts import text
from ui.view import View, fold

_FRAME_S = 0.055  # 18 updates a second; a live message that is slow to render is shown less often


class Desk(Screens):
    """The chat page's acts. Every method yields screens and turns expected failures into sentences."""

    def __init__(self, studio: Studio, viewers: Viewers) -> None:
        super().__init__(studio)
        self._viewers = viewers

    def visit(self, ask: Ask) -> Iterator[Screen]:
        """Show a conversation, a persona's opening or the gallery; follow the turn that is being answered."""
        ticket = self._viewers.take(ask.session)
        if not ask.conversation:
            unsure = interrupted_html(ask)
            yield {**self.frame(ask), **self.opening(ask), **({"notice": unsure} if unsure else {})}
            return
        try:
            conversation = self._studio.conversations.get(ask.identity.owner, ask.conversation)
            run = self._studio.runs.active(ask.identity.owner, conversation.id)
            shown = {**self.frame(ask, conversation), **self.conversation(ask, conversation, run)}
        except ConversationMissing:
            lost = replace(ask, conversation="", persona="", data={})
            yield {**self.frame(lost), **self.opening(lost)}
            return
        yield {**shown, "notice": interrupted_html(ask)}
        if run:
            yield from self._watch(ask, conversation.id, run, ticket)

    def test(self, ask: Ask) -> Iterator[Screen]:
        """The maker's test conversation with the persona whose editor is open; nothing for anybody else."""
        if ask.identity.maker and self.known(ask, ask.thing):
            kept = self._studio.conversations.test_of(ask.identity.owner, ask.thing)
            yield from self.visit(replace(ask, conversation=kept.id, persona=ask.thing))

    def say(self, ask: Ask) -> Iterator[Screen]:
        """Send a message; the first one makes the conversation."""

        def start(conversation: str) -> str:
            return self._studio.start_turn(ask.identity, conversation, ask.word("text"), ask.language)

        yield from self._turn(ask, start)

    def again(self, ask: Ask) -> Iterator[Screen]:
        """Answer a message once more (`position`; without one the last); the answers there are stay as versions."""
        at = whole_number(ask.word("position"), 15)
        yield from self._turn(ask, lambda conversation: self._studio.regenerate(ask.identity, conversation, ask.language, at))

    def edit(self, ask: Ask) -> Iterator[Screen]:
        """Say something else in place of a message, on a branch of its own."""
        at, words = whole_number(ask.word("position"), 15), ask.word("text")
        if at is not None:
            yield from self._turn(
                ask, lambda conversation: self._studio.edit(ask.identity, conversation, at, words, ask.language)
            )

    def version(self, ask: Ask) -> Iterator[Screen]:
        """Bring another version of a message into view, with what followed it."""
        at = whole_number(ask.word("position"), 15)
        try:
            if at is not None:
                self._studio.choose(ask.identity, ask.conversation, at)
            kept = self._studio.conversations.get(ask.identity.owner, ask.conversation)
            yield {"notice": Markup(""), **self.conversation(ask, kept, None)}
        except HearthError as error:
            yield _refusal(error, ask)

    def feedback(self, ask: Ask) -> Iterator[Screen]:
        """Keep what the reader thinks of an answer, with the reason once there is one; no verdict takes it back."""
        owner, run = ask.identity.owner, ask.word("run")
        try:
            match ask.word("verdict"):
                case "good":
                    self._studio.feedback.give(owner, run, 1, ask.word("reason"), consent=ask.word("consent") == "yes")
                case "bad":
                    self._studio.feedback.give(owner, run, -1, ask.word("reason"))
                case _:
                    self._studio.feedback.take_back(owner, run)
            kept = self._studio.conversations.get(owner, ask.conversation)
            yield {"talk": self.conversation(ask, kept, self._studio.runs.active(owner, kept.id))["talk"]}
        except HearthError as error:
            yield _refusal(error, ask)

    def clear(self, ask: Ask) -> Iterator[Screen]:
        """Start a test conversation over."""
        try:
            self._studio.clear(ask.identity, ask.conversation)
            kept = self._studio.conversations.get(ask.identity.owner, ask.conversation)
            empty = {"notice": Markup(""), "live": Markup(""), "composer": self.composer(ask, kept)}
            yield {**empty, **self.conversation(ask, kept, None)}
        except HearthError as error:
            yield _refusal(error, ask)

    def steps(self, ask: Ask) -> Iterator[Screen]:
        """What happened in the turn of an answer, or what the model was given in one of its steps; for a maker."""
        manner, run = self.manner(ask), ask.word("run")
        number = whole_number(ask.word("step"), 15)
        try:
            if not ask.identity.maker:
                return
            if number is not None:
                yield {"panel": sources.prompt_html(number, self._studio.prompt(ask.identity, run, number), manner)}
                return
            view = self.past(ask.identity.owner, run)
            yield {"panel": sources.sources_html(view, view.hits if view else (), manner, run)}
        except HearthError as error:
            yield _refusal(error, ask)

    def decide(self, ask: Ask) -> Iterator[Screen]:
        """Allow or refuse a call that a turn waits for, perhaps with other arguments; other calls of that message wait on."""
        ticket = self._viewers.take(ask.session)
        owner, call = ask.identity.owner, ask.word("call")
        try:
            kept, decision = self._studio.conversations.get(owner, ask.conversation), Decision(False)
            if ask.data.get("allowed") is True:
                arguments, trial = approvals.arguments_of(self._studio, ask, self.path(owner, kept.id))
                if trial:
                    yield self.conversation(ask, kept, None, {call: trial})
                    return
                decision = Decision(True, arguments, ask.data.get("always") is True, ask.word("tool"))
            run = self._studio.decide(ask.identity, kept.id, {call: decision}, ask.language)
        except ConversationMissing as error:
            yield _refusal(error, ask)
            return
        except HearthError as error:
            # Another tab may have been quicker: what is there now is shown beside the reason.
            active = self._studio.runs.active(owner, kept.id)
            yield {**self.conversation(ask, kept, active), **_refusal(error, ask)}
            if active:
                yield from self._watch(ask, kept.id, active, ticket)
            return
        yield {"notice": Markup(""), **self.conversation(ask, kept, run)}
        yield from self._watch(ask, kept.id, run, ticket)

    def stop(self, ask: Ask) -> Iterator[Screen]:
        run = self._studio.runs.active(ask.identity.owner, ask.conversation)
        if run:
            self._studio.runs.cancel(ask.identity.owner, run)
        yield {}

    def chats(self, ask: Ask) -> Iterator[Screen]:
        """Search, rename, delete, restore, export and import conversations."""
        store, owner, key = self._studio.conversations, ask.identity.owner, ask.word("id")
        manner = self.manner(ask)
        notice: Screen = {}
        try:
            match ask.word("action"):
                case "rename":
                    store.rename(owner, key, ask.word("title"))
                case "delete":
                    title = store.get(owner, key).title or manner.say("untitled")
                    store.delete(owner, key)
                    notice = {
                        "notice": panels.undo_html(manner.say("deleted", title=render.plain(title)), "restore", key, manner)
                    }
                case "restore":
                    store.restore(owner, key)
                    notice = {"notice": Markup("")}
                case "delete-all":
                    self._studio.delete_everything(owner)
                    notice = {"notice": panels.told_html(manner.say("deleted_all"))}
                case "export-json":
                    notice = {"download": _file(store.get(owner, key).title, "json", self._studio.export(owner, key, "json"))}
                case "export-markdown":
                    notice = {"download": _file(store.get(owner, key).title, "md", self._studio.export(owner, key, "markdown"))}
                case "import":
                    store.import_file(owner, ask.word("text"))
        except HearthError as error:
            notice = _refusal(error, ask)
        yield {"sidebar": partial(self.sidebar, ask), **notice}

    def files(self, ask: Ask, folder: Path) -> Iterator[Screen]:
        """Attach files to the conversation, which the first of them makes; `folder` is where uploads lie."""
        owner = ask.identity.owner
        try:
            if not ask.identity.maker:  # anybody may be a visitor, as often as they like, and a disk fills
                raise HearthError(text("attach_makers_only", "en"), text("attach_makers_only", "zh"))
            kept = self._started(ask)
        except HearthError as error:
            yield _refusal(error, ask)
            return
        here = replace(ask, conversation=kept.id)
        if not ask.conversation:  # shown before any outcome is, so that what is said next is said there
            yield {**self.frame(here, kept), **self.conversation(here, kept, None)}
        for lines in uploads.added(ask, folder, lambda files: self._studio.attachments.add(owner, kept.id, files)):
            yield {"notice": panels.outcomes_html(lines)}
        yield self.frame(here, kept)

    def attached(self, ask: Ask) -> Iterator[Screen]:
        """Take an attachment out of the conversation, or bring it back."""
        owner, document = ask.identity.owner, ask.word("document")
        try:
            kept = self._studio.conversations.get(owner, ask.conversation)
            if ask.word("action") == "restore":
                self._studio.attachments.restore(owner, kept.id, document)
                notice = Markup("")
            else:
                self._studio.attachments.remove(owner, kept.id, document)
                told = text("removed", ask.language, title=ask.word("name"))
                notice = panels.undo_html(told, "restore-attached", document, self.manner(ask))
            yield {"composer": self.composer(ask, kept), "notice": notice}
        except HearthError as error:
            yield _refusal(error, ask)

    def source(self, ask: Ask) -> Iterator[Screen]:
        """Open a passage within its document."""
        number, manner = whole_number(ask.word("passage"), 15), self.manner(ask)
        if number is None:
            return
        try:
            passage, whole = self._studio.source(ask.identity, ask.conversation, number)
            listed = {each.id for each in self._studio.knowledge.collections(MAKER.owner)} if ask.identity.maker else set()
            yield {"panel": sources.document_html(passage, whole, manner, link=passage.collection in listed)}
        except DocumentMissing as error:
            kept = as_cited(self._studio.conversations, ask.identity.owner, ask.conversation, number)
            yield {"panel": sources.gone_html(kept.passage, notify.told(error, ask), manner)} if kept else _refusal(error, ask)
        except HearthError as error:
            yield _refusal(error, ask)

    def status(self, ask: Ask) -> Iterator[Screen]:
        yield {"header": self.header(ask)}

    def _turn(self, ask: Ask, start: Callable[[str], str]) -> Iterator[Screen]:
        """Start a turn and follow it; what cannot be started is said under the message box and nothing is kept of it."""
        ticket = self._viewers.take(ask.session)
        owner, manner = ask.identity.owner, self.manner(ask)
        created = ""
        try:
            if not ask.conversation:
                persona = self._studio.persona(ask.identity, ask.persona or self._studio.first_persona(ask.identity).id)
                created = self._studio.conversations.create(owner, persona.id).id
            conversation = self._studio.conversations.get(owner, ask.conversation or created)
            face = self.face(ask, conversation.persona)
            waiting = render.live_html(View(), face, manner, conversation=ask.conversation, run="")
            yield {"notice": Markup(""), "live": waiting}
            run = start(conversation.id)
        except HearthError as error:
            if created:
                self._studio.conversations.delete(owner, created)
            yield {"live": Markup(""), **_refusal(error, ask)}
            if ask.conversation and (active := self._studio.runs.active(owner, ask.conversation)):
                yield from self._watch(ask, ask.conversation, active, ticket)  # what kept this from starting is still answering
            return
        sidebar = partial(self.sidebar, ask, current=conversation.id)
        # What had waited for a message is in it now.
        composer = self.composer(ask, conversation)
        yield {"sidebar": sidebar, "composer": composer, **self.conversation(ask, conversation, run)}
        yield from self._watch(ask, conversation.id, run, ticket)

    def _started(self, ask: Ask) -> Conversation:
        """The conversation in view, a new one with the persona in view where there is none.

        Raises `ConversationMissing` or `PersonaError`.
        """
        if ask.conversation:
            return self._studio.conversations.get(ask.identity.owner, ask.conversation)
        studio, owner = self._studio, ask.identity.owner
        persona = studio.persona(ask.identity, ask.persona) if ask.persona else studio.first_persona(ask.identity)
        return studio.conversations.create(owner, persona.id)

    def _watch(self, ask: Ask, conversation: str, run: str, ticket: int) -> Iterator[Screen]:
        """Follow a run to its end, or until this page looks elsewhere."""
        owner, manner = ask.identity.owner, self.manner(ask)
        face = self.face(ask, self._studio.conversations.get(owner, conversation).persona)
        view, shown, due = View(), Markup(""), time.monotonic() + _FRAME_S
        with self._viewers.follows(owner, ask.session, ticket):
            for item in self._studio.runs.subscribe(owner, run):
                if not self._viewers.holds(ask.session, ticket):
                    return
                if item is not None:
                    view = fold(view, item[1])
                if time.monotonic() < due or view.finished:
                    continue
                began = time.monotonic()
                live = render.live_html(view, face, manner, conversation=conversation, run=run, waiting=self._waiting(ask, run))
                if live != shown:
                    shown = live
                    yield {"live": live}
                due = began + max(_FRAME_S, 3 * (time.monotonic() - began))
        kept = self._studio.conversations.get(owner, conversation)
        yield {"sidebar": partial(self.sidebar, ask, current=conversation), **self.conversation(ask, kept, None)}

    def _waiting(self, ask: Ask, run: str) -> str:
        """What an answer waits for: the model, or its turn."""
        line = self.model_line(ask)
        if line.state == "loading":
            return line.words
        ahead = self._studio.runs.ahead(run)
        return text("ahead_n", ask.language, n=ahead) if ahead else ""


def _refusal(error: HearthError, ask: Ask) -> Screen:
    return {"notice": panels.refusal_html(notify.told(error, ask))}


def _file(title: str, ending: str, content: str) -> Markup:
    """A file that the page's script hands to the browser."""
    name = "".join(letter if letter.isalnum() or letter in " -_" else "_" for letter in title).strip()[:60] or "conversation"
    return Markup('<pre data-name="{}.{}">{}</pre>').format(name, ending, "\n" + content if content.startswith("\n") else content)
