"""Notices when a model has lost its thread and says the same again and again.

Small models fall into loops that no sampling setting rules out. `is_looping` only says when the last sentence, or the last run of
words, has come back too often; `Unrepeated` is for the smallest models and lets no sentence through a second time.
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


_END = frozenset(".!?。！？\n")
_SHORT = 12  # characters; "I see." may be said twice


class Unrepeated:
    """A stream of text in which no sentence is said twice.

    What is written of a sentence is held back for as long as it could become one that was said before; `looping` is set once it
    has, and nothing passes after that.
    """

    def __init__(self) -> None:
        self.looping = False
        self._said: set[str] = set()
        self._sentence = ""  # the unfinished one
        self._held = ""  # its end that was not passed on yet

    def feed(self, text: str) -> str:
        """What may be shown now that `text` was written."""
        shown = ""
        for letter in text:
            if self.looping:
                break
            self._sentence += letter
            self._held += letter
            words = " ".join(self._sentence.lower().split())
            if letter not in _END:
                if not any(said.startswith(words) for said in self._said):
                    shown, self._held = shown + self._held, ""
            elif len(words) >= _SHORT and words in self._said:
                self.looping = True
            else:
                self._said.add(words)
                shown, self._held, self._sentence = shown + self._held, "", ""
        return shown
