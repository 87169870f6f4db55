"""Answers made of quotations, for a model that cannot be trusted to put a passage into its own words.

Where the model cannot write the reader's language, or would invent rather than ground, the best passages are better than its
words. The answer says so once, with the setting that brings a stronger model; it never pretends to have been written.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.messages import Message
from assistant.models.base import ModelInfo
from knowledge.types import Hit
from personas.schema import Persona

_NEAR_BEST = 0.85  # a second passage is quoted when its score is at least this share of the best one's
_QUOTES = 2  # by a persona of documents; in a conversation one quotation is enough
_CLAUSE = re.compile("[，；,;]")
_CITATION = re.compile(r"[\[【]\s*(\d{1,2}(?:\s*[,，、]\s*\d{1,2})*)\s*[\]】]")

_NOTE = {
    "en": "This is a quotation: {model} is a small model that does not answer from documents in words of its own. "
    "A stronger one, chosen on the Models page, does.",
    "zh": "以上是原文摘录：现在用的 {model} 是个小模型，还不能用自己的话依据资料作答。"
    "在“模型”页换上更强的模型，就能得到完整的回答。",
}
_NOTHING = {
    "en": "That is not in my documents.",
    "zh": "我的资料里没有这方面的内容。",
}
_NEAREST = {"en": "What comes nearest:", "zh": "最接近的内容："}
_WRONG_LANGUAGE = {
    "en": "I cannot answer this well: {model}, the model in use, does not write English, and my documents have nothing close.",
    "zh": "这句话我接不好：现在用的 {model} 不会写中文，我的资料里也没有相近的内容。",
}
_LEAD = r"(?:\*\*[^\n]+\*\* \[1\]:|关于“[^\n]+” \[1\]：)\n\n>"  # as `_quotation` writes it
_QUOTED = re.compile(_LEAD)
_EVIDENCE = re.compile(rf"\n\n(?:(?:{'|'.join(map(re.escape, _NEAREST.values()))})\n\n)?{_LEAD}[^\n]*(?:\n>[^\n]*)*\s*\Z")
_ASK = {"en": "You could ask me, for example: {examples}", "zh": "可以试着这样问我：{examples}"}


def can_write(info: ModelInfo, persona: Persona, language: str, hits: Sequence[Hit]) -> bool:
    """Whether the model may write this answer itself."""
    if language not in info.languages:
        return False
    if hits:
        return info.grounding
    return not persona.answers_only_from_documents


def quote(persona: Persona, info: ModelInfo, language: str, hits: Sequence[Hit], history: Sequence[Message]) -> str:
    """The answer in quotations, [n] naming `hits[n - 1]`; without hits, an honest sentence and what can be asked instead."""
    if not hits:
        return _without_hits(persona, info, language)
    quotes = _QUOTES if persona.answers_only_from_documents else 1
    best = [hit for hit in hits[:quotes] if hit.score >= _NEAR_BEST * hits[0].score]
    parts = [_quotation(number, hit, _place(hit, persona), language) for number, hit in enumerate(best, 1)]
    if not any(message.sources for message in history):
        parts.append(_NOTE[language].format(model=info.title))
    return "\n\n".join(parts)


def evidence(persona: Persona, language: str, answer: str, hit: Hit) -> str:
    """The first hit quoted as [1], for below the answer of a small model: its reader sees what that was made of."""
    quoted = _quotation(1, hit, _place(hit, persona), language)
    return quoted if cited(answer, [hit]) else f"{_NEAREST[language]}\n\n{quoted}"


def own_words(message: Message) -> Message:
    """A message with what the model itself wrote of it: nothing of an answer that is all quotation."""
    if message.role != "assistant":
        return message
    return replace(message, text="" if _QUOTED.match(message.text) else _EVIDENCE.sub("", message.text))


def in_own_words(history: Sequence[Message]) -> list[Message]:
    """The history without quotations, and without the turns that were answered with nothing else.

    For a small model: one that reads quotations in its own answers goes on in quotations.
    """
    kept: list[Message] = []
    for message in history:
        own = own_words(message)
        if own.text or not message.text:
            kept.append(own)
        elif kept and kept[-1].role == "user":
            kept.pop()
    return kept


def cited(text: str, hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """The hits up to the last one that `text` names by its number, so that [n] stays the n-th; none where it names none."""
    numbers = [int(number) for group in _CITATION.findall(text) for number in re.findall(r"\d+", group)]
    return tuple(hits[: max((number for number in numbers if 1 <= number <= len(hits)), default=0)])


def _place(hit: Hit, persona: Persona) -> str:
    """Where a quotation stands; in a conversation the first clause of it, since a record's question may be asked in many ways."""
    place = hit.passage.heading.split(" > ")[-1] or hit.passage.title
    return place if persona.answers_only_from_documents else _CLAUSE.split(place)[0]


def _quotation(number: int, hit: Hit, place: str, language: str) -> str:
    lead = f"关于“{place}” [{number}]：" if language == "zh" else f"**{place}** [{number}]:"
    quoted = "\n".join(f"> {line}" if line.strip() else ">" for line in hit.passage.text.strip().splitlines())
    return f"{lead}\n\n{quoted}"


def _without_hits(persona: Persona, info: ModelInfo, language: str) -> str:
    sentence = _NOTHING if language in info.languages else _WRONG_LANGUAGE
    first = sentence[language].format(model=info.title)
    examples = [starter.get(language) for starter in persona.starters[:3]]
    marks = "“{}”" if language == "zh" else '"{}"'
    listed = ("、" if language == "zh" else ", ").join(marks.format(example) for example in examples)
    return first + (" " + _ASK[language].format(examples=listed) if listed else "")
