"""The long ways with tools: fifty operations imported and half of them off, two people at one tool, odd imports, a kill."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Hearth
from tests.browser.test_journeys import idle, say, talk_to
from tests.serving import serving
from tests.tools.conftest import _Answers

FIFTY = 50


def described(address: str) -> dict[str, Any]:
    """The description of a shop with fifty operations, half of which read stock and half of which read prices."""
    paths: dict[str, Any] = {}
    for number in range(FIFTY // 2):
        for kind in ("stock", "price"):
            paths[f"/{kind}/{number}/{{branch}}"] = {
                "get": {
                    "operationId": f"{kind}_of_article_{number}",
                    "summary": f"Tells the {kind} of article {number} in a branch of the shop",
                    "parameters": [
                        {"name": "branch", "in": "path", "required": True, "schema": {"type": "string"}},
                        {"name": "day", "in": "query", "schema": {"type": "integer"}},
                    ],
                    "responses": {"200": {"description": "ok"}},
                }
            }
    return {"openapi": "3.0.0", "info": {"title": "Corner shop"}, "servers": [{"url": address}], "paths": paths}


@pytest.fixture
def service() -> Iterator[Any]:
    """A server of this machine: `answers` path -> (status, media type, body), `requests` are what it was sent."""
    with serving(_Answers) as server:
        server.requests, server.answers = [], {}
        server.url = f"http://127.0.0.1:{server.server_port}"
        yield server


def import_from(page: Page, text: str) -> None:
    """Paste a description and look into it."""
    page.click('nav [data-page="tools"]')
    page.click('[data-thing="+import"]')
    page.fill('.import [name="text"]', text)
    page.click('.import form[data-action="look"] [type=submit]')


def narrow(page: Page, words: str, count: int) -> None:
    page.fill("[data-find]", words)
    expect(page.locator(".pick .items a")).to_have_count(count)


def open_tool(page: Page, name: str) -> None:
    narrow(page, name, 1)
    page.click(f".pick .items a:has-text('{name.replace('_', ' ')} in')")
    expect(page.locator(".tool-open > .facts")).to_contain_text(name)


def asked_for(page: Page, name: str, arguments: dict[str, Any]) -> str:
    """What is answered when the model is told to call a tool; it says what it was given where that is not among them."""
    said = page.locator("#talk .said.them").count()
    say(page, f"Please call {name} with {json.dumps(arguments)}: the {name.replace('_', ' ')}")
    expect(page.locator("#talk .said.them")).to_have_count(said + 1)
    idle(page)
    return page.locator("#talk .said.them").last.inner_text()


def test_fifty_operations_are_imported_and_the_half_that_is_off_is_never_offered(own: Hearth, page: Page, service: Any) -> None:
    service.answers = {"/stock/7/north": (200, "application/json", b'{"left": 12}')}
    import_from(page, json.dumps(described(service.url)))
    expect(page.locator(".import .found h3")).to_contain_text(f"“Corner shop”: {FIFTY} can be taken.")
    expect(page.locator(".import .picks input:checked")).to_have_count(FIFTY)
    page.click(".import .found [type=submit]")
    expect(page.locator(".shop > .outcome-place")).to_contain_text(f"Imported tools: {FIFTY}.")
    for name in ("stock_of_article_7", "price_of_article_3"):
        open_tool(page, name)
        page.get_by_role("tab", name="Keys and access").click()
        page.click('.access [data-action="grant"]')
        expect(page.locator('.access [data-action="revoke"]')).to_be_visible()
    narrow(page, "tells article", FIFTY)
    page.get_by_label("Give to…").select_option("Model Guide")
    expect(page.locator(".shop > .outcome-place")).to_contain_text(f"“Model Guide” may use them now: {FIFTY}.")

    open_tool(page, "stock_of_article_7")
    page.get_by_role("switch", name="On, for every persona").click()
    expect(page.locator(".thing-head .badge.bad")).to_have_text("off")
    narrow(page, "tells price", FIFTY // 2)
    page.get_by_role("button", name="Switch off").click()
    expect(page.locator(".shop > .outcome-place")).to_contain_text(f"Switched off: {FIFTY // 2}.")
    expect(page.locator(".pick .items a small", has_text="off")).to_have_count(FIFTY // 2)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".pick .items a small", has_text="off")).to_have_count(0)
    page.get_by_role("button", name="Switch off").click()
    expect(page.locator(".pick .items a small", has_text="off")).to_have_count(FIFTY // 2)
    page.click('nav [data-page="chat"]')
    for name in ("price_of_article_3", "stock_of_article_7"):
        talk_to(page, "model-guide")
        answer = asked_for(page, name, {"branch": "north"})
        assert "I was given" in answer
        assert "stock_of_article" in answer
        assert "price_of" not in answer
        assert not re.search(r"stock_of_article_7\b", answer.partition("I was given")[2])
    assert service.requests == []

    talk_to(page, "model-guide")
    page.click('nav [data-page="tools"]')
    open_tool(page, "stock_of_article_7")
    page.get_by_role("switch", name="On, for every persona").click()
    expect(page.locator(".thing-head .badge.bad")).to_have_count(0)
    narrow(page, "tells price", FIFTY // 2)
    page.get_by_role("button", name="Switch on").click()
    expect(page.locator(".pick .items a small", has_text="off")).to_have_count(0)
    page.click('nav [data-page="chat"]')
    talk_to(page, "model-guide")
    assert "The tool says" in asked_for(page, "stock_of_article_7", {"branch": "north", "day": 2})
    talk_to(page, "model-guide")
    assert "The tool says" in asked_for(page, "price_of_article_3", {"branch": "海淀 / 2"})
    assert [(method, path) for method, path, _, _ in service.requests] == [
        ("GET", "/stock/7/north?day=2"),
        ("GET", "/price/3/%E6%B5%B7%E6%B7%80%20%2F%202"),
    ]
