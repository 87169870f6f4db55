"""Passages: sizes, borders, and offsets that point into the text exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.chunking import LIMIT, TARGET, chunks, token_estimate
from knowledge.loading.document import LoadedDocument, Section
from knowledge.loading.plain import read_markdown, read_text
from retrieval.embedding import load_embedder

ENGLISH = "The shop opens at ten. It closes at seven, except on Sunday. Ask the leader of the shift about keys and alarms! "
CHINESE = "书店周一到周五十点开门。星期天十一点开门，五点关门！钥匙在值班组长那里；有问题就问他？"


def check(document):
    found = chunks(document)
    position = 0
    for chunk in found:
        assert document.text[chunk.start : chunk.end] == chunk.text == chunk.text.strip()
        assert chunk.start >= position
        assert 0 < token_estimate(chunk.text) <= LIMIT
        position = chunk.end
    return found


@pytest.mark.parametrize("sentence", [ENGLISH, CHINESE])
def test_long_paragraphs_are_cut_where_sentences_end(sentence):
    found = check(read_text(sentence * 40))
    assert len(found) > 3
    assert all(chunk.text[-1] in ".!?。！；？" for chunk in found)
    sizes = [token_estimate(chunk.text) for chunk in found[:-1]]
    assert all(size >= TARGET * 0.8 for size in sizes)


def test_short_paragraphs_are_put_together_and_whole_ones_stay_whole():
    paragraphs = [(ENGLISH * 3).strip() for _ in range(6)]
    found = check(read_text("\n\n".join(paragraphs)))
    assert 1 < len(found) < 6
    assert all(chunk.text.count(ENGLISH.strip()) % 3 == 0 for chunk in found)


def test_a_passage_does_not_cross_a_heading_or_a_page():
    found = check(read_markdown("# A\n\none\n\n## B\n\ntwo\n\n## C\n\nthree"))
    assert [(chunk.heading, chunk.text) for chunk in found] == [("A", "one"), ("A > B", "two"), ("A > C", "three")]
    pages = LoadedDocument("", "one\n\ntwo", (Section(0, 3, "", 1), Section(5, 8, "", 2)))
    assert [(chunk.page, chunk.text) for chunk in check(pages)] == [(1, "one"), (2, "two")]


def test_closing_quotes_stay_with_their_sentence():
    found = check(read_text("他说：“今天不开门。”然后走了。" * 30))
    assert all(not chunk.text.startswith("”") for chunk in found)


def test_text_without_any_border_is_still_cut():
    assert len(check(read_text("字" * 1000))) == 5
    assert len(check(read_text("x" * 5000))) > 3


def test_nothing_is_lost():
    text = (ENGLISH + CHINESE) * 20 + "\n\n" + "- item\n" * 50
    kept = "".join("".join(chunk.text.split()) for chunk in check(read_text(text)))
    assert kept == "".join(text.split())


@given(st.text(alphabet=st.sampled_from("ab 。.,，\n！字\u3000”"), max_size=800))
def test_offsets_are_exact_for_any_text(text):
    document = read_text(text)
    kept = "".join("".join(chunk.text.split()) for chunk in check(document))
    assert kept == "".join(document.text.split())


@pytest.mark.model
def test_the_estimate_is_near_the_tokenizer():
    tokenizer = load_embedder("builtin").bare.tokenizer
    for text in (ENGLISH * 3, CHINESE * 3):
        real = len(tokenizer(text)["input_ids"])
        assert real * 0.85 <= token_estimate(text) <= real * 1.4
