"""How much room everything takes: every byte in one part, and nobody waits for the count."""

import os
import threading
import time

from assistant.access import MAKER
from assistant.storage import FRESH_S, Storage, count
from common.database import Database
from tests.timing import quickly


def test_every_byte_of_the_folder_is_in_one_part(make_studio, tmp_path):
    studio = make_studio()
    folder = studio.folder.path
    studio.knowledge.settle(30)
    conversation = studio.conversations.create(MAKER.owner, "gg", "x" * 100)
    (folder / "cache" / "models").mkdir(parents=True)
    (folder / "cache" / "models" / "weights").write_bytes(bytes(70_000))
    (folder / "before-restore-20260101-000000-000000.db").write_bytes(bytes(5_000))
    hub = tmp_path / "hub"
    (hub / "deep" / "er").mkdir(parents=True)
    (hub / "deep" / "er" / "blob").write_bytes(bytes(30_000))
    os.symlink(hub / "deep" / "er" / "blob", hub / "again")
    os.symlink(folder, hub / "loop")
    sizes = count(folder, studio.database.table_bytes(), (hub, folder / "cache", tmp_path / "not-there"))
    whole = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert (sizes.models, sizes.kept, sizes.hubs) == (70_000, 5_000, 30_000)
    assert sizes.folder == whole
    assert sizes.knowledge > 500_000, "the shipped collections"
    assert 0 < sizes.conversations < sizes.knowledge
    assert sizes.free > 0
    assert conversation.title


def test_nobody_waits_for_the_count_and_it_is_fresh_for_a_minute(tmp_path, monkeypatch):
    database = Database(tmp_path / "hearth.db")
    now, go = [0.0], threading.Event()
    read = database.table_bytes
    counts = []

    def slow():
        counts.append(now[0])
        assert go.wait(10)
        return read()

    monkeypatch.setattr(database, "table_bytes", slow)
    storage = Storage(tmp_path, database, clock=lambda: now[0])
    assert quickly(lambda: (storage.sizes(), storage.sizes()), 1, time.perf_counter) == (None, None)
    go.set()
    first = storage.wait(10)
    assert first is not None
    now[0] += FRESH_S
    assert storage.sizes() == first
    assert len(counts) == 1
    (tmp_path / "more").write_bytes(bytes(1000))
    storage.outdated()
    again = storage.wait(10)
    assert again is not None
    assert again.other >= first.other + 1000
    assert len(counts) == 2
    database.close()


def test_a_count_that_failed_is_begun_again(tmp_path, monkeypatch):
    database = Database(tmp_path / "hearth.db")
    storage = Storage(tmp_path, database)
    failed = threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda arguments: failed.set())
    monkeypatch.setattr(database, "table_bytes", lambda: 1 / 0)
    assert storage.sizes() is None
    assert failed.wait(10)
    monkeypatch.undo()
    assert storage.wait(10) is not None
    database.close()
