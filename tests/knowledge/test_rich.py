"""Rich text: words in every way of writing them, headings, numbers, tables and notes; nothing that is not shown."""

import time

import pytest

from knowledge.loading.rich import read_rtf

FONTS = (
    r"{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\fnil\fcharset134 SimSun{\*\falt Song};}{\f2\fcharset128 MS;}{\f3\fcharset204 C;}"
    r"{\f4\fcharset2 Symbol;}}"
)
STYLES = r"{\stylesheet{\s0 Normal;}{\s1\outlinelevel0 heading 1;}{\s2 \'b1\'ea\'cc\'e2 2;}{\s3 Title;}{\*\cs10 Default;}}"


def rich(body, head=r"\ansi\ansicpg936"):
    return (r"{\rtf1" + head + FONTS + STYLES + body + "}").encode("latin-1")


def escaped(text, encoding="gbk"):
    return "".join(f"\\'{byte:02x}" for byte in text.encode(encoding))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (escaped("中文内容，测试。") + r"\par next", "中文内容，测试。\n\nnext"),
        (r"\f0 Hello \f1 " + escaped("世界") + r"\f0  end", "Hello 世界 end"),
        (r"\f2 " + escaped("日本語", "cp932") + r"\f3 " + escaped("мир", "cp1251"), "日本語мир"),
        (r"\uc1 \u20013?\u25991? and \u-244?", "中文 and ，"),
        (r"\uc0\u20013\u25991 x", "中文x"),
        (r"\uc2 \u20013\'d6\'d0\u25991\'ce\'c4!", "中文!"),
        (r"{\uc2 \u20013\'d6}\u25991 ?x", "中文x"),
        (r"\u-10179?\u-8704? smile", "😀 smile"),
        ("中文".encode("gbk").decode("latin-1"), "中文"),
        (r"a\emdash b\lquote c\rquote\~d\_e\-f\{g\}\\", "a—b‘c’\xa0d-ef{g}\\"),
        (r"one\line two\tab three", "one\ntwo\tthree"),
        (r'See {\field{\*\fldinst{HYPERLINK "http://x"}}{\fldrslt{\ul the link}}}.', "See the link."),
        (r"before{\pict\pngblip " + "89504e47" * 3000 + r"}after", "beforeafter"),
        (r"before{\*\shppict{\pict\bin9 {}{\par}a}}after", "beforeafter"),
        (r"{\header top\par}{\footer\chpgn\par}{\*\generator x;}words{\annotation c}{\*\unknown y}", "words"),
        (r"a{\v hidden}{\deleted gone}\v x\v0 b\v y\plain c", "abc"),
        (r"Text{\super\chftn{\footnote\pard\chftn \i a note\par}} goes on.", "Text [a note] goes on."),
        (r"{\shp{\*\shpinst{\sp{\sn a}{\sv 202}}{\shptxt\pard In a box\par two\par}}}Beside\par", "Beside\n\nIn a box\ntwo"),
        (r"{\listtext\pard 1.\tab}one\par{\listtext\pard 2.\tab}two\par{\pntext\f4\'b7\tab}dot\par", "1. one\n\n2. two\n\n- dot"),
        (r"{\upr{ansi}{\*\ud{unicode}}}", "ansi"),
        (r"}}}after too many ends{{{", "after too many ends"),
    ],
)  # fmt: skip
def test_words(body, expected):
    assert read_rtf(rich(body)).text == expected


def test_other_encodings_of_the_file():
    assert read_rtf(rich(r"caf\'8e", r"\mac")).text == "café"
    assert read_rtf(rich(r"caf\'e9 \'80", r"\ansi\ansicpg1252")).text == "café €"
    assert read_rtf(rich(r"caf\'e9", r"\ansi\ansicpg99999")).text == "café"


def test_headings_and_titles():
    document = read_rtf(
        rich(
            r"{\info{\title " + escaped("手册") + r"}{\author Ann}}\pard\s1 Leave\par\pard first\par\pard\s2 "
            + escaped("病假") + r"\par\pard second\par\pard\outlinelevel2 Third\par\pard third\par"
        )
    )  # fmt: skip
    assert document.title == "手册"
    assert [(section.heading, document.text[section.start : section.end]) for section in document.sections] == [
        ("Leave", "first"),
        ("Leave > 病假", "second"),
        ("Leave > 病假 > Third", "third"),
    ]
    assert read_rtf(rich(r"\pard\s3 The title\par\pard x")).title == "The title"


def test_tables():
    row = r"\trowd\cellx1000\cellx2000\pard\intbl {0}\cell {1}\cell\row"
    body = row.replace("{0}", escaped("名称")).replace("{1}", "Price") + row.replace("{0}", r"a|b\par c").replace("{1}", "3")
    document = read_rtf(rich(r"before | not a table |\par" + body + r"\pard after"))
    assert document.text == "before | not a table |\n\n| 名称 | Price |\n| --- | --- |\n| a\\|b c | 3 |\n\nafter"


def test_a_large_file_is_read_in_time():
    body = (r"\pard " + escaped("很多中文内容，") * 40 + r"\par ") * 1500
    started = time.monotonic()
    assert len(read_rtf(rich(body)).text) > 400_000
    assert len(read_rtf(b"{\\rtf1 " + b"{" * 300_000 + b"deep").text) == 4
    assert time.monotonic() - started < 15
