"""Tools that people register without code: documents of a name, a schema and how a call is made.

A document says what is sent and where; it has no field for the value of a secret, a grant or code. That its address may be
reached is decided by `common.egress` when it is called, and whether a call needs a person's consent by its risk.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from common.database import Database
from common.documents import Document, DocumentStore, Line, LocalizedText, Stored
from common.errors import DocumentInvalid
from common.problems import problem
from tools.base import Kind, Risk
from tools.calls import ARGUMENT, READING, HttpCall, ModelCall, origin_of, url_problem
from tools.grants import ToolGrants
from tools.schemas import refusal

ModelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]


class Description(LocalizedText):
    """What the tool does and when to call it, for the model as much as for people."""

    en: str = Field("", max_length=4000)
    zh: str = Field("", max_length=4000)


class Source(BaseModel):
    """Where an imported tool comes from, so that it can be imported again: the API's title and the operation's "GET /pets"."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    form: Literal["openapi", "agentfabric"]
    api: Annotated[str, StringConstraints(max_length=200)]
    operation: Annotated[str, StringConstraints(max_length=300)]


class ToolDocument(Document):
    """A tool that somebody registered; of version 1 were those before secrets, and they are read as they are."""

    schema_version: ClassVar[int] = 2

    version: int = 2
    name: ModelName  # what the model calls it
    title: Line
    description: Description
    parameters: dict[str, Any]  # JSON Schema of type object, within `tools.schemas`
    risk: Risk
    call: HttpCall | ModelCall = Field(discriminator="kind")
    source: Source | None = None

    @property
    def kind(self) -> Kind:
        """What people tell tools apart by: an operation of an API's description is called as any address is."""
        return "openapi" if self.source is not None and self.source.form == "openapi" else self.call.kind

    @field_validator("version")
    @classmethod
    def _of_today(cls, value: int) -> int:
        return cls.schema_version

    @field_validator("call", mode="before")
    @classmethod
    def _of_its_kind(cls, value: Any) -> Any:
        # By hand, since pydantic puts the kind into the names of the fields that are wrong.
        if not isinstance(value, Mapping):
            return value
        form = _CALLS.get(kind) if isinstance(kind := value.get("kind", "http"), str) else None
        if form is None:
            raise problem(f"A tool is one of: {', '.join(_CALLS)}.", f"工具只能是其中一种：{', '.join(_CALLS)}。")
        return form.model_validate(dict(value))

    @field_validator("title", "description")
    @classmethod
    def _told(cls, value: LocalizedText) -> LocalizedText:
        if value.blank:
            raise problem("Write it in English or Chinese.", "请填写，中文或英文都行。")
        return value

    @field_validator("parameters")
    @classmethod
    def _schema(cls, value: dict[str, Any]) -> dict[str, Any]:
        if found := refusal(value):
            raise problem(*found)
        for name in value.get("properties", {}):
            if not ARGUMENT.fullmatch(name):
                raise problem(
                    f"{name[:80]!r} cannot name an argument. Use letters, digits and _, beginning with a letter.",
                    f"{name[:80]!r} 不能作为参数名。请用文字、数字和下划线，不以数字开头。",
                )
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.call.kind != "http":
            return self
        declared, sent = set(self.parameters.get("properties", {})), set(self.call.arguments)
        if declared != sent:
            names = ", ".join(sorted(declared ^ sent))
            raise problem(
                f"Each argument needs a schema and a place in the request; one of them lacks for: {names[:200]}.",
                f"每个参数都要有类型说明和在请求里的位置；缺少其一的是：{names[:200]}。",
            )
        if self.risk == "reads" and self.call.method not in READING:
            raise problem(
                f"A call with {self.call.method} may change things, so its risk is writes or spends.",
                f"{self.call.method} 请求可能改动数据，风险应为 writes 或 spends。",
            )
        return self


_CALLS: Mapping[str, type[HttpCall | ModelCall]] = {"http": HttpCall, "model": ModelCall}


@dataclass(frozen=True, slots=True)
class Planned:
    """A document that would be kept, by the id and the name it would have, and the one that it would replace."""

    document: ToolDocument
    before: Stored[ToolDocument] | None

    @property
    def state(self) -> Literal["new", "changed", "same"]:
        if self.before is None:
            return "new"
        return "same" if self.before.document == self.document else "changed"


class ToolStore(DocumentStore[ToolDocument]):
    """`DocumentStore` for tools; none of its documents ship. `grants` are kept apart from them."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "tool", ToolDocument)
        self.grants = ToolGrants(database)

    def plan_import(self, owner: str, documents: Sequence[ToolDocument], reserved: Mapping[str, str]) -> Sequence[Planned]:
        """What `keep_imported` would do with documents that came out of one import; nothing is kept."""
        rows = {row.id: row for row in self._current_rows(owner)}
        fields = {id: self._fields(row) or {} for id, row in rows.items()}
        names = {name: id for id, name in reserved.items()} | {_text(kept.get("name")): id for id, kept in fields.items()}
        done: dict[str, Planned] = {}
        for document in documents:
            place = _place(document.call.model_dump())
            for id in numbered(document.id, "-"):
                if id in reserved or id in done or (id in rows and _place(fields[id].get("call")) != place):
                    continue
                with contextlib.suppress(DocumentInvalid):  # one that cannot be read is not replaced
                    before = self._stored(rows[id]) if id in rows else None
                    break
            name = next(name for name in numbered(document.name, "_") if names.get(name, id) == id)
            names[name] = id
            done[id] = Planned(document.model_copy(update={"id": id, "name": name}), before)
        return list(done.values())

    def keep_imported(
        self, owner: str, documents: Sequence[ToolDocument], reserved: Mapping[str, str]
    ) -> Sequence[Stored[ToolDocument]]:
        """Save documents that came out of one import, each over the one it gave before; all of them, or none.

        Never over a tool of another server: an id or a name that is taken gets a number. `reserved` is id -> name of tools
        that are no documents. One that has not changed makes no new revision.
        """
        plan = self.plan_import(owner, documents, reserved)
        wanted = [(each.document, each.before.revision if each.before else 0) for each in plan if each.state != "same"]
        saved = {stored.document.id: stored for stored in self.save_all(owner, wanted)}
        same = {each.document.id: each.before for each in plan if each.before is not None}
        return [saved.get(each.document.id) or same[each.document.id] for each in plan]


def _place(call: Any) -> object:
    """Where the tools of one import lie that may replace each other: a server, or the models of this machine."""
    if not isinstance(call, Mapping):
        return None
    if call.get("kind") == "model":
        return "model"
    url = _text(call.get("url"))
    return None if url_problem(url) else origin_of(url)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def numbered(wanted: str, joint: str, first: int = 1) -> Iterator[str]:
    """`wanted` as it is for 1, then with 2, 3 and so on behind it, none longer than 64 characters."""
    for number in count(first):
        suffix = f"{joint}{number}" if number > 1 else ""
        yield wanted[: 64 - len(suffix)] + suffix
