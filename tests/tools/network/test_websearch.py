"""Web search: a SearXNG of the maker's own, its address entered, changed and taken away, and its answers."""

import pytest

from common.database import Database
from common.errors import DocumentInvalid
from tests.tools.network.conftest import called
from tools.addresses import AddressStore
from tools.builtin.network.websearch import WebSearch
from tools.registry import ToolRegistry

RESULTS = {
    "query": "west lake",
    "number_of_results": 0,
    "results": [
        {
            "url": "https://example.org/lake",
            "title": "West Lake",
            "content": "A lake\nin Hangzhou.",
            "engine": "duckduckgo",
            "publishedDate": "2026-11-01T00:00:00",
            "score": 1.0,
        },
        {"url": "https://example.org/b", "title": None, "content": None},
        {"url": "javascript:alert(1)", "title": "Bad"},
        "rubbish",
    ],
    "answers": ["It is in Hangzhou.", {"answer": "Newer versions say it so.", "url": None}],
    "corrections": [],
    "infoboxes": [],
    "suggestions": ["west lake hangzhou"],
    "unresponsive_engines": [["google", "timeout"]],
}


@pytest.fixture
def search(egress, standin):
    standin.say("/search", RESULTS)
    return WebSearch(egress, address=lambda: standin.url)


def test_results_with_their_addresses(search, standin):
    told = called(search, query="west lake", since="month")
    assert told.text == (
        "It is in Hangzhou.\nNewer versions say it so.\n"
        "1. West Lake · 2026-11-01\n   https://example.org/lake\n   A lake in Hangzhou.\n"
        "2. https://example.org/b\n   https://example.org/b"
    )
    assert told.data["results"][0]["url"] == "https://example.org/lake"
    assert {("q", "west lake"), ("format", "json"), ("time_range", "month")} < set(standin.asked[0][1])


def test_a_searxng_that_gives_no_json_out(search, standin):
    standin.say("/search", "<h1>Forbidden</h1>", 403, kind="text/html")
    assert "search.formats" in called(search, query="x").text
    assert "search.formats" in called(search, "zh", query="x").text


def test_nothing_found_names_the_engines_that_were_silent(search, standin):
    standin.say("/search", {"results": [], "unresponsive_engines": [["google", "CAPTCHA"], ["bing", "timeout"], 3, []]})
    assert called(search, query="zzz").text == "Nothing was found for 'zzz'. Use other words. No answer came from: google, bing."
    assert "没有回应的搜索引擎：google、bing。" in called(search, "zh", query="zzz").text


@pytest.mark.parametrize("answer", [{}, [], {"results": None}, "text"])
def test_an_answer_that_does_not_fit(search, standin, answer):
    standin.say("/search", f'"{answer}"' if isinstance(answer, str) else answer)
    assert "does not know" in called(search, query="x").text


def test_until_there_is_an_address_it_is_off_and_says_so(egress, standin):
    address = [""]
    tool = WebSearch(egress, address=lambda: address[0])
    registry = ToolRegistry([tool])
    assert list(registry.snapshot()) == list(registry.snapshot(["web-search"])) == []
    assert "needs the address of a SearXNG" in called(tool, query="x").text
    assert "需要一个 SearXNG 的地址" in called(tool, "zh", query="x").text
    address[0] = standin.url + "/searx"
    standin.say("/searx/search", RESULTS)
    assert list(registry.snapshot()) == ["web_search"]
    assert not called(tool, query="x").failed


def test_the_address_is_kept_for_its_owner_and_checked(tmp_path):
    database = Database(tmp_path / "hearth.db")
    store = AddressStore(database)
    assert store.current("maker").search == ""
    assert store.change("maker", " http://192.168.1.5:8080/searx/ ").search == "http://192.168.1.5:8080/searx"
    assert (store.current("maker").search, store.current("visitor-1").search) == ("http://192.168.1.5:8080/searx", "")
    for wrong in (
        "searx",
        "ftp://a.example",
        "http://u:p@a.example",
        "http://a.example?q=1",
        "http://a.example/#x",
        "http://a b",
    ):
        with pytest.raises(DocumentInvalid) as caught:
            store.change("maker", wrong)
        assert "search" in caught.value.problems
    assert store.current("maker").search == "http://192.168.1.5:8080/searx"
    assert store.change("maker", "").search == ""
    database.close()
