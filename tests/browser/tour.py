"""A walk through everything the page can show, found from the page itself: a page that arrives later is walked through too.

Used by the tests of quality and by the pictures. `walk` goes where the navigation leads, opens the first thing of each list and
every tab of it, and stops at each of them.
"""

from collections.abc import Callable, Iterator

from playwright.sync_api import Page

from tests.browser.conftest import IDLE

# In the words of the shipped handbook: the double that embeds here knows words, not meanings.
QUESTIONS = {"en": "Every member of staff gets 15 days of paid annual leave a year.", "zh": "每位员工每年有 15 天带薪年假"}

_QUIET = """(quiet) => new Promise((done) => {
    let timer;
    const end = () => { watch.disconnect(); clearTimeout(last); done(); };
    const again = () => { clearTimeout(timer); timer = setTimeout(end, quiet); };
    const watch = new MutationObserver(again);
    const last = setTimeout(end, 2500);
    watch.observe(document.getElementById("house"), { subtree: true, childList: true, attributes: true, characterData: true });
    again();
})"""

_NUMBER = "(window.hearthParts?.workshop?.value || '').slice(-40)"  # of the last answer that drew the workshop


def settled(page: Page, quiet_ms: int = 120) -> None:
    """Wait until nothing on the page has changed for a moment, or for 2.5 s where something always moves."""
    page.evaluate(_QUIET, quiet_ms)


def walk(page: Page, language: str) -> Iterator[str]:
    """Stop at every state of the page that has a look of its own; yields its name."""
    yield from _chat(page, language)
    yield from workshops(page)


def _chat(page: Page, language: str) -> Iterator[str]:
    page.click('#sidebar [data-do="new"]')
    page.wait_for_selector(".gallery")
    settled(page)
    yield "gallery"
    talk(page, "gg")
    yield "opening"
    say(page, "rich")
    settled(page)
    yield "answer"
    page.click('#sidebar [data-do="new"]')
    talk(page, "model-guide")
    say(page, "look at the clock")
    page.click("#talk details.card summary")
    settled(page)
    yield "tool"
    page.click('#sidebar [data-do="new"]')
    talk(page, "librarian")
    say(page, QUESTIONS[language])
    cite = page.locator("#talk .text .cite").first
    if cite.count():
        cite.click()
    settled(page)
    yield "document"
    if page.locator('#panel [data-do="panel-back"]').is_visible():
        page.click('#panel [data-do="panel-back"]')
        settled(page)
    yield "sources"
    steps = page.locator('#panel [data-tab="steps"]')
    if steps.count():
        steps.click()
        settled(page)
        yield "steps"
    menu = page.locator("#sidebar li.here details.menu summary")
    page.hover("#sidebar li.here")
    menu.click()
    settled(page)
    yield "menu"
    menu.click()


def talk(page: Page, persona: str) -> None:
    """From the gallery to the opening of a persona."""
    page.click(f'.guest[data-persona="{persona}"]')
    page.wait_for_selector(".opening")
    settled(page)


def say(page: Page, words: str) -> None:
    """Send a message and wait for the whole answer."""
    page.fill("#composer textarea", words)
    page.keyboard.press("Enter")
    page.wait_for_selector("#talk .said.them")
    page.wait_for_function(IDLE)


def workshops(page: Page) -> Iterator[str]:
    """Every page behind the conversation, the first thing that each lists, and every tab of that."""
    names = page.eval_on_selector_all(
        '#header [data-do="page"]',
        "links => [...new Set(links.map((link) => link.dataset.page))].filter((name) => name !== 'chat')",
    )
    for name in names:
        open_page(page, name)
        yield name
        yield from _tabs(page, name)
        own = f':is([data-page="{name}"], :not([data-page]))'
        first = page.locator(f'#workshop [data-do=thing]{own}:not([data-thing=""]):visible').first
        if first.count():
            thing = first.get_attribute("data-thing")
            _answered(page, first.click)
            page.wait_for_function("(thing) => new URLSearchParams(location.search).get('id') === thing", arg=thing)
            settled(page)
            yield f"{name}, one open"
            yield from _tabs(page, f"{name}, one open")


def open_page(page: Page, name: str) -> None:
    _answered(page, lambda: page.click(f'#header [data-page="{name}"]:not(.brand)'))
    page.wait_for_selector(f'#header [data-page="{name}"][aria-current]')
    page.wait_for_selector("#workshop h1")
    settled(page)


def _answered(page: Page, press: Callable[[], object]) -> None:
    """Press what draws the workshop anew, and wait until it is: each answer of the app ends with a number of its own."""
    before = page.evaluate(_NUMBER)
    press()
    page.wait_for_function(f"(before) => {_NUMBER} !== before", arg=before)


def _tabs(page: Page, name: str) -> Iterator[str]:
    for number in range(1, page.locator("#workshop [role=tab]").count()):
        tab = page.locator("#workshop [role=tab]").nth(number)
        if tab.is_visible():
            tab.click()
            settled(page)
            yield f"{name}, {tab.inner_text()}"
