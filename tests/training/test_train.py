"""A tiny network learns what it is shown, goes on after a kill as if nothing had been, and its adapter merges into the base."""

import json
import threading

import pytest

from assistant.messages import Message
from assistant.models.merging import merge_adapter
from common.errors import HearthError, ModelLoadFailed
from tests.assistant.models.tiny import make_network, make_tokenizer
from training.conversation import Conversation
from training.encoding import Encoder, Sample, encode_all
from training.packing import pack, plan_rows
from training.recipe import Recipe
from training.train import held_out_loss, rate, train

TALK = [
    Conversation.of("test", [Message("user", f"Say {word}"), Message("assistant", f"The river says {word} to the sea.")])
    for word in ("one", "two", "three", "four", "five", "six", "seven", "eight")
]


@pytest.fixture
def tokenizer():
    return make_tokenizer()


@pytest.fixture
def samples(tokenizer):
    return encode_all(Encoder(tokenizer, "plain"), TALK)


def recipe(**changes):
    return Recipe(**{"name": "tiny", "row_tokens": 160, "rank": 8, "alpha": 16, "learning_rate": 1e-2, "epochs": 6.0, **changes})


def test_rows_are_full_but_not_over_and_hold_every_sample_once():
    lengths = [5, 90, 40, 40, 7, 61, 33, 12, 90, 3]
    rows = plan_rows(lengths, 100, seed=3)
    assert sorted(index for row in rows for index in row) == list(range(10))
    assert all(sum(lengths[index] for index in row) <= 100 for row in rows)
    assert rows == plan_rows(lengths, 100, seed=3) != plan_rows(lengths, 100, seed=4)


def test_a_row_knows_where_its_samples_begin():
    row = pack([Sample((1, 2, 3), (0.0, 1.0, 1.0)), Sample((4, 5), (0.0, 2.0))], 100)
    assert row.ids == (1, 2, 3, 4, 5)
    assert row.positions == (0, 1, 2, 0, 1)
    assert row.lengths == (3, 2)
    assert row.weights == (0.0, 1.0, 1.0, 0.0, 2.0)


def test_samples_of_a_row_do_not_see_each_other(tokenizer, samples):
    import torch

    from training import attention

    network = make_network(tokenizer)
    network.set_attn_implementation(attention.register())
    row = pack(samples[:3], 10_000)
    with torch.inference_mode():
        packed = network(
            input_ids=torch.tensor([row.ids]),
            position_ids=torch.tensor([row.positions]),
            lengths=list(row.lengths),
            use_cache=False,
        ).logits[0]
        start = 0
        for sample in samples[:3]:
            alone = network(input_ids=torch.tensor([sample.ids]), lengths=[len(sample.ids)], use_cache=False).logits[0]
            torch.testing.assert_close(packed[start : start + len(sample.ids)], alone, atol=1e-4, rtol=1e-4)
            start += len(sample.ids)


def test_the_learning_rate_rises_and_falls():
    shares = [rate(step, 100, 0.1) for step in range(100)]
    assert shares[0] == pytest.approx(0.1)
    assert shares[9] == shares[10] == 1.0
    assert shares[99] == pytest.approx(0.1, abs=0.01)
    assert shares[10:] == sorted(shares[10:], reverse=True)


@pytest.mark.parametrize("method", ["lora", "full"])
def test_what_is_shown_is_learnt(tokenizer, samples, tmp_path, method):
    before = held_out_loss(make_network(tokenizer), samples)
    steps = []
    place = train(make_network(tokenizer), samples, recipe(method=method), tmp_path / "run", told=steps.append)
    assert place.name == ("adapter" if method == "lora" else "model")
    assert steps[-1].plain_loss < 0.8 * steps[0].plain_loss
    assert steps[-1].step == steps[-1].steps == len((tmp_path / "run" / "progress.jsonl").read_text().splitlines())
    assert (tmp_path / "run" / "checkpoint").is_dir(), "it stays until all that belongs to the result is written"
    if method == "lora":
        merged = merge_adapter(make_network(tokenizer), tokenizer, place)
        assert held_out_loss(merged, samples) < before - 0.5


@pytest.mark.parametrize(("averaged", "count"), [(0.0, 1), (0.5, 3), (1.0, 6)])
def test_the_result_is_the_mean_of_the_last_steps(tokenizer, samples, tmp_path, averaged, count):
    import torch
    from safetensors.torch import load_file

    network, seen = make_network(tokenizer), []
    settings = recipe(method="full", averaged=averaged, row_tokens=1_000, learning_rate=5e-2)  # every epoch is one step
    place = train(
        network, samples, settings, tmp_path, told=lambda _: seen.append(network.lm_head.weight.detach().float().clone())
    )
    assert len(seen) == 6
    name = "lm_head.weight"
    kept = load_file(place / "model.safetensors")
    got = kept[name if name in kept else "model.embed_tokens.weight"].float()
    rounding = 2e-3  # weights are kept in 16 bits
    torch.testing.assert_close(got, torch.stack(seen[-count:]).mean(0), atol=rounding, rtol=1e-2)
    for fewer in range(1, count):
        assert (got - torch.stack(seen[-fewer:]).mean(0)).abs().mean() > rounding / 2


def test_a_killed_run_goes_on_as_if_nothing_had_been(tokenizer, samples, tmp_path, monkeypatch):
    from safetensors.torch import load_file

    monkeypatch.setattr("training.train._CHECKPOINT_S", 0.0)  # a checkpoint after every step
    whole = train(make_network(tokenizer), samples, recipe(epochs=2.0), tmp_path / "whole")

    class Killed(Exception):
        pass

    def kill(progress):
        if progress.step == 3:
            raise Killed

    with pytest.raises(Killed):
        train(make_network(tokenizer), samples, recipe(epochs=2.0), tmp_path / "killed", told=kill)
    resumed = train(make_network(tokenizer), samples, recipe(epochs=2.0), tmp_path / "killed")
    first, second = (load_file(place / "adapter_model.safetensors") for place in (whole, resumed))
    assert first.keys() == second.keys()
    assert all(first[name].equal(second[name]) for name in first)
    losses = [
        [json.loads(line)["loss"] for line in (tmp_path / name / "progress.jsonl").read_text().splitlines()]
        for name in ("whole", "killed")
    ]
    assert losses[0] == losses[1]


def test_a_run_that_is_told_to_stop_keeps_where_it_is(tokenizer, samples, tmp_path):
    stop = threading.Event()
    steps = []

    def told(progress):
        steps.append(progress.step)
        if progress.step == 2:
            stop.set()

    with pytest.raises(HearthError, match="Stopped after step 2"):
        train(make_network(tokenizer), samples, recipe(epochs=2.0), tmp_path / "run", told=told, stop=stop)
    train(make_network(tokenizer), samples, recipe(epochs=2.0), tmp_path / "run", told=told)
    assert steps == sorted(set(steps))


def test_a_folder_of_another_run_is_refused(tokenizer, samples, tmp_path):
    train(make_network(tokenizer), samples[:2], recipe(epochs=1.0), tmp_path / "run")
    with pytest.raises(HearthError, match="holds another run"):
        train(make_network(tokenizer), samples[:2], recipe(epochs=1.0, seed=5), tmp_path / "run")


def test_an_adapter_that_is_not_there_is_told(tokenizer, tmp_path):
    with pytest.raises(ModelLoadFailed, match="no adapter"):
        merge_adapter(make_network(tokenizer), tokenizer, tmp_path)
