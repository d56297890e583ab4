"""A server of bytes: what it says need not be HTTP."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

Behave = Callable[[socket.socket, bytes], None]


class Wire:
    """A server that hands each request, as bytes, to a behaviour."""

    def __init__(self, behave: Behave) -> None:
        self.behave = behave
        self.received: list[bytes] = []
        self.connections = 0
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._listen)]
        self._threads[0].start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while True:
                request = b""
                while b"\r\n\r\n" not in request:
                    piece = connection.recv(65536)
                    if not piece:
                        return
                    request += piece
                self.received.append(request)
                self.behave(connection, request)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:  # Clients may leave theirs open.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=10)


@contextlib.contextmanager
def saying(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that lets `serve` answer the first request of each connection, and closes it; gives its URL."""

    def once(connection: socket.socket, _: bytes) -> None:
        serve(connection)
        connection.close()

    wire = Wire(once)
    try:
        yield wire.url
    finally:
        wire.close()
