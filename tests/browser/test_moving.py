"""A document renamed and moved, and a collection downloaded and taken back, as somebody does it."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.test_journeys import attach, new_collection


def test_a_document_goes_to_another_collection_which_goes_to_a_file_and_back(page: Page, tmp_path: Path) -> None:
    note = tmp_path / "note.md"
    note.write_text("# Note\n\nThe keeper has the key.", "utf-8")
    new_collection(page, "Cellar")
    new_collection(page, "Attic")
    attach(page, ".drop", [note])
    page.click(".documents li a")
    page.click('details[data-key^="moving-"] > summary')
    title = page.locator('form[data-action="retitle"] input')
    title.fill("The keeper's note")
    title.press("Enter")
    expect(page.locator(".thing-head h2")).to_have_text("The keeper's note")
    page.select_option('form[data-action="move"] select', label="Cellar")
    page.click('form[data-action="move"] button')
    expect(page.locator(".outcome-place")).to_contain_text("is now in “Cellar”")
    page.click(".open-thing button:has-text('←')")
    expect(page.locator(".open-thing h2")).to_have_text("Cellar")
    page.click('details[data-key^="about-"] > summary')
    with page.expect_download() as begun:
        page.click('[data-action="export"]')
    assert begun.value.suggested_filename == "Cellar.hearth-collection.zip"
    file = tmp_path / begun.value.suggested_filename
    begun.value.save_as(file)
    attach(page, ".load", [file])
    expect(page.locator(".outcome-place")).to_contain_text("“Cellar” is here")
    expect(page.locator(".pick .items a:has-text('Cellar')")).to_have_count(2)
    expect(page.locator(".documents li")).to_contain_text("The keeper's note")
    page.reload()
    expect(page.locator(".open-thing h2")).to_have_text("Cellar")
    expect(page.locator(".note.bad")).to_have_count(0)
