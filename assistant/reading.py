"""What a turn may read, and what may be opened of what it cited: the persona's collections and the conversation's attachments.

The collections are the maker's and the attachments their owner's; both are searched at once and weighed together.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from assistant.access import MAKER, Identity
from assistant.attachments import Attachments
from assistant.conversations import Conversations
from common.errors import ConversationMissing, DocumentMissing
from knowledge.base import RELEVANT, Knowledge
from knowledge.rows import passage_missing
from knowledge.types import Hit, Passage
from personas.schema import Persona

Find = Callable[[str, int], Sequence[Hit]]
"""Passages for (query, limit), best first."""


def finder(
    knowledge: Knowledge,
    attachments: Attachments,
    persona: Persona,
    identity: Identity,
    conversation: str | None,
) -> tuple[Persona, Find]:
    """The persona as it is in this conversation, and how it finds passages.

    Where something is attached, the persona reads one collection more.
    """
    owner = identity.owner
    attached = attachments.collection(owner, conversation) if conversation else None
    shelves = {MAKER.owner: tuple(persona.collections)}
    fresh: Sequence[str] = ()
    if conversation and attached:
        persona = persona.model_copy(update={"collections": (*persona.collections, attached)})
        shelves[owner] = (*shelves.get(owner, ()), attached)
        fresh = attachments.fresh(owner, conversation)

    def find(query: str, limit: int) -> Sequence[Hit]:
        hits = knowledge.search_shelves(shelves, query, limit, RELEVANT)
        if not conversation or not attached or any(hit.passage.collection == attached for hit in hits):
            return hits
        opening = attachments.opening(owner, conversation, query, fresh, limit)
        return [*opening, *hits][:limit]

    return persona, find


def cited(
    knowledge: Knowledge,
    conversations: Conversations,
    identity: Identity,
    conversation: str,
    persona: Callable[[str], Persona],
    passage: int,
) -> tuple[Passage, str]:
    """A passage that a conversation cites, and the text of its document, where this person may open it: see `Studio.source`.

    `persona` gives the one of an id. Neighbours that were found with it, and so were before the model too, belong to it.
    """
    found, whole = _opened(knowledge, conversations, identity, conversation, persona, passage)
    try:
        hit = as_cited(conversations, identity.owner, conversation, passage)
    except ConversationMissing:  # what is theirs they may open from anywhere
        return found, whole
    if hit is None or not hit.neighbours or hit.passage.document != found.document:
        return found, whole
    start, end = hit.passage.start, hit.passage.end
    # What a file that was imported says of its offsets holds only where the text does.
    if start <= found.start <= found.end <= end and whole[start:end] == hit.passage.text:
        return replace(found, start=start, end=end, text=hit.passage.text, page=hit.passage.page), whole
    return found, whole


def as_cited(conversations: Conversations, owner: str, conversation: str, passage: int) -> Hit | None:
    """A passage as the conversation keeps it, from when it was cited last; None where it is not. Raises `ConversationMissing`."""
    messages = conversations.messages(owner, conversation)
    return next((hit for each in reversed(messages) for hit in each.sources if hit.passage.id == passage), None)


def _opened(
    knowledge: Knowledge,
    conversations: Conversations,
    identity: Identity,
    conversation: str,
    persona: Callable[[str], Persona],
    passage: int,
) -> tuple[Passage, str]:
    try:
        found = knowledge.passage(identity.owner, passage)
        return found, knowledge.text(identity.owner, found.document)
    except DocumentMissing:
        if identity.maker:
            raise
    found = knowledge.passage(MAKER.owner, passage)
    read = persona(conversations.get(identity.owner, conversation).persona).collections
    # A conversation that was imported may say of itself that it cites anything.
    if found.collection not in read or as_cited(conversations, identity.owner, conversation, passage) is None:
        raise passage_missing(passage)
    return found, knowledge.text(MAKER.owner, found.document)
