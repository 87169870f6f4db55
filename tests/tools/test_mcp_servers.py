"""Servers as documents, what is granted to them, and their tools from what they last listed; none of them is started."""

import sqlite3
from dataclasses import dataclass

import pytest
from pydantic import ValidationError

from common.errors import DocumentMissing, EditConflict, ToolDenied, ToolError
from tests.tools.mcpworld import World, program, web
from tools.base import ToolContext
from tools.functions import FunctionTool
from tools.mcplisting import assigned, read_listing
from tools.mcpservers import McpListing, McpServer, OfferedTool
from tools.runner import run
from tools.toolbox import Toolbox

TEXT = {"type": "object", "properties": {"text": {"type": "string"}}}


@dataclass
class Said:
    """A tool as the package gives it."""

    name: str
    title: str | None = None
    description: str | None = "Does something."
    input_schema: object = None
    annotations: object = None

    def __post_init__(self):
        self.input_schema = self.input_schema or TEXT


@dataclass
class Resource:
    uri: str
    name: str
    description: str
    title: str | None = None
    mime_type: str | None = None


@dataclass
class Prompt:
    name: str
    description: str
    arguments: None = None


@dataclass
class Offers:
    tools: list
    server: str = "x 1"
    instructions: str = ""
    resources: tuple = ()
    prompts: tuple = ()


def listing(*tools, id="raw", before=None):
    return read_listing(
        id, Offers([Said(tool) if isinstance(tool, str) else tool for tool in tools]), before or McpListing(id=id)
    )


def names(given):
    return {tool.name: (tool.id, tool.model_name) for tool in given.tools}


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def listed(world):
    """A world where a server was once connected and listed two tools."""
    server = world.enter(program("raw", "plain"))
    world.mcp._keep("raw", Offers([Said("read_file"), Said("write_file")]))
    assert [tool.id for tool in world.mcp.tools(server.id)] == ["mcp-raw-read-file", "mcp-raw-write-file"]
    return world


@pytest.mark.parametrize(
    "transport",
    [
        {"kind": "http", "url": "http://user:password@host/mcp"},
        {"kind": "http", "url": "https://host/mcp?key=1"},
        {"kind": "http", "url": "file:///etc/passwd"},
        {"kind": "http", "url": "https://host/{x}"},
        {"kind": "http", "url": "https://host/mcp", "secret": "a b"},
        {"kind": "http", "url": "https://host/mcp", "headers": {"authorization": "Bearer x"}},
        {"kind": "stdio", "command": ""},
        {"kind": "stdio", "command": "safe\nrm"},
        {"kind": "stdio", "command": "safe", "args": ["\u202efdp.exe"]},
        {"kind": "stdio", "command": "safe", "env": {"A=B": "name"}},
        {"kind": "stdio", "command": "safe", "env": {"TOKEN": "a value, not a name"}},
        {"kind": "stdio", "command": "safe", "cwd": "/"},
        {"kind": "stdio", "command": "safe", "granted": True},
        {"kind": "carrier pigeon"},
        {},
    ],
)
def test_what_no_document_of_a_server_may_say(transport):
    with pytest.raises(ValidationError):
        McpServer.model_validate({"id": "x", "transport": transport})


def test_no_document_can_grant_itself_anything():
    for field in ("granted", "seal", "trusted"):
        with pytest.raises(ValidationError):
            McpServer.model_validate({"id": "x", "transport": {"kind": "stdio", "command": "true"}, field: True})


def test_a_command_is_not_started_before_it_is_granted(world, tmp_path):
    mark = tmp_path / "ran"
    server = program("raw", "plain", transport={"command": "/bin/sh", "args": ["-c", f"touch {mark}"]})
    world.enter(server, granted=False)
    with pytest.raises(ToolDenied, match="not allowed yet"):
        world.mcp.connect("raw")
    assert world.mcp.status("raw").granted is False
    assert not mark.exists()


def test_a_changed_command_needs_a_new_grant(listed):
    stored = listed.mcp.get("raw")
    assert listed.mcp.status("raw").granted
    changed = stored.document.model_copy(
        update={"transport": stored.document.transport.model_copy(update={"args": (*stored.document.transport.args, "--more")})}
    )
    listed.mcp.save(changed, stored.revision)
    assert not listed.mcp.status("raw").granted
    with pytest.raises(ToolDenied):
        listed.mcp.connect("raw")
    with pytest.raises(EditConflict):  # what was shown is not what the document says by now
        listed.mcp.grant("raw", stored.document.transport)
    listed.mcp.grant("raw", changed.transport)
    assert listed.mcp.status("raw").granted
    listed.mcp.revoke("raw")
    assert not listed.mcp.status("raw").granted


def test_a_hosted_page_starts_no_command_whatever_was_granted(tmp_path):
    free = World(tmp_path)
    server = free.enter(program("raw", "plain"))
    free.mcp._keep("raw", Offers([Said("echo")]))
    free.close()
    hosted = World(tmp_path, allow=False)
    for refused in (lambda: hosted.mcp.connect("raw"), lambda: hosted.mcp.grant("raw", server.transport)):
        with pytest.raises(ToolDenied, match="hosted"):
            refused()
    output = hosted.call("raw_echo", text="x")
    assert output.failed
    assert "hosted" in output.text
    hosted.close()


def test_a_grant_that_came_with_the_rows_of_another_database_is_none(world, tmp_path):
    world.enter(program("raw", "plain"))
    (tmp_path / "elsewhere").mkdir()
    with sqlite3.connect(tmp_path / "elsewhere" / "hearth.db") as copy, sqlite3.connect(tmp_path / "hearth.db") as original:
        original.backup(copy)
    other = World(tmp_path / "elsewhere")
    assert [stored.document.id for stored in other.mcp.list()] == ["raw"]
    assert not other.mcp.status("raw").granted
    other.enter(program("raw", "hangs", id="second"))  # makes a key of its own, which does not make the old seal right
    assert not other.mcp.status("raw").granted
    other.close()


def test_a_forged_grant_and_one_for_another_server_are_none(listed):
    listed.enter(program("raw", "plain", id="other"), granted=False)
    assert not listed.mcp.status("other").granted, "the same command under another id is another grant"
    rows = listed.mcp._grants._rows
    grant = rows.get("maker", "raw")
    rows.save("maker", grant.document.model_copy(update={"seal": "0" * 64}), grant.revision)
    assert not listed.mcp.status("raw").granted


def test_the_key_of_grants_is_for_its_owner_alone(listed, tmp_path):
    assert (tmp_path / "mcp-grants.key").stat().st_mode & 0o777 == 0o600


def test_tools_are_there_after_a_restart_without_connecting(listed, tmp_path):
    again = World(tmp_path)
    assert {tool.spec.name for tool in again.mcp.tools("raw")} == {"raw_read_file", "raw_write_file"}
    assert again.mcp.status("raw").state == "idle"
    assert again.mcp._running is None
    again.close()


def test_only_what_is_taken_is_there_and_its_risk_is_the_owners_word(listed):
    hint = type("Hints", (), {"read_only_hint": True, "title": None})()
    listed.mcp._keep("raw", Offers([Said("read_file", annotations=hint), Said("write_file"), Said("pay")]))
    assert {tool.id: tool.risk for tool in listed.mcp.tools("raw")} == {
        "mcp-raw-read-file": "writes",  # what a tool says of itself is no proof
        "mcp-raw-write-file": "writes",
        "mcp-raw-pay": "writes",
    }
    stored = listed.mcp.get("raw")
    chosen = {"believes_hints": True, "risks": {"pay": "spends"}, "tools": ("read_file", "pay", "gone")}
    listed.mcp.save(stored.document.model_copy(update=chosen), stored.revision)
    assert {tool.id: tool.risk for tool in listed.mcp.tools("raw")} == {"mcp-raw-read-file": "reads", "mcp-raw-pay": "spends"}
    assert all(tool.sends for tool in listed.mcp.tools("raw"))
    with pytest.raises(DocumentMissing):
        listed.registry.get("mcp-raw-write-file")


def test_a_server_goes_with_its_tools_and_comes_back_without_its_grant(listed):
    snapshot = listed.registry.snapshot()
    listed.mcp.delete("raw")
    assert listed.mcp.list() == []
    assert not [tool for tool in listed.registry.list() if tool.id.startswith("mcp-")]
    output = run(snapshot["raw_read_file"], {"text": "x"}, ToolContext())  # of a turn that began before
    assert output.failed
    assert "'raw'" in output.text
    listed.mcp.restore("raw")
    assert len(listed.mcp.tools("raw")) == 2
    assert not listed.mcp.status("raw").granted
    with pytest.raises(DocumentMissing):
        listed.mcp.restore("never-there")


def test_names_are_made_of_both_and_are_unique_and_stay():
    first = assigned(listing("read_file", "read-file", "查询", "预报", "9lives", "a" * 100), {"mcp-raw-9lives"}, {"raw_9lives"})
    given = names(first)
    assert given["read_file"] == ("mcp-raw-read-file", "raw_read_file")
    assert given["read-file"] == ("mcp-raw-read-file-2", "raw_read_file_2")
    assert given["查询"] == ("mcp-raw", "raw")
    assert given["预报"] == ("mcp-raw-2", "raw_2")
    assert given["9lives"] == ("mcp-raw-9lives-2", "raw_9lives_2")
    assert all(len(id) <= 64 and len(name) <= 64 for id, name in given.values())
    later = assigned(listing("new", "read-file", "read_file", before=first), set(), set())
    assert names(later)["read-file"] == given["read-file"]
    assert names(later)["read_file"] == given["read_file"]


def test_two_servers_whose_names_run_together_do_not_meet(world):
    world.enter(program("raw", "plain", id="a"))
    world.enter(program("raw", "plain", id="a-b"))
    world.mcp._keep("a", Offers([Said("b_c")]))
    world.mcp._keep("a-b", Offers([Said("c")]))
    assert world.mcp.tools("a")[0].spec.name == "a_b_c"
    assert world.mcp.tools("a-b")[0].spec.name == "a_b_c_2"
    world.mcp._keep("a", Offers([]))
    world.mcp.reread()
    assert world.mcp.tools("a-b")[0].spec.name == "a_b_c_2", "a name stays though a better one is free"


def test_a_tool_that_has_the_name_already_is_not_put_out(listed, tmp_path):
    again = World(tmp_path)
    again.mcp.delete("raw")

    def mine(text: str) -> str:
        """Mine."""
        return text

    again.registry.register(FunctionTool(mine, "mcp-raw-read-file", {"en": "Mine", "zh": "我的"}, "reads", 5.0))
    again.mcp.restore("raw")
    assert again.registry.get("mcp-raw-read-file").titles["en"] == "Mine"
    assert {tool.id for tool in again.mcp.tools("raw")} == {"mcp-raw-read-file-2", "mcp-raw-write-file"}
    again.close()


def test_a_listing_has_a_size(world):
    wide = {"type": "object", "properties": {f"argument_{i}": {"type": "string", "description": "d" * 90} for i in range(200)}}
    tools = [Said(f"{i:03}" + "名" * 120, input_schema=wide, description="长" * 5000) for i in range(500)]
    resources = [Resource("u" * 2000, "名" * 500, "长" * 5000) for _ in range(500)]
    prompts = [Prompt("名" * 500, "长" * 5000) for _ in range(500)]
    found = read_listing("raw", Offers(tools, "x", "", resources, prompts), McpListing(id="raw"))
    taken = [tool for tool in found.tools if not tool.problem.en]
    assert 0 < len(taken) < 500 == len(found.tools)
    assert "more of its tools than fits" in found.tools[-1].problem.en
    assert 0 < len(found.resources) < 500 > len(found.prompts) > 0
    world.enter(program("raw", "plain"))
    world.mcp._save_listing(assigned(found, set(), set()))  # fits into its row
    assert len(world.mcp.listing("raw").tools) == 500


def test_what_a_listing_says_is_cleaned():
    tool = Said("x", title="\x1b[31mred", description="line\u202eturned\x00")
    found = listing(tool).tools[0]
    assert found.title == "[31mred"
    assert found.description == "line turned"
    for name in ("", "a\nb", "x" * 200, "a\u202eb"):
        assert listing(Said(name)).tools[0].problem.zh
    bad = {"type": "object", "properties": {"": {"type": "string"}}}
    assert listing(Said("x", input_schema=bad)).tools[0].problem.en
    assert isinstance(found, OfferedTool)


def test_a_secret_that_is_missing_is_named_with_its_place(world):
    world.enter(web("https://tools.example/mcp", secret="nobody-knows"))
    world.mcp._keep("web", Offers([Said("echo")]))
    output = world.call("web_echo", text="x")
    assert output.failed
    assert "'nobody-knows' for https://tools.example:443" in output.text
    assert world.asked == [("nobody-knows", "https://tools.example:443")]


def test_a_secret_does_not_travel_in_the_open(world):
    server = world.enter(web("http://tools.example/mcp", secret="weather-token"), granted=False)
    with pytest.raises(ToolDenied, match="in the open"):
        world.mcp.connect("web")
    assert world.mcp._where(server.model_copy(update={"transport": web("https://tools.example/mcp").transport})).headers == {}
    world.mcp.grant("web", server.transport)
    assert world.mcp._where(server).headers == {"authorization": "Bearer s3cret-4711"}
    assert "s3cret" not in repr(world.mcp._where(server))


def test_a_tool_of_a_server_is_not_deleted_by_itself(listed):
    toolbox = Toolbox(listed.database, listed.registry, "maker", mcp=listed.mcp)
    with pytest.raises(ToolError, match="belongs to the server 'raw'"):
        toolbox.delete("mcp-raw-read-file")
    toolbox.switches.turn("mcp-raw-read-file", False)
    assert "raw_read_file" not in listed.registry.snapshot()
    toolbox.reread()
    assert listed.registry.off == {"mcp-raw-read-file"}
    assert len(listed.mcp.tools("raw")) == 2


def test_what_cannot_be_read_of_a_listing_is_no_listing(listed, tmp_path):
    with sqlite3.connect(tmp_path / "hearth.db") as raw:
        raw.execute("UPDATE documents SET body = '{' WHERE kind = 'mcp-listing'")
    again = World(tmp_path)
    assert again.mcp.listing("raw").tools == ()
    again.mcp._keep("raw", Offers([Said("echo")]))
    assert [tool.spec.name for tool in again.mcp.tools("raw")] == ["raw_echo"]
    again.close()
