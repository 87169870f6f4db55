"""A document under another title or in another collection, and a collection as a file, on the knowledge page."""

import re

import pytest

from assistant.access import MAKER
from knowledge.parcel import SUFFIX
from tests.ui.test_knowledge_page import VISITOR, act, ask, put, seen, shop, words

assert shop  # the fixture


@pytest.fixture
def leave(shop, tmp_path):
    """The page with the collections "docs" and "more", and the id of a document in the first."""
    page, studio, uploads = shop
    studio.knowledge.create_collection(MAKER.owner, "Documents", "docs")
    studio.knowledge.create_collection(MAKER.owner, "More <b>", "more")
    file = tmp_path / "leave.md"
    file.write_text("# Leave\n\nFifteen days of annual leave.")
    return page, studio, uploads, studio.knowledge.add(MAKER.owner, "docs", file).document


def took(page, files, **data):
    return [screen["workshop"] for screen in page.files(ask(files=files, **data))]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_document_is_renamed_and_named_back(leave, language):
    page, studio, _, document = leave
    html = seen(page, f"docs/{document}", language=language)
    assert re.search(r'name="title" value="Leave"', html)
    html = act(page, action="retitle", collection="docs", document=document, title="Rules of <leave>", language=language)
    assert "Rules of &lt;leave&gt;" in html
    assert studio.knowledge.document(MAKER.owner, document)[1].title == "Rules of <leave>"
    (back,) = re.findall(r'data-action="retitle"[^>]*data-title="([^"]*)"', html)
    act(page, action="retitle", collection="docs", document=document, title=back)
    assert studio.knowledge.document(MAKER.owner, document)[1].title == "Leave"
    refused = act(page, action="retitle", collection="docs", document=document, title="  ", language=language)
    assert ("data-refused") in refused


def test_a_document_is_moved_and_moved_back(leave):
    page, studio, _, document = leave
    html = seen(page, f"docs/{document}")
    assert re.search(r'<option value="more"[^>]*>More &lt;b&gt;</option>', html)
    assert '<option value="docs"' not in html
    html = act(page, action="move", collection="docs", document=document, to="more")
    assert "“Leave” is now in “More &lt;b&gt;”." in html
    assert f'data-here="more/{document}"' in html
    assert re.search(rf'data-action="move"[^>]*data-collection="more"[^>]*data-document="{document}"[^>]*data-to="docs"', html)
    assert studio.knowledge.document(MAKER.owner, document)[0] == "more"
    act(page, action="move", collection="more", document=document, to="docs")
    assert studio.knowledge.document(MAKER.owner, document)[0] == "docs"
    assert "data-refused" in act(page, action="move", collection="docs", document=document, to="nowhere")


def test_a_document_of_the_only_collection_cannot_be_moved(shop, tmp_path):
    page, studio, _ = shop
    for each in studio.knowledge.collections(MAKER.owner):
        studio.knowledge.delete_collection(MAKER.owner, each.id)
    studio.knowledge.create_collection(MAKER.owner, "Documents", "docs")
    file = tmp_path / "a.md"
    file.write_text("# A\n\nText.")
    document = studio.knowledge.add(MAKER.owner, "docs", file).document
    assert 'data-action="move"' not in seen(page, f"docs/{document}")


def test_a_collection_is_downloaded_and_comes_back_from_its_file(leave, tmp_path):
    page, studio, uploads, _ = leave
    assert 'data-action="export"' in seen(page, "docs")
    (screen,) = page.act(ask(action="export", collection="docs"))
    assert screen["download"] == '<a data-name="" href="collection?id=docs"></a>'
    assert "“Documents” is on its way" in screen["workshop"]
    studio.knowledge.exporting(MAKER.owner, "docs", tmp_path / "out.zip")
    content = (tmp_path / "out.zip").read_bytes()
    before = {each.id for each in studio.knowledge.collections(MAKER.owner)}
    last = took(page, [put(uploads, "copy.zip", content)], place="collection-file")[-1]
    (came,) = {each.id for each in studio.knowledge.collections(MAKER.owner)} - before
    assert "“Documents” is here · documents: 1" in words(last)
    assert f'data-here="{came}"' in last
    dropped = took(page, [put(uploads, f"again{SUFFIX}", content)], place="knowledge", collection="docs")[-1]
    assert "is here" in words(dropped)
    assert len(studio.knowledge.documents(MAKER.owner, "docs")) == 1
    assert not list(uploads.iterdir())


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "no collection exported by Hearth"), ("zh", "不是 Hearth 导出的资料库")]
)
def test_a_file_that_is_no_collection_is_said_and_changes_nothing(leave, language, sentence):
    page, studio, uploads, _ = leave
    before = studio.knowledge.collections(MAKER.owner)
    files = [put(uploads, "a.zip", b"no zip"), {"name": "big.zip", "path": "", "bytes": 300_000_000}]
    html = took(page, files, place="collection-file", language=language)[-1]
    assert sentence in html
    assert "python -m knowledge load" in html
    assert html.count("data-refused") == 2
    assert studio.knowledge.collections(MAKER.owner) == before


def test_a_visitor_moves_sends_and_takes_nothing(leave):
    page, studio, uploads, document = leave
    before = studio.knowledge.collections(MAKER.owner)
    for data in (
        {"action": "move", "document": document, "to": "more"},
        {"action": "retitle", "document": document, "title": "Mine"},
        {"action": "export", "collection": "docs"},
    ):
        (screen,) = page.act(ask(identity=VISITOR, **data))
        assert "download" not in screen
    list(page.files(ask(identity=VISITOR, files=[put(uploads, f"x{SUFFIX}", b"x")], place="collection-file")))
    assert studio.knowledge.collections(MAKER.owner) == before
    assert studio.knowledge.document(MAKER.owner, document)[1].title == "Leave"
