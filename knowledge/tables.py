"""The tables of knowledge. Which rows count, and how they change, is said in `knowledge.catalogue` alone."""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from common.database import metadata

COLLECTIONS = Table(
    "collections",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("owner", String, nullable=False),
    Column("id", String, nullable=False),
    Column("title", String, nullable=False),
    Column("embedder", String, nullable=False, default=""),
    Column("dimension", Integer, nullable=False, default=0),
    # Changes when the vectors are made anew, so that an index of other vectors is never taken for this one's.
    Column("epoch", String, nullable=False),
    Column("generation", Integer, nullable=False, default=0),
    Column("created", Float, nullable=False),
    Column("hidden", Boolean),  # not listed: what was attached to a conversation
    Column("removed", Float),  # when its owner deleted it; kept for a while, so that it can be taken back
    UniqueConstraint("owner", "id"),
    sqlite_autoincrement=True,
)

DOCUMENTS = Table(
    "knowledge_documents",
    metadata,
    Column("id", String, primary_key=True),
    Column("collection", ForeignKey("collections.key"), nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("title", String, nullable=False),
    Column("form", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("characters", Integer, nullable=False),
    Column("passages", Integer, nullable=False),
    Column("added", Float, nullable=False),
    Column("bytes", Integer, nullable=False, server_default="0"),  # of the file it came from
    Column("removed", Float),  # as for collections
    UniqueConstraint("collection", "name"),
)

# Lists of documents are read from here: beside their texts they would have to be gathered from all over the file.
Index(
    "knowledge_documents_listed",
    *(
        DOCUMENTS.c[name]
        for name in ("collection", "added", "name", "id", "title", "passages", "characters", "bytes", "form", "removed")
    ),
)

PASSAGES = Table(
    "passages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("collection", ForeignKey("collections.key"), nullable=False, index=True),
    Column("document", ForeignKey("knowledge_documents.id"), nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("heading", String, nullable=False),
    Column("page", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    # float32, little endian; NULL where the embedder cannot read the passage's language.
    Column("vector", LargeBinary),
    # A number is never used twice: an index may still hold the old passage of that number.
    sqlite_autoincrement=True,
)

INSTALLED = Table(
    "shipped_documents",
    metadata,
    Column("owner", String, primary_key=True),
    Column("collection", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("sha256", String, nullable=False),
)
