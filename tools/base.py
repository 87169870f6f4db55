"""What a tool is: a specification that the model reads and a `call` that does the work.

A tool knows nothing of models, prompts or pages. It returns a `ToolOutput`, or raises a `ToolError` whose sentence the model
and the user may read; the runner turns every failure into an output.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Literal

from common.problems import Sentences

Risk = Literal["reads", "writes", "spends"]

Kind = Literal["python", "http", "openapi", "mcp", "model"]
"""What people tell tools apart by: `python` for those that are code, most of which come with Hearth."""


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """What a model is told of a tool: `parameters` is a JSON Schema of type object."""

    name: str
    description: str
    parameters: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """The form chat templates and the OpenAI API take."""
        function = {"name": self.name, "description": self.description, "parameters": dict(self.parameters)}
        return {"type": "function", "function": function}


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or a sound: `type` is its media type ("image/png", "audio/wav"), `name` says in a few words what it holds."""

    data: bytes
    type: str
    name: str


@dataclass(frozen=True, slots=True)
class SecretUse:
    """A secret that a tool sends to one origin ("https://host:port"); one that is not `required` may be missing."""

    name: str
    origin: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a call may know of its turn: who asks, in which language, when (aware of its zone), and whether it was stopped.

    `media` finds a picture or a sound of the conversation by what a model wrote for an argument of the format "media" (a number,
    a name); None for what is not there, and everywhere outside a conversation.
    """

    owner: str = "local"
    language: str = "en"
    now: datetime = field(default_factory=lambda: datetime.now(UTC).astimezone())
    cancel: threading.Event = field(default_factory=threading.Event)
    media: Callable[[str], Media | None] = lambda words: None

    def say(self, english: str, chinese: str) -> str:
        """The sentence of the two that the reader understands."""
        return chinese if self.language.startswith("zh") else english


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """What a call gave: `text` for the model; `data` the same as JSON where the tool has it; `failed` for a failure.

    `media` are pictures and sounds that people are shown beside it; the model knows of them what `text` says.
    """

    text: str
    data: Any = None
    failed: bool = False
    media: tuple[Media, ...] = ()


class Tool(ABC):
    """Something the model can call; subclass it, or make one of a plain function with `Tool.from_function`.

    `id` is `[a-z0-9][a-z0-9-]{0,63}` and names the tool in documents; `spec.name` is the name the model sees; `titles` are
    what people see, by language ("en", "zh"), and `about` says to them what it does, where that is not simply what the model
    is told; `field` is the service or the area of work it belongs to, by which it is found too; `risk` says what a call can do
    beyond reading; `sends` whether its arguments leave this machine, and so whether what comes back is a stranger's text;
    `untrusted` whether that may be so although nothing is sent; `origin` what it was made from besides its code, a document or a
    server, as text: where that changes it is another tool, to which nothing was permitted yet; `unread` whether its own words are
    a stranger's that its owner has not had before them as they are now; `for_small_models` whether a small
    model may be given it, which calls what sounds like the question; `time_limit_s` is the deadline of one call in seconds.
    """

    id: str
    spec: ToolSpec
    titles: Mapping[str, str]
    about: Mapping[str, str] = MappingProxyType({})
    field: str = ""
    kind: Kind = "python"
    risk: Risk = "reads"
    sends: bool = False
    untrusted: bool = False
    origin: str = ""
    unread: bool = False
    for_small_models: bool = True
    time_limit_s: float = 10.0

    def unavailable(self) -> Sentences | None:
        """Why it cannot be called at all as things are, such as for want of a network; None where it can.

        No turn is given a tool that cannot be called; it stays in the list, where people read why.
        """
        return None

    def secrets(self) -> Sequence[SecretUse]:
        """The secrets that it sends, which people enter where it is opened."""
        return ()

    @abstractmethod
    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Do the work with arguments that match the schema; raises `ToolError` for what it cannot do."""

    @staticmethod
    def from_function(
        function: Callable[..., Any],
        *,
        id: str | None = None,
        titles: Mapping[str, str] | None = None,
        risk: Risk = "reads",
        time_limit_s: float = 10.0,
    ) -> "Tool":
        """A tool that calls `function`; its name, docstring and type hints are what the model is told.

        `Annotated[int, "..."]` describes an argument, `Literal` lists its values, a default makes it optional. An argument
        annotated `ToolContext` is not shown to the model and receives the context. What is returned is shown as it is when
        it is text or a `ToolOutput`, and as JSON otherwise. Raises `TypeError` for a function without a docstring or with an
        argument that has no type hint.
        """
        # The other half of this pair subclasses `Tool`, so it can only be imported once `Tool` is there.
        from tools.functions import FunctionTool

        return FunctionTool(function, id, titles, risk, time_limit_s)
