"""Whose consent a call needs before it is made: nobody's, the maker's click, or nobody can give it.

Policy, not detection: what is asked is what a call can do (its risk, whether it sends) and whether text that the owner has not
marked as trusted was read before it was written. What this does not do: judge whether that text is an attack.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tools.base import Tool

Consent = Literal["free", "ask", "never"]


@dataclass(frozen=True, slots=True)
class Decision:
    """A maker's answer to a call that waits.

    `arguments` are those to make it with in place of the model's, None for the model's own; `always` lets the persona make
    calls of this tool from now on without being asked. `tool` is the digest of the tool as it was when they were asked, None
    where nobody was shown it.
    """

    allowed: bool
    arguments: Mapping[str, Any] | None = None
    always: bool = False
    tool: str | None = None


def consent(tool: Tool, *, tainted: bool, maker: bool, standing: Callable[[Tool], bool]) -> Consent:
    """What a call of the tool needs; `standing` says whether the maker has allowed such calls to this persona for good."""
    if tool.risk == "reads" and not (tool.sends and tainted):
        return "free"
    if not maker:
        return "never"
    return "free" if may_stand(tool, tainted=tainted) and standing(tool) else "ask"


def may_stand(tool: Tool, *, tainted: bool) -> bool:
    """Whether a permission for good can be given, and counts: not after a stranger's text, and not where money is spent."""
    return tool.risk == "writes" and not tainted
