"""Adapters: what a tuning adds to a model, a few megabytes beside it, merged into its weights when it is loaded.

A folder in PEFT's form: `adapter_config.json`, `adapter_model.safetensors`, where the tuning brought its own the chat template
that the model must be served with, and `tuned.json`, which names the model below it and says whether the tuning taught it to
answer from passages.
"""

import json
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from common.errors import ModelLoadFailed

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
TEMPLATE = "chat_template.jinja"
TUNED = "tuned.json"


def is_adapter(folder: Path) -> bool:
    """Whether a folder holds an adapter rather than a model."""
    return (folder / CONFIG).is_file()


@dataclass(frozen=True, slots=True)
class Tuned:
    """What `tuned.json` says: the name of the model below, and whether the adapter learnt to answer from passages."""

    base: str
    grounding: bool


def read_tuned(folder: Path) -> Tuned:
    """Raises `ModelLoadFailed` where the folder does not name its model; what it does not say of passages was not learnt."""
    try:
        said = json.loads((folder / TUNED).read_text("utf-8"))
        return Tuned(str(said["base"]), said.get("grounding") is True)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelLoadFailed(
            f"The adapter in {str(folder)!r} does not say which model it belongs to: {TUNED} is missing or damaged.",
            f"{str(folder)!r} 里的适配器没有说明它属于哪个模型：{TUNED} 缺失或损坏。",
        ) from error


def write_tuned(folder: Path, tuned: Tuned) -> None:
    """Note what an adapter belongs to and learnt; the name of its model, in place of the folder where that lay."""
    (folder / TUNED).write_text(json.dumps(asdict(tuned)) + "\n", "utf-8")
    config = json.loads((folder / CONFIG).read_text("utf-8"))
    (folder / CONFIG).write_text(json.dumps({**config, "base_model_name_or_path": tuned.base}, indent=1) + "\n", "utf-8")


def check_adapter(folder: Path) -> None:
    """See that a folder holds an adapter with its weights. Raises `ModelLoadFailed`."""
    if not (folder / CONFIG).is_file() or not (folder / WEIGHTS).is_file():
        raise ModelLoadFailed(
            f"There is no adapter in {str(folder)!r}: {CONFIG} and {WEIGHTS} are needed. Run the training again.",
            f"{str(folder)!r} 里没有适配器：需要 {CONFIG} 和 {WEIGHTS}。请重新训练。",
        )


def merge_adapter(network: Any, tokenizer: Any, folder: Path) -> Any:
    """The network with the adapter in its weights; the tokenizer gets the adapter's template. Raises `ModelLoadFailed`."""
    check_adapter(folder)
    hide_notices()
    from peft import PeftModel

    merged = PeftModel.from_pretrained(network, str(folder), local_files_only=True).merge_and_unload()
    if (folder / TEMPLATE).is_file():
        tokenizer.chat_template = (folder / TEMPLATE).read_text("utf-8")
    return merged


def hide_notices() -> None:
    """Keep a notice from users that is for the authors of peft: it asks transformers by a name that will go."""
    warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated", category=FutureWarning)
