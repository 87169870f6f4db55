"""Vectors are kept by embedder and text, the newest of them."""

import numpy as np
import pytest

from common.database import Database
from retrieval import vectorcache
from retrieval.vectorcache import VectorCache


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "hearth.db")
    yield database
    database.close()


def rows(*values):
    return [np.full(3, value, np.float32) for value in values]


def test_what_is_put_is_given_back(database):
    cache = VectorCache(database, "tool")
    cache.put("a", dict(zip(["one", "two \ud800", "三"], rows(1, 2, 3), strict=True)))
    cache.put("b", {"one": rows(9)[0]})
    cache.put("a", {})
    found = VectorCache(database, "tool").get("a", ["三", "one", "other"])
    assert {text: list(row) for text, row in found.items()} == {"三": [3, 3, 3], "one": [1, 1, 1]}
    assert list(cache.get("b", ["one"])["one"]) == [9, 9, 9]
    assert cache.get("c", ["one"]) == {}
    assert VectorCache(database, "other").get("a", ["one"]) == {}


def test_many_are_asked_for_at_once(database):
    cache = VectorCache(database, "tool")
    texts = [f"text {n}" for n in range(1201)]
    cache.put("a", dict(zip(texts, rows(*range(1201)), strict=True)))
    assert cache.get("a", texts)["text 1200"][0] == 1200
    assert len(cache.get("a", texts)) == 1201


def test_the_oldest_make_room(database, monkeypatch):
    monkeypatch.setattr(vectorcache, "LIMIT", 3)
    cache = VectorCache(database, "tool")
    for n in range(5):
        cache.put("a", {f"text {n}": rows(n)[0]})
    assert set(cache.get("a", [f"text {n}" for n in range(5)])) == {"text 2", "text 3", "text 4"}


def test_a_name_is_a_word(database):
    with pytest.raises(ValueError, match="cache"):
        VectorCache(database, "a; DROP TABLE")
