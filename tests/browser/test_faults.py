"""What people see when something goes wrong: one clear sentence in their language, nothing lost, and the page goes on working."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import IDLE, Hearth, visit
from tests.browser.test_journeys import attach, idle, new_collection, say, talk_to
from tests.papers import pdf, protected_pdf

# What each file is called and holds, and what is said of it; those that end in ADDED are read in spite of everything.
ADDED = ("added · passages: 1", "已添加 · 1 个段落")
FILES: Mapping[str, tuple[bytes, tuple[str, str]]] = {
    "nothing.txt": (b"", ("is empty: there is nothing to read in it", "是空的，没有可读的内容")),
    "locked.pdf": (protected_pdf(), ("is protected by a password", "有密码保护")),
    "torn.pdf": (b"%PDF-1.7\n" + b"garbage " * 50, ("is damaged: it begins like a PDF", "已损坏：开头像 PDF")),
    "pageless.pdf": (pdf([]), ("is a PDF without any page", "是一个没有页面的 PDF")),
    "report.txt": (pdf([["Lighthouse keepers drink tea at four."]]), ADDED),
    "photo.md": (b"\x89PNG\r\n\x1a\n" + bytes(99), ("is damaged: it begins like a picture", "已损坏：开头像图片")),
    "setup.pdf": (b"MZ\x90\x00" + bytes(200), ("is a Windows program, which is not read", "是 Windows 程序，这种文件读不了")),
    "letter.docx": (bytes(range(256)) * 9, ("is not a Word file", "不是 Word 文件")),
    "笔记.txt": ("灯塔守护人每年有三十天年假，雾天多的年份另加五天。".encode("utf-16"), ADDED),
    "good.md": (b"# Harbour\n\nThe harbour master counts the boats at noon.\n", ADDED),
}


def make_files(folder: Path) -> list[Path]:
    for name, (content, _) in FILES.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in FILES]


IN_A_CHAT = {"photo.md": ("is damaged and cannot be read", "已损坏，无法读取")}


def expect_outcomes(page: Page, language: int, other: dict[str, tuple[str, str]] | None = None) -> None:
    lines = page.locator(".outcomes li")
    expect(page.locator(".outcomes li:is(.done, .failed, .unchanged)")).to_have_count(len(FILES), timeout=15_000)
    expect(lines).to_have_count(len(FILES))
    for name, (_, said) in FILES.items():
        expect(lines.filter(has_text=name)).to_contain_text((other or {}).get(name, said)[language])


def find(page: Page, words: str, passage: str) -> None:
    page.fill(".finder input", words)
    page.click(".finder button")
    expect(page.locator(".result").first).to_contain_text(passage)


def test_bad_files_are_told_one_by_one_and_the_good_ones_go_in(page: Page, tmp_path: Path) -> None:
    new_collection(page, "Harbour")
    attach(page, ".drop", make_files(tmp_path))
    expect_outcomes(page, 0)
    expect(page.locator(".documents li")).to_have_count(3)
    find(page, "灯塔守护人的年假", "灯塔守护人每年有三十天年假")
    find(page, "Lighthouse keepers drink tea", "Lighthouse keepers drink tea at four.")
    (tmp_path / "more.md").write_text("# Ferry\n\nThe ferry leaves at six.\n", "utf-8")
    attach(page, ".drop", [tmp_path / "more.md"])
    expect(page.locator(".outcomes .done:has-text('more.md')")).to_have_count(1)
    expect(page.locator(".documents li")).to_have_count(4)


def test_bad_files_in_a_chat_leave_the_conversation_and_the_draft(browser: Browser, shared: Hearth, tmp_path: Path) -> None:
    context = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    page = visit(context, shared.url)
    page.click('.guest[data-persona="librarian"]')
    say(page, "echo: 第一句")
    idle(page)
    page.fill("#composer textarea", "还没写完")
    attach(page, '[data-do="attach"]', make_files(tmp_path))
    expect_outcomes(page, 1, IN_A_CHAT)
    expect(page.locator("#composer textarea")).to_be_in_viewport()  # a long list scrolls by itself
    expect(page.locator("#talk")).to_contain_text("第一句")
    assert page.input_value("#composer textarea") == "还没写完"
    say(page, "灯塔守护人每年有三十天年假，雾天多的年份另加五天。")
    idle(page)
    page.locator("#talk .text .cite").last.click()
    expect(page.locator("#panel mark")).to_contain_text("灯塔守护人每年有三十天年假")
    context.close()


@pytest.fixture
def full(shared: Hearth) -> Iterator[Hearth]:
    """The shared app, whose disk may be filled: there is room again afterwards."""
    yield shared
    shared.free_the_disk()


def test_a_full_disk_keeps_what_was_typed_and_works_again_with_room(full: Hearth, page: Page, tmp_path: Path) -> None:
    talk_to(page, "gg")
    say(page, "count to 3")
    idle(page)
    said = page.inner_text("#talk")
    full.fill_the_disk()
    say(page, "do not lose this")
    expect(page.locator("#notice")).to_contain_text("Free some disk space")
    assert page.input_value("#composer textarea") == "do not lose this"
    page.click('nav [data-page="knowledge"]')
    note = tmp_path / "note.md"
    note.write_text("# Note\n\nRoom is needed.\n", "utf-8")
    attach(page, ".drop", [note])
    expect(page.locator(".outcome-place .note")).to_contain_text("note.md could not be sent")
    full.free_the_disk()
    attach(page, ".drop", [note])
    expect(page.locator(".outcomes li.done")).to_have_count(1)
    page.click('nav [data-page="chat"]')
    page.click("#sidebar li.here, #sidebar li >> nth=0")
    page.wait_for_selector("#talk .bubble")
    assert page.inner_text("#talk") == said
    say(page, "do not lose this")
    page.wait_for_selector("#talk .bubble:has-text('do not lose this')")
    page.wait_for_function(IDLE)


def test_an_answer_that_a_full_disk_cuts_short_stays_and_is_saved_later(full: Hearth, page: Page) -> None:
    page.click('[data-do="language"]')
    talk_to(page, "model-guide")
    say(page, "count to 900")
    page.wait_for_selector("#live .text:has-text('n20')")
    full.fill_the_disk()
    note = page.locator("#talk .note.bad")
    expect(note).to_contain_text("请腾出磁盘空间")
    written = page.inner_text("#talk .text")
    assert "n20" in written
    page.reload()
    expect(note).to_contain_text("请腾出磁盘空间")
    say(page, "count to 3")
    expect(page.locator("#notice")).to_contain_text("请腾出磁盘空间")
    assert page.input_value("#composer textarea") == "count to 3"
    assert page.inner_text("#talk .text") == written
    full.free_the_disk()
    page.focus("#composer textarea")
    page.keyboard.press("Enter")
    page.wait_for_selector("#talk :text('n1 n2 n3 end.')")
    page.reload()
    page.wait_for_selector("#talk :text('n1 n2 n3 end.')")
    assert page.inner_text("#talk .text >> nth=0") == written


def test_a_document_and_a_collection_that_the_disk_refuses_go_in_later(full: Hearth, page: Page, tmp_path: Path) -> None:
    (tmp_path / "tides.md").write_text("# Tides\n\nThe tide turns at seven.\n", "utf-8")
    new_collection(page, "Coast")
    full.fill_the_disk(room=8_000)  # enough for the upload, not for the database
    attach(page, ".drop", [tmp_path / "tides.md"])
    expect(page.locator(".outcome-place .note.bad")).to_contain_text("Free some disk space")
    page.reload()  # the next note reads alike, and is to be the next one
    expect(page.locator(".drop")).to_be_visible()
    expect(page.locator(".outcome-place .note.bad")).to_have_count(0)
    page.fill(".make input", "Islands")
    page.click(".make button")
    expect(page.locator(".outcome-place .note.bad")).to_contain_text("Free some disk space")
    assert page.input_value(".make input") == "Islands"
    full.free_the_disk()
    page.click(".make button")
    page.wait_for_selector(".pick [aria-current]:has-text('Islands')")
    expect(page.locator(".make input")).to_have_value("")
    attach(page, ".drop", [tmp_path / "tides.md"])
    expect(page.locator(".outcomes .done")).to_contain_text("tides.md")
    find(page, "When does the tide turn?", "The tide turns at seven.")
