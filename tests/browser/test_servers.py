"""MCP servers in the page: pasted as READMEs give them, looked at, allowed, connected, a tool of one ticked and tried."""

import json
import sys
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Hearth, visit
from tests.tools.mcpworld import SERVERS

EVIL = "<img src=x onerror=alert(1)>"


def paste(page: Page, settings: object) -> None:
    page.click('nav [data-page="tools"]')
    page.click('.tool-acts [data-thing="+servers"]')
    page.fill('textarea[name="text"]', json.dumps(settings))
    page.click('form[data-action="server-add"] button[type=submit]')


def test_a_server_is_pasted_allowed_connected_and_tried(page: Page, context: BrowserContext, own: Hearth, pictures: Path) -> None:
    command = {"command": sys.executable, "args": [str(SERVERS / "pleasant.py")], "env": {"KEY": "canary-4711"}, "cwd": "/"}
    paste(page, {"mcpServers": {"Pleasant": command}})
    expect(page.locator(".server-open .outcome-place").first).to_contain_text("“Pleasant” is added")
    expect(page.locator(".server-open .grant code").first).to_have_text(sys.executable)
    expect(page.locator(".server-open .grant code").nth(1)).to_have_text(command["args"][0])
    expect(page.locator(".server-open .stand")).to_contain_text("needs your permission")
    page.screenshot(path=pictures / "server-grant.png")
    second = visit(context, page.url)
    page.click('[data-action="server-grant"]')
    page.click('[data-action="server-connect"]')
    expect(page.locator(".server-open .stand .badge")).to_have_text("connected")
    tick = page.locator('[name="use-add"]')
    expect(tick).to_be_checked()
    page.uncheck('[name="use-mixed"]')
    expect(page.locator("#server-tools")).to_contain_text("Only the ticked ones are used")
    expect(tick).to_be_checked()
    page.select_option('[data-action="server-risk"][data-tool="add"]', "reads")
    page.screenshot(path=pictures / "server-tools.png", full_page=True)
    # The other tab has settings of before the connection, and changes nothing of the ticks.
    second.click("#server-tab-settings")
    second.fill('[name="title.en"]', "Sums")
    expect(second.locator(".tool-editor .saved")).to_contain_text("Saved")
    expect(second.locator(".server-open h2")).to_have_text("Sums")
    page.reload()
    expect(page.locator('[name="use-mixed"]')).not_to_be_checked()
    expect(page.locator(".server-open h2")).to_have_text("Sums")
    page.click('.offered [data-thing="mcp-pleasant-add"]')
    expect(page.locator(".tool-open > .facts")).to_contain_text("Sums")
    page.click("#tool-tab-try")
    page.fill('[name="arg.a"]', "2")
    page.fill('[name="arg.b"]', "40")
    page.click("#tool-try button[type=submit]")
    expect(page.locator(".result-of pre")).to_contain_text("42")
    page.click('.facts [data-thing="+server-pleasant"]')
    page.click('[data-action="server-delete"]')
    expect(page.locator(".servers li")).to_have_count(0)
    second.bring_to_front()
    second.reload()
    expect(second.locator("#workshop")).to_contain_text("not there any more")
    page.bring_to_front()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".server-open .stand")).to_contain_text("needs your permission")
    assert "canary-4711" not in page.content() + second.content()


def test_what_hangs_or_is_hostile_leaves_the_page_usable(page: Page, own: Hearth) -> None:
    slow = {"command": sys.executable, "args": ["-c", "import time; time.sleep(600)"]}
    paste(page, "rubbish")
    expect(page.locator("[data-refused]")).to_have_count(1)
    expect(page.locator('textarea[name="text"]')).to_have_value('"rubbish"')
    paste(page, {"servers": {EVIL: slow}})
    expect(page.locator(".server-open h2")).to_have_text(EVIL)
    expect(page.locator("#workshop img")).to_have_count(0)
    page.click('[data-action="server-grant"]')
    page.click('[data-action="server-connect"]')
    expect(page.locator(".server-open .stand .badge")).to_have_text("connecting…")
    page.click("#server-tab-settings")
    page.fill('[name="time_limit_s"]', "20")
    expect(page.locator(".tool-editor .saved")).to_contain_text("Saved")
    expect(page.locator(".server-open .stand .badge")).to_have_text("connecting…")
    expect(page.locator('[name="time_limit_s"]')).to_have_value("20")
    page.click('[data-action="server-disconnect"]')
    expect(page.locator(".server-open .stand .badge")).not_to_have_text("connecting…")
