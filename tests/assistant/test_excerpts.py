"""Excerpts: which sentences of a passage a small model is given, and how they stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.excerpts import excerpted
from knowledge.chunking import token_estimate
from tests.assistant.turns import hit

MILL = (
    "The mill stands above the lake and belongs to the town. It was rebuilt in 1784 by Anna Kerr. "
    "In winter the pond behind it freezes. Dr. J. Lund wrote its history in three volumes."
)


def one(question, text, tokens=12):
    (found,) = excerpted([hit(text=text)], question, tokens)
    return found.passage.text


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("When was it rebuilt, and by whom?", "It was rebuilt in 1784 by Anna Kerr."),
        ("Does the pond freeze in winter?", "In winter the pond behind it freezes."),
        ("Which author wrote its history?", "Dr. J. Lund wrote its history in three volumes."),
        ("zxcv", "The mill stands above the lake and belongs to the town."),
    ],
)
def test_the_sentence_that_the_question_is_about_stays(question, sentence):
    assert one(question, MILL) == sentence


def test_sentences_stay_in_their_order_and_as_many_as_fit():
    assert one("Who wrote the history of the mill?", MILL, 30) == (
        "The mill stands above the lake and belongs to the town. Dr. J. Lund wrote its history in three volumes."
    )
    assert one("Who wrote the history of the mill?", MILL, 200) == MILL


def test_chinese_is_cut_at_its_own_signs():
    text = "书店每天九点开门。年假是每年十五天，要提前两周申请。员工买书打七折。"
    assert one("年假有几天？", text, 20) == "年假是每年十五天，要提前两周申请。"
    assert one("员工打几折？", text, 12) == "员工买书打七折。"
    assert one("员工打几折？", text, 20) == "书店每天九点开门。员工买书打七折。"


def test_lines_of_a_list_are_cut_apart():
    text = "Opening times:\n- Monday: closed all day long\n- Sunday: 10 to 4, and in December until 6"
    assert one("When is it open on Sunday?", text) == "- Sunday: 10 to 4, and in December until 6"


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("When is the deadline?", "The deadline is on Sept. 15 of the year before."),
        ("What is drawn?", "It is drawn in Fig. 3 and, by Prof. Lund of Acme Inc. Limited, in the U.S. Army's book."),
        ("Who is paid?", "Everyone is paid in full."),
        ("What is second?", "2. Second, wait for the letter."),
    ],
)
def test_the_stop_of_an_abbreviation_or_of_a_list_item_ends_no_sentence(question, sentence):
    text = (
        "There are courses for everybody here, all summer long. The deadline is on Sept. 15 of the year before.\n"
        "1. First, write a letter to us.\n2. Second, wait for the letter.\nEveryone is paid in full. "
        "It is drawn in Fig. 3 and, by Prof. Lund of Acme Inc. Limited, in the U.S. Army's book."
    )
    assert one(question, text) == sentence


def test_how_rare_a_word_is_all_passages_in_view_tell():
    """Both words are in one sentence of the second passage each; the rarer one of the view decides."""
    first = hit(1, "The harbour has a crane. The harbour has a light. The harbour has a quay.")
    second = hit(2, "The harbour was deepened by convicts and by soldiers. The Kestrel was built there by the brothers Muir.")
    assert excerpted([first, second], "harbour Kestrel", 12)[1].passage.text.startswith("The Kestrel")


def test_everything_but_the_text_stays():
    before = hit(7, MILL)
    (after,) = excerpted([before], "Who?", 12)
    assert (after.passage.id, after.passage.heading, after.score) == (7, before.passage.heading, before.score)


@given(st.text(max_size=300), st.text(max_size=60), st.integers(1, 80))
def test_no_text_is_too_strange(text, question, tokens):
    kept = one(question, text, tokens)
    assert bool(kept.strip()) == bool(text.strip())
    if kept != text:
        left = iter(text)
        assert all(sign in left for sign in kept), "what is kept does not stand there in this order"
        assert len(kept) < len(text)
        assert token_estimate(kept) <= token_estimate(text)
