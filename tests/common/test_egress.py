"""The way out: public addresses only, whatever the name looks like, within a time and a size."""

import http.server
import ipaddress
import socket
import threading
import time

import pytest

from common.addresses import is_public
from common.egress import Egress
from common.errors import EgressFailed, EgressRefused
from tests.serving import serving
from tests.timing import quickly

LIMITS = {"deadline_s": 5.0, "byte_limit": 10_000}


class Site(http.server.BaseHTTPRequestHandler):
    """A local site; it counts every request that reaches it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.hits.append((self.path, dict(self.headers)))
        match self.path.split("?")[0]:
            case "/big":
                self.answer(200, b"x" * 50_000)
            case "/endless":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                while self.send(b"400\r\n" + b"y" * 1024 + b"\r\n"):
                    pass
            case _:
                self.answer(200, b"hello")

    def do_POST(self):
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.hits.append((self.path, dict(self.headers)))
        self.answer(201, f"{self.command} {sent.decode()}".encode())

    do_PUT = do_PATCH = do_DELETE = do_POST

    def do_HEAD(self):
        self.server.hits.append((self.path, dict(self.headers)))
        self.answer(200, b"")

    def answer(self, status, body, headers=()):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **dict(headers)}.items():
            self.send_header(name, value)
        self.end_headers()
        self.send(body)

    def send(self, data):
        try:
            self.wfile.write(data)
            self.wfile.flush()
        except OSError:
            return False
        return True

    def log_message(self, *_args):
        pass


@pytest.fixture
def site():
    with serving(Site) as server:
        server.hits = []
        yield server


def granted(site, host="127.0.0.1"):
    return frozenset({f"{host}:{site.server_port}"})


def fetch(site, path, egress=None, **more):
    url = f"http://127.0.0.1:{site.server_port}{path}"
    return (egress or Egress()).get(url, granted_hosts=granted(site), **{**LIMITS, **more})


def test_a_granted_service_answers(site):
    answer = fetch(site, "/x?y=1")
    assert (answer.status, answer.body) == (200, b"hello")
    assert answer.headers["content-length"] == "5"
    [(path, headers)] = site.hits
    assert path == "/x?y=1"
    assert headers["Host"] == f"127.0.0.1:{site.server_port}"
    assert headers["accept-encoding"] == "gzip"


def test_the_connection_goes_to_the_resolved_address_and_keeps_the_name(site):
    egress = Egress(lambda host, port: ["127.0.0.1"])
    url = f"http://library.example:{site.server_port}/"
    answer = egress.get(url, granted_hosts=granted(site, "library.example"), headers={"x-key": "k"}, **LIMITS)
    assert answer.body == b"hello"
    assert site.hits[0][1]["Host"] == f"library.example:{site.server_port}"
    assert site.hits[0][1]["x-key"] == "k"


def test_the_name_is_resolved_once(site):
    asked = []

    def resolve(host, port):
        asked.append((host, port))
        return ["127.0.0.1"]

    Egress(resolve).get(f"http://a.example:{site.server_port}/", granted_hosts=granted(site, "a.example"), **LIMITS)
    assert asked == [("a.example", site.server_port)]


def test_the_next_address_is_tried(site):
    with socket.socket() as unused:
        unused.bind(("127.0.0.2", site.server_port))  # bound and not listening: refuses
        egress = Egress(lambda host, port: ["127.0.0.2", "127.0.0.1"])
        answer = egress.get(f"http://a.example:{site.server_port}/", granted_hosts=granted(site, "a.example"), **LIMITS)
    assert answer.body == b"hello"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("body", ['{"word": "年假"}'.encode(), None])
def test_a_method_and_a_body_are_sent(site, method, body):
    url = f"http://127.0.0.1:{site.server_port}/things"
    headers = {"Content-Type": "application/json", "Accept-Encoding": "br"}
    answer = Egress().request(method, url, body=body, headers=headers, granted_hosts=granted(site), **LIMITS)
    assert (answer.status, answer.body) == (201, method.encode() + b" " + (body or b""))
    [(path, sent)] = site.hits
    assert (path, sent["content-type"], sent["accept-encoding"]) == ("/things", "application/json", "gzip")


def test_head_gives_no_body(site):
    url = f"http://127.0.0.1:{site.server_port}/x"
    answer = Egress().request("HEAD", url, granted_hosts=granted(site), **LIMITS)
    assert (answer.status, answer.body, len(site.hits)) == (200, b"", 1)


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254"])
def test_no_method_reaches_a_private_address(site, method, host):
    resolve = lambda host, port: [host.strip("[]") if host != "localhost" else "127.0.0.1"]  # noqa: E731
    with pytest.raises(EgressRefused, match="private address"):
        Egress(resolve).request(method, f"http://{host}/", body=b"{}", **LIMITS)
    assert site.hits == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-note", "a\r\nHost: other.example"),
        ("x-note", "a\nb"),
        ("x-note", "a\x00b"),
        ("x-note", "a\tb"),
        ("x-note", "a\x7f"),
        ("x-note", "年假"),
        ("x-note", "a" * 4001),
        ("x note", "a"),
        ("x-note:", "a"),
        ("x-note\r\nx-other", "a"),
        ("", "a"),
        ("Host", "other.example"),
        ("Content-Length", "0"),
        ("transfer-encoding", "chunked"),
    ],
)
def test_a_header_cannot_break_out_of_its_line_or_reframe_the_message(site, name, value):
    with pytest.raises(EgressRefused) as caught:
        fetch(site, "/", headers={name: value})
    assert site.hits == []
    assert "header" in caught.value.english.lower()
    assert "请求头" in caught.value.chinese


@pytest.mark.parametrize("path", ["/big", "/endless"])
def test_too_much_is_refused_while_it_comes(site, path):
    with pytest.raises(EgressFailed, match="10,000 bytes") as caught:
        fetch(site, path)
    assert "10,000 字节" in caught.value.chinese


def test_exactly_the_limit_is_allowed(site):
    assert len(fetch(site, "/big", byte_limit=50_000).body) == 50_000


def test_a_slow_resolver_counts_too():
    def resolve(host, port):
        time.sleep(1)
        return ["93.184.216.34"]

    def late():
        with pytest.raises(EgressFailed, match=r"0\.2 seconds"):
            Egress(resolve).get("http://slow.example/", deadline_s=0.2, byte_limit=1)

    quickly(late, 0.8, time.monotonic)


def test_a_name_without_address_is_a_failure():
    def resolve(host, port):
        raise socket.gaierror("no such name")

    with pytest.raises(EgressFailed, match=r"'nowhere\.example' could not be reached"):
        Egress(resolve).get("http://nowhere.example/", **LIMITS)


def test_the_certificate_is_checked_for_the_name():
    egress = Egress(lambda host, port: ["127.0.0.1"])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        hello = []

        def accept():
            connection, _ = listener.accept()
            with connection:
                hello.append(connection.recv(2000))

        thread = threading.Thread(target=accept)
        thread.start()
        with pytest.raises(EgressFailed):
            egress.get(f"https://secure.example:{port}/", granted_hosts=frozenset({f"secure.example:{port}"}), **LIMITS)
        thread.join()
    assert b"secure.example" in hello[0], "the name is sent, although the address is connected to"


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::808:808", "2002:808:808::"]
)
def test_public_addresses(address):
    assert is_public(address)


@pytest.mark.parametrize("address", ["", "localhost", "8.8.8", "fe80::1%lo", "::ffff:10.0.0.1", "2001:0:7f00:1::", "2001:db8::1"])
def test_other_addresses(address):
    assert not is_public(address)


def test_no_range_of_an_inner_network_is_public():
    for network in ("10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"):
        hosts = ipaddress.ip_network(network)
        assert not any(is_public(str(hosts[index])) for index in (0, 1, hosts.num_addresses // 2, -1))
