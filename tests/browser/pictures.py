"""Pictures of every page: `python -m tests.browser.pictures [--all FOLDER]` writes docs/images; so does `make pictures`.

Every state of the page, in both languages, light and dark, at three widths, from a folder with days of use in it. What is kept in
the repository is a sheet for each language and theme, and the pictures that the guide shows; `--all` keeps every one as it is.
"""

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import Hearth, chromium, visit
from tests.browser.display import ASKED, NOTES, RENEWING, SERVER, SHOP
from tests.browser.tour import say, settled, talk, workshops

ROOT = Path(__file__).parents[2]
SIZES = {1280: (1280, 800), 820: (820, 1000), 390: (390, 844)}
DISPLAY = Path(__file__).with_name("display.py")
THEMES = ("light", "dark")
LOCALES = {"en": "en-US", "zh": "zh-CN"}
IMAGES = ROOT / "docs" / "images"
IN_GUIDE = {
    "gallery": "gallery",
    "chat": "chat",
    "sources": "sources",
    "steps": "steps",
    "personas": "personas",
    "personas, one open": "persona",
    "knowledge, one open": "knowledge",
    "document": "document",
    "knowledge, a search": "knowledge-search",
    "knowledge, cutting": "knowledge-cutting",
    "approval": "approval",
    "tools, one open": "tools",
    "tools, its editor": "tool-editor",
    "tools, an import": "tool-import",
    "tools, a server": "server",
    "models, one open": "models",
    "settings, one open": "settings",
}
"""The states that the guide shows, by the name of their picture."""

QUALITY = 72
HEIGHT = 300  # of a picture in a sheet


def stops(page: Page, language: str) -> Iterator[str]:
    """Go from state to state; yields the name of each."""
    asked = ASKED[language]
    new_chat(page)
    yield "gallery"
    talk(page, "gg")
    yield "opening"
    say(page, asked["gg"])
    say(page, asked["clock"])
    settled(page)
    yield "chat"
    new_chat(page)
    talk(page, "librarian")
    say(page, asked["librarian"])
    page.click("#talk .text .cite >> nth=0")
    page.wait_for_selector("#panel mark")
    settled(page)
    yield "sources"
    page.click('#panel [data-do="panel-back"]')
    page.click('#panel [data-tab="steps"]')
    settled(page)
    yield "steps"
    page.click('#panel [data-do="panel-close"]')
    new_chat(page)
    talk(page, "model-guide")
    say(page, asked["renew"])
    page.wait_for_selector("#talk .card.ask")
    settled(page)
    yield "approval"
    for stop in workshops(page):
        match stop:
            case "knowledge, one open":
                page.click(f"#workshop .items a:has-text('{NOTES[language][0]}')")
            case "tools, one open":
                page.click('#workshop .items [data-thing="calculator"]')
                page.wait_for_selector("#workshop [data-key=tool-calculator]")
                page.fill("#workshop .form input >> nth=0", "(3 + 4.5) * 2^10")
                page.click("#workshop .form [type=submit]")
                page.wait_for_selector("#workshop .result-of")
            case "models, one open":
                page.click("#workshop .items a:has-text('Qwen3 1.7B')")
            case "settings, one open":
                page.click('#workshop .items [data-thing="data"]')
                page.wait_for_selector("#workshop progress")
        settled(page)
        page.evaluate("document.getElementById('workshop').scrollTop = 0")
        yield stop
        if stop == "knowledge, one open":
            page.click("#workshop .documents a >> nth=0")
            settled(page)
            yield "document"
            yield from knowledge(page, NOTES[language][0], asked["notes"])
        if stop == "tools, one open":
            yield from tools(page)


def knowledge(page: Page, title: str, question: str) -> Iterator[str]:
    """A search with its reasons, and the documents cut in another way."""
    page.click(f"#workshop .items a:has-text('{title}')")
    page.wait_for_selector("#workshop .finder")
    page.fill("#workshop .finder input[name=words]", question)
    page.keyboard.press("Enter")
    page.wait_for_selector("#workshop .results")
    page.locator("#workshop .reasons summary").first.click()
    page.eval_on_selector("#workshop .finder", "finder => finder.scrollIntoView()")
    settled(page)
    yield "knowledge, a search"
    page.click("#workshop details.cuts > summary")
    page.select_option("#workshop details.cuts select[name=method]", "heading")
    page.wait_for_selector("#workshop .cut-passages li")
    page.eval_on_selector("#workshop details.cuts", "cuts => cuts.scrollIntoView()")
    settled(page)
    yield "knowledge, cutting"


def tools(page: Page) -> Iterator[str]:
    """A tool of the maker's own, an import and a server."""
    page.click(f'#workshop .items [data-thing="{RENEWING["id"]}"]')
    page.click("#tool-tab-edit")
    page.eval_on_selector("#workshop [data-parameters]", "table => table.scrollIntoView({ block: 'center' })")
    settled(page)
    yield "tools, its editor"
    page.click('#workshop [data-thing="+import"]')
    page.fill('#workshop [name="text"]', SHOP)
    page.click("#workshop .import [type=submit]")
    page.wait_for_selector("#workshop .found")
    page.locator("#workshop .left summary").click()
    page.eval_on_selector("#workshop .found", "found => found.scrollIntoView({ block: 'center' })")
    settled(page)
    yield "tools, an import"
    page.click('#workshop [data-thing="+servers"]')
    page.wait_for_selector("#workshop [data-key=servers]")
    page.locator("#workshop textarea").fill(SERVER)
    page.locator("#workshop form:has(textarea) [type=submit]").click()
    page.wait_for_selector('#workshop [data-action="server-grant"]')
    page.evaluate("document.getElementById('workshop').scrollTop = 0")
    settled(page)
    yield "tools, a server"


def new_chat(page: Page) -> None:
    page.click('#sidebar [data-do="new"]')
    page.wait_for_selector(".gallery")
    settled(page)


def take(browser: Browser, app: Hearth, language: str) -> dict[tuple[str, str, int], Image.Image]:
    """Every picture in one language, by state, theme and width."""
    taken = {}
    context = browser.new_context(locale=LOCALES[language], viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    page = visit(context, app.url)
    for stop in stops(page, language):
        for width, (_, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            for theme in THEMES:
                page.emulate_media(color_scheme=theme)
                page.mouse.move(0, 0)
                page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
                taken[stop, theme, width] = Image.open(BytesIO(page.screenshot())).convert("RGB")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 800})
    context.close()
    return taken


def sheet(taken: dict[tuple[str, str, int], Image.Image], theme: str) -> Image.Image:
    """The pictures of one theme: a row holds two states, each at its three widths."""
    names = list(dict.fromkeys(stop for stop, _, _ in taken))
    ground, ink = ("#FBF8F4", "#2B2622") if theme == "light" else ("#1C1917", "#EDE6DE")
    widths = [round(width * HEIGHT / height) for width, height in SIZES.values()]
    gap, label = 12, 22
    cell = sum(widths) + 4 * gap
    rows = -(-len(names) // 2)
    whole = Image.new("RGB", (2 * cell, rows * (HEIGHT + label + gap)), ground)
    draw = ImageDraw.Draw(whole)
    for number, name in enumerate(names):
        left, top = (number % 2) * cell + gap, (number // 2) * (HEIGHT + label + gap)
        draw.text((left, top + 4), name.encode("ascii", "ignore").decode().strip(" ,"), fill=ink, font=ImageFont.load_default(13))
        for width, thumb in zip(SIZES, widths, strict=True):
            whole.paste(taken[name, theme, width].resize((thumb, HEIGHT), Image.Resampling.LANCZOS), (left, top + label))
            left += thumb + gap
    return whole


def main() -> None:
    parser = argparse.ArgumentParser(description="Take the pictures of every page.")
    parser.add_argument("--all", type=Path, help="a folder for every single picture")
    keep = parser.parse_args().all
    IMAGES.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.gettempdir()) / "hearth"  # its name is in a picture
    with sync_playwright() as playwright:
        apps = {language: Hearth(folder / language, DISPLAY, language) for language in LOCALES}
        for app in apps.values():
            shutil.rmtree(app.data.parent, ignore_errors=True)
            app.data.parent.mkdir(parents=True)
        with ThreadPoolExecutor() as pool:
            list(pool.map(Hearth.start, apps.values()))
        browser = playwright.chromium.launch(executable_path=chromium(playwright), args=["--no-sandbox", "--disable-gpu"])
        for language, app in apps.items():
            taken = take(browser, app, language)
            for theme in THEMES:
                sheet(taken, theme).save(IMAGES / f"sheet-{language}-{theme}.webp", quality=QUALITY, method=6)
            for (stop, theme, width), picture in taken.items():
                if keep:
                    keep.mkdir(parents=True, exist_ok=True)
                    picture.save(keep / f"{language}-{stop.replace('/', '-')}-{width}-{theme}.png")
                if stop in IN_GUIDE and (theme, width) == ("light", 1280):
                    picture.save(IMAGES / f"{IN_GUIDE[stop]}-{language}.webp", quality=QUALITY, method=6)
                if stop == "chat" and (theme, width) == ("dark", 390):
                    picture.save(IMAGES / f"phone-{language}.webp", quality=QUALITY, method=6)
            app.stop()
        browser.close()
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
