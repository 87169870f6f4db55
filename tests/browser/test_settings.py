"""The settings as people use them: help lines by region, a backup out of one app and into another, the look of the page."""

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Hearth, visit


def section(page: Page, url: str, name: str) -> None:
    page.goto(f"{url}?at=settings&id={name}")
    expect(page.locator(f'#workshop [data-thing="{name}"]')).to_have_attribute("aria-current", "true")


def test_a_change_of_region_changes_the_help_lines(page: Page, hearth: Hearth):
    page.locator('#header [data-page="settings"]').click()
    page.locator('#workshop [data-thing="care"]').click()
    expect(page.locator("#workshop table")).to_contain_text("12356")
    page.locator('select[name="region"]').select_option("US")
    expect(page.locator("#workshop table")).to_contain_text("988")
    expect(page.locator("#workshop .saved")).to_contain_text("saved")
    page.goto(f"{hearth.url}?p=gg")
    expect(page.locator("#talk .opening")).to_contain_text("988")
    section(page, hearth.url, "care")
    expect(page.locator('select[name="region"]')).to_have_value("US")
    page.locator('select[name="region"]').select_option("")
    expect(page.locator("#workshop table")).to_contain_text("12356")


def test_look_is_this_browsers_own(page: Page, hearth: Hearth):
    section(page, hearth.url, "look")
    root = page.locator("html")
    dark = page.locator('[data-do="theme-is"][data-value="dark"]')
    dark.click()
    expect(root).to_have_attribute("data-theme", "dark")
    expect(dark).to_have_attribute("aria-pressed", "true")
    page.locator('[data-do="language-is"][data-value="zh"]').click()
    expect(page.locator("#workshop h1")).to_have_text("设置")
    page.reload()
    expect(page.locator('[data-do="language-is"][data-value="zh"]')).to_have_attribute("aria-pressed", "true")
    expect(dark).to_have_attribute("aria-pressed", "true")
    page.locator('[data-do="theme-is"][data-value=""]').click()
    expect(root).not_to_have_attribute("data-theme", "dark")


def test_a_backup_leaves_one_app_and_fills_another(shared: Hearth, own: Hearth, browser: Browser, page: Page, tmp_path: Path):
    with browser.new_context(locale="en-US") as elsewhere:
        first = visit(elsewhere, shared.url)
        first.locator('.guest[data-persona="gg"]').first.click()
        first.locator("#composer textarea").fill("keep these words for me")
        first.locator("#composer textarea").press("Enter")
        expect(first.locator("#talk .said.them")).to_be_visible()
        section(first, shared.url, "data")
        expect(first.locator(".sizes")).to_be_visible()
        with first.expect_download() as begun:
            first.locator('[data-action="backup"]').click()
        assert begun.value.suggested_filename.startswith("hearth-backup-20")
        begun.value.save_as(tmp_path / "backup.zip")

    (tmp_path / "wrong.zip").write_bytes(b"no backup")
    other = visit(page.context, own.url)
    section(page, own.url, "data")
    for name, said in (("wrong.zip", "no backup of Hearth"), ("backup.zip", "Everything was restored from the backup of")):
        with page.expect_file_chooser() as asked:
            page.locator('[data-do="restore-backup"]').click()
        asked.value.set_files(tmp_path / name)
        expect(page.locator("#workshop")).to_contain_text(said, timeout=30_000)
    expect(page.locator("#workshop .before")).to_contain_text("The state before the restore")
    expect(other.locator("#notice")).to_contain_text("A backup was restored", timeout=10_000)
    expect(other.locator("#sidebar")).to_contain_text("keep these words for me")
    page.goto(own.url)
    expect(page.locator("#sidebar")).to_contain_text("keep these words for me")
    section(page, own.url, "data")
    page.locator('[data-action="go-back"]').click()
    expect(page.locator("#workshop .note.good")).to_contain_text("You are back", timeout=30_000)
    page.goto(own.url)
    expect(page.locator(".guest").first).to_be_visible()
    expect(page.locator("#sidebar")).not_to_contain_text("keep these words for me")
