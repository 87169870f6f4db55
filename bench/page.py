"""How soon the page is there after a start, with a warm disk, and how soon the model behind it can chat.

A fresh data folder is started once, which warms the disk and makes the converted copy of the model; the second start is measured.
A bare Gradio page is started the same way in the same run, for the ratio.
"""

import json
import subprocess
import sys
import tempfile
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from bench.report import Line, free_port, show

ROOT = Path(__file__).resolve().parent.parent
PAGE_LIMIT_S = 5.0

_BARE = """
    import sys
    import gradio as gr
    with gr.Blocks() as page:
        gr.Chatbot()
        gr.Textbox()
    page.launch(server_port=int(sys.argv[1]), quiet=True)
"""


def measure() -> list[Line]:
    """Start the app twice and a bare Gradio page twice; report the second start of each."""
    with tempfile.TemporaryDirectory() as folder:
        data = str(Path(folder) / "data")
        _start([sys.executable, "app.py", "--data", data, "--offline", "--port"], wait_for_model=True)
        page, model = _start([sys.executable, "app.py", "--data", data, "--offline", "--port"], wait_for_model=True)
    bare = [sys.executable, "-c", textwrap.dedent(_BARE)]
    _start(bare, wait_for_model=False)
    bare_page, _ = _start(bare, wait_for_model=False)
    return [
        Line("page ready after start", page, "s", at_most=PAGE_LIMIT_S),
        Line("  against a bare Gradio page", page / bare_page, "x"),
        Line("model ready after start", model, "s"),
    ]


def _start(command: list[str], *, wait_for_model: bool) -> tuple[float, float]:
    """Seconds until the page answers, and until the model can chat."""
    port = free_port()
    started = time.monotonic()
    process = subprocess.Popen([*command, str(port)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        page = _until(process, started, lambda: b"gradio" in _get(f"http://127.0.0.1:{port}/"))
        if not wait_for_model:
            return page, page
        return page, _until(process, started, lambda: json.loads(_get(f"http://127.0.0.1:{port}/healthz"))["status"] == "ok")
    finally:
        process.terminate()
        process.wait(20)


def _until(process: subprocess.Popen[bytes], started: float, happened: Callable[[], bool]) -> float:
    while time.monotonic() - started < 180:
        if process.poll() is not None:
            raise RuntimeError(f"the app ended with status {process.returncode}")
        try:
            if happened():
                return time.monotonic() - started
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(0.05)
    raise RuntimeError("it did not come up within 180 s")


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return bytes(answer.read())


if __name__ == "__main__":
    sys.exit(show(measure()))
