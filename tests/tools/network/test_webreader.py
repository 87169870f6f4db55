"""The web reader: articles without their menus, plain text and JSON in any encoding, and what is refused."""

import time

import pytest

from common.egress import Egress
from tests.timing import quickly
from tests.tools.network.conftest import called
from tools.builtin.network.webreader import WebReader, _decoded

SENTENCE = "秋天的西湖边桂花开了，空气里都是甜味，人们沿着苏堤慢慢走，谁也不着急。"
ARTICLE = f"""<!DOCTYPE html><html><head><title>杭州的秋天 - 某网</title><meta charset="utf-8"><style>p {{color: red}}</style>
<script>var secret = "menu";</script></head><body><nav><a href="/">首页</a><a href="/in">登录</a></nav>
<article><h1>杭州的秋天</h1>{"".join(f"<p>第{n}段，{SENTENCE}</p>" for n in range(5))}</article>
<footer>版权所有 2026</footer></body></html>"""


@pytest.fixture
def reader(egress, standin):
    return WebReader(egress, granted_hosts=standin.granted)


def test_an_article_without_what_is_around_it(reader, standin):
    standin.say("/a", ARTICLE, kind="text/html; charset=utf-8")
    told = called(reader, url=f" {standin.url}/a ")
    assert told.text.startswith(f"杭州的秋天 - 某网\n{standin.url}/a\n\n")
    assert told.text.count(SENTENCE) == 5
    for left_out in ("登录", "版权所有", "secret", "color"):
        assert left_out not in told.text
    assert (told.data["title"], told.data["url"]) == ("杭州的秋天 - 某网", f"{standin.url}/a")
    assert [path for path, _, _ in standin.asked] == ["/robots.txt", "/a"]


@pytest.mark.parametrize(
    ("encoding", "kind", "declared"),
    [
        ("gbk", "text/html", '<meta http-equiv="Content-Type" content="text/html; charset=gb2312">'),
        ("gb18030", "text/html; charset=GBK", ""),
        ("big5", 'text/html; charset="big5"', ""),
        ("utf-16", "text/html", ""),
        ("utf-8-sig", "", ""),
        ("utf-8", "text/html; charset=nonsense", ""),
        ("gb18030", "text/html; charset=utf-8", ""),  # a lie
    ],
)
def test_the_encodings_of_chinese_pages(reader, standin, encoding, kind, declared):
    words = SENTENCE if encoding != "big5" else "秋天的西湖很好看，我很想去那里走一走。"
    page = f"<html><head>{declared}<title>秋天</title></head><body><p>{words * 3}</p></body></html>"
    standin.say("/a", page.encode(encoding), kind=kind)
    told = called(reader, url=f"{standin.url}/a")
    assert (words in told.text, told.text.split("\n")[0]) == (True, "秋天")


def test_an_encoding_that_takes_hours_is_none(reader, standin):
    """The time that Python's punycode takes grows with the square of the text: of a large page the thread never came back."""
    words = "a" * 60_000 + "-" + "b" * 60_000
    for kind, page in (("text/plain; charset=punycode", words), ("text/html", f'<meta charset="PUNYCODE">{words}')):
        standin.say("/a", page, kind=kind)
        answer = reader._get(f"{standin.url}/a", "text/html", 20, 1_000_000)
        assert words in quickly(lambda answer=answer: _decoded(answer), 5)


def test_plain_text_and_json(reader, standin):
    standin.say("/t", "one\n\n\n\ntwo\u202e", kind="text/plain")
    assert called(reader, url=f"{standin.url}/t").text == f"{standin.url}/t\n\none\n\ntwo"
    standin.say("/j", {"名": [1, 0.5]}, kind="application/ld+json")
    assert '"名"' in called(reader, url=f"{standin.url}/j").text
    standin.say("/j", "{broken", kind="application/json")
    assert "should be JSON and is not" in called(reader, url=f"{standin.url}/j").text


@pytest.mark.parametrize("kind", ["application/pdf", "image/png", "application/octet-stream", "video/mp4"])
def test_other_kinds_are_refused_by_name(reader, standin, kind):
    standin.say("/f", b"%PDF-1.7 \x00\x01", kind=kind)
    assert repr(kind) in called(reader, url=f"{standin.url}/f").text
    assert "作为附件" in called(reader, "zh", url=f"{standin.url}/f").text


def test_a_long_page_is_read_on(reader, standin):
    standin.say("/t", "".join(f"{n:05d} " for n in range(3000)), kind="text/plain")
    first = called(reader, url=f"{standin.url}/t")
    assert first.text.endswith("[11,999 more characters from start=6000]")
    second = called(reader, url=f"{standin.url}/t", start=6000)
    assert second.data["text"].startswith("01000 ")
    assert second.data["characters"] == 17_999
    assert "nothing from 20,000 on" in called(reader, url=f"{standin.url}/t", start=20_000).text
    assert "[还有 " in called(reader, "zh", url=f"{standin.url}/t").text


@pytest.mark.parametrize(
    "page", ["<html><body><div id=root></div><script>app()</script></body></html>", "<html></html>", "<!-- x -->"]
)
def test_a_page_that_is_all_script_holds_no_text(reader, standin, page):
    standin.say("/a", page, kind="text/html")
    assert "holds no text to read" in called(reader, url=f"{standin.url}/a").text


def test_a_short_page_is_read_whole(reader, standin):
    standin.say("/a", "<html><head><title>Hi</title></head><body>Hello <b>there</b>.</body></html>", kind="text/html")
    assert "Hello" in called(reader, url=f"{standin.url}/a").text


def test_redirects_are_followed_and_the_last_address_is_told(reader, standin):
    standin.say("/old", "", 301, kind="", Location="/new")
    standin.say("/new", "here", kind="text/plain")
    assert called(reader, url=f"{standin.url}/old").text == f"{standin.url}/new\n\nhere"
    standin.say("/round", "", 302, kind="", Location="/round")
    assert "in a circle" in called(reader, url=f"{standin.url}/round").text
    standin.say("/in", "", 302, kind="", Location="http://127.0.0.1:9/latest")
    assert called(reader, url=f"{standin.url}/in").failed


def test_robots(reader, standin):
    standin.say(
        "/robots.txt", "User-agent: *\nDisallow: /private/\n\nUser-agent: Hearth\nDisallow: /not-hearth\n", kind="text/plain"
    )
    standin.say("/private/a", "text", kind="text/plain")
    standin.say("/not-hearth", "text", kind="text/plain")
    assert not called(reader, url=f"{standin.url}/private/a").failed  # a group of its own counts in place of the general one
    told = called(reader, url=f"{standin.url}/not-hearth")
    assert (told.failed, "robots.txt" in told.text, "/not-hearth" in [path for path, _, _ in standin.asked]) == (
        True,
        True,
        False,
    )
    standin.say("/robots.txt", "User-agent: *\nDisallow: /private/", kind="text/plain")
    assert "不希望程序读取" in called(reader, "zh", url=f"{standin.url}/private/a").text
    standin.say("/robots.txt", "<html>no rules here: Disallow: /</html>", kind="text/html")
    assert not called(reader, url=f"{standin.url}/private/a").failed
    standin.say("/robots.txt", b"\xff\x00 rubbish \n" * 100, kind="text/plain")
    assert not called(reader, url=f"{standin.url}/private/a").failed


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://[::1]:{port}/",
        "ftp://example.org/",
        "http://u:p@127.0.0.1/",
        "///",
    ],
)
def test_only_public_addresses_are_read(standin, url):
    told = called(WebReader(Egress(connect_s=1.0)), url=url.format(port=standin.server_port))
    assert (told.failed, standin.asked) == (True, [])


def test_an_address_without_a_scheme_is_an_https_one(standin):
    asked = []

    def resolve(host, port):
        asked.append((host, port))
        raise OSError("no such host")

    called(WebReader(Egress(resolve)), url="example.org/a")
    assert asked == [("example.org", 443)]


def test_errors_of_the_site(reader, standin):
    for status, expected in ((404, "404 Not Found"), (503, "trouble of its own"), (429, "too many requests")):
        standin.say("/a", "<h1>gone</h1>", status, kind="text/html")
        assert expected in called(reader, url=f"{standin.url}/a").text
    standin.say("/a", b"x" * (2 * 1024 * 1024 + 1), kind="text/plain")
    assert "sent more than" in called(reader, url=f"{standin.url}/a").text


@pytest.mark.parametrize(
    "piece",
    [
        "<div>",
        "<p><b>x",
        "<a href=/x>y</a>",
        "<p>some words, and more of them.</p>",
        "<ul><li>a",
        "<table><tr><td>a",
        "<",
        "&lt;",
        "\x00",
    ],
)
def test_pages_made_to_take_long_do_not(reader, standin, piece):
    standin.say("/a", "<html><body><article>" + piece * (1024 * 1024 // len(piece)), kind="text/html")
    begun = time.process_time()
    told = called(reader, url=f"{standin.url}/a")
    assert "inside the tool" not in told.text
    assert "did not finish" not in told.text
    assert len(told.text) < 8000
    assert time.process_time() - begun < 10
