"""Follow-up questions: what is searched for when a message leans on what was said before it ("and for dogs?", "那狗呢？").

Such a message is searched by itself, with the question before it, and as the question that a model makes of it where one is able;
whichever finds the passage that fits best is taken, so that a message that was taken for a follow-up wrongly loses little. One
that stands alone is searched as it is. Nothing here changes what the model reads as the message.
"""

import re
from collections.abc import Callable, Sequence

from assistant.messages import Message, Usage
from assistant.models.base import Cancel, ChatModel, GenerationOptions, TextChunk, UsageChunk
from common.errors import HearthError
from knowledge.types import Hit
from retrieval.tokenizing import is_common, tokens

_SHORT = 60  # characters of a message that may lean on another
_SHORT_CHINESE = 16
_TINY_CHINESE = 9  # characters of one that need not point back to be too short to stand alone
_FEW, _FEW_CHINESE = 1, 3  # words, and pairs of characters, that are too few to be found by
_SOME = 5  # words of a message that points back
_BACK = 4  # messages of the user that are looked back at
_LONGEST = 300  # characters of what was asked before, and of what a model makes of a question
_ANSWERED = 400  # characters of the answer before that a model is given, so that it knows whom "she" means

_HAN = re.compile(r"[\u3400-\u9fff]")
_OPENING = re.compile(
    r"(?i)^\W*(?:and|but|or|also|then|so|plus|what about|how about|what if|until|since|the other|another|the same)\b"
)
_POINTING = re.compile(
    r"(?i)\b(?:it|its|they|them|their|theirs|this|that|these|those|ones?|he|she|him|her|his|there|instead|else|too|either|both)\b"
)
_ASKING = re.compile(
    r"(?i)[?？]\W*\Z|^\W*(?:who|whom|whose|what|which|when|where|why|how|is|are|was|do|does|did|can|could|may|must|should|will|would|"
    r"tell|explain|describe|show|more)\b"
)
_OPENING_CHINESE = re.compile(r"^\W*(?:那(?!些|个|真|就|是|太|好)|还有|然后|另外|而且|如果|要是)|呢\W*\Z")
_POINTING_CHINESE = re.compile(r"[它他她其]|这个|那个|这些|那些|这样|那样|之后|以后")
_ASKING_CHINESE = re.compile(r"[?？]\W*\Z|几|多少|多久|什么|谁|哪|怎|吗|为何|说说|讲讲|详细")

_TASK = {
    "en": "Rewrite the last question so that it can be understood without the conversation. Keep its meaning and its language. "
    "Write only the question.",
    "zh": "把最后一个问题改写成不看对话也能看懂的问题，不改变意思和语言。只写出这个问题。",
}
_ROLES = {"en": ("User", "Assistant", "Last question"), "zh": ("用户", "助手", "最后一个问题")}

Find = Callable[[str], Sequence[Hit]]


def leans(message: str) -> bool:
    """Whether a message asks something that can hardly be understood without what was said before it."""
    text = message.strip()
    own = len(_own(text))
    if _HAN.search(text):
        points = bool(
            _OPENING_CHINESE.search(text)
            or _POINTING_CHINESE.search(text)
            or (own <= _FEW_CHINESE and len(text) <= _TINY_CHINESE)
        )
        asks = _OPENING_CHINESE.search(text) or _ASKING_CHINESE.search(text)
        return len(text) <= _SHORT_CHINESE and points and bool(asks)
    points = own <= _FEW or (own <= _SOME and _points_back(text))
    return len(text) <= _SHORT and points and bool(_OPENING.search(text) or _ASKING.search(text))


def before(history: Sequence[Message]) -> str:
    """The last question of the user that does not point back itself, else the last one; "" where there is none."""
    asked = [message.text for message in reversed(history) if message.role == "user" and message.text.strip()][:_BACK]
    return next((text for text in asked if not _points_back(text)), asked[0] if asked else "")[:_LONGEST]


def find(search: Find, message: str, history: Sequence[Message], rewrite: Callable[[], str]) -> tuple[Sequence[Hit], str]:
    """The passages for a message, and what they were found by where that is not the message, else "".

    `rewrite` gives the question that stands alone, "" where it cannot; it is only called for a follow-up to which there is
    anything at all, since most of what people say to each other is in no document.
    """
    found = search(message)
    earlier = before(history) if leans(message) else ""
    if not earlier:
        return found, ""
    query = f"{earlier} {message}"
    ways = [(found, ""), (search(query), query)]
    # "And?" has no word that a rewriting could bring together with those before.
    if _own(message) and any(hits for hits, _ in ways) and (query := rewrite()):
        ways.append((search(query), query))
    return max(ways, key=lambda way: max((hit.score for hit in way[0]), default=0.0))


def rewritten(model: ChatModel, message: str, history: Sequence[Message], language: str, cancel: Cancel) -> tuple[str, Usage]:
    """What a model makes of a follow-up, "" where that is of no use, and what it took."""
    user, assistant, last = _ROLES[language]
    answer = next((each.text for each in reversed(history) if each.role == "assistant" and each.text), "")
    lines = [f"{user}: {before(history)}", f"{assistant}: {answer[:_ANSWERED]}", f"{last}: {message}"]
    asked = [Message("system", _TASK[language]), Message("user", "\n".join(lines))]
    text, usage = "", Usage()
    try:
        for chunk in model.stream(asked, [], GenerationOptions(max_tokens=64), cancel):
            match chunk:
                case TextChunk(more):
                    text += more
                case UsageChunk(took):
                    usage += took
            if cancel.is_set() or len(text) > _LONGEST:
                return "", usage
    except HearthError:
        return "", usage  # the message is searched by rule, and the answer will say what is the matter with the model
    text = text.strip().strip('"“”「」')
    own = _own(message)
    about_it = not own or not set(own).isdisjoint(_own(text))
    return (text if about_it and "\n" not in text else ""), usage


def _points_back(text: str) -> bool:
    if _HAN.search(text):
        return bool(_OPENING_CHINESE.search(text) or _POINTING_CHINESE.search(text))
    return bool(_OPENING.search(text) or _POINTING.search(text))


def _own(text: str) -> list[str]:
    """The words of a message that say something: Chinese by pairs of characters."""
    return [term for term in dict.fromkeys(tokens(text)) if not is_common(term) and (term.isascii() or len(term) > 1)]
