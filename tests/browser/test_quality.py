"""Whether the page is a product: every state of it, walked through once a language, at three widths and in two themes.

The walk finds the pages by itself (`tour.py`), so a new page is judged from its first day; what is measured is in `survey.js`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import SERVE, Hearth, visit
from tests.browser.tour import say, talk, walk, workshops

SURVEY = Path(__file__).with_name("survey.js").read_text("utf-8")
AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
LOCALES = {"en": "en-US", "zh": "zh-CN"}
WIDTHS = (1280, 820, 390)
# Where axe looks, which takes the time of everything else together: each theme and width once.
JUDGED = {"en": {1280: "light", 390: "dark"}, "zh": {1280: "dark", 390: "light"}}

Findings = Mapping[str, Mapping[str, set[str]]]
"""Kind of fault -> what was found -> where it was found."""


class Survey:
    """Measures a page at its stops and keeps what it finds."""

    def __init__(self, page: Page, language: str) -> None:
        self._page = page
        self._language = language
        self.found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self.stops: list[str] = []
        page.evaluate(AXE)
        page.evaluate(SURVEY)

    def look(self, stop: str) -> None:
        self.stops.append(stop)
        for width in WIDTHS:
            self._page.set_viewport_size({"width": width, "height": 800})
            where = f"{stop}, {width} px, {self._language}"
            self._measure("cut", where)
            self._measure("squeezed", where)
            if width == 390:
                self._measure("small", where)
            if width == 1280 and self._language == "zh":
                self._measure("latin", where)
            theme = JUDGED[self._language].get(width)
            if theme:
                self._page.emulate_media(color_scheme=theme)
                self._measure("axe", f"{where}, {theme}")
        self._page.set_viewport_size({"width": WIDTHS[0], "height": 800})

    def _measure(self, kind: str, where: str) -> None:
        for finding in self._page.evaluate(f"survey.{kind}()"):
            self.found[kind][finding].add(where)


@pytest.fixture(scope="module", params=LOCALES)
def survey(request: pytest.FixtureRequest, browser: Browser, shared: Hearth) -> Iterator[Survey]:
    language = str(request.param)
    context = browser.new_context(
        locale=LOCALES[language], viewport={"width": 1280, "height": 800}, reduced_motion="reduce", color_scheme="light"
    )
    made = Survey(visit(context, shared.url), language)
    for stop in walk(made._page, language):
        made.look(stop)
    yield made
    context.close()


def told(found: Mapping[str, set[str]]) -> str:
    return "\n".join(f"{what}\n    {'; '.join(sorted(where)[:3])} ({len(where)})" for what, where in sorted(found.items()))


def test_the_walk_sees_the_whole_page(survey: Survey) -> None:
    pages = {stop.split(",")[0] for stop in survey.stops}
    assert {"gallery", "opening", "answer", "tool", "sources", "steps", "menu"} <= pages
    assert {"personas", "knowledge", "tools", "models", "settings"} <= pages


@pytest.mark.parametrize("kind", ["axe", "cut", "squeezed", "small"])
def test_no_fault(survey: Survey, kind: str) -> None:
    """No serious fault that axe knows, nothing cut at an edge, no words without room, nothing too small for a finger."""
    assert survey.found[kind] == {}, told(survey.found[kind])


def test_the_chinese_page_speaks_chinese(survey: Survey) -> None:
    assert survey.found["latin"] == {}, told(survey.found["latin"])


def test_the_measures_find_what_they_look_for(page: Page) -> None:
    """A page with one fault of each kind: what is measured above is not measured by nothing."""
    page.set_viewport_size({"width": 390, "height": 800})
    page.evaluate(SURVEY)
    page.evaluate(
        """() => document.querySelector(".gallery").insertAdjacentHTML("beforeend",
            `<button style="width: 30px; white-space: nowrap; padding: 0">Far too long for that</button>
             <div style="width: 500px">wide</div><input aria-label="English words alone">
             <section class="shop" style="overflow: auto; width: 100px"><p style="width: 200px">this is not Chinese</p>
             </section>`)"""
    )
    kinds = {kind: " ".join(page.evaluate(f"survey.{kind}()")) for kind in ("cut", "squeezed", "small", "latin")}
    assert "div “Who would you like" in kinds["cut"]
    assert "this is not Chine scrolls sideways by" in kinds["cut"]
    assert "Far too long for that" in kinds["squeezed"]
    assert "Far too long for that” is 30 x" in kinds["small"]
    assert "this is not Chinese" in kinds["latin"]
    assert "English words alone" in kinds["latin"]


@pytest.fixture(scope="module")
def guest_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hearth]:
    """The app as visitors of a Space meet it."""
    app = Hearth(tmp_path_factory.mktemp("guests"), SERVE, "hosted")
    app.start()
    yield app
    app.stop()


def test_a_visitors_page_is_chinese_and_whole(browser: Browser, guest_house: Hearth) -> None:
    context = browser.new_context(locale=LOCALES["zh"], viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    page = visit(context, guest_house.url)
    made = Survey(page, "zh")
    made.look("gallery")
    talk(page, "gg")
    say(page, "你好")
    made.look("answer")
    for stop in workshops(page):
        made.look(stop)
    context.close()
    pages = {stop.split(",")[0] for stop in made.stops}
    assert {"personas", "settings"} <= pages
    assert not {"knowledge", "tools", "models"} & pages
    faults = {kind: told(made.found[kind]) for kind in made.found}
    assert faults == {}
