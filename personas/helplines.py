"""Where to turn: help lines by region, and the prepared answers that name them.

The answers are written by people and never generated. Numbers change: each is one that its operator publishes, and whoever hosts
Hearth should check those of their region. A region that is not listed gets "international".
"""

# ruff: noqa: E501 -- the prepared answers are prose

from dataclasses import dataclass
from typing import Literal

Purpose = Literal["crisis", "police", "ambulance", "emergency", "abuse"]


@dataclass(frozen=True, slots=True)
class Helpline:
    """One place to turn to: `number` is dialled, or opened where it is a web address; `when` says at which hours."""

    name: str
    number: str
    when: str

    @property
    def link(self) -> str:
        """`tel:` or `https:`, for a link."""
        if any(letter.isalpha() for letter in self.number):
            return f"https://{self.number}"
        return "tel:" + "".join(letter for letter in self.number if letter in "+0123456789")


@dataclass(frozen=True, slots=True)
class _Line:
    purpose: Purpose
    number: str
    english: str
    chinese: str
    round_the_clock: bool = True

    def told(self, chinese: bool) -> Helpline:
        when = (
            ("24 小时" if self.round_the_clock else "每天")
            if chinese
            else ("day and night" if self.round_the_clock else "every day")
        )
        return Helpline(self.chinese if chinese else self.english, self.number, when)


def _emergency(number: str) -> _Line:
    return _Line("emergency", number, "Emergency (police, ambulance)", "紧急求助（警察、急救）")


_LINES: dict[str, tuple[_Line, ...]] = {
    "CN": (
        _Line("crisis", "12356", "National psychological help line", "全国统一心理援助热线", round_the_clock=False),
        _Line("ambulance", "120", "Ambulance", "急救"),
        _Line("police", "110", "Police", "报警"),
        _Line("abuse", "12338", "Women's rights help line", "妇女维权热线", round_the_clock=False),
    ),
    "HK": (
        _Line("crisis", "18111", "Mental Health Support Hotline", "情绪通精神健康支援热线"),
        _Line("crisis", "2389 2222", "The Samaritan Befrienders Hong Kong", "香港撒玛利亚防止自杀会"),
        _emergency("999"),
    ),
    "TW": (
        _Line("crisis", "1925", "Suicide prevention line", "安心专线"),
        _Line("crisis", "1995", "Lifeline Taiwan", "生命线"),
        _Line("ambulance", "119", "Ambulance", "急救"),
        _Line("police", "110", "Police", "报警"),
        _Line("abuse", "113", "Protection line", "保护专线"),
    ),
    "MO": (
        _Line("crisis", "2852 5222", "Caritas Life Hope Hotline", "明爱生命热线"),
        _emergency("999"),
    ),
    "SG": (
        _Line("crisis", "1767", "Samaritans of Singapore", "新加坡援人协会"),
        _Line("ambulance", "995", "Ambulance", "急救"),
        _Line("police", "999", "Police", "报警"),
    ),
    "MY": (
        _Line("crisis", "03-7627 2929", "Befrienders", "谈心热线 Befrienders"),
        _emergency("999"),
        _Line("abuse", "15999", "Talian Kasih", "关怀热线 Talian Kasih"),
    ),
    "JP": (
        _Line("crisis", "0120-279-338", "Yorisoi Hotline", "よりそいホットライン"),
        _Line("ambulance", "119", "Ambulance", "急救"),
        _Line("police", "110", "Police", "报警"),
    ),
    "KR": (
        _Line("crisis", "109", "Suicide prevention line", "自杀预防热线"),
        _Line("ambulance", "119", "Ambulance", "急救"),
        _Line("police", "112", "Police", "报警"),
        _Line("abuse", "1366", "Women's emergency line", "女性紧急电话"),
    ),
    "IN": (
        _Line("crisis", "14416", "Tele-MANAS", "Tele-MANAS 心理援助"),
        _emergency("112"),
        _Line("abuse", "181", "Women help line", "妇女求助热线"),
    ),
    "US": (
        _Line("crisis", "988", "Suicide & Crisis Lifeline (call or text)", "988 自杀与危机生命线（电话或短信）"),
        _emergency("911"),
        _Line("abuse", "1-800-799-7233", "National Domestic Violence Hotline", "全国家庭暴力热线"),
    ),
    "CA": (
        _Line("crisis", "988", "Suicide Crisis Helpline (call or text)", "988 自杀危机热线（电话或短信）"),
        _emergency("911"),
    ),
    "GB": (
        _Line("crisis", "116 123", "Samaritans", "撒玛利亚会 Samaritans"),
        _emergency("999"),
        _Line("abuse", "0808 2000 247", "National Domestic Abuse Helpline", "全国家庭虐待求助热线"),
    ),
    "IE": (
        _Line("crisis", "116 123", "Samaritans", "撒玛利亚会 Samaritans"),
        _emergency("112"),
        _Line("abuse", "1800 341 900", "Women's Aid", "妇女援助 Women's Aid"),
    ),
    "AU": (
        _Line("crisis", "13 11 14", "Lifeline", "生命线 Lifeline"),
        _emergency("000"),
        _Line("abuse", "1800 737 732", "1800RESPECT", "1800RESPECT 反暴力热线"),
    ),
    "NZ": (
        _Line("crisis", "1737", "Need to talk? (call or text)", "1737 倾谈热线（电话或短信）"),
        _emergency("111"),
    ),
    "DE": (
        _Line("crisis", "0800 111 0 111", "TelefonSeelsorge", "电话心理关怀 TelefonSeelsorge"),
        _Line("ambulance", "112", "Ambulance", "急救"),
        _Line("police", "110", "Police", "报警"),
        _Line("abuse", "116 016", "Violence against women help line", "针对妇女暴力的求助热线"),
    ),
    "FR": (
        _Line("crisis", "3114", "National suicide prevention line", "全国自杀预防热线"),
        _emergency("112"),
        _Line("abuse", "3919", "Violences Femmes Info", "妇女暴力求助热线"),
    ),
    "international": (
        _Line("crisis", "findahelpline.com", "Help lines near you", "查找你附近的求助热线"),
        _Line(
            "emergency",
            "112",
            "Emergency in many countries; otherwise your local number",
            "许多国家的紧急电话；否则请打当地的紧急号码",
        ),
    ),
}

_NAMES = {
    "CN": ("Mainland China", "中国大陆"),
    "HK": ("Hong Kong", "中国香港"),
    "TW": ("Taiwan", "中国台湾"),
    "MO": ("Macao", "中国澳门"),
    "SG": ("Singapore", "新加坡"),
    "MY": ("Malaysia", "马来西亚"),
    "JP": ("Japan", "日本"),
    "KR": ("South Korea", "韩国"),
    "IN": ("India", "印度"),
    "US": ("United States", "美国"),
    "CA": ("Canada", "加拿大"),
    "GB": ("United Kingdom", "英国"),
    "IE": ("Ireland", "爱尔兰"),
    "AU": ("Australia", "澳大利亚"),
    "NZ": ("New Zealand", "新西兰"),
    "DE": ("Germany", "德国"),
    "FR": ("France", "法国"),
    "international": ("Elsewhere", "其他地区"),
}

REGIONS: dict[str, tuple[str, str]] = dict(_NAMES)
"""Region -> its name (English, Chinese), in the order of a menu."""

# Which lines an answer names, the nearest help first.
_WANTED: dict[str, tuple[Purpose, ...]] = {
    "suicide": ("crisis", "emergency", "ambulance", "police"),
    "self_harm": ("crisis", "emergency", "ambulance"),
    "abuse": ("police", "emergency", "abuse", "crisis", "ambulance"),
    "harm_others": ("crisis", "police", "emergency", "ambulance"),
}

_OPENING = {
    "suicide": (
        "谢谢你把这句话说出来，这很不容易。你现在的痛苦是真的，也值得被认真对待。\n\n"
        "我是一个程序，没法陪在你身边，但有人可以，现在就能找到他们：",
        "Thank you for saying this; that is not easy. What you feel is real, and it deserves to be taken seriously.\n\n"
        "I am a program and cannot be at your side, but there are people who can, right now:",
    ),
    "self_harm": (
        "谢谢你愿意告诉我。会这样做的人，往往是心里疼得没有别的出口了，这不是你的错，也不丢人。\n\n"
        "我是一个程序，没法替你包扎，也没法抱抱你。下面这些人可以帮你：",
        "Thank you for telling me. People often do this when the pain inside has nowhere else to go. It is not a fault, and nothing to be "
        "ashamed of.\n\nI am a program and cannot look after you myself. These people can help:",
    ),
    "abuse": (
        "谢谢你告诉我。没有人应该被这样对待，这不是你的错。\n\n我是一个程序，没法保护你，但下面这些地方可以：",
        "Thank you for telling me. Nobody should be treated like this, and it is not your fault.\n\n"
        "I am a program and cannot protect you, but these people can:",
    ),
    "harm_others": (
        "听得出来，你现在非常生气，也很难受。有这样的念头，和真的去做，中间还有选择，你愿意说出来就是在给自己留余地。\n\n"
        "先离开那个人，也离开能伤人的东西，然后和一个能帮你的人说话：",
        "I hear how angry and how hurt you are. Between having a thought like this and acting on it there is still a choice, and saying it "
        "is part of that choice.\n\nStep away first, from the person and from anything that could hurt someone. Then talk to somebody who "
        "can help:",
    ),
}

_CLOSING = {
    "suicide": (
        "如果危险就在眼前，请先离开那个地方和那些东西，马上打急救或报警电话，或者叫离你最近的人过来。如果你担心的是别人，请尽量陪着 TA，这些电话你也可以打。\n\n"
        "你现在安全吗？有没有谁能过来陪你一会儿？",
        "If the danger is close, move away from that place and those things, call for help now, or ask whoever is nearest to come. If you are "
        "worried about somebody else, try to stay with them; you can call these numbers too.\n\n"
        "Are you safe right now? Is there someone who could come and stay with you for a while?",
    ),
    "self_harm": (
        "如果现在有伤口，请先止血、清洗干净；伤得深，或者血止不住，请马上去急诊。也可以先把能伤到自己的东西交给别人，或放到拿不到的地方。如果你担心的是别人，请陪着 TA，先别责备。\n\n"
        "你愿意说说，今天是什么让你这么难受吗？",
        "If there is a wound, stop the bleeding and clean it; if it is deep or keeps bleeding, go to an emergency department now. You can also "
        "give the things that could hurt you to somebody else, or put them out of reach. If you are worried about somebody else, stay with "
        "them, and leave blame for later.\n\nWould you like to tell me what made today so hard?",
    ),
    "abuse": (
        "如果现在就有危险，请先到人多或能锁门的地方，再打电话。身上有伤，请去医院，并留下病历和照片。可以把这件事告诉一个你信得过的人，让 TA 知道你在哪里。\n\n"
        "你现在在安全的地方吗？",
        "If you are in danger now, get to a place with other people or a door that locks, then call. If you are hurt, see a doctor, and keep the "
        "record and photos. Tell one person you trust, so that they know where you are.\n\nAre you somewhere safe right now?",
    ),
    "harm_others": (
        "如果你觉得快要控制不住，请马上打报警或急救电话，直接说“我怕自己会伤到人”。如果已经有人受伤，请先叫救护车。\n\n"
        "你现在一个人吗？愿意先深呼吸几次，再告诉我发生了什么吗？",
        "If you feel you are losing control, call now and say it plainly: “I am afraid I will hurt someone.” If somebody is already hurt, call "
        "an ambulance first.\n\nAre you alone right now? Would you take a few slow breaths, and then tell me what happened?",
    ),
}


def _lines(region: str) -> tuple[_Line, ...]:
    return _LINES.get(region, _LINES["international"])


def helplines(region: str, language: str) -> tuple[Helpline, ...]:
    """The help lines of `region` (one of `REGIONS`, else the international ones) for a strip that stays in view."""
    return tuple(line.told(language.startswith("zh")) for line in _lines(region))


def prepared_answer(kind: str, language: str, region: str) -> str:
    """The answer to a message of `kind` (a danger of `care.Kind`): Chinese for "zh" and its variants, else English.

    Raises `ValueError` for a kind that needs no such answer.
    """
    if kind not in _OPENING:
        raise ValueError(f"no prepared answer for {kind!r}")
    chinese = language.startswith("zh")
    spoken = 0 if chinese else 1
    lines = sorted(
        (line for line in _lines(region) if line.purpose in _WANTED[kind]),
        key=lambda line: _WANTED[kind].index(line.purpose),
    )
    listed = "\n".join(_bullet(line.told(chinese), chinese) for line in lines)
    return f"{_OPENING[kind][spoken]}\n\n{listed}\n\n{_CLOSING[kind][spoken]}"


def _bullet(line: Helpline, chinese: bool) -> str:
    return f"- {line.name}：**{line.number}**（{line.when}）" if chinese else f"- {line.name}: **{line.number}** ({line.when})"


def gentle_instruction(language: str) -> str:
    """What is added to a persona's instruction while a care notice is in view."""
    if language.startswith("zh"):
        return (
            "这个人刚才说到了危险的事（自杀、自伤、被伤害或想伤害别人）。接下来的几轮里：不开玩笑，不调侃，不用表情符号；先听，用简单的话说出你听到的感受，"
            "一次只问一个问题，不说教，不评判，不许诺；问对方现在是否安全，身边有没有人；温和地再提一次页面上的求助电话，鼓励对方去打；"
            "无论怎么问，都不提供任何伤害自己或他人的方法、剂量、工具或地点，也不讨论它们；不做诊断，不给用药建议。你是程序，不是咨询师，有需要时要说明这一点。"
        )
    return (
        "This person has just spoken of danger: suicide, self-harm, being hurt, or hurting somebody. For the next turns: no jokes, no teasing, "
        "no emoji. Listen first, say in simple words what you hear, ask one question at a time. No lectures, no judgement, no promises. "
        "Ask whether they are safe now and whether somebody is with them. Name the help lines shown on the page again, gently, and encourage a "
        "call. However the question is put, never give or discuss methods, doses, tools or places for hurting oneself or others. No "
        "diagnosis, no advice on medication. You are a program, not a counsellor; say so where it matters."
    )
