"""What the page weighs and how soon it can be used, against a bare Gradio page; and what an update costs in a long conversation.

Both pages are mounted the same way and opened by the same browser with an empty cache, in turns, in one run. The long
conversation has 200 messages; the same answer is streamed into it and into an empty one, in turns. A scripted model writes, so
that nothing but the page is measured. Needs a Chromium: the one named in HEARTH_CHROMIUM, one on the path, or Playwright's own.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from assistant.access import MAKER
from assistant.messages import Message
from assistant.models.base import ModelInfo
from assistant.models.scripted import ScriptedModel
from assistant.settings import Settings
from bench.report import Line, free_port, show

ROOT = Path(__file__).resolve().parent.parent
WEIGHT_LIMIT = 1.3
UPDATE_LIMIT = 1.2
MESSAGES = 200
OPENINGS = 7
ANSWERS = 3

_WORDS = 260
_FROM, _TO = 20, 240  # the words of an answer between which its updates are counted
_USABLE = {"hearth": "#house.ready .guest", "bare": "textarea"}
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run")
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Asked of the page itself at each frame: whoever waits for it from outside looks more and more rarely, up to twice a second.
_WATCH = """
const look = () => {
    const found = document.querySelector(%r);
    if (found?.checkVisibility({ visibilityProperty: true })) window.usable = performance.now();
    else requestAnimationFrame(look);
};
look();
"""
_COUNT = """() => {
    const paint = window.hearthPaint;
    window.counted = 0;
    window.hearthPaint = (name) => { paint(name); window.counted += name === "live"; };
}"""
_WRITTEN = """(word) => document.querySelector("#live .text")?.textContent.includes(word)"""
_IDLE = """() => !document.getElementById("house").classList.contains("busy")"""


def measure() -> list[Line]:
    """Open both pages, then write into both conversations. Raises `RuntimeError` where there is no Chromium."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launched(playwright)
        with served("bench.browser", "hearth", folder) as (hearth, process), served("bench.browser", "bare", folder) as (bare, _):
            lines = [*_weight(browser, {"hearth": hearth, "bare": bare}), *_updates(browser, hearth, process)]
        browser.close()
    return lines


def _weight(browser: Any, addresses: dict[str, str]) -> Iterator[Line]:
    opened: dict[str, list[tuple[float, float]]] = {name: [] for name in addresses}
    for name, address in addresses.items():
        _open(browser, name, address)  # the first opening warms the disk and the server
    for _ in range(OPENINGS):
        for name, address in addresses.items():
            opened[name].append(_open(browser, name, address))
    ours, theirs = opened["hearth"], opened["bare"]
    # Round by round, so that other work on the machine, which slows both, does not decide.
    bytes_ratio, seconds_ratio = (
        statistics.median(our[of] / their[of] for our, their in zip(ours, theirs, strict=True)) for of in (0, 1)
    )
    yield Line("page: bytes with an empty cache", statistics.median(size for size, _ in ours) / 1e6, "MB")
    yield Line("  against a bare Gradio page", bytes_ratio, "x", at_most=WEIGHT_LIMIT)
    yield Line("page: usable after", statistics.median(seconds for _, seconds in ours), "s")
    yield Line("  against a bare Gradio page", seconds_ratio, "x", at_most=WEIGHT_LIMIT)


def _open(browser: Any, name: str, address: str) -> tuple[float, float]:
    """Bytes on the wire and seconds until the page can be used, in a browser that has never seen it."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.add_init_script(_WATCH % _USABLE[name])
    page.goto(address)
    seconds = page.wait_for_function("window.usable").json_value() / 1000
    page.wait_for_timeout(1000)  # what is loaded after that counts too
    context.close()
    return sum(sizes), seconds


def _updates(browser: Any, address: str, process: psutil.Process) -> Iterator[Line]:
    """Time on the processor, of the page's thread and of the server, for each update of a growing answer."""
    spent: dict[str, dict[str, list[float]]] = {kind: {"browser": [], "server": []} for kind in ("long", "empty")}
    page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="en-US")
    inside = page.context.new_cdp_session(page)
    inside.send("Performance.enable", {"timeDomain": "threadTicks"})

    def clocks() -> tuple[int, float, float]:
        measured = {one["name"]: one["value"] for one in inside.send("Performance.getMetrics")["metrics"]}
        return page.evaluate("window.counted"), measured["TaskDuration"], sum(process.cpu_times()[:2])

    for _ in range(ANSWERS):
        for kind, figures in spent.items():
            page.goto(f"{address}?p=model-guide")
            page.wait_for_selector("#house.ready .opening")
            if kind == "long":
                page.click("#sidebar a:has-text('A long conversation')")
                page.wait_for_function(f"document.querySelectorAll('#talk .said').length >= {MESSAGES - 1}")
            page.evaluate(_COUNT)
            page.fill("#composer textarea", "go on")
            page.keyboard.press("Enter")
            page.wait_for_function(_WRITTEN, arg=f"w{_FROM} ", timeout=60_000, polling=100)
            before = clocks()
            page.wait_for_function(_WRITTEN, arg=f"w{_TO} ", timeout=60_000, polling=500)
            updates, browsers, servers = (after - at for after, at in zip(clocks(), before, strict=True))
            figures["browser"].append(1000 * browsers / updates)
            figures["server"].append(1000 * servers / updates)
            page.wait_for_function(_IDLE, timeout=60_000)
    page.close()
    for name, words in (("browser", "in the browser"), ("server", "on the server")):
        least = {kind: min(figures[name]) for kind, figures in spent.items()}
        yield Line(f"update of an answer {words}, {MESSAGES} messages", least["long"], "ms")
        yield Line("  against an empty conversation", least["long"] / least["empty"], "x", at_most=UPDATE_LIMIT)


def launched(playwright: Any) -> Any:
    """A browser. Raises `RuntimeError` where there is no Chromium."""
    return playwright.chromium.launch(executable_path=_chromium(playwright.chromium.executable_path), args=_FLAGS)


@contextmanager
def served(module: str, name: str, folder: str) -> Iterator[tuple[str, psutil.Process]]:
    """What `module` serves when it is run with a name, a data folder and a port: its address, once it answers there."""
    port = free_port()
    environment = {
        **os.environ,
        "GRADIO_ANALYTICS_ENABLED": "False",
        "HF_HUB_OFFLINE": "1",
        "GRADIO_TEMP_DIR": f"{folder}/uploads",
    }
    command = [sys.executable, "-m", module, name, f"{folder}/data", str(port)]
    log = Path(folder) / f"{name}.txt"
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
    try:
        address = f"http://127.0.0.1:{port}/"
        for _ in range(900):
            if process.poll() is not None:
                raise RuntimeError(log.read_text("utf-8")[-2000:])
            if _answers(address):
                break
            time.sleep(0.1)
        yield address, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False


def _chromium(own: str) -> str:
    found = os.environ.get("HEARTH_CHROMIUM") or next(filter(None, map(shutil.which, _BROWSERS)), own)
    if not Path(found).exists():
        raise RuntimeError("There is no Chromium on this machine. Install one, or name it in HEARTH_CHROMIUM.")
    return found


def _serve_hearth(data: str, port: str) -> None:
    """The app with a model that writes numbered words, and a long conversation among its conversations."""
    from assistant.studio import build_studio
    from assistant.transcripts import Transcript, to_json
    from retrieval.embedding import HashEmbedder
    from server.app import create_app, serve

    settings = Settings(port=int(port), data=Path(data), embedder="hash", offline=True)
    answer = " ".join(f"w{number}" for number in range(1, _WORDS + 1)) + " end."
    info = ModelInfo("scripted", "Scripted", frozenset({"en", "zh"}), tools=True, grounding=True, context_tokens=500_000)
    studio = build_studio(settings, model=ScriptedModel([answer] * 100, info, delay_s=0.02), embedder=HashEmbedder())
    said = [Message("user" if place % 2 == 0 else "assistant", _page_of_words(place)) for place in range(MESSAGES)]
    studio.conversations.import_file(MAKER.owner, to_json(Transcript.in_line("model-guide", "A long conversation", said), ""))
    try:
        serve(create_app(studio), settings)
    finally:
        studio.close()


def _page_of_words(place: int) -> str:
    if place % 2 == 0:
        return f"Question {place}: how does a small model read a long document?"
    lines = "\n".join(f"- point {number} of answer {place}, with **some** words and `code`" for number in range(4))
    return f"Answer {place} has a few sentences. " * 6 + f"\n\n{lines}\n\n| a | b |\n|---|---|\n| 1 | {place} |\n"


def _serve_bare(data: str, port: str) -> None:
    """What anyone gets from Gradio with one conversation and one line to write in."""
    import gradio as gr
    import uvicorn
    from fastapi import FastAPI

    with gr.Blocks() as page:
        gr.Chatbot()
        gr.Textbox()
    uvicorn.run(gr.mount_gradio_app(FastAPI(), page, path="/", ssr_mode=False), port=int(port), log_level="warning")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        {"hearth": _serve_hearth, "bare": _serve_bare}[sys.argv[1]](*sys.argv[2:])
    else:
        sys.exit(show(measure()))
