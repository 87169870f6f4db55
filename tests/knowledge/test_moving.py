"""Documents under another title and in another collection: found there alone, whole, and as they were."""

import numpy as np
import pytest

from common.errors import CollectionMissing, DocumentMissing, EmbedderMismatch, NameInvalid
from knowledge import vectors
from knowledge.__main__ import main
from knowledge.chunking import Chunking
from knowledge.types import Filter, Record
from retrieval.embedding import HashEmbedder
from tests.knowledge.dying import came_to_its_end

OWNER = "maker"
LEAVE = "# Leave\n\nFifteen days of annual leave.\n\n# 病假\n\n病假要交证明。\n"


@pytest.fixture
def shelves(knowledge, files):
    """Knowledge with two collections, "docs" with a document and "more" with another; returns it and the id of the first."""
    knowledge.create_collection(OWNER, "More", "more")
    document = knowledge.add(OWNER, "docs", files.write("leave.md", LEAVE)).document
    knowledge.add(OWNER, "more", files.write("keys.md", "# Keys\n\nAsk the leader of the shift about keys."))
    return knowledge, document


def titles(knowledge, query, *collections):
    return [hit.passage.title for hit in knowledge.search(OWNER, query, collections)]


def exact(knowledge, collection):
    """The numbers of a collection's vectors as the index reads them, and as they are stored."""
    (row,) = knowledge._catalogue.require(OWNER, [collection])
    seen = {number for number, _ in knowledge.index.exact(row, HashEmbedder().embed(["leave"], "query")[0], 1000)}
    return seen, set(knowledge._catalogue.vector_ids(row.key))


def test_a_title_that_was_changed_is_what_is_shown_and_found(shelves):
    knowledge, document = shelves
    before = knowledge.passages(OWNER, document)
    assert knowledge.moving.rename(OWNER, document, "  Handbook\nof 书店 ") == "Leave"
    assert knowledge.document(OWNER, document)[1].title == "Handbook of 书店"
    assert knowledge.document(OWNER, document)[1].name == "leave.md"
    assert set(titles(knowledge, "handbook", "docs")) == {"Handbook of 书店"}
    assert set(titles(knowledge, "书店", "docs")) == {"Handbook of 书店"}
    assert [(each.id, each.text) for each in knowledge.passages(OWNER, document)] == [(each.id, each.text) for each in before]
    assert knowledge.settle()
    assert knowledge.check().problems == ()
    knowledge.moving.rename(OWNER, document, "Rules")
    assert all(hit.lexical is None or hit.lexical == 0 for hit in knowledge.search(OWNER, "handbook", ["docs"]))


def test_a_newer_file_of_the_name_leaves_a_title_that_was_given(shelves, files):
    knowledge, document = shelves
    knowledge.moving.rename(OWNER, document, "Rules")
    newer = knowledge.add(OWNER, "docs", files.write("leave.md", "# Leave\n\nTwenty days.")).document
    assert knowledge.document(OWNER, newer)[1].title == "Rules"
    assert titles(knowledge, "rules", "docs") == ["Rules"]
    keys = knowledge.add(OWNER, "more", files.write("keys.md", "# Doors\n\nAsk the leader.")).document
    assert knowledge.document(OWNER, keys)[1].title == "Doors"
    knowledge.remove(OWNER, newer)
    fresh = knowledge.add(OWNER, "docs", files.write("leave.md", "# Leave\n\nThirty days.")).document
    assert knowledge.document(OWNER, fresh)[1].title == "Leave"


def test_what_cannot_be_renamed_is_said(shelves):
    knowledge, document = shelves
    with pytest.raises(NameInvalid, match="needs a title"):
        knowledge.moving.rename(OWNER, document, " \x00 ")
    with pytest.raises(DocumentMissing):
        knowledge.moving.rename("visitor-1", document, "Mine")
    knowledge.remove(OWNER, document)
    with pytest.raises(DocumentMissing):
        knowledge.moving.rename(OWNER, document, "Gone")


def test_a_document_that_moves_is_in_the_other_collection_alone(shelves):
    knowledge, document = shelves
    before = knowledge.passages(OWNER, document)
    assert knowledge.moving.move(OWNER, document, "more") == "docs"
    assert knowledge.documents(OWNER, "docs") == []
    assert {each.name for each in knowledge.documents(OWNER, "more")} == {"leave.md", "keys.md"}
    assert titles(knowledge, "annual leave", "docs") == []
    assert titles(knowledge, "annual leave", "more")[0] == "Leave"
    after = knowledge.passages(OWNER, document)
    assert [(each.id, each.text, each.start) for each in after] == [(each.id, each.text, each.start) for each in before]
    assert {each.collection for each in after} == {"more"}
    assert knowledge.settle()
    for collection in ("docs", "more"):
        seen, stored = exact(knowledge, collection)
        assert seen == stored
    assert len(seen) == len(after) + 1
    assert knowledge.check().problems == ()
    assert knowledge.moving.move(OWNER, document, "docs") == "more"
    assert titles(knowledge, "annual leave", "docs")[0] == "Leave"
    assert exact(knowledge, "docs")[0] == {each.id for each in before}
    assert knowledge.moving.move(OWNER, document, "docs") == "docs"


def test_labels_and_the_way_of_cutting_go_along(knowledge):
    knowledge.create_collection(OWNER, "More", "more")
    records = [Record(f"Question {n}", f"Answer {n}", labels=(("kind", "odd" if n % 2 else "even"),)) for n in range(4)]
    document = knowledge.add_records(OWNER, "docs", records).document
    assert knowledge.labels(OWNER, "docs") == {"kind": {"even": 2, "odd": 2}}
    assert knowledge.labels(OWNER, "more") == {}
    knowledge.cutting.choose(OWNER, "more", Chunking("whole"))
    knowledge.moving.move(OWNER, document, "more")
    assert knowledge.labels(OWNER, "docs") == {}
    assert knowledge.labels(OWNER, "more") == {"kind": {"even": 2, "odd": 2}}
    odd = knowledge.search(OWNER, "answer", ["more"], filter=Filter(labels={"kind": ["odd"]}))
    assert {hit.passage.text for hit in odd} == {"Answer 1", "Answer 3"}
    assert knowledge.document(OWNER, document)[1].form == "records"


def test_a_collection_cut_in_another_way_says_so_of_what_came(shelves):
    knowledge, document = shelves
    knowledge.cutting.choose(OWNER, "more", Chunking("whole"))
    was = knowledge.cutting.otherwise(OWNER, "more")
    knowledge.moving.move(OWNER, document, "more")
    assert knowledge.cutting.otherwise(OWNER, "more") == was + 1
    assert list(knowledge.cutting(OWNER, "more"))[-1].state == "done"
    assert len(knowledge.passages(OWNER, document)) == 1
    assert titles(knowledge, "annual leave", "more")[0] == "Leave"


@pytest.mark.parametrize("act", ["rename", "move"])
def test_a_document_that_goes_while_it_is_cut_again_is_cut_where_it_is(shelves, act, monkeypatch):
    knowledge, document = shelves
    knowledge.cutting.choose(OWNER, "docs", Chunking("whole"))
    real = knowledge._catalogue.recut

    def meanwhile(*given):
        monkeypatch.undo()
        if act == "move":
            knowledge.moving.move(OWNER, document, "more")
        else:
            knowledge.moving.rename(OWNER, document, "Handbook")
        return real(*given)

    monkeypatch.setattr(knowledge._catalogue, "recut", meanwhile)
    list(knowledge.cutting(OWNER, "docs"))
    where = "more" if act == "move" else "docs"
    assert {each.collection for each in knowledge.passages(OWNER, document)} == {where}
    assert exact(knowledge, where)[0] >= {each.id for each in knowledge.passages(OWNER, document)}
    assert len(knowledge.passages(OWNER, document)) == (2 if act == "move" else 1)
    assert knowledge.check().problems == ()
    if act == "rename":
        assert titles(knowledge, "handbook", "docs") == ["Handbook"]


def test_what_cannot_be_moved_stays_and_is_said(shelves, files):
    knowledge, document = shelves
    knowledge.add(OWNER, "more", files.write("leave.md", "# Other\n\nAnother file of that name."))
    with pytest.raises(NameInvalid, match=r"'more' already has a document named 'leave\.md'"):
        knowledge.moving.move(OWNER, document, "more")
    with pytest.raises(CollectionMissing, match="'nowhere'"):
        knowledge.moving.move(OWNER, document, "nowhere")
    knowledge.create_collection("visitor-1", "Theirs", "theirs")
    with pytest.raises(CollectionMissing):
        knowledge.moving.move(OWNER, document, "theirs")
    knowledge.hide_collection(OWNER, "attached", "Attached")
    with pytest.raises(CollectionMissing):
        knowledge.moving.move(OWNER, document, "attached")
    with pytest.raises(DocumentMissing):
        knowledge.moving.move("visitor-1", document, "theirs")
    knowledge.remove_collection(OWNER, "more")
    with pytest.raises(CollectionMissing):
        knowledge.moving.move(OWNER, document, "more")
    assert knowledge.document(OWNER, document)[0] == "docs"
    assert titles(knowledge, "annual leave", "docs")[0] == "Leave"
    knowledge.remove(OWNER, document)
    with pytest.raises(DocumentMissing):
        knowledge.moving.move(OWNER, document, "docs")


def test_a_removed_document_of_the_name_gives_way_and_one_that_moved_can_come_back(shelves, files):
    knowledge, document = shelves
    gone = knowledge.add(OWNER, "more", files.write("leave.md", "# Other\n\nAnother file of that name.")).document
    knowledge.remove(OWNER, gone)
    knowledge.moving.move(OWNER, document, "more")
    with pytest.raises(DocumentMissing):
        knowledge.restore(OWNER, gone)
    knowledge.remove(OWNER, document)
    assert "Leave" not in titles(knowledge, "annual leave", "more")
    knowledge.restore(OWNER, document)
    assert titles(knowledge, "annual leave", "more")[0] == "Leave"
    assert knowledge.document(OWNER, document)[0] == "more"
    assert knowledge.check().problems == ()


def test_vectors_of_two_embedders_never_lie_in_one_collection(open_knowledge, files):
    knowledge = open_knowledge()
    knowledge.create_collection(OWNER, "Documents", "docs")
    knowledge.create_collection(OWNER, "More", "more")
    document = knowledge.add(OWNER, "docs", files.write("leave.md", LEAVE)).document
    open_knowledge.close()
    knowledge = open_knowledge(HashEmbedder(64))
    knowledge.add(OWNER, "more", files.write("keys.md", "# Keys\n\nAsk the leader."))
    with pytest.raises(EmbedderMismatch, match="Re-index"):
        knowledge.moving.move(OWNER, document, "more")
    list(knowledge.reindexing(OWNER, "docs"))
    knowledge.moving.move(OWNER, document, "more")
    assert titles(knowledge, "annual leave", "more")[0] == "Leave"


def test_an_empty_collection_takes_the_embedder_of_what_comes(shelves):
    knowledge, document = shelves
    knowledge.create_collection(OWNER, "New", "new")
    knowledge.moving.move(OWNER, document, "new")
    assert knowledge.collection(OWNER, "new").embedder == HashEmbedder().info.name
    assert any(hit.dense is not None for hit in knowledge.search(OWNER, "annual leave", ["new"]))


def test_chroma_follows_a_move_between_large_collections(open_knowledge, monkeypatch):
    monkeypatch.setattr(vectors, "SMALL", 2)
    knowledge = open_knowledge()
    documents = {}
    for name in ("docs", "more"):
        knowledge.create_collection(OWNER, name, name)
        for part in ("a", "b"):
            records = [Record(f"Question {name} {part} {n}", f"Answer {n} of {part} in {name}") for n in range(6)]
            documents[name, part] = knowledge.add_records(OWNER, name, records, part + name).document
    assert knowledge.settle(60)
    knowledge.moving.move(OWNER, documents["docs", "a"], "more")
    assert knowledge.settle(60)
    (vector,) = HashEmbedder().embed(["Question docs a 3"], "query")
    for name, count in (("docs", 6), ("more", 18)):
        (row,) = knowledge._catalogue.require(OWNER, [name])
        assert knowledge.index.current(row)
        found = knowledge.index.search(row, vector, 100)
        assert len(found) == count
        np.testing.assert_allclose([s for _, s in found], [s for _, s in knowledge.index.exact(row, vector, 100)], atol=1e-4)


def test_a_move_that_is_killed_leaves_the_document_in_one_place(shelves, open_knowledge, monkeypatch):
    """At each statement of the transaction in turn, in a process of its own."""
    knowledge, document = shelves
    open_knowledge.close()
    ended = 0
    for fatal in range(1, 60, 3):
        moved = came_to_its_end(open_knowledge, fatal, lambda mine: mine.moving.move(OWNER, document, "more"))
        knowledge = open_knowledge()
        (there, gone) = ("more", "docs") if moved else ("docs", "more")
        assert [each.id for each in knowledge.documents(OWNER, there) if each.name == "leave.md"] == [document]
        assert all(each.name != "leave.md" for each in knowledge.documents(OWNER, gone))
        assert titles(knowledge, "annual leave", there)[0] == "Leave"
        assert "Leave" not in titles(knowledge, "annual leave", gone)
        assert knowledge.check().problems == ()
        open_knowledge.close()
        if moved:
            break
        ended += 1
    assert moved
    assert ended > 4


def test_the_command_line_moves_and_renames(tmp_path, capsys, files):
    def run(*arguments):
        status = main([*arguments, "--data", str(tmp_path / "data"), "--embedder", "hash"])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    run("add", str(files.write("leave.md", LEAVE)), "--collection", "docs")
    run("add", str(files.write("keys.md", "# Keys\n\nAsk.")), "--collection", "more")
    document = run("list", "--collection", "docs")[1].split()[0]
    assert run("rename", document, "Rules of leave")[0] == 0
    assert "Rules of leave" in run("list", "--collection", "docs")[1]
    assert run("move", document, "--collection", "more")[:2] == (0, "moved from docs to more\n")
    assert run("list", "--collection", "docs")[1] == ""
    assert "Rules of leave" in run("list", "--collection", "more")[1]
    status, _, told = run("move", document, "--collection", "nowhere")
    assert status == 1
    assert told.startswith("There is no collection 'nowhere'")
