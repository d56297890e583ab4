"""An open connection: bytes in and out, within a deadline.

The socket does not block, and is waited for: a timeout of the socket would cost two more system calls for each read.
"""

import select
import socket
import time

_PIECE = 64 * 1024
"""Bytes to read at once."""


class Channel:
    """An open connection, with or without TLS. All deadlines are in seconds of the monotonic clock."""

    def __init__(self, sock: socket.socket, *, tls: bool) -> None:
        sock.settimeout(0)
        self._socket = sock
        self._tls = tls
        self._waits: tuple[type[OSError], ...] = (BlockingIOError,)
        if tls:
            import ssl  # Here: a plain target does not need it.

            self._waits = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def send(self, data: bytes, deadline: float) -> None:
        """Send all bytes. Raises TimeoutError and other OSErrors."""
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self._socket.send(rest) :]
            except self._waits:
                self._wait(deadline, write=True)
        if hasattr(socket, "TCP_QUICKACK"):
            # Without it, a server that writes headers and body separately waits 40 ms for an acknowledgement.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def receive(self, deadline: float) -> bytes:
        """Wait for bytes; none at the end of the connection. Raises TimeoutError and other OSErrors."""
        if not self._tls:  # TLS may hold bytes that have arrived already.
            self._wait(deadline)
        while (piece := self.received()) is None:
            self._wait(deadline)
        return piece

    def received(self) -> bytes | None:
        """What has arrived; no bytes at the end of the connection, None if it waits. Raises OSError."""
        try:
            return self._socket.recv(_PIECE)
        except self._waits:
            return None

    def is_idle(self) -> bool:
        """Whether the connection is open and nothing has arrived."""
        try:
            return self.received() is None
        except OSError:
            return False

    def _wait(self, deadline: float, *, write: bool = False) -> None:
        left = deadline - time.monotonic()
        if left <= 0 or not is_ready(self._socket, left, write=write):
            raise TimeoutError


if hasattr(select, "poll"):

    def is_ready(sock: socket.socket, seconds: float, *, write: bool = False) -> bool:
        """Wait for a socket until it can be read, or with `write` until TLS or the kernel takes more."""
        poll = select.poll()
        poll.register(sock, select.POLLIN | select.POLLOUT if write else select.POLLIN)
        return bool(poll.poll(seconds * 1000))

else:  # Windows

    def is_ready(sock: socket.socket, seconds: float, *, write: bool = False) -> bool:
        """Wait for a socket until it can be read, or with `write` until TLS or the kernel takes more."""
        return any(select.select([sock], [sock] if write else [], [], seconds))
