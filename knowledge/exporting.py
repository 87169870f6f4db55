"""A collection out as one file: its documents, labels and vectors as of one moment, written piece by piece.

What its owner removed is not in it, nor whether it is trusted: whoever takes the file in says that for themselves.
"""

import json
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, func, select

from common.database import Database
from knowledge.loading.document import unpacked_sections
from knowledge.parcel import DOCUMENTS as DOCUMENTS_PART
from knowledge.parcel import FORM, MANIFEST, VECTORS, Maker, Manifest, written
from knowledge.queries import require_row
from knowledge.tables import COLLECTIONS, DOCUMENTS, LABELS, PASSAGES

_AT_ONCE = 500  # rows


class Exporting:
    """Writes parcels (`knowledge.parcel`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __call__(self, owner: str, collection: str, path: Path) -> Manifest:
        """Write a collection to `path`, in place of what is there; returns what it says of itself.

        Raises `CollectionMissing` and `StorageFailed`; what was at `path` is there then.
        """
        with self._database.read() as connection:
            key = require_row(connection, owner, collection).key
            manifest = _manifest(connection, key)
            with written(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
                archive.writestr(MANIFEST, manifest.model_dump_json())
                documents = _documents(connection, key)
                with archive.open(DOCUMENTS_PART, "w", force_zip64=True) as part:
                    for document in documents:
                        part.write(_line(connection, document))
                vectors = zipfile.ZipInfo(VECTORS, archive.infolist()[0].date_time)
                vectors.compress_type = zipfile.ZIP_STORED  # numbers like these get no smaller
                with archive.open(vectors, "w", force_zip64=True) as part:
                    shape = (manifest.vectors, manifest.embedder.dimension)
                    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
                    np.lib.format.write_array_header_1_0(part, header)
                    for document in documents:
                        for some in _vectors(connection, document):
                            part.write(some)
        return manifest


def _manifest(connection: Connection, key: int) -> Manifest:
    row = connection.execute(select(COLLECTIONS).where(COLLECTIONS.c.key == key)).one()
    here = (DOCUMENTS.c.collection == key) & DOCUMENTS.c.removed.is_(None)
    documents = connection.execute(select(func.count()).select_from(DOCUMENTS).where(here)).scalar_one()
    joined = PASSAGES.join(DOCUMENTS, DOCUMENTS.c.id == PASSAGES.c.document)
    counted = select(func.count(), func.count(PASSAGES.c.vector), func.max(func.length(PASSAGES.c.vector)))
    passages, vectors, widest = connection.execute(counted.select_from(joined).where(here)).one()
    maker = Maker(
        name=row.embedder,
        revision=row.revision,
        dimension=widest // 4 if widest else row.dimension,
        languages=row.languages.split(),
    )
    return Manifest(
        form=FORM,
        made=datetime.now(UTC),
        title=row.title,
        embedder=maker,
        chunking=row.chunking,
        documents=documents,
        passages=passages,
        vectors=vectors,
    )


def _documents(connection: Connection, key: int) -> list[str]:
    """The documents in the order in which their passages were stored, so that they get their numbers in the same one."""
    query = select(DOCUMENTS.c.id).join(PASSAGES, PASSAGES.c.document == DOCUMENTS.c.id, isouter=True)
    query = query.where(DOCUMENTS.c.collection == key, DOCUMENTS.c.removed.is_(None)).group_by(DOCUMENTS.c.id)
    return list(connection.execute(query.order_by(func.min(PASSAGES.c.id), DOCUMENTS.c.id)).scalars())


def _line(connection: Connection, document: str) -> bytes:
    row = connection.execute(select(DOCUMENTS).where(DOCUMENTS.c.id == document)).one()
    pairs: dict[int, list[tuple[str, str]]] = {}
    for label in connection.execute(select(LABELS).where(LABELS.c.document == document).order_by(LABELS.c.name, LABELS.c.value)):
        pairs.setdefault(label.passage, []).append((label.name, label.value))
    sections = [
        (each.start, each.end, each.heading, each.page, each.labels)
        for each in (unpacked_sections(row.sections) if row.sections else ())
    ]
    paper = {
        **{name: row._mapping[name] for name in ("name", "title", "form", "sha256", "text", "added", "bytes", "chunking")},
        "titled": bool(row.titled),
        "sections": sections if row.sections else None,
        "passages": [
            (each.start, each.end, each.heading, each.page, bool(each.has), pairs.get(each.id, []))
            for each in _passages(connection, document)
        ],
    }
    return json.dumps(paper, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _passages(connection: Connection, document: str) -> Iterable[Row[Any]]:
    columns = (PASSAGES.c[name] for name in ("id", "start", "end", "heading", "page"))
    query = select(*columns, PASSAGES.c.vector.is_not(None).label("has")).where(PASSAGES.c.document == document)
    return connection.execute(query.order_by(PASSAGES.c.id).execution_options(yield_per=_AT_ONCE))


def _vectors(connection: Connection, document: str) -> Iterator[bytes]:
    query = select(PASSAGES.c.vector).where(PASSAGES.c.document == document, PASSAGES.c.vector.is_not(None))
    found = connection.execute(query.order_by(PASSAGES.c.id).execution_options(yield_per=_AT_ONCE))
    for some in found.scalars().partitions():
        yield b"".join(some)
