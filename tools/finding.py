"""Which tools fit a message: the few that are put before the model.

The score is the share of the message's information that a tool's own words hold: words for English, pairs of characters for
Chinese, each weighed by how few tools have it. It knows no synonyms and reads no vectors.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Set

from tools.base import Tool

_PIECES = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[一-鿿]+")
_COMMON = frozenset(
    re.findall(
        "[a-z]+",
        "a an and are as at be by can do does for from give how i in is it me my of on or please than that the then there this "
        "to was what when which will with would you your",
    )
)


def find(tools: Mapping[str, Tool], message: str, limit: int) -> list[tuple[Tool, float]]:
    """The `limit` best tools for `message`, best first, each with its score in [0, 1]; all of them when they are so few.

    Tools of one score keep their order.
    """
    words = {name: _tool_words(tool) for name, tool in tools.items()}
    spread = Counter(word for own in words.values() for word in own)
    # A word that no tool knows weighs nothing: it cannot tell them apart, and chatter must not push every score down.
    weights = {word: math.log(1 + len(tools) / spread[word]) for word in _words(message) if word in spread}
    total = sum(weights.values())
    scored = [
        (tool, round(sum(weights[word] for word in weights.keys() & words[name]) / total, 4) if total else 0.0)
        for name, tool in tools.items()
    ]
    return sorted(scored, key=lambda pair: -pair[1])[:limit]


def _tool_words(tool: Tool) -> Set[str]:
    parameters = json.dumps(tool.spec.parameters.get("properties", {}), ensure_ascii=False)
    return _words(" ".join([tool.id, tool.spec.name, tool.spec.description, *tool.titles.values(), parameters]))


def _words(text: str) -> Set[str]:
    """Lower-case words without their plural s, camelCase and snake_case apart, and pairs of Chinese characters."""
    found: set[str] = set()
    for piece in _PIECES.findall(text):
        if piece[0] >= "一":
            found.update(piece[i : i + 2] for i in range(max(1, len(piece) - 1)))
        elif (word := piece.lower()) not in _COMMON:
            found.add(word.removesuffix("s") if len(word) > 3 else word)
    return found
