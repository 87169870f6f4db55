"""The BEIR file form: `corpus.jsonl`, `queries.jsonl` and `qrels/test.tsv` in one folder."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common.errors import HearthError


@dataclass(frozen=True, slots=True)
class Entry:
    """A document to be found; `fields` holds what a data set has beyond title and text."""

    id: str
    title: str
    text: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """Documents, queries by id, and for each query the grades (above 0) of its relevant documents."""

    name: str
    corpus: tuple[Entry, ...]
    queries: Mapping[str, str]
    relevant: Mapping[str, Mapping[str, int]]


def read_beir(folder: Path) -> RetrievalSet:
    """The set in the folder; queries without a relevant document are left out. Raises `HearthError` where it is not one."""
    try:
        corpus = tuple(_entry(line) for line in _lines(folder / "corpus.jsonl"))
        queries = {line["_id"]: line["text"] for line in _lines(folder / "queries.jsonl")}
        relevant: dict[str, dict[str, int]] = {}
        for row in (folder / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]:
            query, document, grade = row.split("\t")
            if int(grade) > 0:
                relevant.setdefault(query, {})[document] = int(grade)
    except (OSError, ValueError, KeyError) as error:
        raise HearthError(
            f"{str(folder)!r} is no data set in the BEIR form ({type(error).__name__}: {error}). "
            "It needs corpus.jsonl, queries.jsonl and qrels/test.tsv.",
            f"{str(folder)!r} 不是 BEIR 格式的数据集（{type(error).__name__}：{error}）。"
            "需要 corpus.jsonl、queries.jsonl 和 qrels/test.tsv。",
        ) from error
    asked = {key: text for key, text in queries.items() if key in relevant}
    return RetrievalSet(folder.name, corpus, asked, relevant)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def _entry(line: dict[str, Any]) -> Entry:
    rest = {key: value for key, value in line.items() if key not in ("_id", "title", "text")}
    return Entry(line["_id"], line.get("title", ""), line["text"], rest)
