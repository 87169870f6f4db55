"""The engine on the built-in model: reuse of what was read, and speed alone and together, against plain `generate`.

Ratios of one run on one machine are what has limits; times and speeds are printed for information. Run it on an otherwise idle
machine: `python -m bench.engine [DATA]`, where DATA keeps the converted copy of the model between runs.
"""

import logging
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from assistant.messages import Message
from assistant.models import builtin
from assistant.models.base import GenerationOptions, TextChunk, UsageChunk
from assistant.models.local import LocalModel
from bench.report import Line, show

PROMPT_TOKENS = 1500
WRITTEN_TOKENS = 64
CHATS = 8
ROUNDS = 3

_WORDS = (
    "the",
    "river",
    "carries",
    "water",
    "from",
    "hills",
    "to",
    "sea",
    "and",
    "nobody",
    "knows",
    "how",
    "old",
    "bridges",
    "are",
)


def measure(data: Path | None = None) -> list[Line]:
    """Load the built-in model twice (the second time from its converted copy) and measure it."""
    if data is None:
        with tempfile.TemporaryDirectory() as folder:
            return measure(Path(folder))
    builtin.load(data).close()
    began = time.perf_counter()
    model = builtin.load(data)
    loaded = time.perf_counter() - began
    # Greedy text may end early; a benchmark must write as much each time.
    model._stop_ids = frozenset()
    try:
        return [Line("load the converted built-in model", loaded, "s"), *_first_token(model), *_alone(model), *_together(model)]
    finally:
        model.close()


def _first_token(model: LocalModel) -> list[Line]:
    """Seconds to the first text of a prompt of 1,500 tokens that nobody has read before, and of the same one again."""
    cold, warm = [], []
    for number in range(ROUNDS):
        prompt = _prompt(model, PROMPT_TOKENS, number)
        cold.append(_turn(model, prompt, 2)[0])
        warm += [_turn(model, prompt, 2)[0] for _ in range(3)]
    cold_s, warm_s = statistics.median(cold), statistics.median(warm)
    return [
        Line(f"first token, cold, {PROMPT_TOKENS} tokens", cold_s, "s"),
        Line(f"first token, warm, {PROMPT_TOKENS} tokens", warm_s, "s"),
        Line("warm / cold first token", warm_s / cold_s, at_most=0.15),
    ]


def _alone(model: LocalModel) -> list[Line]:
    """Tokens a second of one chat, against `generate` on the same network in the same minutes."""
    prompt = _prompt(model, 300, 50)
    ids = model._renderer.encode(model._renderer.render(prompt, ()))
    ours, plain = [], []
    for _ in range(ROUNDS + 2):
        ours.append(_turn(model, prompt, WRITTEN_TOKENS)[1])
        plain.append(_generate(model._network, ids))
    # Each pair was measured within the same seconds, so that a busy moment slows both.
    ratio = statistics.median(one / other for one, other in zip(ours, plain, strict=True))
    return [
        Line("one chat", statistics.median(ours), "tokens/s"),
        Line("plain generate", statistics.median(plain), "tokens/s"),
        Line("one chat / plain generate", ratio, at_least=0.8),
    ]


def _together(model: LocalModel) -> list[Line]:
    """Tokens a second of eight chats at once, each with a prompt of its own, against one of them."""
    lines = []
    for length in (300, PROMPT_TOKENS):
        prompts = [_prompt(model, length, 100 + number) for number in range(CHATS)]
        for prompt in prompts:  # reading is not what is compared
            _turn(model, prompt, 2)
        alone = statistics.median(_turn(model, prompts[0], WRITTEN_TOKENS)[1] for _ in range(ROUNDS))
        together = statistics.median(_at_once(model, prompts) for _ in range(ROUNDS))
        lines.append(Line(f"{CHATS} chats at once, {length} tokens each", together, "tokens/s"))
        # Long chats are bound by reading their caches, which batching cannot share: that figure has no limit.
        limit = 2.5 if length < PROMPT_TOKENS else None
        lines.append(Line(f"{CHATS} chats / one, {length} tokens each", together / alone, at_least=limit))
    return lines


def _turn(model: LocalModel, prompt: list[Message], tokens: int) -> tuple[float, float]:
    """One turn: seconds to its first text, and tokens a second after that."""
    began = time.perf_counter()
    first, written = 0.0, 0
    for chunk in model.stream(prompt, (), GenerationOptions(tokens), threading.Event()):
        if isinstance(chunk, TextChunk) and not first:
            first = time.perf_counter() - began
        if isinstance(chunk, UsageChunk):
            written = chunk.usage.completion_tokens
    spent = time.perf_counter() - began - first
    return first, (written - 1) / spent


def _at_once(model: LocalModel, prompts: list[list[Message]]) -> float:
    """Tokens a second of all chats together, each from its own first text on."""
    gate = threading.Barrier(len(prompts))
    speeds: list[float] = []

    def chat(prompt: list[Message]) -> None:
        gate.wait()
        speeds.append(_turn(model, prompt, WRITTEN_TOKENS)[1])

    threads = [threading.Thread(target=chat, args=(prompt,)) for prompt in prompts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(speeds)


def _generate(network: Any, ids: list[int]) -> float:
    """Tokens a second of plain greedy `generate` after its first token, with upstream's own attention."""
    import torch

    times: list[float] = []

    class Clock:
        def put(self, _value: Any) -> None:
            times.append(time.perf_counter())

        def end(self) -> None:
            """Nothing is left to do."""

    ours = network.config._attn_implementation
    network.set_attn_implementation("sdpa")
    prompt = torch.tensor([ids], device=network.device)
    try:
        network.generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            max_new_tokens=WRITTEN_TOKENS,
            do_sample=False,
            eos_token_id=None,
            pad_token_id=0,
            streamer=Clock(),
        )
    finally:
        network.set_attn_implementation(ours)
    # The first call is the prompt, the second the first token.
    return (len(times) - 2) / max(times[-1] - times[1], 1e-9)


def _prompt(model: LocalModel, tokens: int, number: int) -> list[Message]:
    """A prompt of so many tokens that shares no page with the one of another number."""
    words = [f"{number}:"]
    while _length(model, words) < tokens - 20:
        words += [_WORDS[(number + step * 7) % len(_WORDS)] for step in range(20)]
    return [Message("system", f"Number {number}."), Message("user", " ".join(words))]


def _length(model: LocalModel, words: list[str]) -> int:
    return model.count_tokens(" ".join(words))


def main() -> int:
    """Returns 1 when a figure misses its limit."""
    logging.basicConfig(level=logging.ERROR)
    return show(measure(Path(sys.argv[1]) if len(sys.argv) > 1 else None))


if __name__ == "__main__":
    sys.exit(main())
