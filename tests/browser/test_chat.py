"""What can be done with messages that are there: answer again, change, judge, look behind, in a real browser."""

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import visit
from tests.browser.test_journeys import idle, say, talk_to


def begun(page: Page, *asked: str) -> None:
    talk_to(page, "model-guide")
    for text in asked:
        say(page, text)
        page.wait_for_selector(f"#talk .bubble:has-text('{text}')")
        idle(page)


def test_an_answer_is_given_again_and_both_are_kept(page: Page) -> None:
    begun(page, "count to 3", "count to 4")
    page.locator('#talk [data-do="regenerate"]').last.click()
    expect(page.locator("#talk .versions")).to_have_text("2/2")
    idle(page)
    page.locator('#talk [data-do="regenerate"]').first.click()
    page.wait_for_function("document.querySelectorAll('#talk .bubble').length === 1")
    idle(page)
    expect(page.locator("#talk .versions")).to_have_text("2/2")
    page.click('#talk .versions [data-do="version"]')
    expect(page.locator("#talk .bubble")).to_have_text(["count to 3", "count to 4"])
    expect(page.locator("#talk .versions")).to_have_text(["1/2", "2/2"])
    page.reload()
    expect(page.locator("#talk .versions")).to_have_text(["1/2", "2/2"])


def test_a_past_message_is_changed_on_a_branch_of_its_own(page: Page, context: BrowserContext) -> None:
    begun(page, "count to 3", "echo:the end")
    other = visit(context, page.url)
    first = page.locator("#talk .said.you").first
    first.hover()
    first.locator('[data-do="edit"]').click()
    box = page.locator("form.edit textarea")
    expect(box).to_be_focused()
    expect(box).to_have_value("count to 3")
    box.fill("echo:something else")
    page.keyboard.press("Escape")
    expect(page.locator("form.edit")).to_have_count(0)
    expect(page.locator("#talk .bubble").first).to_have_text("count to 3")
    first.hover()
    first.locator('[data-do="edit"]').click()
    box.fill("echo:something else")
    page.keyboard.press("Enter")
    expect(page.locator("#talk .bubble")).to_have_text(["echo:something else"])
    expect(page.locator("#talk .said.them .text")).to_have_text(["something else"])
    expect(other.locator("#talk .bubble")).to_have_text(["echo:something else"])  # the other tab follows
    page.locator("#talk .said.you").hover()
    page.click('#talk .said.you [data-do="version"]:not([disabled])')
    expect(page.locator("#talk .bubble")).to_have_text(["count to 3", "echo:the end"])


def test_an_answer_is_judged_and_the_reason_kept(page: Page) -> None:
    begun(page, "count to 2")
    page.click('#talk [data-verdict="bad"]')
    page.fill(".why input", "Too short.")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.why input')?.getAttribute('value') === 'Too short.'")
    page.reload()
    expect(page.locator('#talk button[data-verdict="bad"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".why input")).to_have_value("Too short.")
    page.click('#talk button[data-verdict="bad"]')
    expect(page.locator(".why")).to_have_count(0)


def test_a_maker_looks_behind_an_answer(page: Page) -> None:
    begun(page, "look at the clock")
    page.click('#talk [data-do="steps"]')
    panel = page.locator("#panel .steps")
    expect(panel).to_contain_text("Tools on offer")
    expect(panel.locator("[data-step]")).to_have_count(2)
    panel.locator('[data-step="2"]').click()
    expect(page.locator("#panel .prompt")).to_contain_text("look at the clock")
    expect(page.locator("#panel .prompt mark")).to_be_visible()
    page.click('#panel [data-do="panel-back"]')
    expect(panel).to_be_visible()


def test_a_persona_is_tried_beside_its_editor(page: Page) -> None:
    begun(page, "count to 2")
    before = page.url
    page.goto(before.split("?")[0] + "?at=personas&id=librarian")
    page.wait_for_selector("#desk .opening, #talk .bubble")
    say(page, "echo:only a test")
    idle(page)
    page.click('#title [data-do="clear"]')
    page.wait_for_selector("#desk .opening")
    page.click('nav [data-page="chat"]')
    expect(page.locator("#talk .bubble")).to_have_text("count to 2")
    assert page.url == before
    assert "only a test" not in page.inner_text("#sidebar")


PUT = """([kind, files]) => {
  const data = new DataTransfer();
  for (const [name, text] of files) data.items.add(new File([text], name));
  const target = document.querySelector(kind === "paste" ? "#composer textarea" : "#scroll");
  const event = kind === "paste" ? new ClipboardEvent(kind, { clipboardData: data, bubbles: true, cancelable: true })
    : new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true });
  target.dispatchEvent(event);
}"""


def test_files_are_pasted_and_dropped_into_a_conversation(page: Page) -> None:
    talk_to(page, "model-guide")
    page.evaluate(PUT, ["paste", [["tides.md", "# Tides\n\nThe tide turns at seven."]]])
    expect(page.locator(".attached li")).to_have_text(["tides.md"])
    page.evaluate(PUT, ["drop", [["moon.txt", "The moon pulls the sea."], ["cat.gif", "GIF89a"]]])
    expect(page.locator(".outcomes .done")).to_contain_text("moon.txt")
    expect(page.locator(".outcomes .failed")).to_contain_text("is damaged")
    expect(page.locator(".attached li")).to_have_text(["tides.md", "moon.txt"])
    say(page, "echo:The tide turns at seven [1].")
    idle(page)
    expect(page.locator("#panel .source").first).to_contain_text("The tide turns at seven.")
    page.click('.attached li:first-child [data-do="detach"]')
    expect(page.locator(".attached li")).to_have_text(["moon.txt"])
    page.click('#notice [data-do="restore-attached"]')
    expect(page.locator(".attached li")).to_have_text(["tides.md", "moon.txt"])
    page.click('[data-do="new"]')
    page.wait_for_selector(".gallery")
    expect(page.locator(".attached")).to_have_count(0)
