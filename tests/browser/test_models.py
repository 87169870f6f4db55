"""The models page in a real browser: another model by a click, one that fails to load, a server that is tried out."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import IDLE


def add_server(page: Page, model: str) -> None:
    page.click('nav [data-page="models"]')
    page.click('.pick [data-thing="server-new"]')
    page.wait_for_selector('.form[data-action="server-add"]')  # and not the form of the server that was open
    fill_server(page, model)
    page.wait_for_selector(f".open-thing h2:has-text('{model}')")


def fill_server(page: Page, model: str) -> None:
    page.fill('.form [name="title"]', model)
    page.fill('.form [name="address"]', "http://127.0.0.1:9/v1")
    page.fill('.form [name="model"]', model)
    page.fill('.form [name="key"]', "sk-secret")
    page.check('.form [name="private"]')
    page.click('.form [type="submit"]')


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
    page.click('nav [data-page="models"]')
    servers = page.locator('.pick [data-thing^="server-"]:not([data-thing="server-new"])')
    page.wait_for_selector('.pick [data-thing="server-new"]')
    while count := servers.count():
        servers.first.click()
        page.click('[data-action="server-remove"]')
        expect(servers).to_have_count(count - 1)
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


def test_a_model_is_fetched_with_pauses_removed_and_brought_back(models: Page) -> None:
    page = models
    page.click('nav [data-page="models"]')
    page.fill(".pick [data-filter]", "1.7B")
    expect(page.locator(".pick a:visible")).to_have_count(2)  # Qwen3 and SmolLM2
    page.fill(".pick [data-filter]", "0.6B")  # one that fits any machine: without AMX a model takes twice the memory
    page.click('.pick [data-thing="qwen3-0-6b"]')
    expect(page.locator(".open-thing .badge").first).to_have_text("fits here")
    page.click('[data-name="hf:Qwen/Qwen3-0.6B"]')
    page.click('[data-action="pause"]')
    expect(page.locator(".fetching small")).to_contain_text("paused at")
    expect(page.locator("[data-poll]")).to_have_count(0)
    page.reload()
    expect(page.locator(".fetching small")).to_contain_text("paused at")
    page.click('[data-action="resume"]')
    expect(page.locator(".fetching small")).to_contain_text("MB/s")
    expect(page.locator(".open-thing")).to_contain_text("Downloaded", timeout=30_000)
    here = page.locator(".pick section", has_text="On this machine")
    expect(here).to_contain_text("Qwen3 0.6B")
    page.click('[data-action="remove"]')
    expect(here).not_to_contain_text("Qwen3 0.6B")
    page.click('[data-action="restore"]')
    expect(here).to_contain_text("Qwen3 0.6B")
    page.click('[data-action="remove"]')
    expect(page.locator('.open-thing [data-action="download"]')).to_have_count(2)


def test_a_look_at_a_download_does_not_close_what_was_opened_since(models: Page) -> None:
    page = models
    held: list[Route] = []

    def hold(route: Route) -> None:
        looks = '"action":"poll"' in (route.request.post_data or "") and '"thing":"server-new"' in (route.request.post_data or "")
        held.append(route) if looks and not held else route.continue_()

    page.route("**/queue/join*", hold)
    page.click('nav [data-page="models"]')
    page.click('.pick [data-thing="qwen3-0-6b"]')
    page.click('[data-name="ms:Qwen/Qwen3-0.6B"]')
    page.wait_for_selector(".fetching")
    page.click('.pick [data-thing="server-new"]')
    page.wait_for_selector('.form[data-action="server-add"]')
    while not held:
        page.wait_for_timeout(50)
    fill_server(page, "fourth-model")
    page.wait_for_timeout(1000)
    held[0].continue_()
    page.wait_for_selector(".open-thing h2:has-text('fourth-model')")
    page.wait_for_timeout(1500)
    expect(page.locator(".open-thing h2")).to_have_text("fourth-model")
    page.click('.pick [data-thing="qwen3-0-6b"]')
    page.click('[data-action="cancel"]')
    expect(page.locator(".fetching")).to_have_count(0)


def back_to_the_first(page: Page) -> None:
    """The first model is no entry of the page: the loader of `serve.py` brings it for a server of its name."""
    page.click('[data-action="use"]')
    expect(page.locator("#header .model")).to_contain_text("Scripted")


def test_a_model_that_loads_takes_no_room_from_the_pages(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    height = "() => document.querySelector('#header').clientHeight"
    before = page.evaluate(height)
    page.eval_on_selector(
        "#header .model",
        "line => { line.className = 'model loading'; line.querySelector('span').textContent = 'loading SmolLM2 135M Instruct '"
        " + '· 24 %, about 12 s'.repeat(3); }",
    )
    assert page.evaluate(height) == before
    assert page.eval_on_selector("#header nav", "nav => nav.scrollWidth - nav.clientWidth") == 0
