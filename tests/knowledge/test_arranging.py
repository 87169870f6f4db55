"""Arranging hits: copies, likeness, neighbours."""

from knowledge.arranging import LONGEST, apart, joined, shingles, without_copies
from knowledge.types import Hit, Passage

TEXT = "One two three four. Five six seven.\n\nEight nine ten.   Eleven twelve."


def passage(id, text, document="d", heading="", start=0, page=0):
    return Passage(id, "c", document, "Title", text, heading, page, start, start + len(text))


def part(id, words, **place):
    return passage(id, words, start=TEXT.index(words), **place)


def between(document, start, end):
    assert document == "d"
    return TEXT[start:end]


def known(*found):
    return {each.id: shingles(each) for each in found}


def test_of_copies_the_newest_stays_where_the_first_stood():
    old = passage(1, "The library opens at nine in the morning and closes at six.")
    other = passage(2, "The ferry leaves from the northern pier twice a day.", "e")
    new = passage(9, "The library opens at nine in the morning and closes at six!", "f")
    assert without_copies([old, other, new], known(old, other, new)) == [new, other]


def test_texts_whose_numbers_differ_are_two_facts():
    words = "The invoice for the repair of the roof of the northern boat house was paid in full on the agreed day: {} euros."
    one, two = passage(1, words.format(120)), passage(2, words.format(180), "e")
    assert without_copies([one, two], known(one, two)) == [one, two]


def test_short_texts_are_compared_too():
    one, two, other = passage(1, "是的"), passage(2, "是的", "e"), passage(3, "不是", "f")
    assert without_copies([one, two, other], known(one, two, other)) == [two, other]


def test_like_passages_do_not_stand_together_but_a_clearly_better_one_is_not_overtaken():
    first = passage(1, "The keeper of the northern lighthouse drinks tea at four.")
    like = passage(2, "The keeper of the northern lighthouse drinks tea at five.", "e")
    other = passage(3, "Visitors ring the bell at the gate.", "f")
    found = [first, like, other]
    near = {1: 3.0, 2: 2.5, 3: 2.4}
    assert apart(found, near, known(*found)) == [first, other, like]
    clear = {1: 3.0, 2: 2.5, 3: 1.0}
    assert apart(found, clear, known(*found)) == found


def test_neighbours_are_one_hit_whose_text_is_the_documents():
    one, two = part(1, "One two three four."), part(2, "Five six seven.")
    three = part(3, "Eight nine ten.")
    (hit,) = joined([Hit(two, 0.9, 0.8, 0.7), Hit(three, 0.6), Hit(one, 0.5)], between)
    assert (
        hit.passage.text == TEXT[hit.passage.start : hit.passage.end] == "One two three four. Five six seven.\n\nEight nine ten."
    )
    assert (hit.passage.id, hit.score, hit.dense) == (2, 0.9, 0.8)
    assert set(hit.neighbours) == {1, 3}


def test_what_overlaps_is_told_once():
    one, two = part(1, "One two three four. Five six"), part(2, "Five six seven.")
    (hit,) = joined([Hit(one, 0.9), Hit(two, 0.8)], between)
    assert hit.passage.text == "One two three four. Five six seven."


def test_what_is_no_neighbour_stays_a_hit_of_its_own():
    one = part(1, "One two three four.", page=1)
    apart_by_text = part(2, "Eight nine ten.")
    under_another_heading = part(3, "Five six seven.", heading="Other")
    of_another_document = part(4, "Five six seven.", document="e")
    hits = [Hit(each, 0.9) for each in (one, apart_by_text, under_another_heading, of_another_document)]
    assert joined(hits, between) == hits


def test_neighbours_do_not_grow_without_end():
    long = "x" * LONGEST
    hits = [Hit(passage(1, long), 0.9), Hit(passage(2, "and more", start=len(long)), 0.8)]
    assert joined(hits, lambda *_: "") == hits
