"""What must be made anew when the rows of the catalogue were replaced from outside: a backup was restored.

The word index is built from the passages; the vectors came with them. Every collection gets another epoch, so that nothing an
index or a cache knew of the rows before is taken for what they are now.
"""

from sqlalchemy import Connection, delete, func, select, update

from knowledge.rows import lexical_text
from knowledge.tables import COLLECTIONS, DOCUMENTS, EMBEDDED, JOBS, PASSAGES
from retrieval.lexical import LexicalIndex, LexicalRow


def renew(connection: Connection, lexical: LexicalIndex) -> list[str]:
    """Build the word index anew and mark every collection as changed, within the caller's transaction.

    Returns the files of the queue that nothing names once that is committed.
    """
    # Files that wait were meant for the collections as they were.
    files = list(connection.execute(delete(JOBS).returning(JOBS.c.file)).scalars())
    connection.execute(delete(EMBEDDED))
    connection.execute(update(COLLECTIONS).values(epoch=func.lower(func.hex(func.randomblob(6)))))
    lexical.empty(connection)
    passages = select(PASSAGES.c.id, PASSAGES.c.collection, PASSAGES.c.heading, PASSAGES.c.text).order_by(PASSAGES.c.id)
    removed = select(COLLECTIONS.c.key).where(COLLECTIONS.c.removed.is_not(None))
    there = DOCUMENTS.c.removed.is_(None) & DOCUMENTS.c.collection.not_in(removed)
    for document in connection.execute(select(DOCUMENTS.c.id, DOCUMENTS.c.form, DOCUMENTS.c.title).where(there)).all():
        rows = connection.execute(passages.where(PASSAGES.c.document == document.id)).all()
        lexical.add(
            (
                LexicalRow(row.id, str(row.collection), lexical_text(document.form, document.title, row.heading, row.text))
                for row in rows
            ),
            connection,
        )
    return files
