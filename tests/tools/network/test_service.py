"""Asking a service: whatever it answers, or does not, ends in one clear sentence within its time."""

import socket
import threading
import time

import pytest

from common.egress import Egress
from tests.tools.network.conftest import called
from tools.base import ToolOutput, ToolSpec
from tools.builtin.network.reading import day, line, lines, link, listed, objects, part, real, whole, written_in
from tools.builtin.network.service import ANSWER_LIMIT, OFFLINE, NetworkTool, Service

NOTHING = {"type": "object", "properties": {}, "additionalProperties": False}


class Asking(NetworkTool):
    """Gives back what a service says."""

    id = "asking"
    spec = ToolSpec("asking", "Asks.", NOTHING)

    def __init__(self, egress, service, **settings):
        super().__init__(egress, **settings)
        self._service = service

    def call(self, arguments, context):
        return ToolOutput(
            "told", self.ask(self._service, "/it", [("q", "西湖 & co"), ("n", 2)], refusals={418: ("a pot", "茶壶")})
        )


@pytest.fixture
def asking(egress, standin):
    return Asking(egress, standin.service)


def test_what_is_asked_and_told(asking, standin):
    standin.say("/it", {"rate": 0.1, "word": "西湖"})
    told = called(asking)
    assert (told.failed, told.data["word"], str(told.data["rate"])) == (False, "西湖", "0.1")
    [(path, query, headers)] = standin.asked
    assert (path, query) == ("/it", [("q", "西湖 & co"), ("n", "2")])
    assert headers["accept"] == "application/json"
    assert headers["user-agent"].startswith("Hearth/")


def in_a_minute():
    return str(int(time.time()) + 61)


@pytest.mark.parametrize(
    ("status", "kind", "headers", "body", "english", "chinese"),
    [
        (400, "application/json", {}, {"error": True, "reason": "no such day"}, "400 Bad Request: 'no such day'", "no such day"),
        (422, "application/json", {}, {"error": {"message": "bad words"}}, "'bad words'", "没有接受请求"),
        (404, "text/html", {}, "<h1>secret page</h1>", "404 Not Found)", "404 Not Found）"),
        (400, "text/plain", {}, "plain reason", "'plain reason'", "plain reason"),
        (400, "application/json", {}, [1, 2], "400 Bad Request)", "400 Bad Request）"),
        (418, "application/json", {}, {}, "a pot", "茶壶"),
        (500, "application/json", {}, {"message": "oops"}, "trouble of its own (500", "自身出了问题"),
        (599, "text/plain", {}, "x", "(599)", "（599）"),
        (429, "application/json", {"Retry_After": "17"}, {}, "in 17 seconds", "过 17 秒再试"),
        (429, "application/json", {"Retry_After": "600"}, {}, "in 10 minutes", "过 10 分钟再试"),
        (429, "application/json", {"Retry_After": "Wed, 21 Oct 2015 07:28:00 GMT"}, {}, "Ask again later", "稍后再试"),
        (429, "application/json", {"Retry_After": "9" * 400}, {}, "Ask again later", "稍后再试"),
        (429, "application/json", {"Retry_After": "soon"}, {}, "Ask again later", "稍后再试"),
        (403, "application/json", {"X_RateLimit_Remaining": "0"}, {}, "too many requests", "太多了"),
        (
            302,
            "text/html",
            {"Location": "http://127.0.0.1:1/away"},
            "",
            "sends callers on to 'http://127.0.0.1:1/away'",
            "要求转到",
        ),
        (200, "application/json", {}, b"", "with no content", "没有内容"),
        (200, "application/json", {}, b" \n", "with no content", "没有内容"),
        (200, "text/html", {}, "<html>Please sign in</html>", "a web page where data was expected", "网页而不是数据"),
        (200, "", {}, "<html>Please sign in</html>", "a web page where data was expected", "网页而不是数据"),
        (200, "application/json", {}, '{"half": ', "should be JSON and is not", "并不是"),
        (200, "application/json", {}, '{"n": NaN}', "should be JSON and is not", "并不是"),
        (200, "application/json", {}, b"\xff\xfe\x00", "should be JSON and is not", "并不是"),
        (200, "application/json", {}, "[" * 200_000, "should be JSON and is not", "并不是"),
        (200, "application/json", {}, b"9" * 5000, "should be JSON and is not", "并不是"),
        (200, "application/json", {}, b"x" * (ANSWER_LIMIT + 1), "sent more than 1,048,576 bytes", "超过 1,048,576 字节"),
    ],
)
def test_what_is_no_answer_is_one_sentence(asking, standin, status, kind, headers, body, english, chinese):
    standin.say("/it", body, status, kind, **headers)
    for language, expected in (("en", english), ("zh", chinese)):
        told = called(asking, language)
        assert told.failed
        assert expected in told.text
        assert "\n" not in told.text
        assert "secret page" not in told.text


def test_a_service_says_in_a_moment_of_the_clock_when_it_may_be_asked_again(asking, standin):
    standin.say("/it", {}, 403, X_RateLimit_Remaining="0", X_RateLimit_Reset=in_a_minute())
    assert "in 6" in called(asking).text


def test_no_content(asking, standin):
    standin.answers["/it"] = (204, {}, b"")
    assert "204 No Content" in called(asking).text


def test_a_service_that_is_silent_ends_with_its_time(egress, standin):
    class Hasty(Asking):
        request_s = 0.3

    done = threading.Event()
    standin.say("/it", done)
    told = called(Hasty(egress, standin.service))
    done.set()
    assert (told.failed, "within 0.3 seconds" in told.text) == (True, True)


def test_without_a_network_the_sentence_comes_at_once():
    def no_name(host, port):
        raise OSError(-3, "Temporary failure in name resolution")

    told = called(Asking(Egress(no_name), Service("https://api.example.org")))
    assert (told.failed, "'api.example.org' could not be reached" in told.text) == (True, True)


def test_a_resolver_that_hangs_is_waited_for_no_longer_than_for_a_connection():
    done = threading.Event()

    def hanging(host, port):
        done.wait(20)
        return []

    told = called(Asking(Egress(hanging, connect_s=0.2), Service("https://api.example.org")))
    done.set()
    assert "could not be reached within 0.2 seconds" in told.text


def test_nobody_listens(egress):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        service = Service(f"http://127.0.0.1:{taken.getsockname()[1]}", own=True)
        assert "could not be reached" in called(Asking(egress, service)).text


def test_a_private_address_is_reached_only_where_the_maker_named_it(egress, standin):
    standin.say("/it", {})
    assert not called(Asking(egress, Service(standin.url, own=True))).failed
    told = called(Asking(egress, Service(standin.url)))
    assert (told.failed, len(standin.asked)) == (True, 1)
    # The grant is for one port of one host.
    assert Service("http://127.0.0.1:8080/searx/", own=True).granted == {"127.0.0.1:8080"}
    assert Service("https://a.example").granted == frozenset()
    assert "'nonsense' may not be fetched" in called(Asking(egress, Service("nonsense", own=True))).text


def test_offline_nothing_is_asked(egress, standin):
    tool = Asking(egress, standin.service, offline=True)
    assert tool.unavailable() == OFFLINE
    for language, sentence in zip(("en", "zh"), OFFLINE, strict=True):
        assert called(tool, language).text == sentence
    assert standin.asked == []


# -- reading ------------------------------------------------------------------------------------------------------------


def test_parts_of_what_is_not_there():
    data = {"a": [{"b": 1}], "c": None}
    assert part(data, "a", 0, "b") == 1
    for path in (("a", 1), ("a", "b"), ("c", "d"), ("z",), (0,)):
        assert part(data, *path) is None
    assert part("text", "a") is part(None, "a") is None
    assert objects([{"a": 1}, "x", None, 3]) == [{"a": 1}]
    assert objects({"a": 1}) == listed("abc") == []


def test_texts_are_one_line_of_a_length():
    assert line(" a\n\tb\u202e\x00 c ") == "a b c"
    assert line("西湖" * 100, 5) == "西湖西湖…"
    assert [line(value) for value in (None, 3, {}, [])] == [""] * 4
    assert lines("a\r\n\n\n \nb\x07", 100) == "a\n\nb"
    assert lines("long " * 100, 10) == "long long…"
    assert lines(None, 10) == ""


def test_numbers_are_finite_and_of_this_world():
    from decimal import Decimal

    assert (whole(3), whole(Decimal("4.0")), whole(0)) == (3, 4, 0)
    for value in (-1, Decimal("1.5"), True, "3", None, Decimal("1e30"), Decimal("Infinity"), 10**400):
        assert whole(value) is None
    assert real(Decimal("-2.5")) == Decimal("-2.5")
    assert real(Decimal("1e999999")) is None


def test_links_and_days():
    assert link("https://example.org/a?b=c") == "https://example.org/a?b=c"
    for value in ("javascript:alert(1)", "https://", "https://a b", "https://a\n", 3, "https://[::1", "https://" + "a" * 600):
        assert link(value) == ""
    assert day("2026-11-22T10:00:00Z") == "2026-11-22"
    assert day("yesterday at noon") == day(None) == ""


def test_the_language_of_letters():
    assert [written_in(text, "en") for text in ("西湖", "ウィキ", "West Lake", "")] == ["zh", "ja", "en", "en"]
