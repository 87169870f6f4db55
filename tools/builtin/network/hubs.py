"""Models on Hugging Face and ModelScope: found by words and task, with what decides a choice: task, size, licence, downloads.

Both hubs are asked at once, and one that does not answer leaves the other's models. It reads their listings, not the models;
whether one runs here is for whoever downloads it.
"""

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from common.egress import Egress
from common.errors import ArgumentsInvalid, ToolFailed
from tools.base import ToolContext, ToolOutput, ToolSpec
from tools.builtin.network.reading import day, line, listed, objects, part, whole
from tools.builtin.network.service import NetworkTool, Service, unexpected

HUGGING_FACE = Service("https://huggingface.co")
MODELSCOPE = Service("https://www.modelscope.cn")

_FOUND = 5
_EXPANDED = ("downloads", "likes", "pipeline_tag", "tags", "safetensors", "gguf", "lastModified")
_ID = re.compile(r"[\w.-]{1,100}/[\w.-]{1,100}", re.ASCII)
_SORTS = {"downloads": ("downloads", "downloads"), "likes": ("likes", "likes"), "newest": ("lastModified", "last_modified")}

# A task as Hugging Face names it, and as ModelScope does where that is another name.
_TASKS: Mapping[str, str] = {
    "text-generation": "text-generation",
    "image-text-to-text": "image-text-to-text",
    "feature-extraction": "sentence-embedding",
    "text-ranking": "text-ranking",
    "text-classification": "text-classification",
    "token-classification": "token-classification",
    "translation": "translation",
    "summarization": "text-summarization",
    "question-answering": "question-answering",
    "automatic-speech-recognition": "auto-speech-recognition",
    "text-to-speech": "text-to-speech",
    "text-to-image": "text-to-image-synthesis",
    "text-to-video": "text-to-video-synthesis",
    "image-to-text": "image-captioning",
    "image-classification": "image-classification",
    "image-segmentation": "image-segmentation",
    "object-detection": "image-object-detection",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A model of a hub: `name` as Hearth takes it ("hf:ORG/NAME"); what the hub did not tell is None or ""."""

    name: str
    url: str
    task: str
    parameters: int | None
    bytes: int | None
    licence: str
    downloads: int | None
    changed: str


_Hub = Callable[[str, str, str], list[Found]]
"""Finds models by words, task and sort. Raises `ToolFailed`."""


class ModelSearch(NetworkTool):
    """Searches the hubs for models."""

    id = "model-search"
    for_small_models = False  # one asks a hub for "Hearth" when it is asked what Hearth can do
    titles: Mapping[str, str] = {"en": "Model search", "zh": "模型搜索"}
    about: Mapping[str, str] = {
        "en": "Finds models on Hugging Face and ModelScope by words and task, with size, licence and downloads.",
        "zh": "在 Hugging Face 和魔搭社区按名称和任务查找模型，给出大小、许可证和下载量。",
    }
    spec = ToolSpec(
        "model_search",
        "Search Hugging Face and ModelScope for AI models by name or task; gives ids, size, licence and downloads. "
        "在 Hugging Face 和魔搭社区搜索模型。",
        {
            "type": "object",
            "properties": {
                "query": {
                    "type": "string",
                    "description": "Part of a model's name, such as qwen3 or whisper. 模型名里的词。",
                    "maxLength": 100,
                },
                "task": {"type": "string", "enum": list(_TASKS), "description": "What it is to do. 任务。"},
                "hub": {"type": "string", "enum": ["both", "huggingface", "modelscope"], "default": "both"},
                "sort": {"type": "string", "enum": list(_SORTS), "default": "downloads"},
            },
            "additionalProperties": False,
        },
    )

    def __init__(
        self, egress: Egress, *, hugging_face: Service = HUGGING_FACE, modelscope: Service = MODELSCOPE, offline: bool = False
    ) -> None:
        super().__init__(egress, offline=offline)
        self._hugging_face = hugging_face
        self._modelscope = modelscope
        self._hubs: Mapping[str, _Hub] = {"huggingface": self._on_hugging_face, "modelscope": self._on_modelscope}

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Raises `ArgumentsInvalid` without words and task, `ToolFailed` where nothing is found or answered."""
        query, task, sort = arguments.get("query", "").strip(), arguments.get("task", ""), arguments.get("sort", "downloads")
        if not query and not task:
            raise ArgumentsInvalid(
                "Say what to search for: part of a model's name, or a task.", "请说明要找什么：模型名里的词，或一项任务。"
            )
        wanted = arguments.get("hub", "both")
        hubs = [hub for name, hub in self._hubs.items() if wanted in (name, "both")]
        with ThreadPoolExecutor(len(hubs), thread_name_prefix="hubs") as pool:
            answers = list(pool.map(lambda hub: _tried(hub, query, task, sort), hubs))
        failed = [answer for answer in answers if isinstance(answer, ToolFailed)]
        if len(failed) == len(answers):
            raise failed[0]
        models = [model for answer in answers if not isinstance(answer, ToolFailed) for model in answer]
        silent = [error.sentence(context.language) for error in failed]
        if not models:
            raise ToolFailed(
                f"No models were found for {query or task!r}. Use a shorter name, or the task alone.",
                f"没有找到与 {query or task!r} 有关的模型。请用更短的名称，或只给任务。",
            )
        shown = [f"{rank}. {_told(model, context)}" for rank, model in enumerate(models, 1)]
        return ToolOutput("\n".join(shown + silent), {"models": [asdict(model) for model in models], "problems": silent})

    def _on_hugging_face(self, query: str, task: str, sort: str) -> list[Found]:
        asked = [*_given(search=query, pipeline_tag=task), ("sort", _SORTS[sort][0]), ("direction", -1), ("limit", _FOUND)]
        asked += [("expand", field) for field in _EXPANDED]
        told = self.ask(self._hugging_face, "/api/models", asked)
        if not isinstance(told, list):
            raise unexpected(self._hugging_face)
        return [_of_hugging_face(each, self._hugging_face) for each in objects(told)[:_FOUND] if _id(each)]

    def _on_modelscope(self, query: str, task: str, sort: str) -> list[Found]:
        asked = _given(**{"search": query, "filter.task": _TASKS.get(task, "")})
        asked += [("sort", _SORTS[sort][1]), ("page_number", 1), ("page_size", _FOUND)]
        told = self.ask(self._modelscope, "/openapi/v1/models", asked)
        if part(told, "success") is False:  # a refusal may come with the status of a success
            said = line(part(told, "message"), 200)
            raise ToolFailed(f"ModelScope did not accept this: {said!r}.", f"魔搭社区没有接受请求：{said!r}。")
        models = part(told, "data", "models")
        if not isinstance(models, list):
            raise unexpected(self._modelscope)
        return [_of_modelscope(each, self._modelscope) for each in objects(models)[:_FOUND] if _id(each)]


def _tried(hub: _Hub, query: str, task: str, sort: str) -> list[Found] | ToolFailed:
    try:
        return hub(query, task, sort)
    except ToolFailed as error:
        return error


def _of_hugging_face(found: Mapping[str, Any], hub: Service) -> Found:
    return Found(
        name=f"hf:{_id(found)}",
        url=hub.url(f"/{_id(found)}"),
        task=line(part(found, "pipeline_tag"), 60),
        parameters=whole(part(found, "safetensors", "total")) or whole(part(found, "gguf", "total")),
        bytes=None,
        licence=_tagged(found, "license"),
        downloads=whole(part(found, "downloads")),
        changed=day(part(found, "lastModified")),
    )


def _of_modelscope(found: Mapping[str, Any], hub: Service) -> Found:
    return Found(
        name=f"ms:{_id(found)}",
        url=hub.url(f"/models/{_id(found)}"),
        task=line(part(found, "tasks", 0), 60) or _tagged(found, "task"),
        parameters=whole(part(found, "params")) or None,
        bytes=whole(part(found, "file_size")) or None,
        licence=line(part(found, "license"), 60) or _tagged(found, "license"),
        downloads=whole(part(found, "downloads")),
        changed=day(part(found, "last_modified")),
    )


def _id(found: Mapping[str, Any]) -> str:
    """ORG/NAME, "" for what is none: it becomes part of an address and of a name that people paste."""
    id = line(part(found, "id"), 200)
    return id if _ID.fullmatch(id) else ""


def _tagged(found: Mapping[str, Any], key: str) -> str:
    """What a tag "key:value" says."""
    tags = (line(tag, 100) for tag in listed(part(found, "tags")))
    return next((tag.partition(":")[2] for tag in tags if tag.startswith(f"{key}:")), "")


def _given(**words: str) -> list[tuple[str, str | int]]:
    return [(name, word) for name, word in words.items() if word]


def _told(model: Found, context: ToolContext) -> str:
    size = model.parameters
    known = [
        model.name,
        model.task,
        context.say(f"{_short(size)} parameters", f"{_short(size)} 参数") if size else "",
        f"{model.bytes / 1e9:.1f} GB" if model.bytes else "",
        model.licence,
        context.say(f"{model.downloads:,} downloads", f"{model.downloads:,} 次下载") if model.downloads is not None else "",
        context.say(f"changed {model.changed}", f"{model.changed} 更新") if model.changed else "",
    ]
    return f"{' · '.join(filter(None, known))}\n   {model.url}"


def _short(number: int) -> str:
    """As people name the size of a model: 4.0B, 135M."""
    return f"{number / 1e9:.1f}B" if number >= 1e9 else f"{number / 1e6:.0f}M" if number >= 1e6 else f"{number:,}"
