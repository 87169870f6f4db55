"""What a persona's texts promise that only a tool could do: searching the web, booking, reminding, and their like.

A bot without such tools that is told it has them makes things up; the first GG offered job listings and links it had never seen.
These are patterns over sentences in both languages: they find the usual wordings, and what stands beside a "cannot" or "不能" is
taken for what it is. They are not a reading of the text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from common.problems import Sentences


@dataclass(frozen=True, slots=True)
class Promise:
    """Something that takes a tool: its words in a text, the words of a tool that can do it, and what it is called."""

    key: str
    said: re.Pattern[str]
    tool: re.Pattern[str]
    name: Sentences


def _promise(key: str, said: str, tool: str, english: str, chinese: str) -> Promise:
    return Promise(key, re.compile(said, re.IGNORECASE), re.compile(tool, re.IGNORECASE), (english, chinese))


PROMISES = (
    _promise(
        "web",
        r"\b(?:search|browse|surf|check|look (?:\w+ ){0,3}up (?:on|in))\w* (?:\w+ ){0,3}?(?:the )?"
        r"(?:web|internet|online|google|bing)\b"
        r"|\b(?:look|find)\w* (?:\w+ ){0,4}online\b|\bgoogle (?:it|that|for)\b|\bweb search\b"
        r"|上网(?:查|搜|找|看)|联网|(?:搜索|搜一下|查一下|浏览)(?:网页|网络|互联网|网上)|网上(?:查|搜|找)|网络搜索|搜索引擎|百度一下|谷歌一下",
        r"search|browse|\bweb\b|internet|搜索|网页|上网|联网",
        "searching the web",
        "上网搜索",
    ),
    _promise(
        "links",
        r"\b(?:give|send|share|provide|offer|include|find|post)\w* (?:\w+ ){0,5}?(?:links?|urls?|web ?sites?|phone numbers?)\b"
        r"|(?:给|发|提供|附上|找|推荐|分享)(?:你|对方|用户|他们|出|个|一些|一下|相关|的){0,4}(?:链接|网址|网站|电话号码)",
        r"search|browse|\bweb\b|links?\b|directory|搜索|链接|网址|网页",
        "giving links or phone numbers",
        "给出链接或电话",
    ),
    _promise(
        "jobs",
        r"\b(?:find|search|list|offer|show|recommend|look (?:for|up))\w* (?:\w+ ){0,4}?(?:job|vacanc|opening|position)\w*"
        r"|(?:找|查|搜|推荐|提供|推送|发|列出)[^，。；！？\n]{0,8}(?:招聘|岗位|职位|工作机会)",
        r"job|vacanc|recruit|search|招聘|岗位|职位|搜索",
        "finding jobs",
        "查找招聘信息",
    ),
    _promise(
        "news",
        r"\b(?:latest|today'?s|current|breaking|recent) (?:\w+ ){0,2}?(?:news|headlines|events)\b"
        r"|(?:最新|今天的|今日|实时|时事)(?:的)?(?:新闻|资讯|头条|消息)|(?:查|看|播报|推送|搜)[^，。；！？\n]{0,4}新闻",
        r"news|headline|search|新闻|资讯|搜索",
        "knowing the news",
        "了解新闻",
    ),
    _promise(
        "weather",
        r"\b(?:weather|temperature) (?:forecast|report|today|tomorrow|outside|in)\b"
        r"|\b(?:tell|check|look up|report)\w* (?:\w+ ){0,3}?weather\b"
        r"|天气预报|(?:查|看|告诉|播报|报)[^，。；！？\n]{0,6}天气|(?:今天|明天)[^，。；！？\n]{0,4}天气",
        r"weather|forecast|天气|气象",
        "knowing the weather",
        "查询天气",
    ),
    _promise(
        "prices",
        r"\b(?:stock|share|live|current|real[- ]time) (?:\w+ )?(?:prices?|quotes?|rates?)\b"
        r"|(?:实时|最新|今天的|当前)(?:的)?(?:股价|价格|汇率|行情|票价)|(?:查|看)[^，。；！？\n]{0,4}(?:股价|股票|汇率|行情|快递|物流|航班)",
        r"price|stock|quote|rate|flight|parcel|search|价格|股|汇率|行情|快递|物流|航班|搜索",
        "knowing current prices",
        "查询实时价格",
    ),
    _promise(
        "booking",
        r"\bbook(?:ing)? (?:\w+ ){0,3}?"
        r"(?:tables?|flights?|hotels?|rooms?|tickets?|appointments?|taxis?|restaurants?|trips?|trains?)\b"
        r"|\b(?:make|arrange|schedule)\w* (?:\w+ ){0,3}?(?:reservations?|appointments?|bookings?)\b"
        r"|\border (?:\w+ ){0,2}?(?:food|taxis?|meals?|pizza)\b"
        r"|预订|预约|订(?:票|餐|座|位|房|酒店|机票|火车票|外卖)|挂号|叫车|打车|点外卖|下单",
        r"book|reserv|appointment|order|预订|预约|订|挂号|叫车|下单",
        "booking",
        "预订",
    ),
    _promise(
        "reminders",
        r"\bremind (?:you|them|him|her|people|users?|me)\b"
        r"|\b(?:set|create|schedule)\w* (?:\w+ ){0,3}?(?:reminders?|alarms?|timers?)\b"
        r"|\bwake (?:you|them|me)\b|\b(?:get back to|notify|ping) you (?:\w+ )?(?:later|tomorrow|when)\b"
        r"|(?:会|可以|能|帮|到点|到时候?|准时|按时|定时|每天)[^，。；！？\n]{0,6}提醒(?:你|对方|用户|他|她|我)"
        r"|设(?:置|个|一个|定)?(?:提醒|闹钟|定时)|定(?:个|一个)?闹钟|叫(?:你|我|对方)起床",
        r"remind|alarm|timer|notif|提醒|闹钟|定时",
        "reminding people later",
        "到时间提醒",
    ),
    _promise(
        "messages",
        r"\bsend (?:\w+ ){0,3}?(?:e-?mails?|sms|text messages?)\b|\be-?mail (?:you|them|it|me|him|her)\b"
        r"|\b(?:call|contact|phone) (?:\w+ ){0,3}?(?:for (?:you|me)|on (?:your|my) behalf)\b"
        r"|发(?:送|个|一封|封|条|一条)?(?:邮件|短信|微信)|(?:帮|替|给|为)(?:你|我|对方|用户|他们)(?:打电话|联系|发消息)|稍后(?:再)?发(?:给)?(?:你|我)",
        r"mail|sms|message|contact|call|邮件|短信|消息|电话|联系",
        "sending messages or calling people",
        "发消息或打电话",
    ),
    _promise(
        "pictures",
        r"\b(?:draw|paint|generate|create|make)\w* (?:\w+ ){0,3}?(?:images?|pictures?|drawings?|illustrations?|photos?)\b"
        r"|画(?:一|几)?(?:张|幅|个)|(?:生成|制作|画)[^，。；！？\n]{0,4}(?:图片|图像|插画|照片)",
        r"image|picture|draw|paint|图片|图像|画",
        "making pictures",
        "画图",
    ),
)

_ENDS = re.compile(r"[.!?;:\n。！？；：]+")
_NO = re.compile(
    r"\b(?:not|no|never|cannot|nor|without|unable|refuse|avoid|neither)\b|n['’]t\b"
    r"|不(?!错|管|仅|但|只|断|妨|时)|没(?:有|法|办法)|无法|别|勿|拒绝|禁止|避免|接不了|给不了|[^，。]不了",
    re.IGNORECASE,
)
# "If you do not know, search the web" promises to search; what stands in such a condition denies nothing.
_CONDITION = re.compile(
    r"\b(?:if|when|whenever|where|unless|once)\b[^,;.\n]*,|(?:如果|要是|若|当|遇到|碰到|一旦)[^，。；\n]*[，,]"
    r"|不(?:知道|懂|清楚|确定|会|明白|了解)的?(?:时候|时|话|问题|事|内容|东西)?(?:[，,]|就|，就|可以|请|先)",
    re.IGNORECASE,
)

_TURNS = re.compile(
    r"\s*(?:but|though|I|we)\b|我|但|可|却|这", re.IGNORECASE
)  # "remind you, but I cannot", "今天的新闻，我看不到"


def promised(texts: Iterable[str]) -> list[Promise]:
    """What these texts promise, each once, in a fixed order."""
    sentences = [sentence for text in texts for sentence in _sentences(text)]
    return [promise for promise in PROMISES if any(_affirmed(promise.said, sentence) for sentence in sentences)]


def affirmed(pattern: re.Pattern[str], text: str) -> bool:
    """Whether `pattern` stands in `text` anywhere that is not denied."""
    return any(_affirmed(pattern, sentence) for sentence in _sentences(text))


def _sentences(text: str) -> list[str]:
    return [_CONDITION.sub(" ", sentence) for sentence in _ENDS.split(text)]


def _affirmed(pattern: re.Pattern[str], sentence: str) -> bool:
    for found in pattern.finditer(sentence):
        clause, *following = re.split("[,，]", sentence[found.end() :])
        denial = following[0] if following and _TURNS.match(following[0]) else ""
        if not _NO.search(f"{sentence[: found.end()]}{clause} {denial}"):
            return True
    return False
