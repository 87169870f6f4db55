"""Which collections their owner trusts: what a persona reads there is taken as the owner's own words.

A collection is trusted where its owner said so, and, until they said anything, where it holds nothing but documents that ship
with Hearth. The marks belong to this machine: no file that is added and no backup that is restored can bring one.
"""

from sqlalchemy import Boolean, Column, ColumnElement, Float, String, Table, and_, delete, insert, or_, select

from common.database import Database, metadata
from knowledge.rows import collection_missing
from knowledge.tables import COLLECTIONS, DOCUMENTS

# When a collection was made tells it from another of its id, which a stranger's backup may hold.
MARKS = Table(
    "trusted_collections",
    metadata,
    Column("owner", String, primary_key=True),
    Column("collection", String, primary_key=True),
    Column("created", Float, primary_key=True),
    Column("trusted", Boolean, nullable=False),
    info={"backup": False},
)

GIVEN = Table("documents_as_shipped", metadata, Column("document", String, primary_key=True), info={"backup": False})


class Trust:
    """The marks on the collections of every owner."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.create(MARKS, GIVEN)

    def of(self, owner: str) -> frozenset[str]:
        """The ids of the owner's trusted collections."""
        table = COLLECTIONS.join(MARKS, _marked(), isouter=True)
        given = DOCUMENTS.c.id.in_(select(GIVEN.c.document))
        there = DOCUMENTS.c.removed.is_(None)
        ships = and_(
            COLLECTIONS.c.key.in_(select(DOCUMENTS.c.collection).where(there, given)),
            COLLECTIONS.c.key.not_in(select(DOCUMENTS.c.collection).where(there, ~given)),
        )
        trusted = or_(MARKS.c.trusted.is_(True), and_(MARKS.c.trusted.is_(None), ships))
        with self._database.read() as connection:
            found = connection.execute(select(COLLECTIONS.c.id).select_from(table).where(_listed(owner), trusted))
            return frozenset(found.scalars())

    def mark(self, owner: str, collection: str, trusted: bool) -> None:
        """Raises `CollectionMissing`, also for one that is not listed: what was attached to a conversation is never trusted."""
        mine = and_(_listed(owner), COLLECTIONS.c.id == collection)
        with self._database.write() as connection:
            created = connection.execute(select(COLLECTIONS.c.created).where(mine)).scalar()
            if created is None:
                raise collection_missing(collection)
            connection.execute(delete(MARKS).where(MARKS.c.owner == owner, MARKS.c.collection == collection))
            connection.execute(insert(MARKS).values(owner=owner, collection=collection, created=created, trusted=trusted))

    def ships(self, document: str) -> None:
        """Remember that a document is one that came with Hearth."""
        with self._database.write() as connection:
            connection.execute(delete(GIVEN).where(GIVEN.c.document == document))
            connection.execute(insert(GIVEN).values(document=document))


def _marked() -> ColumnElement[bool]:
    return and_(
        MARKS.c.owner == COLLECTIONS.c.owner,
        MARKS.c.collection == COLLECTIONS.c.id,
        MARKS.c.created == COLLECTIONS.c.created,
    )


def _listed(owner: str) -> ColumnElement[bool]:
    return and_(COLLECTIONS.c.owner == owner, COLLECTIONS.c.removed.is_(None), COLLECTIONS.c.hidden.is_not(True))
