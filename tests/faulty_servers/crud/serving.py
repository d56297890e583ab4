"""Serve an Api over HTTP/1.1 on the loopback interface, one thread for each connection."""

import contextlib
import http.server
import threading
from collections.abc import Callable, Iterator

from .handling import BASE
from .messages import Request, Response

Serve = Callable[[Request], Response]


class _Handler(http.server.BaseHTTPRequestHandler):
    """Hands each request to the `serve` of its server, one after the other."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: "_Server"

    def handle_request(self) -> None:
        headers = {key.lower(): text for key, text in self.headers.items()}
        request = Request(self.command, self.path, headers, self.read_body())
        with self.server.lock:
            response = self.server.serve(request)
        has_body = response.status not in (204, 304)
        self.send_response(response.status)
        if response.body:
            self.send_header("Content-Type", response.media)
        if has_body:
            self.send_header("Content-Length", str(len(response.body)))
        for name, text in response.headers.items():
            self.send_header(name, text)
        self.end_headers()
        if has_body and self.command != "HEAD":
            self.wfile.write(response.body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_QUERY = handle_request

    def read_body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def log_message(self, *_: object) -> None:
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    serve: Serve
    lock: threading.Lock


@contextlib.contextmanager
def running(serve: Serve, *, port: int = 0) -> Iterator[str]:
    """The URL of the API for as long as the block lasts."""
    server = _Server(("127.0.0.1", port), _Handler)
    server.serve, server.lock = serve, threading.Lock()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{BASE}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
