"""HTTP for the mock: uvicorn's protocol over httptools, with bounds, and with connections that faults can find.

What is overridden are the callbacks that asyncio (connection_made, data_received, connection_lost) and httptools
(on_message_begin, on_headers_complete, on_message_complete) define.
"""

import asyncio
from time import monotonic
from typing import Any

from flowcontract.http.server import HttpToolsProtocol
from flowmock.server import faults

_TOO_LONG = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n"
    b"content-length: 22\r\n\r\nRequest head too long."
)


class Protocol(HttpToolsProtocol):
    """One connection."""

    MAX_HEAD = 8 * 1024 * 1024
    """Bytes of a request line and its headers; the servers we stand for take more than a megabyte."""
    PATIENCE = 60.0
    """Seconds that a client may take to send a whole request."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connection: asyncio.Transport | None = None
        self._key: Any = None
        self._head_bytes = 0
        self._in_head = True
        """Whether a request's line and headers are due."""
        self._due: float | None = None
        """When a request that has begun must be whole, on the monotonic clock; None between requests."""
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._connection = transport
        addresses = (transport.get_extra_info(name) for name in ("sockname", "peername"))
        self._key = tuple(tuple(address or ())[:2] for address in addresses)
        faults.connections[self._key] = transport
        self._due = monotonic() + self.PATIENCE
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        faults.connections.pop(self._key, None)
        if self._timer:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what arrives; send 400 for a request whose head does not end."""
        self._head_bytes += len(data)
        super().data_received(data)
        connection = self._connection
        if self._in_head and self._head_bytes > self.MAX_HEAD and connection and not connection.is_closing():
            connection.write(_TOO_LONG)
            connection.close()

    def on_message_begin(self) -> None:
        """A request begins: it must be whole in time."""
        self._due = monotonic() + self.PATIENCE
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The body follows, which the application bounds."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._due = None
        self._in_head = True
        self._head_bytes = 0
        super().on_message_complete()

    def _look(self) -> None:
        """Close a connection whose request is late; else look again. One timer a connection, not one a request."""
        left = self._due - monotonic() if self._due is not None else self.PATIENCE
        if left > 0:
            self._timer = asyncio.get_running_loop().call_later(left, self._look)
        elif self._connection:
            self._connection.close()
