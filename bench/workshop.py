"""How soon the pages answer with 10,000 tools registered, in a real browser, and what memory these tools take.

They are made of words drawn at random. The time is from a click or a key to the answer on the screen, with what the page waits
for after the last key before it searches or saves. Of the memory that of the same app without them is taken off. It needs a
Chromium, as `bench.browser` does.
"""

import json
import random
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.access import MAKER
from assistant.models.base import ModelInfo
from assistant.models.scripted import ScriptedModel
from assistant.settings import Settings
from bench.browser import launched, served
from bench.report import Line, show
from bench.texts import sentence
from common.database import opened
from tools.documents import ToolDocument, ToolStore

TOOLS = 10_000
TURNS = 7
LIMIT_S = 1.0
MEMORY_MB = 200.0

# Asked of the page itself at each frame: whoever waits for it from outside looks more and more rarely.
_TIMED = """async ([act, seen]) => {
    const shown = new Function("return " + seen), began = performance.now();
    new Function(act)();
    while (!shown()) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return (performance.now() - began) / 1000;
}"""
_PERSONA = '#workshop [data-thing="librarian"]'


def measure() -> list[Line]:
    """Walk through the pages of both apps. Raises `RuntimeError` where there is no Chromium."""
    from playwright.sync_api import sync_playwright

    spent: dict[str, list[float]] = {}
    memory = {}
    with sync_playwright() as playwright:
        browser = launched(playwright)
        for name, tool in (("few", "calculator"), ("many", f"made-{TOOLS - 1}")):
            with tempfile.TemporaryDirectory() as folder:
                if name == "many":
                    _import(Path(folder) / "data")
                memory[name] = _visit(browser, folder, tool, spent)
            if name == "few":
                spent.clear()
        browser.close()
    return [
        *(Line(f"{step} among {TOOLS:,}", statistics.median(each), "s", at_most=LIMIT_S) for step, each in spent.items()),
        Line(f"memory for {TOOLS:,} tools", memory["many"] - memory["few"], "MB", at_most=MEMORY_MB),
    ]


def _visit(browser: Any, folder: str, tool: str, spent: dict[str, list[float]]) -> float:
    """Walk through the pages some times; returns the megabytes that the app takes then."""
    with served("bench.workshop", "app", folder) as (address, process):
        page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="en-US")
        page.goto(address)
        page.wait_for_selector("#house.ready .gallery")
        for turn in range(TURNS):
            for step, seconds in _walk(page, tool, turn):
                spent.setdefault(step, []).append(seconds)
        page.close()
        return float(process.memory_info().rss / 1e6)


def _walk(page: Any, tool: str, turn: int) -> Iterator[tuple[str, float]]:
    """What was done, and the seconds until it was to be seen."""

    def timed(act: str, seen: str) -> float:
        return float(page.evaluate(_TIMED, [act, seen]))

    yield "tools page opened", timed(_click('nav [data-page="tools"]'), _there("#workshop .items a"))
    timed(_type('.pick [type="search"]', ""), "document.querySelectorAll('#workshop .items a').length > 5")
    found = f"document.querySelectorAll('#workshop .items a:not([hidden])').length === 1 && {_there(_item(tool))}"
    yield "tool searched in the list", timed(_type('.pick [type="search"]', tool), found)
    yield "tool opened", timed(_click(_item(tool)), _there(f"[data-key='tool-{tool}']"))
    if tool != "calculator":
        edited = f"{_there('.tool-editor .saved')}?.textContent.startsWith('Saved')"
        yield "edit saved", timed(_type('[name="title.en"]', f"Changed for the {turn}th time"), edited)
    page.evaluate(_click('nav [data-page="personas"]'))
    page.wait_for_selector(_PERSONA)
    yield "persona opened", timed(_click(_PERSONA), _there('.editor [name="tools"]'))
    page.evaluate(_click('nav [data-page="chat"]'))
    page.wait_for_selector("#workshop", state="hidden")


def _there(selector: str) -> str:
    return f"document.querySelector({json.dumps(selector)})"


def _item(tool: str) -> str:
    return f'#workshop .items [data-thing="{tool}"]'


def _click(selector: str) -> str:
    return f"{_there(selector)}.click()"


def _type(selector: str, words: str) -> str:
    return (
        f"const field = {_there(selector)}; field.focus(); field.value = {json.dumps(words)}; "
        "field.dispatchEvent(new Event('input', { bubbles: true }))"
    )


def _import(data: Path) -> None:
    with opened(data) as database:
        ToolStore(database).keep_imported(MAKER.owner, [_made(number) for number in range(TOOLS)], {})


def _serve(data: str, port: str) -> None:
    """The app with a model that never speaks."""
    from assistant.studio import build_studio
    from retrieval.embedding import HashEmbedder
    from server.app import create_app, serve

    settings = Settings(port=int(port), data=Path(data), embedder="hash", offline=True)
    info = ModelInfo("scripted", "Scripted", frozenset({"en", "zh"}), tools=True, grounding=True, context_tokens=100_000)
    studio = build_studio(settings, model=ScriptedModel([], info), embedder=HashEmbedder())
    try:
        serve(create_app(studio), settings)
    finally:
        studio.close()


def _made(number: int) -> ToolDocument:
    writer = random.Random(number)
    schemas = {f"value{n}": {"type": "string", "description": sentence(writer)} for n in range(5)}
    return ToolDocument.model_validate(
        {
            "id": f"made-{number}",
            "name": f"made_{number}",
            "title": {"en": f"Made {number}"},
            "description": {"en": sentence(writer)},
            "parameters": {"type": "object", "properties": schemas},
            "risk": "reads",
            "call": {
                "method": "GET",
                "url": f"https://api.example/{number}",
                "arguments": {name: {"place": "query"} for name in schemas},
            },
            "source": {"form": "openapi", "api": "Made", "operation": f"GET /{number}"},
        }
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _serve(*sys.argv[2:])
    else:
        sys.exit(show(measure()))
