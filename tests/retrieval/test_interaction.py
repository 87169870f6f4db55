"""Late interaction: what a passage has of a question, word by word."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.interaction import TokenVectors, interaction, token_weights

X, Y, Z = np.eye(3, dtype=np.float32)


def text_of(*vectors, spans=None):
    """Tokens of one character each."""
    spans = spans or [(place, place + 1) for place in range(len(vectors))]
    return TokenVectors(np.array(spans, dtype=np.int64).reshape(-1, 2), np.array(vectors, dtype=np.float32))


def test_each_word_counts_by_its_nearest_token_less_what_it_has_in_common_with_all():
    question, passage = text_of(X, Y), text_of(X, Z, Z, Y)
    halves = np.array([0.5, 0.5], dtype=np.float32)
    found = interaction(question, halves, passage, [(0, 2), (2, 4)])
    # Either sentence has one of the two words; to the other it is as near as tokens usually are, or farther.
    assert found.whole == pytest.approx(1.0)
    assert found.sentence == pytest.approx(0.5 * 1 + 0.5 * (0 - 0.25) / 0.75)
    assert interaction(question, halves, passage, [(0, 4)]).sentence == pytest.approx(1.0)


def test_the_word_that_weighs_more_decides():
    question, passage = text_of(X, Y), text_of(X, Z, Z, Z)
    much = interaction(question, np.array([0.9, 0.1], dtype=np.float32), passage, [(0, 4)])
    little = interaction(question, np.array([0.1, 0.9], dtype=np.float32), passage, [(0, 4)])
    assert (much.whole, little.whole) == (pytest.approx(0.9), pytest.approx(0.1))


vectors = st.lists(
    st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(lambda each: np.linalg.norm(each) > 0.1), min_size=1, max_size=12
)


@given(vectors, vectors, st.integers(1, 12))
def test_it_is_at_most_one_and_a_sentence_has_no_more_than_the_whole(asked, held, cut):
    question, passage = (text_of(*(np.array(each) / np.linalg.norm(each) for each in side)) for side in (asked, held))
    weights = np.full(len(asked), 1 / len(asked), dtype=np.float32)
    found = interaction(question, weights, passage, [(0, cut), (cut, len(held))])
    assert found.sentence <= found.whole + 1e-5 <= 1 + 1e-3
    backwards = TokenVectors(passage.spans, passage.vectors[::-1])
    assert interaction(question, weights, backwards, []).whole == pytest.approx(found.whole, abs=1e-4)


def test_what_has_no_tokens_has_nothing_of_the_other():
    nothing, weights = TokenVectors(np.zeros((0, 2), np.int64), np.zeros((0, 3), np.float32)), np.zeros(0, dtype=np.float32)
    for question, passage in ((nothing, text_of(X)), (text_of(X), nothing)):
        found = interaction(question, weights, passage, [])
        assert (found.sentence, found.whole) == (0.0, 0.0)


def spans(*pieces):
    starts = np.cumsum([0, *map(len, pieces)])
    return np.stack([starts[:-1], starts[1:]], axis=1)


def test_a_word_shares_its_weight_among_its_tokens():
    weights = token_weights("the zebras", spans("the", " ", "zeb", "ras"), {"zebra": 3.0, "the": 1.0})
    assert weights == pytest.approx([0.25, 0, 0.375, 0.375])


def test_a_chinese_character_has_half_of_its_pairs():
    weights = token_weights("年假?", spans("年", "假", "?"), {"年": 1.0, "假": 1.0, "年假": 4.0})
    assert weights == pytest.approx([0.5, 0.5, 0])


def test_a_word_without_tokens_keeps_its_weight_to_itself():
    weights = token_weights("the zebras", spans("the"), {"zebra": 3.0, "the": 1.0})
    assert weights == pytest.approx([0.25])


def test_where_nothing_tells_anything_apart_all_weigh_the_same():
    assert token_weights("what is it", spans("what ", "is ", "it"), {}) == pytest.approx([1 / 3] * 3)
    assert token_weights("", np.zeros((0, 2), dtype=np.int64), {}).shape == (0,)
