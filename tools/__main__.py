"""Tools from the command line: `python -m tools list | search TEXT | call ID '{"name": value}' [--json]`."""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from common.errors import ArgumentsInvalid, HearthError
from tools.base import Tool, ToolContext
from tools.finding import find
from tools.registry import ToolRegistry, default_registry
from tools.runner import run


def main(arguments: Sequence[str]) -> int:
    """Returns the exit status: 0 done, 1 an expected failure (one sentence on standard error), 2 wrong usage."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="print one object a line")
    common.add_argument("--language", choices=("en", "zh"), default="en", help="the language of answers")
    parser = argparse.ArgumentParser(prog="python -m tools")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", parents=[common], help="all tools")
    search = commands.add_parser("search", parents=[common], help="the tools that fit a text, best first")
    search.add_argument("text")
    search.add_argument("--limit", type=_positive, default=5)
    call = commands.add_parser("call", parents=[common], help="call one tool")
    call.add_argument("id")
    call.add_argument("arguments", nargs="?", default="{}", help='a JSON object, such as \'{"expression": "1+1"}\'')
    given = parser.parse_args(arguments)
    registry = default_registry()
    try:
        return _call(registry, given) if given.command == "call" else _show(registry, given)
    except HearthError as error:
        print(error.sentence(given.language), file=sys.stderr)
        return 1


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError
    return number


def _show(registry: ToolRegistry, given: argparse.Namespace) -> int:
    if given.command == "list":
        for tool in registry.list():
            _line(tool, {}, given)
        return 0
    for tool, score in find(registry.snapshot(), given.text, given.limit):
        _line(tool, {"score": score}, given)
    return 0


def _line(tool: Tool, more: dict[str, Any], given: argparse.Namespace) -> None:
    if given.json:
        function = tool.spec.to_dict()["function"]
        told = {"id": tool.id, "titles": dict(tool.titles), "risk": tool.risk, **function, **more}
        print(json.dumps(told, ensure_ascii=False))
    else:
        score = f"{more['score']:.2f}  " if more else ""
        print(f"{score}{tool.id:<16}{tool.titles[given.language]}")


def _call(registry: ToolRegistry, given: argparse.Namespace) -> int:
    tool = registry.get(given.id)
    try:
        arguments = json.loads(given.arguments)
    except ValueError as error:
        raise ArgumentsInvalid(
            f"The arguments are not JSON ({error}). Write them as '{{\"name\": value}}'.",
            f"参数不是 JSON（{error}）。请写成 '{{\"名称\": 值}}'。",
        ) from error
    output = run(tool, arguments, ToolContext(language=given.language))
    if output.failed:
        print(output.text, file=sys.stderr)
    elif given.json:
        print(json.dumps({"text": output.text, "data": output.data}, ensure_ascii=False))
    else:
        print(output.text)
    return int(output.failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
