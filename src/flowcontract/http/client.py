"""Send requests byte for byte: any target, any header, over persistent connections, with a deadline.

The standard library's client is used because it sends requests as given (other clients normalize paths and
merge headers), and because it needs a fifth of their CPU time per request.
"""

import contextlib
import http.client
import select
import socket
import time
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from flowcontract.errors import TargetError
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.http.target import Target

MAX_BODY = 16 * 1024 * 1024
"""Bytes of a response that are read; longer ones are truncated and marked as incomplete."""

_AFTER_HEAD = 0.03
"""Seconds to wait for content that should not follow a HEAD."""
_USER_AGENT = "User-Agent: flowcontract"
"""Sent if a request has none: some servers reject requests without it (RFC 9110, section 10.1.5)."""
_MAX_INTERIM = 16
"""Interim responses that may precede the response."""


class _Response(http.client.HTTPResponse):
    """A response that keeps the bytes after its end: content after a HEAD, bytes beyond Content-Length."""

    surplus = b""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._sock = sock

    def _read_status(self) -> tuple[str, int, str]:
        """Read up to the final response: interim ones may precede it (RFC 9110, section 15.2)."""
        for _ in range(_MAX_INTERIM):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 100 <= status < 200 or status == http.client.SWITCHING_PROTOCOLS:
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise http.client.BadStatusLine("interim responses only")

    def read_surplus(self, wait: float = 0.0) -> None:
        """Keep the bytes after the end, waiting `wait` seconds at most.

        Bytes on a connection that closes are the end of a body of unknown length; but not after a HEAD.
        """
        if self.fp is None or self.surplus or (self.will_close and self._method != "HEAD"):  # type: ignore[attr-defined]
            return
        self._sock.settimeout(0)
        with contextlib.suppress(OSError, ValueError):
            self.surplus = self.fp.peek(1)
            if not self.surplus and wait and select.select([self._sock], [], [], wait)[0]:
                self.surplus = self.fp.peek(1)


class _Verbatim(http.client.HTTPConnection):
    """A connection that sends requests unchanged."""

    response_class = _Response

    def _validate_path(self, url: str) -> None:
        """Allow control characters: sending them is the point."""

    def _encode_request(self, request: str) -> bytes:
        return request.encode("latin-1", "surrogateescape")


class _VerbatimTLS(http.client.HTTPSConnection):
    """The same over TLS."""

    response_class = _Response

    def _validate_path(self, url: str) -> None:
        """Allow control characters: sending them is the point."""

    def _encode_request(self, request: str) -> bytes:
        return request.encode("latin-1", "surrogateescape")


class Transport:
    """One persistent connection to one target. Not thread-safe."""

    def __init__(self, target: Target, *, timeout: float = 10.0) -> None:
        """`timeout`: seconds a whole exchange may take."""
        self.target = target
        self.timeout = timeout
        parts = urlsplit(target.origin)
        self._host = parts.netloc
        kind = _VerbatimTLS if parts.scheme == "https" else _Verbatim
        self._connection: Any = kind(parts.hostname or "", parts.port, timeout=timeout)
        self._began = time.monotonic()
        self.idle_closes = 0
        """How often the server closed the idle connection without notice."""

    def __enter__(self) -> "Transport":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the next exchange opens a new one."""
        self._connection.close()

    def connect(self) -> None:
        """Check that something listens. Raises TargetError if nothing does."""
        try:
            self._connection.close()
            self._connection.connect()
        except OSError as error:
            reason = error.strerror or str(error)
            raise TargetError(
                f"nothing listens at {self.target.origin}: {reason}.",
                do="Start the server, or check host and port.",
            ) from error

    def send(self, request: Request, *, timeout: float | None = None) -> Exchange:
        """Send one request and wait for the complete response; never raises for what the server does.

        If the server has closed the idle connection, a new one is opened, once. A request that must not be repeated
        gets a new connection: a server may close an idle one at any time (RFC 9112, section 9.5).
        """
        may_be_repeated = request.method in ("GET", "HEAD", "OPTIONS")
        if not may_be_repeated:
            self.close()
        fresh = self._connection.sock is None or self._is_idle_closed()
        exchange = self._once(request, timeout or self.timeout)
        if exchange.error in ("closed", "reset") and not fresh and may_be_repeated:
            return replace(self._once(request, timeout or self.timeout), retried=exchange.error)
        return exchange

    def _is_idle_closed(self) -> bool:
        """Whether the server has closed the idle connection, as it may; then close it here too."""
        gone = bool(select.select([self._connection.sock], [], [], 0)[0])
        if gone:
            self.idle_closes += 1
            self._connection.close()
        return gone

    def _once(self, request: Request, timeout: float) -> Exchange:
        began = time.monotonic()
        deadline = began + timeout
        sent_at = began - self._began
        connection = self._connection
        connection.timeout = timeout
        error = ""
        try:
            self._write(request, deadline)
            raw = connection.getresponse()
            headers = tuple((name, value.strip(" \t")) for name, value in raw.getheaders())
            body, complete = self._read(raw, deadline)
            elapsed = time.monotonic() - began
            if complete:
                raw.read_surplus(_AFTER_HEAD if request.method == "HEAD" else 0)
            surplus: bytes = raw.surplus
            raw.close()  # `read1` leaves it open at the end of a body, and the connection would wait.
            asked_to_close = (request.header("Connection") or "").lower() == "close"
            if not complete or surplus or raw.will_close or asked_to_close:
                connection.close()
            version = "1.0" if raw.version == 10 else "1.1"
            response = Response(raw.status, headers, body, elapsed, complete, version, surplus)
            return Exchange(request, response, "", sent_at)
        except TimeoutError:
            error = "timeout"
        except ConnectionRefusedError:
            error = "refused"
        except http.client.RemoteDisconnected:  # A ConnectionResetError too, by its class.
            error = "closed"
        except (ConnectionResetError, BrokenPipeError):
            error = "reset"
        except (http.client.HTTPException, ValueError) as problem:
            error = f"garbage: {self.target.redact(type(problem).__name__)}"
        except OSError as problem:
            error = f"garbage: {problem.strerror or type(problem).__name__}"
        connection.close()
        return Exchange(request, None, error, sent_at)

    def _write(self, request: Request, deadline: float) -> None:
        connection = self._connection
        target = self.target.expand(request.target)
        connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
        lines = [f"{name}: {self.target.expand(value)}" for name, value in request.headers]
        named = {name.lower() for name, _ in request.headers}
        if "host" not in named:
            lines.insert(0, f"Host: {self._host}")
        if "user-agent" not in named:
            lines.append(_USER_AGENT)
        if request.body is not None and "content-length" not in named:
            lines.append(f"Content-Length: {len(request.body)}")
        # putheader rejects some headers that we send on purpose, so the lines go into its buffer unchanged.
        connection._buffer.extend(line.encode("utf-8", "surrogateescape") for line in lines)
        connection.endheaders(request.body)
        if connection.sock is not None and hasattr(socket, "TCP_QUICKACK"):
            # Without it, a server that writes headers and body separately waits 40 ms for an acknowledgement.
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        self._remaining(deadline)

    def _read(self, raw: http.client.HTTPResponse, deadline: float) -> tuple[bytes, bool]:
        pieces: list[bytes] = []
        size = 0
        try:
            while size <= MAX_BODY:
                self._remaining(deadline)
                piece = raw.read1(65536)
                if not piece:
                    break
                pieces.append(piece)
                size += len(piece)
        except http.client.IncompleteRead as error:
            return b"".join([*pieces, error.partial]), False
        except (ConnectionResetError, TimeoutError):
            if not pieces:
                raise
            return b"".join(pieces), False
        # `length` is the number of missing bytes.
        return b"".join(pieces), size <= MAX_BODY and not raw.length

    def _remaining(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        sock: socket.socket | None = self._connection.sock
        if sock is not None:
            sock.settimeout(left)
