"""Why a passage is found, and why another one is not."""

import pytest

from knowledge.base import RELEVANT
from knowledge.explaining import found_words
from knowledge.types import Record

LEAVE = "Annual leave is ten days a year and is asked for in writing."


@pytest.fixture
def filled(knowledge):
    others = [f"Valve number {n} is closed by turning the wheel {n} times." for n in range(1, 80)]
    texts = [LEAVE, "The canteen opens at noon and is closed on holidays.", *others]
    knowledge.add_records("maker", "docs", [Record("", text) for text in texts], "notes", headings_weigh=False)
    return knowledge


def passage_of(knowledge, beginning):
    (document,) = knowledge.documents("maker", "docs")
    return next(each for each in knowledge.passages("maker", document.id) if each.text.startswith(beginning))


def test_the_hits_are_those_of_the_search_and_say_why(filled):
    found = filled.search("maker", "how long is annual leave?", ["docs"], 6)
    told = filled.explain("maker", "how long is annual leave?", ["docs"])
    assert [hit for hit, _ in told.hits] == found
    first, reason = told.hits[0]
    assert (reason.fate, reason.place, reason.score) == ("given", 1, first.score)
    assert (reason.dense.rank, reason.lexical.rank, reason.fused.rank) == (1, 1, 1)
    assert reason.dense.score == first.dense
    assert (reason.held, reason.missing) == (("annual", "leave"), ("long",))
    assert told.given == len(filled.search("maker", "how long is annual leave?", ["docs"], 6, RELEVANT))
    assert told.chosen is None


def test_a_passage_that_is_about_something_else_says_what_it_lacks(filled):
    other = passage_of(filled, "The canteen")
    told = filled.explain("maker", "how long is annual leave?", ["docs"], passage=other.id).chosen
    assert told.passage == other
    assert told.fate in ("below", "unfound")
    assert told.missing == ("long", "annual", "leave")
    assert told.lexical.score is None or told.lexical.rank > 1


def test_a_passage_that_neither_leg_found_is_looked_for_further_down(filled):
    told = filled.explain("maker", "valve wheel turning", ["docs"], passage=passage_of(filled, "Annual").id).chosen
    assert told.fate == "unfound"
    assert told.fused.score is None
    assert told.dense.rank is not None
    assert told.dense.rank > 50
    assert told.lexical.score is None


def test_of_a_document_the_nearest_passage_is_explained(filled):
    (document,) = filled.documents("maker", "docs")
    told = filled.explain("maker", "how long is annual leave?", ["docs"], document=document.id).chosen
    assert told.passage.text == LEAVE
    assert told.fate == "given"


def test_where_nothing_fits_every_passage_says_so(filled):
    told = filled.explain("maker", "volcanoes of Iceland", ["docs"], passage=passage_of(filled, "The canteen").id)
    assert told.given == 0
    assert told.best < told.minimum
    assert told.chosen.fate in ("nothing", "unfound")


def test_a_copy_names_the_one_that_is_kept(knowledge):
    for name, text in (("old", LEAVE), ("new", LEAVE.rstrip("."))):
        knowledge.add_records("maker", "docs", [Record("", text)], name, headings_weigh=False)
    old, new = (knowledge.passages("maker", document.id)[0] for document in knowledge.documents("maker", "docs"))
    told = knowledge.explain("maker", "annual leave", ["docs"], passage=old.id).chosen
    assert (told.fate, told.other) == ("copy", new)


def test_a_neighbour_names_the_hit_that_it_is_part_of(knowledge, files):
    first, second = "Annual leave is ten days a year. " * 20, "Annual leave is asked for in writing. " * 20
    knowledge.add("maker", "docs", files.write("leave.md", f"{first.strip()}\n\n{second.strip()}"))
    (hit, *_), *_ = knowledge.explain("maker", "annual leave", ["docs"]).hits
    told = knowledge.explain("maker", "annual leave", ["docs"], passage=hit.neighbours[0]).chosen
    assert (told.fate, told.place, told.other.id) == ("neighbour", 1, hit.passage.id)


def test_what_is_not_in_the_collections_is_not_explained(filled):
    filled.create_collection("maker", "Other", "other")
    filled.add_records("maker", "other", [Record("", "Penguins.")], "p")
    (document,) = filled.documents("maker", "other")
    assert filled.explain("maker", "penguins", ["docs"], document=document.id).chosen is None
    filled.create_collection("stranger", "Docs", "docs")
    assert filled.explain("stranger", "leave", ["docs"], passage=1).chosen is None


@pytest.mark.parametrize(
    ("query", "text", "held", "missing"),
    [
        ("How many leaves?", "A leaf leave", ("leaves",), ()),
        ("年假有几天？", "每年有十天带薪年假。", ("年假",), ("有几天",)),
        ("企鹅吃什么", "企鹅吃鱼", ("企鹅吃",), ()),
        ("NFL 的比分", "NFL", ("NFL",), ("的比分",)),
    ],
)
def test_words_held_and_missing(query, text, held, missing):
    assert found_words(query, text) == (held, missing)
