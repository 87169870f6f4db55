"""What was removed is gone from every answer and every index, can be taken back for a day, and is deleted after it."""

import pytest

from common.errors import CollectionMissing, DocumentMissing
from knowledge import shelves
from knowledge.types import Outcome, Progress


@pytest.fixture
def filled(knowledge, files):
    """Two documents in "docs"; (knowledge, the id of the one about penguins)."""
    added = [
        knowledge.add("maker", "docs", files.write("penguins.md", "# Penguins\n\nPenguins cannot fly but swim well.")),
        knowledge.add("maker", "docs", files.write("leave.md", "# 年假\n\n每年有十天带薪年假。")),
    ]
    return knowledge, added[0].document


def found(knowledge, words="penguins swim"):
    return [hit.passage.title for hit in knowledge.search("maker", words, ["docs"], 1, 0.25)]


def test_a_removed_document_is_nowhere_and_comes_back_whole(filled):
    knowledge, penguins = filled
    (passage,) = knowledge.passages("maker", penguins)
    knowledge.remove("maker", penguins)
    assert found(knowledge) == []
    assert [each.title for each in knowledge.documents("maker", "docs")] == ["年假"]
    assert knowledge.collections("maker")[0].documents == 1
    for gone in (
        lambda: knowledge.text("maker", penguins),
        lambda: knowledge.passage("maker", passage.id),
        lambda: knowledge.document("maker", penguins),
        lambda: knowledge.remove("maker", penguins),
    ):
        with pytest.raises(DocumentMissing):
            gone()
    assert knowledge.check().problems == ()
    with pytest.raises(DocumentMissing):
        knowledge.restore("somebody else", penguins)
    knowledge.restore("maker", penguins)
    assert found(knowledge) == ["Penguins"]
    assert knowledge.passage("maker", passage.id) == passage
    assert knowledge.check().problems == ()
    with pytest.raises(DocumentMissing):
        knowledge.restore("maker", penguins)


def test_a_new_document_takes_the_name_of_a_removed_one_for_good(filled, files):
    knowledge, penguins = filled
    knowledge.remove("maker", penguins)
    again = knowledge.add("maker", "docs", files.folder / "penguins.md")
    assert again.state == "done"
    with pytest.raises(DocumentMissing):
        knowledge.restore("maker", penguins)
    assert knowledge.check().problems == ()


def test_a_removed_collection_comes_back_whole(filled):
    knowledge, penguins = filled
    before = knowledge.collections("maker")
    knowledge.remove_collection("maker", "docs")
    assert knowledge.collections("maker") == []
    for gone in (
        lambda: found(knowledge),
        lambda: knowledge.documents("maker", "docs"),
        lambda: knowledge.collection("maker", "docs"),
    ):
        with pytest.raises(CollectionMissing):
            gone()
    with pytest.raises(DocumentMissing):
        knowledge.text("maker", penguins)
    assert knowledge.check().problems == ()
    assert knowledge.restore_collection("maker", "docs") == before[0]
    assert found(knowledge) == ["Penguins"]
    assert knowledge.settle(30)
    assert knowledge.check().problems == ()


def test_a_new_collection_takes_the_id_of_a_removed_one_for_good(filled):
    knowledge, _ = filled
    knowledge.remove_collection("maker", "docs")
    assert knowledge.create_collection("maker", "Anew", "docs").documents == 0
    with pytest.raises(CollectionMissing):
        knowledge.restore_collection("maker", "docs")


def test_what_was_removed_is_deleted_after_its_day(open_knowledge, filled, monkeypatch):
    knowledge, penguins = filled
    knowledge.remove("maker", penguins)
    knowledge.create_collection("maker", "Old", "old")
    knowledge.remove_collection("maker", "old")
    open_knowledge.close()
    monkeypatch.setattr(shelves, "KEPT_S", -1.0)
    again = open_knowledge()
    with pytest.raises(DocumentMissing):
        again.restore("maker", penguins)
    with pytest.raises(CollectionMissing):
        again.restore_collection("maker", "old")
    assert again.check().problems == ()


def test_what_was_removed_comes_back_after_a_rebuild_too(filled):
    knowledge, penguins = filled
    knowledge.remove("maker", penguins)
    knowledge.rebuild("maker")
    assert found(knowledge) == []
    assert knowledge.check().problems == ()
    assert found(knowledge, "带薪年假") == ["年假"]
    knowledge.restore("maker", penguins)
    assert found(knowledge) != []
    assert knowledge.check().problems == ()


def test_many_documents_are_listed_a_page_at_a_time_and_by_name(knowledge, files):
    for number in range(5):
        knowledge.add("maker", "docs", files.write(f"page_{number}.md", f"# Page {number}\n\nText {number}."))
    listed = knowledge.documents("maker", "docs")
    assert [each.name for each in knowledge.documents("maker", "docs", 2, 2)] == [each.name for each in listed[2:4]]
    assert [each.name for each in knowledge.documents("maker", "docs", words="page_3")] == ["page_3.md"]
    assert knowledge.documents("maker", "docs", words="%") == []
    assert knowledge.document("maker", listed[0].id) == ("docs", listed[0])
    assert listed[0].bytes == (files.folder / "page_0.md").stat().st_size


def test_a_file_is_told_of_as_it_is_read_and_embedded(knowledge, files):
    chapters = "\n\n".join(f"## Chapter {number}\n\nSentence {number}. " + "More words follow. " * 60 for number in range(150))
    paths = [files.write("book.md", chapters), files.write("empty.txt", b""), files.write("note.md", "A note.")]
    told = list(knowledge.adding("maker", "docs", [(path, path.name) for path in paths]))
    book = [each for each in told if isinstance(each, Progress) and each.place == 0]
    assert book[0] == Progress(0, "book.md", "reading")
    counted = [each.done for each in book[1:]]
    assert counted == sorted(set(counted))
    assert len(counted) > 1
    outcomes = [each for each in told if isinstance(each, Outcome)]
    assert book[-1].done == book[-1].total == outcomes[0].passages
    assert [each.state for each in outcomes] == ["done", "failed", "done"]
    assert Progress(1, "empty.txt", "reading") in told


def test_hits_of_two_owners_are_weighed_together(knowledge, files):
    knowledge.create_collection("maker", "More", "more")
    knowledge.create_collection("visitor", "Mine", "mine")
    penguins = files.write("penguins.md", "# Penguins\n\nPenguins cannot fly but swim well.")
    swimming = files.write("swimming.md", "# Swimming\n\nThe pool opens at nine; children swim with a guardian.")
    knowledge.add("visitor", "mine", penguins)
    knowledge.add("maker", "docs", swimming)
    knowledge.add("maker", "more", penguins)
    both = knowledge.search_shelves({"maker": ["docs"], "visitor": ["mine"]}, "penguins swim")
    alone = knowledge.search("maker", "penguins swim", ["docs", "more"])
    assert [(hit.passage.title, round(hit.score, 6)) for hit in both] == [
        (hit.passage.title, round(hit.score, 6)) for hit in alone
    ]
    assert [hit.passage.collection for hit in both] == ["mine", "docs"]
    with pytest.raises(CollectionMissing):
        knowledge.search_shelves({"maker": ["docs"], "stranger": ["mine"]}, "penguins")


def test_a_hidden_collection_is_searched_and_not_listed(knowledge, files):
    knowledge.hide_collection("maker", "aside", "Aside")
    knowledge.add("maker", "aside", files.write("a.md", "# Penguins\n\nPenguins swim."))
    assert [each.id for each in knowledge.collections("maker")] == ["docs"]
    assert knowledge.collection("maker", "aside").documents == 1
    assert knowledge.hidden() == knowledge.hidden("maker") == [("maker", "aside")]
    assert knowledge.hidden("visitor") == []
    assert knowledge.search("maker", "penguins swim", ["aside"])


def test_a_collection_gets_another_name(knowledge):
    assert knowledge.rename_collection("maker", "docs", "  Staff \n handbook ").title == "Staff handbook"
    with pytest.raises(CollectionMissing):
        knowledge.rename_collection("visitor", "docs", "Mine")
