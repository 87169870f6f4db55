"""The tools page: a tool tried by its form, mistakes at their fields, and one that is switched off."""

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Hearth, visit


def open_tool(page: Page, words: str, title: str) -> None:
    page.click('nav [data-page="tools"]')
    page.fill("[data-filter]", words)
    expect(page.locator(".pick .items a:visible")).to_have_count(1)
    page.click(".pick .items a:visible")
    expect(page.locator(".thing-head h2")).to_contain_text(title)


def test_a_tool_is_tried_by_a_form(page: Page) -> None:
    open_tool(page, "dates", "Dates")
    page.click(".form button[type=submit]")
    wrong = page.locator(".field.wrong")
    expect(wrong).to_contain_text("action is missing")
    wrong.locator("select").select_option(label="difference")
    page.fill('[name="arg.date"]', "2026-01-01")
    page.fill('[name="arg.end_date"]', "2026-01-31")
    page.fill('[name="arg.amount"]', "soon")
    page.keyboard.press("Enter")
    expect(page.locator(".field.wrong")).to_contain_text("Write a whole number")
    assert page.input_value('[name="arg.date"]') == "2026-01-01"
    page.fill('[name="arg.amount"]', "")
    page.keyboard.press("Enter")
    expect(page.locator(".result-of pre")).to_contain_text("30")
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
