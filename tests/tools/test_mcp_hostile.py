"""MCP servers that behave badly: each costs its own calls, none of them anything else."""

import contextlib
import json
import threading
import time

import psutil
import pytest

from common.errors import ToolFailed
from common.redaction import HIDDEN
from tests.timing import wait_until
from tests.tools.mcpworld import World, program
from tools.mcplink import _TRIES

_SLOW_S = 5.0  # that a busy machine may need beside; what hangs does so for a quarter of an hour


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def bad(world):
    """A server of a manner, connected."""

    def make(manner, **changes):
        world.enter(program("raw", manner, **changes))
        world.mcp.connect("raw")
        return world

    return make


@pytest.mark.parametrize(
    ("manner", "said"),
    [
        ("garbage", "more than 2,000 messages"),
        ("one long line", "a line of more than 8,388,608 bytes"),
        ("ends at once", "API key missing"),
        ("one bad tool", "not one of this protocol"),
    ],
)
def test_one_that_cannot_be_talked_to_is_said(world, manner, said):
    world.enter(program("raw", manner))
    with pytest.raises(ToolFailed, match=said) as failed:
        world.mcp.connect("raw")
    assert failed.value.chinese.startswith("现在无法连接 'raw'。")
    status = world.mcp.status("raw")
    assert status.state == "waiting"
    assert status.again_in_s is not None


def test_a_command_that_is_not_there_is_said(world):
    world.enter(program("raw", transport={"command": "no-such-program"}))
    with pytest.raises(ToolFailed, match="no program 'no-such-program' on this machine"):
        world.mcp.connect("raw")


@pytest.mark.parametrize("manner", ["noisy", "some garbage"])
def test_what_it_says_beside_the_protocol_is_no_matter(bad, manner):
    assert bad(manner).call("raw_echo", text="hello").text == "hello"


@pytest.mark.parametrize(
    ("manner", "said"),
    [
        ("wrong result", "not one of this protocol"),
        ("wrong kind", "not one of this protocol"),
        ("huge result", "a line of more than"),
        ("floods", "more than 2,000 messages"),
        ("dies", "no more memory"),
    ],
)
def test_a_bad_answer_is_a_failed_output(bad, manner, said):
    output = bad(manner).call("raw_echo", text="x")
    assert output.failed
    assert said in output.text


def test_a_secret_is_nowhere_in_what_a_server_says(world, caplog):
    """Many servers show the key that they were started with: in a result, an error, a description, or as their last words."""
    secret = {"env": {"WEATHER": "weather-token"}}
    world.enter(program("raw", "tells all", transport=secret))
    world.mcp.connect("raw")
    told, failed = world.call("raw_echo", text="x"), world.call("raw_echo", text="fail")
    assert (told.text, told.data) == (f"Bearer {HIDDEN}", {HIDDEN: [HIDDEN]})
    assert f"no {HIDDEN}" in failed.text
    listing = world.mcp.listing("raw")
    assert listing.tools[0].description == f"Uses {HIDDEN}."
    dying = program("raw", "dies of its key", transport=secret)
    world.mcp.save(dying, world.mcp.get("raw").revision)
    world.mcp.grant("raw", dying.transport)
    with pytest.raises(ToolFailed) as caught:
        world.mcp.connect("raw")
    said = [told, failed, listing, caught.value, world.mcp.status("raw"), caplog.text]
    assert "s3cret" not in "".join(map(repr, said))


def test_one_that_hangs_does_so_until_the_deadline_and_not_longer(bad):
    world = bad("hangs in a call", time_limit_s=2)
    began = time.monotonic()
    output = world.call("raw_echo", text="x")
    assert time.monotonic() - began < 2 + _SLOW_S
    assert output.failed
    assert "did not answer within 2 seconds" in output.text


def test_one_that_never_answers_does_not_hold_a_call_or_the_end_of_the_app(world):
    server = world.enter(program("raw", "plain", time_limit_s=2))
    world.mcp.connect("raw")
    stored = world.mcp.get("raw")
    silent = program("raw", "silent").transport
    world.mcp.save(server.model_copy(update={"transport": silent}), stored.revision)
    world.mcp.grant("raw", silent)
    began = time.monotonic()
    output = world.call("raw_echo", text="x")
    assert time.monotonic() - began < 2 + _SLOW_S
    assert "did not answer within 2 seconds" in output.text
    assert world.mcp.status("raw").state == "connecting"


def test_one_does_not_slow_the_others_down(world):
    world.enter(program("raw", "hangs in a call"))
    world.enter(program("raw", "plain", id="good"))
    world.mcp.connect("raw")
    world.mcp.connect("good")
    waiting = threading.Thread(target=world.call, args=("raw_echo",), kwargs={"text": "x"}, daemon=True)
    waiting.start()
    assert world.call("good_echo", text="hello").text == "hello"
    assert waiting.is_alive()


def test_schemas_are_cleaned_or_refused_with_a_reason(bad):
    world = bad("schemas")
    problems = {tool.name: tool.problem.en for tool in world.mcp.listing("raw").tools}
    assert "nested more than" in problems["deep"]
    assert "40,000 characters" in problems["wide"]
    assert "outside this description" in problems["outside"]
    assert "not one line" in problems["two lines"]
    assert {name for name, problem in problems.items() if not problem} == {
        "circular", "pattern", "查询 天气", "查询/天气", "Read-File", "read_file",
    }  # fmt: skip
    assert "$ref" not in json.dumps(world.tool("raw_circular").spec.parameters), "a circle is opened"
    assert "pattern" not in world.tool("raw_pattern").spec.parameters["properties"]["a"]
    assert "\x1b" not in world.tool("raw_2").spec.description
    began = time.thread_time()
    assert world.call("raw_pattern", a="a" * 40 + "!").text == "ok", "nor is its result matched against a pattern of its own"
    assert time.thread_time() - began < 5


def test_a_list_without_end_is_cut(bad):
    assert len(bad("endless").mcp.tools("raw")) == 500


def test_a_list_that_changes_is_read_again_and_not_for_ever(bad):
    world = bad("changes")
    world.call("raw_echo", text="x")
    wait_until(lambda: len(world.mcp.tools("raw")) == 2)
    assert world.tool("raw_changed")


def test_what_it_asks_of_us_is_declined(bad):
    assert "Sampling not supported" in bad("asks back").call("raw_echo", text="x").text


def test_one_that_keeps_dying_is_left_alone_for_longer_each_time(bad):
    world = bad("dies")
    outputs = [world.call("raw_echo", text="x")]
    while "cannot be reached now" not in outputs[-1].text:  # without another try
        outputs.append(world.call("raw_echo", text="x"))
    assert 2 < len(outputs) <= _TRIES, "the first pauses are waited for"
    assert all(output.failed and "no more memory" in output.text for output in outputs)
    assert world.mcp.status("raw").again_in_s is not None
    assert world.mcp.connect("raw").server == "dies 0", "who asks for it gets it at once"


@pytest.mark.parametrize("manner", ["silent", "ends at once", "plain", "dies"])
def test_closing_in_the_midst_of_a_start_leaves_nothing_behind(tmp_path, manner):
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    for number in range(4):
        (tmp_path / str(number)).mkdir()
        world = World(tmp_path / str(number))
        world.enter(program("raw", manner))
        begun = world.mcp._submit(world.mcp._link("raw").connect())
        with contextlib.suppress(Exception):
            begun.result(number * 0.05)  # at other points of the start each time, wherever they are on this machine
        world.close()
    left = {child.pid for child in psutil.Process().children(recursive=True) if child.status() != psutil.STATUS_ZOMBIE}
    assert left <= before
