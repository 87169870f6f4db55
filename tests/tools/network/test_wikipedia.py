"""Wikipedia: what MediaWiki's API answers for a search, in the language asked."""

import pytest

from tests.tools.network.conftest import called
from tools.builtin.network.wikipedia import Wikipedia

PAGES = [
    {
        "pageid": 2,
        "ns": 0,
        "title": "West Lake (film)",
        "index": 2,
        "extract": "A film.",
        "fullurl": "https://en.wikipedia.org/wiki/F",
    },
    {
        "pageid": 1,
        "ns": 0,
        "title": "West Lake",
        "index": 1,
        "extract": "West Lake is a freshwater lake in Hangzhou.\n\n\nIt is famous.",
        "fullurl": "https://en.wikipedia.org/wiki/West_Lake",
    },
]


@pytest.fixture
def wikipedia(egress, standin):
    standin.say("/w/api.php", {"batchcomplete": True, "query": {"pages": PAGES}})
    return Wikipedia(egress, service=standin.service)


def test_the_best_article_and_the_titles_of_others(wikipedia, standin):
    told = called(wikipedia, query=" West Lake ")
    assert told.text == (
        "West Lake\nhttps://en.wikipedia.org/wiki/West_Lake\n\nWest Lake is a freshwater lake in Hangzhou.\n\nIt is famous.\n\n"
        "Other articles:\n- West Lake (film): A film. https://en.wikipedia.org/wiki/F"
    )
    assert [article["title"] for article in told.data["articles"]] == ["West Lake", "West Lake (film)"]
    [(_, asked, _)] = standin.asked
    assert {("gsrsearch", "West Lake"), ("exintro", "1"), ("explaintext", "1"), ("formatversion", "2")} < set(asked)
    assert "variant" not in dict(asked)


def test_the_language_is_the_one_asked_else_that_of_the_query(wikipedia, standin):
    assert called(wikipedia, query="西湖").data["language"] == "zh"
    assert ("variant", "zh-cn") in standin.asked[-1][1]
    assert called(wikipedia, query="きのこ").data["language"] == "ja"
    assert called(wikipedia, "zh", query="AI").data["language"] == "zh"
    assert called(wikipedia, query="西湖", language="fr").data["language"] == "fr"


@pytest.mark.parametrize("language", ["evil.example/", "en.evil", "EN", "", "a" * 40, "127.0.0.1"])
def test_a_language_that_is_none_goes_nowhere(wikipedia, standin, language):
    assert called(wikipedia, query="x", language=language).failed
    assert standin.asked == []


def test_the_host_is_wikipedias(standin):
    from common.egress import Egress

    asked = []

    def resolve(host, port):
        asked.append(host)
        raise OSError("no such host")

    assert called(Wikipedia(Egress(resolve)), query="西湖").failed
    assert called(Wikipedia(Egress(resolve)), query="x", language="zh-min-nan").failed
    assert asked == ["zh.wikipedia.org", "zh-min-nan.wikipedia.org"]


@pytest.mark.parametrize("answer", [{"batchcomplete": True}, {"query": {"pages": []}}, {"query": {"pages": [{"title": 3}, "x"]}}])
def test_nothing_is_found(wikipedia, standin, answer):
    standin.say("/w/api.php", answer)
    assert "no article that fits 'qqq'" in called(wikipedia, query="qqq").text
    assert "没有符合 'qqq' 的条目" in called(wikipedia, "zh", query="qqq").text


def test_a_refusal_comes_with_status_200(wikipedia, standin):
    standin.say("/w/api.php", {"error": {"code": "cirrussearch-too-busy-error", "info": "Search is currently too busy."}})
    assert "'Search is currently too busy.'" in called(wikipedia, query="x").text


def test_an_article_without_its_parts(wikipedia, standin):
    standin.say(
        "/w/api.php", {"query": {"pages": [{"title": "C++ & D", "extract": None, "fullurl": "javascript:x", "index": "a"}]}}
    )
    told = called(wikipedia, query="x", language="en")
    assert told.text == "C++ & D\nhttps://en.wikipedia.org/wiki/C%2B%2B_%26_D\n\n(no introduction)"


def test_a_list_is_no_answer(wikipedia, standin):
    standin.say("/w/api.php", [1])
    assert "does not know" in called(wikipedia, query="x").text


def test_a_page_of_meanings_comes_after_what_the_word_may_mean(wikipedia, standin):
    meanings = {"title": "Mercury", "index": 1, "extract": "Mercury may refer to:", "pageprops": {"disambiguation": ""}}
    planet = {"title": "Mercury (planet)", "index": 2, "extract": "Mercury is the first planet from the Sun."}
    standin.say("/w/api.php", {"query": {"pages": [meanings, planet]}})
    told = called(wikipedia, query="Mercury")
    assert [article["title"] for article in told.data["articles"]] == ["Mercury (planet)", "Mercury"]
    assert {("prop", "extracts|info|pageprops"), ("ppprop", "disambiguation")} < set(standin.asked[0][1])
