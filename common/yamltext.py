"""YAML in and out for documents: plain values only, within limits.

What is read comes from strangers: tags that name types, aliases (a few lines of which unfold into gigabytes), repeated keys
and deep nesting are refused with a sentence. It reads no file and knows no schema.
"""

import re
from collections.abc import Hashable, Mapping
from typing import Any

import yaml

from common.errors import DocumentInvalid

_DEEPEST = 32
_LONGEST = 1000  # letters of a number; one of many parts by colons takes minutes to read, and Python writes no longer one out
_FRAGILE = re.compile("[\\x00-\\x09\\x0b-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ufeff]")


class _Refused(Exception):
    """A rule of ours is broken; carries the sentences in both languages."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(english)
        self.english = english
        self.chinese = chinese


class _Loader(yaml.SafeLoader):
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise _Refused("it uses an alias (*name), which documents may not", "它用了别名（*名字），文档里不允许")
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _Refused(f"it is nested more than {_DEEPEST} levels deep", f"它嵌套超过了 {_DEEPEST} 层")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        names: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in names:
                    raise _Refused(f"it has the field {key.value[:60]!r} twice", f"字段 {key.value[:60]!r} 出现了两次")
                names.add(key.value)
        return super().construct_mapping(node, deep)


def _number(loader: _Loader, node: yaml.ScalarNode) -> int | float:
    if len(node.value) > _LONGEST:
        raise _Refused("a number in it is too long", "里面有过长的数字")
    read = loader.construct_yaml_int if node.tag.endswith("int") else loader.construct_yaml_float
    return read(node)


for _kind in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_kind}", _number)


# As YAML 1.2 has it, and most who write it mean it: `no` is Norway and `on` a name; a date is the text that it is written as.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if not tag.endswith((":bool", ":timestamp"))]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|True|TRUE|false|False|FALSE"), [*"tTfF"])


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # Outside double quotes PyYAML reads these back as other characters than it wrote.
    style = '"' if _FRAGILE.search(text) else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def read_mapping(text: str, limit: int) -> dict[str, Any]:
    """The fields that `text` holds, values of plain types; `limit` in bytes of UTF-8.

    Raises `DocumentInvalid` when it is too large, is not YAML, breaks a rule above, or is not a mapping.
    """
    size = len(text.encode(errors="replace"))
    if size > limit:
        raise DocumentInvalid(
            f"This file has {size:,} bytes and may have at most {limit:,}. Shorten it.",
            f"这个文件有 {size:,} 字节，最多只能有 {limit:,} 字节。请缩短它。",
        )
    try:
        data = yaml.load(text, Loader=_Loader)
    except _Refused as refused:
        raise _unreadable(refused.english, refused.chinese) from None
    except yaml.constructor.ConstructorError as error:
        raise _unreadable(f"a tag or value in it is not allowed ({_first_line(error)})", "里面有不允许的标签或值") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _unreadable(f"line {line} is not valid YAML ({_first_line(error)})", f"第 {line} 行不是正确的 YAML") from None
    # A date that cannot be, such as 2026-02-31; a !!bool that is none, an empty !!int, a number beyond all bounds.
    except (yaml.YAMLError, ValueError, LookupError, OverflowError) as error:
        raise _unreadable(f"a value in it is broken ({_first_line(error)})", "里面有损坏的值") from None
    if not isinstance(data, dict):
        raise _unreadable("it does not hold fields of the form name: value", "里面不是“名称: 值”的字段")
    return data


def write_mapping(data: Mapping[str, Any]) -> str:
    """YAML with the fields in their order, Chinese as it is, and long text in blocks."""
    return yaml.dump(dict(data), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


def _first_line(error: Exception) -> str:
    text = getattr(error, "problem", None) or str(error)
    return text.splitlines()[0][:160] if text else type(error).__name__


def _unreadable(english: str, chinese: str) -> DocumentInvalid:
    return DocumentInvalid(
        f"This file cannot be read as a document: {english}. Correct it and try again.",
        f"这个文件无法作为文档读取：{chinese}。请改正后再试。",
    )
