"""An open connection: bytes in and out, within a deadline.

The socket does not block, and is waited for: a timeout of the socket would cost two more system calls for each read.
"""

import select
import socket
import time
from typing import NamedTuple

_PIECE = 64 * 1024
"""Bytes to read at once."""


class Channel:
    """An open connection, with or without TLS. All deadlines are in seconds of the monotonic clock."""

    def __init__(self, sock: socket.socket, *, tls: bool) -> None:
        sock.settimeout(0)
        self._socket = sock
        self._tls = tls
        self._waits: tuple[type[OSError], ...] = (BlockingIOError,)
        self._early: bytes | None = None
        """What arrived while a request was sent; None for nothing."""
        if tls:
            import ssl  # Here: a plain target does not need it.

            self._waits = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def send(self, data: bytes, deadline: float) -> bool:
        """Send bytes; False if the server responded before it had read all. Raises TimeoutError and other OSErrors."""
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self._socket.send(rest) :]
            except self._waits:
                ready = self._wait(deadline, for_write=True)
                if ready.read and not ready.write and self._has_arrived():
                    return False
        if hasattr(socket, "TCP_QUICKACK"):
            # Without it, a server that writes headers and body separately waits 40 ms for an acknowledgement.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return True

    def receive(self, deadline: float) -> bytes:
        """Wait for bytes; none at the end of the connection. Raises TimeoutError and other OSErrors."""
        if not self._tls:  # TLS may hold bytes that have arrived already.
            self._wait(deadline)
        while (piece := self.received()) is None:
            self._wait(deadline)
        return piece

    def received(self) -> bytes | None:
        """What has arrived; no bytes at the end of the connection, None if it waits. Raises OSError."""
        if self._early is not None:
            early, self._early = self._early, None
            return early
        try:
            return self._socket.recv(_PIECE)
        except self._waits:
            return None

    def _has_arrived(self) -> bool:
        """Whether a readable socket has bytes for us, or the end: a server sends session tickets of TLS 1.3, too."""
        if not self._tls:
            return True
        self._early = self.received()
        return self._early is not None

    def is_idle(self) -> bool:
        """Whether the connection is open and nothing has arrived."""
        try:
            return self.received() is None
        except OSError:
            return False

    def _wait(self, deadline: float, *, for_write: bool = False) -> "_Ready":
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        ready = _ready(self._socket, left, for_write=for_write)
        if not (ready.read or ready.write):
            raise TimeoutError
        return ready


class _Ready(NamedTuple):
    """What a socket is ready for; neither after the time."""

    read: bool
    write: bool


if hasattr(select, "poll"):

    def _ready(sock: socket.socket, seconds: float, *, for_write: bool) -> _Ready:
        """Wait until a socket can be read, or with `for_write` written."""
        poll = select.poll()
        poll.register(sock, select.POLLIN | select.POLLOUT if for_write else select.POLLIN)
        events = poll.poll(seconds * 1000)
        found = events[0][1] if events else 0
        failed = bool(found & ~(select.POLLIN | select.POLLOUT))  # The next call on the socket raises the error.
        return _Ready(failed or bool(found & select.POLLIN), failed or bool(found & select.POLLOUT))

else:  # Windows

    def _ready(sock: socket.socket, seconds: float, *, for_write: bool) -> _Ready:
        """Wait until a socket can be read, or with `for_write` written."""
        read, write, failed = select.select([sock], [sock] if for_write else [], [sock], seconds)
        return _Ready(bool(read or failed), bool(write or failed))
