"""Hearth as a Space: its environment, the hub's Host and frame over TLS, no embedded models, a maker and two visitors."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.assistant.models.tiny import make_network, make_tokenizer
from tests.browser.conftest import _free_port
from tests.browser.space import HUB, SPACE

SCRIPT = Path(__file__).with_name("space.py")
TOKEN = "a-makers-secret"


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    """The app and the hub's proxy; gives the port of the proxy."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("space")
    tokenizer = make_tokenizer()
    make_network(tokenizer).save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")
    key, certificate = folder / "key.pem", folder / "cert.pem"
    subject = ["-subj", f"/CN={SPACE}", "-days", "2", "-nodes", "-newkey", "rsa:2048"]
    subprocess.run(
        ["openssl", "req", "-x509", *subject, "-keyout", key, "-out", certificate], check=True, capture_output=True, timeout=60
    )
    app_port, hub_port = _free_port(), _free_port()
    environment = {
        **os.environ,
        "SPACE_ID": "me/hearth",
        "SPACE_HOST": SPACE,
        "PORT": str(app_port),
        "HEARTH_MODEL": f"path:{folder / 'model'}",
        "HEARTH_EMBEDDER": "hash",
        "HEARTH_TOKEN": TOKEN,
        "HF_HUB_OFFLINE": "1",
        "GRADIO_TEMP_DIR": str(folder / "uploads"),
    }
    log = (folder / "log.txt").open("wb")
    started = [
        subprocess.Popen([sys.executable, str(SCRIPT), *map(str, words)], cwd=folder, env=environment, stdout=log, stderr=log)
        for words in (["app"], ["hub", app_port, hub_port, certificate, key])
    ]
    deadline = time.monotonic() + 120
    while not (healthy(app_port) and open_port(hub_port)):
        said = (folder / "log.txt").read_text("utf-8")
        assert time.monotonic() < deadline, said
        assert all(process.poll() is None for process in started), said
        time.sleep(0.2)
    yield hub_port
    for process in started:
        process.send_signal(signal.SIGTERM)
    for process in started:
        process.wait(20)
    log.close()
    assert "Traceback" not in (folder / "log.txt").read_text("utf-8")


def healthy(port):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/healthz", headers={"Host": SPACE})
    try:
        with urllib.request.urlopen(request, timeout=2) as answer:
            return answer.status == 200
    except (OSError, urllib.error.URLError):
        return False


def open_port(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def world(space, launch):
    """A browser in which the hub's names lead to the proxy."""
    browser = launch(f"--host-resolver-rules=MAP {HUB}:443 127.0.0.1:{space}, MAP {SPACE}:443 127.0.0.1:{space}")
    yield browser
    browser.close()


def visitor(browser: Browser) -> BrowserContext:
    return browser.new_context(ignore_https_errors=True, locale="en-US", viewport={"width": 1240, "height": 820})


def framed(context: BrowserContext):
    """Open the hub's page and give the app's frame in it."""
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.goto(f"https://{HUB}/spaces/me/hearth")
    frame = page.frame_locator("iframe")
    expect(frame.locator("#house.ready")).to_be_attached(timeout=20_000)
    return frame


def talk(frame, text: str) -> None:
    frame.locator('.guest[data-persona="model-guide"]').click()
    frame.locator("#composer textarea").fill(text)
    frame.locator("#composer textarea").press("Enter")
    expect(frame.locator("#talk .said.them")).to_be_visible(timeout=30_000)


def test_visitors_chat_inside_the_hubs_frame_and_see_only_their_own(world):
    first, second = visitor(world), visitor(world)
    one = framed(first)
    expect(one.locator(".guest")).to_have_count(3)
    talk(one, "hello from the first visitor")
    expect(one.locator("#sidebar li")).to_have_count(1)
    other = framed(second)
    expect(other.locator(".guest")).to_have_count(3)
    expect(other.locator("#sidebar")).not_to_contain_text("first visitor")
    again = framed(first)
    expect(again.locator("#sidebar")).to_contain_text("hello from the first")


def test_a_visitor_allows_a_liked_answer_to_be_learnt_or_does_not(world):
    context = visitor(world)
    frame = framed(context)
    talk(frame, "hello")
    consent = frame.locator('#talk .why [name="consent"]')
    frame.locator('#talk button[data-verdict="bad"]').click()
    expect(frame.locator("#talk .why")).to_be_visible()
    expect(consent).to_have_count(0)
    frame.locator('#talk button[data-verdict="good"]').click()
    expect(consent).not_to_be_checked()
    consent.check()
    frame.locator("#talk .why button").click()
    expect(frame.locator('#talk .why [name="consent"][checked]')).to_have_count(1)
    again = framed(context)
    again.locator("#sidebar li a, #sidebar li button").first.click()
    expect(again.locator('#talk .why [name="consent"]')).to_be_checked()


def test_a_visitor_is_shown_no_workshop(world):
    frame = framed(visitor(world))
    expect(frame.locator('#header [data-page="personas"]')).to_have_count(1)
    expect(frame.locator('#header [data-page="knowledge"]')).to_have_count(0)


def test_a_published_personas_link_opens_it_for_a_visitor(world):
    page = visitor(world).new_page()
    page.goto(f"https://{SPACE}/?p=librarian")
    expect(page.locator(".opening h1")).to_have_text("Librarian", timeout=20_000)
    expect(page.locator('#composer [data-do="attach"]')).to_have_count(0)


def test_the_token_makes_a_maker(world):
    context = visitor(world)
    page = context.new_page()
    page.goto(f"https://{SPACE}/?token={TOKEN}")
    expect(page.locator("#house.ready")).to_be_attached(timeout=20_000)
    assert "token" not in page.url
    expect(page.locator('#header [data-page="knowledge"]')).to_have_count(1)


def test_a_page_without_lasting_storage_says_so(world):
    page = visitor(world).new_page()
    page.goto(f"https://{SPACE}/?token={TOKEN}")
    if not Path("/data").is_dir():
        expect(page.locator("body")).to_contain_text("no lasting storage", timeout=20_000)


def test_another_site_may_not_frame_it(world):
    page = visitor(world).new_page()
    page.route(
        "https://evil.test/**",
        lambda route: route.fulfill(body=f'<iframe src="https://{SPACE}/"></iframe>', content_type="text/html"),
    )
    page.goto("https://evil.test/")
    page.wait_for_timeout(1500)
    assert page.frame_locator("iframe").locator("#house").count() == 0


def test_a_visitor_takes_everything_back_and_the_owner_signs_in_within_the_frame(world):
    frame = framed(visitor(world))
    talk(frame, "words that I take back")
    frame.locator('#header [data-page="settings"]').click()
    frame.locator('#workshop [data-thing="delete"]').click()
    expect(frame.locator("#workshop")).to_contain_text("Conversations: 1,")
    frame.locator('[data-action="ask"]').click()
    frame.locator('[data-do="delete-mine"]').click()
    expect(frame.locator("#workshop .note.good")).to_contain_text("Deleted")
    expect(frame.locator("#workshop")).to_contain_text("nothing of yours")

    frame.locator('#workshop [data-thing="sign_in"]').click()
    token = frame.locator('input[name="token"]')
    token.fill("a guess")
    token.press("Enter")
    expect(frame.locator("#workshop [role=alert]")).to_contain_text("This is not the token")
    token.fill(TOKEN)
    # A click: the page reloads at once, and Chromium sometimes never answers for a key that goes up in a frame that has gone.
    frame.locator('[data-do="sign-in"] button').click()
    expect(frame.locator('#header [data-page="knowledge"]')).to_have_count(1)
    frame.locator('#workshop [data-thing="sign_out"]').click()
    frame.locator('[data-do="sign-out"]').click()
    expect(frame.locator('#header [data-page="knowledge"]')).to_have_count(0)
    frame.locator("#header .brand").click()
    expect(frame.locator("#sidebar")).not_to_contain_text("words that I take back")
