"""The way out for a client that keeps talking: where it goes, what it takes back, what it does not follow."""

import asyncio
import http.server

import httpx2
import pytest

from common.errors import EgressFailed, EgressRefused
from common.streaming import streaming_client
from tests.serving import serving

LIMIT = 1000


class _Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.seen.append((self.path, dict(self.headers)))
        self.send_response(302 if self.path == "/away" else 200)
        for name, value in {"/away": {"Location": "/"}, "/packed": {"Content-Encoding": "gzip"}}.get(self.path, {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"x" * (LIMIT + 1 if self.path == "/much" else LIMIT))

    def log_message(self, *_args):
        pass


@pytest.fixture
def service():
    with serving(_Answers) as server:
        server.seen = []
        yield server


def fetch(service, path="/", host="127.0.0.1", granted=True, resolve=None):
    place = f"{host.strip('[]')}:{service.server_port}"

    async def get():
        async with streaming_client(frozenset({place} if granted else ()), LIMIT, {"x-mark": "1"}, resolve) as client:
            return await client.get(f"http://{host}:{service.server_port}{path}")

    return asyncio.run(get())


def test_a_granted_service_is_reached_with_the_headers(service):
    assert fetch(service).content == b"x" * LIMIT
    sent = service.seen[0][1]
    assert sent["x-mark"] == "1"
    assert sent["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["100.64.0.1"], ["0.0.0.0"],
        ["fd00::1"], ["64:ff9b::7f00:1"], ["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["no address"],
    ],
)  # fmt: skip
def test_a_name_that_leads_to_a_private_address_is_refused(service, addresses):
    with pytest.raises(EgressRefused, match="private address"):
        fetch(service, host="tools.example", granted=False, resolve=lambda _host, _port: addresses)
    assert service.seen == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "[::ffff:7f00:1]", "2130706433"])
def test_every_spelling_of_this_machine_is_refused(service, host):
    with pytest.raises(EgressRefused):
        fetch(service, host=host, granted=False)
    assert service.seen == []


def test_a_grant_is_of_one_name_and_port(service):
    with pytest.raises(EgressRefused):
        asyncio.run(_other_name(service.server_port))


async def _other_name(port):
    async with streaming_client(frozenset({f"127.0.0.1:{port}", "localhost:1"}), LIMIT, {}) as client:
        await client.get(f"http://localhost:{port}/")


def test_the_next_address_is_tried_where_one_does_not_answer(service):
    answer = fetch(service, host="local.example", resolve=lambda _host, _port: ["::1", "127.0.0.1"])
    assert answer.status_code == 200


def test_nothing_is_followed_unpacked_or_read_without_end(service, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert fetch(service, "/away").status_code == 302
    with pytest.raises(EgressFailed, match="compressed"):
        fetch(service, "/packed")
    with pytest.raises(EgressFailed, match="more than 1,000 bytes"):
        fetch(service, "/much")
    assert [path for path, _ in service.seen] == ["/away", "/packed", "/much"]


def test_a_host_that_has_no_address_is_an_error_of_the_client(service):
    def nowhere(_host, _port):
        raise OSError("no such host")

    with pytest.raises(httpx2.ConnectError):
        fetch(service, host="gone.example", resolve=nowhere)
