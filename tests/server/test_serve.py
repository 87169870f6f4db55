"""The process: it says where it is, is healthy once the model is there, refuses a taken port and stops when told."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from anyio import create_task_group, fail_after, to_thread

from assistant.settings import Settings
from common.errors import AddressInUse, ModelLoadFailed
from server.app import address_lines, serve
from tests.server.conftest import TOKEN

ROOT = Path(__file__).parents[2]
SERVER = """
import os
import sys
from pathlib import Path
import server.app
from assistant.models.base import ModelInfo, TextChunk
from assistant.models.scripted import ScriptedModel
from assistant.settings import Settings
from assistant.speech.base import SilentSpeaker
from assistant.studio import build_studio
from common.errors import HearthError
from retrieval.embedding import HashEmbedder
from server.app import create_app, serve

server.app._GRACE_S = 60  # what open pages hold is ended, not waited for
info = ModelInfo("scripted", "Scripted", frozenset({"en", "zh"}), tools=True, grounding=True, context_tokens=8000)
settings = Settings(port=int(sys.argv[2]), data=Path(sys.argv[1]), embedder="hash", offline=True)
words = lambda messages, tools: (TextChunk("word ") for _ in range(10_000))
model = ScriptedModel([words], info, delay_s=0.05)
studio = build_studio(settings, model=model, embedder=HashEmbedder(), speaker=SilentSpeaker())
try:
    if len(sys.argv) > 3:
        from assistant.access import MAKER
        studio.start_turn(MAKER, studio.conversations.create(MAKER.owner, "gg").id, "hi", "en")
    serve(create_app(studio), settings)
    status = 0
except HearthError as error:
    print(f"{error}\\n{error.chinese}", file=sys.stderr, flush=True)
    status = 1
finally:
    studio.close()
    print("closed", flush=True)
os._exit(status)  # as app.py does
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(data, port, *more):
    command = [sys.executable, "-c", SERVER, str(data), str(port), *more]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_it_serves_says_where_and_stops_in_time(tmp_path):
    port = free_port()
    with running(tmp_path, port, "answering") as process:
        assert process.stdout.readline() == f"Hearth is at http://127.0.0.1:{port}\n"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
            assert answer.status == 200
            assert b'"model":"scripted"' in answer.read().replace(b" ", b"")
            assert "uvicorn" not in str(answer.headers).lower()
        request = urllib.request.Request(f"http://127.0.0.1:{port}/healthz", headers={"Host": "evil.test"})
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(request, timeout=10)
        with socket.create_connection(("127.0.0.1", port)) as held:
            held.sendall(f"GET /gradio_api/heartbeat/held HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            assert b"200" in held.recv(200)
            start = time.monotonic()
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=15)
        assert time.monotonic() - start < 5
        assert process.returncode == 0, err
        assert "closed" in out
        assert "Traceback" not in err


def test_a_taken_port_is_one_sentence_in_each_language(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with running(tmp_path, port) as process:
            out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert out == "closed\n"
    english, chinese = err.strip().splitlines()
    assert f"127.0.0.1:{port}" in english
    assert f"--port {port + 1}" in english
    assert "请关闭占用该端口的程序" in chinese


def test_an_address_that_is_not_this_machines():
    with pytest.raises(AddressInUse, match=r"192\.0\.2\.1"):
        serve(None, Settings(host="192.0.2.1", port=1))


@pytest.mark.parametrize(
    ("settings", "lines"),
    [
        ({}, "Hearth is at http://127.0.0.1:7860\n"),
        ({"host": "::1", "port": 80}, "Hearth is at http://[::1]:80\n"),
        ({"host": "0.0.0.0", "token": TOKEN}, f"http://127.0.0.1:7860/?token={TOKEN}\n"),
        ({"host": "192.168.1.2", "token": TOKEN}, f"http://192.168.1.2:7860/?token={TOKEN}\n"),
    ],
)
def test_the_address_that_is_printed(settings, lines):
    assert address_lines(Settings(**settings)).endswith(lines)


def test_who_follows_an_answer_takes_no_thread_from_who_presses_stop(app_of):
    page = next(route.app.get_blocks() for route in app_of().routes if hasattr(getattr(route, "app", None), "get_blocks"))
    gate = threading.Event()

    async def crowd():
        async with create_task_group() as group:
            for _ in range(60):
                group.start_soon(partial(to_thread.run_sync, gate.wait, 20, limiter=page.limiter))
            try:
                with fail_after(10):
                    await to_thread.run_sync(int)  # a route's
                    await to_thread.run_sync(int, limiter=page.limiter)  # another event's
            finally:
                gate.set()

    asyncio.run(crowd())


def test_a_visitor_is_not_told_the_address_of_the_makers_server(app_of, make_client, monkeypatch):
    app = app_of("hosted")
    status = replace(app.state.studio.models.status(), name="openai:http://10.0.0.5/v1#m", title="m")
    monkeypatch.setattr(app.state.studio.models, "status", lambda: status)
    assert make_client(app, "hosted").get("/healthz").json()["model"] == "m"
    assert make_client(app, "hosted", token=TOKEN).get("/healthz").json()["model"] == status.name


@pytest.mark.parametrize(("error", "state"), [(None, "loading"), (ModelLoadFailed("no", "否"), "failed")])
def test_health_tells_loading_from_failed(make_app, make_client, monkeypatch, error, state):
    app = make_app()
    host = app.state.studio.models
    client = make_client(app)
    assert client.get("/healthz").json() == {"status": "ok", "model": "scripted", "version": "0.1.0"}
    monkeypatch.setattr(host, "_held", None)
    monkeypatch.setattr(host, "_error", error)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (503, state)
