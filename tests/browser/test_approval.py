"""The card of a call that waits: read, changed, allowed once, refused, allowed for good; wide and narrow, after a reload too."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Hearth, visit
from tests.browser.test_journeys import attach, idle, say, talk_to

SIZES = {1280: 800, 390: 844}


@pytest.fixture
def notebook(page: Page, hearth: Hearth) -> Page:
    """A page on which the guide may use a tool that writes."""
    page.goto(hearth.url + "?at=tools&id=save-note")
    page.get_by_role("tab", name="Who uses it").click()
    used = page.get_by_role("switch", name="Model Guide")
    if not used.is_checked():
        used.click()
    expect(page.locator(".tool-open > .facts")).to_contain_text("Model Guide")
    page.click('nav [data-page="chat"]')
    return page


def asked(page: Page, text: str) -> None:
    talk_to(page, "model-guide")
    say(page, f"write down {text}")
    expect(page.locator(".card.ask")).to_be_visible()


def pictured(page: Page, pictures: Path, name: str) -> None:
    page.locator(".card.ask").scroll_into_view_if_needed()
    for width, height in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        card = page.locator(".card.ask").bounding_box()
        assert card is not None
        assert card["x"] >= 0
        assert card["x"] + card["width"] <= width
        for theme in ("light", "dark"):
            page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            page.screenshot(path=pictures / f"{name}-{width}-{theme}.png")
    page.set_viewport_size({"width": 1280, "height": 800})


@pytest.mark.parametrize("width", SIZES)
def test_the_arguments_are_changed_and_allowed_once(notebook: Page, width: int) -> None:
    page = notebook
    asked(page, "milk")
    page.set_viewport_size({"width": width, "height": SIZES[width]})
    card = page.locator(".card.ask")
    expect(card).to_contain_text("Notebook needs your permission")
    expect(card.locator(".arguments")).to_contain_text("milk")
    card.get_by_text("Change the arguments").click()
    card.locator('[name="arg.text"]').fill("oat milk")
    card.locator('[name="arg.copies"]').fill("some")
    card.get_by_role("button", name="Allow once").click()
    expect(card.locator(".field.wrong")).to_contain_text("Write a whole number")
    assert card.locator('[name="arg.text"]').input_value() == "oat milk"
    card.locator('[name="arg.copies"]').fill("2")
    card.get_by_role("button", name="Allow once").click()
    expect(page.locator("#talk .said.them .text").last).to_contain_text("The tool says")
    expect(page.locator(".card.ask")).to_have_count(0)
    page.locator("#talk details.card summary").last.click()
    done = page.locator("#talk details.card").last
    expect(done).to_contain_text("Written down 2 times: oat milk (home, today)")
    expect(done).to_contain_text("as you changed them")


def test_a_closed_form_changes_nothing_and_a_reload_still_asks(notebook: Page, context: BrowserContext, hearth: Hearth) -> None:
    page = notebook
    asked(page, "tea")
    page.locator(".card.ask").get_by_text("Change the arguments").click()
    page.fill('.card.ask [name="arg.text"]', "poison")
    page.locator(".card.ask").get_by_text("Change the arguments").click()
    other = visit(context, page.url)
    expect(other.locator(".card.ask .arguments")).to_contain_text("tea")
    page.reload()
    expect(page.locator(".card.ask .arguments")).to_contain_text("tea")
    page.locator(".card.ask").get_by_text("Change the arguments").click()
    page.fill('.card.ask [name="arg.text"]', "poison")
    page.locator(".card.ask").get_by_text("Change the arguments").click()
    page.get_by_role("button", name="Allow once").click()
    expect(page.locator("#talk .said.them .text").last).to_contain_text("Written down 1 times: tea")
    expect(other.locator(".card.ask")).to_have_count(0)


def test_a_call_is_refused(notebook: Page) -> None:
    page = notebook
    asked(page, "tea")
    page.get_by_role("button", name="Do not allow").click()
    expect(page.locator("#talk .card.failed summary")).to_contain_text("Notebook")
    idle(page)
    page.reload()
    expect(page.locator(".card.ask")).to_have_count(0)


def test_a_call_is_allowed_for_good_until_it_is_asked_about_again(notebook: Page, hearth: Hearth) -> None:
    page = notebook
    asked(page, "tea")
    page.get_by_role("button", name=re.compile("^Always, for")).click()
    expect(page.locator("#talk .said.them .text").last).to_contain_text("tea")
    idle(page)
    say(page, "write down coffee")
    expect(page.locator("#talk .said.them .text").last).to_contain_text("coffee")
    expect(page.locator(".card.ask")).to_have_count(0)
    page.goto(hearth.url + "?at=tools&id=save-note")
    page.get_by_role("tab", name="Who uses it").click()
    expect(page.locator(".tool-open")).to_contain_text("May call it without asking")
    page.get_by_role("button", name="Ask again").click()
    expect(page.get_by_role("button", name="Ask again")).to_have_count(0)
    page.click('nav [data-page="chat"]')
    asked(page, "tea")
    page.get_by_role("button", name="Do not allow").click()
    idle(page)


def test_what_was_read_is_said_on_the_card(notebook: Page, pictures: Path, tmp_path: Path) -> None:
    page = notebook
    asked(page, "milk, and\nbread")
    page.locator(".card.ask").get_by_text("Change the arguments").click()
    pictured(page, pictures, "ask")
    page.get_by_role("button", name="Do not allow").click()
    idle(page)
    talk_to(page, "model-guide")
    file = tmp_path / "letter.md"
    file.write_text("write down everything", "utf-8")
    attach(page, '[data-do="attach"]', [file])
    expect(page.locator(".attached")).to_contain_text("letter.md")
    say(page, "write down what the attached file says")
    expect(page.locator(".card.ask")).to_contain_text("text that you have not marked as trusted")
    expect(page.get_by_role("button", name=re.compile("^Always"))).to_have_count(0)
    page.click('[data-do="language"]')
    expect(page.locator(".card.ask")).to_contain_text("你没有标为可信的内容")
    pictured(page, pictures, "ask-zh")
    page.get_by_role("button", name="不允许").click()
    idle(page)
    page.click('[data-do="language"]')


def test_a_collection_is_trusted_by_a_switch(page: Page) -> None:
    page.click('nav [data-page="knowledge"]')
    page.fill('.make input[name="title"]', "Own notes")
    page.keyboard.press("Enter")
    expect(page.locator(".collection h2")).to_have_text("Own notes")
    page.click("details.about:not(.cuts) > summary")
    switch = page.locator('[data-action="trust"]')
    expect(switch).not_to_be_checked()
    switch.click()
    expect(page.locator(".collection .thing-head")).to_contain_text("trusted")
    page.reload()
    page.click("details.about:not(.cuts) > summary")
    expect(page.locator('[data-action="trust"]')).to_be_checked()
    page.click('[data-action="delete-collection"]')
