"""From a tool document to the tool that can be called, whatever its kind.

What a model takes is its task's to say, not the document's: a document that runs one is fitted to its task before it is kept.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from common.documents import invalid
from common.egress import Egress
from common.errors import ModelMissing, ToolError, ToolFailed
from tools.base import Tool, ToolContext, ToolOutput, ToolSpec
from tools.calls import ModelCall
from tools.documents import ToolDocument
from tools.http import HttpTool, SecretFor, no_secret


@dataclass(frozen=True, slots=True)
class ToolMaker:
    """What registered tools are made with: the way out, their secrets, and what makes a tool of a model.

    `model_parameters` gives the schema of what a model takes for its task; it raises `ToolError` for a task that is not there,
    and `ModelMissing` for a model that can never do it.
    """

    egress: Egress = field(default_factory=Egress)
    secret_for: SecretFor = no_secret
    model_tool: Callable[[ToolDocument], Tool] | None = None
    model_parameters: Callable[[ModelCall], Mapping[str, Any]] | None = None

    def make(self, document: ToolDocument, granted: frozenset[str] = frozenset()) -> Tool:
        if document.call.kind == "http":
            return HttpTool(document, self.egress, granted, self.secret_for)
        return _WithoutModels(document) if self.model_tool is None else self.model_tool(document)

    def fitted(self, document: ToolDocument) -> ToolDocument:
        """The document, with the arguments of its task where it runs a model.

        Raises `DocumentInvalid` for a task that is not there and a model that can never do it.
        """
        if document.call.kind == "http" or self.model_parameters is None:
            return document
        try:
            parameters = dict(self.model_parameters(document.call))
        except (ToolError, ModelMissing) as error:
            field = "call.model" if isinstance(error, ModelMissing) else "call.task"
            raise invalid({"id": document.id}, {field: (error.english, error.chinese)}) from error
        return document.model_copy(update={"parameters": parameters})


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
