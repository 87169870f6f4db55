"""The command line of tools: list, search and call them, and import those of an API's description, AgentFabric or Hearth.

    python -m tools list | search TEXT | call ID '{"name": value}' | import-openapi FILE   [--data DIR] [--json]

Exit status 0 done, 1 an expected failure (one sentence on standard error), 2 wrong usage.
"""

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from common.database import opened
from common.egress import Egress
from common.errors import ArgumentsInvalid, DocumentInvalid, HearthError
from common.secrets import Secrets
from tools.addresses import AddressStore
from tools.base import Tool, ToolContext
from tools.builtin.network.shelf import CONNECT_S, network_tools
from tools.descriptions import JSON_LIMIT
from tools.documents import ToolDocument, ToolStore
from tools.imported import Import, LeftOut
from tools.importing import read_tools
from tools.making import ToolMaker
from tools.mcphub import McpServers
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
    taking.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="OpenAPI 3.0, 3.1 or Swagger 2 in JSON or YAML; also AgentFabric's openapi_plugin_config.json and tool_config.json, "
        "and a file of tools that Hearth exported",
    )
    taking.add_argument(
        "--server", metavar="URL", help="the address of the API: one of those that the file names, or another in their place"
    )
    taking.set_defaults(run=_import)
    return parser


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError
    return number


@contextlib.contextmanager
def _registry(data: Path) -> Iterator[ToolRegistry]:
    """The tools there are; without a data folder those that ship, and none is made."""
    egress = Egress(connect_s=CONNECT_S)
    if not (data / "hearth.db").exists():
        yield ToolRegistry([*default_registry().list(), *network_tools(egress, lambda: "")])
        return
    with opened(data) as database:
        search, secrets = AddressStore(database).current(OWNER).search, Secrets(data, os.environ.get("HEARTH_SECRET_KEY"))
        outside = network_tools(egress, lambda: search)
        registry = stored_registry(ToolStore(database), OWNER, ToolMaker(secret_for=secrets.for_origin), outside)
        mcp = McpServers(database, registry, OWNER, secrets.given, programs=True)
        try:
            yield registry
        finally:
            mcp.close()


def _list(given: argparse.Namespace) -> int:
    with _registry(given.data) as registry:
        for tool in registry.list():
            _line(tool, {}, given)
    return 0


def _search(given: argparse.Namespace) -> int:
    with _registry(given.data) as registry:
        for tool, score in registry.snapshot().find(given.text, given.limit):
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
    with _registry(given.data) as registry:
        return _call_one(registry.get(given.id), given)


def _call_one(tool: Tool, given: argparse.Namespace) -> int:
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
    found = read_tools(_text_of(given.file), given.server)
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
    _tell_more(found, given)
    if not found.documents:
        raise DocumentInvalid(
            f"Nothing in {str(given.file)!r} could be taken as a tool.", f"{str(given.file)!r} 里没有能作为工具的接口。"
        )
    return 0


def _tell_more(found: Import, given: argparse.Namespace) -> None:
    """What a person may want to know of an import besides its operations."""
    chinese = given.language == "zh"
    lines = [("server", url) for url in found.servers] if len(found.servers) > 1 else []
    lines += [("note", note[chinese]) for note in found.notes]
    for key in found.keys:  # never its value
        told = (
            f"The file holds the key {key.name!r}, which is not stored. Enter it on the Tools page, and delete it in the file.",
            f"文件里有密钥 {key.name!r}，没有保存。请在“工具”页面填写，并从文件里删去。",
        )
        lines.append(("key", told[chinese]))
    for kind, text in lines:
        if given.json:
            _print_json({kind: text})
        else:
            print(f"{_STATES[given.language][kind]}  {text}")


_STATES = {
    "en": {"taken": "taken   ", "left out": "left out", "server": "server  ", "note": "note    ", "key": "key     "},
    "zh": {"taken": "已导入", "left out": "未导入", "server": "服务器", "note": "说明  ", "key": "密钥  "},
}


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
