"""What people copy from a server's README, read: commands, addresses, the keys in it, and what cannot be taken."""

import json

import pytest

from common.errors import DocumentInvalid
from tools.mcpconfig import Refused, Written, read_config, read_line
from tools.mcpservers import McpServer

KEY = "ghp_" + "a1" * 18
README = {
    "mcpServers": {
        "GitHub": {
            "command": "npx",
            "args": ["-y", "@scope/github", "a b"],
            "env": {"GITHUB_TOKEN": KEY, "LATER": "<your key>", "EMPTY": "", "ALSO": "${input:key}"},
        },
        "other": {"url": "https://mcp.example/mcp", "headers": {"Authorization": f"Bearer {KEY}", "X-Team": "7"}},
    }
}


def one(settings, name="x"):
    (found,) = read_config(json.dumps({"mcpServers": {name: settings}}))
    return found


def test_a_readme_is_read_and_its_keys_are_kept_apart():
    github, other = read_config(json.dumps(README))
    assert (github.command, github.args, github.wish) == ("npx", ("-y", "@scope/github", "a b"), "github")
    assert github.wanted == ("GITHUB_TOKEN", "LATER", "EMPTY", "ALSO")
    assert github.values == {"GITHUB_TOKEN": KEY}
    document = McpServer.model_validate(github.fields("github"))
    assert document.transport.env["GITHUB_TOKEN"] == "github.GITHUB_TOKEN"
    assert other.values == {"token": KEY}
    assert "X-Team" in other.notes[0][0]
    assert McpServer.model_validate(other.fields("other")).transport.secret == "other.token"
    for each in (github, other):
        assert KEY not in repr(each) + json.dumps(each.fields("x")) + "".join(map(str, each.notes))


@pytest.mark.parametrize(
    "text",
    [
        '{"a": {"command": "uvx"}}',
        '{"servers": {"a": {"type": "stdio", "command": "uvx"}}, "inputs": []}',
        '{"mcp": {"servers": {"a": {"command": "uvx"}}}}',
        '{"name": "a", "command": "uvx"}',
        '"a": {"command": "uvx"}',
        '{"mcpServers": {"a": {"command": ["uvx"]}}}',
    ],
)
def test_other_programs_write_it_in_other_ways(text):
    (found,) = read_config(text)
    assert (found.name, found.command) == ("a", "uvx")


@pytest.mark.parametrize(
    "settings",
    [
        {"command": "npx", "args": ["--api-key", KEY]},
        {"command": "npx", "args": ["--token=s3cret"]},
        {"command": "npx", "args": ["--header", f"Authorization: Bearer {KEY}"]},
        {"command": "npx", "args": [KEY]},
        {"url": f"https://mcp.example/mcp?api_key={KEY}"},
        {"url": f"https://me:{KEY}@mcp.example/mcp"},
        {"type": "sse", "url": "https://mcp.example/sse"},
        {"url": "https://[/"},
        {"command": ""},
        {"command": "x", "args": [{"a": 1}]},
        {"args": ["x"]},
        {},
    ],
)
def test_what_cannot_be_taken_is_a_sentence_without_the_key(settings):
    found = one(settings)
    assert isinstance(found, Refused)
    assert all(sentence.strip() for sentence in found.why)
    assert KEY not in "".join(found.why)
    assert "s3cret" not in "".join(found.why)


def test_settings_that_hearth_does_not_have_are_named():
    found = one({"command": "x", "args": ["${workspaceFolder}", "--token", "${TOKEN}"], "cwd": "/", "autoApprove": ["a"]})
    assert [english.split(".")[0] for english, _ in found.notes] == [
        "Its command has a ${…} in it, which Hearth does not fill in",
        "Left out: cwd, autoApprove",
    ]
    assert "A=B" in one({"command": "x", "env": {"A=B": "1"}}).notes[0][0]


@pytest.mark.parametrize(
    "text",
    ["", "hello", "[1]", "{", "{}", '{"mcpServers": {}}', '{"mcpServers": 3}', '{"a": 1}', "{" * 50_000, "a: &a [*a]", "\x00"],
)
def test_rubbish_is_one_sentence(text):
    with pytest.raises(DocumentInvalid):
        read_config(text)


def test_too_many_and_broken_letters():
    with pytest.raises(DocumentInvalid, match="51 servers"):
        read_config(json.dumps({str(n): {"command": "x"} for n in range(51)}))
    found = one({"command": "x", "\ud800": 1}, name="\ud800天气")
    assert "?" in found.name
    assert found.wish == "server"
    "".join(found.notes[0]).encode()


def test_a_line_is_read_as_a_terminal_reads_it():
    found = read_line("Files", "API_KEY=abc npx -y 'a b' --root=/tmp \"\"")
    assert isinstance(found, Written)
    assert (found.name, found.command, found.args) == ("Files", "npx", ("-y", "a b", "--root=/tmp"))
    assert found.values == {"API_KEY": "abc"}
    assert read_line("", "https://mcp.example/mcp").wish == "mcp-example"
    assert read_line("", "/usr/bin/server").wish == "server"
    assert isinstance(read_line("", "A=1"), Refused)
    with pytest.raises(DocumentInvalid, match="quotation mark"):
        read_line("", "npx 'a")
