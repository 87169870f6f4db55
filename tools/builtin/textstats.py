"""Text statistics: how long a text is, in the units of both languages, and which words it uses most.

Chinese has no spaces: its characters are counted one by one, as word processors do, and what counts as a frequent word there is a
group of characters that comes back. It knows no dictionary and no grammar.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from tools.base import Tool, ToolContext, ToolOutput, ToolSpec

LONGEST = 200_000
"""Characters of a text that is counted."""

_HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f"
_EACH = re.compile(f"[{_HAN}]")
_RUN = re.compile(f"[{_HAN}]+")
_WORD = re.compile(rf"[^\W_{_HAN}]+(?:['’.-][^\W_{_HAN}]+)*")
_PARAGRAPH = re.compile(r"\n\s*\n")
_END = re.compile(r"[。！？…]+[”’」』）\"']*|[.!?]+[\"'”’)\]]*(?=\s|$)")
_SHORT = re.compile(r"(?:^|[\s(])(?:mr|mrs|ms|dr|prof|st|vs|no|fig|e\.g|i\.e|etc|approx|[a-z])\.$", re.IGNORECASE)
_NO_END = re.compile(r"[.]+\s+[a-z]")  # a full stop before a small letter ends no sentence
_ENGLISH_UNITS = {
    "words": "word",
    "chinese_characters": "Chinese character",
    "sentences": "sentence",
    "paragraphs": "paragraph",
    "lines": "line",
    "characters": "character",
}
_WORDS_A_MINUTE = 240  # of English, read in silence
_CHARACTERS_A_MINUTE = 400  # of Chinese
_MOST = 10
_LONGEST_GROUP = 4  # Chinese characters
_COMMON = frozenset(
    re.findall(
        r"[a-z']+",
        "a about after all also am an and any are as at be because been but by can could did do does for from had has have he "
        "her him his how i if in into is it its just me more my no not of on one or our out over she so some than that the their "
        "them then there these they this to up us was we were what when which who will with would you your it's don't i'm",
    )
)
_PARTICLES = frozenset("的了是在和就不也都而及与着或我你他她它们这那吗呢吧啊把被让给对从到为以于之其又很还")


class TextStatistics(Tool):
    """Counts a text."""

    id = "text-statistics"
    titles: Mapping[str, str] = {"en": "Text statistics", "zh": "文本统计"}
    about: Mapping[str, str] = {
        "en": "Counts characters, words, sentences and paragraphs, tells the reading time and the most frequent words.",
        "zh": "统计字数、句数、段数，估计阅读时间，列出最常用的词。",
    }
    spec = ToolSpec(
        "text_statistics",
        "Count the characters, words, sentences and paragraphs of a text, its reading time and its most frequent words. "
        "统计一段文字的字数、词数、句数、段数、阅读时间和高频词。",
        {
            "type": "object",
            "properties": {
                "text": {
                    "type": "string",
                    "description": "The text to count. 要统计的文字。",
                    "minLength": 1,
                    "maxLength": LONGEST,
                }
            },
            "required": ["text"],
            "additionalProperties": False,
        },
    )

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        text = arguments["text"].replace("\r\n", "\n").replace("\r", "\n")
        words, characters = _WORD.findall(text), len(_EACH.findall(text))
        minutes = len(words) / _WORDS_A_MINUTE + characters / _CHARACTERS_A_MINUTE
        paragraphs = [part for part in _PARAGRAPH.split(text) if part.strip()]
        frequent = _frequent(text, words)
        data = {
            "characters": len(text),
            "characters_without_spaces": sum(not sign.isspace() for sign in text),
            "words": len(words),
            "chinese_characters": characters,
            "sentences": sum(_sentences(part) for part in paragraphs),
            "paragraphs": len(paragraphs),
            "lines": sum(bool(line.strip()) for line in text.split("\n")),
            "reading_minutes": round(minutes, 1),
            "frequent": [{"word": word, "count": count} for word, count in frequent],
        }
        return ToolOutput(_told(data, context), data)


def _sentences(paragraph: str) -> int:
    """Ends of sentences, and one more for what stands after the last; a heading without an end is one too."""
    count, last = 0, 0
    for end in _END.finditer(paragraph):
        before = paragraph[max(0, end.start() - 12) : end.start() + 1]
        if not _SHORT.search(before) and not _NO_END.match(paragraph, end.start()):
            count, last = count + 1, end.end()
    return count + bool(re.search(r"\w", paragraph[last:]))


def _frequent(text: str, words: list[str]) -> list[tuple[str, int]]:
    """The words, and the groups of Chinese characters, that come more than once, most frequent first."""
    counted = Counter(word.lower() for word in words if len(word) > 1 and not word.isdigit() and word.lower() not in _COMMON)
    counted.update(_groups(text))
    return [(word, count) for word, count in counted.most_common(_MOST) if count > 1]


def _groups(text: str) -> dict[str, int]:
    """Groups of 2 to 4 Chinese characters that come more than once and are no part of a longer one that comes as often."""
    counts: Counter[str] = Counter()
    for run in _RUN.findall(text):
        for size in range(2, _LONGEST_GROUP + 1):
            counts.update(run[start : start + size] for start in range(len(run) - size + 1))
    # A group that begins or ends in a particle is two words that met.
    known = {
        group: count
        for group, count in counts.items()
        if count > 1 and group[0] not in _PARTICLES and group[-1] not in _PARTICLES
    }
    within: Counter[str] = Counter()  # how often the most frequent longer group comes that holds each
    for whole, count in known.items():
        for start in range(len(whole)):
            for end in range(start + 2, len(whole) + (start > 0)):
                within[whole[start:end]] = max(within[whole[start:end]], count)
    return {group: count for group, count in known.items() if within[group] < count}


def _told(data: Mapping[str, Any], context: ToolContext) -> str:
    minutes = max(1, math.ceil(data["reading_minutes"]))
    both = data["words"] + data["chinese_characters"]
    counts = ", ".join(
        f"{data[unit]:,} {name}{'s' * (data[unit] != 1)}"
        for unit, name in _ENGLISH_UNITS.items()
        if data[unit] or unit != "chinese_characters"
    )
    english = f"{counts} ({data['characters_without_spaces']:,} without spaces). Reading time: about {minutes} min."
    chinese = (
        f"字数 {both:,}（汉字 {data['chinese_characters']:,}，外文词和数字 {data['words']:,}），{data['sentences']:,} 句，"
        f"{data['paragraphs']:,} 段，{data['lines']:,} 行；字符 {data['characters']:,} 个"
        f"（不含空格 {data['characters_without_spaces']:,} 个）。阅读时间约 {minutes} 分钟。"
    )
    if data["frequent"]:
        english += " Most frequent: " + ", ".join(f"{one['word']} ({one['count']})" for one in data["frequent"]) + "."
        chinese += "高频词：" + "、".join(f"{one['word']}（{one['count']}）" for one in data["frequent"]) + "。"
    return context.say(english, chinese)
