"""The server of the mock and the proxy: it signals readiness and shuts down cleanly."""

import contextlib
import signal
import socket
import threading
from collections.abc import Iterator

import uvicorn
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["Config", "HttpToolsProtocol", "Server", "plain_response"]


def plain_response(status: str, text: str) -> bytes:
    """A whole response in plain text, after which the connection ends; `status` with its phrase."""
    head = f"HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n"
    return f"{head}content-length: {len(text)}\r\n\r\n{text}".encode()


class Server(uvicorn.Server):
    """A server that signals readiness, and stops on a signal without raising it again."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._ready = threading.Event()

    def wait(self, seconds: float) -> bool:
        """Wait until it serves; False where it does not within so many seconds, or could not start."""
        return self._ready.wait(seconds) and self.started

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until it is stopped."""
        try:
            super().run(sockets)
        finally:
            self._ready.set()  # Also where it could not start: there is nothing to wait for.

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start serving."""
        await super().startup(sockets)
        self._ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGINT and SIGTERM, in the main thread; not raised again, since a report may follow."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
