"""Answers that are none: each ends in a sentence, in both languages, within its deadline and its bytes."""

import contextlib
import gzip
import itertools
import socket
import struct
import threading
import time
import tracemalloc
import zlib
from functools import partial

import pytest

from common.egress import Egress
from common.errors import EgressFailed
from tests.timing import quickly

TEXT = ("年假 " * 700).encode()  # 4,900 bytes
HEAD = b"HTTP/1.1 200 OK\r\n"


class Raw:
    """A listener on this machine that says what a test wants, byte by byte: `answer(connection)`."""

    def __init__(self, answer):
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ending = threading.Event()
        self.port = self._listener.getsockname()[1]
        self.place = f"127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        threads = []
        while True:
            connection, _ = self._listener.accept()
            if self._ending.is_set():
                connection.close()
                break
            threads.append(threading.Thread(target=self._speak, args=(connection,)))
            threads[-1].start()
        for thread in threads:
            thread.join()

    def _speak(self, connection):
        with connection, contextlib.suppress(OSError):
            connection.settimeout(20)
            self._answer(connection)

    def close(self):
        self._ending.set()
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join()
        self._listener.close()

    def fetch(self, scheme="http", method="GET", egress=None, **more):
        limits = {"deadline_s": 20.0, "byte_limit": 10_000, "granted_hosts": frozenset({self.place})}
        return (egress or Egress()).request(method, f"{scheme}://{self.place}/", **{**limits, **more})


@contextlib.contextmanager
def answering(answer):
    """Such a listener; bytes are said after the request was heard, and then it hangs up."""

    def say(connection):
        connection.recv(65536)
        connection.sendall(answer)

    server = Raw(say if isinstance(answer, bytes) else answer)
    try:
        yield server
    finally:
        server.close()


def told(fetch, match):
    """The sentence in which `fetch` ends."""
    with pytest.raises(EgressFailed, match=match) as caught:
        fetch()
    assert caught.value.chinese != caught.value.english
    return caught.value.english


def whole(body, *headers):
    lines = [b"Content-Length: %d" % len(body), *(header.encode() for header in headers)]
    return HEAD + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


def chunked(*pieces):
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in pieces)


def raw_deflate(data):
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


# Packed answers.

PACKED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT),
    "GZIP ": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "Deflate": raw_deflate(TEXT),
    "identity": TEXT,
    "": TEXT,
}


@pytest.mark.parametrize("encoding", PACKED)
def test_a_packed_answer_is_unpacked(encoding):
    with answering(whole(PACKED[encoding], f"Content-Encoding: {encoding}")) as server:
        assert server.fetch().body == TEXT
    with answering(chunked(*(PACKED[encoding][at : at + 1] for at in range(len(PACKED[encoding])))) + b"0\r\n\r\n") as server:
        assert server.fetch().body == PACKED[encoding], "without a word of packing it is what it is"


@pytest.mark.parametrize("level", range(10))
def test_every_form_of_deflate_is_told_from_the_other(level):
    for data in (b"", b"x", TEXT, bytes(range(256)) * 20):
        for packed in (zlib.compress(data, level), raw_deflate(data)):
            with answering(whole(packed, "Content-Encoding: deflate")) as server:
                assert server.fetch().body == data


BOMBS = {"gzip": gzip.compress, "deflate": zlib.compress, "Deflate": raw_deflate}


@pytest.mark.parametrize("encoding", BOMBS)
def test_a_bomb_is_not_unpacked(encoding):
    packed = BOMBS[encoding](bytes(9_000_000))
    assert len(packed) < 10_000
    with answering(whole(packed, f"Content-Encoding: {encoding}")) as server:
        egress = Egress()
        tracemalloc.start()
        told(lambda: server.fetch(egress=egress), "more than 10,000 bytes")
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < 5_000_000
    exact = BOMBS[encoding](bytes(10_000))
    with answering(whole(exact, f"Content-Encoding: {encoding}")) as server:
        assert server.fetch().body == bytes(10_000)
        told(lambda: server.fetch(byte_limit=9_999), "more than 9,999 bytes")


DAMAGED = {
    "cut off": gzip.compress(TEXT)[:-9],
    "without its end": gzip.compress(TEXT)[:-1],
    "with more behind": gzip.compress(TEXT) + b"more",
    "two of them": gzip.compress(TEXT) + gzip.compress(TEXT),
    "another sum": gzip.compress(TEXT)[:-8] + bytes(8),
    "no gzip": TEXT,
    "deflate": zlib.compress(TEXT),
    "one byte": b"\x1f",
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_one_is_told(kind):
    with answering(whole(DAMAGED[kind], "Content-Encoding: gzip")) as server:
        told(server.fetch, "damaged or cut off")


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, gzip", "identity, gzip", "年", "x" * 3000])
def test_any_other_packing_is_refused(encoding):
    with answering(whole(b"data", "Content-Encoding: " + encoding.encode().decode("latin-1"))) as server:
        assert len(told(server.fetch, "packed as")) < 500


# Sizes.


def test_what_is_announced_too_large_is_not_waited_for():
    with answering(partial(says_nothing, before=HEAD + b"Content-Length: 2147483648\r\n\r\n")) as server:
        told(server.fetch, "more than 10,000 bytes")
        head = server.fetch(method="HEAD")
        assert (head.body, head.headers["content-length"]) == (b"", "2147483648")


@pytest.mark.parametrize("head", [b"\r\n", b"Transfer-Encoding: chunked\r\n\r\n"])
def test_two_gigabytes_are_cut_off_at_the_limit(head):
    sent = []

    def pour(connection):
        connection.recv(65536)
        connection.sendall(HEAD + head)
        piece = b"10000\r\n" + bytes(65536) + b"\r\n"
        for _ in range(32_768):
            connection.sendall(piece)
            sent.append(len(piece))

    with answering(pour) as server:
        told(server.fetch, "more than 10,000 bytes")
    assert sum(sent) < 50_000_000, "what the sockets hold, and no more"


def chunks_with_much_around_them(connection):
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"1;" + b"e" * 8000 + b"\r\nx\r\n")


def endless_forerunners(connection):
    while True:
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: <" + b"a" * 8000 + b">\r\n\r\n")


@pytest.mark.parametrize("pour", [chunks_with_much_around_them, endless_forerunners])
def test_what_is_around_an_answer_counts_too(pour):
    def answer(connection):
        connection.recv(65536)
        pour(connection)

    with answering(answer) as server:
        told(server.fetch, "more than 10,000 bytes")


MANY = HEAD + b"".join(b"a%d: b\r\n" % number for number in range(5000)) + b"Content-Length: 0\r\n\r\n"
LONG = HEAD + b"a: " + b"b" * 90_000 + b"\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize("head", [MANY, LONG, HEAD + b"a: b\r\n" * 201 + b"\r\n"])
def test_a_head_of_more_than_anybody_needs_is_refused(head):
    with answering(head) as server:
        told(server.fetch, "too many headers")


def test_a_head_without_end_is_refused():
    def pour(connection):
        connection.recv(65536)
        connection.sendall(HEAD)
        while True:
            connection.sendall(b"a" * 4096)

    with answering(pour) as server:
        told(server.fetch, "web server")


def test_a_head_of_a_hundred_lines_is_read():
    with answering(HEAD + b"a: b\r\n" * 150 + b"Content-Length: 1\r\n\r\nx") as server:
        assert server.fetch().body == b"x"


# Nothing, too little, rubbish.


@pytest.mark.parametrize("more", [b"", b"Content-Length: 0\r\n", b"Content-Encoding: gzip\r\n", b"Content-Length: 99999999\r\n"])
def test_no_content_is_an_answer(more):
    with answering(b"HTTP/1.1 204 No Content\r\n" + more + b"\r\n") as server:
        if b"9999" in more:
            told(server.fetch, "bytes|broke off")  # it cannot be both
        else:
            answer = server.fetch()
            assert (answer.status, answer.body) == (204, b"")


CUT = [
    HEAD + b"Content-Length: 10\r\n\r\nshort",
    HEAD + b"Content-Length: 10\r\n\r\n",
    chunked(b"some"),
    chunked() + b"5\r\nab",
    chunked() + b"zz\r\nab\r\n",
    chunked(b"some") + b"-1\r\n",
    chunked() + b"ffffffffffffffffffff\r\nab",
]


@pytest.mark.parametrize("answer", CUT)
def test_one_that_is_cut_off_is_not_passed_on(answer):
    with answering(answer) as server:
        told(server.fetch, "broke off its answer")


NONE = [
    b"", b"\r\n", b"\x00" * 500, b"nonsense\r\n\r\n", b"HTTP/1.1\r\n\r\n", b"HTTP/1.1 2000 OK\r\n\r\n",
    b"HTTP/1.1 20x OK\r\n\r\n", HEAD, HEAD + b"no colon\r\n\r\n", HEAD + b"a b: c\r\n\r\n", HEAD + b"Content-Length: -1\r\n\r\n",
    HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", HEAD + b"Content-Length: many\r\n\r\n",
    HEAD + b"Transfer-Encoding: odd\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n",
    b"SSH-2.0-OpenSSH_9.6\r\n",
    b"\x15\x03\x01\x00\x02\x02\x16",
]  # fmt: skip


@pytest.mark.parametrize("answer", NONE, ids=lambda answer: repr(answer[:40]))
def test_what_is_no_answer_is_told(answer):
    with answering(answer) as server:
        told(server.fetch, "did not answer as a web server does|could not be reached")


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_a_reset_is_told_wherever_it_comes():
    def at_once(connection):
        connection.recv(65536)
        reset(connection)

    with answering(at_once) as server:
        told(server.fetch, "did not answer as a web server does")

    def halfway(connection):
        connection.recv(65536)
        connection.sendall(HEAD + b"Content-Length: 5000\r\n\r\n" + b"x" * 100)
        arrived.wait(20)
        reset(connection)

    arrived = threading.Event()
    with answering(halfway) as server:
        arrived.set()
        told(server.fetch, "broke off its answer|did not answer")


def test_one_that_stops_listening_and_answers_is_heard():
    def refuse(connection):
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
        with contextlib.suppress(OSError):
            while connection.recv(65536):
                pass

    with answering(refuse) as server:
        answer = server.fetch(method="POST", body=b"x" * 3_000_000)
    assert (answer.status, answer.body) == (413, b"no")


# Time.


def drips(head, piece):
    """Says a piece fifty times a second, for ever."""

    def drip(connection):
        connection.recv(65536)
        connection.sendall(head)
        while True:
            connection.sendall(piece)
            time.sleep(0.02)

    return drip


def listens_slowly(connection):
    while connection.recv(65536):
        time.sleep(0.01)


def says_nothing(connection, before=b""):
    connection.recv(65536)
    connection.sendall(before)
    while connection.recv(65536):
        pass


SLOW = {
    "a head by the byte": drips(HEAD, b"a"),
    "a body by the byte": drips(HEAD + b"Content-Length: 9000\r\n\r\n", b"a"),
    "chunks by the byte": drips(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
    "a chunk's head by the byte": drips(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a"),
    "forerunners": drips(b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    "headers": drips(HEAD, b"a: b\r\n"),
    "nothing": says_nothing,
    "a head and nothing": partial(says_nothing, before=HEAD + b"Content-Length: 9000\r\n\r\n"),
    "it listens slowly": listens_slowly,
}


@pytest.mark.parametrize("kind", SLOW)
def test_the_deadline_is_for_all_of_it(kind):
    body = b"x" * 60_000_000 if "listens" in kind else None

    def late():
        told(lambda: server.fetch(method="POST", body=body, deadline_s=0.4), r"within 0\.4 seconds")

    with answering(SLOW[kind]) as server:
        quickly(late, 0.4 + 0.5, time.monotonic)


@pytest.mark.parametrize("kind", ["a handshake by the byte", "no handshake"])
def test_a_handshake_counts_as_connecting(kind):
    answer = drips(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc", b"\x00") if "byte" in kind else says_nothing

    def late():
        told(lambda: server.fetch("https", egress=Egress(connect_s=0.3)), r"could not be reached within 0\.3 seconds")

    with answering(answer) as server:
        quickly(late, 0.3 + 0.5, time.monotonic)


def test_a_slow_resolver_counts_as_connecting():
    ended = threading.Event()
    egress = Egress(lambda host, port: ended.wait(20) and [], connect_s=0.3)
    try:
        told(lambda: egress.get("http://slow.example/", deadline_s=20, byte_limit=1), r"could not be reached within 0\.3 seconds")
    finally:
        ended.set()


def test_a_long_wait_for_the_first_byte_ends():
    with answering(says_nothing) as server:
        told(lambda: server.fetch(egress=Egress(first_byte_s=0.3)), r"did not begin to answer within 0\.3 seconds")


def test_once_it_has_begun_an_answer_may_take_its_time():
    def slow(connection):
        connection.recv(65536)
        for piece in (HEAD, b"Content-Length: 2\r\n\r\n", b"o", b"k"):
            connection.sendall(piece)
            time.sleep(0.4)

    with answering(slow) as server:
        assert server.fetch(egress=Egress(first_byte_s=1.0)).body == b"ok"


def test_many_at_once_each_get_their_own():
    counter = itertools.count()

    def number(connection):
        connection.recv(65536)
        connection.sendall(whole(b"%d" % next(counter)))

    answers = []
    with answering(number) as server:
        egress = Egress()
        threads = [threading.Thread(target=lambda: answers.append(server.fetch(egress=egress).body)) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(map(int, answers)) == list(range(12))
