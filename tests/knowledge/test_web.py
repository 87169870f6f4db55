"""A page by its address: what it becomes, and the sentence for each that cannot be had. The server stands on loopback."""

import http.server
from types import SimpleNamespace

import pytest

from common.egress import Egress, place_of
from common.errors import UnreadableFile
from knowledge.loading.loader import Loader
from knowledge.loading.web import fetch
from tests.papers import typeset
from tests.serving import serving

ZH = "最近总是失眠，晚上躺在床上翻来覆去睡不着，白天上班没有精神。"
HTML = "text/html; charset=utf-8"


@pytest.fixture
def site():
    """A site: `pages` maps a path to (status, headers, body); `asked` are the paths that were asked for."""
    pages, asked = {}, []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            status, headers, body = pages.get(self.path, (404, {}, b"nothing here"))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    with serving(Handler) as server:
        base = f"http://127.0.0.1:{server.server_address[1]}"
        yield SimpleNamespace(pages=pages, asked=asked, base=base, granted=frozenset([place_of(base)]))


@pytest.fixture
def get(site, tmp_path):
    """Fetch a page of the site and read it as any file is read."""
    loader = Loader()

    def load(path):
        fetched = fetch(site.base + path, tmp_path / "page", Egress(), granted_hosts=site.granted)
        return fetched, loader.load(tmp_path / "page", fetched.name)

    yield load
    loader.close()


def refusal(url, folder, egress=None, granted=frozenset()):
    with pytest.raises(UnreadableFile) as caught:
        fetch(url, folder / "page", egress, granted_hosts=granted)
    assert caught.value.chinese
    return str(caught.value)


def test_a_page_is_read_like_a_file(site, get):
    body = f"<title>睡眠</title><nav>Menu</nav><h1>失眠</h1><p>{ZH}</p>"
    site.pages["/a/sleep?id=3"] = 200, {"content-type": HTML}, body.encode()
    fetched, document = get("/a/sleep?id=3")
    assert fetched.name == "127.0.0.1/a/sleep?id=3"
    assert fetched.url == site.base + "/a/sleep?id=3"
    assert document.title == "睡眠"
    assert [section.heading for section in document.sections] == ["失眠"]
    assert ZH in document.text
    assert "Menu" not in document.text


@pytest.mark.parametrize(
    ("kind", "head"), [("text/html; charset=gbk", ""), ("text/html", '<meta charset="gb2312">'), ("text/html", "")]
)
def test_a_page_in_the_encoding_that_it_or_its_server_names(site, get, kind, head):
    site.pages["/zh"] = 200, {"content-type": kind}, f"{head}<p>{ZH}</p>".encode("gb18030")
    assert ZH in get("/zh")[1].text


def test_plain_text_in_the_encoding_that_its_server_names(site, get):
    site.pages["/note.txt"] = 200, {"content-type": "text/plain; charset=euc-jp"}, "日本語の文章".encode("euc-jp")
    assert get("/note.txt")[1].text == "日本語の文章"


def test_a_pdf_keeps_its_name_and_pages(site, get):
    data = typeset([[(50, 700, 12, "On the first page")], [(50, 700, 12, "On the second")]])
    site.pages["/files/%E6%89%8B%E5%86%8C.pdf"] = 200, {"content-type": "application/pdf"}, data
    fetched, document = get("/files/%E6%89%8B%E5%86%8C.pdf")
    assert fetched.name == "手册.pdf"
    assert [section.page for section in document.sections] == [1, 2]


def test_a_name_that_the_server_gives_is_no_path(site, get):
    headers = {"content-type": "text/plain", "content-disposition": 'attachment; filename="../../etc/pass\\wd"'}
    site.pages["/x"] = 200, headers, b"plain text"
    fetched, _ = get("/x")
    assert "/" not in fetched.name
    assert ".." not in fetched.name


def test_a_redirect_is_followed_and_told(site, get):
    site.pages["/old"] = 302, {"location": "/new"}, b""
    site.pages["/new"] = 200, {"content-type": HTML}, b"<p>Moved here, as you see.</p>"
    fetched, document = get("/old")
    assert fetched.url.endswith("/new")
    assert document.text == "Moved here, as you see."


def test_a_kind_that_is_not_read(site, get):
    site.pages["/film"] = 200, {"content-type": "video/mp4"}, b"\x00\x00\x00\x18ftypmp42" + bytes(50)
    with pytest.raises(UnreadableFile, match="film"):
        get("/film")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (404, "no page"),
        (410, "no page"),
        (401, "sign-in"),
        (403, "sign-in"),
        (429, "too many requests"),
        (503, "trouble"),
        (204, "204"),
    ],
)
def test_an_answer_that_is_not_the_page(site, tmp_path, status, expected):
    site.pages["/page"] = status, {}, b""
    assert expected in refusal(site.base + "/page", tmp_path, Egress(), site.granted)


def test_a_page_to_sign_in_at(site, tmp_path):
    form = b"<form><input name=user><input type='password' name=word><button>Go</button></form>"
    site.pages["/members"] = 302, {"location": "/login?next=members"}, b""
    site.pages["/login?next=members"] = 200, {"content-type": HTML}, b"<p>" + b"Welcome. " * 400 + b"</p>" + form
    assert "sign-in" in refusal(site.base + "/members", tmp_path, Egress(), site.granted)
    site.pages["/bare"] = 200, {"content-type": HTML}, form
    assert "sign-in" in refusal(site.base + "/bare", tmp_path, Egress(), site.granted)
    site.pages["/article"] = 200, {"content-type": HTML}, b"<p>" + b"An article. " * 400 + b"</p>" + form
    fetch(site.base + "/article", tmp_path / "page", Egress(), granted_hosts=site.granted)
    assert (tmp_path / "page").exists()


def test_an_empty_page_and_one_that_is_no_text(site, tmp_path):
    site.pages["/empty"] = 200, {"content-type": HTML}, b" \n"
    assert "empty" in refusal(site.base + "/empty", tmp_path, Egress(), site.granted)
    site.pages["/noise"] = 200, {"content-type": HTML}, bytes(range(256)) * 20
    assert "neither text" in refusal(site.base + "/noise", tmp_path, Egress(), site.granted)


def test_a_page_that_is_too_large(site, tmp_path):
    site.pages["/large"] = 200, {"content-type": HTML, "content-length": "60000000"}, b"<p>"
    assert "50" in refusal(site.base + "/large", tmp_path, Egress(), site.granted)


def test_a_machine_of_ones_own_is_refused(site, tmp_path):
    refusal(site.base + "/secret", tmp_path, Egress())
    refusal(f"http://127.0.0.1:80/{'x' * 10}", tmp_path, Egress())
    assert site.asked == []


@pytest.mark.parametrize(
    "url", ["ftp://example.com/x", "file:///etc/passwd", "not an address", "https://", "http://user:word@example.com/"]
)
def test_what_is_no_address(tmp_path, url):
    asked = []
    refusal(url, tmp_path, Egress(lambda host, port: asked.append(host) or []))
    assert asked == []
    assert list(tmp_path.iterdir()) == []


def test_offline_nothing_is_asked(site, tmp_path):
    assert "--offline" in refusal(site.base + "/page", tmp_path, None, site.granted)
    assert site.asked == []
