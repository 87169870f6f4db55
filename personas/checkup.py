"""What a persona still lacks, in sentences: pure, from the persona and what there is around it.

A finding says how grave it is, at which field, what is wrong with what to do, and where in the page that is done. This file knows
no other room: the caller describes models, tools, collections and voices in the words below.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from common.problems import Sentences
from personas.promises import affirmed, promised
from personas.schema import Persona
from personas.store import TEMPLATE, missing

Severity = Literal["stop", "warn", "hint"]
"""`stop`: nobody can talk to it; `warn`: it will disappoint; `hint`: it could be better."""

Place = Literal["who", "speech", "uses", "voice", "knowledge", "models", "settings"]
"""Where it is mended: a tab of the editor, or a page."""


@dataclass(frozen=True, slots=True)
class ModelTraits:
    """What the model that answers is good for, as `ModelInfo` says it."""

    title: str
    languages: frozenset[str]
    tools: bool
    context_tokens: int


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What there is. `tools` maps an id to every name and description of it, `collections` an id to its title and documents.

    `off` are the ids of tools that were switched off for everybody.
    `model` is None while nobody knows what the model is; `region` is whether the helplines of a region are chosen.
    """

    models: Collection[str] = ()
    model: ModelTraits | None = None
    tools: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    off: Collection[str] = ()
    collections: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    voices: Collection[str] = ()
    region: bool = True
    count: Callable[[str], int] = lambda text: estimated(text)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend: `field` as a dotted path into the document."""

    severity: Severity
    field: str
    sentence: Sentences
    place: Place


_ORDER: Mapping[Severity, int] = {"stop": 0, "warn": 1, "hint": 2}
_TEMPLATE_TOKENS = 8  # what a chat template adds to a message
_GENERIC = frozenset({"right", "best", "same", "other", "given", "proper", "following", "这些", "这个", "合适的"})


def check_up(persona: Persona, around: Surroundings) -> list[Finding]:
    """Everything that is missing, the gravest first; empty when everything is there."""
    found = [
        *_missing(persona, around),
        *_who(persona),
        *_speech(persona),
        *_promises(persona, around),
        *_uses(persona, around),
        *_model(persona, around),
        *_voices(persona, around),
    ]
    return sorted(found, key=lambda finding: _ORDER[finding.severity])


def estimated(text: str) -> int:
    """About how many tokens `text` takes, rather too many than too few: one a Chinese character, one for three others."""
    wide = sum(letter > "\u2e7f" for letter in text)
    return wide + (len(text) - wide + 2) // 3


def _missing(persona: Persona, around: Surroundings) -> Iterator[Finding]:
    for name, sentence in missing(persona, around.models, around.tools, around.collections).items():
        yield Finding("stop", name, sentence, "uses")


def _who(persona: Persona) -> Iterator[Finding]:
    if not (persona.title.en.strip() and persona.title.zh.strip()):
        lacks = "en" if persona.title.zh.strip() else "zh"
        yield _unsaid("hint", f"title.{lacks}", lacks, "The name", "名字", "who")
    if persona.description.blank:
        yield Finding(
            "hint",
            "description",
            (
                "It has no description. Say in one line what it is for: the gallery shows it.",
                "还没有简介。用一句话说说它能做什么，首页会显示。",
            ),
            "who",
        )
    else:
        yield from _one_sided(persona.description.en, persona.description.zh, "description", "The description", "简介", "who")
    if not persona.picture and not persona.avatar.strip():
        yield Finding(
            "hint",
            "avatar",
            ("It has no face. Upload a picture, or give it a letter.", "还没有头像。请上传图片，或者填一个字。"),
            "who",
        )
    if persona.published and (persona.instruction.blank or persona.title == TEMPLATE.title):
        yield Finding(
            "warn",
            "published",
            (
                "Visitors see it, and it is not set up yet. Give it a name and an instruction, or take it back.",
                "访客已经能看到它，但它还没有设置好。请填写名字和说明，或者先取消发布。",
            ),
            "who",
        )


def _speech(persona: Persona) -> Iterator[Finding]:
    if persona.instruction.blank:
        yield Finding(
            "warn",
            "instruction",
            ("The instruction is empty. Say who it is and how it answers.", "说明是空的。请写清它是谁、怎样回答。"),
            "speech",
        )
    else:
        yield from _one_sided(persona.instruction.en, persona.instruction.zh, "instruction", "The instruction", "说明", "speech")
    if persona.greeting.blank:
        yield Finding(
            "warn",
            "greeting",
            ("It has no greeting. A first line tells people what to expect.", "还没有开场白。第一句话会告诉别人可以聊什么。"),
            "speech",
        )
    else:
        yield from _one_sided(persona.greeting.en, persona.greeting.zh, "greeting", "The greeting", "开场白", "speech")
    if not persona.starters:
        yield Finding(
            "hint",
            "starters",
            (
                "It has no starters. Two or three first questions help people begin.",
                "还没有开场问题。有两三个现成的问题，别人更容易开口。",
            ),
            "speech",
        )
    for index, starter in enumerate(persona.starters):
        name, chinese = f"Starter {index + 1}", f"第 {index + 1} 个开场问题"
        yield from _one_sided(starter.en, starter.zh, f"starters.{index}", name, chinese, "speech")
    shown = {example.language for example in persona.few_shot}
    if len(shown) == 1:
        lacks = "zh" if "en" in shown else "en"
        yield _unsaid("hint", "few_shot", lacks, "Every example", "所有示例", "speech", every=True)


def _promises(persona: Persona, around: Surroundings) -> Iterator[Finding]:
    held = _held(persona, around)
    for language in ("en", "zh"):
        texts = [getattr(text, language) for text in (persona.instruction, persona.greeting, persona.description)]
        texts += [getattr(starter, language) for starter in persona.starters]
        texts += [example.assistant for example in persona.few_shot if example.language == language]
        for promise in promised(texts):
            able = any(promise.tool.search(word) for tool in held for word in around.tools.get(tool, ()))
            if not able:
                english, chinese = promise.name
                yield Finding(
                    "warn",
                    f"instruction.{language}",
                    (
                        f"Its {_LANGUAGE[language][0]} texts speak of {english}, and it has no tool for that: "
                        "it would make things up. Give it such a tool, or say that it cannot do this.",
                        f"它的{_LANGUAGE[language][1]}文字提到“{chinese}”，却没有这样的工具，只会瞎编。请给它配上工具，或者写明它做不到。",
                    ),
                    "speech",
                )
        yield from _unheld_tools(persona, around, language, held)


def _unheld_tools(persona: Persona, around: Surroundings, language: str, held: Collection[str]) -> Iterator[Finding]:
    """Tools that the instruction tells it to use and that it does not have."""
    text = getattr(persona.instruction, language)
    lowered = text.lower()
    for tool, words in around.tools.items():
        if tool in held or not any(name.lower() in lowered for name in (tool, *words[:3])):
            continue  # of thousands of tools few are named, and a pattern for each would take seconds
        names = [re.escape(name) for name in {tool, *words[:3]} if 1 < len(name) <= 40]
        used = re.compile(
            rf"\b(?:us(?:e|es|ing)|call|calls|calling|run|ask)\s+(?:the |your |its |a )?[`\"“]?(?:{'|'.join(names)})\b"
            rf"|(?:用|使用|调用|借助)[“「《`\"]?(?:{'|'.join(names)})",
            re.IGNORECASE,
        )
        if affirmed(used, text):
            yield _not_held(tool, language)
    known = {word.lower() for tool, words in around.tools.items() for word in (tool, *words[:3])}
    for found in re.finditer(
        r"\b(?:use|call|using|calling) the [`\"“]?([\w-]{2,40})[`\"”]? tool\b|(?:使用|调用|用)[“「]([^”」]{1,20})[”」]工具",
        text,
        re.IGNORECASE,
    ):
        name = found[1] or found[2]
        if name.lower() not in known | _GENERIC and affirmed(re.compile(re.escape(found[0])), text):
            yield _not_held(name, language)


def _held(persona: Persona, around: Surroundings) -> Collection[str]:
    """The tools that it is given."""
    return {*persona.tools, *(around.tools.keys() - around.off)} if persona.all_tools else persona.tools


def _not_held(tool: str, language: str) -> Finding:
    return Finding(
        "warn",
        f"instruction.{language}",
        (
            f"The {_LANGUAGE[language][0]} instruction tells it to use {tool!r}, which it does not have. "
            "Choose that tool, or change the text.",
            f"{_LANGUAGE[language][1]}说明里让它用 {tool!r}，但它没有这个工具。请选上它，或者改一改说明。",
        ),
        "uses",
    )


def _uses(persona: Persona, around: Surroundings) -> Iterator[Finding]:
    for index, collection in enumerate(persona.collections):
        title, documents = around.collections.get(collection, ("", 1))
        if not documents:
            yield Finding(
                "warn",
                f"collections.{index}",
                (f"The collection {title!r} is empty. Add documents to it.", f"资料库“{title}”还是空的，请加入文档。"),
                "knowledge",
            )
    for index, tool in enumerate(persona.tools):
        if tool in around.off:
            yield Finding(
                "warn",
                f"tools.{index}",
                (
                    f"The tool {tool!r} is switched off and is not given to it. Switch it on under Tools, or take it out here.",
                    f"工具 {tool!r} 已关闭，它用不了。请在“工具”页打开，或在这里去掉。",
                ),
                "uses",
            )
    if persona.answers_only_from_documents and not persona.collections:
        yield Finding(
            "warn",
            "answers_only_from_documents",
            (
                "It may answer from documents only and has none. Choose a collection, or let it answer freely.",
                "它只能根据文档回答，却没有任何文档。请选一个资料库，或者关掉这个限制。",
            ),
            "uses",
        )
    if persona.playful and not around.region:
        yield Finding(
            "hint",
            "playful",
            (
                "People may come to it in trouble, and no region is chosen for the helplines. Choose one in the settings.",
                "可能会有人难受时来找它，但还没有选择求助热线的地区。请到设置里选一个。",
            ),
            "settings",
        )


def _model(persona: Persona, around: Surroundings) -> Iterator[Finding]:
    model = around.model
    if model is None:
        return
    if persona.has_tools and not model.tools:
        yield Finding(
            "warn",
            "tools",
            (
                f"{model.title} cannot call tools: those chosen stay unused. Choose another model.",
                f"{model.title} 不会调用工具，选好的工具用不上。请换一个模型。",
            ),
            "models",
        )
    for language, (english, chinese) in _LANGUAGE.items():
        if getattr(persona.instruction, language).strip() and language not in model.languages:
            yield Finding(
                "warn",
                f"instruction.{language}",
                (
                    f"{model.title} writes no {english}: asked in {english}, it can only quote passages. Choose another model.",
                    f"{model.title} 不会写{chinese}，用{chinese}问它时只能引用资料原文。请换一个模型。",
                ),
                "models",
            )
        needs = around.count(getattr(persona.instruction, language)) + _TEMPLATE_TOKENS + persona.generation.max_tokens
        if needs > model.context_tokens:
            yield Finding(
                "stop",
                f"instruction.{language}",
                (
                    f"The {english} instruction and an answer take about {needs:,} tokens; {model.title} reads "
                    f"{model.context_tokens:,}. Shorten it, shorten the answers, or choose another model.",
                    f"{chinese}说明加上回答大约需要 {needs:,} 个词元，{model.title} 只能读 "
                    f"{model.context_tokens:,} 个。请缩短说明或回答，或者换一个模型。",
                ),
                "speech",
            )


def _voices(persona: Persona, around: Surroundings) -> Iterator[Finding]:
    for language in ("en", "zh"):
        voice = persona.voice.get(language)
        if voice.partition("?")[0] not in around.voices:
            yield Finding(
                "warn",
                f"voice.{language}",
                (f"The voice {voice!r} is not on this machine. Choose another.", f"这台机器上没有声音 {voice!r}，请换一个。"),
                "voice",
            )


_LANGUAGE: Mapping[str, Sentences] = {"en": ("English", "英文"), "zh": ("Chinese", "中文")}


def _one_sided(en: str, zh: str, name: str, english: str, chinese: str, place: Place) -> Iterator[Finding]:
    if bool(en.strip()) != bool(zh.strip()):
        lacks = "zh" if en.strip() else "en"
        yield _unsaid("hint", f"{name}.{lacks}", lacks, english, chinese, place)


def _unsaid(
    severity: Severity, name: str, lacks: str, english: str, chinese: str, place: Place, *, every: bool = False
) -> Finding:
    there = "zh" if lacks == "en" else "en"
    if every:
        return Finding(
            severity,
            name,
            (
                f"{english} is in {_LANGUAGE[there][0]}. Add one in {_LANGUAGE[lacks][0]}: "
                "a conversation is shown those of its language.",
                f"{chinese}都是{_LANGUAGE[there][1]}的。请补一个{_LANGUAGE[lacks][1]}的，对话只会用同一种语言的示例。",
            ),
            place,
        )
    return Finding(
        severity,
        name,
        (
            f"{english} is in {_LANGUAGE[there][0]} only. Readers of {_LANGUAGE[lacks][0]} get the {_LANGUAGE[there][0]} text.",
            f"{chinese}只有{_LANGUAGE[there][1]}。看{_LANGUAGE[lacks][1]}的人也会看到{_LANGUAGE[there][1]}。",
        ),
        place,
    )
