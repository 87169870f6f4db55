"""Files in a folder, and a real Knowledge on a temporary folder with the double of an embedder."""

from types import SimpleNamespace

import pytest

from common.database import Database
from knowledge.base import Knowledge
from retrieval.embedding import HashEmbedder
from tests.papers import pdf, protected_pdf, word


@pytest.fixture
def files(tmp_path):
    """Ways to make files: `write(name, bytes or text)`, `pdf(pages)`, `protected_pdf()`, `word(path)`."""
    folder = tmp_path / "files"
    folder.mkdir()

    def write(name, content):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return SimpleNamespace(folder=folder, write=write, pdf=pdf, protected_pdf=protected_pdf, word=word)


@pytest.fixture
def open_knowledge(tmp_path):
    """Open knowledge on the test's data folder, as often as wanted; each has to be closed before the next one."""
    opened = []

    def make(embedder=None, folder=tmp_path / "data"):
        folder.mkdir(exist_ok=True)
        database = Database(folder / "hearth.db")
        knowledge = Knowledge(database, folder, embedder or HashEmbedder())
        opened.append((knowledge, database))
        return knowledge

    def close():
        while opened:
            knowledge, database = opened.pop()
            knowledge.close()
            database.close()

    make.close = close
    yield make
    close()


@pytest.fixture
def knowledge(open_knowledge):
    """Knowledge with one collection, "docs", of the owner "maker"."""
    knowledge = open_knowledge()
    knowledge.create_collection("maker", "Documents", "docs")
    return knowledge
