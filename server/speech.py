"""An answer read aloud: `GET /speech/RUN/INDEX` is the sound of one sentence of a run, as a WAV file.

A run's sentences are collected as it writes them, once for all who listen; the sound is made when it is asked for and not kept.
`GET /speech/sample/LANGUAGE?voice=NAME` lets a maker hear a voice before choosing it.
"""

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from starlette.concurrency import run_in_threadpool

from assistant.access import Identity
from assistant.speech.base import Audio, Speaker
from assistant.speech.espeak import wav_bytes
from assistant.speech.normalise import language_of
from common.errors import ConversationMissing, HearthError, SpeechUnavailable
from server.identity import SCOPE_KEY
from server.refusal import wants_chinese

_WAIT_S = 20.0
_LOOK_S = 0.05
_READINGS = 64
_LONGEST_S = 120.0  # of sound in one sentence
_LONGEST_NAME = 100  # letters of a voice's name
_SAMPLES = {"en": "Hello. This is how I sound.", "zh": "你好，我的声音是这样的。"}


class SpokenStudio(Protocol):
    """What reading aloud needs of a studio."""

    @property
    def speaker(self) -> Speaker: ...

    def spoken_sentences(self, owner: str, run: str) -> Iterator[str]:
        """The speakable sentences of a run as they come; raises `ConversationMissing`."""
        ...

    def voice(self, owner: str, run: str, language: str) -> str:
        """The voice of the run's persona for a language."""
        ...


class _Reading:
    """The sentences of one run so far, and how it ended."""

    def __init__(self, source: Iterable[str]) -> None:
        self.sentences: list[str] = []
        self.ended = False
        self.error: HearthError | None = None
        threading.Thread(target=self._collect, args=(source,), name="reading", daemon=True).start()

    def _collect(self, source: Iterable[str]) -> None:
        try:
            self.sentences.extend(source)
        except HearthError as error:
            self.error = error
        finally:
            self.ended = True


class _Readings:
    """The newest readings, by owner and run."""

    def __init__(self, studio: SpokenStudio) -> None:
        self._studio = studio
        self._open: OrderedDict[tuple[str, str], _Reading] = OrderedDict()

    def of(self, owner: str, run: str) -> _Reading:
        """The reading of a run; called from the event loop alone."""
        reading = self._open.get((owner, run))
        if reading is None or reading.error is not None:
            reading = _Reading(self._studio.spoken_sentences(owner, run))
            self._open[owner, run] = reading
        self._open.move_to_end((owner, run))
        while len(self._open) > _READINGS:
            self._open.popitem(last=False)
        return reading


def speech_routes(studio: SpokenStudio, wait_s: float = _WAIT_S) -> APIRouter:
    """The route; `wait_s` is how long one request waits for a sentence that is still being written."""
    router = APIRouter()
    readings = _Readings(studio)

    @router.get("/speech/sample/{language}")  # before the next one, whose pattern it fits
    def sample(request: Request, language: str, voice: str = "") -> Response:
        """A fixed sentence in a voice; 404 for a visitor and another language."""
        identity: Identity = request.scope[SCOPE_KEY]
        if not identity.maker or language not in _SAMPLES:
            return Response(status_code=404)
        try:
            body = _wav(studio.speaker.speak(_SAMPLES[language], voice[:_LONGEST_NAME]))
        except HearthError as error:
            return _said(request, error)
        return Response(body, media_type="audio/wav", headers={"cache-control": "private, max-age=3600"})

    @router.get("/speech/{run}/{index}")
    async def sentence(request: Request, run: str, index: int) -> Response:
        """200 with sound; 204 when the answer has no such sentence; 503 while it is not written yet (ask again)."""
        identity: Identity = request.scope[SCOPE_KEY]
        reading = readings.of(identity.owner, run)
        deadline = time.monotonic() + wait_s
        while len(reading.sentences) <= index and not reading.ended:
            if time.monotonic() > deadline:
                return Response(status_code=503, headers={"retry-after": "1"})
            await asyncio.sleep(_LOOK_S)
        if not 0 <= index < len(reading.sentences):
            return _said(request, reading.error) if reading.error else Response(status_code=204)
        try:
            body = await run_in_threadpool(_sound, studio, identity.owner, run, reading.sentences[index])
        except HearthError as error:
            return _said(request, error)
        return Response(body, media_type="audio/wav", headers={"cache-control": "no-store"})

    return router


def _sound(studio: SpokenStudio, owner: str, run: str, sentence: str) -> bytes:
    return _wav(studio.speaker.speak(sentence, studio.voice(owner, run, language_of(sentence))))


def _wav(spoken: Iterable[Audio]) -> bytes:
    """All of it as one file, up to `_LONGEST_S`."""
    parts, seconds = [], 0.0
    for part in spoken:
        parts.append(part)
        seconds += part.seconds
        if seconds > _LONGEST_S:
            break
    if not parts:
        return wav_bytes(Audio(np.zeros(0, np.float32), 22_050))
    return wav_bytes(Audio(np.concatenate([part.samples for part in parts]), parts[0].sample_rate))


def _said(request: Request, error: HearthError) -> Response:
    status = 404 if isinstance(error, ConversationMissing) else 501 if isinstance(error, SpeechUnavailable) else 500
    return PlainTextResponse(error.sentence("zh" if wants_chinese(request.headers) else "en"), status_code=status)
