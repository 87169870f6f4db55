"""What a search is narrowed to: labels that live and die with their passages, and filters that lose nothing in either leg."""

import random

import numpy as np
import pytest

from common.database import Database
from common.errors import CollectionMissing
from knowledge import search as searching
from knowledge.labels import MOST, tidy
from knowledge.types import Filter, Record
from retrieval import lexical
from retrieval.embedding import HashEmbedder
from retrieval.lexical import LexicalIndex, LexicalRow

WORDS = [f"word{number}" for number in range(60)]


def colour(value, *texts):
    return [Record(text, f"{text} answered.", labels=(("colour", value),)) for text in texts]


def rows(knowledge):
    """How many labels are stored."""
    with knowledge._catalogue._database.read() as connection:
        return connection.exec_driver_sql("SELECT count(*) FROM knowledge_labels").scalar_one()


def headings(hits):
    return [hit.passage.heading for hit in hits]


@pytest.fixture
def coloured(knowledge):
    """Two documents: "a" with red and blue records, "b" with blue ones and one without."""
    a = knowledge.add_records(
        "maker", "docs", colour("red", "Penguins swim", "Penguins walk") + colour("blue", "Whales swim"), "a"
    )
    b = knowledge.add_records("maker", "docs", [*colour("blue", "Penguins dive"), Record("Penguins sleep", "They do.")], "b")
    return knowledge, a.document, b.document


# the labels


def test_labels_are_counted_and_belong_to_their_owner(coloured):
    knowledge, _, _ = coloured
    assert knowledge.labels("maker", "docs") == {"colour": {"blue": 2, "red": 2}}
    passages = [hit.passage for hit in knowledge.search("maker", "penguins sleep dive", ["docs"], 9)]
    found = {passage.heading: knowledge.labels_of(passages).get(passage.id) for passage in passages}
    assert found["Penguins dive"] == (("colour", "blue"),)
    assert found["Penguins sleep"] is None
    with pytest.raises(CollectionMissing):
        knowledge.labels("visitor", "docs")


def test_labels_are_stored_tidily():
    assert tidy([(" a\nb ", "x  y"), ("a b", "x y"), ("", "z"), ("n", " "), ("a b", "other")]) == (
        ("a b", "x y"),
        ("a b", "other"),
    )
    assert len(tidy((f"n{number}", "v") for number in range(100))) == MOST
    assert tidy([("n" * 500, "v" * 500)]) == (("n" * 60, "v" * 200),)


def test_labels_go_with_a_document_and_come_back_with_it(coloured):
    knowledge, a, _ = coloured
    knowledge.remove("maker", a)
    assert knowledge.labels("maker", "docs") == {"colour": {"blue": 1}}
    assert headings(knowledge.search("maker", "penguins", ["docs"], filter=Filter(labels={"colour": ["red"]}))) == []
    knowledge.restore("maker", a)
    assert knowledge.labels("maker", "docs") == {"colour": {"blue": 2, "red": 2}}
    assert rows(knowledge) == 4


def test_labels_are_replaced_with_their_document(coloured):
    knowledge, _, _ = coloured
    knowledge.add_records("maker", "docs", colour("green", "Penguins swim", "Penguins walk"), "a")
    assert knowledge.labels("maker", "docs") == {"colour": {"green": 2, "blue": 1}}
    assert rows(knowledge) == 3
    # Other labels are another content, though the words are the same.
    assert knowledge.add_records("maker", "docs", colour("red", "Penguins swim", "Penguins walk"), "a").state == "done"
    assert knowledge.add_records("maker", "docs", colour("red", "Penguins swim", "Penguins walk"), "a").state == "unchanged"


def test_labels_survive_a_removal_a_restart_and_another_embedder(open_knowledge, coloured):
    knowledge, _, _ = coloured
    counted = knowledge.labels("maker", "docs")
    knowledge.remove_collection("maker", "docs")
    knowledge.restore_collection("maker", "docs")
    assert knowledge.labels("maker", "docs") == counted
    open_knowledge.close()
    knowledge = open_knowledge(HashEmbedder(256))
    knowledge.rebuild("maker")
    assert knowledge.labels("maker", "docs") == counted
    hits = knowledge.search("maker", "penguins", ["docs"], filter=Filter(labels={"colour": ["red"]}))
    assert sorted(headings(hits)) == ["Penguins swim", "Penguins walk"]
    knowledge.delete_collection("maker", "docs")
    assert rows(knowledge) == 0


def test_labels_are_in_a_backup(coloured, tmp_path):
    knowledge, _, _ = coloured
    database: Database = knowledge._catalogue._database
    counted = knowledge.labels("maker", "docs")
    copied = database.save_copy(tmp_path / "copy.db")
    assert copied["knowledge_labels"] == 4
    knowledge.delete_collection("maker", "docs")
    database.check_copy(tmp_path / "copy.db")
    database.take_over(tmp_path / "copy.db", knowledge.renew)
    knowledge.refresh()
    assert knowledge.labels("maker", "docs") == counted
    assert knowledge.search("maker", "penguins", ["docs"], filter=Filter(labels={"colour": ["red"]}))


# what a filter lets through


def test_a_filter_narrows_to_documents_labels_and_dates(coloured):
    knowledge, a, b = coloured

    def found(**wanted):
        return set(headings(knowledge.search("maker", "penguins whales", ["docs"], 9, filter=Filter(**wanted))))

    everything = {"Penguins swim", "Penguins walk", "Whales swim", "Penguins dive", "Penguins sleep"}
    assert found() == everything
    assert not Filter(labels={"colour": []})
    assert found(labels={"colour": []}) == everything
    assert found(documents=[b]) == {"Penguins dive", "Penguins sleep"}
    assert found(documents=[a, b]) == everything
    assert found(documents=["none"]) == set()
    assert found(labels={"colour": ["blue"]}) == {"Whales swim", "Penguins dive"}
    assert found(labels={"colour": ["blue", "red"]}) == everything - {"Penguins sleep"}
    assert found(labels={"colour": ["blue"]}, documents=[a]) == {"Whales swim"}
    assert found(labels={"colour": ["blue"], "size": ["large"]}) == set()
    added = {each.name: each.added for each in knowledge.documents("maker", "docs")}
    assert found(after=added["b"]) == {"Penguins dive", "Penguins sleep"}
    assert found(before=added["b"]) == everything - {"Penguins dive", "Penguins sleep"}
    assert found(before=added["a"]) == set()


def test_a_filter_holds_for_the_collections_of_several_owners(coloured):
    knowledge, _, _ = coloured
    knowledge.create_collection("visitor", "Mine", "mine")
    knowledge.add_records("visitor", "mine", colour("red", "Penguins of mine"), "c")
    wanted = Filter(labels={"colour": ["red"]})
    both = knowledge.search_shelves({"maker": ["docs"], "visitor": ["mine"]}, "penguins", 9, filter=wanted)
    assert sorted(headings(both)) == ["Penguins of mine", "Penguins swim", "Penguins walk"]
    assert headings(knowledge.search("visitor", "penguins", ["mine"], filter=wanted)) == ["Penguins of mine"]


@pytest.mark.parametrize("few", [0, 10_000])
def test_a_narrow_filter_finds_what_hundreds_fit_better(knowledge, monkeypatch, few):
    """Whether the passages are looked at one by one or the indexes are narrowed."""
    monkeypatch.setattr(searching, "_FEW", few)
    monkeypatch.setattr(lexical, "_FEW", few)
    crowd = [Record(f"penguin penguin fish {number}", "penguin fish") for number in range(400)]
    rare = colour("rare", "a penguin among many other things of the garden", "nothing of the kind", "the penguin")
    knowledge.add_records("maker", "docs", [*crowd, *rare], "a")
    wanted = Filter(labels={"colour": ["rare"]})
    assert not {each.title for each in rare} & set(headings(knowledge.search("maker", "penguin fish", ["docs"], 50)))
    hits = knowledge.search("maker", "penguin fish", ["docs"], filter=wanted)
    assert headings(hits)[0] == "the penguin"
    assert sorted(headings(hits)) == sorted(each.title for each in rare)
    # What is about something else is so within a filter too.
    assert knowledge.search("maker", "volcano eruptions in iceland", ["docs"], minimum=0.25, filter=wanted) == []
    assert headings(knowledge.search("maker", "the penguin", ["docs"], minimum=0.25, filter=wanted))[0] == "the penguin"


@pytest.mark.parametrize("few", [0, 10_000])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_both_legs_find_what_comparing_with_all_finds(tmp_path, monkeypatch, few, share):
    monkeypatch.setattr(lexical, "_FEW", few)
    chance = random.Random(7)
    database = Database(tmp_path / "test.db")
    index = LexicalIndex(database, "test")
    texts = {number: " ".join(chance.choices(WORDS, k=chance.randint(3, 30))) for number in range(1, 1201)}
    with database.write() as connection:
        index.add((LexicalRow(number, "1", text) for number, text in texts.items()), connection)
    allowed = sorted(chance.sample(sorted(texts), int(share * len(texts))))
    for _ in range(10):
        query = " ".join(chance.choices(WORDS, k=4))
        everything = index.search(query, ["1"], 10_000, also=lambda: list(texts))
        expected = [hit for hit in everything if hit.id in set(allowed)]
        found = index.search(query, ["1"], 20, within=allowed)
        assert {hit.id for hit in found} <= set(allowed)
        assert [round(hit.score, 9) for hit in found] == [round(hit.score, 9) for hit in expected[:20]] or few == 0
        # Beyond a few rows FTS5 ranks the candidates, by statistics of its own: nearly all of the best are among them.
        assert len({hit.id for hit in found} & {hit.id for hit in expected[:20]}) >= 0.9 * min(20, len(expected))
    database.close()


@pytest.mark.parametrize("few", [0, 10_000])
def test_the_nearest_within_a_filter_are_the_nearest_of_all_that_it_lets_through(knowledge, monkeypatch, few):
    monkeypatch.setattr(searching, "_FEW", few)
    chance = random.Random(3)
    records = [
        Record(" ".join(chance.choices(WORDS, k=6)), "x", labels=(("n", str(number % 7)), ("even", str(number % 2))))
        for number in range(700)
    ]
    knowledge.add_records("maker", "docs", records, "a")
    (row,) = knowledge._catalogue.require("maker", ["docs"])
    every = knowledge._catalogue.vectors(knowledge._catalogue.vector_ids(row.key))
    wanted = Filter(labels={"n": ["1", "4"], "even": ["1"]})
    allowed = knowledge._labels.allowed([row.key], wanted)
    assert len(allowed) == sum(1 for number in range(700) if number % 7 in (1, 4) and number % 2)
    for _ in range(5):
        query = " ".join(chance.choices(WORDS, k=3))
        asked = knowledge._search._asked([row], query, allowed)
        best = sorted(((float(every[key] @ asked.vector), key) for key in allowed.tolist()), reverse=True)[:50]
        found = knowledge._search._nearest(asked)()
        assert np.allclose(sorted(found.values(), reverse=True), [value for value, _ in best], atol=1e-6)
        assert set(found) <= set(allowed.tolist())
