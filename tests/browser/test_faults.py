"""What people see when something goes wrong: one clear sentence in their language, nothing lost, and the page goes on working."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Hearth, visit
from tests.browser.test_journeys import idle, say
from tests.knowledge.conftest import pdf, protected_pdf

# What each file is called and holds, and what is said of it; those that end in ADDED are read in spite of everything.
ADDED = ("added · passages: 1", "已添加 · 1 个段落")
FILES: Mapping[str, tuple[bytes, tuple[str, str]]] = {
    "nothing.txt": (b"", ("is empty: there is nothing to read in it", "是空的，没有可读的内容")),
    "locked.pdf": (protected_pdf(), ("is protected by a password", "有密码保护")),
    "torn.pdf": (b"%PDF-1.7\n" + b"garbage " * 50, ("is damaged: it begins like a PDF", "已损坏：开头像 PDF")),
    "pageless.pdf": (pdf([]), ("is a PDF without any page", "是一个没有页面的 PDF")),
    "report.txt": (pdf([["Lighthouse keepers drink tea at four."]]), ADDED),
    "photo.md": (b"\x89PNG\r\n\x1a\n" + bytes(99), ("is a picture (PNG), which is not read", "是图片（PNG），这种文件读不了")),
    "setup.pdf": (b"MZ\x90\x00" + bytes(200), ("is a Windows program, which is not read", "是 Windows 程序，这种文件读不了")),
    "letter.docx": (bytes(range(256)) * 9, ("is not a Word file", "不是 Word 文件")),
    "笔记.txt": ("灯塔守护人每年有三十天年假，雾天多的年份另加五天。".encode("utf-16"), ADDED),
    "good.md": (b"# Harbour\n\nThe harbour master counts the boats at noon.\n", ADDED),
}


def make_files(folder: Path) -> list[Path]:
    for name, (content, _) in FILES.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in FILES]


def attach(page: Page, button: str, files: Sequence[Path]) -> None:
    with page.expect_file_chooser() as chooser:
        page.click(button)
    chooser.value.set_files(files)


def expect_outcomes(page: Page, language: int) -> None:
    lines = page.locator(".outcomes li")
    expect(lines).to_have_count(len(FILES))
    expect(page.locator(".outcomes .waiting, .outcomes .working")).to_have_count(0, timeout=15_000)
    for line, (name, (_, said)) in zip(lines.all(), FILES.items(), strict=True):
        expect(line).to_contain_text(name)
        expect(line).to_contain_text(said[language])


def find(page: Page, words: str, passage: str) -> None:
    page.fill(".finder input", words)
    page.click(".finder button")
    expect(page.locator(".result").first).to_contain_text(passage)


def new_collection(page: Page, title: str) -> None:
    page.click('nav [data-page="knowledge"]')
    page.fill(".make input", title)
    page.click(".make button")
    page.wait_for_selector(f".pick [aria-current]:has-text('{title}')")


def test_bad_files_are_told_one_by_one_and_the_good_ones_go_in(page: Page, tmp_path: Path) -> None:
    new_collection(page, "Harbour")
    attach(page, ".drop", make_files(tmp_path))
    expect_outcomes(page, 0)
    expect(page.locator(".documents li")).to_have_count(3)
    find(page, "灯塔守护人的年假", "灯塔守护人每年有三十天年假")
    find(page, "Lighthouse keepers drink tea", "Lighthouse keepers drink tea at four.")
    (tmp_path / "more.md").write_text("# Ferry\n\nThe ferry leaves at six.\n", "utf-8")
    attach(page, ".drop", [tmp_path / "more.md"])
    expect(page.locator(".outcomes .done")).to_contain_text("more.md")
    expect(page.locator(".documents li")).to_have_count(4)


def test_bad_files_in_a_chat_leave_the_conversation_and_the_draft(browser: Browser, shared: Hearth, tmp_path: Path) -> None:
    context = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    page = visit(context, shared.url)
    page.click('.guest[data-persona="librarian"]')
    say(page, "echo: 第一句")
    idle(page)
    page.fill("#composer textarea", "还没写完")
    attach(page, '[data-do="attach"]', make_files(tmp_path))
    expect_outcomes(page, 1)
    expect(page.locator("#talk")).to_contain_text("第一句")
    assert page.input_value("#composer textarea") == "还没写完"
    say(page, "灯塔守护人每年有三十天年假，雾天多的年份另加五天。")
    idle(page)
    page.locator("#talk .text .cite").last.click()
    expect(page.locator("#panel mark")).to_contain_text("灯塔守护人每年有三十天年假")
    context.close()
