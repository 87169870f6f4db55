"""Wrong tokens are counted by address, forgotten after a minute, and never fill the memory."""

import re

import pytest

from assistant.access import MAKER
from assistant.settings import Settings
from server import attempts
from server.attempts import LIMIT, WINDOW_S, Attempts
from server.identity import Door
from tests.server.conftest import PROFILES, TOKEN


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def wrong(counts, address, times=LIMIT):
    for _ in range(times):
        counts.failed(address)


def test_the_limit_holds_to_the_end_of_the_minute_and_no_longer(clock):
    counts = Attempts(clock)
    wrong(counts, "10.0.0.1", LIMIT - 1)
    clock.now += WINDOW_S - 1
    assert not counts.exhausted("10.0.0.1")
    counts.failed("10.0.0.1")
    assert counts.exhausted("10.0.0.1")
    assert not counts.exhausted("10.0.0.2")
    clock.now += 1
    assert not counts.exhausted("10.0.0.1")
    counts.failed("10.0.0.1")
    assert not counts.exhausted("10.0.0.1"), "the old ones are forgotten"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("10.0.0.1", "::ffff:10.0.0.1", True),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.2", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("", "a-socket", False),
    ],
)
def test_whose_address_it_is(clock, one, other, same):
    counts = Attempts(clock)
    wrong(counts, one)
    assert counts.exhausted(other) is same


def test_a_flood_of_addresses_pushes_out_the_oldest_alone(clock):
    counts = Attempts(clock)
    wrong(counts, "10.0.0.1")
    clock.now += 1
    wrong(counts, "10.0.0.2")
    for number in range(attempts._ADDRESSES - 1):
        counts.failed(f"172.16.{number >> 8}.{number & 255}")
    assert len(counts._counts) == attempts._ADDRESSES
    assert not counts.exhausted("10.0.0.1")
    assert counts.exhausted("10.0.0.2")


def scope(address, query="", **headers):
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    request = {"type": "http", "method": "GET", "path": "/", "query_string": query.encode(), "scheme": "http"}
    return {**request, "headers": pairs, "client": (address, 50000)}


@pytest.mark.parametrize("profile", ["network", "hosted"])
def test_the_door_reads_no_more_tokens_from_there(profile, clock):
    door = Door(Settings(**PROFILES[profile]), clock)
    signed_in = door.admit(scope("10.0.0.1", f"token={TOKEN}")).set_cookie.partition(";")[0]
    for number in range(LIMIT):
        guess = {"query": "token=guess"} if number % 2 else {"authorization": "Bearer guess"}
        assert not door.admit(scope("10.0.0.1", **guess)).held_back_s
    for right in ({"query": f"token={TOKEN}"}, {"authorization": f"Bearer {TOKEN}"}):
        assert door.admit(scope("10.0.0.1", **right)).held_back_s == WINDOW_S
        assert door.admit(scope("10.0.0.1", **right)).identity is None
        assert door.admit(scope("10.0.0.2", **right)).identity == MAKER
    assert door.admit(scope("10.0.0.1", cookie=signed_in)).identity == MAKER, "who is signed in goes on"
    assert (door.admit(scope("10.0.0.1")).identity is not None) is (profile == "hosted"), "so does who needs no token"
    clock.now += WINDOW_S
    assert door.admit(scope("10.0.0.1", f"token={TOKEN}")).identity == MAKER


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Negotiate x"])
def test_what_is_no_token_is_not_counted(sent, clock):
    door = Door(Settings(**PROFILES["network"]), clock)
    for _ in range(LIMIT + 1):
        assert door.admit(scope("10.0.0.1", authorization=sent)).identity is None
    assert door.admit(scope("10.0.0.1", authorization=f"Bearer {TOKEN}")).identity == MAKER


def test_the_refusal_over_the_wire(app_of, make_client):
    guessing = make_client(app_of("network"), "network", address="192.0.2.7")
    answers = [guessing.get(f"/?token=guess-{number}") for number in range(LIMIT + 1)]
    assert [answer.status_code for answer in answers] == [401] * LIMIT + [429]
    seconds = int(answers[-1].headers["retry-after"])
    assert 50 <= seconds <= 60
    assert answers[-1].text == f"Too many wrong tokens came from this address. Wait {seconds} seconds, then try again."
    assert guessing.get("/", headers={"accept": "text/html"}).status_code == 401, "the page still asks for the token"
    chinese = guessing.get(f"/?token={TOKEN}", headers={"accept-language": "zh-CN"})
    assert chinese.status_code == 429
    assert re.fullmatch(r"这个地址连续送来了太多错误的令牌。请等 \d+ 秒再试。", chinese.text)
    assert make_client(app_of("network"), "network", address="192.0.2.8").get(f"/?token={TOKEN}").status_code == 303
