"""Labels of passages, and what a search is narrowed to: which passages a filter lets through, and how many bear which label.

Labels are written and deleted with their passages (`knowledge.catalogue`, `knowledge.queries`); here they are read.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select

from common.database import Database
from knowledge.loading.document import cleaned
from knowledge.queries import batches
from knowledge.rows import CollectionRow, NewPassage
from knowledge.tables import DOCUMENTS, LABELS, PASSAGES
from knowledge.types import Filter

MOST = 32
"""Labels that one passage can have; more are no help to whoever chooses among them."""

_NAME, _VALUE = 60, 200  # characters
_REMEMBERED = 64  # collections

Counts = dict[str, dict[str, int]]
"""name -> value -> how many passages bear it."""


def tidy(labels: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Labels as they are stored: on one line, each once, in order; those without a name or a value are none."""
    cut = ((" ".join(cleaned(name).split())[:_NAME], " ".join(cleaned(value).split())[:_VALUE]) for name, value in labels)
    return tuple(dict.fromkeys(pair for pair in cut if all(pair)))[:MOST]


def label_values(document: str, passages: Mapping[int, NewPassage]) -> list[dict[str, object]]:
    """The rows of a new document's labels, by the numbers that its passages got."""
    return [
        {"passage": number, "name": name, "value": value, "document": document}
        for number, passage in passages.items()
        for name, value in tidy(passage.labels)
    ]


class Labels:
    """Reads the labels of collections."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._counts: OrderedDict[tuple[int, str, int], Counts] = OrderedDict()

    def counts(self, row: CollectionRow) -> Counts:
        """The labels in a collection with how many passages bear each, names by the alphabet, the commonest value first."""
        key = (row.key, row.epoch, row.generation)
        with self._lock:
            if key in self._counts:
                return self._counts[key]
        number = func.count().label("number")
        query = select(LABELS.c.name, LABELS.c.value, number).join(DOCUMENTS, DOCUMENTS.c.id == LABELS.c.document)
        query = query.where(DOCUMENTS.c.collection == row.key, DOCUMENTS.c.removed.is_(None))
        query = query.group_by(LABELS.c.name, LABELS.c.value).order_by(LABELS.c.name, number.desc(), LABELS.c.value)
        found: Counts = {}
        with self._database.read() as connection:
            for name, value, count in connection.execute(query):
                found.setdefault(name, {})[value] = count
        with self._lock:
            self._counts[key] = found
            while len(self._counts) > _REMEMBERED:
                self._counts.popitem(last=False)
        return found

    def of_passages(self, ids: Sequence[int]) -> dict[int, tuple[tuple[str, str], ...]]:
        """The labels of each passage that has some."""
        found: dict[int, list[tuple[str, str]]] = {}
        with self._database.read() as connection:
            for some in batches(ids):
                query = select(LABELS.c.passage, LABELS.c.name, LABELS.c.value).where(LABELS.c.passage.in_(some))
                for passage, name, value in connection.execute(query.order_by(LABELS.c.name, LABELS.c.value)):
                    found.setdefault(passage, []).append((name, value))
        return {passage: tuple(labels) for passage, labels in found.items()}

    def allowed(self, keys: Sequence[int], wanted: Filter) -> NDArray[np.int64]:
        """The passages of the collections that a filter lets through, int64 (n,) ascending."""
        documents = select(DOCUMENTS.c.id).where(DOCUMENTS.c.collection.in_(keys), DOCUMENTS.c.removed.is_(None))
        if wanted.documents:
            documents = documents.where(DOCUMENTS.c.id.in_(list(wanted.documents)))
        if wanted.after is not None:
            documents = documents.where(DOCUMENTS.c.added >= wanted.after)
        if wanted.before is not None:
            documents = documents.where(DOCUMENTS.c.added < wanted.before)
        queries = [
            select(LABELS.c.passage).where(
                LABELS.c.name == name, LABELS.c.value.in_(list(values)), LABELS.c.document.in_(documents)
            )
            for name, values in wanted.labels.items()
            if values
        ]
        with self._database.read() as connection:
            found: NDArray[np.int64] | None = None
            for query in queries or [select(PASSAGES.c.id).where(PASSAGES.c.document.in_(documents))]:
                some = np.unique(np.fromiter(connection.execute(query).scalars(), dtype=np.int64))
                found = some if found is None else np.intersect1d(found, some, assume_unique=True)
        assert found is not None
        return found
