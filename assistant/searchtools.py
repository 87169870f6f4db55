"""Searching as tools: the documents and the earlier conversations of whoever asks, for a model that decides itself when to look.

Both meet the store they search as a function, and take the owner from the call, so that nobody finds what is another's. Within a
persona a visitor reads no collection that the persona does not name.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assistant.access import Identity
from assistant.conversations import Conversations, Said
from assistant.reading import Find
from knowledge.base import RELEVANT, Knowledge
from knowledge.types import Hit
from personas.schema import Persona
from retrieval.lexical import shares
from retrieval.tokenizing import tokens
from tools.base import Tool, ToolContext, ToolOutput, ToolSpec
from tools.registry import ToolSnapshot

_HITS = 5
_PASSAGE = 1400  # characters of a passage that are shown, so that all of them reach the model
_CANDIDATES = 200  # messages that are weighed
_WORDS = 12  # of a query that are looked for, the longest
_EXCERPT = 300  # characters of a message

Recall = Callable[[str, Sequence[str], int], Sequence[Said]]
"""What was said, for (owner, words, limit)."""


class KnowledgeSearch(Tool):
    """Searches documents; `search` finds passages for (owner, query, limit)."""

    id = "knowledge-search"
    titles: Mapping[str, str] = {"en": "Knowledge search", "zh": "知识搜索"}
    about: Mapping[str, str] = {
        "en": "Searches the collections of the persona; where it names none, all of yours.",
        "zh": "搜索人设的资料集；人设没有指定时，搜索你的全部资料集。",
    }
    untrusted = True  # documents are anybody's
    time_limit_s = 30.0  # the first search loads the embedder
    spec = ToolSpec(
        "search_knowledge",
        "Search the stored documents for passages about a question. 在知识库的文档里搜索相关段落。",
        {
            "type": "object",
            "properties": {
                "query": {
                    "type": "string",
                    "description": "What to look for. 要找的内容。",
                    "minLength": 1,
                    "maxLength": 400,
                }
            },
            "required": ["query"],
            "additionalProperties": False,
        },
    )

    def __init__(self, search: Callable[[str, str, int], Sequence[Hit]]) -> None:
        self._search = search

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        query = arguments["query"]
        passages = [hit.passage for hit in self._search(context.owner, query, _HITS)]
        if not passages:
            return _nothing(query, context)
        shown = []
        for passage in passages:
            place = " > ".join(part for part in (passage.title, passage.heading) if part)
            page = context.say(f", page {passage.page}", f"，第 {passage.page} 页") if passage.page else ""
            shown.append(f"{place}{page}{context.say(':', '：')}\n{passage.text[:_PASSAGE]}")
        return ToolOutput("\n\n".join(shown), [passage.to_dict() for passage in passages])


class ConversationSearch(Tool):
    """Searches what was said before; `recall` finds messages."""

    untrusted = True  # what a model said in them may have come from anybody
    id = "conversation-search"
    titles: Mapping[str, str] = {"en": "Conversation search", "zh": "对话搜索"}
    about: Mapping[str, str] = {
        "en": "Finds what was said in your earlier conversations, and in nobody else's.",
        "zh": "查找你自己以前的对话里说过的话，看不到别人的对话。",
    }
    spec = ToolSpec(
        "search_conversations",
        "Search the user's earlier conversations for what was said about something. 在用户以前的对话里查找说过的话。",
        {
            "type": "object",
            "properties": {
                "query": {
                    "type": "string",
                    "description": "A few words to look for. 要找的几个词。",
                    "minLength": 1,
                    "maxLength": 200,
                }
            },
            "required": ["query"],
            "additionalProperties": False,
        },
    )

    def __init__(self, recall: Recall) -> None:
        self._recall = recall

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        query = arguments["query"]
        words = _words(query)
        found = list(self._recall(context.owner, words, _CANDIDATES)) if words else []
        weighed = sorted(zip(shares(query, [said.text for said in found]), found, strict=True), key=lambda pair: -pair[0])
        # The store looks for letters; a message in which they are no words of their own has a share of nothing.
        best = [said for share, said in weighed if share > 0][:_HITS]
        if not best:
            return _nothing(query, context)
        shown, data = [], []
        for said in best:
            day = said.conversation.updated.astimezone(context.now.tzinfo).date().isoformat()
            who = context.say("user", "用户") if said.role == "user" else context.say("assistant", "助手")
            text = _excerpt(said.text, words)
            shown.append(
                context.say(
                    f"{day}, {said.conversation.title!r}, {who}: {text}", f"{day}，“{said.conversation.title}”，{who}：{text}"
                )
            )
            data.append({"conversation": said.conversation.id, "position": said.position, "role": said.role, "text": text})
        return ToolOutput("\n".join(shown), data)


def searches(knowledge: Knowledge, conversations: Conversations) -> Sequence[Tool]:
    """The two tools, as a registry holds them; `narrowed` fits them to a persona and a conversation."""

    def search(owner: str, query: str, limit: int) -> Sequence[Hit]:
        own = [collection.id for collection in knowledge.collections(owner)]
        return knowledge.search(owner, query, own, limit, RELEVANT)

    return [KnowledgeSearch(search), ConversationSearch(conversations.said)]


def narrowed(
    tools: ToolSnapshot, persona: Persona, identity: Identity, find: Find, conversations: Conversations, conversation: str | None
) -> ToolSnapshot:
    """The tools as they are within a persona and a conversation.

    Documents are searched as `find` does; only where the persona names no collection, a maker searches all of theirs. What was
    said is looked for in other conversations than this one, which the model reads anyway.
    """

    def fitted(tool: Tool) -> Tool:
        if isinstance(tool, KnowledgeSearch) and (persona.collections or not identity.maker):
            return KnowledgeSearch(lambda _, query, limit: find(query, limit))
        if isinstance(tool, ConversationSearch):
            return ConversationSearch(lambda owner, words, limit: conversations.said(owner, words, limit, without=conversation))
        return tool

    return tools.changed(fitted)


def _words(query: str) -> list[str]:
    """What to look for: words, and Chinese characters in pairs; single ones only where there is nothing else."""
    found = sorted(dict.fromkeys(tokens(query)), key=len, reverse=True)
    return ([word for word in found if len(word) > 1] or found)[:_WORDS]


def _excerpt(text: str, words: Sequence[str]) -> str:
    """What stands around the first of the words, on one line."""
    line = " ".join(text.split())
    places = [place for word in words if (place := line.lower().find(word)) >= 0]
    start = max(0, min(places, default=0) - _EXCERPT // 3)
    end = start + _EXCERPT
    return f"{'…' if start else ''}{line[start:end]}{'…' if end < len(line) else ''}"


def _nothing(query: str, context: ToolContext) -> ToolOutput:
    return ToolOutput(
        context.say(f"Nothing was found about {query!r}. Try other words.", f"没有找到关于 {query!r} 的内容。请换几个词。"), []
    )
