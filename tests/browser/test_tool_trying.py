"""An import with a key in it, the request that a try sends, and a picture to try with, in a real browser."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import SERVE, Hearth, visit
from tests.media import tower
from tests.serving import serving
from tests.tools.conftest import _Answers

CANARY = "canary-4711"


@pytest.fixture(scope="module")
def measuring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hearth]:
    """An app with a tool that takes pictures."""
    app = Hearth(tmp_path_factory.mktemp("measuring"), SERVE, "media")
    app.start()
    yield app
    app.stop()


@pytest.fixture
def hearth(measuring: Hearth) -> Hearth:
    return measuring


@pytest.fixture
def cloud() -> Iterator[object]:
    """A cloud that tells callers what they sent."""
    with serving(_Answers) as server:
        server.requests = []
        server.answers = {"/renew": (200, "application/json", json.dumps({"you": f"Bearer {CANARY}"}).encode())}
        yield server


def test_a_tool_comes_in_with_its_key_and_is_tried(page: Page, context: BrowserContext, cloud, pictures: Path) -> None:
    url = f"http://127.0.0.1:{cloud.server_port}"
    parameters = [{"name": "id", "type": "string", "description": "the instance"}]
    renew = {"url": f"{url}/renew", "method": "POST", "token": CANARY, "parameters": parameters, "name": "Renew an instance"}
    weather = {"url": f"https://amap.example/weather?key={CANARY}-2", "method": "GET"}
    file = {"name": "tool_config.json", "mimeType": "application/json"}
    page.click('nav [data-page="tools"]')
    page.click('[data-thing="+import"]')
    page.locator(".import .drop").wait_for()
    with page.expect_file_chooser() as chosen:
        page.click(".import .drop")
    chosen.value.set_files({**file, "buffer": json.dumps({"renew": renew, "weather": weather}).encode()})
    keys = page.locator('[name="keep-key"]')
    expect(keys).to_have_count(2)
    expect(page.locator(".found")).to_contain_text(f"Keep the key renew.Authorization for {url}")
    page.screenshot(path=pictures / "import-keys-1280.png", full_page=True)
    keys.nth(1).uncheck()
    page.click('[data-do="tick-all"]')  # of the tools, which are all ticked
    expect(keys.nth(0)).to_be_checked()
    page.click('[data-do="tick-all"]')
    page.click(".import form button[type=submit].main >> nth=-1")
    expect(page.locator(".note.good")).to_contain_text("Keys kept: renew.Authorization.")

    page.fill('.pick [type="search"]', "renew")
    page.click('.items a:not([hidden]):has-text("Renew an instance")')
    page.click("#tool-tab-access")
    expect(page.locator(".access .badge.good")).to_have_count(1)
    page.click('.access [data-action="grant"]')
    expect(page.locator('.access [data-action="revoke"]')).to_be_visible()
    page.click("#tool-tab-try")
    page.fill('[name="arg.id"]', "i-1")
    page.click("#tool-try button[type=submit]")
    sure = page.locator(".sure")
    expect(sure).to_contain_text(f"POST {url}/renew")
    expect(sure).to_contain_text("authorization: Bearer •••")
    page.screenshot(path=pictures / "try-sure-1280.png", full_page=True)
    assert cloud.requests == []
    page.click('.sure [data-action="run"]')
    expect(page.locator(".sent pre")).to_contain_text('{"id": "i-1"}')
    expect(page.locator(".result-of pre")).to_contain_text("Bearer •••")
    page.screenshot(path=pictures / "try-result-1280.png", full_page=True)
    assert cloud.requests[0][2]["authorization"] == f"Bearer {CANARY}"
    assert CANARY not in page.content()


def test_a_picture_is_chosen_to_try_a_tool_with(page: Page, hearth: Hearth, context: BrowserContext, pictures: Path) -> None:
    page.goto(f"{hearth.url}?at=tools&id=measure")
    page.locator("#tool-try .drop").wait_for()
    page.screenshot(path=pictures / "try-picture-1280.png", full_page=True)
    with page.expect_file_chooser() as chosen:
        page.click("#tool-try .drop")
    chosen.value.set_files({"name": "page.png", "mimeType": "image/png", "buffer": b"<html>"})
    expect(page.locator("#tool-try em")).to_contain_text("is none of the kinds")
    with page.expect_file_chooser() as chosen:
        page.click("#tool-try .drop")
    chosen.value.set_files({"name": "塔.png", "mimeType": "image/png", "buffer": tower()})
    shown = page.locator("#tool-try .picture img")
    expect(shown).to_have_attribute("alt", "塔.png")
    page.wait_for_function("document.querySelector('#tool-try .picture img').naturalWidth === 900")
    page.click("#tool-try button[type=submit]")
    expect(page.locator(".result-of pre")).to_have_text(f"塔.png: image/png, {len(tower())} bytes")
    page.screenshot(path=pictures / "try-picture-given-1280.png", full_page=True)
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.screenshot(path=pictures / "try-picture-given-390.png", full_page=True)
    page.click('#tool-try [data-action="take-away"]')
    expect(page.locator('[name="arg.of"]')).to_be_visible()
    again = visit(context, page.url)
    expect(again.locator("#tool-try .drop")).to_be_visible()
    expect(again.locator("#tool-try .picture")).to_have_count(0)
