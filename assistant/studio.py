"""The whole assistant, wired: the only place that knows every room.

`build_studio` opens the data folder and returns at once; the model and the shipped collections load in the background. The page,
the command line and the tests all talk to a `Studio`, and a studio knows nothing of them.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

from assistant.access import MAKER, Identity
from assistant.agent import Agent
from assistant.approval import resumed
from assistant.attachments import Attachments
from assistant.backup import Backups
from assistant.branches import ROOT, Placed
from assistant.consent import Decision
from assistant.conversations import Conversations, no_message
from assistant.events import Event, MessageCompleted, TextDelta
from assistant.feedback import Feedback
from assistant.media import MediaStore
from assistant.messages import Message
from assistant.models.base import Cancel, ChatModel
from assistant.models.catalogue import hf_cache, ms_cache
from assistant.models.downloads import Downloads
from assistant.models.entries import Servers
from assistant.models.host import Hosted, Loader, ModelHost, load
from assistant.models.hubs import Hub
from assistant.models.memory import Memory, measure
from assistant.models.served import Served
from assistant.models.threads import share_processor
from assistant.outside import way_out
from assistant.pipelines import Pipelines
from assistant.preferences import PreferenceStore, model_at_start, region_now
from assistant.reading import cited, finder
from assistant.runlog import StepPrompt
from assistant.runs import Runs
from assistant.searchtools import narrowed
from assistant.settings import Settings
from assistant.speech.base import Speaker
from assistant.speech.engines import SpeakerByEngine
from assistant.speech.espeak import EspeakSpeaker
from assistant.speech.normalise import SentenceSplitter
from assistant.starting import embedder_of, put_in_place, reranker_of
from assistant.storage import Storage
from assistant.toolwork import open_tools
from assistant.workbench import Workbench
from common.database import Database, DataFolder
from common.errors import (
    MessageTooLong,
    ModelInUse,
    PersonaError,
    StorageFailed,
)
from common.logs import hide_in_logs
from common.secrets import Secrets
from knowledge.base import Knowledge
from knowledge.corpora.shipped import shipped_collections
from knowledge.types import Passage
from personas.schema import Persona
from personas.store import PersonaStore
from retrieval.embedding import Embedder
from tools.registry import ToolRegistry
from tools.toolbox import Toolbox

MESSAGE_LIMIT = 32_000
"""Characters in one message of a user."""

_SHIPPED_WAIT_S = 120.0
_TURNS_OF_A_VISITOR = 3  # at one time: nobody fills the places that everyone shares


@dataclass(frozen=True, slots=True)
class Studio:
    """Every part of one running Hearth, by name, and the few acts that need several of them."""

    settings: Settings
    folder: DataFolder
    database: Database
    personas: PersonaStore
    knowledge: Knowledge
    attachments: Attachments
    tools: ToolRegistry
    toolbox: Toolbox
    conversations: Conversations
    runs: Runs
    feedback: Feedback
    models: ModelHost
    pipelines: Pipelines
    downloads: Downloads
    servers: Servers
    speaker: Speaker
    preferences: PreferenceStore
    backups: Backups
    storage: Storage
    workbench: Workbench
    reread: Callable[[], None]  # what was read from the database into memory at the start, anew
    _shipped: threading.Event = field(default_factory=threading.Event)
    _closing: threading.Event = field(default_factory=threading.Event)

    @property
    def region(self) -> str:
        """Whose help lines count now."""
        return region_now(self.settings, self.preferences.current())

    def first_persona(self, identity: Identity) -> Persona:
        """The persona that a new conversation begins with: the maker's choice, else the first that this person may chat with.

        Raises `PersonaError` where they may chat with none.
        """
        chosen, found = self.preferences.current().persona, self.personas_for(identity)
        if not found:
            raise PersonaError(
                "No persona is published here yet. Ask whoever looks after this page to publish one.",
                "这里还没有公开的人设。请让维护这个页面的人公开一个。",
            )
        return next((persona for persona in found if persona.id == chosen), found[0])

    def personas_for(self, identity: Identity) -> list[Persona]:
        """The personas this person may chat with: a maker all, a visitor the published ones."""
        return [stored.document for stored in self.personas.list(MAKER.owner) if identity.maker or stored.document.published]

    def persona(self, identity: Identity, persona: str) -> Persona:
        """Raises `PersonaError` for one that is not there or not published."""
        for found in self.personas_for(identity):
            if found.id == persona:
                return found
        raise PersonaError(
            f"There is no persona {persona!r} here. Choose another one in the gallery.",
            f"这里没有人设 {persona!r}。请在首页另选一个。",
        )

    def agent(
        self, persona: str, identity: Identity = MAKER, collections: Sequence[str] | None = None, conversation: str | None = None
    ) -> Agent:
        """The persona, able to act; `collections` replaces the persona's own, and what is attached to a conversation is read too.

        Raises `PersonaError` when the persona, or a model, tool or collection that it names, is not there.
        """
        wanted = self.persona(identity, persona)
        if collections is not None:
            wanted = wanted.model_copy(update={"collections": tuple(collections)})
        known = {collection.id for collection in self.knowledge.collections(MAKER.owner)}
        if not self._shipped.is_set():
            known |= {collection.id for collection in shipped_collections()}
        tools = {tool.id for tool in self.tools.list()}
        try:
            self.personas.check(wanted, models=self.usable_models(), tools=tools, collections=known)
        except PersonaError:
            if identity.maker:
                raise
            # What it lacks is named by addresses and folders of the maker's, and only a maker can mend it.
            raise PersonaError(
                "This persona cannot answer just now. Choose another one, or ask whoever looks after this page.",
                "这个人设现在还不能用。请另选一个，或联系维护这个页面的人。",
            ) from None

        named, snapshot = wanted, self.tools.snapshot(wanted.tools, others=wanted.all_tools and identity.maker)
        wanted, search = finder(self.knowledge, self.attachments, wanted, identity, conversation)
        snapshot = narrowed(snapshot, named, identity, search, self.conversations, conversation)
        return Agent(
            wanted,
            self.model_of(wanted),
            snapshot,
            search,
            identity.owner,
            self.region,
            ready=self._wait_for_shipped,
            keeper=self.attachments.media.keeper(identity.owner, conversation),
            trusted=partial(self.knowledge.trusted, MAKER.owner),
            standing=partial(self.toolbox.permissions.given, wanted.id),
        )

    def _wait_for_shipped(self, cancel: Cancel) -> None:
        """Wait until the shipped collections are in place, which a first start takes a while for, or for `cancel`."""
        ends = time.monotonic() + _SHIPPED_WAIT_S
        while not (self._shipped.wait(0.05) or cancel.is_set() or time.monotonic() > ends):
            pass

    def usable_models(self) -> set[str]:
        """The models that a persona may name: the app's, and those of the maker's servers."""
        return {self.settings.model, self.models.status().name, *(stored.document.name for stored in self.servers.list())}

    def model_of(self, persona: Persona) -> ChatModel:
        """The model that answers for a persona: its own where that is on a server, else the app's."""
        for stored in self.servers.list():
            if stored.document.name == persona.model and not self.models.has(stored.document.name):
                return Served(self.servers, stored.document)
        return Hosted(self.models)

    def start_turn(self, identity: Identity, conversation: str, text: str, language: str) -> str:
        """Say `text` in a conversation and start the answer; returns the run's id.

        Raises `MessageTooLong` for an empty or overlong text and what `agent` and `Runs.start` raise; nothing is kept then.
        """
        check_message(text)
        agent, path = self._ready(identity, conversation)
        said = Message("user", text, media=self.attachments.media.waiting(identity.owner, conversation))
        turn = partial(agent.run, text, _said(path), media=said.media, language=language)
        return self._start(identity, conversation, turn, path, said)

    def edit(self, identity: Identity, conversation: str, position: int, text: str, language: str) -> str:
        """Say `text` in place of the user's message at `position` and answer it, on a branch of its own; returns the run's id.

        Raises what `start_turn` does, and `ConversationError` when a user said nothing there.
        """
        check_message(text)
        agent, path = self._ready(identity, conversation, position)
        if path[-1].message.role != "user":
            raise no_message(position)
        said = path[-1].message
        turn = partial(agent.run, text, _said(path[:-1]), media=said.media, language=language, tainted=said.tainted)
        return self._start(identity, conversation, turn, path[:-1], replace(path[-1].message, text=text))

    def regenerate(self, identity: Identity, conversation: str, language: str, position: int | None = None) -> str:
        """Answer again the user's message at or before `position` (None: the last in view); returns the run's id.

        The answers that are there are kept as versions. Raises what `agent` and `Runs.start` raise.
        """
        agent, path = self._ready(identity, conversation, position)
        asked = max((index for index, placed in enumerate(path) if placed.message.role == "user"), default=None)
        if asked is None:
            raise MessageTooLong("There is nothing to answer yet. Write a message first.", "还没有可以回答的消息。请先写一条。")
        said, earlier = path[asked].message, _said(path[:asked])
        turn = partial(agent.run, said.text, earlier, media=said.media, language=language, tainted=said.tainted)
        return self._start(identity, conversation, turn, path[: asked + 1])

    def choose(self, identity: Identity, conversation: str, position: int) -> None:
        """Bring the branch of a message into view. Raises `TurnRunning`, `ConversationMissing` or `ConversationError`."""
        self.runs.choose(identity.owner, conversation, position)

    def decide(self, identity: Identity, conversation: str, decisions: Mapping[str, Decision], language: str) -> str:
        """Allow or refuse calls that a turn waits for (by call id), and go on; returns the run's id. Raises as `resumed` does."""
        agent, path = self._ready(identity, conversation)
        started = partial(self.runs.started, identity.owner)
        turn = resumed(identity, agent, path, decisions, started, self.toolbox.permissions)
        return self._start(identity, conversation, partial(turn, language=language), path, at_end=True)

    def prompt(self, identity: Identity, run: str, step: int) -> StepPrompt | None:
        """What the model was given in a step (from 1) of the maker's own run; None for a visitor, and where it is not kept."""
        return self.runs.prompt(identity.owner, run, step) if identity.maker else None

    def clear(self, identity: Identity, conversation: str) -> None:
        """Start a conversation over, without what is attached to it. Raises `TurnRunning` or `ConversationMissing`."""
        self.runs.clear(identity.owner, conversation)
        self.attachments.forget(identity.owner, conversation)

    def source(self, identity: Identity, conversation: str, passage: int) -> tuple[Passage, str]:
        """A passage that was cited in a conversation, and the text of its document.

        A maker may open every passage of theirs, anybody else their attachments and what the conversation's persona reads.
        Raises `DocumentMissing` for every other one, `ConversationMissing` and `PersonaError`.
        """
        return cited(self.knowledge, self.conversations, identity, conversation, partial(self.persona, identity), passage)

    def export(self, owner: str, conversation: str, form: Literal["json", "markdown"]) -> str:
        """A conversation as a file that names what is attached to it. Raises `ConversationMissing`."""
        attached = [document.name for document in self.attachments.list(owner, conversation)]
        write = self.conversations.export_json if form == "json" else self.conversations.export_markdown
        return write(owner, conversation, attached)

    def spoken_sentences(self, owner: str, run: str) -> Iterator[str]:
        """The answer of a run in sentences fit to be spoken, as it is written."""
        splitter = SentenceSplitter()
        for item in self.runs.subscribe(owner, run):
            match item:
                case (_, TextDelta(text)):
                    yield from splitter.feed(text)
                case (_, MessageCompleted()):
                    yield from splitter.finish()
                    splitter = SentenceSplitter()
        yield from splitter.finish()

    def voice(self, owner: str, run: str, language: str) -> str:
        """The voice of the persona that answers in this run, for a language."""
        conversation = self.conversations.get(owner, self.runs.conversation(owner, run))
        persona = self.persona(MAKER, conversation.persona)
        return persona.voice.get(language) if persona.voice else f"espeak:{'cmn' if language == 'zh' else 'en-gb'}"

    def memory(self) -> Memory:
        """What each part takes of this machine's memory, measured now, without waiting for a model that loads."""
        return measure(self.models.model, self.knowledge.loaded_embedder, self.pipelines.loaded())

    def remove_model(self, name: str) -> None:
        """Take a downloaded model from the disk (`downloads.restore` brings it back).

        Raises `ModelInUse` for the one that is loaded or loading, and what `Downloads.remove` raises.
        """
        if self.models.has(name):
            raise ModelInUse(f"{name!r} is in use. Choose another model first.", f"{name!r} 正在使用。请先换用其他模型。")
        self.downloads.remove(name)

    def delete_everything(self, owner: str) -> int:
        """Remove all conversations of an owner, with attachments, runs and opinions; returns how many there were."""
        self.runs.stop_all(owner=owner)
        for _, collection in self.knowledge.hidden(owner):
            self.knowledge.delete_collection(owner, collection)
        self.feedback.delete_all(owner)
        self.runs.delete_all(owner)
        return self.conversations.delete_all(owner)

    def close(self) -> None:
        """Stop what runs, record it, and let the data folder go.

        A first start that is still adding the shipped collections is refused its next write; the next start goes on from there.
        """
        self._closing.set()
        self.workbench.close()
        self.runs.close()
        self.toolbox.close()
        self.downloads.close()
        self.models.close()
        self.tools.finder.close()
        self.pipelines.close()
        self.knowledge.close()
        self.database.close()
        self.folder.close()

    def _ready(self, identity: Identity, conversation: str, to: int | None = None) -> tuple[Agent, Sequence[Placed]]:
        """Who answers in a conversation, and what was said there so far; with `to`, up to the message at this position.

        Raises what `agent` and `Conversations.path` do, and `StorageFailed` while the disk does not even take what was said last.
        """
        self.runs.save_unsaved()
        persona = self.conversations.get(identity.owner, conversation).persona
        agent = self.agent(persona, identity, conversation=conversation)
        return agent, self.conversations.path(identity.owner, conversation, to)

    def _start(
        self,
        identity: Identity,
        conversation: str,
        turn: Callable[..., Iterator[Event]],
        path: Sequence[Placed],
        said: Message | None = None,
        at_end: bool = False,
    ) -> str:
        """Start a turn at the end of `path`, which is as it was read: what is said elsewhere meanwhile is another branch."""
        under = path[-1].position if path else ROOT
        return self.runs.start(
            identity.owner,
            conversation,
            lambda cancel: turn(cancel=cancel),
            said=said,
            under=under,
            at_end=at_end,
            keep_prompts=identity.maker,
            at_most=None if identity.maker else _TURNS_OF_A_VISITOR,
        )


def _said(path: Sequence[Placed]) -> list[Message]:
    return [placed.message for placed in path]


def check_message(text: str) -> None:
    """Raises `MessageTooLong` for an empty or overlong message."""
    if not text.strip():
        raise MessageTooLong("Write something first, then send it.", "请先写点什么再发送。")
    if len(text) > MESSAGE_LIMIT:
        raise MessageTooLong(
            f"This message has {len(text):,} characters; {MESSAGE_LIMIT:,} fit. "
            "Shorten it, or attach it as a file and ask about it.",
            f"这条消息有 {len(text):,} 个字，最多 {MESSAGE_LIMIT:,} 个。请缩短，或作为文件附上后再提问。",
        )


def build_studio(
    settings: Settings,
    *,
    model: ChatModel | None = None,
    embedder: Embedder | None = None,
    speaker: Speaker | None = None,
    tools: ToolRegistry | None = None,
    loader: Loader | None = None,
    hubs: Mapping[str, Hub] | None = None,
) -> Studio:
    """Open the data folder and wire the rooms; `model`, `embedder`, `speaker` and `tools` replace what the settings name.

    `loader` replaces the way in which models are loaded, `hubs` where they are downloaded from.

    Raises `DataFolderBusy` or `StorageFailed`.
    """
    share_processor()
    folder = DataFolder(settings.data)
    database = Database(folder.path / "hearth.db")
    conversations = Conversations(database)
    preferences = PreferenceStore(database)
    embed = embedder or (lambda: embedder_of(settings))
    reranking = reranker_of(settings), settings.rerank_ms / 1000
    knowledge = Knowledge(database, folder.path, embed, *reranking, egress=way_out(settings.offline))
    runs = Runs(database, conversations)
    secrets = Secrets(folder.path, settings.secret_key)
    hide_in_logs(secrets)
    work = open_tools(settings, database, knowledge, conversations, secrets, tools)
    servers = Servers(database, secrets, MAKER.owner)

    def remember(name: str) -> None:
        with suppress(StorageFailed):  # the model works all the same
            preferences.change(model=name)

    loader = loader or partial(load, reach=lambda name: servers.reach(name, settings.model, settings.model_key))
    loader = work.pipelines.making_room(loader)

    def reread() -> None:
        with work.registry.editing:
            if tools is None:
                work.registry.become(work.gathered())
        work.toolbox.reread()

    studio = Studio(
        settings=settings,
        folder=folder,
        database=database,
        personas=PersonaStore(database),
        knowledge=knowledge,
        attachments=Attachments(knowledge, conversations, MediaStore(database)),
        tools=work.registry,
        toolbox=work.toolbox,
        conversations=conversations,
        runs=runs,
        feedback=Feedback(database, conversations, runs),
        models=ModelHost.holding(model, folder.path, loader=loader, remember=remember)
        if model
        else ModelHost(
            model_at_start(settings, preferences.current()),
            folder.path,
            offline=settings.offline,
            loader=loader,
            remember=remember,
        ),
        pipelines=work.pipelines,
        downloads=Downloads(database, MAKER.owner, offline=settings.offline and not hubs, hubs=hubs),
        servers=servers,
        speaker=speaker or SpeakerByEngine({"espeak": EspeakSpeaker()}),
        preferences=preferences,
        backups=Backups(folder.path, database, runs, knowledge, reread),
        storage=Storage(folder.path, database, (hf_cache(), ms_cache())),
        workbench=Workbench(folder.path, lambda name: servers.reach(name, settings.model, settings.model_key).key),
        reread=reread,
    )
    studio.attachments.sweep()
    studio.models.start()
    install = partial(put_in_place, knowledge, runs.answering, studio._shipped, studio._closing)
    threading.Thread(target=install, name="shipped-collections", daemon=True).start()
    return studio
