"""HTTP for the mock: uvicorn's protocol over httptools, with bounds on what one client can make the mock do.

What is overridden are the callbacks that asyncio (connection_made, data_received, pause_writing, resume_writing,
connection_lost) and httptools (on_header, on_headers_complete, on_message_complete) define. Those that run for every
request name their base class: in Python 3.11, `super()` takes longer than what they do themselves.
"""

import asyncio
from time import monotonic
from typing import Any

from flowcontract.http.server import HttpToolsProtocol, plain_response
from flowmock import connections
from flowmock.connections import Connection
from flowmock.server.buffered import BufferedTransport

_PIECE = 4096
"""Bytes that are parsed at once. They hold some forty requests at most."""


_TOO_LONG = plain_response("400 Bad Request", "Request head too long.")
_TOO_MANY = plain_response("503 Service Unavailable", "Too many connections.")


class Protocol(HttpToolsProtocol):
    """One connection."""

    MAX_HEAD = 8 * 1024 * 1024
    """Bytes of a request line and its headers; the servers we stand for take more than a megabyte."""
    PATIENCE = 60.0
    """Seconds that a client may take to send a whole request, or to read what it has been sent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connection: Connection
        self._held = bytearray()
        """What has arrived and is not parsed yet."""
        self._arrived = 0
        """Bytes of a request that is not whole yet."""
        self._in_head = True
        """Whether a request's line and headers are due."""
        self._request_due: float | None = None
        """When a request that has begun must be whole, on the monotonic clock; None between requests."""
        self._reading_due: float | None = None
        """When the client must have read something; None where it has."""
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request; send 503 where there are too many connections."""
        transport = BufferedTransport(transport)
        super().connection_made(transport)
        self._connection = connection = Connection(transport)
        if len(connections.OPEN) >= connections.MAX_CONNECTIONS:
            transport.write(_TOO_MANY)
            transport.close()
            return
        connections.OPEN[connection.addresses] = connection
        self._request_due = monotonic() + self.PATIENCE
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        connections.OPEN.pop(self._connection.addresses, None)
        self._held.clear()
        if self._timer:
            self._timer.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client does not read: it must, in time."""
        self._reading_due = monotonic() + self.PATIENCE
        super().pause_writing()

    def resume_writing(self) -> None:
        """The client has read."""
        self._reading_due = None
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        """Parse what arrives, at once where it is small and its turn."""
        if self._held or len(data) > _PIECE or (self._in_head and self._connection.waiting > 0):
            self._held += data
            self._parse()
        else:
            self._feed(data)

    def _feed(self, piece: bytes) -> None:
        self._arrived += len(piece)
        HttpToolsProtocol.data_received(self, piece)
        if self._arrived:
            self._bound_request()

    def _bound_request(self) -> None:
        """A request is not whole yet: it must be in time, and its head must not be too long."""
        transport = self._connection.transport
        if self._request_due is None:
            self._request_due = monotonic() + self.PATIENCE
        if self._in_head and self._arrived > self.MAX_HEAD and not transport.is_closing():
            transport.write(_TOO_LONG)
            transport.close()

    def _parse(self) -> None:
        """Parse what has arrived, by and by: what follows requests that wait to be served is held.

        A client that sends thousands of requests at once would have them all parsed before others get their turn.
        """
        connection = self._connection
        transport = connection.transport
        while self._held and not transport.is_closing():
            if self._in_head and connection.waiting > 0:  # What follows is the next request.
                break
            piece = bytes(self._held[:_PIECE])
            del self._held[:_PIECE]
            self._feed(piece)
        if transport.is_closing():
            self._held.clear()
        elif self._held:
            connection.begun = self._parse_on
            transport.pause_reading()
        elif connection.begun:
            connection.begun = None
            transport.resume_reading()

    def _parse_on(self) -> None:
        """A request is begun to be served: those that follow it can be parsed."""
        connection = self._connection
        if connection.waiting <= 0:
            asyncio.get_running_loop().call_soon(self._parse)
        else:
            connection.transport.pause_reading()  # uvicorn reads on after each response.

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; those after a chunked body (trailers) are dropped: nobody is to take them for headers."""
        if self._in_head:
            HttpToolsProtocol.on_header(self, name, value)

    def on_headers_complete(self) -> None:
        """The body follows, which the application bounds."""
        self._in_head = False
        self._connection.waiting += 1
        HttpToolsProtocol.on_headers_complete(self)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._request_due = None
        self._in_head = True
        self._arrived = 0
        HttpToolsProtocol.on_message_complete(self)

    def _look(self) -> None:
        """End a connection whose client is late; else look again. One timer a connection, not one a request."""
        due = [each for each in (self._request_due, self._reading_due) if each is not None]
        left = min(due) - monotonic() if due else self.PATIENCE
        if left > 0:
            self._timer = asyncio.get_running_loop().call_later(left, self._look)
        elif self._reading_due is None:
            self._connection.transport.close()
        else:
            self._connection.transport.abort()  # Closing would wait until everything is read.
