"""A stand-in on this machine that speaks as the services do, and a way to call a tool as a turn does."""

import http.server
import json
import threading
from urllib.parse import parse_qsl, urlsplit

import pytest

from common.egress import Egress
from tests.serving import serving
from tools.base import ToolContext
from tools.builtin.network.service import Service
from tools.runner import run


class _Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append((url.path, parse_qsl(url.query), headers))
        status, headers, body = self.server.answers.get(url.path, (404, {"Content-Type": "text/plain"}, b"nothing here"))
        if isinstance(body, threading.Event):  # silent until the test is done with it
            body.wait(20)
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


@pytest.fixture
def standin():
    """A server on loopback: `say` lays down what a path answers, `asked` are (path, query pairs, headers)."""
    with serving(_Answers) as server:
        server.asked, server.answers = [], {}
        server.url = f"http://127.0.0.1:{server.server_port}"
        server.service = Service(server.url, own=True)
        server.granted = server.service.granted

        def say(path, body=None, status=200, kind="application/json; charset=utf-8", **headers):
            if not isinstance(body, (bytes, threading.Event)):
                body = body.encode() if isinstance(body, str) else json.dumps(body, ensure_ascii=False).encode()
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            server.answers[path] = (status, {"Content-Type": kind, **named} if kind else named, body)

        server.say = say
        yield server


@pytest.fixture
def egress():
    return Egress(connect_s=3.0)


def called(tool, language="en", /, **arguments):
    """What a tool gives, called as a turn calls it: its arguments checked, its failures worded."""
    return run(tool, arguments, ToolContext(language=language))
