"""All tools of the network together: in the app by default, off without a network, and unmoved by whatever they are answered."""

import json
from functools import partial

import pytest
from jsonschema import Draft202012Validator

from assistant.access import MAKER
from common.egress import Egress
from common.errors import DocumentMissing
from tests.tools.network.conftest import called
from tools.builtin.network.arxiv import Arxiv
from tools.builtin.network.github import GithubSearch
from tools.builtin.network.hubs import ModelSearch
from tools.builtin.network.rates import ExchangeRates
from tools.builtin.network.service import OFFLINE
from tools.builtin.network.shelf import network_tools
from tools.builtin.network.weather import Weather
from tools.builtin.network.webreader import WebReader
from tools.builtin.network.websearch import WebSearch
from tools.builtin.network.wikipedia import Wikipedia
from tools.registry import ToolRegistry, default_registry

IDS = ["web-search", "web-reader", "wikipedia", "weather", "exchange-rates", "arxiv", "github-search", "model-search"]
ARGUMENTS = {
    "web-search": {"query": "x"},
    "web-reader": {"url": "https://example.org/"},
    "wikipedia": {"query": "x"},
    "weather": {"place": "x"},
    "exchange-rates": {"from_currency": "USD", "to_currency": "CNY"},
    "arxiv": {"query": "x"},
    "github-search": {"query": "x"},
    "model-search": {"query": "x"},
}


def shelf(**settings):
    return network_tools(Egress(), lambda: "https://searx.example", **settings)


@pytest.mark.parametrize("tool", shelf(), ids=lambda tool: tool.id)
def test_each_has_titles_a_description_and_a_tight_schema(tool):
    assert tool.titles["en"].isascii()
    assert any("\u4e00" <= letter <= "\u9fff" for letter in tool.titles["zh"] + tool.about["zh"])
    assert tool.about["en"].isascii()
    assert 40 < len(tool.spec.description) < 300
    Draft202012Validator.check_schema(tool.spec.parameters)
    assert tool.spec.parameters["additionalProperties"] is False
    assert (tool.risk, tool.sends) == ("reads", True)


def test_they_stand_beside_the_others():
    tools = shelf()
    assert [tool.id for tool in tools] == IDS
    registry = ToolRegistry([*default_registry().list(), *tools])
    assert len(registry.snapshot()) == len(registry.list())


@pytest.mark.parametrize("tool", shelf(offline=True), ids=lambda tool: tool.id)
def test_offline_each_says_so_and_no_turn_is_given_it(tool):
    assert called(tool, **ARGUMENTS[tool.id]).text == OFFLINE[0]
    assert called(tool, "zh", **ARGUMENTS[tool.id]).text == OFFLINE[1]
    assert len(ToolRegistry([tool]).snapshot()) == 0


@pytest.mark.parametrize(
    "tool",
    network_tools(Egress(lambda host, port: (_ for _ in ()).throw(OSError("no network"))), lambda: "https://s.example"),
    ids=lambda tool: tool.id,
)
def test_without_a_network_each_says_so_in_one_sentence(tool):
    told = called(tool, **ARGUMENTS[tool.id])
    assert (told.failed, "could not be reached" in told.text, "\n" in told.text) == (True, True, False)


DEEP = "[" * 500 + "]" * 500
RUBBISH = [
    "null",
    "true",
    "3",
    '"text"',
    "[]",
    "{}",
    DEEP,
    json.dumps({"results": [None, {}, {"url": {}, "title": []}, [[]]], "items": [{"full_name": {}}], "query": {"pages": [{}]}}),
    json.dumps(
        {"results": {"a": 1}, "items": "x", "current": [], "daily": 3, "data": {"models": [[], None]}, "rate": [], "error": []}
    ),
    json.dumps({"error": {"info": ["x"]}, "query": [], "success": "no", "answers": {"a": 1}, "infoboxes": 3, "results": []}),
    json.dumps([{"id": "a/b", "tags": [None, 3, "license:"], "safetensors": {"total": "x"}, "downloads": 1e99}]),
    '{"results": [{"latitude": 1e999, "longitude": 0, "name": "\\ud800"}]}',
    '{"results": [{"url": "https://a.example/\\ud800", "title": "\\u202e\\u0000", "content": "' + "x" * 100_000 + '"}]}',
]


@pytest.fixture
def standing(egress, standin):
    """Every tool, asking the stand-in."""
    own = standin.service
    return [
        WebSearch(egress, address=lambda: standin.url),
        WebReader(egress, granted_hosts=standin.granted),
        Wikipedia(egress, service=own),
        Weather(egress, geocoding=own, forecast=own),
        ExchangeRates(egress, service=own),
        Arxiv(egress, service=own),
        GithubSearch(egress, service=own),
        ModelSearch(egress, hugging_face=own, modelscope=own),
    ]


@pytest.mark.parametrize("rubbish", RUBBISH, ids=range(len(RUBBISH)))
def test_whatever_is_answered_is_an_answer_or_a_sentence(standing, standin, caplog, rubbish):
    paths = ("/search", "/w/api.php", "/v1/search", "/v1/forecast", "/v2/rate/USD/CNY", "/api/query", "/search/repositories")
    for path in (*paths, "/api/models", "/openapi/v1/models", "/page"):
        standin.say(path, rubbish)
    for tool in standing:
        arguments = {"url": f"{standin.url}/page"} if tool.id == "web-reader" else ARGUMENTS[tool.id]
        told = called(tool, **arguments)
        assert told.text
        assert "inside the tool" not in told.text, (tool.id, caplog.text)
        assert len(told.text) < 8200
        assert json.dumps(told.data) is not None
    assert not caplog.records


def test_a_studio_has_them_and_hears_of_a_new_address(make_studio):
    studio = make_studio(offline=False)
    assert [tool.id for tool in studio.tools.list() if tool.id in IDS] == IDS
    given = partial(studio.tools.snapshot, ["web-search"])
    assert list(given()) == []
    studio.toolbox.addresses.change(MAKER.owner, "http://127.0.0.1:8080")
    assert list(given()) == ["web_search"]
    assert "model_search" in studio.agent("model-guide").tools


def test_a_studio_that_was_started_offline_gives_none_of_them_to_its_personas(make_studio):
    studio = make_studio(offline=True)
    assert [tool.id for tool in studio.tools.list() if tool.id in IDS] == IDS
    assert list(studio.agent("model-guide").tools) == ["clock", "calculator", "convert_units", "dates"]
    with pytest.raises(DocumentMissing):
        studio.tools.snapshot(["no-such-tool"])
