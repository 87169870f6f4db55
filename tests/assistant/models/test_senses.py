"""What comes from outside as a picture or a sound is one, within limits, or it is refused with a sentence."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile

from assistant.models.senses import SOUND_LIMIT_S, picture_of, resampled, sound_of
from common.errors import ToolFailed
from tests.assistant.models.tinies import png, wav
from tools.base import Media


def encoded(samples, rate=8000):
    file = io.BytesIO()
    wavfile.write(file, rate, samples)
    return file.getvalue()


@pytest.mark.parametrize("mode", ["RGBA", "L", "P", "1", "CMYK", "I;16"])
def test_a_picture_of_any_kind_comes_as_rgb(mode):
    file = io.BytesIO()
    Image.new(mode, (6, 4)).save(file, "JPEG" if mode == "CMYK" else "PNG")
    picture = picture_of(Media(file.getvalue(), "image/png", "p"))
    assert (picture.mode, picture.size) == ("RGB", (6, 4))


def test_a_picture_taken_sideways_is_turned():
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (6, 4)).save(file, "JPEG", exif=exif)
    assert picture_of(Media(file.getvalue(), "image/jpeg", "p")).size == (4, 6)


def bomb():
    """A few bytes that say they are a picture of 60,000 by 60,000."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(head)) + chunk + struct.pack(">I", zlib.crc32(chunk)) + b"\0" * 40


@pytest.mark.parametrize(
    "data", [b"", b"\x00" * 1000, b"<svg/>", b"%PDF-1.7", png()[:60], b"GIF89a", b"RIFF\0\0\0\0WEBP", wav(), bomb()]
)
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(ToolFailed, match=r"'x\.png'") as raised:
        picture_of(Media(data, "image/png", "x.png"))
    assert "'x.png'" in raised.value.chinese


@pytest.mark.parametrize("kind", [np.int16, np.int32, np.uint8, np.float32, np.float64])
def test_a_sound_of_any_kind_comes_between_minus_one_and_one(kind):
    wave = np.sin(np.arange(400) / 10)
    samples = wave * (1 if np.dtype(kind).kind == "f" else np.iinfo(kind).max * 0.9 if kind != np.uint8 else 100)
    samples = samples + (128 if kind == np.uint8 else 0)
    mono, rate = sound_of(Media(encoded(samples.astype(kind)), "audio/wav", "s"))
    assert rate == 8000
    assert mono.dtype == np.float32
    assert 0.7 < mono.max() <= 1.0
    assert -1.0 <= mono.min() < -0.7


def test_two_channels_become_one():
    mono, _ = sound_of(Media(encoded(np.full((100, 2), [8000, 16000], dtype=np.int16)), "audio/wav", "s"))
    assert mono.shape == (100,)
    assert mono[0] == pytest.approx(12000 / 32768, abs=1e-4)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"ID3\x04mp3",
        b"RIFF",
        wav()[:30],
        wav()[:20] + b"\xff" * 24 + wav()[44:],
        encoded(np.zeros(0, dtype=np.int16)),
        encoded(np.full(10, np.nan, dtype=np.float32)),
        encoded(np.zeros(10, dtype=np.int16), rate=1),
        png(),
    ],
)
def test_what_is_no_sound_is_refused(data):
    with pytest.raises(ToolFailed, match=r"'x\.wav'"):
        sound_of(Media(data, "audio/wav", "x.wav"))


def test_a_sound_that_is_too_long_is_refused():
    with pytest.raises(ToolFailed, match="longer than 10 minutes"):
        sound_of(Media(encoded(np.zeros((SOUND_LIMIT_S + 1) * 1000, dtype=np.uint8), 1000), "audio/wav", "x"))


def test_another_number_of_samples_a_second_is_the_same_sound():
    samples, rate = sound_of(Media(wav(1.0, 8000), "audio/wav", "s"))
    wider = resampled(samples, rate, 16_000)
    assert len(wider) == 16_000
    assert wider.dtype == np.float32
    assert abs(np.fft.rfft(wider)).argmax() == 440  # Hz
    assert resampled(samples, rate, rate) is samples
