"""Bytes to text: each encoding that text in Chinese, Japanese, Korean and the languages of Europe comes in, short and long."""

import random
import zlib

import pytest

from knowledge.loading.encoding import decoded

LINES = {
    "gb18030": (
        "失眠怎么办", "请问年假有几天？", "最近总是睡不着，心里很烦。", "鑫淼科技有限公司", "翡翠手镯、玛瑙项链、琥珀吊坠",
        "碳酸氢钠溶液的配制方法", "饕餮盛宴，琳琅满目，熠熠生辉。", "他说：“明天再来吧！”",
    ),
    "big5": ("失眠怎麼辦", "請問特休有幾天？", "臺灣大學圖書館開放時間", "他說：「明天再來吧！」", "這個問題應該怎麼處理呢"),
    "cp932": ("さとう", "明日の会議は十時からです。", "東京都渋谷区神南一丁目", "カタカナのテスト", "名前,年齢,住所"),
    "euc_kr": ("안녕하세요", "내일 회의는 열 시입니다.", "서울특별시 강남구", "이름,나이,주소", "휴가는 며칠입니까?"),
    "cp1252": (
        "Die schöne Grüße über Straßen", "café", "naïve résumé", "El niño comió piñas mañana.", "¿Está montado?", "C’est l’été",
        "Prix : 30 € — “réduit”", "Non c'è un errore", "Seite »%s« fehlt", "Smörgåsbord på svenska",
    ),
    "cp1250": (
        "Zażółć gęślą jaźń", "Święto Niepodległości w Łodzi", "Příliš žluťoučký kůň", "Dzień dobry, jak się masz?",
        "Wrocław, Gdańsk, Kraków", "Köszönöm szépen, erős gyümölcsből főzött",
    ),
    "cp1251": ("Привет, как дела?", "Сколько дней отпуска?", "имя;возраст;город", "Добрый день", "Завтра в десять часов"),
}  # fmt: skip
CASES = [(encoding, line) for encoding, lines in LINES.items() for line in lines]
LONG = "最近总是失眠，晚上躺在床上翻来覆去睡不着，白天上班没有精神，心里很烦。" * 20


@pytest.mark.parametrize(("encoding", "line"), CASES)
def test_a_line_alone_in_a_table_and_among_english(encoding, line):
    table = f"id,name,amount\n1,{line},37.5\n2,{line},75\n"
    mixed = "The quick brown fox jumps over the lazy dog, as in most of the file.\n" * 4 + line + "\nmore of it\n"
    for text in (line, table, mixed, (line + "\n") * 50):
        assert decoded(text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize(("own", "line"), CASES)
def test_unicode_with_its_mark_or_in_utf_8(encoding, own, line):
    assert decoded(line.encode(encoding)) == line


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "line", ["最近总是睡不着，心里很烦。", "請問特休有幾天？", "내일 회의는 열 시입니다.", "Plain words.", "id,姓名\n1,王小明\n"]
)
def test_utf_16_without_its_mark(encoding, line):
    assert decoded(line.encode(encoding)) == line


@pytest.mark.parametrize("cut", [1, 2])
def test_utf_8_that_is_cut_off_stays_utf_8(cut):
    assert decoded(LONG.encode()[:-cut]) == LONG[:-1] + "\ufffd"


def test_utf_8_with_a_few_broken_bytes_stays_utf_8():
    data = LONG.encode()
    assert decoded(data[:300] + b"\xff\xfe" + data[300:] + b"\x80\n").replace("\ufffd", "") == LONG + "\n"


def test_a_sample_that_ends_within_a_character():
    text = "年" + LONG * 90
    assert decoded(b"a" + text.encode("gb18030")) == "a" + text


def test_what_a_page_declares():
    assert decoded("日本".encode("euc_jp"), "euc-jp") == "日本"
    assert decoded("丂镕".encode("gb18030"), "gb2312") == "丂镕", "pages that say so use the larger one"
    assert decoded("失眠怎么办".encode("gb18030"), "no-such-thing") == "失眠怎么办"
    assert decoded("失眠怎么办".encode("gb18030"), "punycode") == "失眠怎么办"
    assert decoded(LONG.encode(), "gbk") == LONG, "UTF-8 is never anything else"


@pytest.mark.parametrize(
    "data",
    [
        bytes(range(256)) * 20,
        random.Random(1).randbytes(3000),
        zlib.compress(random.Random(2).randbytes(4000)),
        b"\x00\x01\x02\x03" * 50,
    ],
)
def test_bytes_that_are_no_text(data):
    assert decoded(data) is None
