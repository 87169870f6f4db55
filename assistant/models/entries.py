"""Model servers that a maker entered: address, model, whether it may be near; and trying one out.

An entry is a document; its key is not in it but among the secrets, write-only. An address of this machine or its network is
reached only where the entry says so.
"""

import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field, field_validator

from assistant.messages import Message
from assistant.models import catalogue
from assistant.models.base import GenerationOptions, ModelInfo
from assistant.models.dialect import Manners
from assistant.models.remote import Patience, Reach, RemoteModel
from common.database import Database
from common.documents import UNSEEN, Document, DocumentStore, Stored
from common.errors import DocumentInvalid, HearthError, ModelError, StorageFailed
from common.problems import problem
from common.secrets import Secrets

_ADDRESS = re.compile(r"https?://[^\s/#?@]+(/[^\s#?]*)?")
_SECRET = "server."
_SHOWN = 6  # names of a server's models in a sentence
_PATIENCE = Patience(connect=8.0, first=60.0, between=30.0)


class ServerEntry(Document):
    """One model of one OpenAI-compatible server."""

    title: str = Field(min_length=1, max_length=80)
    address: str = Field(max_length=400)  # ends where "/chat/completions" is put behind it, usually with "/v1"
    model: str = Field(min_length=1, max_length=200)  # what the server calls it
    private: bool = False  # may be on this machine or in its network

    @field_validator("title", "model", mode="before")
    @classmethod
    def _one_line(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        if UNSEEN.search(value):
            raise problem("This must be one line.", "这里只能是一行文字。")
        if not value.strip():
            raise problem("Fill this in.", "请填写这一项。")
        return value.strip()

    @field_validator("address")
    @classmethod
    def _an_address(cls, value: str) -> str:
        value = value.strip().rstrip("/").removesuffix("/chat/completions")
        if not _ADDRESS.fullmatch(value):
            raise problem(
                "Give an address such as http://127.0.0.1:8000/v1, without a user name, a question mark or a #.",
                "请填写类似 http://127.0.0.1:8000/v1 的地址，不能带用户名、问号或 #。",
            )
        return value

    @property
    def name(self) -> str:
        """The model's name, as in `--model`."""
        return f"openai:{self.address}#{self.model}"

    @property
    def info(self) -> ModelInfo:
        return catalogue.describe(catalogue.parse(self.name))


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of trying a server out, in both languages; `models` is what it says it has."""

    worked: bool
    english: str
    chinese: str
    models: tuple[str, ...] = ()

    def sentence(self, language: str) -> str:
        return self.chinese if language == "zh" else self.english


class Servers:
    """The entries of each owner, with their keys."""

    def __init__(self, database: Database, secrets: Secrets, owner: str) -> None:
        self._documents = DocumentStore(database, "server", ServerEntry)
        self._secrets = secrets
        self._owner = owner
        self._manners: dict[str, Manners] = {}
        self.forget_keys()  # a removed entry keeps its key for an undo, until the next start

    def forget_keys(self) -> None:
        """Take away the keys of entries that are not there. Raises `StorageFailed`."""
        here = {_secret(stored.document) for stored in self.list()}
        unread = tuple(f"{_SECRET}{id}@" for id in self._documents.unreadable(self._owner))  # of a newer Hearth, perhaps
        for name in self._secrets.names():
            if name.startswith(_SECRET) and name not in here and not name.startswith(unread):
                self._secrets.put(name, "")

    def list(self) -> Sequence[Stored[ServerEntry]]:
        return self._documents.list(self._owner)

    def get(self, id: str) -> Stored[ServerEntry]:
        """Raises `DocumentMissing`."""
        return self._documents.get(self._owner, id)

    def parse(self, data: dict[str, object]) -> ServerEntry:
        """Raises `DocumentInvalid` with every problem."""
        return self._documents.parse(data)

    def add(self, title: str, address: str, model: str, private: bool, key: str = "") -> Stored[ServerEntry]:
        """Keep a new entry. Raises `DocumentInvalid` with every problem."""
        data = {
            "id": self._free_id(model),
            "title": title.strip() or model,
            "address": address,
            "model": model,
            "private": private,
        }
        return self.save(self.parse(data), 0, key)

    def save(self, entry: ServerEntry, revision: int, key: str | None = None) -> Stored[ServerEntry]:
        """Keep an entry and, unless None, its key ("" takes it away).

        A key is bound to the host it was given for: with another host and no new key it is taken away. Raises `DocumentInvalid`,
        `EditConflict`.
        """
        if key is not None and not re.fullmatch(r"[\x21-\x7e]{0,4000}", key.strip()):
            raise DocumentInvalid(
                "The key has characters that cannot be sent. Copy it again.",
                "密钥里有无法发送的字符。请重新复制。",
                {"key": ("Plain letters, digits and signs only.", "只能是普通字母、数字和符号。")},
            )
        before = _secret(self.get(entry.id).document) if revision else _secret(entry)
        stored = self._documents.save(self._owner, entry, revision)
        if before != _secret(entry):
            self._secrets.put(before, "")
        if key is not None:
            self._secrets.put(_secret(entry), key.strip())
        return stored

    def remove(self, id: str) -> ServerEntry:
        """Take an entry away; its key stays until the next start, so that this can be undone."""
        entry = self.get(id).document
        self._documents.reset(self._owner, id)
        return entry

    def restore(self, id: str) -> Stored[ServerEntry]:
        """Bring a removed entry back as it was. Raises `DocumentMissing`."""
        versions = self._documents.versions(self._owner, id)
        if not versions:
            return self.get(id)
        return self._documents.save(self._owner, versions[0].document, 0)

    def has_key(self, id: str) -> bool:
        return any(stored.document.id == id and self._secrets.has(_secret(stored.document)) for stored in self.list())

    def reach(self, name: str, started_with: str = "", key: str | None = None) -> Reach:
        """How the server of a model's name is spoken to; `started_with` and `key` are the command line's and the environment's.

        Whoever writes the command line may reach what they like; a name that is left from a removed entry may not.
        """
        for stored in self.list():
            if stored.document.name == name:
                return self._reach(stored.document)
        return Reach(key) if name == started_with else Reach(private=False)

    def manners(self, entry: ServerEntry) -> Manners:
        """What has been learnt of a server's ways since the start."""
        return self._manners.setdefault(entry.name, Manners())

    def test(self, entry: ServerEntry) -> Trial:
        """Ask the server what models it has, and for one word of an answer."""
        try:
            how = self._reach(entry)
        except StorageFailed as error:  # its key was stored with another key file
            return Trial(False, error.english, error.chinese)
        model = RemoteModel(
            entry.address, entry.model, info=entry.info, api_key=how.key, patience=_PATIENCE, public_only=not how.private
        )
        try:
            return _tried(model, entry)
        finally:
            model.close()

    def _reach(self, entry: ServerEntry) -> Reach:
        return Reach(self._secrets.get(_secret(entry)), entry.private)

    def _free_id(self, model: str) -> str:
        base = re.sub(r"[^a-z0-9]+", "-", model.lower()).strip("-")[:50] or "server"
        taken = {stored.document.id for stored in self.list()}
        return next(id for id in (base, *(f"{base}-{count}" for count in range(2, 10_000))) if id not in taken)


def _tried(model: RemoteModel, entry: ServerEntry) -> Trial:
    try:
        served = model.served()
    except HearthError as error:
        return Trial(False, error.english, error.chinese)
    names = tuple(served or ())
    if names and entry.model not in names:
        shown = ", ".join(names[:_SHOWN])
        return Trial(
            False,
            f"The server answers, but has no model {entry.model!r}. It has: {shown}.",
            f"服务器有回应，但没有模型 {entry.model!r}。它有：{shown}。",
            names,
        )
    began = time.monotonic()
    try:
        for _ in model.stream([Message("user", "Hello")], (), GenerationOptions(max_tokens=1), threading.Event()):
            pass
    except ModelError as error:
        return Trial(False, error.english, error.chinese, names)
    seconds = time.monotonic() - began
    return Trial(
        True,
        f"It works: {entry.model!r} answered in {seconds:.1f} s.",
        f"可以使用：{entry.model!r} 在 {seconds:.1f} 秒内作出了回答。",
        names,
    )


def _secret(entry: ServerEntry) -> str:
    """Scheme and host are in it: an entry of this id that came with a restored backup gets no key that was given for another
    host, or that would travel in the open now."""
    return f"{_SECRET}{entry.id}@{'/'.join(entry.address.split('/')[:3]).lower()}"
