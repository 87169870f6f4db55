"""Who looks, what each page looks at, and how failures are worded."""

import itertools
import logging
from types import SimpleNamespace

import gradio as gr
import pytest

from assistant.access import MAKER, Identity
from common.errors import TurnRunning
from ui import notify
from ui.app import _sent, read_ask
from ui.session import SCOPE_KEY, Viewers, identity_of


def request(scope: dict, session: str = "s") -> gr.Request:
    found = gr.Request(session_hash=session)
    found.request = SimpleNamespace(scope=scope)
    return found


def test_the_server_says_who_asks():
    visitor = Identity("visitor-1", False)
    assert identity_of(request({SCOPE_KEY: visitor})) == visitor


def test_without_a_server_it_is_the_maker():
    assert identity_of(request({})) == MAKER


def test_a_page_holds_its_newest_ticket_only():
    viewers = Viewers()
    first, second, other = viewers.take("a"), viewers.take("a"), viewers.take("b")
    assert not viewers.holds("a", first)
    assert viewers.holds("a", second)
    assert viewers.holds("b", other)
    viewers.leave("a")
    assert not viewers.holds("a", second)
    assert viewers.holds("b", other)


def test_an_expected_failure_says_its_sentence():
    assert notify.sentence(TurnRunning("Wait.", "请等。"), "zh") == "请等。"


def test_a_bug_says_one_neutral_line_and_is_logged(caplog):
    with caplog.at_level(logging.ERROR):
        said = notify.sentence(ZeroDivisionError("secret path /x"), "en")
    assert "secret" not in said
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    "data",
    [None, [], "x", {"page": 3, "conversation": None, "language": "xx", "nonce": "1", "day": "yesterday", "persona": ["a"]}],
)
def test_made_up_data_is_read_as_nothing(data):
    ask = read_ask(data, request({}))
    assert (ask.page, ask.conversation, ask.persona, ask.language, ask.nonce) == ("chat", "", "", "en", 0)
    assert ask.word("text") == ""


def test_an_ask_is_read():
    data = {
        "page": "knowledge",
        "conversation": "c",
        "persona": "gg",
        "language": "zh",
        "nonce": 7,
        "day": "2026-03-10",
        "text": "hi",
    }
    ask = read_ask(data, request({}))
    assert (ask.page, ask.conversation, ask.persona, ask.language, ask.nonce) == ("knowledge", "c", "gg", "zh", 7)
    assert ask.day.isoformat() == "2026-03-10"
    assert ask.word("text") == "hi"


def test_what_several_events_change_is_read_after_its_place_in_the_order_is_taken():
    order = itertools.count(1)

    def meanwhile() -> str:
        return f"read before {next(order)}"

    screen = {"sidebar": meanwhile, "notice": "told"}
    sent = _sent(screen, read_ask({"nonce": 7}, request({})), {"sidebar": "s", "notice": "n"}, order)
    assert sent == {"s": "read before 2<!--7.1-->", "n": "told<!--7.1-->"}


def test_pages_that_never_were_are_forgotten(monkeypatch):
    monkeypatch.setattr("ui.session._PAGES", 3)
    viewers = Viewers()
    ticket = viewers.take("here")
    for number in range(5):
        viewers.take(f"made up {number}")
        assert viewers.holds("here", ticket)
        ticket = viewers.take("here")
    assert len(viewers._tickets) == 3
