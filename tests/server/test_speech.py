"""An answer read aloud over the wire: sentence after sentence, while it is written, by its owner alone."""

import io
import threading
import time
import wave

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from assistant.access import MAKER, Identity
from assistant.models.base import TextChunk
from assistant.speech.base import SilentSpeaker
from assistant.speech.engines import SpeakerByEngine
from assistant.speech.espeak import EspeakSpeaker
from common.errors import ConversationMissing, SpeechUnavailable
from server.identity import SCOPE_KEY
from server.speech import speech_routes


class WritingStudio:
    """A studio whose one run is written by the test."""

    def __init__(self, speaker=None):
        self.speaker = speaker or SilentSpeaker()
        self.written = []
        self.ended = threading.Event()
        self.changed = threading.Condition()
        self.read = 0

    def write(self, *sentences, end=False):
        with self.changed:
            self.written += sentences
            if end:
                self.ended.set()
            self.changed.notify_all()

    def spoken_sentences(self, owner, run):
        if (owner, run) != ("maker", "r"):
            raise ConversationMissing(f"There is no run {run!r}.", f"没有 {run!r}。")
        self.read += 1
        position = 0
        while True:
            with self.changed:
                if len(self.written) == position and not self.ended.is_set():
                    self.changed.wait(10)
                fresh = self.written[position:]
            yield from fresh
            position += len(fresh)
            if self.ended.is_set() and position == len(self.written):
                return

    def voice(self, owner, run, language):
        return f"espeak:{'cmn' if language == 'zh' else 'en-gb'}"


def listener(studio, identity=MAKER, wait_s=5.0):
    app = FastAPI()
    app.include_router(speech_routes(studio, wait_s))

    async def known(scope, receive, send):
        await app({**scope, SCOPE_KEY: identity}, receive, send)

    return TestClient(known)


def test_sentences_are_heard_in_order_and_then_no_more():
    studio = WritingStudio()
    studio.write("Hello there.", "你好。", end=True)
    client = listener(studio)
    first, second = client.get("/speech/r/0"), client.get("/speech/r/1")
    assert (first.status_code, first.headers["content-type"]) == (200, "audio/wav")
    assert first.headers["cache-control"] == "no-store"
    with wave.open(io.BytesIO(second.content)) as file:
        assert file.getnframes() / file.getframerate() == pytest.approx(0.3)
    assert [client.get(f"/speech/r/{index}").status_code for index in (2, 3, -1, 10**6)] == [204] * 4
    assert studio.speaker.spoken == [("Hello there.", "espeak:en-gb"), ("你好。", "espeak:cmn")]
    assert studio.read == 1


def test_a_sentence_is_waited_for_while_it_is_written():
    studio = WritingStudio()
    client = listener(studio)
    start = time.monotonic()
    threading.Timer(0.3, studio.write, ["Late."]).start()
    assert client.get("/speech/r/0").status_code == 200
    assert 0.2 < time.monotonic() - start < 3
    threading.Timer(0.2, studio.write, [], {"end": True}).start()
    assert client.get("/speech/r/1").status_code == 204


def test_after_a_while_one_is_told_to_ask_again():
    studio = WritingStudio()
    answer = listener(studio, wait_s=0.2).get("/speech/r/0")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    studio.write(end=True)


@pytest.mark.parametrize(("identity", "run"), [(Identity("visitor-1", False), "r"), (MAKER, "other"), (MAKER, "..%2Fr")])
def test_another_owners_run_is_not_there(identity, run):
    studio = WritingStudio()
    studio.write("Secret.", end=True)
    answer = listener(studio, identity).get(f"/speech/{run}/0")
    assert answer.status_code == 404
    assert studio.speaker.spoken == []


@pytest.mark.parametrize("index", ["x", "1.5", ""])
def test_an_index_that_is_none(index):
    assert listener(WritingStudio()).get(f"/speech/r/{index}").status_code in {404, 422}


def test_a_missing_voice_says_so_in_the_readers_language():
    class Mute:
        def speak(self, text, voice):
            raise SpeechUnavailable("No voice here.", "这里没有声音。")

    studio = WritingStudio(Mute())
    studio.write("Hello.", end=True)
    answer = listener(studio).get("/speech/r/0", headers={"accept-language": "zh"})
    assert (answer.status_code, answer.text) == (501, "这里没有声音。")


def test_a_sentence_without_sound_is_an_empty_file():
    class Silent:
        def speak(self, text, voice):
            return iter(())

    studio = WritingStudio(Silent())
    studio.write("…", end=True)
    with wave.open(io.BytesIO(listener(studio).get("/speech/r/0").content)) as file:
        assert file.getnframes() == 0


def test_the_embedded_voice_over_the_wire():
    pytest.importorskip("espeakng_loader")
    speaker = EspeakSpeaker()
    studio = WritingStudio(speaker)
    studio.write("Hello, this is the voice of the page.", end=True)
    with wave.open(io.BytesIO(listener(studio).get("/speech/r/0").content)) as file:
        assert 1 < file.getnframes() / file.getframerate() < 5
        assert max(file.readframes(file.getnframes())) > 0
    speaker.close()


def test_a_real_run_is_read_by_its_owner_alone(make_app, make_client):
    answer = "**Hello** there, friend. 你好😀。"
    app = make_app("hosted", [lambda messages, tools: iter([TextChunk(answer)])])
    studio = app.state.studio
    conversation = studio.conversations.create(MAKER.owner, "gg")
    run = studio.start_turn(MAKER, conversation.id, "hi", "en")
    maker, visitor = make_client(app, "hosted", "a-token-for-tests-1234567890"), make_client(app, "hosted")
    assert [maker.get(f"/speech/{run}/{index}").status_code for index in range(3)] == [200, 200, 204]
    assert [text for text, _ in studio.speaker.spoken] == ["Hello there, friend.", "你好。"]
    assert visitor.get(f"/speech/{run}/0").status_code == 404


def test_a_maker_hears_a_voice_before_choosing_it():
    speaker = SilentSpeaker()
    client = listener(WritingStudio(speaker))
    answer = client.get("/speech/sample/zh", params={"voice": "espeak:cmn+f3"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav")
    assert speaker.spoken[0][1] == "espeak:cmn+f3"
    assert client.get("/speech/sample/fr", params={"voice": "espeak:fr"}).status_code == 404
    assert listener(WritingStudio(speaker), Identity("visitor-1", False)).get("/speech/sample/en").status_code == 404
    assert len(speaker.spoken) == 1


def test_a_voice_that_is_not_there_is_told():
    client = listener(WritingStudio(SpeakerByEngine({})))
    answer = client.get("/speech/sample/en", params={"voice": "piper:x"}, headers={"accept-language": "en"})
    assert answer.status_code == 501
    assert "no voice engine" in answer.text
