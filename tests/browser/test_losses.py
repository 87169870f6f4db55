"""Nothing is lost: a kill in the middle of an upload, a persona without its parts, a server that goes away."""

import re
import signal
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Page, expect

from common.database import Database
from knowledge.base import Knowledge
from personas.store import PersonaStore
from retrieval.embedding import HashEmbedder
from tests.browser.conftest import Hearth
from tests.browser.test_journeys import attach, idle, new_collection, say, talk_to

BACK = 30_000  # milliseconds for the app to start again, and for the page to notice


def test_a_kill_in_the_middle_of_an_upload_loses_and_halves_nothing(own: Hearth, page: Page, tmp_path: Path) -> None:
    words = "More words follow here. " * 60
    files = []
    for number in range(40):
        files.append(tmp_path / f"book-{number:02}.md")
        chapters = (f"## Chapter {part}\n\nSentence {part} of book {number}. {words}" for part in range(60))
        files[-1].write_text(f"# Book {number}\n\n" + "\n\n".join(chapters), "utf-8")
    new_collection(page, "Books")
    attach(page, ".drop", files)
    expect(page.locator(".outcomes .done").first).to_be_visible(timeout=BACK)
    done = page.locator(".outcomes .done").count()
    own.stop(signal.SIGKILL)
    kept = whole_documents(own.data, "Books")
    assert done <= len(kept) < len(files)
    # What was taken is added without anybody's doing, and the page that comes back sees it.
    own.start()
    expect(page.locator(".documents li")).to_have_count(len(files), timeout=2 * BACK)
    expect(page.locator(".outcomes .failed")).to_have_count(0)
    page.fill(".finder input", "Sentence 7 of book 0.")
    page.click(".finder button")
    expect(page.locator(".result").first).to_contain_text("Sentence 7 of book 0.")
    own.stop(signal.SIGTERM)
    assert len(whole_documents(own.data, "Books")) == len(files)
    own.start()


def whole_documents(data: Path, collection: str) -> list[str]:
    """The names of the documents of a collection, after a look at every passage."""
    database = Database(data / "hearth.db")
    knowledge = Knowledge(database, data, HashEmbedder())
    try:
        assert knowledge.check().problems == ()
        made = next(each.id for each in knowledge.collections("maker") if each.title == collection)
        for document in knowledge.documents("maker", made):
            text = knowledge.text("maker", document.id)
            passages = knowledge.passages("maker", document.id)
            assert len(passages) == document.passages > 0
            assert all(text[passage.start : passage.end] == passage.text for passage in passages)
        return [document.name for document in knowledge.documents("maker", made)]
    finally:
        knowledge.close()
        database.close()


def broken_personas(data: Path) -> None:
    """Three personas, each naming something that is not there."""
    data.mkdir()
    database = Database(data / "hearth.db")
    store = PersonaStore(database)
    changes = {"model": "hf:no/such", "tools": ["teleport"], "collections": ["atlantis"]}
    for field, missing in changes.items():
        document = store.get("maker", "gg").document.model_dump(mode="json")
        document |= {field: missing, "id": f"no-{field}", "title": {"en": f"Without {field}", "zh": f"缺少 {field}"}}
        store.import_yaml("maker", yaml.safe_dump(document, allow_unicode=True))
    database.close()


@pytest.mark.parametrize("prepare", [broken_personas])
def test_a_persona_with_missing_parts_names_them_and_keeps_the_message(own: Hearth, page: Page) -> None:
    named = {
        "model": ("The model 'hf:no/such' is not the one in use", "现在用的不是模型 'hf:no/such'"),
        "tools": ("The tool 'teleport' is not there", "找不到工具 'teleport'"),
        "collections": ("The collection 'atlantis' is not there", "找不到资料库 'atlantis'"),
    }
    for language in (0, 1):
        for field, sentences in named.items():
            talk_to(page, f"no-{field}")
            say(page, f"hello without {field}")
            expect(page.locator("#notice")).to_contain_text(sentences[language])
            assert page.input_value("#composer textarea") == f"hello without {field}"
        page.click('[data-do="language"]')
        expect(page.locator("nav")).to_contain_text("对话" if language == 0 else "Chat")
    expect(page.locator("#sidebar li")).to_have_count(0)
    talk_to(page, "gg")
    say(page, "count to 3")
    page.wait_for_selector("#talk :text('n1 n2 n3 end.')")


def test_a_server_that_goes_away_is_said_and_the_message_kept(own: Hearth, page: Page) -> None:
    talk_to(page, "gg")
    say(page, "count to 3")
    idle(page)
    own.stop(signal.SIGKILL)
    say(page, "are you still there")
    expect(page.locator("#lost")).to_have_text(re.compile("cannot be reached"), timeout=BACK)
    page.locator("nav a").first.click(trial=True)  # nothing lies over it
    own.start()
    expect(page.locator("#lost")).to_be_hidden(timeout=BACK)
    page.wait_for_selector("#talk :text('n1 n2 n3 end.')")
    assert page.input_value("#composer textarea") == "are you still there"
    page.focus("#composer textarea")
    page.keyboard.press("Enter")
    page.wait_for_selector("#talk .bubble:has-text('are you still there')")
