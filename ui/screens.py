"""What the chat page shows: the parts around a conversation, an opening, and a conversation with what was said in it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from markupsafe import Markup

from assistant.branches import ROOT, Placed
from assistant.conversations import Conversation
from assistant.studio import Studio
from common.errors import ConversationMissing
from knowledge.types import Hit
from personas.care import NOTICE_TURNS, helplines
from personas.schema import Persona
from ui import approvals, notify, panels, render, sources
from ui.ask import Ask, Screen
from ui.render import Face, Manner
from ui.texts import text
from ui.view import View, fold
from ui.views.tools import Trial

_QUERY = 1_000  # letters of a search that are looked for
_NAMES = 200  # files told of at one time
_UNSAVED = -2  # the place of a message that the disk has not taken; those after it go down from here


class Screens:
    """Reads what a page asks for and renders it; changes nothing."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

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

    def header(self, ask: Ask) -> Markup:
        page = ask.page if ask.page in (*panels.PAGES, "settings") else "chat"
        return panels.header_html(page, self.model_line(ask), self.manner(ask))

    def frame(self, ask: Ask, conversation: Conversation | None = None) -> Screen:
        """The parts around a conversation."""
        current = conversation.id if conversation else ""
        composer = self.composer(ask, conversation)
        return {"header": self.header(ask), "sidebar": partial(self.sidebar, ask, current=current), "composer": composer}

    def composer(self, ask: Ask, conversation: Conversation | None) -> Markup:
        """The message box, with what is attached; nothing where there is nobody to write to."""
        persona = self.known(ask, conversation.persona) if conversation else self._picked(ask, ask.persona)
        name = persona.title.get(ask.language) if persona else text("title", ask.language)
        if conversation is None:
            return panels.composer_html(name, (), self.manner(ask)) if persona else Markup("")
        attachments, owner = self._studio.attachments, ask.identity.owner
        manner = replace(self.manner(ask), conversation=conversation.id)
        waiting = attachments.media.waiting(owner, conversation.id)
        return panels.composer_html(name, attachments.list(owner, conversation.id), manner, waiting)

    def opening(self, ask: Ask, picked: str = "") -> dict[str, Markup]:
        """A persona's greeting, or the gallery."""
        manner, persona = self.manner(ask), self._picked(ask, picked or ask.persona)
        if persona is None:
            guests = [guest_of(each, ask.language) for each in self._studio.personas_for(ask.identity)]
            lead = self._what_stays(ask) if guests else text("nobody_here", ask.language)
            body, face = panels.gallery_html(guests, lead, manner), Face("", "", "")
        else:
            face = face_of(persona, ask.language)
            note = self._what_this_is(ask) if persona.playful else ""
            starters = [starter.get(ask.language) for starter in persona.starters]
            body = panels.opening_html(face, persona.greeting.get(ask.language), starters, note, manner)
        return {
            "title": _placed("", face.id, "", Markup("")),
            "talk": body,
            "live": Markup(""),
            "panel": sources.sources_html(None, (), manner),
        }

    def _picked(self, ask: Ask, persona: str) -> Persona | None:
        """The persona that was picked, else the one that the maker wants new conversations to begin with."""
        return self.known(ask, persona) or self.known(ask, self._studio.preferences.current().persona)

    def _what_stays(self, ask: Ask) -> str:
        settings = self._studio.settings
        if not settings.lasting:
            return text("nothing_lasts", ask.language)
        return text("welcome_hosted" if settings.hosted or not ask.identity.maker else "welcome_more", ask.language)

    def _what_this_is(self, ask: Ask) -> str:
        """Said once, where people come for comfort: that this is a program, and who helps in an emergency."""
        lines = [f"{line.name} {line.number}" for line in helplines(self._studio.region, ask.language)[:3]]
        return text("not_a_therapist", ask.language, lines=("、" if ask.language == "zh" else ", ").join(lines))

    def path(self, owner: str, conversation: str) -> list[Placed]:
        """The branch in view, with what the disk has not taken yet."""
        unsaved = self._studio.runs.unsaved(owner, conversation)
        return [
            *self._studio.conversations.path(owner, conversation),
            *(Placed(_UNSAVED - index, message, None, ()) for index, message in enumerate(unsaved)),
        ]

    def conversation(
        self, ask: Ask, conversation: Conversation, run: str | None, wrong: Mapping[str, Trial] = MappingProxyType({})
    ) -> dict[str, Markup]:
        """The parts that show a conversation; `run` is the one that is answering now.

        `wrong` is what was typed into the card of a call (by its id) and cannot be run.
        """
        owner, manner = ask.identity.owner, replace(self.manner(ask), conversation=conversation.id)
        path = self.path(owner, conversation.id)
        face = self.face(ask, conversation.persona)
        last = run or self._studio.runs.last(owner, conversation.id, [ROOT, *(placed.position for placed in path)])
        view = None
        with suppress(ConversationMissing):  # started over, in another tab, since it was looked up
            view = None if run else self.past(owner, last)
        bar = panels.title_html(face, conversation.title, manner, test=conversation.hidden)
        if _spoke_of_danger(path):
            bar += panels.care_html(helplines(self._studio.region, ask.language), manner)
        if not path:
            return {**self.opening(ask, conversation.persona), "title": _placed(conversation.id, face.id, run or "", bar)}
        history = render.history_html(
            path,
            face,
            manner,
            last=view,
            answering=run is not None,
            opinions=self._studio.feedback.of(owner, conversation.id),
            cards=approvals.cards(self._studio, ask, path, face.name, manner, wrong) if run is None else {},
        )
        screen = {
            "title": _placed(conversation.id, face.id, run or "", bar),
            "talk": history,
            "panel": sources.sources_html(view, _last_sources(path), manner, last or ""),
        }
        if run is None:
            screen["live"] = Markup("")
        return screen

    def past(self, owner: str, run: str | None) -> View | None:
        """The view of a finished run."""
        if run is None:
            return None
        view = View()
        for item in self._studio.runs.subscribe(owner, run):
            if item is None:
                return None
            view = fold(view, item[1])
        return view

    def sidebar(self, ask: Ask, current: str | None = None) -> Markup:
        query = ask.word("query")[:_QUERY]
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
            return self.known(ask, ask.persona)
        return self.known(ask, self._studio.conversations.get(ask.identity.owner, ask.conversation).persona)

    def known(self, ask: Ask, persona: str) -> Persona | None:
        return next((each for each in self._studio.personas_for(ask.identity) if each.id == persona), None)

    def face(self, ask: Ask, persona: str) -> Face:
        known = self.known(ask, persona)
        return face_of(known, ask.language) if known else Face(persona, persona, "?")


def face_of(persona: Persona, language: str) -> Face:
    return Face(persona.id, persona.title.get(language), persona.avatar, persona.tint, persona.face)


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


def _spoke_of_danger(path: Sequence[Placed]) -> bool:
    """Whether a care notice was given in the last `NOTICE_TURNS` turns."""
    asked = [index for index, placed in enumerate(path) if placed.message.role == "user"][-NOTICE_TURNS:]
    return any(placed.message.care for placed in path[asked[0] if asked else 0 :])


def _last_sources(path: Sequence[Placed]) -> tuple[Hit, ...]:
    return next((placed.message.sources for placed in reversed(path) if placed.message.sources), ())


def _loading(title: str, fraction: float, seconds_left: float | None, language: str) -> str:
    percent = round(100 * fraction)
    if seconds_left is None:
        return text("model_percent", language, title=title, percent=percent)
    return text("model_percent_left", language, title=title, percent=percent, seconds=max(1, round(seconds_left)))
