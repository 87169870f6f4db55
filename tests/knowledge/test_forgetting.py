"""What was deleted is nowhere in the data folder any more: its bytes are looked for in every file."""

import random

import pytest

from knowledge import shelves, vectors
from tests.knowledge.test_reindexing import Other
from tests.timing import wait_until

ENGLISH = "The snow leopard zebrafinch sleeps behind the quartz waterfall."
CHINESE = "雪豹睡在石英瀑布后面的山洞里。"
MARKS = ("zebrafinch", "quartz waterfall", "雪豹", "石英瀑布后面")


@pytest.fixture(autouse=True)
def _with_chroma(monkeypatch):
    monkeypatch.setattr(vectors, "SMALL", 20)


@pytest.fixture
def traces(tmp_path):
    """The marks that are found in some file of the data folder: (file, mark)."""

    def look():
        found = set()
        for path in (tmp_path / "data").rglob("*"):
            data = path.read_bytes() if path.is_file() else b""
            for mark in MARKS:
                if any(mark.encode(encoding) in data for encoding in ("utf-8", "utf-16-le", "gb18030")):
                    found.add((path.name, mark))
        return found

    return look


@pytest.fixture
def filled(knowledge, files):
    """A collection of many documents, in which the marks lie among much else; (knowledge, the ids of those that have them)."""
    chance, marked = random.Random(4), []
    for number in range(60):
        parts = [f"## Part {part}\n\n" + f"Number {chance.random()} of {number}. " * chance.randrange(3, 30) for part in range(5)]
        if number % 6 == 0:
            parts[2] += f"{ENGLISH}\n\n{CHINESE} " + "And on it goes. " * chance.randrange(200)
        outcome = knowledge.add("maker", "docs", files.write(f"{number}.md", f"# {number}\n\n" + "\n\n".join(parts)))
        if number % 6 == 0:
            marked.append(outcome.document)
    assert knowledge.settle()
    return knowledge, marked


def found(knowledge):
    return [hit for hit in knowledge.search("maker", ENGLISH + CHINESE, ["docs"], 10) if "zebrafinch" in hit.passage.text]


def test_documents_leave_nothing_once_their_day_is_over(filled, traces, monkeypatch):
    knowledge, marked = filled
    assert found(knowledge)
    assert traces()
    for document in marked:
        knowledge.remove("maker", document)
    knowledge.forget()
    assert traces(), "they can be brought back for a day"
    monkeypatch.setattr(shelves, "KEPT_S", -1.0)
    knowledge.forget()
    assert traces() == set()
    assert found(knowledge) == []
    assert knowledge.check().problems == ()


def test_a_document_deleted_for_good_leaves_nothing_at_once(filled, traces):
    knowledge, marked = filled
    knowledge.remove("maker", marked[0])
    for document in marked:
        knowledge.delete("maker", document)
    knowledge.forget()
    assert traces() == set()
    assert knowledge.check().problems == ()


def test_a_document_that_is_replaced_leaves_nothing_of_what_it_was(filled, files, traces):
    knowledge, _ = filled
    for number in range(0, 60, 6):
        knowledge.add("maker", "docs", files.write(f"{number}.md", f"# Another {number}\n\nSomething else."))
    knowledge.forget()
    assert traces() == set()


@pytest.mark.parametrize("way", ["removed", "for good"])
def test_a_collection_leaves_nothing_whatever_was_going_on_in_it(filled, open_knowledge, files, traces, monkeypatch, way):
    open_knowledge.close()
    # In the middle of new vectors, with a file that failed and one that waits.
    knowledge = open_knowledge(Other(breaks_after=64))
    with pytest.raises(KeyboardInterrupt):
        knowledge.rebuild("maker")
    knowledge.intake.stop()
    knowledge.intake.add("maker", "docs", [(files.write("waits.md", ENGLISH + CHINESE), "waits.md")])
    knowledge.labels("maker", "docs")
    if way == "removed":
        monkeypatch.setattr(shelves, "KEPT_S", -1.0)
        knowledge.remove_collection("maker", "docs")
    else:
        knowledge.delete_collection("maker", "docs")
    knowledge.forget()
    knowledge.settle()
    assert traces() == set()
    assert knowledge.index._matrices == {}
    assert knowledge.check().problems == ()


def test_it_happens_by_itself_while_hearth_runs(filled, traces, monkeypatch):
    knowledge, marked = filled
    for document in marked:
        knowledge.remove("maker", document)
    knowledge.start()
    monkeypatch.setattr(shelves, "KEPT_S", -1.0)
    knowledge._upkeep.wake()
    wait_until(lambda: not traces())


def test_what_a_killed_process_left_goes_after_the_next_start(filled, open_knowledge, traces, monkeypatch):
    knowledge, marked = filled
    for document in marked:
        knowledge.delete("maker", document)
    assert traces()
    open_knowledge.close()
    monkeypatch.setattr("knowledge.upkeep._FIRST_S", 0.0)
    open_knowledge().start()
    wait_until(lambda: not traces())
