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
    Column("revision", String, nullable=False, server_default=""),  # of the embedder, "" where it has none
    Column("languages", String, nullable=False, server_default=""),  # that it reads, with spaces between
    # Changes when the vectors are made anew, so that an index of other vectors is never taken for this one's.
    Column("epoch", String, nullable=False),
    Column("generation", Integer, nullable=False, default=0),
    Column("created", Float, nullable=False),
    Column("chunking", String, nullable=False, server_default=""),  # how documents are cut: `knowledge.chunking.Chunking`
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
    Column("titled", Boolean),  # its owner gave it its title, which a newer file of its name does not change
    Column("chunking", String, nullable=False, server_default=""),  # how it was cut
    # Where headings and pages lie in the text (`knowledge.cutting`), so that it can be cut anew; NULL where passages tell it.
    Column("sections", LargeBinary),
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

# What a passage came labelled with, and a search can be narrowed to.
LABELS = Table(
    "knowledge_labels",
    metadata,
    Column("passage", ForeignKey("passages.id"), primary_key=True),
    Column("name", String, primary_key=True),
    Column("value", String, primary_key=True),
    Column("document", ForeignKey("knowledge_documents.id"), nullable=False),
    Index("knowledge_labels_found", "name", "value", "document", "passage"),
    Index("knowledge_labels_counted", "document", "name", "value"),
    sqlite_with_rowid=False,
)

INSTALLED = Table(
    "shipped_documents",
    metadata,
    Column("owner", String, primary_key=True),
    Column("collection", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("sha256", String, nullable=False),
)

# The queue belongs to this machine: its files lie beside the database, and no backup holds them.
JOBS = Table(
    "knowledge_jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", String, nullable=False),
    Column("collection", Integer, nullable=False),  # the key of a collection, which may be gone
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False, server_default="file"),
    Column("file", String, nullable=False),  # within the folder of what is waiting; "" where there is none
    Column("bytes", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("passages", Integer, nullable=False, server_default="0"),
    Column("english", String, nullable=False, server_default=""),
    Column("chinese", String, nullable=False, server_default=""),
    Column("document", String, nullable=False, server_default=""),
    Column("seconds", Float, nullable=False, server_default="0"),
    Column("left_out", Text, nullable=False, server_default=""),  # JSON: lines that were not taken, with the reasons
    Column("changed", Float, nullable=False),
    Index("knowledge_jobs_waiting", "state", "collection", "id"),
    info={"backup": False},
    sqlite_autoincrement=True,
)

# What is embedded of a long document before all of it is, so that a restart goes on where it was.
EMBEDDED = Table(
    "knowledge_embedded",
    metadata,
    Column("job", Integer, primary_key=True),
    Column("text", LargeBinary, primary_key=True),
    Column("vector", LargeBinary, nullable=False),
    info={"backup": False},
)

# Vectors that are to take the place of others, until all of a collection are there.
NEXT = Table(
    "knowledge_next_vectors",
    metadata,
    Column("passage", Integer, primary_key=True),
    Column("embedder", String, nullable=False),
    Column("vector", LargeBinary),
    info={"backup": False},
)

# That something was deleted for good, while traces of it may still lie in the files: see `knowledge.upkeep`.
TRACES = Table(
    "knowledge_traces",
    metadata,
    Column("number", Integer, primary_key=True),
    info={"backup": False},
    sqlite_autoincrement=True,
)
