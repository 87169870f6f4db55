"""The tools page: a tool tried by its form, mistakes at their fields, and one that is switched off."""

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Hearth, visit


def open_tool(page: Page, words: str, title: str) -> None:
    page.click('nav [data-page="tools"]')
    page.fill("[data-find]", words)
    expect(page.locator(".pick .items a:visible")).to_have_count(1)
    page.click(".pick .items a:visible")
    expect(page.locator(".thing-head h2")).to_contain_text(title)


def test_a_tool_is_tried_by_a_form(page: Page) -> None:
    open_tool(page, "units", "Units")
    page.click(".form button[type=submit]")
    expect(page.locator(".field.wrong").first).to_contain_text("value is missing")
    expect(page.locator(".field.wrong")).to_have_count(3)
    page.fill('[name="arg.value"]', "some")
    page.fill('[name="arg.from_unit"]', "mile")
    page.fill('[name="arg.to_unit"]', "km")
    page.keyboard.press("Enter")
    expect(page.locator(".field.wrong")).to_have_count(1)
    expect(page.locator(".field.wrong")).to_contain_text("Write a number")
    assert page.input_value('[name="arg.from_unit"]') == "mile"
    page.fill('[name="arg.value"]', "5")
    page.keyboard.press("Enter")
    expect(page.locator(".result-of pre")).to_contain_text("8.04672")
    expect(page.locator(".result-of")).to_contain_text("What the model would read")
    expect(page.locator(".field.wrong")).to_have_count(0)
    page.click('[data-do="language"]')
    expect(page.locator(".tool-open")).to_contain_text("试用")


def test_a_tool_is_switched_off_and_a_reload_still_says_so(context: BrowserContext, hearth: Hearth, page: Page) -> None:
    open_tool(page, "units", "Units")
    switch = page.locator('[data-action="switch"]')
    switch.click()
    expect(page.locator(".thing-head .badge.bad")).to_have_text("off")
    other = visit(context, page.url)
    expect(other.locator(".thing-head .badge.bad")).to_have_text("off")
    expect(other.locator(".pick [aria-current]")).to_contain_text("off")
    other.locator('[data-action="switch"]').click()
    expect(other.locator(".thing-head .badge.bad")).to_have_count(0)
    other.get_by_role("tab", name="Who uses it").click()
    other.click(".uses label:has-text('Librarian')")
    expect(other.locator(".tool-open > .facts")).to_contain_text("Librarian")
    other.click(".uses label:has-text('Librarian')")
    expect(other.locator(".tool-open > .facts")).not_to_contain_text("Librarian")
