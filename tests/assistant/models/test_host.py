"""The host of the model: loading behind the page, what it tells meanwhile, and failures that can be tried again."""

import threading
from pathlib import Path

import pytest

from assistant.models.base import GenerationOptions, ModelInfo
from assistant.models.host import ModelHost, load
from assistant.models.local import LocalModel
from assistant.models.remote import RemoteModel
from common.errors import ModelLoadFailed, ModelMissing
from tests.assistant.models.tiny import say
from tests.timing import wait_until

INFO = ModelInfo("path:x", "Ex", frozenset({"en"}), tools=False, grounding=False, context_tokens=128)


class Still:
    """A model that is there."""

    info = INFO

    def stream(self, messages, tools, options, cancel):
        return iter(())

    def count_tokens(self, text):
        return len(text)


class Steps:
    """A loader that waits at each gate it is given."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.described, self.go = threading.Event(), threading.Event()

    def __call__(self, name, data, offline, progress, describe):
        describe(INFO)
        progress(0.5, "half")
        self.described.set()
        self.go.wait(10)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


def test_a_model_loads_behind_and_is_known_before(tmp_path):
    steps = Steps(model := Still())
    host = ModelHost("path:x", tmp_path, loader=steps)
    assert host.info is None
    host.start()
    assert steps.described.wait(5)
    status = host.status()
    assert (status.state, status.name, status.title, status.fraction) == ("loading", "path:x", "Ex", 0.5)
    assert status.seconds_left is not None
    assert host.info == INFO
    with pytest.raises(ModelLoadFailed, match="not ready yet") as caught:
        host.wait(0.05)
    assert "还没准备好" in caught.value.chinese
    steps.go.set()
    assert host.wait(5) is model
    assert host.status().state == "ready"
    assert host.status().fraction == 1.0


def test_many_may_wait(tmp_path):
    steps = Steps(model := Still())
    host = ModelHost("path:x", tmp_path, loader=steps)
    host.start()
    got = []
    threads = [threading.Thread(target=lambda: got.append(host.wait(10))) for _ in range(8)]
    for thread in threads:
        thread.start()
    steps.go.set()
    for thread in threads:
        thread.join(10)
    assert got == [model] * 8


def test_a_failure_is_told_to_all_and_can_be_tried_again(tmp_path):
    steps = Steps(ModelMissing("It is gone.", "它不见了。"), model := Still())
    steps.go.set()
    host = ModelHost("path:x", tmp_path, loader=steps)
    host.start()
    for _ in range(2):
        with pytest.raises(ModelMissing, match=r"It is gone\."):
            host.wait(5)
    status = host.status()
    assert status.state == "failed"
    assert status.error.sentence("zh") == "它不见了。"
    host.retry()
    assert host.wait(5) is model
    host.retry()
    assert host.wait(5) is model
    assert not steps.outcomes


def test_a_bug_while_loading_leaves_nobody_waiting(tmp_path, caplog):
    steps = Steps(ZeroDivisionError("oops"))
    steps.go.set()
    host = ModelHost("path:x", tmp_path, loader=steps)
    host.start()
    with pytest.raises(ModelLoadFailed, match="ZeroDivisionError"):
        host.wait(5)
    assert "oops" in caplog.text, "the traceback is in the log"


def test_a_host_can_hold_a_model_that_is_there():
    model = Still()
    host = ModelHost.holding(model)
    host.start()
    assert host.wait(0) is model
    assert host.info == INFO
    assert host.status().state == "ready"


def test_a_model_that_comes_after_the_close_is_closed_too(tmp_path, make_model):
    model, _ = make_model()
    steps = Steps(model)
    host = ModelHost("path:x", tmp_path, loader=steps)
    host.start()
    assert steps.described.wait(5)
    host.close()
    with pytest.raises(ModelLoadFailed):
        host.wait(1)
    steps.go.set()
    wait_until(lambda: model._network is None)


def test_a_real_folder_through_the_host(tiny_folder, tmp_path):
    host = ModelHost(f"path:{tiny_folder}", tmp_path, offline=True)
    host.start()
    try:
        model = host.wait(60)
        assert isinstance(model, LocalModel)
        assert host.info.context_tokens == 2048
        assert say(model, "Hi", max_tokens=3)[1].completion_tokens > 0
    finally:
        host.close()


def test_a_remote_name_needs_no_loading(tmp_path):
    told = []
    model = load("openai:http://127.0.0.1:9/v1#m", tmp_path, True, lambda *_: None, told.append)
    assert isinstance(model, RemoteModel)
    assert told[0].title == "m"
    with pytest.raises(Exception, match="cannot be reached"):
        list(model.stream([], (), GenerationOptions(), threading.Event()))
    model.close()


def test_a_wrong_name_fails_the_load(tmp_path: Path):
    host = ModelHost("nonsense", tmp_path)
    host.start()
    with pytest.raises(ModelMissing, match="not understood"):
        host.wait(5)
    assert host.status().title == "nonsense"
