"""A thousand calls over fifty schemas nobody has seen: every one is read and fits its schema. Run by `make soak`."""

import json
import random
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from assistant.messages import Message
from assistant.models import builtin
from assistant.models.base import CallChunk, GenerationOptions, TextChunk, ThinkingChunk, UsageChunk
from assistant.models.grammar import MatchFailed
from common.errors import HearthError, SchemaRefused
from tests.assistant.models.schemas import hostile, pick, tool
from tools import validation
from tools.base import ToolSpec

SCHEMAS = 50
CALLS = 1_000
AT_ONCE = 32
LONGEST = 250  # tokens

pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    loaded = builtin.load(tmp_path_factory.mktemp("builtin"), device="cpu")
    yield loaded
    loaded.close()


@pytest.fixture(scope="module")
def answers(model, say):
    """Answers, each its tool, its chunks and its length in tokens, until they hold enough calls."""
    rng = random.Random(4)
    tools = [tool(rng, number) for number in range(SCHEMAS)]
    options = GenerationOptions(max_tokens=LONGEST, temperature=1.0, tool_choice="required")

    def ask(offered, turn):
        request = [Message("user", f"Use {offered.name} for request number {turn}. Be short.")]
        chunks = list(model.stream(request, [offered], options, threading.Event()))
        return offered, chunks, chunks[-1].usage.completion_tokens

    taken = []
    began = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while sum(len(calls_of(chunks)) for _, chunks, _ in taken) < CALLS:
            turn = len(taken) // SCHEMAS
            taken += pool.map(lambda offered, turn=turn: ask(offered, turn), tools)
    say(f"{sum(length for *_, length in taken) / (time.perf_counter() - began):.0f} tokens a second")
    return taken


def calls_of(chunks):
    return [chunk.call for chunk in chunks if isinstance(chunk, CallChunk)]


def written_call(call):
    body = json.dumps({"name": call.name, "arguments": dict(call.arguments)}, ensure_ascii=False, separators=(",", ":"))
    return f"<tool_call>\n{body}\n</tool_call>"


def test_a_thousand_calls_fit_their_schemas(answers, say):
    found = cut = 0
    for offered, chunks, length in answers:
        assert isinstance(chunks[-1], UsageChunk)
        for call in calls_of(chunks):
            assert call.name == offered.name
            assert validation.check(offered.name, offered.parameters, call.arguments) is not None
            found += 1
        if length >= LONGEST:
            cut += 1
        else:
            assert calls_of(chunks), chunks
            assert not [chunk for chunk in chunks if isinstance(chunk, TextChunk | ThinkingChunk)], chunks
    say(f"{found} calls in {len(answers)} answers fit, {cut} answers were cut at {LONGEST} tokens")
    assert found >= CALLS


def test_compiling_and_masking_are_quick(model, answers, say):
    grammars, tokenizer = model._grammars, model._renderer._tokenizer
    rng = random.Random(5)
    compiled, masked = [], []
    row = torch.zeros(grammars.compile([], "none").words, dtype=torch.int32)
    for number in range(SCHEMAS):
        unseen = tool(rng, 1000 + number)
        began = time.perf_counter()
        grammars.compile([unseen], "auto")
        compiled.append(time.perf_counter() - began)
    for offered, chunks, _ in answers[: 2 * SCHEMAS]:
        ids = tokenizer("\n".join(map(written_call, calls_of(chunks))), add_special_tokens=False)["input_ids"]
        matcher = grammars.compile([offered], "auto").matcher()
        for place in range(len(ids)):
            began = time.perf_counter()
            matcher.follow(ids[:place])
            matcher.fill(row)
            masked.append(time.perf_counter() - began)
    p95 = statistics.quantiles(compiled, n=20)[-1]
    say(
        f"compile p50 {statistics.median(compiled) * 1e3:.1f} ms, p95 {p95 * 1e3:.1f} ms; "
        f"mask mean {statistics.mean(masked) * 1e6:.0f} us, p50 {statistics.median(masked) * 1e6:.0f} us, {len(masked)} masks"
    )
    assert p95 < 0.010
    assert statistics.mean(masked) < 0.000150


def offer(grammars, schema):
    """A matcher for a tool of this schema, or the sentence that refuses it."""
    try:
        return grammars.compile([ToolSpec("tool", "", schema)], "required").matcher(), None
    except SchemaRefused as error:
        return None, error


def last_words(model, offered):
    """How an answer ends, or the sentence that says why there is none."""
    hello, options = [Message("user", "Hi")], GenerationOptions(max_tokens=4)
    try:
        return list(model.stream(hello, [offered], options, threading.Event()))[-1]
    except HearthError as error:
        return error.english


@pytest.mark.parametrize("name", hostile())
def test_a_model_that_is_offered_a_hostile_schema_writes_or_says_why(model, name):
    end = last_words(model, ToolSpec("tool", name, hostile()[name]))
    assert isinstance(end, UsageChunk) or len(end) < 300


@pytest.mark.parametrize("name", hostile())
def test_hostile_schemas_are_a_sentence_or_held_within_a_second(model, name):
    """What is taken can also be written, step by step, or only its own request fails."""
    grammars = model._grammars
    row = torch.zeros(grammars.compile([], "none").words, dtype=torch.int32)
    rng = random.Random(6)
    began = time.perf_counter()
    matcher, refusal = offer(grammars, hostile()[name])
    assert time.perf_counter() - began < 1
    if refusal is not None:
        assert len(refusal.english) < 300
        assert refusal.chinese != refusal.english
        return
    written: list[int] = []
    while len(written) < 300 and not model._stop_ids & set(written):
        began = time.perf_counter()
        try:
            matcher.follow(written)
            matcher.fill(row)
        except MatchFailed:
            return
        assert time.perf_counter() - began < 1
        written.append(pick(rng, row))
