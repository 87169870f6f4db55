"""From a tool document to the tool that can be called, whatever its kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from common.egress import Egress
from common.errors import ToolFailed
from tools.base import Tool, ToolContext, ToolOutput, ToolSpec
from tools.documents import ToolDocument
from tools.http import HttpTool, SecretFor, no_secret


@dataclass(frozen=True, slots=True)
class ToolMaker:
    """What registered tools are made with: the way out, their secrets, and what makes a tool of a model."""

    egress: Egress = field(default_factory=Egress)
    secret_for: SecretFor = no_secret
    model_tool: Callable[[ToolDocument], Tool] | None = None

    def make(self, document: ToolDocument, granted: frozenset[str] = frozenset()) -> Tool:
        if document.call.kind == "http":
            return HttpTool(document, self.egress, granted, self.secret_for)
        return _WithoutModels(document) if self.model_tool is None else self.model_tool(document)


class _WithoutModels(Tool):
    """A tool that runs a model, where there are none."""

    def __init__(self, document: ToolDocument) -> None:
        self.id = document.id
        self.spec = ToolSpec(document.name, document.description.get("en"), document.parameters)
        self.titles = {language: document.title.get(language) for language in ("en", "zh")}
        self.risk = document.risk
        self.kind = document.kind

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        raise ToolFailed(
            f"{self.spec.name} runs a model, which it can only where Hearth itself is running. Start it, and use the tool there.",
            f"{self.spec.name} 要运行模型，只有在 Hearth 运行时才能用。请启动 Hearth，在那里使用。",
        )
