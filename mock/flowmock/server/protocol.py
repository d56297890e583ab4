"""HTTP for the mock: uvicorn's over httptools, bounded, and with a short way for requests without a body.

A request that is byte for byte one whose answer is remembered is answered before it is parsed. Of one whose headers are
those of another, byte for byte, the first line alone is read. Any other without a body is answered as soon as it is
parsed. Everything else goes uvicorn's way: bodies, what waits or breaks the wire, the mock's own interface, what
comes while an answer is on its way, and what is not quite HTTP.
"""

import asyncio
import re
import time
from email.utils import formatdate
from typing import Any
from urllib.parse import unquote

import httptools

from flowcontract.http.server import HttpToolsProtocol
from flowmock.application import DECIDED, Mock
from flowmock.memory import Exchange
from flowmock.messages import SMALL, Head
from flowmock.middleware import request
from flowmock.server.faults import TRANSPORT

_AT_ONCE = frozenset({b"GET", b"HEAD", b"OPTIONS"})
# Headers with which a request may be more than its head, or expects more than an answer.
_MORE = frozenset({b"content-length", b"transfer-encoding", b"upgrade", b"expect", b"connection"})
# A first line that means the same to every parser.
_LINE = re.compile(
    rb"(GET|HEAD|OPTIONS) (/[\w.~%!$&'()*+,;=:@/-]*)(?:\?([\w.~%!$&'()*+,;=:@/?-]*))? HTTP/1\.1\r\n", re.ASCII
)


class Protocol(HttpToolsProtocol):
    """One connection."""

    MAX_HEAD = 8 * 1024 * 1024
    """Bytes of a request line and its headers; the servers we stand for take more than a megabyte."""
    PATIENCE = 60.0
    """Seconds that a client may take to send a whole request."""
    REST = 5.0
    """Seconds for which a connection is kept between two requests."""

    def __init__(self, mock: Mock, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._mock = mock
        self._head = 0
        self._in_body = False
        self._is_plain = True
        self._is_between = True
        """Whether no part of a request has come since the last one was whole."""
        self._began = 0
        """Requests that began in the data that is being parsed."""
        self._exchange: Exchange | None = None
        """What was answered last,"""
        self._decided: Exchange | None = None
        """or was not, though it was decided."""
        self._came = 0.0
        """When the data that is being parsed came, by `time.perf_counter`."""
        self._due = 0.0
        """When the connection is closed unless something comes, on the loop's clock; 0 for never."""
        self._timer: asyncio.TimerHandle | None = None

    # What comes

    def data_received(self, data: bytes) -> None:
        """Answer what is known; parse the rest, and refuse a request whose head has no end."""
        self._came = time.perf_counter()
        is_free = self._is_between and self._is_free()
        memory = self._mock.memory
        kept = memory.kept
        self._exchange = self._decided = None
        if is_free:
            known = kept.answers.get(data)
            if known:
                self._write(known)
                return
            self._decided = self._of_known_headers(data)
            if self._decided and self._decided.printed:
                self._write(self._decided)
                if self._decided.is_lasting:
                    kept.add(data, self._decided)
                return
        self._head = len(data) if self._is_between else self._head + len(data)
        self._began = 0
        super().data_received(data)
        if self._head > self.MAX_HEAD and not (self._is_between or self._in_body or self.transport.is_closing()):
            self.send_400_response("Request head too long.")
        exchange: Exchange | None = self._exchange
        if exchange and is_free and self._began == 1 and data.endswith(b"\r\n\r\n"):
            if exchange.is_lasting:
                kept.add(data, exchange)
            line = _LINE.match(data)
            if line and self._head <= SMALL and exchange.call.head:
                memory.heads.note(data[line.end() :], exchange.call.head)

    def _of_known_headers(self, data: bytes) -> Exchange | None:
        """The exchange of a request whose headers have been parsed before, for another request."""
        line = _LINE.match(data)
        head = self._mock.memory.heads.get(data[line.end() :]) if line else None
        if line is None or head is None:
            return None
        method, path, query = line.groups(b"")
        return self._called(method, path, query, head)

    def _called(self, method: bytes, path: bytes, query: bytes, head: Head) -> Exchange | None:
        raw_path = path.decode("ascii")
        decoded = unquote(raw_path) if "%" in raw_path else raw_path
        try:
            return self._mock.at_once(request.call(method.decode("ascii"), raw_path, decoded, query, head))
        except Exception:  # It fails again on uvicorn's way, which knows what to do then.
            return None

    def _is_free(self) -> bool:
        """Whether an answer may be written now: none is on its way, and the client takes what it is sent."""
        is_busy = self.cycle is not None and not self.cycle.response_complete
        return not (is_busy or self.flow.write_paused or self.transport.is_closing())

    def on_message_begin(self) -> None:
        """Begin to wait for the rest of a request."""
        self._is_between = False
        self._is_plain = True
        self._in_body = False
        self._began += 1
        self._due = self.loop.time() + self.PATIENCE
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header."""
        name = name.lower()
        self.headers.append((name, value))
        if name in _MORE:
            self._is_plain = False
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True

    def on_headers_complete(self) -> None:
        """What follows is the body, which the application bounds."""
        self._in_body = True
        parser = self.parser
        self._is_plain = (
            self._is_plain
            and parser.get_method() in _AT_ONCE
            and parser.get_http_version() == "1.1"
            and self._is_free()
        )
        if not self._is_plain:
            self._go_on()

    def _go_on(self, decided: Exchange | None = None) -> None:
        """Go uvicorn's way, with the transport in the scope, and with what was decided already."""
        scope: Any = self.scope
        scope["extensions"] = {TRANSPORT: self.transport}
        if decided:
            scope["extensions"][DECIDED] = decided
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is here: answer it, if it was left to us."""
        self._is_between = True
        self._due = 0.0
        if self._is_plain:
            exchange = self._decided or self._answered()
            if exchange and exchange.printed:
                self._exchange = exchange
                self._write(exchange)
                return
            self._go_on(exchange)
        super().on_message_complete()

    def _answered(self) -> Exchange | None:
        """The exchange of a request without a body; None for one that is not answered at once."""
        url = httptools.parse_url(self.url)
        if not url.path or not url.path.isascii():
            return None
        head = request.shared_head(tuple(self.headers), self._head)
        return self._called(self.parser.get_method(), url.path, url.query or b"", head)

    def _write(self, exchange: Exchange) -> None:
        """Send an answer in one go, and wait for the next request."""
        state = self.server_state
        # The date is the only one. There is none before the server's first second begins.
        date = state.default_headers[0][1] if state.default_headers else formatdate(usegmt=True).encode()
        self.transport.write(self._mock.bytes_of(exchange, date, self._came))
        state.total_requests += 1
        self._due = self.loop.time() + self.REST

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._unset_keepalive_if_required()  # One timer does for both.
        if self._is_between:
            self._due = self.loop.time() + self.REST

    # How long to wait

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._due = self.loop.time() + self.PATIENCE
        self._timer = self.loop.call_later(min(self.PATIENCE, self.REST), self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        if self._timer:
            self._timer.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        """Close the connection where it is time; else look again when it may be. Cheaper than a timer per request."""
        left = self._due - self.loop.time() if self._due else self.REST
        if left <= 0:
            self.transport.close()
        else:
            self._timer = self.loop.call_later(min(left, self.REST), self._look)
