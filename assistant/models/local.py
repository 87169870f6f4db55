"""A chat model on this machine: files in, streamed chunks out.

A `LocalModel` joins a network, a renderer (text and ids) and an engine (ids and ids). One serves every chat at once; it keeps no
conversation, only token ids by their text and the engine's cache of prefixes. An engine that breaks fails the turns it was
writing, and the next turn gets a new one.
"""

import contextlib
import gc
import logging
import math
import queue
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from assistant.messages import Message, Usage
from assistant.models.bars import hide_bars
from assistant.models.base import Cancel, GenerationOptions, ModelChunk, ModelInfo, PromptChunk, UsageChunk
from assistant.models.batching import BatchingEngine, Plan, cache_bytes_per_token, can_batch
from assistant.models.bounding import check_size
from assistant.models.engine import Engine, EngineStopped, Request, Step
from assistant.models.grammar import Grammar, Grammars, writes_hermes
from assistant.models.merging import merge_adapter
from assistant.models.plain import PlainEngine
from assistant.models.rendering import Renderer
from assistant.models.threads import share_processor
from assistant.models.unstated import SMALL, leave_out_unstated
from assistant.models.weights import check_files, check_squeezing, choose_dtype, first_line, squeezed, weight_bytes
from assistant.toolcalls import CallParser
from common.errors import GenerationFailed, ModelLoadFailed, PromptTooLong
from common.heavy import LOADING
from tools.base import ToolSpec

Progress = Callable[[float, str], None]
"""Told how far a load is: a fraction in [0, 1] and the stage."""

_LOOK_S = 0.05  # how often a waiting turn looks at its cancel
_STALL_S = 120.0  # an engine silent for so long is given up
_CPU_CACHE_BYTES = 2 << 30
_CPU_CACHE_SHARE = 0.2  # of the memory that is free now
_CPU_STEP_TOKENS = 512
_GPU_STEP_TOKENS = 2048
_GPU_MEMORY_SHARE = 0.8


class LocalModel:
    """A network in memory that writes for many chats at once."""

    def __init__(
        self, network: Any, tokenizer: Any, info: ModelInfo, *, plan: Plan | None = None, stall_s: float = _STALL_S
    ) -> None:
        """Take a loaded network and its tokenizer; `plan` None sizes the engine for the device."""
        self._network = network.eval()
        self._renderer = Renderer(tokenizer, info.title, info.languages)
        self._batched = can_batch(network)
        self._small = sum(part.numel() for part in network.parameters()) < SMALL
        longest = min(info.context_tokens, getattr(network.config.get_text_config(), "max_position_embeddings", 1 << 20))
        self._plan = plan or size_engine(network, longest)
        longest = min(longest, self._plan.cache_tokens or longest)
        self.info = replace(info, context_tokens=longest)
        self._stop_ids = self._renderer.stop_ids | _listed(network.generation_config.eos_token_id)
        self._grammars = _read_grammars(tokenizer, self._renderer, network, self._stop_ids)
        self._stall_s = stall_s
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._closed = False
        self._running_engine()

    @classmethod
    def load(
        cls,
        path: Path,
        info: ModelInfo,
        *,
        device: str = "auto",
        bits: int = 16,
        adapter: Path | None = None,
        progress: Progress = lambda *_: None,
    ) -> Self:
        """Load a folder of safetensors or a GGUF file; `device` is "auto", "cpu" or "cuda", `bits` 16, or 8 or 4 on a GPU.

        `adapter` is a folder in PEFT's form whose tuning goes into the weights.

        Raises `ModelMissing` when the files are not there, `ModelLoadFailed` when they are unsafe or do not load.
        """
        share_processor()
        with LOADING:
            import torch
            from safetensors import SafetensorError
            from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

        check_files(path)
        hide_bars()
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        if bits != 16:
            check_squeezing(bits, device)
        settings: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        folder = path
        if path.is_file():
            folder, settings = path.parent, {**settings, "gguf_file": path.name}
        try:
            progress(0.05, "tokenizer")
            with LOADING:
                tokenizer = AutoTokenizer.from_pretrained(folder, **settings)
                progress(0.2, "weights")
                if path.is_file():
                    settings["quantization_config"] = GgufConfig(dequantize=True)
                elif bits != 16:
                    settings |= {"quantization_config": squeezed(bits), "device_map": {"": 0}}
                network = AutoModelForCausalLM.from_pretrained(
                    folder,
                    dtype=choose_dtype(device, weight_bytes(path)),
                    use_safetensors=True,
                    attn_implementation="sdpa",
                    **settings,
                )
            progress(0.8, "device")
            if bits == 16:  # a squeezed network is on its GPU already, and may not be moved
                network = network.to(device)
            if adapter is not None:
                with LOADING:
                    network = merge_adapter(network, tokenizer, adapter)
            progress(0.9, "engine")
            model = cls(network, tokenizer, info)
            model._warm_up()
        except (SafetensorError, OSError, ValueError, KeyError, RuntimeError, ImportError, AttributeError, MemoryError) as error:
            # The files are a stranger's: every way in which they can be wrong is an expected failure.
            logging.getLogger(__name__).exception("loading %s", path)
            raise ModelLoadFailed(
                f"{info.title!r} did not load ({type(error).__name__}: {first_line(error)}). "
                "Check that its files are whole and that it fits the memory, or choose another model.",
                f"{info.title!r} 加载失败（{type(error).__name__}：{first_line(error)}）。"
                "请检查文件是否完整、内存是否够用，或换一个模型。",
            ) from error
        progress(1.0, "ready")
        return model

    def count_tokens(self, text: str) -> int:
        return self._renderer.count(text)

    def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: GenerationOptions, cancel: Cancel
    ) -> Iterator[ModelChunk]:
        if self._grammars is not None:
            for tool in tools:
                check_size(tool)  # before a template goes into its depths
        text = self._renderer.render(messages, tools)
        # Some templates open the thoughts themselves, so that the answer begins inside them.
        thinking = text.rstrip().endswith("<think>")
        grammar: Grammar | None = None
        if self._grammars is not None and tools:
            grammar = self._grammars.compile(tools, options.tool_choice, thinking=thinking)
        prompt = self._renderer.encode(text)
        room = self.info.context_tokens - len(prompt)
        if room < 1:
            raise PromptTooLong(
                f"The prompt has {len(prompt)} tokens; {self.info.title!r} can read {self.info.context_tokens - 1}. "
                "Shorten the message or start a new conversation.",
                f"这次要读的内容有 {len(prompt)} 个词元，{self.info.title!r} 最多能读 {self.info.context_tokens - 1} 个。"
                "请缩短消息，或新建一个对话。",
            )
        self._renderer.remember(text, prompt)
        # Leaving this generator early must stop the engine too, and only this turn: hence an event of its own.
        stop = threading.Event()
        longest = min(options.max_tokens, room)
        either = _Either(cancel, stop)
        request = Request(prompt, longest, self._stop_ids, options.temperature, options.top_p, either, grammar)
        callable_tools = () if options.tool_choice == "none" else tools
        answer: list[int] = []
        yield PromptChunk(text)
        try:
            parser = CallParser(callable_tools, f"{uuid.uuid4().hex[:8]}-", thinking=thinking)
            written = self._written(request, answer, parser)
            yield from leave_out_unstated(written, messages, tools) if self._small else written
        finally:
            stop.set()
            self._renderer.remember(text, prompt, answer)

    def memory(self) -> tuple[int, int]:
        """Bytes of the weights, and of the room that the engine keeps for conversations."""
        network = self._network
        if network is None:
            return 0, 0
        weights = sum(part.numel() * part.element_size() for part in (*network.parameters(), *network.buffers()))
        if network.device.type == "cuda":
            import torch

            return weights, max(0, torch.cuda.memory_reserved() - weights)
        return weights, (self._plan.cache_tokens or 0) * cache_bytes_per_token(network) if self._batched else 0

    @property
    def device(self) -> str:
        """Where it computes: "cpu" or "cuda"."""
        network = self._network
        return str(network.device.type) if network is not None else "cpu"

    def close(self) -> None:
        """Stop the engine and free the memory; turns under way end with `GenerationFailed`."""
        with self._lock:
            self._closed = True
            engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()
        self._network = None
        _free_memory()

    def _warm_up(self) -> None:
        """Write two tokens, so that the first user does not wait for kernels to be chosen and memory to be mapped."""
        hello = [Message("user", "Hello! " * 20)]
        for _ in self.stream(hello, (), GenerationOptions(max_tokens=2), threading.Event()):
            pass

    def _written(self, request: Request, answer: list[int], parser: CallParser) -> Iterator[ModelChunk]:
        """The chunks of an answer, told apart by `parser`; its ids are gathered in `answer`."""
        reader = self._renderer.reader()
        cached = 0
        for step in self._steps(request):
            answer.extend(step.ids)
            cached = step.cached_tokens
            if text := reader.feed([number for number in step.ids if number not in self._stop_ids]):
                yield from parser.feed(text)
        if request.cancel.is_set():
            return
        yield from parser.feed(reader.finish())
        yield from parser.finish()
        yield UsageChunk(Usage(len(request.ids), cached, len(answer)))

    def _steps(self, request: Request) -> Iterator[Step]:
        """The steps of a request until it is finished or cancelled."""
        steps: queue.SimpleQueue[Step] = queue.SimpleQueue()
        engine = self._submit(request, steps.put)
        while not request.cancel.is_set():
            try:
                step = steps.get(timeout=_LOOK_S)
            except queue.Empty:
                if (idle := engine.idle_seconds()) > self._stall_s and steps.empty():
                    self._give_up(engine)
                    raise _failed("it stopped" if math.isinf(idle) else f"silent for {idle:.0f} s") from None
                continue
            if step.error is not None:
                raise _failed(step.error)
            yield step
            if step.finished:
                return

    def _submit(self, request: Request, sink: Callable[[Step], None]) -> Engine:
        for _ in range(3):
            engine = self._running_engine()
            try:
                engine.submit(request, sink)
            except EngineStopped:
                self._give_up(engine)
            else:
                return engine
        raise _failed("the engine does not start")

    def _running_engine(self) -> Engine:
        with self._lock:
            if self._closed:
                raise _failed("the model was closed")
            if self._engine is not None and math.isinf(self._engine.idle_seconds()):
                self._engine.close()
                self._engine = None
                _free_memory()
            if self._engine is None:
                self._engine = self._new_engine()
            return self._engine

    def _new_engine(self) -> Engine:
        if self._batched:
            return BatchingEngine(self._network, self._plan, constrained=self._grammars is not None)
        return PlainEngine(self._network, self.info.context_tokens)

    def _give_up(self, engine: Engine) -> None:
        """Forget an engine that ended or hangs; its thread, if it ever wakes, finds nobody waiting."""
        with self._lock:
            if self._engine is not engine:
                return  # another turn that waited for it was sooner, and closes it
            self._engine = None
        with contextlib.suppress(RuntimeError):
            engine.close()


class _Either(threading.Event):
    """Set when the user's cancel is set, or when nobody reads the answer any more."""

    def __init__(self, user: threading.Event, reader: threading.Event) -> None:
        super().__init__()
        self._events = (user, reader)

    def is_set(self) -> bool:
        return any(event.is_set() for event in self._events)


def _read_grammars(tokenizer: Any, renderer: Renderer, network: Any, stop_ids: frozenset[int]) -> Grammars | None:
    """The grammars of a model that writes calls as Hermes does; None for others, which call tools as they were taught, unheld."""
    template = str(tokenizer.chat_template)
    if not writes_hermes(template + renderer.render([Message("user", "?")], [ToolSpec("probe", "A probe.", {})])):
        return None
    try:
        vocabulary = network.config.get_text_config().vocab_size
        return Grammars(tokenizer, vocabulary, stop_ids, thinks="<think>" in template or "<think>" in tokenizer.get_vocab())
    except ValueError as error:
        logging.getLogger(__name__).warning("calls are not held to a grammar: %s", error)
        return None


def size_engine(network: Any, longest: int) -> Plan:
    """The engine's size: on a GPU most of what is free, on a CPU a fixed part of the memory that is free now."""
    import psutil

    if network.device.type == "cuda":
        return Plan(None, step_tokens=_GPU_STEP_TOKENS, memory_share=_GPU_MEMORY_SHARE)
    budget = min(_CPU_CACHE_BYTES, int(psutil.virtual_memory().available * _CPU_CACHE_SHARE))
    tokens = budget // cache_bytes_per_token(network) if can_batch(network) else longest
    # Beyond eight whole conversations more room only costs; under one the context shrinks to what there is.
    return Plan(max(1024, min(tokens, 8 * longest)), step_tokens=_CPU_STEP_TOKENS)


def _listed(number: int | Sequence[int] | None) -> frozenset[int]:
    if number is None:
        return frozenset()
    return frozenset({number} if isinstance(number, int) else number)


def _failed(reason: str) -> GenerationFailed:
    return GenerationFailed(
        f"The model broke off while writing ({reason}). Send the message again; the engine starts anew.",
        f"模型在写作时中断了（{reason}）。请重新发送，引擎会重新启动。",
    )


def _free_memory() -> None:
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
