"""The knowledge page: documents cut in another way after a look at it, and a search that is narrowed and says why not."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import IDLE
from tests.browser.test_journeys import attach, new_collection

CUTS = "details.cuts"


def with_chapters(page: Page, folder: Path) -> None:
    chapters = "\n\n".join(f"## Chapter {n}\n\nValve {n} is closed by turning its wheel {n} times." for n in range(1, 5))
    tides = "# Tides\n\nThe highest tide of the year comes in March, and closes the lower road."
    files = {"valves.md": f"# Valves\n\n{chapters}", "tides.md": tides}
    for name, words in files.items():
        (folder / name).write_text(words, "utf-8")
    new_collection(page, "Handbooks")
    attach(page, ".drop", [folder / name for name in files])
    expect(page.locator(".outcomes .done")).to_have_count(2)


def test_a_way_of_cutting_is_looked_at_and_chosen(page: Page, tmp_path: Path) -> None:
    with_chapters(page, tmp_path)
    page.click(f"{CUTS} > summary")
    page.select_option(f"{CUTS} select[name=document]", label="Valves")
    page.select_option(f"{CUTS} select[name=method]", "whole")
    passages = page.locator(".cut-passages li")
    expect(passages).to_have_count(1)
    expect(passages).to_contain_text("Valve 4 is closed")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.querySelector('#workshop').scrollWidth <= innerWidth")
    assert page.evaluate(
        "[...document.querySelectorAll('.cuts *')].every(each => each.getBoundingClientRect().right <= innerWidth)"
    )
    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_role("button", name="Cut so, and 2 documents again").click()
    expect(page.locator(f"{CUTS} > summary")).to_contain_text("whole documents")
    expect(page.locator(".documents li", has_text="Valves")).to_contain_text("passages: 1")


def test_a_search_is_narrowed_and_says_why_another_passage_is_not_there(page: Page, tmp_path: Path) -> None:
    with_chapters(page, tmp_path)
    page.fill(".finder >> nth=0 >> input[name=words]", "how is valve 3 closed")
    page.keyboard.press("Enter")
    expect(page.locator(".result").first).to_contain_text("Valve 3 is closed")
    page.locator(".reasons > summary").first.click()
    expect(page.locator(".reasons").first).to_contain_text("A persona is given it, in place 1.")
    page.fill(".sought input[name=sought]", "Tides")
    page.keyboard.press("Enter")
    expect(page.locator(".result.chosen")).to_contain_text("Below the cut")
    page.wait_for_function(IDLE)
    page.locator(".filters > summary").click()
    page.select_option(".filters select[name=document]", label="Tides")
    page.click(".finder >> nth=0 >> button[type=submit]")
    expect(page.locator(".result")).to_have_count(1)
    expect(page.locator(".result")).to_contain_text("The highest tide")
    page.fill(".sought input[name=sought]", "valves.md")
    page.keyboard.press("Enter")
    expect(page.locator(".result.chosen")).to_contain_text("the search is narrowed to other passages")
