"""MCP servers for tests: real ones as programs of their own, and what holds them."""

import contextlib
import socket
import subprocess
import sys
from pathlib import Path

from common.database import Database
from tests.timing import wait_until
from tools.base import ToolContext
from tools.mcphub import McpServers
from tools.mcpservers import McpServer
from tools.registry import default_registry
from tools.runner import run

SERVERS = Path(__file__).with_name("servers")
SECRETS = {"weather-token": "s3cret-4711"}


class World:
    """The servers of one owner on a database of their own; `allow` is whether programs may be started."""

    def __init__(self, folder, allow=True, resolve=None):
        self.database = Database(folder / "hearth.db")
        self.registry = default_registry()
        self.asked = []
        self.mcp = McpServers(self.database, self.registry, "maker", self._secret, programs=allow, resolve=resolve)

    def _secret(self, name, origin):
        self.asked.append((name, origin))
        return SECRETS.get(name)

    def enter(self, server, granted=True):
        self.mcp.save(server, 0)
        if granted:
            self.mcp.grant(server.id, server.transport)
        return server

    def tool(self, name):
        return next(tool for tool in self.registry.list() if tool.spec.name == name)

    def call(self, tool, **arguments):
        return run(self.tool(tool), arguments, ToolContext())

    def close(self):
        self.mcp.close()
        self.database.close()


def program(name, *arguments, id=None, **changes):
    """The document of a server in `servers/`."""
    transport = {"kind": "stdio", "command": sys.executable, "args": [str(SERVERS / f"{name}.py"), *arguments]}
    transport |= changes.pop("transport", {})
    return McpServer.model_validate({"id": id or name, "transport": transport, **changes})


def web(url, **changes):
    """The document of a server over HTTP."""
    secret = {"secret": changes.pop("secret")} if "secret" in changes else {}
    return McpServer.model_validate({"id": "web", "transport": {"kind": "http", "url": url, **secret}, **changes})


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def pleasant_over_http(port):
    """The pleasant server as a web server; gives its process."""
    command = [sys.executable, str(SERVERS / "pleasant.py"), str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: answers(port))
            yield process
        finally:
            process.kill()


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
