"""The app as a process: it starts, says where it is, refuses what it must in one sentence, and stops when told."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from assistant.settings import Settings, read_settings

ROOT = Path(__file__).resolve().parents[1]


def start(*arguments, **environment):
    return subprocess.Popen(
        [sys.executable, "app.py", "--offline", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def health(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.model
def test_it_starts_with_the_built_in_model_and_stops_within_five_seconds(tmp_path, unpacked):
    port = free_port()
    unpacked(tmp_path / "data")
    app = start("--data", tmp_path / "data", "--port", port, "--model", "builtin")
    try:
        assert app.stdout.readline() == f"Hearth is at http://127.0.0.1:{port}\n"
        deadline = time.monotonic() + 120
        while True:
            try:
                status, body = health(port)
                assert (status == 200) == (body["status"] == "ok")
                if status == 200:
                    break
                if body["status"] == "failed":
                    app.kill()
                    pytest.fail(app.stderr.read())
                assert body["status"] == "loading"
            except OSError:  # not there yet, or too busy to answer
                pass
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert body == {"status": "ok", "model": "builtin", "version": "0.1.0"}
        second = start("--data", tmp_path / "data", "--port", free_port())
        _, said = second.communicate(timeout=60)
        assert second.returncode == 1
        assert "Another Hearth uses the data folder" in said
        assert "另一个 Hearth" in said
        assert "Traceback" not in said
        assert health(port)[0] == 200  # the first one goes on
    finally:
        asked = time.monotonic()
        app.send_signal(signal.SIGTERM)
        _, said = app.communicate(timeout=20)
    assert time.monotonic() - asked < 5
    assert "Traceback" not in said


def test_a_port_in_use_is_said_in_one_sentence_a_language(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        app = start("--data", tmp_path / "data", "--port", port)
        _, said = app.communicate(timeout=60)
    assert app.returncode == 1
    assert f"--port {port + 1}" in said
    assert "换一个端口" in said
    assert "Traceback" not in said


def test_a_model_that_is_not_understood_leaves_the_page_up_and_says_so(tmp_path):
    port = free_port()
    app = start("--data", tmp_path / "data", "--port", port, "--model", "nonsense")
    try:
        app.stdout.readline()
        deadline = time.monotonic() + 60
        body = {}
        while body.get("status") != "failed":
            assert time.monotonic() < deadline
            try:
                status, body = health(port)
                assert status == 503
            except OSError:  # not there yet, or too busy to answer
                pass
            time.sleep(0.2)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as page:
            assert page.status == 200
    finally:
        app.terminate()
        app.communicate(timeout=20)


@pytest.mark.parametrize("arguments", [["--port", "many"], ["--no-such-option"]])
def test_wrong_usage_is_status_2(arguments):
    app = start(*arguments)
    app.communicate(timeout=60)
    assert app.returncode == 2


def test_settings_of_a_laptop():
    settings = read_settings([], {})
    assert settings == Settings()
    assert settings.loopback
    assert settings.token is None


def test_beyond_loopback_there_is_always_a_token():
    assert len(read_settings(["--host", "0.0.0.0"], {}).token) > 15
    assert read_settings(["--host", "0.0.0.0"], {"HEARTH_TOKEN": "secret"}).token == "secret"


def test_a_domain_of_ones_own_is_named_in_the_environment():
    assert read_settings([], {"HEARTH_HOSTS": "Hearth.example.org, other.example.org"}).hub_hosts == (
        "hearth.example.org",
        "other.example.org",
    )


def test_settings_of_a_hugging_face_space():
    environment = {"SPACE_ID": "me/hearth", "SPACE_HOST": "me-hearth.hf.space", "HEARTH_MODEL": "hf:Qwen/Qwen3-0.6B"}
    settings = read_settings([], environment)
    assert (settings.hosted, settings.host, settings.port) == ("huggingface", "0.0.0.0", 7860)
    assert settings.hub_hosts == ("me-hearth.hf.space",)
    assert settings.frame_ancestors == ("https://huggingface.co",)
    assert settings.model == "hf:Qwen/Qwen3-0.6B"
    assert settings.token
    assert settings.lasting == Path("/data").is_dir()


def test_settings_of_a_modelscope_studio():
    settings = read_settings(["--port", "80"], {"MODELSCOPE_ENVIRONMENT": "studio"})
    assert (settings.hosted, settings.host, settings.port) == ("modelscope", "0.0.0.0", 80)
    assert any("modelscope.cn" in origin for origin in settings.frame_ancestors)
    assert settings.model.startswith("ms:")


def test_the_key_of_a_served_model_comes_from_the_environment_alone():
    settings = read_settings(["--model", "openai:http://127.0.0.1:8000/v1#m"], {"HEARTH_MODEL_KEY": "secret"})
    assert settings.model_key == "secret"


def test_a_reranker_and_its_time_come_from_the_environment(capsys):
    assert (read_settings([], {}).reranker, read_settings([], {}).rerank_ms) == ("", 300)
    told = read_settings([], {"HEARTH_RERANKER": "path:/models/reranker", "HEARTH_RERANKER_MS": "150"})
    assert (told.reranker, told.rerank_ms) == ("path:/models/reranker", 150)
    for wrong in ("fast", "0", "-5"):
        with pytest.raises(SystemExit):
            read_settings([], {"HEARTH_RERANKER_MS": wrong})
        assert "HEARTH_RERANKER_MS" in capsys.readouterr().err
