"""JMESPath's own interpreter, made to stop where an expression makes too much.

Each step's result is counted as the tree that it would be written as: `[@,@]|[@,@]|…` costs jmespath nothing and doubles what is
written each time. What is not counted is what a function does before it returns, so the one that multiplies, join, is looked at
before it runs.
"""

from typing import Any

from jmespath import functions
from jmespath.visitor import Options, TreeInterpreter

from common.errors import ToolFailed

_TEXT = 64  # characters that count as one value
_JOINED = 1_000_000  # characters that join may make


class Bounded(TreeInterpreter):
    """Evaluates one expression, once; raises `ToolFailed` when its steps have made more than `work` values."""

    def __init__(self, work: int, options: Options) -> None:
        super().__init__(options)
        self._left = work

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        result = super().visit(node, *args, **kwargs)
        waiting = [result]
        while waiting:
            value = waiting.pop()
            self._left -= 1
            if isinstance(value, str):
                self._left -= len(value) // _TEXT
            elif isinstance(value, dict):
                self._left -= sum(len(name) // _TEXT for name in value)
                waiting.extend(value.values())
            elif isinstance(value, list):
                waiting.extend(value)
            if self._left < 0:
                raise too_much()
        return result

    def visit_comparator(self, node: Any, value: Any) -> Any:
        try:
            return super().visit_comparator(node, value)
        except TypeError:  # a text is neither more nor less than a number: null, as the specification has it
            return None


class Functions(functions.Functions):
    """Those of JMESPath, of which join multiplies what it is given and is measured before."""

    @functions.signature({"types": ["string"]}, {"types": ["array-string"]})
    def _func_join(self, separator: str, texts: list[str]) -> str:
        if len(separator) * len(texts) + sum(map(len, texts)) > _JOINED:
            raise too_much()
        return separator.join(texts)


def too_much() -> ToolFailed:
    return ToolFailed(
        "This query makes too much of its data. Filter first, and select only the fields that are needed.",
        "这个查询产生的内容太多。请先筛选，只取需要的字段。",
    )
