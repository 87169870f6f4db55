"""Pictures and sounds in a real browser: drawn by a tool, attached by a person, tried, seen in full, kept and gone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import SERVE, Hearth, visit
from tests.browser.test_journeys import attach, idle, say, talk_to
from tests.media import bomb, tower, wav

LOADED = "image => image.complete && image.naturalWidth === 900"


@pytest.fixture(scope="module")
def drawing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hearth]:
    """An app where GG has tools that give and take pictures and sounds."""
    app = Hearth(tmp_path_factory.mktemp("drawing"), SERVE, "media")
    app.start()
    yield app
    app.stop()


@pytest.fixture
def hearth(drawing: Hearth) -> Hearth:
    return drawing


def loaded(page: Page, where: str) -> None:
    picture = page.locator(f"{where} .picture img")
    picture.scroll_into_view_if_needed()
    page.wait_for_function(f"[...document.querySelectorAll({where + ' .picture img'!r})].every({LOADED})")


def test_what_a_tool_draws_is_seen_heard_and_kept(page: Page, hearth: Hearth, context: BrowserContext, pictures: Path) -> None:
    talk_to(page, "gg")
    say(page, "draw a tower")
    idle(page)
    picture = page.locator("#talk .said.them .picture img")
    expect(picture).to_be_visible()
    expect(picture).to_have_attribute("alt", "tower.png")
    loaded(page, "#talk .said.them")
    expect(page.locator("#talk details.card")).not_to_have_attribute("open", "")
    expect(page.locator("#talk .sound")).to_contain_text("bell.wav")
    sound = page.locator("#talk audio")
    assert sound.evaluate("audio => audio.readyState") == 0, "fetched before it was asked for"
    assert sound.evaluate("audio => audio.play().then(() => audio.duration)") == pytest.approx(2, abs=0.1)
    page.screenshot(path=pictures / "media-1280.png")
    page.click("#talk .picture")
    whole = page.locator("dialog.whole")
    expect(whole).to_be_visible()
    assert whole.locator("img").evaluate("image => image.clientWidth") == 900
    page.keyboard.press("Escape")
    expect(whole).to_have_count(0)
    page.reload()
    page.wait_for_selector("#house.ready")
    loaded(page, "#talk .said.them")
    address = picture.get_attribute("src") or ""
    hearth.stop()
    hearth.start()
    again = visit(context, page.url)
    loaded(again, "#talk .said.them")
    again.click('[data-do="theme"]')
    again.screenshot(path=pictures / "media-1280-dark.png")
    again.set_viewport_size({"width": 390, "height": 800})
    loaded(again, "#talk .said.them")
    assert again.evaluate("document.documentElement.scrollWidth") <= 390
    box = again.locator("#talk .picture img").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    again.screenshot(path=pictures / "media-390-dark.png")
    again.click('[data-do="theme"]')
    again.screenshot(path=pictures / "media-390.png")
    assert context.request.get(hearth.url + address).status == 200
    again.set_viewport_size({"width": 1280, "height": 800})
    again.hover("#sidebar li.here")
    again.click("#sidebar li.here .menu summary")
    again.click("#sidebar li.here [data-do=delete]")
    expect(again.locator("#sidebar")).not_to_contain_text("draw a tower")
    assert context.request.get(hearth.url + address).status == 404


def test_a_picture_of_ones_own_is_sent_and_given_to_a_tool(page: Page, tmp_path: Path, pictures: Path) -> None:
    talk_to(page, "gg")
    files = {"my tower.png": tower(), "bell.wav": wav(1), "bomb.png": bomb()}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    attach(page, '[data-do="attach"]', [tmp_path / name for name in files])
    expect(page.locator(".outcomes .done")).to_have_count(2)
    expect(page.locator(".outcomes .failed")).to_contain_text("too many pixels")
    expect(page.locator(".attached li")).to_have_text(["my tower.png", "bell.wav"])
    page.wait_for_function("document.querySelector('.attached img').naturalWidth === 900")
    page.screenshot(path=pictures / "media-waiting.png")
    page.click('.attached li:last-child [data-do="detach"]')
    expect(page.locator(".attached li")).to_have_text(["my tower.png"])
    page.click('#notice [data-do="restore-attached"]')
    expect(page.locator(".attached li")).to_have_count(2)
    say(page, "measure this")
    idle(page)
    expect(page.locator(".attached li")).to_have_count(0)
    loaded(page, "#talk .said.you")
    expect(page.locator("#talk .said.you .sound")).to_contain_text("bell.wav")
    expect(page.locator("#talk .said.them .text")).to_contain_text("my tower.png: image/png")
    page.screenshot(path=pictures / "media-sent.png")
    page.hover("#talk .said.you")
    page.click('#talk .said.you [data-do="edit"]')
    page.fill("#talk .edit textarea", "measure it again")
    page.keyboard.press("Enter")
    idle(page)
    expect(page.locator("#talk .said.you .bubble")).to_have_text("measure it again")
    loaded(page, "#talk .said.you")
    expect(page.locator("#talk .said.them .text")).to_contain_text("my tower.png: image/png")


def test_a_tool_is_tried_with_a_picture_from_memory(page: Page, pictures: Path) -> None:
    page.click('nav [data-page="tools"]')
    page.click('.pick .items a[data-thing="draw"]')
    page.click(".form button[type=submit]")
    shown = page.locator(".result-of .picture img")
    expect(shown).to_have_attribute("src", re.compile("^data:image/png;base64,"))
    page.wait_for_function("document.querySelector('.result-of .picture img').naturalWidth === 900")
    shown.scroll_into_view_if_needed()
    page.screenshot(path=pictures / "media-try.png")
    page.click(".result-of .picture")
    expect(page.locator("dialog.whole")).to_be_visible()
    page.click("dialog.whole")
    expect(page.locator("dialog.whole")).to_have_count(0)
