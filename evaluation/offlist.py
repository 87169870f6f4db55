"""Calls of tools that are not on offer, read from what the app's parser gives as thoughts.

The app never runs such a call, so its parser keeps it out of the calls; measuring needs it, for a made-up tool is what a figure
of hallucination counts. The forms are those of `assistant/callforms.py`. What would not be a call of a tool on offer either,
because it is broken or cut off, is none here.
"""

import re
from collections.abc import Sequence

from assistant import loosejson
from assistant.callforms import NAME_KEYS, Offer, is_cut, read_marked, read_mistral
from assistant.callmarks import ACTION, NEXT_KEYWORD
from evaluation.task import Call
from tools.base import ToolSpec

_NAMES = re.compile(
    rf"""["'](?:{"|".join(NAME_KEYS)})["']\s*:\s*(["'])(?P<json>.{{1,100}}?)\1"""
    r"""|<function=\s*["']?(?P<xml>[^>"']{1,100}?)["']?\s*>"""
    r"""|\A\s*(?P<mistral>[\w.-]{1,100})\s*(?:\[[^{]*)?\{"""
)
_XML_BODY = re.compile(r"\s*[\"']?[\w.-]{1,100}[\"']?\s*>")
_ACTION = re.compile(rf"^\W*{ACTION.pattern}", re.MULTILINE)
_NO_ACTION = "none"  # what α-UMi and its kin write where they call nothing


def calls_in(unread: str, tools: Sequence[ToolSpec]) -> list[Call]:
    """The calls of a text that was meant as calls and could not be read, where a tool that is not on offer was the reason."""
    text = "<function=" + unread if _XML_BODY.match(unread) else unread
    if is_cut(text) or text.count("{") != text.count("}"):
        return []
    offered = Offer.of(tools)
    names = {name for found in _NAMES.finditer(text) for name in found.group("json", "xml", "mistral") if name}
    missing = {name for name in names if not offered.resolve(name)}
    offer = Offer.of([*tools, *(ToolSpec(name, "", {"type": "object", "properties": {}}) for name in sorted(missing))])
    calls = read_marked(text, offer) or read_mistral(text, offer)
    return list(calls) if any(name in missing for name, _ in calls) else []


def react_call(written: str, tools: Sequence[ToolSpec]) -> list[Call]:
    """The first call in the words of ReAct, where its tool is not on offer and its input is an object; else none."""
    found = _ACTION.search(written)
    if not found:
        return []
    name, given = (
        found[1].strip(" \t*`\"'"),
        NEXT_KEYWORD.split(written[found.end() :])[0].strip(" \t\r\n*`").removeprefix("json"),
    )
    if not name or name.casefold() == _NO_ACTION or Offer.of(tools).resolve(name) or is_cut(given):
        return []
    try:
        arguments = loosejson.load_first(given)[0]
    except ValueError:
        return []
    return [(name, arguments)] if isinstance(arguments, dict) else []
