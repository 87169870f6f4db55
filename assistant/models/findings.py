"""What a model found, made a tool's output: sentences for the model that asked, data, and pictures and sounds for people.

Results come in the form that the pipelines of transformers and the hubs' inference APIs share. Everything in them is a model's
word, and a stranger's where a hub gave it: a form that is not as expected is a `ToolFailed`, never a traceback.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from assistant.models.tasks import Task
from assistant.speech.base import Audio
from assistant.speech.espeak import wav_bytes
from common.errors import ToolFailed
from tools.base import Media, ToolContext, ToolOutput

_SHOWN = 10  # labels, boxes and the like
_COLOURS = ("#d7263d", "#1b998b", "#2e86ab", "#f46036", "#8e44ad", "#7a6a00", "#c2185b", "#00695c")
_VEIL = 110  # of 255: how far a colour covers the part it marks


def output_of(task: Task, result: Any, inputs: Mapping[str, Any], context: ToolContext) -> ToolOutput:
    """The output of a tool of `task`; raises `ToolFailed` for a result that is not of the task's form."""
    try:
        return _FORMS[task.gives](task, result, inputs, context)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OSError) as error:
        raise ToolFailed(
            f"The model's answer for {task.title.en!r} cannot be used ({type(error).__name__}). Try another model for this task.",
            f"模型对“{task.title.zh}”的回答无法使用（{type(error).__name__}）。请为这个任务换一个模型。",
        ) from error


def _png(image: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _text(_task: Task, result: Any, _inputs: Mapping[str, Any], context: ToolContext) -> ToolOutput:
    if not isinstance(result, str):
        raise TypeError("no text")
    text = result.strip()
    return ToolOutput(text or context.say("(The model found no words.)", "（模型没有给出文字。）"), {"text": text})


def _labels(_task: Task, result: Any, _inputs: Mapping[str, Any], context: ToolContext) -> ToolOutput:
    if isinstance(result, str):  # of a model that was asked in words
        return ToolOutput(result.strip(), {"text": result.strip()})
    pairs = sorted(((str(each["label"]), float(each["score"])) for each in result), key=lambda pair: -pair[1])[:_SHOWN]
    data = [{"label": label, "score": score} for label, score in pairs]
    return ToolOutput("\n".join(f"{label}: {score:.1%}" for label, score in pairs) or _nothing(context), data)


def _entities(_task: Task, result: Any, _inputs: Mapping[str, Any], context: ToolContext) -> ToolOutput:
    if isinstance(result, str):
        return ToolOutput(result.strip(), {"text": result.strip()})
    found = [
        {"kind": str(each.get("entity_group") or each["entity"]), "text": str(each["word"]), "score": float(each["score"])}
        for each in result
    ]
    return ToolOutput("\n".join(f"{each['kind']}: {each['text']}" for each in found) or _nothing(context), found)


def _answer(_task: Task, result: Any, _inputs: Mapping[str, Any], context: ToolContext) -> ToolOutput:
    if isinstance(result, str):
        return ToolOutput(result.strip(), {"text": result.strip()})
    first = result[0] if isinstance(result, list) else result
    text, score = str(first["answer"]).strip(), float(first["score"])
    if not text:
        return ToolOutput(context.say("The text does not say.", "文中没有提到。"), {"answer": "", "score": score})
    return ToolOutput(f"{text} ({score:.0%})", {"answer": text, "score": score})


def _fills(_task: Task, result: Any, _inputs: Mapping[str, Any], context: ToolContext) -> ToolOutput:
    places = result if result and isinstance(result[0], list) else [result]
    found = [
        [{"word": str(each["token_str"]).strip(), "score": float(each["score"])} for each in place[:_SHOWN]] for place in places
    ]
    lines = [" · ".join(f"{each['word']} {each['score']:.1%}" for each in place) for place in found]
    return ToolOutput("\n".join(lines).strip() or _nothing(context), found)


def _similarities(_task: Task, result: Any, inputs: Mapping[str, Any], _context: ToolContext) -> ToolOutput:
    scores = [float(score) for score in result]
    pairs = sorted(zip(scores, inputs["others"], strict=True), key=lambda pair: -pair[0])
    data = [{"text": text, "score": score} for score, text in pairs]
    return ToolOutput("\n".join(f"{score:.2f}  {text[:200]}" for score, text in pairs), data)


def _boxes(_task: Task, result: Any, inputs: Mapping[str, Any], context: ToolContext) -> ToolOutput:
    from PIL import ImageDraw

    picture = inputs["picture"].copy()
    draw = ImageDraw.Draw(picture)
    found = sorted(result, key=lambda each: -float(each["score"]))[: 2 * _SHOWN]
    data = []
    for number, each in enumerate(found):
        box = [int(each["box"][side]) for side in ("xmin", "ymin", "xmax", "ymax")]
        left, right = sorted((box[0], box[2]))
        top, bottom = sorted((box[1], box[3]))
        colour = _COLOURS[number % len(_COLOURS)]
        draw.rectangle((left, top, right, bottom), outline=colour, width=max(2, picture.width // 300))
        draw.text((left + 4, top + 2), str(number + 1), fill=colour)
        data.append({"label": str(each["label"]), "score": float(each["score"]), "box": [left, top, right, bottom]})
    if not data:
        return ToolOutput(context.say("Nothing of the kind was found in the picture.", "图片里没有找到。"), [])
    lines = [f"{number}. {each['label']} ({each['score']:.0%}), {each['box']}" for number, each in enumerate(data, 1)]
    size = context.say(
        f"In a picture of {picture.width} x {picture.height}, as [left, top, right, bottom]:",
        f"图片大小 {picture.width} x {picture.height}，位置为 [左, 上, 右, 下]：",
    )
    shown = Media(_png(picture), "image/png", context.say("What was found, framed and numbered", "找到的东西（已加框编号）"))
    return ToolOutput("\n".join([size, *lines]), data, media=(shown,))


def _segments(_task: Task, result: Any, inputs: Mapping[str, Any], context: ToolContext) -> ToolOutput:
    from PIL import Image

    picture = inputs["picture"].copy()
    data = []
    for number, each in enumerate(result[: 2 * _SHOWN]):
        mask = each["mask"].convert("L").resize(picture.size)
        covered = sum(mask.histogram()[128:]) / (picture.width * picture.height)
        picture.paste(Image.new("RGB", picture.size, _COLOURS[number % len(_COLOURS)]), mask=mask.point(_veiled))
        data.append({"label": str(each["label"]), "share": round(covered, 4)})
    if not data:
        return ToolOutput(_nothing(context), [])
    shown = Media(_png(picture), "image/png", context.say("The parts of the picture, coloured", "图片各部分（已着色）"))
    return ToolOutput("\n".join(f"{each['label']}: {each['share']:.1%}" for each in data), data, media=(shown,))


def _veiled(value: int) -> int:
    return _VEIL if value > 127 else 0


def _depth(_task: Task, result: Any, _inputs: Mapping[str, Any], context: ToolContext) -> ToolOutput:
    image = result["depth"].convert("L")
    shown = Media(_png(image), "image/png", context.say("Depth: light is near", "深度图：亮处近"))
    thirds = [image.resize((3, 3)).getpixel((column, row)) for row in range(3) for column in range(3)]
    words = context.say("How near each ninth of the picture is, 255 nearest:", "图片九个格子的远近（255 最近）：")
    rows = [" ".join(f"{value:3d}" for value in thirds[row : row + 3]) for row in (0, 3, 6)]
    return ToolOutput("\n".join([words, *rows]), thirds, media=(shown,))


def _picture(_task: Task, result: Any, inputs: Mapping[str, Any], context: ToolContext) -> ToolOutput:
    from PIL import Image

    with Image.open(io.BytesIO(result)) as image:
        image.verify()
        kind, size = Image.MIME[str(image.format)], image.size
    said = context.say(
        f"A picture of {size[0]} x {size[1]} was drawn and is shown to the person.",
        f"已画好 {size[0]} x {size[1]} 的图，并展示给用户。",
    )
    shown = Media(result, kind, str(inputs["words"])[:80])
    return ToolOutput(said, {"width": size[0], "height": size[1]}, media=(shown,))


def _sound(_task: Task, result: Any, inputs: Mapping[str, Any], context: ToolContext) -> ToolOutput:
    import numpy as np

    samples, rate = np.nan_to_num(np.asarray(result["audio"], dtype=np.float32)), int(result["sampling_rate"])
    sound = Audio(samples.reshape(-1, samples.shape[-1]).mean(axis=0), rate)
    said = context.say(
        f"{sound.seconds:.1f} seconds of sound were made and are shown to the person.",
        f"已生成 {sound.seconds:.1f} 秒声音，并展示给用户。",
    )
    shown = Media(wav_bytes(sound), "audio/wav", str(inputs["words"])[:80])
    return ToolOutput(said, {"seconds": round(sound.seconds, 2)}, media=(shown,))


def _nothing(context: ToolContext) -> str:
    return context.say("Nothing was found.", "什么也没有找到。")


_FORMS = {
    "text": _text,
    "labels": _labels,
    "entities": _entities,
    "answer": _answer,
    "fills": _fills,
    "similarities": _similarities,
    "boxes": _boxes,
    "segments": _segments,
    "depth": _depth,
    "picture": _picture,
    "sound": _sound,
}


def texts_of(result: Any, names: Sequence[str] = ("translation_text", "summary_text", "generated_text", "text", "answer")) -> str:
    """The text of a result in any of the forms that give one; raises `KeyError` where there is none."""
    first = result[0] if isinstance(result, list) and result else result
    if isinstance(first, str):
        return first
    if isinstance(first, Mapping):
        for name in names:
            if isinstance(first.get(name), str):
                return str(first[name])
    raise KeyError("text")
