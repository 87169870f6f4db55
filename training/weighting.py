"""How much each token of a reply counts in the loss.

Weighted LM is ModelScope-Agent's (Li et al. 2023, arXiv 2309.00986, section 3.2): what a user or a tool says is only read (0),
what the assistant says is learnt (1), and the text of a call, its name and its arguments, counts twice (2). The loss is that of
its training library: the weighted sum of the tokens' cross entropies divided by the number of tokens that have a weight, not by
the sum of the weights, so that a weight of 2 makes the loss larger.

    L = 1/N * sum_t w_t * CE_t,  N = |{t : w_t > 0}|
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Span = tuple[int, int, float]
"""From where to where in a text (end excluded), and the weight that is multiplied there."""

Scheme = Callable[[str, str], Sequence[Span]]
"""Of a reply, and what was asked before it: the spans that count otherwise than 1, in order and apart from each other."""


def plain(_reply: str, _asked: str) -> Sequence[Span]:
    """Everything the assistant says counts alike."""
    return ()


_CALLS = re.compile(
    r"<tool_call>.+?</tool_call>"
    r"|\[TOOL_CALLS\].+?(?=</s>|\Z)"
    r"|<\|python_tag\|>.+?(?=<\|eo[mt]_id\|>|\Z)"
    r'|\A\s*\{"name":.+\}',
    re.S,
)


def calls(reply: str, _asked: str) -> Sequence[Span]:
    """Calls, the marks around them with them, count 2.

    They stand in a reply as the chat template writes them: as Hermes and Qwen do, as Mistral, or as Llama 3, whose calls are the
    whole reply.
    """
    return [(found.start(), found.end(), 2.0) for found in _CALLS.finditer(reply)]


def by_keys(keys: Mapping[str, tuple[float, float]]) -> Scheme:
    """A scheme that cuts a reply at literal keys: the weight of a key itself, and of the text from it to the next key."""
    pattern = re.compile("|".join(re.escape(key) for key in sorted(keys, key=len, reverse=True)))

    def spans(reply: str, _asked: str) -> Sequence[Span]:
        found = list(pattern.finditer(reply))
        ends = [each.start() for each in found[1:]] + [len(reply)] * bool(found)
        marked: list[Span] = []
        for each, end in zip(found, ends, strict=True):
            own, content = keys[each[0]]
            marked += [(each.start(), each.end(), own), (each.end(), end, content)]
        return [span for span in marked if span[0] < span[1]]

    return spans


_REACT = {
    "Action:": (2.0, 2.0),
    "Action Input:": (2.0, 2.0),
    "Thought:": (1.0, 1.0),
    "Final Answer:": (1.0, 1.0),
    "Observation:": (2.0, 0.0),  # the word is learnt as the place to stop; what follows is the tool's
}

react = by_keys(_REACT)
"""The ReAct form, as the training library of the paper weighs it."""

alpha_umi = by_keys({**_REACT, "Next:": (2.0, 2.0)})
"""The ReAct form with α-UMi's hand-over (`Next: caller.`)."""

_AGENT_FLAN_REPLY = by_keys(
    {
        **dict.fromkeys(
            (
                "Name:",
                "Action:",
                "ACTION:",
                "Tool:",
                "Command",
                "Arguments:",
                "action input",
                "ACTION_INPUT:",
                "Action Input:",
            ),
            (1.0, 3.0),
        ),
        "Observation:": (2.0, 0.0),
    }
)
_AGENT_FLAN_ASKED = ("What is the tool you want to use", "What are the required parameter names", "What is the value of")


def agent_flan(reply: str, asked: str) -> Sequence[Span]:
    """Agent-FLAN's map (Chen et al. 2024, arXiv 2403.12881): contents of calls count 3.

    The whole reply counts 3 when what was `asked` before it is one of the questions that take a call apart.
    """
    if any(question in asked for question in _AGENT_FLAN_ASKED):
        return [(0, len(reply), 3.0)]
    return _AGENT_FLAN_REPLY(reply, asked)


SCHEMES: Mapping[str, Scheme] = {
    "plain": plain,
    "weighted": calls,
    "react": react,
    "alpha-umi": alpha_umi,
    "agent-flan": agent_flan,
}
"""By the name that recipes give."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the text of a whole conversation: what is only read (`weight` 0), or a reply, and what was asked before it."""

    text: str
    weight: float = 0.0
    asked: str = ""


def token_weights(offsets: Sequence[tuple[int, int]], piece: Piece, scheme: str) -> list[float]:
    """The weights of a piece's tokens; `offsets` are their places in its text.

    A token that lies in two spans takes the larger weight, so that the first letter of a call is not lost to a token that also
    holds the space before it.
    """
    if not piece.weight:
        return [0.0] * len(offsets)
    spans = SCHEMES[scheme](piece.text, piece.asked)
    weights = []
    for start, end in offsets:
        touching = [weight for low, high, weight in spans if low < max(end, start + 1) and start < high]
        inside = sum(min(end, high) - max(start, low) for low, high, _ in spans if low < end and start < high)
        if inside < end - start:
            touching.append(1.0)
        weights.append(piece.weight * max(touching, default=1.0))
    return weights


def weighted_loss(losses: Any, weights: Any) -> Any:
    """The loss of a batch: `losses` float (n,) cross entropies in nats, `weights` float (n,); scalar, 0 where nothing counts."""
    return (losses * weights).sum() / (weights > 0).sum().clamp(min=1)
