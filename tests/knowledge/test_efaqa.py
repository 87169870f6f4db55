"""The reader of counselling records, and the care with which the shipped ones are written."""

import gzip
import json
import re
from pathlib import Path

import pytest

from knowledge.corpora.efaqa import (
    DANGERS,
    ILLNESSES,
    NO_DANGER,
    TROUBLES,
    BadRecord,
    CounsellingRecord,
    read_lines,
    read_records,
)
from knowledge.types import Record

FOLDER = Path(__file__).parents[2] / "knowledge" / "corpora" / "shipped"
SHIPPED = FOLDER / "counselling.jsonl"
ENGLISH = FOLDER / "counselling-en.jsonl"
BOTH = pytest.mark.parametrize("path", [SHIPPED, ENGLISH], ids=["zh", "en"])


def message(sender: str, value: str, **label: bool) -> dict:
    return {"sender": sender, "type": "textMessage", "value": value, "time": "10:00:00", "label": label}


def record(**changes) -> dict:
    data = {
        "title": "睡不着怎么办",
        "owner": "匿名",
        "label": {"s1": "1.6", "s2": "2.7", "s3": "3.6"},
        "chats": [
            message("audience", "多久了？", question=True),
            message("owner", "一个月了"),
            message("audience", "先固定起床时间。", knowledge=True),
        ],
    }
    return {**data, **changes}


def written(path: Path, *lines: dict | str) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


# -- the reader --------------------------------------------------------------------------------------------------------


def test_a_record_is_its_question_and_the_replies_of_the_audience(tmp_path):
    (found,) = read_records(written(tmp_path / "a.jsonl", record()))
    assert found == CounsellingRecord(
        "睡不着怎么办", "多久了？\n先固定起床时间。", "答：多久了？\n问：一个月了\n答：先固定起床时间。", "1.6", "2.7", "3.6"
    )
    assert isinstance(found, Record)  # what a collection takes


def test_negative_replies_pictures_and_empty_messages_are_left_out(tmp_path):
    chats = [
        message("audience", "活该", negative=True),
        {"sender": "audience", "type": "imageMessage", "value": "https://a.example/cat.png"},
        message("audience", "   "),
        message("stranger", "路过"),
        message("audience", " 抱抱\n你 "),
        "不是消息",
    ]
    (found,) = read_records(written(tmp_path / "a.jsonl", record(chats=chats)))
    assert found.text == "抱抱 你"
    assert found.dialogue == "答：活该\n答：抱抱 你"


def test_the_fields_of_the_published_corpus_are_accepted(tmp_path):
    published = record(md5="0" * 32, description="描述", date="2020-01-01 10:00:00", title="")
    (found,) = read_records(written(tmp_path / "a.jsonl", published))
    assert found.title == "描述"


def test_labels_may_be_missing(tmp_path):
    lines = [record(label=None), record(label={"s1": "1.2", "s2": ""}), {k: v for k, v in record().items() if k != "label"}]
    found = list(read_records(written(tmp_path / "a.jsonl", *lines)))
    assert [(r.trouble, r.illness, r.danger) for r in found] == [("", "", ""), ("1.2", "", ""), ("", "", "")]


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("{", "JSON"),
        ("[1, 2]", "JSON"),
        ("[" * 100_000, "JSON"),
        (record(title="  "), "title"),
        (record(title=7), "title"),
        (record(chats=None), "chats"),
        (record(chats=[message("owner", "有人吗")]), "replied"),
        (record(chats=[message("audience", "滚", negative=True)]), "replied"),
        (record(label={"s1": "1.20"}), "1.20"),
        (record(label={"s3": 3.1}), "3.1"),
        (record(label={"s1": "2.7"}), "2.7"),
    ],
)
def test_a_bad_line_is_reported_and_the_rest_goes_in(tmp_path, line, word):
    path = written(tmp_path / "a.jsonl", record(title="前"), "", line, record(title="后"))
    bad: list[BadRecord] = []
    assert [found.title for found in read_records(path, bad.append)] == ["前", "后"]
    assert [problem.line for problem in bad] == [3]
    assert word in bad[0].english
    assert any("\u4e00" <= letter <= "\u9fff" for letter in bad[0].chinese)
    assert len(list(read_records(path))) == 2  # nobody has to listen


def test_a_line_that_is_not_utf8_is_reported(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"title": "\xff\xfe"}\n' + json.dumps(record()).encode())
    first, second = read_lines(path)
    assert isinstance(first, BadRecord)
    assert "UTF-8" in first.english
    assert second.title == "睡不着怎么办"


def test_a_byte_order_mark_does_not_spoil_the_first_record(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(record()).encode())
    assert [found.trouble for found in read_records(path)] == ["1.6"]


def test_gzip_is_known_by_its_content(tmp_path):
    path = tmp_path / "corpus.jsonl"
    path.write_bytes(gzip.compress(json.dumps(record()).encode() + b"\n"))
    assert [found.title for found in read_records(path)] == ["睡不着怎么办"]


@pytest.mark.parametrize("cut", [0.5, 0.9])
def test_a_damaged_gzip_gives_what_came_before(tmp_path, cut):
    lines = "".join(json.dumps(record(title=f"第{number}条"), ensure_ascii=False) + "\n" for number in range(5000))
    whole = gzip.compress(lines.encode(), compresslevel=1)
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(whole[: int(len(whole) * cut)])
    *good, last = read_lines(path)
    assert 100 < len(good) < 5000
    assert isinstance(last, BadRecord)
    assert last.line == len(good) + 1


def test_an_empty_file_has_no_records_and_a_missing_one_is_an_error(tmp_path):
    assert list(read_lines(written(tmp_path / "a.jsonl"))) == []
    with pytest.raises(OSError, match="nothing"):
        list(read_records(tmp_path / "nothing.jsonl"))


# -- the shipped records -----------------------------------------------------------------------------------------------

FORBIDDEN = [
    "想开点",
    "想开一点",
    "不要想太多",
    "别想太多",
    "想太多了",
    "应该感恩",
    "知足吧",
    "矫情",
    "太脆弱了吧",
    "玻璃心",
    "坚强一点",
    "加油就",
    "比你惨",
    "比你更惨",
    "这有什么",
    "至于吗",
    "时间会治愈",
    "时间会冲淡",
    "一定会好",
    "肯定会好",
    "保证你",
    "振作起来",
    "别难过了",
    "不要哭",
    "为了父母",
    "你太敏感",
    "作死",
]
DIAGNOSES = [
    r"你(?:得了|患了|患有|就是|这是|属于|肯定是|有)(?:了)?(?:抑郁症|焦虑症|强迫症|躁郁症|双相|恐慌症|惊恐障碍|厌食症|暴食症|精神病|产后抑郁|创伤后)",
    r"(?:吃|服用|用)(?:点|些)(?:安定|褪黑素|安眠药|抗抑郁)",
    r"\d+ ?(?:毫克|mg|片|粒)",
]


def shipped(path: Path = SHIPPED) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def replies(data: dict) -> str:
    return "\n".join(chat["value"] for chat in data["chats"] if chat["sender"] == "audience")


@BOTH
def test_every_shipped_line_is_a_record(path):
    found = list(read_lines(path))
    assert all(isinstance(one, CounsellingRecord) for one in found)
    assert len(found) >= 75
    assert len({one.title for one in found}) == len(found)
    assert len({one.text for one in found}) == len(found)


@BOTH
def test_shipped_records_have_the_whole_form(path):
    for data in shipped(path):
        assert set(data) == {"title", "owner", "date", "label", "chats"}
        assert set(data["label"]) == {"s1", "s2", "s3"}
        assert data["label"]["s1"] in TROUBLES
        assert data["label"]["s2"] in ILLNESSES
        assert data["label"]["s3"] in DANGERS
        assert re.fullmatch(r"2026-\d\d-\d\d", data["date"])
        assert 2 <= len(data["chats"]) <= 6
        assert {chat["sender"] for chat in data["chats"]} == {"owner", "audience"}
        times = [chat["time"] for chat in data["chats"]]
        assert times == sorted(times)
        for chat in data["chats"]:
            assert chat["type"] == "textMessage"
            assert ("label" in chat) == (chat["sender"] == "audience")
            if "label" in chat:
                assert set(chat["label"]) == {"question", "knowledge", "negative"}
                assert chat["label"]["negative"] is False


def test_lengths_are_right_for_a_quotation():
    for data in shipped():
        assert 2 <= len(data["title"]) <= 40, data["title"]
        assert 45 <= len(replies(data)) <= 360, data["title"]
        assert all(len(chat["value"]) <= 180 for chat in data["chats"]), data["title"]


@pytest.mark.parametrize("phrase", FORBIDDEN)
def test_no_reply_says_what_hurts(phrase):
    assert [data["title"] for data in shipped() if phrase in replies(data)] == []


@pytest.mark.parametrize("pattern", DIAGNOSES)
def test_no_reply_diagnoses_or_doses(pattern):
    assert [data["title"] for data in shipped() if re.search(pattern, replies(data))] == []


def test_replies_speak_to_you_plainly():
    for data in shipped():
        text = replies(data)
        assert "您" not in re.sub(r"“[^”]*”", "", text), data["title"]  # but in quoted words for elders and superiors
        assert "！" not in text, data["title"]
        assert "http" not in text, data["title"]
        assert sum("\u4e00" <= letter <= "\u9fff" for letter in text) > 0.7 * len(text), data["title"]


def test_where_there_is_danger_the_help_lines_are_named():
    dangerous = [data for data in shipped() if data["label"]["s3"] != NO_DANGER]
    assert {data["label"]["s3"] for data in dangerous} >= {"3.2", "3.3", "3.4", "3.5"}
    for data in dangerous:
        assert "12356" in replies(data), data["title"]
        assert re.search(r"110|120|急诊", replies(data)), data["title"]


def test_only_known_numbers_are_named():
    known = {"12356", "110", "120", "12338", "12355"}
    for data in shipped():
        assert set(re.findall(r"\d{3,}", replies(data))) <= known, data["title"]


def test_illness_is_met_with_a_doctor():
    for data in shipped():
        if data["label"]["s2"] not in ("2.7", "2.8"):
            assert re.search(r"医院|医生|门诊|咨询师|心理科", replies(data)), data["title"]


TOPICS = [
    "失眠",
    "考",
    "分手",
    "失恋",
    "孤独",
    "社交恐惧",
    "工作压力",
    "裁员",
    "加班",
    "拖延",
    "自卑",
    "好看",
    "期待",
    "吵架",
    "室友",
    "去世",
    "狗",
    "猫",
    "生完孩子",
    "更年期",
    "青春期",
    "冷淡",
    "异地恋",
    "疏远",
    "网上被人骂",
    "完美",
    "脾气",
    "心慌",
    "情绪很低落",
    "咨询师",
    "药",
    "检查",
    "手机",
    "考研",
    "毕业",
    "同性",
    "留学",
    "照顾生病",
    "你好",
    "你是谁",
    "你能做什么",
    "谢谢",
    "晚安",
    "好累",
    "没人陪",
    "开心",
    "无聊",
    "没用",
    "真人",
]


@pytest.mark.parametrize("topic", TOPICS)
def test_what_people_come_with_is_there(topic):
    assert any(topic in data["title"] for data in shipped())
