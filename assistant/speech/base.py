"""The seam between an answer and a voice: text in, sound out, a sentence at a time.

A speaker is given plain sentences (`assistant.speech.normalise` makes them) and the name of a voice, and yields the sound as
it is made. It plays nothing; the page does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Audio:
    """A stretch of sound: `samples` float32 (n,) in [-1, 1], mono; `sample_rate` in Hz."""

    samples: NDArray[np.float32]
    sample_rate: int

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.sample_rate


class Speaker(Protocol):
    """Anything that speaks."""

    def speak(self, text: str, voice: str) -> Iterator[Audio]:
        """Yield the sound of `text`; closing the iterator stops the work.

        Raises `SpeechUnavailable` when the engine or the voice is not on this machine.
        """
        ...


class SilentSpeaker:
    """The double: a tenth of a second of silence a character, and a record of what was asked for."""

    def __init__(self) -> None:
        self.spoken: list[tuple[str, str]] = []

    def speak(self, text: str, voice: str) -> Iterator[Audio]:
        self.spoken.append((text, voice))
        yield Audio(np.zeros(1600 * max(1, len(text)), dtype=np.float32), 16_000)
