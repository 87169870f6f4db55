"""Which engine speaks a voice: the word before the colon of its name ("espeak:cmn+f3").

Bringing a voice of your own is one class with a `speak` method and one entry here; nothing else knows engines.
"""

from collections.abc import Iterator, Mapping

from assistant.speech.base import Audio, Speaker
from common.errors import SpeechUnavailable


class SpeakerByEngine:
    """A speaker made of several, each under its engine's name."""

    def __init__(self, engines: Mapping[str, Speaker]) -> None:
        self._engines = dict(engines)

    def speak(self, text: str, voice: str) -> Iterator[Audio]:
        """Yield what the voice's engine makes of `text`. Raises `SpeechUnavailable` for an engine that is not here."""
        engine = voice.partition(":")[0]
        speaker = self._engines.get(engine)
        if speaker is None:
            known = ", ".join(sorted(self._engines))
            raise SpeechUnavailable(
                f"There is no voice engine {engine!r} here (there is: {known}). Choose another voice in the persona.",
                f"这里没有语音引擎 {engine!r}（已有：{known}）。请在人设里另选一个声音。",
            )
        return speaker.speak(text, voice)
