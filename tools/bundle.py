"""Tools as one file, for another Hearth: their documents, and nothing of their secrets and grants."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from common.errors import DocumentInvalid
from common.yamltext import write_mapping
from tools.documents import ToolDocument
from tools.imported import Import, LeftOut, Taken, checked
from tools.naming import one_line
from tools.schemas import Unusable, as_text

_FORM = "tools"
_VERSION = 1
_MOST = 20_000
_AS_YAML = 100  # tools; more are written as JSON, which is YAML too and read much faster


def write_bundle(documents: Sequence[ToolDocument]) -> str:
    """A YAML file of these tools."""
    head, tools = {"hearth": _FORM, "version": _VERSION}, [document.model_dump(mode="json") for document in documents]
    if len(tools) <= _AS_YAML:
        return write_mapping({**head, "tools": tools})
    lines = ",\n".join(json.dumps(tool, ensure_ascii=False) for tool in tools)
    return f'{json.dumps(head)[:-1]}, "tools": [\n{lines}\n]}}\n'


def is_bundle(data: Mapping[str, Any]) -> bool:
    """Whether some fields are those of a file of tools, or of a single tool document."""
    return data.get("hearth") == _FORM or {"id", "parameters", "call"} <= data.keys()


def from_bundle(data: Mapping[str, Any]) -> Import:
    """The tools of such a file; raises `DocumentInvalid` for one of a newer Hearth."""
    version = data.get("version")
    if data.get("hearth") == _FORM and (not isinstance(version, int) or version > _VERSION):
        raise DocumentInvalid(
            f"This file was written by a newer Hearth (form {version!r:.20}). Update Hearth.",
            f"这个文件是更新版本的 Hearth 写的（格式 {version!r:.20}）。请升级 Hearth。",
        )
    tools = data.get("tools") if data.get("hearth") == _FORM else [data]
    tools = tools if isinstance(tools, list) else []
    if len(tools) > _MOST:
        raise DocumentInvalid(
            f"This file has {len(tools):,} tools; {_MOST:,} fit. Split it.",
            f"这个文件有 {len(tools):,} 个工具，最多 {_MOST:,} 个。请拆分。",
        )
    seen: set[str] = set()
    return Import("", [_read(number, fields, seen) for number, fields in enumerate(tools, 1)])


def _read(number: int, fields: Any, seen: set[str]) -> Taken | LeftOut:
    id = one_line(as_text(fields.get("id")), 80) if isinstance(fields, Mapping) else ""
    try:
        if not isinstance(fields, Mapping):
            raise Unusable("It is not a group of fields.", "它不是一组字段。")
        document, _ = checked(fields)
        if document.id in seen:
            raise Unusable("Another tool of this id comes before it.", "前面已有相同标识的工具。")
        seen.add(document.id)
    except Unusable as error:
        return LeftOut(id or f"#{number}", error.sentences)
    return Taken(document.id, document)
