"""A search narrowed by a label on the page, at a desk's width and a phone's."""

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.test_journeys import attach, new_collection


def test_a_corpus_is_dropped_and_its_search_narrowed(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "faq.jsonl"
    lines = [{"question": f"How is account {n} reset?", "answer": f"Desk {n} does.", "team": f"Team {n % 3}"} for n in range(12)]
    path.write_text("\n".join([*map(json.dumps, lines), "oops"]), "utf-8")
    new_collection(page, "Help desk")
    attach(page, ".drop", [path])
    done = page.locator(".outcomes .done")
    done.locator("summary").click()
    expect(done.locator(".left-out li")).to_have_text("13 it is not a JSON object")
    page.click(".filters > summary")
    page.click(".filter-chip:has-text('Team 1')")
    page.fill(".finder input[name=words]", "account reset")
    page.keyboard.press("Enter")
    expect(page.locator(".result")).to_have_count(4)
    expect(page.locator(".result .labels")).to_have_text(["team Team 1"] * 4)
    expect(page.locator(".filters > summary")).to_have_text("Narrowed down: 1")
    page.set_viewport_size({"width": 390, "height": 780})
    assert page.evaluate("document.querySelector('#workshop').scrollWidth <= innerWidth")
    page.get_by_role("button", name="Search all of it again").click()
    expect(page.locator(".filters > summary")).to_have_text("Narrow down")
    expect(page.locator(".filter-chip :checked")).to_have_count(0)
    expect(page.locator(".result")).to_have_count(8)
