"""Which tools fit a message: the few that are put before the model.

A message may hold several wishes, so its sentences are asked beside the whole of it. Each is scored by words, with BM25F
(Robertson, Zaragoza and Taylor 2004) over title, description, field and parameters, and by vectors where the embedder reads its
language; both legs are standardised over their best 50, as `retrieval.fusion` does, and added.
"""

import re
import threading
from collections import Counter, OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.fusion import DEPTH, standardised_rows
from retrieval.tokenizing import is_common, tokens
from tools.base import Tool
from tools.nearness import Nearness

_FIELDS = np.array([3.0, 1.0, 0.5, 0.5], np.float32)  # weights of title, description, field and parameters
_K1 = 1.2
_B = 0.75
_COMMON_WEIGHT = 0.5
_DENSE_WEIGHT = 1.5
_WHOLE_WEIGHT = 0.5  # of the whole message beside its best sentence
_MESSAGE_LENGTH = 4000  # characters of a message that are read
_SENTENCES = 8  # of a message that are asked, the first ones
_SHORTEST = 4  # words, or characters and pairs of Chinese, of a sentence that is asked by itself
_INDEXES = 8  # kept at a time: those of the personas that are talked to

_CUTS = re.compile(
    r"(?<=[.!?;])\s+|(?<=[。！？；])|\n+|,? (?:and )?then |[,;] (?:and|also|finally|lastly) "
    r"| (?:Finally|Lastly|Additionally|Also|After that|Then|Next),? |[，、](?:然后|接着|另外|最后|顺便|再)"
)
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]+")
_COMPOUND = re.compile(r"[a-z0-9][A-Z]|_")
_FEW = 8
_NAMED_WORDS = 2  # a title of fewer English words, or of fewer than
_NAMED_HAN = 3  # so many Chinese characters, is a word that anybody uses


@dataclass(frozen=True, slots=True)
class _Entry:
    """A tool as the legs see it: `terms` int32 (n,), `counts` (n, 4) and `lengths` (4,) by field, and what is embedded."""

    terms: NDArray[np.int32]
    counts: NDArray[np.float32]
    lengths: NDArray[np.float32]
    text: str


class ToolFinder:
    """What a registry knows of its tools to find them by, kept for as long as the tools are; safe to use from several threads."""

    def __init__(self, nearness: Nearness | None = None) -> None:
        """Without `nearness` tools are found by words alone."""
        self._nearness = nearness
        self._terms: dict[str, int] = {}
        self._indexes: OrderedDict[tuple[int, ...], ToolIndex] = OrderedDict()
        self._lock = threading.Lock()

    def use(self, nearness: Nearness) -> None:
        """Find tools by vectors too, from the next search on."""
        with self._lock:
            self._nearness = nearness
            self._indexes.clear()

    def close(self) -> None:
        """Make no more vectors."""
        if self._nearness is not None:
            self._nearness.close()

    def prepare(self, tools: Collection[Tool]) -> None:
        """Make the vectors of all these tools, and wait for them. Raises `ModelMissing`."""
        if self._nearness is not None:
            self._nearness.fill([entry.text for entry in self.index(tools).entries])

    def index(self, tools: Collection[Tool]) -> "ToolIndex":
        """The tools, ready to be searched; made anew where one of them has changed since."""
        key = tuple(map(id, tools))  # an index holds its tools, so that no other can get their ids while it is kept
        with self._lock:
            if (found := self._indexes.get(key)) is None:
                pairs = (zip(index.tools, index.entries, strict=True) for index in self._indexes.values())
                known = {id(tool): entry for each in pairs for tool, entry in each}
                entries = [known.get(id(tool)) or self._entry(tool) for tool in tools]
                found = self._indexes[key] = ToolIndex(tools, entries, self._terms, self._nearness)
                while len(self._indexes) > _INDEXES:
                    self._indexes.popitem(last=False)
            self._indexes.move_to_end(key)
        return found

    def _entry(self, tool: Tool) -> _Entry:
        name = " ".join(_IDENTIFIER.findall(tool.spec.name)).replace("_", " ")
        parameters = _told_of(tool.spec.parameters)
        description = " ".join(dict.fromkeys([tool.spec.description, *tool.about.values()]))
        fields = [f"{name} {' '.join(dict.fromkeys(tool.titles.values()))}", description, tool.field, parameters]
        counted: dict[int, list[int]] = {}
        lengths = []
        for place, text in enumerate(fields):
            words = tokens(text)
            lengths.append(len(words))
            for word, count in Counter(words).items():
                counted.setdefault(self._terms.setdefault(word, len(self._terms)), [0, 0, 0, 0])[place] = count
        return _Entry(
            np.fromiter(counted, np.int32, len(counted)),
            np.array(list(counted.values()), np.float32).reshape(-1, 4),
            np.array(lengths, np.float32),
            "\n".join(filter(None, [" ".join(tokens(name)) if name.isascii() else name, description, tool.field, parameters])),
        )


class ToolIndex:
    """Some tools, ready to be searched; never changes."""

    def __init__(
        self, tools: Collection[Tool], entries: Sequence[_Entry], terms: Mapping[str, int], nearness: Nearness | None
    ) -> None:
        self.tools = tuple(tools)
        self.entries = tuple(entries)
        self._terms = terms
        self._nearness = nearness
        self._vectors: tuple[NDArray[np.float32], NDArray[np.intp]] | None = None
        # What a message may call a tool by: names and titles that nobody writes by chance.
        self._names = {tool.spec.name: n for n, tool in enumerate(self.tools) if _COMPOUND.search(tool.spec.name)}
        titles = ((title, n) for n, tool in enumerate(self.tools) for title in tool.titles.values())
        self._titles = [(title, n) for title, n in titles if _is_telling(title)]
        if not entries:
            return
        rows = np.repeat(np.arange(len(entries), dtype=np.int32), [len(entry.terms) for entry in entries])
        words = np.concatenate([entry.terms for entry in entries])
        lengths = np.stack([entry.lengths for entry in entries])
        usual = np.maximum(lengths.mean(axis=0), 1e-9)
        weighted = (np.concatenate([entry.counts for entry in entries]) / (1 - _B + _B * lengths / usual)[rows]) @ _FIELDS
        order = np.argsort(words, kind="stable")
        self._rows = rows[order]
        self._worth = (weighted * (_K1 + 1) / (weighted + _K1))[order]
        known, starts, sizes = np.unique(words[order], return_index=True, return_counts=True)
        self._postings = {int(term): slice(int(a), int(a + n)) for term, a, n in zip(known, starts, sizes, strict=True)}

    def search(
        self, message: str, limit: int, first: Collection[str] = (), always: Collection[str] = ()
    ) -> list[tuple[Tool, float]]:
        """The `limit` best tools for `message`, best first, each with its score in [0, 1].

        The tools of the ids `first`, and those that the message names, come before all others, and those of the ids `always`
        before these. Tools of one score keep their order.
        """
        if not self.tools or limit < 1:
            return []
        message = message[:_MESSAGE_LENGTH]
        wishes = wishes_of(message)
        scores = self._scores([message, *(wishes or [message])])
        total = (_WHOLE_WEIGHT * scores[0] + scores[1:].max(axis=0)) / (1 + _WHOLE_WEIGHT)
        foremost = np.zeros(len(self.tools), bool)
        foremost[[index for index, tool in enumerate(self.tools) if tool.id in first]] = True
        foremost[[self._names[word] for word in _IDENTIFIER.findall(message) if word in self._names]] = True
        foremost[[index for title, index in self._titles if title in message]] = True
        standing = np.array([tool.id in always for tool in self.tools])
        order = np.lexsort((-total, ~foremost, ~standing))[:limit]  # stable
        return [(self.tools[index], round(max(0.0, float(total[index])), 4)) for index in order]

    def _scores(self, questions: Sequence[str]) -> NDArray[np.float32]:
        """How far each tool stands out for each question, float32 (questions, tools): 1 for one that alone fits, at most."""
        counted = np.stack([self._by_words(question) for question in questions])
        words = _standing_out(counted, np.zeros((len(questions), 1), np.float32))
        known = self._known_vectors()
        asked = self._nearness.asked(questions) if self._nearness is not None and known is not None else None
        if asked is None or known is None:
            return words
        near = np.zeros_like(words)  # one that has no vector stands in the middle, neither helped nor harmed
        vectors, places = known
        if len(places):
            cosines = asked @ vectors.T
            near[:, places] = _standing_out(cosines, cosines.min(axis=1, keepdims=True))
        return np.asarray((words + _DENSE_WEIGHT * near) / (1 + _DENSE_WEIGHT), dtype=np.float32)

    def _by_words(self, question: str) -> NDArray[np.float32]:
        scores = np.zeros(len(self.tools), np.float32)
        for word in set(tokens(question)):
            posting = self._postings.get(self._terms.get(word, -1))
            if posting is None:
                continue
            holding = posting.stop - posting.start
            idf = np.log1p((len(self.tools) - holding + 0.5) / (holding + 0.5)) * (_COMMON_WEIGHT if is_common(word) else 1.0)
            scores[self._rows[posting]] += np.float32(idf) * self._worth[posting]
        return scores

    def _known_vectors(self) -> tuple[NDArray[np.float32], NDArray[np.intp]] | None:
        """The vectors of the tools that have one, float32 (those, dimension), and the places of these tools."""
        if self._nearness is None or self._vectors is not None:
            return self._vectors
        known = self._nearness.matrix([entry.text for entry in self.entries])
        if known is None:
            return None
        vectors, whole = known
        places = np.flatnonzero(vectors.any(axis=1))
        found = vectors[places], places
        if whole:
            self._vectors = found
        return found


def wishes_of(message: str) -> list[str]:
    """The sentences of a message that are worth asking by themselves; none where it is a single one."""
    parts = [part for part in _CUTS.split(message) if part and len(tokens(part)) >= _SHORTEST]
    return [] if parts == [message] else parts[:_SENTENCES]


def _standing_out(scores: NDArray[np.float32], least: NDArray[np.float32]) -> NDArray[np.float32]:
    """Standardised scores as shares of the most that one can have, that of the only one among `DEPTH` that has any.

    A few tools are seen among others that score `least` (rows, 1), so that one by itself can stand out too.
    """
    count = scores.shape[1]
    if count < _FEW:
        scores = np.concatenate([scores, np.repeat(least, _FEW - count, axis=1)], axis=1)
    most = np.sqrt(min(DEPTH, scores.shape[1]) - 1, dtype=np.float32)
    return np.asarray(standardised_rows(scores)[:, :count] / most, dtype=np.float32)


def _is_telling(title: str) -> bool:
    return len(title.split()) >= _NAMED_WORDS if title.isascii() else len(title) >= _NAMED_HAN


def _told_of(parameters: Mapping[str, Any]) -> str:
    """The names of parameters and what is said of them, those inside of others too."""
    properties = parameters.get("properties")
    if not isinstance(properties, Mapping):
        return ""
    told = []
    for name, schema in properties.items():
        told.append(str(name))
        if isinstance(schema, Mapping):
            told += [str(schema.get("description", "")), _told_of(schema)]
    return " ".join(filter(None, told))
