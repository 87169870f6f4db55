"""The process that speaks with espeak-ng: requests on standard input, sound on standard output.

espeak-ng is GPL-3 and is loaded by this process alone; Hearth talks to it over pipes and links to nothing. A request is a length
(4 bytes, big endian) and JSON {"text", "voice", "variant", "rate", "pitch"}; the answer is frames of a kind (1 byte), a length
(4 bytes) and a body: "r" the sample rate, "p" sound (16-bit little endian, mono), "x" a failure's sentence, "e" the end.
This file imports nothing of Hearth.
"""

import ctypes
import json
import os
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

_SYNCHRONOUS = 2
_BUFFER_MS = 60
_RATE, _PITCH = 1, 3
_UTF8 = 1
_OK = 0


class _Voice(ctypes.Structure):
    """`espeak_VOICE` of speak_lib.h."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_char_p),  # a priority byte, then the language's name
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("reserved", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Engine:
    """espeak-ng, loaded from `library` with the data folder that lies beside it."""

    def __init__(self, library: Path, give: Callable[[bytes], None]) -> None:
        self._library = ctypes.CDLL(str(library))
        os.chdir(library.parent)  # espeak-ng cuts a long data path off, so it is given a short one
        self.sample_rate: int = self._library.espeak_Initialize(_SYNCHRONOUS, _BUFFER_MS, b".", 0)
        if self.sample_rate <= 0:
            raise OSError("espeak-ng did not find its data")
        self._give = give
        self._callback = _CALLBACK(self._sound)  # kept: the library holds no reference
        self._library.espeak_SetSynthCallback(self._callback)
        self._identifiers = self._list_voices()
        self._variants = {path.name for path in Path("espeak-ng-data/voices/!v").iterdir()}

    def speak(self, text: str, voice: str, variant: str, rate: int, pitch: int) -> None:
        """Give the sound of `text` in parts; raises `LookupError` for a voice that is not there."""
        identifier = self._identifiers.get(voice)
        if identifier is None or (variant and variant not in self._variants):
            raise LookupError(f"{voice}+{variant}" if variant else voice)
        name = f"{identifier}+{variant}" if variant else identifier
        if self._library.espeak_SetVoiceByName(name.encode()) != _OK:
            raise LookupError(name)
        self._library.espeak_SetParameter(_RATE, rate, 0)
        self._library.espeak_SetParameter(_PITCH, pitch, 0)
        data = text.encode("utf-8", "replace") + b"\0"
        self._library.espeak_Synth(data, len(data), 0, 1, 0, _UTF8, None, None)

    def _sound(self, samples: "ctypes._Pointer[ctypes.c_short]", count: int, _events: object) -> int:
        if samples and count > 0:
            self._give(ctypes.string_at(samples, 2 * count))
        return 0

    def _list_voices(self) -> dict[str, str]:
        """Language name -> identifier; the first of a language is its plain voice."""
        list_voices = self._library.espeak_ListVoices
        list_voices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        voices = list_voices(None)
        found: dict[str, str] = {}
        for index in range(10_000):
            if not voices[index]:
                break
            voice = voices[index].contents
            found.setdefault(voice.languages[1:].decode("ascii", "replace"), voice.identifier.decode("ascii", "replace"))
        return found


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until their pipe is closed."""
    import espeakng_loader

    def frame(kind: bytes, body: bytes = b"") -> None:
        answers.write(kind + struct.pack(">I", len(body)) + body)

    engine = Engine(Path(espeakng_loader.get_library_path()), lambda sound: frame(b"p", sound))
    frame(b"r", struct.pack(">I", engine.sample_rate))
    answers.flush()
    while len(head := requests.read(4)) == 4:
        request = json.loads(requests.read(struct.unpack(">I", head)[0]))
        try:
            engine.speak(**request)
            frame(b"e")
        except LookupError as error:
            frame(b"x", str(error.args[0]).encode())
        answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
