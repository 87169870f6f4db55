"""The values of knowledge: a passage of a document, and a hit, which is a passage with the reasons it was found.

Pure values without storage: `knowledge.catalogue` gives passages their ids and `knowledge.search` makes hits of them.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


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
    that leg did not vote.
    """

    passage: Passage
    score: float
    dense: float | None = None
    lexical: float | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "passage": self.passage.to_dict(),
            "score": self.score,
            "dense": self.dense,
            "lexical": self.lexical,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Hit":
        return cls(Passage.from_dict(data["passage"]), data["score"], data["dense"], data["lexical"])
