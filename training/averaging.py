"""The mean of several runs in one adapter.

Runs of one recipe end in different places of one basin, and the mean of their weights is better than each: model soups (Wortsman
et al. 2022, "Model soups: averaging weights of multiple fine-tuned models"). What is averaged is what each adapter adds to the
base, not its two factors; of the mean the `rank` largest singular values are kept.
"""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from assistant.models.merging import TEMPLATE, Tuned, check_adapter, hide_notices, read_tuned, write_tuned
from common.errors import HearthError
from training.run import base_folder, load_base


def average(adapters: Sequence[Path], out: Path, home: Path, rank: int = 40) -> Path:
    """Write the mean of `adapters` (folders of adapters of one base) to the new folder `out`, in bfloat16, and return it.

    `home` is the app's data folder; `rank` is that of the result, at least 1. Raises `HearthError`.
    """
    for adapter in adapters:
        check_adapter(adapter)
    tuned = [read_tuned(adapter) for adapter in adapters]
    bases = {each.base for each in tuned}
    if len(bases) > 1:
        raise HearthError(
            f"These adapters belong to different models: {', '.join(sorted(bases))}. Name adapters of one model.",
            f"这些适配器属于不同的模型：{'、'.join(sorted(bases))}。请选同一个模型的适配器。",
        )
    templates = {path.read_text("utf-8") if (path := adapter / TEMPLATE).is_file() else None for adapter in adapters}
    if len(templates) > 1:
        raise HearthError(
            "These adapters were tuned with different chat templates. Name adapters of one.",
            "这些适配器训练时用的对话模板不同。请选模板相同的适配器。",
        )
    if out.exists():
        raise HearthError(
            f"{str(out)!r} is there already. Name a new folder with --out.",
            f"{str(out)!r} 已经存在。请用 --out 指定一个新文件夹。",
        )
    (base,), (template,) = bases, templates
    mean = Tuned(base, grounding=all(each.grounding for each in tuned))
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f"{out.name}.unfinished-", dir=out.parent))
    try:
        _write_mean(adapters, unfinished, mean, base_folder(base, home), rank, template)
        unfinished.rename(out)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return out


def _write_mean(adapters: Sequence[Path], out: Path, mean: Tuned, folder: Path, rank: int, template: str | None) -> None:
    hide_notices()
    import torch
    from peft import PeftModel

    network, tokenizer, _ = load_base(mean.base, folder)
    narrowest = min(min(weight.shape) for weight in network.parameters() if weight.dim() == 2)
    if not 1 <= rank <= narrowest:
        raise HearthError(
            f"The rank of the mean is between 1 and {narrowest} for this model. Name another with --rank.",
            f"对这个模型，平均后的秩要在 1 到 {narrowest} 之间。请用 --rank 另选一个。",
        )
    names = [f"run-{number}" for number in range(len(adapters))]
    model = PeftModel.from_pretrained(network, str(adapters[0]), adapter_name=names[0], local_files_only=True)
    for name, adapter in zip(names[1:], adapters[1:], strict=True):
        model.load_adapter(str(adapter), adapter_name=name, local_files_only=True)
    shares = [1 / len(names)] * len(names)
    model.add_weighted_adapter(names, shares, "default", combination_type="svd", svd_rank=rank, svd_full_matrices=False)
    # With "auto" the base's vocabulary is looked up on the hub.
    model.to(torch.bfloat16).save_pretrained(str(out), selected_adapters=["default"], save_embedding_layers=False)
    (out / "README.md").unlink(missing_ok=True)  # a form of a model card that nobody filled in
    tokenizer.chat_template = template or tokenizer.chat_template
    tokenizer.save_pretrained(out)
    write_tuned(out, mean)
