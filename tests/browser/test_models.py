"""The models page in a real browser: another model by a click, one that fails to load, a server that is tried out."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import IDLE


def add_server(page: Page, model: str) -> None:
    page.click('nav [data-page="models"]')
    page.click('.pick [data-thing="server-new"]')
    page.fill('.form [name="title"]', model)
    page.fill('.form [name="address"]', "http://127.0.0.1:9/v1")
    page.fill('.form [name="model"]', model)
    page.fill('.form [name="key"]', "sk-secret")
    page.check('.form [name="private"]')
    page.click('.form [type="submit"]')
    page.wait_for_selector(f".open-thing h2:has-text('{model}')")


def say(page: Page, text: str) -> str:
    """What is answered."""
    before = page.locator("#talk .said.them").count()
    page.fill("#composer textarea", text)
    page.keyboard.press("Enter")
    expect(page.locator("#talk .said.them")).to_have_count(before + 1)
    page.wait_for_function(IDLE)
    return page.locator("#talk .said.them .text").last.inner_text()


@pytest.fixture
def models(page: Page) -> Iterator[Page]:
    """The page; in the end the app has the model that it began with, and no servers."""
    yield page
    page.goto(page.url.split("?")[0] + "?at=models")
    page.wait_for_selector(".memory")
    while page.locator('.pick [data-thing^="server-"]:not([data-thing="server-new"])').count():
        page.locator('.pick [data-thing^="server-"]:not([data-thing="server-new"])').first.click()
        page.click('[data-action="server-remove"]')
        page.wait_for_selector('[data-action="server-restore"]')
        page.goto(page.url.split("?")[0] + "?at=models")
        page.wait_for_selector(".memory")
    expect(page.locator("#header .model")).to_contain_text("Scripted")


def test_another_model_by_a_click_and_the_conversation_goes_on(models: Page) -> None:
    page = models
    page.click('[data-do="new"]')
    page.click('.guest[data-persona="gg"]')
    assert "我在" in say(page, "hello")
    talk = page.url
    add_server(page, "second-model")
    expect(page.locator(".open-thing")).to_contain_text("A key is kept")
    assert "sk-secret" not in page.content()
    page.click('[data-action="use"]')
    expect(page.locator("#header .model")).to_contain_text("second-model")
    expect(page.locator(".open-thing")).to_contain_text("This is the model in use")
    page.goto(talk)
    page.wait_for_selector("#talk .said.them")
    assert say(page, "and now?") == "I am second-model."
    assert page.locator("#talk .said.you").count() == 2
    # A reload at any moment: the page comes back to what was open.
    add_server(page, "third-broken")
    page.click('[data-action="use"]')
    expect(page.locator(".loading [role=alert]")).to_contain_text("It needs 70 GB")
    page.reload()
    expect(page.locator(".loading [role=alert]")).to_contain_text("It needs 70 GB")
    page.click('[data-action="back"]')
    expect(page.locator("#header .model")).to_contain_text("second-model")
    add_server(page, "scripted")
    back_to_the_first(page)


def test_a_model_that_fails_to_load_says_why_in_chinese_and_there_is_a_way_back(models: Page) -> None:
    page = models
    add_server(page, "broken-model")
    page.click('[data-action="server-test"]')
    expect(page.locator(".outcome-place")).to_contain_text("cannot be reached")
    page.click('[data-do="language"]')
    page.click('[data-action="use"]')
    expect(page.locator(".loading [role=alert]")).to_contain_text("它需要 70 GB，只剩 8 GB。")
    page.click('[data-action="retry"]')
    expect(page.locator(".loading [role=alert]")).to_contain_text("它需要 70 GB")
    page.click('[data-action="back"]')
    expect(page.locator("#header .model")).to_contain_text("Scripted")
    expect(page.locator(".loading")).to_have_count(0)


def back_to_the_first(page: Page) -> None:
    """The first model is no entry of the page: the loader of `serve.py` brings it for a server of its name."""
    page.click('[data-action="use"]')
    expect(page.locator("#header .model")).to_contain_text("Scripted")
