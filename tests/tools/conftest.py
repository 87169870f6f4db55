"""A service on this machine for tools that call one, and the document of a tool to start from."""

import http.server
import json
import threading

import pytest

from common.database import Database
from tests.serving import serving
from tools.documents import ToolDocument, ToolStore


class _Answers(http.server.BaseHTTPRequestHandler):
    """Answers as the test has laid down for the path, and remembers what it was sent."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        length = int(self.headers.get("Content-Length", 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append((self.command, self.path, headers, self.rfile.read(length).decode()))
        status, kind, body = self.server.answers.get(self.path.partition("?")[0], (200, "application/json", b'{"ok": true}'))
        if isinstance(body, threading.Event):  # silent until the test is done with it
            body.wait(10)
            self.close_connection = True
            return
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        if 300 <= status < 400:
            self.send_header("Location", "http://169.254.169.254/latest")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def log_message(self, *_args):
        pass


@pytest.fixture
def service():
    """A server on loopback: `requests` are (method, path, headers, body), `answers` path -> (status, media type, body)."""
    with serving(_Answers) as server:
        server.requests, server.answers = [], {}
        server.url = f"http://127.0.0.1:{server.server_port}"
        server.granted = frozenset({f"127.0.0.1:{server.server_port}"})
        yield server


@pytest.fixture
def make_document():
    """A tool document; `schemas` are those of its arguments, `call` and the rest replace its fields."""

    def make(schemas=None, call=None, **changes):
        schemas = {"id": {"type": "string"}} if schemas is None else schemas
        sent = {name: {"place": "path"} for name in schemas}
        called = {
            "method": "GET",
            "url": "https://api.example/pets" + "".join(f"/{{{name}}}" for name in schemas),
            "arguments": sent,
        }
        fields = {
            "id": "pets",
            "name": "pets",
            "title": {"en": "Pets", "zh": "宠物"},
            "description": {"en": "Finds a pet.", "zh": "查找宠物。"},
            "parameters": {"type": "object", "properties": schemas, "additionalProperties": False},
            "risk": "reads",
            "call": call if call and call.get("kind") == "model" else {**called, **(call or {})},
        }
        return ToolDocument.model_validate({**fields, **changes})

    return make


@pytest.fixture
def store(tmp_path):
    database = Database(tmp_path / "tools.db")
    yield ToolStore(database)
    database.close()


@pytest.fixture
def described():
    """The text of an OpenAPI description: `paths`, and whatever else it should hold."""

    def write(paths, **more):
        whole = {"openapi": "3.0.3", "info": {"title": "Pets"}, "servers": [{"url": "https://api.example/v1"}], "paths": paths}
        return json.dumps({**whole, **more}, ensure_ascii=False)

    return write
