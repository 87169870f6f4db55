"""A model of transformers that does one task on this machine: a folder in, a function from inputs to a result out.

transformers 5 has pipelines for some tasks and has dropped others (translation, question answering and their like); those are run
by their model classes here. A model that has a chat template is asked in words instead, whatever the task. Nothing is fetched:
pictures and sounds are handed over as pixels and samples, never as an address.
"""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from assistant.models import catalogue, devices
from assistant.models.bars import hide_bars
from assistant.models.findings import texts_of
from assistant.models.senses import resampled
from assistant.models.tasks import Task
from assistant.models.weights import check_files, choose_dtype, first_line, weight_bytes
from common.errors import ArgumentsInvalid, HearthError, ModelLoadFailed, ToolFailed
from common.heavy import LOADING

Inputs = Mapping[str, Any]
"""By name: text, lists of text, a picture as a PIL image, a sound as (samples, samples a second)."""

Runner = Callable[[Task, Inputs, threading.Event], Any]
"""Gives the result of a task for inputs, in the form that `findings` reads; looks at the event between steps."""

_LONGEST = 1024  # tokens that are written, at most
_SHORTEST = 16  # and for which there must be room at least
_MUSIC = 512  # of a sound: about ten seconds
_SAFE = {"local_files_only": True, "trust_remote_code": False}
_MASK = "[MASK]"
_CODES = {"zh": ("zho_Hans", "zh_CN", "__zh__", "<2zh>"), "en": ("eng_Latn", "en_XX", "__en__", "<2en>")}
_TALKS_WITH_TORCHVISION = "video_preprocessor_config.json"


def way_of(folder: Path, task: Task) -> str:
    """How the model in a folder does a task: by talking, also about a picture, or as its kind is run."""
    if task.prompt and catalogue.is_chat(folder):
        return "look" if task.shown == "picture" else "talk"
    return task.run


def load(folder: Path, way: str) -> Runner:
    """Load a model to be run in a way (`way_of`); raises `ModelMissing` or `ModelLoadFailed`."""
    check_files(folder)
    if (folder / "adapter_config.json").is_file():
        raise ModelLoadFailed(
            f"{folder.name!r} is an adapter, not a whole model. Choose the model it belongs to.",
            f"{folder.name!r} 是适配器，不是完整的模型。请选择它所属的模型。",
        )
    if _fetches(catalogue.settings(folder)):
        raise ModelLoadFailed(
            f"The model {folder.name!r} would fetch a second model while it loads. Choose another one for this task.",
            f"模型 {folder.name!r} 在加载时会另外下载模型。请为这个任务换一个。",
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
    wide = _device() == "cpu" and str(choose_dtype("cpu", size)) == "torch.float32"
    return int(size * (2 if wide and _is_half(folder) else 1) * 1.2)


def _is_half(folder: Path) -> bool:
    settings = catalogue.settings(folder)
    return str(settings.get("dtype") or settings.get("torch_dtype")).endswith("16")


def _device() -> str:
    return "cuda" if devices.room().kind == "gpu" else "cpu"


def _network(kind: str, folder: Path) -> Any:
    """The model of a folder, by the name of one of transformers' automatic classes."""
    import transformers

    dtype = choose_dtype(_device(), weight_bytes(folder))
    network = getattr(transformers, kind).from_pretrained(folder, dtype=dtype, use_safetensors=True, **_SAFE)
    return network.to(_device()).eval()


def _helper(kind: str, folder: Path) -> Any:
    """What prepares inputs: a tokenizer or a processor."""
    import transformers

    return getattr(transformers, kind).from_pretrained(folder, **_SAFE)


def _stopping(cancel: threading.Event) -> Any:
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
    # Some models that see begin anew instead of going on with what they were given.
    room = (getattr(network.config.get_text_config(decoder=True), "max_position_embeddings", None) or 1 << 20) - before - 2
    if room < _SHORTEST:
        raise ToolFailed(
            f"The input is too long for the model by {_SHORTEST - room:,} tokens. Give it in pieces.",
            f"输入比模型能处理的多出 {_SHORTEST - room:,} 个 token。请分段处理。",
        )
    with torch.inference_mode():
        ids = network.generate(
            **given, max_new_tokens=min(_LONGEST, room), do_sample=False, stopping_criteria=_stopping(cancel), **more
        )
    if before and not (ids.shape[1] >= before and bool((ids[0, :before] == given["input_ids"][0]).all())):
        before = 0
    text = str(helper.decode(ids[0, before:], skip_special_tokens=True))
    return text.rpartition("</think>")[2].strip()


def _talking(folder: Path) -> Runner:
    network, tokenizer = _network("AutoModelForCausalLM", folder), _helper("AutoTokenizer", folder)

    def run(task: Task, inputs: Inputs, cancel: threading.Event) -> str:
        said = [{"role": "user", "content": task.asked(inputs)}]
        given = tokenizer.apply_chat_template(
            said, add_generation_prompt=True, return_tensors="pt", return_dict=True, enable_thinking=False
        )
        return _written(network, tokenizer, given, cancel)

    return run


def _talking_about_pictures(folder: Path) -> Runner:
    if (folder / _TALKS_WITH_TORCHVISION).is_file() and not devices.has("torchvision"):
        raise ModelLoadFailed(
            f"The model {folder.name!r} needs the package torchvision. Run: pip install torchvision, then start Hearth again.",
            f"模型 {folder.name!r} 需要 torchvision。请运行 pip install torchvision，再重新启动 Hearth。",
        )
    network, processor = _network("AutoModelForImageTextToText", folder), _helper("AutoProcessor", folder)

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


def _rewriting(folder: Path) -> Runner:
    """A model that turns one text into another, or one without a chat template that goes on with a text."""
    turns = bool(catalogue.settings(folder).get("is_encoder_decoder"))
    network = _network("AutoModelForSeq2SeqLM" if turns else "AutoModelForCausalLM", folder)
    tokenizer = _helper("AutoTokenizer", folder)

    def run(task: Task, inputs: Inputs, cancel: threading.Event) -> str:
        if not turns and task.prompt != "{text}":
            raise ToolFailed(
                f"The model {folder.name!r} neither turns a text into another nor talks. Choose one that does for this task.",
                f"模型 {folder.name!r} 既不是文本转换模型，也不是对话模型。请为这个任务换一个。",
            )
        text, more = inputs["text"], {}
        source, target = (_code(tokenizer, language) for language in task.languages or ("", ""))
        if target.startswith("<2"):
            text = f"{target} {text}"
        elif target:
            with suppress(AttributeError):  # of tokenizers that mark no language
                tokenizer.src_lang = source
            more["forced_bos_token_id"] = tokenizer.convert_tokens_to_ids(target)
        given = tokenizer(text, return_tensors="pt", truncation=_bounded(tokenizer), return_token_type_ids=False)
        return _written(network, tokenizer, given, cancel, **more)

    return run


def _code(tokenizer: Any, language: str) -> str:
    """How a translator of many languages calls one, "" where it knows of none."""
    known = tokenizer.get_vocab()
    return next((code for code in _CODES.get(language, ()) if code in known), "")


def _bounded(tokenizer: Any) -> bool:
    return bool(tokenizer.model_max_length < 1_000_000)


def _answering(folder: Path) -> Runner:
    """The words of a text that answer a question (as in SQuAD 2): the text in windows, the best span that beats "no answer"."""
    network, tokenizer = _network("AutoModelForQuestionAnswering", folder), _helper("AutoTokenizer", folder)
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
    network, tokenizer = _network("AutoModel", folder), _helper("AutoTokenizer", folder)
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


def _describing(folder: Path) -> Runner:
    """A model that writes what it sees, without being asked: captions, printed lines, pages."""
    network, processor = _network("AutoModelForImageTextToText", folder), _helper("AutoProcessor", folder)

    def run(_task: Task, inputs: Inputs, cancel: threading.Event) -> str:
        given = processor(images=inputs["picture"], return_tensors="pt")
        ends = {"stop_strings": "<|im_end|>", "tokenizer": processor.tokenizer} if network.config.model_type == "got_ocr2" else {}
        return _written(network, processor.tokenizer, given, cancel, **ends).removesuffix("<|im_end|>")

    return run


def _asking(folder: Path) -> Runner:
    """A question about a picture, to a model that writes the answer or chooses one of those it knows."""
    network, processor = _network("AutoModelForVisualQuestionAnswering", folder), _helper("AutoProcessor", folder)

    def run(_task: Task, inputs: Inputs, cancel: threading.Event) -> str:
        import torch

        given = processor(images=inputs["picture"], text=inputs["question"], return_tensors="pt", truncation=True)
        if network.can_generate():
            return _written(network, processor.tokenizer, given, cancel)
        with torch.inference_mode():
            logits = network(**given.to(network.device)).logits
        return str(network.config.id2label[int(logits[0].argmax())])

    return run


def _finding(folder: Path) -> Runner:
    """Things that are described, in a picture."""
    network, processor = _network("AutoModelForZeroShotObjectDetection", folder), _helper("AutoProcessor", folder)

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
        device=_device(),
        dtype=choose_dtype(_device(), weight_bytes(folder)),
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
    windows = {"stride": whole.tokenizer.model_max_length // 4} if _bounded(whole.tokenizer) else {}
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
    return texts_of(whole(heard, generate_kwargs={"stopping_criteria": _stopping(cancel)}, **more))


def _call_listener(whole: Any, _task: Task, inputs: Inputs, _cancel: threading.Event) -> Any:
    return whole(_heard(whole, inputs), top_k=10)


def _call_labelled_sound(whole: Any, _task: Task, inputs: Inputs, _cancel: threading.Event) -> Any:
    return whole(_heard(whole, inputs)["raw"], candidate_labels=inputs["labels"])


def _call_voice(whole: Any, _task: Task, inputs: Inputs, cancel: threading.Event) -> Any:
    if not whole.model.can_generate():
        return whole(inputs["words"])
    return whole(inputs["words"], generate_kwargs={"max_new_tokens": _MUSIC, "stopping_criteria": _stopping(cancel)})


def _heard(whole: Any, inputs: Inputs) -> dict[str, Any]:
    """A sound as the model takes it."""
    samples, rate = inputs["sound"]
    wanted = whole.feature_extractor.sampling_rate
    return {"raw": resampled(samples, rate, wanted), "sampling_rate": wanted}


def _speaking(folder: Path) -> Runner:
    from transformers import AutoConfig
    from transformers.models.auto.modeling_auto import MODEL_FOR_TEXT_TO_WAVEFORM_MAPPING_NAMES

    kind = AutoConfig.from_pretrained(folder, **_SAFE).model_type
    if kind not in MODEL_FOR_TEXT_TO_WAVEFORM_MAPPING_NAMES:  # the pipeline would fetch the second half of such a voice
        raise ModelLoadFailed(
            f"The model {folder.name!r} ({kind}) gives no sound by itself. Choose one that does, such as VITS or MusicGen.",
            f"模型 {folder.name!r}（{kind}）不能单独发声。请换用 VITS、MusicGen 等能直接生成声音的模型。",
        )
    return _pipeline(folder, "text-to-audio")


_LOADERS: Mapping[str, Callable[[Path], Runner]] = {
    "talk": _talking,
    "look": _talking_about_pictures,
    "rewrite": _rewriting,
    "question-answering": _answering,
    "similarity": _comparing,
    "caption": _describing,
    "read": _describing,
    "visual-question-answering": _asking,
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
        f"The model {folder.name!r} cannot be run for {way!r} ({first_line(error)}). Choose another model for this task.",
        f"模型 {folder.name!r} 不能用于 {way!r}（{first_line(error)}）。请为这个任务换一个模型。",
    )
