"""Hearth as an MCP server, asked by the official client: over HTTP behind the guard, and over standard input and output."""

import asyncio
import os
import shutil
import sys
import threading
import time
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path

import anyio
import httpx2
import pytest
import uvicorn
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from assistant.messages import ToolCall
from assistant.models.base import CallChunk, TextChunk
from common.database import DataFolder
from personas.schema import Persona
from tests.server.conftest import ADDRESSES, TOKEN
from tests.timing import wait_until
from tools.base import Tool

ROOT = Path(__file__).parents[2]
TOOLS = ["ask", "search", "list_personas", "list_collections", "list_tools"]


@asynccontextmanager
async def client(app, profile="loopback", mode="auto", **headers):
    """The official client at an app, without a socket."""
    transport = httpx2.ASGITransport(app, client=("198.51.100.7", 50000))
    async with (
        httpx2.AsyncClient(transport=transport, headers=headers, timeout=30) as http,
        Client(streamable_http_client(f"{ADDRESSES[profile]}/mcp", http_client=http), mode=mode) as connected,
    ):
        yield connected


def ask_all(app, *calls, profile="loopback", mode="auto", **headers):
    """The results of calls (name, arguments), in their order."""

    async def ask():
        async with client(app, profile, mode, **headers) as connected:
            return [await connected.call_tool(name, arguments) for name, arguments in calls]

    return asyncio.run(ask())


@contextmanager
def on_a_socket(app):
    """The app as a real web server on a free port; gives its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_what_there_is_can_be_listed(app_of, mode):
    app = app_of()

    async def list_all():
        async with client(app, mode=mode) as connected:
            assert connected.server_info.name == "hearth"
            return (await connected.list_tools()).tools

    tools = asyncio.run(list_all())
    assert [tool.name for tool in tools] == TOOLS
    assert all(tool.description and tool.input_schema["additionalProperties"] is False for tool in tools)
    personas, collections, found = ask_all(app, *((name, {}) for name in TOOLS[2:]), mode=mode)
    assert {"gg", "librarian"} <= {each["id"] for each in personas.structured_content["personas"]}
    assert personas.structured_content["personas"][0]["title"]["zh"] == "GG安慰侠"
    assert "hearth-guide" in {each["id"] for each in collections.structured_content["collections"]}
    assert {"id", "title", "description", "risk", "on"} <= found.structured_content["tools"][0].keys()


def test_a_collection_is_searched(app_of):
    (collections,) = ask_all(app_of(), ("list_collections", {}))
    id = collections.structured_content["collections"][0]["id"]
    found, none, too_many = ask_all(
        app_of(),
        ("search", {"collection": id, "query": "睡不着怎么办", "limit": 2}),
        ("search", {"collection": "nowhere", "query": "x"}),
        ("search", {"collection": id, "query": "x", "limit": 1000}),
    )
    passages = found.structured_content["passages"]
    assert 0 < len(passages) <= 2
    assert passages[0]["text"] in found.content[0].text
    assert passages[0]["collection"] == id
    assert none.is_error
    assert "'nowhere'" in none.content[0].text
    assert "资料库" in none.content[0].text
    assert too_many.is_error
    assert "limit must be at most 20" in too_many.content[0].text


def test_a_persona_is_asked_and_nothing_is_kept_of_it(make_app):
    app = make_app(script=["You get 15 days a year [1]."])
    answered, nobody, nothing, missing, unknown = ask_all(
        app,
        ("ask", {"persona": "librarian", "text": "How many days of annual leave do I get?"}),
        ("ask", {"persona": "nobody", "text": "hi"}),
        ("ask", {"persona": "gg", "text": "   "}),
        ("ask", {"persona": "gg"}),
        ("format_disk", {}),
    )
    assert not answered.is_error
    data = answered.structured_content
    assert data["ended"] == "answered"
    assert data["answer"] in answered.content[0].text
    assert "15 days" in data["answer"]
    assert data["sources"]
    for source in data["sources"]:
        assert f"[{source['number']}] {source['title']}" in answered.content[0].text
    for refused, said in ((nobody, "'nobody'"), (nothing, "Write something"), (missing, "text is missing"), (unknown, "no tool")):
        assert refused.is_error
        assert said in refused.content[0].text
    studio = app.state.studio
    assert studio.conversations.list("local") == []


def test_what_was_allowed_for_good_is_not_allowed_to_other_programs(make_app):
    """The program that asks may be another model, and that one hijacked."""
    saved = []

    def save(text: str) -> str:
        """Save a text."""
        saved.append(text)
        return "saved"

    app = make_app(script=[[CallChunk(ToolCall("c1", "save", {"text": "theirs"}))], "Saved."])
    studio, tool = app.state.studio, Tool.from_function(save, risk="writes")
    studio.tools.register(tool)
    studio.personas.save("maker", Persona.model_validate({"id": "p", "title": {"en": "P"}, "tools": ["save"]}), 0)
    studio.toolbox.permissions.give("p", tool)
    (answer,) = ask_all(app, ("ask", {"persona": "p", "text": "Save what I say."}))
    assert answer.is_error
    assert "somebody has to allow" in answer.content[0].text
    assert saved == []


def test_an_answer_that_nobody_waits_for_is_ended(make_app):
    ended = threading.Event()

    def words(_messages, _tools):
        try:
            for number in count():
                time.sleep(0.02)
                yield TextChunk(f"word{number} ")
        finally:
            ended.set()

    app = make_app(script=[words])

    async def leave(url):
        async with Client(f"{url}/mcp", read_timeout_seconds=0.5) as connected:
            with pytest.raises(Exception, match="timed out"):
                await connected.call_tool("ask", {"persona": "gg", "text": "hi"})

    with on_a_socket(app) as url:
        asyncio.run(leave(url))
        wait_until(ended.is_set)


def test_over_a_socket_everything_is_the_same(app_of):
    async def ask(url):
        async with Client(f"{url}/mcp") as connected:
            return [tool.name for tool in (await connected.list_tools()).tools]

    with on_a_socket(app_of()) as url:
        assert asyncio.run(ask(url)) == TOOLS


@pytest.mark.parametrize("profile", ["network", "hosted", "studio"])
def test_without_the_token_nobody_gets_in(app_of, make_client, profile):
    app = app_of(profile)
    opening = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    for number, token in enumerate((None, "wrong")):
        visitor = make_client(app, profile, token, address=f"198.51.100.{20 + number}")
        visitor.get("/")  # a visitor of a hosted page has a cookie by now
        for method in ("POST", "GET", "DELETE"):
            answer = visitor.request(method, "/mcp", json=opening)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
    (personas,) = ask_all(app, ("list_personas", {}), profile=profile, authorization=f"Bearer {TOKEN}")
    assert personas.structured_content["personas"]


def test_no_other_page_and_no_other_host_gets_in(app_of, make_client):
    opening = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accepted = {"accept": "application/json, text/event-stream"}
    browser = make_client(app_of())
    assert browser.post("/mcp", json=opening, headers=accepted).status_code == 200
    for headers in ({"origin": "https://evil.test"}, {"host": "evil.test"}, {"sec-fetch-site": "cross-site"}):
        assert browser.post("/mcp", json=opening, headers=accepted | headers).status_code == 403
    assert browser.get("/mcp", headers=accepted).status_code == 405
    assert browser.post("/mcp", content=b"x" * 4_100_000, headers=accepted).status_code == 413
    for rubbish in (b"", b"{", b"[]", b'{"jsonrpc": "2.0"}', b"[" * 100_000, "你好".encode()):
        status = browser.post("/mcp", content=rubbish, headers={**accepted, "content-type": "application/json"}).status_code
        assert 400 <= status < 500, rubbish


@pytest.fixture
def own_folder(begun, tmp_path):
    """A data folder with its collections, and how the command is started on it."""
    shutil.copytree(begun, tmp_path / "data")
    environment = {**os.environ, "HEARTH_EMBEDDER": "hash", "PYTHONPATH": str(ROOT)}
    options = ["-m", "server.mcp", "--data", str(tmp_path / "data"), "--model", "path:/nowhere", "--offline"]
    return StdioServerParameters(command=sys.executable, args=options, env=environment, cwd=ROOT)


def test_over_standard_input_and_output(own_folder):
    async def ask():
        async with Client(own_folder) as connected:
            names = [tool.name for tool in (await connected.list_tools()).tools]
            return names, await connected.call_tool("ask", {"persona": "gg", "text": "hi"})

    names, answer = asyncio.run(ask())
    assert names == TOOLS
    assert answer.is_error  # for the model of this test is not there
    assert "/nowhere" in answer.content[0].text


def test_a_data_folder_that_is_in_use_is_said(own_folder, tmp_path):
    held = DataFolder(tmp_path / "data")

    async def run():
        return await anyio.run_process([own_folder.command, *own_folder.args], env=own_folder.env, check=False)

    try:
        done = asyncio.run(run())
    finally:
        held.close()
    assert done.returncode == 1
    assert done.stdout == b""
    said = done.stderr.decode()
    assert "Another Hearth uses the data folder" in said
    assert "http://127.0.0.1:7860/mcp" in said
    assert "Traceback" not in said
