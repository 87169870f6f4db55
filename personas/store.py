"""The personas that ship and those that people make.

Documents like any other, and one thing more: a persona names a model, tools and collections that live in other rooms. This file
knows none of those rooms; the caller passes the names that exist, and gets a sentence for each that does not.
"""

from collections.abc import Collection, Mapping
from pathlib import Path

from common.database import Database
from common.documents import DocumentStore, Stored
from common.errors import PersonaError
from common.problems import Sentences
from personas.schema import Persona

SHIPPED = Path(__file__).parent
SIZE_LIMIT = 128 * 1024  # two instructions of full length, one of them Chinese at three bytes a character


class PersonaStore(DocumentStore[Persona]):
    """`DocumentStore` for personas; its first shipped one is `gg`."""

    def __init__(self, database: Database, shipped: Path = SHIPPED) -> None:
        super().__init__(database, "persona", Persona, shipped, SIZE_LIMIT)

    def import_yaml(self, owner: str, text: str) -> Stored[Persona]:
        """As `DocumentStore.import_yaml`; an imported persona is not published, whatever its file says."""
        return self._import(owner, self.read_yaml(text).withdrawn())

    @staticmethod
    def check(persona: Persona, models: Collection[str], tools: Collection[str], collections: Collection[str]) -> None:
        """Raises `PersonaError` that names every model, tool and collection that is not among the given ones."""
        found = missing(persona, models, tools, collections).values()
        if found:
            raise PersonaError(
                f"{persona.title.get('en')!r} cannot be used as it is. " + " ".join(english for english, _ in found),
                f"{persona.title.get('zh')!r} 现在还不能用。" + "".join(chinese for _, chinese in found),
            )


def missing(
    persona: Persona, models: Collection[str], tools: Collection[str], collections: Collection[str]
) -> Mapping[str, Sentences]:
    """Field -> sentences, one for each model, tool or collection that is not among the given ones; empty when all are there."""
    found: dict[str, Sentences] = {}
    if persona.model is not None and persona.model not in models:
        found["model"] = (
            f"The model {persona.model!r} is not there. Choose another, or leave it empty for the app's model.",
            f"找不到模型 {persona.model!r}。请换一个，或者留空使用应用的模型。",
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
