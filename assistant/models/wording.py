"""Models that answer with words of their own: that talk, that turn one text into another, that say what they see.

A folder in, a function from a task's inputs to its text out. How much they write is bounded, and the event that stops them is
looked at before each token. Nothing is fetched: pictures are handed over as pixels, never as an address.
"""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from assistant.models import catalogue, devices
from assistant.models.catalogue import called
from assistant.models.tasks import Task
from assistant.models.weights import choose_dtype, weight_bytes
from common.errors import ModelLoadFailed, ToolFailed

Inputs = Mapping[str, Any]
"""By name: text, lists of text, a picture as a PIL image, a sound as (samples, samples a second)."""

Runner = Callable[[Task, Inputs, threading.Event], Any]
"""Gives the result of a task for inputs, in the form that `findings` reads; looks at the event between steps."""

SAFE = {"local_files_only": True, "trust_remote_code": False}
"""How everything of a model is read."""

_LONGEST = 1024  # tokens that are written, at most
_SHORTEST = 16  # and for which there must be room at least
_CODES = {"zh": ("zho_Hans", "zh_CN", "__zh__", "<2zh>"), "en": ("eng_Latn", "en_XX", "__en__", "<2en>")}
_TALKS_WITH_TORCHVISION = "video_preprocessor_config.json"


def device() -> str:
    return "cuda" if devices.room().kind == "gpu" else "cpu"


def network_of(kind: str, folder: Path) -> Any:
    """The model of a folder, by the name of one of transformers' automatic classes."""
    import transformers

    dtype = choose_dtype(device(), weight_bytes(folder))
    network = getattr(transformers, kind).from_pretrained(folder, dtype=dtype, use_safetensors=True, **SAFE)
    return network.to(device()).eval()


def helper_of(kind: str, folder: Path) -> Any:
    """What prepares inputs: a tokenizer or a processor."""
    import transformers

    return getattr(transformers, kind).from_pretrained(folder, **SAFE)


def stopping(cancel: threading.Event) -> Any:
    from transformers import StoppingCriteria, StoppingCriteriaList

    class Stopped(StoppingCriteria):  # type: ignore[misc]
        def __call__(self, input_ids: Any, _scores: Any, **_: Any) -> Any:
            import torch

            return torch.full((input_ids.shape[0],), cancel.is_set(), device=input_ids.device, dtype=torch.bool)

    return StoppingCriteriaList([Stopped()])


def _written(network: Any, helper: Any, given: Any, cancel: threading.Event, **more: Any) -> str:
    """What a model writes to inputs, without what it was given and without its thoughts; raises `ToolFailed` for too much."""
    import torch

    given = given.to(network.device)
    for name, value in given.items():
        if torch.is_floating_point(value):
            given[name] = value.to(network.dtype)
    before = given["input_ids"].shape[1] if "input_ids" in given and not network.config.is_encoder_decoder else 0
    room = (getattr(network.config.get_text_config(decoder=True), "max_position_embeddings", None) or 1 << 20) - before - 2
    if room < _SHORTEST:
        raise ToolFailed(
            f"The input is too long for the model by {_SHORTEST - room:,} tokens. Give it in pieces.",
            f"输入比模型能处理的多出 {_SHORTEST - room:,} 个 token。请分段处理。",
        )
    with torch.inference_mode():
        ids = network.generate(
            **given, max_new_tokens=min(_LONGEST, room), do_sample=False, stopping_criteria=stopping(cancel), **more
        )
    # Some models that see begin anew instead of going on with what they were given.
    if before and not (ids.shape[1] >= before and bool((ids[0, :before] == given["input_ids"][0]).all())):
        before = 0
    text = str(helper.decode(ids[0, before:], skip_special_tokens=True))
    return text.rpartition("</think>")[2].strip()


def talking(folder: Path) -> Runner:
    network, tokenizer = network_of("AutoModelForCausalLM", folder), helper_of("AutoTokenizer", folder)

    def run(task: Task, inputs: Inputs, cancel: threading.Event) -> str:
        said = [{"role": "user", "content": task.asked(inputs)}]
        given = tokenizer.apply_chat_template(
            said, add_generation_prompt=True, return_tensors="pt", return_dict=True, enable_thinking=False
        )
        return _written(network, tokenizer, given, cancel)

    return run


def talking_about_pictures(folder: Path) -> Runner:
    if (folder / _TALKS_WITH_TORCHVISION).is_file() and not devices.has("torchvision"):
        raise ModelLoadFailed(
            f"The model {called(folder)!r} needs the package torchvision. Run: pip install torchvision, then restart.",
            f"模型 {called(folder)!r} 需要 torchvision。请运行 pip install torchvision，再重新启动 Hearth。",
        )
    network, processor = network_of("AutoModelForImageTextToText", folder), helper_of("AutoProcessor", folder)

    def run(task: Task, inputs: Inputs, cancel: threading.Event) -> str:
        content = [{"type": "image", "image": inputs["picture"]}, {"type": "text", "text": task.asked(inputs)}]
        given = processor.apply_chat_template(
            [{"role": "user", "content": content}],
            add_generation_prompt=True,
            tokenize=True,
            return_tensors="pt",
            return_dict=True,
        )
        return _written(network, processor.tokenizer, given, cancel)

    return run


def rewriting(folder: Path) -> Runner:
    """A model that turns one text into another, or one without a chat template that goes on with a text."""
    turns = bool(catalogue.settings(folder).get("is_encoder_decoder"))
    network = network_of("AutoModelForSeq2SeqLM" if turns else "AutoModelForCausalLM", folder)
    tokenizer = helper_of("AutoTokenizer", folder)

    def run(task: Task, inputs: Inputs, cancel: threading.Event) -> str:
        if not turns and task.prompt != "{text}":
            raise ToolFailed(
                f"The model {called(folder)!r} neither turns a text into another nor talks. Choose one that does.",
                f"模型 {called(folder)!r} 既不是文本转换模型，也不是对话模型。请换一个。",
            )
        text, more = inputs["text"], {}
        source, target = (_code(tokenizer, language) for language in task.languages or ("", ""))
        if target.startswith("<2"):
            text = f"{target} {text}"
        elif target:
            with suppress(AttributeError):  # of tokenizers that mark no language
                tokenizer.src_lang = source
            more["forced_bos_token_id"] = tokenizer.convert_tokens_to_ids(target)
        given = tokenizer(text, return_tensors="pt", truncation=bounded(tokenizer), return_token_type_ids=False)
        return _written(network, tokenizer, given, cancel, **more)

    return run


def _code(tokenizer: Any, language: str) -> str:
    """How a translator of many languages calls one, "" where it knows of none."""
    known = tokenizer.get_vocab()
    return next((code for code in _CODES.get(language, ()) if code in known), "")


def bounded(tokenizer: Any) -> bool:
    return bool(tokenizer.model_max_length < 1_000_000)


def describing(folder: Path) -> Runner:
    """A model that writes what it sees, without being asked: captions, printed lines, pages."""
    network, processor = network_of("AutoModelForImageTextToText", folder), helper_of("AutoProcessor", folder)

    def run(_task: Task, inputs: Inputs, cancel: threading.Event) -> str:
        given = processor(images=inputs["picture"], return_tensors="pt")
        ends = {"stop_strings": "<|im_end|>", "tokenizer": processor.tokenizer} if network.config.model_type == "got_ocr2" else {}
        return _written(network, processor.tokenizer, given, cancel, **ends).removesuffix("<|im_end|>")

    return run


def asking(folder: Path) -> Runner:
    """A question about a picture, to a model that writes the answer or chooses one of those it knows."""
    network, processor = network_of("AutoModelForVisualQuestionAnswering", folder), helper_of("AutoProcessor", folder)

    def run(_task: Task, inputs: Inputs, cancel: threading.Event) -> str:
        import torch

        given = processor(images=inputs["picture"], text=inputs["question"], return_tensors="pt", truncation=True)
        if network.can_generate():
            return _written(network, processor.tokenizer, given, cancel)
        with torch.inference_mode():
            logits = network(**given.to(network.device)).logits
        return str(network.config.id2label[int(logits[0].argmax())])

    return run
