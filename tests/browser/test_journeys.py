"""What people do, in a real browser on the real app: talk, stop, reload, come back, ask documents, use both languages."""

import re
import signal
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import IDLE, Hearth, visit
from tests.papers import pdf

NUMBERS = " ".join(f"n{number}" for number in range(1, 301)) + " end."


def talk_to(page: Page, persona: str) -> None:
    page.click('[data-do="new"]')
    page.click(f'.guest[data-persona="{persona}"]')
    page.wait_for_selector(".opening")


def say(page: Page, text: str) -> None:
    page.fill("#composer textarea", text)
    page.keyboard.press("Enter")


def idle(page: Page) -> None:
    page.wait_for_selector("#talk .said.them")
    page.wait_for_function(IDLE)


def attach(page: Page, button: str, files: Sequence[Path]) -> None:
    """Choose files for what the button adds them to."""
    with page.expect_file_chooser() as chooser:
        page.click(button)
    chooser.value.set_files(files)


def new_collection(page: Page, title: str) -> None:
    page.click('nav [data-page="knowledge"]')
    page.fill(".make input", title)
    page.click(".make button")
    page.wait_for_selector(f".pick [aria-current]:has-text('{title}')")


def numbers(page: Page) -> str:
    return " ".join(re.findall(r"\bn\d+|end\.", page.inner_text("#talk")))


def test_a_first_conversation(page: Page) -> None:
    talk_to(page, "gg")
    expect(page.locator(".opening")).to_contain_text("not a therapist")
    page.click(".chip >> nth=0")
    idle(page)
    expect(page.locator("#talk .said.them .text")).to_contain_text("我在。先喝口水")
    expect(page.locator("#talk .bubble")).to_contain_text("I cannot sleep")
    expect(page.locator("#sidebar li.here")).to_contain_text("I cannot sleep")
    assert "?c=" in page.url


def test_stop_keeps_what_was_written(page: Page) -> None:
    talk_to(page, "model-guide")
    say(page, "count to 900")
    page.wait_for_selector("#live .text:has-text('n20')")
    page.click('[data-do="stop"]')
    idle(page)
    expect(page.locator("#talk")).to_contain_text("Stopped here.")
    assert "n20" in page.inner_text("#talk")
    assert "end." not in page.inner_text("#talk")


def test_a_reload_in_the_middle_of_an_answer_misses_and_repeats_nothing(page: Page) -> None:
    talk_to(page, "model-guide")
    say(page, "count to 300")
    page.wait_for_selector("#live .text:has-text('n10')")
    page.reload()
    page.wait_for_selector("#live .text")
    idle(page)
    assert numbers(page) == NUMBERS


def test_a_second_tab_sees_the_answer_grow(page: Page, context: BrowserContext) -> None:
    talk_to(page, "model-guide")
    say(page, "count to 3")
    idle(page)
    other = visit(context, page.url)
    other.wait_for_selector("#talk .bubble")
    say(page, "count to 300")
    other.wait_for_selector("#live .text:has-text('n10')")
    other.wait_for_selector("#talk :text('n300')")
    page.wait_for_selector("#talk :text('n300')")
    assert other.text_content("#talk") == page.text_content("#talk")  # what is out of view has no inner text


def test_after_a_restart_everything_is_there(own: Hearth, page: Page) -> None:
    talk_to(page, "gg")
    say(page, "count to 5")
    idle(page)
    said = page.inner_text("#talk")
    page.fill("#composer textarea", "not sent yet")
    own.stop()
    expect(page.locator("#lost")).to_be_visible(timeout=15_000)
    own.start()
    expect(page.locator("#lost")).to_be_hidden(timeout=15_000)
    page.wait_for_selector("#talk .bubble")
    assert page.inner_text("#talk") == said
    assert page.input_value("#composer textarea") == "not sent yet"


def test_a_kill_in_the_middle_of_an_answer_keeps_what_was_written(own: Hearth, page: Page) -> None:
    talk_to(page, "model-guide")
    say(page, "count to 900")
    page.wait_for_selector("#live .text:has-text('n30')")
    own.stop(signal.SIGKILL)
    own.start()
    page.wait_for_selector("#talk .note.bad", timeout=30_000)
    page.wait_for_function(IDLE)
    kept = re.findall(r"\bn(\d+)", page.inner_text("#talk .text"))
    assert [int(number) for number in kept] == list(range(1, len(kept) + 1))
    assert len(kept) >= 25
    say(page, "count to 3")
    page.wait_for_selector("#talk :text('n1 n2 n3 end.')")


def test_a_pdf_is_added_asked_and_its_page_named(page: Page, tmp_path: Path) -> None:
    document = tmp_path / "night.pdf"
    document.write_bytes(pdf([["Night workers get two more days of leave."]]))
    talk_to(page, "librarian")
    attach(page, '[data-do="attach"]', [document])
    expect(page.locator(".outcomes .done")).to_contain_text("night.pdf")
    say(page, "Night workers get two more days of leave.")
    idle(page)
    expect(page.locator("#panel .source >> nth=0")).to_contain_text("page 1")
    page.click("#talk .text .cite")
    expect(page.locator("#panel mark")).to_contain_text("Night workers get two more days")


def test_a_document_is_added_asked_and_its_passage_opened(page: Page, tmp_path: Path) -> None:
    markdown = tmp_path / "年假规定.md"
    markdown.write_text("# 年假规定\n\n满一年的员工每年有十天年假。\n\n# 食堂\n\n食堂中午开门。\n", "utf-8")
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 not really")
    talk_to(page, "librarian")
    attach(page, '[data-do="attach"]', [markdown, broken])
    expect(page.locator(".outcomes .done")).to_contain_text("年假规定.md")
    expect(page.locator(".outcomes .failed")).to_contain_text("broken.pdf")
    say(page, "满一年的员工每年有十天年假。")
    idle(page)
    page.click("#talk .text .cite")
    expect(page.locator("#panel mark")).to_contain_text("满一年的员工每年有十天年假。")
    page.click('[data-do="panel-back"]')
    expect(page.locator("#panel .source h4 >> nth=0")).to_contain_text("年假规定")


def test_knowledge_is_made_filled_searched_and_emptied(page: Page, tmp_path: Path) -> None:
    document = tmp_path / "penguins.md"
    document.write_text("# Penguins\n\nPenguins cannot fly but swim well.\n", "utf-8")
    new_collection(page, "Birds")
    attach(page, ".drop", [document])
    expect(page.locator(".outcomes .done")).to_contain_text("penguins.md")
    page.fill(".finder input", "Penguins cannot fly but swim well.")
    page.click(".finder button")
    page.click(".result a.button")
    expect(page.locator("#workshop .document mark")).to_contain_text("Penguins cannot fly")
    page.click('#workshop .row [data-action="open"]')
    page.click('.documents [data-action="remove"]')
    expect(page.locator("#workshop")).to_contain_text("This collection is empty")
    page.click(".outcome-place button")
    expect(page.locator(".documents li")).to_be_visible()
    page.click('.documents [data-action="remove"]')
    expect(page.locator("#workshop")).to_contain_text("This collection is empty")


def test_a_tool_is_shown_as_a_card(page: Page) -> None:
    talk_to(page, "model-guide")
    say(page, "look at the clock: what time is it now?")
    idle(page)
    card = page.locator("#talk details.card")
    expect(card.locator("summary")).to_contain_text("used:")
    card.locator("summary").click()
    expect(card).to_contain_text("Result")
    page.wait_for_timeout(300)
    assert card.get_attribute("open") is not None


def test_what_is_rich_is_rendered(page: Page) -> None:
    talk_to(page, "model-guide")
    say(page, "something rich")
    idle(page)
    text = page.locator("#talk .text")
    expect(text.locator("strong")).to_have_text("bold")
    expect(text.locator("td").first).to_have_text("10")
    expect(text.locator("figure .nf")).to_have_text("greet")
    expect(text.locator("math mfrac")).to_have_count(1)
    expect(text.locator(".host")).to_contain_text("example.org")


def test_danger_brings_help_and_no_model(page: Page) -> None:
    talk_to(page, "gg")
    say(page, "我不想活了")
    idle(page)
    expect(page.locator(".care a").first).to_have_attribute("href", "tel:12356")
    page.reload()
    expect(page.locator(".care")).to_be_visible()


def test_both_languages_everywhere(page: Page) -> None:
    page.click('[data-do="language"]')
    expect(page.locator("#header nav")).to_contain_text("对话")
    for name in ("knowledge", "personas", "tools"):
        page.click(f'nav [data-page="{name}"]')
        page.wait_for_selector("#workshop h1")
        page.wait_for_timeout(300)
        heading = page.inner_text("#workshop h1")
        assert re.search("[\u4e00-\u9fff]", heading), heading
    page.reload()
    expect(page.locator("#header nav")).to_contain_text("对话")
    assert page.get_attribute("html", "lang") == "zh-CN"


def test_a_message_that_is_too_long_is_refused_and_kept(page: Page) -> None:
    talk_to(page, "gg")
    say(page, "long " * 40_000)
    expect(page.locator("#notice")).to_contain_text("200,000 characters")
    assert len(page.input_value("#composer textarea")) == 200_000
    expect(page.locator('[type="submit"]')).to_be_visible()
    page.keyboard.press("Enter")  # the same refusal again, and nothing lost again
    page.wait_for_function("document.querySelector('#composer textarea').value.length === 200000")
    expect(page.locator("#notice [data-refused]")).to_be_visible()


def test_a_file_of_200_megabytes_is_refused_at_once(page: Page, tmp_path: Path) -> None:
    huge = tmp_path / "huge.txt"
    with huge.open("wb") as file:
        file.truncate(200_000_000)
    talk_to(page, "librarian")
    attach(page, '[data-do="attach"]', [huge])
    expect(page.locator(".outcomes .failed")).to_contain_text("200 MB")


def test_enter_while_composing_does_not_send(page: Page) -> None:
    talk_to(page, "gg")
    page.focus("#composer textarea")
    page.keyboard.type("nihao")
    page.evaluate(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true, isComposing: true}))"
    )
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("ma")
    assert page.input_value("#composer textarea") == "nihao\nma"


def test_conversations_are_renamed_found_deleted_and_brought_back(page: Page) -> None:
    talk_to(page, "gg")
    say(page, "count to 2")
    idle(page)
    here = page.locator("#sidebar li.here")
    here.hover()
    here.locator(".menu summary").click()
    here.locator('[data-do="rename"]').click()
    page.keyboard.type("Zebra <b>talk</b>")
    page.keyboard.press("Enter")
    expect(here).to_contain_text("Zebra <b>talk</b>")
    page.fill("#sidebar input[type=search]", "Zebra")
    expect(page.locator("#sidebar li")).to_have_count(1)
    here.hover()
    here.locator(".menu summary").click()
    here.locator('[data-do="delete"]').click()
    expect(page.locator("#sidebar li")).to_have_count(0)
    page.click('#notice [data-do="restore"]')
    expect(page.locator("#sidebar li")).to_have_count(1)


def test_back_and_forward(page: Page) -> None:
    talk_to(page, "gg")
    say(page, "count to 2")
    idle(page)
    conversation = page.url
    page.click('nav [data-page="tools"]')
    page.wait_for_selector("#workshop h1")
    page.go_back()
    expect(page.locator("#talk .bubble")).to_be_visible()
    assert page.url == conversation


def test_a_visitor_of_the_next_day_finds_the_last_conversation(page: Page, context: BrowserContext, hearth: Hearth) -> None:
    talk_to(page, "gg")
    say(page, "count to 4")
    idle(page)
    page.close()
    later = visit(context, hearth.url)
    expect(later.locator("#talk .bubble")).to_contain_text("count to 4")
