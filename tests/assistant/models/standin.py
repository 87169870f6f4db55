"""A hub on this machine that speaks the protocols of Hugging Face and ModelScope, can hold back its bytes and break off."""

import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class StandIn:
    """Serves one model; `gate` holds every file back after `hold_after` bytes, `cut_after` breaks off once."""

    def __init__(self, files):
        self.files = files
        self.asked = []  # (method, path, range)
        self.hold_after = None
        self.cut_after = None
        self.held = threading.Event()
        self.gate = threading.Event()
        self.status = 200
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self):
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()

    def ranges(self, name):
        return [span for method, path, span in self.asked if method == "GET" and path.endswith(name)]

    def _handler(hub):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *told):
                pass

            def do_HEAD(self):
                self._answer(body=False)

            def do_GET(self):
                self._answer(body=True)

            def _answer(self, body):
                address = urlsplit(self.path)
                path, query = unquote(address.path), parse_qs(address.query)
                name = (query.get("FilePath") or [path.rsplit("/", 1)[-1]])[0]
                hub.asked.append((self.command, f"{path}/{name}", self.headers.get("Range")))
                if hub.status != 200:
                    return self._json({"error": "no"}, hub.status)
                if re.search(r"/api/models/[^/]+/[^/]+(/revision/[^/]+)?$", path):
                    return self._json({"id": "a/b", "sha": COMMIT, "siblings": [hub.sibling(name) for name in hub.files]})
                if path.endswith("/repo/files"):
                    return self._json({"Code": 200, "Data": {"Files": [hub.listed(name) for name in hub.files]}})
                if ("/resolve/" in path or path.endswith("/repo")) and name in hub.files:
                    return self._file(hub.files[name], body)
                return self._json({"Code": 404}, 404)

            def _json(self, value, status=200):
                data = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def _file(self, data, body):
                span = re.match(r"bytes=(\d+)-", self.headers.get("Range") or "")
                start = int(span[1]) if span else 0
                self.send_response(206 if span else 200)
                self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
                self.send_header("X-Repo-Commit", COMMIT)
                self.send_header("Content-Length", str(len(data) - start))
                if span:
                    self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
                self.end_headers()
                if body:
                    self._pour(data[start:])

            def _pour(self, data):
                if hub.cut_after is not None and len(data) > hub.cut_after:
                    data, hub.cut_after = data[: hub.cut_after], None
                    self.close_connection = True
                if hub.hold_after is not None and len(data) > hub.hold_after:
                    self.wfile.write(data[: hub.hold_after])
                    self.wfile.flush()
                    data = data[hub.hold_after :]
                    hub.held.set()
                    hub.gate.wait(20)
                try:
                    self.wfile.write(data)
                except OSError:  # nobody wants it any more
                    self.close_connection = True

        return Handler

    def sibling(self, name):
        data = self.files[name]
        lfs = {"lfs": {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 1}}
        return {"rfilename": name, "size": len(data), "blobId": "x", **(lfs if name.endswith("safetensors") else {})}

    def listed(self, name):
        data = self.files[name]
        return {"Path": name, "Name": name, "Type": "blob", "Size": len(data), "Sha256": hashlib.sha256(data).hexdigest()}
