"""What danger sounds like: the shapes of a rule, and the words under which danger is only a topic or is denied.

A rule is a pattern with bounded gaps, so that its time grows with the length of the message alone. `care_chinese` and
`care_english` hold the rules themselves; `care` applies them. Nothing here judges a person: a rule finds words.
"""

# ruff: noqa: E501 -- a pattern is easier to read in one piece

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

Danger = Literal["suicide", "self_harm", "abuse", "harm_others"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One way of speaking of danger.

    `unless` ("" for never) is looked for in the sentence around a match. A `topical` rule names a subject rather than a wish
    ("suicide"), and is silent in a sentence about an exam, a book or the news.
    """

    kind: Danger
    pattern: str
    unless: str = ""
    topical: bool = False


def rule(kind: Danger, pattern: str, unless: str = "", *, topical: bool = False) -> Rule:
    """A rule from the texts of its patterns."""
    # An English word counts from its beginning: "bed" is not in "stabbed".
    return Rule(kind, pattern, rf"(?<![a-z])(?:{unless})" if unless else "", topical)


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, compiled when it is first needed: most never are, and all together take a good part of a second."""
    return re.compile(pattern)


# Danger as a subject of study, news or art.
TOPICS = re.compile(
    r"考试|要考|论文|新闻|报道|小说|电影|影片|纪录片|电视剧|这部剧|剧情|主角|角色|男主|女主|游戏|作者|课程|课上|讲座|培训|教材|资料|方案|"
    r"活动|宣传|研究|统计|数据|文章|立法|暴法|条文|法条|法律|法规|历史|翻译|歌词|预防|案件|题目|辩论|作文|演讲|漫画|综艺|话题|科普|护理|"
    r"\b(?:exam|essay|paper|thesis|research|stud(?:y|ies|ying)|novel|books?|movie|film|series|show|season|episode|song|lyrics|soundtrack|album|band|"
    r"news|article|statistics?|rates?|lecture|class|course|history|historical|prevention|documentary|podcast|play|poem|poet|author|"
    r"character|protagonist|games?|law|laws|legal|policy|awareness|translate|report|squad|journalis[mt]|training|seminar|criminology)\b"
)

# The words belong to somebody who does not exist, or to a machine.
FICTION = re.compile(
    r"主角|角色|男主|女主|(?:小说|电影|剧|书|游戏|故事|剧本|歌)里|狼人杀|剧本杀|歌词|翻译(?:成|一下|为)|台词|这个词|这个字|用英语|用英文|怎么拼|成语|近义词|怪物|僵尸|丧尸|进程|线程|npc|"
    r"\b(?:characters?|protagonist|in (?:the|my|this|a) (?:movie|film|book|novel|game|series|play|story|song)|translate|how do you say|lyrics|zombies?|"
    r"process|processes|thread|threads|npc|minecraft|d&d|boss fight|daemon|bug|bugs|romeo)\b"
)

# The speaker denies it. Read at the end of what stands before the match, in the same clause.
DENIAL = re.compile(
    r"(?:(?<!会)不会|(?<!是)不是(?:说)?|从来没有?|从没有?|(?<!有)没有|(?<!有)没|从未|绝对?不|永远都?不|不可能|不至于|不打算|(?<!想)不想|不再|并不)"
    r"(?:真的|真|去|再|有|要|想|过|打算|考虑|选择|做|因此|为此|会|出现|产生|任何|什么)*$|"
    r"\b(?:never|(?<!why )(?<!trying )(?<!hard )(?<!try )not(?! to )|dont|do not|wont|wouldnt|would never|didnt|isnt|havent|no longer|no intention of|no plans? to|without)"
    r"(?: (?:want|wanted|going|gonna|plan|planning|ever|really|actually|even|to|think|thinking|thought|about|of|wish|be|been|have|had|"
    r"any|feel|feeling|trying|intend|would|will|intention|do|consider|considered|considering|want to))* ?$"
)
