"""Text statistics: the counts of both languages, the words that come most, and never slow."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.timing import quickly
from tools.base import ToolContext
from tools.builtin.textstats import LONGEST, TextStatistics
from tools.runner import run


def count(text, language="en"):
    return run(TextStatistics(), {"text": text}, ToolContext(language=language))


def test_an_english_text():
    text = (
        'Dr. Smith paid $3.50 for tea. He said: "Good!" Then he left... and came back. Is it e.g. real?\r\n\r\nTea\n\nTea is tea.'
    )
    output = count(text)
    assert output.data == {
        "characters": 112,
        "characters_without_spaces": 88,
        "words": 23,
        "chinese_characters": 0,
        "sentences": 6,
        "paragraphs": 3,
        "lines": 3,
        "reading_minutes": 0.1,
        "frequent": [{"word": "tea", "count": 4}],
    }
    assert output.text == (
        "23 words, 6 sentences, 3 paragraphs, 3 lines, 112 characters (88 without spaces). Reading time: about 1 min. "
        "Most frequent: tea (4)."
    )


def test_a_chinese_text_with_words_of_both_kinds():
    output = count(
        "人工智能正在改变世界。人工智能的应用很多，机器学习是人工智能的一部分！机器学习需要数据…… 你觉得呢？\n\nHello 2024。",
        "zh",
    )
    assert (output.data["chinese_characters"], output.data["words"], output.data["sentences"]) == (44, 2, 5)
    assert output.data["frequent"] == [{"word": "人工智能", "count": 3}, {"word": "机器学习", "count": 2}]
    assert output.text.startswith("字数 46（汉字 44，外文词和数字 2），5 句，2 段，2 行；")
    assert output.text.endswith("阅读时间约 1 分钟。高频词：人工智能（3）、机器学习（2）。")


def test_one_of_each_has_no_plural():
    assert count("Hello").text.startswith("1 word, 1 sentence, 1 paragraph, 1 line, 5 characters (5 without spaces).")


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", None),
        ("   \n ", 0),
        ("……", 1),
        ("。。。", 1),
        ("A heading", 1),
        ("He is here. See Fig. 3 there.", 2),
        ("3.14 is pi. So", 2),
    ],
)
def test_sentences(text, sentences):
    output = count(text)
    assert output.failed if sentences is None else output.data["sentences"] == sentences


@pytest.mark.parametrize(
    "text",
    [
        "机器学习" * (LONGEST // 4),
        "".join(chr(0x4E00 + number * 7919 % 9000) for number in range(LONGEST)),
        "a. " * (LONGEST // 3),
        "." * LONGEST,
        "\n \n" * (LONGEST // 3),
        "a'" * (LONGEST // 2),
        "。" + " " * (LONGEST - 1),
    ],
    ids=range(7),
)
def test_the_longest_texts_take_no_time(text):
    assert not quickly(lambda: TextStatistics().call({"text": text}, ToolContext()), 2.0).failed


@settings(max_examples=200)
@given(st.text(st.sampled_from("a b.,!?。！\n 中文字的一\r'-"), min_size=1, max_size=80))
def test_the_counts_agree_with_each_other(text):
    data = count(text).data
    assert data["characters_without_spaces"] <= data["characters"]
    assert data["words"] + data["chinese_characters"] <= data["characters"]
    assert data["paragraphs"] <= data["lines"]
    for one in data["frequent"]:
        places = [place for place in range(len(text)) if text.lower().startswith(one["word"], place)]
        assert len(places) >= one["count"] > 1
