"""A real browser and the real app, each test with a data folder of its own.

Without a Chromium the tests skip, and say loudly that they did.
"""

import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, TimeoutError, expect, sync_playwright

SERVE = Path(__file__).with_name("serve.py")
APP = Path(__file__).parents[2] / "app.py"
expect.set_options(timeout=20_000)  # a machine that is busy is no fault of the page
IDLE = "!document.getElementById('house').classList.contains('busy')"

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=user-gesture-required",
]
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
    # Playwright keeps a loop running in this thread, in which other tests could not run their own: the browser comes last.
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


Launch = Callable[..., Browser]


@pytest.fixture(scope="session")
def launch() -> Iterator[Launch]:
    """Opens browsers of a Chromium on this machine."""
    with sync_playwright() as playwright:
        path = chromium(playwright)
        if not Path(path).exists():
            sys.stderr.write(
                "\n*** NO CHROMIUM: every browser test is skipped. Install one, or name it in HEARTH_CHROMIUM. ***\n"
            )
            pytest.skip("there is no Chromium on this machine")
        yield lambda *flags: playwright.chromium.launch(executable_path=path, args=[*_FLAGS, *flags])


def chromium(playwright: Playwright) -> str:
    """The Chromium to use: the named one, one on the path, or Playwright's own."""
    named = os.environ.get("HEARTH_CHROMIUM")
    return named or next(filter(None, map(shutil.which, _NAMES)), None) or playwright.chromium.executable_path


@pytest.fixture(scope="session")
def browser(launch: Launch) -> Iterator[Browser]:
    opened = launch()
    yield opened
    opened.close()


class Hearth:
    """The app as a process that can be stopped, killed and started again on the same data."""

    def __init__(self, folder: Path, program: Path = SERVE, *words: str) -> None:
        self._program = program
        self._words = words
        self.data = folder / "data"
        self.log = folder / "log.txt"
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self._process: subprocess.Popen[bytes] | None = None
        self._logged = 0

    def start(self) -> None:
        environment = {**os.environ, "GRADIO_TEMP_DIR": str(self.data.parent / "uploads")}
        options = (
            ["--data", str(self.data), "--port", str(self.port)]
            if self._program == APP
            else [str(self.data), str(self.port), *self._words]
        )
        command = [sys.executable, str(self._program), *options]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        self._wait_for_the_page()

    def _wait_for_the_page(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + 90
        while not self._answers():
            assert self._process.poll() is None, self.log.read_text("utf-8")[-3000:]
            assert time.monotonic() < deadline, "the app did not come up: " + self.log.read_text("utf-8")[-3000:]
            time.sleep(0.1)

    def stop(self, sign: int = signal.SIGTERM) -> None:
        if self._process is not None:
            self._check_log()
            self._process.send_signal(sign)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(10)
            self._process = None
            self._logged = self.log.stat().st_size

    def fill_the_disk(self, room: int = 0) -> None:
        """From now on the app cannot write to any file beyond its first `room` bytes, as on a full disk."""
        self._limit_files(room)

    def free_the_disk(self) -> None:
        self._limit_files(resource.RLIM_INFINITY)

    def _limit_files(self, size: int) -> None:
        assert self._process is not None
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def _check_log(self) -> None:
        """No bug was logged and nothing tried to leave this machine."""
        log = self.log.read_bytes()[self._logged :].decode("utf-8", "replace")
        assert "REFUSED" not in log, "the app tried to leave this machine:\n" + log[-2000:]
        assert "Traceback" not in log, log[-4000:]

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.url + "healthz", timeout=2):
                return True
        except urllib.error.HTTPError:
            return True  # the page is there and the model is not, yet
        except OSError:
            return False


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hearth]:
    """One app for every test that leaves it running."""
    with _running(tmp_path_factory.mktemp("shared")) as app:
        yield app


@pytest.fixture
def prepare() -> Callable[[Path], None]:
    """What the data folder of `own` is given before the app starts: nothing, unless a test is parametrized with its own."""
    return lambda data: None


@pytest.fixture
def own(tmp_path: Path, prepare: Callable[[Path], None]) -> Iterator[Hearth]:
    """An app that the test may stop, kill and start again."""
    prepare(tmp_path / "data")
    with _running(tmp_path) as app:
        yield app


@pytest.fixture
def shipped(tmp_path: Path) -> Iterator[Hearth]:
    """The app as people start it, with the model, the embedder and the voice that come with it."""
    with _running(tmp_path, shipped=True) as app:
        yield app


@contextmanager
def _running(folder: Path, shipped: bool = False) -> Iterator[Hearth]:
    app = Hearth(folder, APP if shipped else SERVE)
    app.start()
    yield app
    app.stop()


@pytest.fixture
def hearth(request: pytest.FixtureRequest) -> Hearth:
    """The app of this test: `own` or `shipped` where it asks for them, else the shared one."""
    named = next((name for name in ("own", "shipped") if name in request.fixturenames), "shared")
    found: Hearth = request.getfixturevalue(named)
    return found


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where pictures go: the folder that `HEARTH_PICTURES` names, else one that is thrown away."""
    folder = Path(os.environ.get("HEARTH_PICTURES") or tmp_path / "pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def context(browser: Browser, hearth: Hearth) -> Iterator[BrowserContext]:
    """A fresh reader of English; every request of every page must stay with the app."""
    opened = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    yield opened
    opened.close()
    foreign = [address for address in asked if not address.startswith((hearth.url, "data:", "blob:"))]
    assert foreign == []


@pytest.fixture
def page(context: BrowserContext, hearth: Hearth) -> Page:
    return visit(context, hearth.url)


def visit(context: BrowserContext, address: str) -> Page:
    """A page that is ready; a script error on it fails the test."""
    opened = _new_page(context, address)
    if not _draws(opened):  # rarely, Chromium draws no frames of a page that it opens on a busy machine
        opened.close()
        opened = _new_page(context, address)
    return opened


def _draws(page: Page) -> bool:
    """Whether the browser draws frames, for which a click waits; a page that hangs would answer `evaluate` never."""
    try:
        page.wait_for_function("() => new Promise((done) => requestAnimationFrame(() => done(true)))", timeout=10_000)
    except TimeoutError:
        return False
    return True


def _new_page(context: BrowserContext, address: str) -> Page:
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    opened.on("pageerror", lambda error: warnings.warn(f"script error: {error}", stacklevel=1))
    opened.goto(address)
    opened.wait_for_selector("#house.ready")
    return opened


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
