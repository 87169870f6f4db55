"""Pictures of every page, wide and narrow, light and dark, for people to look at (`HEARTH_PICTURES=FOLDER` keeps them)."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import IDLE, Hearth, visit
from tests.browser.test_journeys import say

# In the words of the shipped handbook: the double that embeds here knows words, not meanings.
EN = "Every member of staff gets 15 days of paid annual leave a year."
ZH = "每位员工每年有 15 天带薪年假"
SCREENS = [("light", "zh-CN", 1280), ("dark", "en-US", 1280), ("light", "en-US", 390), ("dark", "zh-CN", 390)]


@pytest.mark.parametrize(("scheme", "locale", "width"), SCREENS)
def test_pictures(browser: Browser, shared: Hearth, pictures: Path, scheme: str, locale: str, width: int) -> None:
    context = browser.new_context(
        color_scheme=scheme, locale=locale, viewport={"width": width, "height": 800}, reduced_motion="reduce"
    )
    page = visit(context, shared.url)
    language = locale[:2]

    def picture(name: str) -> None:
        page.wait_for_timeout(400)
        path = pictures / f"{name}-{language}-{scheme}-{width}.png"
        page.screenshot(path=path)
        assert path.stat().st_size > 5_000

    picture("gallery")
    page.click('.guest[data-persona="gg"]')
    page.wait_for_selector(".opening")
    picture("opening")
    page.click(".chip >> nth=0")
    page.wait_for_selector("#talk .said.them")
    picture("chat")
    ask_the_librarian(page, language)
    picture("sources")
    if page.locator('[data-do="panel-close"]').is_visible():
        page.click('[data-do="panel-close"]')
    for name in ("knowledge", "personas", "tools"):
        page.click(f'nav [data-page="{name}"]')
        page.wait_for_selector(f'nav [data-page="{name}"][aria-current]')
        picture(name)
    context.close()


def ask_the_librarian(page: Page, language: str) -> None:
    if not page.locator("#sidebar").is_visible():
        page.click('[data-do="drawer"]')
    page.click('[data-do="new"]')
    page.click('.guest[data-persona="librarian"]')
    say(page, ZH if language == "zh" else EN)
    page.wait_for_selector("#talk .said.them")
    page.wait_for_function(IDLE)
    cite = page.locator("#talk .text .cite")
    if cite.count():
        cite.first.click()
        expect(page.locator("#panel mark")).to_be_visible()
