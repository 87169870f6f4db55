"""The adapter to transformers' engine: its own parts, and the contract of what it relies on upstream."""

import inspect
import json
import math
import queue
import threading
import time
from dataclasses import dataclass

import pytest
import torch

from assistant.models.batching import (
    BatchingEngine,
    Plan,
    cache_bytes_per_token,
    can_batch,
    make_room,
)
from assistant.models.engine import EngineStopped, Request, Step
from assistant.models.grammar import Grammars, MatchFailed
from assistant.models.processors import written_ids
from assistant.toolcalls import parse
from tests.assistant.models.schemas import taking
from tests.assistant.models.tiny import make_network
from tests.timing import wait_until
from tools.base import ToolSpec

# The contract: what a new version of transformers must still have.


def test_upstream_still_has_the_parts_the_adapter_touches():
    from transformers import AttentionInterface, ContinuousBatchingConfig
    from transformers.generation.continuous_batching import continuous_api as api
    from transformers.generation.continuous_batching.cache import PagedAttentionCache, group_layers_by_attn_type
    from transformers.generation.continuous_batching.cache_allocators.cache_allocator import BlockLedger
    from transformers.generation.continuous_batching.cb_logits_processors import ContinuousBatchingLogitsProcessorList

    def names(function):
        return set(inspect.signature(function).parameters)

    manager = api.ContinuousBatchingManager
    assert {"input_ids", "request_id", "max_new_tokens", "streaming", "eos_token_id", "logit_processor_kwargs"} <= names(
        manager.add_request
    )
    assert names(manager._generation_loop_body) == {"self", "batch_processor", "bootstrapping"}
    assert {"block", "timeout", "hard_stop"} <= names(manager.stop)
    assert {"cancel_request", "start", "is_running"} <= set(dir(manager))
    assert names(api.OutputRouter.deliver) == {"self", "output"}
    assert names(api.OutputRouter.deliver_batch) == {"self", "outputs"}
    assert names(api.OutputRouter.fail_and_deliver) == {"self", "state", "error"}
    assert names(PagedAttentionCache.search_prefix_match) == {"self", "request_id", "prompt_ids"}
    assert {"key_states", "value_states", "layer_idx", "kwargs"} <= names(PagedAttentionCache.update)
    assert {"cached_blocks", "hash_to_block", "block_to_hash"} <= set(vars(BlockLedger()))
    assert {"_retrieve_processors_kwargs", "check_kwargs", "prepare_tensor_args"} <= set(
        dir(ContinuousBatchingLogitsProcessorList)
    )
    assert callable(group_layers_by_attn_type)
    assert callable(AttentionInterface.register)
    fields = set(inspect.signature(ContinuousBatchingConfig).parameters)
    assert {"page_size", "num_blocks", "max_batch_tokens", "max_memory_percent", "allow_block_sharing"} <= fields


def test_a_new_manager_has_the_attributes_the_adapter_sets(tokenizer):
    network = make_network(tokenizer)
    manager = network.init_continuous_batching()
    for name in ("logit_processor", "output_router", "background_thread_status", "batch_processor"):
        assert hasattr(manager, name), name
    processors = manager.logit_processor
    for name in ("logits_processor", "tensors_required", "supported_keys", "do_processing"):
        assert hasattr(processors, name), name
    assert manager.background_thread_status.fatal_error is None


def test_a_request_still_tells_what_it_has_written(tokenizer):
    """Upstream moves what was written into the prompt when it starts a request again for want of room."""
    from transformers.generation.continuous_batching.cb_logits_processors import ContinuousBatchingLogitsProcessor
    from transformers.generation.continuous_batching.requests import FutureRequestState, RequestState

    state = RequestState("r1", [5, 6, 7], max_new_tokens=9)
    state.generated_tokens = [8, 9]
    assert written_ids(state) == [8, 9]
    again = state.create_equivalent_initial_request()
    again.generated_tokens = [10]
    assert again.request_id == "r1"
    assert written_ids(again) == [8, 9, 10]
    once_more = again.create_equivalent_initial_request()
    assert written_ids(once_more) == [8, 9, 10]
    assert FutureRequestState(state, True, {}, 1).state is state
    assert list(inspect.signature(ContinuousBatchingLogitsProcessor.prepare_tensor_args).parameters) == [
        "self",
        "requests_with_new_token",
    ]


def test_the_grammar_comes_before_the_sampling_and_steps_wait_for_each_other(make_engine):
    engine, _ = make_engine()
    processors = engine._manager.logit_processor
    assert [type(part).__name__ for part in processors.logits_processor] == ["Masking", "Sampling"]
    assert processors.tensors_required == 2
    assert run(engine, [5, 6], 2)
    assert engine._manager.batch_processor.use_async_batching is False


# The engine.


@pytest.fixture
def make_engine(tokenizer):
    made = []

    def make(plan=None, network=None):
        network = network or make_network(tokenizer)
        made.append(BatchingEngine(network, plan or Plan(cache_tokens=4096, step_tokens=64), constrained=True))
        return made[-1], network

    yield make
    for engine in made:
        engine.close()


def run(engine, ids, tokens=10, **settings):
    """Run one request to its end; returns its steps."""
    steps: queue.SimpleQueue[Step] = queue.SimpleQueue()
    request = Request(ids, tokens, frozenset(), settings.pop("temperature", 0.0), settings.pop("top_p", 1.0), **settings)
    engine.submit(request, steps.put)
    taken = []
    while not taken or not taken[-1].finished:
        taken.append(steps.get(timeout=20))
    return taken


def start(engine, ids, tokens=10, *, stop_ids=frozenset(), temperature=0.0, **settings):
    """Start one request; returns the queue of its steps."""
    steps: queue.SimpleQueue[Step] = queue.SimpleQueue()
    engine.submit(Request(ids, tokens, stop_ids, temperature, 1.0, **settings), steps.put)
    return steps


def finish(steps):
    taken = [steps.get(timeout=60)]
    while not taken[-1].finished:
        taken.append(steps.get(timeout=60))
    return taken


def ids_of(steps):
    return [number for step in steps for number in step.ids]


def test_paged_attention_gives_what_dense_attention_gives(make_engine, tokenizer):
    engine, _ = make_engine()
    plain = make_network(tokenizer)
    for length in (1, 31, 32, 33, 64, 65, 200, 500):
        ids = [(7 * number + length) % (len(tokenizer) - 3) + 3 for number in range(length)]
        prompt = torch.tensor([ids])
        expected = plain.generate(
            prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=12, do_sample=False, eos_token_id=None, pad_token_id=0
        )
        assert ids_of(run(engine, ids, 12)) == expected[0, length:].tolist(), length


def test_each_step_hands_on_only_what_is_new(make_engine):
    engine, _ = make_engine()
    steps = run(engine, [5, 6, 7], 10)
    assert [len(step.ids) for step in steps] == [1] * 10
    assert [step.finished for step in steps] == [False] * 9 + [True]


def test_a_stop_id_ends_the_answer_and_is_part_of_it(make_engine):
    engine, _ = make_engine()
    written = ids_of(run(engine, [5, 6, 7], 10))
    steps: queue.SimpleQueue[Step] = queue.SimpleQueue()
    engine.submit(Request([5, 6, 7], 10, frozenset({written[3]}), 0.0, 1.0), steps.put)
    taken = [steps.get(timeout=10)]
    while not taken[-1].finished:
        taken.append(steps.get(timeout=10))
    assert ids_of(taken) == written[: written.index(written[3]) + 1]


def test_prefixes_are_shared_by_pages_and_counted(make_engine):
    engine, _ = make_engine()
    ids = [number % 300 + 5 for number in range(200)]
    assert run(engine, ids)[-1].cached_tokens == 0
    assert run(engine, ids)[-1].cached_tokens == 192
    assert run(engine, ids[:100] + [9] * 100)[-1].cached_tokens == 96


def test_a_full_cache_forgets_the_oldest_prefixes_first(make_engine):
    engine, _ = make_engine(Plan(cache_tokens=2048, step_tokens=128))
    often = [number % 300 + 5 for number in range(160)]
    run(engine, often)
    for number in range(24):  # three times what the cache holds
        run(engine, [(number * 37 + place * 11) % 300 + 5 for place in range(256)], 2)
        assert run(engine, often, 2)[-1].cached_tokens == 128, "what is used stays"
    first = [place * 11 % 300 + 5 for place in range(256)]
    assert run(engine, first, 2)[-1].cached_tokens == 0, "what is not used goes"


def test_making_room_keeps_the_books_of_the_cache(make_engine):
    engine, _ = make_engine(Plan(cache_tokens=1024, step_tokens=128))
    for number in range(12):
        run(engine, [(number * 37 + place) % 300 + 5 for place in range(200)], 4)
    cache = engine._manager.batch_processor.cache
    make_room(cache)
    assert cache.compute_free_capacity() >= 0.3
    for allocator in cache.cache_allocators.values():
        ledger = allocator.ledger
        assert set(ledger.hash_to_block.values()) == set(ledger.block_to_hash)
        assert set(ledger.cached_blocks) <= set(ledger.block_to_hash)


def test_an_engine_that_died_says_so_and_takes_nothing_more(make_engine):
    engine, network = make_engine()
    run(engine, [1, 2, 3])

    def fail(*_):
        raise RuntimeError("boom")

    network.register_forward_pre_hook(fail)
    last = run(engine, [1, 2, 3])[-1]
    assert last.error == "RuntimeError: boom"
    wait_until(lambda: engine.idle_seconds() == math.inf)
    with pytest.raises(EngineStopped):
        run(engine, [1, 2, 3])


def test_a_living_engine_gives_signs_of_life_while_it_idles(make_engine):
    engine, _ = make_engine()
    run(engine, [1, 2, 3], 2)
    time.sleep(0.5)
    wait_until(lambda: engine.idle_seconds() < 0.4)


def test_a_cancelled_request_frees_its_cache(make_engine):
    engine, network = make_engine()
    network.register_forward_pre_hook(lambda *_: time.sleep(0.01))
    cancel, started = threading.Event(), threading.Event()
    engine.submit(Request([5] * 100, 900, frozenset(), 0.0, 1.0, cancel), lambda _: started.set())
    assert started.wait(10)
    cancel.set()
    processor = engine._manager.batch_processor
    # Left alone it would write for nine seconds.
    wait_until(lambda: not processor.scheduler.active_requests and not processor.scheduler.waiting_requests, 5)
    wait_until(lambda: all(not allocator.block_table for allocator in processor.cache.cache_allocators.values()))


def test_close_ends_the_thread_and_fails_what_is_under_way(make_engine):
    engine, network = make_engine()
    network.register_forward_pre_hook(lambda *_: time.sleep(0.01))
    steps: queue.SimpleQueue[Step] = queue.SimpleQueue()
    engine.submit(Request([5, 6], 2000, frozenset(), 0.0, 1.0), steps.put)
    steps.get(timeout=10)
    engine.close()
    last = steps.get(timeout=5)
    while not last.finished:
        last = steps.get(timeout=5)
    assert last.error
    assert engine.idle_seconds() == math.inf
    assert not engine._manager.is_running()


# Requests that are held to a grammar.

COLOUR = ToolSpec("paint", "Paints.", taking(colour={"enum": ["red", "green"]}, coats={"type": "integer", "maximum": 99}))


@pytest.fixture(scope="module")
def grammar(tokenizer):
    return Grammars(tokenizer, len(tokenizer), {tokenizer.eos_token_id}).compile([COLOUR], "paint")


@dataclass(frozen=True, slots=True)
class BreakingGrammar:
    """A grammar whose matchers break after some tokens."""

    after: int
    within_call: bool = False

    def matcher(self):
        return self

    def follow(self, written):
        if len(written) >= self.after:
            raise MatchFailed("it had enough")

    def fill(self, row):
        row.fill_(-1)


def test_a_held_request_writes_calls_and_ends(make_engine, tokenizer, grammar):
    engine, _ = make_engine()
    stop = frozenset({tokenizer.eos_token_id})
    waiting = [start(engine, [5, 6], 900, stop_ids=stop, temperature=warm, grammar=grammar) for warm in (0.0, 3.0, 3.0)]
    for steps in waiting:
        ids = ids_of(finish(steps))
        assert ids[-1] == tokenizer.eos_token_id
        text = tokenizer.decode(ids[:-1])
        read = parse(text, [COLOUR])
        assert read.calls
        assert not read.text
        assert text.count("<tool_call>") == len(read.calls)
        for call in read.calls:
            assert call.arguments["colour"] in ("red", "green")
            assert isinstance(call.arguments["coats"], int)
            assert json.dumps(dict(call.arguments), separators=(",", ":")) in text
    assert not engine._router._open


def test_free_requests_write_the_same_beside_held_ones_that_end_break_and_are_cancelled(make_engine, tokenizer, grammar):
    engine, network = make_engine()
    prompts = [[number % 300 + 5 for number in range(first, first + 40)] for first in (0, 50, 100)]
    alone = [ids_of(run(engine, prompt, 60)) for prompt in prompts]
    stop = frozenset({tokenizer.eos_token_id})
    cancel, begun = threading.Event(), threading.Event()
    network.register_forward_pre_hook(lambda *_: begun.wait(30) and None)  # nothing runs before all are there
    free = [start(engine, prompt, 60) for prompt in prompts]
    held = start(engine, prompts[0], 300, stop_ids=stop, grammar=grammar)
    broken = start(engine, prompts[1], 300, stop_ids=stop, grammar=BreakingGrammar(7))
    stopped = start(engine, prompts[2], 3000, temperature=2.0, grammar=BreakingGrammar(4000), cancel=cancel)
    begun.set()
    for _ in range(5):
        assert not stopped.get(timeout=30).finished
    cancel.set()
    assert [ids_of(finish(steps)) for steps in free] == alone
    last = finish(broken)
    assert len(ids_of(last)) == 7
    assert "it had enough" in last[-1].error
    assert finish(held)[-1].error is None
    assert ids_of(run(engine, prompts[0], 60)) == alone[0], "and the engine goes on"
    assert not engine._router._open
    assert not engine._manager.batch_processor.scheduler.active_requests


def test_an_engine_without_grammars_takes_no_held_request(tokenizer, grammar):
    engine = BatchingEngine(make_network(tokenizer), Plan(cache_tokens=1024, step_tokens=64))
    try:
        with pytest.raises(ValueError, match="without grammars"):
            start(engine, [5], grammar=grammar)
        assert len(ids_of(run(engine, [5, 6], 3))) == 3
    finally:
        engine.close()


# What goes where.


def test_only_full_attention_is_batched(tokenizer):
    from transformers import AutoModelForCausalLM, Gemma2Config, MambaConfig

    small = {"vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 2}
    assert can_batch(make_network(tokenizer))
    assert not can_batch(make_network(tokenizer, sliding_window=64))
    assert not can_batch(AutoModelForCausalLM.from_config(MambaConfig(**small)))
    gemma = Gemma2Config(**small, intermediate_size=32, num_attention_heads=2, num_key_value_heads=1, head_dim=16)
    assert not can_batch(AutoModelForCausalLM.from_config(gemma))


def test_the_size_of_a_token_in_the_cache(tokenizer):
    # two layers, keys and values, two heads of width 16, four bytes
    assert cache_bytes_per_token(make_network(tokenizer)) == 2 * 2 * 2 * 16 * 4
