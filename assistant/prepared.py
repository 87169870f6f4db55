"""What is said where the model has no words, or none to rely on: the answer made of what the tools gave, and the note on a call
that cannot be read.

Sentences and quotations only, in both languages; when each is due is the agent's matter. An answer made here invents nothing: it
tells what was tried, what came of it and what failed.
"""

import json
from collections.abc import Iterator, Sequence

from assistant.calling import Tried
from tools.base import ToolSpec
from tools.registry import ToolSnapshot

_RESULTS = 3  # results quoted, the last ones
_RESULT = 400  # characters quoted of a result
_ARGUMENTS = 120  # characters shown of a call's arguments
_LINES = 24  # of the data that a tool gave
_VALUE = 200  # characters of one of its values

_GAVE = {
    "en": "I did not get to an answer in words of my own. This is what the tools gave:",
    "zh": "我没能用自己的话把回答写出来。工具给出的结果是：",
}
_ANSWERED = {"en": "{} answered:", "zh": "{}的回答："}
_MORE = {"en": "… and more", "zh": "……还有更多"}
_FAILED_TOO = {"en": "This did not work:", "zh": "下面这些没有成功："}
_FAILED = {"en": "I tried, and could not do it:", "zh": "我试过了，但没有做成："}
_AGAIN = {"en": "You could ask in another way.", "zh": "你可以换个问法再试。"}
_EMPTY = {
    "en": "I could not put an answer together. Ask me once more, perhaps in other words.",
    "zh": "这次我没能组织好回答。你可以换个说法再问我一次。",
}
_UNREAD = {
    "en": "I wanted to use a tool for this, and could not write the call so that it works. "
    "Ask me once more, perhaps in other words.",
    "zh": "我想用工具来做这件事，但没能写出可用的调用。你可以换个说法再问我一次。",
}
_UNREADABLE = {"en": "Your tool call could not be read:\n{}", "zh": "你写的工具调用无法读取：\n{}"}
_CALL_AGAIN = {
    "en": "Write the whole call again, the name of a tool and its arguments as JSON, or answer without it. The tools are: {}.",
    "zh": "请重新写出完整的调用（工具名和 JSON 参数），或者不用工具直接回答。可用的工具：{}。",
}
_NO_TOOLS = {"en": "There are no tools here: answer in words.", "zh": "这里没有工具，请直接回答。"}


def without_words(language: str, tried: Sequence[Tried], tools: ToolSnapshot, *, unread: bool = False) -> str:
    """The answer of a turn whose model wrote none; `unread` says that it wrote a call which cannot be read."""
    results = [_line(one, tools, language) for one in tried if not one.failure][-_RESULTS:]
    failures = list({one.failure: _line(one, tools, language) for one in tried if one.failure}.values())[-_RESULTS:]
    if results:
        return "\n\n".join([_GAVE[language], _listed(results), *([_FAILED_TOO[language], _listed(failures)] if failures else [])])
    if failures:
        return "\n\n".join([_FAILED[language], _listed(failures), _AGAIN[language]])
    return _UNREAD[language] if unread else _EMPTY[language]


def gave_data(tried: Sequence[Tried]) -> bool:
    """Whether the last call that worked gave several values by name or number: a small model retells the wrong one."""
    last = next((one for one in reversed(tried) if not one.result.failed), None)
    if last is None:
        return False
    text = last.result.text
    return len(_values(text)) > 1 or (text[:1] in ("{", "[") and len(text) > _RESULT)  # or more of them than there was room for


def as_given(language: str, tried: Sequence[Tried], tools: ToolSnapshot) -> str:
    """What the tools gave, value by value, and what failed."""
    told = []
    for one in [one for one in tried if not one.failure][-_RESULTS:]:
        lines = _values(one.result.text) or [f"- {_cut(one.result.text, _RESULT)}"]
        shown = [*lines[:_LINES], f"- {_MORE[language]}"] if len(lines) > _LINES else lines
        told.append("\n".join([_ANSWERED[language].format(_asked(one, tools, language)), "", *shown]))
    failures = [_line(one, tools, language) for one in tried if one.failure][-_RESULTS:]
    return "\n\n".join([*told, *([_FAILED_TOO[language], _listed(failures)] if failures else [])])


def about_unread(language: str, written: str, offered: Sequence[ToolSpec]) -> str:
    """What a model is told whose call could not be read."""
    names = ", ".join(spec.name for spec in offered)
    said = _UNREADABLE[language].format(_cut(written, _RESULT))
    return f"{said}\n{_CALL_AGAIN[language].format(names) if names else _NO_TOOLS[language]}"


def _line(one: Tried, tools: ToolSnapshot, language: str) -> str:
    return f"{_asked(one, tools, language)}{'：' if language == 'zh' else ': '}{_cut(one.result.text, _RESULT)}"


def _asked(one: Tried, tools: ToolSnapshot, language: str) -> str:
    known = tools.get(one.call.name)
    title = known.titles.get(language, one.call.name) if known else one.call.name
    given = ", ".join(f"{key}: {_value(value)}" for key, value in one.call.arguments.items())
    return f"{title} ({_cut(given, _ARGUMENTS)})" if given else title


def _values(text: str) -> list[str]:
    """The lines of a list, one for each value of the JSON that a result is; none for one that is words, or that was cut."""
    try:
        return list(_lines(json.loads(text), ""))
    except (ValueError, RecursionError):
        return []


def _lines(data: object, indent: str) -> Iterator[str]:
    named = data.items() if isinstance(data, dict) else enumerate(data, 1) if isinstance(data, list) else ()
    for name, value in named:
        nested = bool(value) and isinstance(value, dict | list)
        yield f"{indent}- {_cut(str(name), _VALUE)}:" + ("" if nested else f" {_cut(_value(value), _VALUE)}")
        if nested:
            yield from _lines(value, indent + "    ")


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _cut(text: str, length: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[:length] + "…"


def _listed(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
