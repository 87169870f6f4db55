"""An answer is heard: the sound is there, it is no silence, it is as long as the words, and it can be stopped."""

import io
import wave

import numpy as np
from playwright.sync_api import Page, Response, expect

from tests.browser.test_journeys import idle, say, talk_to


def samples(sound: bytes) -> tuple[np.ndarray, int]:
    with wave.open(io.BytesIO(sound)) as file:
        assert file.getnchannels() == 1
        return np.frombuffer(file.readframes(file.getnframes()), np.int16), file.getframerate()


def test_an_answer_is_read_aloud_and_ends_by_itself(page: Page) -> None:
    answers: list[Response] = []
    page.on("response", lambda response: answers.append(response) if "/speech/" in response.url else None)
    talk_to(page, "gg")
    say(page, "hello")
    idle(page)
    button = page.locator('#talk [data-do="speak"]')
    button.click()
    expect(button).to_have_class("icon i-speak on")
    expect(button).to_have_class("icon i-speak", timeout=20_000)
    assert [answer.status for answer in answers][-1] == 204
    sounds = [samples(page.request.get(answer.url).body()) for answer in answers if answer.status == 200]
    assert sounds
    loudness = max(int(np.abs(sound.astype(np.int32)).max()) for sound, _ in sounds)
    seconds = sum(len(sound) / rate for sound, rate in sounds)
    assert loudness > 2000
    assert 1.0 < seconds < 12.0  # fourteen Chinese characters


def test_reading_can_be_stopped(page: Page) -> None:
    talk_to(page, "gg")
    say(page, "count to 60")
    idle(page)
    button = page.locator('#talk [data-do="speak"]')
    button.click()
    expect(button).to_have_class("icon i-speak on")
    button.click()
    expect(button).to_have_class("icon i-speak")


def test_answers_are_read_aloud_where_that_was_asked_for(page: Page) -> None:
    talk_to(page, "gg")
    say(page, "hello")
    idle(page)
    page.click('[data-do="always-speak"]')
    expect(page.locator('[data-do="always-speak"]')).to_have_attribute("aria-pressed", "true")
    with page.expect_response(lambda response: "/speech/" in response.url and response.status == 200):
        say(page, "hello again")
    page.reload()
    expect(page.locator('[data-do="always-speak"]')).to_have_attribute("aria-pressed", "true")
