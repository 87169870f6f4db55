"""What there is around a persona, gathered from the studio: for its check-up, and to be chosen from in its editor."""

from collections.abc import Callable

from assistant.access import MAKER
from assistant.models import catalogue
from assistant.models.builtin import INFO, find_gguf
from assistant.models.host import Hosted
from assistant.speech.espeak import voices
from assistant.studio import Studio
from knowledge.corpora.shipped import shipped_collections
from personas.checkup import ModelTraits, Surroundings, estimated
from personas.helplines import REGIONS
from personas.schema import Persona
from ui.texts import text
from ui.tool_shown import told
from ui.views.persona_editor import Offered

_ENGINES = ("espeak:",)  # whose voices are understood beyond those that are offered
_TOOLS = 150  # tools to choose from, beside those chosen; with thousands the page would take long


def surroundings(studio: Studio, persona: Persona) -> Surroundings:
    """What the check-up goes by."""
    model = studio.model_of(persona)
    info, loaded = (studio.models.info, studio.models.model) if isinstance(model, Hosted) else (model.info, model)
    spoken = {persona.voice.en, persona.voice.zh}
    return Surroundings(
        models=studio.usable_models(),
        model=ModelTraits(info.title, info.languages, info.tools, info.context_tokens) if info else None,
        tools={
            tool.id: (tool.spec.name, *tool.titles.values(), tool.spec.description, *tool.about.values())
            for tool in studio.tools.list()
        },
        off=studio.tools.off,
        collections=_collections(studio, "en"),
        voices={voice.name for voice in voices()} | {voice.partition("?")[0] for voice in spoken if voice.startswith(_ENGINES)},
        region=studio.region in REGIONS and studio.region != "international",
        count=loaded.count_tokens if loaded else estimated,
    )


def offered(studio: Studio, persona: Persona, language: str) -> Offered:
    """What can be chosen; what the persona names and is not there stays in the lists, so that it can be taken out."""

    def gone(name: str) -> str:
        return text("personas_not_there", language, name=name)

    there = studio.tools.list()
    first = {tool.id for tool in there[:_TOOLS]} | set(persona.tools)
    tools = [(tool.id, *told(tool, language)) for tool in there if tool.id in first]
    shelves = [
        (id, title, text("personas_documents_n", language, n=documents))
        for id, (title, documents) in _collections(studio, language).items()
    ]
    return Offered(
        models=_models(studio, persona, language, gone),
        tools=[*tools, *_lost(persona.tools, tools, gone)],
        more_tools=len(there) - len(tools),
        collections=[*shelves, *_lost(persona.collections, shelves, gone)],
        voices={each: _voices(each, persona.voice.get(each), language) for each in ("en", "zh")},
    )


def _models(studio: Studio, persona: Persona, language: str, gone: Callable[[str], str]) -> list[tuple[str, str]]:
    """The app's model whatever it is, and by name: the one in use, those on this machine, those of servers."""
    status = studio.models.status()
    idle = {str(name): catalogue.describe(name).title for name in catalogue.on_disk()}
    idle |= {stored.document.name: stored.document.title for stored in studio.servers.list()}
    if find_gguf() is not None:
        idle["builtin"] = INFO.title
    idle.pop(status.name, None)
    if persona.model is not None and persona.model not in (status.name, *idle):
        idle[persona.model] = ""
    return [
        ("", text("personas_model_of_app", language, title=status.title)),
        (status.name, status.title),
        *((name, text("personas_model_idle", language, title=title) if title else gone(name)) for name, title in idle.items()),
    ]


def _lost(named: tuple[str, ...], there: list[tuple[str, str, str]], gone: Callable[[str], str]) -> list[tuple[str, str, str]]:
    ids = {id for id, _, _ in there}
    return [(id, gone(id), "") for id in named if id not in ids]


def _voices(spoken: str, chosen: str, language: str) -> list[tuple[str, str]]:
    listed = [
        (voice.name, voice.chinese if language == "zh" else voice.english) for voice in voices() if voice.language == spoken
    ]
    return listed if chosen in dict(listed) else [*listed, (chosen, chosen)]


def _collections(studio: Studio, language: str) -> dict[str, tuple[str, int]]:
    """Id -> title and documents; those that ship and are being added on a first start count as they will be."""
    shipped = {each.id: each.title for each in shipped_collections()}
    found = {}
    for each in studio.knowledge.collections(MAKER.owner):
        titles = shipped.get(each.id)
        title = titles.get(language, each.title) if titles and each.title in titles.values() else each.title
        found[each.id] = (title, each.documents)
    given = {collection for collection, _ in studio.knowledge.installed(MAKER.owner)}
    coming = {id: (titles.get(language, id), 1) for id, titles in shipped.items() if id not in found and id not in given}
    return found | coming
