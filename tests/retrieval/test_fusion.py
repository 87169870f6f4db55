"""Fusion: two rankings made into one."""

from hypothesis import given
from hypothesis import strategies as st

from retrieval.fusion import ONE_THOUGHT, standardised
from retrieval.fusion import fuse as fused

scores = st.dictionaries(st.integers(1, 60), st.floats(0.01, 30), max_size=60)


def fuse(*legs, **known):
    """The passages in their order, whose scores must fall."""
    totals = fused(*legs, **known)
    assert list(totals.values()) == sorted(totals.values(), reverse=True)
    return list(totals)


def test_what_both_legs_like_comes_first():
    assert fuse({1: 9.0, 2: 8.0, 3: 1.0}, {2: 0.8, 3: 0.7, 1: 0.1}, 50)[0] == 2


def test_a_leg_that_is_sure_outweighs_one_that_is_not():
    sure = {1: 30.0} | dict.fromkeys(range(2, 40), 1.0)
    unsure = {key: 0.5 + key / 1000 for key in range(1, 40)}
    assert fuse(sure, unsure, 50)[0] == 1


def test_without_vectors_the_words_decide():
    assert fuse({5: 2.0, 6: 3.0, 7: 1.0}, {}, 50) == [6, 5, 7]


def test_without_words_the_vectors_decide():
    assert fuse({}, {5: 0.2, 6: 0.9, 7: 0.1}, 50) == [6, 5, 7]


def test_a_single_match_of_words_counts_although_nothing_stands_beside_it():
    near = dict.fromkeys(range(2, 52), 0.5)
    assert fuse({1: 4.0}, near | {1: 0.5}, 50)[0] == 1


def test_words_that_found_next_to_nothing_of_the_question_give_way_to_the_vectors():
    words, vectors = {1: 4.0}, {2: 0.8} | dict.fromkeys(range(3, 50), 0.1) | {1: 0.1}
    assert fuse(words, vectors, 50, coverage=1.0)[0] == 1
    assert fuse(words, vectors, 50, coverage=0.02)[0] == 2
    # Where there are no vectors, there is nothing to give way to.
    assert fuse({1: 4.0, 2: 5.0}, {}, 50, coverage=0.02) == [2, 1]


def test_the_vector_of_a_long_request_counts_for_less():
    words = {1: 9.0, 2: 5.2} | dict.fromkeys(range(3, 40), 1.0)
    vectors = {1: 0.3, 2: 0.9} | dict.fromkeys(range(3, 40), 0.2)
    assert fuse(words, vectors, 50, terms=ONE_THOUGHT)[0] == 2
    assert fuse(words, vectors, 50, terms=20 * ONE_THOUGHT)[0] == 1


def test_equal_passages_come_in_the_order_of_their_numbers():
    assert fuse({}, {9: 0.5, 3: 0.5, 7: 0.5}, 50) == [3, 7, 9]


def test_nothing_gives_nothing():
    assert fuse({}, {}, 0) == []
    assert standardised({}, 0) == {}


@given(scores, scores)
def test_every_candidate_is_ranked_once(lexical, dense):
    order = fuse(lexical, dense, 60)
    assert sorted(order) == sorted({*lexical, *dense})


@given(scores, st.floats(0.1, 10), st.floats(-3, 3))
def test_a_leg_counts_the_same_on_any_scale(dense, factor, shift):
    shifted = {key: value * factor + shift for key, value in dense.items()}
    first, second = standardised(dense, len(dense)), standardised(shifted, len(dense))
    assert all(abs(first[key] - second[key]) < 1e-3 for key in first)


def test_shared_characters_do_not_outvote_vectors_that_compare_languages():
    words = {1: 3.0}  # one passage in the question's language holds a quarter of what is asked for
    vectors = {1: 0.3, 2: 0.9, **dict.fromkeys(range(3, 20), 0.2)}
    assert next(iter(fuse(words, vectors, 50, coverage=0.25))) == 1
    assert next(iter(fuse(words, vectors, 50, coverage=0.25, many=True))) == 2
    assert next(iter(fuse(words, vectors, 50, coverage=0.7, many=True))) == 1
