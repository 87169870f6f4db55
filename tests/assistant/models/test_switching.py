"""One model for another: answers under way end or are broken off, new ones wait, memory comes back, failures have a way back."""

import gc
import threading
import weakref

import pytest

from assistant.messages import Message
from assistant.models.base import GenerationOptions, ModelInfo, TextChunk
from assistant.models.host import ModelHost, load
from assistant.models.scripted import ScriptedModel
from common.errors import GenerationFailed, ModelLoadFailed, ModelMissing
from tests.assistant.models.tiny import say


def info(name):
    return ModelInfo(name, name.title(), frozenset({"en"}), tools=False, grounding=True, context_tokens=4096)


class Talker:
    """A model that writes its name until it is told to stop, or closed."""

    def __init__(self, name):
        self.info = info(name)
        self.speaking, self.go, self.closed = threading.Event(), threading.Event(), threading.Event()

    def stream(self, messages, tools, options, cancel):
        yield TextChunk(self.info.name)
        self.speaking.set()
        while not self.go.wait(0.01):
            if self.closed.is_set():
                raise GenerationFailed("the model was closed", "模型已关闭")

    def count_tokens(self, text):
        return len(text)

    def close(self):
        self.closed.set()


class Loader:
    """Makes `Talker`s by name, notes the order of what happens; loads of names in `broken` fail, those of `gates` wait."""

    def __init__(self, *broken):
        self.broken, self.order, self.gates, self.begun = set(broken), [], {}, threading.Event()

    def __call__(self, name, data, offline, progress, describe):
        self.order.append(name)
        describe(info(name))
        progress(0.5, "half")
        self.begun.set()
        if name in self.gates:
            assert self.gates[name].wait(10)
        if name in self.broken:
            raise ModelLoadFailed("Too large for this machine.", "这台机器放不下。")
        return Talker(name)


def host_of(name="one", *, broken=(), **settings):
    first, loader, kept = Talker(name), Loader(*broken), []
    return ModelHost.holding(first, loader=loader, remember=kept.append, **settings), first, loader, kept


def speak(host, said, failed=None):
    def run():
        try:
            said.extend(chunk.text for chunk in host.stream([Message("user", "hi")], (), GenerationOptions(), threading.Event()))
        except GenerationFailed as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_an_answer_ends_first_and_new_ones_wait_for_the_new_model():
    host, first, loader, kept = host_of()
    said, later = [], []
    under_way = speak(host, said)
    assert first.speaking.wait(5)
    host.switch("two")
    status = host.status()
    assert (status.state, status.name, status.finishing, status.previous) == ("loading", "two", 1, "one")
    waiting = speak(host, later)
    assert not first.closed.is_set()
    assert loader.order == [], "the old one is let go before the new one loads"
    first.go.set()
    second = host.wait(5)
    assert first.closed.is_set()
    second.go.set()
    for thread in (under_way, waiting):
        thread.join(5)
    assert (said, later) == (["one"], ["two"])
    assert kept == ["two"], "what works is what the next start begins with"
    assert host.status().state == "ready"


def test_an_answer_that_takes_too_long_is_broken_off_with_a_sentence():
    host, first, _, _ = host_of(grace_s=0.05)
    said, failed = [], []
    thread = speak(host, said, failed)
    assert first.speaking.wait(5)
    host.switch("two")
    assert host.wait(5).info.name == "two"
    thread.join(5)
    assert said == ["one"]
    assert "changed while this was being written" in failed[0].english
    assert "换了模型" in failed[0].chinese


def test_a_failure_says_why_and_the_old_one_comes_back():
    host, _, _, kept = host_of(broken=["huge"])
    host.switch("huge")
    with pytest.raises(ModelLoadFailed, match="Too large"):
        host.wait(5)
    status = host.status()
    assert (status.state, status.name, status.previous) == ("failed", "huge", "one")
    assert kept == [], "a model that does not load is not what the next start begins with"
    host.switch(status.previous)
    assert host.wait(5).info.name == "one"
    assert kept == ["one"]


def test_the_last_choice_counts_when_one_changes_ones_mind():
    host, _, loader, kept = host_of()
    loader.gates["two"] = gate = threading.Event()
    host.switch("two")
    assert loader.begun.wait(5)
    host.switch("three")
    assert host.status().name == "three"
    gate.set()
    assert host.wait(5).info.name == "three"
    assert loader.order == ["two", "three"]
    assert kept == ["three"]


def test_what_works_is_kept_before_the_next_switch_can_be():
    states = []
    host = ModelHost.holding(Talker("one"), loader=Loader(), remember=lambda name: states.append((name, host.status().state)))
    host.switch("two")
    host.wait(5)
    assert states == [("two", "loading")]


def test_the_model_that_is_there_is_not_loaded_again():
    host, first, loader, _ = host_of()
    host.switch("one")
    assert host.wait(0) is first
    assert loader.order == []


def test_stop_ends_a_turn_that_waits_for_a_model():
    host, _, loader, _ = host_of()
    loader.gates["two"] = gate = threading.Event()
    host.switch("two")
    cancel = threading.Event()
    cancel.set()
    assert list(host.stream([], (), GenerationOptions(), cancel)) == []
    gate.set()
    host.wait(5)


def test_a_real_model_leaves_nothing_behind(tiny_folder, tmp_path):
    host = ModelHost(f"path:{tiny_folder}", tmp_path, offline=True)
    host.start()
    try:
        model = host.wait(60)
        say(model, "Hi", max_tokens=2)
        network = weakref.ref(model._network)
        del model
        host.switch("nonsense")
        with pytest.raises(ModelMissing):
            host.wait(20)
        gc.collect()
        assert network() is None
        host.switch(host.status().previous)
        assert say(host.wait(60), "Hi", max_tokens=2)[1].completion_tokens > 0
    finally:
        host.close()


def test_squeezing_needs_a_gpu_and_says_so(tiny_folder, tmp_path):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises(ModelLoadFailed, match="needs an NVIDIA GPU") as caught:
        load(f"path:{tiny_folder}?bits=4", tmp_path, True, lambda *_: None, lambda _: None)
    assert "NVIDIA" in caught.value.chinese


def test_the_embedder_is_right_while_transformers_changes_the_numbers_of_the_process():
    """transformers sets torch's default dtype while it loads a model; what embeds beside it must not notice."""
    import numpy as np
    import torch

    from retrieval.embedding import SentenceEmbedder, default_embedder

    embedder = default_embedder()
    if not isinstance(embedder, SentenceEmbedder):
        pytest.skip("the built-in embedder is not installed")
    texts = ["The river carries water to the sea.", "A kettle boils.", "x"]
    before = embedder.embed(texts, "passage")
    torch.set_default_dtype(torch.bfloat16)
    try:
        during = embedder.embed(texts, "passage")
    finally:
        torch.set_default_dtype(torch.float32)
    assert np.array_equal(before, during)


def test_a_turn_goes_on_through_a_switch_and_the_next_one_has_the_new_model(make_studio):
    """The whole way: conversations are undisturbed, and Stop ends a turn that waits for a model."""
    from assistant.access import MAKER
    from assistant.events import TurnFinished

    begun, go, known, gate = threading.Event(), threading.Event(), threading.Event(), threading.Event()

    def slowly(messages, tools):
        yield TextChunk("One, ")
        begun.set()
        assert go.wait(10)
        yield TextChunk("two.")

    studio = make_studio([slowly])
    host, loads = studio.models, Loader()
    loads.gates["path:next"] = gate
    host._loader = lambda *told: (known.wait(10), loads(*told), ScriptedModel(["Three."], info("path:next")))[2]
    talk = studio.conversations.create(MAKER.owner, "gg").id

    def finished(run):
        return [item[1] for item in studio.runs.subscribe(MAKER.owner, run) if item][-1]

    first = studio.start_turn(MAKER, talk, "Count.", "en")
    assert begun.wait(10)
    host.switch("path:next")
    go.set()
    assert finished(first).reason == "answered", "what the next model is was waited for"
    known.set()
    assert loads.begun.wait(10)
    waiting = studio.start_turn(MAKER, talk, "Go on.", "en")
    studio.runs.cancel(MAKER.owner, waiting)
    assert isinstance(finished(waiting), TurnFinished)
    assert finished(waiting).reason == "cancelled", "Stop did not wait for the model"
    assert host.status().state == "loading"
    gate.set()
    host.wait(10)
    assert finished(studio.start_turn(MAKER, talk, "Go on.", "en")).reason == "answered"
    said = [message.text for message in studio.conversations.messages(MAKER.owner, talk)]
    assert said[:2] == ["Count.", "One, two."]
    assert said[-1] == "Three."
