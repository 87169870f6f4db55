"""How surely a passage is about a question."""

from hypothesis import given
from hypothesis import strategies as st

from knowledge.evidence import Evidence, score
from knowledge.search import RELEVANT

share = st.floats(0, 1)
cosines = st.none() | st.floats(-1, 1)


@given(st.builds(Evidence, cosines, share, share, share, st.booleans(), st.booleans()), st.booleans())
def test_it_is_a_share_and_more_words_never_count_for_less(evidence, chinese):
    from dataclasses import replace

    rating = score(evidence, chinese)
    assert 0.0 <= rating <= 1.0
    assert score(replace(evidence, coverage=1.0), chinese) >= rating


def test_a_passage_with_the_questions_words_is_relevant_and_one_without_is_not():
    for chinese in (True, False):
        assert score(Evidence(0.6, 0.9, 0.5, 0.7), chinese) > 0.5
        assert score(Evidence(0.1, 0.1), chinese) < RELEVANT


def test_a_lead_counts_for_what_holds_most_of_the_question_alone():
    other = Evidence(0.4, 0.5, 0.0, 0.3)
    clear, alone = Evidence(0.6, 0.6, 0.0, 0.7), Evidence(0.6, 0.6, 0.0, 0.3)
    assert score(clear, False, other) > score(alone, False, other)
    little = Evidence(None, 0.1, 0.0, 0.9)
    assert score(little, True, Evidence(None, 0.0)) < RELEVANT


def test_of_a_passage_in_another_language_the_vector_alone_speaks():
    assert score(Evidence(0.8, 0.0, stranger=True), True) > 0.5 > score(Evidence(0.2, 0.9, stranger=True), True)


def test_among_records_a_lead_says_nothing():
    record = Evidence(0.6, 0.5, 0.4, 0.9, record=True)
    assert score(record, True, Evidence(0.1, 0.1, 0.0, 0.0, record=True)) == score(record, True)
