"""An MCP server as people write them, over standard input and output or, given a port, over HTTP."""

import asyncio
import base64
import os
import sys
from pathlib import Path

import mcp_types as types
from mcp.server.mcpserver import Context, Image, MCPServer

server = MCPServer("Pleasant", version="1.2", instructions="Ask for what you need.")
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


@server.tool()
def add(a: int, b: int) -> int:
    """Adds two whole numbers."""
    return a + b


@server.tool(annotations=types.ToolAnnotations(read_only_hint=True), title="Greeting")
def greet(name: str) -> str:
    """Greets somebody."""
    return f"你好，{name}"


@server.tool()
def picture() -> Image:
    """Gives a picture."""
    return Image(data=PNG, format="png")


@server.tool()
def mixed() -> list[types.ContentBlock]:
    """Gives one of each."""
    return [
        types.TextContent(text="first"),
        types.AudioContent(data=base64.b64encode(b"RIFF").decode(), mime_type="audio/wav"),
        types.ResourceLink(name="notes", uri="file:///notes.txt", description="the notes"),
        types.EmbeddedResource(resource=types.TextResourceContents(uri="file:///a.txt", text="what it holds")),
        types.ImageContent(data="PHN2Zz4=", mime_type="image/svg+xml"),
        types.ImageContent(data="!", mime_type="image/png"),
    ]


@server.tool()
def fail(why: str) -> str:
    """Fails."""
    raise ValueError(why)


@server.tool()
def environment() -> dict[str, str]:
    """The environment it was given."""
    return dict(os.environ)


@server.tool()
async def slow(seconds: float, mark: str) -> str:
    """Takes a while; leaves a file at `mark` when it was told to stop."""
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        Path(mark).write_text("stopped")
        raise
    return "done"


@server.tool()
def die() -> str:
    """Ends the server in the middle of the call."""
    sys.stderr.write("out of luck\n")
    sys.stderr.flush()
    os._exit(3)


@server.tool()
def pid() -> int:
    """The id of the server's process."""
    return os.getpid()


@server.tool()
async def learn(ctx: Context) -> str:
    """Gives the server one tool more."""

    def fresh() -> str:
        """Came later."""
        return "new"

    server.add_tool(fresh)
    await ctx.notify_tools_changed()
    return "learned"


@server.resource("notes://all", title="All notes")
def notes() -> str:
    """What was noted."""
    return "nothing"


@server.prompt()
def review(code: str) -> str:
    """Asks for a review."""
    return f"Review {code}"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
    else:
        server.run("stdio")
