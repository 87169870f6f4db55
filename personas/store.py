"""The personas that ship and those that people make.

Documents like any other, and one thing more: a persona names a model, tools and collections that live in other rooms. This file
knows none of those rooms; the caller passes the names that exist, and gets a sentence for each that does not.
"""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from common.database import Database
from common.documents import DocumentStore, Line, Stored
from common.errors import PersonaError
from common.problems import Sentences
from personas.pictures import kept_picture, picture_bytes
from personas.schema import Instruction, Paragraph, Persona

SHIPPED = Path(__file__).parent
SIZE_LIMIT = 192 * 1024  # two instructions of full length, one of them Chinese at three bytes a character, and a picture
_TITLE_LIMIT = 200
_NUMBERED = re.compile(r"-\d{1,4}$")

TEMPLATE = Persona(
    id="persona",
    title=Line(en="New persona", zh="新的人设"),
    avatar="☺",
    tint="#8A6D3B",
    greeting=Paragraph(en="Hello. What would you like to talk about?", zh="你好，想聊点什么？"),
    starters=(Line(en="What can you do?", zh="你能做什么？"),),
    instruction=Instruction(
        en=(
            "You are a friendly and honest assistant.\n\n"
            "Answer the question first, in a few plain sentences. When something is unclear, ask one short question.\n"
            "Say so when you do not know or cannot do something. Never make anything up."
        ),
        zh=(
            "你是一个友善、诚实的助手。\n\n"
            "先直接回答问题，用几句大白话。有不清楚的地方，就问一个简短的问题。\n"
            "不知道或做不到的事，就直接说，不要编。"
        ),
    ),
)
"""What a new persona begins with."""


class PersonaStore(DocumentStore[Persona]):
    """`DocumentStore` for personas; its first shipped one is `gg`."""

    def __init__(self, database: Database, shipped: Path = SHIPPED) -> None:
        super().__init__(database, "persona", Persona, shipped, SIZE_LIMIT)

    def import_yaml(self, owner: str, text: str) -> Stored[Persona]:
        """As `DocumentStore.import_yaml`; whatever its file says, an imported persona is not published and has no tools but those
        that it names, and its picture is drawn anew."""
        persona = self.read_yaml(text).withdrawn().model_copy(update={"all_tools": False})
        if persona.picture:
            persona = persona.model_copy(update={"picture": kept_picture(picture_bytes(persona.picture))})
        return self._import(owner, persona)

    def create(self, owner: str) -> Stored[Persona]:
        """A new persona that can be talked to at once and waits for its name."""
        return self._import(owner, TEMPLATE, fresh=True)

    def duplicate(self, owner: str, id: str) -> Stored[Persona]:
        """The persona once more, not published: `gg` as `gg-2`, "GG (copy)". Raises what `get` raises."""
        persona = self.get(owner, id).document
        title = Line(en=_copied(persona.title.en, " (copy)"), zh=_copied(persona.title.zh, "（副本）"))
        stem = _NUMBERED.sub("", id)
        return self._import(owner, persona.withdrawn().model_copy(update={"id": stem, "title": title}), fresh=True)

    @staticmethod
    def check(persona: Persona, models: Collection[str], tools: Collection[str], collections: Collection[str]) -> None:
        """Raises `PersonaError` that names every model, tool and collection that is not among the given ones."""
        found = missing(persona, models, tools, collections).values()
        if found:
            raise PersonaError(
                f"{persona.title.get('en')!r} cannot be used as it is. " + " ".join(english for english, _ in found),
                f"{persona.title.get('zh')!r} 现在还不能用。" + "".join(chinese for _, chinese in found),
            )


def _copied(title: str, mark: str) -> str:
    return title.removesuffix(mark)[: _TITLE_LIMIT - len(mark)] + mark if title else ""


def missing(
    persona: Persona, models: Collection[str], tools: Collection[str], collections: Collection[str]
) -> Mapping[str, Sentences]:
    """Field -> sentences, one for each model, tool or collection that is not among the given ones; empty when all are there."""
    found: dict[str, Sentences] = {}
    if persona.model is not None and persona.model not in models:
        found["model"] = (
            f"The model {persona.model!r} is not the one in use. Switch to it on the page of models, or leave it empty.",
            f"现在用的不是模型 {persona.model!r}。请到“模型”页换成它，或者留空使用应用的模型。",
        )
    for index, tool in enumerate(persona.tools):
        if tool not in tools:
            found[f"tools.{index}"] = (
                f"The tool {tool!r} is not there. Add it, or take it out of the persona.",
                f"找不到工具 {tool!r}。请先添加它，或者把它从人设里去掉。",
            )
    for index, collection in enumerate(persona.collections):
        if collection not in collections:
            found[f"collections.{index}"] = (
                f"The collection {collection!r} is not there. Make it, or take it out of the persona.",
                f"找不到资料库 {collection!r}。请先建立它，或者把它从人设里去掉。",
            )
    return found
