"""The form of a message that the rules of care read: small letters, simplified characters, and no tricks of spacing.

Signs of danger are often written so that a filter misses them (自 殺, zi sha, su1cide); here they become the plain word. This is
not a general converter: the table holds the characters that the rules use. Every step takes time linear in the message.
"""

import re
import unicodedata

from personas.care_hints import hints

_TRADITIONAL = (
    "殺輕離開這個們說話還會來過沒對為麼樣覺遺書藥樓頂橋撐結絕斷傷劃燙煙頭牆腦讓媽爺親師長導闆學壓強姦騷擾脅嚇鎖關門報復燒毀"
    "給將準備計買槍彈錄視頻發後繼養員總種經歷點難氣聽應該無盡躍鄰願裡裏償債擔負贅蹤綁脫與間陽臺軌臥繩喫農顆幾夠膩煩誰現終於"
    "電戲劇遊論試課業險護熱線數預幹愛轉掙紮擺價値貓蟲菜單場婦歲樂罵鬱憂殘癒單淚兇惡滅憤證鬧麗樑墜溺瀕獨虛葯飲訊體牀鋪剛從處"
)
_SIMPLIFIED = (
    "杀轻离开这个们说话还会来过没对为么样觉遗书药楼顶桥撑结绝断伤划烫烟头墙脑让妈爷亲师长导板学压强奸骚扰胁吓锁关门报复烧毁"
    "给将准备计买枪弹录视频发后继养员总种经历点难气听应该无尽跃邻愿里里偿债担负赘踪绑脱与间阳台轨卧绳吃农颗几够腻烦谁现终于"
    "电戏剧游论试课业险护热线数预干爱转挣扎摆价值猫虫菜单场妇岁乐骂郁忧残愈单泪凶恶灭愤证闹丽梁坠溺濒独虚药饮讯体床铺刚从处"
)
_CHARACTERS = {ord(old): new for old, new in zip(_TRADITIONAL, _SIMPLIFIED, strict=True)}
_CHARACTERS |= dict.fromkeys(map(ord, "'’‘`´\u200b\u200c\u200d\u2060\ufeff\u00ad"), "")  # dont, not don't: people write both
_CHARACTERS |= {ord("她"): "她", ord("妳"): "你", ord("…"): "。", ord("祂"): "他"}

_SPELLINGS = tuple(
    (re.compile(pattern), hints(pattern), word)
    for pattern, word in (
        (r"\bzi ?sha\b(?! ?(?:hu|tea|pot|clay|ware))", "自杀"),
        (r"(?<![a-z])z[ -]?杀(?!器)|自(?:鲨|沙(?!发|漠|子)|刹|s(?:ha)?\b)|(?<=想)紫砂(?!壶|杯|锅|茶|煲)", "自杀"),
        (r"\bqing ?sheng\b", "轻生"),
        (r"\b(?:bu ?xiang ?huo)(?: ?le)?\b", "不想活了"),
        (r"\bxiang ?(?:qu ?)?si\b|想4(?!\d)|想屎(?=了|$)", "想死"),
        (r"\bge ?wan\b", "割腕"),
        (r"\bsu[i1!|]c[i1!|]d|\bsewer ?slid|\bsewie?side", "suicid"),
        (r"\bun-?al[i1]v", "unaliv"),
        (r"\bself[- ]?h[a4@]rm", "self harm"),
        (r"\bk[i1!]ll", "kill"),
        (r"\bd[i1!]e\b", "die"),
    )
)
_CHINESE = "\u3400-\u4dbf\u4e00-\u9fff"
_BETWEEN = re.compile(rf"(?<=[{_CHINESE}])[ \t\u3000·・•.*_~^/|\\-]+(?=[{_CHINESE}])")
_SPACES = re.compile(r"[ \t\u3000\u00a0]{2,}|[\t\u3000\u00a0]")
_OTHER = re.compile(f"[{re.escape(''.join(map(chr, _CHARACTERS)))}]")
_WIDE = str.maketrans("，！？：；（）～", ",!?:;()~")  # written in nearly every Chinese message


def plain(text: str) -> str:
    """The message as the rules read it; offsets are not those of the original."""
    for wide, narrow in _WIDE.items():
        text = text.replace(chr(wide), chr(narrow))  # what NFKC does too, ten times slower
    text = unicodedata.normalize("NFKC", text.replace("…", "...")).lower()
    if _OTHER.search(text):
        text = text.translate(_CHARACTERS)
    text = _SPACES.sub(" ", text)
    for pattern, words, word in _SPELLINGS:
        if any(hint in text for hint in words):
            text = pattern.sub(word, text)
    return text if text.isascii() else _BETWEEN.sub("", text)
