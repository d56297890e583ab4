"""What the mock's and the proxy's server have in common: it says when it is ready, and ends in good order."""

import contextlib
import signal
import socket
import threading
from collections.abc import Iterator

import uvicorn
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["Config", "HttpToolsProtocol", "Server"]


class Server(uvicorn.Server):
    """A server that says when it is ready, and ends on a signal without raising it again."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on SIGINT and SIGTERM, in the main thread; not raised again, since there may be a report to write."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
