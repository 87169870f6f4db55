"""The part of a JSON answer that is a tool's result, named by a JMESPath expression such as `data.items[*].name`.

Of that language are read: fields, indexes, slices, lists and their filters, pipes, and one choice of several parts. Functions and
nested choices are not: an expression may come from a stranger, and a few of those can make gigabytes of a small answer.
"""

from collections.abc import Mapping
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from common.problems import Sentences

_READ = frozenset(
    [
        *("field", "index", "slice", "literal", "current", "identity", "key_val_pair"),
        *("subexpression", "index_expression", "pipe", "comparator", "and_expression", "or_expression", "not_expression"),
        *("projection", "value_projection", "filter_projection", "flatten", "multi_select_dict", "multi_select_list"),
    ]
)
_CHOICES = ("multi_select_dict", "multi_select_list")


def path_problem(path: str) -> Sentences | None:
    """Why no part of an answer can be named like this, or None."""
    try:
        tree = jmespath.compile(path).parsed
    except (JMESPathError, RecursionError, ValueError) as error:
        said = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        return (
            f"{path[:80]!r} is no path into an answer ({said}). Write one like data.items[0].name.",
            f"{path[:80]!r} 不是结果路径（{said}）。写法例如 data.items[0].name。",
        )
    nodes = _nodes(tree)
    choices = [node for node in nodes if node["type"] in _CHOICES]
    if any(node["type"] not in _READ for node in nodes) or len(choices) > 1 or any(len(c["children"]) > 20 for c in choices):
        return (
            f"{path[:80]!r} asks for more than a path may: no functions, and one choice [a, b] or {{x: a}} of at most 20 parts.",
            f"{path[:80]!r} 超出了结果路径的写法：不能用函数，[a, b] 或 {{x: a}} 只能出现一次，最多 20 项。",
        )
    return None


def part_of(data: Any, path: str) -> Any:
    """What `path`, which `path_problem` finds nothing wrong with, names in an answer; None where there is nothing."""
    try:
        return jmespath.search(path, data)
    except (JMESPathError, ValueError, RecursionError):  # a slice by 0, or an answer nested without end
        return None


def _nodes(tree: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found, pending = [], [tree]
    while pending:
        node = pending.pop()
        found.append(node)
        pending += [child for child in node["children"] if isinstance(child, Mapping)]  # the bounds of a slice are numbers
    return found
