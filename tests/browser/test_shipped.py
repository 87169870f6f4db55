"""What people get who type one command: the app as it ships, with its own model, embedder and collections.

The pictures of the README are made here: `HEARTH_PICTURES=docs/images pytest tests/browser/test_shipped.py`.
"""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import IDLE, Hearth, visit

SLOW = 180_000  # a first load of the model on a busy machine, in milliseconds


def ask(page: Page, persona: str, starter: int) -> None:
    page.click('[data-do="new"]')
    page.click(f'.guest[data-persona="{persona}"]')
    page.click(f".chip >> nth={starter}")
    page.wait_for_selector("#talk .said.them", timeout=SLOW)
    page.wait_for_function(IDLE, timeout=SLOW)
    page.wait_for_timeout(500)


def picture(page: Page, path: Path) -> None:
    Image.open(BytesIO(page.screenshot())).convert("RGB").save(path, quality=72, method=6)


@pytest.mark.model
@pytest.mark.timeout(600)
def test_it_really_answers(browser: Browser, shipped: Hearth, pictures: Path) -> None:
    context = browser.new_context(
        locale="zh-CN", viewport={"width": 1280, "height": 800}, color_scheme="light", reduced_motion="reduce"
    )
    page = visit(context, shipped.url)
    ask(page, "gg", 1)
    expect(page.locator("#talk .text .cite").first).to_be_visible()
    expect(page.locator("#talk .text")).to_contain_text("分手")
    expect(page.locator("#header .model")).to_contain_text("SmolLM2")
    page.wait_for_selector("#header .model.ready", timeout=SLOW)
    picture(page, pictures / "shipped-zh.webp")
    page.click('[data-do="language"]')
    expect(page.locator("nav")).to_contain_text("Personas")
    ask(page, "librarian", 0)
    page.click("#talk .text .cite >> nth=0")
    expect(page.locator("#panel mark")).to_contain_text("15 days of paid annual leave")
    page.wait_for_timeout(400)
    picture(page, pictures / "shipped-en.webp")
    page.click('[data-do="new"]')
    page.click('.guest[data-persona="model-guide"]')
    page.fill("#composer textarea", "Write a short poem about rain.")
    page.keyboard.press("Enter")
    page.wait_for_selector("#live .text", timeout=SLOW)
    page.wait_for_selector("#talk .said.them", timeout=SLOW)
    assert len(page.inner_text("#talk .said.them .text")) > 20
    context.close()
