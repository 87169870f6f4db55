"""A local model: streaming, Stop, many chats, reuse of what was read, and what happens when the engine breaks."""

import threading
import time
from contextlib import contextmanager

import pytest

from assistant.messages import Message
from assistant.models.base import CallChunk, GenerationOptions, PromptChunk, TextChunk, ThinkingChunk, UsageChunk
from assistant.models.batching import BatchingEngine, Plan
from assistant.models.local import LocalModel
from assistant.models.plain import PlainEngine
from assistant.models.weights import check_files, choose_dtype, weight_bytes
from common.errors import GenerationFailed, ModelLoadFailed, ModelMissing, PromptTooLong
from tests.assistant.models.tiny import TEXT, make_network, say, tiny_info
from tools.base import ToolSpec

LONG = TEXT * 8  # several hundred tokens


def count_steps(network):
    """A list that grows by the number of tokens of each step the network runs."""
    steps = []
    network.register_forward_pre_hook(lambda _module, _args, kwargs: steps.append(kwargs["input_ids"].shape[1]), with_kwargs=True)
    return steps


def reference(network, tokenizer, text, tokens):
    """What plain greedy `generate` writes after a user's message."""
    rendered = tokenizer.apply_chat_template([{"role": "user", "content": text}], tokenize=False, add_generation_prompt=True)
    ids = tokenizer(rendered, return_tensors="pt", add_special_tokens=False)
    output = network.generate(**ids, max_new_tokens=tokens, do_sample=False, pad_token_id=0)
    return tokenizer.decode(output[0, ids["input_ids"].shape[1] :], skip_special_tokens=True).rstrip("\ufffd")


def test_greedy_text_is_that_of_plain_generate(make_model, tokenizer):
    model, _ = make_model()
    expected = reference(make_network(tokenizer), tokenizer, LONG, 40)
    text, usage = say(model, LONG, max_tokens=40)
    assert text == expected
    assert usage.completion_tokens == 40
    assert usage.prompt_tokens > 300


def test_greedy_text_is_the_same_with_and_without_reuse(make_model):
    shared, _ = make_model()
    alone, _ = make_model(plan=Plan(cache_tokens=8192, step_tokens=64, share_prefixes=False))
    first, _ = say(shared, LONG, max_tokens=40)
    again, usage = say(shared, LONG, max_tokens=40)
    without, unused = say(alone, LONG, max_tokens=40)
    once_more, still_unused = say(alone, LONG, max_tokens=40)
    assert usage.cached_tokens > 0.9 * usage.prompt_tokens
    assert unused.cached_tokens == still_unused.cached_tokens == 0
    assert first == again == without == once_more


def speak_plainly(network, tokenizer):
    """Let a random network write whole characters only, as trained ones do."""
    import torch

    texts = tokenizer.batch_decode([[number] for number in range(len(tokenizer))])
    barred = torch.tensor([float("-inf") if "\ufffd" in text or "<|" in text else 0.0 for text in texts])
    network.lm_head.register_forward_hook(lambda _module, _args, scores: scores + barred)


def test_a_conversation_reuses_its_history_and_the_ids_of_its_answers(make_model, tokenizer):
    model, network = make_model()
    speak_plainly(network, tokenizer)
    history = [Message("system", "Be brief."), Message("user", LONG)]
    for _ in range(3):
        text, usage = say(model, history, max_tokens=40)
        history += [Message("assistant", text), Message("user", "Go on.")]
    _, usage = say(model, history, max_tokens=4)
    # All but the page that was not full and the new message comes from the cache.
    assert usage.prompt_tokens - usage.cached_tokens < 32 + 20 + 32


def test_chunks_come_one_by_one_and_usage_comes_last(make_model):
    model, _ = make_model()
    prompt, *chunks = model.stream([Message("user", "Hi")], (), GenerationOptions(max_tokens=20), threading.Event())
    assert prompt == PromptChunk("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n")
    assert isinstance(chunks[-1], UsageChunk)
    assert all(isinstance(chunk, TextChunk) and chunk.text for chunk in chunks[:-1])
    assert len(chunks) > 5
    assert not any("<|im_" in chunk.text for chunk in chunks[:-1])


def test_thoughts_and_calls_are_told_apart(make_model, tokenizer):
    """A network that is made to write one text, whatever it reads."""
    import torch

    clock = ToolSpec("clock", "Tells the time.", {"type": "object", "properties": {}})
    written = '<think>Hmm 嗯</think>Let me look.\n<tool_call>\n{"name":"clock","arguments":{}}\n</tool_call>'
    ids = [*tokenizer(written, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
    model, network = make_model(plan=Plan(cache_tokens=4096, step_tokens=512))  # the prompt is read in one step
    say(model, "Hello", max_tokens=2)  # what an engine runs before its first request is not dictated
    dictated = iter(ids)

    def dictate(_module, _args, scores):
        forced = torch.full_like(scores, -100.0)
        forced[..., next(dictated)] = 100.0
        return forced

    network.lm_head.register_forward_hook(dictate)
    chunks = list(model.stream([Message("user", "Hi")], [clock], GenerationOptions(max_tokens=400), threading.Event()))
    assert "".join(chunk.text for chunk in chunks if isinstance(chunk, ThinkingChunk)).strip() == "Hmm 嗯"
    assert "".join(chunk.text for chunk in chunks if isinstance(chunk, TextChunk)).strip() == "Let me look."
    assert [chunk.call.name for chunk in chunks if isinstance(chunk, CallChunk)] == ["clock"]
    assert chunks[-1].usage.completion_tokens == len(ids)


def test_sampling_is_set_per_request_in_one_engine(make_model):
    model, _ = make_model()
    greedy = {say(model, "Tell me", max_tokens=30)[0] for _ in range(3)}
    warm = {say(model, "Tell me", max_tokens=30, temperature=1.5, top_p=1.0)[0] for _ in range(3)}
    narrow = {say(model, "Tell me", max_tokens=30, temperature=1.5, top_p=0.0001)[0] for _ in range(3)}
    assert len(greedy) == 1
    assert len(warm) == 3
    assert narrow == greedy


def test_eight_chats_at_once_write_what_each_would_write_alone(make_model):
    model, _ = make_model()
    questions = [f"{number}. {LONG[: 100 + 60 * number]}" for number in range(8)]
    alone = [say(model, question, max_tokens=30)[0] for question in questions]
    together: dict[int, str] = {}
    threads = [
        threading.Thread(target=lambda n=number: together.update({n: say(model, questions[n], max_tokens=30)[0]}))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [together[number] for number in range(8)] == alone


def test_stop_in_a_long_prompt_takes_one_step(make_model):
    model, network = make_model()
    steps = count_steps(network)
    cancel = threading.Event()

    def slow(*_):
        if len(steps) == 2:
            cancel.set()
        time.sleep(0.1)

    network.register_forward_pre_hook(slow)
    done = threading.Event()

    def turn():
        assert say(model, LONG * 2, cancel=cancel) == ("", None)
        done.set()

    threading.Thread(target=turn).start()
    assert cancel.wait(20)
    assert done.wait(0.5), "the turn ends at once"
    time.sleep(0.5)
    assert sum(steps) < 64 * 4, "the prompt was not read to its end"
    assert len(steps) <= 3, "the engine ran at most one more than the step that was under way"


def test_stop_while_writing_ends_without_error_and_without_usage(make_model):
    model, network = make_model()
    network.register_forward_pre_hook(lambda *_: time.sleep(0.02))
    cancel = threading.Event()
    seen = []
    for chunk in model.stream([Message("user", "Hi")], (), GenerationOptions(max_tokens=500), cancel):
        seen.append(chunk)
        if len(seen) == 3:
            cancel.set()
    assert all(isinstance(chunk, TextChunk) for chunk in seen[1:])
    assert len(seen) < 20


def test_a_reader_that_goes_away_frees_the_engine(make_model):
    model, network = make_model()
    steps = count_steps(network)
    stream = model.stream([Message("user", "Hi")], (), GenerationOptions(max_tokens=1500), threading.Event())
    assert [type(next(stream)), type(next(stream))] == [PromptChunk, TextChunk]
    stream.close()
    time.sleep(0.3)
    quiet = len(steps)
    time.sleep(0.3)
    assert len(steps) == quiet < 1000


def failures_together(model, count, told=lambda failed: None):
    """The sentences that `count` turns at once end with; `told` hears how many there are so far."""
    failures = []

    def turn():
        try:
            say(model, "Hi", max_tokens=12)
        except GenerationFailed as error:
            failures.append(error)
            told(len(failures))

    threads = [threading.Thread(target=turn) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return failures


def test_a_failing_network_fails_the_turns_under_way_and_the_next_one_works(make_model):
    model, network = make_model()
    healthy, _ = say(model, "Hi", max_tokens=12)

    def fail(*_):
        raise RuntimeError("CUDA out of memory, say")

    hook = network.register_forward_pre_hook(fail)
    failures = failures_together(model, 4)
    assert len(failures) == 4
    assert "out of memory" in failures[0].english
    assert "重新发送" in failures[0].chinese
    hook.remove()
    assert say(model, "Hi", max_tokens=12)[0] == healthy


def test_a_hanging_network_is_given_up_after_a_while(make_model):
    model, network = make_model(stall_s=0.4)
    release, entered = threading.Event(), threading.Event()

    def hang(*_):
        entered.set()
        release.wait(20)

    hook = network.register_forward_pre_hook(hang)
    began = time.monotonic()
    # The engine's thread cannot be killed, so that closing it is waited for as well.
    threading.Timer(2.0, release.set).start()
    with pytest.raises(GenerationFailed, match="silent"):
        say(model, "Hi")
    assert entered.is_set()
    assert time.monotonic() - began < 15
    hook.remove()
    model._stall_s = 30  # short for the network that hangs, not for the one that answers
    assert say(model, "Hi", max_tokens=4)[1].completion_tokens > 0


def test_every_turn_that_waits_for_a_hanging_network_ends_with_a_sentence(make_model):
    model, network = make_model(stall_s=1.0)
    release = threading.Event()
    hook = network.register_forward_pre_hook(lambda *_: release.wait(60) and None)
    # The last one waits until the engine is closed, and that until the network wakes.
    assert len(failures_together(model, 8, lambda failed: failed == 7 and release.set())) == 8
    hook.remove()
    model._stall_s = 30
    assert say(model, "Hi", max_tokens=4)[1].completion_tokens > 0


def test_a_prompt_that_leaves_no_room_is_too_long(make_model):
    model, _ = make_model(context_tokens=256)
    with pytest.raises(PromptTooLong, match="Shorten"):
        say(model, LONG)
    _, usage = say(model, "Hi", max_tokens=4096)
    assert usage.prompt_tokens + usage.completion_tokens <= 256


def test_the_context_is_never_longer_than_the_network_or_the_cache(make_model):
    assert make_model(context_tokens=100_000)[0].info.context_tokens == 2048
    small = Plan(cache_tokens=1024, step_tokens=64)
    assert make_model(context_tokens=100_000, plan=small)[0].info.context_tokens == 1024


def test_a_cache_that_is_too_small_for_all_chats_serves_them_in_turn(make_model):
    model, _ = make_model(plan=Plan(cache_tokens=1024, step_tokens=64))
    texts: list[str] = []
    threads = [threading.Thread(target=lambda n=n: texts.append(say(model, f"{n} {LONG}", max_tokens=60)[0])) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(100)
    assert len(texts) == 6


def test_a_closed_model_says_so(make_model):
    model, _ = make_model()
    model.close()
    with pytest.raises(GenerationFailed, match="closed"):
        say(model, "Hi")


def test_closing_ends_the_turns_under_way(make_model):
    model, network = make_model()
    network.register_forward_pre_hook(lambda *_: time.sleep(0.02))
    stream = model.stream([Message("user", "Hi")], (), GenerationOptions(max_tokens=1500), threading.Event())
    assert [type(next(stream)), type(next(stream))] == [PromptChunk, TextChunk]
    threading.Timer(0.2, model.close).start()
    with pytest.raises(GenerationFailed):
        list(stream)


def test_what_batching_cannot_run_goes_through_generate(make_model, tokenizer):
    model, _ = make_model(sliding_window=64)
    assert isinstance(model._engine, PlainEngine)
    expected = reference(make_network(tokenizer, sliding_window=64), tokenizer, LONG, 20)
    text, usage = say(model, LONG, max_tokens=20)
    assert text == expected
    assert usage.completion_tokens == 20
    assert usage.cached_tokens == 0


def test_the_plain_engine_stops_fails_and_goes_on(make_model):
    model, network = make_model(sliding_window=64)
    cancel = threading.Event()
    slow = network.register_forward_pre_hook(lambda *_: time.sleep(0.02))
    stream = model.stream([Message("user", "Hi")], (), GenerationOptions(max_tokens=1500), cancel)
    assert [type(next(stream)), type(next(stream))] == [PromptChunk, TextChunk]
    cancel.set()
    assert not list(stream)
    slow.remove()

    def fail(*_):
        raise RuntimeError("broken layer")

    hook = network.register_forward_pre_hook(fail)
    with pytest.raises(GenerationFailed, match="broken layer"):
        say(model, "Hi")
    hook.remove()
    assert say(model, "Hi", max_tokens=4)[1].completion_tokens > 0


def test_a_folder_loads_with_progress(tiny_folder):
    told = []
    model = LocalModel.load(tiny_folder, tiny_info(), device="cpu", progress=lambda fraction, stage: told.append(fraction))
    try:
        assert isinstance(model._engine, BatchingEngine)
        assert say(model, "Hi", max_tokens=5)[1].completion_tokens > 0
        assert model.count_tokens("Rivers carry water") >= 3
    finally:
        model.close()
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_loads_at_once_do_not_spoil_each_other(tokenizer, tmp_path, monkeypatch):
    """While transformers loads a model, no weights are tied in the whole process."""
    from transformers import initialization

    make_network(tokenizer, tie_word_embeddings=True).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    answers = []

    def load():
        model = LocalModel.load(tmp_path, tiny_info(), device="cpu")
        answers.append(say(model, TEXT, max_tokens=8)[0])
        model.close()

    second = threading.Thread(target=load)
    untied = initialization.no_tie_weights

    @contextmanager
    def untied_for_long():
        with untied():
            if threading.current_thread() is not second:
                second.start()
                second.join(1)
            yield

    monkeypatch.setattr(initialization, "no_tie_weights", untied_for_long)
    load()
    second.join(60)
    assert len(answers) == 2
    assert answers[0] == answers[1]


def test_only_safe_files_are_read(tmp_path, tiny_folder):
    with pytest.raises(ModelMissing, match="no model"):
        check_files(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelLoadFailed, match="none at all"):
        check_files(tmp_path)
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04")
    with pytest.raises(ModelLoadFailed, match="hide code"):
        check_files(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"")
    check_files(tmp_path)
    (tmp_path / "config.json").write_text('{"auto_map": {"AutoModel": "evil.Model"}}')
    with pytest.raises(ModelLoadFailed, match="never run"):
        check_files(tmp_path)
    (tmp_path / "config.json").write_text("{broken")
    with pytest.raises(ModelLoadFailed, match="cannot be read"):
        check_files(tmp_path)
    check_files(tiny_folder)


def test_damaged_weights_are_a_sentence(tmp_path, tiny_folder):
    for file in tiny_folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelLoadFailed, match="did not load") as caught:
        LocalModel.load(tmp_path, tiny_info(), device="cpu")
    assert "加载失败" in caught.value.chinese


def test_the_number_type_suits_the_processor_and_the_size(tiny_folder):
    import torch

    amx = torch.cpu.get_capabilities().get("amx_bf16", False)
    assert choose_dtype("cpu", weight_bytes(tiny_folder)) == torch.float32
    assert choose_dtype("cpu", 8 << 30) == (torch.bfloat16 if amx else torch.float32)
