"""How far an answer overlaps with the one wanted: arguments with half matches, and ROUGE-L of texts; each in [0, 1].

Argument F1 is that of ModelScope-Agent (arXiv 2309.00986, equations 1 to 3); α-UMi's script counts the same and settles what
the paper leaves open, so this follows it there. ROUGE-L is Lin's (2004), of a whole text, not of its sentences.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_TOKENS = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3400-\u9fff\uf900-\ufaff]+")
_MISSING = object()

ROUGE = "own tokens, whole text, not the package rouge 1.0.1 of the papers"
"""What a result says of its ROUGE-L."""


def argument_f1(predicted: Mapping[str, Any], gold: Mapping[str, Any]) -> float:
    """F1 of arguments by name and value: a full match counts 1, a right name with a wrong value counts a half.

    recall = (half / 2 + full) / |gold| and precision the same over |predicted|. Values are equal as Python's `==` has it, but
    true is not 1. Where no argument is wanted, none is right and any is wrong.
    """
    if not gold or not predicted:
        return float(not gold and not predicted)
    matched = sum(_match(predicted.get(name, _MISSING), value) for name, value in gold.items())
    return _f1(matched / len(predicted), matched / len(gold))


def call_f1(predicted: tuple[str, Mapping[str, Any]] | None, gold: tuple[str, Mapping[str, Any]]) -> float:
    """Argument F1 of a whole call, 0 where there is none or its tool is another: α-UMi's variant, with the names given too."""
    return argument_f1(predicted[1], gold[1]) if predicted and predicted[0] == gold[0] else 0.0


def rouge_l(predicted: str, gold: str) -> float:
    """F1 of the longest common subsequence: words, without case or punctuation; of Chinese, characters.

    The tables of the papers were made by a library that counts each word once and compares sentence by sentence, so that their
    figures are not these to the point.
    """
    ours, theirs = tokens(predicted), tokens(gold)
    if not ours or not theirs:
        return float(ours == theirs)
    common = _common(ours, theirs)
    return _f1(common / len(ours), common / len(theirs))


def tokens(text: str) -> list[str]:
    """Lower-case words and numbers of alphabets, and single Chinese characters."""
    return _TOKENS.findall(text.lower())


def same(predicted: Any, gold: Any) -> bool:
    """Equal as values of JSON: 1 and 1.0 are, 1 and true are not, at any depth."""
    if isinstance(predicted, bool) or isinstance(gold, bool):
        return predicted is gold
    if isinstance(predicted, Mapping) and isinstance(gold, Mapping):
        return predicted.keys() == gold.keys() and all(same(predicted[name], gold[name]) for name in gold)
    if isinstance(predicted, list | tuple) and isinstance(gold, list | tuple):
        return len(predicted) == len(gold) and all(map(same, predicted, gold))
    return bool(predicted == gold)


def _match(predicted: Any, gold: Any) -> float:
    if predicted is _MISSING:
        return 0.0
    return 1.0 if same(predicted, gold) else 0.5


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _common(ours: Sequence[str], theirs: Sequence[str]) -> int:
    """The length of the longest common subsequence."""
    before = [0] * (len(theirs) + 1)
    for one in ours:
        row = [0]
        for place, other in enumerate(theirs):
            row.append(before[place] + 1 if one == other else max(before[place + 1], row[-1]))
        before = row
    return before[-1]
