"""What an MCP server offers, made into what we keep: cleaned, within limits, each tool under a name of ours that stays.

Everything in a listing is a stranger's text. A tool whose schema or name cannot be used is kept with the reason, so that the page
can say it.
"""

import re
from collections.abc import Mapping, Sequence, Set
from itertools import accumulate
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from common.documents import UNSEEN, LocalizedText
from tools.documents import numbered
from tools.mcpservers import LISTING_LIMIT, McpListing, OfferedPrompt, OfferedResource, OfferedTool
from tools.schemas import SchemaReader, Unusable, clean_text, refusal

if TYPE_CHECKING:
    from tools.mcp import Offers

M = TypeVar("M", bound=BaseModel)

_NAME_LIMIT = 128
_DESCRIPTION_LIMIT = 4000
_ADDRESS_LIMIT = 1000
_ARGUMENTS = 50
_TOOLS_BYTES = LISTING_LIMIT // 2  # of all tools together, but for the names of those that do not fit
_OTHERS_BYTES = LISTING_LIMIT // 10  # of all resources, and of all prompts
_TOO_MUCH = LocalizedText(en="This server says more of its tools than fits.", zh="这个服务的工具说明总量太大。")
_WORDLESS = re.compile(r"[^A-Za-z0-9]+")


def read_listing(id: str, offers: "Offers", before: McpListing) -> McpListing:
    """The listing of the server `id`; tools keep the names of ours that they had `before`."""
    known = {tool.name: tool for tool in before.tools}
    tools: dict[str, OfferedTool] = {}
    left = _TOOLS_BYTES
    for each in offers.tools:
        tool = _read_tool(each)
        if tool.name in tools:  # the first of a name is the one that a call would reach
            continue
        left -= (size := _size(tool))
        if left < 0:
            left += size
            tool = OfferedTool(name=tool.name, problem=_TOO_MUCH)
        elif not tool.problem.en and (old := known.get(tool.name)) is not None:
            tool = tool.model_copy(update={"id": old.id, "model_name": old.model_name, "read": old.read})
        tools[tool.name] = tool
    resources = [
        OfferedResource(
            uri=clean_text(each.uri, _ADDRESS_LIMIT),
            name=clean_text(each.title or each.name, 200),
            description=clean_text(each.description, 1000),
            media_type=clean_text(each.mime_type, 100),
        )
        for each in offers.resources
    ]
    prompts = [
        OfferedPrompt(
            name=clean_text(each.name, _NAME_LIMIT),
            description=clean_text(each.description, 1000),
            arguments=tuple(clean_text(argument.name, 100) for argument in (each.arguments or ())[:_ARGUMENTS]),
        )
        for each in offers.prompts
    ]
    return McpListing(
        id=id,
        server=offers.server,
        instructions=offers.instructions,
        tools=tuple(tools.values()),
        resources=_fitting(resources),
        prompts=_fitting(prompts),
    )


def assigned(listing: McpListing, taken_ids: Set[str], taken_names: Set[str]) -> McpListing:
    """The listing with an id and a name for the model for every tool that can be taken, none of them taken elsewhere.

    Those that tools have already are kept, so that personas find them again.
    """
    ids, names = set(taken_ids), set(taken_names)
    found: dict[str, OfferedTool] = {}
    # Those that have names come first: a new tool must not take one of theirs.
    for tool in sorted(listing.tools, key=lambda tool: not tool.id):
        if not tool.problem.en:
            plain = _WORDLESS.sub("_", f"{listing.id}_{tool.name}").strip("_")
            id = tool.id if tool.id and tool.id not in ids else _free(f"mcp-{plain.lower().replace('_', '-')}", "-", ids)
            wanted = plain if not plain[0].isdigit() else f"mcp_{plain}"
            name = tool.model_name if tool.model_name and tool.model_name not in names else _free(wanted, "_", names)
            ids.add(id)
            names.add(name)
            tool = tool.model_copy(update={"id": id, "model_name": name})
        found[tool.name] = tool
    return listing.model_copy(update={"tools": tuple(found[tool.name] for tool in listing.tools)})


def _free(wanted: str, joint: str, taken: Set[str]) -> str:
    return next(name for name in numbered(wanted, joint) if name not in taken)


def _size(item: BaseModel) -> int:
    return len(item.model_dump_json().encode())


def _fitting(items: Sequence[M]) -> tuple[M, ...]:
    """The first of them, as many as fit."""
    sizes = accumulate(map(_size, items))
    return tuple(item for item, size in zip(items, sizes, strict=True) if size <= _OTHERS_BYTES)


def _read_tool(tool: Any) -> OfferedTool:
    name = tool.name[:_NAME_LIMIT]
    hints = tool.annotations
    told = {
        "name": name,
        "title": clean_text(tool.title or (hints.title if hints else None), 200),
        "description": clean_text(tool.description, _DESCRIPTION_LIMIT),
        "says_read_only": bool(hints and hints.read_only_hint),
    }
    try:
        if not name or name != tool.name or UNSEEN.search(name):
            raise Unusable("Its name is empty, too long or not one line.", "它的名称为空、太长，或不是一行文字。")
        schema = _schema(tool.input_schema)
    except Unusable as error:
        english, chinese = error.sentences
        return OfferedTool(**{**told, "name": UNSEEN.sub(" ", name) or "?", "problem": LocalizedText(en=english, zh=chinese)})
    return OfferedTool(**told, parameters=schema)


def _schema(given: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a tool's arguments within our keywords; raises `Unusable`."""
    schema = {"type": "object", "properties": {}, **SchemaReader(given).read(given)}
    if found := refusal(schema):
        raise Unusable(*found)
    for name in schema["properties"]:
        if not name or len(name) > 64 or UNSEEN.search(name):
            raise Unusable(f"{name[:80]!r} cannot name an argument.", f"{name[:80]!r} 不能作为参数名。")
    return schema
