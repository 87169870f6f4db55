"""Everything by the keyboard alone, and while Chinese is being composed.

Focus is always somewhere that can be seen: after each step it is on something of the page, in view, with a mark around it, and
never on nothing, where a repaint or a button that went away would leave it.
"""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import IDLE
from tests.browser.tour import QUESTIONS, settled, workshops

_WHERE = """() => {
    const at = document.activeElement, header = document.getElementById("header");
    if (!at || at === document.body || !at.closest("#house")) return "lost: " + (at ? at.outerHTML.slice(0, 80) : at);
    const box = at.getBoundingClientRect(), style = getComputedStyle(at), frame = at.closest(".box");
    const marked = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0)
        || (frame && getComputedStyle(frame).borderTopColor !== getComputedStyle(header).borderBottomColor);
    const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    if (!at.checkVisibility({ visibilityProperty: true }) || !inside) return "out of view: " + at.outerHTML.slice(0, 160);
    return marked ? "" : "not marked: " + at.outerHTML.slice(0, 160);
}"""

# What a mouse can press or write in, and of a set of tabs or radio buttons the one that Tab stops at.
_MISSED = """() => {
    const kinds = "a, button, input, select, textarea, summary, [data-do]";
    const all = document.querySelectorAll(`#workshop :is(${kinds}):not(form, [type=file])`);
    const skipped = "[disabled], [role=tab]:not([aria-selected=true]), [type=radio]:not(:checked)";
    return [...all]
        .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.matches(skipped))
        .filter((element) => !window.reached.has(element))
        .map((element) => element.outerHTML.slice(0, 120));
}"""


def seen(page: Page) -> None:
    """Focus is on something that can be seen."""
    settled(page)
    assert page.evaluate(_WHERE) == ""


def reach(page: Page, selector: str, key: str = "Tab", steps: int = 60) -> None:
    """Press Tab until `selector` has focus; everything on the way can be seen."""
    for _ in range(steps):
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press(key)
        assert page.evaluate(_WHERE) == ""
    raise AssertionError(f"{selector} is not reached with {steps} times {key}")


def press(page: Page, selector: str, key: str = "Enter", by: str = "Tab") -> None:
    reach(page, selector, by)
    page.keyboard.press(key)


def write(page: Page, words: str) -> None:
    reach(page, "#composer textarea")
    page.keyboard.type(words)
    page.keyboard.press("Enter")


def idle(page: Page) -> None:
    page.wait_for_selector("#talk .said.them")
    page.wait_for_function(IDLE)


def test_a_day_without_a_mouse(page: Page) -> None:
    press(page, '[data-persona="gg"]')
    page.wait_for_selector(".opening")
    seen(page)
    write(page, "count to 900")
    page.wait_for_selector("#live .text:has-text('n20')")
    press(page, '[data-do="stop"]')
    idle(page)
    seen(page)
    expect(page.locator("#talk")).to_contain_text("Stopped here.")

    press(page, "#sidebar li.here .menu summary", by="Shift+Tab")
    page.keyboard.press("Escape")
    expect(page.locator("#sidebar li.here .menu")).not_to_have_attribute("open", "")
    seen(page)
    page.keyboard.press("Enter")
    press(page, '#sidebar li.here [data-do="rename"]')
    page.keyboard.type("By hand")
    page.keyboard.press("Enter")
    expect(page.locator("#sidebar li.here")).to_contain_text("By hand")
    seen(page)
    press(page, "#sidebar li.here .menu summary")
    press(page, '#sidebar li.here [data-do="delete"]')
    expect(page.locator("#sidebar li.here")).to_have_count(0)
    page.wait_for_selector('#notice [data-do="restore"]')
    seen(page)
    press(page, '#notice [data-do="restore"]')
    expect(page.locator("#sidebar")).to_contain_text("By hand")
    seen(page)

    press(page, '#header [data-page="tools"]', by="Shift+Tab")
    page.wait_for_selector("#workshop h1")
    seen(page)
    press(page, '#header [data-do="theme"]')
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    seen(page)
    press(page, '#header [data-do="language"]', by="Shift+Tab")
    expect(page.locator("#header nav")).to_contain_text("对话")
    seen(page)


def test_tab_stops_at_everything_in_the_workshop(page: Page) -> None:
    page.evaluate("window.reached = new WeakSet(); addEventListener('focusin', (event) => window.reached.add(event.target))")
    for name in workshops(page):
        page.focus("#header .brand")
        for _ in range(400):
            page.keyboard.press("Tab")
            where = page.evaluate(_WHERE)
            if where.startswith("lost"):  # past the last of the page
                break
            assert where == "", name
        assert page.evaluate(_MISSED) == [], name


@pytest.mark.parametrize("width", [1280, 390])
def test_sources_by_keyboard(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    press(page, '[data-persona="librarian"]')
    page.wait_for_selector(".opening")
    write(page, QUESTIONS["en"])
    idle(page)
    seen(page)
    press(page, "#talk .text .cite", by="Shift+Tab")
    expect(page.locator("#panel mark")).to_be_visible()
    seen(page)
    if width == 390:  # a sheet over the page: focus is in it and stays in it
        for _ in range(8):
            assert page.evaluate("Boolean(document.activeElement.closest('#panel'))")
            page.keyboard.press("Tab")
    else:
        reach(page, '#panel [data-do="panel-back"]')
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    seen(page)
    assert page.evaluate("document.activeElement.matches('#talk .cite')")


def test_the_list_of_conversations_is_a_drawer_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    press(page, '[data-do="drawer"]')
    expect(page.locator("#sidebar")).to_be_visible()
    page.wait_for_function("document.activeElement.closest('#sidebar')")
    for _ in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate("Boolean(document.activeElement.closest('#sidebar'))")
    page.keyboard.press("Escape")
    expect(page.locator("#sidebar")).to_be_hidden()
    assert page.evaluate("document.activeElement.dataset.do") == "drawer"


def compose(page: Page, words: str) -> None:
    """Type `words` as an input method does: they are underlined, and Enter takes them over."""
    input_method = page.context.new_cdp_session(page)
    input_method.send("Input.imeSetComposition", {"text": words, "selectionStart": len(words), "selectionEnd": len(words)})
    key = {"key": "Process", "code": "Enter", "windowsVirtualKeyCode": 229, "nativeVirtualKeyCode": 229}
    input_method.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **key})
    input_method.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13})
    # Some input methods report Enter by its own name, marked as part of the composition.
    page.evaluate(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true, isComposing: true}))"
    )
    input_method.send("Input.insertText", {"text": words})
    input_method.detach()


def test_enter_while_composing_takes_the_words_and_sends_nothing(page: Page) -> None:
    page.click('.guest[data-persona="gg"]')
    page.wait_for_selector(".opening")
    page.focus("#composer textarea")
    compose(page, "我睡不着")
    settled(page)
    assert page.input_value("#composer textarea") == "我睡不着"
    expect(page.locator("#talk .bubble")).to_have_count(0)
    page.keyboard.press("Enter")
    idle(page)
    expect(page.locator("#talk .bubble")).to_have_text("我睡不着")

    page.hover("#sidebar li.here")
    page.click("#sidebar li.here .menu summary")
    page.click('#sidebar li.here [data-do="rename"]')
    compose(page, "夜里")
    expect(page.locator("#sidebar li.here input")).to_have_value("夜里")
    page.keyboard.press("Enter")
    expect(page.locator("#sidebar li.here a")).to_contain_text("夜里")

    page.focus("#sidebar input[type=search]")
    compose(page, "夜")
    expect(page.locator("#sidebar li")).to_have_count(1)
    assert page.input_value("#sidebar input[type=search]") == "夜"
