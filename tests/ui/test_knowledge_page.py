"""The workshop: collections, files people add, documents, and the pages that list."""

import http.server
import io
import re
import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.access import MAKER, Identity
from knowledge.types import Record
from retrieval.embedding import EmbedderInfo, HashEmbedder
from tests.serving import serving
from ui.ask import Ask
from ui.chat import Desk
from ui.session import Viewers
from ui.workshop import Workshop

VISITOR = Identity("visitor-1", False)


def words(html: str) -> str:
    return " ".join(re.sub(r"<!--.*?-->|<[^>]*>", " ", html).split())


@pytest.fixture
def shop(make_studio, tmp_path):
    studio = make_studio()
    (tmp_path / "uploads").mkdir()
    return Workshop(studio, Desk(studio, Viewers()), tmp_path / "uploads"), studio, tmp_path / "uploads"


def ask(page="knowledge", language="en", identity=MAKER, **data) -> Ask:
    return Ask(identity, "session", page, data.pop("conversation", ""), data.pop("persona", ""), language, 1, data=data)


def act(shop, **data) -> str:
    (screen,) = shop.act(ask(**data))
    return screen["workshop"]


def sent(shop, studio, files, collection, language="en") -> str:
    """Send files, and the page once each of them has its outcome."""
    (screen,) = shop.files(ask(files=files, place="knowledge", collection=collection, language=language))
    assert "data-queued" in screen["workshop"]
    assert studio.knowledge.intake.settled(30)
    return polled(shop, collection, language)


def polled(shop, collection, language="en") -> str:
    """The page as it looks how far things are."""
    (screen,) = shop.act(replace(ask(action="poll", language=language), thing=collection))
    return screen["workshop"]


def seen(shop, thing: str, page="knowledge", language="en") -> str:
    """The page as a visit to an address shows it."""
    (screen,) = shop.visit(replace(ask(page, language), thing=thing))
    return screen["workshop"]()


def put(folder, name: str, content: bytes) -> dict[str, str]:
    place = folder / f"hash-of-{name}"
    place.mkdir()
    (place / name).write_bytes(content)
    return {"name": name, "path": str(place / name)}


def test_a_collection_is_made_filled_searched_read_and_emptied(shop):
    page, studio, uploads = shop
    html = act(page, action="create", title="员工手册 <b>")
    assert "员工手册 &lt;b&gt;" in html
    collection = re.search(r'data-thing="([^"]+)"[^>]*aria-current', html)[1]
    files = [put(uploads, "leave.md", "# 年假\n\n每年有十天带薪年假。".encode()), put(uploads, "empty.txt", b"")]
    end = sent(page, studio, files, collection)
    assert re.findall(r'<li class="(done|failed)"', end) == ["failed", "done"]
    assert "added · passages: 1" in words(end)
    assert "empty.txt is empty: there is nothing to read in it" in words(end)
    assert list(uploads.iterdir()) == []
    found = act(page, action="search", collection=collection, words="带薪年假")
    assert "每年有十天<mark>带薪年假</mark>" in found
    (document,) = studio.knowledge.documents("maker", collection)
    place = re.search(r'class="button" href="[^"]*" data-do="thing" data-thing="([^"]*)"', found)[1]
    assert place.startswith(f"{collection}/{document.id}/")
    assert "<mark>每年有十天带薪年假。</mark>" in seen(page, place)
    assert "<mark>" not in seen(page, f"{collection}/{document.id}")
    assert "每年有十天" in seen(page, f"{collection}/{document.id}")
    gone = act(page, action="remove", collection=collection, document=document.id)
    assert "This collection is empty" in gone
    assert "Removed “年假”." in words(gone)
    back = act(page, action="restore", collection=collection, document=document.id)
    assert "leave.md" in back


def test_files_that_are_still_sent_leave_alone_what_was_opened_meanwhile(shop):
    page, studio, uploads = shop
    first, other = (studio.knowledge.create_collection("maker", title).id for title in ("Lockers", "Boats"))

    def group(name: str, **where):
        files = [put(uploads, name, f"The key of {name} hangs on hook seven.".encode())]
        (screen,) = page.files(replace(ask(files=files, place="knowledge", collection=first), **where))
        assert "data-queued" in screen["download"]
        return screen

    assert "workshop" not in group("a.txt", page="tools")
    assert "<h2><bdi>Boats</bdi></h2>" in group("b.txt", thing=other)["workshop"]
    assert studio.knowledge.intake.settled(30)
    (document, _) = studio.knowledge.documents("maker", first)
    read = group("c.txt", thing=f"{first}/{document.id}")["workshop"]
    assert 'class="document"' in read
    assert studio.knowledge.intake.settled(30)
    assert len(studio.knowledge.documents("maker", first)) == 3


def test_a_collection_is_trusted_when_its_switch_is_on(shop):
    page, studio, _ = shop
    collection = studio.knowledge.create_collection("maker", "c").id
    assert "trusted" in words(act(page, action="trust", of=collection, on=True)).split("I trust")[0]
    assert collection in studio.knowledge.trusted("maker")
    act(page, action="trust", of=collection, on="true")
    assert collection not in studio.knowledge.trusted("maker")
    assert "data-refused" in act(page, action="trust", of="none", on=True)
    assert "我信任里面的内容" in act(page, action="open", collection=collection, language="zh")


def test_what_goes_wrong_is_said_on_the_page(shop):
    page, _, _ = shop
    for thing in ("none", "none/none", "library/none", "library/none/7"):
        assert "data-refused" in seen(page, thing)
    for action in ("search", "remove", "restore", "delete-collection", "restore-collection", "rename", "named", "more"):
        refused = act(page, action=action, collection="none", document="none", words="x", title="y", shown="3")
        assert "data-refused" in refused, action
    assert "<h1>Knowledge</h1>" in act(page, action="nonsense")
    assert "<h1>知识</h1>" in act(page, language="zh")


def test_only_uploaded_files_are_taken(shop, tmp_path):
    page, studio, uploads = shop
    secret = tmp_path / "secret.txt"
    secret.write_text("the token")
    (uploads / "link.txt").symlink_to(secret)
    collection = studio.knowledge.create_collection("maker", "c").id
    paths = [str(secret), str(uploads / ".." / "secret.txt"), str(uploads / "link.txt"), "/etc/passwd", "", "a\0b", str(uploads)]
    files = [{"name": "x.txt", "path": path} for path in paths]
    assert sent(page, studio, files, collection).count('<li class="failed"') == len(paths)
    assert secret.read_text() == "the token"
    assert studio.knowledge.documents("maker", collection) == []


def test_a_file_too_large_to_send_is_told_so(shop):
    page, studio, _ = shop
    collection = studio.knowledge.create_collection("maker", "c").id
    files = [{"name": "huge.pdf", "path": "", "bytes": 200_000_000}]
    assert "200 MB" in words(sent(page, studio, files, collection, "zh"))


def states(html) -> list[str]:
    return re.findall(r'<li class="(\w+)"', html.partition('class="outcomes"')[2].partition("</ul>")[0])


@pytest.fixture
def held(make_studio, tmp_path):
    """A shop in which nothing is embedded before `gate` is set."""
    gate = threading.Event()

    class Held(HashEmbedder):
        def embed(self, texts, kind):
            assert gate.wait(30)
            return super().embed(texts, kind)

    studio = make_studio(embedding=Held())
    (tmp_path / "uploads").mkdir()
    yield Workshop(studio, Desk(studio, Viewers()), tmp_path / "uploads"), studio, tmp_path / "uploads", gate
    gate.set()


def test_a_page_that_comes_back_sees_how_far_its_files_are(held):
    page, studio, uploads, gate = held
    collection = studio.knowledge.create_collection("maker", "c").id
    files = [put(uploads, f"{number}.md", f"# {number}\n\nPage {number}.".encode()) for number in range(3)]
    (screen,) = page.files(ask(files=files, place="knowledge", collection=collection))
    assert list(uploads.iterdir()) == []
    assert set(states(screen["workshop"])) <= {"waiting", "working"}
    assert "data-poll" in seen(page, collection)
    assert "being added: 3" in words(seen(page, "library"))
    assert "outcomes" not in seen(page, "library")
    gate.set()
    assert studio.knowledge.intake.settled(30)
    done = polled(page, collection)
    assert states(done) == ["done"] * 3
    assert "data-poll" not in done
    # What ended well is news until the next visit.
    assert "outcomes" not in seen(page, collection)


def test_files_are_stopped_tried_again_and_taken_off_the_list(held):
    page, studio, uploads, gate = held
    collection = studio.knowledge.create_collection("maker", "c").id
    files = [put(uploads, f"{number}.md", f"# {number}\n\nPage {number}.".encode()) for number in range(2)]
    list(page.files(ask(files=files, place="knowledge", collection=collection)))
    stopped = act(page, action="queue-cancel", collection=collection)
    assert states(stopped) == ["cancelled", "cancelled"]
    assert "stopped: 2" in words(stopped)
    gate.set()
    first, second = re.findall(r'data-action="queue-retry"[^>]*data-job="(\d+)"', stopped)
    act(page, action="queue-retry", collection=collection, job=first)
    assert studio.knowledge.intake.settled(30)
    html = act(page, action="queue-dismiss", collection=collection, job=second)
    assert states(html) == ["done"]
    assert "outcomes" not in act(page, action="queue-dismiss", collection=collection)
    assert "data-refused" in act(page, action="queue-cancel", collection="none")


def test_a_collection_that_goes_away_takes_its_queue_along(held):
    page, studio, uploads, gate = held
    collection = studio.knowledge.create_collection("maker", "c").id
    files = [put(uploads, f"{number}.md", f"# {number}\n\nPage {number}.".encode()) for number in range(3)]
    list(page.files(ask(files=files, place="knowledge", collection=collection)))
    studio.knowledge.delete_collection("maker", collection)
    gate.set()
    assert studio.knowledge.intake.settled(30)
    assert studio.knowledge.intake.counts("maker") == {}


def test_a_collection_of_another_embedder_is_offered_to_be_re_indexed(make_studio, tmp_path):
    class Other(HashEmbedder):
        def __init__(self):
            super().__init__(64)
            self.info = EmbedderInfo("other", 64, frozenset({"en", "zh"}), 256)

    first = make_studio()
    collection = first.knowledge.create_collection("maker", "c").id
    first.knowledge.add_records("maker", collection, [Record("Question", "Answer.")])
    first.close()
    studio = make_studio(embedding=Other())
    (tmp_path / "uploads").mkdir()
    page = Workshop(studio, Desk(studio, Viewers()), tmp_path / "uploads")
    html = seen(page, collection)
    assert "Its vectors come from the embedder “hash-384”" in words(html)
    assert "On this machine that takes about 1 s." in words(html)
    chinese = words(seen(page, collection, language="zh"))
    assert "重新索引" in chinese
    assert "在这台机器上大约需要 1 秒。" in chinese
    act(page, action="reindex", collection=collection)
    assert studio.knowledge.intake.settled(30)
    html = polled(page, collection)
    assert states(html) == ["done"]
    assert "Its vectors come from" not in words(html)


def test_a_note_about_an_act_outlives_the_news_of_files(shop):
    page, studio, uploads = shop
    collection = studio.knowledge.create_collection("maker", "c").id
    sent(page, studio, [put(uploads, "a.md", b"# a\n\nOne.")], collection)
    (document,) = studio.knowledge.documents("maker", collection)
    gone = act(page, action="remove", collection=collection, document=document.id)
    assert re.search(r'data-key="told" data-asked><p class="note"', gone)
    assert re.search(r'data-key="told" data-passing></div>', polled(page, collection))


@pytest.mark.parametrize("files", [None, "x", [None, 3, {}], [{"name": 1, "path": 2}]])
def test_made_up_files_are_none(shop, files):
    page, studio, _ = shop
    collection = studio.knowledge.create_collection("maker", "c").id
    (screen,) = page.files(ask(files=files, place="knowledge", collection=collection))
    assert "<li class" not in screen["workshop"].partition("outcomes")[2].partition("</ul>")[0]


def test_a_file_that_is_sent_twice_is_not_taken_away_from_the_second(shop):
    page, studio, uploads = shop
    collection = studio.knowledge.create_collection("maker", "c").id
    file = put(uploads, "a.md", b"# a\n\nOne.")
    list(page.files(ask(files=[file], place="knowledge", collection=collection)))
    # Gradio puts the same content in the same place.
    Path(file["path"]).parent.mkdir(exist_ok=True)
    Path(file["path"]).write_bytes(b"# a\n\nOne.")
    assert states(sent(page, studio, [file, file], collection))[0] in ("unchanged", "done")
    assert len(studio.knowledge.documents("maker", collection)) == 1
    assert list(uploads.iterdir()) == []


def test_a_name_of_a_file_in_a_folder_leads_nowhere(shop):
    page, studio, uploads = shop
    collection = studio.knowledge.create_collection("maker", "c").id
    file = put(uploads, "a.md", b"# a\n\nOne.") | {"name": "../../notes/./a.md"}
    assert "notes/a.md" in words(sent(page, studio, [file], collection))


def test_a_visitor_may_not_change_anything(shop):
    page, studio, uploads = shop
    (made,) = page.act(ask(action="create", title="Mine", identity=VISITOR))
    assert "data-refused" in made["workshop"]
    for action in ("open", "search", "rename", "delete-collection", "reader", "named", "more", "remove", "restore"):
        (refused,) = page.act(ask(action=action, collection="library", words="leave", passage="1", identity=VISITOR))
        assert words(refused["workshop"]) == "Only the owner of this page can open and add documents."
    for name in ("knowledge", "tools"):
        assert "<h1>Personas</h1>" in next(page.visit(ask(name, identity=VISITOR)))["workshop"]()
    file = put(uploads, "a.md", b"# x\n\ny")
    (sent,) = page.files(ask(files=[file], place="knowledge", collection="c", identity=VISITOR))
    assert "Only the owner" in words(sent["workshop"])
    assert "Mine" not in {collection.title for collection in studio.knowledge.collections("maker")}


def test_personas_and_tools_are_listed(shop):
    page, studio, _ = shop
    (personas,) = page.visit(ask("personas", language="zh"))
    assert "GG安慰侠" in personas["workshop"]()
    (tools,) = page.visit(ask("tools"))
    for tool in studio.tools.list():
        assert tool.titles["en"] in words(tools["workshop"]())
    assert "<h1>Knowledge</h1>" in next(iter(page.visit(ask("knowledge"))))["workshop"]()


def test_fifty_files_are_summed_up_and_those_that_failed_can_be_tried_again(shop):
    page, studio, uploads = shop
    collection = studio.knowledge.create_collection("maker", "c").id
    files = [put(uploads, f"{n:02}.md", b"" if n in (7, 30) else f"# {n}\n\nPage {n}.".encode()) for n in range(50)]
    end = sent(page, studio, files, collection)
    assert "added: 48 of 50 · not added: 2" in words(end)
    assert states(end)[:2] == ["failed", "failed"]
    assert len(re.findall(r'data-action="queue-retry"[^>]*data-job=', end)) == 2


def test_a_search_says_what_a_persona_would_be_given_and_why_not(shop):
    page, studio, uploads = shop
    collection = studio.knowledge.create_collection("maker", "c").id
    texts = ["# Penguins\n\nPenguins cannot fly but swim well.", "# Ferry\n\nThe ferry leaves at six in the morning."]
    sent(page, studio, [put(uploads, f"{n}.md", t.encode()) for n, t in enumerate(texts)], collection)
    found = act(page, action="search", collection=collection, words="can penguins swim")
    assert "a persona is given the passages above the line: 1." in words(found)
    assert "<mark>Penguins</mark> cannot fly but <mark>swim</mark> well." in found
    assert re.search(r"fit 0\.\d\d.*words 0\.\d\d", words(found))
    vain = act(page, action="search", collection=collection, words="quarterly revenue of the ferry company in Brazil")
    assert "a persona is given none of these: the best fits 0." in words(vain)
    assert "at least 0.25 is needed" in words(vain)
    assert "符合度只有" in words(
        act(page, language="zh", action="search", collection=collection, words="巴西的 ferry 季度收入报告")
    )


def test_a_search_says_why_and_what_became_of_what_one_misses(shop):
    page, studio, uploads = shop
    collection = studio.knowledge.create_collection("maker", "c").id
    texts = ["# Penguins\n\nPenguins cannot fly but swim well.", "# Ferry\n\nThe ferry leaves at six in the morning."]
    sent(page, studio, [put(uploads, f"{n}.md", t.encode()) for n, t in enumerate(texts)], collection)
    asked = {"collection": collection, "words": "can penguins swim"}
    found = words(act(page, action="search", **asked))
    assert "Why this? A persona is given it, in place 1." in found
    assert "words of the question in it: penguins, swim" in found
    assert re.search(r"meaning 1 0\.\d\d words 1 \d", found)
    missed = act(page, action="why", sought="ferry", **asked)
    assert 'value="ferry"' in missed
    ferry = words(missed).rpartition("Why not this?")[2]
    assert ferry.startswith(" Ferry")
    assert "Below the cut: it fits 0." in ferry
    assert "words of the question not in it: penguins, swim" in ferry
    assert "缺少问题中的：penguins、swim" in words(act(page, language="zh", action="why", sought="leaves at six", **asked))
    assert "holds these words" in words(act(page, action="why", sought="volcano", **asked)) or ferry
    assert "data-refused" in act(page, action="why", sought="x", collection="none", words="x")


def test_a_collection_is_renamed_deleted_and_brought_back_with_its_readers(shop):
    page, studio, _ = shop
    collection = studio.knowledge.create_collection("maker", "Old").id
    assert "<bdi>New</bdi>" in act(page, action="rename", collection=collection, title="New")
    assert "data-refused" in act(page, action="rename", collection=collection, title="  ")
    act(page, action="reader", of=collection, by="gg", on=True)
    act(page, action="reader", of=collection, by="gg", on=True)
    assert studio.personas.get("maker", "gg").document.collections[-1] == collection
    assert "GG安慰侠 会查阅" in words(act(page, language="zh", action="open", collection=collection))
    deleted = act(page, action="delete-collection", collection=collection)
    assert "Deleted the collection “New”." in words(deleted)
    assert collection not in studio.personas.get("maker", "gg").document.collections
    assert studio.agent("gg")
    readers = re.search(r'data-personas="([^"]*)"', deleted)[1]
    assert readers == "gg"
    assert "“New” is back." in words(act(page, action="restore-collection", collection=collection, personas=readers))
    assert collection in studio.personas.get("maker", "gg").document.collections
    act(page, action="reader", of=collection, by="gg", on=False)
    assert collection not in studio.personas.get("maker", "gg").document.collections
    assert "data-refused" in act(page, action="reader", of=collection, by="nobody", on=True)


def test_many_documents_are_shown_a_hundred_at_a_time(shop, tmp_path):
    page, studio, _ = shop
    collection = studio.knowledge.create_collection("maker", "c").id
    for number in range(130):
        studio.knowledge.add_records(
            "maker", collection, [Record(f"Question {number}", f"Answer {number}.")], f"paper {number:03}"
        )
    shown = seen(page, collection)
    assert len(re.findall(r'data-action="remove"', shown)) == 100
    assert "Show more (30 left)" in words(shown)
    more = act(page, action="more", collection=collection, shown="100")
    assert len(re.findall(r'data-action="remove"', more)) == 130
    named = act(page, action="named", collection=collection, named="paper 12")
    assert len(re.findall(r'data-action="remove"', named)) == 10
    assert "No document is named like “xyz”." in words(act(page, action="named", collection=collection, named="xyz"))


def test_a_long_document_is_read_in_parts_with_its_passages(shop, tmp_path):
    page, studio, _ = shop
    collection = studio.knowledge.create_collection("maker", "c").id
    records = [Record(f"Question {number}", f"Answer number {number}.") for number in range(250)]
    document = studio.knowledge.add_records("maker", collection, records, "Questions").document
    passages = studio.knowledge.passages("maker", document)
    first = seen(page, f"{collection}/{document}")
    assert "passages 1 to 100 of 250" in words(first)
    assert "each of its 250 records is a passage" in words(first)
    assert "Answer number 99." in first
    assert "Answer number 100." not in first
    middle = seen(page, f"{collection}/{document}/{passages[142].id}")
    assert "passages 101 to 200 of 250" in words(middle)
    assert "<mark>Answer number 142.</mark>" in middle
    assert middle.count('aria-current="true"') == 2  # the collection and the passage


def test_a_web_page_is_added_by_its_address_and_shown_with_a_link(make_studio, tmp_path):
    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write("<title>Tides &amp; times</title><p>潮水最高。</p>".encode())

        def log_message(self, *arguments):
            pass

    studio = make_studio(offline=False)
    (tmp_path / "uploads").mkdir()
    page = Workshop(studio, Desk(studio, Viewers()), tmp_path / "uploads")
    collection = studio.knowledge.create_collection("maker", "c").id
    assert "or the address of a web page" in seen(page, collection)
    assert "或输入网页的网址" in seen(page, collection, language="zh")
    with serving(Site) as server:
        address = f"http://127.0.0.1:{server.server_address[1]}/tides?a=1&b=2"
        assert "data-queued" in act(page, action="page", collection=collection, address=address)
        assert studio.knowledge.intake.settled(30)
    html = polled(page, collection)
    assert states(html) == ["done"]
    shown = address.replace("&", "&amp;")
    link = f'<a class="address" href="{shown}" target="_blank" rel="noopener noreferrer nofollow"><bdi>{shown}</bdi></a>'
    assert link in html
    (document,) = studio.knowledge.documents("maker", collection)
    assert link in seen(page, f"{collection}/{document.id}")
    for wrong in ("not an address", "", "javascript:alert(1)", "ftp://example.org/x"):
        assert "data-refused" in act(page, action="page", collection=collection, address=wrong)
    assert "data-refused" in act(page, action="page", collection="none", address=address)
    assert "--offline" not in html


def test_offline_a_web_page_is_refused_in_a_sentence_and_can_be_tried_again(shop):
    page, studio, _ = shop
    collection = studio.knowledge.create_collection("maker", "c").id
    act(page, action="page", collection=collection, address="example.org/a")
    assert studio.knowledge.intake.settled(30)
    html = polled(page, collection, "zh")
    assert "--offline" in words(html)
    assert 'data-action="queue-retry"' in html
    assert 'data-do="retry-file"' not in html


def test_a_file_of_an_archive_is_counted_by_itself_and_sends_nobody_to_choose_it(shop):
    page, studio, uploads = shop
    collection = studio.knowledge.create_collection("maker", "c").id
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.md", "# A\n\nThe first.")
        archive.writestr("empty.txt", "")
    html = sent(page, studio, [put(uploads, "all.zip", packed.getvalue())], collection)
    assert "added: 1 of 2 · not added: 1" in words(html)
    assert states(html) == ["failed", "done", "done"]
    assert 'data-do="retry-file"' not in html
    assert 'data-action="queue-retry"' not in html
    assert "outcomes" not in act(page, action="queue-dismiss", collection=collection)
    unsent = sent(page, studio, [{"name": "huge.pdf", "path": "", "bytes": 200_000_000}], collection)
    assert 'data-do="retry-file"' in unsent


def test_files_that_were_chosen_together_are_one_list(shop):
    page, studio, uploads = shop
    collection = studio.knowledge.create_collection("maker", "c").id
    for number, further in ((1, False), (2, True)):
        file = put(uploads, f"{number}.md", f"# {number}\n\nPage {number}.".encode())
        list(page.files(ask(files=[file], place="knowledge", collection=collection, further=further)))
        assert studio.knowledge.intake.settled(30)
    assert "added: 2 of 2" in words(polled(page, collection))
    assert "added: 1 of 1" in words(sent(page, studio, [put(uploads, "3.md", b"# 3\n\nPage 3.")], collection))


def test_what_was_removed_can_be_deleted_for_good_at_once(shop):
    page, studio, uploads = shop
    knowledge = studio.knowledge
    collection = knowledge.create_collection("maker", "c").id
    sent(page, studio, [put(uploads, "a.md", b"# a\n\nOne.")], collection)
    (document,) = knowledge.documents("maker", collection)
    removed = act(page, action="remove", collection=collection, document=document.id)
    assert f'data-action="delete" data-collection="{collection}" data-document="{document.id}"' in removed
    gone = act(page, action="delete", collection=collection, document=document.id)
    assert "Deleted for good" in words(gone)
    assert "data-refused" in act(page, action="restore", collection=collection, document=document.id)
    deleted = act(page, action="delete-collection", collection=collection, language="zh")
    assert 'data-action="delete-removed"' in deleted
    assert "彻底删除" in words(deleted)
    assert "已彻底删除" in words(act(page, action="delete-removed", collection=collection, language="zh"))
    assert "data-refused" in act(page, action="restore-collection", collection=collection)
