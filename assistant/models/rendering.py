"""Messages to token ids and ids to text, through the tokenizer's own chat template.

Ids that a model has read or written are remembered by the text they stand for, and a later prompt that begins with this text
takes them as they are: tokenising an answer again may cut it differently, and everything behind it in the cache would be lost.
A tokenizer is used by one thread at a time, because the fast ones fail or mix up their settings when threads share them.
"""

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence, Set
from typing import Any

from jinja2 import TemplateError

from assistant.messages import Message
from assistant.models.bounding import refused
from assistant.toolcalls import render_call
from common.errors import ModelLoadFailed
from tools.base import ToolSpec

_REMEMBERED = 256  # prompts and answers
_QUESTION = {"role": "user", "content": "?"}
_TEMPLATE_FAILURES = (TemplateError, TypeError, ValueError, KeyError, AttributeError)
_PROBE_TOOL = ToolSpec("probe_of_tools", "A probe.", {"type": "object", "properties": {}})

KEPT_MARKERS = ("<think>", "</think>", "<tool_call>", "</tool_call>", "<|python_tag|>", "[TOOL_CALLS]", "[CALL_ID]", "[ARGS]")
"""Special tokens that say something to whoever reads the text; every other one is dropped from it."""

TURN_ENDS = ("<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<end_of_turn>", "<|end|>", "<|endoftext|>", "<|end_of_text|>")
"""Tokens that end a turn in the common templates, for models whose own settings name only one of them."""


LANGUAGES = frozenset({"en", "zh"})
"""What the descriptions of tools are written in."""

_CHINESE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])\s*")


class Renderer:
    """One tokenizer and what its template can do."""

    def __init__(self, tokenizer: Any, title: str, languages: Set[str] = LANGUAGES) -> None:
        """Raises `ModelLoadFailed` for a tokenizer without a chat template; `languages` are those the model reads."""
        self._tokenizer = tokenizer
        self._chinese = "zh" in languages
        self._lock = threading.Lock()
        self._memory: OrderedDict[str, list[int]] = OrderedDict()
        if not tokenizer.chat_template:
            raise ModelLoadFailed(
                f"{title!r} has no chat template, so it cannot hold a conversation. Choose its instruct or chat version.",
                f"{title!r} 没有对话模板，无法对话。请换用它的 instruct 或 chat 版本。",
            )
        self._tools = "probe_of_tools" in self._try([_QUESTION], tools=[_PROBE_TOOL.to_dict()])
        self._system = "probe of system" in self._try([{"role": "system", "content": "probe of system"}, _QUESTION])
        # Tokenizers that put a space before every text cannot take a text in two parts.
        first = tokenizer.convert_ids_to_tokens(tokenizer("\nb", add_special_tokens=False)["input_ids"])[0]
        self._splits = not first.startswith("▁")
        vocabulary = tokenizer.get_vocab()
        self._hidden = frozenset(tokenizer.all_special_ids) - {vocabulary.get(marker) for marker in KEPT_MARKERS}
        self.turn_ends = tuple(name for name in TURN_ENDS if name in vocabulary)
        self.stop_ids = frozenset(vocabulary[name] for name in self.turn_ends) | _ids(tokenizer.eos_token_id)

    def render(self, messages: Sequence[Message], tools: Sequence[ToolSpec], *, answering: bool = True) -> str:
        """The text of a prompt that ends where the assistant begins to speak, or, not `answering`, after the last message.

        Raises `SchemaRefused` for a tool that the template cannot write down, and what the template raises for other reasons.
        """
        if not self._chinese:
            tools = [_in_english(tool) for tool in tools]
        offered = [tool.to_dict() for tool in tools] if self._tools and tools else None
        plain = [_to_dict(message) for message in messages] if self._tools else _without_tool_roles(messages, tools)
        if not self._system:
            plain = _without_system(plain)
        with self._lock:
            try:
                return str(self._template(plain, offered, answering))
            except _TEMPLATE_FAILURES as error:
                alone = zip(tools, offered or (), strict=False)
                bad = next((tool for tool, written in alone if not self._try([_QUESTION], [written])), None)
                if bad is None:
                    raise
                raise refused(
                    bad.name, "what it takes cannot be written down for it", "它的参数无法按这个模型的格式写出来"
                ) from error

    def encode(self, text: str) -> list[int]:
        """The ids of a rendered prompt, those of its longest remembered beginning taken as they are."""
        with self._lock:
            beginning = max((known for known in self._memory if text.startswith(known)), key=len, default="")
            if not self._splits:
                beginning = ""
            ids = list(self._memory.get(beginning, ()))
            if beginning:
                self._memory.move_to_end(beginning)
            if rest := text[len(beginning) :]:
                ids += self._tokenizer(rest, add_special_tokens=False)["input_ids"]
        return ids

    def remember(self, text: str, prompt: Sequence[int], answer: Sequence[int] = ()) -> None:
        """Keep the ids of a prompt's text, and of the text with its answer."""
        with self._lock:
            self._keep(text, list(prompt))
            said = self._decode(answer, hide=False)
            if answer and "\ufffd" not in said:
                self._keep(text + said, [*prompt, *answer])

    def count(self, text: str) -> int:
        """How many ids a text takes."""
        with self._lock:
            return len(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def reader(self) -> "Reader":
        """A reader of one answer."""
        return Reader(self)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, without the special tokens nobody should see."""
        with self._lock:
            return self._decode(ids)

    def _decode(self, ids: Sequence[int], *, hide: bool = True) -> str:
        shown = [number for number in ids if not (hide and number in self._hidden)]
        return str(self._tokenizer.decode(shown, skip_special_tokens=False, clean_up_tokenization_spaces=False))

    def _keep(self, text: str, ids: list[int]) -> None:
        self._memory[text] = ids
        self._memory.move_to_end(text)
        while len(self._memory) > _REMEMBERED:
            self._memory.popitem(last=False)

    def _template(self, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None, answering: bool = True) -> Any:
        return self._tokenizer.apply_chat_template(messages, tools=tools, tokenize=False, add_generation_prompt=answering)

    def _try(self, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None = None) -> str:
        """What the template makes of messages; nothing when it refuses them."""
        try:
            return str(self._template(messages, tools))
        except _TEMPLATE_FAILURES:
            return ""


class Reader:
    """Turns the ids of one answer into text as they come, never in the middle of a character.

    Each call decodes the last few ids only: a token's text depends on those before it, but not on far ones.
    """

    _PATIENCE = 8  # ids that may wait for the rest of a character; a model that writes broken bytes is not waited for

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._ids: list[int] = []
        self._context = 0  # where the window of decoding begins
        self._read = 0  # the ids before this one are out

    def feed(self, ids: Sequence[int]) -> str:
        """The text that is whole now."""
        self._ids.extend(ids)
        before = self._renderer.decode(self._ids[self._context : self._read])
        text = self._renderer.decode(self._ids[self._context :])
        whole = not text.endswith("\ufffd") or len(self._ids) - self._read > self._PATIENCE
        if not whole or len(text) <= len(before):
            return ""
        self._context, self._read = self._read, len(self._ids)
        return text[len(before) :]

    def finish(self) -> str:
        """What was held back, without the bytes of a character that never became whole."""
        before = self._renderer.decode(self._ids[self._context : self._read])
        text = self._renderer.decode(self._ids[self._context :])
        self._context = self._read = len(self._ids)
        return text[len(before) :].rstrip("\ufffd")


def _in_english(tool: ToolSpec) -> ToolSpec:
    """The tool without the Chinese sentences of its descriptions, which a model that cannot read them only stumbles over."""
    return ToolSpec(tool.name, _english_sentences(tool.description), _schema_in_english(tool.parameters))


def _schema_in_english(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    told = dict(schema)
    if isinstance(schema.get("description"), str):
        told["description"] = _english_sentences(schema["description"])
    if isinstance(schema.get("properties"), Mapping):
        told["properties"] = {
            name: _schema_in_english(part) if isinstance(part, Mapping) else part for name, part in schema["properties"].items()
        }
    if isinstance(schema.get("items"), Mapping):
        told["items"] = _schema_in_english(schema["items"])
    return told


def _english_sentences(text: str) -> str:
    """The sentences without a Chinese character; the text as it is where every sentence has one."""
    kept = [sentence for sentence in _SENTENCE_END.split(text) if not _CHINESE.search(sentence)]
    return " ".join(filter(None, kept)) or text


def _ids(number: int | Sequence[int] | None) -> frozenset[int]:
    if number is None:
        return frozenset()
    return frozenset({number} if isinstance(number, int) else number)


def _to_dict(message: Message) -> dict[str, Any]:
    data: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.thinking:
        data["reasoning_content"] = message.thinking
    if message.calls:
        data["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": dict(call.arguments)}}
            for call in message.calls
        ]
    if message.result:
        data |= {"content": message.result.text, "name": message.result.name, "tool_call_id": message.result.call_id}
    return data


def _without_tool_roles(messages: Sequence[Message], tools: Sequence[ToolSpec]) -> list[dict[str, Any]]:
    """For a template that knows no tools: they are described in the system message, results are said by the user."""
    written: list[dict[str, Any]] = []
    for message in messages:
        role, content = message.role, "\n".join(filter(None, [message.text, *map(render_call, message.calls)]))
        if message.result:
            role, content = "user", f"<tool_response>\n{message.result.text}\n</tool_response>"
        # Many such templates insist that user and assistant take turns.
        if written and written[-1]["role"] == role == "user":
            content = f"{written.pop()['content']}\n\n{content}"
        written.append({"role": role, "content": content})
    if tools:
        listed = "\n".join(json.dumps(tool.to_dict(), ensure_ascii=False) for tool in tools)
        asked = (
            f"You may call these tools:\n<tools>\n{listed}\n</tools>\nTo call one, write only\n"
            '<tool_call>\n{"name": "...", "arguments": {...}}\n</tool_call>'
        )
        has_system = bool(written) and written[0]["role"] == "system"
        opening = f"{written.pop(0)['content']}\n\n{asked}" if has_system else asked
        written.insert(0, {"role": "system", "content": opening})
    return written


def _without_system(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For a template that knows no system: its text opens the first message of the user."""
    system = "\n\n".join(str(message["content"]) for message in messages if message["role"] == "system")
    rest = [message for message in messages if message["role"] != "system"]
    if not system:
        return rest
    for index, message in enumerate(rest):
        if message["role"] == "user":
            joined = {"role": "user", "content": f"{system}\n\n{message['content']}"}
            return [*rest[:index], joined, *rest[index + 1 :]]
    return [{"role": "user", "content": system}, *rest]
