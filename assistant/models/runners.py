"""A model of transformers that does one task on this machine: a folder in, a function from inputs to a result out.

transformers 5 has pipelines for some tasks and has dropped others (translation, question answering and their like); those are run
by their model classes here. A model that has a chat template is asked in words instead, whatever the task. Nothing is fetched:
pictures and sounds are handed over as pixels and samples, never as an address.
"""

import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from assistant.models import catalogue
from assistant.models.bars import hide_bars
from assistant.models.catalogue import called
from assistant.models.findings import texts_of
from assistant.models.senses import resampled
from assistant.models.tasks import Task
from assistant.models.weights import check_files, choose_dtype, first_line, weight_bytes
from assistant.models.wording import (
    SAFE,
    Inputs,
    Runner,
    asking,
    bounded,
    describing,
    device,
    helper_of,
    network_of,
    rewriting,
    stopping,
    talking,
    talking_about_pictures,
)
from common.errors import ArgumentsInvalid, HearthError, ModelLoadFailed
from common.heavy import LOADING

_MUSIC = 512  # of a sound: about ten seconds
_MASK = "[MASK]"


def way_of(folder: Path, task: Task) -> str:
    """How the model in a folder does a task: by talking, also about a picture, or as its kind is run."""
    sees = task.shown == "picture"
    # What sees has its template in a file of its own, in older ones; a reader of pages has one that it is not asked by.
    talks = catalogue.is_chat(folder) or (sees and (folder / "chat_template.json").is_file())
    if not task.prompt or not talks or catalogue.settings(folder).get("model_type") == "got_ocr2":
        return task.run
    return "look" if sees else "talk"


def load(folder: Path, way: str) -> Runner:
    """Load a model to be run in a way (`way_of`); raises `ModelMissing` or `ModelLoadFailed`."""
    check_files(folder)
    if (folder / "adapter_config.json").is_file():
        raise ModelLoadFailed(
            f"{called(folder)!r} is an adapter, not a whole model. Choose the model it belongs to.",
            f"{called(folder)!r} 是适配器，不是完整的模型。请选择它所属的模型。",
        )
    if _fetches(catalogue.settings(folder)):
        raise ModelLoadFailed(
            f"The model {called(folder)!r} would fetch a second model while it loads. Choose another one.",
            f"模型 {called(folder)!r} 在加载时会另外下载模型。请换一个。",
        )
    hide_bars()
    try:
        with LOADING:
            return _LOADERS.get(way, partial(_pipeline, way=way))(folder)
    except HearthError:
        raise
    except Exception as error:  # whatever transformers makes of a folder that is not what it takes
        raise _not_loaded(folder, way, error) from error


def _fetches(settings: Any) -> bool:
    """Whether a model's settings have transformers look for weights elsewhere."""
    if isinstance(settings, dict):
        return settings.get("use_pretrained_backbone") is True or any(map(_fetches, settings.values()))
    return isinstance(settings, list) and any(map(_fetches, settings))


def memory_need(folder: Path) -> int:
    """About how many bytes a model takes when it is loaded: its weights, which may be widened, and what running it needs."""
    size = weight_bytes(folder)
    with LOADING:  # which imports torch
        wide = device() == "cpu" and str(choose_dtype("cpu", size)) == "torch.float32"
    return int(size * (2 if wide and _is_half(folder) else 1) * 1.2)


def _is_half(folder: Path) -> bool:
    settings = catalogue.settings(folder)
    return str(settings.get("dtype") or settings.get("torch_dtype")).endswith("16")


def _answering(folder: Path) -> Runner:
    """The words of a text that answer a question (as in SQuAD 2): the text in windows, the best span that beats "no answer"."""
    network, tokenizer = network_of("AutoModelForQuestionAnswering", folder), helper_of("AutoTokenizer", folder)
    longest = min(384, tokenizer.model_max_length, getattr(network.config, "max_position_embeddings", 384) - 2)

    def run(_task: Task, inputs: Inputs, cancel: threading.Event) -> dict[str, Any]:
        import torch

        text = inputs["text"]
        question = tokenizer.decode(tokenizer.encode(inputs["question"], add_special_tokens=False)[: longest // 3])
        windows = tokenizer(
            question,
            text,
            truncation="only_second",
            max_length=longest,
            stride=longest // 4,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        best, best_score, none = "", 0.0, 1.0
        for number in range(len(windows["input_ids"])):
            if cancel.is_set():
                break
            names = [name for name in tokenizer.model_input_names if name in windows]
            given = {name: torch.tensor([windows[name][number]], device=network.device) for name in names}
            with torch.inference_mode():
                out = network(**given)
            start, end = out.start_logits[0].float(), out.end_logits[0].float()
            within = torch.tensor([place == 1 for place in windows.sequence_ids(number)], device=start.device)
            within[0] = True  # where models that know of "no answer" point
            start, end = (side.masked_fill(~within, -torch.inf).softmax(0) for side in (start, end))
            none = min(none, float(start[0] * end[0]))
            spans = torch.triu(start[:, None] * end[None, :]).tril(30)
            spans[0, :] = 0
            score, place = float(spans.max()), int(spans.argmax())
            first, last = divmod(place, spans.shape[1])
            if score > best_score:
                offsets = windows["offset_mapping"][number]
                best, best_score = text[offsets[first][0] : offsets[last][1]], score
        return {"answer": best, "score": best_score} if best_score >= none else {"answer": "", "score": none}

    return run


def _comparing(folder: Path) -> Runner:
    """Texts as vectors: of a model that writes, at the last token; of every other, their mean. Cosines come out."""
    network, tokenizer = network_of("AutoModel", folder), helper_of("AutoTokenizer", folder)
    writes = any(name.endswith("ForCausalLM") for name in catalogue.settings(folder).get("architectures") or ())
    longest = min(512, tokenizer.model_max_length)

    def run(_task: Task, inputs: Inputs, cancel: threading.Event) -> list[float]:
        import torch

        vectors = []
        for text in (inputs["text"], *inputs["others"]):
            if cancel.is_set():
                return []
            given = tokenizer(text, return_tensors="pt", truncation=True, max_length=longest).to(network.device)
            with torch.inference_mode():
                states = network(**given).last_hidden_state[0].float()
            vectors.append(torch.nn.functional.normalize(states[-1] if writes else states.mean(0), dim=0))
        return [float(vectors[0] @ other) for other in vectors[1:]]

    return run


def _finding(folder: Path) -> Runner:
    """Things that are described, in a picture."""
    network, processor = network_of("AutoModelForZeroShotObjectDetection", folder), helper_of("AutoProcessor", folder)

    def run(_task: Task, inputs: Inputs, _cancel: threading.Event) -> list[dict[str, Any]]:
        import torch

        picture, things = inputs["picture"], [thing.lower().rstrip(".") for thing in inputs["things"]]
        given = processor(images=picture, text=[things], return_tensors="pt", truncation=True).to(network.device)
        with torch.inference_mode():
            out = network(**given)
        found = processor.post_process_grounded_object_detection(
            out, threshold=0.25, target_sizes=[(picture.height, picture.width)], text_labels=[things]
        )[0]
        sides = ("xmin", "ymin", "xmax", "ymax")
        return [
            {"label": label or things[0], "score": float(score), "box": dict(zip(sides, box.tolist(), strict=True))}
            for label, score, box in zip(found["text_labels"], found["scores"], found["boxes"], strict=True)
        ]

    return run


def _pipeline(folder: Path, way: str) -> Runner:
    """Everything else: a pipeline of transformers."""
    from transformers import pipeline

    whole = pipeline(
        way,
        model=str(folder),
        device=device(),
        dtype=choose_dtype(device(), weight_bytes(folder)),
        trust_remote_code=False,
        model_kwargs={"use_safetensors": True},
    )
    return partial(_CALLS[way], whole)


def _call_classifier(whole: Any, _task: Task, inputs: Inputs, _cancel: threading.Event) -> Any:
    return whole(inputs["text"], top_k=None, truncation=True)


def _call_zero_shot(whole: Any, _task: Task, inputs: Inputs, _cancel: threading.Event) -> Any:
    found = whole(inputs["text"], candidate_labels=inputs["labels"])
    return [{"label": label, "score": score} for label, score in zip(found["labels"], found["scores"], strict=True)]


def _call_entities(whole: Any, _task: Task, inputs: Inputs, _cancel: threading.Event) -> Any:
    windows = {"stride": whole.tokenizer.model_max_length // 4} if bounded(whole.tokenizer) else {}
    found = whole(inputs["text"], aggregation_strategy="simple", **windows)
    return [{**each, "word": inputs["text"][each["start"] : each["end"]]} for each in found]


def _call_fill(whole: Any, _task: Task, inputs: Inputs, _cancel: threading.Event) -> Any:
    if _MASK not in inputs["text"]:
        raise ArgumentsInvalid(
            f"The text has no {_MASK}. Write {_MASK} where a word is missing.", f"文本里没有 {_MASK}。请在缺字的地方写 {_MASK}。"
        )
    return whole(inputs["text"].replace(_MASK, whole.tokenizer.mask_token), tokenizer_kwargs={"truncation": True})


def _call_picture(whole: Any, _task: Task, inputs: Inputs, _cancel: threading.Event) -> Any:
    return whole(inputs["picture"])


def _call_labelled_picture(whole: Any, _task: Task, inputs: Inputs, _cancel: threading.Event) -> Any:
    return whole(inputs["picture"], candidate_labels=inputs["labels"])


def _call_document(whole: Any, _task: Task, inputs: Inputs, _cancel: threading.Event) -> Any:
    return texts_of(whole(image=inputs["picture"], question=inputs["question"]))


def _call_transcriber(whole: Any, _task: Task, inputs: Inputs, cancel: threading.Event) -> Any:
    heard = _heard(whole, inputs)
    if whole.type.startswith("ctc"):
        return texts_of(whole(heard, chunk_length_s=30))
    long = whole.type == "seq2seq_whisper" and len(heard["raw"]) > 30 * heard["sampling_rate"]
    more = {"return_timestamps": True} if long else {}
    return texts_of(whole(heard, generate_kwargs={"stopping_criteria": stopping(cancel)}, **more))


def _call_listener(whole: Any, _task: Task, inputs: Inputs, _cancel: threading.Event) -> Any:
    return whole(_heard(whole, inputs), top_k=10)


def _call_labelled_sound(whole: Any, _task: Task, inputs: Inputs, _cancel: threading.Event) -> Any:
    return whole(_heard(whole, inputs)["raw"], candidate_labels=inputs["labels"])


def _call_voice(whole: Any, _task: Task, inputs: Inputs, cancel: threading.Event) -> Any:
    if not whole.model.can_generate():
        return whole(inputs["words"])
    return whole(inputs["words"], generate_kwargs={"max_new_tokens": _MUSIC, "stopping_criteria": stopping(cancel)})


def _heard(whole: Any, inputs: Inputs) -> dict[str, Any]:
    """A sound as the model takes it."""
    samples, rate = inputs["sound"]
    wanted = whole.feature_extractor.sampling_rate
    return {"raw": resampled(samples, rate, wanted), "sampling_rate": wanted}


def _speaking(folder: Path) -> Runner:
    from transformers import AutoConfig
    from transformers.models.auto.modeling_auto import MODEL_FOR_TEXT_TO_WAVEFORM_MAPPING_NAMES

    kind = AutoConfig.from_pretrained(folder, **SAFE).model_type
    if kind not in MODEL_FOR_TEXT_TO_WAVEFORM_MAPPING_NAMES:  # the pipeline would fetch the second half of such a voice
        raise ModelLoadFailed(
            f"The model {called(folder)!r} ({kind}) gives no sound by itself. Choose one such as VITS or MusicGen.",
            f"模型 {called(folder)!r}（{kind}）不能单独发声。请换用 VITS、MusicGen 等模型。",
        )
    return _pipeline(folder, "text-to-audio")


_LOADERS: Mapping[str, Callable[[Path], Runner]] = {
    "talk": talking,
    "look": talking_about_pictures,
    "rewrite": rewriting,
    "question-answering": _answering,
    "similarity": _comparing,
    "caption": describing,
    "read": describing,
    "visual-question-answering": asking,
    "zero-shot-object-detection": _finding,
    "text-to-audio": _speaking,
}

_CALLS: Mapping[str, Callable[[Any, Task, Inputs, threading.Event], Any]] = {
    "text-classification": _call_classifier,
    "zero-shot-classification": _call_zero_shot,
    "token-classification": _call_entities,
    "fill-mask": _call_fill,
    "image-classification": _call_picture,
    "zero-shot-image-classification": _call_labelled_picture,
    "object-detection": _call_picture,
    "image-segmentation": _call_picture,
    "depth-estimation": _call_picture,
    "document-question-answering": _call_document,
    "automatic-speech-recognition": _call_transcriber,
    "audio-classification": _call_listener,
    "zero-shot-audio-classification": _call_labelled_sound,
    "text-to-audio": _call_voice,
}


def _not_loaded(folder: Path, way: str, error: Exception) -> ModelLoadFailed:
    return ModelLoadFailed(
        f"The model {called(folder)!r} cannot be run for {way!r} ({first_line(error)}). Choose another model.",
        f"模型 {called(folder)!r} 不能用于 {way!r}（{first_line(error)}）。请换一个模型。",
    )
