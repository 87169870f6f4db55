"""MCP servers as documents, what each said it offers, and the grants without which none of this machine is touched.

A server's document names a command or an address and holds no secret. A grant is a row of its own that repeats exactly what was
granted, sealed (see `tools.seals`): a changed command or address needs a new one, and so does a database that came from
elsewhere. A listing is what a server last told of itself: a stranger's words, within limits.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from common.connections import Resolver
from common.database import Database
from common.documents import UNSEEN, Document, DocumentStore, Line, LocalizedText
from common.errors import DocumentInvalid, DocumentMissing, EditConflict
from common.problems import problem
from common.redaction import Redaction
from tools.base import Risk
from tools.calls import origin_of, url_problem
from tools.seals import Seals

LISTING_LIMIT = 4_000_000
"""Bytes of what is kept of one server's listing."""

_SHORTEST = 4  # letters of a token that is looked for
_FROZEN = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

Word = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]
SecretName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]


class ProgramTransport(BaseModel):
    """A command on this machine, spoken to over its standard input and output; `env` is variable -> name of a secret."""

    model_config = _FROZEN

    kind: Literal["stdio"] = "stdio"
    command: Word
    args: tuple[Word, ...] = Field((), max_length=100)
    env: dict[Variable, SecretName] = Field({}, max_length=50)

    @field_validator("command", "args")
    @classmethod
    def _one_line(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        # A line break or a turned direction would show another command than the one that is granted.
        if any(UNSEEN.search(word) for word in ([value] if isinstance(value, str) else value)):
            raise problem("This must be one line without invisible characters.", "这里只能是一行文字，不能有换行或看不见的字符。")
        return value

    @property
    def secrets(self) -> Mapping[str, str | None]:
        """The names of the secrets it needs, each with the origin that it is for: none, since this is no address."""
        return dict.fromkeys(self.env.values())


class HttpTransport(BaseModel):
    """A server at an address (streamable HTTP); `secret` names the token it wants, "" for none."""

    model_config = _FROZEN

    kind: Literal["http"] = "http"
    url: str = Field(max_length=2000)
    secret: SecretName | Literal[""] = ""

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        if found := url_problem(value):
            raise problem(*found)
        if "{" in value:
            raise problem("The address of a server has no {names} in it.", "服务的网址里不能有 {名称}。")
        return value

    @property
    def place(self) -> str:
        """Its "host:port"."""
        _, host, port = origin_of(self.url)
        return f"{host.strip('[]')}:{port}"

    @property
    def origin(self) -> str:
        """Its "scheme://host:port", to which its secret belongs."""
        scheme, host, port = origin_of(self.url)
        return f"{scheme}://{host}:{port}"

    @property
    def secrets(self) -> Mapping[str, str | None]:
        """The name of the secret it needs, if any, and the origin that it is for."""
        return {self.secret: self.origin} if self.secret else {}


Transport = Annotated[ProgramTransport | HttpTransport, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server over HTTP is reached; `granted` are "host:port" pairs that may be private."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    granted: frozenset[str]
    resolve: Resolver | None

    @property
    def hide(self) -> Redaction:
        """Hides what the headers hold, "Bearer TOKEN"."""
        return Redaction([value.partition(" ")[2] for value in self.headers.values()], _SHORTEST)


class McpServer(Document):
    """A server that somebody entered."""

    title: Line = Line()
    transport: Transport
    tools: tuple[str, ...] | None = Field(None, max_length=1000)  # the names of those that are taken; None: all
    risks: dict[str, Risk] = Field({}, max_length=1000)  # the owner's word, by the tool's name
    believes_hints: bool = False  # a tool that says of itself that it only reads counts as one that reads
    time_limit_s: float = Field(30.0, ge=2.0, le=600.0)  # of one call

    def name(self, language: str) -> str:
        """What people read: its title, else its id."""
        return self.title.get(language) or self.id


class OfferedTool(BaseModel):
    """A tool as a server offers it; `problem` says why it cannot be taken, and is blank for one that can.

    `id` and `model_name` are what we call it, and stay the same for as long as the server offers it. `read` is the `words` that
    its owner has had before them.
    """

    model_config = _FROZEN

    name: str
    title: str = ""
    description: str = ""
    parameters: dict[str, Any] = {}
    says_read_only: bool = False
    id: str = ""
    model_name: str = ""
    problem: LocalizedText = LocalizedText()
    read: str = ""

    @property
    def words(self) -> str:
        """All that a model is told of it, as a digest."""
        told = [self.name, self.title, self.description, self.parameters]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


class OfferedResource(BaseModel):
    """Something a server lets one read."""

    model_config = _FROZEN

    uri: str
    name: str
    description: str = ""
    media_type: str = ""


class OfferedPrompt(BaseModel):
    """A prompt a server has ready, with the names of what is filled in."""

    model_config = _FROZEN

    name: str
    description: str = ""
    arguments: tuple[str, ...] = ()


class McpListing(Document):
    """What the server of this id last said of itself."""

    server: str = ""  # its name and version
    instructions: str = ""
    tools: tuple[OfferedTool, ...] = ()
    resources: tuple[OfferedResource, ...] = ()
    prompts: tuple[OfferedPrompt, ...] = ()


class McpGrant(Document):
    """That the server of this id may be reached by `transport`, and by nothing else."""

    transport: Transport
    seal: str


class Grants:
    """Which commands may be started and which private addresses reached, by server; each owner's apart."""

    def __init__(self, database: Database) -> None:
        self._rows = DocumentStore(database, "mcp-grant", McpGrant)
        self._seals = Seals(database)

    def holds(self, owner: str, server: McpServer) -> bool:
        """Whether exactly what the document says now was granted here."""
        try:
            grant = self._rows.get(owner, server.id).document
        except (DocumentMissing, DocumentInvalid):
            return False
        return grant.transport == server.transport and self._seals.holds(grant.seal, *_said(owner, server))

    def give(self, owner: str, server: McpServer) -> None:
        """Grant what the document says now. Raises `StorageFailed`."""
        seal = self._seals.make(*_said(owner, server))
        self.take_back(owner, server.id)
        self._rows.save(owner, McpGrant(id=server.id, transport=server.transport, seal=seal), 0)

    def take_back(self, owner: str, id: str) -> None:
        """End a grant; one that is not there is no matter."""
        try:
            self._rows.reset(owner, id)
        except DocumentMissing:
            return


def _said(owner: str, server: McpServer) -> tuple[str, str, Any]:
    return owner, server.id, server.transport.model_dump(mode="json")


def shown_differs(server: McpServer) -> EditConflict:
    """The sentence for a grant of something else than what the document says."""
    return EditConflict(
        f"{server.id!r} was changed since it was shown to you. Look at it again before you allow it.",
        f"{server.id!r} 在显示给你之后被改过。请重新查看后再授权。",
    )
