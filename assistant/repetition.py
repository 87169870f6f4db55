"""Notices when a model has lost its thread and says the same again and again.

Small models fall into loops that no sampling setting rules out. The guard reads the text as it is written and says when the last
sentence, or the last run of words, has come back too often; it changes nothing of the text.
"""

import re

_SENTENCE = re.compile(r"[^.!?。！？\n]{6,}[.!?。！？\n]+")
_TIMES = 3
_WINDOW = 1200  # characters looked back at


def is_looping(text: str) -> bool:
    """Whether `text` ends in the third saying of one sentence, or in four runs of the same 8 to 120 characters."""
    tail = text[-_WINDOW:]
    sentences = [" ".join(sentence.lower().split()) for sentence in _SENTENCE.findall(tail)]
    if sentences and sentences.count(sentences[-1]) >= _TIMES:
        return True
    return any(tail.endswith(tail[-size:] * 4) for size in range(8, min(120, len(tail) // 4) + 1))
