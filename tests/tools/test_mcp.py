"""Tools of real MCP servers: programs that the test starts and grants, over pipes and over HTTP."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from common.errors import ToolFailed
from common.redaction import HIDDEN
from tests.timing import wait_until
from tests.tools.mcpworld import SERVERS, World, free_port, pleasant_over_http, program, web
from tools.base import ToolContext
from tools.runner import run

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def pleasant(tmp_path_factory):
    """The pleasant server, connected once: importing the package takes it seconds."""
    world = World(tmp_path_factory.mktemp("pleasant"))
    secret = {"env": {"WEATHER": "weather-token"}}
    world.enter(program("pleasant", transport=secret, believes_hints=True, time_limit_s=20))
    world.mcp.connect("pleasant")
    yield world
    world.close()


@pytest.fixture(scope="module")
def online(tmp_path_factory):
    """The same over HTTP."""
    world = World(tmp_path_factory.mktemp("online"))
    port = free_port()
    with pleasant_over_http(port) as process:
        world.enter(web(f"http://127.0.0.1:{port}/mcp", secret="weather-token"))
        world.process = process
        yield world
        world.close()


def test_what_a_server_has_is_listed(pleasant):
    listing = pleasant.mcp.listing("pleasant")
    assert listing.server == "Pleasant 1.2"
    assert listing.instructions == "Ask for what you need."
    assert [(each.uri, each.name, each.media_type) for each in listing.resources] == [("notes://all", "All notes", "text/plain")]
    assert [(each.name, each.arguments) for each in listing.prompts] == [("review", ("code",))]
    greet = pleasant.tool("pleasant_greet")
    assert (greet.id, greet.titles["zh"], greet.risk) == ("mcp-pleasant-greet", "Greeting", "reads")
    assert pleasant.tool("pleasant_add").risk == "writes"
    assert pleasant.tool("pleasant_add").spec.parameters["required"] == ["a", "b"]
    assert pleasant.mcp.status("pleasant").state == "connected"


def test_a_result_is_text_and_data(pleasant):
    assert pleasant.call("pleasant_add", a=2, b=3).text == "5"
    greeting = pleasant.call("pleasant_greet", name="小林")
    assert (greeting.text, greeting.data, greeting.failed) == ("你好，小林", {"result": "你好，小林"}, False)


def test_wrong_arguments_do_not_reach_it(pleasant):
    output = pleasant.call("pleasant_add", a="two")
    assert output.failed
    assert "a must be a whole number" in output.text
    assert "b is missing" in output.text


def test_a_picture_and_everything_else_arrive(pleasant):
    picture = pleasant.call("pleasant_picture")
    assert [(media.type, media.name, media.data[:4]) for media in picture.media] == [("image/png", "Picture 1", b"\x89PNG")]
    assert "Picture 1: image/png" in picture.text
    mixed = run(pleasant.tool("pleasant_mixed"), {}, ToolContext(language="zh"))
    assert [(media.type, media.data) for media in mixed.media] == [("audio/wav", b"RIFF")]
    assert mixed.text.splitlines() == [
        "first",
        "[声音 1：audio/wav，4 字节]",
        "notes: file:///notes.txt (the notes)",
        "file:///a.txt:",
        "what it holds",
        "[image/svg+xml，5 字节，未显示]",
        "[无法解码的数据]",
    ]


def test_a_failure_of_the_tool_is_a_failed_output(pleasant):
    output = pleasant.call("pleasant_fail", why="no luck")
    assert output.failed
    assert "fail" in output.text


def test_a_program_gets_few_variables_and_its_secrets(pleasant):
    given = pleasant.call("pleasant_environment").data
    allowed = {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ", "WEATHER", "PWD"}
    assert given.keys() <= allowed
    assert given["WEATHER"] == HIDDEN, "it has it, and nobody else reads it"
    assert "s3cret" not in repr(pleasant.mcp.get("pleasant")) + repr(pleasant.mcp.listing("pleasant"))


def test_stopping_a_turn_stops_the_call(pleasant, tmp_path):
    context, mark = ToolContext(), tmp_path / "mark"
    threading.Timer(0.3, context.cancel.set).start()
    began = time.monotonic()
    output = run(pleasant.tool("pleasant_slow"), {"seconds": 60, "mark": str(mark)}, context)
    assert output.failed
    assert time.monotonic() - began < 15
    wait_until(mark.exists)


def test_calls_run_beside_each_other(pleasant, tmp_path):
    context = ToolContext()
    given = {"seconds": 60, "mark": str(tmp_path / "mark")}
    slow = threading.Thread(target=run, args=(pleasant.tool("pleasant_slow"), given, context))
    slow.start()
    assert pleasant.call("pleasant_add", a=1, b=1).text == "2"
    assert slow.is_alive()
    context.cancel.set()
    slow.join()


def test_a_list_that_changes_is_read_again(pleasant):
    assert pleasant.call("pleasant_learn").text == "learned"
    wait_until(lambda: any(tool.spec.name == "pleasant_fresh" for tool in pleasant.mcp.tools("pleasant")))
    assert pleasant.call("pleasant_fresh").text == "new"


def test_a_server_that_dies_in_a_call_is_there_for_the_next(pleasant):
    output = pleasant.call("pleasant_die")
    assert output.failed
    assert "whether it did what was asked is not known" in output.text
    assert "out of luck" in output.text, "its last words help whoever has to mend it"
    assert pleasant.call("pleasant_add", a=1, b=2).text == "3"
    assert pleasant.mcp.status("pleasant").problem is None


def test_over_http_everything_is_the_same(online):
    assert [tool.name for tool in online.mcp.connect("web").tools][:2] == ["add", "greet"]
    assert online.asked[0][0] == "weather-token"
    assert online.asked[0][1].startswith("http://127.0.0.1:")
    assert online.call("web_greet", name="x").text == "你好，x"
    assert online.call("web_picture").media[0].type == "image/png"
    assert online.call("web_fail", why="x").failed


def test_over_http_a_stopped_call_is_stopped_there(online, tmp_path):
    context, mark = ToolContext(), tmp_path / "mark"
    threading.Timer(0.3, context.cancel.set).start()
    assert run(online.tool("web_slow"), {"seconds": 60, "mark": str(mark)}, context).failed
    wait_until(mark.exists)


def test_over_http_a_changed_list_is_read_again(online):
    online.call("web_learn")
    wait_until(lambda: any(tool.spec.name == "web_fresh" for tool in online.mcp.tools("web")))


def test_over_http_a_server_that_is_gone_is_said(online):  # the last one: it ends the server
    online.process.kill()
    online.process.wait()
    output = online.call("web_add", a=1, b=2)
    assert output.failed
    assert "web" in output.text
    with pytest.raises(ToolFailed, match="cannot be reached now"):
        online.mcp.connect("web")
    assert online.mcp.status("web").state == "waiting"


def test_a_private_address_is_not_reached_without_its_grant(tmp_path, service):
    world = World(tmp_path, resolve=lambda _host, _port: ["127.0.0.1"])
    for url in (service.url, f"http://localhost:{service.server_port}", f"http://public.example:{service.server_port}"):
        id = f"web-{len(world.mcp.list())}"
        world.enter(web(f"{url}/mcp").model_copy(update={"id": id}), granted=False)
        with pytest.raises(ToolFailed, match="private address") as refused:
            world.mcp.connect(id)
        assert "内部地址" in refused.value.chinese
    assert service.requests == []
    world.close()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((302, "text/plain", b""), "not as an MCP server does"),
        ((307, "text/plain", b""), "not as an MCP server does"),
        ((200, "text/html", b"<html>"), "not as an MCP server does"),
        ((200, "application/json", b"{"), "not as an MCP server does"),
        ((500, "text/plain", b"no"), "not as an MCP server does"),
        ((200, "application/json", b"[" + b"1," * 40_000_000 + b"1]"), "sent more than"),
    ],
    ids=["redirect", "redirect of a post", "a page", "no JSON", "an error", "80 MB"],
)
def test_a_web_server_that_is_none_of_the_kind(tmp_path, service, answer, said):
    service.answers["/mcp"] = answer
    world = World(tmp_path)
    world.enter(web(f"{service.url}/mcp"))
    with pytest.raises(ToolFailed, match=said):
        world.mcp.connect("web")
    assert {path for _, path, _, _ in service.requests} == {"/mcp"}, "no redirect is followed"
    world.close()


HOLDER = """
import sys, time
from pathlib import Path
from tests.tools.mcpworld import World, program
world = World(Path(sys.argv[1]))
world.enter(program("raw", "stubborn", sys.argv[2]))
world.mcp.connect("raw")
print("ready", flush=True)
time.sleep(1000)
"""


def alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "told to end"])
def test_no_program_outlives_the_app(tmp_path, end):
    pids = tmp_path / "pids"
    command = [sys.executable, "-c", HOLDER, str(tmp_path), str(pids)]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE) as app:
        assert app.stdout.readline() == b"ready\n"
        started = [int(pid) for pid in pids.read_text().split()]
        assert len(started) == 2
        assert all(map(alive, started))
        app.send_signal(end)
    wait_until(lambda: not any(map(alive, started)))


def test_closing_ends_a_program_that_does_not_want_to(tmp_path):
    world = World(tmp_path)
    world.enter(program("raw", "stubborn", str(tmp_path / "pids")))
    world.mcp.connect("raw")
    started = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    world.close()
    assert not any(map(alive, started))
    output = run(world.tool("raw_echo"), {"text": "x"}, ToolContext())
    assert output.failed


def test_a_server_that_was_dropped_just_before_the_end_is_ended_too(tmp_path):
    world = World(tmp_path)
    world.enter(program("raw", "stubborn", str(tmp_path / "pids")))
    world.mcp.connect("raw")
    started = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert any(map(alive, started))
    world.mcp.delete("raw")
    world.close()
    assert not any(map(alive, started))
    gc.collect()  # what asyncio would have left open warns here, and a warning is an error


def test_a_program_does_not_start_among_the_files_of_hearth(pleasant):
    pid = int(pleasant.call("pleasant_pid").text)
    assert psutil.Process(pid).cwd() == "/"
    assert (SERVERS / "pleasant.py").is_file()
