"""The knowledge page: files as they come, a document beside its passages, a search that says why, and undo."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Hearth, visit
from tests.browser.test_journeys import attach, new_collection


@pytest.fixture
def manual(tmp_path: Path) -> Path:
    """A document of forty chapters."""
    path = tmp_path / "manual.md"
    chapters = (f"## Chapter {n}\n\nValve number {n} is closed by turning the wheel {n} times." for n in range(1, 41))
    path.write_text("# Valves\n\n" + "\n\n".join(chapters), "utf-8")
    return path


def test_three_files_are_added_one_of_them_fails_and_is_tried_again(page: Page, tmp_path: Path, manual: Path) -> None:
    empty, note = tmp_path / "empty.txt", tmp_path / "note.md"
    empty.write_bytes(b"")
    note.write_text("# Note\n\nThe keeper has the key.", "utf-8")
    new_collection(page, "Boiler room")
    attach(page, ".drop", [manual, empty, note])
    expect(page.locator(".outcomes .done")).to_have_count(2)
    expect(page.locator(".arrivals .progress")).to_contain_text("added: 2 of 3 · not added: 1")
    failed = page.locator(".outcomes .failed")
    expect(failed).to_contain_text("there is nothing to read in it")
    expect(page.locator(".documents li")).to_have_count(2)
    failed.get_by_role("button", name="Try again", exact=True).click()
    expect(failed).to_contain_text("there is nothing to read in it")
    page.reload()
    expect(page.locator(".outcomes li")).to_have_count(1)
    expect(failed).to_contain_text("empty.txt")
    failed.get_by_role("button", name="Take this line away").click()
    expect(page.locator(".arrivals")).to_have_count(0)
    page.click('.documents li:has-text("Note") [data-action="remove"]')
    expect(page.locator(".documents li")).to_have_count(1)
    page.click('.outcome-place [data-action="restore"]')
    expect(page.locator(".documents li")).to_have_count(2)


def test_a_document_stands_beside_its_passages_and_a_reload_comes_back_to_it(page: Page, manual: Path) -> None:
    new_collection(page, "Valves")
    attach(page, ".drop", [manual])
    page.click(".documents li a")
    expect(page.locator(".passages li")).to_have_count(40)
    expect(page.locator(".thing-head")).to_contain_text("into 40 passages")
    page.click(".passages a:has-text('Valve number 33')")
    marked = page.locator(".document mark")
    expect(marked).to_have_text("Valve number 33 is closed by turning the wheel 33 times.")
    expect(marked).to_be_in_viewport()
    assert re.search(r"id=c-\w+%2F\w+%2F\d+", page.url)
    page.reload()
    expect(marked).to_contain_text("Valve number 33")
    page.set_viewport_size({"width": 390, "height": 780})
    text, passages = page.locator(".document").bounding_box(), page.locator(".passages").bounding_box()
    assert text is not None
    assert passages is not None
    assert passages["y"] >= text["y"] + text["height"]
    assert page.evaluate("document.querySelector('#workshop').scrollWidth <= innerWidth")
    page.go_back()
    expect(page.locator(".document mark")).to_have_count(0)


def test_a_search_shows_scores_words_and_why_nothing_would_be_given(page: Page, manual: Path) -> None:
    new_collection(page, "Wheels")
    attach(page, ".drop", [manual])
    expect(page.locator(".outcomes .done")).to_have_count(1)
    page.fill(".finder >> nth=0 >> input", "how is valve number 7 closed")
    page.keyboard.press("Enter")
    best = page.locator(".result").first
    expect(best).to_contain_text("Valve number 7 is closed")
    expect(best.locator("mark").first).to_have_text("Valve")
    expect(best.locator(".scores")).to_contain_text(re.compile(r"fit [01]\.\d\d.*words 0\.\d\d"))
    expect(page.locator(".verdict")).to_contain_text("a persona is given all of these passages: 8")
    page.fill(".finder >> nth=0 >> input", "the annual rainfall of Portugal in closed tables")
    page.keyboard.press("Enter")
    expect(page.locator(".verdict")).to_contain_text("a persona is given none of these")


def test_what_was_searched_for_and_typed_stays_while_files_are_added(page: Page, tmp_path: Path, manual: Path) -> None:
    more = [tmp_path / f"more-{n}.md" for n in range(24)]
    for n, path in enumerate(more):
        path.write_text(f"# More {n}\n\nBoiler {n} is lit from the left.", "utf-8")
    new_collection(page, "Stokers")
    attach(page, ".drop", [manual])
    expect(page.locator(".outcomes .done")).to_have_count(1)
    page.click("details.about:not(.cuts) > summary")
    attach(page, ".drop", more)
    page.wait_for_selector(".outcomes li:nth-child(24)")
    page.fill("details.about:not(.cuts) input[name=title]", "Stokers of the night")
    page.fill(".finder >> nth=0 >> input", "how is valve number 7 closed")
    page.keyboard.press("Enter")
    expect(page.locator(".result").first).to_contain_text("Valve number 7 is closed")
    expect(page.locator(".documents li")).to_have_count(25)
    expect(page.locator(".result").first).to_contain_text("Valve number 7 is closed")
    expect(page.locator("details.about:not(.cuts) input[name=title]")).to_have_value("Stokers of the night")


def test_a_collection_gets_a_reader_a_name_and_goes_and_comes_back(context: BrowserContext, hearth: Hearth, page: Page) -> None:
    new_collection(page, "Tide tables")
    page.click("details.about:not(.cuts) > summary")
    page.click(".uses label:has-text('Model Guide')")
    expect(page.locator(".thing-head")).to_contain_text("read by Model Guide")
    expect(page.locator("details.about:not(.cuts)")).to_have_attribute("open", "")
    page.fill("details.about:not(.cuts) input[name=title]", "Tides of the harbour")
    page.click("details.about:not(.cuts) button[type=submit]")
    expect(page.locator(".pick [aria-current]")).to_contain_text("Tides of the harbour")
    page.click('[data-action="delete-collection"]')
    expect(page.locator(".pick")).not_to_contain_text("Tides of the harbour")
    page.click('.outcome-place [data-action="restore-collection"]')
    expect(page.locator(".thing-head")).to_contain_text("read by Model Guide")
    other = visit(context, page.url)
    expect(other.locator(".thing-head h2")).to_have_text("Tides of the harbour")
    other.click("details.about:not(.cuts) > summary")
    other.click(".uses label:has-text('Model Guide')")
    expect(other.locator(".thing-head")).to_contain_text("no persona reads it yet")


def test_the_address_of_a_web_page_is_typed_beside_the_files(page: Page) -> None:
    new_collection(page, "Harbour pages")
    line = page.get_by_label("or the address of a web page")
    page.focus(".drop")
    page.keyboard.press("Tab")
    expect(line).to_be_focused()
    page.keyboard.type("ftp://harbour.example/tides")
    page.keyboard.press("Enter")
    expect(page.locator(".outcome-place")).to_contain_text("give an http or https address")
    expect(line).to_have_value("ftp://harbour.example/tides")
    line.fill("Harbour.example/tides#noon")
    page.keyboard.press("Enter")
    # The Hearth of these tests is offline, which is said, and the page can be tried again.
    failed = page.locator(".outcomes .failed")
    expect(failed).to_contain_text("https://harbour.example/tides")
    expect(failed).to_contain_text("--offline")
    expect(line).to_have_value("")
    failed.get_by_role("button", name="Try again", exact=True).click()
    expect(failed).to_contain_text("--offline")
    page.set_viewport_size({"width": 390, "height": 780})
    assert page.evaluate("document.querySelector('#workshop').scrollWidth <= innerWidth")
    button = page.locator(".page-address button").bounding_box()
    assert button is not None
    assert button["height"] >= 40
