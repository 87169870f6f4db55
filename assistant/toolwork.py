"""Every tool of a studio wired together: what they are made with, where they come from, how they are found.

The studio holds what comes out of here; nothing else knows how it is put together.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from assistant.access import MAKER
from assistant.conversations import Conversations
from assistant.models.tasks import find
from assistant.outside import tools_outside
from assistant.pipelines import Pipelines
from assistant.searchtools import searches
from assistant.settings import Settings
from common.database import Database
from common.secrets import Secrets
from knowledge.base import Knowledge
from retrieval.vectorcache import VectorCache
from tools.base import Tool
from tools.calls import ModelCall
from tools.documents import ToolDocument, ToolStore
from tools.installed import installed_tools
from tools.making import ToolMaker
from tools.mcphub import McpServers
from tools.nearness import Nearness
from tools.registry import ToolRegistry, stored_registry
from tools.toolbox import Toolbox


@dataclass(frozen=True, slots=True)
class Toolwork:
    """The tools of a studio; `gathered` makes a registry of all of them anew, as after a backup was restored."""

    registry: ToolRegistry
    toolbox: Toolbox
    pipelines: Pipelines
    gathered: Callable[[], ToolRegistry]


def open_tools(
    settings: Settings,
    database: Database,
    knowledge: Knowledge,
    conversations: Conversations,
    secrets: Secrets,
    given: ToolRegistry | None,
) -> Toolwork:
    """Wire the tools; a `given` registry takes the place of those there are."""
    pipelines = Pipelines(offline=settings.offline, secret_for=secrets.for_origin)

    def model_tool(document: ToolDocument) -> Tool:
        assert isinstance(document.call, ModelCall)
        return pipelines.tool(
            task=document.call.task,
            model=document.call.model,
            id=document.id,
            name=document.name,
            risk=document.risk,
            titles={language: document.title.get(language) for language in ("en", "zh")},
            about={language: document.description.get(language) for language in ("en", "zh")},
        )

    def model_parameters(call: ModelCall) -> Mapping[str, Any]:
        pipelines.check(call.task, call.model)
        return find(call.task).parameters

    maker = ToolMaker(secret_for=secrets.for_origin, model_tool=model_tool, model_parameters=model_parameters)
    outside = tools_outside(database, settings.offline)

    def gathered() -> ToolRegistry:
        more = [*searches(knowledge, conversations), *outside]
        registry = stored_registry(ToolStore(database), MAKER.owner, maker, more)
        registry.add([*pipelines.tools(), *installed_tools()])
        return registry

    registry = given or gathered()
    registry.finder.use(Nearness(lambda: knowledge.embedder, VectorCache(database, "tool")))
    mcp = McpServers(database, registry, MAKER.owner, secrets.given, programs=settings.hosted is None)
    return Toolwork(registry, Toolbox(database, registry, MAKER.owner, maker, secrets, mcp), pipelines, gathered)
