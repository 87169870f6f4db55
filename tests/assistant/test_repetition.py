"""The guard against loops sees them early and leaves ordinary repetition alone."""

import pytest

from assistant.repetition import Unrepeated, is_looping

LOOPS = [
    "Hello. " + "I am so glad you are here. " * 3,
    "我很高兴见到你。" * 3,
    "a leaf's fate is not determined,\n" * 4,
    "word word word " * 8,
    "好的好的好的好的" * 8,
]
FINE = [
    "",
    "Ha ha ha!",
    "I am so glad you are here. I am so glad you are here.",
    "- one\n- two\n- three\n- four\n- five\n",
    "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n",
    "Yes. Yes. Yes. No. No. No.",
    "唉——。他骂的是那件事，不是你这个人。现在最硌你的，是他说的那句话，还是旁边人的眼神？",
]


@pytest.mark.parametrize("text", LOOPS)
def test_a_loop_is_seen(text):
    assert is_looping(text)


@pytest.mark.parametrize("text", FINE)
def test_ordinary_text_is_left_alone(text):
    assert not any(is_looping(text[:end]) for end in range(len(text) + 1))


def test_a_loop_is_seen_at_the_third_saying():
    text = "I am the one who made it. " * 40
    seen = next(end for end in range(len(text)) if is_looping(text[:end]))
    assert seen <= 3 * len("I am the one who made it. ")


def test_it_costs_little_on_a_long_answer():
    text = "".join(f"Sentence number {n} says something else. " for n in range(3000))
    assert not is_looping(text)


def passed(pieces):
    guard = Unrepeated()
    return "".join(guard.feed(piece) for piece in pieces), guard.looping


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_no_sentence_passes_twice(size):
    text = "I am glad you came. Tell me more. I am glad you are here. I am  GLAD you came. Tell me more."
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    assert passed(pieces) == ("I am glad you came. Tell me more. I am glad you are here.", True)


@pytest.mark.parametrize("text", [fine for fine in FINE if "I am so glad" not in fine])
def test_what_is_not_said_twice_passes_whole(text):
    assert passed(text) == (text, False)


def test_words_pass_as_they_are_written_unless_they_could_repeat():
    guard = Unrepeated()
    assert guard.feed("Cats sleep a lot") == "Cats sleep a lot"
    assert guard.feed(" of the day. Cats sl") == " of the day."
    assert guard.feed("ip away") == " Cats slip away"
    assert guard.feed(" at night") == " at night"


def test_a_sentence_broken_off_while_it_repeats_is_left_out():
    assert passed(["I am glad you came. I am gla"]) == ("I am glad you came.", False)
