"""The vector index: Chroma beside exact search, and that no damage to Chroma's files is ever seen in an answer."""

import os
import shutil
from dataclasses import dataclass

import numpy as np
import pytest

from knowledge import vectors as module
from knowledge.vectors import VectorIndex


@dataclass(frozen=True)
class Shelf:
    key: int
    epoch: str
    generation: int


class Truth:
    """Vectors in memory, as the catalogue would give them."""

    def __init__(self, count=0, seed=0, key=1):
        self.random = np.random.default_rng(seed)
        self.stored = {}
        self.row = Shelf(key, "e1", 0)
        self.grow(count)

    def grow(self, count):
        new = self.random.normal(size=(count, 32)).astype(np.float32)
        start = max(self.stored, default=0) + 1
        self.stored |= {start + i: row / np.linalg.norm(row) for i, row in enumerate(new)}
        self.row = Shelf(self.row.key, self.row.epoch, self.row.generation + 1)

    def drop(self, ids):
        for key in ids:
            del self.stored[key]
        self.row = Shelf(self.row.key, self.row.epoch, self.row.generation + 1)

    def everything(self, owner=None):
        return [self.row]

    def vector_ids(self, key):
        return sorted(self.stored)

    def vectors(self, ids):
        return {key: self.stored[key] for key in ids if key in self.stored}

    def nearest(self, vector, limit):
        return sorted(self.stored, key=lambda key: -float(self.stored[key] @ vector))[:limit]


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(module, "SMALL", 20)
    monkeypatch.setattr(module, "_PATIENCE_S", 20.0)


@pytest.fixture
def open_index(tmp_path):
    opened = []

    def make(truth, start=True):
        index = VectorIndex(truth, tmp_path / "index")
        opened.append(index)
        if start:
            index.start()
            assert index.settled()
        return index

    yield make
    for index in opened:
        index.close()


def agrees(index, truth, *, chroma):
    assert index.current(truth.row) is chroma
    matches(index, truth)


def matches(index, truth):
    for key in list(truth.stored)[:10]:
        found = index.search(truth.row, truth.stored[key], 5)
        assert [key for key, _ in found] == truth.nearest(truth.stored[key], 5)
        assert found[0][1] == pytest.approx(1.0, abs=1e-4)


def test_chroma_and_exact_search_agree(open_index):
    truth = Truth(300)
    index = open_index(truth)
    agrees(index, truth, chroma=True)
    vector = truth.random.normal(size=32).astype(np.float32)
    vector /= np.linalg.norm(vector)
    near, exact = index.search(truth.row, vector, 50), index.exact(truth.row, vector, 50)
    assert len({key for key, _ in near} & {key for key, _ in exact}) >= 49
    assert [score for _, score in near] == pytest.approx([score for _, score in exact], abs=1e-3)


def test_what_changed_is_exact_until_chroma_has_it(open_index):
    truth = Truth(100)
    index = open_index(truth)
    truth.grow(50)
    agrees(index, truth, chroma=False)
    index.changed(1)
    assert index.settled()
    agrees(index, truth, chroma=True)
    truth.drop([1, 2, 3, 120])
    agrees(index, truth, chroma=False)
    index.changed(1)
    assert index.settled()
    agrees(index, truth, chroma=True)


def test_a_small_or_empty_collection_needs_no_chroma(open_index):
    truth = Truth(10)
    index = open_index(truth)
    agrees(index, truth, chroma=False)
    truth.drop(list(truth.stored))
    assert index.search(truth.row, np.ones(32, dtype=np.float32), 5) == []


def test_searching_works_before_chroma_is_open(open_index):
    truth = Truth(100)
    agrees(open_index(truth, start=False), truth, chroma=False)


def test_a_restart_takes_up_what_is_there(open_index, tmp_path):
    truth = Truth(100)
    open_index(truth).close()
    folder = next((tmp_path / "index").glob("chroma-*"))
    index = open_index(truth)
    agrees(index, truth, chroma=True)
    assert list((tmp_path / "index").glob("chroma-*")) == [folder]


def test_a_restart_catches_up_with_what_changed(open_index):
    truth = Truth(100)
    open_index(truth).close()
    truth.grow(30)
    truth.drop([5, 6])
    agrees(open_index(truth), truth, chroma=True)


def test_new_vectors_of_old_numbers_are_not_taken_for_the_old_ones(open_index):
    truth = Truth(100)
    open_index(truth).close()
    other = Truth(100, seed=9)
    other.row = Shelf(1, "e2", truth.row.generation)
    agrees(open_index(other), other, chroma=True)


def damage(folder, kind):
    chroma = next(folder.glob("chroma-*"))
    if kind == "deleted":
        shutil.rmtree(folder)
    elif kind == "emptied":
        shutil.rmtree(chroma)
        chroma.mkdir()
    elif kind == "noise in the database":
        (chroma / "chroma.sqlite3").write_bytes(b"noise" * 10_000)
    elif kind == "cut off":
        path = chroma / "chroma.sqlite3"
        path.write_bytes(path.read_bytes()[:5000])
    elif kind == "noise in the graph":
        for path in chroma.rglob("*.bin"):
            path.write_bytes(b"noise" * 1000)
    elif kind == "a second folder":
        (folder / "chroma-other").mkdir()


KINDS = ["deleted", "emptied", "noise in the database", "cut off", "noise in the graph", "a second folder"]


@pytest.mark.parametrize("kind", KINDS)
def test_damage_between_two_starts_is_healed(open_index, tmp_path, kind):
    truth = Truth(100)
    open_index(truth).close()
    damage(tmp_path / "index", kind)
    index = open_index(truth)
    assert index.settled()
    agrees(index, truth, chroma=True)


def test_a_folder_deleted_while_running_is_healed(open_index, tmp_path):
    truth = Truth(100)
    index = open_index(truth)
    shutil.rmtree(tmp_path / "index")
    for _ in range(3):
        truth.grow(30)
        index.changed(1)
        index.settled()
        for key in list(truth.stored)[-5:]:
            assert index.search(truth.row, truth.stored[key], 1)[0][0] == key
    index.rebuild()
    assert index.settled()
    agrees(index, truth, chroma=True)


WAYS = {
    "halved": lambda path: os.truncate(path, path.stat().st_size // 2),
    "emptied": lambda path: os.truncate(path, 0),
    "zeroed": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "overwritten in the middle": lambda path: overwrite(path),
    "removed": lambda path: path.unlink(),
}
FILES = ["chroma.sqlite3", "data_level0.bin", "header.bin", "length.bin", "link_lists.bin"]


ALWAYS = {
    "chroma.sqlite3": ("halved", "overwritten in the middle"),
    "data_level0.bin": ("halved", "removed"),
    "header.bin": ("zeroed",),
}
FAULTS = [
    pytest.param(name, way, marks=() if way in ALWAYS.get(name, ()) else pytest.mark.soak, id=f"{name} {way}")
    for name in FILES
    for way in WAYS
]


def overwrite(path):
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 3)
        file.write(np.random.default_rng(1).bytes(path.stat().st_size // 3))


def spoil(folder, name, way):
    """Damage a file of Chroma's, of the folder it is in."""
    found = list(folder.rglob(name))
    assert found
    for path in found:
        WAYS[way](path)


@pytest.mark.parametrize(("name", "way"), FAULTS)
def test_every_file_may_be_damaged_between_two_starts(open_index, tmp_path, name, way):
    truth = Truth(1100)
    open_index(truth).close()
    spoil(tmp_path / "index", name, way)
    index = open_index(truth)
    matches(index, truth)
    assert index.settled()
    agrees(index, truth, chroma=True)


@pytest.mark.parametrize(("name", "way"), FAULTS)
def test_every_file_may_be_damaged_while_running(open_index, tmp_path, name, way):
    truth = Truth(1100)
    index = open_index(truth)
    spoil(tmp_path / "index", name, way)
    for _ in range(2):
        matches(index, truth)
        truth.grow(30)
        index.changed(1)
        index.settled()
    index.close()
    again = open_index(truth)
    assert again.settled()
    agrees(again, truth, chroma=True)


def test_an_impossible_answer_is_damage(open_index, monkeypatch):
    truth = Truth(100)
    index = open_index(truth)
    answers = iter([({}, [np.array([1]), np.array([1.0])])])
    process = index._chroma._opened()
    monkeypatch.setattr(process, "_ask", lambda *_: next(answers))
    assert [key for key, _ in index.search(truth.row, truth.stored[7], 5)] == truth.nearest(truth.stored[7], 5)
    assert index.settled()
    agrees(index, truth, chroma=True)


def test_a_process_that_is_killed_is_started_again(open_index):
    truth = Truth(100)
    index = open_index(truth)
    index._chroma._opened()._child.kill()
    assert [key for key, _ in index.search(truth.row, truth.stored[7], 5)] == truth.nearest(truth.stored[7], 5)
    assert index.settled()
    agrees(index, truth, chroma=True)


def test_chroma_is_left_alone_when_it_fails_again_and_again(open_index, monkeypatch):
    truth = Truth(100)
    index = open_index(truth)

    def fails(*_):
        raise module.IndexDamaged("always")

    monkeypatch.setattr(index._chroma, "query", fails)
    monkeypatch.setattr(index._chroma, "add", fails)
    for _ in range(10):
        assert index.search(truth.row, truth.stored[3], 1)[0][0] == 3
        index.settled()
    agrees(index, truth, chroma=False)
    monkeypatch.undo()
    monkeypatch.setattr(module, "SMALL", 20)
    monkeypatch.setattr(module, "_SOON_S", 0.0)  # as if much time had gone by
    index._chroma._opened()._child.kill()
    truth.grow(1)
    index.changed(1)
    index.settled()
    agrees(index, truth, chroma=True)


def test_a_collection_that_is_gone_leaves_nothing(open_index):
    truth = Truth(100)
    index = open_index(truth)
    old = truth.row
    truth.row = Shelf(2, "e9", 1)
    index.dropped(old)
    index.changed(2)
    assert index.settled()
    assert index._chroma.generations() == {"c2-e9": 1}
