"""The command line of tools: list, search and call them, and import those of an API's description.

    python -m tools list | search TEXT | call ID '{"name": value}' | import-openapi FILE   [--data DIR] [--json]

Exit status 0 done, 1 an expected failure (one sentence on standard error), 2 wrong usage.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from common.database import opened
from common.egress import Egress
from common.errors import ArgumentsInvalid, DocumentInvalid, HearthError
from tools.addresses import AddressStore
from tools.base import Tool, ToolContext
from tools.builtin.network.shelf import CONNECT_S, network_tools
from tools.documents import ToolDocument, ToolStore
from tools.finding import find
from tools.openapi import JSON_LIMIT, LeftOut, read_openapi
from tools.registry import ToolRegistry, default_registry, stored_registry
from tools.runner import run

OWNER = "maker"


def main(arguments: Sequence[str]) -> int:
    """Returns the exit status: 0 done, 1 an expected failure (one sentence on standard error), 2 wrong usage."""
    given = _parser().parse_args(arguments)
    try:
        status: int = given.run(given)
        return status
    except HearthError as error:
        print(error.sentence(given.language), file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data", type=Path, default=Path("data"), help="the data folder (default: data)")
    common.add_argument("--json", action="store_true", help="print one object a line")
    common.add_argument("--language", choices=("en", "zh"), default="en", help="the language of answers")
    parser = argparse.ArgumentParser(prog="python -m tools")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    listing = commands.add_parser("list", parents=[common], help="all tools")
    listing.set_defaults(run=_list)
    search = commands.add_parser("search", parents=[common], help="the tools that fit a text, best first")
    search.add_argument("text")
    search.add_argument("--limit", type=_positive, default=5)
    search.set_defaults(run=_search)
    call = commands.add_parser("call", parents=[common], help="call one tool")
    call.add_argument("id")
    call.add_argument("arguments", nargs="?", default="{}", help='a JSON object, such as \'{"expression": "1+1"}\'')
    call.set_defaults(run=_call)
    taking = commands.add_parser(
        "import-openapi", parents=[common], help="make tools of the operations of an OpenAPI description"
    )
    taking.add_argument("file", type=Path, metavar="FILE", help="OpenAPI 3.0 or 3.1, JSON or YAML")
    taking.add_argument("--server", metavar="URL", help="the address of the API, in place of the one that the file names")
    taking.set_defaults(run=_import)
    return parser


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError
    return number


def _registry(data: Path) -> ToolRegistry:
    """The tools there are; without a data folder those that ship, and none is made."""
    egress = Egress(connect_s=CONNECT_S)
    if not (data / "hearth.db").exists():
        return ToolRegistry([*default_registry().list(), *network_tools(egress, lambda: "")])
    with opened(data) as database:
        search = AddressStore(database).current(OWNER).search
        return stored_registry(ToolStore(database), OWNER, outside=network_tools(egress, lambda: search))


def _list(given: argparse.Namespace) -> int:
    for tool in _registry(given.data).list():
        _line(tool, {}, given)
    return 0


def _search(given: argparse.Namespace) -> int:
    for tool, score in find(_registry(given.data).snapshot(), given.text, given.limit):
        _line(tool, {"score": score}, given)
    return 0


def _line(tool: Tool, more: dict[str, Any], given: argparse.Namespace) -> None:
    if given.json:
        function = tool.spec.to_dict()["function"]
        _print_json({"id": tool.id, "titles": dict(tool.titles), "risk": tool.risk, **function, **more})
    else:
        score = f"{more['score']:.2f}  " if more else ""
        print(f"{score}{tool.id:<15} {tool.titles[given.language]}")


def _call(given: argparse.Namespace) -> int:
    tool = _registry(given.data).get(given.id)
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
        _print_json({"text": output.text, "data": output.data})
    else:
        print(output.text)
    return int(output.failed)


def _import(given: argparse.Namespace) -> int:
    found = read_openapi(_text_of(given.file), given.server)
    shipped = [*default_registry().list(), *network_tools(Egress(), lambda: "")]
    reserved = {tool.id: tool.spec.name for tool in shipped}
    kept: Iterator[ToolDocument] = iter(())
    if found.documents:
        with opened(given.data) as database:
            imported = ToolStore(database).keep_imported(OWNER, found.documents, reserved)
        kept = iter([stored.document for stored in imported])
    for operation in found.operations:
        if isinstance(operation, LeftOut):
            reason = operation.reason[given.language == "zh"]
            told: dict[str, Any] = {"operation": operation.operation, "id": None, "state": "left out", "reason": reason}
            line = f"{operation.operation}  {reason}"
        else:
            document = next(kept)
            told = {"operation": operation.operation, "id": document.id, "state": "taken", "reason": None}
            line = f"{document.id}  {document.title.get(given.language)}"
        if given.json:
            _print_json(told)
        else:
            print(f"{_STATES[given.language][told['state']]}  {line}")
    if not found.documents:
        raise DocumentInvalid(
            f"Nothing in {str(given.file)!r} could be taken as a tool.", f"{str(given.file)!r} 里没有能作为工具的接口。"
        )
    return 0


_STATES = {"en": {"taken": "taken   ", "left out": "left out"}, "zh": {"taken": "已导入", "left out": "未导入"}}


def _text_of(path: Path) -> str:
    """Raises `DocumentInvalid` for a file that is missing, too large or not text."""
    try:
        with path.open("rb") as file:
            data = file.read(JSON_LIMIT + 1)
        if len(data) <= JSON_LIMIT:
            return data.decode("utf-8-sig")
        english, chinese = f"it is larger than {JSON_LIMIT:,} bytes", f"超过 {JSON_LIMIT:,} 字节"
    except FileNotFoundError:
        english, chinese = "there is no such file", "没有这个文件"
    except OSError as error:
        english = chinese = error.strerror or type(error).__name__
    except UnicodeDecodeError:
        english, chinese = "it is not text in UTF-8", "不是 UTF-8 文本"
    raise DocumentInvalid(f"{str(path)!r} cannot be read: {english}.", f"无法读取 {str(path)!r}：{chinese}。")


def _print_json(value: dict[str, Any]) -> None:
    print(json.dumps(value, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
