"""Collections and documents: adding, replacing, removing, searching, and that nothing crosses owners."""

import resource

import pytest

from common.errors import CollectionMissing, DocumentMissing, EmbedderMismatch, NameInvalid, StorageFailed
from knowledge.base import RELEVANT
from knowledge.types import Collection, Record
from retrieval.embedding import EmbedderInfo, HashEmbedder, load_embedder

HANDBOOK = """# Staff handbook

## Annual leave

Every member of staff gets fifteen days of paid annual leave a year.

## Returns

A customer may return an undamaged book within fourteen days.
"""
ZH = """# 员工手册

## 年假

每位员工每年有十五天带薪年假，请提前两周登记。

## 退货

顾客可以在十四天内退回没有损坏的书。
"""


def add(knowledge, files, name, text, collection="docs", owner="maker"):
    return knowledge.add(owner, collection, files.write(name, text))


def test_a_document_is_found_with_its_place(knowledge, files):
    outcome = add(knowledge, files, "handbook.md", HANDBOOK)
    assert (outcome.state, outcome.passages, outcome.name) == ("done", 2, "handbook.md")
    best = knowledge.search("maker", "how many days of annual leave", ["docs"])[0]
    assert best.passage.title == "Staff handbook"
    assert best.passage.heading == "Annual leave"
    assert "fifteen days" in best.passage.text
    assert best.score >= RELEVANT
    assert knowledge.collections("maker") == [Collection("docs", "Documents", 1, 2, "hash-384", 178, 179)]


def test_chinese_is_found_by_a_word_of_two_characters(knowledge, files):
    add(knowledge, files, "en.md", HANDBOOK)
    add(knowledge, files, "zh.md", ZH)
    for question in ("年假", "年假有几天", "退货"):
        hit = knowledge.search("maker", question, ["docs"])[0]
        assert hit.passage.heading == question[:2]


def test_offsets_point_into_the_stored_text(knowledge, files):
    outcome = add(knowledge, files, "zh.md", ZH * 20)
    text = knowledge.text("maker", outcome.document)
    passages = knowledge.passages("maker", outcome.document)
    assert len(passages) == outcome.passages
    assert all(text[passage.start : passage.end] == passage.text for passage in passages)
    assert knowledge.passage("maker", passages[3].id) == passages[3]


def test_the_same_content_is_no_work_and_new_content_replaces(knowledge, files):
    first = add(knowledge, files, "handbook.md", HANDBOOK)
    again = add(knowledge, files, "handbook.md", HANDBOOK)
    assert (again.state, again.document) == ("unchanged", first.document)
    copy = add(knowledge, files, "copy.md", HANDBOOK)
    assert copy.state == "unchanged"
    assert "handbook.md" in copy.reason
    changed = add(knowledge, files, "handbook.md", HANDBOOK.replace("fifteen", "twenty"))
    assert changed.state == "done"
    assert [document.id for document in knowledge.documents("maker", "docs")] == [changed.document]
    texts = [hit.passage.text for hit in knowledge.search("maker", "annual leave days", ["docs"])]
    assert any("twenty" in text for text in texts)
    assert not any("fifteen" in text for text in texts)
    with pytest.raises(DocumentMissing):
        knowledge.text("maker", first.document)


def test_a_file_that_cannot_be_read_is_an_outcome_and_leaves_the_old_document(knowledge, files):
    add(knowledge, files, "a.md", HANDBOOK)
    outcome = add(knowledge, files, "a.md", b"")
    assert outcome.state == "failed"
    assert "empty" in outcome.reason
    assert "空" in outcome.reason_zh
    assert len(knowledge.documents("maker", "docs")) == 1


def test_removing_a_document_removes_it_from_every_index(knowledge, files):
    keep = add(knowledge, files, "zh.md", ZH)
    gone = add(knowledge, files, "en.md", HANDBOOK)
    passage = knowledge.passages("maker", gone.document)[0]
    knowledge.remove("maker", gone.document)
    assert all(hit.passage.document == keep.document for hit in knowledge.search("maker", "annual leave 年假", ["docs"], 50))
    with pytest.raises(DocumentMissing):
        knowledge.passage("maker", passage.id)
    with pytest.raises(DocumentMissing):
        knowledge.remove("maker", gone.document)
    assert knowledge.settle()
    assert knowledge.check().problems == ()


def test_records_are_found_by_their_question(knowledge):
    records = [
        Record("晚上总是失眠，怎么办", "睡前放下手机，躺不着就起来坐一会儿。"),
        Record("和室友吵架了", "先各自冷静，失眠的话听听音乐，失眠很常见。"),
        Record("  ", "   "),
    ]
    outcome = knowledge.add_records("maker", "docs", records, "chats.jsonl")
    assert (outcome.state, outcome.passages) == ("done", 2)
    hit = knowledge.search("maker", "我最近总是失眠怎么办", ["docs"])[0]
    assert hit.passage.heading == records[0].title
    assert hit.passage.text == records[0].text
    assert hit.score >= RELEVANT
    text = knowledge.text("maker", outcome.document)
    assert all(text[p.start : p.end] == p.text for p in knowledge.passages("maker", outcome.document))
    assert knowledge.add_records("maker", "docs", records, "chats.jsonl").state == "unchanged"


def test_what_is_about_something_else_is_below_the_threshold(knowledge, files):
    add(knowledge, files, "handbook.md", HANDBOOK)
    add(knowledge, files, "zh.md", ZH)
    for question in ("What is the capital of France?", "法国的首都在哪里", "how do submarines dive"):
        assert knowledge.search("maker", question, ["docs"], minimum=RELEVANT) == []


def test_limits_of_a_search(knowledge, files):
    add(knowledge, files, "handbook.md", HANDBOOK)
    assert len(knowledge.search("maker", "leave", ["docs"], limit=1)) == 1
    assert knowledge.search("maker", "leave", ["docs"], limit=0) == []
    assert knowledge.search("maker", "  ", ["docs"]) == []
    assert knowledge.search("maker", "leave", []) == []
    assert knowledge.search("maker", "leave " * 50_000, ["docs"])[0].passage.heading == "Annual leave"
    assert all(0 <= hit.score <= 1 for hit in knowledge.search("maker", 'a"b* OR 年', ["docs"], 50))


def test_collections_are_searched_together_and_apart(knowledge, files):
    knowledge.create_collection("maker", "Other", "other")
    add(knowledge, files, "en.md", HANDBOOK)
    add(knowledge, files, "zh.md", ZH, "other")
    both = {hit.passage.collection for hit in knowledge.search("maker", "年假 annual leave", ["docs", "other"], 10)}
    assert both == {"docs", "other"}
    assert {hit.passage.collection for hit in knowledge.search("maker", "年假 annual leave", ["other"], 10)} == {"other"}
    knowledge.delete_collection("maker", "docs")
    with pytest.raises(CollectionMissing):
        knowledge.search("maker", "leave", ["docs", "other"])
    assert [collection.id for collection in knowledge.collections("maker")] == ["other"]
    assert knowledge.settle()
    assert knowledge.check().problems == ()


def test_ids_of_collections(knowledge):
    made = knowledge.create_collection("maker", "  我的\n资料 ")
    assert made.title == "我的 资料"
    assert knowledge.ensure_collection("maker", made.id, "other title") == made
    with pytest.raises(NameInvalid):
        knowledge.create_collection("maker", "x", "docs")
    for bad in ("", "A", "-a", "a b", "../x", "x" * 65):
        with pytest.raises(NameInvalid):
            knowledge.create_collection("maker", "x", bad)


def test_nothing_crosses_owners(knowledge, files):
    mine = add(knowledge, files, "handbook.md", HANDBOOK)
    passage = knowledge.passages("maker", mine.document)[0]
    knowledge.create_collection("visitor", "Theirs", "docs")
    assert knowledge.documents("visitor", "docs") == []
    assert knowledge.search("visitor", "annual leave", ["docs"]) == []
    assert add(knowledge, files, "handbook.md", HANDBOOK, owner="visitor").state == "done"
    for call in (
        lambda: knowledge.text("visitor", mine.document),
        lambda: knowledge.passages("visitor", mine.document),
        lambda: knowledge.passage("visitor", passage.id),
        lambda: knowledge.remove("visitor", mine.document),
    ):
        with pytest.raises(DocumentMissing):
            call()
    knowledge.delete_collection("visitor", "docs")
    for call in (
        lambda: knowledge.documents("visitor", "docs"),
        lambda: knowledge.collection("visitor", "docs"),
        lambda: knowledge.search("visitor", "leave", ["docs"]),
        lambda: knowledge.delete_collection("visitor", "docs"),
        lambda: add(knowledge, files, "x.md", "x", owner="visitor"),
        lambda: knowledge.add_records("visitor", "docs", [Record("a", "b")]),
    ):
        with pytest.raises(CollectionMissing):
            call()
    assert knowledge.collections("visitor") == []
    knowledge.rebuild("visitor")
    assert knowledge.search("maker", "annual leave", ["docs"])[0].passage.document == mine.document


class OnlyEnglish(HashEmbedder):
    """Counts what it is given, so that a test sees who voted."""

    def __init__(self, name="only-english"):
        super().__init__()
        self.info = EmbedderInfo(name, 384, frozenset({"en"}), 256)
        self.seen = []

    def embed(self, texts, kind):
        self.seen += texts
        return super().embed(texts, kind)


def test_an_embedder_does_not_vote_on_what_it_cannot_read(open_knowledge, files):
    embedder = OnlyEnglish()
    knowledge = open_knowledge(embedder)
    knowledge.create_collection("maker", "Documents", "docs")
    add(knowledge, files, "zh.md", ZH)
    assert embedder.seen == []
    add(knowledge, files, "en.md", HANDBOOK)
    assert len(embedder.seen) == 2
    hits = knowledge.search("maker", "年假有几天", ["docs"], 50)
    assert hits[0].passage.heading == "年假"
    assert all(hit.dense is None for hit in hits)
    assert len(embedder.seen) == 2
    hits = knowledge.search("maker", "annual leave", ["docs"], 50)
    assert hits[0].passage.heading == "Annual leave"
    assert {hit.passage.title for hit in hits if hit.dense is not None} == {"Staff handbook"}


def test_another_embedder_finds_by_words_and_is_taken_over_by_a_rebuild(open_knowledge, files):
    knowledge = open_knowledge()
    knowledge.create_collection("maker", "Documents", "docs")
    add(knowledge, files, "en.md", HANDBOOK)
    open_knowledge.close()
    knowledge = open_knowledge(OnlyEnglish("newer"))
    hits = knowledge.search("maker", "annual leave", ["docs"])
    assert hits[0].passage.heading == "Annual leave"
    assert hits[0].dense is None
    with pytest.raises(EmbedderMismatch):
        add(knowledge, files, "zh.md", ZH)
    assert any("newer" not in english and "Rebuild" in english for english, _ in knowledge.check().problems)
    knowledge.rebuild("maker")
    assert add(knowledge, files, "zh.md", ZH).state == "done"
    assert knowledge.search("maker", "annual leave", ["docs"])[0].dense is not None
    assert knowledge.settle()
    assert knowledge.check().problems == ()
    assert knowledge.collection("maker", "docs").embedder == "newer"


def test_opening_loads_no_embedder(open_knowledge, files):
    calls = []

    def load():
        calls.append(1)
        return HashEmbedder()

    knowledge = open_knowledge(load)
    knowledge.create_collection("maker", "Documents", "docs")
    assert calls == []
    add(knowledge, files, "a.md", HANDBOOK)
    knowledge.search("maker", "leave", ["docs"])
    assert calls == [1]


def test_a_full_disk_leaves_nothing_half_there(knowledge, files, tmp_path):
    add(knowledge, files, "first.md", HANDBOOK)
    knowledge.settle()
    path = files.write("large.md", "\n\n".join(f"## Part {n}\n\n{HANDBOOK} {n}" for n in range(300)))
    size = max(file.stat().st_size for file in (tmp_path / "data").glob("hearth.db*"))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50_000, limits[1]))
    try:
        with pytest.raises(StorageFailed):
            knowledge.add("maker", "docs", path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [document.name for document in knowledge.documents("maker", "docs")] == ["first.md"]
    assert knowledge.check().problems == ()
    assert knowledge.add("maker", "docs", path).state == "done"
    assert knowledge.check().problems == ()


@pytest.mark.model
def test_meaning_is_found_where_no_word_is_shared(open_knowledge, files):
    knowledge = open_knowledge(load_embedder("builtin"))
    knowledge.create_collection("maker", "Documents", "docs")
    add(knowledge, files, "en.md", HANDBOOK)
    add(knowledge, files, "zh.md", ZH)
    assert knowledge.search("maker", "vacation entitlement", ["docs"])[0].passage.heading == "Annual leave"
    assert knowledge.search("maker", "can I give back a novel I bought?", ["docs"])[0].passage.heading == "Returns"
    assert knowledge.search("maker", "退书", ["docs"])[0].passage.heading == "退货"


def test_many_files_are_added_in_order_and_embedded_together(open_knowledge, files):
    class Counting(HashEmbedder):
        calls = 0

        def embed(self, texts, kind):
            self.calls += 1
            return super().embed(texts, kind)

    embedder = Counting()
    knowledge = open_knowledge(embedder)
    knowledge.create_collection("maker", "Documents", "docs")
    paths = [files.write(name, text) for name, text in (("a.md", HANDBOOK), ("b.txt", b""), ("c.md", ZH), ("d.md", HANDBOOK))]
    outcomes = list(knowledge.add_files("maker", "docs", [(path, path.name) for path in paths]))
    assert [(outcome.name, outcome.state) for outcome in outcomes] == [
        ("a.md", "done"),
        ("b.txt", "failed"),
        ("c.md", "done"),
        ("d.md", "unchanged"),
    ]
    assert embedder.calls == 1
    for path, heading in ((paths[0], "Annual leave"), (paths[2], "年假")):
        found = {document.name: document for document in knowledge.documents("maker", "docs")}[path.name]
        assert knowledge.passages("maker", found.id)[0].heading == heading
        assert knowledge.search("maker", heading, ["docs"])[0].passage.document == found.id
