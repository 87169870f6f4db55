"""The embedded voice really speaks: sound of the right length in both languages, from a worker that may die."""

import io
import signal
import sys
import threading
import time
import wave

import numpy as np
import pytest

from assistant.speech.base import Audio, SilentSpeaker
from assistant.speech.engines import SpeakerByEngine
from assistant.speech.espeak import EspeakSpeaker, voices, wav_bytes
from common.errors import SpeechUnavailable
from tests.timing import quickly

pytest.importorskip("espeakng_loader")


@pytest.fixture
def speaker():
    speaker = EspeakSpeaker()
    yield speaker
    speaker.close()


def sound(speaker, text, voice):
    parts = list(speaker.speak(text, voice))
    return Audio(np.concatenate([part.samples for part in parts]), parts[0].sample_rate)


@pytest.mark.parametrize(
    ("text", "voice", "shortest_s", "longest_s"),
    [
        ("你好，今天我们一起去公园散步。", "espeak:cmn", 2.0, 5.0),
        ("你好，今天我们一起去公园散步。", "espeak:cmn+f3", 2.0, 5.0),
        ("Hello, we go for a walk in the park today.", "espeak:en-gb", 1.5, 4.0),
        ("Hello, we go for a walk in the park today.", "espeak:en-us+f2", 1.5, 4.0),
    ],
)
def test_it_is_heard(speaker, text, voice, shortest_s, longest_s):
    audio = sound(speaker, text, voice)
    assert shortest_s < audio.seconds < longest_s
    assert audio.samples.dtype == np.float32
    assert np.abs(audio.samples).max() <= 1
    loud = np.sqrt(np.square(audio.samples[: len(audio.samples) // 441 * 441]).reshape(-1, 441).mean(axis=1)) > 0.01
    assert loud.mean() > 0.5, "more than half of it is silence"


def test_every_voice_on_offer_speaks_and_is_its_own(speaker):
    text = {"zh": "你好世界", "en": "Hello world"}
    heard = {voice.name: sound(speaker, text[voice.language], voice.name) for voice in voices()}
    assert all(np.abs(audio.samples).max() > 0.1 for audio in heard.values())
    lengths = {(audio.samples.tobytes()[4000:8000]) for audio in heard.values()}
    assert len(lengths) == len(heard)
    assert all(voice.english and voice.chinese for voice in voices())


def test_a_longer_text_takes_longer_and_comes_in_parts(speaker):
    parts = list(speaker.speak("One sentence here. And another sentence there.", "espeak:en-gb"))
    assert len(parts) == 2
    assert sum(part.seconds for part in parts) > 1.4 * parts[0].seconds


def test_rate_and_pitch(speaker):
    text = "Hello, we go for a walk in the park."
    slow, fast = (sound(speaker, text, f"espeak:en-gb?rate={rate}").seconds for rate in (90, 300))
    assert slow > 2 * fast
    low, high = (sound(speaker, text, f"espeak:en-gb?pitch={pitch}").samples for pitch in (10, 90))
    assert _pitch(high) > 1.3 * _pitch(low)


def _pitch(samples):
    """The median fundamental of the voiced frames, in Hz, by autocorrelation between 50 and 400 Hz."""
    found = []
    for frame in samples[: len(samples) // 1024 * 1024].reshape(-1, 1024):
        if np.abs(frame).max() > 0.2:
            likeness = np.correlate(frame, frame, "full")[1023:]
            found.append(22_050 / (55 + likeness[55:441].argmax()))
    return np.median(found)


@pytest.mark.parametrize(
    "voice",
    [
        "espeak:xx",
        "espeak:cmn+nobody",
        "espeak:cmn?rate=9",
        "espeak:cmn?rate=fast",
        "espeak:cmn?colour=1",
        "espeak:../cmn",
        "vits:a",
        "",
    ],
)
def test_an_unknown_voice_says_so_in_both_languages(speaker, voice):
    with pytest.raises(SpeechUnavailable) as caught:
        list(speaker.speak("Hello", voice))
    assert "voice" in str(caught.value)
    assert "声音" in caught.value.sentence("zh")
    assert sound(speaker, "Hello", "espeak:en-gb").seconds > 0.2


def test_nothing_to_say_is_no_sound(speaker):
    assert list(speaker.speak("  ", "espeak:cmn")) == []


def test_a_dead_worker_is_replaced(speaker):
    before = sound(speaker, "Hello", "espeak:en-gb").seconds
    speaker._worker._process.send_signal(signal.SIGKILL)
    speaker._worker._process.wait()
    assert sound(speaker, "Hello", "espeak:en-gb").seconds == pytest.approx(before, abs=0.1)


def test_a_worker_that_hangs_is_given_up(tmp_path):
    hanging = tmp_path / "hanging.py"
    hanging.write_text("import time\ntime.sleep(60)\n")
    speaker = EspeakSpeaker(deadline_s=0.3, worker=hanging)

    def given_up():
        with pytest.raises(SpeechUnavailable, match="did not answer"):
            list(speaker.speak("Hello", "espeak:en-gb"))

    quickly(given_up, 3, time.monotonic)
    assert speaker._worker is None


def test_without_the_wheel_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SpeechUnavailable) as caught:
        list(EspeakSpeaker().speak("Hello", "espeak:en-gb"))
    assert "pip install espeakng-loader" in str(caught.value)
    assert "pip install espeakng-loader" in caught.value.chinese


def test_threads_share_it_and_hear_only_their_own(speaker):
    alone = {voice: sound(speaker, "Hello again", voice).seconds for voice in ("espeak:en-gb", "espeak:en-gb?rate=300")}
    heard = []

    def say(voice):
        heard.extend((voice, sound(speaker, "Hello again", voice).seconds) for _ in range(10))

    threads = [threading.Thread(target=say, args=(voice,)) for voice in alone for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(heard) == 60
    assert all(seconds == pytest.approx(alone[voice], abs=0.05) for voice, seconds in heard)


def test_closing_stops_the_work_and_holds_nobody_up(speaker):
    def interrupt():
        begun = speaker.speak("One sentence. " * 2000, "espeak:en-gb")
        next(begun)
        assert sound(speaker, "Hello", "espeak:en-gb").seconds > 0.2
        begun.close()

    quickly(interrupt, 1, time.monotonic)


def test_a_sentence_takes_milliseconds(speaker):
    sound(speaker, "你好", "espeak:cmn")
    quickly(lambda: sound(speaker, "你好，今天我们一起去公园散步。", "espeak:cmn+f3"), 0.02, time.perf_counter)


def test_the_library_is_not_loaded_into_this_process(speaker):
    sound(speaker, "Hello", "espeak:en-gb")
    with open("/proc/self/maps") as maps:
        assert "espeak" not in maps.read()


def test_the_worker_is_not_told_what_was_told_to_hearth_alone(speaker, monkeypatch):
    monkeypatch.setenv("HEARTH_SECRET_KEY", "hush")
    sound(speaker, "Hello", "espeak:en-gb")
    with open(f"/proc/{speaker._worker._process.pid}/environ") as environment:
        assert "HEARTH_SECRET_KEY" not in environment.read()


def test_wav_round_trip():
    samples = np.array([0, 0.5, -0.5, 1.0, -1.0, 2.0], dtype=np.float32)
    with wave.open(io.BytesIO(wav_bytes(Audio(samples, 22_050)))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate(), file.getnframes()) == (1, 2, 22_050, 6)
        read = np.frombuffer(file.readframes(6), "<i2") / 32_767
    assert read == pytest.approx(np.clip(samples, -1, 1), abs=1e-4)


def test_engines_are_chosen_by_name():
    silent = SilentSpeaker()
    speaker = SpeakerByEngine({"silent": silent})
    assert next(speaker.speak("hi", "silent:a")).seconds == pytest.approx(0.2)
    assert silent.spoken == [("hi", "silent:a")]
    with pytest.raises(SpeechUnavailable, match="'vits'"):
        speaker.speak("hi", "vits:a")
