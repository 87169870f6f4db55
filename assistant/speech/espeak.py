"""The embedded voice: espeak-ng, spoken by a process of its own.

`EspeakSpeaker` keeps one worker (`espeak_worker.py`) and talks to it over pipes, a piece of text at a time, so that many threads
share it and none waits for a whole answer. It loads no library of espeak-ng itself. A voice is named "espeak:cmn",
"espeak:en-gb+f3" or "espeak:cmn+f3?rate=160&pitch=55" (rate in words a minute, 80 to 450; pitch 0 to 99).
"""

import importlib.util
import io
import json
import os
import re
import struct
import subprocess
import sys
import threading
import wave
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import parse_qsl

import numpy as np

from assistant.settings import for_programs
from assistant.speech.base import Audio
from assistant.speech.cutting import Cutter
from common.errors import SpeechUnavailable

_WORKER = Path(__file__).with_name("espeak_worker.py")
_DEADLINE_S = 10.0  # for one piece of text, the worker's start included; a sentence takes milliseconds
_NAME = re.compile(r"(?:espeak:)?([a-z]{2,3}(?:-[a-z0-9]{1,10})*)(?:\+([A-Za-z0-9]{1,20}))?(?:\?(.*))?")
_RANGES = {"rate": (80, 450), "pitch": (0, 99)}


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice people choose: `name` as a persona writes it, `language` "zh" or "en", and its title in both languages."""

    name: str
    language: str
    english: str
    chinese: str


@dataclass(frozen=True, slots=True)
class _Manner:
    voice: str
    variant: str
    rate: int
    pitch: int


class EspeakSpeaker:
    """Speaks with espeak-ng; safe for several threads. The worker starts with the first sentence."""

    def __init__(self, deadline_s: float = _DEADLINE_S, worker: Path = _WORKER) -> None:
        self._deadline_s = deadline_s
        self._worker_file = worker
        self._lock = threading.Lock()
        self._worker: _Worker | None = None

    def speak(self, text: str, voice: str) -> Iterator[Audio]:
        """Yield the sound of `text` about a sentence at a time; closing the iterator stops the work.

        Raises `SpeechUnavailable` when the engine or the voice is not on this machine.
        """
        manner = _read_name(voice)
        if importlib.util.find_spec("espeakng_loader") is None:
            raise SpeechUnavailable(
                "The embedded voice is not installed. Run `pip install espeakng-loader` and start Hearth again.",
                "内置语音没有安装。请运行 `pip install espeakng-loader`，然后重新启动 Hearth。",
            )
        cutter = Cutter()
        for piece in cutter.feed(text) + cutter.finish():
            sound = self._say(piece, manner)
            if len(sound.samples):
                yield sound

    def close(self) -> None:
        """End the worker; speaking again starts another."""
        with self._lock:
            self._drop()

    def _say(self, text: str, manner: _Manner) -> Audio:
        request: dict[str, str | int] = {
            "text": text,
            "voice": manner.voice,
            "variant": manner.variant,
            "rate": manner.rate,
            "pitch": manner.pitch,
        }
        with self._lock:
            for _ in range(2):  # a worker that died is replaced once
                try:
                    if self._worker is None:
                        self._worker = _Worker(self._worker_file)
                        weakref.finalize(self, _Worker.end, self._worker)
                    return self._worker.say(request, self._deadline_s)
                except (OSError, EOFError):
                    self._drop()
        raise SpeechUnavailable(
            "The embedded voice did not answer. Try again; if it stays silent, reinstall `espeakng-loader`.",
            "内置语音没有响应。请再试一次；若仍无声音，请重新安装 `espeakng-loader`。",
        )

    def _drop(self) -> None:
        if self._worker is not None:
            self._worker.end()
            self._worker = None


class _Worker:
    """One running worker process and its two pipes."""

    def __init__(self, file: Path) -> None:
        # -P: the worker's own folder is not searched for modules.
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=for_programs(os.environ),
        )
        assert self._process.stdin
        assert self._process.stdout
        self._requests: BinaryIO = self._process.stdin  # type: ignore[assignment]
        self._answers: BinaryIO = self._process.stdout  # type: ignore[assignment]
        self._sample_rate = 0

    def say(self, request: dict[str, str | int], deadline_s: float) -> Audio:
        """The sound of one request; raises `EOFError` or `OSError` when the worker died or was too slow."""
        too_late = threading.Timer(deadline_s, self._process.kill)
        too_late.daemon = True
        too_late.start()
        try:
            body = json.dumps(request).encode()
            self._requests.write(struct.pack(">I", len(body)) + body)
            self._requests.flush()
            return self._read()
        finally:
            too_late.cancel()

    def _read(self) -> Audio:
        sound = bytearray()
        while True:
            head = self._exactly(5)
            body = self._exactly(struct.unpack(">I", head[1:])[0])
            match head[:1]:
                case b"r":
                    self._sample_rate = struct.unpack(">I", body)[0]
                case b"p":
                    sound += body
                case b"x":
                    raise _unknown(body.decode())
                case _:
                    samples = np.frombuffer(bytes(sound), dtype="<i2").astype(np.float32) / np.float32(32_768)
                    return Audio(samples, self._sample_rate)

    def _exactly(self, count: int) -> bytes:
        data = self._answers.read(count)
        if len(data) < count:
            raise EOFError("the worker ended")
        return data

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._requests, self._answers):
            try:
                pipe.close()
            except OSError:  # what was not sent to a dead worker is lost with it
                continue


def voices() -> list[Voice]:
    """The voices to offer; any other name of an espeak-ng voice is understood too."""
    return [
        Voice("espeak:cmn+f3", "zh", "Mandarin, woman", "普通话，女声"),
        Voice("espeak:cmn+f2", "zh", "Mandarin, woman, lower", "普通话，女声，低"),
        Voice("espeak:cmn", "zh", "Mandarin, man", "普通话，男声"),
        Voice("espeak:cmn+m3", "zh", "Mandarin, man, deeper", "普通话，男声，低沉"),
        Voice("espeak:yue", "zh", "Cantonese", "粤语"),
        Voice("espeak:en-gb+f3", "en", "British, woman", "英式英语，女声"),
        Voice("espeak:en-gb+f2", "en", "British, woman, lower", "英式英语，女声，低"),
        Voice("espeak:en-gb", "en", "British, man", "英式英语，男声"),
        Voice("espeak:en-us+f3", "en", "American, woman", "美式英语，女声"),
        Voice("espeak:en-us", "en", "American, man", "美式英语，男声"),
    ]


def wav_bytes(audio: Audio) -> bytes:
    """The sound as a WAV file: 16 bit, mono; samples beyond [-1, 1] are cut."""
    samples = (np.clip(audio.samples, -1, 1) * 32_767).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(audio.sample_rate)
        writer.writeframes(samples.tobytes())
    return file.getvalue()


def _read_name(voice: str) -> _Manner:
    found = _NAME.fullmatch(voice)
    if found is None:
        raise _unknown(voice)
    settings = {"rate": 165, "pitch": 50}
    for key, value in parse_qsl(found[3] or "", keep_blank_values=True):
        low, high = _RANGES.get(key, (1, 0))
        if not value.isdecimal() or not low <= int(value) <= high:
            raise _unknown(voice)
        settings[key] = int(value)
    return _Manner(found[1], found[2] or "", settings["rate"], settings["pitch"])


def _unknown(voice: str) -> SpeechUnavailable:
    return SpeechUnavailable(
        f"There is no voice {voice!r} here. Choose another one in the persona, for example 'espeak:en-gb'.",
        f"这里没有名为 {voice!r} 的声音。请在人设里另选一个，例如 'espeak:cmn'。",
    )
