"""Pages of the web in the queue: fetched, read, fetched again, and what is said where they cannot be had."""

import http.server
import io
import threading
import zipfile
from types import SimpleNamespace

import pytest

from common.database import Database
from common.egress import Egress
from common.errors import CollectionMissing, EgressRefused
from knowledge.base import Knowledge
from knowledge.loading.web import address_of
from retrieval.embedding import HashEmbedder
from tests.papers import typeset
from tests.serving import serving

HTML = "text/html; charset=utf-8"


@pytest.fixture
def site():
    """A site: `pages` maps a path to (status, kind, body); nothing is answered while `open` is not set."""
    pages, asked, gate = {}, [], threading.Event()
    gate.set()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            gate.wait(30)
            status, kind, body = pages.get(self.path, (404, "text/plain", b"nothing here"))
            self.send_response(status)
            self.send_header("location" if status == 302 else "content-type", kind)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    with serving(Handler) as server:
        yield SimpleNamespace(pages=pages, asked=asked, open=gate, base=f"http://127.0.0.1:{server.server_address[1]}")
        gate.set()


@pytest.fixture
def open_(tmp_path):
    """Open knowledge that may go out; each closes the one before it."""
    opened = []

    def close():
        while opened:
            opened.pop().close()

    def make(egress=None):
        close()
        (tmp_path / "data").mkdir(exist_ok=True)
        database = Database(tmp_path / "data" / "hearth.db")
        knowledge = Knowledge(database, tmp_path / "data", HashEmbedder(), egress=egress or Egress())
        opened.extend([database, knowledge])
        knowledge.ensure_collection("maker", "docs", "Documents")
        return knowledge

    yield make
    close()


def page(words):
    return 200, HTML, f"<title>Tides</title><h1>Tides</h1><p>{words}</p>".encode()


def added(knowledge, *addresses):
    for address in addresses:
        knowledge.intake.add_page("maker", "docs", address)
    assert knowledge.intake.settled(30)
    return {job.name: job for job, _ in knowledge.intake.jobs("maker", "docs")}


def texts(knowledge):
    return {each.name: knowledge.text("maker", each.id) for each in knowledge.documents("maker", "docs")}


def test_a_page_is_a_document_by_its_address(open_, site, tmp_path):
    site.pages["/tides?day=1"] = page("The tide at Rook Harbour is highest at nine.")
    knowledge = open_()
    jobs = added(knowledge, f" {site.base}/tides?day=1#top ")
    assert [(job.name, job.state, job.kind) for job in jobs.values()] == [(f"{site.base}/tides?day=1", "done", "web")]
    (document,) = knowledge.documents("maker", "docs")
    assert (document.name, document.title) == (f"{site.base}/tides?day=1", "Tides")
    assert "Rook Harbour" in knowledge.search("maker", "tide at Rook Harbour", ["docs"])[0].passage.text
    assert list((tmp_path / "data" / "incoming").glob("*")) == []


def test_the_same_address_again_replaces_the_document(open_, site):
    site.pages["/tides"] = page("Highest at nine.")
    knowledge = open_()
    added(knowledge, f"{site.base}/tides")
    assert added(knowledge, f"{site.base}/tides")[f"{site.base}/tides"].state == "unchanged"
    site.pages["/tides"] = page("Highest at ten.")
    assert added(knowledge, f"{site.base}/tides#noon")[f"{site.base}/tides"].state == "done"
    assert site.asked == ["/tides"] * 3
    ((_, text),) = texts(knowledge).items()
    assert "ten" in text
    assert "nine" not in text


def test_trying_again_fetches_anew(open_, site):
    knowledge = open_()
    job = added(knowledge, f"{site.base}/late")[f"{site.base}/late"]
    assert (job.state, job.kept) == ("failed", True)
    assert "no page" in job.english
    assert "没有网页" in job.chinese
    site.pages["/late"] = page("It is here now.")
    knowledge.intake.retry("maker", "docs", [job.number])
    assert knowledge.intake.settled(30)
    assert "here now" in texts(knowledge)[f"{site.base}/late"]


def test_a_page_that_was_being_fetched_when_hearth_stopped_is_fetched_after_the_next_start(open_, site):
    site.pages["/tides"] = page("Highest at nine.")
    site.open.clear()
    knowledge = open_()
    knowledge.intake.add_page("maker", "docs", f"{site.base}/tides")
    while not site.asked:
        threading.Event().wait(0.01)
    (job, progress), *_ = knowledge.intake.jobs("maker", "docs")
    assert (job.state, progress.stage) == ("working", "fetching")
    knowledge = open_()  # which does not wait for the site
    site.open.set()
    knowledge.start()
    assert knowledge.intake.settled(30)
    assert "nine" in texts(knowledge)[f"{site.base}/tides"]


def test_a_page_is_taken_off_the_queue_while_its_site_is_silent(open_, site):
    site.open.clear()
    knowledge = open_()
    number = knowledge.intake.add_page("maker", "docs", f"{site.base}/slow")
    while not site.asked:
        threading.Event().wait(0.01)
    assert knowledge.intake.add_page("maker", "docs", f"{site.base}/slow") == number
    knowledge.intake.cancel("maker", "docs", [number])
    assert knowledge.intake.settled(5)
    assert [job.state for job, _ in knowledge.intake.jobs("maker", "docs")] == ["cancelled"]


def test_files_at_an_address_are_read_as_what_they_are(open_, site):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.md", "# A\n\nThe first.")
        archive.writestr("b.md", "")
    site.pages["/paper"] = 200, "application/pdf", typeset([[(50, 700, 12, "On the first page")]])
    site.pages["/rows.csv?all=1"] = 200, "text/csv", b"name,height\nSnowdon,1085\n"
    site.pages["/all.zip"] = 200, "application/zip", packed.getvalue()
    knowledge = open_()
    jobs = added(knowledge, *(site.base + path for path in ("/paper", "/rows.csv?all=1", "/all.zip")))
    assert {name: job.state for name, job in jobs.items()} == {
        f"{site.base}/paper": "done",
        f"{site.base}/rows.csv?all=1": "done",
        f"{site.base}/all.zip": "done",
        "all.zip/a.md": "done",
        "all.zip/b.md": "failed",
    }
    assert "On the first page" in texts(knowledge)[f"{site.base}/paper"]
    assert "| Snowdon | 1085 |" in texts(knowledge)[f"{site.base}/rows.csv?all=1"]
    # The archive itself is none of the files that are counted.
    assert knowledge.intake.counts("maker") == {"docs": {"done": 3, "failed": 1, "unpacked": 1}}
    assert not jobs["all.zip/b.md"].kept


def test_a_typed_address_may_be_private_and_a_redirect_to_one_may_not(open_, site):
    with serving(http.server.BaseHTTPRequestHandler) as other:
        site.pages["/away"] = 302, f"http://127.0.0.1:{other.server_address[1]}/secret", b""
        site.pages["/moved"] = 302, "/here", b""
        site.pages["/here"] = page("Moved.")
        jobs = added(open_(), f"{site.base}/away", f"{site.base}/moved")
    assert jobs[f"{site.base}/away"].state == "failed"
    assert "not granted" in jobs[f"{site.base}/away"].english
    assert jobs[f"{site.base}/moved"].state == "done"


def test_offline_it_is_said_in_one_sentence(knowledge, site):
    job = added(knowledge, f"{site.base}/tides")[f"{site.base}/tides"]
    assert (job.state, site.asked) == ("failed", [])
    assert "--offline" in job.english
    assert "--offline" in job.chinese


def test_what_is_no_address_never_comes_into_the_queue(knowledge):
    for words in (
        "",
        "not an address",
        "ftp://example.org/x",
        "https://a:b@example.org/",
        f"example.org/{'x' * 3000}",
        "e.org/a b",
    ):
        with pytest.raises(EgressRefused):
            knowledge.intake.add_page("maker", "docs", words)
    with pytest.raises(CollectionMissing):
        knowledge.intake.add_page("maker", "nowhere", "https://example.org/")
    assert knowledge.intake.counts("maker") == {}


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("Example.org/Path?Q=A#part", "https://example.org/Path?Q=A"),
        ("HTTP://Example.org:80?A", "http://example.org:80?A"),
        (" https://zh.wikipedia.org/wiki/失眠 ", "https://zh.wikipedia.org/wiki/失眠"),
    ],
)
def test_an_address_is_known_again_however_it_was_typed(typed, address):
    assert address_of(typed) == address
