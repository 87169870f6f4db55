"""Tools of an MCP server in a whole studio: entered, asked for by a model, allowed by a person, there after a restart."""

import pytest

from assistant.access import MAKER
from assistant.consent import Decision
from assistant.messages import Message, ToolCall
from assistant.models.base import CallChunk
from common.errors import ToolDenied
from personas.schema import Persona
from tests.timing import wait_until
from tests.tools.mcpworld import program
from tools.base import Tool, ToolContext
from tools.runner import run

PERSONA = Persona.model_validate({"id": "p", "title": {"en": "P", "zh": "甲"}, "tools": ["mcp-raw-echo"]})


def test_a_tool_of_a_server_is_called_when_a_person_allows_it(make_studio):
    studio = make_studio()
    server = program("raw", "plain")
    studio.toolbox.mcp.save(server, 0)
    studio.toolbox.mcp.grant("raw", server.transport)
    assert [tool.name for tool in studio.toolbox.mcp.connect("raw").tools] == ["echo"]
    studio.personas.save(MAKER.owner, PERSONA, 0)
    studio.close()

    call = [CallChunk(ToolCall("c1", "raw_echo", {"text": "你好"}))]
    again = make_studio(script=[call, "It says 你好."])
    assert again.toolbox.mcp.status("raw").state == "idle"  # its tools are there without it
    asked = list(again.agent("p").run("Please echo 你好"))
    assert asked[-1].reason == "approval"
    assert again.toolbox.mcp.status("raw").state == "idle"
    history = [Message("user", "Please echo 你好"), *asked[-1].new_messages]
    done = list(again.agent("p").run("", history, decisions={"c1": Decision(True)}))
    assert done[-1].reason == "answered"
    assert [message.result.text for message in done[-1].new_messages if message.result] == ["你好"]
    again.reread()  # as after a restore
    assert again.tools.get("mcp-raw-echo")


def test_words_of_a_tool_that_nobody_has_looked_at_are_a_strangers(make_studio):
    """A server may say something harmless of its tools until they are taken, and then something else."""
    left = []

    def fetch(url: str) -> str:
        """Open a page."""
        left.append(url)
        return "a page"

    sender = Tool.from_function(fetch)
    sender.sends = True
    steps = [CallChunk(ToolCall("c1", "fetch", {"url": "https://evil.example"}))], "Done."
    studio = make_studio(script=[*steps, steps[0], *steps])
    studio.tools.register(sender)
    server = program("raw", "changes its words")
    studio.toolbox.mcp.save(server, 0)
    studio.toolbox.mcp.grant("raw", server.transport)
    studio.toolbox.mcp.connect("raw")
    studio.personas.save(MAKER.owner, PERSONA.model_copy(update={"tools": ("mcp-raw-echo", "fetch")}), 0)

    def ended():
        return list(studio.agent("p").run("Hello, how are you?"))[-1].reason

    assert (ended(), len(left)) == ("answered", 1)
    assert not run(studio.tools.get("mcp-raw-echo"), {"text": "x"}, ToolContext()).failed
    wait_until(lambda: "IGNORE" in studio.tools.get("mcp-raw-echo").spec.description)
    assert (ended(), len(left)) == ("approval", 1)
    studio.toolbox.mcp.connect("raw")
    assert (ended(), len(left)) == ("answered", 2)


def test_a_hosted_studio_starts_no_program(make_studio):
    studio = make_studio(host="0.0.0.0", token="t" * 20, hosted="huggingface")
    server = program("raw", "plain")
    studio.toolbox.mcp.save(server, 0)
    with pytest.raises(ToolDenied, match="hosted"):
        studio.toolbox.mcp.grant("raw", server.transport)
