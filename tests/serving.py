"""A web server on this machine for a test: it runs in a thread and ends with the block."""

import contextlib
import http.server
import threading


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """A caller that has had enough hangs up: that is no news."""


@contextlib.contextmanager
def serving(handler):
    """The server, with the class `handler` answering, on a free port of loopback."""
    server = Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()
