"""Making a persona in a real browser: what is typed is saved, tried beside, copied, shared and never lost."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import IDLE, Hearth, visit


@pytest.fixture
def made(context: BrowserContext, hearth: Hearth) -> Iterator[Page]:
    """A page with a new persona open; whatever it leaves open is deleted, since other tests share the app."""
    page = visit(context, hearth.url + "?at=personas")
    page.click('[data-action="new"]')
    page.wait_for_selector('form[data-id^="persona"]')
    yield page
    if "id=" in page.url:
        page.click('[data-action="delete"]')
        page.wait_for_selector(".cards")


def tab(page: Page, name: str) -> None:
    page.click(f'[role="tab"][data-section="{name}"]')


def saved(page: Page) -> None:
    expect(page.locator(".saved")).to_have_text(re.compile(r"saved \d\d:\d\d"))


def write(page: Page, name: str, text: str) -> None:
    """Type into a field and wait until it is saved."""
    before = page.get_attribute("form[data-autosave]", "data-revision")
    page.fill(f'[name="{name}"]', text)
    expect(page.locator("form[data-autosave]")).not_to_have_attribute("data-revision", str(before))
    saved(page)


def send(page: Page, button: str, file: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.click(button)
    chooser.value.set_files(file)


def test_a_save_that_was_on_its_way_when_the_page_went_is_not_lost(made: Page) -> None:
    """Whether it never arrived or only its answer did not."""
    for words, lost in (("Never sent", True), ("Never answered", False)):
        with made.expect_request("**/queue/join*"):
            made.route("**/queue/join*" if lost else "**/queue/data*", lambda route: route.abort())
            made.fill('[name="title.en"]', words)
        made.wait_for_timeout(300)
        made.unroute_all()
        made.reload()
        made.wait_for_selector("#house.ready")
        expect(made.locator('[name="title.en"]')).to_have_value(words)
        expect(made.locator(".saved")).to_contain_text("saved")
        expect(made.locator('[data-action="mine"]')).to_have_count(0)


def test_what_is_typed_while_the_language_changes_stays_in_its_own_field(made: Page) -> None:
    slow = {"offline": False, "latency": 200, "downloadThroughput": -1, "uploadThroughput": -1}
    made.context.new_cdp_session(made).send("Network.emulateNetworkConditions", slow)
    made.fill('[name="title.en"]', "Captain")
    made.click('[data-do="language"]')
    made.wait_for_function("document.querySelector('#workshop .saved')?.textContent.includes('已保存')")
    made.fill('[name="title.zh"]', "船长")
    made.wait_for_timeout(1200)  # the answers of the visit and of the save that follows
    expect(made.locator('[name="title.zh"]')).to_have_value("船长")
    expect(made.locator('[name="title.en"]')).to_have_value("Captain")
    made.reload()
    expect(made.locator('[name="title.zh"]')).to_have_value("船长")
    expect(made.locator('[name="title.en"]')).to_have_value("Captain")


def test_what_is_typed_is_saved_and_the_chat_beside_answers_as_it_says(made: Page) -> None:
    write(made, "title.en", "Captain Ann")
    expect(made.locator("#desk .opening")).to_contain_text("Captain Ann")
    tab(made, "speech")
    write(made, "greeting.en", "Ahoy.")
    expect(made.locator("#desk .opening")).to_contain_text("Ahoy.")
    made.fill("#composer textarea", "hello captain")
    made.keyboard.press("Enter")
    expect(made.locator("#talk .said.them .text")).to_contain_text("我在")
    made.wait_for_function(IDLE)
    expect(made.locator("#talk .said.them h3")).to_have_text("Captain Ann")
    write(made, "instruction.en", "You are Captain Ann, who sails.")
    expect(made.locator("#talk .said.them .text")).to_contain_text("我在")
    made.fill('[name="instruction.zh"]', "你是安船长。")
    made.click('[data-do="language"]')
    expect(made.locator(".saved")).to_contain_text("已保存")
    expect(made.locator('[name="instruction.zh"]')).to_have_value("你是安船长。")
    made.fill('[name="greeting.zh"]', "刚写好就刷新。")
    made.reload()
    made.wait_for_selector("#house.ready")
    expect(made.locator('[name="greeting.zh"]')).to_have_value("刚写好就刷新。")
    made.click('[data-do="language"]')
    expect(made.locator("#header nav")).to_contain_text("Personas")
    expect(made.locator('[name="title.en"]')).to_have_value("Captain Ann")
    expect(made.locator("#talk .said.you")).to_have_count(1)
    made.click('#desk [data-do="clear"]')
    expect(made.locator("#desk .opening")).to_contain_text("Ahoy.")
    made.click('nav [data-page="chat"]')
    made.wait_for_selector("#sidebar")
    expect(made.locator("#sidebar")).not_to_contain_text("hello captain")
    made.go_back()
    made.wait_for_selector("form[data-autosave]")


def test_rows_are_added_written_and_removed_while_the_form_saves_itself(made: Page) -> None:
    tab(made, "speech")
    made.click('[data-action="add-row"][data-kind="starters"]')
    made.wait_for_selector('[name="starters.1.en"]')
    made.locator('[name="starters.1.en"]').press_sequentially("Where do we sail?", delay=15)
    saved(made)
    made.click('[data-action="add-row"][data-kind="few_shot"]')
    made.fill('[name="few_shot.0.user"]', "Who are you?")
    made.fill('[name="few_shot.0.assistant"]', "Ann.")
    made.click('[data-action="remove-row"][data-kind="starters"][data-row="0"]')
    expect(made.locator('[name="starters.0.en"]')).to_have_count(0)
    expect(made.locator('[name="starters.1.en"]')).to_have_value("Where do we sail?")
    expect(made.locator("#desk .chip")).to_have_text(["Where do we sail?"])
    made.reload()
    made.wait_for_selector("#house.ready")
    expect(made.locator('[name="starters.0.en"]')).to_have_value("Where do we sail?")
    expect(made.locator('[name="few_shot.0.assistant"]')).to_have_value("Ann.")


def test_a_mistake_is_told_at_its_field_and_what_was_typed_stays(made: Page) -> None:
    made.fill('[name="avatar"]', "too long")
    expect(made.locator(".field.wrong")).to_contain_text("at most 4 letters")
    expect(made.locator('[name="avatar"]')).to_have_value("too long")
    expect(made.locator(".saved")).to_have_text("not saved yet")
    made.fill('[name="avatar"]', "A")
    expect(made.locator(".field.wrong")).to_have_count(0)
    saved(made)
    tab(made, "voice")
    with made.expect_response("**/speech/sample/zh*") as heard:
        made.click('[data-do="hear"][data-language="zh"]')
    assert heard.value.headers["content-type"] == "audio/wav"


def test_on_a_phone_the_editor_and_the_chat_take_turns(made: Page) -> None:
    made.set_viewport_size({"width": 390, "height": 800})
    expect(made.locator("#desk")).to_be_hidden()
    made.click('[data-do="try"]')
    expect(made.locator("#desk .opening")).to_be_visible()
    expect(made.locator("form[data-autosave]")).to_be_hidden()
    made.click('[data-do="try"]')
    expect(made.locator("form[data-autosave]")).to_be_visible()


def test_the_check_up_leads_to_the_field(made: Page) -> None:
    tab(made, "speech")
    made.fill('[name="instruction.en"]', "You search the web.")
    tab(made, "check")
    finding = made.locator(".findings li", has_text="searching the web")
    finding.locator("button").click()
    expect(made.locator('[name="instruction.en"]')).to_be_focused()
    made.keyboard.press("Control+A")
    made.keyboard.type("You are Ann.")
    tab(made, "check")
    expect(finding).to_have_count(0)
    made.locator(".findings li", has_text="description").locator("button").click()
    made.keyboard.type("Says little.")
    tab(made, "check")
    expect(made.locator(".findings li")).to_have_count(1)


def test_a_picture_is_uploaded_and_seen_everywhere(made: Page, tmp_path: Path) -> None:
    Image.new("RGB", (300, 200), "teal").save(tmp_path / "me.png")
    made.fill('[name="title.en"]', "Typed at the same time")
    send(made, '[data-place="persona-picture"][data-do]', tmp_path / "me.png")
    for place in (".editor-head", ".picture", "#desk .opening"):
        expect(made.locator(f"{place} .avatar img")).to_have_attribute("src", re.compile(r"^avatars/persona[-\d]*/\w+\.webp$"))
    made.wait_for_function("[...document.querySelectorAll('.avatar img')].every((image) => image.naturalWidth === 256)")
    expect(made.locator("#workshop h1")).to_have_text("Typed at the same time")
    made.click('[data-action="remove-picture"]')
    expect(made.locator(".avatar img")).to_have_count(0)


def test_a_copy_is_deleted_and_brought_back(made: Page) -> None:
    made.click('.editor-head [data-action="duplicate"]')
    expect(made.locator('[name="title.en"]')).to_have_value("New persona (copy)")
    copy = made.url
    made.click('[data-action="delete"]')
    expect(made.locator(".cards")).to_be_visible()
    expect(made.locator("#desk")).to_be_hidden()
    assert "id=" not in made.url
    made.click('.outcome-place [data-action="bring-back"]')
    made.locator(".sheet.persona").filter(has_text="New persona (copy)").locator('[data-do="thing"]').click()
    assert made.url == copy
    made.click('[data-action="delete"]')
    expect(made.locator(".cards")).to_be_visible()
    made.locator(".sheet.persona").filter(has_text="New persona").locator('[data-do="thing"]').click()
    made.wait_for_selector("form[data-autosave]")


def test_what_is_typed_as_a_save_is_answered_is_no_change_of_others(made: Page) -> None:
    made.evaluate(
        """() => {
            const paint = window.hearthPaint, field = document.querySelector('[name="description.en"]');
            window.hearthPaint = (name) => {
                if (name === "workshop" && field.value !== "Sails") {
                    field.value = "Sails";
                    field.dispatchEvent(new Event("input", { bubbles: true }));
                }
                paint(name);
            };
        }"""
    )
    made.fill('[name="title.en"]', "Captain")
    expect(made.locator("form[data-autosave]")).to_have_attribute("data-revision", "3")
    saved(made)
    made.reload()
    expect(made.locator('[name="title.en"]')).to_have_value("Captain")
    expect(made.locator('[name="description.en"]')).to_have_value("Sails")


def test_two_tabs_do_not_overwrite_each_other(made: Page, context: BrowserContext) -> None:
    other = visit(context, made.url)
    write(made, "title.en", "First")
    other.fill('[name="title.en"]', "Second")
    expect(other.locator(".outcome-place")).to_contain_text("saved somewhere else")
    expect(other.locator('[name="title.en"]')).to_have_value("Second")
    other.click('[data-action="theirs"]')
    expect(other.locator('[name="title.en"]')).to_have_value("First")
    write(other, "title.en", "Second again")
    made.fill('[name="title.en"]', "First again")
    made.click('[data-action="mine"]')
    expect(made.locator(".outcome-place")).to_contain_text("theirs is among the versions")
    tab(made, "versions")
    expect(made.locator(".versions li")).to_have_count(3)
    made.click('[data-action="restore"] >> nth=0')
    expect(made.locator("#workshop h1")).to_have_text("Second again")
    other.close()


def test_it_travels_as_one_file_and_its_link_opens_it(made: Page, tmp_path: Path, hearth: Hearth) -> None:
    write(made, "title.en", "Traveller")
    with made.expect_download() as download:
        made.click('[data-action="export"]')
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.read_text("utf-8").startswith("id: persona")
    made.check('[name="published"]')
    made.wait_for_selector(".link")
    link = made.get_attribute('[data-do="copy-link"]', "data-link")
    made.goto(f"{hearth.url}{link}")
    expect(made.locator("#desk .opening")).to_contain_text("Traveller")
    made.click('nav [data-page="personas"]')
    send(made, '[data-place="persona-import"]', file)
    expect(made.locator(".outcome-place")).to_contain_text("was imported")
    cards = made.locator(".sheet.persona").filter(has_text="Traveller")
    expect(cards).to_have_count(2)
    for left in (1, 0):
        cards.nth(0).locator('[data-do="thing"]').click()
        made.click('[data-action="delete"]')
        made.wait_for_selector(".cards")
        expect(cards).to_have_count(left)
