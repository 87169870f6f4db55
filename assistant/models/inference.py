"""Models that a hub runs: Hugging Face's router for tasks and chat, ModelScope's API-Inference for chat and drawing.

What is asked leaves this machine, through the one way out, with the secret of that hub alone; what comes back is a stranger's.
Results have the form that a model on this machine would give. Nothing is tried a second time: a hub that is busy says so, and the
model that called decides.
"""

import base64
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from assistant.models.findings import texts_of
from assistant.models.tasks import Task
from common.egress import Egress, EgressResponse, Method
from common.errors import EgressFailed, EgressRefused, ToolFailed
from common.redaction import Redaction
from tools.base import Media

TIME_LIMIT_S = 170.0
"""Seconds of one answer; drawing takes the most."""

_ANSWER_LIMIT = 2 << 20
_PICTURE_LIMIT = 24 << 20
_SHOWN = 300  # characters of a refusal that are passed on
_WORDS = 2048  # tokens that are written

SecretFor = Callable[[str, str], str | None]
"""The secret of a name for an origin ("https://host:port"); None where there is none for it."""


@dataclass(frozen=True, slots=True)
class Hub:
    """Where a hub answers, and the name of its secret; `granted` as for the way out."""

    title: str
    url: str
    secret: str
    granted: frozenset[str] = frozenset()
    poll_s: float = 2.0  # between two looks at a picture that is being drawn

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


HUBS: Mapping[str, Hub] = {
    "hf-api": Hub("Hugging Face", "https://router.huggingface.co", "huggingface"),
    "ms-api": Hub("ModelScope", "https://api-inference.modelscope.cn", "modelscope"),
}
"""The hubs, by the first part of a model's name."""


def can(task: Task, kind: str) -> bool:
    """Whether a hub ("hf-api" or "ms-api") has a way to do a task."""
    if kind == "hf-api" and task.hub_task:
        return True
    return bool(task.prompt) or (kind == "ms-api" and task.gives == "picture")


class Asking:
    """One question to a hub, within its time."""

    def __init__(
        self,
        hub: Hub,
        kind: str,
        model: str,
        key: str,
        egress: Egress,
        cancel: threading.Event,
        time_limit_s: float = TIME_LIMIT_S,
    ) -> None:
        self._hub = hub
        self._kind = kind
        self._model = model
        self._key = key
        self._hide = Redaction([key])
        self._egress = egress
        self._cancel = cancel
        self._ends = time.monotonic() + time_limit_s

    def answer(self, task: Task, inputs: Mapping[str, Any], shown: Media | None) -> Any:
        """The result for inputs; `shown` is the picture or sound among them, as it came. Raises `ToolFailed`."""
        if self._kind == "hf-api" and task.hub_task:
            return self._of_task(task, inputs, shown)
        if task.gives == "picture":
            return self._drawn(str(inputs["words"]))
        return self._said(task.asked(inputs), shown)

    def _of_task(self, task: Task, inputs: Mapping[str, Any], shown: Media | None) -> Any:
        url = f"{self._hub.url}/hf-inference/models/{quote(self._model)}"
        if task.hub_task == "sentence-similarity":
            url += "/pipeline/sentence-similarity"
        limit = _PICTURE_LIMIT if task.gives == "picture" else _ANSWER_LIMIT
        if shown is not None:
            answer = self._send("POST", url, shown.data, shown.type, limit)
        else:
            answer = self._send("POST", url, json.dumps(_body(task, inputs)).encode(), "application/json", limit)
        if task.gives == "picture":
            if not answer.headers.get("content-type", "").startswith("image/"):
                raise self._unread("no picture", "没有图片")
            return answer.body
        return self._shaped(task, self._json(answer))

    def _shaped(self, task: Task, result: Any) -> Any:
        """A result in the form a pipeline has."""
        try:
            match task.gives:
                case "text":
                    return texts_of(result)
                case "labels" if isinstance(result, dict):
                    pairs = zip(result["labels"], result["scores"], strict=True)
                    return [{"label": label, "score": score} for label, score in pairs]
                case "labels":
                    return result[0] if isinstance(result[0], list) else result
                case _:
                    return result
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise self._unread("an answer of another form", "格式不符的回答") from error

    def _said(self, asked: str, shown: Media | None) -> str:
        content: Any = asked
        if shown is not None:
            address = f"data:{shown.type};base64,{base64.b64encode(shown.data).decode()}"
            content = [{"type": "image_url", "image_url": {"url": address}}, {"type": "text", "text": asked}]
        body = {"model": self._model, "messages": [{"role": "user", "content": content}], "max_tokens": _WORDS, "stream": False}
        url = f"{self._hub.url}/v1/chat/completions"
        result = self._json(self._send("POST", url, json.dumps(body).encode(), "application/json", _ANSWER_LIMIT))
        try:
            return str(result["choices"][0]["message"]["content"] or "").rpartition("</think>")[2]
        except (KeyError, IndexError, TypeError) as error:
            raise self._unread("an answer without words", "没有内容的回答") from error

    def _drawn(self, words: str) -> bytes:
        """ModelScope draws in the background: it is looked at until it is done, and the picture is fetched without a key."""
        body = json.dumps({"model": self._model, "prompt": words[:2000]}).encode()
        url, more = f"{self._hub.url}/v1/images/generations", {"x-modelscope-async-mode": "true"}
        begun = self._json(self._send("POST", url, body, "application/json", _ANSWER_LIMIT, more))
        task = begun.get("task_id") if isinstance(begun, dict) else None
        if not isinstance(task, str) or not task:
            raise self._unread("no number of a task", "没有任务编号")
        more = {"x-modelscope-task-type": "image_generation"}
        while not self._cancel.wait(self._hub.poll_s):
            url = f"{self._hub.url}/v1/tasks/{quote(task, safe='')}"
            state = self._json(self._send("GET", url, None, "", _ANSWER_LIMIT, more))
            status = state.get("task_status") if isinstance(state, dict) else None
            if status == "FAILED":
                raise ToolFailed(
                    f"{self._hub.title} could not draw this with {self._model!r}. Word it differently, or choose another model.",
                    f"{self._hub.title} 无法用 {self._model!r} 画这幅图。请换一种说法，或换一个模型。",
                )
            if status == "SUCCEED":
                images = state.get("output_images")
                if not isinstance(images, list) or not images or not isinstance(images[0], str):
                    raise self._unread("no picture", "没有图片")
                return self._send("GET", images[0], None, "", _PICTURE_LIMIT, key="").body
        raise ToolFailed("The drawing was stopped.", "画图已停止。")

    def _send(
        self,
        method: Method,
        url: str,
        body: bytes | None,
        kind: str,
        limit: int,
        more: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> EgressResponse:
        key = self._key if key is None else key
        headers = {
            **({"authorization": f"Bearer {key}"} if key else {}),
            **({"content-type": kind} if kind else {}),
            **(more or {}),
        }
        left = self._ends - time.monotonic()
        if left <= 0:
            raise self._late()
        try:
            answer = self._egress.request(
                method,
                url,
                headers=headers,
                body=body,
                deadline_s=left,
                byte_limit=limit,
                granted_hosts=self._hub.granted,
            )
        except (EgressFailed, EgressRefused) as error:
            # What was left of the time for the last request alone tells nobody anything.
            raise (self._late() if time.monotonic() >= self._ends else ToolFailed(error.english, error.chinese)) from error
        if answer.status != 200:
            raise self._refused(answer)
        return answer

    def _late(self) -> ToolFailed:
        return ToolFailed(
            f"{self._hub.title} did not finish in time with {self._model!r}. Try again later, or choose another model.",
            f"{self._hub.title} 没能按时用 {self._model!r} 完成。请稍后再试，或换一个模型。",
        )

    def _refused(self, answer: EgressResponse) -> ToolFailed:
        said = self._reason(answer)
        tail = f": {said!r}" if said else ""
        hub, model = self._hub.title, self._model
        match answer.status:
            case 401 | 403:
                return ToolFailed(
                    f"{hub} did not accept the secret {self._hub.secret!r}{tail}. Enter a valid access token.",
                    f"{hub} 不接受密钥 {self._hub.secret!r}{tail}。请填写有效的访问令牌。",
                )
            case 402 | 429:
                return ToolFailed(
                    f"{hub} answers no more for now: the allowance is used up{tail}. Try again later.",
                    f"{hub} 暂时不再应答：额度已用完{tail}。请稍后再试。",
                )
            case 503:
                return ToolFailed(
                    f"{hub} is still loading {model!r}{tail}. Try again in a minute.",
                    f"{hub} 还在加载 {model!r}{tail}。请过一分钟再试。",
                )
            case status:
                return ToolFailed(
                    f"{hub} answered {status} for {model!r}{tail}. Check the input, or choose another model.",
                    f"{hub} 对 {model!r} 返回了 {status}{tail}。请检查输入，或换一个模型。",
                )

    def _reason(self, answer: EgressResponse) -> str:
        """What a refusal says, in the forms that both hubs use; "" where it says nothing that can be read."""
        try:
            told = json.loads(answer.body)
        except (ValueError, RecursionError):
            return ""
        for name in ("error", "errors"):
            if isinstance(told, dict) and name in told:
                told = told[name]
        if isinstance(told, list) and told:
            told = told[0]
        if isinstance(told, dict):
            told = told.get("message")
        # Hidden first: a key that is cut would not be found.
        return " ".join(self._hide.text(told).split())[:_SHOWN] if isinstance(told, str) else ""

    def _json(self, answer: EgressResponse) -> Any:
        try:
            return self._hide.data(json.loads(answer.body))
        except (ValueError, RecursionError) as error:
            raise self._unread("something that is no JSON", "不是 JSON 的内容") from error

    def _unread(self, english: str, chinese: str) -> ToolFailed:
        return ToolFailed(
            f"{self._hub.title} gave {english} for {self._model!r}. Choose another model for this task.",
            f"{self._hub.title} 对 {self._model!r} 返回了{chinese}。请为这个任务换一个模型。",
        )


def _body(task: Task, inputs: Mapping[str, Any]) -> dict[str, Any]:
    match task.hub_task:
        case "zero-shot-classification":
            return {"inputs": inputs["text"], "parameters": {"candidate_labels": inputs["labels"]}}
        case "question-answering":
            return {"inputs": {"question": inputs["question"], "context": inputs["text"]}}
        case "sentence-similarity":
            return {"inputs": {"source_sentence": inputs["text"], "sentences": inputs["others"]}}
        case "text-to-image":
            return {"inputs": inputs["words"]}
        case _:
            return {"inputs": inputs["text"]}
