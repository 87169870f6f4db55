"""The values of knowledge: collections, documents, their passages, a hit (a passage with the reasons it was found), and outcomes.

Pure values without storage: `knowledge.catalogue` gives passages their ids and `knowledge.search` makes hits of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from knowledge.loading.document import LeftOut


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a document: `text` equals the stored text of the document from `start` to `end` (characters).

    `heading` is the path of headings above it ("Leave > Annual leave"), `page` counts from 1 and is 0 where a format has no
    pages. `id` is unique in the data folder.
    """

    id: int
    collection: str
    document: str
    title: str
    text: str
    heading: str = ""
    page: int = 0
    start: int = 0
    end: int = 0

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Passage":
        return cls(**data)


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a query.

    `score` in [0, 1], higher is nearer, says how well the passage fits the query and is comparable between queries; `dense`
    (cosine) and `lexical` (share of the query's information that the passage's words hold) are the reasons, None where
    that leg did not vote. `read` is how near it comes to each word of the query, at most 1, None where it was not read so
    closely. `neighbours` are the ids of passages next to it that were found as well: `passage` then reaches over
    them too, and has the id of the best.
    """

    passage: Passage
    score: float
    dense: float | None = None
    lexical: float | None = None
    neighbours: tuple[int, ...] = ()
    read: float | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "passage": self.passage.to_dict(),
            "score": self.score,
            "dense": self.dense,
            "lexical": self.lexical,
            "read": self.read,
            "neighbours": list(self.neighbours),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Hit":
        # Hits of older conversations have no neighbours.
        neighbours = tuple(data.get("neighbours", ()))
        return cls(Passage.from_dict(data["passage"]), data["score"], data["dense"], data["lexical"], neighbours)


@dataclass(frozen=True, slots=True)
class Record:
    """A question with what was said to it: one passage, whose heading, the question, weighs most in a search.

    `labels` are (name, value) pairs that a search can be narrowed to.
    """

    title: str
    text: str
    labels: tuple[tuple[str, str], ...] = field(default=(), kw_only=True)


@dataclass(frozen=True, slots=True)
class Filter:
    """What a search is narrowed to: what is left empty narrows nothing, and what is given must hold together.

    `documents` are ids of which one must be the passage's; `labels` names with the values of which a passage must bear one
    each; `after` and `before` bound when its document was added (seconds since 1970; at or after, and before).
    """

    documents: Sequence[str] = ()
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    after: float | None = None
    before: float | None = None

    def __bool__(self) -> bool:
        return bool(self.documents or any(self.labels.values())) or self.after is not None or self.before is not None


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection of an owner; `embedder` is "" until the first document gives it one.

    `characters` are those of its documents' texts, `bytes` those of the files they came from (0 for files of older versions).
    """

    id: str
    title: str
    documents: int
    passages: int
    embedder: str
    characters: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A document of a collection: `name` is its identity there, `title` what it calls itself; `added` in seconds since 1970.

    `bytes` is the size of its file, 0 where that is not known; `form` is "document", or "records" or "passages" for texts that
    came cut already; `chunking` is how it was cut, as `Chunking` writes it.
    """

    id: str
    name: str
    title: str
    passages: int
    characters: int
    added: float
    bytes: int = 0
    form: str = "document"
    chunking: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: `reason` and `reason_zh` say why it failed or was left as it is, "" when it is done.

    One that is kept as something else than a document is done, with what it is kept for as the reason. `left_out` are the
    parts of it that could not be taken, while the rest was.
    """

    path: str
    name: str
    state: Literal["done", "failed", "unchanged"]
    passages: int = 0
    reason: str = ""
    reason_zh: str = ""
    seconds: float = 0.0
    document: str = ""
    left_out: tuple[LeftOut, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one of several files is: `place` counts from 0 in the order they were given.

    A page of the web is fetched, a file is read, then its passages are embedded: `done` of `total` so far.
    """

    place: int
    name: str
    stage: Literal["fetching", "reading", "embedding", "cutting"]
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found: sizes, how vectors are searched ("chroma" or "exact"), and each problem (English, Chinese)."""

    collections: int
    documents: int
    passages: int
    index: str
    problems: tuple[tuple[str, str], ...]
