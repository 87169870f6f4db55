"""Documents that people edit (personas, tools, models, settings), and the one way to save them.

A document is a frozen pydantic model. Those that ship are YAML files in the tree and are never written; what somebody makes or
changes is a row, which shadows the shipped one of the same id for that owner alone. No document can grant itself trust, name a
Python import or hold a secret: the schemas have no field for it, and an unknown field is refused.
"""

import contextlib
import json
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Float,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    delete,
    false,
    func,
    insert,
    select,
)

from common.database import Database, metadata
from common.errors import DocumentInvalid, DocumentMissing, EditConflict, NameInvalid
from common.problems import Sentences, problem, sentences
from common.yamltext import read_mapping, write_mapping

SIZE_LIMIT = 64 * 1024
KEPT_REVISIONS = 5
SESSION_S = 600.0
"""Seconds between two saves of one sitting at a form."""

# The newest revision of an id is the current one. A row without a body says that the document was reset: revision numbers go
# on from it, so that a form loaded before a reset cannot be mistaken for a current one.
DOCUMENTS = Table(
    "documents",
    metadata,
    Column("kind", String, primary_key=True),
    Column("owner", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("body", Text),
    Column("time", Float, nullable=False),
    Column(
        "draft", Boolean, nullable=False, server_default=false()
    ),  # saved while somebody writes: the next such save replaces it
)

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters, line breaks, and those that turn the direction of writing: none belongs into one line."""

_EPOCH = datetime.fromtimestamp(0, UTC)
_FEW = {"yield_per": 100}  # rows that are read together
_TOLD = 5  # problems named in the one sentence; `problems` has them all


class LocalizedText(BaseModel):
    """A text in English and Chinese; where one is empty, readers of that language get the other."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    en: str = ""
    zh: str = ""

    def get(self, language: str) -> str:
        """The text for `language`: Chinese for "zh" and its variants, English for every other."""
        return (self.zh or self.en) if language.startswith("zh") else (self.en or self.zh)

    @property
    def blank(self) -> bool:
        return not (self.en.strip() or self.zh.strip())


class Line(LocalizedText):
    """A text of one line, such as a title or a starter."""

    en: str = Field("", max_length=200)
    zh: str = Field("", max_length=200)

    @field_validator("en", "zh")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if UNSEEN.search(value):
            raise problem(
                "This must be one line without invisible characters.",
                "这里只能是一行文字，不能有换行或看不见的字符。",
            )
        return value


class Document(BaseModel):
    """The base of every document: `id` names it, `version` is that of its schema (not of its content)."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    schema_version: ClassVar[int] = 1

    id: str
    version: int = 1

    @field_validator("id")
    @classmethod
    def _check_id(cls, value: str) -> str:
        if not _ID.fullmatch(value):
            raise problem(*_id_sentences(value))
        return value

    @field_validator("version")
    @classmethod
    def _check_version(cls, value: int) -> int:
        if value > cls.schema_version:
            raise problem(
                f"This was written by a newer Hearth (form {value}; this one reads up to {cls.schema_version}). Update Hearth.",
                f"这是更新版本的 Hearth 写的（格式 {value}，本版本最多读到 {cls.schema_version}）。请升级 Hearth。",
            )
        if value < 1:
            raise problem("The version of the form counts from 1.", "格式版本从 1 开始。")
        return value


D = TypeVar("D", bound=Document)


@dataclass(frozen=True, slots=True)
class Stored(Generic[D]):
    """A document as it is kept.

    `revision` is 0 for one that is as shipped, else it counts the saves; `shipped` says that one of this id ships; `changed` is
    when this revision was saved, None for one that is as shipped.
    """

    document: D
    revision: int
    shipped: bool
    changed: datetime | None


class DocumentStore(Generic[D]):
    """The documents of one kind. Every method takes the owner first and touches no other owner's rows."""

    def __init__(
        self,
        database: Database,
        kind: str,
        model: type[D],
        shipped: Path | None = None,
        size_limit: int = SIZE_LIMIT,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`shipped` is a folder of YAML files, each named by its document's id; `size_limit` in bytes of a document's JSON;
        `clock` gives seconds since 1970.

        Raises `DocumentInvalid` for a shipped file that does not read.
        """
        self.kind = kind
        self._database = database
        self._model = model
        self._size_limit = size_limit
        self._clock = clock
        self._shipped = self._read_shipped(shipped) if shipped else {}
        database.create(DOCUMENTS)

    def list(self, owner: str) -> Sequence[Stored[D]]:
        """All documents that can be read: the shipped ones in the order of their ids, then the owner's own, newest first."""
        kept, broken = self._current(owner)
        own = sorted((s for s in kept.values() if not s.shipped), key=lambda s: s.changed or _EPOCH, reverse=True)
        return [*(kept.get(id) or self._as_shipped(id) for id in self._shipped if id not in broken), *own]

    def unreadable(self, owner: str) -> Mapping[str, DocumentInvalid]:
        """Id -> why, for rows that `list` leaves out: of a newer schema, or damaged. Nothing of them is lost by it."""
        return self._current(owner)[1]

    def get(self, owner: str, id: str) -> Stored[D]:
        """Raises `DocumentMissing`, `NameInvalid`, or `DocumentInvalid` for a row that cannot be read."""
        check_id(id)
        with self._database.read() as connection:
            row = self._newest(connection, owner, id)
        if row is not None and row.body is not None:
            return self._stored(row)
        if id in self._shipped:
            return self._as_shipped(id)
        raise _missing(id)

    def shipped(self, id: str) -> D | None:
        """The document of this id as it ships."""
        return self._shipped.get(id)

    def save(self, owner: str, document: D, revision: int, *, amends: bool = False) -> Stored[D]:
        """Keep `document`; `revision` is the one the form was loaded with, 0 for a new document or a shipped one.

        With `amends`, as a form saves while somebody writes, it takes the place of the newest version when that was saved so
        too, less than `SESSION_S` ago: a sitting is one version. Its revision is a new one all the same, so that another form
        notices. What changes nothing is not saved, whatever the revision: a form may be sent again.

        Raises `DocumentInvalid` with every problem, and `EditConflict` when the current revision is another.
        """
        document = self.parse(document.model_dump(mode="json"))
        with self._database.write() as connection:
            return self._save(connection, owner, document, revision, amends)

    def save_all(self, owner: str, documents: Sequence[tuple[D, int]]) -> Sequence[Stored[D]]:
        """`save` several, each with its revision, at once: all of them, or none where it raises."""
        parsed = [(self.parse(document.model_dump(mode="json")), revision) for document, revision in documents]
        with self._database.write() as connection:
            return [self._save(connection, owner, document, revision, False) for document, revision in parsed]

    def _save(self, connection: Connection, owner: str, document: D, revision: int, amends: bool) -> Stored[D]:
        row = self._newest(connection, owner, document.id)
        there = row is not None and row.body is not None
        current = row.revision if row is not None and there else 0
        if amends and row is not None and there and row.body == _body(document):
            return self._stored(row)
        if amends and row is None and self._shipped.get(document.id) == document:
            return self._as_shipped(document.id)
        if current != revision:
            raise EditConflict(
                f"{document.id!r} was changed somewhere else since you opened it. Copy your text, reload and enter it again.",
                f"你打开之后，{document.id!r} 在别处被改过。请先复制你的内容，重新加载后再填写。",
            )
        if amends and row is not None and there and row.draft and self._clock() - row.time < SESSION_S:
            connection.execute(delete(DOCUMENTS).where(self._of(owner, document.id), DOCUMENTS.c.revision == row.revision))
        return self._append(connection, owner, document, row.revision + 1 if row is not None else 1, draft=amends)

    def bring_back(self, owner: str, id: str) -> Stored[D]:
        """Undo a reset: save the newest version anew.

        Raises `DocumentMissing` when there is none, and `EditConflict` when there is a document of this id again.
        """
        versions = self.versions(owner, id)
        if not versions:
            raise _missing(id)
        return self.save(owner, versions[0].document, 0)

    def reset(self, owner: str, id: str) -> None:
        """Take the owner's document away: a shipped one shows as shipped again. `versions` still has what it was.

        Raises `DocumentMissing` when the owner has none of this id.
        """
        check_id(id)
        with self._database.write() as connection:
            row = self._newest(connection, owner, id)
            if row is None or row.body is None:
                raise _missing(id)
            self._append_row(connection, owner, id, row.revision + 1, None)

    def versions(self, owner: str, id: str) -> Sequence[Stored[D]]:
        """The last revisions (at most 5) that can be read, newest first; to go back, save one of them anew."""
        check_id(id)
        with self._database.read() as connection:
            rows = connection.execute(self._revisions(owner, id)).all()
        found = []
        for row in rows:
            if row.body is not None:
                with contextlib.suppress(DocumentInvalid):  # one that a newer Hearth wrote; `get` says so for the current one
                    found.append(self._stored(row))
        return found

    def export_yaml(self, owner: str, id: str) -> str:
        """The document as YAML; raises what `get` raises."""
        return write_mapping(self.get(owner, id).document.model_dump(mode="json"))

    def import_yaml(self, owner: str, text: str) -> Stored[D]:
        """Read a document and keep it: under its own id, or the next free one ("gg-2"), never over another.

        Raises `DocumentInvalid` with every problem.
        """
        return self._import(owner, self.read_yaml(text))

    def _import(self, owner: str, document: D, *, fresh: bool = False) -> Stored[D]:
        """Keep it under the next free id; `fresh` passes over the ids of documents that were taken away, too."""
        with self._database.write() as connection:
            id, row, count = document.id, self._newest(connection, owner, document.id), 1
            while id in self._shipped or (row is not None and (fresh or row.body is not None)):
                count += 1
                id = f"{document.id[:58]}-{count}"
                row = self._newest(connection, owner, id)
            document = document.model_copy(update={"id": id})
            return self._append(connection, owner, document, row.revision + 1 if row is not None else 1)

    def read_yaml(self, text: str) -> D:
        """A document from YAML, checked and not kept; raises `DocumentInvalid`."""
        return self.parse(read_mapping(text, 2 * self._size_limit))

    def parse(self, data: Mapping[str, Any]) -> D:
        """The document that `data` describes; raises `DocumentInvalid`, `problems` naming every field that is wrong."""
        document = self._validated(data)
        try:
            size = len(_body(document).encode())
        except UnicodeEncodeError:  # half of a surrogate pair, which pydantic lets through
            raise invalid(data, {"document": ("It holds broken characters.", "里面有损坏的字符。")}) from None
        if size > self._size_limit:
            raise invalid(data, {"document": _too_large(size, self._size_limit)})
        return document

    def _validated(self, data: Mapping[str, Any]) -> D:
        try:
            return self._model.model_validate(dict(data))
        except ValidationError as error:
            problems = sentences(error.errors(include_url=False))
            # A document of a newer form differs in fields too; only that it is newer helps its reader.
            raise invalid(data, {"version": problems["version"]} if "version" in problems else problems) from None

    def ids(self, owner: str) -> Collection[str]:
        """The ids of the owner's documents, readable or not."""
        return {row.id for row in self._current_rows(owner, DOCUMENTS.c.id)}

    def each(self, owner: str) -> Iterator[Stored[D]]:
        """The owner's own documents that can be read, oldest first, one by one: where thousands at once take much room."""
        with self._database.read() as connection:
            for row in connection.execute(self._newest_of_all(owner).order_by(DOCUMENTS.c.time), execution_options=_FEW):
                with contextlib.suppress(DocumentInvalid):
                    yield self._stored(row)

    def _current_rows(self, owner: str, *columns: Column[Any]) -> Sequence[Row[Any]]:
        with self._database.read() as connection:
            return connection.execute(self._newest_of_all(owner, *columns)).all()

    def _newest_of_all(self, owner: str, *columns: Column[Any]) -> Select[Any]:
        own = (DOCUMENTS.c.kind == self.kind) & (DOCUMENTS.c.owner == owner)
        newest = select(DOCUMENTS.c.id, func.max(DOCUMENTS.c.revision).label("revision")).where(own).group_by(DOCUMENTS.c.id)
        of = newest.subquery()
        joined = DOCUMENTS.join(of, (DOCUMENTS.c.id == of.c.id) & (DOCUMENTS.c.revision == of.c.revision))
        return select(*(columns or DOCUMENTS.c)).select_from(joined).where(own, DOCUMENTS.c.body.is_not(None))

    def _current(self, owner: str) -> tuple[dict[str, Stored[D]], dict[str, DocumentInvalid]]:
        kept: dict[str, Stored[D]] = {}
        broken: dict[str, DocumentInvalid] = {}
        for row in self._current_rows(owner):
            try:
                kept[row.id] = self._stored(row)
            except DocumentInvalid as error:
                broken[row.id] = error
        return kept, broken

    def _newest(self, connection: Connection, owner: str, id: str) -> Row[Any] | None:
        return connection.execute(self._revisions(owner, id).limit(1)).first()

    def _of(self, owner: str, id: str) -> ColumnElement[bool]:
        return (DOCUMENTS.c.kind == self.kind) & (DOCUMENTS.c.owner == owner) & (DOCUMENTS.c.id == id)

    def _revisions(self, owner: str, id: str) -> Select[Any]:
        return select(DOCUMENTS).where(self._of(owner, id)).order_by(DOCUMENTS.c.revision.desc())

    def _append(self, connection: Connection, owner: str, document: D, revision: int, *, draft: bool = False) -> Stored[D]:
        changed = self._append_row(connection, owner, document.id, revision, _body(document), draft)
        return Stored(document, revision, document.id in self._shipped, datetime.fromtimestamp(changed, UTC))

    def _append_row(
        self, connection: Connection, owner: str, id: str, revision: int, body: str | None, draft: bool = False
    ) -> float:
        now = self._clock()
        connection.execute(
            insert(DOCUMENTS).values(kind=self.kind, owner=owner, id=id, revision=revision, body=body, time=now, draft=draft)
        )
        if revision > KEPT_REVISIONS:
            # Amended revisions leave gaps: what is kept is counted, not reckoned from the number.
            kept = self._revisions(owner, id).with_only_columns(DOCUMENTS.c.revision).limit(KEPT_REVISIONS)
            connection.execute(delete(DOCUMENTS).where(self._of(owner, id), DOCUMENTS.c.revision.not_in(kept.scalar_subquery())))
        return now

    @staticmethod
    def _fields(row: Row[Any]) -> dict[str, Any] | None:
        """What a row holds, unchecked; None where it is damaged."""
        try:
            data = json.loads(row.body)
        except (ValueError, RecursionError):
            return None
        return data if isinstance(data, dict) else None

    def _stored(self, row: Row[Any]) -> Stored[D]:
        data = self._fields(row)
        try:
            changed = datetime.fromtimestamp(row.time, UTC)
        except (ValueError, OverflowError, OSError):  # a time that is none
            data = None
        if data is None:
            raise invalid({"id": row.id}, {"document": ("What is kept of it is damaged.", "保存的内容已损坏。")})
        return Stored(self._validated(data), row.revision, row.id in self._shipped, changed)

    def _as_shipped(self, id: str) -> Stored[D]:
        return Stored(self._shipped[id], 0, True, None)

    def _read_shipped(self, folder: Path) -> dict[str, D]:
        documents = {path.stem: self.read_yaml(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yaml"))}
        for stem, document in documents.items():
            if document.id != stem:
                raise invalid({"id": document.id}, {"id": (f"The file is named {stem!r}.", f"文件名却是 {stem!r}。")})
        return documents


def forget_documents(database: Database, owner: str) -> None:
    """Delete all documents of an owner, of every kind and with their earlier revisions, for good."""
    database.create(DOCUMENTS)
    with database.write() as connection:
        connection.execute(delete(DOCUMENTS).where(DOCUMENTS.c.owner == owner))


def check_id(id: str) -> None:
    """Raises `NameInvalid` unless `id` is `[a-z0-9][a-z0-9-]{0,63}`."""
    if not _ID.fullmatch(id):
        raise NameInvalid(*_id_sentences(id))


def _id_sentences(id: str) -> Sentences:
    return (
        f"{id[:80]!r} cannot be an id. Use at most 64 of a-z, 0-9 and hyphens, beginning with a letter or a digit.",
        f"{id[:80]!r} 不能作为标识。请用小写字母 a-z、数字和连字符，最多 64 个，以字母或数字开头。",
    )


def _body(document: Document) -> str:
    return json.dumps(document.model_dump(mode="json"), ensure_ascii=False)


def _too_large(size: int, limit: int) -> Sentences:
    return (
        f"It takes {size:,} bytes and may take at most {limit:,}. Shorten the longest texts.",
        f"它有 {size:,} 字节，最多 {limit:,} 字节。请缩短最长的几段。",
    )


def _missing(id: str) -> DocumentMissing:
    return DocumentMissing(f"There is no document {id!r} of yours. Choose another.", f"你没有名为 {id!r} 的文档，请换一个。")


def invalid(data: Mapping[str, Any], problems: Mapping[str, Sentences]) -> DocumentInvalid:
    """The error for a document with these problems (field -> sentences)."""
    name = str(data.get("id", ""))[:80]
    english = " ".join(f"{field}: {sentence}" for field, (sentence, _) in [*problems.items()][:_TOLD])
    chinese = " ".join(f"{field}：{sentence}" for field, (_, sentence) in [*problems.items()][:_TOLD])
    return DocumentInvalid(f"The document {name!r} is not right. {english}", f"文档 {name!r} 有问题。{chinese}", problems)
