"""arXiv: its Atom answers, its refusals, and XML that means harm."""

import pytest

from tests.tools.network.conftest import called
from tools.builtin.network.arxiv import Arxiv

ENTRY = """<entry>
    <id>http://arxiv.org/abs/2309.00986v1</id>
    <updated>2023-09-02T16:50:30Z</updated><published>2023-09-02T16:50:30Z</published>
    <title>ModelScope-Agent: Building Your Customizable Agent System
  with Open-source Large Language Models</title>
    <summary>  Large language models (LLMs) have recently
demonstrated remarkable capabilities.
</summary>
    <author><name>Chenliang Li</name></author><author><name>Hehong Chen</name></author>
    <link href="http://arxiv.org/pdf/2309.00986v1" rel="related" type="application/pdf" title="pdf"/>
    <arxiv:primary_category xmlns:arxiv="http://arxiv.org/schemas/atom" term="cs.CL"/>
  </entry>"""
REFUSAL = """<entry><id>http://arxiv.org/api/errors#incorrect_id_format_for_1234</id><title>Error</title>
  <summary>incorrect id format for 1234</summary></entry>"""


def feed(*entries, head=""):
    return f"""<?xml version="1.0" encoding="UTF-8"?>{head}<feed xmlns="http://www.w3.org/2005/Atom">
  <title type="html">ArXiv Query</title>{"".join(entries)}</feed>"""


@pytest.fixture
def arxiv(egress, standin):
    standin.say("/api/query", feed(ENTRY), kind="application/atom+xml; charset=UTF-8")
    return Arxiv(egress, service=standin.service)


def test_papers_by_words(arxiv, standin):
    told = called(arxiv, query='tool "learning": agents AND (LLM-based)')
    assert told.text == (
        "1. ModelScope-Agent: Building Your Customizable Agent System with Open-source Large Language Models\n"
        "Chenliang Li, Hehong Chen · 2023-09-02 · cs.CL\n"
        "https://arxiv.org/abs/2309.00986v1\n"
        "Large language models (LLMs) have recently demonstrated remarkable capabilities."
    )
    assert told.data["papers"][0]["id"] == "2309.00986v1"
    asked = dict(standin.asked[0][1])
    assert asked["search_query"] == "all:tool AND all:learning AND all:agents AND all:LLM-based"
    assert asked["sortBy"] == "relevance"
    called(arxiv, query="agents", newest=True)
    assert dict(standin.asked[1][1])["sortBy"] == "submittedDate"


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("2309.00986", "2309.00986"),
        ("arXiv:2309.00986v2", "2309.00986v2"),
        ("https://arxiv.org/abs/2309.00986", "2309.00986"),
        ("https://arxiv.org/pdf/2309.00986v1.pdf", "2309.00986v1"),
        ("hep-th/9901001", "hep-th/9901001"),
        ("math.GT/0309136", "math.GT/0309136"),
    ],
)
def test_a_paper_by_its_number(arxiv, standin, query, number):
    called(arxiv, query=query)
    asked = dict(standin.asked[0][1])
    assert (asked["id_list"], "search_query" in asked) == (number, False)


def test_nothing_and_refusals(arxiv, standin):
    standin.say("/api/query", feed(), kind="application/atom+xml")
    assert "has no paper for 'zzz'" in called(arxiv, query="zzz").text
    assert "没有找到与 'zzz' 有关的论文" in called(arxiv, "zh", query="zzz").text
    standin.say("/api/query", feed(REFUSAL), 400, kind="application/atom+xml")
    assert "400 Bad Request" in called(arxiv, query="1234.5678").text
    standin.say("/api/query", feed(REFUSAL), kind="application/atom+xml")
    assert "'incorrect id format for 1234'" in called(arxiv, query="1234.5678").text
    assert "There are no words" in called(arxiv, query='"" () : AND').text


def test_many_authors_are_cut_and_what_is_no_paper_is_left_out(arxiv, standin):
    authors = "".join(f"<author><name>A {n}</name></author>" for n in range(20))
    bare = "<entry><id>http://arxiv.org/abs/1</id><title>T</title>" + authors + "</entry>"
    elsewhere = "<entry><id>http://evil.example/x</id><title>Bad</title></entry><entry/>"
    standin.say("/api/query", feed(elsewhere, bare), kind="application/atom+xml")
    told = called(arxiv, query="x")
    assert told.text == "1. T\nA 0, A 1, A 2, A 3, A 4, A 5, et al.\nhttps://arxiv.org/abs/1"


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "body",
    [
        feed(ENTRY, head=f'<!DOCTYPE f [<!ENTITY l0 "ha">{LAUGHS}]>').replace("ArXiv Query", "&l9;"),
        feed(ENTRY, head='<!DOCTYPE f [<!ENTITY x SYSTEM "file:///etc/hostname">]>').replace("ArXiv Query", "&x;"),
        feed(ENTRY, head='<!DOCTYPE f SYSTEM "http://127.0.0.1:1/x.dtd">'),
        "<feed>not closed",
        "<html xmlns='http://www.w3.org/1999/xhtml'><body>Busy</body></html>",
        "<other/>",
        '{"json": true}',
        "<a>" * 100_000,
        "\x00",
    ],
)
def test_what_is_no_feed_is_refused(arxiv, standin, body):
    standin.say("/api/query", body, kind="application/atom+xml")
    told = called(arxiv, query="x")
    assert (told.failed, "does not know" in told.text) == (True, True)


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("au:Vaswani ti:attention", "au:Vaswani AND ti:attention"),
        ("cat:cs.CL agents", "cat:cs.CL AND all:agents"),
        ("doi:10 au:", "all:doi AND all:10 AND all:au"),
    ],
)
def test_the_fields_of_its_query_language_are_kept(arxiv, standin, query, asked):
    called(arxiv, query=query)
    assert dict(standin.asked[0][1])["search_query"] == asked
