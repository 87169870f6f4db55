"""The settings of an MCP server as the fields of their form, and back: pure.

A command's arguments stand one a line, exactly as they are given to it. Of its environment variables the form has the names
alone: their values are keys, which are entered elsewhere and are in no document.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from common.problems import Sentences
from tools.mcpconfig import TOKEN
from tools.mcpservers import McpServer, ProgramTransport

_OWN = ("title", "transport", "time_limit_s", "believes_hints")
_SWITCHES = ("token", "believes_hints")


def values_of(server: McpServer) -> dict[str, str]:
    """What stands in the fields of a server; a switch that is off has an empty text."""
    values = {
        "title.en": server.title.en,
        "title.zh": server.title.zh,
        "time_limit_s": f"{server.time_limit_s:g}",
        "believes_hints": "on" if server.believes_hints else "",
    }
    transport = server.transport
    if isinstance(transport, ProgramTransport):
        return values | {"command": transport.command, "args": "\n".join(transport.args), "env": "\n".join(transport.env)}
    return values | {"url": transport.url, "token": "on" if transport.secret else ""}


def read_values(fields: Mapping[str, Sequence[str]], before: McpServer) -> dict[str, str]:
    """The fields as they were reported; one that was not is as in `before`."""
    values = values_of(before)
    for name in values.keys() & fields.keys():
        if fields[name] or name in _SWITCHES:
            values[name] = fields[name][-1] if fields[name] else ""
    for name in ("title.en", "title.zh", "command", "url"):
        if name in values:
            values[name] = values[name].strip()
    return values


def settings_of(values: Mapping[str, str], before: McpServer) -> dict[str, Any]:
    """What the fields say, as changes to the document `before`."""
    transport = before.transport
    if isinstance(transport, ProgramTransport):
        names = dict.fromkeys(filter(None, map(str.strip, values["env"].split("\n"))))
        args = [line.removesuffix("\r") for line in values["args"].split("\n")]
        written: dict[str, Any] = {
            "kind": "stdio",
            "command": values["command"],
            "args": [line for line in args if line],
            "env": {name: transport.env.get(name, f"{before.id}.{name}") for name in names},
        }
    else:
        secret = (transport.secret or f"{before.id}.{TOKEN}") if values["token"] else ""
        written = {"kind": "http", "url": values["url"], "secret": secret}
    return {
        "title": {"en": values["title.en"], "zh": values["title.zh"]},
        "transport": written,
        "time_limit_s": values["time_limit_s"],
        "believes_hints": bool(values["believes_hints"]),
    }


def problems_of(problems: Mapping[str, Sentences]) -> dict[str, Sentences]:
    """The problems of a document by the names of the form's fields."""
    found: dict[str, Sentences] = {}
    for name, told in problems.items():
        parts = name.split(".")
        if parts[0] == "transport":
            field = parts[2] if len(parts) > 2 else "command"
            # Of a variable, all that can be wrong is its name; whoever writes its value there too is told where that goes.
            told = _NAME_ALONE if field == "env" else told
            found.setdefault(field, told)
        else:
            found.setdefault(name if name.startswith("title.") else parts[0], told)
    return found


def mark_of(server: McpServer) -> str:
    """What the settings are known by: a form that was drawn from other ones has another mark."""
    told = json.dumps(server.model_dump(mode="json", include=set(_OWN)), sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:12]


_NAME_ALONE: Sentences = (
    "A name of letters, digits and _ alone, one a line, without = and its value. Values are entered under “Keys”.",
    "每行只写一个变量名，由字母、数字和下划线组成，不要写等号和值。值在“密钥”里填写。",
)
