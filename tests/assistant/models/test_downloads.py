"""Downloads through the hubs' own libraries, against a stand-in on this machine: pause, break, restart, resume, give up."""

import threading

import pytest

from assistant.models import catalogue
from assistant.models.downloads import Downloads
from assistant.models.hubs import HubFile, wanted
from common.database import Database
from common.errors import ModelMissing, StorageFailed
from tests.assistant.models.standin import COMMIT, StandIn
from tests.timing import wait_until

MiB = 1 << 20
FILES = {
    "config.json": b'{"model_type": "qwen3"}',
    "tokenizer_config.json": b'{"chat_template": "x"}',
    "model.safetensors": bytes(range(256)) * 16384,  # 4 MiB
    "modeling_x.py": b"evil",
    "pytorch_model.bin": b"pickle",
}
SOURCES = ["hf:a/tiny", "ms:a/tiny"]


@pytest.fixture
def hub(tmp_path, monkeypatch):
    from huggingface_hub import constants

    stand_in = StandIn(dict(FILES))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_ENDPOINT", stand_in.address)
    monkeypatch.setenv("MODELSCOPE_ENDPOINT", stand_in.address)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hf"))
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "ms"))
    monkeypatch.setenv("MODELSCOPE_HOME", str(tmp_path / "home"))
    yield stand_in
    stand_in.close()


@pytest.fixture
def begin(tmp_path):
    """Downloads on one database; each call is another start of Hearth."""
    made = []

    def make(**settings):
        for old, database in made:
            old.close()
            database.close()
        database = Database(tmp_path / "hearth.db")
        made.append((Downloads(database, "maker", **settings), database))
        return made[-1][0]

    yield make
    for downloads, database in made:
        downloads.close()
        database.close()


def until(downloads, name, *states):
    """The status of a download once it is in one of these states."""
    with downloads._changed:
        job = downloads._jobs[downloads.of(name).id]
        assert downloads._changed.wait_for(lambda: job.state in states, 60), (job.state, job.error)
    return downloads.of(name)


def held_at(hub, downloads, name, size):
    """A download that stands still with `size` bytes of the weights on disk."""
    hub.hold_after = size
    id = downloads.start(name)
    assert hub.held.wait(20)
    small = sum(len(FILES[file]) for file in ("config.json", "tokenizer_config.json"))
    wait_until(lambda: downloads.of(name).done >= small + size - 300_000)
    return id


def whole(name):
    return catalogue.resolve(name, offline=True).path


@pytest.mark.parametrize("name", SOURCES)
def test_a_model_arrives_without_code_and_is_found_by_its_name(hub, begin, name):
    downloads = begin()
    downloads.start(name)
    status = until(downloads, name, "done", "failed")
    assert (status.state, status.error) == ("done", None)
    folder = whole(name)
    arrived = {file.name for file in folder.iterdir() if not file.name.startswith(".")}
    assert arrived == {"config.json", "tokenizer_config.json", "model.safetensors"}
    assert (folder / "model.safetensors").read_bytes() == FILES["model.safetensors"]
    assert status.done == status.total == sum(len(FILES[file]) for file in arrived)
    assert begin().list() == [], "what is done is a model now, no download"


@pytest.mark.parametrize("name", SOURCES)
def test_pause_keeps_the_bytes_and_resume_asks_for_the_rest(hub, begin, name):
    downloads = begin()
    id = held_at(hub, downloads, name, MiB)
    downloads.pause(id)
    assert downloads.of(name).state == "paused", "at once, though the transfer hangs"
    hub.gate.set()
    status = until(downloads, name, "paused")
    assert 0 < status.done < status.total
    with pytest.raises(ModelMissing):
        whole(name)
    downloads.resume(id)
    assert until(downloads, name, "done", "failed").state == "done"
    first, *_, last = hub.ranges("model.safetensors")
    assert first is None
    assert int(last.removeprefix("bytes=").removesuffix("-")) >= MiB - 300_000
    assert (whole(name) / "model.safetensors").read_bytes() == FILES["model.safetensors"]


@pytest.mark.parametrize("name", SOURCES)
def test_a_restart_finds_it_paused_and_goes_on(hub, begin, name):
    downloads = begin()
    held_at(hub, downloads, name, MiB)
    downloads.close()
    hub.gate.set()
    until(downloads, name, "paused")
    hub.hold_after = None
    downloads = begin()
    status = downloads.of(name)
    assert (status.state, status.error) == ("paused", None)
    assert 0 < status.done < status.total
    downloads.resume(status.id)
    assert until(downloads, name, "done", "failed").state == "done"
    assert hub.ranges("model.safetensors")[-1] is not None
    assert whole(name)


@pytest.mark.parametrize("name", SOURCES)
def test_a_connection_that_breaks_is_taken_up_again(hub, begin, name):
    hub.cut_after = MiB
    downloads = begin()
    downloads.start(name)
    assert until(downloads, name, "done", "failed").state == "done"
    assert [span is None for span in hub.ranges("model.safetensors")] == [True, False]
    assert (whole(name) / "model.safetensors").read_bytes() == FILES["model.safetensors"]


@pytest.mark.parametrize("name", SOURCES)
def test_giving_up_leaves_nothing(hub, begin, name, tmp_path):
    downloads = begin()
    id = held_at(hub, downloads, name, MiB)
    thread = downloads._jobs[id].thread
    downloads.cancel(id)
    assert downloads.list() == [], "at once, though the transfer hangs"
    assert downloads.of(name) is None
    hub.gate.set()
    thread.join(60)
    assert downloads.list() == []
    left = [path for path in (*(tmp_path / "hf").rglob("*"), *(tmp_path / "ms").rglob("*")) if path.is_file()]
    assert sum(path.stat().st_size for path in left if ".lock" not in str(path)) < 1000
    assert begin().list() == []


@pytest.mark.parametrize("name", SOURCES)
def test_giving_up_in_the_last_moment_leaves_no_model(hub, begin, name):
    downloads = begin()
    fetched = downloads._hubs[name[:2]]
    finish = fetched.finish

    def given_up_meanwhile(plan):
        finish(plan)
        downloads.cancel(id)

    fetched.finish = given_up_meanwhile
    with downloads._changed:  # it begins when its id is known
        id = downloads.start(name)
        thread = downloads._jobs[id].thread
    thread.join(60)
    assert downloads.list() == []
    with pytest.raises(ModelMissing):
        whole(name)
    assert begin().list() == []


def test_a_pause_is_told_at_once_and_the_page_looks_until_it_is_through(hub, begin):
    downloads = begin()
    id = held_at(hub, downloads, SOURCES[0], MiB)
    downloads.pause(id)
    status = downloads.of(SOURCES[0])
    assert (status.state, status.working) == ("paused", True)
    hub.gate.set()
    assert not until(downloads, SOURCES[0], "paused").working


@pytest.mark.parametrize("name", SOURCES)
def test_what_the_hub_refuses_is_said(hub, begin, name):
    hub.status = 404
    downloads = begin()
    id = downloads.start(name)
    status = until(downloads, name, "failed")
    assert "has no model" in status.error.english
    assert "模型站没有" in status.error.chinese
    hub.status = 200
    downloads.resume(id)
    assert until(downloads, name, "done", "failed").state == "done"


def test_the_commit_is_settled_before_the_first_byte(hub, begin):
    downloads = begin()
    downloads.start("hf:a/tiny")
    until(downloads, "hf:a/tiny", "done")
    assert whole("hf:a/tiny").name == COMMIT
    assert all(COMMIT in path for method, path, _ in hub.asked if "/resolve/" in path)


def test_damaged_weights_are_not_a_model(hub, begin):
    downloads = begin()
    listed = hub.sibling("model.safetensors")
    hub.files["model.safetensors"] = b"x" * (4 * MiB)
    hub.sibling = lambda name: listed if name == "model.safetensors" else StandIn.sibling(hub, name)
    downloads.start("hf:a/tiny")
    assert "damaged" in until(downloads, "hf:a/tiny", "failed").error.english
    with pytest.raises(ModelMissing):
        whole("hf:a/tiny")


def test_a_full_disk_is_said_before_the_first_byte(hub, begin):
    downloads = begin(free=lambda folder: 1 << 30)
    downloads.start("hf:a/tiny")
    status = until(downloads, "hf:a/tiny", "failed")
    assert isinstance(status.error, StorageFailed)
    assert "1.1 GB free" in status.error.english
    assert not hub.ranges("model.safetensors")


def test_downloads_wait_their_turn(hub, begin):
    asked, gates = [], {}

    class Slow:
        def plan(self, name):
            asked.append(name.value)
            gates[name.value].wait(60)
            raise ModelMissing("no", "无")

    downloads = begin(hubs={"hf": Slow()})
    for letter in "abcdefgh":
        gates[f"a/{letter}"] = threading.Event()
        downloads.start(f"hf:a/{letter}")
    for name in ("hf:a/a", "hf:a/b"):
        until(downloads, name, "running")
    assert downloads.of("hf:a/c").state == "queued"
    downloads.pause(downloads.of("hf:a/c").id)
    assert until(downloads, "hf:a/c", "paused").error is None
    for letter in "abdefgh":
        until(downloads, f"hf:a/{letter}", "running")
        wait_until(lambda asking=f"a/{letter}": asking in asked)
        gates[f"a/{letter}"].set()
        until(downloads, f"hf:a/{letter}", "failed")
    assert sorted(asked[:2]) == ["a/a", "a/b"]
    assert asked[2:] == ["a/d", "a/e", "a/f", "a/g", "a/h"]


def test_a_removed_model_comes_back_until_the_next_removal(hub, begin, tmp_path):
    downloads = begin()
    for name in SOURCES:
        downloads.start(name)
        until(downloads, name, "done")
    for name in SOURCES:
        downloads.remove(name)
        assert catalogue.parse(name) not in catalogue.on_disk()
        downloads.restore()
        assert catalogue.parse(name) in catalogue.on_disk()
    downloads.remove("hf:a/tiny")
    downloads.close()
    assert not list((tmp_path / "hf").glob("*tiny*"))
    with pytest.raises(ModelMissing):
        downloads.remove("hf:a/tiny")


def test_offline_and_other_names_are_refused(begin):
    with pytest.raises(ModelMissing, match="--offline"):
        begin(offline=True).start("hf:a/b")
    with pytest.raises(ModelMissing, match="not on a hub"):
        begin().start("builtin")


def test_only_one_form_of_the_weights_is_taken():
    names = [
        "model-00001-of-2.safetensors",
        "model-00002-of-2.safetensors",
        "consolidated.safetensors",
        "config.json",
        "sub/x.json",
    ]
    assert [file.path for file in wanted([HubFile(name, 1) for name in names])] == [*names[:2], "config.json"]
    assert [file.path for file in wanted([HubFile("weights.safetensors", 1)])] == ["weights.safetensors"]


def test_what_was_downloaded_loads_and_writes(hub, begin, tiny_folder, tmp_path):
    from assistant.models.host import ModelHost
    from tests.assistant.models.tiny import say

    hub.files = {file.name: file.read_bytes() for file in tiny_folder.iterdir()}
    downloads = begin()
    downloads.start("hf:a/tiny")
    assert until(downloads, "hf:a/tiny", "done", "failed").state == "done"
    host = ModelHost("hf:a/tiny", tmp_path, offline=True)
    host.start()
    try:
        assert say(host.wait(60), "Hi", max_tokens=3)[1].completion_tokens > 0
    finally:
        host.close()
