"""Tuning a causal language model on encoded samples: LoRA or all weights, on a CPU or a GPU, resumable after a kill.

A run lives in a folder (`folder.py`): `recipe.json`, `progress.jsonl` (a line a step), `checkpoint/`, and `adapter/` or `model/`
when it is done. The order of the data follows from the recipe's seed alone, so a run that was killed goes on from its last
checkpoint as if nothing had been. The last checkpoint stays until whoever started the run has written all that belongs to it.
"""

import contextlib
import ctypes
import itertools
import json
import math
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.models.bars import hide_bars
from assistant.models.merging import hide_notices
from common.errors import HearthError
from training import attention
from training.encoding import Sample
from training.folder import checkpoint_of, claim, forget_after, result_of
from training.packing import Row, pack, plan_rows
from training.recipe import Recipe
from training.weighting import weighted_loss

_CHECKPOINT_S = 180.0
_FLOOR = 0.1  # the share of the learning rate that a run ends with


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is after a step: `loss` is the step's weighted loss, `plain_loss` nats a learnt token."""

    step: int
    steps: int
    loss: float
    plain_loss: float
    tokens: int
    tokens_per_second: float
    seconds: float
    seconds_left: float

    def to_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


Told = Callable[[Progress], None]


def train(
    network: Any,
    samples: Sequence[Sample],
    recipe: Recipe,
    folder: Path,
    *,
    about: Mapping[str, Any] | None = None,
    told: Told = lambda _: None,
    stop: threading.Event | None = None,
) -> Path:
    """Tune `network` (a transformers causal language model) and write the result into `folder`; returns where it lies.

    A folder that holds a checkpoint of the same recipe and data, and of what else `about` says of the run, is gone on with; once
    `stop` is set the run writes one and ends. Raises `HearthError` for that, and where the folder holds another run.
    """
    keep_memory()
    hide_bars()
    folder.mkdir(parents=True, exist_ok=True)
    rows = _rows(samples, recipe)
    size = {"samples": len(samples), "tokens": sum(len(each.ids) for each in samples)}
    claim(folder, {"recipe": recipe.to_dict(), **(about or {}), **size})
    run = _Run(network, recipe, len(rows))
    done, spent = run.resume(checkpoint_of(folder))
    log = folder / "progress.jsonl"
    forget_after(log, done)
    started, saved, fresh = time.monotonic(), time.monotonic(), 0
    with log.open("a", encoding="utf-8") as lines:
        for step in range(done, len(rows)):
            row = pack([samples[index] for index in rows[step]], recipe.row_tokens)
            loss, plain_loss = run.step(row, step)
            fresh += len(row.ids)
            seconds = time.monotonic() - started
            left = seconds / (step + 1 - done) * (len(rows) - step - 1)
            tokens = len(row.ids)
            progress = Progress(step + 1, len(rows), loss, plain_loss, tokens, fresh / seconds, spent + seconds, left)
            lines.write(json.dumps(progress.to_dict()) + "\n")
            lines.flush()
            told(progress)
            if not math.isfinite(loss):
                raise HearthError(
                    f"The loss is no number any more at step {step + 1}. Start anew with a smaller learning rate.",
                    f"第 {step + 1} 步的损失已经不是数字了。请用更小的学习率重新开始。",
                )
            stopped = stop is not None and stop.is_set()
            if stopped or step + 1 == len(rows) or time.monotonic() - saved > _CHECKPOINT_S:
                run.checkpoint(checkpoint_of(folder), step + 1, spent + seconds)
                saved = time.monotonic()
            if stopped:
                raise HearthError(
                    f"Stopped after step {step + 1} of {len(rows)}. The same command with --out {folder} goes on from there.",
                    f"在第 {step + 1} 步（共 {len(rows)} 步）停下了。再运行同样的命令并加上 --out {folder}，就会接着训练。",
                )
    return run.finish(result_of(folder, recipe.method))


class _Run:
    """The network, what of it is tuned, and the optimizer."""

    def __init__(self, network: Any, recipe: Recipe, steps: int) -> None:
        import torch

        torch.manual_seed(recipe.seed)
        self._recipe, self._steps = recipe, steps
        self._network = _prepared(network, recipe)
        self._tuned = [part for part in self._network.parameters() if part.requires_grad]
        # Numbers of 16 bits are too coarse for small steps: the optimizer keeps its own of 32.
        self._masters = [part.detach().float().clone() for part in self._tuned]
        self._optimizer = torch.optim.AdamW(
            self._masters, lr=recipe.learning_rate, weight_decay=recipe.weight_decay, betas=(0.9, 0.99), fused=True
        )
        self._first_averaged = steps - max(1, round(recipe.averaged * steps))
        self._means = [master.clone() for master in self._masters]
        self._core = _core(self._network)
        self._network.train()

    def step(self, row: Row, step: int) -> tuple[float, float]:
        """One step on one row; the weighted loss and the nats a learnt token."""
        import torch
        import torch.nn.functional as functional

        device = self._masters[0].device
        ids = torch.tensor(row.ids, device=device)
        weights = torch.tensor(row.weights, device=device)
        positions = torch.tensor(row.positions, device=device)
        # The first token of a sample has nothing before it that it could be told from.
        places = torch.nonzero((weights > 0) & (positions > 0)).squeeze(-1)
        hidden = self._core.model(
            input_ids=ids[None], position_ids=positions[None], lengths=list(row.lengths), use_cache=False
        ).last_hidden_state[0]
        logits = self._core.lm_head(hidden[places - 1])
        losses = functional.cross_entropy(logits.float(), ids[places], reduction="none")
        loss = weighted_loss(losses, weights[places])
        loss.backward()
        for group in self._optimizer.param_groups:
            group["lr"] = self._recipe.learning_rate * rate(step, self._steps, self._recipe.warmup)
        for master, part in zip(self._masters, self._tuned, strict=True):
            master.grad = part.grad.float() if part.grad is not None else None
            part.grad = None
        torch.nn.utils.clip_grad_norm_(self._masters, self._recipe.clip)
        self._optimizer.step()
        self._write_back(self._masters)
        self._average(step)
        return float(loss.detach()), float(losses.detach().mean())

    def resume(self, folder: Path) -> tuple[int, float]:
        """Go on from a checkpoint; the steps that are done and the seconds they took."""
        import torch

        if not (folder / "state.pt").is_file():
            return 0, 0.0
        state = torch.load(folder / "state.pt", weights_only=True)
        with torch.no_grad():
            for own, kept in zip(self._masters + self._means, state["masters"] + state["means"], strict=True):
                own.copy_(kept)
        self._optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])
        self._write_back(self._masters)
        return int(state["step"]), float(state["seconds"])

    def checkpoint(self, folder: Path, step: int, seconds: float) -> None:
        """Write everything that going on needs, whole or not at all."""
        import torch

        folder.mkdir(exist_ok=True)
        state = {
            "masters": self._masters,
            "means": self._means,
            "optimizer": self._optimizer.state_dict(),
            "random": torch.get_rng_state(),
            "step": step,
            "seconds": seconds,
        }
        torch.save(state, folder / "state.unfinished")
        os.replace(folder / "state.unfinished", folder / "state.pt")

    def finish(self, place: Path) -> Path:
        """Write what was tuned, as the mean of the last steps."""
        self._write_back(self._means)
        self._network.save_pretrained(place)
        (place / "README.md").unlink(missing_ok=True)  # a form of a model card that nobody filled in
        return place

    def _average(self, step: int) -> None:
        from torch.optim.swa_utils import get_swa_multi_avg_fn

        if step >= self._first_averaged:
            average = get_swa_multi_avg_fn()  # type: ignore[no-untyped-call]
            average(self._means, self._masters, step - self._first_averaged)

    def _write_back(self, weights: Sequence[Any]) -> None:
        import torch

        with torch.no_grad():
            for part, numbers in zip(self._tuned, weights, strict=True):
                part.copy_(numbers)


def rate(step: int, steps: int, warmup: float) -> float:
    """The share of the learning rate at a step: a line up over `warmup` of the steps, then a cosine down to a tenth."""
    rising = max(1, round(warmup * steps))
    if step < rising:
        return (step + 1) / rising
    along = (step - rising) / max(1, steps - rising)
    return _FLOOR + (1 - _FLOOR) * 0.5 * (1 + math.cos(math.pi * along))


def held_out_loss(network: Any, samples: Sequence[Sample]) -> float:
    """Nats a learnt token over samples, by a network as it is; the weights only say which tokens count."""
    import torch
    import torch.nn.functional as functional

    network.set_attn_implementation(attention.register())
    core = _core(network)
    total, count = 0.0, 0
    with torch.inference_mode():
        for sample in samples:
            ids = torch.tensor(sample.ids, device=network.device)
            places = torch.nonzero(torch.tensor(sample.weights[1:], device=network.device) > 0).squeeze(-1)
            hidden = core.model(input_ids=ids[None], lengths=[len(sample.ids)], use_cache=False).last_hidden_state[0]
            losses = functional.cross_entropy(core.lm_head(hidden[places]).float(), ids[places + 1], reduction="sum")
            total += float(losses)
            count += len(places)
    return total / max(1, count)


def keep_memory() -> None:
    """Tell the C library to keep the memory that tensors let go: to ask the system for it anew may cost more than the step."""
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(-3, 32 << 20)  # M_MMAP_THRESHOLD, the largest there is: without mappings at all, memory falls into pieces
        library.mallopt(-1, 1 << 30)  # M_TRIM_THRESHOLD


def _prepared(network: Any, recipe: Recipe) -> Any:
    import torch

    cuda = network.device.type == "cuda"
    fast = cuda or torch.cpu.get_capabilities().get("amx_bf16", False) or torch.cpu.get_capabilities().get("avx512_bf16", False)
    network = network.to(torch.bfloat16 if fast else torch.float32)
    network.set_attn_implementation(attention.register())
    if recipe.method == "full":
        return network
    hide_notices()
    from peft import LoraConfig, TaskType, get_peft_model

    settings = LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        target_modules="all-linear",
        task_type=TaskType.CAUSAL_LM,
    )
    return get_peft_model(network, settings, autocast_adapter_dtype=False)


def _core(network: Any) -> Any:
    """The causal language model itself, below what PEFT puts around it."""
    return network.base_model.model if hasattr(network, "peft_config") else network


def _rows(samples: Sequence[Sample], recipe: Recipe) -> list[list[int]]:
    """The rows of all epochs, each epoch in an order of its own; a part of an epoch takes that part of its rows."""
    lengths = [len(sample.ids) for sample in samples]
    rows: list[list[int]] = []
    for epoch in range(math.ceil(recipe.epochs)):
        share = min(1.0, recipe.epochs - epoch)
        planned = plan_rows(lengths, recipe.row_tokens, recipe.seed * 1000 + epoch)
        rows += planned[: round(share * len(planned))]
    if not recipe.tokens:
        return rows
    read = itertools.accumulate(sum(lengths[index] for index in row) for row in rows)
    return [row for row, so_far in zip(rows, read, strict=True) if so_far <= recipe.tokens]
