"""Citations are right when they reach the reader, in both languages, however the text is cut while it streams."""

import pytest

from assistant.citations import Citations, supports
from knowledge.types import Hit, Passage
from tests.assistant.turns import agent, hit, turn

LEAVE = "Leave is 12 days a year. Ms. Novak approves requests made in writing."
PENGUIN = "Penguins cannot fly but swim up to 36 km an hour under water."
ANNUAL = "员工每年有十二天年假，须提前三天书面申请，由王经理批准。"
PENGUIN_CHINESE = "企鹅不会飞，但在水下游泳的速度可达每小时36公里。"


def found(*texts, heading=""):
    return [Hit(Passage(number, "c", "d", "Manual", text, heading), 0.5) for number, text in enumerate(texts, 1)]


def checked(text, hits, size=1):
    stream = Citations(hits)
    return "".join(stream.feed(text[at : at + size]) for at in range(0, len(text), size)) + stream.finish()


BOTH = found(LEAVE, PENGUIN)
BOTH_CHINESE = found(ANNUAL, PENGUIN_CHINESE)

CASES = [
    # right ones stay as they were written
    ("Leave is twelve days a year [1]. Penguins swim under water [2].",) * 2,
    ("Leave is 12 days a year. [1]\n\nPenguins swim, but cannot fly.[2]",) * 2,
    ("Leave is 12 days a year【1】。",) * 2,
    ("According to [1], leave is 12 days a year.",) * 2,
    ("Leave is 12 days a year [1][1].",) * 2,
    ("Yes [1].",) * 2,
    # the wrong one becomes the right one
    ("Leave is 12 days a year [2].", "Leave is 12 days a year [1]."),
    ("Penguins swim under water [1], and leave is 12 days a year [1].", None),
    ("According to [2], leave is 12 days a year.", "According to [1], leave is 12 days a year."),
    ("Leave is 12 days a year [7].", "Leave is 12 days a year [1]."),
    ("Leave is 12 days a year [1, 2].", "Leave is 12 days a year [1]."),
    # what nothing supports keeps none
    ("The moon is made of cheese [1].", "The moon is made of cheese."),
    ("Leave is 14 days a year [1].", "Leave is 14 days a year."),
    ("Leave is approved by Carpenter in writing [1].", "Leave is approved by Carpenter in writing."),
    ("Yes [9].", "Yes."),
    # no citation
    ("See [1](https://example.org) or `list[2]`.\n```\nx[1] = 7\n```\n",) * 2,
    ("Brackets [a], [2026] and [",) * 2,
]


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(("text", "wanted"), CASES)
def test_a_citation_names_what_supports_its_sentence(text, wanted, size):
    if wanted is None:
        wanted = "Penguins swim under water [2], and leave is 12 days a year [1]."
    assert checked(text, BOTH, size) == wanted


@pytest.mark.parametrize("size", [1, 1000])
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("每年有12天年假[1]。企鹅在水下游泳[2]。",) * 2,
        ("每年有12天年假，要书面申请。[2]", "每年有12天年假，要书面申请。[1]"),
        ("根据[2]，年假每年十二天，由经理批准。", "根据[1]，年假每年十二天，由经理批准。"),
        ("每年有15天年假[1]。", "每年有15天年假。"),
        ("月亮是奶酪做成的【1】。", "月亮是奶酪做成的。"),
        ("- 企鹅不会飞 [1、2]\n- 年假每年十二天 [1]", "- 企鹅不会飞 [2]\n- 年假每年十二天 [1]"),
    ],
)
def test_chinese_is_checked_by_pairs_of_characters(text, wanted, size):
    assert checked(text, BOTH_CHINESE, size) == wanted


def test_heading_and_title_speak_for_a_sentence_too():
    hits = found("It is 12 days.", heading="Leave > Annual leave")
    assert supports("Annual leave", hits) == [True]
    assert supports("Annual leave", found("It is 12 days.")) == [False]


def test_of_a_passage_in_another_language_only_numbers_are_looked_at():
    assert checked("每年有12天年假[1]。", BOTH) == "每年有12天年假[1]。"
    assert checked("每年有15天年假[1]。", BOTH) == "每年有15天年假。"


def test_nothing_is_held_back_but_what_may_be_a_citation():
    stream = Citations(BOTH)
    assert stream.feed("Leave is 12 days a year ") == "Leave is 12 days a year"
    assert stream.feed("[") == ""
    assert stream.feed("1]") == ""
    assert stream.feed(".") == " [1]."


def test_an_agents_answer_is_corrected_as_it_streams():
    hits = (hit(1, LEAVE), hit(2, PENGUIN))
    asked, _ = agent(["Leave is 12 days a year [2]. The moon is cheese [1]."], hits=hits)
    happened = turn(asked)
    answer = happened[-1].new_messages[0]
    assert answer.text == "Leave is 12 days a year [1]. The moon is cheese."
    assert answer.sources == hits[:1]


def test_without_passages_an_agent_cites_nothing():
    asked, _ = agent(["Leave is 12 days a year [1]."], hits=[])
    assert turn(asked)[-1].new_messages[0].text.startswith("Leave is 12 days a year")
