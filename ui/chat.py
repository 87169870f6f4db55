"""What the chat does when someone presses something, without Gradio: an `Ask` comes in, screens go out.

A screen maps part names (`ui.theme.PARTS`) to HTML; parts it leaves out stay as they are. The desk keeps nothing of a
conversation: turns run in `studio.runs`, and a page only looks at them, so that a reload or a second tab sees the same.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from markupsafe import Markup

from assistant.access import MAKER
from assistant.conversations import Conversation
from assistant.messages import Message
from assistant.studio import Studio
from common.errors import ConversationMissing, HearthError
from knowledge.types import Hit
from personas.care import NOTICE_TURNS, helplines
from personas.schema import Persona
from ui import notify, panels, render
from ui.ask import Ask, Screen
from ui.render import Face, Manner, View, fold
from ui.session import Viewers
from ui.texts import text

_NAMES = 200  # files told of at one time
_FRAME_S = 0.055  # 18 updates a second; a live message that is slow to render is shown less often


def face_of(persona: Persona, language: str) -> Face:
    return Face(persona.id, persona.title.get(language), persona.avatar, persona.tint)


class Desk:
    """The chat page's acts. Every method yields screens and turns expected failures into sentences."""

    def __init__(self, studio: Studio, viewers: Viewers) -> None:
        self._studio = studio
        self._viewers = viewers

    def manner(self, ask: Ask) -> Manner:
        tools = {tool.spec.name: tool.titles for tool in self._studio.tools.list()}
        return Manner(ask.language, ask.identity.maker, panels.named(tools, ask.language))

    def model_line(self, ask: Ask) -> panels.ModelLine:
        """The model's state in words."""
        status = self._studio.models.status()
        if status.state == "loading":
            return panels.ModelLine("loading", _loading(status.title, status.fraction, status.seconds_left, ask.language))
        if status.state == "failed":
            reason = notify.sentence(status.error, ask.language) if status.error and ask.identity.maker else ""
            return panels.ModelLine("failed", text("model_failed", ask.language, title=status.title), reason)
        hint = text("model_small", ask.language) if status.name == "builtin" and ask.identity.maker else ""
        return panels.ModelLine("ready", text("model_ready", ask.language, title=status.title), hint)

    def visit(self, ask: Ask) -> Iterator[Screen]:
        """Show a conversation, a persona's opening or the gallery; follow the turn that is being answered."""
        ticket = self._viewers.take(ask.session)
        if not ask.conversation:
            unsure = interrupted_html(ask)
            yield {**self._frame(ask), **self._opening(ask), **({"notice": unsure} if unsure else {})}
            return
        try:
            conversation = self._studio.conversations.get(ask.identity.owner, ask.conversation)
        except ConversationMissing:
            lost = Ask(ask.identity, ask.session, ask.page, "", "", ask.language, ask.nonce, ask.day)
            yield {**self._frame(lost), **self._opening(lost)}
            return
        run = self._studio.runs.active(ask.identity.owner, conversation.id)
        yield {**self._frame(ask, conversation), **self._conversation(ask, conversation, run), "notice": interrupted_html(ask)}
        if run:
            yield from self._watch(ask, conversation.id, run, ticket)

    def say(self, ask: Ask) -> Iterator[Screen]:
        """Send a message; the first one makes the conversation."""

        def start(conversation: str) -> str:
            return self._studio.start_turn(ask.identity, conversation, ask.word("text"), ask.language)

        yield from self._turn(ask, start)

    def again(self, ask: Ask) -> Iterator[Screen]:
        yield from self._turn(ask, lambda conversation: self._studio.regenerate(ask.identity, conversation, ask.language))

    def decide(self, ask: Ask) -> Iterator[Screen]:
        """Allow or refuse the call that a turn waits for; other calls of the same message wait on."""
        decisions = {ask.word("call"): ask.data.get("allowed") is True}
        yield from self._turn(ask, lambda conversation: self._studio.decide(ask.identity, conversation, decisions, ask.language))

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
                    notice = {"download": _file(store.get(owner, key).title, "json", store.export_json(owner, key))}
                case "export-markdown":
                    notice = {"download": _file(store.get(owner, key).title, "md", store.export_markdown(owner, key))}
                case "import":
                    store.import_file(owner, ask.word("text"))
        except HearthError as error:
            notice = {"notice": panels.refusal_html(notify.sentence(error, ask.language))}
        yield {"sidebar": partial(self._sidebar, ask), **notice}

    def source(self, ask: Ask) -> Iterator[Screen]:
        """Open a passage within its document."""
        manner = self.manner(ask)
        try:
            number = int(ask.word("passage"))
            if not ask.identity.maker and number not in self._cited(ask):
                raise ValueError(number)
            passage = self._studio.knowledge.passage(MAKER.owner, number)
            whole = self._studio.knowledge.text(MAKER.owner, passage.document)
            yield {"panel": panels.document_html(passage, whole, manner)}
        except ValueError:
            yield {}
        except HearthError as error:
            yield {"notice": panels.refusal_html(notify.sentence(error, ask.language))}

    def status(self, ask: Ask) -> Iterator[Screen]:
        yield {"header": self.header(ask)}

    def header(self, ask: Ask) -> Markup:
        page = ask.page if ask.page in (*panels.PAGES, "settings") else "chat"
        return panels.header_html(page, self.model_line(ask), self.manner(ask))

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
            face = self._face(ask, conversation.persona)
            waiting = render.live_html(View(), face, manner, conversation=ask.conversation, run="")
            yield {"notice": Markup(""), "live": waiting}
            run = start(conversation.id)
        except HearthError as error:
            if created:
                self._studio.conversations.delete(owner, created)
            yield {"live": Markup(""), "notice": panels.refusal_html(notify.sentence(error, ask.language))}
            return
        yield {"sidebar": partial(self._sidebar, ask, current=conversation.id), **self._conversation(ask, conversation, run)}
        yield from self._watch(ask, conversation.id, run, ticket)

    def _watch(self, ask: Ask, conversation: str, run: str, ticket: int) -> Iterator[Screen]:
        """Follow a run to its end, or until this page looks elsewhere."""
        owner, manner = ask.identity.owner, self.manner(ask)
        face = self._face(ask, self._studio.conversations.get(owner, conversation).persona)
        view, shown, due = View(), Markup(""), time.monotonic() + _FRAME_S
        for item in self._studio.runs.subscribe(owner, run):
            if not self._viewers.holds(ask.session, ticket):
                return
            if item is not None:
                view = fold(view, item[1])
            if time.monotonic() < due or view.finished:
                continue
            began = time.monotonic()
            live = render.live_html(view, face, manner, conversation=conversation, run=run, loading=self._loading(ask))
            if live != shown:
                shown = live
                yield {"live": live}
            due = began + max(_FRAME_S, 3 * (time.monotonic() - began))
        kept = self._studio.conversations.get(owner, conversation)
        yield {"sidebar": partial(self._sidebar, ask, current=conversation), **self._conversation(ask, kept, None)}

    def _loading(self, ask: Ask) -> str:
        line = self.model_line(ask)
        return line.words if line.state == "loading" else ""

    def _frame(self, ask: Ask, conversation: Conversation | None = None) -> Screen:
        """The parts around a conversation."""
        current = conversation.id if conversation else ""
        persona = self._known(ask, conversation.persona if conversation else ask.persona)
        uploads = bool(ask.identity.maker and persona and persona.collections)
        name = persona.title.get(ask.language) if persona else text("title", ask.language)
        composer = panels.composer_html(name, uploads, self.manner(ask)) if persona or conversation else Markup("")
        return {"header": self.header(ask), "sidebar": partial(self._sidebar, ask, current=current), "composer": composer}

    def _opening(self, ask: Ask) -> dict[str, Markup]:
        """A persona's greeting, or the gallery."""
        manner, persona = self.manner(ask), self._known(ask, ask.persona)
        if persona is None:
            guests = [guest_of(each, ask.language) for each in self._studio.personas_for(ask.identity)]
            body, face = panels.gallery_html(guests, self._what_stays(ask), manner), Face("", "", "")
        else:
            face = face_of(persona, ask.language)
            note = self._what_this_is(ask) if persona.playful else ""
            starters = [starter.get(ask.language) for starter in persona.starters]
            body = panels.opening_html(face, persona.greeting.get(ask.language), starters, note, manner)
        return {
            "title": _placed("", face.id, "", Markup("")),
            "talk": body,
            "live": Markup(""),
            "panel": panels.sources_html(None, (), manner),
        }

    def _what_stays(self, ask: Ask) -> str:
        settings = self._studio.settings
        if not settings.lasting:
            return text("nothing_lasts", ask.language)
        return text("welcome_hosted" if settings.hosted or not ask.identity.maker else "welcome_more", ask.language)

    def _what_this_is(self, ask: Ask) -> str:
        """Said once, where people come for comfort: that this is a program, and who helps in an emergency."""
        lines = [f"{line.name} {line.number}" for line in helplines(self._studio.region, ask.language)[:3]]
        return text("not_a_therapist", ask.language, lines=("、" if ask.language == "zh" else ", ").join(lines))

    def _conversation(self, ask: Ask, conversation: Conversation, run: str | None) -> dict[str, Markup]:
        """The parts that show a conversation; `run` is the one that is answering now."""
        owner, manner = ask.identity.owner, self.manner(ask)
        messages = [
            *self._studio.conversations.messages(owner, conversation.id),
            *self._studio.runs.unsaved(owner, conversation.id),
        ]
        face = self._face(ask, conversation.persona)
        last = run or self._studio.runs.last(owner, conversation.id)
        view = None if run else self._past(owner, last)
        bar = panels.title_html(face, conversation.title, manner)
        if _spoke_of_danger(messages):
            bar += panels.care_html(helplines(self._studio.region, ask.language), manner)
        history = render.history_html(messages, face, manner, run=last or "", last=view, answering=run is not None)
        if not messages:
            return {**self._opening(ask), "title": _placed(conversation.id, face.id, run or "", bar)}
        screen = {
            "title": _placed(conversation.id, face.id, run or "", bar),
            "talk": history,
            "panel": panels.sources_html(view, _last_sources(messages), manner),
        }
        if run is None:
            screen["live"] = Markup("")
        return screen

    def _past(self, owner: str, run: str | None) -> View | None:
        """The view of a finished run."""
        if run is None:
            return None
        view = View()
        for item in self._studio.runs.subscribe(owner, run):
            if item is None:
                return None
            view = fold(view, item[1])
        return view

    def _sidebar(self, ask: Ask, current: str | None = None) -> Markup:
        query = ask.word("query")
        faces = {persona.id: face_of(persona, ask.language) for persona in self._studio.personas_for(ask.identity)}
        entries = [
            panels.Entry(kept.id, kept.title, faces.get(kept.persona, Face(kept.persona, kept.persona, "?")), kept.updated)
            for kept in self._studio.conversations.list(ask.identity.owner, query)
        ]
        here = ask.conversation if current is None else current
        return panels.sidebar_html(entries, here, query, ask.day, self.manner(ask))

    def persona_of(self, ask: Ask) -> Persona | None:
        """The persona in view: that of the conversation, else the one that was picked."""
        if not ask.conversation:
            return self._known(ask, ask.persona)
        return self._known(ask, self._studio.conversations.get(ask.identity.owner, ask.conversation).persona)

    def _known(self, ask: Ask, persona: str) -> Persona | None:
        return next((each for each in self._studio.personas_for(ask.identity) if each.id == persona), None)

    def _face(self, ask: Ask, persona: str) -> Face:
        known = self._known(ask, persona)
        return face_of(known, ask.language) if known else Face(persona, persona, "?")

    def _cited(self, ask: Ask) -> set[int]:
        """The passages that this person's conversation has shown them."""
        try:
            messages = self._studio.conversations.messages(ask.identity.owner, ask.conversation)
        except ConversationMissing:
            return set()
        return {hit.passage.id for message in messages for hit in message.sources}


def interrupted_html(ask: Ask) -> Markup:
    """The files that were being added when the app stopped, as a page that came back reports them."""
    reported = ask.data.get("interrupted")
    names = [name for name in reported[:_NAMES] if isinstance(name, str)] if isinstance(reported, list) else []
    lines = [(name[:200], "failed", text("upload_cut_short", ask.language)) for name in names]
    return panels.outcomes_html(lines) if lines else Markup("")


def _placed(conversation: str, persona: str, run: str, body: Markup) -> Markup:
    """The bar, with where we are for the page's script."""
    return Markup('<div data-place data-conversation="{}" data-persona="{}" data-run="{}">{}</div>').format(
        conversation, persona, run, body
    )


def guest_of(persona: Persona, language: str) -> panels.Guest:
    abilities = [("can_read", persona.collections), ("can_use", persona.tools)]
    has = tuple(name for name, found in abilities if found)
    return panels.Guest(face_of(persona, language), persona.description.get(language), (*has, "can_speak"))


def _spoke_of_danger(messages: Sequence[Message]) -> bool:
    """Whether a care notice was given in the last `NOTICE_TURNS` turns."""
    asked = [index for index, message in enumerate(messages) if message.role == "user"][-NOTICE_TURNS:]
    return any(message.care for message in messages[asked[0] if asked else 0 :])


def _last_sources(messages: Sequence[Message]) -> tuple[Hit, ...]:
    return next((message.sources for message in reversed(messages) if message.sources), ())


def _file(title: str, ending: str, content: str) -> Markup:
    """A file that the page's script hands to the browser."""
    name = "".join(letter if letter.isalnum() or letter in " -_" else "_" for letter in title).strip()[:60] or "conversation"
    return Markup('<pre data-name="{}.{}">{}</pre>').format(name, ending, "\n" + content if content.startswith("\n") else content)


def _loading(title: str, fraction: float, seconds_left: float | None, language: str) -> str:
    percent = round(100 * fraction)
    if seconds_left is None:
        return text("model_percent", language, title=title, percent=percent)
    return text("model_percent_left", language, title=title, percent=percent, seconds=max(1, round(seconds_left)))
