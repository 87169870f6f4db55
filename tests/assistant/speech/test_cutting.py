"""Pieces of a growing answer: cut where one may, never where one may not, and the same however the text arrives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.speech.cutting import CODE_BLOCK, LONGEST, Cutter


def cut(*deltas):
    cutter = Cutter()
    return [piece for delta in deltas for piece in cutter.feed(delta)] + cutter.finish()


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("One here. Two there! Three?", ["One here.", "Two there!", "Three?"]),
        ("第一句。第二句！第三句？", ["第一句。", "第二句！", "第三句？"]),
        ("他说：“好的。”然后走了。", ["他说：“好的。”", "然后走了。"]),
        ("He said (softly.) Then he left.", ["He said (softly.)", "Then he left."]),
        ("Pi is 3.14 or so. Yes.", ["Pi is 3.14 or so.", "Yes."]),
        ("圆周率是3.14。对。", ["圆周率是3.14。", "对。"]),
        ("Ask Dr. Lee, e.g. on Fig. 3. Done.", ["Ask Dr. Lee, e.g. on Fig. 3.", "Done."]),
        ("J. Smith met me. So did I. Then.", ["J. Smith met me.", "So did I.", "Then."]),
        ("At 5 p.m. we met. At 5 p.m. We met.", ["At 5 p.m. we met.", "At 5 p.m.", "We met."]),
        ("Well... maybe. Well... No.", ["Well... maybe.", "Well...", "No."]),
        ("Python 3.11.7 and http://a.b/c?d=e.f are one. Two.", ["Python 3.11.7 and http://a.b/c?d=e.f are one.", "Two."]),
        ("A [link. With stop](http://a.b) here. Next.", ["A [link. With stop](http://a.b) here.", "Next."]),
        ("Run `a. b` now. Next.", ["Run `a. b` now.", "Next."]),
        ("As \\(a. b\\) says. Next.", ["As \\(a. b\\) says.", "Next."]),
        ("**粗体。** 后面。", ["**粗体。**", "后面。"]),
        ("1. First. More\n2. Second\n", ["1. First.", "More", "2. Second"]),
        ("# A title. With stop\nText", ["# A title. With stop", "Text"]),
        ("| a. b | c |\n| 1 | 2 |", ["| a. b | c |", "| 1 | 2 |"]),
        ("one line\nwrapped softly. End", ["one line\nwrapped softly.", "End"]),
        ("one paragraph\n\nanother", ["one paragraph", "another"]),
        ("你好。English follows. 再见", ["你好。", "English follows.", "再见"]),
        ("", []),
        ("   \n\n ", []),
    ],
)
def test_pieces(text, pieces):
    assert cut(text) == pieces
    assert cut(*text) == pieces


@pytest.mark.parametrize("fence", ["```", "~~~", "````"])
def test_a_code_block_is_one_piece_without_its_code(fence):
    text = f"See:\n{fence}python\nprint(1). Really.\n\nx = '。'\n{fence}\nDone."
    assert cut(text) == cut(*text) == ["See:", CODE_BLOCK, "Done."]


def test_an_unclosed_code_block_stays_silent_to_the_end():
    assert cut("Look.\n```\nrm -rf. Never.\n") == ["Look.", CODE_BLOCK]


def test_fences_within_a_line_open_no_block():
    assert cut("Use ```x``` here. Then go on.") == ["Use ```x``` here.", "Then go on."]


def test_the_first_piece_may_end_at_a_comma_once_it_is_long_enough():
    assert (
        cut("Well, my dear friend, I have thought about it, and more, and more.")[0]
        == "Well, my dear friend, I have thought about it,"
    )
    assert cut("嗯，你好，今天的天气真是非常非常好，适合散步，对吧。")[0] == "嗯，你好，今天的天气真是非常非常好，"
    assert cut("Short, yes. A second sentence that is long enough, but is not the first, stays whole.")[1].endswith("whole.")


def test_a_thousands_comma_is_no_comma():
    assert cut("There were in the town at that time 12,345 people.") == ["There were in the town at that time 12,345 people."]


def test_a_sentence_is_given_as_soon_as_it_is_over():
    cutter = Cutter()
    given = [(delta, cutter.feed(delta)) for delta in ("你", "好", "。", "再", "见")]
    assert [pieces for _, pieces in given] == [[], [], [], ["你好。"], []]
    assert cutter.finish() == ["再见"]


@pytest.mark.parametrize("text", ["x" * 3000, "字" * 3000, "word " * 600, "字，" * 1500, "`" + "x" * 3000, "[" + "字" * 3000])
def test_a_text_without_stops_is_cut_all_the_same(text):
    pieces = cut(text)
    assert max(map(len, pieces)) <= LONGEST
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")


FRAGMENTS = [
    "**", "*", "`", "```py\n", "\n", "\n\n", "。", "，", ". ", "! ", "?", "你好世界今天", "hello ", "3.14", " e.g. ", "[1]", "[",
    "](", "[a](http://a.b/c?d=1)", "\\(a\\)", "- ", "1. ", "# ", "| a | b |\n", "“", "”", ")", "…", "U.S. ", "~~~\n",
]  # fmt: skip


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=40), st.integers(2, 9))
def test_the_pieces_do_not_depend_on_how_the_text_arrives(fragments, step):
    text = "".join(fragments)
    slices = [text[start : start + step] for start in range(0, len(text), step)]
    assert cut(text) == cut(*text) == cut(*slices)


@given(st.text(max_size=400))
def test_no_text_breaks_the_cutter(text):
    assert all(piece.strip() for piece in cut(text))
