"""A small world for what goes out: a site that stands for the internet, and a listener for everything that is inside."""

import contextlib
import http.server
import socket
import threading

import pytest

from common.egress import Egress
from tests.conftest import _connect
from tests.serving import serving

PUBLIC = ("93.184.216.34", "2606:2800:220:1::1")
LIMITS = {"deadline_s": 10.0, "byte_limit": 10_000}


class Outside(http.server.BaseHTTPRequestHandler):
    """The internet: `pages` are (status, headers, body) by path, and every other path says "outside"."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.hits.append((self.command, self.headers["Host"], self.path, headers, body))
        status, headers, body = self.server.pages.get(self.path, (200, {}, b"outside"))
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET

    def log_message(self, *_args):
        pass


class Inside:
    """Everything that must not be reached: counts connections, whatever is spoken on them."""

    def __init__(self):
        self.hits = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        while True:
            connection, _ = self._listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.settimeout(5)
                if not (said := connection.recv(4000)):
                    continue
                if said == b"the end":
                    return
                self.hits += 1
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ninside")

    def close(self):
        with socket.socket() as last:
            _connect(last, ("127.0.0.1", self.port))
            last.sendall(b"the end")
        self._thread.join()
        self._listener.close()


class World:
    """Both listeners, and a resolver: `names` gives the answers of a name, one after the other, the last for ever.

    Every connection really arrives: those to the public addresses outside, all others inside. `secure` answers at port 443.
    """

    def __init__(self, outside, inside):
        self.outside, self.inside = outside, inside
        self.egress = Egress(self.resolve)

    def begin(self):
        self.outside.hits, self.outside.pages, self.inside.hits, self.connected, self.secure = [], {}, 0, [], None
        self.names = {"public.example": [[PUBLIC[0]]], "other.example": [[PUBLIC[0]]], "six.example": [[PUBLIC[1]]]}

    def resolve(self, host, port):
        if answers := self.names.get(host.rstrip(".").lower()):
            return answers.pop(0) if len(answers) > 1 else answers[0]
        if host.rstrip(".").lower() in ("localhost", "ip6-localhost", "localhost.localdomain"):
            return ["127.0.0.1"]
        # What the system makes of odd spellings, without asking a name server.
        return [entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)]

    def connect(self, connecting, address):
        self.connected.append(address[:2])
        site = self.secure if self.secure and address[1] == 443 else self.outside
        port = site.server_port if address[0] in PUBLIC else self.inside.port
        v6 = connecting.family == socket.AF_INET6
        return _connect(connecting, ("::ffff:127.0.0.1" if v6 else "127.0.0.1", port))

    def sends_on(self, path, onward, status=302, **headers):
        """Have a page of the internet send its callers on."""
        self.outside.pages[path] = (status, {"Location": onward.encode().decode("latin-1"), **headers}, b"")

    @property
    def visits(self):
        """The pages of the internet that were asked for."""
        return [f"{method} {host}{path}" for method, host, path, _, _ in self.outside.hits]

    def fetch(self, url, method="GET", **more):
        return self.egress.request(method, url, **{**LIMITS, **more})

    @property
    def untouched(self):
        """Whether nothing inside was reached, or tried."""
        return self.inside.hits == 0 and all(address in PUBLIC for address, _ in self.connected)


@pytest.fixture(scope="module")
def listeners():
    with serving(Outside) as outside:
        inside = Inside()
        yield World(outside, inside)
        inside.close()


@pytest.fixture
def world(listeners, monkeypatch):
    listeners.begin()
    with monkeypatch.context() as patch:
        patch.setattr(socket.socket, "connect", lambda self, address: listeners.connect(self, address))
        yield listeners
