"""Reading counselling records in the form of the efaqa corpus (chatopera/efaqa-corpus-zh): one JSON object a line.

A record is a question (`title`, perhaps `description`), three labels, and a chat between the `owner` who asked and the `audience`
who replied. It becomes one passage: what the audience said, under the question. The corpus is licensed by its makers and is no
part of Hearth; the shipped records are our own writing in its form. Every label means "suspected": none is a diagnosis.
"""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.corpora.lines import Unfit
from knowledge.loading.document import LeftOut
from knowledge.types import Record

TROUBLES = {
    "1.1": "学业烦恼、对未来规划的迷茫",
    "1.2": "事业和工作烦恼",
    "1.3": "家庭问题和矛盾",
    "1.4": "物质滥用",
    "1.5": "悲恸",
    "1.6": "失眠",
    "1.7": "压力",
    "1.8": "人际关系",
    "1.9": "情感关系问题",
    "1.10": "离婚",
    "1.11": "分手",
    "1.12": "自我探索",
    "1.13": "低自尊",
    "1.14": "青春期问题",
    "1.15": "强迫症",
    "1.16": "其它",
    "1.17": "男同性恋、女同性恋、双性恋与跨性别",
    "1.18": "性问题",
    "1.19": "亲子关系",
}
ILLNESSES = {
    "2.1": "忧郁症",
    "2.2": "焦虑症",
    "2.3": "躁郁症",
    "2.4": "创伤后应激反应",
    "2.5": "恐慌症",
    "2.6": "厌食症和暴食症",
    "2.7": "尚未达到 S2",
    "2.8": "其它疾病",
}
DANGERS = {
    "3.1": "正在进行的自杀行为",
    "3.2": "策划进行的自杀行为",
    "3.3": "自残",
    "3.4": "进行的人身伤害",
    "3.5": "计划的人身伤害",
    "3.6": "无伤害身体倾向",
}
NO_DANGER = "3.6"

_ENGLISH = {
    "1.1": "studies, plans for the future",
    "1.2": "work and career",
    "1.3": "family troubles",
    "1.4": "substance abuse",
    "1.5": "grief",
    "1.6": "insomnia",
    "1.7": "stress",
    "1.8": "relations with others",
    "1.9": "love",
    "1.10": "divorce",
    "1.11": "break-up",
    "1.12": "self-discovery",
    "1.13": "low self-esteem",
    "1.14": "adolescence",
    "1.15": "compulsions",
    "1.16": "other",
    "1.17": "LGBT",
    "1.18": "sexuality",
    "1.19": "parents and children",
    "2.1": "depression",
    "2.2": "anxiety",
    "2.3": "bipolar disorder",
    "2.4": "post-traumatic stress",
    "2.5": "panic",
    "2.6": "eating disorder",
    "2.7": "none suspected",
    "2.8": "other",
    "3.1": "suicide under way",
    "3.2": "suicide planned",
    "3.3": "self-harm",
    "3.4": "violence under way",
    "3.5": "violence planned",
    "3.6": "no danger",
}
_DIMENSIONS: dict[str, tuple[str, str, dict[str, str]]] = {
    "s1": ("trouble", "烦恼", TROUBLES),
    "s2": ("illness, suspected, no diagnosis", "疑似疾病，不是诊断", ILLNESSES),
    "s3": ("danger, suspected", "疑似危险", DANGERS),
}


def label_words(name: str, value: str, language: str) -> tuple[str, str]:
    """A label's name and value as people read them; those that are none of this corpus stay as they are."""
    english, chinese, known = _DIMENSIONS.get(name, (name, name, {}))
    if value not in known:
        return name, value
    return (chinese, known[value]) if language == "zh" else (english, _ENGLISH[value])


@dataclass(frozen=True, slots=True)
class CounsellingRecord(Record):
    """A question with the replies to it: `text` is what the audience said, without the replies labelled negative.

    `dialogue` is the whole chat, a line a message ("问：…", "答：…"). `trouble`, `illness` and `danger` are codes of `TROUBLES`,
    `ILLNESSES` and `DANGERS`, "" where the record has none.
    """

    dialogue: str = ""
    trouble: str = ""
    illness: str = ""
    danger: str = ""

    def __post_init__(self) -> None:
        if not self.labels:
            codes = (("s1", self.trouble), ("s2", self.illness), ("s3", self.danger))
            object.__setattr__(self, "labels", tuple((name, code) for name, code in codes if code))


BadRecord = LeftOut
"""A line that is not such a record."""


def read_records(path: Path, report: Callable[[BadRecord], None] | None = None) -> Iterator[CounsellingRecord]:
    """The records of a file of JSON lines, plain or gzip, in order.

    A line that does not fit is handed to `report` and left out; the rest goes in. Raises `OSError` when the
    file cannot be opened.
    """
    for found in read_lines(path):
        if isinstance(found, CounsellingRecord):
            yield found
        elif report is not None:
            report(found)


def read_lines(path: Path) -> Iterator[CounsellingRecord | BadRecord]:
    """What each line of the file holds, empty lines aside; after a damaged stretch of gzip there is nothing more to read."""
    number = 0
    try:
        for line in _lines(path):
            number += 1
            if line.strip():
                yield _parsed(number, line)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        yield BadRecord(number + 1, f"the compressed file is damaged here: {error}", f"压缩文件从这里开始损坏：{error}")


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        yield from gzip.GzipFile(fileobj=file) if compressed else file


def _parsed(number: int, line: bytes) -> CounsellingRecord | BadRecord:
    try:
        return record(json.loads(line.decode("utf-8-sig")))
    except Unfit as reason:
        return BadRecord(number, reason.english, reason.chinese)
    except UnicodeDecodeError:
        return BadRecord(number, "it is not UTF-8 text", "不是 UTF-8 文本")
    except (json.JSONDecodeError, RecursionError):
        return BadRecord(number, "it is not a JSON object", "不是 JSON 对象")


def record(data: Any) -> CounsellingRecord:
    """The record that a JSON value is. Raises `Unfit`."""
    if not isinstance(data, dict):
        raise Unfit("it is not a JSON object", "不是 JSON 对象")
    title = _text(data.get("title")) or _text(data.get("description"))
    if not title:
        raise Unfit('it has no "title"', "缺少 title（问题）")
    chats = data.get("chats")
    if not isinstance(chats, list):
        raise Unfit('"chats" is not a list', "chats（对话）不是列表")
    messages = [message for message in map(_message, chats) if message]
    replies = [text for sender, text, negative in messages if sender == "audience" and not negative]
    if not replies:
        raise Unfit("nobody replied to it", "没有可用的回复")
    labels = data.get("label")
    codes = labels if isinstance(labels, dict) else {}
    return CounsellingRecord(
        title=title,
        text="\n".join(replies),
        dialogue="\n".join(("答：" if sender == "audience" else "问：") + text for sender, text, _ in messages),
        trouble=_code(codes, "s1", TROUBLES),
        illness=_code(codes, "s2", ILLNESSES),
        danger=_code(codes, "s3", DANGERS),
    )


def _message(data: Any) -> tuple[str, str, bool] | None:
    """(sender, text, whether it is labelled negative), or None for a picture, a sound or an empty message."""
    if not isinstance(data, dict) or data.get("type", "textMessage") != "textMessage":
        return None
    sender, text, label = data.get("sender"), _text(data.get("value")), data.get("label")
    if sender not in ("owner", "audience") or not text:
        return None
    return sender, text, isinstance(label, dict) and label.get("negative") is True


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _code(labels: dict[str, Any], dimension: str, known: dict[str, str]) -> str:
    """The label of one dimension, "" where there is none."""
    value = labels.get(dimension)
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or value not in known:
        raise Unfit(
            f'the label "{dimension}" is {value!r}, not one of {", ".join(known)}',
            f"标签 {dimension} 为 {value!r}，不在允许的取值之中",
        )
    return value
