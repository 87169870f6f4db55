"""The long ways with tools: fifty operations imported and half of them off, two people at one tool, odd imports, a kill."""

import json
import re
import signal
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Hearth, visit
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


def import_at(page: Page, address: str) -> None:
    page.click('nav [data-page="tools"]')
    page.click('[data-thing="+import"]')
    page.fill('.import [name="text"]', "")
    page.fill('.import [name="url"]', address)
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

    # Another persona gets them all, without a tick for each.
    page.click('nav [data-page="personas"]')
    page.click('[data-thing="gg"]')
    page.click('[role="tab"][data-section="uses"]')
    page.get_by_role("switch", name="All other tools, too").click()
    expect(page.locator(".saved")).to_contain_text("saved")
    page.click('nav [data-page="chat"]')
    talk_to(page, "gg")
    assert "The tool says" in asked_for(page, "stock_of_article_7", {"branch": "south"})
    assert service.requests[-1][1] == "/stock/7/south"


ODD: Mapping[str, tuple[str, tuple[str, str]]] = {
    "rubbish": (
        "%PDF-1.7 \x00\x01 }{ [",
        (
            "This file cannot be read as a document: a value in it is broken",
            "这个文件无法作为文档读取：里面有损坏的值。请改正后再试。",
        ),
    ),
    "a page": (
        "<!doctype html><html><title>Sign in</title><p>Sign in: first</p></html>",
        ("This is a web page or XML, not a description of tools.", "这是网页或 XML，不是工具的描述文件。"),
    ),
    "no tools": ('{"name": "left-pad"}', ("There are no tools in this file.", "这个文件里没有工具。")),
    "an address within": (
        "",
        ("only public addresses are. Save what is there as a file", "只能载入公开的网址。请把内容存成文件"),
    ),
}


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_import_is_told_in_one_sentence_and_stays_in_the_form(page: Page, odd: str) -> None:
    text, sentences = ODD[odd]
    for sentence in sentences:
        if text:
            import_from(page, text)
        else:
            import_at(page, "http://127.0.0.1:9/openapi.json")
        expect(page.locator(".import > .note.bad")).to_contain_text(sentence)
        expect(page.locator(".import [data-look]")).to_have_count(0)
        assert page.input_value('.import [name="text"]')[:100] == text[:100]
        assert page.input_value('.import [name="url"]') == ("" if text else "http://127.0.0.1:9/openapi.json")
        page.click('[data-do="language"]')


def test_a_circle_of_references_is_imported_or_listed_with_why(page: Page) -> None:
    shop = described("https://shop.example")
    tree = {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}}
    loop = {"$ref": "#/components/parameters/Loop"}
    shop["paths"] = {
        "/tree": {
            "put": {
                "operationId": "plant",
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tree"}}}},
            }
        },
        "/loop": {"get": {"operationId": "walk_round", "parameters": [loop]}},
    }
    shop["components"] = {"schemas": {"Tree": tree}, "parameters": {"Loop": loop}}
    import_from(page, json.dumps(shop))
    look = page.locator(".import [data-look]")
    expect(look).to_contain_text("1 can be taken.")
    expect(look.locator(".picks")).to_contain_text("PUT /tree")
    look.locator(".left summary").click()
    expect(look.locator(".left dt")).to_have_text("GET /loop")
    expect(look.locator(".left dd")).to_contain_text("refers back to itself")


def the_tool(page: Page, service: Any, name: str, *, secret: str = "") -> str:
    """Import one tool of the service; returns its id, with the tool open."""
    schemes = {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}} if secret else {}
    operation = {"operationId": name, "summary": f"Tells {name}", "responses": {"200": {"description": "ok"}}}
    if secret:
        operation["security"] = [{"key": []}]
    api = {
        "openapi": "3.0.0",
        "info": {"title": name},
        "servers": [{"url": service.url}],
        "components": {"securitySchemes": schemes},
        "paths": {f"/{name}": {"get": operation}},
    }
    import_from(page, json.dumps(api))
    page.click(".import .found [type=submit]")
    page.fill("[data-find]", name)
    page.click(f".pick .items a:has-text('Tells {name}')")
    page.get_by_role("tab", name="Keys and access").click()
    page.click('.access [data-action="grant"]')
    expect(page.locator('.access [data-action="revoke"]')).to_be_visible()
    page.get_by_role("tab", name="Edit", exact=True).click()
    return page.url.rpartition("id=")[2]


def test_two_people_at_one_tool_choose_what_stays(
    page: Page, context: BrowserContext, browser: Browser, hearth: Hearth, service: Any
) -> None:
    id = the_tool(page, service, "harbour_pilots")
    there = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    for ours in (False, True):
        other = visit(there, f"{hearth.url}?at=tools&id={id}")
        other.get_by_role("tab", name="编辑", exact=True).click()
        page.fill('[name="title.en"]', f"Pilots of the first, {ours}")
        expect(page.locator(".tool-editor .saved")).to_contain_text("Saved")
        other.fill('[name="title.zh"]', f"第二个人的引航员{ours}")
        expect(other.locator(".tool-editor")).to_contain_text("在你输入时，这个工具在别处被改过了。保留哪一个？")
        assert other.input_value('[name="title.zh"]') == f"第二个人的引航员{ours}", "what was typed is still there"
        other.get_by_role("button", name="保留我的" if ours else "用另一个").click()
        expect(other.locator(".shop > .outcome-place")).to_contain_text("已保存你的" if ours else "现在是另一个版本")
        expect(other.locator('[name="title.zh"]')).to_have_value("第二个人的引航员True" if ours else "Tells harbour_pilots")
        if not ours:
            expect(other.locator('[name="title.en"]')).to_have_value("Pilots of the first, False")
            page.reload()
            page.get_by_role("tab", name="Edit", exact=True).click()
        other.close()
    page.reload()
    page.get_by_role("tab", name="Versions").click()
    expect(page.locator(".thing-head h2")).not_to_contain_text("Pilots of the first, True")
    page.locator('[data-action="version"]').first.click()
    expect(page.locator(".thing-head h2")).to_contain_text("Pilots of the first, True")
    there.close()


class _Slow(_Answers):
    """Answers when the test lets it."""

    def do_GET(self) -> None:
        self.server.arrived.set()
        self.server.may.wait(20)
        super().do_GET()


def test_a_tool_that_is_deleted_while_a_turn_calls_it(page: Page) -> None:
    with serving(_Slow) as service:
        service.requests, service.answers = [], {}
        service.arrived, service.may = threading.Event(), threading.Event()
        service.url = f"http://127.0.0.1:{service.server_port}"
        id = the_tool(page, service, "tide_table")
        page.get_by_role("tab", name="Who uses it").click()
        page.get_by_role("switch", name="Model Guide").click()
        expect(page.locator(".tool-open > .facts")).to_contain_text("Model Guide")
        page.click('nav [data-page="chat"]')
        talk_to(page, "model-guide")
        say(page, "Please call tide_table with {}")
        assert service.arrived.wait(20)
        page.goto(page.url.partition("?")[0] + f"?at=tools&id={id}")
        page.click('[data-action="delete"]')
        expect(page.locator(".shop > .outcome-place")).to_contain_text("Deleted the tool")
        service.may.set()
        back = page.get_by_role("button", name="Undo")
        expect(back).to_be_visible()
        page.click('nav [data-page="chat"]')
        page.locator("#sidebar li a").first.click()
        expect(page.locator("#talk .said.them .text").last).to_contain_text("The tool says")
        assert len(service.requests) == 1
        say(page, "Please call tide_table with {}")
        expect(page.locator("#talk .said.them .text").last).to_contain_text("I was given")
        page.goto(page.url.partition("?")[0] + f"?at=tools&id={id}")
        expect(page.locator(".shop > .outcome-place")).to_contain_text("There is no tool")


def test_a_key_that_is_missing_is_said_with_where_it_goes(page: Page, service: Any) -> None:
    the_tool(page, service, "fog_signal", secret="key")
    for sentence in ("Keys and access", "密钥与权限"):
        page.click("#tool-tab-try")
        page.click("#tool-try button[type=submit]")
        expect(page.locator(".result-of pre")).to_contain_text(sentence)
        page.click('[data-do="language"]')
    assert service.requests == []


def test_an_edit_that_was_said_to_be_saved_outlives_a_kill(own: Hearth, page: Page, service: Any) -> None:
    id = the_tool(page, service, "ice_report")
    page.fill('[name="description.en"]', "Tells how thick the ice is. 冰有多厚。")
    expect(page.locator(".tool-editor .saved")).to_have_text(re.compile("^Saved"))
    own.stop(signal.SIGKILL)
    own.start()
    page.goto(f"{own.url}?at=tools&id={id}")
    page.get_by_role("tab", name="Edit", exact=True).click()
    expect(page.locator('[name="description.en"]')).to_have_value("Tells how thick the ice is. 冰有多厚。")
    page.get_by_role("tab", name="Keys and access").click()
    expect(page.locator('.access [data-action="revoke"]')).to_be_visible()
