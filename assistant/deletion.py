"""Taking away for good what somebody has here: the conversations of anybody, and all that a maker made.

What ships with Hearth stays, and so does what others have. Nothing of this can be undone, so whoever asks for it should have seen
the numbers of `held`.
"""

from dataclasses import dataclass

from assistant.studio import Studio
from common.documents import forget_documents
from knowledge.corpora.shipped import shipped_collections, shipped_names
from tools.documents import ToolStore


@dataclass(frozen=True, slots=True)
class Held:
    """How many of what an owner has: `personas` counts the changed ones among those that ship too.

    `attachments` are files, and the pictures and sounds that tools gave.
    """

    conversations: int
    attachments: int
    personas: int
    collections: int
    documents: int
    tools: int

    @property
    def talk(self) -> bool:
        """Whether `delete_talk` would take anything."""
        return bool(self.conversations or self.attachments)

    @property
    def made(self) -> bool:
        """Whether `delete_made` would take anything beyond that."""
        return bool(self.personas or self.collections or self.documents or self.tools)


def held(studio: Studio, owner: str) -> Held:
    """What the owner has now."""
    shipped = {collection.id for collection in shipped_collections()}
    own = [collection for collection in studio.knowledge.collections(owner) if collection.id not in shipped]
    return Held(
        conversations=len(studio.conversations.list(owner)),
        attachments=sum(len(studio.knowledge.documents(owner, id)) for _, id in studio.knowledge.hidden(owner))
        + studio.attachments.media.count(owner),
        personas=sum(stored.revision > 0 for stored in studio.personas.list(owner)),
        collections=len(own),
        documents=sum(collection.documents for collection in own) + len(_added(studio, owner)),
        tools=len(ToolStore(studio.database).list(owner)),
    )


def delete_talk(studio: Studio, owner: str) -> None:
    """Take away every conversation of the owner, with its attachments, its runs and what was thought of its answers."""
    studio.delete_everything(owner)
    studio.storage.outdated()


def delete_made(studio: Studio, owner: str) -> None:
    """Take away all that the owner has: also personas, collections, tools and settings. What ships is as it was shipped."""
    delete_talk(studio, owner)
    shipped = {collection.id for collection in shipped_collections()}
    for document in _added(studio, owner):
        studio.knowledge.remove(owner, document)
    for collection in studio.knowledge.collections(owner):
        if collection.id not in shipped:
            studio.knowledge.delete_collection(owner, collection.id)
    forget_documents(studio.database, owner)
    studio.toolbox.forget_secrets()
    studio.reread()


def _added(studio: Studio, owner: str) -> list[str]:
    """The documents that the owner added to collections that ship."""
    there = {collection.id for collection in studio.knowledge.collections(owner)}
    return [
        document.id
        for collection in shipped_collections()
        if collection.id in there
        for document in studio.knowledge.documents(owner, collection.id)
        if document.name not in shipped_names(collection)
    ]
