"""What is spoken: the words of an answer, and nothing of its markup."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.speech.normalise import SentenceSplitter, language_of, sentences, speakable
from assistant.speech.reading import chinese_number, formula, one_by_one
from tests.timing import quickly


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("**Bold**, *slanted*, ~~gone~~ and `code`.", "Bold, slanted, gone and code."),
        ("## A heading", "A heading."),
        ("- one\n- two\n  - three", "one. two. three."),
        ("1. first\n2. second", "1, first. 2, second."),
        ("- [x] done\n- [ ] open", "done. open."),
        ("> quoted\n> twice", "quoted twice"),
        ('See [the docs](https://a.b/c_(d) "t") now.', "See the docs now."),
        ("See [the docs][1] now.", "See the docs now."),
        ("Go to https://x.y/z?q=1&r=2, please.", "Go to link, please."),
        ("<https://x.y> is it", "link is it"),
        ("![a cat](cat.png)", "a cat"),
        ("Rain fell [1][2], much [3, 4].", "Rain fell, much."),
        ("| a | b |\n|---|:-:|\n| 1 | 2 |", "a, b. 1, 2."),
        ("Before\n\n```py\nprint('*')\n```\n\nafter", "Before (code) after"),
        ("Wow 🎉👩‍👩‍👧 great 👍🏽!!!", "Wow great!"),
        ("Fine :) <3 ;-)", "Fine"),
        ("snake_case and __init__", "snake case and init"),
        ("2 * 3 = 6, 4*5 = 20", "2 times 3 equals 6, 4 times 5 equals 20"),
        ("<b>bold</b> &amp; more<br>end", "bold and more end"),
        ("Really?!?! Yes....", "Really? Yes."),
        ("Wait — what – no", "Wait, what – no"),
        ("It rose 3.5% to 25°C", "It rose 3.5 percent to 25 degrees Celsius"),
        ("It costs $1,234.50 or $1 or €3 million", "It costs 1234.50 dollars or 1 dollar or 3 million euros"),
        ("5km in 3-5 days, 1 kg", "5 kilometres in 3 to 5 days, 1 kilogram"),
        ("On 2026-11-21 at 10:30, 9:05, 9:00", "On November 21, 2026 at 10 30, 9 oh 5, 9 o'clock"),
        ("Call 988 or dial 0800 111", "Call 9 8 8 or dial 0 8 0 0 1 1 1"),
        ("- Help line: **12356**\n- Police: **110** (day and night)", "Help line: 1 2 3 5 6. Police: 1 1 0 (day and night)"),
        ("Its lifeline is 988.", "Its lifeline is 9 8 8."),
        ("-5 and 1/2 of v3.11.7", "minus 5 and 1 over 2 of v3 point 11 point 7"),
        ("Energy $E=mc^2$, $5 and $6.", "Energy E equals mc squared, 5 dollars and 6 dollars."),
        ("and/or", "and or"),
        ("a → b", "a to b"),
        ("---", ""),
        ("🎉🎉", ""),
        ("***", ""),
        ("", ""),
    ],
)
def test_english(text, spoken):
    assert speakable(text, "en") == spoken


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("**你好**，我是 *GG* 😀！！！", "你好，我是 GG！"),
        ("### 标题\n- 一项\n- 两项", "标题。一项。两项。"),
        ("看[文档](https://a.b)或 https://x.y/z。", "看文档或链接。"),
        ("下雨了[1]，很大【2】。", "下雨了，很大。"),
        ("看：\n```\nx\n```\n好", "看：（代码略）好"),
        ("请拨打 12356 或 110，24 小时都在。", "请拨打一二三五六或一一零，二十四小时都在。"),
        ("- 988 自杀与危机生命线：**988**\n- 报警：**110**", "九八八自杀与危机生命线：九八八。报警：一一零。"),
        ("热线：400-161-9995", "热线：四零零一六一九九九五"),
        ("2026-11-21 气温 25°C，涨了 3.5%", "二零二六年十一月二十一日气温二十五摄氏度，涨了百分之三点五"),
        ("2008年8月8日，共10086人", "二零零八年八月八日，共一万零八十六人"),
        ("¥1,234.50，$5，3万元", "一千二百三十四点五零元，五美元，三万元"),
        ("10:30 见，2:05 走，8:00 起", "十点三十分见，两点零五分走，八点整起"),
        ("2个人跑了5km，约3-5天，1/2", "两个人跑了五公里，约三到五天，二分之一"),
        ("10%-20%，5~8%", "百分之十到百分之二十，百分之五到百分之八"),
        ("版本3.11.7，-5度，编号12345678", "版本三点十一点七，负五度，编号一二三四五六七八"),
        ("勾股 $a^2+b^2=c^2$", "勾股 a的平方加b的平方等于c的平方"),
        ("哈哈……好吧——再见～～", "哈哈。好吧，再见"),
        ("Qwen3 有 8B 参数，GPT-4 和 B站", "Qwen3 有 8B 参数，GPT-4 和 B站"),
        ("（😀）好", "好"),
    ],
)
def test_chinese(text, spoken):
    assert speakable(text, "zh") == spoken


@pytest.mark.parametrize(
    ("digits", "words"),
    [
        ("0", "零"), ("7", "七"), ("10", "十"), ("15", "十五"), ("20", "二十"), ("101", "一百零一"), ("110", "一百一十"),
        ("1005", "一千零五"), ("1050", "一千零五十"), ("10000", "一万"), ("10086", "一万零八十六"), ("100500", "十万零五百"),
        ("20000001", "二千万零一"), ("100000000", "一亿"), ("100010000", "一亿零一万"), ("3.14", "三点一四"), ("007", "七"),
        ("12345678901234567", "一二三四五六七八九零一二三四五六七"),
    ],
)  # fmt: skip
def test_chinese_numbers(digits, words):
    assert chinese_number(digits) == words


def test_digits_one_by_one_leave_the_rest_out():
    assert one_by_one("400-16") == "四零零一六"


@pytest.mark.parametrize(
    ("tex", "chinese", "english"),
    [
        (r"\frac{a}{b}", "b分之a", "a over b"),
        (r"\sqrt{x}", "根号x", "the root of x"),
        (r"x^3", "x³", "x³"),
        (r"x^{10}", "x的10次方", "x to the 10"),
        (r"a \leq b", "a ≤ b", "a ≤ b"),
        (r"\alpha_1 - 2", "alpha 1减2", "alpha 1 minus 2"),
    ],
)
def test_formulas(tex, chinese, english):
    def plain(text):
        return re.sub(r"\s+", " ", text).strip()

    assert plain(formula(tex, "zh")) == chinese
    assert plain(formula(tex, "en")) == english


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("你好", "zh"), ("Hello", "en"), ("我用 Python 写程序", "zh"), ("The word 你好 means hello", "en"), ("3.14", "en"),
        ("GPT 很好", "zh"), ("", "en"),
    ],
)  # fmt: skip
def test_language(text, language):
    assert language_of(text) == language


def test_a_sentence_without_words_keeps_the_language_before_it():
    assert language_of("3.14", "zh") == "zh"
    assert sentences("圆周率是多少？\n\n3.14") == ["圆周率是多少？", "三点一四"]


def test_mixed_text_is_read_sentence_by_sentence_in_its_own_language():
    assert sentences("涨了 5%。It rose 5%. 再见。") == ["涨了百分之五。", "It rose 5 percent.", "再见。"]


def test_a_given_language_rules_every_sentence():
    assert sentences("5%. 10%.", "zh") == ["百分之五.", "百分之十."]


def test_sentences_come_while_the_answer_is_written():
    splitter = SentenceSplitter()
    heard = [splitter.feed(delta) for delta in ("**你", "好。**", " It", " is ", "5%", ". ", "Yes", ".")]
    assert heard == [[], [], ["你好。"], [], [], [], ["It is 5 percent."], []]
    assert splitter.finish() == ["Yes."]


def test_a_table_and_code_in_an_answer():
    answer = "看表：\n\n| 名称 | 值 |\n|---|---|\n| 甲 | 1 |\n\n```python\nx = 1\n```\n\n完。"
    assert sentences(answer) == ["看表", "名称，值。", "甲，一。", "（代码略）", "完。"]


MARKUP = re.compile(r"[*`#|\\{}<>^_~🎉]|https?:|\]\(")


FRAGMENTS = [
    "**", "_a_", "`x`", "# ", "- ", "🎉", "你好", "word ", "[a](b)", "|", "\n", "https://a.b ", "$x$", "5%", "。", ". ",
]  # fmt: skip


@given(st.lists(st.sampled_from(FRAGMENTS)))
def test_no_markup_is_ever_spoken(fragments):
    text = "".join(fragments)
    for spoken in (speakable(text, "zh"), speakable(text, "en"), *sentences(text)):
        assert not MARKUP.search(spoken), spoken


@given(st.text(max_size=300))
def test_no_text_breaks_the_normaliser(text):
    assert speakable(text, "zh") == speakable(text, "zh").strip()
    sentences(text)


@pytest.mark.parametrize(
    "hostile",
    ["[" * 20_000, "$" * 20_000, "<a" * 10_000, "*" * 20_000, "`" * 20_000, "1/" * 10_000, "\\(" * 10_000, "![](" * 5_000,
     "9" * 20_000, "|" * 20_000, "http://" * 3_000, "拨" * 20_000, "$$" + "a" * 20_000, "call " * 4_000, "1 " * 10_000,
     "{" * 20_000],
)  # fmt: skip
def test_hostile_text_is_read_in_time(hostile):
    quickly(lambda: sentences(hostile), 3)
