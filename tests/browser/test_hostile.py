"""Hostile words in every place a browser could take for more than words: nothing runs, nothing foreign is asked for.

`tests/ui` judges the HTML of each; here they go through the whole app into a real page at once.
"""

import json
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import Hearth, visit
from tests.browser.test_journeys import attach, idle, say, talk_to
from tests.ui.conftest import HOSTILE

# Each text says which one it was, so that a failure names it.
ARMED = [text.replace("alert(1)", f"alert({number})") for number, text in enumerate(HOSTILE)]


def armed(context: BrowserContext, hearth: Hearth) -> tuple[Page, list[str]]:
    """A page that tells of every dialog, script error and foreign request."""
    told: list[str] = []
    page = visit(context, hearth.url)
    page.on("dialog", lambda dialog: (told.append(f"dialog {dialog.message}"), dialog.dismiss()))

    def foreign(route: Route) -> None:
        told.append(f"request {route.request.url}")
        route.abort()

    page.route(lambda address: not address.startswith((hearth.url, "data:", "blob:")), foreign)
    return page, told


def prod(page: Page) -> None:
    """Do to the page what a hostile text waits for: open, hover, focus."""
    page.evaluate(
        """() => { for (const e of document.querySelectorAll('#house details')) e.open = true;
            for (const e of document.querySelectorAll('#house *')) {
                e.dispatchEvent(new MouseEvent('mouseover', {bubbles: true})); e.dispatchEvent(new FocusEvent('focus')); } }"""
    )
    page.wait_for_timeout(300)


def test_a_conversation_of_hostile_words(context: BrowserContext, hearth: Hearth, tmp_path: Path) -> None:
    passage = {"id": 1, "collection": "c", "document": "d", "heading": ARMED[1], "page": 1, "start": 0, "end": 3}
    messages = []
    for text in ARMED:
        hit = {"passage": {**passage, "title": text, "text": text}, "score": 0.5, "dense": None, "lexical": None}
        call = {"id": "k", "name": text, "arguments": {text: text}}
        result = {"call_id": "k", "name": text, "text": text, "failed": False}
        messages += [
            {"role": "user", "text": text},
            {"role": "assistant", "text": "", "thinking": text, "calls": [call]},
            {"role": "tool", "text": text, "result": result},
            {"role": "assistant", "text": text + "\n\n[1]", "sources": [hit]},
        ]
    document = {"hearth_conversation": 1, "persona": ARMED[0], "title": ARMED[1], "created": "", "messages": messages}
    file = tmp_path / "x.json"
    file.write_text(json.dumps(document), "utf-8")
    page, told = armed(context, hearth)
    page.set_input_files("#choose-import", file)
    page.click("#sidebar li a:has-text('onerror')")
    expect(page.locator("#talk .bubble")).to_have_count(len(ARMED))
    prod(page)
    page.click("#talk .cited button >> nth=0")
    page.wait_for_timeout(300)
    prod(page)
    assert told == []
    assert page.locator("#talk script, #talk iframe, #talk svg, #talk style, #talk object, #talk form").count() == 0
    assert page.locator('#talk img:not([src^="data:image/"])').count() == 0


def test_a_model_that_writes_hostile_words(context: BrowserContext, hearth: Hearth) -> None:
    page, told = armed(context, hearth)
    talk_to(page, "model-guide")
    say(page, "echo:" + "\n\n".join(text for text in ARMED if not text.startswith('```"')))
    idle(page)
    assert "alert(0)" in page.inner_text("#talk .text")
    prod(page)
    assert told == []


def test_documents_with_hostile_names_and_words(context: BrowserContext, hearth: Hearth, tmp_path: Path) -> None:
    page, told = armed(context, hearth)
    page.click('nav [data-page="knowledge"]')
    page.fill(".make input", ARMED[1])
    page.click(".make button")
    page.wait_for_selector(".pick [aria-current] :text('onerror')")
    names = ["<img src=x onerror=alert(100)>.md", '"><svg onload=alert(101)>.txt', "\u202egpj.exe.md", "${alert(102)}.md"]
    files = []
    for name in names:
        file = tmp_path / name.replace("/", "_")
        file.write_text(f"# {ARMED[1]}\n\n" + "\n\n".join(text for text in ARMED if "\0" not in text), "utf-8")
        files.append(file)
    attach(page, ".drop", files)
    expect(page.locator(".outcomes :is(.done, .failed, .unchanged)")).to_have_count(len(names), timeout=30_000)
    prod(page)
    page.fill(".finder input", ARMED[1])
    page.click(".finder button")
    page.wait_for_selector(".result, #workshop [role=status].empty")
    prod(page)
    page.click(".documents li a >> nth=0")
    page.wait_for_selector("#workshop .document")
    prod(page)
    assert told == []
