"""Apps of every profile on the doubles, and a client that is a browser on the right page unless told otherwise."""

import asyncio

import pytest
from starlette.testclient import TestClient

from server.app import create_app

TOKEN = "a-token-for-tests-1234567890"
PROFILES = {
    "loopback": {"host": "127.0.0.1", "port": 7860},
    "network": {"host": "0.0.0.0", "port": 7860, "token": TOKEN},
    "hosted": {
        "host": "0.0.0.0",
        "port": 7860,
        "token": TOKEN,
        "hosted": "huggingface",
        "hub_hosts": ("maker-hearth.hf.space",),
        "frame_ancestors": ("https://huggingface.co",),
    },
    "studio": {
        "host": "0.0.0.0",
        "port": 7860,
        "token": TOKEN,
        "hosted": "modelscope",
        "hub_hosts": ("*.ms.show",),
        "frame_ancestors": ("https://modelscope.cn",),
    },
}
ADDRESSES = {
    "loopback": "http://127.0.0.1:7860",
    "network": "http://192.168.1.20:7860",
    "hosted": "https://maker-hearth.hf.space",
    "studio": "https://maker-hearth.ms.show",
}


def built(studio):
    """The studio's app; made in a running loop, since Gradio leaves an open one behind where there is none."""

    async def make():
        return create_app(studio)

    return asyncio.run(make())


@pytest.fixture
def make_app(make_studio):
    """The real app of a profile."""

    def make(profile="loopback", script=(), **settings):
        return built(make_studio(script, **{**PROFILES[profile], **settings}))

    return make


@pytest.fixture(scope="session")
def app_of(tmp_path_factory, build):
    """The real app of a profile, built once: it takes seconds. For tests that leave nothing behind in it."""
    apps, studios = {}, []

    def of(profile="loopback"):
        if profile not in apps:
            studios.append(build(tmp_path_factory.mktemp(profile) / "data", **PROFILES[profile]))
            apps[profile] = built(studios[-1])
        return apps[profile]

    yield of
    for studio in studios:
        studio.close()


@pytest.fixture
def make_client():
    """A browser at an app: it keeps its own cookies and follows nothing."""

    def make(app, profile="loopback", token=None, address="192.0.2.1"):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        manner = {"follow_redirects": False, "raise_server_exceptions": False}
        return TestClient(app, ADDRESSES[profile], headers=headers, client=(address, 50000), **manner)

    return make
