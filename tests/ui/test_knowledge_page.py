"""The workshop: collections, files people add, documents, and the pages that list."""

import re

import pytest

from assistant.access import MAKER, Identity
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
    screens = list(page.files(ask(files=files, place="knowledge", collection=collection)))
    assert "leave.md reading…" in words(screens[0]["workshop"])
    end = screens[-1]["workshop"]
    assert re.findall(r'<li class="(done|failed)"', end) == ["done", "failed"]
    assert "added · passages: 1" in words(end)
    assert "empty.txt is empty: there is nothing to read in it" in words(end)
    assert list(uploads.iterdir()) == []
    found = act(page, action="search", collection=collection, words="带薪年假")
    assert "每年有十天带薪年假" in found
    passage = re.search(r'data-action="passage"[^>]* data-passage="(\d+)"', found)[1]
    assert "<mark>" in act(page, action="passage", collection=collection, passage=passage)
    (document,) = studio.knowledge.documents("maker", collection)
    assert "每年有十天" in act(page, action="read", collection=collection, document=document.id)
    assert "This collection is empty" in act(page, action="remove", collection=collection, document=document.id)


def test_what_goes_wrong_is_said_on_the_page(shop):
    page, _, _ = shop
    assert "data-refused" in act(page, action="read", collection="none", document="none")
    assert "data-refused" in act(page, action="passage", collection="none", passage="99999")
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
    *_, end = page.files(ask(files=files, place="knowledge", collection=collection))
    assert end["workshop"].count('<li class="failed"') == len(paths)
    assert secret.read_text() == "the token"
    assert studio.knowledge.documents("maker", collection) == []


def test_a_file_too_large_to_send_is_told_so(shop):
    page, studio, _ = shop
    collection = studio.knowledge.create_collection("maker", "c").id
    files = [{"name": "huge.pdf", "path": "", "bytes": 200_000_000}]
    *_, end = page.files(ask(files=files, place="knowledge", collection=collection, language="zh"))
    assert "200 MB" in words(end["workshop"])


def states(screen) -> list[str]:
    return re.findall(r'<li class="(\w+)"', screen["workshop"].partition('class="outcomes"')[2].partition("</ul>")[0])


def test_each_file_is_told_of_as_its_outcome_comes(shop):
    page, studio, uploads = shop
    collection = studio.knowledge.create_collection("maker", "c").id
    files = [put(uploads, f"{number}.md", f"# {number}\n\nPage {number}.".encode()) for number in range(3)]
    files.insert(1, {"name": "huge.pdf", "path": "", "bytes": 200_000_000})
    files.append(files[0])  # the same file, chosen twice
    shown = [states(screen) for screen in page.files(ask(files=files, place="knowledge", collection=collection))]
    assert shown == [
        ["working", "failed", "waiting", "waiting", "waiting"],
        ["done", "failed", "working", "waiting", "waiting"],
        ["done", "failed", "done", "working", "waiting"],
        ["done", "failed", "done", "done", "working"],
        ["done", "failed", "done", "done", "unchanged"],
    ]
    assert list(uploads.iterdir()) == []


def test_a_collection_that_goes_away_meanwhile_ends_in_sentences(shop):
    page, studio, uploads = shop
    collection = studio.knowledge.create_collection("maker", "c").id
    files = [put(uploads, f"{number}.md", f"# {number}\n\nPage {number}.".encode()) for number in range(3)]
    screens = page.files(ask(files=files, place="knowledge", collection=collection))
    assert [states(next(screens)) for _ in range(2)][-1] == ["done", "working", "waiting"]
    studio.knowledge.delete_collection("maker", collection)
    *_, end = screens
    assert states(end) == ["done", "failed", "failed"]
    assert words(end["workshop"]).count("There is no collection ") == 2
    assert list(uploads.iterdir()) == []


def test_a_page_that_goes_away_leaves_no_uploads(shop):
    page, studio, uploads = shop
    collection = studio.knowledge.create_collection("maker", "c").id
    screens = page.files(ask(files=[put(uploads, "a.md", b"# a")], place="knowledge", collection=collection))
    next(screens)
    screens.close()
    assert list(uploads.iterdir()) == []


@pytest.mark.parametrize("files", [None, "x", [None, 3, {}], [{"name": 1, "path": 2}]])
def test_made_up_files_are_none(shop, files):
    page, studio, _ = shop
    collection = studio.knowledge.create_collection("maker", "c").id
    (screen,) = page.files(ask(files=files, place="knowledge", collection=collection))
    assert "<li class" not in screen["workshop"].partition("outcomes")[2].partition("</ul>")[0]


def test_a_visitor_may_not_change_anything(shop):
    page, studio, uploads = shop
    (made,) = page.act(ask(action="create", title="Mine", identity=VISITOR))
    assert "data-refused" in made["workshop"]
    for action in ("open", "search", "read", "passage", "remove"):
        (refused,) = page.act(ask(action=action, collection="library", words="leave", passage="1", identity=VISITOR))
        assert words(refused["workshop"]) == "Only the owner of this page can open and add documents."
    for name in ("knowledge", "tools"):
        assert "<h1>Personas</h1>" in next(page.visit(ask(name, identity=VISITOR)))["workshop"]
    file = put(uploads, "a.md", b"# x\n\ny")
    (sent,) = page.files(ask(files=[file], place="knowledge", collection="c", identity=VISITOR))
    assert "Only the owner" in words(sent["workshop"])
    assert "Mine" not in {collection.title for collection in studio.knowledge.collections("maker")}


def test_personas_and_tools_are_listed(shop):
    page, studio, _ = shop
    (personas,) = page.visit(ask("personas", language="zh"))
    assert "GG安慰侠" in personas["workshop"]
    (tools,) = page.visit(ask("tools"))
    for tool in studio.tools.list():
        assert tool.titles["en"] in words(tools["workshop"])
    assert "<h1>Knowledge</h1>" in next(iter(page.visit(ask("knowledge"))))["workshop"]
